//! The algorithm `select`: keeps or drops columns of a node, directly or through a configured tool.

use crate::columns::{Choice, DROP, KEEP, Projection};
use crate::parents::one_schema;
use arrow::datatypes::SchemaRef;
use artemis_plugin_api::{Algorithm, Component, Context, Error, Input, Properties, Property, Result, ToolId};

/// The algorithm.
pub struct Select {
    how: How,
}

enum How {
    /// The configured name of a tool, and its place once it is opened.
    Tool(String, Option<ToolId>),
    /// A choice of its own, and what it means for the schema.
    Own(Choice, Option<Projection>),
}

impl Component for Select {
    const NAME: &'static str = "select";
    const DOC: &'static str = "Keeps or drops columns; give exactly one of tool, keep and drop.";
    const PROPERTIES: &'static [Property] = &[
        Property::string("tool").doc("configured name of a tool that does it, such as relational/columns"),
        KEEP,
        DROP,
    ];

    fn configure(properties: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        let how = match (properties.string("tool")?, Choice::from_properties(properties)?) {
            (Some(tool), None) => How::Tool(tool, None),
            (None, Some(choice)) => How::Own(choice, None),
            (None, None) => return Err(Error::invalid("give `tool`, `keep` or `drop`")),
            (Some(_), Some(_)) => {
                return Err(Error::invalid("give `tool`, or `keep` or `drop` directly, not both"));
            }
        };
        Ok(Self { how })
    }
}

impl Algorithm for Select {
    type Instance = ();
    type Partial = ();

    fn initialize(&mut self, context: &Context<'_>, inputs: &[SchemaRef]) -> Result<Vec<SchemaRef>> {
        let input = one_schema(inputs)?;
        let schema = match &mut self.how {
            How::Tool(name, place) => {
                let (id, schema) = context.open_tool(name, input)?;
                *place = Some(id);
                schema
            }
            How::Own(choice, place) => place.insert(choice.place(input)?).schema.clone(),
        };
        Ok(vec![schema])
    }

    fn instance(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }

    fn partial(&self) {}

    fn execute(&self, context: &Context<'_>, _: &mut (), _: &mut (), inputs: Vec<Input>) -> Result<()> {
        for input in inputs {
            let batch = match &self.how {
                How::Tool(_, Some(id)) => context.call_tool(*id, input.batch)?,
                How::Own(_, Some(place)) => place.apply(&input.batch)?,
                _ => return Err(Error::new("execute was called before initialize")),
            };
            context.emit(0, batch)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Columns;
    use crate::columns::tests::{batch, texts};
    use artemis_plugin_api::Value;
    use artemis_plugin_api::testing::TestHost;

    #[test]
    fn a_tool_and_its_own_choice_give_the_same() {
        let through_tool = TestHost::new()
            .property("tool", Value::String("slim".into()))
            .tool::<Columns>("slim", &[("keep", texts(&["c", "a"]))])
            .unwrap()
            .run_algorithm::<Select>(&[vec![batch()]])
            .unwrap();
        let own = TestHost::new()
            .property("keep", texts(&["c", "a"]))
            .run_algorithm::<Select>(&[vec![batch()]])
            .unwrap();
        assert_eq!(through_tool, own);
        assert_eq!(own[0][0], batch().project(&[2, 0]).unwrap());
    }

    #[test]
    fn contradicting_properties_are_refused() {
        let text =
            |host: TestHost<'_>| host.run_algorithm::<Select>(&[vec![batch()]]).unwrap_err().to_string();
        assert_eq!(text(TestHost::new()), "give `tool`, `keep` or `drop`");
        let both =
            TestHost::new().property("tool", Value::String("t".into())).property("keep", texts(&["a"]));
        assert_eq!(text(both), "give `tool`, or `keep` or `drop` directly, not both");
        let unknown = TestHost::new().property("tool", Value::String("t".into()));
        assert_eq!(text(unknown), "there is no tool `t`");
    }
}
