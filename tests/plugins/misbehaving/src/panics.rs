//! Panics in every state: the algorithm `panics` and the tool `tool-panics`.

use crate::moment::{AT_CHUNK, AT_DATUM, Moment};
use crate::pass_on;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use artemis_plugin_api::{Algorithm, Component, Context, Input, Properties, Property, Result, Tool};

/// The algorithm.
pub struct Panics {
    when: String,
    moment: Moment,
}

impl Panics {
    fn panic_if(&self, when: &str) {
        assert!(self.when != when, "deliberate panic in {when}");
    }
}

impl Component for Panics {
    const NAME: &'static str = "panics";
    const DOC: &'static str = "Panics in the call that `when` names.";
    const PROPERTIES: &'static [Property] = &[
        Property::string("when")
            .default("execute")
            .choices(&[
                "configure",
                "initialize",
                "book",
                "instance",
                "partial",
                "execute",
                "merge",
                "finalize",
                "abort",
            ])
            .doc("the call that panics"),
        AT_CHUNK,
        AT_DATUM,
    ];

    fn configure(properties: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        let when = properties.string("when")?.unwrap_or_default();
        let panics = Self { when, moment: Moment::from_properties(properties)? };
        panics.panic_if("configure");
        Ok(panics)
    }
}

impl Algorithm for Panics {
    const PARTIAL: &'static str = "exact";
    type Instance = ();
    /// Number of batches: something to merge.
    type Partial = u64;

    fn initialize(&mut self, _: &Context<'_>, inputs: &[SchemaRef]) -> Result<Vec<SchemaRef>> {
        self.panic_if("initialize");
        Ok(inputs[..1].to_vec())
    }

    fn book(&mut self, _: &Context<'_>) -> Result<()> {
        self.panic_if("book");
        Ok(())
    }

    fn instance(&self, _: &Context<'_>) -> Result<()> {
        self.panic_if("instance");
        Ok(())
    }

    fn partial(&self) -> u64 {
        self.panic_if("partial");
        0
    }

    fn execute(
        &self,
        context: &Context<'_>,
        _: &mut (),
        batches: &mut u64,
        inputs: Vec<Input>,
    ) -> Result<()> {
        if self.moment.is_now(context) {
            self.panic_if("execute");
        }
        *batches += inputs.len() as u64;
        pass_on(context, inputs)
    }

    fn merge(&self, into: &mut u64, from: u64) -> Result<()> {
        self.panic_if("merge");
        *into += from;
        Ok(())
    }

    fn finalize(&self, _: &Context<'_>, _: &mut u64) -> Result<()> {
        self.panic_if("finalize");
        Ok(())
    }

    fn abort(&self, _: &Context<'_>) {
        self.panic_if("abort");
    }
}

/// The tool.
pub struct ToolPanics {
    when: String,
}

impl Component for ToolPanics {
    const NAME: &'static str = "tool-panics";
    const DOC: &'static str = "A tool that panics in the call that `when` names.";
    const PROPERTIES: &'static [Property] = &[Property::string("when")
        .default("execute")
        .choices(&["configure", "initialize", "execute"])
        .doc("the call that panics")];

    fn configure(properties: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        let when = properties.string("when")?.unwrap_or_default();
        assert!(when != "configure", "deliberate panic in a tool's configure");
        Ok(Self { when })
    }
}

impl Tool for ToolPanics {
    type Place = ();

    fn initialize(&self, _: &Context<'_>, input: &SchemaRef) -> Result<((), SchemaRef)> {
        assert!(self.when != "initialize", "deliberate panic in a tool's initialize");
        Ok(((), input.clone()))
    }

    fn execute(&self, _: &Context<'_>, _: &(), batch: RecordBatch) -> Result<RecordBatch> {
        assert!(self.when != "execute", "deliberate panic in a tool's execute");
        Ok(batch)
    }
}
