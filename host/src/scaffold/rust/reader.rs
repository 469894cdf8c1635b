//! The reader `my-plugin/readings`: lines such as `inlet = 21.5`, one record a line, become the columns `name` and
//! `value`.
//!
//! The host cuts the input into chunks of whole lines and calls the reader on all cores: [`Readings`] is shared and does
//! not change, and what it gives for a line depends on that line alone.

use artemis_plugin_api::arrow::array::{ArrayRef, Float64Builder, RecordBatch, StringBuilder};
use artemis_plugin_api::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use artemis_plugin_api::{
    Action, Chunk, Component, Context, Delimited, Error, Framing, Properties, Property, Reader,
    Reject, Result,
};
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// The reader, made once per job from its properties.
pub struct Readings {
    separator: u8,
    comment: Option<u8>,
}

impl Component for Readings {
    const NAME: &'static str = "readings";
    const DOC: &'static str = "Reads lines of a name, a separator and a value.";
    const PROPERTIES: &'static [Property] = &[
        Property::string("separator")
            .default("=")
            .doc("the character between name and value"),
        Property::string("comment")
            .default("#")
            .doc("the character that starts a comment line; empty: none"),
    ];

    fn configure(properties: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        let separator = properties.byte("separator")?.unwrap_or(b'=');
        let comment = properties.byte("comment")?;
        if separator == b'\n' || separator == b'\r' || comment == Some(separator) {
            return Err(Error::invalid(
                "property `separator` must not end a line or start a comment",
            ));
        }
        Ok(Self { separator, comment })
    }
}

/// What is known of one input.
pub struct Datum {
    /// The types that the job uses; known after `initialize`.
    schema: Option<SchemaRef>,
}

/// What some lines show of the type of `value`.
pub struct Sample {
    /// Some value is not a number.
    has_text: bool,
}

impl Reader for Readings {
    type Datum = Datum;
    type Sample = Sample;
    type Instance = ();

    /// Lines: the host cuts at their ends and leaves out blank lines and comments when it counts records.
    fn framing(&self) -> Framing {
        Framing::Delimited(Delimited {
            delimiter: self.separator,
            quote: None,
            comment: self.comment,
            header_records: 0,
            ..Delimited::default()
        })
    }

    fn open_datum(&self, _: &Context<'_>, _head: &Chunk<'_>) -> Result<Datum> {
        Ok(Datum { schema: None })
    }

    fn sample(&self, _: &Context<'_>, _: &Datum, chunk: &Chunk<'_>) -> Result<Sample> {
        let is_text = |value: &str| !value.is_empty() && value.parse::<f64>().is_err();
        let mut lines = records(chunk.bytes(), self.comment);
        Ok(Sample {
            has_text: lines
                .any(|(_, line)| self.split(line).is_ok_and(|(_, value)| is_text(value))),
        })
    }

    fn merge_samples(&self, into: &mut Sample, from: Sample) {
        into.has_text |= from.has_text;
    }

    fn schemas(&self, _: &Context<'_>, _: &Datum, sample: Option<&Sample>) -> Result<Vec<Schema>> {
        let has_text = sample.is_some_and(|sample| sample.has_text);
        let value = if has_text {
            DataType::Utf8
        } else {
            DataType::Float64
        };
        Ok(vec![Schema::new(vec![
            Field::new("name", DataType::Utf8, true),
            Field::new("value", value, true),
        ])])
    }

    fn initialize(&self, _: &Context<'_>, datum: &mut Datum, schemas: &[SchemaRef]) -> Result<()> {
        let [schema] = schemas else {
            return Err(Error::invalid(format!(
                "{} schemas for one output",
                schemas.len()
            )));
        };
        if schema.fields().len() != 2 || *schema.field(0).data_type() != DataType::Utf8 {
            return Err(Error::invalid(
                "the columns are not `name` (text) and `value`",
            ));
        }
        Values::new(schema.field(1).data_type())?;
        datum.schema = Some(schema.clone());
        Ok(())
    }

    fn instance(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }

    fn execute(
        &self,
        context: &Context<'_>,
        _: &mut (),
        datum: &Datum,
        chunk: &Chunk<'_>,
    ) -> Result<()> {
        let Some(schema) = &datum.schema else {
            return Err(Error::new("execute was called before initialize"));
        };
        let mut names = StringBuilder::new();
        let mut values = Values::new(schema.field(1).data_type())?;
        let mut rows = 0;
        for (index, (start, line)) in records(chunk.bytes(), self.comment).enumerate() {
            // What does not convert is never dropped in silence: the host counts it, knows its place, and decides.
            let reject = |column, reason, raw| {
                context.reject(&Reject {
                    record: context.call().first_record + index as u64,
                    offset: context.offset_of(chunk, start),
                    column,
                    reason,
                    raw,
                    raw_record: line,
                })
            };
            let (name, value) = match self.split(line) {
                Ok(parts) => parts,
                Err(reason) => match reject(None, reason, line) {
                    Action::Stop => return Err(Error::stopped()),
                    // There is no cell to put a null into.
                    Action::Null | Action::Drop => continue,
                },
            };
            if !values.push(value) {
                match reject(Some("value"), "not a number", value.as_bytes()) {
                    Action::Stop => return Err(Error::stopped()),
                    Action::Drop => continue,
                    Action::Null => values.push_null(),
                }
            }
            names.append_value(name);
            rows += 1;
        }
        if rows == 0 {
            return Ok(());
        }
        let columns: Vec<ArrayRef> = vec![Arc::new(names.finish()), values.finish()];
        context.emit(0, RecordBatch::try_new(schema.clone(), columns)?)
    }
}

impl Readings {
    /// Name and value of a line, or why it has none.
    fn split<'a>(&self, line: &'a [u8]) -> Result<(&'a str, &'a str), &'static str> {
        let line = std::str::from_utf8(line).map_err(|_| "the line is not UTF-8")?;
        let (name, value) = line
            .split_once(char::from(self.separator))
            .ok_or("the line has no separator")?;
        Ok((name.trim(), value.trim()))
    }
}

/// The records of a chunk with their places in it: lines that are not blank and no comments.
fn records(bytes: &[u8], comment: Option<u8>) -> impl Iterator<Item = (usize, &[u8])> {
    let mut start = 0;
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(move |line| {
            let place = start;
            start += line.len();
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            (place, line.strip_suffix(b"\r").unwrap_or(line))
        })
        .filter(move |(_, line)| line.first().is_some_and(|first| Some(*first) != comment))
}

/// The column `value` while it grows, of the type that the job uses.
enum Values {
    Numbers(Float64Builder),
    Text(StringBuilder),
}

impl Values {
    fn new(data_type: &DataType) -> Result<Self> {
        match data_type {
            DataType::Float64 => Ok(Self::Numbers(Float64Builder::new())),
            DataType::Utf8 => Ok(Self::Text(StringBuilder::new())),
            other => {
                Err(Error::unsupported(format!("cannot read the type {other}")).in_column("value"))
            }
        }
    }

    /// Takes a value, an empty one as a null; `false`: it is not of the type.
    fn push(&mut self, value: &str) -> bool {
        if value.is_empty() {
            self.push_null();
            return true;
        }
        match self {
            Self::Numbers(numbers) => match value.parse() {
                Ok(number) => numbers.append_value(number),
                Err(_) => return false,
            },
            Self::Text(texts) => texts.append_value(value),
        }
        true
    }

    fn push_null(&mut self) {
        match self {
            Self::Numbers(numbers) => numbers.append_null(),
            Self::Text(texts) => texts.append_null(),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Self::Numbers(mut numbers) => Arc::new(numbers.finish()),
            Self::Text(mut texts) => Arc::new(texts.finish()),
        }
    }
}

artemis_plugin_api::export_plugin! {
    id: "my-plugin",
    version: env!("CARGO_PKG_VERSION"),
    vendor: "Your name",
    licence: "MIT OR Apache-2.0",
    description: env!("CARGO_PKG_DESCRIPTION"),
    readers: [Readings],
    algorithms: [],
    tools: [],
}
