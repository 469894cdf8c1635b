//! Why a job does not succeed, by who can do something about it.

use crate::catalog::CatalogError;
use crate::ingest::IngestError;
use crate::plugin::{Failure, LoadError};
use crate::steering::Mismatch;
use std::fmt;

/// Who can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The user: job file or options.
    Usage,
    /// The provider of the input.
    Input,
    /// The vendor of the plugin.
    Plugin,
    /// The operator: store, disk; worth a retry.
    Store,
    /// Nobody: the user stopped the job.
    Interrupted,
    /// Us.
    Bug,
}

/// Why a job does not succeed.
#[derive(Debug)]
pub struct JobError {
    kind: ErrorKind,
    text: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
    mismatch: Option<Box<Mismatch>>,
}

impl JobError {
    /// An error with its text.
    pub fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), source: None, mismatch: None }
    }

    /// An error of ours.
    pub fn bug(text: impl Into<String>) -> Self {
        Self::new(ErrorKind::Bug, text)
    }

    /// A cell or record stopped the job.
    pub(super) fn mismatch(mismatch: Mismatch) -> Self {
        let text = format!("{mismatch}; write on_mismatch to say what to do with such values");
        Self { kind: ErrorKind::Input, text, source: None, mismatch: Some(Box::new(mismatch)) }
    }

    /// The cell or record that stopped the job.
    pub(super) fn as_mismatch(&self) -> Option<&Mismatch> {
        self.mismatch.as_deref()
    }

    /// Who can do something about it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    fn with_source(
        kind: ErrorKind,
        text: String,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self { kind, text, source: Some(Box::new(source)), mismatch: None }
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for JobError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

impl From<Box<Failure>> for JobError {
    fn from(failure: Box<Failure>) -> Self {
        use artemis_plugin_api::abi::{ARTEMIS_BAD_DATA, ARTEMIS_INVALID};
        let kind = match failure.error.status() {
            ARTEMIS_BAD_DATA => ErrorKind::Input,
            // A refused property or column is the job file's.
            ARTEMIS_INVALID if matches!(failure.verb, "configure" | "initialize") => ErrorKind::Usage,
            _ => ErrorKind::Plugin,
        };
        Self::with_source(kind, failure.to_string(), *failure)
    }
}

impl From<LoadError> for JobError {
    fn from(error: LoadError) -> Self {
        Self::with_source(ErrorKind::Plugin, error.to_string(), error)
    }
}

impl From<IngestError> for JobError {
    fn from(error: IngestError) -> Self {
        let kind = match &error {
            // How long a record may be follows from the memory: more of it, and the input is a good one.
            IngestError::RecordTooLong { .. } => ErrorKind::Usage,
            IngestError::Read { source, .. } => kind_of_io(source),
            _ => ErrorKind::Input,
        };
        Self::with_source(kind, error.to_string(), error)
    }
}

/// Whether a file cannot be read because of what it is, or because of a passing trouble of the machine.
pub(super) fn kind_of_io(error: &std::io::Error) -> ErrorKind {
    use std::io::ErrorKind as Io;
    match error.kind() {
        Io::NotFound | Io::PermissionDenied | Io::InvalidInput | Io::IsADirectory | Io::UnexpectedEof => {
            ErrorKind::Input
        }
        _ => ErrorKind::Store,
    }
}

impl From<CatalogError> for JobError {
    fn from(error: CatalogError) -> Self {
        Self::with_source(ErrorKind::Store, error.to_string(), error)
    }
}
