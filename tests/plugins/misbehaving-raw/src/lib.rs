//! Algorithms that break the plugin boundary, written against the C tables without the SDK's traits. Each component is
//! one fault, named as in [`faults::FAULTS`]; `honest` is the control that has none.
//!
//! Until the chunk that `at_chunk` names, and in a sampling pass, they emit a batch of three rows as promised.

mod algorithm;
mod carray;
mod faults;

use algorithm::component;
use artemis_plugin_api::Property;
use artemis_plugin_api::abi::{
    ABI_MINOR, ARTEMIS_OK, artemis_component, artemis_error, artemis_host, artemis_plugin,
};
use artemis_plugin_api::manifest::{ComponentSpec, Manifest, PluginSpec, text_len};
use faults::FAULTS;

const COUNT: usize = FAULTS.len();

const AT_CHUNK: Property =
    Property::int("at_chunk").default_int(0).doc("index of the chunk within its input, from 0");

const fn spec(index: usize) -> ComponentSpec {
    ComponentSpec {
        kind: "algorithm",
        name: FAULTS[index].0,
        doc: FAULTS[index].1,
        outputs: &["out"],
        accepts: &["*"],
        ordered: false,
        partial: "none",
        properties: &[AT_CHUNK],
    }
}

const SPECS: [ComponentSpec; COUNT] = {
    let mut specs = [spec(0); COUNT];
    let mut index = 1;
    while index < COUNT {
        specs[index] = spec(index);
        index += 1;
    }
    specs
};

const PLUGIN: PluginSpec = PluginSpec {
    id: "misbehaving-raw",
    version: "0.1.0",
    vendor: "The artemis-host authors",
    licence: "Apache-2.0",
    description: "Algorithms that break the plugin boundary, for tests.",
    deterministic: true,
    components: &SPECS,
};

/// The manifest, read from the file.
#[used]
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
pub static artemis_manifest_v1: Manifest<{ text_len(&PLUGIN) }> = Manifest::new(&PLUGIN);

struct Components([artemis_component; COUNT]);

// SAFETY: the tables are constants made of function pointers and static texts.
unsafe impl Sync for Components {}

macro_rules! components {
    ($($index:literal)*) => { [$(component::<$index>()),*] };
}

static COMPONENTS: Components =
    Components(components![0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22]);

/// The entry.
///
/// # Safety
/// As the ABI says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn artemis_plugin_v1(
    _: *const artemis_host,
    out: *mut artemis_plugin,
    _: *mut artemis_error,
) -> i32 {
    // SAFETY: by the ABI the host's place is valid for the call.
    let plugin = unsafe { &mut *out };
    plugin.struct_size = plugin.struct_size.min(size_of::<artemis_plugin>() as u64);
    plugin.abi_minor = ABI_MINOR;
    plugin.components = COMPONENTS.0.as_ptr();
    plugin.component_count = COUNT as u64;
    ARTEMIS_OK
}

#[cfg(test)]
mod tests {
    use super::faults::{FAULTS, faulty, honest, promised};
    use crate::carray::{CArray, LIVE};
    use artemis_plugin_api::abi::FFI_ArrowArray;
    use artemis_plugin_api::batch::import_batch;
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    #[test]
    fn honest_batches_are_valid_and_every_array_is_released_once() {
        for (fault, _) in FAULTS {
            let array = CArray::new(honest(fault));
            // SAFETY: both types are the struct of the C Data Interface; the array is moved.
            let array = unsafe { std::mem::transmute::<CArray, FFI_ArrowArray>(array) };
            // SAFETY: the array is honest.
            let batch = unsafe { import_batch(array, &Arc::new(promised(fault))) }.unwrap();
            assert_eq!(batch.num_rows(), 3, "{fault}");
            for column in batch.columns() {
                column.to_data().validate_full().unwrap();
            }
            drop(batch);
            CArray::new(faulty(fault)).let_go();
            assert_eq!(LIVE.load(Ordering::Relaxed), 0, "{fault}");
        }
    }
}
