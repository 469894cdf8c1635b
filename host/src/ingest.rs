//! From inputs to runs of chunks: reading, exact splitting and hashing on all cores, with bounded memory.

mod cut;
mod engine;
mod footer;
mod lane;
mod sample;

pub use cut::{Cut, Span};
pub use engine::{Engine, Limits, Stage, Task, Tasks};
pub use lane::{Chunk, DatumEnd, Run};
pub use sample::sample_chunks;

/// Why an input cannot be cut or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// The file cannot be read, or changed meanwhile.
    #[error("cannot read input `{name}`: {source}")]
    Read {
        /// Name of the input.
        name: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A record does not fit the memory.
    #[error(
        "input `{name}`: the record at byte {offset} is longer than {limit_bytes} bytes, which is all that \
         `max_memory` leaves for one; raise it, or look for an unclosed quote there"
    )]
    RecordTooLong {
        /// Name of the input.
        name: String,
        /// Where the record starts, in bytes.
        offset: u64,
        /// What there is room for.
        limit_bytes: u64,
    },
    /// The input ends inside quotes.
    #[error("input `{name}`: a quote that opens in the record at byte {offset} is never closed")]
    OpenQuote {
        /// Name of the input.
        name: String,
        /// Where the record starts, in bytes.
        offset: u64,
    },
    /// The input does not consist of whole records.
    #[error("input `{name}`: {reason}")]
    Frame {
        /// Name of the input.
        name: String,
        /// What is wrong, with its place.
        reason: String,
    },
}
