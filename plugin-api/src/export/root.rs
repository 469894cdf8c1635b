//! The `abi_stable` root module of a Rust plugin: a small frozen struct that the host checks before it calls
//! anything. Together with the host's gate the only user of `abi_stable`.

use crate::abi::*;
use abi_stable::StableAbi;
use abi_stable::library::{CheckTypeLayout, RootModule};
use abi_stable::prefix_type::PrefixTypeTrait;
use abi_stable::sabi_types::VersionStrings;
use abi_stable::std_types::RStr;
use std::ffi::c_void;

pub use abi_stable::library::{LibHeader, RootModuleResult};

/// Name of the symbol that holds the root module's header.
pub const ROOT_SYMBOL: &str = abi_stable::library::ROOT_MODULE_LOADER_NAME;

/// What a Rust plugin was built with, and the way to its tables. Frozen.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = RootRef, prefix_fields = RootPrefix)))]
#[sabi(missing_field(panic))]
pub struct Root {
    /// Major revision of the ABI.
    pub abi_major: u32,
    /// Minor revision of the ABI.
    pub abi_minor: u32,
    /// Size of the host's table in bytes, as the plugin knows it.
    pub host_table_bytes: u64,
    /// Size of the plugin's table in bytes.
    pub plugin_table_bytes: u64,
    /// Version of the SDK.
    pub sdk: RStr<'static>,
    /// Compiler.
    pub rustc: RStr<'static>,
    /// Version of arrow.
    pub arrow: RStr<'static>,
    /// The entry of the C tables, untyped.
    #[sabi(last_prefix_field)]
    pub entry: extern "C" fn(*const c_void, *mut c_void, *mut c_void) -> i32,
}

impl RootModule for RootRef {
    abi_stable::declare_root_module_statics! {RootRef}
    const BASE_NAME: &'static str = "artemis_plugin";
    const NAME: &'static str = "artemis_plugin";
    const VERSION_STRINGS: VersionStrings = VersionStrings::new("1.0.0");
}

/// The header that the symbol holds.
pub const fn root(constructor: extern "C" fn() -> RootModuleResult) -> LibHeader {
    // SAFETY: `erased_root` makes a `RootRef`, and the export macro passes nothing else.
    unsafe { LibHeader::from_constructor::<RootRef>(constructor, CheckTypeLayout::Yes) }
}

/// What the header's constructor does.
pub fn erased_root(make: fn() -> RootRef) -> RootModuleResult {
    abi_stable::library::__call_root_module_loader(make)
}

/// Makes the root module over an entry.
pub fn make_root(entry: artemis_entry) -> RootRef {
    // SAFETY: only the types of pointers differ; the host calls it through the type of the ABI.
    let entry = unsafe {
        std::mem::transmute::<artemis_entry, extern "C" fn(*const c_void, *mut c_void, *mut c_void) -> i32>(
            entry,
        )
    };
    Root {
        abi_major: ABI_MAJOR,
        abi_minor: ABI_MINOR,
        host_table_bytes: size_of::<artemis_host>() as u64,
        plugin_table_bytes: size_of::<artemis_plugin>() as u64,
        sdk: RStr::from_str(crate::SDK),
        rustc: RStr::from_str(crate::RUSTC),
        arrow: RStr::from_str(crate::ARROW),
        entry,
    }
    .leak_into_prefix()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_export_macro_names_the_symbol_that_abi_stable_looks_for() {
        assert_eq!(super::ROOT_SYMBOL, "_1as_0lib_1header_0root_bmodule_bloader");
    }
}
