//! What several parents of one node have in common.

use arrow::datatypes::SchemaRef;
use artemis_plugin_api::{Error, Result};

/// The one schema of all parents.
///
/// # Errors
/// When there is no parent, or when two of them have different columns.
pub fn one_schema(inputs: &[SchemaRef]) -> Result<&SchemaRef> {
    let (first, others) = inputs.split_first().ok_or_else(|| Error::invalid("a parent is needed"))?;
    for (index, other) in others.iter().enumerate() {
        let same = first.fields().len() == other.fields().len()
            && first
                .fields()
                .iter()
                .zip(other.fields())
                .all(|(a, b)| a.name() == b.name() && a.data_type() == b.data_type());
        if !same {
            return Err(Error::invalid(format!(
                "parent {} has other columns than parent 1: all parents must have the same columns",
                index + 2
            )));
        }
    }
    Ok(first)
}

/// Index of a column.
///
/// # Errors
/// When there is no such column, naming those that there are; when there are two of that name.
pub fn column_index(schema: &SchemaRef, name: &str) -> Result<usize> {
    let mut found = schema.fields().iter().enumerate().filter(|(_, field)| field.name() == name);
    let Some((index, _)) = found.next() else {
        let names: Vec<_> = schema.fields().iter().map(|field| format!("`{}`", field.name())).collect();
        return Err(Error::invalid(format!("there is no column `{name}`; there are {}", names.join(", ")))
            .in_column(name));
    };
    if found.next().is_some() {
        return Err(Error::invalid(format!("there are two columns `{name}`")).in_column(name));
    }
    Ok(index)
}
