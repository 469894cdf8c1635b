//! Exact byte ranges of a CSV file: each one begins at a record, however many quotes and newlines there are.
//!
//! Sound for RFC 4180 text without stray quotes, which the generated tables are: an odd number of quotes before
//! a byte means that it lies inside a quoted field. The host's own splitter makes no such assumption.

use std::{fs::File, io, ops::Range, os::unix::fs::FileExt, thread};

const BUFFER_BYTES: usize = 256 << 10;

/// Cuts the file into at most `count` ranges of about equal size, none empty, each one of whole records.
///
/// The quotes are counted on `count` threads first. The header line belongs to the first range.
///
/// # Errors
/// Whatever reading the file reports.
pub fn exact_ranges(file: &File, count: usize) -> io::Result<Vec<Range<u64>>> {
    let bytes = file.metadata()?.len();
    let share = bytes.div_ceil(count.max(1) as u64).max(1);
    let nominal: Vec<Range<u64>> =
        (0..count as u64).map(|i| (i * share).min(bytes)..((i + 1) * share).min(bytes)).collect();
    let quotes: Vec<u64> = thread::scope(|scope| {
        let counters: Vec<_> =
            nominal.iter().map(|range| scope.spawn(|| count_quotes(file, range.clone()))).collect();
        counters.into_iter().map(join).collect::<io::Result<_>>()
    })?;

    let mut cuts = vec![0];
    let mut before = 0;
    for (range, quotes) in nominal.iter().zip(quotes) {
        if range.start > 0 {
            cuts.push(next_record(file, range.start, bytes, before % 2 == 1)?);
        }
        before += quotes;
    }
    cuts.push(bytes);
    Ok(cuts.windows(2).map(|cut| cut[0]..cut[1]).filter(|range| !range.is_empty()).collect())
}

fn join<T>(thread: thread::ScopedJoinHandle<'_, io::Result<T>>) -> io::Result<T> {
    thread.join().unwrap_or_else(|_| Err(io::Error::other("a counting thread panicked")))
}

fn count_quotes(file: &File, range: Range<u64>) -> io::Result<u64> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let (mut at, mut quotes) = (range.start, 0);
    while at < range.end {
        let wanted = (range.end - at).min(BUFFER_BYTES as u64) as usize;
        file.read_exact_at(&mut buffer[..wanted], at)?;
        quotes += memchr::memchr_iter(b'"', &buffer[..wanted]).count() as u64;
        at += wanted as u64;
    }
    Ok(quotes)
}

/// The first byte after the first newline outside quotes at or after the byte before `at`.
fn next_record(file: &File, at: u64, bytes: u64, inside: bool) -> io::Result<u64> {
    // The byte before decides whether `at` itself begins a record.
    let mut last = [0];
    file.read_exact_at(&mut last, at - 1)?;
    if last[0] == b'\n' && !inside {
        return Ok(at);
    }
    let mut buffer = vec![0; BUFFER_BYTES];
    let (mut at, mut inside) = (at, inside);
    while at < bytes {
        let wanted = (bytes - at).min(BUFFER_BYTES as u64) as usize;
        file.read_exact_at(&mut buffer[..wanted], at)?;
        for (offset, byte) in buffer[..wanted].iter().enumerate() {
            match byte {
                b'"' => inside = !inside,
                b'\n' if !inside => return Ok(at + offset as u64 + 1),
                _ => {}
            }
        }
        at += wanted as u64;
    }
    Ok(bytes)
}

/// A range of a file as a byte stream that shares the file with other threads.
#[derive(Debug)]
pub struct RangeReader<'a> {
    file: &'a File,
    rest: Range<u64>,
}

impl<'a> RangeReader<'a> {
    /// Reads the bytes of `range`, and then ends.
    pub fn new(file: &'a File, range: Range<u64>) -> Self {
        Self { file, rest: range }
    }
}

impl io::Read for RangeReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = (self.rest.end - self.rest.start).min(buffer.len() as u64) as usize;
        let read = self.file.read_at(&mut buffer[..wanted], self.rest.start)?;
        self.rest.start += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::{RangeReader, exact_ranges};
    use std::{fs::File, io::Read, io::Write};

    const TEXT: &str = "a,b\n1,\"x\ny\"\n2,\"\"\"\n,\"\"\"\n3,\n\n4,\"\n\"";
    const RECORDS: [&str; 6] = ["a,b\n", "1,\"x\ny\"\n", "2,\"\"\"\n,\"\"\"\n", "3,\n", "\n", "4,\"\n\""];

    #[test]
    fn ranges_hold_whole_records_for_every_count() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(TEXT.as_bytes()).unwrap();
        let borders: Vec<u64> = RECORDS
            .iter()
            .scan(0, |at, record| {
                *at += record.len() as u64;
                Some(*at)
            })
            .collect();
        for count in 1..=TEXT.len() + 3 {
            let ranges = exact_ranges(&file, count).unwrap();
            assert_eq!(joined(&file, &ranges), TEXT, "{count}");
            assert!(ranges.len() <= count);
            assert!(ranges.iter().all(|range| borders.contains(&range.end)), "{count}: {ranges:?}");
        }
    }

    #[test]
    fn an_empty_file_has_no_ranges() {
        assert!(exact_ranges(&tempfile::tempfile().unwrap(), 4).unwrap().is_empty());
    }

    fn joined(file: &File, ranges: &[std::ops::Range<u64>]) -> String {
        let mut text = String::new();
        for range in ranges {
            RangeReader::new(file, range.clone()).read_to_string(&mut text).unwrap();
        }
        text
    }
}
