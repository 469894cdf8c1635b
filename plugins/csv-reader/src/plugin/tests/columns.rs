//! Names and types of columns.

use super::*;
use artemis_plugin_api::NOT_EXACT_AS_F64;

fn names_and_types(schema: &Schema) -> Vec<String> {
    let fields = schema.fields().iter();
    fields.map(|field| format!("{} {}", field.name(), crate::type_name(field.data_type()))).collect()
}

#[test]
fn several_header_rows_are_joined() {
    let host = TestHost::new().property("header_rows", Value::Int(2));
    assert_eq!(run(&host, "a,b\nx,\n", "1,2\n"), "a_x int64|b int64\n1|2");
}

#[test]
fn given_names_replace_those_of_the_header() {
    let host = TestHost::new().property("names", texts(&["x"]));
    assert_eq!(run(&host, "a,b\n", "1,2\n"), "x int64|b int64\n1|2");
    let host = TestHost::new().property("names", texts(&["x", "y", "z"]));
    let (status, message) = refusal(&host, "a,b\n", "1,2\n");
    assert_eq!((status, message.as_str()), (abi::ARTEMIS_BAD_DATA, "`names` has 3, the header 2 columns"));
}

#[test]
fn an_empty_input_has_the_given_names() {
    assert_eq!(run(&TestHost::new(), "", ""), "nothing");
    let host = TestHost::new().property("names", texts(&["x", "y"]));
    let reader = host.configure::<Csv>().unwrap();
    let context = host.context(Call::default());
    let datum = reader.open_datum(&context, &Chunk::new(b"")).unwrap();
    let shown = reader.schemas(&context, &datum, None).unwrap();
    assert_eq!(names_and_types(&shown[0]), ["x null", "y null"]);
}

#[test]
fn a_header_alone_gives_columns_without_rows() {
    let host = TestHost::new().property("schema", table(&[("b", "date")]));
    assert_eq!(run(&host, "a,b\n", ""), "nothing");
    let reader = host.configure::<Csv>().unwrap();
    let context = host.context(Call::default());
    let datum = reader.open_datum(&context, &Chunk::new(b"a,b\n")).unwrap();
    let sample = reader.sample(&context, &datum, &Chunk::new(b"")).unwrap();
    for sample in [None, Some(&sample)] {
        let shown = reader.schemas(&context, &datum, sample).unwrap();
        assert_eq!(names_and_types(&shown[0]), ["a null", "b date"]);
    }
}

#[test]
fn texts_that_mean_null_are_texts_in_a_column_of_text_if_so_wanted() {
    let data = "NA,1\nx,NA\n,2\n";
    let nulls = || TestHost::new().property("null_values", texts(&["NA", ""]));
    assert_eq!(run(&nulls(), "a,b\n", data), "a string|b int64\n∅|1\nx|∅\n∅|2");
    let kept = nulls().property("strings_can_be_null", Value::Bool(false));
    assert_eq!(run(&kept, "a,b\n", data), "a string|b int64\nNA|1\nx|∅\n|2");
}

#[test]
fn a_header_that_does_not_end_is_bad_data() {
    let (status, message) = refusal(&TestHost::new(), "a,\"b\n1,2\n", "");
    assert_eq!((status, message.as_str()), (abi::ARTEMIS_BAD_DATA, "the header ends inside quotes"));
}

#[test]
fn without_header_columns_are_numbered_or_named() {
    let host = TestHost::new().property("header_rows", Value::Int(0));
    assert_eq!(run(&host, "", "1,x\n2,y\n"), "column_0 int64|column_1 string\n1|x\n2|y");
    let host = TestHost::new()
        .property("header_rows", Value::Int(0))
        .property("schema", table(&[("column_1", "string")]));
    assert_eq!(run(&host, "", "1,2\n"), "column_0 int64|column_1 string\n1|2");
    let host = TestHost::new().property("header_rows", Value::Int(0)).property("names", texts(&["a", "b"]));
    assert_eq!(run(&host, "", "1,x\n"), "a int64|b string\n1|x");
}

#[test]
fn without_header_and_sample_the_schema_tells_the_columns() {
    let host = TestHost::new().property("header_rows", Value::Int(0));
    let reader = host.configure::<Csv>().unwrap();
    let context = host.context(Call::default());
    let datum = reader.open_datum(&context, &Chunk::new(b"")).unwrap();
    assert_eq!(reader.schemas(&context, &datum, None).unwrap()[0].fields().len(), 0);
    let types = schema(&[("column_0", DataType::Float64), ("column_1", DataType::Utf8)]);
    assert_eq!(run_as(&host, "", "1,x\n", &types), "column_0 float64|column_1 string\n1.0|x");
}

#[test]
fn samples_of_an_input_without_header_merge_in_any_order() {
    let host = TestHost::new().property("header_rows", Value::Int(0));
    let reader = host.configure::<Csv>().unwrap();
    let datum = reader.open_datum(&host.context(Call::default()), &Chunk::new(b"")).unwrap();
    let chunks: [&[u8]; 4] = [b"1,2\n", b"x,y,z\n", b"1,2.5\n", b"\n"];
    let shown = |order: [usize; 4]| {
        let mut samples = order.iter().map(|block| {
            let call = Call { block_index: *block as u64, ..Call::default() };
            reader.sample(&host.context(call), &datum, &Chunk::new(chunks[*block])).unwrap()
        });
        let mut all = samples.next().unwrap();
        samples.for_each(|sample| reader.merge_samples(&mut all, sample));
        let context = host.context(Call::default());
        names_and_types(&reader.schemas(&context, &datum, Some(&all)).unwrap()[0])
    };
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 2, 3, 0]] {
        assert_eq!(shown(order), ["column_0 int64", "column_1 float64"]);
    }
}

#[test]
fn a_supplied_schema_wins_and_reads_leniently() {
    let data = "007,1,2020-01-02,+5,x\n010,2,2020-01-03,6,y\n";
    let types = table(&[("b", "decimal(6,2)"), ("a", "int64"), ("c", "timestamp"), ("d", "float64")]);
    let host = TestHost::new().property("schema", types);
    assert_eq!(
        run(&host, "a,b,c,d,e\n", data),
        "a int64|b decimal(6,2)|c timestamp(us)|d float64|e string\n\
         7|1.00|2020-01-02T00:00:00|5.0|x\n10|2.00|2020-01-03T00:00:00|6.0|y"
    );
    assert_eq!(host.record().rejects, []);
    let as_seen = run(&TestHost::new(), "a,b,c,d,e\n", data);
    assert!(as_seen.starts_with("a string|b int64|c date|d string|e string\n007|"), "{as_seen}");
}

#[test]
fn a_supplied_column_may_stand_in_another_input() {
    let host = TestHost::new().property("schema", table(&[("b", "string")]));
    let reader = host.configure::<Csv>().unwrap();
    let context = host.context(Call::default());
    let open = |head: &[u8]| {
        let datum = reader.open_datum(&context, &Chunk::new(head)).unwrap();
        let schemas = reader.schemas(&context, &datum, None).unwrap();
        (datum, schemas.into_iter().map(SchemaRef::new).collect::<Vec<_>>())
    };
    let (mut first, first_schemas) = open(b"a\n");
    let (mut second, second_schemas) = open(b"b\n");
    reader.initialize(&context, &mut first, &first_schemas).unwrap();
    reader.initialize(&context, &mut second, &second_schemas).unwrap();
}

#[test]
fn types_that_the_host_joined_are_read() {
    let types = schema(&[("a", DataType::Float64), ("b", DataType::Utf8), ("c", DataType::Null)]);
    let host = TestHost::new();
    assert_eq!(
        run_as(&host, "a,b,c\n", "1,2,\n2.5,3,\n", &types),
        "a float64|b string|c null\n1.0|2|∅\n2.5|3|∅"
    );
    assert_eq!(host.record().rejects, []);
}

#[test]
fn integers_that_floats_do_not_hold_say_so() {
    let host = TestHost::new();
    let batches = try_run(&host, "a,b\n", b"9007199254740993,1\n", None).unwrap();
    let metadata = |i: usize| batches[0].schema().field(i).metadata().get(NOT_EXACT_AS_F64).cloned();
    assert_eq!((metadata(0).as_deref(), metadata(1)), (Some("false"), None));
}

#[test]
fn a_sample_with_bad_records_does_not_fail() {
    let host = TestHost::new();
    assert_eq!(run(&host, "a,b\n", "1\n1,2\n1,2,3\n\"x"), "a int64|b int64\n1|2");
    assert_eq!(host.record().rejects.len(), 3);
}
