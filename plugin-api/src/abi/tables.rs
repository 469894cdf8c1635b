//! The tables of functions: the host's services and the components of a plugin.

use super::{
    FFI_ArrowArray, FFI_ArrowSchema, artemis_chunk, artemis_context, artemis_error, artemis_framing,
    artemis_histogram, artemis_reject, artemis_str, artemis_value,
};
use std::ffi::c_void;

/// The host's services. Valid as long as the process lives.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct artemis_host {
    /// Size of this table in bytes.
    pub struct_size: u64,
    /// Major revision of the host's ABI.
    pub abi_major: u32,
    /// Minor revision of the host's ABI.
    pub abi_minor: u32,
    /// Writes to the job's log under the component's name. [worker, every state]
    pub log: unsafe extern "C" fn(context: *const artemis_context, level: u32, text: artemis_str),
    /// The value of a property, null when it is absent; valid as long as the component. [worker, every state]
    pub property:
        unsafe extern "C" fn(context: *const artemis_context, name: artemis_str) -> *const artemis_value,
    /// Books a histogram; the id is for `fill`. [main, initialize or book]
    pub book_histogram: unsafe extern "C" fn(
        context: *const artemis_context,
        histogram: *const artemis_histogram,
        id: *mut u64,
        error: *mut artemis_error,
    ) -> i32,
    /// Fills `len` values; weights may be null. NaN counts apart. [worker, execute or finalize]
    pub fill: unsafe extern "C" fn(
        context: *const artemis_context,
        id: u64,
        values: *const f64,
        weights: *const f64,
        len: u64,
    ),
    /// Books a timer; the id is for `record_timer`. [main, initialize or book]
    pub book_timer: unsafe extern "C" fn(
        context: *const artemis_context,
        name: artemis_str,
        id: *mut u64,
        error: *mut artemis_error,
    ) -> i32,
    /// Records `len` times in nanoseconds. [worker, execute or finalize]
    pub record_timer:
        unsafe extern "C" fn(context: *const artemis_context, id: u64, elapsed_ns: *const u64, len: u64),
    /// Adds to a counter by name. [worker, execute or finalize]
    pub count: unsafe extern "C" fn(context: *const artemis_context, name: artemis_str, amount: u64),
    /// Puts key and value into the job's record. [worker, every state]
    pub annotate: unsafe extern "C" fn(context: *const artemis_context, key: artemis_str, value: artemis_str),
    /// Opens a configured tool for batches of the borrowed input schema; fills the output schema (moved to the caller)
    /// and the id for `call_tool`. [main, initialize]
    pub open_tool: unsafe extern "C" fn(
        context: *const artemis_context,
        name: artemis_str,
        input: *const FFI_ArrowSchema,
        output: *mut FFI_ArrowSchema,
        id: *mut u64,
        error: *mut artemis_error,
    ) -> i32,
    /// Runs an opened tool: moves the input in, fills the output (moved to the caller). [worker, execute or finalize]
    pub call_tool: unsafe extern "C" fn(
        context: *const artemis_context,
        id: u64,
        input: *mut FFI_ArrowArray,
        output: *mut FFI_ArrowArray,
        error: *mut artemis_error,
    ) -> i32,
    /// Emits a batch (a struct array) of an output by its index in the manifest; moves it. [worker, execute or finalize]
    pub emit: unsafe extern "C" fn(
        context: *const artemis_context,
        output: u32,
        array: *mut FFI_ArrowArray,
        error: *mut artemis_error,
    ) -> i32,
    /// Reports a cell or record that cannot be converted; returns one of the actions. [worker, execute]
    pub reject: unsafe extern "C" fn(context: *const artemis_context, reject: *const artemis_reject) -> i32,
    /// Tells how far a long call has come: done and total, in units of the component. [worker, every state]
    pub progress: unsafe extern "C" fn(context: *const artemis_context, done: u64, total: u64),
    /// 1 when the job stops and the call should return `ARTEMIS_STOPPED`. [worker, every state]
    pub cancelled: unsafe extern "C" fn(context: *const artemis_context) -> i32,
    /// A buffer of at least `bytes` bytes, aligned to 64, from the job's pool; null when there is none. [any]
    pub allocate: unsafe extern "C" fn(bytes: u64) -> *mut u8,
    /// Returns a buffer of `allocate` with the same number of bytes. [any]
    pub deallocate: unsafe extern "C" fn(data: *mut u8, bytes: u64),
    /// Directory of the plugin's file; valid as long as the component. [worker, every state]
    pub plugin_dir: unsafe extern "C" fn(context: *const artemis_context) -> artemis_str,
    /// The bytes of the file that a `path` property names; valid as long as the component. [main, configure or initialize]
    pub open_input: unsafe extern "C" fn(
        context: *const artemis_context,
        property: artemis_str,
        bytes: *mut artemis_str,
        error: *mut artemis_error,
    ) -> i32,
    /// Keeps the memory of a chunk beyond the call. [worker, execute]
    pub keep_chunk: unsafe extern "C" fn(handle: *mut c_void),
    /// Gives back what `keep_chunk` kept; once for each keep. [any]
    pub release_chunk: unsafe extern "C" fn(handle: *mut c_void),
}

/// What the entry function fills: the components of the library. All of it lives as long as the process.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct artemis_plugin {
    /// In: the size that the host knows. Out: the size that the plugin filled.
    pub struct_size: u64,
    /// Minor revision of the ABI that the plugin was built for.
    pub abi_minor: u32,
    /// Zero.
    pub reserved: u32,
    /// The components, in the order of the manifest.
    pub components: *const artemis_component,
    /// Number of components.
    pub component_count: u64,
}

/// One component: exactly one of the three tables is set, by its kind.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct artemis_component {
    /// Size of this struct in bytes.
    pub struct_size: u64,
    /// One of the component kinds.
    pub kind: u32,
    /// Zero.
    pub reserved: u32,
    /// Name, as in the manifest.
    pub name: artemis_str,
    /// Table of a reader, or null.
    pub reader: *const artemis_reader,
    /// Table of an algorithm, or null.
    pub algorithm: *const artemis_algorithm,
    /// Table of a tool, or null.
    pub tool: *const artemis_tool,
}

/// A reader: bytes of whole records in, batches out.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct artemis_reader {
    /// Size of this table in bytes.
    pub struct_size: u64,
    /// Makes the component from its properties; it is immutable from then on. [main, configure]
    pub configure: unsafe extern "C" fn(
        context: *const artemis_context,
        component: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32,
    /// Gives the component back, after everything that was made from it. [main, after finalize or abort]
    pub release: unsafe extern "C" fn(component: *mut c_void),
    /// How inputs are cut. `struct_size` is set by the host. [main, after configure]
    pub framing: unsafe extern "C" fn(
        component: *mut c_void,
        context: *const artemis_context,
        framing: *mut artemis_framing,
        error: *mut artemis_error,
    ) -> i32,
    /// Opens an input; the chunk holds its header records or bytes. [worker, sample]
    pub open_datum: unsafe extern "C" fn(
        component: *mut c_void,
        context: *const artemis_context,
        head: *const artemis_chunk,
        datum: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32,
    /// Gives an opened input back. [worker, after its last chunk]
    pub close_datum: unsafe extern "C" fn(datum: *mut c_void),
    /// Looks at one chunk and makes a sample of it. [worker, sample]
    pub sample: unsafe extern "C" fn(
        component: *mut c_void,
        context: *const artemis_context,
        datum: *const c_void,
        chunk: *const artemis_chunk,
        sample: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32,
    /// Merges the second sample into the first; both are of one datum. Takes the second. [worker, sample]
    pub merge_samples: unsafe extern "C" fn(
        component: *mut c_void,
        into: *mut c_void,
        from: *mut c_void,
        error: *mut artemis_error,
    ) -> i32,
    /// Gives a sample back. [worker, sample]
    pub release_sample: unsafe extern "C" fn(sample: *mut c_void),
    /// The schema of an output of a datum as its sample shows it; the sample may be null. [worker, sample]
    pub schema: unsafe extern "C" fn(
        component: *mut c_void,
        context: *const artemis_context,
        datum: *const c_void,
        sample: *const c_void,
        output: u32,
        schema: *mut FFI_ArrowSchema,
        error: *mut artemis_error,
    ) -> i32,
    /// Fixes the schemas of a datum's outputs (borrowed): its columns with the types of the job. [worker, initialize]
    pub initialize: unsafe extern "C" fn(
        component: *mut c_void,
        context: *const artemis_context,
        datum: *mut c_void,
        schemas: *const *const FFI_ArrowSchema,
        schema_count: u32,
        error: *mut artemis_error,
    ) -> i32,
    /// Makes the scratch space of one worker. [worker, initialize]
    pub new_instance: unsafe extern "C" fn(
        component: *mut c_void,
        context: *const artemis_context,
        instance: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32,
    /// Gives an instance back. [worker, finalize or abort]
    pub release_instance: unsafe extern "C" fn(instance: *mut c_void),
    /// Reads a chunk and emits its batches: component, context, instance, datum, chunk. [worker, sample or execute]
    pub execute: unsafe extern "C" fn(
        component: *mut c_void,
        context: *const artemis_context,
        instance: *mut c_void,
        datum: *const c_void,
        chunk: *const artemis_chunk,
        error: *mut artemis_error,
    ) -> i32,
}

/// A batch given to an algorithm.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct artemis_input {
    /// Index of the parent, in the order of the node's parents.
    pub parent: u64,
    /// The batch, a struct array; moved.
    pub array: *mut FFI_ArrowArray,
}

/// An algorithm: batches in, batches out.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct artemis_algorithm {
    /// Size of this table in bytes.
    pub struct_size: u64,
    /// Makes the component of one place in the menu from its properties. [main, configure]
    pub configure: unsafe extern "C" fn(
        context: *const artemis_context,
        component: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32,
    /// Gives the component back. [main, after finalize or abort]
    pub release: unsafe extern "C" fn(component: *mut c_void),
    /// Takes the borrowed schemas of the parents, fills the schemas of the outputs (moved to the host).
    /// [main, initialize]
    pub initialize: unsafe extern "C" fn(
        component: *mut c_void,
        context: *const artemis_context,
        inputs: *const *const FFI_ArrowSchema,
        input_count: u32,
        outputs: *mut FFI_ArrowSchema,
        output_count: u32,
        error: *mut artemis_error,
    ) -> i32,
    /// Books histograms and timers; null: none. [main, book]
    pub book: Option<
        unsafe extern "C" fn(
            component: *mut c_void,
            context: *const artemis_context,
            error: *mut artemis_error,
        ) -> i32,
    >,
    /// Makes the scratch space of one worker. [worker, initialize]
    pub new_instance: unsafe extern "C" fn(
        component: *mut c_void,
        context: *const artemis_context,
        instance: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32,
    /// Gives an instance back. [worker, finalize or abort]
    pub release_instance: unsafe extern "C" fn(instance: *mut c_void),
    /// Makes an empty partial; null: the algorithm accumulates nothing, and so are the next six. [worker, execute]
    pub new_partial: Option<
        unsafe extern "C" fn(
            component: *mut c_void,
            partial: *mut *mut c_void,
            error: *mut artemis_error,
        ) -> i32,
    >,
    /// Gives a partial back. [worker, execute]
    pub release_partial: Option<unsafe extern "C" fn(partial: *mut c_void)>,
    /// Merges the second partial into the first, which is of earlier chunks. Takes the second. [worker, execute]
    pub merge_partials: Option<
        unsafe extern "C" fn(
            component: *mut c_void,
            into: *mut c_void,
            from: *mut c_void,
            error: *mut artemis_error,
        ) -> i32,
    >,
    /// Writes a partial to bytes that live until the next call with the same partial. [worker, execute]
    pub save_partial: Option<
        unsafe extern "C" fn(
            component: *mut c_void,
            partial: *mut c_void,
            bytes: *mut artemis_str,
            error: *mut artemis_error,
        ) -> i32,
    >,
    /// Makes a partial from saved bytes. [worker, execute]
    pub load_partial: Option<
        unsafe extern "C" fn(
            component: *mut c_void,
            bytes: artemis_str,
            partial: *mut *mut c_void,
            error: *mut artemis_error,
        ) -> i32,
    >,
    /// Current size of a partial in bytes; of a null partial, the size to expect. [worker, execute]
    pub partial_bytes: Option<unsafe extern "C" fn(component: *mut c_void, partial: *const c_void) -> u64>,
    /// Works on the batches of all parents of one chunk: component, context, instance, partial (or null), batches.
    /// [worker, sample or execute]
    pub execute: unsafe extern "C" fn(
        component: *mut c_void,
        context: *const artemis_context,
        instance: *mut c_void,
        partial: *mut c_void,
        inputs: *const artemis_input,
        input_count: u64,
        error: *mut artemis_error,
    ) -> i32,
    /// Ends the work with the merged partial (borrowed, or null); may emit. Null: nothing to do. [main, finalize]
    pub finalize: Option<
        unsafe extern "C" fn(
            component: *mut c_void,
            context: *const artemis_context,
            partial: *mut c_void,
            error: *mut artemis_error,
        ) -> i32,
    >,
    /// The job stops; null: nothing to do. [main, abort]
    pub abort: Option<unsafe extern "C" fn(component: *mut c_void, context: *const artemis_context)>,
}

/// A tool: one batch in, one batch out.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct artemis_tool {
    /// Size of this table in bytes.
    pub struct_size: u64,
    /// Makes the component from its properties. [main, configure]
    pub configure: unsafe extern "C" fn(
        context: *const artemis_context,
        component: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32,
    /// Gives the component back, after all its places. [main, after finalize or abort]
    pub release: unsafe extern "C" fn(component: *mut c_void),
    /// Makes a place of use: borrowed input schema, output schema (moved to the host), handle. [main, initialize]
    pub initialize: unsafe extern "C" fn(
        component: *mut c_void,
        context: *const artemis_context,
        input: *const FFI_ArrowSchema,
        output: *mut FFI_ArrowSchema,
        place: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32,
    /// Gives a place back. [main, finalize or abort]
    pub release_place: unsafe extern "C" fn(place: *mut c_void),
    /// Component, context, place, input (moved), output (moved to the host). [worker, execute]
    pub execute: unsafe extern "C" fn(
        component: *mut c_void,
        context: *const artemis_context,
        place: *const c_void,
        input: *mut FFI_ArrowArray,
        output: *mut FFI_ArrowArray,
        error: *mut artemis_error,
    ) -> i32,
}

/// Type of the entry symbol `artemis_plugin_v1`.
pub type artemis_entry = unsafe extern "C" fn(
    host: *const artemis_host,
    plugin: *mut artemis_plugin,
    error: *mut artemis_error,
) -> i32;
