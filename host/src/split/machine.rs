//! The plain state machine of delimited text, one byte at a time.
//!
//! It defines what a record is. The scanner must agree with it on every input; readers follow the same
//! rules.

use super::dialect::Dialect;
use super::summary::Path;

/// Where a byte stream stands between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum State {
    /// At the start of a line.
    RecordStart,
    /// One carriage return after the start of a line: a blank line if a line feed follows.
    RecordStartCr,
    /// Just after a delimiter.
    FieldStart,
    /// In a field that is not, or no longer, quoted. Quotes are literal here.
    Unquoted,
    /// In a quoted field.
    Quoted,
    /// After a quote in a quoted field: it closed the field or is the first of a doubled quote.
    QuoteInQuoted,
    /// After an escape in a quoted field.
    EscapeInQuoted,
    /// After an escape outside quotes.
    EscapeUnquoted,
    /// In a comment line.
    Comment,
}

impl State {
    /// All states, in the order of their numbers.
    pub const ALL: [State; 9] = [
        State::RecordStart,
        State::RecordStartCr,
        State::FieldStart,
        State::Unquoted,
        State::Quoted,
        State::QuoteInQuoted,
        State::EscapeInQuoted,
        State::EscapeUnquoted,
        State::Comment,
    ];

    /// Whether a text that ends here ends within a record, which then lacks its terminator.
    pub fn in_record(self) -> bool {
        !matches!(self, State::RecordStart | State::RecordStartCr | State::Comment)
    }

    /// Whether a text that ends here lacks a closing quote.
    pub fn in_quotes(self) -> bool {
        matches!(self, State::Quoted | State::EscapeInQuoted)
    }

    /// What a terminator does in this state.
    pub(super) fn line_end(self) -> LineEnd {
        match self {
            State::RecordStart | State::RecordStartCr | State::Comment => LineEnd::NoRecord,
            State::FieldStart | State::Unquoted | State::QuoteInQuoted => LineEnd::Record,
            State::Quoted | State::EscapeInQuoted | State::EscapeUnquoted => LineEnd::Data,
        }
    }
}

/// What a terminator byte means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// It ends a record.
    Record,
    /// It ends a blank line or a comment.
    NoRecord,
    /// It is part of a field.
    Data,
}

/// The state after `byte`.
pub(super) fn step(dialect: &Dialect, state: State, byte: u8) -> State {
    let is = |role: Option<u8>| role == Some(byte);
    let unquoted = || {
        if byte == dialect.delimiter() {
            State::FieldStart
        } else if byte == dialect.terminator_byte() {
            State::RecordStart
        } else if is(dialect.escape()) {
            State::EscapeUnquoted
        } else {
            State::Unquoted
        }
    };
    match state {
        State::RecordStart if is(dialect.comment()) => State::Comment,
        State::RecordStart if dialect.strips_cr() && byte == b'\r' => State::RecordStartCr,
        State::RecordStart | State::FieldStart if is(dialect.quote()) => State::Quoted,
        State::RecordStart | State::FieldStart | State::RecordStartCr | State::Unquoted => unquoted(),
        State::Quoted if is(dialect.quote()) => State::QuoteInQuoted,
        State::Quoted if is(dialect.escape()) => State::EscapeInQuoted,
        State::Quoted | State::EscapeInQuoted => State::Quoted,
        State::QuoteInQuoted if is(dialect.quote()) => State::Quoted,
        // Lenient: text after a closing quote goes on as an unquoted field.
        State::QuoteInQuoted => unquoted(),
        State::EscapeUnquoted => State::Unquoted,
        State::Comment if byte == dialect.terminator_byte() => State::RecordStart,
        State::Comment => State::Comment,
    }
}

/// Runs the plain machine over `piece` from `start`, byte by byte: slow, and the reference for the scanner.
pub fn oracle(dialect: &Dialect, piece: &[u8], start: State) -> Path {
    let mut path = Path::empty(start);
    for (at, &byte) in piece.iter().enumerate() {
        if byte == dialect.terminator_byte() {
            match path.end.line_end() {
                LineEnd::Record => path.end_line(at as u64 + 1, true),
                LineEnd::NoRecord => path.end_line(at as u64 + 1, false),
                LineEnd::Data => {}
            }
        }
        path.end = step(dialect, path.end, byte);
    }
    path
}
