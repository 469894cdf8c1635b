//! The buffers of a column of texts or bytes, and the way of a text into them.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, StringArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::error::ArrowError;
use artemis_record_layout::{Encoding, Trim};

use crate::fault::Fault;

/// Texts one after the other.
#[derive(Debug)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
    offsets: Vec<i32>,
}

/// The characters of a page of one byte each, as UTF-8.
#[derive(Debug)]
pub(crate) struct Page {
    /// The byte where it is ASCII, else [`NOT_ASCII`].
    ascii: [u8; 256],
    chars: [char; 256],
}

/// No ASCII has this bit.
const NOT_ASCII: u8 = 0x80;

impl Default for Texts {
    fn default() -> Self {
        Self { bytes: Vec::new(), offsets: vec![0] }
    }
}

impl Texts {
    /// Makes room for more rows of more bytes in all.
    pub fn reserve(&mut self, rows: usize, bytes: usize) {
        self.offsets.reserve(rows);
        self.bytes.reserve(bytes);
    }

    /// Appends bytes as they are.
    #[inline]
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.end();
    }

    /// Appends the characters of bytes.
    ///
    /// # Errors
    /// If a byte stands for nothing; then nothing is appended.
    #[inline]
    pub fn push_page(&mut self, bytes: &[u8], page: &Page) -> Result<(), Fault> {
        let length = self.bytes.len();
        let mut all = 0;
        self.bytes.extend(bytes.iter().map(|byte| {
            let ascii = page.ascii[usize::from(*byte)];
            all |= ascii;
            ascii
        }));
        if all & NOT_ASCII != 0 {
            self.bytes.truncate(length);
            let mut room = [0; 4];
            for byte in bytes {
                let char = page.chars[usize::from(*byte)];
                if char == char::MAX {
                    self.bytes.truncate(length);
                    return Err(Fault::Encoding);
                }
                self.bytes.extend_from_slice(char.encode_utf8(&mut room).as_bytes());
            }
        }
        self.end();
        Ok(())
    }

    #[inline]
    fn end(&mut self) {
        // A chunk is so short that its texts fit 31 bits, whatever their encoding.
        self.offsets.push(self.bytes.len() as i32);
    }

    /// The array of texts.
    ///
    /// # Errors
    /// If a text is not UTF-8.
    pub fn into_strings(self, nulls: Option<NullBuffer>) -> Result<ArrayRef, ArrowError> {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        Ok(Arc::new(StringArray::try_new(offsets, Buffer::from_vec(self.bytes), nulls)?))
    }

    /// The array of bytes.
    ///
    /// # Errors
    /// None for what was pushed.
    pub fn into_binary(self, nulls: Option<NullBuffer>) -> Result<ArrayRef, ArrowError> {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        Ok(Arc::new(BinaryArray::try_new(offsets, Buffer::from_vec(self.bytes), nulls)?))
    }
}

impl Page {
    /// That of an encoding of one byte per character.
    pub fn of(encoding: Encoding) -> Option<Self> {
        let chars = encoding.page()?;
        let ascii = chars.map(|char| if char.is_ascii() { char as u8 } else { NOT_ASCII });
        Some(Self { ascii, chars })
    }

    /// Bytes as ASCII; those that are none become one that no number or time has.
    pub fn to_ascii<'a>(&self, bytes: &[u8], scratch: &'a mut Vec<u8>) -> &'a [u8] {
        scratch.clear();
        scratch.extend(bytes.iter().map(|byte| self.ascii[usize::from(*byte)]));
        scratch
    }
}

/// Bytes without the blanks that are cut off.
#[inline]
pub(crate) fn trimmed(mut bytes: &[u8], trim: Trim, blank: u8) -> &[u8] {
    if matches!(trim, Trim::Right | Trim::Both) {
        while let [rest @ .., last] = bytes
            && *last == blank
        {
            bytes = rest;
        }
    }
    if matches!(trim, Trim::Left | Trim::Both) {
        while let [first, rest @ ..] = bytes
            && *first == blank
        {
            bytes = rest;
        }
    }
    bytes
}

/// A text without the blanks that are cut off.
pub(crate) fn trimmed_text(text: &str, trim: Trim) -> &str {
    match trim {
        Trim::None => text,
        Trim::Left => text.trim_start_matches(' '),
        Trim::Right => text.trim_end_matches(' '),
        Trim::Both => text.trim_matches(' '),
    }
}
