//! One record by the plain state machine: the path of odd records, and of headers.

use crate::dialect::Dialect;

/// How a record that was walked ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Walked {
    /// First byte after the record and its terminator.
    pub next: usize,
    /// The text ended inside quotes.
    pub open_quote: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Unquoted,
    Quoted,
    QuoteInQuoted,
    EscapeInQuoted,
    EscapeUnquoted,
}

/// Walks the record that starts at `start` and reports for each field the offset one past its end, a
/// stripped carriage return excepted. Field *k* + 1 starts at the end of field *k* plus one.
pub(crate) fn walk(dialect: &Dialect, data: &[u8], start: usize, mut field: impl FnMut(usize)) -> Walked {
    let terminator = dialect.terminator_byte();
    let is = |role: Option<u8>, byte: u8| role == Some(byte);
    let mut state = State::FieldStart;
    // Only a carriage return that nothing escaped belongs to the terminator.
    let mut ends_in_plain_cr = false;
    for (at, &byte) in data.iter().enumerate().skip(start) {
        let outside = match state {
            State::FieldStart if is(dialect.quote, byte) => {
                state = State::Quoted;
                false
            }
            State::FieldStart | State::Unquoted => true,
            State::Quoted => {
                if is(dialect.quote, byte) {
                    state = State::QuoteInQuoted;
                } else if is(dialect.escape, byte) {
                    state = State::EscapeInQuoted;
                }
                false
            }
            State::QuoteInQuoted if is(dialect.quote, byte) => {
                state = State::Quoted;
                false
            }
            State::QuoteInQuoted => true,
            State::EscapeInQuoted => {
                state = State::Quoted;
                false
            }
            State::EscapeUnquoted => {
                state = State::Unquoted;
                false
            }
        };
        if outside {
            if byte == dialect.delimiter {
                field(at);
                state = State::FieldStart;
            } else if byte == terminator {
                field(at - usize::from(ends_in_plain_cr));
                return Walked { next: at + 1, open_quote: false };
            } else if is(dialect.escape, byte) {
                state = State::EscapeUnquoted;
            } else {
                state = State::Unquoted;
            }
        }
        ends_in_plain_cr = outside && dialect.strips_cr() && byte == b'\r';
    }
    field(data.len() - usize::from(ends_in_plain_cr));
    Walked { next: data.len(), open_quote: matches!(state, State::Quoted | State::EscapeInQuoted) }
}
