//! The services that a component reaches through its context, for the time of one call.

use super::local::{Local, LocatedReject, RejectedRecord};
use super::step::OpenedTool;
use crate::book::{BookLayout, Owner};
use api::{Action, Call, Error, Histogram, HistogramId, Level, Reject, Services, TimerId, ToolId};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use artemis_plugin_api as api;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, RwLock};

/// Takes the log lines of a job, from any thread.
pub trait JobLog: Send + Sync {
    /// A line of a component or of the host.
    fn line(&self, level: Level, component: &str, node: &str, datum: &str, text: &str);
}

/// What is done with cells and records that do not convert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The reader stops; who runs it decides what then.
    Stop,
    /// Cells become null, records are left out; both are counted.
    Null,
    /// The record is left out and kept with its bytes.
    Quarantine,
}

/// What all calls of a job share.
pub struct Shared {
    /// Name of the job.
    pub job: String,
    /// Where log lines go.
    pub log: Arc<dyn JobLog>,
    /// What is done with what does not convert.
    pub policy: Policy,
    /// Set when the job stops.
    pub cancelled: AtomicBool,
    /// What components put into the job's record, by component and key.
    pub annotations: Mutex<BTreeMap<(String, String), String>>,
    /// Configured tools by name.
    pub tools: BTreeMap<String, Arc<crate::plugin::Tool>>,
}

/// Opens tools and books, while that is allowed.
pub(super) struct Booking<'a> {
    pub(super) layout: &'a RefCell<BookLayout>,
}

/// The services of one call.
pub(super) struct CallServices<'a> {
    pub(super) shared: &'a Shared,
    pub(super) call: Call<'a>,
    pub(super) owner: Owner,
    /// Configured name of the component, and the prefix of its keys.
    pub(super) name: &'a str,
    pub(super) prefix: &'a str,
    pub(super) layout: Option<&'a BookLayout>,
    pub(super) booking: Option<Booking<'a>>,
    pub(super) local: &'a RefCell<Local>,
    pub(super) tools: Option<&'a RwLock<Vec<Arc<OpenedTool>>>>,
    pub(super) emitted: RefCell<Vec<(usize, RecordBatch)>>,
}

/// Characters of a cell's text that are kept.
const TEXT_KEPT: usize = 40;

impl Services for CallServices<'_> {
    fn log(&self, level: Level, text: &str) {
        self.shared.log.line(level, self.name, self.call.node, self.call.datum_name, text);
    }

    fn property(&self, _: &str) -> Option<api::Value> {
        // Properties are answered at the boundary, from the component's own values.
        None
    }

    fn book_histogram(&self, histogram: &Histogram) -> api::Result<HistogramId> {
        let booking = self.booking.as_ref().ok_or_else(not_now)?;
        let key = format!("{}.{}", self.prefix, histogram.name);
        let booked = booking.layout.borrow_mut().book(self.owner, key, histogram);
        booked.map(|id| HistogramId(id as u64)).map_err(|e| Error::invalid(e.to_string()))
    }

    fn fill(&self, id: HistogramId, values: &[f64], weights: Option<&[f64]>) {
        if let Some(layout) = self.layout.filter(|layout| layout.owns(self.owner, id.0)) {
            self.local.borrow_mut().book.fill(layout, id.0 as usize, values, weights);
        }
    }

    fn book_timer(&self, name: &str) -> api::Result<TimerId> {
        let booking = self.booking.as_ref().ok_or_else(not_now)?;
        let key = format!("{}.{name}", self.prefix);
        let booked = booking.layout.borrow_mut().book_timer(self.owner, key, name);
        booked.map(|id| TimerId(id as u64)).map_err(|e| Error::invalid(e.to_string()))
    }

    fn record_timer(&self, id: TimerId, elapsed_ns: &[u64]) {
        if let Some(layout) = self.layout.filter(|layout| layout.owns(self.owner, id.0)) {
            let times: Vec<f64> = elapsed_ns.iter().map(|ns| *ns as f64).collect();
            self.local.borrow_mut().book.fill(layout, id.0 as usize, &times, None);
        }
    }

    fn count(&self, name: &str, amount: u64) {
        self.local.borrow_mut().book.count(format!("{}.{name}", self.prefix), amount);
    }

    fn annotate(&self, key: &str, value: &str) {
        let key = (self.prefix.to_owned(), key.to_owned());
        if let Ok(mut annotations) = self.shared.annotations.lock() {
            annotations.insert(key, value.to_owned());
        }
    }

    fn open_tool(&self, name: &str, input: &SchemaRef) -> api::Result<(ToolId, SchemaRef)> {
        let tools = self.tools.filter(|_| self.booking.is_some()).ok_or_else(not_now)?;
        let known = &self.shared.tools;
        let tool = known.get(name).ok_or_else(|| {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            Error::invalid(format!("there is no tool `{name}`; configured are: {names}"))
        })?;
        let inner = self.for_tool(name);
        let place = tool
            .initialize(&self.call, &inner, input)
            .map_err(|failure| Error::with_status(failure.error.status(), failure.to_string()))?;
        let output = place.output().clone();
        let mut tools = tools.write().map_err(|_| Error::new("an earlier opening panicked"))?;
        tools.push(Arc::new(OpenedTool { name: name.to_owned(), tool: tool.clone(), place }));
        Ok((ToolId(tools.len() as u64 - 1), output))
    }

    fn call_tool(&self, id: ToolId, batch: RecordBatch) -> api::Result<RecordBatch> {
        let opened = self
            .tools
            .and_then(|tools| tools.read().ok()?.get(id.0 as usize).cloned())
            .ok_or_else(|| Error::invalid(format!("tool {} was not opened in initialize", id.0)))?;
        let inner = self.for_tool(&opened.name);
        opened
            .tool
            .execute(&self.call, &inner, &opened.place, batch)
            .map_err(|failure| Error::with_status(failure.error.status(), failure.to_string()))
    }

    fn emit(&self, output: usize, batch: RecordBatch) -> api::Result<()> {
        self.emitted.borrow_mut().push((output, batch));
        Ok(())
    }

    fn reject(&self, reject: &Reject<'_>) -> Action {
        let mut local = self.local.borrow_mut();
        let text = String::from_utf8_lossy(reject.raw);
        let mut text: String = text.chars().take(TEXT_KEPT).flat_map(char::escape_debug).collect();
        if reject.raw.len() > text.len() {
            text.push('…');
        }
        let column = reject.column.map(str::to_owned);
        let located = LocatedReject {
            record: reject.record,
            offset: reject.offset,
            reason: reject.reason.to_owned(),
            text,
        };
        local.rejects.entry(column.clone()).or_default().add(located);
        match self.shared.policy {
            Policy::Stop => Action::Stop,
            Policy::Null if column.is_some() => {
                local.nulled += 1;
                Action::Null
            }
            Policy::Null => {
                local.dropped.insert(reject.record);
                Action::Drop
            }
            Policy::Quarantine => {
                local.dropped.insert(reject.record);
                local.rejected.entry(reject.record).or_insert_with(|| RejectedRecord {
                    record: reject.record,
                    offset: reject.offset,
                    column,
                    reason: reject.reason.to_owned(),
                    raw: reject.raw_record.to_vec(),
                });
                Action::Drop
            }
        }
    }

    fn progress(&self, _: u64, _: u64) {}

    fn cancelled(&self) -> bool {
        self.shared.cancelled.load(Ordering::Relaxed)
    }

    fn plugin_dir(&self) -> String {
        String::new()
    }

    fn open_input(&self, property: &str) -> api::Result<Vec<u8>> {
        Err(Error::invalid(format!("`{property}` is opened at the boundary")))
    }
}

impl CallServices<'_> {
    /// The services of a tool that this call runs: its own name, no histograms, no tools.
    fn for_tool<'b>(&'b self, name: &'b str) -> CallServices<'b> {
        CallServices {
            shared: self.shared,
            call: self.call,
            owner: self.owner,
            name,
            prefix: name,
            layout: None,
            booking: None,
            local: self.local,
            tools: None,
            emitted: RefCell::default(),
        }
    }
}

fn not_now() -> Error {
    Error::invalid("histograms, timers and tools are opened in initialize or book, by algorithms")
}
