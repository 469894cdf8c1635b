//! The text of a cell from its raw bytes.

use std::borrow::Cow;

use memchr::memchr;

use crate::dialect::Dialect;

/// The text of a cell.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cell<'a> {
    pub text: Cow<'a, [u8]>,
    /// The raw bytes start with a quote.
    pub quoted: bool,
}

/// Takes quotes and escapes off the raw bytes of one field.
#[inline]
pub(crate) fn decode<'a>(dialect: &Dialect, raw: &'a [u8]) -> Cell<'a> {
    let quoted = match (raw.first(), dialect.quote) {
        (Some(first), Some(quote)) => *first == quote,
        _ => false,
    };
    let has = |role: Option<u8>, text: &[u8]| role.is_some_and(|byte| memchr(byte, text).is_some());
    if !quoted {
        return if has(dialect.escape, raw) {
            Cell { text: Cow::Owned(unescape(dialect, raw)), quoted }
        } else {
            Cell { text: Cow::Borrowed(raw), quoted }
        };
    }
    if let [_, inner @ .., last] = raw
        && Some(*last) == dialect.quote
        && !has(dialect.quote, inner)
        && !has(dialect.escape, inner)
    {
        return Cell { text: Cow::Borrowed(inner), quoted };
    }
    Cell { text: Cow::Owned(unescape(dialect, raw)), quoted }
}

/// Takes quotes and escapes off byte by byte. Text after a closing quote is kept.
#[cold]
fn unescape(dialect: &Dialect, raw: &[u8]) -> Vec<u8> {
    #[derive(Clone, Copy)]
    enum In {
        Start,
        Plain,
        Quotes,
        Closed,
        Escape { quoted: bool },
    }
    let is = |role: Option<u8>, byte: u8| role == Some(byte);
    let mut text = Vec::with_capacity(raw.len());
    let mut state = In::Start;
    for &byte in raw {
        state = match state {
            In::Start if is(dialect.quote, byte) => In::Quotes,
            In::Closed if is(dialect.quote, byte) => {
                text.push(byte);
                In::Quotes
            }
            In::Start | In::Plain | In::Closed if is(dialect.escape, byte) => In::Escape { quoted: false },
            In::Quotes if is(dialect.escape, byte) => In::Escape { quoted: true },
            In::Quotes if is(dialect.quote, byte) => In::Closed,
            In::Quotes | In::Escape { quoted: true } => {
                text.push(byte);
                In::Quotes
            }
            In::Start | In::Plain | In::Closed | In::Escape { quoted: false } => {
                text.push(byte);
                In::Plain
            }
        };
    }
    // An escape at the very end of an input escapes nothing, so it stays.
    if let (In::Escape { .. }, Some(escape)) = (state, dialect.escape) {
        text.push(escape);
    }
    text
}
