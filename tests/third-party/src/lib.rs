//! ACME's plugin: the algorithm `acme/shout` turns text into upper case.

use arrow::array::{Array, ArrayRef, AsArray, LargeStringArray, StringArray, StringViewArray};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::RecordBatch;
use artemis_plugin_api::{Algorithm, Component, Context, Input, Properties, Property, Result};
use std::sync::Arc;

/// Turns the text of columns into upper case. It counts `cells_shouted`.
struct Shout {
    only: Option<Vec<String>>,
    /// Indices of the columns.
    columns: Vec<usize>,
}

impl Component for Shout {
    const NAME: &'static str = "shout";
    const DOC: &'static str = "Turns text into upper case.";
    const PROPERTIES: &'static [Property] =
        &[Property::list("columns").doc("names of the columns; without it, all columns of text")];

    fn configure(properties: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        Ok(Self { only: properties.strings("columns")?, columns: Vec::new() })
    }
}

impl Algorithm for Shout {
    type Instance = ();
    type Partial = ();

    fn initialize(&mut self, context: &Context<'_>, inputs: &[SchemaRef]) -> Result<Vec<SchemaRef>> {
        let fields = inputs[0].fields().iter().enumerate();
        let text = fields.filter(|(_, field)| {
            let wanted = self.only.as_ref().is_none_or(|only| only.contains(field.name()));
            wanted && matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
        });
        let (columns, names): (Vec<_>, Vec<_>) = text.map(|(i, field)| (i, field.name().as_str())).unzip();
        context.annotate("columns", &names.join(","));
        tracing::info!(count = names.len(), "shouts");
        self.columns = columns;
        Ok(vec![inputs[0].clone()])
    }

    fn instance(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }

    fn partial(&self) {}

    fn execute(&self, context: &Context<'_>, _: &mut (), _: &mut (), inputs: Vec<Input>) -> Result<()> {
        for Input { batch, .. } in inputs {
            let mut columns = batch.columns().to_vec();
            for index in &self.columns {
                let column = &mut columns[*index];
                context.count("cells_shouted", (column.len() - column.null_count()) as u64);
                *column = upper(column);
            }
            context.emit(0, RecordBatch::try_new(batch.schema(), columns)?)?;
        }
        Ok(())
    }
}

fn upper(column: &ArrayRef) -> ArrayRef {
    let shout = |text: Option<&str>| text.map(str::to_uppercase);
    match column.data_type() {
        DataType::Utf8 => Arc::new(column.as_string::<i32>().iter().map(shout).collect::<StringArray>()),
        DataType::LargeUtf8 => {
            Arc::new(column.as_string::<i64>().iter().map(shout).collect::<LargeStringArray>())
        }
        _ => Arc::new(column.as_string_view().iter().map(shout).collect::<StringViewArray>()),
    }
}

artemis_plugin_api::export_plugin! {
    id: "acme",
    version: env!("CARGO_PKG_VERSION"),
    vendor: "ACME",
    licence: "MIT",
    description: "Upper case.",
    readers: [],
    algorithms: [Shout],
    tools: [],
}
