//! What does not fit: told to the host, and treated as it answers.

use std::iter::Peekable;
use std::slice::Iter;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use artemis_plugin_api::{Action, Chunk, Context, Error, Reject, Result};

use crate::datatype::type_name;
use crate::index::{RecordError, RecordFault};
use crate::parse::{Mismatch, Parsed, Parser};

/// Reports every record and cell that does not fit, by record and column. Gives the batch without the records that
/// the host drops, and the number of records of the chunk that are not in it.
///
/// # Errors
/// [`Error::stopped`] as soon as the host says so.
pub(super) fn settle(
    context: &Context<'_>,
    parser: &Parser,
    chunk: &Chunk<'_>,
    parsed: Parsed,
) -> Result<(RecordBatch, usize)> {
    let Parsed { batch, rows, mismatches, record_errors, .. } = parsed;
    let report = Report { context, parser, chunk };
    let mut errors = record_errors.iter().peekable();
    let mut locator = parser.locator(chunk.bytes());
    let mut dropped: Vec<u32> = Vec::new();
    for mismatch in &mismatches {
        report.records_before(mismatch.record, &mut errors)?;
        let record = locator.bytes(mismatch.record).ok_or_else(|| {
            Error::new(format!("record {} of a chunk was not found again", mismatch.record))
        })?;
        let is_dropped = report.cell(mismatch, record)?;
        if is_dropped && dropped.last() != Some(&mismatch.record) {
            dropped.push(mismatch.record);
        }
    }
    report.records_before(u32::MAX, &mut errors)?;
    let left_out = record_errors.len() + dropped.len();
    if dropped.is_empty() {
        return Ok((batch, left_out));
    }
    // Both lists ascend.
    let mut dropped = dropped.iter().peekable();
    let keep: BooleanArray =
        rows.iter().map(|record| Some(dropped.next_if(|dropped| *dropped == record).is_none())).collect();
    Ok((filter_record_batch(&batch, &keep)?, left_out))
}

struct Report<'a> {
    context: &'a Context<'a>,
    parser: &'a Parser,
    chunk: &'a Chunk<'a>,
}

impl Report<'_> {
    /// Reports the records with errors whose number is below `record`. They are in no batch, whatever the answer.
    fn records_before(&self, record: u32, errors: &mut Peekable<Iter<'_, RecordError>>) -> Result<()> {
        while let Some(error) = errors.next_if(|error| error.record < record) {
            let raw = &self.chunk.bytes()[error.bytes.start as usize..error.bytes.end as usize];
            let reason = match error.fault {
                RecordFault::Fields { found } => {
                    let fields = if found == 1 { "field" } else { "fields" };
                    format!("has {found} {fields} instead of {}", self.parser.width())
                }
                RecordFault::OpenQuote => "ends inside quotes".to_owned(),
            };
            self.ask(error.record, error.bytes.start, None, &reason, raw, raw)?;
        }
        Ok(())
    }

    /// Reports a cell; true if its record is to be dropped.
    fn cell(&self, mismatch: &Mismatch, record: std::ops::Range<u32>) -> Result<bool> {
        let field = self.parser.schema().field(mismatch.column as usize);
        let reason = match mismatch.invalid_utf8 {
            true => "is not UTF-8".to_owned(),
            false => format!("is not {}", type_name(field.data_type())),
        };
        let bytes = self.chunk.bytes();
        let raw = &bytes[mismatch.bytes.start as usize..mismatch.bytes.end as usize];
        let raw_record = &bytes[record.start as usize..record.end as usize];
        let column = Some(field.name().as_str());
        let action = self.ask(mismatch.record, mismatch.bytes.start, column, &reason, raw, raw_record)?;
        Ok(action == Action::Drop)
    }

    fn ask(
        &self,
        record: u32,
        position: u32,
        column: Option<&str>,
        reason: &str,
        raw: &[u8],
        raw_record: &[u8],
    ) -> Result<Action> {
        let action = self.context.reject(&Reject {
            record: self.context.call().first_record + u64::from(record),
            offset: self.context.offset_of(self.chunk, position as usize),
            column,
            reason,
            raw,
            raw_record,
        });
        if action == Action::Stop { Err(Error::stopped()) } else { Ok(action) }
    }
}
