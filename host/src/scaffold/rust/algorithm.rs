//! The algorithm `my-plugin/sums`: count and sum of every column of integers, one row a column.
//!
//! Each worker adds up the chunks that it sees in a *partial*; the host merges the partials and calls `finalize` once
//! with everything. Sums of integers in 128 bits do not depend on the order, so the partial is `exact`.

use artemis_plugin_api::arrow::array::{
    AsArray, Int64Array, RecordBatch, StringArray, UInt64Array,
};
use artemis_plugin_api::arrow::compute::cast;
use artemis_plugin_api::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use artemis_plugin_api::{
    Algorithm, Component, Context, Error, Input, Properties, Property, Result,
};
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// The algorithm at one place of the menu.
pub struct Sums {
    /// What the job file names; `None`: all columns of integers.
    only: Option<Vec<String>>,
    /// Index and name of the columns to add up; known after `initialize`.
    columns: Vec<(usize, String)>,
}

/// Count and sum of one column.
#[derive(Clone, Copy, Default)]
pub struct Sum {
    count: u64,
    sum: i128,
}

/// Bytes of a saved [`Sum`].
const SUM_BYTES: usize = 24;

impl Component for Sums {
    const NAME: &'static str = "sums";
    const DOC: &'static str = "Counts and adds up columns of integers.";
    const PROPERTIES: &'static [Property] =
        &[Property::list("columns")
            .doc("names of the columns; without it, all columns of integers")];

    fn configure(properties: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        Ok(Self {
            only: properties.strings("columns")?,
            columns: Vec::new(),
        })
    }
}

impl Algorithm for Sums {
    const PARTIAL: &'static str = "exact";
    type Instance = ();
    type Partial = Vec<Sum>;

    fn initialize(
        &mut self,
        context: &Context<'_>,
        inputs: &[SchemaRef],
    ) -> Result<Vec<SchemaRef>> {
        let [input] = inputs else {
            return Err(Error::invalid(format!(
                "takes one parent, not {}",
                inputs.len()
            )));
        };
        self.columns.clear();
        if let Some(only) = &self.only {
            for name in only {
                let (index, field) = input.column_with_name(name).ok_or_else(|| {
                    Error::invalid(format!("there is no column `{name}`")).in_column(name)
                })?;
                if !is_integer(field.data_type()) {
                    let text = format!("column `{name}` is {}, not an integer", field.data_type());
                    return Err(Error::invalid(text).in_column(name));
                }
                self.columns.push((index, name.clone()));
            }
        } else {
            let fields = input.fields().iter().enumerate();
            let integers = fields.filter(|(_, field)| is_integer(field.data_type()));
            self.columns
                .extend(integers.map(|(index, field)| (index, field.name().clone())));
        }
        context.annotate("columns", &self.columns.len().to_string());
        Ok(vec![output_schema()])
    }

    fn instance(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }

    fn partial(&self) -> Vec<Sum> {
        vec![Sum::default(); self.columns.len()]
    }

    fn partial_bytes(&self, partial: Option<&Vec<Sum>>) -> u64 {
        let columns = partial.map_or(self.columns.len(), Vec::len);
        (columns * size_of::<Sum>()) as u64
    }

    fn execute(
        &self,
        context: &Context<'_>,
        _: &mut (),
        partial: &mut Vec<Sum>,
        inputs: Vec<Input>,
    ) -> Result<()> {
        for Input { batch, .. } in inputs {
            for ((index, name), total) in self.columns.iter().zip(partial.iter_mut()) {
                let column = batch.columns().get(*index).ok_or_else(|| {
                    Error::new("the batch lacks a column")
                        .in_column(name)
                        .at_record(context.call().first_record)
                })?;
                let column = cast(column, &DataType::Int64)?;
                for value in column.as_primitive::<Int64Type>().iter().flatten() {
                    total.count += 1;
                    total.sum += i128::from(value);
                }
            }
        }
        Ok(())
    }

    fn merge(&self, into: &mut Vec<Sum>, from: Vec<Sum>) -> Result<()> {
        for (into, from) in into.iter_mut().zip(from) {
            into.count += from.count;
            into.sum += from.sum;
        }
        Ok(())
    }

    fn save(&self, partial: &Vec<Sum>) -> Result<Vec<u8>> {
        let bytes = |sum: &Sum| [&sum.count.to_le_bytes()[..], &sum.sum.to_le_bytes()[..]].concat();
        Ok(partial.iter().flat_map(bytes).collect())
    }

    fn load(&self, bytes: &[u8]) -> Result<Vec<Sum>> {
        let load = |bytes: &[u8]| {
            let (count, sum) = bytes.split_first_chunk::<8>()?;
            let sum = i128::from_le_bytes(sum.try_into().ok()?);
            Some(Sum {
                count: u64::from_le_bytes(*count),
                sum,
            })
        };
        let sums: Option<Vec<Sum>> = bytes.chunks(SUM_BYTES).map(load).collect();
        sums.filter(|sums| sums.len() == self.columns.len())
            .ok_or_else(|| Error::bad_data("these bytes are not a saved partial of these columns"))
    }

    fn finalize(&self, context: &Context<'_>, partial: &mut Vec<Sum>) -> Result<()> {
        let mut sums = Vec::with_capacity(partial.len());
        for ((_, name), total) in self.columns.iter().zip(partial.iter()) {
            sums.push(i64::try_from(total.sum).map_err(|_| {
                Error::new(format!("the sum {} is more than 64 bits hold", total.sum))
                    .in_column(name)
            })?);
        }
        let names: StringArray = self
            .columns
            .iter()
            .map(|(_, name)| Some(name.as_str()))
            .collect();
        let counts: UInt64Array = partial
            .iter()
            .map(|total| total.count)
            .collect::<Vec<_>>()
            .into();
        let columns = vec![
            Arc::new(names) as _,
            Arc::new(counts) as _,
            Arc::new(Int64Array::from(sums)) as _,
        ];
        context.emit(0, RecordBatch::try_new(output_schema(), columns)?)
    }
}

/// Integers whose values all fit into 64 bits with a sign.
fn is_integer(data_type: &DataType) -> bool {
    data_type.is_integer() && *data_type != DataType::UInt64
}

fn output_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("column", DataType::Utf8, false),
        Field::new("count", DataType::UInt64, false),
        Field::new("sum", DataType::Int64, false),
    ]))
}

artemis_plugin_api::export_plugin! {
    id: "my-plugin",
    version: env!("CARGO_PKG_VERSION"),
    vendor: "Your name",
    licence: "MIT OR Apache-2.0",
    description: env!("CARGO_PKG_DESCRIPTION"),
    readers: [],
    algorithms: [Sums],
    tools: [],
}
