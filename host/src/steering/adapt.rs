//! Views and dictionaries are cast for components that do not take them.

use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use std::sync::Arc;

/// The way from a parent's batches to those that a component takes.
#[derive(Clone, Debug)]
pub(super) struct Adapter {
    schema: SchemaRef,
    /// Columns to cast.
    casts: Vec<usize>,
}

impl Adapter {
    /// Finds the columns to cast; `accepts` holds names of Arrow types or `*`.
    ///
    /// # Errors
    /// The first column that the component does not take, in words.
    pub(super) fn new(input: &SchemaRef, accepts: &[String]) -> Result<Self, String> {
        let takes = |data_type: &DataType| {
            let name = type_name(data_type);
            accepts.iter().any(|accepted| accepted == "*" || accepted.eq_ignore_ascii_case(&name))
        };
        let mut casts = Vec::new();
        let mut fields: Vec<Arc<Field>> = input.fields().to_vec();
        for (i, field) in input.fields().iter().enumerate() {
            let plain = plain_type(field.data_type());
            if takes(field.data_type()) {
                continue;
            }
            match plain {
                Some(plain) if takes(&plain) => {
                    fields[i] = Arc::new(field.as_ref().clone().with_data_type(plain));
                    casts.push(i);
                }
                _ => {
                    return Err(format!(
                        "column `{}` is {}; the component takes {}",
                        field.name(),
                        field.data_type(),
                        accepts.join(", ")
                    ));
                }
            }
        }
        let schema = match casts.is_empty() {
            true => input.clone(),
            false => Arc::new(Schema::new_with_metadata(fields, input.metadata().clone())),
        };
        Ok(Self { schema, casts })
    }

    /// The schema that the component gets.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Casts a batch.
    pub(super) fn adapt(&self, batch: RecordBatch) -> Result<RecordBatch, ArrowError> {
        if self.casts.is_empty() {
            return Ok(batch);
        }
        let mut columns = batch.columns().to_vec();
        for i in &self.casts {
            columns[*i] = cast(&columns[*i], self.schema.field(*i).data_type())?;
        }
        RecordBatch::try_new(self.schema.clone(), columns)
    }
}

/// The name of a type without its parameters.
pub(crate) fn type_name(data_type: &DataType) -> String {
    let full = format!("{data_type:?}");
    full.split(['(', ' ', '{']).next().unwrap_or_default().to_owned()
}

/// The plain form of a view or dictionary.
pub(crate) fn plain_type(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Utf8View => Some(DataType::Utf8),
        DataType::BinaryView => Some(DataType::Binary),
        DataType::Dictionary(_, values) => Some(plain_type(values).unwrap_or_else(|| (**values).clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Array, AsArray, DictionaryArray, Int64Array};
    use arrow::datatypes::Int32Type;

    #[test]
    fn a_dictionary_is_cast_for_a_component_that_takes_plain_text_only() {
        let codes: DictionaryArray<Int32Type> = vec!["a", "b", "a"].into_iter().collect();
        let schema = Arc::new(Schema::new(vec![
            Field::new("d", codes.data_type().clone(), true),
            Field::new("n", DataType::Int64, true),
        ]));
        let batch = RecordBatch::try_new(
            schema.clone(),
            vec![Arc::new(codes), Arc::new(Int64Array::from(vec![1, 2, 3]))],
        )
        .unwrap();
        let adapter = Adapter::new(&schema, &["Utf8".into(), "int64".into()]).unwrap();
        let adapted = adapter.adapt(batch.clone()).unwrap();
        assert_eq!(adapted.column(0).as_string::<i32>().value(1), "b");
        assert_eq!(Adapter::new(&schema, &["*".into()]).unwrap().adapt(batch).unwrap().schema(), schema);
        let refused = Adapter::new(&schema, &["Utf8".into()]).unwrap_err();
        assert!(refused.contains("column `n` is Int64"), "{refused}");
    }
}
