//! The reader as a component of the plugin.
//!
//! The parser lists what does not fit; here the host is asked what becomes of it.

mod header;
mod properties;
mod reject;

#[cfg(test)]
mod tests;

use arrow::datatypes::{Schema, SchemaRef};
use artemis_plugin_api::{
    Chunk, Component, Context, Delimited, Error, Framing, Properties, Property, Reader, Result,
};
use artemis_record_layout::{Layout, Records};

use crate::parse::{FwfError, Parser};

/// Reads fixed-width records.
pub struct Fwf {
    layout: Layout,
}

/// What is known of one input.
pub struct Datum {
    parser: Parser,
}

impl Component for Fwf {
    const NAME: &'static str = "fwf";
    const DOC: &'static str = "Reads fixed-width records, in ASCII and EBCDIC, by a layout of their fields.";
    const PROPERTIES: &'static [Property] = properties::PROPERTIES;

    fn configure(properties: &Properties<'_>, context: &Context<'_>) -> Result<Self> {
        let layout = properties::layout(properties, context)?;
        // What cannot be read is told before any input is opened.
        Parser::new(&layout).map_err(sdk_error)?;
        Ok(Self { layout })
    }
}

impl Reader for Fwf {
    type Datum = Datum;
    type Sample = ();
    type Instance = ();

    fn framing(&self) -> Framing {
        match self.layout.records {
            Records::Fixed { record_bytes, header_bytes, footer_bytes, .. } => {
                Framing::Fixed { record_bytes, header_bytes, footer_bytes }
            }
            Records::Lines { terminator, header_rows, footer_rows, .. } => Framing::Delimited(Delimited {
                // Without quotes it tells no records apart; it only must be another byte than the terminator.
                delimiter: if terminator == Some(1) { 2 } else { 1 },
                quote: None,
                escape: None,
                comment: None,
                terminator,
                header_records: header_rows,
                footer_records: footer_rows,
            }),
        }
    }

    fn open_datum(&self, context: &Context<'_>, head: &Chunk<'_>) -> Result<Datum> {
        header::annotate(context, &self.layout, head.bytes());
        let parser = match self.layout.header_names {
            true => Parser::new(&header::named(&self.layout, head.bytes())?),
            false => Parser::new(&self.layout),
        };
        Ok(Datum { parser: parser.map_err(sdk_error)? })
    }

    fn sample(&self, _: &Context<'_>, _: &Datum, _: &Chunk<'_>) -> Result<()> {
        // Types are declared: nothing is to be learnt from the data.
        Ok(())
    }

    fn merge_samples(&self, (): &mut (), (): ()) {}

    fn schemas(&self, _: &Context<'_>, datum: &Datum, _: Option<&()>) -> Result<Vec<Schema>> {
        Ok(vec![datum.parser.schema().as_ref().clone()])
    }

    fn initialize(&self, _: &Context<'_>, datum: &mut Datum, schemas: &[SchemaRef]) -> Result<()> {
        let [schema] = schemas else {
            return Err(Error::invalid(format!("{} schemas for one output", schemas.len())));
        };
        let own = datum.parser.schema();
        if !schema.fields().iter().map(|field| field.name()).eq(own.fields().iter().map(|field| field.name()))
        {
            return Err(Error::invalid("the columns of the schema are not those of the layout"));
        }
        for (given, own) in schema.fields().iter().zip(own.fields()) {
            if given.data_type() != own.data_type() {
                let (name, own) = (own.name(), own.data_type());
                let text = format!("the layout makes {own} of column `{name}`, not {}", given.data_type());
                return Err(Error::unsupported(text).in_column(name));
            }
        }
        Ok(())
    }

    fn instance(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }

    fn execute(&self, context: &Context<'_>, (): &mut (), datum: &Datum, chunk: &Chunk<'_>) -> Result<()> {
        let parsed = datum.parser.parse(chunk.bytes()).map_err(sdk_error)?;
        let records = parsed.records as usize;
        let (batch, left_out) = reject::settle(context, &datum.parser, chunk, parsed)?;
        let rows = batch.num_rows();
        if rows + left_out != records {
            let text = format!("{rows} rows and {left_out} records left out do not make {records} records");
            return Err(Error::new(text));
        }
        if rows > 0 { context.emit(0, batch) } else { Ok(()) }
    }
}

/// An error of the core as the host sees it.
fn sdk_error(error: FwfError) -> Error {
    match &error {
        FwfError::NoColumns => Error::invalid(error.to_string()),
        FwfError::ChunkTooLong { .. } => Error::unsupported(error.to_string()),
        FwfError::Arrow(source) => Error::new(format!("{error}: {source}")),
    }
}
