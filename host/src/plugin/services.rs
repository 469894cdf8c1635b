//! The host's table of services: C functions that lead each call to the [`Services`] of the job.
#![allow(unsafe_code)]

use super::crossing::{self, Allocated};
use super::secret::Redaction;
use super::values::Values;
use arrow::datatypes::SchemaRef;
use artemis_plugin_api::abi::*;
use artemis_plugin_api::batch::{export_batch, export_schema};
use artemis_plugin_api::export::write_error;
use artemis_plugin_api::{
    Action, Axis, Call, Error, Histogram, HistogramId, Level, Reject, Result, Services, TimerId, ToolId,
};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, RwLock};

/// What belongs to a component as long as it lives.
pub(super) struct Fixed {
    pub(super) values: Values,
    pub(super) plugin_dir: String,
    /// Paths of the `path` properties.
    pub(super) paths: BTreeMap<String, String>,
    /// Bytes of opened inputs; a box does not move when the map grows.
    pub(super) inputs: Mutex<HashMap<String, Box<[u8]>>>,
    /// Schemas of input and output of opened tools.
    pub(super) tools: RwLock<HashMap<u64, (SchemaRef, SchemaRef)>>,
    /// What must not appear in its texts.
    pub(super) redaction: Redaction,
}

/// One call's way back: the `handle` of its context points here.
pub(super) struct CallState<'a> {
    pub(super) services: &'a dyn Services,
    pub(super) fixed: &'a Fixed,
    /// Schemas of the outputs, where the call may emit.
    pub(super) outputs: &'a [SchemaRef],
    /// The first batch that was refused: a component that overlooks the refusal fails all the same.
    pub(super) refused: RefCell<Option<Error>>,
}

/// Runs a call with a context over its state.
pub(super) fn with_context<T>(
    call: &Call<'_>,
    state: &CallState<'_>,
    body: impl FnOnce(*const artemis_context) -> T,
) -> T {
    let context = artemis_context {
        struct_size: size_of::<artemis_context>() as u64,
        host: host_table(),
        handle: std::ptr::from_ref(state).cast_mut().cast(),
        job: raw(call.job.as_bytes()),
        node: raw(call.node.as_bytes()),
        component: raw(call.component.as_bytes()),
        datum_index: call.datum_index,
        datum_name: raw(call.datum_name.as_bytes()),
        datum_content_id: raw(call.datum_content_id.as_bytes()),
        chunk_index: call.chunk_index,
        block_index: call.block_index,
        byte_offset: call.byte_offset,
        first_record: call.first_record,
        flags: call.flags,
    };
    body(&context)
}

fn raw(bytes: &[u8]) -> artemis_str {
    artemis_str { data: bytes.as_ptr(), len: bytes.len() as u64 }
}

/// The table; it lives as long as the process.
pub(super) fn host_table() -> *const artemis_host {
    static TABLE: artemis_host = artemis_host {
        struct_size: size_of::<artemis_host>() as u64,
        abi_major: ABI_MAJOR,
        abi_minor: ABI_MINOR,
        log,
        property,
        book_histogram,
        fill,
        book_timer,
        record_timer,
        count,
        annotate,
        open_tool,
        call_tool,
        emit,
        reject,
        progress,
        cancelled,
        allocate,
        deallocate,
        plugin_dir,
        open_input,
        keep_chunk,
        release_chunk,
    };
    &TABLE
}

// In all functions below the plugin passes the context of the call that it is in, and texts and arrays that are
// valid for the call: that is the ABI, and there is no way to check a pointer. What can be checked (sizes, counts,
// UTF-8, shapes) is checked.

/// The state of a call.
///
/// # Safety
/// `context` is the one that the host passed, and its call has not returned.
unsafe fn state<'a>(context: *const artemis_context) -> &'a CallState<'a> {
    // SAFETY: `with_context` put a `CallState` there that outlives the call.
    unsafe { &*(*context).handle.cast::<CallState<'a>>() }
}

/// A text of the plugin; what is not UTF-8 is shown as such.
///
/// # Safety
/// `text` is valid for the call.
unsafe fn text<'a>(text: artemis_str) -> std::borrow::Cow<'a, str> {
    // SAFETY: the caller's contract.
    String::from_utf8_lossy(unsafe { slice(text.data, text.len) })
}

/// A text that will be logged, stored or shown: the component's secrets are masked in it.
///
/// # Safety
/// As [`text`].
unsafe fn shown<'a>(state: &CallState<'_>, words: artemis_str) -> std::borrow::Cow<'a, str> {
    // SAFETY: the caller's contract.
    state.fixed.redaction.text(unsafe { text(words) })
}

/// Values of the plugin.
///
/// # Safety
/// `len` values are readable for the call, or `data` is null.
unsafe fn slice<'a, T>(data: *const T, len: u64) -> &'a [T] {
    if data.is_null() || len == 0 {
        return &[];
    }
    // SAFETY: the caller's contract.
    unsafe { std::slice::from_raw_parts(data, len as usize) }
}

/// Takes over a moved array.
///
/// # Safety
/// `array` is null or a valid array of the C Data Interface.
unsafe fn taken(array: *mut FFI_ArrowArray) -> Option<FFI_ArrowArray> {
    // SAFETY: the caller's contract.
    (!array.is_null()).then(|| unsafe { FFI_ArrowArray::from_raw(array) })
}

/// Runs a service so that a panic of the host does not run through the plugin.
fn answer(error: *mut artemis_error, body: impl FnOnce() -> Result<()>) -> i32 {
    let outcome = catch_unwind(AssertUnwindSafe(body))
        .unwrap_or_else(|_| Err(Error::with_status(ARTEMIS_PANIC, "a service of the host panicked")));
    match outcome {
        Ok(()) => ARTEMIS_OK,
        Err(failure) => {
            // SAFETY: the plugin passes null or its own error place.
            unsafe { write_error(error, &failure) };
            failure.status()
        }
    }
}

fn quiet(body: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(body));
}

unsafe extern "C" fn log(context: *const artemis_context, level: u32, line: artemis_str) {
    quiet(|| {
        let level = match level {
            ARTEMIS_LOG_ERROR => Level::Error,
            ARTEMIS_LOG_WARN => Level::Warn,
            ARTEMIS_LOG_INFO => Level::Info,
            ARTEMIS_LOG_DEBUG => Level::Debug,
            _ => Level::Trace,
        };
        // SAFETY: see above.
        unsafe {
            let state = state(context);
            state.services.log(level, &shown(state, line));
        }
    });
}

unsafe extern "C" fn property(context: *const artemis_context, name: artemis_str) -> *const artemis_value {
    // SAFETY: see above.
    unsafe { state(context).fixed.values.get(&text(name)) }
}

unsafe extern "C" fn book_histogram(
    context: *const artemis_context,
    spec: *const artemis_histogram,
    id: *mut u64,
    error: *mut artemis_error,
) -> i32 {
    answer(error, || {
        // SAFETY: see above.
        let (state, spec) = unsafe { (state(context), &*spec) };
        if spec.struct_size < size_of::<artemis_histogram>() as u64 {
            return Err(Error::invalid("the histogram's struct_size is too small"));
        }
        let (bins, lower, upper) = (spec.bins, spec.lower, spec.upper);
        let axis = match spec.axis {
            ARTEMIS_AXIS_FIXED => Axis::Fixed { bins, lower, upper },
            ARTEMIS_AXIS_LOG => Axis::Log { bins, lower, upper },
            ARTEMIS_AXIS_SAMPLE => Axis::Sample { bins },
            ARTEMIS_AXIS_VARIABLE => {
                // SAFETY: see above.
                Axis::Variable { edges: unsafe { slice(spec.edges, spec.edge_count) }.to_vec() }
            }
            other => return Err(Error::invalid(format!("there is no axis of kind {other}"))),
        };
        // SAFETY: see above.
        let histogram = unsafe {
            Histogram {
                name: shown(state, spec.name).into_owned(),
                title: shown(state, spec.title).into_owned(),
                axis_name: shown(state, spec.axis_name).into_owned(),
                axis,
            }
        };
        let booked = state.services.book_histogram(&histogram)?;
        // SAFETY: see above.
        unsafe { *id = booked.0 };
        Ok(())
    })
}

unsafe extern "C" fn fill(
    context: *const artemis_context,
    id: u64,
    values: *const f64,
    weights: *const f64,
    len: u64,
) {
    quiet(|| {
        // SAFETY: see above.
        let (state, values) = unsafe { (state(context), slice(values, len)) };
        // SAFETY: see above.
        let weights = (!weights.is_null()).then(|| unsafe { slice(weights, len) });
        state.services.fill(HistogramId(id), values, weights);
    });
}

unsafe extern "C" fn book_timer(
    context: *const artemis_context,
    name: artemis_str,
    id: *mut u64,
    error: *mut artemis_error,
) -> i32 {
    answer(error, || {
        // SAFETY: see above.
        unsafe {
            let state = state(context);
            *id = state.services.book_timer(&shown(state, name))?.0;
        }
        Ok(())
    })
}

unsafe extern "C" fn record_timer(context: *const artemis_context, id: u64, times: *const u64, len: u64) {
    // SAFETY: see above.
    quiet(|| unsafe { state(context).services.record_timer(TimerId(id), slice(times, len)) });
}

unsafe extern "C" fn count(context: *const artemis_context, name: artemis_str, amount: u64) {
    // SAFETY: see above.
    quiet(|| unsafe {
        let state = state(context);
        state.services.count(&shown(state, name), amount);
    });
}

unsafe extern "C" fn annotate(context: *const artemis_context, key: artemis_str, value: artemis_str) {
    // SAFETY: see above.
    quiet(|| unsafe {
        let state = state(context);
        state.services.annotate(&shown(state, key), &shown(state, value));
    });
}

unsafe extern "C" fn open_tool(
    context: *const artemis_context,
    name: artemis_str,
    input: *const FFI_ArrowSchema,
    output: *mut FFI_ArrowSchema,
    id: *mut u64,
    error: *mut artemis_error,
) -> i32 {
    answer(error, || {
        // SAFETY: see above.
        let (state, input) = unsafe { (state(context), crossing::import_schema_checked(&*input)?) };
        // SAFETY: see above.
        let (tool, schema) = state.services.open_tool(&unsafe { text(name) }, &input)?;
        let exported = export_schema(&schema)?;
        if let Ok(mut tools) = state.fixed.tools.write() {
            tools.insert(tool.0, (input, schema));
        }
        // SAFETY: see above; the schema is moved to the plugin.
        unsafe {
            output.write(exported);
            *id = tool.0;
        }
        Ok(())
    })
}

unsafe extern "C" fn call_tool(
    context: *const artemis_context,
    id: u64,
    input: *mut FFI_ArrowArray,
    output: *mut FFI_ArrowArray,
    error: *mut artemis_error,
) -> i32 {
    answer(error, || {
        // SAFETY: see above; the array is moved, so it is taken before anything can fail.
        let (array, state) = unsafe { (taken(input), state(context)) };
        let array = array.ok_or_else(|| Error::invalid("no array was given to the tool"))?;
        let schema = state
            .fixed
            .tools
            .read()
            .ok()
            .and_then(|tools| Some(tools.get(&id)?.0.clone()))
            .ok_or_else(|| Error::invalid(format!("tool {id} was not opened in initialize")))?;
        let batch = crossing::import_checked(array, &schema)?;
        let result = state.services.call_tool(ToolId(id), batch)?;
        // SAFETY: see above; the array is moved to the plugin.
        unsafe { output.write(export_batch(result)) };
        Ok(())
    })
}

unsafe extern "C" fn emit(
    context: *const artemis_context,
    output: u32,
    array: *mut FFI_ArrowArray,
    error: *mut artemis_error,
) -> i32 {
    answer(error, || {
        // SAFETY: see above; the array is moved, so it is taken before anything can fail.
        let (array, state) = unsafe { (taken(array), state(context)) };
        let outputs = state.outputs;
        let emitted = match (outputs.get(output as usize), array) {
            (_, None) => Err(Error::invalid("emitted no array at all")),
            (Some(schema), Some(array)) => crossing::import_checked(array, schema)
                .and_then(|batch| state.services.emit(output as usize, batch)),
            (None, Some(_)) => Err(Error::invalid(format!(
                "emitted a batch of output {output}, which does not exist: there are {}",
                outputs.len()
            ))),
        };
        emitted.inspect_err(|error| {
            state.refused.borrow_mut().get_or_insert_with(|| error.clone());
        })
    })
}

unsafe extern "C" fn reject(context: *const artemis_context, reject: *const artemis_reject) -> i32 {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: see above.
        let (state, reject) = unsafe { (state(context), &*reject) };
        // SAFETY: see above.
        let (column, reason) = unsafe { (shown(state, reject.column), shown(state, reject.reason)) };
        state.services.reject(&Reject {
            record: reject.record,
            offset: reject.offset,
            column: (!column.is_empty()).then_some(&column),
            reason: &reason,
            // SAFETY: see above.
            raw: unsafe { slice(reject.raw.data, reject.raw.len) },
            // SAFETY: see above.
            raw_record: unsafe { slice(reject.raw_record.data, reject.raw_record.len) },
        })
    }));
    match outcome {
        Ok(Action::Null) => ARTEMIS_ACTION_NULL,
        Ok(Action::Drop) => ARTEMIS_ACTION_DROP,
        Ok(Action::Stop) | Err(_) => ARTEMIS_ACTION_STOP,
    }
}

unsafe extern "C" fn progress(context: *const artemis_context, done: u64, total: u64) {
    // SAFETY: see above.
    quiet(|| unsafe { state(context).services.progress(done, total) });
}

unsafe extern "C" fn cancelled(context: *const artemis_context) -> i32 {
    // SAFETY: see above.
    catch_unwind(AssertUnwindSafe(|| unsafe { i32::from(state(context).services.cancelled()) })).unwrap_or(1)
}

unsafe extern "C" fn allocate(bytes: u64) -> *mut u8 {
    Allocated::allocate(bytes)
}

unsafe extern "C" fn deallocate(start: *mut u8, bytes: u64) {
    // SAFETY: by the ABI these are a buffer of `allocate` and its size.
    unsafe { Allocated::deallocate(start, bytes) }
}

unsafe extern "C" fn plugin_dir(context: *const artemis_context) -> artemis_str {
    // SAFETY: see above.
    unsafe { raw(state(context).fixed.plugin_dir.as_bytes()) }
}

unsafe extern "C" fn open_input(
    context: *const artemis_context,
    name: artemis_str,
    out: *mut artemis_str,
    error: *mut artemis_error,
) -> i32 {
    answer(error, || {
        // SAFETY: see above.
        let (fixed, name) = unsafe { (state(context).fixed, text(name)) };
        let path = fixed
            .paths
            .get(&*name)
            .ok_or_else(|| Error::invalid(format!("`{name}` is not a `path` property with a value")))?;
        let mut inputs = fixed.inputs.lock().map_err(|_| Error::new("an earlier open panicked"))?;
        if !inputs.contains_key(&*name) {
            let bytes = std::fs::read(path)
                .map_err(|e| Error::invalid(format!("cannot read `{path}` (property `{name}`): {e}")))?;
            inputs.insert(name.clone().into_owned(), bytes.into());
        }
        if let Some(bytes) = inputs.get(&*name) {
            // SAFETY: see above; the bytes live as long as the component.
            unsafe { *out = raw(bytes) };
        }
        Ok(())
    })
}

unsafe extern "C" fn keep_chunk(handle: *mut c_void) {
    // SAFETY: by the ABI the handle is that of a chunk of the running call.
    unsafe { crossing::keep(handle) }
}

unsafe extern "C" fn release_chunk(handle: *mut c_void) {
    // SAFETY: by the ABI the chunk was kept, and is released once for each keep.
    unsafe { crossing::release(handle) }
}
