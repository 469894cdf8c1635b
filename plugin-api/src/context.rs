//! What a component sees of a call, and the host's services behind it.

use crate::{Chunk, Result, Value};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

/// What a call is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call<'a> {
    /// Name of the job.
    pub job: &'a str,
    /// Node of the menu.
    pub node: &'a str,
    /// Configured name of the component.
    pub component: &'a str,
    /// Index of the datum among the inputs.
    pub datum_index: u64,
    /// Name of the datum.
    pub datum_name: &'a str,
    /// Content id of the datum; empty while it is not known.
    pub datum_content_id: &'a str,
    /// Index of the chunk within its run.
    pub chunk_index: u64,
    /// Index of the block within its datum.
    pub block_index: u64,
    /// Offset of the block within its datum, in bytes.
    pub byte_offset: u64,
    /// Number of the block's first record within its datum, from 0.
    pub first_record: u64,
    /// `ARTEMIS_FLAG_…` of [`crate::abi`].
    pub flags: u64,
}

/// What the host wants done with a cell or record that does not convert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Write a null and go on.
    Null,
    /// Leave the whole record out and go on.
    Drop,
    /// Return [`crate::Error::stopped`] soon.
    Stop,
}

/// A cell or record that does not convert.
#[derive(Clone, Copy, Debug)]
pub struct Reject<'a> {
    /// Record number within the datum, from 0.
    pub record: u64,
    /// Byte offset within the datum.
    pub offset: u64,
    /// Column of a cell; `None`: the whole record.
    pub column: Option<&'a str>,
    /// Why, without the text of the cell.
    pub reason: &'a str,
    /// Bytes of the cell, or of the record.
    pub raw: &'a [u8],
    /// Bytes of the whole record.
    pub raw_record: &'a [u8],
}

/// Axis of a histogram.
#[derive(Clone, Debug, PartialEq)]
pub enum Axis {
    /// Bins of equal width.
    Fixed {
        /// Number of bins.
        bins: u32,
        /// Lower edge of the first bin.
        lower: f64,
        /// Upper edge of the last bin.
        upper: f64,
    },
    /// Bins between given edges, ascending.
    Variable {
        /// The edges: one more than bins.
        edges: Vec<f64>,
    },
    /// Bins of equal ratio; `lower` is positive.
    Log {
        /// Number of bins.
        bins: u32,
        /// Lower edge of the first bin.
        lower: f64,
        /// Upper edge of the last bin.
        upper: f64,
    },
    /// Bins of equal width whose limits the host takes from the sample.
    Sample {
        /// Number of bins.
        bins: u32,
    },
}

/// A histogram to book.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Name within the algorithm.
    pub name: String,
    /// Title for people.
    pub title: String,
    /// Name of the axis, with its unit.
    pub axis_name: String,
    /// The axis.
    pub axis: Axis,
}

/// A booked histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistogramId(pub u64);

/// A booked timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerId(pub u64);

/// A tool opened for one schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToolId(pub u64);

/// Level of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed.
    Error = 1,
    /// Something to look at.
    Warn,
    /// A step of the work.
    Info,
    /// For the author.
    Debug,
    /// Everything.
    Trace,
}

/// The host's services. The host implements them behind the C table, [`crate::testing::TestHost`] in memory.
pub trait Services {
    /// Writes to the job's log.
    fn log(&self, level: Level, text: &str);
    /// The value of a property.
    fn property(&self, name: &str) -> Option<Value>;
    /// Books a histogram.
    fn book_histogram(&self, histogram: &Histogram) -> Result<HistogramId>;
    /// Fills values, with a weight each or none at all.
    fn fill(&self, id: HistogramId, values: &[f64], weights: Option<&[f64]>);
    /// Books a timer.
    fn book_timer(&self, name: &str) -> Result<TimerId>;
    /// Records times in nanoseconds.
    fn record_timer(&self, id: TimerId, elapsed_ns: &[u64]);
    /// Adds to a counter.
    fn count(&self, name: &str, amount: u64);
    /// Puts key and value into the job's record.
    fn annotate(&self, key: &str, value: &str);
    /// Opens a configured tool for a schema; gives the schema of its output too.
    fn open_tool(&self, name: &str, input: &SchemaRef) -> Result<(ToolId, SchemaRef)>;
    /// Runs an opened tool.
    fn call_tool(&self, id: ToolId, batch: RecordBatch) -> Result<RecordBatch>;
    /// Emits a batch of an output.
    fn emit(&self, output: usize, batch: RecordBatch) -> Result<()>;
    /// Reports a cell or record that does not convert.
    fn reject(&self, reject: &Reject<'_>) -> Action;
    /// Tells how far a long call has come.
    fn progress(&self, done: u64, total: u64);
    /// The job stops.
    fn cancelled(&self) -> bool;
    /// Directory of the plugin's file.
    fn plugin_dir(&self) -> String;
    /// The bytes of the file that a `path` property names.
    fn open_input(&self, property: &str) -> Result<Vec<u8>>;
}

/// A call's context: where it is ([`Context::call`]) and the services of [`Services`], which it lends.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    call: Call<'a>,
    services: &'a dyn Services,
}

impl<'a> Context<'a> {
    /// A context over services.
    pub fn new(call: Call<'a>, services: &'a dyn Services) -> Self {
        Self { call, services }
    }

    /// What the call is about.
    pub fn call(&self) -> &Call<'a> {
        &self.call
    }

    /// The call is part of a sampling pass; nothing that is booked now counts.
    pub fn is_sample(&self) -> bool {
        self.call.flags & crate::abi::ARTEMIS_FLAG_SAMPLE != 0
    }

    /// The batches come from a parent's finalize, not from a chunk.
    pub fn is_finalize(&self) -> bool {
        self.call.flags & crate::abi::ARTEMIS_FLAG_FINALIZE != 0
    }

    /// Offset within the datum, in bytes, of a position in the chunk.
    pub fn offset_of(&self, _chunk: &Chunk<'_>, position: usize) -> u64 {
        self.call.byte_offset + position as u64
    }
}

impl<'a> std::ops::Deref for Context<'a> {
    type Target = dyn Services + 'a;

    fn deref(&self) -> &Self::Target {
        self.services
    }
}
