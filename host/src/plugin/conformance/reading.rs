//! Readers over their C tables, call by call, and the input that they are tried with.
#![allow(unsafe_code)]

use super::batches::Rows;
use super::desk::{Desk, Said, status_name};
use super::lives::{check_borrowed, configure, import_output};
use super::subject::{Subject, plain_call};
use super::{Checked, Stop, failed};
use crate::chunk::ChunkBytes;
use crate::plugin::component::Owned;
use crate::plugin::crossing::raw_chunk;
use crate::plugin::library::Table;
use crate::plugin::reader::{empty_framing, framing_of};
use crate::split::{Dialect, State, Terminator, nth_record_end};
use arrow::datatypes::SchemaRef;
use artemis_plugin_api::abi::*;
use artemis_plugin_api::batch::export_schema;
use artemis_plugin_api::{Call, Framing};
use std::ops::Range;
use std::ptr::null_mut;
use std::sync::Arc;

/// A reader in the hands of a case.
pub(super) struct Reading<'a> {
    pub(super) subject: &'a Subject,
    pub(super) desk: &'a Desk,
    pub(super) table: &'static artemis_reader,
    pub(super) component: Arc<Owned>,
}

impl<'a> Reading<'a> {
    pub(super) fn configure(subject: &'a Subject, desk: &'a Desk) -> Result<Self, Stop> {
        let Table::Reader(table) = subject.table else { return Err(failed("this is no reader")) };
        let (said, component) = configure(desk, &plain_call(), table.configure, table.release);
        subject.or_declined(&said, "configure")?;
        let component = component.ok_or_else(|| failed("configure returned ARTEMIS_OK"))?;
        Ok(Self { subject, desk, table, component })
    }

    /// How inputs are cut.
    pub(super) fn framing(&self) -> Result<Framing, Stop> {
        let mut raw = empty_framing();
        let said = self.desk.call(&plain_call(), &[], |context, error| {
            // SAFETY: everything passed is valid for the call.
            unsafe { (self.table.framing)(self.component.raw(), context, &mut raw, error) }
        });
        said.ok("framing")?;
        framing_of(&raw).map_err(|text| failed(format!("framing: {text}")))
    }

    /// Opens an input by its head.
    pub(super) fn open(&self, head: &Arc<ChunkBytes>) -> (Said, Option<Owned>) {
        let (chunk, mut raw) = (raw_chunk(head), null_mut());
        let said = self.desk.call(&plain_call(), &[], |context, error| {
            // SAFETY: everything passed is valid for the call.
            unsafe { (self.table.open_datum)(self.component.raw(), context, &chunk, &mut raw, error) }
        });
        let datum =
            said.is_ok().then(|| Owned::new(raw, self.table.close_datum, Some(self.component.clone())));
        (said, datum)
    }

    /// Looks at a chunk.
    pub(super) fn sample(&self, datum: &Owned, chunk: &Arc<ChunkBytes>) -> (Said, Option<Owned>) {
        let (chunk, mut raw) = (raw_chunk(chunk), null_mut());
        let said = self.desk.call(&plain_call(), &[], |context, error| {
            // SAFETY: everything passed is valid for the call.
            unsafe {
                (self.table.sample)(self.component.raw(), context, datum.raw(), &chunk, &mut raw, error)
            }
        });
        let sample =
            said.is_ok().then(|| Owned::new(raw, self.table.release_sample, Some(self.component.clone())));
        (said, sample)
    }

    /// Merges the second sample into the first.
    pub(super) fn merge(&self, into: &Owned, from: Owned) -> Checked {
        let said = self.desk.call(&plain_call(), &[], |_, error| {
            // SAFETY: the second sample is taken over by the call.
            unsafe { (self.table.merge_samples)(self.component.raw(), into.raw(), from.into_raw(), error) }
        });
        said.ok("merge_samples")
    }

    /// The schema of each output, or what the reader said.
    pub(super) fn try_schemas(
        &self,
        datum: &Owned,
        sample: Option<&Owned>,
    ) -> Result<(Said, Vec<SchemaRef>), Stop> {
        let mut schemas = Vec::new();
        let mut last = None;
        for output in 0..self.subject.spec.outputs.len() as u32 {
            let mut schema = FFI_ArrowSchema::empty();
            let said = self.desk.call(&plain_call(), &[], |context, error| {
                let (component, sample) = (self.component.raw(), sample.map_or(null_mut(), Owned::raw));
                // SAFETY: everything passed is valid for the call; the schema is moved here.
                unsafe {
                    (self.table.schema)(component, context, datum.raw(), sample, output, &mut schema, error)
                }
            });
            if !said.is_ok() {
                return Ok((said, Vec::new()));
            }
            let schema = import_output(self.desk, schema);
            schemas.push(schema.map_err(|e| failed(format!("schema of output {output}: {e}")))?);
            last = Some(said);
        }
        Ok((last.ok_or_else(|| failed("a reader without outputs"))?, schemas))
    }

    /// Fixes the schemas of an input's outputs.
    pub(super) fn initialize(&self, datum: &Owned, schemas: &[SchemaRef]) -> Result<Said, Stop> {
        let exported = schemas.iter().map(|schema| export_schema(schema)).collect::<Result<Vec<_>, _>>();
        let exported = exported.map_err(|e| failed(e.to_string()))?;
        let pointers: Vec<*const FFI_ArrowSchema> = exported.iter().map(std::ptr::from_ref).collect();
        let said = self.desk.call(&plain_call(), &[], |context, error| {
            let (component, count) = (self.component.raw(), pointers.len() as u32);
            // SAFETY: the schemas are borrowed for the call.
            unsafe {
                (self.table.initialize)(component, context, datum.raw(), pointers.as_ptr(), count, error)
            }
        });
        check_borrowed(self.desk, &exported, schemas);
        Ok(said)
    }

    /// An instance.
    pub(super) fn instance(&self) -> Result<Owned, Stop> {
        let mut raw = null_mut();
        let said = self.desk.call(&plain_call(), &[], |context, error| {
            // SAFETY: everything passed is valid for the call.
            unsafe { (self.table.new_instance)(self.component.raw(), context, &mut raw, error) }
        });
        said.ok("new_instance")?;
        Ok(Owned::new(raw, self.table.release_instance, Some(self.component.clone())))
    }

    /// Reads a chunk.
    pub(super) fn execute(
        &self,
        about: &Call<'_>,
        instance: &Owned,
        datum: &Owned,
        schemas: &[SchemaRef],
        chunk: &artemis_chunk,
    ) -> Said {
        self.desk.call(about, schemas, |context, error| {
            let (component, datum) = (self.component.raw(), datum.raw().cast_const());
            // SAFETY: everything passed is valid for the call; a case makes one call with an instance at a time.
            unsafe { (self.table.execute)(component, context, instance.raw(), datum, chunk, error) }
        })
    }
}

/// An input: its bytes, and where head and records end.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) bytes: Vec<u8>,
    pub(super) head: usize,
    /// Ends of the records, ascending.
    pub(super) ends: Vec<usize>,
}

/// Records of a generated input.
const RECORDS: usize = 12;
/// Of an input that a user gives, so many bytes are tried.
const GIVEN_MAX_BYTES: usize = 64 << 10;

impl Source {
    /// The input that the user gave, or one that the framing suggests.
    pub(super) fn of(subject: &Subject, framing: &Framing) -> Result<Self, Stop> {
        let given = match &subject.given.input {
            Some(path) => Some(
                std::fs::read(path)
                    .map_err(|e| Stop::Skipped(format!("cannot read {}: {e}", path.display())))?,
            ),
            None => None,
        };
        let skipped = |what: &str| Stop::Skipped(format!("{what}; give its input by --with"));
        match *framing {
            Framing::Delimited(d) => {
                let terminator = d.terminator.map_or(Terminator::LineFeed, Terminator::Byte);
                let dialect = Dialect::new(d.delimiter, d.quote, d.escape, d.comment, terminator)
                    .map_err(|e| failed(format!("framing: {e}")))?;
                let end = dialect.terminator_byte();
                let bytes = given.unwrap_or_else(|| delimited(d.delimiter, end, d.header_records));
                Self::delimited(bytes, &dialect, u64::from(d.header_records))
                    .ok_or_else(|| skipped("the input has no whole record"))
            }
            Framing::Fixed { record_bytes, header_bytes, footer_bytes } => {
                let (record, head) = (record_bytes as usize, header_bytes as usize);
                let length = head + RECORDS * record + footer_bytes as usize;
                let bytes = given.unwrap_or_else(|| (0..length).map(|i| b'0' + (i % 10) as u8).collect());
                let body = bytes.len().saturating_sub(head + footer_bytes as usize).min(GIVEN_MAX_BYTES);
                let ends: Vec<usize> = (1..=body / record).map(|n| head + n * record).collect();
                let last = *ends.last().ok_or_else(|| skipped("the input has no whole record"))?;
                Ok(Self { bytes: bytes[..last].to_vec(), head, ends })
            }
            _ => Err(Stop::Skipped("the checker does not cut inputs of this framing".into())),
        }
    }

    fn delimited(bytes: Vec<u8>, dialect: &Dialect, header_records: u64) -> Option<Self> {
        let head = nth_record_end(dialect, &bytes, State::RecordStart, header_records)? as usize;
        let mut ends = Vec::new();
        let mut at = head;
        while at < GIVEN_MAX_BYTES
            && let Some(end) = nth_record_end(dialect, &bytes[at..], State::RecordStart, 1)
        {
            at += end as usize;
            ends.push(at);
        }
        (!ends.is_empty()).then(|| Self { bytes: bytes[..at].to_vec(), head, ends })
    }

    /// The span of records in bytes.
    pub(super) fn span(&self, records: &Range<usize>) -> Range<usize> {
        let start = |record: usize| if record == 0 { self.head } else { self.ends[record - 1] };
        start(records.start)..start(records.end)
    }
}

/// Rows of two columns, under as many header records as are asked for.
fn delimited(delimiter: u8, end: u8, header_records: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut row = |first: &str, second: &str| {
        out.extend_from_slice(first.as_bytes());
        out.push(delimiter);
        out.extend_from_slice(second.as_bytes());
        out.push(end);
    };
    (0..header_records).for_each(|_| row("name", "number"));
    for record in 0..RECORDS {
        // One cell is empty, so that what a sample shows depends on where it was taken.
        let number = if record == RECORDS - 2 { String::new() } else { (record * 7).to_string() };
        row(&format!("row{record}"), &number);
    }
    out
}

/// A reader that is ready to read its input.
pub(super) struct Session<'a> {
    pub(super) reading: Reading<'a>,
    pub(super) source: Source,
    pub(super) datum: Owned,
    pub(super) schemas: Vec<SchemaRef>,
}

impl<'a> Session<'a> {
    /// Configured, opened, sampled and initialized.
    pub(super) fn open(subject: &'a Subject, desk: &'a Desk) -> Result<Self, Stop> {
        let reading = Reading::configure(subject, desk)?;
        let source = Source::of(subject, &reading.framing()?)?;
        Self::of(reading, source)
    }

    /// As [`Session::open`], on an input that is there.
    pub(super) fn of(reading: Reading<'a>, source: Source) -> Result<Self, Stop> {
        let head = Arc::new(ChunkBytes::copy_of(&source.bytes[..source.head]));
        let (said, datum) = reading.open(&head);
        reading.or_unfit(&said, "open_datum")?;
        let datum = datum.ok_or_else(|| failed("open_datum returned ARTEMIS_OK"))?;
        let body = Arc::new(ChunkBytes::copy_of(&source.bytes[source.head..]));
        let (said, sample) = reading.sample(&datum, &body);
        reading.or_unfit(&said, "sample")?;
        let (said, schemas) = reading.try_schemas(&datum, sample.as_ref())?;
        reading.or_unfit(&said, "schema")?;
        let said = reading.initialize(&datum, &schemas)?;
        reading.or_unfit(&said, "initialize")?;
        Ok(Self { reading, source, datum, schemas })
    }

    /// What a call on these records is about.
    pub(super) fn about(&self, index: usize, records: &Range<usize>) -> Call<'static> {
        Call {
            block_index: index as u64,
            chunk_index: index as u64,
            byte_offset: self.source.span(records).start as u64,
            first_record: records.start as u64,
            ..plain_call()
        }
    }

    /// Reads records as one chunk.
    pub(super) fn execute(&self, instance: &Owned, index: usize, records: Range<usize>) -> Checked {
        let chunk = Arc::new(ChunkBytes::copy_of(&self.source.bytes[self.source.span(&records)]));
        let about = self.about(index, &records);
        let said = self.reading.execute(&about, instance, &self.datum, &self.schemas, &raw_chunk(&chunk));
        self.reading.or_unfit(&said, "execute")
    }

    /// Reads all records, in chunks of so many.
    pub(super) fn read(&self, chunks: &[usize]) -> Result<Rows, Stop> {
        let instance = self.reading.instance()?;
        let mut at = 0;
        for (index, count) in chunks.iter().enumerate() {
            self.execute(&instance, index, at..at + count)?;
            at += count;
        }
        self.rows()
    }

    /// What was emitted since the last time.
    pub(super) fn rows(&self) -> Result<Rows, Stop> {
        let emitted = self.reading.desk.take_own_emitted();
        Rows::of(&self.schemas, &emitted).map_err(|e| failed(format!("the emitted batches do not fit: {e}")))
    }

    /// Number of records.
    pub(super) fn records(&self) -> usize {
        self.source.ends.len()
    }
}

impl Reading<'_> {
    /// A call that cannot work on a generated input makes the case not applicable.
    fn or_unfit(&self, said: &Said, verb: &str) -> Checked {
        if said.status == ARTEMIS_BAD_DATA && !self.subject.is_given() {
            let status = status_name(said.status);
            return Err(Stop::Skipped(format!(
                "{verb} returned {status} on a generated input ({}); give one by --with",
                said.error.text()
            )));
        }
        self.subject.or_declined(said, verb)
    }
}

/// A whole legal life on the input in one chunk.
pub(super) fn whole(subject: &Subject, desk: &Desk) -> Result<Rows, Stop> {
    let session = Session::open(subject, desk)?;
    session.read(&[session.records()])
}
