//! The tool in a host in memory.

use super::Letters;
use artemis_plugin_api::arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use artemis_plugin_api::testing::TestHost;
use artemis_plugin_api::{Call, Value};
use std::sync::Arc;

fn batch() -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([
        (
            "name",
            Arc::new(StringArray::from(vec![Some("Zoë"), None])) as ArrayRef,
            true,
        ),
        (
            "city",
            Arc::new(StringArray::from(vec!["Oslo", "Bern"])) as ArrayRef,
            true,
        ),
        (
            "n",
            Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef,
            true,
        ),
    ])
    .unwrap()
}

fn texts(batch: &RecordBatch, column: usize) -> Vec<Option<&str>> {
    batch.column(column).as_string::<i32>().iter().collect()
}

#[test]
fn text_is_turned_and_everything_else_stays() {
    let result = TestHost::new().run_tool::<Letters>(batch()).unwrap();
    assert_eq!(texts(&result, 0), [Some("ZOË"), None]);
    assert_eq!(texts(&result, 1), [Some("OSLO"), Some("BERN")]);
    assert_eq!(result.column(2), batch().column(2));
    assert_eq!(result.schema(), batch().schema());
}

#[test]
fn style_and_columns_are_properties() {
    let city = Value::List(vec![Value::String("city".into())]);
    let host = TestHost::new()
        .property("style", Value::String("lower".into()))
        .property("columns", city);
    let result = host.run_tool::<Letters>(batch()).unwrap();
    assert_eq!(texts(&result, 0)[0], Some("Zoë"));
    assert_eq!(texts(&result, 1)[0], Some("oslo"));
}

#[test]
fn a_column_must_be_there_and_be_text() {
    for (name, part) in [("town", "there is no column `town`"), ("n", "not text")] {
        let names = Value::List(vec![Value::String(name.into())]);
        let error = TestHost::new()
            .property("columns", names)
            .run_tool::<Letters>(batch())
            .unwrap_err();
        assert!(error.text().contains(part), "{error}");
    }
}

#[test]
fn an_algorithm_calls_it_by_its_configured_name() {
    let host = TestHost::new().tool::<Letters>("loud", &[]).unwrap();
    let context = host.context(Call::default());
    let (id, schema) = context.open_tool("loud", &batch().schema()).unwrap();
    assert_eq!(schema, batch().schema());
    assert_eq!(
        texts(&context.call_tool(id, batch()).unwrap(), 1)[0],
        Some("OSLO")
    );
}
