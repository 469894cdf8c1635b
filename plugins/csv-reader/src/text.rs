//! The buffers of a string column.

use arrow::array::{ArrayRef, StringArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::error::ArrowError;
use std::sync::Arc;

/// Texts no longer than this are copied as a whole vector, whatever their length.
const SHORT: usize = 16;

/// Texts one after the other.
#[derive(Debug)]
pub(crate) struct Texts {
    /// The bytes; those from `length` on are room.
    bytes: Vec<u8>,
    length: usize,
    offsets: Vec<i32>,
}

impl Default for Texts {
    fn default() -> Self {
        Self { bytes: Vec::new(), length: 0, offsets: vec![0] }
    }
}

impl Texts {
    /// Makes room for more rows of more bytes in all.
    pub fn reserve(&mut self, rows: usize, bytes: usize) {
        self.offsets.reserve(rows);
        self.bytes.reserve(bytes);
    }

    /// Bytes of all texts.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Appends `data[start..end]`.
    #[inline]
    pub fn push_range(&mut self, data: &[u8], start: usize, end: usize) {
        let length = end - start;
        if length <= SHORT
            && let Some(window) = data.get(start..).and_then(|rest| rest.first_chunk::<SHORT>())
        {
            self.grow(SHORT);
            if let Some(room) = self.bytes[self.length..].first_chunk_mut::<SHORT>() {
                *room = *window;
            }
            self.length += length;
            self.offsets.push(self.length as i32);
        } else {
            self.push(&data[start..end]);
        }
    }

    /// Appends a text; an empty one for null.
    pub fn push(&mut self, text: &[u8]) {
        self.grow(text.len());
        self.bytes[self.length..self.length + text.len()].copy_from_slice(text);
        self.length += text.len();
        // Texts are no longer than the chunk that they come from, whose length fits.
        self.offsets.push(self.length as i32);
    }

    #[inline]
    fn grow(&mut self, more: usize) {
        if self.bytes.len() < self.length + more {
            let wanted = (self.length + more).max(2 * self.bytes.len()).max(1024);
            // First what was reserved, before anything moves.
            let size = if self.bytes.capacity() >= self.length + more {
                wanted.min(self.bytes.capacity())
            } else {
                wanted
            };
            self.bytes.resize(size, 0);
        }
    }

    /// The array.
    ///
    /// # Errors
    /// If a text is not UTF-8.
    pub fn finish(mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef, ArrowError> {
        self.bytes.truncate(self.length);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        Ok(Arc::new(StringArray::try_new(offsets, Buffer::from_vec(self.bytes), nulls)?))
    }
}
