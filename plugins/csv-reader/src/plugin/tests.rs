//! The component in a host in memory.

mod chunkings;
mod columns;
mod rejects;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use artemis_plugin_api::testing::TestHost;
use artemis_plugin_api::{Call, Component, Error, Framing, Literal, Reader, Result, Value, abi};

use super::*;

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

fn texts(values: &[&str]) -> Value {
    Value::List(values.iter().map(|value| text(value)).collect())
}

fn table(entries: &[(&str, &str)]) -> Value {
    let entries = entries.iter().map(|(key, value)| ((*key).to_owned(), text(value)));
    Value::Table(entries.collect::<BTreeMap<_, _>>())
}

fn schema(fields: &[(&str, DataType)]) -> SchemaRef {
    let fields = fields.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Runs the reader over a header and one chunk.
fn try_run(
    host: &TestHost<'_>,
    head: &str,
    data: &[u8],
    schema: Option<&SchemaRef>,
) -> Result<Vec<RecordBatch>> {
    let schemas = schema.map(|schema| vec![schema.clone()]);
    let chunks = [(head.len() as u64, 0, data)];
    let mut outputs = host.run_reader::<Csv>(head.as_bytes(), &chunks, schemas.as_deref())?;
    Ok(outputs.remove(0))
}

/// The same, with the rows in a readable form: the names and types, then a line a row.
fn run(host: &TestHost<'_>, head: &str, data: &str) -> String {
    show(&try_run(host, head, data.as_bytes(), None).unwrap())
}

/// Runs with a given schema.
fn run_as(host: &TestHost<'_>, head: &str, data: &str, types: &SchemaRef) -> String {
    show(&try_run(host, head, data.as_bytes(), Some(types)).unwrap())
}

fn show(batches: &[RecordBatch]) -> String {
    let Some(first) = batches.first() else { return "nothing".to_owned() };
    let batch = concat_batches(&first.schema(), batches).unwrap();
    let options = FormatOptions::default().with_null("∅");
    let columns: Vec<_> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
    let schema = batch.schema();
    let fields = schema.fields().iter();
    let fields = fields.map(|field| format!("{} {}", field.name(), crate::type_name(field.data_type())));
    let mut lines = vec![fields.collect::<Vec<_>>().join("|")];
    for row in 0..batch.num_rows() {
        let cells: Vec<String> = columns.iter().map(|column| column.value(row).to_string()).collect();
        lines.push(cells.join("|"));
    }
    lines.join("\n")
}

/// The error of a run, with its status.
fn refusal(host: &TestHost<'_>, head: &str, data: &str) -> (i32, String) {
    let error = try_run(host, head, data.as_bytes(), None).unwrap_err();
    (error.status(), error.to_string())
}

#[track_caller]
fn check_invalid(host: &TestHost<'_>, message: &str) {
    assert_eq!(refusal(host, "a,b\n", "1,2\n"), (abi::ARTEMIS_INVALID, message.to_owned()));
}

#[test]
fn defaults_read_a_plain_file() {
    let host = TestHost::new();
    assert_eq!(run(&host, "\u{feff}a,b\r\n", "1,x\r\n,\"y\"\r\n"), "a int64|b string\n1|x\n∅|y");
    assert_eq!(host.record().rejects, []);
}

#[test]
fn every_structuring_byte_is_a_property() {
    let host = TestHost::new().property("delimiter", text(";")).property("quote", text("'"));
    assert_eq!(run(&host, "a;b\n", "'1;''';2\n"), "a string|b int64\n1;'|2");
    let host = TestHost::new().property("quote", text(""));
    assert_eq!(run(&host, "a,b\n", "\"x,2\n"), "a string|b int64\n\"x|2");
    let host = TestHost::new().property("escape", text("\\")).property("comment", text("#"));
    assert_eq!(run(&host, "a,b\n", "# it's 5\" wide\nx\\,y,2\n"), "a string|b int64\nx,y|2");
    let host = TestHost::new().property("terminator", text("|")).property("delimiter", text("\t"));
    assert_eq!(run(&host, "a\tb|", "x\n\t1|y\t2"), "a string|b int64\nx\n|1\ny|2");
}

#[test]
fn framing_is_that_of_the_properties() {
    let framing = |host: TestHost<'_>| match host.configure::<Csv>().unwrap().framing() {
        Framing::Delimited(delimited) => delimited,
        other => panic!("{other:?}"),
    };
    assert_eq!(framing(TestHost::new()), Delimited::default());
    let host = TestHost::new()
        .property("delimiter", text(";"))
        .property("quote", text(""))
        .property("escape", text("\\"))
        .property("comment", text("#"))
        .property("terminator", text("|"))
        .property("header_rows", Value::Int(0));
    let expected = Delimited {
        delimiter: b';',
        quote: None,
        escape: Some(b'\\'),
        comment: Some(b'#'),
        terminator: Some(b'|'),
        header_records: 0,
        footer_records: 0,
    };
    assert_eq!(framing(host), expected);
}

#[test]
fn texts_of_null_and_truth_are_properties() {
    let data = "NA,Y\n1,N\n,Y\n";
    let host = TestHost::new().property("null_values", texts(&["", "NA"]));
    assert_eq!(run(&host, "a,b\n", data), "a int64|b string\n∅|Y\n1|N\n∅|Y");
    let host = TestHost::new().property("null_values", texts(&["NA"]));
    assert_eq!(run(&host, "a,b\n", data), "a string|b string\n∅|Y\n1|N\n|Y");
    let host = TestHost::new()
        .property("true_values", texts(&["Y"]))
        .property("false_values", texts(&["N"]))
        .property("null_values", texts(&["", "NA"]));
    assert_eq!(run(&host, "a,b\n", data), "a int64|b bool\n∅|true\n1|false\n∅|true");
    assert_eq!(run(&TestHost::new(), "a\n", "TRUE\nfalse\n"), "a bool\ntrue\nfalse");
}

#[test]
fn wrong_properties_are_refused_by_name() {
    let with = |name: &str, value: Value| TestHost::new().property(name, value);
    check_invalid(&with("delimiter", text("")), "property `delimiter` must be one ASCII character");
    check_invalid(&with("quote", text("ä")), "property `quote` must be one ASCII character");
    check_invalid(
        &with("comment", text(",")),
        "properties `delimiter` and `comment` are the same byte (0x2c)",
    );
    check_invalid(
        &with("delimiter", text("\r")),
        "properties `delimiter` and `terminator` are the same byte (0x0d)",
    );
    check_invalid(
        &with("header_rows", Value::Int(101)),
        "property `header_rows` is 101; it must be from 0 to 100",
    );
    check_invalid(
        &with("header_rows", Value::Int(-1)),
        "property `header_rows` is -1; it must be from 0 to 100",
    );
    check_invalid(&with("names", texts(&["x", "x"])), "property `names` has `x` twice");
    check_invalid(&with("names", texts(&["x", ""])), "property `names` has an empty name");
    check_invalid(
        &with("true_values", texts(&["1"])).property("false_values", texts(&["0", "1"])),
        "properties `true_values` and `false_values` both have `1`",
    );
    check_invalid(&with("null_values", text("NA")), "property `null_values` is a text, not a list");
    check_invalid(
        &with("schema", table(&[("a", "int")])),
        "property `schema`: column `a` has the unknown type `int`; types are: null, bool, int64, float64, \
         decimal(p,s), date, timestamp, timestamp(us), timestamp(ns), timestamp(us,UTC), timestamp(ns,UTC), \
         string",
    );
    check_invalid(
        &with("schema", table(&[("a", "int64"), ("z", "int64")])),
        "property `schema`: no input has a column `z`; columns are: `a`, `b`",
    );
}

#[test]
fn defaults_of_the_manifest_are_those_of_the_code() {
    let default = |name: &str| Csv::PROPERTIES.iter().find(|p| p.name == name).unwrap().default;
    assert!(matches!(default("null_values"), Some(Literal::Toml("[\"\"]"))));
    let absent = |_: &str| None;
    let host = TestHost::new();
    let host_context = host.context(Call::default());
    // Without a delimiter there is nothing to read.
    let given = |name: &str| (name == "delimiter").then(|| text(","));
    assert!(Csv::configure(&Properties::new(&absent), &host_context).is_err());
    let bare = Csv::configure(&Properties::new(&given), &host_context).unwrap();
    let full = host.configure::<Csv>().unwrap();
    assert_eq!((bare.options.header_rows, &bare.options.nulls), (1, &full.options.nulls));
    assert_eq!(full.options.dialect, Options::default().dialect);
}

#[test]
fn every_type_that_is_listed_is_understood_and_described() {
    let schema = Csv::PROPERTIES.iter().find(|p| p.name == "schema").unwrap();
    for name in crate::TYPE_NAMES {
        assert!(schema.doc.contains(name), "{name}");
        assert!(crate::parse_type(&name.replace("p,s", "12,2")).is_some(), "{name}");
    }
}

#[test]
fn errors_of_the_core_keep_their_kind() {
    let error: Error = sdk_error(CsvError::ChunkTooLong { bytes: 1 << 31 });
    assert_eq!(error.status(), abi::ARTEMIS_UNSUPPORTED);
    let host = TestHost::new();
    let error = try_run(&host, "a\n", b"1\n", Some(&schema(&[("a", DataType::Int16)]))).unwrap_err();
    assert_eq!((error.status(), error.column()), (abi::ARTEMIS_UNSUPPORTED, Some("a")));
    let error = try_run(&host, "a\n", b"1\n", Some(&schema(&[("b", DataType::Int64)]))).unwrap_err();
    assert_eq!(error.to_string(), "the columns of the schema are not those of the input");
}
