//! One run of a menu over its inputs, from the checked job file to the committed dataset.

mod error;
mod observe;
mod summary;

pub use error::{ErrorKind, JobError};
pub use observe::{JobState, Observer, Quiet};
pub use summary::{DatumSummary, PartitionSummary, Preview, PreviewLeaf, Reject, StepTime, Summary};

use crate::catalog::Catalog;
use crate::menu::Job;
use crate::plugin::catalogue::Catalogue;

/// What a run needs beside the job.
pub struct Options<'a> {
    /// The plugins that were found.
    pub plugins: &'a Catalogue,
    /// Where the results go.
    pub catalog: &'a Catalog,
    /// Workers; `None` takes what the machine allows.
    pub workers: Option<usize>,
    /// Runs even if the dataset is there already, and compares.
    pub again: bool,
    /// Only names and checks what would run.
    pub dry_run: bool,
    /// Is told how the job goes.
    pub observer: &'a dyn Observer,
}

/// Runs a job.
///
/// # Errors
/// [`JobError`]; its kind says who can do something about it.
pub fn run(job: &Job, options: &Options<'_>) -> Result<Summary, JobError> {
    let _ = (job, options);
    Err(JobError::bug("not built yet"))
}

/// Runs a sample of the input through the menu; stores nothing.
///
/// # Errors
/// As [`run`].
pub fn preview(job: &Job, plugins: &Catalogue, rows: u64) -> Result<Preview, JobError> {
    let _ = (job, plugins, rows);
    Err(JobError::bug("not built yet"))
}
