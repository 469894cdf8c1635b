//! Puts the batches of a leaf into batches of equal row count. Pure: batches in, cuts out.

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use std::sync::Arc;

use crate::steering::plain_type;

/// Size of a batch that the host aims at, in bytes, where the job does not say.
const BATCH_BYTES: u64 = 8 << 20;
/// Rows of a batch at most, where the job does not say.
const BATCH_ROWS_MAX: usize = 1 << 22;

/// Holds the batches of one leaf until they fill one.
#[derive(Debug)]
pub struct Collector {
    rows_per_batch: usize,
    pending: Vec<RecordBatch>,
    pending_rows: usize,
    next_index: u64,
}

/// Slices that make one batch.
#[derive(Debug)]
pub struct CutBatch {
    /// Index of the batch within its partition.
    pub index: u64,
    /// In order; together `rows` rows.
    pub slices: Vec<RecordBatch>,
    /// Number of rows.
    pub rows: usize,
}

impl Collector {
    /// A collector of batches with so many rows, at least one.
    pub fn new(rows_per_batch: usize) -> Self {
        Self { rows_per_batch: rows_per_batch.max(1), pending: Vec::new(), pending_rows: 0, next_index: 0 }
    }

    /// Takes a batch; gives the cuts that it completes.
    pub fn push(&mut self, batch: RecordBatch) -> Vec<CutBatch> {
        let (mut cuts, mut start) = (Vec::new(), 0);
        let rows = batch.num_rows();
        while self.pending_rows + (rows - start) >= self.rows_per_batch {
            let take = self.rows_per_batch - self.pending_rows;
            self.pending.push(batch.slice(start, take));
            self.pending_rows += take;
            start += take;
            cuts.extend(self.cut());
        }
        if start < rows {
            self.pending_rows += rows - start;
            self.pending.push(batch.slice(start, rows - start));
        }
        cuts
    }

    /// The last, shorter batch, if there are rows left.
    pub fn finish(mut self) -> Option<CutBatch> {
        self.cut()
    }

    fn cut(&mut self) -> Option<CutBatch> {
        if self.pending_rows == 0 {
            return None;
        }
        let index = self.next_index;
        self.next_index += 1;
        let rows = std::mem::take(&mut self.pending_rows);
        Some(CutBatch { index, slices: std::mem::take(&mut self.pending), rows })
    }
}

impl CutBatch {
    /// One batch of the slices, with the columns that are stored: dictionaries and views as plain values.
    ///
    /// # Errors
    /// Those of arrow; none for batches of one schema.
    pub fn assemble(self, stored: &SchemaRef) -> Result<RecordBatch, ArrowError> {
        let slices =
            self.slices.into_iter().map(|slice| plain(slice, stored)).collect::<Result<Vec<_>, _>>()?;
        match <[RecordBatch; 1]>::try_from(slices) {
            // One slice is written as it is: the encoder takes the slice's part of the shared buffers.
            Ok([one]) => Ok(one),
            Err(slices) => concat_batches(stored, &slices),
        }
    }
}

/// The schema in which a leaf is stored.
pub fn stored_schema(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| match plain_type(field.data_type()) {
        Some(plain) => Arc::new(
            Field::new(field.name(), plain, field.is_nullable()).with_metadata(field.metadata().clone()),
        ),
        None => field.clone(),
    });
    Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone()))
}

fn plain(batch: RecordBatch, stored: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns: Vec<ArrayRef> = batch
        .columns()
        .iter()
        .zip(stored.fields())
        .map(|(column, field)| match column.data_type() == field.data_type() {
            true => Ok(column.clone()),
            false => cast(column, field.data_type()),
        })
        .collect::<Result<_, _>>()?;
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(stored.clone(), columns, &options)
}

/// Rows per batch where the job does not say: the largest power of two whose estimated size is at most 8 MiB. The
/// estimate comes from the sample's batches, and from the types where the sample gave none.
pub fn rows_per_batch(schema: &SchemaRef, sample: &[RecordBatch]) -> usize {
    let rows = (BATCH_BYTES as f64 / bytes_per_row(schema, sample).max(1.0)).max(1.0) as usize;
    let power = if rows.is_power_of_two() { rows } else { rows.next_power_of_two() / 2 };
    power.min(BATCH_ROWS_MAX)
}

/// The estimated size of a row, in bytes: from the types where they have a width, from the sample otherwise.
pub fn bytes_per_row(schema: &SchemaRef, sample: &[RecordBatch]) -> f64 {
    let rows: u64 = sample.iter().map(|batch| batch.num_rows() as u64).sum();
    schema
        .fields()
        .iter()
        .enumerate()
        .map(|(i, field)| match fixed_bytes(field.data_type()) {
            Some(bytes) => bytes,
            None if rows > 0 => {
                let held: u64 = sample.iter().map(|batch| used_bytes(batch.column(i))).sum();
                held as f64 / rows as f64
            }
            None => 32.0,
        })
        .sum()
}

/// Bytes that a value of a type with fixed width takes, its null bit included.
fn fixed_bytes(data_type: &DataType) -> Option<f64> {
    match data_type {
        DataType::Null => Some(0.0),
        DataType::Boolean => Some(0.25),
        other => other.primitive_width().map(|bytes| bytes as f64 + 0.125),
    }
}

/// Bytes of a column's own values, not of buffers that it shares with others.
fn used_bytes(column: &ArrayRef) -> u64 {
    column.to_data().get_slice_memory_size().unwrap_or(0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{AsArray, Int64Array, StringArray};
    use arrow::datatypes::Int64Type;
    use proptest::prelude::*;

    fn batch(values: &[i64]) -> RecordBatch {
        let schema = Arc::new(Schema::new(vec![Field::new("x", DataType::Int64, true)]));
        RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from(values.to_vec()))]).unwrap()
    }

    proptest! {
        #[test]
        fn all_batches_but_the_last_have_the_same_rows_and_nothing_is_lost(
            sizes in proptest::collection::vec(0usize..20, 0..20),
            rows in 1usize..9,
        ) {
            let mut collector = Collector::new(rows);
            let (mut next, mut cuts) = (0i64, Vec::new());
            for size in sizes {
                let values: Vec<i64> = (next..next + size as i64).collect();
                next += size as i64;
                cuts.extend(collector.push(batch(&values)));
            }
            prop_assert!(cuts.iter().all(|cut| cut.rows == rows));
            cuts.extend(collector.finish());
            let mut seen = Vec::new();
            for (i, cut) in cuts.into_iter().enumerate() {
                prop_assert_eq!(cut.index, i as u64);
                let schema = cut.slices[0].schema();
                let (wanted, whole) = (cut.rows, cut.assemble(&schema).unwrap());
                prop_assert_eq!(whole.num_rows(), wanted);
                seen.extend_from_slice(whole.column(0).as_primitive::<Int64Type>().values());
            }
            prop_assert_eq!(seen, (0..next).collect::<Vec<_>>());
        }
    }

    #[test]
    fn rows_per_batch_is_a_power_of_two_of_at_most_eight_mebibytes() {
        let numbers = batch(&[1, 2, 3]);
        let rows = rows_per_batch(&numbers.schema(), &[numbers]);
        assert_eq!(rows, 1 << 19);
        let schema = Arc::new(Schema::new(vec![Field::new("s", DataType::Utf8, true)]));
        let text = RecordBatch::try_new(
            schema.clone(),
            vec![Arc::new(StringArray::from(vec!["x".repeat(100); 50]))],
        )
        .unwrap();
        assert_eq!(rows_per_batch(&schema, &[text]), 1 << 16);
        assert!(rows_per_batch(&schema, &[]).is_power_of_two());
    }
}
