//! The reader in a host in memory.

use super::Readings;
use artemis_plugin_api::arrow::array::{Array, AsArray, RecordBatch};
use artemis_plugin_api::arrow::compute::concat_batches;
use artemis_plugin_api::arrow::datatypes::{DataType, Float64Type, SchemaRef};
use artemis_plugin_api::testing::TestHost;
use artemis_plugin_api::{Action, Value, abi};
use std::sync::Arc;

const INPUT: &str = "# of the plant\ninlet = 21.5\n\noutlet=19\nspare=\n";

/// All rows of an input, read in chunks of a number of records.
fn rows(input: &str, records: usize) -> RecordBatch {
    let batches = TestHost::new()
        .read::<Readings>(input.as_bytes(), records)
        .unwrap()
        .remove(0);
    concat_batches(&batches[0].schema(), &batches).unwrap()
}

#[test]
fn lines_become_rows_whatever_the_chunks() {
    let whole = rows(INPUT, 100);
    assert_eq!(
        whole
            .column(0)
            .as_string::<i32>()
            .iter()
            .flatten()
            .collect::<Vec<_>>(),
        ["inlet", "outlet", "spare"]
    );
    let values = whole.column(1).as_primitive::<Float64Type>();
    assert_eq!(
        values.iter().collect::<Vec<_>>(),
        [Some(21.5), Some(19.0), None]
    );
    assert_eq!(rows(INPUT, 1), whole);
}

#[test]
fn one_text_makes_the_column_text() {
    let batch = rows("a=1\nb=two\n", 1);
    assert_eq!(
        batch
            .column(1)
            .as_string::<i32>()
            .iter()
            .flatten()
            .collect::<Vec<_>>(),
        ["1", "two"]
    );
}

#[test]
fn a_value_that_does_not_convert_is_reported_with_its_place() {
    let sample = rows(INPUT, 100);
    let numbers: SchemaRef = sample.schema();
    assert_eq!(*numbers.field(1).data_type(), DataType::Float64);
    let read = |host: &TestHost<'_>| {
        host.run_reader::<Readings>(
            b"",
            &[(0, 0, b"a=1\n"), (4, 1, b"b=two\nnothing\n")],
            Some(&[numbers.clone()]),
        )
    };

    let host = TestHost::new().on_reject(Action::Null);
    let batches = read(&host).unwrap().remove(0);
    assert!(batches[1].column(1).is_null(0));
    let rejects = host.record().rejects;
    assert_eq!(
        rejects[0],
        (1, 4, Some("value".into()), "not a number".into())
    );
    assert_eq!(
        rejects[1],
        (2, 10, None, "the line has no separator".into())
    );

    let stopped = read(&TestHost::new().on_reject(Action::Stop)).unwrap_err();
    assert_eq!(stopped.status(), abi::ARTEMIS_STOPPED);
}

#[test]
fn the_separator_is_a_property() {
    let host = TestHost::new().property("separator", Value::String(":".into()));
    let batch = host
        .read::<Readings>(b"a: 1\n", 1)
        .unwrap()
        .remove(0)
        .remove(0);
    assert_eq!(batch.column(1).as_primitive::<Float64Type>().value(0), 1.0);
    let host = TestHost::new().property("separator", Value::String("#".into()));
    assert!(
        host.configure::<Readings>()
            .is_err_and(|error| error.text().contains("`separator`"))
    );
    // Shared by all threads of the host.
    fn is_shared<T: Send + Sync>(_: Arc<T>) {}
    is_shared(Arc::new(TestHost::new().configure::<Readings>().unwrap()));
}
