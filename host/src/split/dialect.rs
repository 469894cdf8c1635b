//! The bytes that structure a delimited text.

use thiserror::Error;

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Terminator {
    /// A line feed. A carriage return directly before it belongs to the terminator (CRLF); a carriage
    /// return elsewhere is data.
    LineFeed,
    /// One given byte; carriage returns are then data.
    Byte(u8),
}

/// The structuring bytes of a delimited text, checked: no byte has two meanings.
///
/// ```
/// use artemis_host::split::{Dialect, Terminator};
/// assert!(Dialect::new(b',', Some(b','), None, None, Terminator::LineFeed).is_err());
/// assert!(Dialect::new(b'\n', None, None, None, Terminator::LineFeed).is_err());
/// assert_eq!(Dialect::csv().quote(), Some(b'"'));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dialect {
    delimiter: u8,
    quote: Option<u8>,
    escape: Option<u8>,
    comment: Option<u8>,
    terminator: Terminator,
}

/// Why a set of structuring bytes is no dialect.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DialectError {
    /// Two roles share a byte, so no reading of the text would be right.
    #[error("{first} and {second} are the same byte ({byte:#04x})")]
    SameByte {
        /// The first of the two roles, e.g. `delimiter`.
        first: &'static str,
        /// The second of the two roles, e.g. `quote`.
        second: &'static str,
        /// The byte that both use.
        byte: u8,
    },
}

impl Dialect {
    /// Checks the bytes and makes a dialect of them.
    ///
    /// # Errors
    /// [`DialectError::SameByte`] if two roles share a byte. With [`Terminator::LineFeed`] both `\n` and
    /// `\r` are taken.
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
                    return Err(DialectError::SameByte { first, second, byte: *a });
                }
            }
        }
        Ok(Self { delimiter, quote, escape, comment, terminator })
    }

    /// Comma, double quote, line feed or CRLF; no escape, no comments (RFC 4180).
    pub fn csv() -> Self {
        Self {
            delimiter: b',',
            quote: Some(b'"'),
            escape: None,
            comment: None,
            terminator: Terminator::LineFeed,
        }
    }

    /// The byte between two fields.
    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The byte that opens and closes a quoted field.
    pub fn quote(&self) -> Option<u8> {
        self.quote
    }

    /// The byte that makes the next one literal.
    pub fn escape(&self) -> Option<u8> {
        self.escape
    }

    /// The byte that makes a comment of a line which starts with it.
    pub fn comment(&self) -> Option<u8> {
        self.comment
    }

    /// What ends a line.
    pub fn terminator(&self) -> Terminator {
        self.terminator
    }

    /// The byte that ends a line: `\n` for [`Terminator::LineFeed`].
    pub fn terminator_byte(&self) -> u8 {
        match self.terminator {
            Terminator::LineFeed => b'\n',
            Terminator::Byte(byte) => byte,
        }
    }

    /// Whether a carriage return before the terminator belongs to it.
    pub fn strips_cr(&self) -> bool {
        self.terminator == Terminator::LineFeed
    }
}
