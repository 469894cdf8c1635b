//! The bytes that structure a delimited text.

use thiserror::Error;

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Terminator {
    /// A line feed; a carriage return directly before it belongs to it.
    LineFeed,
    /// One given byte; carriage returns are then data.
    Byte(u8),
}

/// The structuring bytes, checked: no byte has two roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
    pub(crate) escape: Option<u8>,
    pub(crate) comment: Option<u8>,
    pub(crate) terminator: Terminator,
}

/// Two roles share a byte.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{first} and {second} are the same byte ({byte:#04x})")]
pub struct DialectError {
    /// The first of the two roles, e.g. `delimiter`.
    pub first: &'static str,
    /// The second of the two roles, e.g. `quote`.
    pub second: &'static str,
    /// The byte that both use.
    pub byte: u8,
}

impl Dialect {
    /// Checks the bytes and makes a dialect of them.
    ///
    /// # Errors
    /// [`DialectError`] if two roles share a byte. With [`Terminator::LineFeed`] both `\n` and `\r` are
    /// taken.
    pub fn new(
        delimiter: u8,
        quote: Option<u8>,
        escape: Option<u8>,
        comment: Option<u8>,
        terminator: Terminator,
    ) -> Result<Self, DialectError> {
        let (end, carriage_return) = match terminator {
            Terminator::LineFeed => (b'\n', Some(b'\r')),
            Terminator::Byte(byte) => (byte, None),
        };
        let roles = [
            ("delimiter", Some(delimiter)),
            ("quote", quote),
            ("escape", escape),
            ("comment", comment),
            ("terminator", Some(end)),
            ("terminator", carriage_return),
        ];
        for (i, (first, a)) in roles.iter().enumerate() {
            for (second, b) in &roles[i + 1..] {
                if let (Some(a), Some(b)) = (a, b)
                    && a == b
                {
                    return Err(DialectError { first, second, byte: *a });
                }
            }
        }
        Ok(Self { delimiter, quote, escape, comment, terminator })
    }

    /// The byte that ends a line.
    pub(crate) fn terminator_byte(&self) -> u8 {
        match self.terminator {
            Terminator::LineFeed => b'\n',
            Terminator::Byte(byte) => byte,
        }
    }

    /// Whether a carriage return before the terminator belongs to it.
    pub(crate) fn strips_cr(&self) -> bool {
        self.terminator == Terminator::LineFeed
    }
}

impl Default for Dialect {
    /// Comma, double quote, line feed or CRLF; no escape, no comments (RFC 4180).
    fn default() -> Self {
        Self {
            delimiter: b',',
            quote: Some(b'"'),
            escape: None,
            comment: None,
            terminator: Terminator::LineFeed,
        }
    }
}
