//! What one run of chunks leaves behind beside its batches: its book and its rejects.

use crate::book::Book;
use std::collections::BTreeMap;

/// Rejects that are located per datum and column; all are counted.
pub const REJECTS_KEPT: usize = 10;

/// A cell or record that did not convert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatedReject {
    /// Record number within the datum, from 0.
    pub record: u64,
    /// Byte offset within the datum.
    pub offset: u64,
    /// Why.
    pub reason: String,
    /// The text of the cell, cut to a line.
    pub text: String,
}

/// Rejects of one datum and column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RejectCount {
    /// All of them.
    pub count: u64,
    /// The first of them.
    pub first: Vec<LocatedReject>,
}

impl RejectCount {
    /// Counts a reject and keeps it while there is room.
    pub fn add(&mut self, reject: LocatedReject) {
        self.count += 1;
        if self.first.len() < REJECTS_KEPT {
            self.first.push(reject);
        }
    }

    /// Adds those of later chunks.
    pub fn merge(&mut self, later: RejectCount) {
        self.count += later.count;
        let room = REJECTS_KEPT - self.first.len();
        self.first.extend(later.first.into_iter().take(room));
    }
}

/// A record that was left out, for the partition of rejects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedRecord {
    /// Record number within the datum, from 0.
    pub record: u64,
    /// Byte offset within the datum.
    pub offset: u64,
    /// Column of the first cell that did not convert; `None`: the record itself.
    pub column: Option<String>,
    /// Why.
    pub reason: String,
    /// The record's bytes.
    pub raw: Vec<u8>,
}

/// The state of one run of chunks that is not batches.
#[derive(Debug, Default)]
pub struct Local {
    /// Histograms, timers, counters.
    pub book: Book,
    /// By column; `None`: whole records.
    pub rejects: BTreeMap<Option<String>, RejectCount>,
    /// Records left out, by their number; only kept by a policy that keeps them.
    pub rejected: BTreeMap<u64, RejectedRecord>,
    /// Numbers of the records left out, whatever the policy.
    pub dropped: std::collections::BTreeSet<u64>,
    /// Cells that became null.
    pub nulled: u64,
}

impl Local {
    /// An empty state over an empty book.
    pub fn new(book: Book) -> Self {
        Self { book, ..Self::default() }
    }
}
