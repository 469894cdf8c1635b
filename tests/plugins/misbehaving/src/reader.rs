//! A reader that panics: `panics-at-open`.

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use artemis_plugin_api::{
    Chunk, Component, Context, Delimited, Framing, Properties, Property, Reader, Result,
};
use std::sync::Arc;

/// The reader: lines of text as one column `line`, unless it panics.
pub struct PanicsAtOpen {
    when: String,
}

/// Schema of the only output.
fn schema() -> Schema {
    Schema::new(vec![Field::new("line", DataType::Utf8, true)])
}

impl PanicsAtOpen {
    fn panic_if(&self, when: &str) {
        assert!(self.when != when, "deliberate panic of a reader in {when}");
    }
}

impl Component for PanicsAtOpen {
    const NAME: &'static str = "panics-at-open";
    const DOC: &'static str = "Panics when an input is opened, or in the call that `when` names.";
    const PROPERTIES: &'static [Property] = &[Property::string("when")
        .default("open")
        .choices(&["open", "sample", "schemas", "initialize", "execute", "never"])
        .doc("the call that panics")];

    fn configure(properties: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        Ok(Self { when: properties.string("when")?.unwrap_or_default() })
    }
}

impl Reader for PanicsAtOpen {
    type Datum = ();
    type Sample = ();
    type Instance = ();

    fn framing(&self) -> Framing {
        Framing::Delimited(Delimited { quote: None, header_records: 0, ..Delimited::default() })
    }

    fn open_datum(&self, _: &Context<'_>, _: &Chunk<'_>) -> Result<()> {
        self.panic_if("open");
        Ok(())
    }

    fn sample(&self, _: &Context<'_>, _: &(), _: &Chunk<'_>) -> Result<()> {
        self.panic_if("sample");
        Ok(())
    }

    fn merge_samples(&self, _: &mut (), _: ()) {}

    fn schemas(&self, _: &Context<'_>, _: &(), _: Option<&()>) -> Result<Vec<Schema>> {
        self.panic_if("schemas");
        Ok(vec![schema()])
    }

    fn initialize(&self, _: &Context<'_>, _: &mut (), _: &[SchemaRef]) -> Result<()> {
        self.panic_if("initialize");
        Ok(())
    }

    fn instance(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }

    fn execute(&self, context: &Context<'_>, _: &mut (), _: &(), chunk: &Chunk<'_>) -> Result<()> {
        self.panic_if("execute");
        let text = String::from_utf8_lossy(chunk.bytes());
        let lines = StringArray::from_iter_values(text.lines().filter(|line| !line.is_empty()));
        context.emit(0, RecordBatch::try_new(Arc::new(schema()), vec![Arc::new(lines)])?)
    }
}
