//! The reader as a component of the plugin.
//!
//! The parser lists what does not fit; here the host is asked what becomes of it.

mod properties;
mod reject;
mod sample;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use arrow::datatypes::{Schema, SchemaRef};
use artemis_plugin_api::{
    Chunk, Component, Context, Delimited, Error, Framing, Properties, Property, Reader, Result,
};

use crate::dialect::Terminator;
use crate::header::{name_columns, read_header};
use crate::infer::Inference;
use crate::options::{CsvError, Options};
use crate::parse::{Parser, Scratch};
use sample::Sample;

/// Names that an error lists at most.
const LISTED_NAMES: usize = 20;

/// Reads delimited text.
pub struct Csv {
    options: Options,
    /// Columns of a supplied schema that no input has shown so far. An input may lack some of them where the job
    /// takes the columns of all inputs together, so only all inputs can tell that a name is wrong.
    unseen: Mutex<BTreeSet<String>>,
}

/// What is known of one input.
pub struct Datum {
    /// The columns; `None` where neither a header nor the properties name them: then the data say how many there
    /// are.
    names: Option<Vec<String>>,
    /// Made by `initialize`.
    parser: Option<Parser>,
}

impl Component for Csv {
    const NAME: &'static str = "csv";
    const DOC: &'static str = "Reads delimited text: CSV, TSV and their relatives.";
    const PROPERTIES: &'static [Property] = properties::PROPERTIES;

    fn configure(properties: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        let options = properties::options(properties)?;
        let unseen = Mutex::new(options.types.keys().cloned().collect());
        Ok(Self { options, unseen })
    }
}

impl Reader for Csv {
    type Datum = Datum;
    type Sample = Sample;
    type Instance = Scratch;

    fn framing(&self) -> Framing {
        let dialect = &self.options.dialect;
        Framing::Delimited(Delimited {
            delimiter: dialect.delimiter,
            quote: dialect.quote,
            escape: dialect.escape,
            comment: dialect.comment,
            terminator: match dialect.terminator {
                Terminator::LineFeed => None,
                Terminator::Byte(byte) => Some(byte),
            },
            // The ranges of the properties keep them small.
            header_records: self.options.header_rows as u32,
            footer_records: self.options.footer_rows as u32,
        })
    }

    fn open_datum(&self, _: &Context<'_>, head: &Chunk<'_>) -> Result<Datum> {
        let given = &self.options.names;
        if self.options.header_rows == 0 {
            let names = (!given.is_empty()).then(|| given.clone());
            return Ok(Datum { names, parser: None });
        }
        let header = read_header(&self.options, head.bytes());
        if header.open_quote {
            return Err(Error::bad_data("the header ends inside quotes"));
        }
        let names = match header.names.len() {
            // An empty input has no header to disagree with.
            0 => given.clone(),
            found if found < given.len() => {
                let text = format!("`names` has {}, the header {found} columns", given.len());
                return Err(Error::bad_data(text));
            }
            _ => header.names,
        };
        Ok(Datum { names: Some(names), parser: None })
    }

    fn sample(&self, context: &Context<'_>, datum: &Datum, chunk: &Chunk<'_>) -> Result<Sample> {
        let width = datum.names.as_ref().map(Vec::len);
        Sample::of(&self.options, width, context.call().block_index, chunk.bytes()).map_err(sdk_error)
    }

    fn merge_samples(&self, into: &mut Sample, from: Sample) {
        into.merge(from);
    }

    fn schemas(&self, _: &Context<'_>, datum: &Datum, sample: Option<&Sample>) -> Result<Vec<Schema>> {
        let nothing = Inference::new(datum.names.as_ref().map_or(0, Vec::len));
        let shown = sample.and_then(Sample::shown).unwrap_or(&nothing);
        let schema = match &datum.names {
            Some(names) => shown.schema(names, &self.options),
            None => shown.schema(&number_columns(shown.columns().len()), &self.options),
        };
        self.see(&schema);
        Ok(vec![schema])
    }

    fn initialize(&self, _: &Context<'_>, datum: &mut Datum, schemas: &[SchemaRef]) -> Result<()> {
        let [schema] = schemas else {
            return Err(Error::invalid(format!("{} schemas for one output", schemas.len())));
        };
        if let Some(names) = &datum.names
            && !schema.fields().iter().map(|field| field.name()).eq(names)
        {
            return Err(Error::invalid("the columns of the schema are not those of the input"));
        }
        self.see(schema);
        self.check_all_seen(schema)?;
        let width = schema.fields().len();
        datum.parser = Some(Parser::new(&self.options, schema.clone(), width).map_err(sdk_error)?);
        Ok(())
    }

    fn instance(&self, _: &Context<'_>) -> Result<Scratch> {
        Ok(Scratch::default())
    }

    fn execute(
        &self,
        context: &Context<'_>,
        scratch: &mut Scratch,
        datum: &Datum,
        chunk: &Chunk<'_>,
    ) -> Result<()> {
        let Some(parser) = &datum.parser else {
            return Err(Error::new("execute was called before initialize"));
        };
        let parsed = parser.parse(chunk.bytes(), scratch).map_err(sdk_error)?;
        let records = parsed.records as usize;
        let (batch, left_out) = if parsed.mismatches.is_empty() && parsed.record_errors.is_empty() {
            (parsed.batch, 0)
        } else {
            reject::settle(context, parser, chunk, parsed)?
        };
        let rows = batch.num_rows();
        if rows + left_out != records {
            let text = format!("{rows} rows and {left_out} records left out do not make {records} records");
            return Err(Error::new(text));
        }
        if rows > 0 { context.emit(0, batch) } else { Ok(()) }
    }
}

impl Csv {
    /// Notes the columns of an input.
    fn see(&self, schema: &Schema) {
        let mut unseen = self.unseen.lock().unwrap_or_else(PoisonError::into_inner);
        unseen.retain(|name| schema.column_with_name(name).is_none());
    }

    /// Refuses a supplied schema with a column that no input has; the host has opened all of them by now.
    fn check_all_seen(&self, schema: &Schema) -> Result<()> {
        let unseen = self.unseen.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(name) = unseen.first() else { return Ok(()) };
        let mut known: Vec<String> =
            schema.fields().iter().take(LISTED_NAMES).map(|field| format!("`{}`", field.name())).collect();
        if schema.fields().len() > LISTED_NAMES {
            known.push("…".to_owned());
        }
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Err(Error::invalid(format!(
            "property `schema`: no input has a column `{name}`; columns are: {known}"
        )))
    }
}

/// The names of columns that nobody named.
fn number_columns(count: usize) -> Vec<String> {
    name_columns(vec![String::new(); count])
}

/// An error of the core as the host sees it.
fn sdk_error(error: CsvError) -> Error {
    match &error {
        CsvError::ChunkTooLong { .. } => Error::unsupported(error.to_string()),
        CsvError::Type { column, .. } => Error::unsupported(error.to_string()).in_column(column.clone()),
        CsvError::Plan(_) => Error::new(error.to_string()),
        CsvError::Arrow(source) => Error::new(format!("{error}: {source}")),
    }
}
