//! What a piece of text does to the state machine, whatever state it starts in.

use super::machine::State;

/// What a piece does from one starting state. Offsets are bytes from the start of the piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    /// The state after the piece.
    pub end: State,
    /// The offset just after the first terminator that ends a line.
    pub first_boundary: Option<u64>,
    /// Whether the line that ends at `first_boundary` is a record, not a blank line or a comment.
    pub first_is_record: bool,
    /// The offset just after the last terminator that ends a line.
    pub last_boundary: Option<u64>,
    /// The number of records that end within the piece.
    pub records: u64,
}

impl Path {
    /// The path of an empty piece.
    pub fn empty(start: State) -> Self {
        Self { end: start, first_boundary: None, first_is_record: false, last_boundary: None, records: 0 }
    }

    /// Notes that a line ends at `offset`.
    pub(super) fn end_line(&mut self, offset: u64, is_record: bool) {
        if self.first_boundary.is_none() {
            self.first_boundary = Some(offset);
            self.first_is_record = is_record;
        }
        self.last_boundary = Some(offset);
        self.records += u64::from(is_record);
    }

    /// This path followed by `next`, where `offset` is the length of the piece of this path.
    pub(super) fn then(&self, next: &Path, offset: u64) -> Path {
        let (first_boundary, first_is_record) = match self.first_boundary {
            Some(first) => (Some(first), self.first_is_record),
            None => (next.first_boundary.map(|b| b + offset), next.first_is_record),
        };
        Path {
            end: next.end,
            first_boundary,
            first_is_record,
            last_boundary: next.last_boundary.map(|b| b + offset).or(self.last_boundary),
            records: self.records + next.records,
        }
    }
}

/// What a piece does from every starting state. Summaries form a monoid: [`Summary::then`] is associative
/// and [`Summary::empty`] is its neutral element, so pieces may be scanned in any order and grouping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    length: u64,
    paths: [Path; State::ALL.len()],
}

impl Summary {
    /// The summary of no bytes.
    pub fn empty() -> Self {
        Self::of(0, Path::empty)
    }

    /// A summary of `length` bytes from the path of each starting state.
    pub(super) fn of(length: u64, path: impl FnMut(State) -> Path) -> Self {
        Self { length, paths: State::ALL.map(path) }
    }

    /// The length of the piece in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// What the piece does if it starts in `start`.
    pub fn path(&self, start: State) -> &Path {
        &self.paths[start as usize]
    }

    /// The summary of this piece followed by another.
    #[must_use]
    pub fn then(&self, next: &Summary) -> Summary {
        Self::of(self.length + next.length, |start| {
            let first = self.path(start);
            first.then(next.path(first.end), self.length)
        })
    }

    /// Whether the piece leads every starting state to the same end state.
    pub fn is_settled(&self) -> bool {
        self.paths.iter().all(|path| path.end == self.paths[0].end)
    }
}
