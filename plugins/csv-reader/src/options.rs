//! How a text is written and what its values mean.

use std::collections::BTreeMap;

use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use thiserror::Error;

use crate::dialect::Dialect;

/// How a text is written and what its values mean.
#[derive(Debug, Clone)]
pub struct Options {
    /// The structuring bytes.
    pub dialect: Dialect,
    /// Records at the start that hold column names; 0: there are none.
    pub header_rows: usize,
    /// Records at the end that are no data. The host leaves them out; parser and inference never see them.
    pub footer_rows: usize,
    /// Column names that replace those of the header, in the order of the columns. Empty: none given.
    pub names: Vec<String>,
    /// Texts that stand for a missing value where they are not quoted.
    pub nulls: Nulls,
    /// Whether they stand for a missing value in columns of text too.
    pub strings_can_be_null: bool,
    /// Texts that mean true, compared byte by byte. Empty: `true` in any case.
    pub true_values: Vec<String>,
    /// Texts that mean false, compared byte by byte. Empty: `false` in any case.
    pub false_values: Vec<String>,
    /// Types of columns by name; they win over inference.
    pub types: BTreeMap<String, DataType>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dialect: Dialect::default(),
            header_rows: 1,
            footer_rows: 0,
            names: Vec::new(),
            nulls: Nulls::new([""]),
            strings_can_be_null: true,
            true_values: Vec::new(),
            false_values: Vec::new(),
            types: BTreeMap::new(),
        }
    }
}

impl Options {
    /// The truth value that `text` stands for.
    pub(crate) fn truth(&self, text: &[u8]) -> Option<bool> {
        let is = |values: &[String], default: &[u8]| match values {
            [] => text.eq_ignore_ascii_case(default),
            values => values.iter().any(|value| value.as_bytes() == text),
        };
        if is(&self.true_values, b"true") {
            Some(true)
        } else if is(&self.false_values, b"false") {
            Some(false)
        } else {
            None
        }
    }
}

/// Texts that stand for a missing value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nulls {
    texts: Vec<Vec<u8>>,
    /// Bit *n* is set if one of the texts has *n* bytes; bit 63 stands for all longer ones too.
    lengths: u64,
    /// The same, of the texts that could be read as a number.
    numeric_lengths: u64,
}

impl Nulls {
    /// A set of texts; the empty one is not implied.
    pub fn new<T: Into<Vec<u8>>>(texts: impl IntoIterator<Item = T>) -> Self {
        let mut nulls = Self::default();
        for text in texts {
            let text = text.into();
            let bit = 1 << text.len().min(63);
            nulls.lengths |= bit;
            if matches!(text.first(), Some(b'0'..=b'9' | b'-' | b'+' | b'.')) {
                nulls.numeric_lengths |= bit;
            }
            nulls.texts.push(text);
        }
        nulls
    }

    /// Whether an unquoted cell of this text is missing.
    #[inline]
    pub(crate) fn contain(&self, text: &[u8]) -> bool {
        if (self.lengths >> text.len().min(63)) & 1 == 0 {
            return false;
        }
        // By first bytes, as most texts differ there, and a call to compare costs more than the rest.
        text.is_empty() || self.texts.iter().any(|null| null.first() == text.first() && null == text)
    }

    /// Whether a number of this many bytes could be one of the texts.
    #[inline]
    pub(crate) fn may_be_number(&self, length: usize) -> bool {
        (self.numeric_lengths >> length.min(63)) & 1 == 1
    }
}

/// What the core refuses. Cells and records that do not fit are no errors but part of the result.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CsvError {
    /// Offsets within a chunk have 32 bits.
    #[error("a chunk of {bytes} bytes; at most 2147483647 fit")]
    ChunkTooLong {
        /// Length of the chunk.
        bytes: usize,
    },
    /// A column has a type that this reader cannot make.
    #[error("column {column:?}: text cannot be read as {data_type}")]
    Type {
        /// Name of the column.
        column: String,
        /// The type asked for.
        data_type: DataType,
    },
    /// A plan that does not fit its schema or its input.
    #[error("{0}")]
    Plan(String),
    /// Arrow refused the columns.
    #[error("the batch cannot be built")]
    Arrow(#[from] ArrowError),
}

/// Checks that offsets within `chunk` fit 32 bits.
pub(crate) fn check_length(chunk: &[u8]) -> Result<(), CsvError> {
    match i32::try_from(chunk.len()) {
        // One slot past the end is an offset too.
        Ok(length) if length < i32::MAX => Ok(()),
        _ => Err(CsvError::ChunkTooLong { bytes: chunk.len() }),
    }
}
