//! Where an input may be cut: blocks on record boundaries, found exactly and never guessed.
//!
//! Everything here is pure: bytes or numbers in, values out, no IO. The life-cycle of a delimited input:
//!
//! 1. [`head`] finds where the data records begin (after the byte order mark and the header).
//! 2. The file is cut into grid cells of equal length. [`Scanner::scan`] summarises each cell for *every*
//!    state the cell could start in, so cells are scanned on all cores and in any order.
//! 3. [`Stitcher`] takes the summaries in order, picks the path that is true, and yields [`Block`]s.
//!
//! ```
//! use artemis_host::split::{Dialect, HeadEnd, Scanner, Stitcher, head};
//! let file = b"id,text\n1,\"a\nb\"\n2,c\n";
//! // 1.
//! let dialect = Dialect::csv();
//! let HeadEnd::At(start) = head(&dialect, file, 1, true) else { unreachable!("the whole file is given") };
//! // 2. and 3.
//! let scanner = Scanner::new(dialect);
//! let mut stitcher = Stitcher::new(start);
//! let mut blocks = Vec::new();
//! let grid = 8;
//! let mut at = start;
//! while at < file.len() as u64 {
//!     let end = ((at / grid + 1) * grid).min(file.len() as u64);
//!     let cell = &file[at as usize..end as usize];
//!     blocks.extend(stitcher.push(&scanner.scan(cell)));
//!     at = end;
//! }
//! let end = stitcher.finish();
//! blocks.extend(end.last);
//! assert_eq!(end.records, 2);
//! assert_eq!(blocks.iter().map(|b| b.length).sum::<u64>(), file.len() as u64 - start);
//! ```
//!
//! Inputs of fixed records need no bytes at all: [`Fixed`]. Where records have their length in front, [`Hopper`] goes
//! from one length to the next.

mod dialect;
mod fixed;
mod head;
mod machine;
mod mask;
mod prefixed;
mod scan;
mod stitch;
mod summary;
#[cfg(test)]
mod tests;

pub use dialect::{Dialect, DialectError, Terminator};
pub use fixed::{Fixed, FixedError};
pub use head::{HeadEnd, head, nth_record_end};
pub use machine::{State, oracle};
pub use prefixed::{Hopper, Prefix, PrefixedError, nth_prefixed_end};
pub use scan::Scanner;
pub use stitch::{Block, Stitched, Stitcher};
pub use summary::{Path, Summary};
