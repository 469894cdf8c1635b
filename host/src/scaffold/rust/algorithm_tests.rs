//! The algorithm in a host in memory.

use super::Sums;
use artemis_plugin_api::arrow::array::{
    ArrayRef, AsArray, Int32Array, Int64Array, RecordBatch, StringArray,
};
use artemis_plugin_api::arrow::datatypes::{Int64Type, UInt64Type};
use artemis_plugin_api::testing::TestHost;
use artemis_plugin_api::{Algorithm, Value};
use std::sync::Arc;

fn batch(amounts: Vec<Option<i64>>) -> RecordBatch {
    let rows = amounts.len();
    RecordBatch::try_from_iter_with_nullable([
        (
            "name",
            Arc::new(StringArray::from(vec!["x"; rows])) as ArrayRef,
            true,
        ),
        (
            "amount",
            Arc::new(Int64Array::from(amounts)) as ArrayRef,
            true,
        ),
        (
            "one",
            Arc::new(Int32Array::from(vec![1; rows])) as ArrayRef,
            true,
        ),
    ])
    .unwrap()
}

/// The rows: column, count, sum.
fn sums(host: &TestHost<'_>, runs: &[Vec<RecordBatch>]) -> Vec<(String, u64, i64)> {
    let batch = host
        .run_algorithm::<Sums>(runs)
        .unwrap()
        .remove(0)
        .remove(0);
    let counts = batch.column(1).as_primitive::<UInt64Type>();
    let sums = batch.column(2).as_primitive::<Int64Type>();
    let names = batch.column(0).as_string::<i32>().iter().flatten();
    names
        .enumerate()
        .map(|(i, name)| (name.to_owned(), counts.value(i), sums.value(i)))
        .collect()
}

#[test]
fn integers_are_added_up_and_nulls_are_not_counted() {
    let host = TestHost::new();
    let all = sums(
        &host,
        &[vec![
            batch(vec![Some(1), None, Some(40)]),
            batch(vec![Some(-2)]),
        ]],
    );
    assert_eq!(all, [("amount".into(), 3, 39), ("one".into(), 4, 4)]);
    assert_eq!(host.record().annotations, [("columns".into(), "2".into())]);
}

#[test]
fn any_split_into_runs_gives_the_same() {
    let parts = [
        batch(vec![Some(i64::MAX)]),
        batch(vec![Some(5), None]),
        batch(vec![Some(i64::MIN)]),
    ];
    let one = sums(&TestHost::new(), &[parts.to_vec()]);
    let each: Vec<_> = parts.iter().map(|part| vec![part.clone()]).collect();
    assert_eq!(sums(&TestHost::new(), &each), one);
    assert_eq!(sums(&TestHost::new().save_partials(), &each), one);
}

#[test]
fn a_sum_beyond_64_bits_is_an_error_with_its_column() {
    let much = vec![batch(vec![Some(i64::MAX), Some(1)])];
    let error = TestHost::new().run_algorithm::<Sums>(&[much]).unwrap_err();
    assert_eq!(error.column(), Some("amount"));
}

#[test]
fn bytes_that_are_no_partial_are_refused() {
    let sums = TestHost::new().configure::<Sums>().unwrap();
    assert!(sums.load(b"nonsense").is_err());
}

#[test]
fn columns_are_chosen_by_name_and_must_be_there() {
    let named = |name: &str| {
        let names = Value::List(vec![Value::String(name.into())]);
        TestHost::new().property("columns", names)
    };
    let runs = [vec![batch(vec![Some(1)])]];
    assert_eq!(sums(&named("one"), &runs), [("one".into(), 1, 1)]);
    for (name, part) in [
        ("two", "there is no column `two`"),
        ("name", "not an integer"),
    ] {
        let error = named(name).run_algorithm::<Sums>(&runs).unwrap_err();
        assert!(error.text().contains(part), "{error}");
    }
}
