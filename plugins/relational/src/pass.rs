//! The algorithm `pass`: hands batches on as they are, for a node that is there for its name or to bring parents
//! together.

use crate::parents::one_schema;
use arrow::datatypes::SchemaRef;
use artemis_plugin_api::{Algorithm, Component, Context, Input, Properties, Property, Result};

/// The algorithm.
pub struct Pass;

impl Component for Pass {
    const NAME: &'static str = "pass";
    const DOC: &'static str = "Hands all rows on as they are; several parents must have the same columns.";
    const PROPERTIES: &'static [Property] = &[];

    fn configure(_: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        Ok(Self)
    }
}

impl Algorithm for Pass {
    type Instance = ();
    type Partial = ();

    fn initialize(&mut self, _: &Context<'_>, inputs: &[SchemaRef]) -> Result<Vec<SchemaRef>> {
        Ok(vec![one_schema(inputs)?.clone()])
    }

    fn instance(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }

    fn partial(&self) {}

    fn execute(&self, context: &Context<'_>, _: &mut (), _: &mut (), inputs: Vec<Input>) -> Result<()> {
        inputs.into_iter().try_for_each(|input| context.emit(0, input.batch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::tests::batch;
    use artemis_plugin_api::testing::TestHost;

    #[test]
    fn what_comes_in_goes_out() {
        let out = TestHost::new().run_algorithm::<Pass>(&[vec![batch(), batch()]]).unwrap();
        assert_eq!(out, [[batch(), batch()]]);
    }
}
