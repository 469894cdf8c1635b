//! The fast scanner: the same answers as the plain machine, by blocks and jumps.
//!
//! Paths from different starting states merge as soon as their states coincide. A few bytes in, usually
//! two remain (inside and outside quotes), and the first quoted field merges those too. A path is followed
//! in blocks of 64 bytes, whose quotes and terminators become bit masks. Quote parity tells what is
//! quoted, and is trusted only as far as each opening quote stands at the start of a field; at any other
//! quote, and at escapes and comments, the plain machine takes over for a few bytes.

use memchr::{memchr, memchr2};

use super::dialect::Dialect;
use super::machine::{LineEnd, State, step};
use super::mask::Masks;
use super::summary::{Path, Summary};

/// Piece over which all paths are followed byte by byte at first.
const FIRST_SEGMENT: usize = 64;
/// Longest segment between two attempts to merge paths.
const LAST_SEGMENT: usize = 64 * 1024;
/// Bytes that are stepped one by one where the masks end, because what ends them comes in clusters.
const STEPS: usize = 8;

/// Scans pieces of text of one dialect; see [`Scanner::scan`].
#[derive(Debug, Clone)]
pub struct Scanner {
    dialect: Dialect,
    table: Box<[[State; 256]; State::ALL.len()]>,
}

impl Scanner {
    /// Builds the transition table of a dialect.
    pub fn new(dialect: Dialect) -> Self {
        let mut table = Box::new([[State::RecordStart; 256]; State::ALL.len()]);
        for (state, row) in State::ALL.into_iter().zip(table.iter_mut()) {
            for (byte, next) in (0..=u8::MAX).zip(row.iter_mut()) {
                *next = step(&dialect, state, byte);
            }
        }
        Self { dialect, table }
    }

    /// The dialect that is scanned.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Summarises `piece` for every state it could start in.
    pub fn scan(&self, piece: &[u8]) -> Summary {
        let mut summary = Summary::empty();
        let mut rest = piece;
        let mut length = FIRST_SEGMENT;
        while !rest.is_empty() {
            if summary.is_settled() {
                length = rest.len();
            }
            let (segment, after) = rest.split_at(length.min(rest.len()));
            summary = self.extend(&summary, segment);
            rest = after;
            length = (length * 4).min(LAST_SEGMENT);
        }
        summary
    }

    /// Follows `segment` once per distinct state that the summary so far ends in.
    fn extend(&self, before: &Summary, segment: &[u8]) -> Summary {
        let mut followed: [Option<Path>; State::ALL.len()] = [None; State::ALL.len()];
        Summary::of(before.length() + segment.len() as u64, |start| {
            let first = before.path(start);
            let next = followed[first.end as usize].get_or_insert_with(|| self.follow(segment, first.end));
            first.then(next, before.length())
        })
    }

    /// What `piece` does from one starting state.
    pub fn follow(&self, piece: &[u8], start: State) -> Path {
        let mut path = Path::empty(start);
        let mut at = 0;
        while at < piece.len() {
            match path.end {
                State::Quoted => {
                    let Some(found) = self.find_in_quotes(&piece[at..]) else { return path };
                    at = self.cross(piece, at + found, &mut path);
                }
                State::Comment => {
                    let Some(found) = memchr(self.dialect.terminator_byte(), &piece[at..]) else {
                        return path;
                    };
                    at += found + 1;
                    path.end_line(at as u64, false);
                    path.end = State::RecordStart;
                }
                State::EscapeInQuoted | State::EscapeUnquoted => at = self.step_on(piece, at, &mut path),
                State::RecordStart
                | State::RecordStartCr
                | State::FieldStart
                | State::Unquoted
                | State::QuoteInQuoted => at = self.cross(piece, at, &mut path),
            }
        }
        path
    }

    /// Follows the path block by block, up to the end, into a long quoted field, or over a byte that needs
    /// the plain machine. Returns where it stopped.
    fn cross(&self, piece: &[u8], mut at: usize, path: &mut Path) -> usize {
        while at < piece.len() {
            let masks = Masks::of(&self.dialect, &piece[at..], path.end);
            if masks.line_ends != 0 {
                let place = |bit: u32| at as u64 + u64::from(bit) + 1;
                if path.first_boundary.is_none() {
                    let first = masks.line_ends.trailing_zeros();
                    path.first_boundary = Some(place(first));
                    path.first_is_record = (masks.blank >> first) & 1 == 0;
                }
                path.last_boundary = Some(place(63 - masks.line_ends.leading_zeros()));
                path.records += u64::from((masks.line_ends & !masks.blank).count_ones());
            }
            path.end = masks.end();
            at += masks.plain;
            if masks.is_odd {
                return self.step_on(piece, at, path);
            }
            if masks.is_all_quoted {
                return at;
            }
        }
        at
    }

    /// Steps over the byte at `at` and a few after it, then returns where it stopped.
    fn step_on(&self, piece: &[u8], at: usize, path: &mut Path) -> usize {
        let end = piece.len().min(at + STEPS);
        let terminator = self.dialect.terminator_byte();
        for (i, &byte) in piece[at..end].iter().enumerate() {
            if byte == terminator {
                match path.end.line_end() {
                    LineEnd::Record => path.end_line((at + i) as u64 + 1, true),
                    LineEnd::NoRecord => path.end_line((at + i) as u64 + 1, false),
                    LineEnd::Data => {}
                }
            }
            path.end = self.table[path.end as usize][usize::from(byte)];
        }
        end
    }

    fn find_in_quotes(&self, piece: &[u8]) -> Option<usize> {
        match (self.dialect.quote(), self.dialect.escape()) {
            (Some(quote), Some(escape)) => memchr2(quote, escape, piece),
            (Some(quote), None) => memchr(quote, piece),
            // Without a quote byte no text leads here, but a scan from every state passes through.
            (None, Some(escape)) => memchr(escape, piece),
            (None, None) => None,
        }
    }
}
