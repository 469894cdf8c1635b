//! The records of a chunk.

use std::ops::Range;

use artemis_record_layout::{LongRecords, Records, ShortRecords};
use memchr::memchr_iter;

/// Where the records of a chunk lie that are rows, and those that cannot be.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// Start of each row within the chunk.
    starts: Vec<u32>,
    /// Length of each row; empty where all are whole.
    lengths: Vec<u32>,
    /// Number of each row's record within the chunk; empty where no record is left out.
    records: Vec<u32>,
    /// Records in all.
    pub total: u32,
    /// Records that are no rows, ascending.
    pub errors: Vec<RecordError>,
    record_bytes: u32,
}

/// A record that cannot be a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    /// Its number within the chunk.
    pub record: u32,
    /// Its bytes within the chunk, without terminator.
    pub bytes: Range<u32>,
    /// What is wrong.
    pub fault: RecordFault,
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFault {
    /// It is shorter than the layout says.
    Short,
    /// It is longer than the layout says.
    Long,
}

impl Rows {
    /// Finds the records of a chunk whose length fits 31 bits.
    pub fn find(records: &Records, chunk: &[u8]) -> Self {
        // The reader of layouts keeps it below 2^24.
        let record_bytes = records.record_bytes() as u32;
        let mut rows = Self { record_bytes, ..Self::default() };
        match *records {
            Records::Fixed { .. } => rows.by_length(chunk),
            Records::Lines { terminator, short, long, .. } => {
                let lines = Lines { short: short == ShortRecords::Pad, long: long == LongRecords::Cut };
                rows.by_terminator(chunk, terminator, lines);
            }
        }
        rows
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// The record of a row.
    pub fn record(&self, row: usize) -> u32 {
        self.records.get(row).copied().unwrap_or(row as u32)
    }

    /// The bytes of a row within the chunk, at most as many as the layout has.
    pub fn bytes(&self, row: usize) -> Range<u32> {
        let start = self.starts[row];
        start..start + self.lengths.get(row).copied().unwrap_or(self.record_bytes)
    }

    /// The bytes of a row's field: fewer than `width` where the record ends before it does.
    #[inline]
    pub fn cell<'a>(&self, chunk: &'a [u8], row: usize, offset: usize, width: usize) -> &'a [u8] {
        let start = self.starts[row] as usize;
        if self.lengths.is_empty() {
            return &chunk[start + offset..start + offset + width];
        }
        let length = self.lengths[row] as usize;
        &chunk[start + offset.min(length)..start + (offset + width).min(length)]
    }

    fn by_length(&mut self, chunk: &[u8]) {
        let length = self.record_bytes.max(1);
        self.total = chunk.len() as u32 / length;
        self.starts.extend((0..self.total).map(|record| record * length));
        let whole = self.total * length;
        if (whole as usize) < chunk.len() {
            // The host cuts whole records; a chunk that is not its own may end anywhere.
            let bytes = whole..chunk.len() as u32;
            self.errors.push(RecordError { record: self.total, bytes, fault: RecordFault::Short });
            self.total += 1;
        }
    }

    fn by_terminator(&mut self, chunk: &[u8], terminator: Option<u8>, lines: Lines) {
        let guess = chunk.len() / (self.record_bytes as usize + 1) + 1;
        self.starts.reserve(guess);
        let mut start = 0;
        for end in memchr_iter(terminator.unwrap_or(b'\n'), chunk) {
            let has_return = terminator.is_none() && end > start && chunk[end - 1] == b'\r';
            self.line(start, end - usize::from(has_return), lines);
            start = end + 1;
        }
        // A last line without terminator; a lone carriage return is a blank one.
        if start < chunk.len() && !(terminator.is_none() && chunk[start..] == *b"\r") {
            self.line(start, chunk.len(), lines);
        }
    }

    /// Takes a line: a row, an error, or nothing where it is blank.
    fn line(&mut self, start: usize, end: usize, lines: Lines) {
        if start == end {
            return;
        }
        let record = self.total;
        self.total += 1;
        let (length, wanted) = ((end - start) as u32, self.record_bytes);
        let fault = match length {
            _ if length < wanted && !lines.short => Some(RecordFault::Short),
            _ if length > wanted && !lines.long => Some(RecordFault::Long),
            _ => None,
        };
        if let Some(fault) = fault {
            if self.errors.is_empty() {
                self.records = (0..self.starts.len() as u32).collect();
            }
            self.errors.push(RecordError { record, bytes: start as u32..end as u32, fault });
            return;
        }
        if length < wanted && self.lengths.is_empty() {
            self.lengths = vec![wanted; self.starts.len()];
        }
        if length < wanted || !self.lengths.is_empty() {
            self.lengths.push(length.min(wanted));
        }
        if !self.errors.is_empty() {
            self.records.push(record);
        }
        self.starts.push(start as u32);
    }
}

/// Which lines of another length are rows.
#[derive(Clone, Copy)]
struct Lines {
    short: bool,
    long: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(terminator: Option<u8>, short: ShortRecords, long: LongRecords) -> Records {
        Records::Lines { record_bytes: 3, terminator, header_rows: 0, footer_rows: 0, short, long }
    }

    fn texts(rows: &Rows, chunk: &str) -> Vec<(u32, String)> {
        let text = |row| {
            let bytes = rows.bytes(row);
            chunk[bytes.start as usize..bytes.end as usize].to_owned()
        };
        (0..rows.len()).map(|row| (rows.record(row), text(row))).collect()
    }

    #[test]
    fn lines_of_another_length_are_rows_only_where_that_is_said() {
        let chunk = "abc\r\n\r\n\nde\nfghi\njkl";
        let strict = Rows::find(&lines(None, ShortRecords::Reject, LongRecords::Reject), chunk.as_bytes());
        assert_eq!(texts(&strict, chunk), [(0, "abc".to_owned()), (3, "jkl".to_owned())]);
        let errors: Vec<_> = strict.errors.iter().map(|e| (e.record, e.bytes.clone(), e.fault)).collect();
        assert_eq!(errors, [(1, 8..10, RecordFault::Short), (2, 11..15, RecordFault::Long)]);
        let lenient = Rows::find(&lines(None, ShortRecords::Pad, LongRecords::Cut), chunk.as_bytes());
        let expected = [(0, "abc"), (1, "de"), (2, "fgh"), (3, "jkl")];
        assert_eq!(texts(&lenient, chunk), expected.map(|(record, text)| (record, text.to_owned())));
        assert_eq!((strict.total, lenient.total), (4, 4));
        assert_eq!(lenient.cell(chunk.as_bytes(), 1, 1, 2), b"e");
        assert_eq!(lenient.cell(chunk.as_bytes(), 1, 2, 1), b"");
    }

    #[test]
    fn carriage_returns_are_data_under_another_terminator() {
        let chunk = "ab\r|\r\n\r|";
        let rows =
            Rows::find(&lines(Some(b'|'), ShortRecords::Reject, LongRecords::Reject), chunk.as_bytes());
        assert_eq!(texts(&rows, chunk), [(0, "ab\r".to_owned()), (1, "\r\n\r".to_owned())]);
    }

    proptest! {
        #[test]
        fn every_record_is_a_row_or_an_error(text in "[ab\r\n]{0,40}", pad: bool, cut: bool) {
            let short = if pad { ShortRecords::Pad } else { ShortRecords::Reject };
            let long = if cut { LongRecords::Cut } else { LongRecords::Reject };
            let rows = Rows::find(&lines(None, short, long), text.as_bytes());
            let mut records: Vec<u32> = (0..rows.len()).map(|row| rows.record(row)).collect();
            records.extend(rows.errors.iter().map(|error| error.record));
            records.sort_unstable();
            prop_assert_eq!(records, (0..rows.total).collect::<Vec<_>>());
            let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
            prop_assert_eq!(rows.total as usize, lines.filter(|line| !line.is_empty()).count());
            for row in 0..rows.len() {
                for (offset, width) in [(0, 3), (1, 1), (2, 1)] {
                    let cell = rows.cell(text.as_bytes(), row, offset, width);
                    prop_assert!(cell.len() <= width && (pad || cell.len() == width));
                }
            }
        }
    }
}
