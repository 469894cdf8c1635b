//! Records with their length in front: blocks by hopping from one length to the next.
//!
//! The formats are those of variable-length data sets on z/OS (IBM, *DFSMS Using Data Sets*, "Variable-Length
//! Record Formats"). A record descriptor word (RDW) has four bytes: the length of the record, itself included, as 16
//! bits big endian, then two bytes that are zero in records that are not spanned. A block descriptor word (BDW) stands
//! before a group of such records and has the length of the group, itself included: 15 bits, or 31 where the
//! first bit is set.

use thiserror::Error;

use super::stitch::Block;

/// Length of either descriptor word, in bytes.
const WORD_BYTES: usize = 4;

/// What stands before the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    /// Each record has an RDW.
    Record,
    /// Each record has an RDW, each group of records a BDW. Cuts fall between groups.
    Group,
}

/// Why bytes are not records with their length in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PrefixedError {
    /// A length that is shorter than the word that holds it.
    #[error("the {word} at byte {offset} says {length} bytes, and has 4 itself")]
    TooShort {
        /// RDW or BDW.
        word: &'static str,
        /// Where the word stands.
        offset: u64,
        /// What it says.
        length: u64,
    },
    /// A record that ends behind its group.
    #[error("the RDW at byte {offset} says {length} bytes, its group has {left} left")]
    Overruns {
        /// Where the word stands.
        offset: u64,
        /// What it says.
        length: u64,
        /// What the group has left, in bytes.
        left: u64,
    },
    /// A segment of a spanned record.
    #[error(
        "the record at byte {offset} is a segment of a spanned record (VBS), which this host does not put together"
    )]
    Spanned {
        /// Where its RDW stands.
        offset: u64,
    },
    /// The input ends within a record or group.
    #[error("the record or group at byte {offset} is cut short: {have} of {length} bytes are there")]
    CutShort {
        /// Where it starts.
        offset: u64,
        /// Bytes of it that are there.
        have: u64,
        /// Bytes that it should have.
        length: u64,
    },
}

/// Follows the lengths through an input that comes in cells, and yields blocks as [`Stitcher`](super::Stitcher) does:
/// a block starts at the first record (or group) that starts in its cell.
#[derive(Debug, Clone)]
pub struct Hopper {
    prefix: Prefix,
    /// Offset of the next cell.
    offset: u64,
    /// Where the next word stands.
    next: u64,
    /// The bytes of that word that were seen already.
    word: Vec<u8>,
    /// End of the group that is open; equal to `next` between groups.
    group_end: u64,
    /// Where the last record or group started.
    unit_start: u64,
    records: u64,
    open: Option<(u64, u64)>,
    next_index: u64,
}

impl Hopper {
    /// Starts at the offset in bytes where the first word stands.
    pub fn new(prefix: Prefix, first_offset: u64) -> Self {
        Self {
            prefix,
            offset: first_offset,
            next: first_offset,
            word: Vec::with_capacity(WORD_BYTES),
            group_end: first_offset,
            unit_start: first_offset,
            records: 0,
            open: None,
            next_index: 0,
        }
    }

    /// Takes the next cell. Yields the block that this cell shows to be complete.
    ///
    /// # Errors
    /// A length that cannot be one, with its place.
    pub fn push(&mut self, cell: &[u8]) -> Result<Option<Block>, PrefixedError> {
        let end = self.offset + cell.len() as u64;
        let (mut complete, mut is_first) = (None, true);
        while self.next + (self.word.len() as u64) < end {
            let is_unit_start = self.next >= self.group_end;
            if is_unit_start && self.word.is_empty() {
                self.unit_start = self.next;
                if is_first {
                    complete = self.close(self.next);
                    self.open = Some((self.next, self.records));
                    is_first = false;
                }
            }
            let from = (self.next + self.word.len() as u64 - self.offset) as usize;
            let more = (WORD_BYTES - self.word.len()).min(cell.len() - from);
            self.word.extend_from_slice(&cell[from..from + more]);
            if let Ok(word) = <[u8; WORD_BYTES]>::try_from(self.word.as_slice()) {
                self.word.clear();
                self.hop(word, is_unit_start)?;
            }
        }
        self.offset = end;
        Ok(complete)
    }

    /// Goes over one word, and over the record where it is that of a record.
    fn hop(&mut self, word: [u8; WORD_BYTES], is_unit_start: bool) -> Result<(), PrefixedError> {
        let offset = self.next;
        let least = WORD_BYTES as u64;
        if self.prefix == Prefix::Group && is_unit_start {
            let length = group_bytes(word);
            if length < least {
                return Err(PrefixedError::TooShort { word: "BDW", offset, length });
            }
            self.group_end = offset + length;
            self.next = offset + least;
            return Ok(());
        }
        let length = record_bytes(word);
        if length < least {
            return Err(PrefixedError::TooShort { word: "RDW", offset, length });
        }
        if word[2] != 0 {
            return Err(PrefixedError::Spanned { offset });
        }
        self.next = offset + length;
        match self.prefix {
            Prefix::Record => self.group_end = self.next,
            Prefix::Group if self.next > self.group_end => {
                return Err(PrefixedError::Overruns { offset, length, left: self.group_end - offset });
            }
            Prefix::Group => {}
        }
        self.records += 1;
        Ok(())
    }

    /// Bytes since the start of the last record or group: what one without end has grown to.
    pub fn open_bytes(&self) -> u64 {
        self.offset - self.unit_start.min(self.offset)
    }

    /// The input ended: yields the last block.
    ///
    /// # Errors
    /// If it ends within a word, a record or a group.
    pub fn finish(mut self) -> Result<Option<Block>, PrefixedError> {
        let due =
            if self.word.is_empty() { self.next.max(self.group_end) } else { self.next + WORD_BYTES as u64 };
        if due > self.offset {
            let offset = self.unit_start;
            return Err(PrefixedError::CutShort { offset, have: self.offset - offset, length: due - offset });
        }
        Ok(self.close(self.offset))
    }

    fn close(&mut self, end: u64) -> Option<Block> {
        let (offset, first_record) = self.open.take()?;
        let index = self.next_index;
        self.next_index += 1;
        let records = self.records - first_record;
        Some(Block { index, offset, length: end - offset, first_record, records })
    }
}

/// The end of the record (or group) in which the `n`-th record lies; `None` if there are fewer, or the bytes
/// are not whole records.
pub fn nth_prefixed_end(prefix: Prefix, bytes: &[u8], n: u64) -> Option<(u64, u64)> {
    let mut hopper = Hopper::new(prefix, 0);
    if n == 0 {
        return Some((0, 0));
    }
    loop {
        let at = usize::try_from(hopper.next).ok()?;
        let word = bytes.get(at..at.checked_add(WORD_BYTES)?)?;
        hopper.hop(word.try_into().ok()?, hopper.next >= hopper.group_end).ok()?;
        if hopper.records >= n && hopper.next >= hopper.group_end {
            return (hopper.next <= bytes.len() as u64).then_some((hopper.next, hopper.records));
        }
    }
}

fn record_bytes(word: [u8; WORD_BYTES]) -> u64 {
    u64::from(u16::from_be_bytes([word[0], word[1]]))
}

fn group_bytes(word: [u8; WORD_BYTES]) -> u64 {
    if word[0] & 0x80 == 0 {
        return record_bytes(word);
    }
    u64::from(u32::from_be_bytes(word) & 0x7fff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(body: usize) -> Vec<u8> {
        let mut bytes = ((body + 4) as u16).to_be_bytes().to_vec();
        bytes.extend([0, 0]);
        bytes.extend(std::iter::repeat_n(0xFF, body));
        bytes
    }

    fn group(bodies: &[usize], is_extended: bool) -> Vec<u8> {
        let records: Vec<u8> = bodies.iter().flat_map(|body| record(*body)).collect();
        let length = records.len() as u32 + 4;
        let word = if is_extended { length | 0x8000_0000 } else { length << 16 };
        [word.to_be_bytes().as_slice(), &records].concat()
    }

    /// Start of the input, its units as (offset, records), its bytes.
    fn units(prefix: Prefix, bodies: &[Vec<usize>]) -> (Vec<(u64, u64)>, Vec<u8>) {
        let (mut starts, mut bytes) = (Vec::new(), Vec::new());
        for (i, bodies) in bodies.iter().enumerate() {
            match prefix {
                Prefix::Group => {
                    starts.push((bytes.len() as u64, bodies.len() as u64));
                    bytes.extend(group(bodies, i % 2 == 1));
                }
                Prefix::Record => {
                    for body in bodies {
                        starts.push((bytes.len() as u64, 1));
                        bytes.extend(record(*body));
                    }
                }
            }
        }
        (starts, bytes)
    }

    fn blocks(prefix: Prefix, bytes: &[u8], cell: usize) -> Result<Vec<Block>, PrefixedError> {
        let mut hopper = Hopper::new(prefix, 0);
        let mut blocks = Vec::new();
        for cell in bytes.chunks(cell) {
            blocks.extend(hopper.push(cell)?);
        }
        blocks.extend(hopper.finish()?);
        Ok(blocks)
    }

    proptest! {
        #[test]
        fn blocks_start_at_the_first_unit_of_their_cell_at_every_cell_length(
            bodies in prop::collection::vec(prop::collection::vec(0usize..40, 0..5), 0..12),
            cell in 1usize..70,
            is_group: bool,
        ) {
            let prefix = if is_group { Prefix::Group } else { Prefix::Record };
            let (starts, bytes) = units(prefix, &bodies);
            let blocks = blocks(prefix, &bytes, cell).unwrap();
            let mut expected: Vec<u64> = Vec::new();
            for (start, _) in &starts {
                if expected.last().is_none_or(|last| last / cell as u64 != start / cell as u64) {
                    expected.push(*start);
                }
            }
            prop_assert_eq!(blocks.iter().map(|b| b.offset).collect::<Vec<_>>(), expected);
            let mut record = 0;
            for (i, block) in blocks.iter().enumerate() {
                let end = blocks.get(i + 1).map_or(bytes.len() as u64, |next| next.offset);
                prop_assert_eq!((block.index, block.first_record), (i as u64, record));
                prop_assert_eq!(block.offset + block.length, end);
                let within = starts.iter().filter(|(s, _)| (block.offset..end).contains(s));
                prop_assert_eq!(block.records, within.map(|(_, n)| n).sum::<u64>());
                record += block.records;
            }
        }

        #[test]
        fn foreign_bytes_end_in_blocks_or_an_error(bytes: Vec<u8>, cell in 1usize..9, is_group: bool) {
            let prefix = if is_group { Prefix::Group } else { Prefix::Record };
            if let Ok(blocks) = blocks(prefix, &bytes, cell) {
                prop_assert_eq!(blocks.iter().map(|b| b.length).sum::<u64>(), bytes.len() as u64);
            }
            let _ = nth_prefixed_end(prefix, &bytes, 3);
        }
    }

    #[test]
    fn errors_name_the_place() {
        use PrefixedError::*;
        let all = |prefix, bytes: &[u8]| blocks(prefix, bytes, 3).unwrap_err();
        let good = record(5);
        for (prefix, tail, expected) in [
            (Prefix::Record, vec![0, 3, 0, 0], TooShort { word: "RDW", offset: 9, length: 3 }),
            (Prefix::Record, vec![0, 9, 1, 0, 0, 0, 0, 0, 0], Spanned { offset: 9 }),
            (Prefix::Record, vec![0, 9, 0, 0, 1], CutShort { offset: 9, have: 5, length: 9 }),
            (Prefix::Record, vec![0, 9], CutShort { offset: 9, have: 2, length: 4 }),
        ] {
            assert_eq!(all(prefix, &[good.clone(), tail].concat()), expected);
        }
        let short_group = [&[0, 10, 0, 0][..], &record(5)].concat();
        assert_eq!(all(Prefix::Group, &short_group), Overruns { offset: 4, length: 9, left: 6 });
        assert_eq!(all(Prefix::Group, &[0, 2, 0, 0]), TooShort { word: "BDW", offset: 0, length: 2 });
        let long_group = [&[0, 20, 0, 0][..], &record(5)].concat();
        assert_eq!(all(Prefix::Group, &long_group), CutShort { offset: 0, have: 13, length: 20 });
    }

    #[test]
    fn a_cut_after_n_records_keeps_groups_whole() {
        let (_, bytes) = units(Prefix::Group, &[vec![1, 2], vec![3]]);
        assert_eq!(nth_prefixed_end(Prefix::Group, &bytes, 1), Some((15, 2)));
        assert_eq!(nth_prefixed_end(Prefix::Group, &bytes, 3), Some((26, 3)));
        assert_eq!(nth_prefixed_end(Prefix::Group, &bytes, 4), None);
        let (_, bytes) = units(Prefix::Record, &[vec![1, 2]]);
        assert_eq!(nth_prefixed_end(Prefix::Record, &bytes, 1), Some((5, 1)));
    }
}
