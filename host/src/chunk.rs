//! The bytes of a block in memory, and the pool that they come from.

use artemis_plugin_api::abi::CHUNK_PADDING_BYTES;
use std::sync::{Arc, Mutex};

/// Bytes with padding behind them; they go back to their pool when the last holder lets go.
///
/// Invariant: `bytes.len() >= start + len + CHUNK_PADDING_BYTES`.
#[derive(Debug)]
pub struct ChunkBytes {
    bytes: Vec<u8>,
    start: usize,
    len: usize,
    pool: Option<Arc<Pool>>,
}

impl ChunkBytes {
    /// The bytes of a buffer from `start` to its end; the padding is added.
    pub(crate) fn of_buffer(mut bytes: Vec<u8>, start: usize, pool: Option<Arc<Pool>>) -> Self {
        let len = bytes.len().saturating_sub(start);
        bytes.resize(start + len + CHUNK_PADDING_BYTES, 0);
        Self { bytes, start, len, pool }
    }

    /// A copy of bytes, padded.
    pub fn copy_of(bytes: &[u8]) -> Self {
        let mut padded = Vec::with_capacity(bytes.len() + CHUNK_PADDING_BYTES);
        padded.extend_from_slice(bytes);
        Self::of_buffer(padded, 0, None)
    }

    /// The bytes without padding.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.len]
    }

    /// The bytes with padding.
    pub(crate) fn padded(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Length in bytes, without padding.
    pub fn len(&self) -> usize {
        self.len
    }

    /// No bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Drop for ChunkBytes {
    fn drop(&mut self) {
        if let Some(pool) = &self.pool {
            pool.give_back(std::mem::take(&mut self.bytes));
        }
    }
}

/// Buffers that are used again: the first touch of fresh memory costs more than the read into it.
#[derive(Debug)]
pub struct Pool {
    free: Mutex<Vec<Vec<u8>>>,
    /// Capacity of a buffer in bytes; others are not kept.
    buffer_bytes: usize,
    /// Buffers kept at most.
    keep: usize,
}

impl Pool {
    /// A pool of buffers of one size.
    pub fn new(buffer_bytes: usize, keep: usize) -> Arc<Self> {
        Arc::new(Self { free: Mutex::default(), buffer_bytes, keep })
    }

    /// A buffer of `len` bytes with whatever it held before.
    pub fn take(&self, len: usize) -> Vec<u8> {
        let kept = self.free.lock().ok().and_then(|mut free| free.pop());
        let mut buffer = kept.unwrap_or_else(|| Vec::with_capacity(self.buffer_bytes.max(len)));
        buffer.resize(len, 0);
        buffer
    }

    /// Takes a buffer back.
    pub fn give_back(&self, buffer: Vec<u8>) {
        let Ok(mut free) = self.free.lock() else { return };
        // A buffer that grew for a long record is not kept: the bound of memory counts buffers of one size.
        if free.len() < self.keep && (self.buffer_bytes..=self.buffer_bytes * 2).contains(&buffer.capacity())
        {
            free.push(buffer);
        }
    }
}
