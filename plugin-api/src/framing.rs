//! How a reader's inputs are cut into records.

/// How inputs are cut. The host cuts; the reader sees whole records only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Framing {
    /// Text with terminators, quotes, escapes and comments.
    Delimited(Delimited),
    /// Records of one length.
    Fixed {
        /// Length of a record in bytes.
        record_bytes: u64,
        /// Bytes before the first record.
        header_bytes: u64,
        /// Bytes after the last record.
        footer_bytes: u64,
    },
    /// Records with a length in front: a record descriptor word of z/OS (length of the record with the word, 16 bits big
    /// endian, then two zero bytes). The words stay in the chunks.
    Prefixed {
        /// Groups of records have a block descriptor word in front too; chunks hold whole groups.
        is_grouped: bool,
    },
}

/// The dialect of delimited text, as far as records are concerned.
///
/// A quote opens only at the start of a field; inside quotes a doubled quote stands for one; the escape makes the
/// next byte literal, inside quotes and outside; a comment runs from the start of a record to the terminator. Blank
/// lines and comments are not records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delimited {
    /// Ends a field.
    pub delimiter: u8,
    /// Opens and closes a quoted field.
    pub quote: Option<u8>,
    /// Makes the next byte literal.
    pub escape: Option<u8>,
    /// Starts a comment, at the start of a record.
    pub comment: Option<u8>,
    /// Ends a record; `None`: LF or CRLF.
    pub terminator: Option<u8>,
    /// Records before the data.
    pub header_records: u32,
    /// Records after the data.
    pub footer_records: u32,
}

impl Default for Delimited {
    /// Comma, double quote, LF or CRLF, one header record.
    fn default() -> Self {
        Self {
            delimiter: b',',
            quote: Some(b'"'),
            escape: None,
            comment: None,
            terminator: None,
            header_records: 1,
            footer_records: 0,
        }
    }
}
