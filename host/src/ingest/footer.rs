//! Footer records: the last blocks of an input wait until it is known that records follow, and lose their footer.

use crate::split::{Block, Dialect, State, nth_record_end};
use std::collections::VecDeque;

/// A block with its bytes, which start at `start` in the buffer.
pub(super) struct Held {
    pub(super) block: Block,
    pub(super) buffer: Vec<u8>,
    pub(super) start: usize,
}

/// Holds blocks back for as long as what follows them may all be footer.
pub(super) struct Footer {
    dialect: Dialect,
    records: u64,
    held: VecDeque<Held>,
    /// Records in all blocks but the first one held.
    behind_first: u64,
}

impl Footer {
    /// For inputs that end in `records` footer records.
    pub(super) fn new(dialect: Dialect, records: u64) -> Self {
        Self { dialect, records, held: VecDeque::new(), behind_first: 0 }
    }

    /// Takes the next block.
    pub(super) fn push(&mut self, held: Held) {
        if !self.held.is_empty() {
            self.behind_first += held.block.records;
        }
        self.held.push_back(held);
    }

    /// The next block that surely is not the last one with data.
    pub(super) fn pop(&mut self) -> Option<Held> {
        // More, not as many: the block that leaves last must know that it is the last.
        if self.behind_first <= self.records {
            return None;
        }
        let first = self.held.pop_front();
        self.behind_first -= self.held.front().map_or(0, |next| next.block.records);
        first
    }

    /// The input ended: the blocks that are left, without its footer.
    pub(super) fn finish(mut self) -> VecDeque<Held> {
        let mut footer = self.records;
        while let Some(last) = self.held.back_mut() {
            if last.block.records > footer || footer == 0 {
                if footer > 0 {
                    let kept = last.block.records - footer;
                    let bytes = &last.buffer[last.start..];
                    if let Some(end) = nth_record_end(&self.dialect, bytes, State::RecordStart, kept) {
                        last.buffer.truncate(last.start + end as usize);
                        last.block.length = end;
                        last.block.records = kept;
                    }
                }
                break;
            }
            footer -= last.block.records;
            self.held.pop_back();
        }
        self.held
    }
}
