//! Errors, and promises that are not kept: the algorithms `fails` and `other-schema`.

use crate::moment::{AT_CHUNK, AT_DATUM, Moment};
use crate::pass_on;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use artemis_plugin_api::{Algorithm, Component, Context, Error, Input, Properties, Property, Result};
use std::sync::Arc;

/// The algorithm `fails`.
pub struct Fails {
    moment: Moment,
}

impl Component for Fails {
    const NAME: &'static str = "fails";
    const DOC: &'static str = "Returns an error that names record, offset and column.";
    const PROPERTIES: &'static [Property] = &[AT_CHUNK, AT_DATUM];

    fn configure(properties: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        Ok(Self { moment: Moment::from_properties(properties)? })
    }
}

impl Algorithm for Fails {
    type Instance = ();
    type Partial = ();

    fn initialize(&mut self, _: &Context<'_>, inputs: &[SchemaRef]) -> Result<Vec<SchemaRef>> {
        Ok(inputs[..1].to_vec())
    }

    fn instance(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }

    fn partial(&self) {}

    fn execute(&self, context: &Context<'_>, _: &mut (), _: &mut (), inputs: Vec<Input>) -> Result<()> {
        if self.moment.is_now(context) {
            let call = context.call();
            let schema = inputs.first().map(|input| input.batch.schema());
            let column = schema.map(|schema| schema.field(0).name().clone()).unwrap_or_default();
            return Err(Error::new("deliberate failure")
                .at_record(call.first_record)
                .at_offset(call.byte_offset)
                .in_column(column));
        }
        pass_on(context, inputs)
    }
}

/// The algorithm `other-schema`. The SDK refuses its batch.
pub struct OtherSchema;

impl Component for OtherSchema {
    const NAME: &'static str = "other-schema";
    const DOC: &'static str = "Promises one column of integers and emits what it gets.";

    fn configure(_: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        Ok(Self)
    }
}

impl Algorithm for OtherSchema {
    type Instance = ();
    type Partial = ();

    fn initialize(&mut self, _: &Context<'_>, _: &[SchemaRef]) -> Result<Vec<SchemaRef>> {
        Ok(vec![Arc::new(Schema::new(vec![Field::new("promised", DataType::Int64, true)]))])
    }

    fn instance(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }

    fn partial(&self) {}

    fn execute(&self, context: &Context<'_>, _: &mut (), _: &mut (), inputs: Vec<Input>) -> Result<()> {
        if context.is_sample() { Ok(()) } else { pass_on(context, inputs) }
    }
}
