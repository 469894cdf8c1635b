//! The algorithm `where`: keeps the rows that meet a condition.

use crate::condition::Condition;
use crate::parents::one_schema;
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use artemis_plugin_api::{
    Algorithm, Axis, Component, Context, Error, Histogram, HistogramId, Input, Properties, Property, Result,
    ToolId,
};

/// The algorithm. It counts `rows_in` and `rows_out`, fills the histogram `kept_fraction` with the fraction kept of
/// each batch that has rows, and puts its condition into the job's record.
pub struct Where {
    text: String,
    tool: Option<String>,
    condition: Option<Condition>,
    place: Option<ToolId>,
    kept: Option<HistogramId>,
}

impl Component for Where {
    const NAME: &'static str = "where";
    const DOC: &'static str = "Keeps the rows that meet a condition.";
    const PROPERTIES: &'static [Property] = &[
        Property::string("condition").required().doc(
            "such as: arr_delay > 30 and (carrier in ('UA', 'AA') or tailnum is null); \
             a comparison with a null is not met",
        ),
        Property::string("tool").doc("configured name of a tool that is run on what is kept"),
    ];

    fn configure(properties: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        let text = properties.string("condition")?.ok_or_else(|| Error::invalid("give a `condition`"))?;
        let tool = properties.string("tool")?;
        Ok(Self { text, tool, condition: None, place: None, kept: None })
    }
}

impl Algorithm for Where {
    type Instance = ();
    type Partial = ();

    fn initialize(&mut self, context: &Context<'_>, inputs: &[SchemaRef]) -> Result<Vec<SchemaRef>> {
        let input = one_schema(inputs)?;
        self.condition = Some(Condition::new(&self.text, input)?);
        let schema = match &self.tool {
            Some(tool) => {
                let (id, schema) = context.open_tool(tool, input)?;
                self.place = Some(id);
                schema
            }
            None => input.clone(),
        };
        context.annotate("condition", &self.text);
        tracing::info!("keeps the rows where {}", self.text);
        Ok(vec![schema])
    }

    fn book(&mut self, context: &Context<'_>) -> Result<()> {
        self.kept = Some(context.book_histogram(&Histogram {
            name: "kept_fraction".into(),
            title: "Fraction of the rows of a batch that is kept".into(),
            axis_name: "fraction".into(),
            axis: Axis::Fixed { bins: 20, lower: 0.0, upper: 1.0 },
        })?);
        Ok(())
    }

    fn instance(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }

    fn partial(&self) {}

    fn execute(&self, context: &Context<'_>, _: &mut (), _: &mut (), inputs: Vec<Input>) -> Result<()> {
        let condition =
            self.condition.as_ref().ok_or_else(|| Error::new("execute was called before initialize"))?;
        for Input { batch, .. } in inputs {
            let holds = condition.evaluate(&batch)?;
            let (rows, kept) = (batch.num_rows(), holds.true_count());
            context.count("rows_in", rows as u64);
            context.count("rows_out", kept as u64);
            if let Some(histogram) = self.kept.filter(|_| rows > 0) {
                context.fill(histogram, &[kept as f64 / rows as f64], None);
            }
            // What is kept as a whole is not copied.
            let batch = if kept == rows { batch } else { filter_record_batch(&batch, &holds)? };
            let batch = match self.place {
                Some(tool) => context.call_tool(tool, batch)?,
                None => batch,
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

    fn host(condition: &str) -> TestHost<'_> {
        TestHost::new().property("condition", Value::String(condition.into()))
    }

    #[test]
    fn rows_that_meet_the_condition_are_kept_and_counted() {
        let host = host("c >= 7 and b != 'z'");
        let out = host.run_algorithm::<Where>(&[vec![batch()], vec![batch().slice(0, 0)]]).unwrap();
        assert_eq!(out[0], [batch().slice(0, 1), batch().slice(0, 0)]);
        let record = host.record();
        assert_eq!(record.counters["rows_in"], 3);
        assert_eq!(record.counters["rows_out"], 1);
        assert_eq!(record.histograms[0].0.name, "kept_fraction");
        assert_eq!(record.histograms[0].1, [1.0 / 3.0]);
        assert_eq!(record.annotations, [("condition".to_owned(), "c >= 7 and b != 'z'".to_owned())]);
    }

    #[test]
    fn a_tool_runs_on_what_is_kept() {
        let host = host("a > 1").property("tool", Value::String("slim".into()));
        let host = host.tool::<Columns>("slim", &[("drop", texts(&["b"]))]).unwrap();
        let out = host.run_algorithm::<Where>(&[vec![batch()]]).unwrap();
        assert_eq!(out[0], [batch().slice(1, 2).project(&[0, 2]).unwrap()]);
    }

    #[test]
    fn a_wrong_condition_is_refused_before_any_row() {
        let error = host("a > 'x'").run_algorithm::<Where>(&[vec![batch()]]).unwrap_err();
        assert_eq!(error.text(), "condition, character 5: Int64 cannot be compared with a text");
        assert_eq!(error.status(), artemis_plugin_api::abi::ARTEMIS_INVALID);
    }
}
