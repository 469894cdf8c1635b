//! A key as a file that can be read from any place, wherever the store is.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::Arc,
};

use super::{Result, Store, StoreError};

/// Bytes that are fetched at a time, unless more are asked for at once.
const FETCHED_AT_ONCE: u64 = 1 << 20;

/// Reads a key piece by piece. One piece is in memory at a time.
#[derive(Debug)]
pub struct KeyReader {
    store: Arc<dyn Store>,
    key: String,
    size: u64,
    position: u64,
    piece: Vec<u8>,
    piece_start: u64,
}

impl KeyReader {
    /// A reader at the beginning of a key.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such key, or an error of the store.
    pub fn open(store: Arc<dyn Store>, key: &str) -> Result<Self> {
        let size = store.size(key)?.ok_or_else(|| StoreError::NotFound { key: key.to_owned() })?;
        Ok(Self { store, key: key.to_owned(), size, position: 0, piece: Vec::new(), piece_start: 0 })
    }

    /// The size of the key in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The bytes of the current piece from the position on.
    fn rest(&self) -> &[u8] {
        let offset = self.position.checked_sub(self.piece_start).and_then(|o| usize::try_from(o).ok());
        offset.and_then(|o| self.piece.get(o..)).unwrap_or_default()
    }
}

impl Read for KeyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.position >= self.size {
            return Ok(0);
        }
        if self.rest().is_empty() {
            let wanted = FETCHED_AT_ONCE.max(buffer.len() as u64);
            let end = self.position.saturating_add(wanted).min(self.size);
            self.piece = self.store.get_range(&self.key, self.position..end).map_err(io::Error::other)?;
            self.piece_start = self.position;
            if self.piece.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let rest = self.rest();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for KeyReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    #[test]
    fn any_read_gives_what_the_key_holds_there() {
        let store = Arc::new(MemoryStore::new());
        let bytes: Vec<u8> = (0..FETCHED_AT_ONCE as u32 * 2 + 77).map(|i| (i % 251) as u8).collect();
        store.put("key", &bytes).unwrap();
        let mut reader = KeyReader::open(store, "key").unwrap();
        assert_eq!(reader.size(), bytes.len() as u64);
        for (at, count) in
            [(0, 10), (5, 3), (1 << 20, 100), ((1 << 20) - 1, 2), (bytes.len() - 4, 4), (3, 2_000_000)]
        {
            reader.seek(SeekFrom::Start(at as u64)).unwrap();
            let mut read = vec![0; count];
            reader.read_exact(&mut read).unwrap();
            assert_eq!(read, bytes[at..at + count], "{count} at {at}");
        }
        assert_eq!(reader.seek(SeekFrom::End(-4)).unwrap(), bytes.len() as u64 - 4);
        let mut tail = Vec::new();
        reader.read_to_end(&mut tail).unwrap();
        assert_eq!(tail, bytes[bytes.len() - 4..]);
        assert!(reader.seek(SeekFrom::Current(i64::MIN)).is_err());
        assert!(KeyReader::open(Arc::new(MemoryStore::new()), "key").is_err());
    }
}
