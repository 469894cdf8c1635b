//! The partition of what was left out: records with their place and reason, and inputs that could not be read.

use super::inputs::BadInputs;
use super::stages;
use super::{ErrorKind, JobError};
use crate::collector::Collector;
use crate::steering::RejectedRecord;
use crate::writer::PartitionWriter;
use arrow::array::{ArrayRef, BinaryArray, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

/// Its name: what the root node rejected.
pub const PARTITION: &str = "initial.rejected";
/// Rows of a batch: with the pieces below, 64 MiB at most.
const ROWS_PER_BATCH: usize = 256;
/// Bytes of a bad input that go into one row.
const PIECE_BYTES: usize = 256 << 10;

/// Its columns.
pub fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("datum", DataType::Utf8, false),
        Field::new("record", DataType::UInt64, true),
        Field::new("offset", DataType::UInt64, false),
        Field::new("column", DataType::Utf8, true),
        Field::new("reason", DataType::Utf8, false),
        Field::new("raw", DataType::Binary, true),
    ]))
}

/// What was left out.
pub struct Rejected<'a> {
    /// Records, with the position of their input.
    pub records: &'a [(usize, RejectedRecord)],
    /// Index of the input at each position.
    pub positions: &'a [usize],
    /// Names of the inputs by index.
    pub names: &'a [String],
    /// Inputs that could not be read, and their files.
    pub bad_inputs: Option<(&'a BadInputs, &'a Vec<PathBuf>)>,
}

/// One row.
struct Row<'a> {
    datum: &'a str,
    record: Option<u64>,
    offset: u64,
    column: Option<&'a str>,
    reason: &'a str,
    raw: Option<&'a [u8]>,
}

impl Rejected<'_> {
    /// Nothing was left out.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.bad_inputs.is_none_or(|(bad, _)| bad.is_empty())
    }

    /// Writes it: the inputs first, then the records, in order.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, writer: &PartitionWriter) -> Result<(), JobError> {
        let mut collector = Collector::new(ROWS_PER_BATCH);
        let mut push = |rows: &[Row<'_>]| -> Result<(), JobError> {
            for cut in collector.push(batch(rows)?) {
                stages::write(writer, cut)?;
            }
            Ok(())
        };
        let name = |index: usize| self.names.get(index).map_or("", String::as_str);
        let (bad, files) = self.bad_inputs.map_or((None, None), |(bad, files)| (Some(bad), Some(files)));
        for (index, reason) in bad.into_iter().flatten() {
            let file = files.and_then(|files| File::open(files.get(*index)?).ok());
            let Some(mut file) = file else {
                push(&[of_input(name(*index), reason, 0, None)])?;
                continue;
            };
            let (mut offset, mut piece) = (0, Vec::new());
            loop {
                piece.clear();
                let read = (&mut file).take(PIECE_BYTES as u64).read_to_end(&mut piece);
                match read {
                    Ok(0) if offset > 0 => break,
                    Ok(read) => {
                        push(&[of_input(name(*index), reason, offset, Some(&piece))])?;
                        offset += read as u64;
                        if read < PIECE_BYTES {
                            break;
                        }
                    }
                    Err(_) => {
                        push(&[of_input(name(*index), reason, offset, None)])?;
                        break;
                    }
                }
            }
        }
        for records in self.records.chunks(ROWS_PER_BATCH) {
            let rows: Vec<Row<'_>> = records
                .iter()
                .map(|(position, rejected)| Row {
                    datum: self.positions.get(*position).map_or("", |index| name(*index)),
                    record: Some(rejected.record),
                    offset: rejected.offset,
                    column: rejected.column.as_deref(),
                    reason: &rejected.reason,
                    raw: Some(&rejected.raw),
                })
                .collect();
            push(&rows)?;
        }
        match collector.finish() {
            Some(cut) => stages::write(writer, cut),
            None => Ok(()),
        }
    }
}

/// A row about a piece of a bad input.
fn of_input<'a>(datum: &'a str, reason: &'a str, offset: u64, raw: Option<&'a [u8]>) -> Row<'a> {
    Row { datum, record: None, offset, column: None, reason, raw }
}

fn batch(rows: &[Row<'_>]) -> Result<RecordBatch, JobError> {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.datum))),
        Arc::new(UInt64Array::from_iter(rows.iter().map(|row| row.record))),
        Arc::new(UInt64Array::from_iter_values(rows.iter().map(|row| row.offset))),
        Arc::new(StringArray::from_iter(rows.iter().map(|row| row.column))),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.reason))),
        Arc::new(BinaryArray::from_iter(rows.iter().map(|row| row.raw))),
    ];
    RecordBatch::try_new(schema(), columns)
        .map_err(|e| JobError::new(ErrorKind::Bug, format!("cannot make the partition of rejects: {e}")))
}
