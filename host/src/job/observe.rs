//! How a job tells where it is.

use std::fmt;

/// The state of a job, as in the metadata model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JobState {
    /// Nothing has happened.
    #[default]
    Starting,
    /// Components are made from their properties.
    Configure,
    /// Schemas are fixed.
    Initialize,
    /// Histograms are booked.
    Book,
    /// Chunks are looked at.
    Sample,
    /// Histograms get bins from the sample.
    Rebook,
    /// Chunks run through the menu.
    Execute,
    /// Algorithms end their work, the dataset is committed.
    Finalize,
    /// The dataset is there.
    Success,
    /// The job could not start.
    Failure,
    /// The job started and stopped.
    Abort,
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            JobState::Starting => "starting",
            JobState::Configure => "configure",
            JobState::Initialize => "initialize",
            JobState::Book => "book",
            JobState::Sample => "sample",
            JobState::Rebook => "rebook",
            JobState::Execute => "execute",
            JobState::Finalize => "finalize",
            JobState::Success => "success",
            JobState::Failure => "failure",
            JobState::Abort => "abort",
        })
    }
}

impl From<JobState> for artemis_proto::artemis::JobState {
    fn from(state: JobState) -> Self {
        match state {
            JobState::Starting => Self::JobStarting,
            JobState::Configure => Self::JobConfigure,
            JobState::Initialize => Self::JobInitialize,
            JobState::Book => Self::JobBook,
            JobState::Sample => Self::JobSample,
            JobState::Rebook => Self::JobRebook,
            JobState::Execute => Self::JobExecute,
            JobState::Finalize => Self::JobFinalize,
            JobState::Success => Self::JobSuccess,
            JobState::Failure => Self::JobFailure,
            JobState::Abort => Self::JobAbort,
        }
    }
}

/// Is told how a job goes; may be called from any thread.
pub trait Observer: Sync {
    /// The job entered a state.
    fn state(&self, state: JobState) {
        let _ = state;
    }

    /// There is so much to read; called again when the job starts over.
    fn total(&self, bytes: u64) {
        let _ = bytes;
    }

    /// So many more bytes were read.
    fn read(&self, bytes: u64) {
        let _ = bytes;
    }

    /// Something that a person should know while the job goes on.
    fn note(&self, text: &str) {
        let _ = text;
    }

    /// The job should stop.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// An observer that does nothing.
pub struct Quiet;

impl Observer for Quiet {}
