//! Conditions over the rows of a batch, with the three-valued logic of SQL.
//!
//! ```text
//! arr_delay > 30 and (carrier in ('UA', 'AA') or tailnum is null)
//! ```
//!
//! - Comparisons `= == != <> < <= > >=` of a column with a literal or another column; `is null`, `is not null`;
//!   `in (…)`, `not in (…)`; `and`, `or`, `not`, parentheses; a bool column alone. Keywords have no case.
//! - Literals: numbers, `'text'` (a quote inside is doubled), `true`, `false`, `date '2013-01-31'`,
//!   `timestamp '2013-01-31 05:00:00'` with an optional fraction and an optional offset (`Z`, `+02:00`). Without
//!   an offset it is read in the zone of the column.
//! - Columns by name; other names than letters, digits and underscores, and those of keywords, in double quotes.
//! - A comparison with a null is neither true nor false, and such a row is not kept.
//! - Integers, decimals, dates and timestamps are compared exactly with every literal. Against a float column, other
//!   numbers are compared as float64. NaN equals NaN and is above all numbers; −0 equals 0.

mod bind;
mod evaluate;
mod lexer;
mod literal;
mod parser;
#[cfg(test)]
mod tests;

use arrow::array::BooleanArray;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use artemis_plugin_api::{Error, Result};

/// A condition checked against a schema.
#[derive(Debug)]
pub struct Condition {
    predicate: bind::Predicate,
}

impl Condition {
    /// Parses a condition and checks its columns and types.
    ///
    /// # Errors
    /// With the place of what is wrong, as a character counted from 1.
    pub fn new(text: &str, schema: &SchemaRef) -> Result<Self> {
        let failed = |problem: Problem| {
            let character = text.get(..problem.at).map_or(0, |before| before.chars().count()) + 1;
            Error::invalid(format!("condition, character {character}: {}", problem.text))
        };
        let expression = parser::parse(text).map_err(failed)?;
        let predicate = bind::bind(&expression, schema).map_err(failed)?;
        Ok(Self { predicate })
    }

    /// Whether the condition holds, for each row; null: neither.
    ///
    /// # Errors
    /// When a value does not fit the type in which two columns are compared.
    pub fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        self.predicate.evaluate(batch)
    }
}

/// What is wrong with a condition, and where.
#[derive(Debug)]
struct Problem {
    /// Offset in the text, in bytes.
    at: usize,
    text: String,
}

impl Problem {
    fn new(at: usize, text: impl Into<String>) -> Self {
        Self { at, text: text.into() }
    }
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Op {
    /// The operator with its sides exchanged.
    fn flipped(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            same => same,
        }
    }
}
