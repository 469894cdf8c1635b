//! The tool `columns`: keeps or drops columns by name.

use crate::parents::column_index;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use artemis_plugin_api::{Component, Context, Error, Properties, Property, Result, Tool};
use std::sync::Arc;

/// Keeps columns in the given order, or drops columns and keeps the order of the others.
#[derive(Clone, Debug)]
pub enum Choice {
    /// The columns to keep, in this order.
    Keep(Vec<String>),
    /// The columns to leave out.
    Drop(Vec<String>),
}

/// Property `keep`, shared by `columns` and `select`.
pub const KEEP: Property =
    Property::list("keep").doc("names of the columns to keep, in the order of the output");
/// Property `drop`, shared by `columns` and `select`.
pub const DROP: Property =
    Property::list("drop").doc("names of the columns to leave out; the others keep their order");

impl Choice {
    /// The choice that the properties name; `None`: neither is given.
    ///
    /// # Errors
    /// When both are given, one is empty, or a name stands twice.
    pub fn from_properties(properties: &Properties<'_>) -> Result<Option<Self>> {
        let choice = match (properties.strings("keep")?, properties.strings("drop")?) {
            (Some(_), Some(_)) => return Err(Error::invalid("give `keep` or `drop`, not both")),
            (None, None) => return Ok(None),
            (Some(keep), None) => Self::Keep(keep),
            (None, Some(drop)) => Self::Drop(drop),
        };
        let (Self::Keep(names) | Self::Drop(names)) = &choice;
        if names.is_empty() {
            return Err(Error::invalid("name at least one column in `keep` or `drop`"));
        }
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                return Err(Error::invalid(format!("column `{name}` is named twice")).in_column(name));
            }
        }
        Ok(Some(choice))
    }

    /// Which columns of a schema stay, and the schema of the result.
    ///
    /// # Errors
    /// When a named column does not exist, or none would stay.
    pub fn place(&self, input: &SchemaRef) -> Result<Projection> {
        let (Self::Keep(names) | Self::Drop(names)) = self;
        let named = names.iter().map(|name| column_index(input, name)).collect::<Result<Vec<_>>>()?;
        let indices = match self {
            Self::Keep(_) => named,
            Self::Drop(_) => (0..input.fields().len()).filter(|index| !named.contains(index)).collect(),
        };
        if indices.is_empty() {
            return Err(Error::invalid("no column would stay"));
        }
        let schema = Arc::new(input.project(&indices)?);
        Ok(Projection { indices, schema })
    }
}

/// A choice applied to a schema.
#[derive(Clone, Debug)]
pub struct Projection {
    indices: Vec<usize>,
    /// Schema of the result.
    pub schema: SchemaRef,
}

impl Projection {
    /// The batch with only the chosen columns; nothing is copied.
    ///
    /// # Errors
    /// When the batch is not of the schema that the choice was applied to.
    pub fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        if let Some(missing) = self.indices.iter().find(|index| **index >= batch.num_columns()) {
            return Err(Error::new(format!("the batch has no column {missing}")));
        }
        let columns = self.indices.iter().map(|index| batch.column(*index).clone()).collect();
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }
}

/// The tool: one list of columns for every place where it is used.
pub struct Columns {
    choice: Choice,
}

impl Component for Columns {
    const NAME: &'static str = "columns";
    const DOC: &'static str = "Keeps or drops columns by name; give exactly one of keep and drop.";
    const PROPERTIES: &'static [Property] = &[KEEP, DROP];

    fn configure(properties: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        let choice = Choice::from_properties(properties)?;
        Ok(Self { choice: choice.ok_or_else(|| Error::invalid("give `keep` or `drop`"))? })
    }
}

impl Tool for Columns {
    type Place = Projection;

    fn initialize(&self, _: &Context<'_>, input: &SchemaRef) -> Result<(Projection, SchemaRef)> {
        let place = self.choice.place(input)?;
        let schema = place.schema.clone();
        Ok((place, schema))
    }

    fn execute(&self, _: &Context<'_>, place: &Projection, batch: RecordBatch) -> Result<RecordBatch> {
        place.apply(&batch)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use artemis_plugin_api::Value;
    use artemis_plugin_api::testing::TestHost;

    pub fn texts(names: &[&str]) -> Value {
        Value::List(names.iter().map(|name| Value::String((*name).to_owned())).collect())
    }

    pub fn batch() -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable([
            ("a", Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef, true),
            ("b", Arc::new(StringArray::from(vec!["x", "y", "z"])) as ArrayRef, true),
            ("c", Arc::new(Int64Array::from(vec![Some(7), None, Some(9)])) as ArrayRef, true),
        ])
        .unwrap()
    }

    fn place(properties: &[(&str, Value)]) -> Result<Vec<String>> {
        let host = properties.iter().fold(TestHost::new(), |host, (k, v)| host.property(k, v.clone()));
        let tool: Columns = host.configure()?;
        let context = host.context(Default::default());
        let (place, schema) = tool.initialize(&context, &batch().schema())?;
        let result = tool.execute(&context, &place, batch())?;
        assert_eq!(result.schema(), schema);
        Ok(schema.fields().iter().map(|f| f.name().clone()).collect())
    }

    #[test]
    fn keep_orders_and_drop_leaves_out() {
        assert_eq!(place(&[("keep", texts(&["c", "a"]))]).unwrap(), ["c", "a"]);
        assert_eq!(place(&[("drop", texts(&["b"]))]).unwrap(), ["a", "c"]);
    }

    #[test]
    fn wrong_choices_say_what_is_wrong() {
        let text = |properties: &[(&str, Value)]| place(properties).unwrap_err().text().to_owned();
        assert_eq!(text(&[]), "give `keep` or `drop`");
        assert_eq!(
            text(&[("keep", texts(&["a"])), ("drop", texts(&["b"]))]),
            "give `keep` or `drop`, not both"
        );
        assert_eq!(text(&[("keep", texts(&["d"]))]), "there is no column `d`; there are `a`, `b`, `c`");
        assert_eq!(text(&[("keep", texts(&["a", "a"]))]), "column `a` is named twice");
        assert_eq!(text(&[("drop", texts(&["a", "b", "c"]))]), "no column would stay");
        assert_eq!(text(&[("keep", texts(&[]))]), "name at least one column in `keep` or `drop`");
    }
}
