//! What does not fit: told to the host, and treated as it answers.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use artemis_plugin_api::{Action, Chunk, Context, Error, Reject, Result};
use artemis_record_layout::Field;

use crate::parse::{Parsed, Parser};
use crate::rows::{RecordError, RecordFault};

/// Bytes of a cell or record that are shown in hexadecimal.
const SHOWN_BYTES: usize = 32;

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
    let Parsed { batch, mismatches, record_errors, rows, .. } = parsed;
    let report = Report { context, parser, chunk };
    let mut errors = record_errors.iter().peekable();
    let mut dropped: Vec<u32> = Vec::new();
    for mismatch in &mismatches {
        let record = rows.record(mismatch.row as usize);
        while let Some(error) = errors.next_if(|error| error.record < record) {
            report.record(error)?;
        }
        let bytes = rows.bytes(mismatch.row as usize);
        let field = parser.field(mismatch.column as usize);
        let reason = mismatch.fault.reason(field);
        if report.cell(record, bytes, field, &reason)? && dropped.last() != Some(&mismatch.row) {
            dropped.push(mismatch.row);
        }
    }
    errors.try_for_each(|error| report.record(error))?;
    let left_out = record_errors.len() + dropped.len();
    if dropped.is_empty() {
        return Ok((batch, left_out));
    }
    let mut keep = vec![true; batch.num_rows()];
    dropped.iter().for_each(|row| keep[*row as usize] = false);
    Ok((filter_record_batch(&batch, &BooleanArray::from(keep))?, left_out))
}

struct Report<'a> {
    context: &'a Context<'a>,
    parser: &'a Parser,
    chunk: &'a Chunk<'a>,
}

impl Report<'_> {
    /// Reports a record that is in no batch, whatever the answer.
    fn record(&self, error: &RecordError) -> Result<()> {
        let (found, wanted) = (error.bytes.len(), self.parser.record_bytes());
        let reason = match error.fault {
            RecordFault::Short => format!("has {found} bytes, fewer than {wanted}"),
            RecordFault::Long => format!("has {found} bytes, more than {wanted}"),
        };
        let raw = &self.chunk.bytes()[error.bytes.start as usize..error.bytes.end as usize];
        let shown = shown(raw, self.parser.field(0));
        self.ask(error.record, error.bytes.start, None, &reason, &shown, raw)?;
        Ok(())
    }

    /// Reports a cell; true if its record is to be dropped.
    fn cell(&self, record: u32, bytes: Range<u32>, field: &Field, reason: &str) -> Result<bool> {
        let raw_record = &self.chunk.bytes()[bytes.start as usize..bytes.end as usize];
        let start = (field.offset as usize).min(raw_record.len());
        let end = (start + field.width as usize).min(raw_record.len());
        let shown = shown(&raw_record[start..end], field);
        let position = bytes.start + start as u32;
        let action = self.ask(record, position, Some(&field.name), reason, &shown, raw_record)?;
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

/// The bytes of a cell for people: themselves where they are readable text, else as text where the form has one, and
/// in hexadecimal. The host shows them, and masks them where the column is sensitive.
fn shown<'a>(bytes: &'a [u8], field: &Field) -> Cow<'a, [u8]> {
    let is_text = field.form.is_characters();
    let is_readable = |text: &str| !text.chars().any(char::is_control);
    if is_text && !field.encoding.is_ebcdic() && std::str::from_utf8(bytes).is_ok_and(is_readable) {
        return Cow::Borrowed(bytes);
    }
    let few = &bytes[..bytes.len().min(SHOWN_BYTES)];
    let mut text = String::new();
    if is_text && let Some(decoded) = field.encoding.decode(few).filter(|decoded| is_readable(decoded)) {
        text += &decoded;
        text.push(' ');
    }
    text += "0x";
    for byte in few {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02X}");
    }
    text += if few.len() < bytes.len() { "…" } else { "" };
    Cow::Owned(text.into_bytes())
}
