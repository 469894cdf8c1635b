//! The start of a delimited input, and cuts after a number of records.

use super::dialect::Dialect;
use super::machine::{LineEnd, State, step};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Where the data records begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadEnd {
    /// At this offset in bytes from the start of the input.
    At(u64),
    /// Further on than the bytes that were given.
    NeedMore,
}

/// Finds where the data records begin: after the byte order mark of UTF-8, if there is one, and after
/// `header_records` records with the blank and comment lines before and between them.
///
/// `bytes` starts at the start of the input; `is_whole` says that it is all of it, so that a header
/// without terminator ends at its end.
pub fn head(dialect: &Dialect, bytes: &[u8], header_records: u64, is_whole: bool) -> HeadEnd {
    if !is_whole && bytes.len() < BYTE_ORDER_MARK.len() && BYTE_ORDER_MARK.starts_with(bytes) {
        return HeadEnd::NeedMore;
    }
    let body = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mark = (bytes.len() - body.len()) as u64;
    match nth_record_end(dialect, body, State::RecordStart, header_records) {
        Some(end) => HeadEnd::At(mark + end),
        None if is_whole => HeadEnd::At(bytes.len() as u64),
        None => HeadEnd::NeedMore,
    }
}

/// The offset just after the `n`-th record that ends in `piece`, which starts in state `start`.
///
/// Zero records end at offset 0. `None` if fewer than `n` records end within the piece; a last record
/// without terminator has no end.
pub fn nth_record_end(dialect: &Dialect, piece: &[u8], start: State, n: u64) -> Option<u64> {
    let mut left = n;
    let mut state = start;
    if left == 0 {
        return Some(0);
    }
    for (at, &byte) in piece.iter().enumerate() {
        if byte == dialect.terminator_byte() && state.line_end() == LineEnd::Record {
            left -= 1;
            if left == 0 {
                return Some(at as u64 + 1);
            }
        }
        state = step(dialect, state, byte);
    }
    None
}
