//! How a delimited text is written, guessed from its first bytes.
//!
//! Pure: bytes in, a [`Guess`] out, with what speaks for it. [`job_file`] makes a job file of it.
//!
//! ```
//! use artemis_host::guess::guess;
//! let guess = guess(b"name;size\nant;0.4\nbee;NA\n", true)?;
//! assert_eq!((guess.delimiter, guess.header), (b';', true));
//! assert_eq!(guess.columns[1].name, "size");
//! assert_eq!(guess.null_values, ["", "NA"]);
//! # Ok::<(), artemis_host::guess::GuessError>(())
//! ```

mod cells;
mod dialect;
mod encoding;
mod header;
mod job_file;
#[cfg(test)]
mod tests;

use std::fmt;

pub use cells::{CellKind, GuessedColumn};
pub use job_file::{Guessed, job_file};

/// More than this many bytes of an input need not be given.
pub const SAMPLE_BYTES: usize = 256 << 10;

/// How a delimited text seems to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// The byte between fields.
    pub delimiter: u8,
    /// The byte around fields that hold delimiters or line ends; `None`: quotes mean nothing.
    pub quote: Option<u8>,
    /// The byte that begins comment lines.
    pub comment: Option<u8>,
    /// The byte that ends lines, where it is not a line feed.
    pub terminator: Option<u8>,
    /// The first record holds the names of the columns.
    pub header: bool,
    /// The columns, in order.
    pub columns: Vec<GuessedColumn>,
    /// The texts that stand for a missing value; the empty one always does.
    pub null_values: Vec<String>,
    /// Records that were looked at, the header included.
    pub records: usize,
    /// Bytes that were looked at.
    pub bytes: usize,
    /// What was found, how sure, and why.
    pub findings: Vec<Finding>,
    /// What else to know, most of all what may go wrong.
    pub notes: Vec<String>,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about: `delimiter`, `quote`, `header`, `null values`.
    pub about: &'static str,
    /// What was found.
    pub value: String,
    /// How sure that is.
    pub sureness: Sureness,
    /// What speaks for it.
    pub evidence: String,
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sureness {
    /// Nothing speaks for it but habit.
    Unsure,
    /// More speaks for it than against it.
    Likely,
    /// Everything that was looked at agrees.
    Sure,
}

impl fmt::Display for Sureness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Sureness::Unsure => "unsure",
            Sureness::Likely => "likely",
            Sureness::Sure => "sure",
        })
    }
}

/// Why there is no guess.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GuessError {
    /// There is nothing to look at.
    #[error("it holds no record")]
    Empty,
    /// It is something else than delimited text.
    #[error("it is {what}, not delimited text")]
    NotText {
        /// What it seems to be.
        what: &'static str,
        /// What to do.
        help: &'static str,
    },
    /// The inputs of one job are not written alike.
    #[error("{first} and {other} are not written alike: {what}")]
    Disagree {
        /// An input.
        first: String,
        /// One that differs from it.
        other: String,
        /// In what.
        what: String,
    },
}

/// Guesses how a text is written from its first bytes. `whole` says that there are no more of them.
///
/// # Errors
/// [`GuessError::Empty`] or [`GuessError::NotText`].
pub fn guess(sample: &[u8], whole: bool) -> Result<Guess, GuessError> {
    let mut notes = Vec::new();
    let text = encoding::text(sample, whole, &mut notes)?;
    let found = dialect::find(text, whole).ok_or(GuessError::Empty)?;
    let mut findings = found.findings;
    let header = header::find(&found.records, found.width);
    findings.push(header.finding);
    let rows = &found.records[usize::from(header.present).min(found.records.len())..];
    let names = header.present.then(|| &found.records[0]);
    let columns = cells::columns(rows, names, found.width);
    let null_values = cells::null_values(&columns, &mut findings, &mut notes);
    cells::warn(&columns, rows, &mut notes);
    let odd = found.records.iter().filter(|record| record.len() != found.width).count();
    if odd > 0 {
        notes.push(format!(
            "{odd} of {} records have another number of fields than {}",
            found.records.len(),
            found.width
        ));
    }
    Ok(Guess {
        delimiter: found.delimiter,
        quote: found.quote,
        comment: found.comment,
        terminator: found.terminator,
        header: header.present,
        columns: columns.into_iter().map(|column| column.public).collect(),
        null_values,
        records: found.records.len(),
        bytes: sample.len(),
        findings,
        notes,
    })
}

/// `1 column`, `2 columns`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
