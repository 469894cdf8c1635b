//! The fast scanner: the same answers as the plain machine, by jumps.
//!
//! Paths from different starting states merge as soon as their states coincide. A few bytes in, usually
//! two remain (inside and outside quotes), and the first quoted field merges those too. Outside quotes the
//! scan jumps from one quote, escape or comment byte to the next and only counts terminators in between;
//! inside quotes it jumps to the next quote or escape.

use memchr::{memchr, memchr2, memchr3, memrchr};

use super::dialect::Dialect;
use super::machine::{LineEnd, State, step};
use super::summary::{Path, Summary};

/// Piece over which all paths are followed byte by byte at first.
const FIRST_SEGMENT: usize = 64;
/// Longest segment between two attempts to merge paths.
const LAST_SEGMENT: usize = 64 * 1024;
/// Bytes that are stepped one by one after a jump, because quotes come in clusters (`","`).
const STEPS_AFTER_JUMP: usize = 8;

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
                    at = self.step_on(piece, at + found, &mut path);
                }
                State::Comment => {
                    let Some(found) = memchr(self.dialect.terminator_byte(), &piece[at..]) else {
                        return path;
                    };
                    at += found + 1;
                    path.end_line(at as u64, false);
                    path.end = State::RecordStart;
                }
                State::QuoteInQuoted | State::EscapeInQuoted | State::EscapeUnquoted => {
                    at = self.step_on(piece, at, &mut path);
                }
                State::RecordStart | State::RecordStartCr | State::FieldStart | State::Unquoted => {
                    let found = self.find_outside(&piece[at..]);
                    let end = found.map_or(piece.len(), |found| at + found);
                    self.cross(&piece[at..end], at as u64, &mut path);
                    at = end;
                    if found.is_some() {
                        at = self.step_on(piece, at, &mut path);
                    }
                }
            }
        }
        path
    }

    /// Steps over the byte at `at` and a few after it, then returns where it stopped.
    fn step_on(&self, piece: &[u8], at: usize, path: &mut Path) -> usize {
        let end = piece.len().min(at + STEPS_AFTER_JUMP);
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

    /// The next byte that may change more than "which field of which record".
    fn find_outside(&self, piece: &[u8]) -> Option<usize> {
        let mut needles = [0; 3];
        let mut count = 0;
        let roles = [self.dialect.quote(), self.dialect.escape(), self.dialect.comment()];
        for byte in roles.into_iter().flatten() {
            needles[count] = byte;
            count += 1;
        }
        match count {
            0 => None,
            1 => memchr(needles[0], piece),
            2 => memchr2(needles[0], needles[1], piece),
            _ => memchr3(needles[0], needles[1], needles[2], piece),
        }
    }

    /// Crosses a stretch outside quotes without quote, escape and comment bytes; `base` is its offset.
    fn cross(&self, stretch: &[u8], base: u64, path: &mut Path) {
        let [.., last] = *stretch else { return };
        let terminator = self.dialect.terminator_byte();
        let strips_cr = self.dialect.strips_cr();
        let entry = path.end;
        let at_start = |i: usize| match i {
            0 => entry == State::RecordStart,
            _ => stretch[i - 1] == terminator,
        };
        let is_blank = |i: usize| {
            at_start(i)
                || (i == 0 && entry == State::RecordStartCr)
                || (strips_cr && i > 0 && stretch[i - 1] == b'\r' && at_start(i - 1))
        };
        if path.first_boundary.is_none()
            && let Some(first) = memchr(terminator, stretch)
        {
            path.first_boundary = Some(base + first as u64 + 1);
            path.first_is_record = !is_blank(first);
        }
        if let Some(last) = memrchr(terminator, stretch) {
            path.last_boundary = Some(base + last as u64 + 1);
            let head = stretch.len().min(2);
            path.records += (0..head).filter(|&i| stretch[i] == terminator && !is_blank(i)).count() as u64;
            path.records += count_records(stretch, terminator, strips_cr);
        }
        let end = stretch.len() - 1;
        path.end = if last == terminator {
            State::RecordStart
        } else if last == self.dialect.delimiter() {
            State::FieldStart
        } else if strips_cr && last == b'\r' && at_start(end) {
            State::RecordStartCr
        } else {
            State::Unquoted
        };
    }
}

/// Counts the terminators from the third byte on that end no blank line.
///
/// Written without branches over three shifted views, so that the compiler makes vector code of it.
fn count_records(stretch: &[u8], terminator: u8, strips_cr: bool) -> u64 {
    /// Short enough that a sum of ones fits a byte.
    const CHUNK: usize = 128;
    let Some(views) = stretch.len().checked_sub(2) else { return 0 };
    let (before_last, last, this) = (&stretch[..views], &stretch[1..=views], &stretch[2..]);
    let carriage_return = if strips_cr { b'\r' } else { terminator };
    let mut records = 0;
    for ((a, b), c) in before_last.chunks(CHUNK).zip(last.chunks(CHUNK)).zip(this.chunks(CHUNK)) {
        let mut sum = 0u8;
        for ((&a, &b), &c) in a.iter().zip(b).zip(c) {
            let blank = (b == terminator) | ((b == carriage_return) & (a == terminator));
            sum += u8::from((c == terminator) & !blank);
        }
        records += u64::from(sum);
    }
    records
}
