//! The structural index: where each field of each record starts and ends.
//!
//! A chunk is indexed in tiles of some hundred records, so that a tile's text, its index and the values
//! made of it stay in the cache while column after column is parsed.
//!
//! Blocks of 64 bytes become bit masks. Quote parity says which bytes are quoted, and each opening quote is
//! checked to stand at the start of a field or to double the quote before it. Where that does not hold, and
//! where an escape occurs, the record is walked by the plain machine instead.

use std::ops::Range;

use memchr::memchr;

use crate::dialect::Dialect;
use crate::record::walk;
use crate::simd::{BLOCK, Block, low_bits, prefix_xor};

/// A record that is no row: it is counted and located, and left out of the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordError {
    /// Number of the record within its chunk.
    pub record: u32,
    /// Its raw bytes within the chunk, without the terminator.
    pub bytes: Range<u32>,
    /// What is wrong with it.
    pub fault: RecordFault,
}

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordFault {
    /// It has too few or too many fields.
    Fields {
        /// The number of fields that it has.
        found: usize,
    },
    /// The input ends inside quotes, so nobody knows where the record ends.
    OpenQuote,
}

/// The fields of some records of equal width.
#[derive(Debug, Default)]
pub(crate) struct Tile {
    /// Per row `width + 1` offsets: the start of the first field, then one past the end of each field.
    /// Field *k* is `slots[k]..slots[k + 1] - 1`.
    slots: Vec<u32>,
    rows: usize,
    stride: usize,
    /// Quoted fields may hold quotes or escapes. Otherwise what stands between the first and the last byte
    /// of a field in quotes is its text.
    pub has_odd_quotes: bool,
    /// The number within the chunk of each row's record.
    pub records: Vec<u32>,
}

impl Tile {
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The offsets of each row.
    #[inline]
    pub fn offsets(&self) -> &[u32] {
        &self.slots[..self.rows * self.stride]
    }

    /// Offsets per row.
    #[inline]
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// The raw bytes of a field.
    #[inline]
    pub fn field(&self, row: usize, column: usize) -> Range<u32> {
        let at = row * self.stride + column;
        self.slots[at]..self.slots[at + 1] - 1
    }

    /// The raw bytes of a record, without its terminator.
    pub fn record(&self, row: usize) -> Range<u32> {
        let at = row * self.stride;
        self.slots[at]..self.slots[at + self.stride - 1] - 1
    }

    fn set(&mut self, slot: usize, offset: usize) {
        if slot >= self.slots.len() {
            self.slots.resize(slot + 1024, 0);
        }
        // Chunks whose offsets exceed 32 bits are refused before they come here.
        self.slots[slot] = offset as u32;
    }
}

/// Goes through a chunk of whole records tile by tile.
pub(crate) struct Indexer<'a> {
    dialect: &'a Dialect,
    data: &'a [u8],
    width: usize,
    at: usize,
    record: u32,
    /// The records so far that are no rows.
    pub errors: Vec<RecordError>,
}

impl<'a> Indexer<'a> {
    pub fn new(dialect: &'a Dialect, data: &'a [u8], width: usize) -> Self {
        Self { dialect, data, width, at: 0, record: 0, errors: Vec::new() }
    }

    /// The number of records so far, those that are no rows included.
    pub fn records(&self) -> u32 {
        self.record
    }

    /// The first byte that is not indexed yet.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Fills `tile` with the next rows, at most `max_rows`. False at the end.
    pub fn fill(&mut self, tile: &mut Tile, max_rows: usize) -> bool {
        tile.rows = 0;
        tile.stride = self.width + 1;
        tile.records.clear();
        tile.has_odd_quotes = false;
        while self.at < self.data.len() && tile.rows < max_rows {
            if self.is_comment(self.at) {
                let end = memchr(self.dialect.terminator_byte(), &self.data[self.at..]);
                self.at = end.map_or(self.data.len(), |end| self.at + end + 1);
            } else if self.run_blocks(tile, max_rows) {
                self.walk_record(tile);
            }
        }
        tile.rows > 0
    }

    #[inline]
    fn is_comment(&self, at: usize) -> bool {
        self.dialect.comment.is_some() && self.data.get(at).copied() == self.dialect.comment
    }

    /// Indexes records from `self.at` on, up to the end, a full tile, a comment, or a record that must be
    /// walked: then it returns true.
    fn run_blocks(&mut self, tile: &mut Tile, max_rows: usize) -> bool {
        let Dialect { delimiter, quote, escape, .. } = *self.dialect;
        let terminator = self.dialect.terminator_byte();
        let mut start = self.at;
        let mut first = tile.rows * tile.stride;
        tile.set(first, start);
        let mut slot = first + 1;
        let mut base = start;
        let mut inside = false;
        let (mut after_stop, mut after_close) = (1, 0);
        while base < self.data.len() {
            let (block, count) = Block::load(self.data, base);
            let valid = low_bits(count);
            let newlines = block.mask(terminator) & valid;
            let mut stops = (block.mask(delimiter) & valid) | newlines;
            let quotes = quote.map_or(0, |quote| block.mask(quote) & valid);
            let mut odd = escape.map_or(0, |escape| block.mask(escape) & valid);
            if quotes != 0 || inside {
                let quoted = prefix_xor(quotes) ^ if inside { u64::MAX } else { 0 };
                let (opening, closing) = (quotes & quoted, quotes & !quoted);
                stops &= !quoted;
                let doubled = opening & ((closing << 1) | after_close);
                tile.has_odd_quotes |= doubled != 0;
                odd |= opening & !doubled & !((stops << 1) | after_stop);
                inside = quoted >> 63 == 1;
                after_close = closing >> 63;
            } else {
                after_close = 0;
            }
            after_stop = stops >> 63;
            if odd != 0 {
                stops &= low_bits(odd.trailing_zeros() as usize);
            }
            // Each stop takes one slot, and each record end one more for the next record.
            tile.set(slot + 2 * BLOCK, 0);
            while stops != 0 {
                let bit = stops.trailing_zeros();
                stops &= stops - 1;
                let stop = base + bit as usize;
                tile.slots[slot] = stop as u32 + 1;
                slot += 1;
                if (newlines >> bit) & 1 == 1 {
                    self.end_record(tile, first, slot, stop);
                    start = stop + 1;
                    if tile.rows == max_rows || self.is_comment(start) {
                        self.at = start;
                        return false;
                    }
                    first = tile.rows * tile.stride;
                    tile.slots[first] = start as u32;
                    slot = first + 1;
                }
            }
            if odd != 0 {
                self.at = start;
                return true;
            }
            base += BLOCK;
        }
        if start < self.data.len() {
            if inside {
                self.at = start;
                return true;
            }
            let end = self.data.len();
            tile.set(slot, end + 1);
            self.end_record(tile, first, slot + 1, end);
        }
        self.at = self.data.len();
        false
    }

    /// Ends the record whose slots are `first..end`; `stop` is the place of its terminator.
    #[inline]
    fn end_record(&mut self, tile: &mut Tile, first: usize, end: usize, stop: usize) {
        let field_start = tile.slots[end - 2] as usize;
        if self.dialect.strips_cr() && stop > field_start && self.data[stop - 1] == b'\r' {
            tile.slots[end - 1] -= 1;
        }
        let found = end - first - 1;
        if found == self.width && found > 1 {
            tile.rows += 1;
            tile.records.push(self.record);
            self.record += 1;
        } else {
            self.end_unusual_record(tile, first, end);
        }
    }

    /// Ends a record of one field, which may be a blank line, or of a wrong number of fields.
    #[cold]
    fn end_unusual_record(&mut self, tile: &mut Tile, first: usize, end: usize) {
        let found = end - first - 1;
        let bytes = tile.slots[first]..tile.slots[end - 1] - 1;
        if bytes.is_empty() && found == 1 {
            return;
        }
        if found == self.width {
            tile.rows += 1;
            tile.records.push(self.record);
        } else {
            let fault = RecordFault::Fields { found };
            self.errors.push(RecordError { record: self.record, bytes, fault });
        }
        self.record += 1;
    }

    /// Indexes one record by the plain machine.
    #[cold]
    fn walk_record(&mut self, tile: &mut Tile) {
        tile.has_odd_quotes = true;
        let first = tile.rows * tile.stride;
        tile.set(first, self.at);
        let mut slot = first + 1;
        let walked = walk(self.dialect, self.data, self.at, |end| {
            tile.set(slot, end + 1);
            slot += 1;
        });
        self.at = walked.next;
        if walked.open_quote {
            let bytes = tile.slots[first]..tile.slots[slot - 1] - 1;
            self.errors.push(RecordError { record: self.record, bytes, fault: RecordFault::OpenQuote });
            self.record += 1;
        } else if slot - first - 1 == self.width && self.width > 1 {
            tile.rows += 1;
            tile.records.push(self.record);
            self.record += 1;
        } else {
            self.end_unusual_record(tile, first, slot);
        }
    }
}
