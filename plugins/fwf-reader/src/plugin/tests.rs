//! The component in a host in memory.

use artemis_plugin_api::testing::TestHost;
use artemis_plugin_api::{Action, Call, Component, Framing, Reader, Value, abi};
use proptest::prelude::*;

use super::*;
use crate::tests::show;

/// A host with the properties of a text.
fn host(toml: &str) -> TestHost<'static> {
    let table: toml::Table = toml.parse().unwrap();
    table.into_iter().fold(TestHost::new(), |host, (key, item)| host.property(&key, value(item)))
}

fn value(item: toml::Value) -> Value {
    match item {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::Int(number),
        toml::Value::Float(number) => Value::Float(number),
        toml::Value::Boolean(yes) => Value::Bool(yes),
        toml::Value::Array(items) => Value::List(items.into_iter().map(value).collect()),
        toml::Value::Table(table) => {
            Value::Table(table.into_iter().map(|(key, item)| (key, value(item))).collect())
        }
        toml::Value::Datetime(time) => panic!("{time}"),
    }
}

fn run(host: &TestHost<'_>, head: &[u8], chunk: &[u8]) -> Result<String> {
    let outputs = host.run_reader::<Fwf>(head, &[(head.len() as u64, 0, chunk)], None)?;
    Ok(outputs[0].iter().map(show).collect::<Vec<_>>().join("\n"))
}

fn refusal(toml: &str) -> (i32, String) {
    let error = host(toml).configure::<Fwf>().map(|_| ()).unwrap_err();
    (error.status(), error.to_string())
}

const FIELDS: &str = "fields = [{ name = 'n', width = 3, type = 'integer' }, { name = 's', width = 2 }]\n";

#[test]
fn a_layout_in_the_job_file_reads_lines() {
    assert_eq!(run(&host(FIELDS), b"", b"  1ab\n 22c \n").unwrap(), "1|ab\n22|c");
}

#[test]
fn a_layout_in_a_file_is_read_and_the_job_file_wins_over_it() {
    let dir = std::env::temp_dir().join(format!("fwf-reader-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("layout.toml");
    std::fs::write(&path, format!("record_bytes = 5\nencoding = 'cp037'\n{FIELDS}")).unwrap();
    let layout = format!("layout = '{}'\n", path.display());
    assert_eq!(run(&host(&layout), b"", b"\x40\x40\xf1\x81\x82").unwrap(), "1|ab");
    let ascii = host(&format!("{layout}encoding = 'utf-8'"));
    assert_eq!(run(&ascii, b"", b"  1ab").unwrap(), "1|ab");
    std::fs::write(&path, "fields = [").unwrap();
    let (status, text) = refusal(&layout);
    assert_eq!(status, abi::ARTEMIS_INVALID);
    assert!(text.starts_with("property `layout`: TOML parse error at line 1, column 11"), "{text}");
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn framing_follows_from_the_layout() {
    let framing = |toml: &str| host(&format!("{toml}{FIELDS}")).configure::<Fwf>().unwrap().framing();
    let fixed = Framing::Fixed { record_bytes: 7, header_bytes: 9, footer_bytes: 14 };
    assert_eq!(framing("record_bytes=7\nheader_bytes=2\nheader_rows=1\nfooter_rows=2\n"), fixed);
    let lines = |terminator, header_records, footer_records| {
        let delimiter = if terminator == Some(1) { 2 } else { 1 };
        Framing::Delimited(Delimited {
            delimiter,
            quote: None,
            escape: None,
            comment: None,
            terminator,
            header_records,
            footer_records,
        })
    };
    assert_eq!(framing(""), lines(None, 0, 0));
    assert_eq!(framing("terminator='0x15'\nheader_rows=2\nfooter_rows=1\n"), lines(Some(0x15), 2, 1));
    assert_eq!(framing("terminator='0x01'\n"), lines(Some(1), 0, 0));
}

#[test]
fn wrong_layouts_are_refused_with_all_their_problems() {
    let invalid = |text: &str| (abi::ARTEMIS_INVALID, text.to_owned());
    assert_eq!(refusal(""), invalid("give `fields`, or a file with them as `layout`, or a `copybook`"));
    assert_eq!(
        refusal("fields=[{name='a',width=0},{name='b'}]"),
        invalid(
            "field 1 (`a`): `width` is 0; it must be from 1 to 16777216; field 2 (`b`): `width` is missing"
        )
    );
    assert_eq!(refusal("fields=[{type='skip',width=3}]"), invalid("the layout skips all of its fields"));
    let (status, text) = refusal("layout='/nowhere/layout.toml'");
    assert_eq!(status, abi::ARTEMIS_INVALID);
    assert!(text.contains("layout.toml"), "{text}");
}

#[test]
fn headers_are_kept_and_can_name_the_columns() {
    let named =
        "header_rows=2\nheader_names=true\nfields=[{width=4,type='integer'},{width=3},{name='own',width=2}]";
    let names = host(named);
    let head = b"\xEF\xBB\xBFfirst line\r\n\r\nid  txtzz\r\n";
    let outputs = names.run_reader::<Fwf>(head, &[(40, 0, b"   1abcde\r\n")], None).unwrap();
    let schema = outputs[0][0].schema();
    let found: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(found, ["id", "txt", "own"]);
    assert_eq!(names.record().annotations[0].0, "header of ");
    assert!(names.record().annotations[0].1.contains("first line"));
    let fixed = format!("record_bytes=9\nencoding='cp037'\n{named}");
    let head = [&[0x40; 9][..], b"\x89\x84\x40\x40\xa3\xa7\xa3\xa9\xa9"].concat();
    assert_eq!(run(&host(&fixed), &head, b"\xf0\xf0\xf0\xf7\x81\x82\x83\x84\x85").unwrap(), "7|abc|de");
    for (head, text) in [
        (&b"x\n    abcde\n"[..], "the header has no name for the field from byte 1 on"),
        (b"x\nab  ab de\n", "the header names two fields `ab`"),
        (b"x\nown abcde\n", "the header names two fields `own`"),
    ] {
        let error = run(&host(named), head, b"").unwrap_err();
        assert_eq!((error.status(), error.to_string().as_str()), (abi::ARTEMIS_BAD_DATA, text));
    }
}

/// A bad number in record 1, a short record, two bad cells, a long record.
const DATA: &[u8] = b"  1ab\n 2xab\nabc\n   \xff\xff\n  5ab!\n  6\xc3\xa4\n";

#[test]
fn cells_become_null_and_bad_records_are_left_out() {
    let host = host(FIELDS);
    assert_eq!(run(&host, b"", DATA).unwrap(), "1|ab\n∅|ab\n∅|∅\n6|ä");
    let record = host.record();
    let found: Vec<_> = record
        .rejects
        .iter()
        .map(|(record, offset, column, reason)| (*record, *offset, column.as_deref(), reason.as_str()))
        .collect();
    let expected = [
        (1, 6, Some("n"), "is not an integer"),
        (2, 12, None, "has 3 bytes, fewer than 5"),
        (3, 19, Some("s"), "is not utf-8"),
        (4, 22, None, "has 6 bytes, more than 5"),
    ];
    assert_eq!(found, expected);
    let shown: Vec<_> = record.rejected_bytes.iter().map(|(raw, _)| String::from_utf8_lossy(raw)).collect();
    assert_eq!(shown, [" 2x", "abc", "0xFFFF", "  5ab!"]);
    for ((_, offset, _, _), (_, raw_record)) in record.rejects.iter().zip(&record.rejected_bytes) {
        let line = DATA.split(|byte| *byte == b'\n').find(|line| line == raw_record).unwrap();
        let start = line.as_ptr() as u64 - DATA.as_ptr() as u64;
        assert!((start..start + line.len() as u64).contains(offset));
    }
}

#[test]
fn cells_that_are_no_ascii_are_shown_as_text_and_in_hexadecimal() {
    let fields = "encoding='cp037'\nrecord_bytes=5\nfields=[{name='n',width=3,type='integer'},\
                  {name='p',width=2,type='packed',digits=3}]";
    let host = host(fields);
    run(&host, b"", b"\xf1\xc1\xf2\x40\x40").unwrap();
    let shown: Vec<_> = host
        .record()
        .rejected_bytes
        .iter()
        .map(|(raw, _)| String::from_utf8_lossy(raw).into_owned())
        .collect();
    assert_eq!(shown, ["1A2 0xF1C1F2", "0x4040"]);
    let reasons: Vec<_> = host.record().rejects.into_iter().map(|reject| reject.3).collect();
    assert_eq!(reasons, ["is not an integer", "has no sign where a packed number has one"]);
}

#[test]
fn dropped_records_are_gone_and_a_stop_ends_the_chunk() {
    let dropping = host(FIELDS).on_reject(Action::Drop);
    assert_eq!(run(&dropping, b"", DATA).unwrap(), "1|ab\n6|ä");
    assert_eq!(dropping.record().rejects.len(), 4);
    let stopping = host(FIELDS).on_reject(Action::Stop);
    let error = run(&stopping, b"", DATA).unwrap_err();
    assert_eq!(error.status(), abi::ARTEMIS_STOPPED);
    assert_eq!((stopping.record().rejects.len(), stopping.record().emitted.len()), (1, 0));
}

#[test]
fn a_schema_of_other_types_is_refused() {
    use arrow::datatypes::{DataType, Field};
    let host = host(FIELDS);
    let schema = |name: &str, other: DataType| {
        let fields = [Field::new(name, other, true), Field::new("s", DataType::Utf8, true)];
        [SchemaRef::new(Schema::new(fields.to_vec()))]
    };
    let refuse = |given: [SchemaRef; 1]| host.run_reader::<Fwf>(b"", &[], Some(&given)).unwrap_err();
    let error = refuse(schema("n", DataType::Utf8));
    assert_eq!((error.status(), error.column()), (abi::ARTEMIS_UNSUPPORTED, Some("n")));
    assert_eq!(refuse(schema("x", DataType::Int64)).status(), abi::ARTEMIS_INVALID);
}

#[test]
fn the_manifest_lists_every_type_and_the_keys_of_a_layout() {
    let doc = |name: &str| Fwf::PROPERTIES.iter().find(|property| property.name == name).unwrap().doc;
    let types = doc("fields");
    for kind in [
        "text",
        "bytes",
        "skip",
        "bool",
        "integer",
        "decimal",
        "float",
        "date",
        "time",
        "timestamp",
        "zoned",
        "packed",
        "binary",
        "hex-float",
        "ieee-float",
    ] {
        assert!(types.contains(kind), "{kind}");
    }
    // A key that the layout does not know would be refused.
    let all = Fwf::PROPERTIES
        .iter()
        .map(|property| property.name)
        .filter(|name| !["layout", "copybook", "cobol", "fields"].contains(name));
    for name in all {
        let (_, text) = refusal(&format!("{name} = 1.5\n{FIELDS}"));
        assert!(!text.contains("there is no"), "{name}: {text}");
    }
}

proptest! {
    #[test]
    fn chunks_may_end_after_any_record(
        lines in prop::collection::vec("( |[0-9a-c]){3}[a-z]{2}|[a-z]{0,7}", 1..20), cut in any::<prop::sample::Index>(),
    ) {
        let whole = lines.join("\n") + "\n";
        let ends: Vec<usize> = whole.match_indices('\n').map(|(at, _)| at + 1).collect();
        let middle = ends[cut.index(ends.len())];
        let first = whole[..middle].split('\n').filter(|line| !line.is_empty()).count() as u64;
        let (one, two) = (host(FIELDS), host(FIELDS));
        let joined = one.run_reader::<Fwf>(b"", &[(7, 3, whole.as_bytes())], None).unwrap();
        let parts = [(7, 3, &whole.as_bytes()[..middle]), (7 + middle as u64, 3 + first, &whole.as_bytes()[middle..])];
        let split = two.run_reader::<Fwf>(b"", &parts, None).unwrap();
        let text = |batches: &[arrow::array::RecordBatch]| batches.iter().map(show).collect::<Vec<_>>().join("\n");
        prop_assert_eq!(text(&joined[0]), text(&split[0]));
        prop_assert_eq!(one.record().rejects, two.record().rejects);
    }
}

#[test]
fn contexts_without_a_datum_are_enough() {
    let host = host(FIELDS);
    let reader = host.configure::<Fwf>().unwrap();
    let context = host.context(Call::default());
    let datum = reader.open_datum(&context, &Chunk::new(b"")).unwrap();
    assert!(host.record().annotations.is_empty());
    let error = reader.initialize(&context, &mut { datum }, &[]).unwrap_err();
    assert_eq!(error.status(), abi::ARTEMIS_INVALID);
}
