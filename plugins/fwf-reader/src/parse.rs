//! A chunk of whole records becomes a batch.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use artemis_record_layout::{Layout, Records};

use crate::cell::Ready;
use crate::column::{Column, Tile, data_type};
use crate::fault::Fault;
use crate::rows::{RecordError, Rows};

/// A chunk is no longer than this, in bytes: its texts, of up to three bytes a character, then fit 31 bits.
const MAX_CHUNK_BYTES: usize = 512 << 20;
/// Bytes of the chunk that all columns look at before the next ones: they stay in the cache.
const TILE_BYTES: usize = 256 << 10;
/// Rows of a tile are a multiple of this.
const TILE_ROWS: usize = 64;

/// Parses chunks by a layout.
#[derive(Debug)]
pub struct Parser {
    records: Records,
    fields: Vec<Ready>,
    schema: SchemaRef,
}

/// A chunk parsed.
#[derive(Debug)]
pub struct Parsed {
    /// The rows.
    pub batch: RecordBatch,
    /// Cells that do not convert, by row and column; they are null in the batch.
    pub mismatches: Vec<Mismatch>,
    /// Records that are not in the batch.
    pub record_errors: Vec<RecordError>,
    /// Records of the chunk.
    pub records: u32,
    pub(crate) rows: Rows,
}

/// A cell that does not convert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Its row in the batch.
    pub row: u32,
    /// Its column in the batch.
    pub column: u32,
    /// Why.
    pub fault: Fault,
}

/// Why a layout or chunk cannot be worked on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FwfError {
    /// All fields are skipped.
    #[error("the layout skips all of its fields")]
    NoColumns,
    /// A chunk is too long.
    #[error("a chunk of {bytes} bytes; at most {MAX_CHUNK_BYTES} fit")]
    ChunkTooLong {
        /// Length of the chunk.
        bytes: usize,
    },
    /// Arrow refused the columns.
    #[error("the batch cannot be built")]
    Arrow(#[from] ArrowError),
}

impl Parser {
    /// A parser for a layout whose fields have names.
    ///
    /// # Errors
    /// [`FwfError::NoColumns`].
    pub fn new(layout: &Layout) -> Result<Self, FwfError> {
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for field in &layout.fields {
            if let Some(data_type) = data_type(field.value) {
                fields.push(Ready::new(field));
                columns.push(Field::new(&field.name, data_type, true));
            }
        }
        if fields.is_empty() {
            return Err(FwfError::NoColumns);
        }
        Ok(Self { records: layout.records, fields, schema: Arc::new(Schema::new(columns)) })
    }

    /// The columns of its batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The field of a column.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn field(&self, column: usize) -> &artemis_record_layout::Field {
        &self.fields[column].field
    }

    /// Length of a record in bytes, without its terminator.
    pub fn record_bytes(&self) -> u64 {
        self.records.record_bytes()
    }

    /// Parses a chunk of whole records.
    ///
    /// # Errors
    /// [`FwfError::ChunkTooLong`].
    pub fn parse(&self, chunk: &[u8]) -> Result<Parsed, FwfError> {
        if chunk.len() > MAX_CHUNK_BYTES {
            return Err(FwfError::ChunkTooLong { bytes: chunk.len() });
        }
        let rows = Rows::find(&self.records, chunk);
        let count = rows.len();
        let is_ascii = chunk.is_ascii();
        let mut columns: Vec<Column<'_>> = self
            .fields
            .iter()
            .enumerate()
            .map(|(place, ready)| Column::new(ready, place as u32, count))
            .collect();
        let mut mismatches = Vec::new();
        let per_tile = TILE_BYTES / (self.records.record_bytes() as usize).max(1) / TILE_ROWS * TILE_ROWS;
        let per_tile = per_tile.max(TILE_ROWS);
        for start in (0..count).step_by(per_tile) {
            let range = start..count.min(start + per_tile);
            let tile = Tile { chunk, is_ascii, rows: &rows, range };
            columns.iter_mut().for_each(|column| column.append(&tile, &mut mismatches));
        }
        mismatches.sort_unstable_by_key(|mismatch| (mismatch.row, mismatch.column));
        let columns: Vec<ArrayRef> =
            columns.into_iter().map(Column::finish).collect::<Result<_, ArrowError>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?;
        Ok(Parsed { batch, mismatches, record_errors: rows.errors.clone(), records: rows.total, rows })
    }
}
