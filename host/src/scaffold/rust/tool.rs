//! The tool `my-plugin/letters`: text in upper or lower case.
//!
//! Algorithms call a tool by its configured name, on any thread; what a place of use knows is made once, from the columns
//! there.

use artemis_plugin_api::arrow::array::{
    Array, ArrayRef, AsArray, LargeStringArray, RecordBatch, StringArray, StringViewArray,
};
use artemis_plugin_api::arrow::datatypes::{DataType, SchemaRef};
use artemis_plugin_api::{Component, Context, Error, Properties, Property, Result, Tool};
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// The tool, made once per job from its properties.
pub struct Letters {
    only: Option<Vec<String>>,
    convert: fn(&str) -> String,
}

impl Component for Letters {
    const NAME: &'static str = "letters";
    const DOC: &'static str = "Turns text into upper or lower case.";
    const PROPERTIES: &'static [Property] = &[
        Property::string("style")
            .default("upper")
            .choices(&["upper", "lower"])
            .doc("which case"),
        Property::list("columns").doc("names of the columns; without it, all columns of text"),
    ];

    fn configure(properties: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        let convert: fn(&str) -> String = match properties.string("style")?.as_deref() {
            Some("lower") => str::to_lowercase,
            _ => str::to_uppercase,
        };
        Ok(Self {
            only: properties.strings("columns")?,
            convert,
        })
    }
}

impl Tool for Letters {
    /// Indices of the columns to change.
    type Place = Vec<usize>;

    fn initialize(&self, _: &Context<'_>, input: &SchemaRef) -> Result<(Vec<usize>, SchemaRef)> {
        let columns = match &self.only {
            None => (0..input.fields().len())
                .filter(|i| is_text(input.field(*i).data_type()))
                .collect(),
            Some(only) => only
                .iter()
                .map(|name| text_column(input, name))
                .collect::<Result<_>>()?,
        };
        Ok((columns, input.clone()))
    }

    fn execute(
        &self,
        context: &Context<'_>,
        place: &Vec<usize>,
        batch: RecordBatch,
    ) -> Result<RecordBatch> {
        if place.is_empty() {
            return Ok(batch);
        }
        let mut columns = batch.columns().to_vec();
        for index in place {
            let column = columns.get_mut(*index).ok_or_else(|| {
                Error::new(format!("the batch lacks column {index}"))
                    .at_record(context.call().first_record)
            })?;
            *column = self.convert(column);
        }
        Ok(RecordBatch::try_new(batch.schema(), columns)?)
    }
}

impl Letters {
    fn convert(&self, column: &ArrayRef) -> ArrayRef {
        let convert = |text: Option<&str>| text.map(self.convert);
        match column.data_type() {
            DataType::Utf8 => Arc::new(
                column
                    .as_string::<i32>()
                    .iter()
                    .map(convert)
                    .collect::<StringArray>(),
            ),
            DataType::LargeUtf8 => Arc::new(
                column
                    .as_string::<i64>()
                    .iter()
                    .map(convert)
                    .collect::<LargeStringArray>(),
            ),
            DataType::Utf8View => Arc::new(
                column
                    .as_string_view()
                    .iter()
                    .map(convert)
                    .collect::<StringViewArray>(),
            ),
            _ => column.clone(),
        }
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    )
}

fn text_column(input: &SchemaRef, name: &str) -> Result<usize> {
    let (index, field) = input
        .column_with_name(name)
        .ok_or_else(|| Error::invalid(format!("there is no column `{name}`")).in_column(name))?;
    if !is_text(field.data_type()) {
        let text = format!("column `{name}` is {}, not text", field.data_type());
        return Err(Error::invalid(text).in_column(name));
    }
    Ok(index)
}

artemis_plugin_api::export_plugin! {
    id: "my-plugin",
    version: env!("CARGO_PKG_VERSION"),
    vendor: "Your name",
    licence: "MIT OR Apache-2.0",
    description: env!("CARGO_PKG_DESCRIPTION"),
    readers: [],
    algorithms: [],
    tools: [Letters],
}
