//! Takes its time: the algorithm `slow`, for tests that stop or kill a job in mid-run.

use crate::pass_on;
use arrow::datatypes::SchemaRef;
use artemis_plugin_api::{Algorithm, Component, Context, Input, Properties, Property, Result};
use std::time::Duration;

/// The algorithm.
pub struct Slow {
    per_chunk: Duration,
}

impl Component for Slow {
    const NAME: &'static str = "slow";
    const DOC: &'static str = "Sleeps before it passes on a chunk; does not look whether the job stops.";
    const PROPERTIES: &'static [Property] =
        &[Property::int("milliseconds").default_int(50).range(0, 600_000).doc("time per chunk")];

    fn configure(properties: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        let milliseconds = properties.int("milliseconds")?.and_then(|ms| u64::try_from(ms).ok());
        Ok(Self { per_chunk: Duration::from_millis(milliseconds.unwrap_or(50)) })
    }
}

impl Algorithm for Slow {
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
        if !context.is_sample() {
            std::thread::sleep(self.per_chunk);
        }
        pass_on(context, inputs)
    }
}
