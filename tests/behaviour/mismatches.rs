//! Cells and records that do not convert: counted, located, treated by the policy.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Int64Type, UInt64Type};
use artemis_tests::{Ran, Scratch, read_job, table};
use serde_json::Value;

/// Ten rows; row 6 holds a word, row 8 has a field too many. The schema says that `n` is a number.
const TEXT: &str = "n,s\n0,a\n1,b\n2,c\n3,d\n4,e\n5,f\nword,g\n7,h\n8,i,extra\n9,j\n";

fn run(policy: &str, schema: &str) -> (Scratch, Ran) {
    let scratch = Scratch::new();
    scratch.write("in.csv", TEXT);
    let input = format!("on_mismatch = \"{policy}\"");
    scratch.write("job.toml", read_job("policy", "[\"in.csv\"]", &input, schema));
    let ran = scratch.run(&["--format", "json", "run", "job.toml"]);
    (scratch, ran)
}

const NUMBER: &str = "schema = { n = \"int64\" }";

fn numbers(summary: &Value) -> Vec<Option<i64>> {
    table(summary, "initial").column(0).as_primitive::<Int64Type>().iter().collect()
}

#[test]
fn abort_stops_at_the_first_one_and_says_where() {
    let (_scratch, ran) = run("abort", NUMBER);
    let ran = ran.expect(3);
    let message = ran.json()["error"]["message"].as_str().unwrap().to_owned();
    for part in ["in.csv", "record 6", "byte 28", "`n`", "`word`"] {
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[test]
fn null_writes_nulls_leaves_broken_records_out_and_counts_both() {
    let (_scratch, ran) = run("null", NUMBER);
    let summary = ran.expect(0).json();
    let expected = [Some(0), Some(1), Some(2), Some(3), Some(4), Some(5), None, Some(7), Some(9)];
    assert_eq!(numbers(&summary), expected);
    assert_eq!(summary["rows_in"], 10);
    assert_eq!(summary["rows_rejected"], 1);
    assert_eq!(summary["cells_rejected"], 1);
    let rejects = summary["rejects"].as_array().unwrap();
    let of = |column: Value| rejects.iter().find(|reject| reject["column"] == column).unwrap();
    assert_eq!(
        (of("n".into())["first"][0]["record"].as_u64(), of("n".into())["count"].as_u64()),
        (Some(6), Some(1))
    );
    assert_eq!(of(Value::Null)["first"][0]["record"], 8);
}

#[test]
fn quarantine_moves_the_records_to_a_partition_of_their_own() {
    let (_scratch, ran) = run("quarantine", NUMBER);
    let summary = ran.expect(0).json();
    let expected: Vec<_> = [0, 1, 2, 3, 4, 5, 7, 9].into_iter().map(Some).collect();
    assert_eq!(numbers(&summary), expected);
    let rejected = table(&summary, "initial.rejected");
    let records: Vec<_> =
        rejected.column_by_name("record").unwrap().as_primitive::<UInt64Type>().iter().flatten().collect();
    assert_eq!(records, [6, 8]);
    let raw = rejected.column_by_name("raw").unwrap().as_binary::<i32>();
    let offsets = rejected.column_by_name("offset").unwrap().as_primitive::<UInt64Type>();
    for i in 0..2 {
        let text = String::from_utf8(raw.value(i).to_vec()).unwrap();
        let trimmed = text.trim_end();
        assert!(["word,g", "8,i,extra"].contains(&trimmed), "{text:?}");
        // Each can be found again by its place.
        let at = offsets.value(i) as usize;
        assert!(TEXT[at..].starts_with(trimmed), "{at}: {text:?}");
    }
    assert_eq!(summary["rows_rejected"], 2);
}

#[test]
fn widen_finds_the_joined_type_over_all_of_the_input() {
    let scratch = Scratch::new();
    let mut text = "n,m\n".to_owned();
    (0..1000).for_each(|i| text += &format!("{i},{i}\n"));
    text += "0.5,x\n";
    scratch.write("in.csv", text);
    let job = read_job("widen", "[\"in.csv\"]", "[sample]\nrows = 10", "");
    scratch.write("job.toml", job);
    let summary = scratch.job("job.toml", &[]);
    let read = table(&summary, "initial");
    assert_eq!(read.column(0).data_type(), &DataType::Float64);
    assert_eq!(read.column(1).data_type(), &DataType::Utf8);
    assert_eq!((read.num_rows(), read.column(0).null_count()), (1001, 0));
}
