//! The core against a slow reader that shares no code with it.

pub(crate) mod slow;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, make_array};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use proptest::prelude::*;

use super::*;
use slow::slow_lines;

/// Bytes that interact, with weight on those that structure.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => Just(b'"'), 4 => Just(b'\n'), 1 => Just(b'\r'), 5 => Just(b','), 1 => Just(b'\\'),
        1 => Just(b'#'), 3 => Just(b'a'), 2 => Just(b'1'), 1 => Just(b'|'), 1 => any::<u8>(),
    ];
    let short = prop::collection::vec(byte, 0..60);
    // Long fields and many rows reach the later blocks and tiles.
    let row = (short.clone(), 0usize..90, 0usize..5).prop_map(|(mut text, letters, rows)| {
        text.extend(std::iter::repeat_n(b'x', letters));
        text.extend(b"\n\"q,\n\"\"\",22\n3,\"4\"".repeat(rows));
        text
    });
    prop_oneof![2 => short, 1 => prop::collection::vec(row, 0..5).prop_map(|rows| rows.concat())]
}

fn dialects() -> impl Strategy<Value = Dialect> {
    let maybe = |byte: u8| prop_oneof![Just(None), Just(Some(byte))];
    let terminator = prop_oneof![3 => Just(Terminator::LineFeed), 1 => Just(Terminator::Byte(b'|'))];
    (prop_oneof![1 => Just(None), 4 => Just(Some(b'"'))], maybe(b'\\'), maybe(b'#'), terminator)
        .prop_map(|(quote, escape, comment, end)| Dialect::new(b',', quote, escape, comment, end).unwrap())
}

fn strings(width: usize) -> Arc<Schema> {
    let field = |i| Field::new(format!("c{i}"), DataType::Utf8, true);
    Arc::new(Schema::new((0..width).map(field).collect::<Vec<_>>()))
}

fn parse(options: &Options, schema: &Arc<Schema>, width: usize, data: &[u8]) -> Parsed {
    let parser = Parser::new(options, Arc::clone(schema), width).unwrap();
    parser.parse(data, &mut Scratch::default()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6000))]

    #[test]
    fn rows_and_errors_are_those_of_the_slow_reader(
        dialect in dialects(), data in text(), width in 0usize..4,
    ) {
        let options = Options { dialect, ..Options::default() };
        let parsed = parse(&options, &strings(width), width, &data);
        let lines = slow_lines(&dialect, &data);
        prop_assert_eq!(parsed.records as usize, lines.len());
        let (mut row, mut errors, mut bad_cells) = (0, Vec::new(), Vec::new());
        for (record, line) in lines.iter().enumerate() {
            let record = record as u32;
            if line.open_quote {
                errors.push((record, RecordFault::OpenQuote, line.bytes.clone()));
            } else if line.fields.len() != width {
                let fault = RecordFault::Fields { found: line.fields.len() };
                errors.push((record, fault, line.bytes.clone()));
            } else {
                prop_assert_eq!(parsed.rows[row], record);
                for (i, field) in line.fields.iter().enumerate() {
                    let column = parsed.batch.column(i).as_string::<i32>();
                    match std::str::from_utf8(&field.text) {
                        Err(_) => {
                            bad_cells.push((record, i as u32, field.bytes.clone()));
                            prop_assert!(column.is_null(row));
                        }
                        Ok("") if !field.quoted && field.bytes.is_empty() => prop_assert!(column.is_null(row)),
                        Ok(text) => {
                            prop_assert!(column.is_valid(row));
                            prop_assert_eq!(column.value(row), text);
                        }
                    }
                }
                row += 1;
            }
        }
        prop_assert_eq!(parsed.batch.num_rows(), row);
        let found: Vec<_> =
            parsed.record_errors.iter().map(|e| (e.record, e.fault, e.bytes.clone())).collect();
        prop_assert_eq!(found, errors);
        let found: Vec<_> = parsed.mismatches.iter().map(|m| (m.record, m.column, m.bytes.clone())).collect();
        prop_assert_eq!(found, bad_cells);
    }

    #[test]
    fn all_chunkings_on_record_boundaries_agree(
        dialect in dialects(), data in text(), width in 0usize..4, cuts in prop::collection::vec(any::<bool>(), 40),
    ) {
        let options = Options { dialect, ..Options::default() };
        let schema = strings(width);
        let whole = parse(&options, &schema, width, &data);
        let lines = slow_lines(&dialect, &data);
        let mut ends: Vec<usize> =
            lines.iter().map(|l| l.next).zip(cuts.iter().cycle()).filter(|(_, cut)| **cut).map(|(e, _)| e).collect();
        ends.push(data.len());
        let (mut batches, mut records, mut start) = (Vec::new(), 0, 0);
        for end in ends {
            let part = parse(&options, &schema, width, &data[start..end]);
            records += part.records;
            batches.push(part.batch);
            start = end;
        }
        prop_assert_eq!(records, whole.records);
        prop_assert_eq!(concat_batches(&schema, &batches).unwrap(), whole.batch);
    }

    #[test]
    fn inferred_types_fit_every_cell_and_keep_every_text(
        cells in prop::collection::vec(prop_oneof![
            3 => "-?[0-9]{1,3}", 2 => "-?[0-9]{0,22}[.]?[0-9]{0,4}", 1 => "[1-9][0-9]{15,18}", 1 => Just(String::new()),
            1 => "[0-9]{1,2}[eE][0-9]{1,3}", 1 => "nan|inf|-inf|NA|x|true|False",
            2 => "20[0-2][0-9]-[01][0-9]-[0-3][0-9]",
            2 => "20[0-2][0-9]-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:00(:00([.][0-9]{1,9})?)?(Z|[+]02:00)?",
        ], 1..6),
        repeat in 1usize..60,
        quoted in any::<bool>(),
    ) {
        let quote = if quoted { "\"" } else { "" };
        let row = |cell: &String| format!("{quote}{cell}{quote},z\n");
        let data = cells.iter().map(row).collect::<String>().repeat(repeat);
        let options = Options::default();
        let mut inference = Inference::new(2);
        inference.scan(&options, data.as_bytes()).unwrap();
        let schema = Arc::new(inference.schema(&["a".into(), "b".into()], &options));
        let parsed = parse(&options, &schema, 2, data.as_bytes());
        prop_assert!(parsed.mismatches.is_empty(), "{schema:?} {:?}", parsed.mismatches);

        // The same from any grouping of the rows.
        let mut merged = Inference::new(2);
        for cell in cells.iter().rev() {
            let mut one = Inference::new(2);
            one.scan(&options, row(cell).as_bytes()).unwrap();
            one.merge(&merged);
            merged = one;
        }
        prop_assert_eq!(merged.columns(), inference.columns());

        let column = parsed.batch.column(0);
        for (i, cell) in cells.iter().enumerate() {
            if cell.is_empty() {
                let is_text = *column.data_type() == DataType::Utf8 && quoted;
                prop_assert_eq!(column.is_null(i) || *column.data_type() == DataType::Null, !is_text);
            } else if matches!(column.data_type(), DataType::Utf8 | DataType::Int64) {
                prop_assert_eq!(show(column, i), cell.clone());
            }
        }
    }
}

fn show(column: &ArrayRef, row: usize) -> String {
    let options = FormatOptions::default();
    // Arrow prints zones by name only with a zone database, and offsets without.
    let column = match column.data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            let offset = DataType::Timestamp(*unit, Some("+00:00".into()));
            make_array(column.to_data().into_builder().data_type(offset).build().unwrap())
        }
        _ => Arc::clone(column),
    };
    ArrayFormatter::try_new(column.as_ref(), &options).unwrap().value(row).to_string()
}

/// Infers the type of one column of cells and shows the values as Arrow prints them.
fn infer(cells: &[&str]) -> (String, Vec<String>) {
    infer_with(&Options::default(), cells)
}

fn infer_with(options: &Options, cells: &[&str]) -> (String, Vec<String>) {
    let data: String = cells.iter().map(|cell| format!("{cell},\n")).collect();
    let mut inference = Inference::new(2);
    inference.scan(options, data.as_bytes()).unwrap();
    let schema = Arc::new(inference.schema(&["a".into(), "b".into()], options));
    let parsed = parse(options, &schema, 2, data.as_bytes());
    assert!(parsed.mismatches.is_empty(), "{:?}", parsed.mismatches);
    let column = parsed.batch.column(0);
    let values = (0..cells.len()).map(|row| show(column, row)).collect();
    (type_name(column.data_type()), values)
}

#[test]
fn columns_get_the_narrowest_type_that_loses_nothing() {
    let cases: &[(&[&str], &str)] = &[
        (&["", ""], "null"),
        (&["1", "", "-5"], "int64"),
        (&["\"1\"", "\"\""], "int64"),
        (&["1", "2.5"], "float64"),
        (&["1", "-0"], "float64"),
        (&["9007199254740992", "2.5"], "float64"),
        (&["9007199254740993", "2.5"], "decimal(38,1)"),
        (&["9007199254740993", "2.5", "1e5"], "string"),
        (&["9223372036854775807"], "int64"),
        (&["9223372036854775808"], "decimal(38,0)"),
        (&["123456789012345678901234567890123456789"], "string"),
        (&["0.1234567890123456789"], "decimal(38,19)"),
        (&["0.1234567890123456789", "1e3"], "float64"),
        (&["007"], "string"),
        (&["+5", "1"], "string"),
        (&["0", "0.5", "-0.1"], "float64"),
        (&["nan", "1"], "float64"),
        (&["nan", "inf"], "string"),
        (&["1e400"], "string"),
        (&["TRUE", "false"], "bool"),
        (&["true", "1"], "string"),
        (&["nan", "true"], "string"),
        (&["2023-02-28", ""], "date"),
        (&["2023-02-30"], "string"),
        (&["2023-02-28", "2023-02-28T10:00:00"], "string"),
        (&["2023-02-28 10:00:00.123456"], "timestamp(us)"),
        (&["2023-02-28 10:00:00.1234567"], "timestamp(ns)"),
        (&["1492-10-12 10:00", "2023-02-28 10:00:00.1234567"], "string"),
        (&["1492-10-12 10:00"], "timestamp(us)"),
        (&["2023-02-28T10:00:00Z", "2023-02-28T10:00:00+02:00"], "timestamp(us,UTC)"),
        (&["2023-02-28T10:00:00Z", "2023-02-28T10:00:00"], "string"),
        (&["a", "1"], "string"),
    ];
    for (cells, expected) in cases {
        assert_eq!(infer(cells).0, *expected, "{cells:?}");
        let reversed: Vec<_> = cells.iter().rev().copied().collect();
        assert_eq!(infer(&reversed).0, *expected, "{reversed:?}");
    }
}

#[test]
fn values_are_those_written() {
    let values = |cells: &[&str]| infer(cells).1;
    assert_eq!(values(&["true", "", "FALSE"]), ["true", "", "false"]);
    assert_eq!(values(&["9223372036854775808", "-7"]), ["9223372036854775808", "-7"]);
    assert_eq!(values(&["9007199254740993", "-2.5"]), ["9007199254740993.0", "-2.5"]);
    assert_eq!(values(&["2024-02-29", "0001-01-01"]), ["2024-02-29", "0001-01-01"]);
    assert_eq!(values(&["2013-01-01T12:00:00.5+02:00"]), ["2013-01-01T10:00:00.500Z"]);
    assert_eq!(values(&["2013-01-01 12:00:00.000000001"]), ["2013-01-01T12:00:00.000000001"]);
    assert_eq!(values(&["\"a\"\"b\"", "\"\"", ""]), ["a\"b", "", ""]);
}

#[test]
fn null_texts_are_null_unquoted_and_in_columns_that_hold_no_text() {
    let options = Options { nulls: Nulls::new(["NA", "-999", "\\N"]), ..Options::default() };
    let check = |cells: &[&str], expected: &str, nulls: &[usize]| {
        let data: String = cells.iter().map(|cell| format!("{cell},x\n")).collect();
        let mut inference = Inference::new(2);
        inference.scan(&options, data.as_bytes()).unwrap();
        let schema = Arc::new(inference.schema(&["a".into(), "b".into()], &options));
        let parsed = parse(&options, &schema, 2, data.as_bytes());
        let column = parsed.batch.column(0);
        assert_eq!(type_name(column.data_type()), expected);
        let found: Vec<_> = (0..cells.len()).filter(|row| column.is_null(*row)).collect();
        assert_eq!(found, nulls, "{cells:?}");
    };
    check(&["NA", "1", "-999", "\"NA\"", "\\N"], "int64", &[0, 2, 3, 4]);
    check(&["NA", "a", "-999", "\"NA\"", ""], "string", &[0, 2]);
    check(&["NA", "2023-01-01", "-998.5"], "string", &[0]);
}

#[test]
fn truth_values_can_be_given() {
    let options =
        Options { true_values: vec!["1".into()], false_values: vec!["0".into()], ..Options::default() };
    let expected = ["true", "false", ""].map(String::from).to_vec();
    assert_eq!(infer_with(&options, &["1", "0", ""]), ("bool".into(), expected));
    assert_eq!(infer_with(&options, &["1", "2"]).0, "string");
}

#[test]
fn cells_that_do_not_convert_are_located_and_rows_can_be_taken_out() {
    let fields = [("a", DataType::Int64), ("b", DataType::Date32), ("c", DataType::Utf8)];
    let schema = Arc::new(Schema::new(fields.map(|(n, t)| Field::new(n, t, true)).to_vec()));
    let data = b"1,2020-01-01,x\nq,2020-13-01,y\n3,,\xff\nonly\n007,2020-01-02,z\n5,2020-01-01,w\n";
    let parsed = parse(&Options::default(), &schema, 3, data);
    let found: Vec<_> = parsed
        .mismatches
        .iter()
        .map(|m| (m.record, m.column, &data[m.bytes.start as usize..m.bytes.end as usize], m.invalid_utf8))
        .collect();
    let expected: [(u32, u32, &[u8], bool); 4] =
        [(1, 0, b"q", false), (1, 1, b"2020-13-01", false), (2, 2, b"\xff", true), (4, 0, b"007", false)];
    assert_eq!(found, expected);
    assert_eq!(parsed.record_errors[0].record, 3);
    assert_eq!(parsed.rows, [0, 1, 2, 4, 5]);
    let kept = parsed.without_mismatches().unwrap();
    assert_eq!(kept.rows, [0, 5]);
    assert_eq!(kept.batch.num_rows(), 2);
    assert_eq!(show(kept.batch.column(2), 1), "w");
}

#[test]
fn given_types_take_padded_numbers() {
    let mut options = Options::default();
    options.types.insert("a".into(), DataType::Int64);
    let (name, values) = infer_with(&options, &["007", "+5", "-0"]);
    assert_eq!((name.as_str(), values), ("int64", ["7", "5", "0"].map(String::from).to_vec()));
    options.types.insert("a".into(), parse_type("timestamp(us,UTC)").unwrap());
    assert_eq!(infer_with(&options, &["2020-01-01"]).1, ["2020-01-01T00:00:00Z"]);
}

#[test]
fn columns_can_be_chosen_ordered_and_missing() {
    let field = |name: &str, data_type| Field::new(name, data_type, true);
    let schema = Arc::new(Schema::new(vec![
        field("c", DataType::Utf8),
        field("new", DataType::Float64),
        field("a", DataType::Int64),
    ]));
    let plan = [Some(2), None, Some(0)].map(|source| ColumnPlan { source, lenient: false }).to_vec();
    let parser = Parser::with_plan(&Options::default(), schema, 3, plan).unwrap();
    let batch = parser.parse(b"1,2,3\r\n4,5,6", &mut Scratch::default()).unwrap().batch;
    assert_eq!((show(batch.column(0), 1), batch.column(1).null_count()), ("6".into(), 2));
    assert_eq!(show(batch.column(2), 1), "4");
}

#[test]
fn empty_inputs_and_blank_lines_make_no_rows() {
    for data in ["", "\n", "\r\n\r\n", "\r", "\n\n\n"] {
        let parsed = parse(&Options::default(), &strings(2), 2, data.as_bytes());
        assert_eq!((parsed.batch.num_rows(), parsed.records), (0, 0), "{data:?}");
    }
    let parsed = parse(&Options::default(), &strings(0), 0, b"");
    assert_eq!(parsed.batch.num_columns(), 0);
}

#[test]
fn a_schema_of_another_type_is_refused() {
    let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Int8, true)]));
    assert!(matches!(Parser::new(&Options::default(), schema, 1), Err(CsvError::Type { .. })));
    assert!(matches!(Parser::new(&Options::default(), strings(2), 1), Err(CsvError::Plan(_))));
}

#[test]
fn numbers_of_many_tiles_survive_the_round_trip() {
    let mut data = String::new();
    let mut seed = 1u64;
    let mut expected = Vec::new();
    for _ in 0..5000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let integer = (seed as i64) >> (seed >> 58);
        let float = f64::from_bits(seed ^ (seed >> 7));
        let float = if float.is_finite() { float } else { 0.5 };
        expected.push((integer, float));
        data.push_str(&format!("{integer},{float:e}\n"));
    }
    let fields = [("a", DataType::Int64), ("b", DataType::Float64)];
    let schema = Arc::new(Schema::new(fields.map(|(n, t)| Field::new(n, t, true)).to_vec()));
    let parsed = parse(&Options::default(), &schema, 2, data.as_bytes());
    assert!(parsed.mismatches.is_empty());
    let batch: &RecordBatch = &parsed.batch;
    let integers = batch.column(0).as_primitive::<arrow::datatypes::Int64Type>().values();
    let floats = batch.column(1).as_primitive::<arrow::datatypes::Float64Type>().values();
    for (row, (integer, float)) in expected.iter().enumerate() {
        assert_eq!((integers[row], floats[row].to_bits()), (*integer, float.to_bits()));
    }
}

#[test]
fn exactness_of_large_integers_is_noted_in_the_field() {
    let mut inference = Inference::new(2);
    inference.scan(&Options::default(), b"9007199254740993,9007199254740992\n").unwrap();
    let schema = inference.schema(&["a".into(), "b".into()], &Options::default());
    assert_eq!(schema.field(0).metadata().get(EXACT_F64).map(String::as_str), Some("false"));
    assert!(schema.field(1).metadata().is_empty());
}
