//! The cuts do not matter: neither to the rows nor to what is rejected.

use super::*;
use crate::Dialect;
use crate::tests::slow::slow_lines;
use artemis_plugin_api::Action;
use artemis_plugin_api::testing::Record;
use proptest::prelude::*;

fn nasty_text() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => Just(b'"'), 4 => Just(b'\n'), 1 => Just(b'\r'), 6 => Just(b','), 1 => Just(b'\\'),
        1 => Just(b'#'), 2 => Just(b'a'), 4 => Just(b'1'), 1 => any::<u8>(),
    ];
    let line = prop_oneof![
        3 => prop::collection::vec(byte, 0..30),
        2 => "[0-9]{1,3},\"[a-z\n]{0,4}\",[0-9.x]{0,3}\n".prop_map(String::into_bytes),
    ];
    prop::collection::vec(line, 0..8).prop_map(|lines| lines.concat())
}

/// The rows, their number and the rejects of chunks with these ends, each with the number of records up to it.
fn rows(
    properties: &[(&str, Value)],
    answer: Action,
    types: &SchemaRef,
    data: &[u8],
    lines: &[(usize, u64)],
) -> (String, usize, Record) {
    let mut host = TestHost::new().on_reject(answer);
    for (name, value) in properties {
        host = host.property(name, value.clone());
    }
    let (mut chunks, mut start, mut first) = (Vec::new(), 0, 0);
    for (end, record) in lines {
        chunks.push((start as u64, first, &data[start..*end]));
        (start, first) = (*end, *record);
    }
    let batches = host.run_reader::<Csv>(b"", &chunks, Some(std::slice::from_ref(types))).unwrap().remove(0);
    (show(&batches), batches.iter().map(RecordBatch::num_rows).sum(), host.record())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_chunking_gives_the_same_rows_and_rejects(
        data in nasty_text(),
        cuts in prop::collection::vec(any::<bool>(), 40),
        escape in any::<bool>(),
        comment in any::<bool>(),
        drop in any::<bool>(),
    ) {
        let byte = |given: bool, byte: &str| text(if given { byte } else { "" });
        let properties = [
            ("header_rows", Value::Int(0)),
            ("escape", byte(escape, "\\")),
            ("comment", byte(comment, "#")),
        ];
        let types = schema(&[("a", DataType::Int64), ("b", DataType::Utf8), ("c", DataType::Float64)]);
        let dialect = Dialect::new(
            b',', Some(b'"'), escape.then_some(b'\\'), comment.then_some(b'#'), Terminator::LineFeed,
        ).unwrap();
        let lines = slow_lines(&dialect, &data);
        let answer = if drop { Action::Drop } else { Action::Null };
        let whole = [(data.len(), lines.len() as u64)];
        let mut parts: Vec<(usize, u64)> =
            (1..).zip(&lines).zip(cuts.iter().cycle()).filter(|(_, cut)| **cut).map(|((n, l), _)| (l.next, n)).collect();
        parts.push((data.len(), lines.len() as u64));
        let (expected, _, expected_record) = rows(&properties, answer, &types, &data, &whole);
        let (found, emitted, record) = rows(&properties, answer, &types, &data, &parts);
        prop_assert_eq!(found, expected);
        prop_assert_eq!(&record.rejected_bytes, &expected_record.rejected_bytes);
        prop_assert_eq!(&record.rejects, &expected_record.rejects);

        // Nothing is lost: every line is a row, or was rejected as a whole or for a cell.
        let of_records = record.rejects.iter().filter(|(_, _, column, _)| column.is_none() || drop);
        let left_out: std::collections::BTreeSet<u64> = of_records.map(|reject| reject.0).collect();
        prop_assert_eq!(emitted + left_out.len(), lines.len());
        for ((_, offset, _, _), (raw, _)) in record.rejects.iter().zip(&record.rejected_bytes) {
            prop_assert_eq!(&data[*offset as usize..*offset as usize + raw.len()], &raw[..]);
        }
    }
}
