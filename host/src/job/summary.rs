//! What there is to say of a job when it is over.

use crate::store::ContentId;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

/// What a job did.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Id of the dataset; `None` for a dry run.
    pub dataset: Option<ContentId>,
    /// Name of the dataset.
    pub name: String,
    /// Version of the name that the dataset has.
    pub version: Option<u64>,
    /// The job.
    pub job: Option<Uuid>,
    /// The dataset was there before, made by an earlier job of the same recipe.
    pub already_there: bool,
    /// Ids of menu and configuration as stored, for `run --menu ID --config ID`.
    pub menu: Option<ContentId>,
    /// See `menu`.
    pub config: Option<ContentId>,
    /// Rows that came in: records of the inputs.
    pub rows_in: u64,
    /// Rows that went out, over all partitions.
    pub rows_out: u64,
    /// Records rejected, and cells that became null because they did not convert.
    pub rows_rejected: u64,
    /// Cells that became null because they did not convert.
    pub cells_rejected: u64,
    /// Bytes read.
    pub bytes_in: u64,
    /// Bytes of the data files.
    pub bytes_out: u64,
    /// Wall time.
    pub elapsed: Duration,
    /// The partitions, in the order of the leaves.
    pub partitions: Vec<PartitionSummary>,
    /// The inputs.
    pub inputs: Vec<DatumSummary>,
    /// Rejects by datum and column, the first of each with their place.
    pub rejects: Vec<Reject>,
    /// Time per step.
    pub steps: Vec<StepTime>,
    /// Why the job started over, and other things to know.
    pub notes: Vec<String>,
}

/// A partition of the dataset.
#[derive(Clone, Debug)]
pub struct PartitionSummary {
    /// Its name.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// Batches.
    pub batches: u64,
    /// Part files.
    pub parts: u64,
    /// Bytes of the part files.
    pub bytes: u64,
    /// Where the part files are: paths, or URLs where the store has no local files.
    pub files: Vec<PathBuf>,
}

/// An input of the job.
#[derive(Clone, Debug)]
pub struct DatumSummary {
    /// Its name.
    pub name: String,
    /// Where it lay.
    pub path: PathBuf,
    /// `read`, `skipped` or `quarantined`.
    pub status: String,
    /// Records in it.
    pub rows_in: u64,
    /// Records of it that were rejected.
    pub rows_rejected: u64,
    /// Bytes.
    pub bytes: u64,
    /// Content id, where the bytes could be read.
    pub id: Option<ContentId>,
    /// Why it was left out, or the first reject.
    pub first_error: Option<String>,
}

/// What did not convert in one column of one input.
#[derive(Clone, Debug)]
pub struct Reject {
    /// Name of the input.
    pub datum: String,
    /// Column; `None`: whole records.
    pub column: Option<String>,
    /// How many.
    pub count: u64,
    /// The first of them: record, byte offset, reason.
    pub first: Vec<(u64, u64, String)>,
}

/// Time of one step.
#[derive(Clone, Debug)]
pub struct StepTime {
    /// Configured name of the algorithm or reader.
    pub name: String,
    /// Calls.
    pub calls: u64,
    /// Time over all workers.
    pub total: Duration,
}

/// A sample of the input and what the menu makes of it.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The leaves, in order.
    pub leaves: Vec<PreviewLeaf>,
    /// What to know: for instance that an algorithm shows its results only at the end.
    pub notes: Vec<String>,
}

/// One leaf of a preview.
#[derive(Clone, Debug)]
pub struct PreviewLeaf {
    /// Name of the partition.
    pub name: String,
    /// Schema.
    pub schema: SchemaRef,
    /// The first rows.
    pub batches: Vec<RecordBatch>,
}
