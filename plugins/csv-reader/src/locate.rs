//! Where a record of a chunk stands, for the few records that need it.

use std::ops::Range;

use crate::dialect::Dialect;
use crate::index::{Indexer, Tile};
use crate::parse::tile_rows;

/// Finds rows of a chunk by the numbers of their records, which must ascend from call to call.
pub(crate) struct Locator<'a> {
    indexer: Indexer<'a>,
    tile: Tile,
    max_rows: usize,
}

impl<'a> Locator<'a> {
    pub fn new(dialect: &'a Dialect, chunk: &'a [u8], width: usize) -> Self {
        let indexer = Indexer::new(dialect, chunk, width);
        Self { indexer, tile: Tile::default(), max_rows: tile_rows(width) }
    }

    /// The bytes of a record within the chunk, without its terminator; `None` if it is no row.
    pub fn bytes(&mut self, record: u32) -> Option<Range<u32>> {
        while self.tile.records.last().is_none_or(|last| *last < record) {
            if !self.indexer.fill(&mut self.tile, self.max_rows) {
                return None;
            }
        }
        let row = self.tile.records.binary_search(&record).ok()?;
        Some(self.tile.record(row))
    }
}
