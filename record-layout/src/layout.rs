//! A layout: how records are told apart, and what fields they have.

use std::fmt;

use crate::{Encoding, Field};

/// A record is no longer than this, in bytes.
pub const MAX_RECORD_BYTES: u64 = 16 << 20;
/// A record has no more fields than this.
pub const MAX_FIELDS: usize = 100_000;

/// What stands where in the records of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How records are told apart.
    pub records: Records,
    /// The encoding of what has no other.
    pub encoding: Encoding,
    /// The fields in the order of the columns; never empty.
    pub fields: Vec<Field>,
    /// The last header row holds names for the fields that have none.
    pub header_names: bool,
}

/// How records are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Records {
    /// By length.
    Fixed {
        /// Length of a record in bytes.
        record_bytes: u64,
        /// Bytes before the first record, header rows among them.
        header_bytes: u64,
        /// Bytes after the last record, footer rows among them.
        footer_bytes: u64,
        /// How many of the header bytes are rows of a record's length.
        header_rows: u32,
    },
    /// By a byte behind each.
    Lines {
        /// Length of a record in bytes, without its terminator.
        record_bytes: u64,
        /// The byte; `None`: LF or CRLF.
        terminator: Option<u8>,
        /// Lines before the data.
        header_rows: u32,
        /// Lines after the data.
        footer_rows: u32,
        /// What becomes of lines that are shorter.
        short: ShortRecords,
        /// What becomes of lines that are longer.
        long: LongRecords,
    },
}

/// What becomes of a line that is shorter than the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortRecords {
    /// It is no record.
    Reject,
    /// It is read as if blanks followed; a field that is not of characters must be whole.
    Pad,
}

/// What becomes of a line that is longer than the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LongRecords {
    /// It is no record.
    Reject,
    /// What is too much is left out.
    Cut,
}

/// All that is wrong with a layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.join("; "))]
pub struct LayoutError {
    /// In words, each with its place.
    pub problems: Vec<String>,
}

impl Records {
    /// Length of a record in bytes, without its terminator.
    pub fn record_bytes(&self) -> u64 {
        match self {
            Self::Fixed { record_bytes, .. } | Self::Lines { record_bytes, .. } => *record_bytes,
        }
    }
}

impl fmt::Display for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed { record_bytes, header_bytes, footer_bytes, .. } => {
                write!(f, "records of {record_bytes} bytes")?;
                if *header_bytes > 0 {
                    write!(f, ", {header_bytes} bytes before them")?;
                }
                if *footer_bytes > 0 {
                    write!(f, ", {footer_bytes} bytes after them")?;
                }
                Ok(())
            }
            Self::Lines { record_bytes, terminator, header_rows, footer_rows, .. } => {
                write!(f, "lines of {record_bytes} bytes")?;
                if let Some(byte) = terminator {
                    write!(f, ", each ended by {byte:#04x}")?;
                }
                if *header_rows > 0 {
                    write!(f, ", {header_rows} before them")?;
                }
                if *footer_rows > 0 {
                    write!(f, ", {footer_rows} after them")?;
                }
                Ok(())
            }
        }
    }
}
