//! The algorithm `aggregate`: groups rows, computes measures of each group, emits them at finalize.
//!
//! The rows come out sorted by the group's key, nulls last. Everything is exact, floats included: the outcome does not
//! depend on how the rows were cut into chunks or in which order partials were merged.
//!
//! - `count` is int64. Sums of integers are int64 (uint64 of unsigned ones), of decimals decimal(38), of floats
//!   float64; a sum that does not fit is an error, for floats infinite. Means are float64.
//! - Nulls are left out; of nothing but nulls, everything but a count is null.
//! - Floats have a total order: −0 before 0, NaN above all. As keys, −0 is 0 and all NaN are one.
//! - Without rows there is one row if `by` is empty, otherwise none.

mod accumulate;
mod keys;
mod measure;
mod partial;
mod sum;
#[cfg(test)]
mod tests;

use crate::parents::{column_index, one_schema};
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow::row::Rows;
use artemis_plugin_api::{Algorithm, Component, Context, Error, Input, Properties, Property, Result};
use keys::Keys;
use measure::{Measure, Planned};
use partial::Partial;
use std::sync::Arc;

/// The algorithm.
pub struct Aggregate {
    by: Vec<String>,
    measures: Vec<Measure>,
    plan: Option<Plan>,
}

/// What the schema of the parents made of the properties.
struct Plan {
    keys: Keys,
    measures: Vec<Planned>,
    schema: SchemaRef,
    /// All of it in words: saved partials of another plan are refused.
    words: String,
}

impl Component for Aggregate {
    const NAME: &'static str = "aggregate";
    const DOC: &'static str =
        "Groups rows and computes measures of each group; emitted at the end, sorted by group.";
    const PROPERTIES: &'static [Property] = &[
        Property::list("by").doc("names of the columns to group by; empty: one group of all rows"),
        Property::table("measures").required().doc(
            "name of an output column = count, count(COLUMN), sum(COLUMN), min(COLUMN), max(COLUMN) or mean(COLUMN)",
        ),
    ];

    fn configure(properties: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        let by = properties.strings("by")?.unwrap_or_default();
        let measures = properties.string_table("measures")?;
        let measures =
            measures.iter().map(|(name, text)| Measure::parse(name, text)).collect::<Result<Vec<_>>>()?;
        if measures.is_empty() {
            return Err(Error::invalid("give at least one measure"));
        }
        for (index, name) in by.iter().enumerate() {
            if by[..index].contains(name) {
                return Err(Error::invalid(format!("column `{name}` stands twice in `by`")).in_column(name));
            }
            if measures.iter().any(|measure| measure.name == *name) {
                let text =
                    format!("`{name}` is a column of `by` and a measure: give the measure another name");
                return Err(Error::invalid(text).in_column(name));
            }
        }
        Ok(Self { by, measures, plan: None })
    }
}

/// Scratch space of one worker.
pub struct Scratch {
    rows: Option<Rows>,
    numbers: Vec<u32>,
}

/// What a run of chunks accumulates.
#[derive(Default)]
pub struct Accumulated(Partial);

impl Algorithm for Aggregate {
    const PARTIAL: &'static str = "exact";
    type Instance = Scratch;
    type Partial = Accumulated;

    fn initialize(&mut self, _: &Context<'_>, inputs: &[SchemaRef]) -> Result<Vec<SchemaRef>> {
        let input = one_schema(inputs)?;
        let by = self.by.iter().map(|name| column_index(input, name)).collect::<Result<Vec<_>>>()?;
        let measures = self.measures.iter().map(|measure| measure.plan(input)).collect::<Result<Vec<_>>>()?;
        let keys = Keys::new(by.clone(), input)?;
        let key_fields = by.iter().zip(&keys.types).map(|(index, data_type)| {
            let field = input.field(*index);
            Field::new(field.name(), data_type.clone(), field.is_nullable())
                .with_metadata(field.metadata().clone())
        });
        let fields: Vec<Field> =
            key_fields.chain(measures.iter().map(|planned| planned.field.clone())).collect();
        let words = format!(
            "{:?} {:?}",
            keys.types,
            measures.iter().map(|m| (m.function, &m.input, m.field.data_type())).collect::<Vec<_>>()
        );
        let schema = Arc::new(Schema::new(fields));
        self.plan = Some(Plan { keys, measures, schema: schema.clone(), words });
        Ok(vec![schema])
    }

    fn instance(&self, _: &Context<'_>) -> Result<Scratch> {
        Ok(Scratch { rows: self.plan()?.keys.scratch(), numbers: Vec::new() })
    }

    fn partial(&self) -> Accumulated {
        Accumulated(self.plan.as_ref().map_or_else(Partial::default, |plan| Partial::new(&plan.measures)))
    }

    fn merge(&self, into: &mut Accumulated, from: Accumulated) -> Result<()> {
        into.0.merge(from.0, &self.plan()?.measures)
    }

    fn save(&self, partial: &Accumulated) -> Result<Vec<u8>> {
        let plan = self.plan()?;
        partial.0.save(&plan.keys, &plan.words)
    }

    fn load(&self, bytes: &[u8]) -> Result<Accumulated> {
        let plan = self.plan()?;
        Partial::load(bytes, &plan.keys, &plan.measures, &plan.words).map(Accumulated)
    }

    fn partial_bytes(&self, partial: Option<&Accumulated>) -> u64 {
        // Some thousand groups are what to expect.
        partial.map_or(64 << 10, |partial| partial.0.size_bytes() as u64)
    }

    fn execute(
        &self,
        _: &Context<'_>,
        scratch: &mut Scratch,
        partial: &mut Accumulated,
        inputs: Vec<Input>,
    ) -> Result<()> {
        let plan = self.plan()?;
        let Partial { groups, accumulators } = &mut partial.0;
        for Input { batch, .. } in inputs {
            plan.keys.number(&batch, &mut scratch.rows, groups, &mut scratch.numbers)?;
            let count = groups.len();
            for (accumulator, planned) in accumulators.iter_mut().zip(&plan.measures) {
                accumulator.resize(count);
                accumulator.update(planned, &batch, &scratch.numbers)?;
            }
        }
        Ok(())
    }

    fn finalize(&self, context: &Context<'_>, partial: &mut Accumulated) -> Result<()> {
        let plan = self.plan()?;
        let partial = &mut partial.0;
        if plan.keys.is_empty() && partial.groups.len() == 0 {
            partial.groups.intern(&[])?;
        }
        partial.resize();
        let order = partial.groups.sorted();
        if order.is_empty() {
            // So that the partition has its schema.
            return context.emit(0, RecordBatch::new_empty(plan.schema.clone()));
        }
        for piece in partial.pieces(&order) {
            let mut columns = plan.keys.columns_of(&partial.groups, piece)?;
            for (accumulator, planned) in partial.accumulators.iter().zip(&plan.measures) {
                columns.push(accumulator.finish(planned, piece)?);
            }
            context.emit(0, RecordBatch::try_new(plan.schema.clone(), columns)?)?;
        }
        Ok(())
    }
}

impl Aggregate {
    fn plan(&self) -> Result<&Plan> {
        self.plan.as_ref().ok_or_else(|| Error::new("initialize was not called"))
    }
}
