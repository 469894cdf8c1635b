//! The host's side of the calls that a case makes: services that write down what the component asked and gave.
#![allow(unsafe_code)]

use super::batches::Lies;
use super::ledger::Ledger;
use super::{Checked, Stop};
use crate::menu::Value;
use crate::plugin::services::{CallState, Fixed, host_table, with_context};
use crate::plugin::values::Values;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use artemis_plugin_api::abi::*;
use artemis_plugin_api::export::{empty_error, read_error};
use artemis_plugin_api::{
    Action, Call, Error, Histogram, HistogramId, Level, Reject, Services, TimerId, ToolId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::ThreadId;

/// Buffers of `allocate` that were not given back: the ABI passes no context to count them elsewhere. A case runs in
/// a process of its own.
static BUFFERS: Mutex<BTreeMap<usize, u64>> = Mutex::new(BTreeMap::new());
/// Buffers that were given back with another size, or twice.
static WRONG_RETURNS: AtomicI64 = AtomicI64::new(0);

/// What a component asked and gave.
#[derive(Default)]
pub(super) struct Record {
    /// Emitted batches with the index of their output and the thread that emitted them, in order.
    emitted: Vec<(usize, RecordBatch, ThreadId)>,
    /// Rejected cells and records: record, offset.
    pub(super) rejects: Vec<(u64, u64)>,
    /// Properties that it asked for.
    pub(super) asked: BTreeSet<String>,
    /// Log lines, annotations and texts of errors.
    pub(super) said: Vec<String>,
    /// Histograms and timers that it booked.
    pub(super) booked: u64,
    /// What it did that no component may.
    pub(super) faults: Vec<(Fault, String)>,
}

/// What a component may not do, where no call fails of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It released or changed a schema that it only borrows.
    Borrowed,
    /// The callback of a schema leaves it unmarked.
    SchemaRelease,
    /// It filled what it had not booked, or booked without a name.
    Booking,
}

/// The host for one component.
pub(super) struct Desk {
    fixed: Fixed,
    record: Mutex<Record>,
    /// Batches that were given to the component.
    pub(super) given: Ledger,
    /// Batches that the component emitted.
    pub(super) taken: Ledger,
    /// Emitting fails.
    pub(super) refuse: AtomicBool,
    /// What `cancelled` says.
    pub(super) cancel: AtomicBool,
    /// The texts of contexts are null pointers of no length.
    pub(super) bare_context: AtomicBool,
    /// One of the actions, for every reject.
    pub(super) action: AtomicI64,
    /// Where the rows of given batches lie in their buffers.
    pub(super) lies: Mutex<Lies>,
}

/// What the handle of a context points to. The state comes first: the host's own services look for it there.
#[repr(C)]
struct DeskCall<'a> {
    state: CallState<'a>,
    desk: &'a Desk,
}

/// How a call ended.
pub(super) struct Said {
    pub(super) status: i32,
    pub(super) error: Error,
    /// The status that the component wrote into the error.
    pub(super) written: i32,
    /// Whether there was a text.
    pub(super) has_text: bool,
    refused: Option<Error>,
}

impl Said {
    pub(super) fn is_ok(&self) -> bool {
        self.status == ARTEMIS_OK
    }

    /// Whether the component says that it does not do this.
    pub(super) fn is_declined(&self) -> bool {
        matches!(self.status, ARTEMIS_INVALID | ARTEMIS_UNSUPPORTED)
    }

    /// A failed call fails the case.
    pub(super) fn ok(&self, verb: &str) -> Checked {
        self.sound(verb)?;
        if self.is_ok() { Ok(()) } else { Err(Stop::Failed(self.told(verb))) }
    }

    /// The call may fail, but must not panic, and must not emit what is no batch.
    pub(super) fn sound(&self, verb: &str) -> Checked {
        if let Some(refused) = &self.refused {
            return Err(Stop::Failed(format!("{verb}: {refused}")));
        }
        match self.status {
            ARTEMIS_PANIC => Err(Stop::Failed(self.told(verb))),
            _ => Ok(()),
        }
    }

    /// What happened, in words.
    pub(super) fn told(&self, verb: &str) -> String {
        match self.status {
            ARTEMIS_OK => format!("{verb} returned ARTEMIS_OK"),
            status => format!("{verb} returned {}: {}", status_name(status), self.error.text()),
        }
    }
}

/// The name of a status in the header.
pub(super) fn status_name(status: i32) -> String {
    let name = match status {
        ARTEMIS_OK => "ARTEMIS_OK",
        ARTEMIS_ERROR => "ARTEMIS_ERROR",
        ARTEMIS_BAD_DATA => "ARTEMIS_BAD_DATA",
        ARTEMIS_INVALID => "ARTEMIS_INVALID",
        ARTEMIS_UNSUPPORTED => "ARTEMIS_UNSUPPORTED",
        ARTEMIS_PANIC => "ARTEMIS_PANIC",
        ARTEMIS_POISONED => "ARTEMIS_POISONED",
        ARTEMIS_STOPPED => "ARTEMIS_STOPPED",
        other => return format!("{other}, which is no status"),
    };
    name.to_owned()
}

impl Desk {
    pub(super) fn new(
        properties: &BTreeMap<String, Value>,
        paths: BTreeMap<String, String>,
        dir: &str,
    ) -> Self {
        Self {
            fixed: Fixed {
                values: Values::new(properties),
                plugin_dir: dir.to_owned(),
                paths,
                inputs: Default::default(),
                tools: Default::default(),
                redaction: Default::default(),
            },
            record: Mutex::default(),
            given: Ledger::default(),
            taken: Ledger::default(),
            refuse: AtomicBool::new(false),
            cancel: AtomicBool::new(false),
            bare_context: AtomicBool::new(false),
            action: AtomicI64::new(i64::from(ARTEMIS_ACTION_NULL)),
            lies: Mutex::default(),
        }
    }

    pub(super) fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The emitted batches so far, which leave the desk.
    pub(super) fn take_emitted(&self) -> Vec<(usize, RecordBatch)> {
        std::mem::take(&mut self.record().emitted)
            .into_iter()
            .map(|(output, batch, _)| (output, batch))
            .collect()
    }

    /// As [`Desk::take_emitted`], of the calling thread only.
    pub(super) fn take_own_emitted(&self) -> Vec<(usize, RecordBatch)> {
        let own = std::thread::current().id();
        self.record()
            .emitted
            .extract_if(.., |(.., thread)| *thread == own)
            .map(|(output, batch, _)| (output, batch))
            .collect()
    }

    /// Puts a batch on the desk that was not emitted but returned.
    pub(super) fn put(&self, batch: RecordBatch) {
        self.record().emitted.push((0, batch, std::thread::current().id()));
    }

    /// Fails the case if the component did something of a kind.
    pub(super) fn without(&self, kind: Fault) -> Checked {
        match self.record().faults.iter().find(|(fault, _)| *fault == kind) {
            Some((_, text)) => Err(Stop::Failed(text.clone())),
            None => Ok(()),
        }
    }

    /// A batch as the component gets it, counted.
    pub(super) fn give(&self, batch: RecordBatch) -> Checked<FFI_ArrowArray> {
        let lies = *self.lies.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(self.given.count(super::batches::export(batch, lies).map_err(Stop::Failed)?))
    }

    /// Makes a call of the component.
    pub(super) fn call(
        &self,
        call: &Call<'_>,
        outputs: &[SchemaRef],
        body: impl FnOnce(*const artemis_context, *mut artemis_error) -> i32,
    ) -> Said {
        let state = CallState { services: self, fixed: &self.fixed, outputs, refused: Default::default() };
        let desk_call = DeskCall { state, desk: self };
        let mut error = empty_error();
        let status = with_context(call, &desk_call.state, |context| {
            // SAFETY: `with_context` passes a valid context for the time of this call.
            let mut context = unsafe { *context };
            context.host = counting_host();
            if self.bare_context.load(Ordering::SeqCst) {
                let nothing = artemis_str { data: std::ptr::null(), len: 0 };
                (context.job, context.node, context.component) = (nothing, nothing, nothing);
                (context.datum_name, context.datum_content_id) = (nothing, nothing);
            }
            context.handle = std::ptr::from_ref(&desk_call).cast_mut().cast();
            body(&context, &mut error)
        });
        let refused = desk_call.state.refused.take().filter(|_| !self.refuse.load(Ordering::SeqCst));
        let said = Said {
            status,
            error: read_error(status, &error),
            written: error.status,
            has_text: error.text[0] != 0,
            refused,
        };
        if status != ARTEMIS_OK {
            self.record().said.push(said.error.text().to_owned());
        }
        said
    }

    pub(super) fn fault(&self, fault: Fault, text: impl Into<String>) {
        self.record().faults.push((fault, text.into()));
    }

    fn is_booked(&self, id: u64, what: &str) {
        let booked = self.record().booked;
        if id == 0 || id > booked {
            self.fault(Fault::Booking, format!("{what} {id} was never booked; {booked} were"));
        }
    }
}

/// Buffers that were not given back, and those given back wrongly.
pub(super) fn buffers_left() -> (usize, i64) {
    let left = BUFFERS.lock().unwrap_or_else(PoisonError::into_inner).len();
    (left, WRONG_RETURNS.load(Ordering::SeqCst))
}

impl Services for Desk {
    fn log(&self, _: Level, text: &str) {
        self.record().said.push(text.to_owned());
    }

    fn property(&self, _: &str) -> Option<artemis_plugin_api::Value> {
        // Plugins reach their properties through the C table.
        None
    }

    fn book_histogram(&self, histogram: &Histogram) -> artemis_plugin_api::Result<HistogramId> {
        let mut record = self.record();
        if histogram.name.is_empty() {
            record.faults.push((Fault::Booking, "a histogram has no name".into()));
        }
        record.booked += 1;
        Ok(HistogramId(record.booked))
    }

    fn fill(&self, id: HistogramId, _: &[f64], _: Option<&[f64]>) {
        self.is_booked(id.0, "histogram");
    }

    fn book_timer(&self, _: &str) -> artemis_plugin_api::Result<TimerId> {
        let mut record = self.record();
        record.booked += 1;
        Ok(TimerId(record.booked))
    }

    fn record_timer(&self, id: TimerId, _: &[u64]) {
        self.is_booked(id.0, "timer");
    }

    fn count(&self, _: &str, _: u64) {}

    fn annotate(&self, key: &str, value: &str) {
        self.record().said.push(format!("{key} = {value}"));
    }

    fn open_tool(&self, _: &str, input: &SchemaRef) -> artemis_plugin_api::Result<(ToolId, SchemaRef)> {
        // Any name is a tool that gives back what it gets.
        Ok((ToolId(1), input.clone()))
    }

    fn call_tool(&self, _: ToolId, batch: RecordBatch) -> artemis_plugin_api::Result<RecordBatch> {
        Ok(batch)
    }

    fn emit(&self, output: usize, batch: RecordBatch) -> artemis_plugin_api::Result<()> {
        if self.refuse.load(Ordering::SeqCst) {
            return Err(Error::new("the checker refuses this batch"));
        }
        self.record().emitted.push((output, batch, std::thread::current().id()));
        Ok(())
    }

    fn reject(&self, reject: &Reject<'_>) -> Action {
        self.record().rejects.push((reject.record, reject.offset));
        match self.action.load(Ordering::SeqCst) as i32 {
            ARTEMIS_ACTION_NULL => Action::Null,
            ARTEMIS_ACTION_DROP => Action::Drop,
            _ => Action::Stop,
        }
    }

    fn progress(&self, _: u64, _: u64) {}

    fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::SeqCst)
    }

    fn plugin_dir(&self) -> String {
        self.fixed.plugin_dir.clone()
    }

    fn open_input(&self, property: &str) -> artemis_plugin_api::Result<Vec<u8>> {
        // Plugins reach their inputs through the C table.
        Err(Error::invalid(format!("`{property}` is not a path")))
    }
}

/// The host's own table with counters around what can be counted.
pub(super) fn counting_host() -> &'static artemis_host {
    static TABLE: OnceLock<artemis_host> = OnceLock::new();
    TABLE.get_or_init(|| {
        // SAFETY: the host's table lives as long as the process.
        let host = unsafe { *host_table() };
        artemis_host { emit, property, allocate, deallocate, ..host }
    })
}

/// The desk of a call.
///
/// # Safety
/// `context` is one of [`Desk::call`], and its call has not returned.
unsafe fn desk<'a>(context: *const artemis_context) -> &'a Desk {
    // SAFETY: `Desk::call` put a `DeskCall` there that outlives the call.
    unsafe { (*(*context).handle.cast::<DeskCall<'a>>()).desk }
}

unsafe extern "C" fn emit(
    context: *const artemis_context,
    output: u32,
    array: *mut FFI_ArrowArray,
    error: *mut artemis_error,
) -> i32 {
    // SAFETY: by the ABI the context is that of the running call, and the array null or valid and moved.
    unsafe {
        if !array.is_null() && !(*array).is_released() {
            let counted = desk(context).taken.count(FFI_ArrowArray::from_raw(array));
            array.write(counted);
        }
        ((*host_table()).emit)(context, output, array, error)
    }
}

unsafe extern "C" fn property(context: *const artemis_context, name: artemis_str) -> *const artemis_value {
    // SAFETY: by the ABI context and text are valid for the call.
    unsafe {
        if !name.data.is_null() {
            let bytes = std::slice::from_raw_parts(name.data, name.len as usize);
            desk(context).record().asked.insert(String::from_utf8_lossy(bytes).into_owned());
        }
        ((*host_table()).property)(context, name)
    }
}

unsafe extern "C" fn allocate(bytes: u64) -> *mut u8 {
    // SAFETY: the host's table lives as long as the process.
    let start = unsafe { ((*host_table()).allocate)(bytes) };
    if !start.is_null() {
        BUFFERS.lock().unwrap_or_else(PoisonError::into_inner).insert(start as usize, bytes);
    }
    start
}

unsafe extern "C" fn deallocate(start: *mut u8, bytes: u64) {
    if start.is_null() {
        return;
    }
    let known = BUFFERS.lock().unwrap_or_else(PoisonError::into_inner).remove(&(start as usize));
    if known == Some(bytes) {
        // SAFETY: the buffer came from `allocate` with this size and is given back once.
        unsafe { ((*host_table()).deallocate)(start, bytes) }
    } else {
        WRONG_RETURNS.fetch_add(1, Ordering::SeqCst);
    }
}
