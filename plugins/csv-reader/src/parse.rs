//! A chunk of whole records becomes a batch.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;

use crate::column::{Column, Source};
use crate::index::{Indexer, RecordError, Tile};
use crate::locate::Locator;
use crate::options::{CsvError, Options, check_length};

/// Where a column of the schema comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnPlan {
    /// The place of the field in each record; `None` makes a column of nulls.
    pub source: Option<usize>,
    /// Take what only loses the form of a text: leading zeros and a plus sign of numbers, integers beyond
    /// 2^53 as floats, dates as timestamps. For types that a user asked for; inferred types need the
    /// strict form, so that a type that would lose something is noticed.
    pub lenient: bool,
}

/// A cell that does not convert to the type of its column. It is null in the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Number of the record within its chunk.
    pub record: u32,
    /// Place of the column in the schema, whose type was expected.
    pub column: u32,
    /// The raw bytes of the cell within the chunk.
    pub bytes: Range<u32>,
    /// The text is not UTF-8.
    pub invalid_utf8: bool,
}

/// What became of a chunk.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The rows: all records but those with errors.
    pub batch: RecordBatch,
    /// For each row the number of its record within the chunk.
    pub rows: Vec<u32>,
    /// Number of records in the chunk, those with errors included.
    pub records: u32,
    /// Every cell that does not convert, by record and column.
    pub mismatches: Vec<Mismatch>,
    /// Every record that is no row, in order.
    pub record_errors: Vec<RecordError>,
}

/// Buffers that one worker uses again for each chunk.
#[derive(Debug, Default)]
pub struct Scratch {
    tile: Tile,
}

/// Parses chunks of one layout into batches of one schema. It is immutable and shared by all workers.
#[derive(Debug, Clone)]
pub struct Parser {
    options: Options,
    schema: SchemaRef,
    width: usize,
    plan: Vec<ColumnPlan>,
}

/// Rows per tile: few enough that a tile stays in the cache, a multiple of 64 for the bitmaps.
pub(crate) fn tile_rows(width: usize) -> usize {
    (16_384 / (width + 1) / 64 * 64).clamp(64, 1024)
}

impl Parser {
    /// A parser that makes the columns of the schema from the fields in order; columns whose types the
    /// options give are lenient.
    ///
    /// # Errors
    /// As [`Parser::with_plan`].
    pub fn new(options: &Options, schema: SchemaRef, width: usize) -> Result<Self, CsvError> {
        let plan = schema.fields().iter().enumerate();
        let plan = plan.map(|(i, field)| ColumnPlan {
            source: Some(i),
            lenient: options.types.contains_key(field.name()),
        });
        let plan = plan.collect();
        Self::with_plan(options, schema, width, plan)
    }

    /// A parser of records of `width` fields that makes the columns of the schema by plan.
    ///
    /// # Errors
    /// [`CsvError::Type`] if text cannot be read as the type of a column, [`CsvError::Plan`] if the plan
    /// has not one entry per column or names a field beyond the width.
    pub fn with_plan(
        options: &Options,
        schema: SchemaRef,
        width: usize,
        plan: Vec<ColumnPlan>,
    ) -> Result<Self, CsvError> {
        if plan.len() != schema.fields().len() {
            let (plan, columns) = (plan.len(), schema.fields().len());
            return Err(CsvError::Plan(format!("a plan of {plan} columns for a schema of {columns}")));
        }
        for (plan, field) in plan.iter().zip(schema.fields()) {
            if let Some(source) = plan.source.filter(|source| *source >= width) {
                let name = field.name();
                let text = format!("column {name:?}: field {source} of records of {width} fields");
                return Err(CsvError::Plan(text));
            }
            if Column::new(field.data_type(), 0, 0, false).is_none() {
                let (column, data_type) = (field.name().clone(), field.data_type().clone());
                return Err(CsvError::Type { column, data_type });
            }
        }
        Ok(Self { options: options.clone(), schema, width, plan })
    }

    /// The schema of the batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The number of fields that a record must have.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Finds records of a chunk again.
    pub(crate) fn locator<'a>(&'a self, chunk: &'a [u8]) -> Locator<'a> {
        Locator::new(&self.options.dialect, chunk, self.width)
    }

    /// Parses a chunk of whole records, without header.
    ///
    /// # Errors
    /// [`CsvError::ChunkTooLong`] at 2 GiB and more. Cells and records that do not fit are in the result.
    pub fn parse(&self, chunk: &[u8], scratch: &mut Scratch) -> Result<Parsed, CsvError> {
        check_length(chunk)?;
        let mut columns: Vec<Option<Column>> = (0..self.plan.len()).map(|place| self.column(place)).collect();
        let mut indexer = Indexer::new(&self.options.dialect, chunk, self.width);
        let mut mismatches = Vec::new();
        let mut rows = Vec::new();
        let tile = &mut scratch.tile;
        while indexer.fill(tile, tile_rows(self.width)) {
            let source = Source { options: &self.options, data: chunk, tile };
            for column in columns.iter_mut().flatten() {
                column.append(source, &mut mismatches);
            }
            let is_first = rows.is_empty();
            rows.extend_from_slice(&tile.records);
            if is_first {
                let expected = expected_rows(chunk.len(), indexer.position(), rows.len());
                rows.reserve(expected - rows.len());
                columns.iter_mut().flatten().for_each(|column| column.reserve(expected));
            }
        }
        let mut arrays = Vec::with_capacity(columns.len());
        for (place, column) in columns.into_iter().enumerate() {
            arrays.push(match column.map(Column::finish) {
                Some(Ok(array)) => array,
                Some(Err(_)) => self.reparse(chunk, place, tile, &mut mismatches)?,
                None => new_null_array(self.schema.field(place).data_type(), rows.len()),
            });
        }
        mismatches.sort_unstable_by_key(|mismatch| (mismatch.record, mismatch.column));
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)?;
        Ok(Parsed { batch, rows, records: indexer.records(), mismatches, record_errors: indexer.errors })
    }

    /// An empty column; `None` for one of nulls.
    fn column(&self, place: usize) -> Option<Column> {
        let ColumnPlan { source, lenient } = self.plan[place];
        Column::new(self.schema.field(place).data_type(), source?, place as u32, lenient)
    }

    /// Makes a column of texts again, as some of them are not UTF-8: those become mismatches.
    #[cold]
    fn reparse(
        &self,
        chunk: &[u8],
        place: usize,
        tile: &mut Tile,
        mismatches: &mut Vec<Mismatch>,
    ) -> Result<arrow::array::ArrayRef, CsvError> {
        let Some(column) = self.column(place) else {
            return Err(CsvError::Plan(format!("column {place} has no field")));
        };
        let mut column = column.checked();
        let mut indexer = Indexer::new(&self.options.dialect, chunk, self.width);
        while indexer.fill(tile, tile_rows(self.width)) {
            column.append(Source { options: &self.options, data: chunk, tile }, mismatches);
        }
        Ok(column.finish()?)
    }
}

/// The rows to expect of a chunk by those of its first bytes, with a little room.
fn expected_rows(length: usize, seen_bytes: usize, seen_rows: usize) -> usize {
    let expected = seen_rows as f64 * length as f64 / seen_bytes.max(1) as f64;
    (expected * 1.02) as usize + seen_rows.min(64)
}

impl Parsed {
    /// Takes out every row that has a mismatch; the mismatches stay listed.
    ///
    /// # Errors
    /// [`CsvError::Arrow`] if Arrow cannot filter a column.
    pub fn without_mismatches(mut self) -> Result<Self, CsvError> {
        if self.mismatches.is_empty() {
            return Ok(self);
        }
        let mut bad = self.mismatches.iter().map(|mismatch| mismatch.record).peekable();
        let keep: Vec<bool> = self
            .rows
            .iter()
            .map(|record| {
                while bad.next_if(|bad| bad < record).is_some() {}
                bad.peek() != Some(record)
            })
            .collect();
        self.batch = filter_record_batch(&self.batch, &BooleanArray::from(keep.clone()))?;
        let mut kept = keep.iter();
        self.rows.retain(|_| kept.next().copied().unwrap_or(true));
        Ok(self)
    }
}
