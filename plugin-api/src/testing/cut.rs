//! Cuts an input into chunks of whole records by a reader's framing, one byte at a time.

use crate::{Delimited, Error, Framing, Result};
use std::ops::Range;

/// An input cut into its head and chunks of records.
pub(super) struct Cut {
    /// Header records or bytes.
    pub head: Range<usize>,
    /// Range and first record of each chunk.
    pub chunks: Vec<(Range<usize>, u64)>,
}

/// Cuts into chunks of a number of records each; the last may have fewer.
pub(super) fn cut(framing: &Framing, input: &[u8], records: usize) -> Result<Cut> {
    let (head_end, mut ends, footers) = if let Framing::Delimited(dialect) = framing {
        let mut ends = record_ends(dialect, input);
        let headers = (dialect.header_records as usize).min(ends.len());
        let head_end = headers.checked_sub(1).map_or(0, |last| ends[last]);
        (head_end, ends.split_off(headers), dialect.footer_records as usize)
    } else if let Framing::Fixed { record_bytes, header_bytes, footer_bytes } = framing {
        let (size, head, foot) = (*record_bytes as usize, *header_bytes as usize, *footer_bytes as usize);
        let data = input.len().checked_sub(head + foot);
        let data = data.filter(|data| size > 0 && data.is_multiple_of(size)).ok_or_else(|| {
            Error::bad_data(format!("{} bytes are not whole records of {size} bytes", input.len()))
        })?;
        (head, (1..=data / size).map(|n| head + n * size).collect(), 0)
    } else {
        return Err(Error::unsupported("the test host does not cut this framing: use `run_reader`"));
    };
    ends.truncate(ends.len().saturating_sub(footers));
    let mut chunks = Vec::new();
    let mut start = head_end;
    for (index, group) in ends.chunks(records.max(1)).enumerate() {
        let end = group.last().copied().unwrap_or(start);
        chunks.push((start..end, (index * records.max(1)) as u64));
        start = end;
    }
    Ok(Cut { head: 0..head_end, chunks })
}

/// Where each record ends, its terminator included. Blank lines and comments belong to the record behind them, or to
/// the last one.
fn record_ends(dialect: &Delimited, input: &[u8]) -> Vec<usize> {
    let terminator = dialect.terminator.unwrap_or(b'\n');
    let mut ends = Vec::new();
    let (mut at, mut line) = (0, 0);
    let (mut field_start, mut in_quotes, mut in_comment) = (true, false, false);
    while at < input.len() {
        let byte = input[at];
        let is = |role: Option<u8>| role == Some(byte);
        if in_comment {
            in_comment = byte != terminator;
            if !in_comment {
                line = at + 1;
            }
        } else if at == line && is(dialect.comment) {
            in_comment = true;
        } else if is(dialect.escape) && (in_quotes || !(field_start && is(dialect.quote))) {
            at += 1;
            field_start = false;
        } else if in_quotes {
            if is(dialect.quote) {
                match input.get(at + 1) {
                    Some(next) if Some(*next) == dialect.quote => at += 1,
                    _ => in_quotes = false,
                }
            }
        } else if field_start && is(dialect.quote) {
            (in_quotes, field_start) = (true, false);
        } else if byte == terminator {
            let text = &input[line..at];
            let is_blank = text.is_empty() || (dialect.terminator.is_none() && text == b"\r");
            if !is_blank {
                ends.push(at + 1);
            }
            (line, field_start) = (at + 1, true);
        } else {
            field_start = byte == dialect.delimiter;
        }
        at += 1;
    }
    if line < input.len() && !in_comment {
        ends.push(input.len());
    } else if let Some(last) = ends.last_mut() {
        *last = input.len();
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(dialect: Delimited, text: &str, records: usize) -> (String, Vec<String>) {
        let cut = cut(&Framing::Delimited(dialect), text.as_bytes(), records).unwrap();
        let piece = |range: Range<usize>| text[range].to_owned();
        (piece(cut.head), cut.chunks.into_iter().map(|(range, _)| piece(range)).collect())
    }

    #[test]
    fn quotes_comments_and_blank_lines_are_not_record_ends() {
        let dialect = Delimited { comment: Some(b'#'), ..Delimited::default() };
        let (head, chunks) = pieces(dialect, "a,b\n# \"\n\n1,\"x\n\"\"y\"\n2,z", 1);
        assert_eq!(head, "a,b\n");
        assert_eq!(chunks, ["# \"\n\n1,\"x\n\"\"y\"\n", "2,z"]);
        let escaped = Delimited { escape: Some(b'\\'), header_records: 0, ..Delimited::default() };
        assert_eq!(pieces(escaped, "a\\\nb\nc\n", 1).1, ["a\\\nb\n", "c\n"]);
    }

    #[test]
    fn chunks_know_their_first_record_and_footers_are_left_out() {
        let dialect = Delimited { header_records: 0, footer_records: 1, ..Delimited::default() };
        let cut = cut(&Framing::Delimited(dialect), b"1\n2\n3\nsum\n", 2).unwrap();
        assert_eq!(cut.chunks, [(0..4, 0), (4..6, 2)]);
    }

    #[test]
    fn fixed_records_are_counted() {
        let framing = Framing::Fixed { record_bytes: 2, header_bytes: 1, footer_bytes: 0 };
        let found = cut(&framing, b"haabbcc", 2).unwrap();
        assert_eq!((found.head, found.chunks), (0..1, vec![(1..5, 0), (5..7, 2)]));
        assert!(cut(&framing, b"haab", 2).is_err());
    }
}
