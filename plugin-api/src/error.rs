//! The error of every SDK call: a status, a text, and the place in the data.

use crate::abi;

/// Result of the SDK.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong and, where it is about data, exactly where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Error {
    status: i32,
    text: String,
    record: Option<u64>,
    offset: Option<u64>,
    column: Option<String>,
}

impl Error {
    /// An error of the component.
    pub fn new(text: impl Into<String>) -> Self {
        Self::with_status(abi::ARTEMIS_ERROR, text)
    }

    /// Data that cannot be read as what it should be.
    pub fn bad_data(text: impl Into<String>) -> Self {
        Self::with_status(abi::ARTEMIS_BAD_DATA, text)
    }

    /// A property or argument that is not acceptable.
    pub fn invalid(text: impl Into<String>) -> Self {
        Self::with_status(abi::ARTEMIS_INVALID, text)
    }

    /// Something that the component does not do.
    pub fn unsupported(text: impl Into<String>) -> Self {
        Self::with_status(abi::ARTEMIS_UNSUPPORTED, text)
    }

    /// The call ended because the host asked for it ([`crate::Action::Stop`] or
    /// [`crate::Context::cancelled`]).
    pub fn stopped() -> Self {
        Self::with_status(abi::ARTEMIS_STOPPED, "stopped as the host asked")
    }

    /// An error with one of the statuses of the ABI.
    pub fn with_status(status: i32, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), record: None, offset: None, column: None }
    }

    /// Adds the record number within the datum, from 0.
    pub fn at_record(mut self, record: u64) -> Self {
        self.record = Some(record);
        self
    }

    /// Adds the byte offset within the datum.
    pub fn at_offset(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// Adds the column.
    pub fn in_column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    /// One of the statuses of the ABI.
    pub fn status(&self) -> i32 {
        self.status
    }

    /// What happened.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Record number within the datum, from 0.
    pub fn record(&self) -> Option<u64> {
        self.record
    }

    /// Byte offset within the datum.
    pub fn offset(&self) -> Option<u64> {
        self.offset
    }

    /// Name of the column.
    pub fn column(&self) -> Option<&str> {
        self.column.as_deref()
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::new(format!("arrow: {error}"))
    }
}
