//! What does not fit, under each answer of the host.

use super::*;
use artemis_plugin_api::Action;

const HEAD: &str = "a,b,c\n";
/// Two bad cells in record 1, a record too short, a bad cell, a record too long, one without end.
const DATA: &str = "1,x,1\n\"q\",x,y\r\n1,2\n\n4,x,\" z\"\n5,x,5,6\n6,x,6\n7,\"";

fn types() -> SchemaRef {
    schema(&[("a", DataType::Int64), ("b", DataType::Utf8), ("c", DataType::Int64)])
}

/// The place of a text in the input.
fn place(text: &str) -> u64 {
    [HEAD, DATA].concat().find(text).unwrap() as u64
}

fn reject(
    record: u64,
    offset: u64,
    column: Option<&str>,
    reason: &str,
) -> (u64, u64, Option<String>, String) {
    (record, offset, column.map(str::to_owned), reason.to_owned())
}

#[test]
fn cells_become_null_and_bad_records_are_left_out() {
    let host = TestHost::new();
    assert_eq!(run_as(&host, HEAD, DATA, &types()), "a int64|b string|c int64\n1|x|1\n∅|x|∅\n4|x|∅\n6|x|6");
    let expected = [
        reject(1, place("\"q\""), Some("a"), "is not int64"),
        reject(1, place("y\r"), Some("c"), "is not int64"),
        reject(2, place("1,2\n\n"), None, "has 2 fields instead of 3"),
        reject(3, place("\" z\""), Some("c"), "is not int64"),
        reject(4, place("5,x,5,6"), None, "has 4 fields instead of 3"),
        reject(6, place("7,\""), None, "ends inside quotes"),
    ];
    assert_eq!(host.record().rejects, expected);
    let bytes: Vec<(String, String)> = host
        .record()
        .rejected_bytes
        .into_iter()
        .map(|(raw, record)| (String::from_utf8(raw).unwrap(), String::from_utf8(record).unwrap()))
        .collect();
    let expected = [
        ("\"q\"", "\"q\",x,y"),
        ("y", "\"q\",x,y"),
        ("1,2", "1,2"),
        ("\" z\"", "4,x,\" z\""),
        ("5,x,5,6", "5,x,5,6"),
        ("7,\"", "7,\""),
    ];
    assert_eq!(bytes, expected.map(|(raw, record)| (raw.to_owned(), record.to_owned())));
}

#[test]
fn dropped_records_are_gone_and_all_their_cells_reported() {
    let host = TestHost::new().on_reject(Action::Drop);
    assert_eq!(run_as(&host, HEAD, DATA, &types()), "a int64|b string|c int64\n1|x|1\n6|x|6");
    assert_eq!(host.record().rejects.len(), 6);
    let host = TestHost::new().on_reject(Action::Drop);
    assert_eq!(run_as(&host, HEAD, "x,x,x\n", &types()), "nothing");
    assert_eq!(host.record().rejects.len(), 2);
}

#[test]
fn a_stop_ends_the_chunk_at_once() {
    for data in [DATA, "1\n2\n", "x,y,z\n"] {
        let host = TestHost::new().on_reject(Action::Stop);
        let error = try_run(&host, HEAD, data.as_bytes(), Some(&types())).unwrap_err();
        assert_eq!(error.status(), abi::ARTEMIS_STOPPED);
        assert_eq!(host.record().rejects.len(), 1, "{data:?}");
        assert!(host.record().emitted.is_empty());
    }
}

#[test]
fn places_count_from_the_start_of_the_input() {
    let host = TestHost::new();
    let chunks: [(u64, u64, &[u8]); 2] = [(2, 0, b"1\n2\n"), (1_000_000_000_000, 70, b"3\nx\n")];
    let types = [schema(&[("a", DataType::Int64)])];
    host.run_reader::<Csv>(b"a\n", &chunks, Some(&types)).unwrap();
    assert_eq!(host.record().rejects, [reject(71, 1_000_000_000_002, Some("a"), "is not int64")]);
}

#[test]
fn text_that_is_not_utf8_is_told_from_other_text() {
    let host = TestHost::new();
    let types = schema(&[("a", DataType::Utf8), ("b", DataType::Int64)]);
    let batches = try_run(&host, "a,b\n", b"ok,1\n\xff,\xff\n", Some(&types)).unwrap();
    assert_eq!(show(&batches), "a string|b int64\nok|1\n∅|∅");
    let expected = [reject(1, 9, Some("a"), "is not UTF-8"), reject(1, 11, Some("b"), "is not int64")];
    assert_eq!(host.record().rejects, expected);
}

#[test]
fn a_value_in_a_column_of_nulls_is_rejected() {
    let host = TestHost::new();
    assert_eq!(run_as(&host, "a\n", "\"\"\nx\n", &schema(&[("a", DataType::Null)])), "a null\n∅\n∅");
    assert_eq!(host.record().rejects, [reject(1, 5, Some("a"), "is not null")]);
}

#[test]
fn one_field_too_few_reads_well() {
    let host = TestHost::new();
    assert_eq!(run_as(&host, HEAD, "x\n", &types()), "nothing");
    assert_eq!(host.record().rejects, [reject(0, 6, None, "has 1 field instead of 3")]);
}

#[test]
fn rejects_far_into_a_chunk_are_found() {
    let host = TestHost::new().on_reject(Action::Drop);
    let mut data = String::new();
    for i in 0..5000 {
        data += if i % 997 == 5 {
            "no\n"
        } else if i % 501 == 7 {
            "1,2\n"
        } else {
            "\"3\"\n"
        };
    }
    let types = schema(&[("a", DataType::Int64)]);
    let batches = try_run(&host, "a\n", data.as_bytes(), Some(&types)).unwrap();
    let record = host.record();
    assert_eq!(batches[0].num_rows() + record.rejects.len(), 5000);
    for ((_, offset, _, _), (raw, _)) in record.rejects.iter().zip(&record.rejected_bytes) {
        let at = *offset as usize - 2;
        assert_eq!(&data.as_bytes()[at..at + raw.len()], raw);
        assert!(raw == b"no" || raw == b"1,2");
    }
}
