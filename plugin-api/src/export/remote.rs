//! The host's services behind the C table.

use super::{empty_error, host, read_error};
use crate::abi::*;
use crate::batch::{
    bytes_of, export_batch, export_schema, import_batch, import_schema, raw_bytes, raw_str, str_of,
};
use crate::context::{Call, Context, Histogram, HistogramId, Level, Reject, Services, TimerId, ToolId};
use crate::{Action, Axis, Error, Result, Value};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use std::collections::HashMap;
use std::sync::RwLock;

/// Schemas of the outputs of opened tools.
pub(super) type ToolSchemas = RwLock<HashMap<u64, SchemaRef>>;

/// The services for the time of one call.
pub(super) struct Remote<'a> {
    context: &'a artemis_context,
    host: &'static artemis_host,
    /// Schemas of the outputs, where the call may emit.
    outputs: &'a [SchemaRef],
    tools: Option<&'a ToolSchemas>,
}

/// Runs a call with its context in the form of the SDK, and with logging forwarded to it.
///
/// # Safety
/// `context` is valid for the call, as are the texts in it.
pub(super) unsafe fn with_context<T>(
    context: *const artemis_context,
    outputs: &[SchemaRef],
    tools: Option<&ToolSchemas>,
    body: impl FnOnce(&Context<'_>) -> Result<T>,
) -> Result<T> {
    // SAFETY: the caller's contract.
    let context = unsafe { context.as_ref() }.ok_or_else(|| Error::invalid("no context was given"))?;
    let remote = Remote { context, host: host()?, outputs, tools };
    // SAFETY: the texts of a context are valid for its call.
    let call = unsafe {
        Call {
            job: str_of(context.job),
            node: str_of(context.node),
            component: str_of(context.component),
            datum_index: context.datum_index,
            datum_name: str_of(context.datum_name),
            datum_content_id: str_of(context.datum_content_id),
            chunk_index: context.chunk_index,
            block_index: context.block_index,
            byte_offset: context.byte_offset,
            first_record: context.first_record,
            flags: context.flags,
        }
    };
    super::logging::during(context, || body(&Context::new(call, &remote)))
}

impl Services for Remote<'_> {
    fn log(&self, level: Level, text: &str) {
        // SAFETY: context and text are valid for the call.
        unsafe { (self.host.log)(self.context, level as u32, raw_str(text)) }
    }

    fn property(&self, name: &str) -> Option<Value> {
        // SAFETY: as above; the host's value is valid as long as the component.
        unsafe { value_of((self.host.property)(self.context, raw_str(name)).as_ref()?, 0) }
    }

    fn book_histogram(&self, histogram: &Histogram) -> Result<HistogramId> {
        let (axis, bins, lower, upper, edges): (_, _, _, _, &[f64]) = match &histogram.axis {
            Axis::Fixed { bins, lower, upper } => (ARTEMIS_AXIS_FIXED, *bins, *lower, *upper, &[]),
            Axis::Log { bins, lower, upper } => (ARTEMIS_AXIS_LOG, *bins, *lower, *upper, &[]),
            Axis::Sample { bins } => (ARTEMIS_AXIS_SAMPLE, *bins, 0.0, 0.0, &[]),
            Axis::Variable { edges } => (ARTEMIS_AXIS_VARIABLE, 0, 0.0, 0.0, edges),
        };
        let spec = artemis_histogram {
            struct_size: size_of::<artemis_histogram>() as u64,
            name: raw_str(&histogram.name),
            title: raw_str(&histogram.title),
            axis_name: raw_str(&histogram.axis_name),
            axis,
            bins,
            lower,
            upper,
            edges: edges.as_ptr(),
            edge_count: edges.len() as u64,
        };
        let mut id = 0;
        // SAFETY: everything passed is valid for the call.
        self.checked(|error| unsafe { (self.host.book_histogram)(self.context, &spec, &mut id, error) })?;
        Ok(HistogramId(id))
    }

    fn fill(&self, id: HistogramId, values: &[f64], weights: Option<&[f64]>) {
        let len = weights.map_or(values.len(), |w| w.len().min(values.len()));
        let weights = weights.map_or(std::ptr::null(), <[f64]>::as_ptr);
        // SAFETY: `len` values, and weights where given, are readable.
        unsafe { (self.host.fill)(self.context, id.0, values.as_ptr(), weights, len as u64) }
    }

    fn book_timer(&self, name: &str) -> Result<TimerId> {
        let mut id = 0;
        // SAFETY: everything passed is valid for the call.
        self.checked(|error| unsafe { (self.host.book_timer)(self.context, raw_str(name), &mut id, error) })?;
        Ok(TimerId(id))
    }

    fn record_timer(&self, id: TimerId, elapsed_ns: &[u64]) {
        // SAFETY: the times are readable.
        unsafe { (self.host.record_timer)(self.context, id.0, elapsed_ns.as_ptr(), elapsed_ns.len() as u64) }
    }

    fn count(&self, name: &str, amount: u64) {
        // SAFETY: context and text are valid for the call.
        unsafe { (self.host.count)(self.context, raw_str(name), amount) }
    }

    fn annotate(&self, key: &str, value: &str) {
        // SAFETY: context and texts are valid for the call.
        unsafe { (self.host.annotate)(self.context, raw_str(key), raw_str(value)) }
    }

    fn open_tool(&self, name: &str, input: &SchemaRef) -> Result<(ToolId, SchemaRef)> {
        let input = export_schema(input)?;
        let (mut output, mut id) = (FFI_ArrowSchema::empty(), 0);
        // SAFETY: the input is borrowed, the output moved here.
        self.checked(|error| unsafe {
            (self.host.open_tool)(self.context, raw_str(name), &input, &mut output, &mut id, error)
        })?;
        let schema = import_schema(&output)?;
        if let Some(mut tools) = self.tools.and_then(|tools| tools.write().ok()) {
            tools.insert(id, schema.clone());
        }
        Ok((ToolId(id), schema))
    }

    fn call_tool(&self, id: ToolId, batch: RecordBatch) -> Result<RecordBatch> {
        let schema = self
            .tools
            .and_then(|tools| tools.read().ok()?.get(&id.0).cloned())
            .ok_or_else(|| Error::invalid(format!("tool {} was not opened in initialize", id.0)))?;
        let (mut input, mut output) = (export_batch(batch), FFI_ArrowArray::empty());
        // SAFETY: the input is moved to the host, the output to here.
        self.checked(|error| unsafe {
            (self.host.call_tool)(self.context, id.0, &mut input, &mut output, error)
        })?;
        // SAFETY: the host has checked the batch against the tool's schema.
        unsafe { import_batch(output, &schema) }
    }

    fn emit(&self, output: usize, batch: RecordBatch) -> Result<()> {
        let declared = self.outputs.get(output).ok_or_else(|| {
            Error::invalid(format!("output {output} does not exist: there are {}", self.outputs.len()))
        })?;
        if let Some(difference) = schema_difference(declared, &batch.schema()) {
            return Err(Error::new(format!(
                "emitted a batch of another schema than it promised: {difference}"
            )));
        }
        let mut array = export_batch(batch);
        // SAFETY: the array is moved to the host, which releases it, on error too.
        self.checked(|error| unsafe { (self.host.emit)(self.context, output as u32, &mut array, error) })
    }

    fn reject(&self, reject: &Reject<'_>) -> Action {
        let raw = artemis_reject {
            struct_size: size_of::<artemis_reject>() as u64,
            record: reject.record,
            offset: reject.offset,
            column: raw_str(reject.column.unwrap_or_default()),
            reason: raw_str(reject.reason),
            raw: raw_bytes(reject.raw),
            raw_record: raw_bytes(reject.raw_record),
        };
        // SAFETY: everything passed is valid for the call.
        match unsafe { (self.host.reject)(self.context, &raw) } {
            ARTEMIS_ACTION_NULL => Action::Null,
            ARTEMIS_ACTION_DROP => Action::Drop,
            _ => Action::Stop,
        }
    }

    fn progress(&self, done: u64, total: u64) {
        // SAFETY: the context is valid for the call.
        unsafe { (self.host.progress)(self.context, done, total) }
    }

    fn cancelled(&self) -> bool {
        // SAFETY: the context is valid for the call.
        unsafe { (self.host.cancelled)(self.context) != 0 }
    }

    fn plugin_dir(&self) -> String {
        // SAFETY: the context is valid for the call, the text as long as the component.
        unsafe { str_of((self.host.plugin_dir)(self.context)) }.to_owned()
    }

    fn open_input(&self, property: &str) -> Result<Vec<u8>> {
        let mut bytes = raw_bytes(&[]);
        // SAFETY: everything passed is valid for the call.
        self.checked(|error| unsafe {
            (self.host.open_input)(self.context, raw_str(property), &mut bytes, error)
        })?;
        // SAFETY: the bytes are valid as long as the component.
        Ok(unsafe { bytes_of(bytes) }.to_vec())
    }
}

impl Remote<'_> {
    fn checked(&self, call: impl FnOnce(*mut artemis_error) -> i32) -> Result<()> {
        let mut error = empty_error();
        match call(&mut error) {
            ARTEMIS_OK => Ok(()),
            status => Err(read_error(status, &error)),
        }
    }
}

/// What differs between the promised and the actual columns; `None`: nothing.
fn schema_difference(declared: &SchemaRef, actual: &SchemaRef) -> Option<String> {
    if std::sync::Arc::ptr_eq(declared, actual) {
        return None;
    }
    let (wanted, got) = (declared.fields(), actual.fields());
    if wanted.len() != got.len() {
        return Some(format!("{} columns instead of {}", got.len(), wanted.len()));
    }
    wanted.iter().zip(got).enumerate().find_map(|(i, (wanted, got))| {
        let same = wanted.name() == got.name() && wanted.data_type() == got.data_type();
        (!same).then(|| {
            format!(
                "column {i} is `{}` {} instead of `{}` {}",
                got.name(),
                got.data_type(),
                wanted.name(),
                wanted.data_type()
            )
        })
    })
}

/// Depth of lists and tables that is followed.
const VALUE_DEPTH_MAX: usize = 16;

/// A value of the SDK from the host's.
///
/// # Safety
/// The value and all that it points to are valid for the call.
unsafe fn value_of(value: &artemis_value, depth: usize) -> Option<Value> {
    if depth > VALUE_DEPTH_MAX {
        return None;
    }
    let items = |n: u64| -> Option<Vec<Value>> {
        // SAFETY: a list or table has `count` items.
        (0..n as usize).map(|i| unsafe { value_of(&*value.items.add(i), depth + 1) }).collect()
    };
    Some(match value.kind {
        ARTEMIS_VALUE_BOOL => Value::Bool(value.integer != 0),
        ARTEMIS_VALUE_INT => Value::Int(value.integer),
        ARTEMIS_VALUE_FLOAT => Value::Float(value.number),
        // SAFETY: the text is valid for the call.
        ARTEMIS_VALUE_STRING => Value::String(unsafe { str_of(value.text) }.to_owned()),
        ARTEMIS_VALUE_LIST => Value::List(items(value.count)?),
        ARTEMIS_VALUE_TABLE => {
            // SAFETY: a table has `count` keys.
            let keys = (0..value.count as usize)
                .map(|i| unsafe { str_of(*value.keys.add(i)) }.to_owned())
                .collect::<Vec<_>>();
            Value::Table(keys.into_iter().zip(items(value.count)?).collect())
        }
        _ => return None,
    })
}
