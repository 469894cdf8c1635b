//! What the export macro puts into a plugin's file: manifest, entry, and the guard around every call. One of the
//! files where `unsafe` is allowed.
#![allow(unsafe_code)]

mod algorithm;
mod logging;
mod reader;
mod remote;
mod root;
mod tool;

pub use algorithm::AlgorithmTable;
pub use reader::ReaderTable;
pub use root::{LibHeader, ROOT_SYMBOL, Root, RootModuleResult, RootRef, erased_root, make_root, root};
pub use tool::ToolTable;

use crate::abi::*;
use crate::{Error, Result};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Once, OnceLock};

/// Exports a plugin: its manifest, its entry and its root module.
///
/// ```
/// use artemis_plugin_api::*;
/// # use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
/// struct Same;
/// impl Component for Same {
///     const NAME: &'static str = "same";
///     const DOC: &'static str = "Gives back what it gets.";
///     fn configure(_: &Properties<'_>, _: &Context<'_>) -> Result<Self> { Ok(Same) }
/// }
/// impl Tool for Same {
///     type Place = ();
///     fn initialize(&self, _: &Context<'_>, input: &SchemaRef) -> Result<((), SchemaRef)> { Ok(((), input.clone())) }
///     fn execute(&self, _: &Context<'_>, _: &(), batch: RecordBatch) -> Result<RecordBatch> { Ok(batch) }
/// }
/// export_plugin! {
///     id: "demo", version: "1.0.0", vendor: "A vendor", licence: "Apache-2.0",
///     description: "A demonstration.",
///     readers: [], algorithms: [], tools: [Same],
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! export_plugin {
    (
        id: $id:expr, version: $version:expr, vendor: $vendor:expr, licence: $licence:expr,
        description: $description:expr, $(deterministic: $deterministic:expr,)?
        readers: [$($reader:ty),* $(,)?], algorithms: [$($algorithm:ty),* $(,)?], tools: [$($tool:ty),* $(,)?] $(,)?
    ) => {
        const _: () = {
            #[cfg(panic = "abort")]
            ::core::compile_error!("a plugin must unwind: remove `panic = \"abort\"` from its profile");

            #[allow(unused_mut, unused_assignments)]
            const DETERMINISTIC: bool = { let mut d = true; $(d = $deterministic;)? d };
            const SPEC: $crate::manifest::PluginSpec = $crate::manifest::PluginSpec {
                id: $id, version: $version, vendor: $vendor, licence: $licence, description: $description,
                deterministic: DETERMINISTIC,
                components: &[
                    $(<$reader as $crate::Reader>::SPEC,)*
                    $(<$algorithm as $crate::Algorithm>::SPEC,)*
                    $(<$tool as $crate::Tool>::SPEC,)*
                ],
            };
            const LEN: usize = $crate::manifest::text_len(&SPEC);
            #[used]
            #[unsafe(no_mangle)]
            #[allow(non_upper_case_globals)]
            pub static artemis_manifest_v1: $crate::manifest::Manifest<LEN> =
                $crate::manifest::Manifest::new(&SPEC);

            static COMPONENTS: $crate::export::Components = $crate::export::Components(&[
                $($crate::export::ReaderTable::<$reader>::COMPONENT,)*
                $($crate::export::AlgorithmTable::<$algorithm>::COMPONENT,)*
                $($crate::export::ToolTable::<$tool>::COMPONENT,)*
            ]);

            /// Entry of the plugin.
            ///
            /// # Safety
            /// As the ABI says: the tables are valid, the host's for ever.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn artemis_plugin_v1(
                host: *const $crate::abi::artemis_host,
                out: *mut $crate::abi::artemis_plugin,
                error: *mut $crate::abi::artemis_error,
            ) -> i32 {
                // SAFETY: the host's contract is the same.
                unsafe { $crate::export::enter(host, out, error, &COMPONENTS) }
            }

            #[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
            pub static ROOT: $crate::export::LibHeader = $crate::export::root(erased_root);
            extern "C" fn erased_root() -> $crate::export::RootModuleResult {
                $crate::export::erased_root(|| $crate::export::make_root(artemis_plugin_v1))
            }
        };
    };
}

/// The components of a library.
pub struct Components(pub &'static [artemis_component]);

// SAFETY: the tables are constants made of function pointers and static texts.
unsafe impl Sync for Components {}

/// The host's services, as the entry got them.
static HOST: OnceLock<HostTable> = OnceLock::new();

struct HostTable(*const artemis_host);
// SAFETY: the ABI says that the table is valid as long as the process lives and may be used from any thread.
unsafe impl Send for HostTable {}
// SAFETY: as above.
unsafe impl Sync for HostTable {}

/// What the entry symbol does.
///
/// # Safety
/// The pointers are valid; the host's table as long as the process lives.
pub unsafe fn enter(
    host: *const artemis_host,
    out: *mut artemis_plugin,
    error: *mut artemis_error,
    components: &'static Components,
) -> i32 {
    record_panics();
    guard(error, || {
        // SAFETY: the caller's contract.
        let (table, plugin) = unsafe { (&*host, &mut *out) };
        if table.abi_major != ABI_MAJOR {
            return Err(Error::unsupported(format!(
                "the plugin speaks ABI {ABI_MAJOR}.{ABI_MINOR}, the host {}.{}",
                table.abi_major, table.abi_minor
            )));
        }
        HOST.get_or_init(|| HostTable(host));
        logging::install();
        plugin.struct_size = plugin.struct_size.min(size_of::<artemis_plugin>() as u64);
        plugin.abi_minor = ABI_MINOR;
        plugin.components = components.0.as_ptr();
        plugin.component_count = components.0.len() as u64;
        Ok(())
    })
}

/// The host's table, once the entry was called.
pub(crate) fn host() -> Result<&'static artemis_host> {
    let table = HOST.get().ok_or_else(|| Error::new("the plugin was not entered"))?;
    // SAFETY: valid as long as the process lives, by the ABI.
    Ok(unsafe { &*table.0 })
}

thread_local! {
    /// Message and place of the last panic on this thread.
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps message and place of a panic for the guard instead of printing them.
fn record_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let payload = info.payload();
            let text = payload
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("a payload that is not text");
            let place = info.location().map(|l| format!(" at {}:{}", l.file(), l.line()));
            let full = format!("{text}{}", place.unwrap_or_default());
            let _ = LAST_PANIC.try_with(|last| last.replace(Some(full)));
        }));
    });
}

/// Runs a call so that no panic leaves it, and puts an error into the caller's place.
pub(crate) fn guard(error: *mut artemis_error, body: impl FnOnce() -> Result<()>) -> i32 {
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
        let text = LAST_PANIC.try_with(RefCell::take).ok().flatten();
        Err(Error::with_status(
            ARTEMIS_PANIC,
            format!("panicked: {}", text.as_deref().unwrap_or("no message")),
        ))
    });
    match outcome {
        Ok(()) => ARTEMIS_OK,
        Err(failure) => {
            // SAFETY: the ABI says that `error` is null or the caller's struct.
            unsafe { write_error(error, &failure) };
            failure.status()
        }
    }
}

/// Like [`guard`] for functions without an error place.
pub(crate) fn guard_quiet(body: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(body));
}

/// Fills the caller's place for an error.
///
/// # Safety
/// `error` is null or points to an `artemis_error` of at least the size of this revision.
pub unsafe fn write_error(error: *mut artemis_error, failure: &Error) {
    // SAFETY: the caller's contract.
    let Some(place) = (unsafe { error.as_mut() }) else { return };
    place.status = failure.status();
    place.record = failure.record().map_or(-1, |r| r as i64);
    place.offset = failure.offset().map_or(-1, |o| o as i64);
    copy_text(&mut place.column, failure.column().unwrap_or_default());
    copy_text(&mut place.text, failure.text());
}

/// Copies a text with its NUL, cut at a character where it is too long.
fn copy_text(to: &mut [u8], text: &str) {
    let mut len = text.len().min(to.len() - 1);
    while !text.is_char_boundary(len) {
        len -= 1;
    }
    to[..len].copy_from_slice(&text.as_bytes()[..len]);
    to[len] = 0;
}

/// The error that a call left in its place.
pub fn read_error(status: i32, place: &artemis_error) -> Error {
    let text_of = |bytes: &[u8]| {
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    };
    let mut text = text_of(&place.text);
    if text.is_empty() {
        text = format!("failed with status {status} and no text");
    }
    let mut error = Error::with_status(status, text);
    if let Ok(record) = u64::try_from(place.record) {
        error = error.at_record(record);
    }
    if let Ok(offset) = u64::try_from(place.offset) {
        error = error.at_offset(offset);
    }
    let column = text_of(&place.column);
    if column.is_empty() { error } else { error.in_column(column) }
}

/// An empty place for an error.
pub fn empty_error() -> artemis_error {
    artemis_error {
        struct_size: size_of::<artemis_error>() as u64,
        status: ARTEMIS_OK,
        reserved: 0,
        record: -1,
        offset: -1,
        column: [0; 128],
        text: [0; 1024],
    }
}

/// What a component hands out as an opaque pointer.
pub(crate) fn into_raw<T>(value: T) -> *mut std::ffi::c_void {
    Box::into_raw(Box::new(value)).cast()
}

/// Drops what [`into_raw`] made; a panic in a drop stays inside.
///
/// # Safety
/// `raw` is null or came from `into_raw` of the same type and is not used again.
pub(crate) unsafe fn drop_raw<T>(raw: *mut std::ffi::c_void) {
    if !raw.is_null() {
        // SAFETY: the caller's contract.
        guard_quiet(|| drop(unsafe { Box::from_raw(raw.cast::<T>()) }));
    }
}

/// A worker's scratch space; after a panic it takes no more calls.
pub(crate) struct Instance<I> {
    pub(crate) poisoned: bool,
    pub(crate) value: I,
}

impl<I> Instance<I> {
    pub(crate) fn new(value: I) -> Self {
        Self { poisoned: false, value }
    }

    /// Runs a call on the instance; it stays poisoned unless the call returns.
    pub(crate) fn call<T>(&mut self, body: impl FnOnce(&mut I) -> Result<T>) -> Result<T> {
        if self.poisoned {
            return Err(Error::with_status(ARTEMIS_POISONED, "the instance panicked before"));
        }
        self.poisoned = true;
        let outcome = body(&mut self.value);
        self.poisoned = false;
        outcome
    }
}
