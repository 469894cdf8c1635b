//! Layouts as files write them.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Layout {
    Layout::from_toml(text).unwrap()
}

#[track_caller]
fn check_refused(text: &str, parts: &[&str]) {
    let problems = Layout::from_toml(text).unwrap_err().problems;
    assert_eq!(problems.len(), parts.len(), "{problems:#?}");
    for (problem, part) in problems.iter().zip(parts) {
        assert!(problem.contains(part), "{part:?} in {problem:?}");
    }
}

#[test]
fn fields_follow_each_other_unless_they_say_where_they_start() {
    let layout = read(
        "fields = [{name='a', width=3}, {width=2, type='skip'}, {name='b', end=9}, {name='c', start=20, width=1}]",
    );
    let places: Vec<_> =
        layout.fields.iter().map(|field| (field.name.as_str(), field.offset, field.width)).collect();
    assert_eq!(places, [("a", 0, 3), ("", 3, 2), ("b", 5, 4), ("c", 19, 1)]);
    assert_eq!(layout.records.record_bytes(), 20);
    assert!(matches!(layout.records, Records::Lines { terminator: None, header_rows: 0, .. }));
}

#[test]
fn defaults_of_the_layout_are_those_of_its_fields() {
    let layout = read(
        "encoding='cp500'\ntrim='none'\nnulls=['low-values']\nendian='little'\ncentury=2000\n\
         fields=[{name='a',width=2},{name='b',width=2,encoding='big5',trim='right',nulls=[]},\
         {name='c',width=2,type='binary'},{name='d',width=4,type='binary',endian='big',nulls=['zeros']},\
         {name='e',width=6,type='date',pattern='%y%m%d'}]",
    );
    let [a, b, c, d, e] = &layout.fields[..] else { panic!() };
    assert_eq!((a.encoding.name().as_ref(), a.trim, a.nulls.low_values), ("cp500", Trim::None, true));
    assert_eq!((b.encoding.name().as_ref(), b.trim, b.nulls.low_values), ("big5", Trim::Right, false));
    assert!(matches!(c.form, Form::Binary { order: Order::Little, signed: true, scale: 0 }));
    assert_eq!(c.nulls, Nulls::default());
    assert!(matches!(d.form, Form::Binary { order: Order::Big, .. }) && d.nulls.zeros);
    assert!(matches!(&e.form, Form::Time(pattern) if pattern.first_year() == 2000));
}

#[test]
fn headers_and_footers_are_counted_in_bytes_where_records_have_a_length() {
    let layout = read(
        "record_bytes=10\nheader_rows=2\nheader_bytes=3\nfooter_rows=1\nheader_names=true\nfields=[{width=4}]",
    );
    let expected = Records::Fixed { record_bytes: 10, header_bytes: 23, footer_bytes: 10, header_rows: 2 };
    assert_eq!(layout.records, expected);
    assert_eq!(expected.to_string(), "records of 10 bytes, 23 bytes before them, 10 bytes after them");
    let layout = read("terminator='0x15'\nrecord_bytes=10\nheader_rows=1\nfields=[{name='a',width=4}]");
    assert_eq!(layout.records.to_string(), "lines of 10 bytes, each ended by 0x15, 1 before them");
}

#[test]
fn problems_are_told_all_at_once_with_their_place() {
    check_refused(
        "encoding='cp9'\nfields=[{name='a',width=0},{name='b',width='x'},{width=1},{name='c',width=1,tpye='text'}]",
        &[
            "`encoding` is `cp9`, which is not known",
            "field 1 (`a`): `width` is 0; it must be from 1 to 16777216",
            "field 2 (`b`): `width` takes a whole number, not string",
            "field 3: it has no `name`",
            "field 4 (`c`): there is no `tpye` here; keys are: name, start, width",
        ],
    );
    check_refused("fields = [", &["TOML parse error at line 1, column 11"]);
    check_refused("", &["`fields` is missing"]);
    check_refused("fields=[]", &["`fields` is empty"]);
    check_refused("fields=[1]", &["`fields` takes a list of tables"]);
    check_refused("header_names=true\nfields=[{width=1}]", &["`header_names` needs `header_rows`"]);
}

#[test]
fn fields_overlap_only_where_they_may() {
    let fields = "fields=[{name='all',width=6},{name='a',start=2,width=2},{name='b',start=4,width=2}]";
    check_refused(
        fields,
        &[
            "`all` and `a` overlap from byte 2 on",
            "`all` and `b` overlap from byte 4 on; write `overlap = true`",
        ],
    );
    assert_eq!(read(&format!("overlap=true\n{fields}")).records.record_bytes(), 6);
    check_refused("fields=[{name='a',width=1},{name='a',width=1}]", &["two fields are named `a`"]);
}

#[test]
fn sizes_are_bounded() {
    check_refused(
        "fields=[{name='a',width=99999999999}]",
        &["`width` is 99999999999; it must be from 1 to 16777216"],
    );
    check_refused(
        "fields=[{name='a',start=16777216,width=2}]",
        &["it goes to byte 16777217, beyond 16777216"],
    );
    check_refused("fields=[{name='a',start=5,end=4}]", &["it ends at byte 4, before its start at byte 5"]);
    check_refused(
        "record_bytes=3\nfields=[{name='a',width=4}]",
        &["`record_bytes` is 3, but the fields go to byte 4"],
    );
    check_refused(
        "fields=[{name='a',width=77,type='zoned'}]",
        &["77 digits with a scale of 0 are more than 76"],
    );
    check_refused("fields=[{name='a',width=9,type='binary'}]", &["1 to 8 bytes, not 9"]);
    check_refused("fields=[{name='a',width=5,type='hex-float'}]", &["4 or 8 bytes, not 5"]);
    check_refused(
        "fields=[{name='a',width=3,type='packed',digits=6}]",
        &["3 bytes hold 4 or 5 digits, not 6"],
    );
    check_refused(
        "fields=[{name='a',width=1,type='zoned',sign='leading-separate'}]",
        &["no room for digits"],
    );
}

#[test]
fn types_take_only_what_belongs_to_them() {
    for (field, part) in [
        ("type='date'", "needs a `pattern`"),
        ("type='date',pattern='%H%M'", "is not one of its type"),
        ("type='zoned',pattern='%Y-%m-%d'", "does not describe 4 digits"),
        ("type='zoned',pattern='%H%M',scale=2", "has no `scale`"),
        ("type='packed',null_values=['x']", "are for fields of characters"),
        ("type='bytes',nulls=['zeros']", "bytes have no zeros"),
        ("type='integer',encoding='utf-16le'", "cannot be read in utf-16le"),
        ("encoding='cp037',null_fillers='中'", "cannot be written in cp037"),
        ("type='bool',true_values=['J'],false_values=['J']", "`J` means true and false"),
        ("type='text',digits=3", "there is no `digits` here"),
        ("nulls=['blanks']", "it can have blank, zeros, low-values, high-values"),
        ("trim='all'", "it can be both, left, right, none"),
        ("decimal_point=';',type='decimal'", "can be . or ,"),
        ("end=4", "`width` and `end` say the same"),
    ] {
        check_refused(&format!("fields=[{{name='a',width=4,{field}}}]"), &[part]);
    }
    check_refused(
        "records='fixed'\nshort_records='pad'\nfields=[{name='a',width=4}]",
        &["records by length have no"],
    );
    check_refused("header_bytes=1\nfields=[{name='a',width=4}]", &["lines have `header_rows`"]);
    check_refused("terminator='ab'\nfields=[{name='a',width=4}]", &["write one character, or a byte"]);
}

proptest! {
    #[test]
    fn any_table_gives_a_layout_or_problems(
        start in any::<i64>(), width in any::<i64>(), record in any::<i64>(), digits in any::<i64>(),
        scale in any::<i64>(), kind in 0..15usize,
    ) {
        let types = ["text", "bytes", "skip", "bool", "integer", "decimal", "float", "date", "time", "timestamp", "zoned",
            "packed", "binary", "hex-float", "ieee-float"];
        let kind = types[kind];
        let sane = |value: i64| value.rem_euclid(90);
        for (start, width, record) in [(start, width, record), (sane(start), sane(width), sane(record))] {
            let toml = format!(
                "record_bytes={record}\nfields=[{{name='a',start={start},width={width},type='{kind}',digits={digits},\
                 scale={scale},pattern='%Y%m%d'}},{{name='b',width={width}}}]"
            );
            if let Ok(layout) = Layout::from_toml(&toml) {
                prop_assert!(layout.fields.iter().all(|f| f.offset + f.width <= layout.records.record_bytes()));
            }
        }
    }

    #[test]
    fn any_text_gives_a_layout_or_problems(text in "\\PC{0,80}") {
        let _ = Layout::from_toml(&text);
        let _ = Encoding::of(&text);
        let _ = Pattern::new(&text, 1950);
    }
}
