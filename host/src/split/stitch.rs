//! Blocks from the summaries of grid cells.

use super::machine::State;
use super::summary::Summary;

/// A piece of an input that starts and ends on a record boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Number of the block within its datum, from 0 without gaps.
    pub index: u64,
    /// First byte, counted from the start of the input.
    pub offset: u64,
    /// Length in bytes.
    pub length: u64,
    /// Number of the first record in it, counted from 0 after the header.
    pub first_record: u64,
    /// Number of records in it. Blank and comment lines are none.
    pub records: u64,
}

/// How an input ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stitched {
    /// The last block, unless there were no bytes at all.
    pub last: Option<Block>,
    /// All records of the input.
    pub records: u64,
    /// Set if the input ends inside quotes: where the line with the unclosed quote starts.
    pub open_quote: Option<u64>,
}

/// Takes the summaries of grid cells in order and yields blocks.
///
/// Cell *k* holds the bytes `[k·B, (k+1)·B)` of the input, the first one only those from the end of the
/// header on. A block starts at the first line start within its cell. A cell without one (a record that
/// is longer than a cell) goes to the block before it. So the blocks follow from the bytes and the cell
/// length alone.
#[derive(Debug, Clone)]
pub struct Stitcher {
    state: State,
    /// Offset of the next cell.
    offset: u64,
    records: u64,
    open: Option<OpenBlock>,
    next_index: u64,
    line_start: u64,
}

#[derive(Debug, Clone, Copy)]
struct OpenBlock {
    offset: u64,
    first_record: u64,
}

impl Stitcher {
    /// Starts at the offset in bytes where the data records begin.
    pub fn new(first_offset: u64) -> Self {
        Self {
            state: State::RecordStart,
            offset: first_offset,
            records: 0,
            open: None,
            next_index: 0,
            line_start: first_offset,
        }
    }

    /// Takes the summary of the next cell. Yields the block that this cell shows to be complete.
    pub fn push(&mut self, cell: &Summary) -> Option<Block> {
        if cell.length() == 0 {
            return None;
        }
        let path = cell.path(self.state);
        // A boundary at the very end of a cell is the start of the next cell, and counts there.
        let start = match (self.state, path.first_boundary) {
            (State::RecordStart, _) => Some((0, 0)),
            (_, Some(boundary)) if boundary < cell.length() => {
                Some((boundary, u64::from(path.first_is_record)))
            }
            _ => None,
        };
        let mut complete = None;
        if let Some((within, records)) = start {
            let next = OpenBlock { offset: self.offset + within, first_record: self.records + records };
            complete = self.close(next.offset, next.first_record);
            self.open = Some(next);
        }
        if let Some(last) = path.last_boundary {
            self.line_start = self.offset + last;
        }
        self.state = path.end;
        self.records += path.records;
        self.offset += cell.length();
        complete
    }

    /// Bytes since the start of the last line seen: what a line without end has grown to.
    pub fn open_line_bytes(&self) -> u64 {
        self.offset - self.line_start
    }

    /// The input ended. Counts a last record without terminator and yields the last block.
    pub fn finish(mut self) -> Stitched {
        let records = self.records + u64::from(self.state.in_record());
        Stitched {
            last: self.close(self.offset, records),
            records,
            open_quote: self.state.in_quotes().then_some(self.line_start),
        }
    }

    fn close(&mut self, end: u64, records: u64) -> Option<Block> {
        let open = self.open.take()?;
        let index = self.next_index;
        self.next_index += 1;
        Some(Block {
            index,
            offset: open.offset,
            length: end - open.offset,
            first_record: open.first_record,
            records: records - open.first_record,
        })
    }
}
