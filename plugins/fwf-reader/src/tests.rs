//! Forms of fields over whole chunks, in ASCII and EBCDIC, whatever the tiles.

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use artemis_record_layout::{Encoding, Layout};
use proptest::prelude::*;

use crate::fault::Fault;
use crate::parse::{Parsed, Parser};

fn parse(layout: &str, chunk: &[u8]) -> Parsed {
    let layout = Layout::from_toml(layout).unwrap_or_else(|e| panic!("{e}"));
    Parser::new(&layout).unwrap().parse(chunk).unwrap()
}

/// A line a row, cells between bars.
pub(crate) fn show(batch: &RecordBatch) -> String {
    let options = FormatOptions::default().with_null("∅");
    let columns: Vec<_> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
    let row = |row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join("|");
    (0..batch.num_rows()).map(row).collect::<Vec<_>>().join("\n")
}

/// Records of one field that fills them.
#[track_caller]
fn check(field: &str, cells: &[&[u8]], expected: &str) {
    let width = cells[0].len();
    let layout = format!("records='fixed'\nfields=[{{name='a',width={width},{field}}}]");
    let parsed = parse(&layout, &cells.concat());
    assert_eq!(show(&parsed.batch).replace('\n', " "), expected, "{field}");
}

fn ebcdic(text: &str) -> Vec<u8> {
    Encoding::of("cp037").unwrap().encode(text).unwrap()
}

#[test]
fn texts_are_decoded_and_trimmed() {
    check("type='text'", &[b" ab ", b"    ", b"\xc3\xa4  "], "ab ∅ ä");
    check("trim='none'", &[b" ab ", b"cdef"], " ab  cdef");
    check("trim='right'", &[b" ab ", b"cdef"], " ab cdef");
    check("trim='left',nulls=[]", &[b" ab ", b"    "], "ab  ");
    check("encoding='latin-1'", &[b"\xe4\xdf ", b"abc"], "äß abc");
    check("encoding='windows-1252'", &[b"\x80 1", b"\x81bc"], "€ 1 ∅");
    check("encoding='ascii'", &[b"ab", b"\xe4b"], "ab ∅");
    check("encoding='cp037'", &[&ebcdic("Zoë "), &ebcdic("Ada ")], "Zoë Ada");
    check("encoding='cp1140'", &[b"\x9f\x40", b"\x40\x40"], "€ ∅");
    check("encoding='shift_jis'", &[b"\x93\xfa\x96\x7b", b"\xb1\xb2  ", b"    "], "日本 ｱｲ ∅");
    check("encoding='big5',trim='none'", &[b"\xa4\xa4 ", b"abc"], "中  abc");
    check("encoding='utf-16le'", &[b"a\0b\0", b" \0 \0"], "ab ∅");
}

#[test]
fn what_means_a_missing_value_is_by_choice() {
    check("nulls=['zeros']", &[b"000", b"0 0", b"   "], "∅ 0 0 ");
    check("nulls=['low-values','high-values']", &[b"\0\0", b"\xff\xff", b"a "], "∅ ∅ a");
    check("null_fillers='9*'", &[b"99", b"**", b"9*"], "∅ ∅ 9*");
    check("null_values=['NA','-']", &[b" NA", b"-  ", b"NAN"], "∅ ∅ NAN");
    check("type='integer',nulls=['zeros','blank']", &[b" 00", b"   ", b"001"], "∅ ∅ 1");
    check("type='float',nulls=['zeros']", &[b"0.0", b"-0 ", b"0.5"], "∅ ∅ 0.5");
    check("type='hex-float',nulls=['zeros']", &[&[0; 4], b"\x41\x10\x00\x00"], "∅ 1.0");
    check("type='binary',signed=false,nulls=['zeros']", &[&[0; 8], &[0, 0, 0, 0, 0, 0, 0, 9]], "∅ 9");
    check("type='zoned',nulls=['zeros']", &[b"00{", b"00}", b"01A"], "∅ ∅ 11");
    check("type='packed',nulls=['zeros']", &[b"\x00\x0c", b"\x00\x1c"], "∅ 1");
    check("type='packed',nulls=['low-values']", &[b"\x00\x00", b"\x00\x1c"], "∅ 1");
    check("type='packed',encoding='cp037',nulls=['blank']", &[b"\x40\x40", b"\x00\x1c"], "∅ 1");
    check("type='binary',nulls=['high-values']", &[b"\xff\xff", b"\xff\xfe"], "∅ -2");
    check("type='date',pattern='%Y%m%d',nulls=['zeros']", &[b"00000000", b"20240131"], "∅ 2024-01-31");
    check(
        "type='packed',pattern='%Y%j',nulls=['zeros']",
        &[b"\x00\x00\x00\x0f", b"\x20\x24\x03\x1f"],
        "∅ 2024-01-31",
    );
    check(
        "encoding='big5',null_values=['\u{4e2d}'],null_fillers='*'",
        &[b"\xa4\xa4", b"**", b"a*"],
        "∅ ∅ a*",
    );
}

#[test]
fn numbers_of_every_form_keep_all_digits() {
    check("type='integer'", &[b" 12-", b"+012", b"x   "], "-12 12 ∅");
    check("type='decimal',scale=2", &[b"12345", b"1.5  ", b"-.05 "], "123.45 1.50 -0.05");
    check("type='decimal',scale=1,decimal_point=','", &[b"1,5", b" 15"], "1.5 1.5");
    check("type='float'", &[b"1.5E3", b"  nan", b"1,5  "], "1500.0 NaN ∅");
    check("type='zoned',scale=2", &[b"1234E", b"1234N"], "123.45 -123.45");
    check("type='zoned',scale=-3", &[b"12C"], "123000");
    check("type='zoned',scale=5", &[b"12C"], "0.00123");
    check(
        "type='zoned',sign='leading-separate',encoding='cp037'",
        &[&ebcdic("-12"), &ebcdic("+34")],
        "-12 34",
    );
    check("type='packed',scale=2", &[b"\x12\x34\x5d", b"\x12\x34\x5c"], "-123.45 123.45");
    check("type='binary'", &[b"\xff\xff\xfe", b"\x00\x01\x00"], "-2 256");
    check("type='binary',endian='little',signed=false", &[b"\xff\x00", b"\x00\xff"], "255 65280");
    check("type='binary',signed=false", &[&[0xff; 8]], "18446744073709551615");
    check("type='binary',scale=2", &[&[0x80, 0, 0, 0, 0, 0, 0, 0]], "-92233720368547758.08");
    check("type='hex-float'", &[b"\xc2\x76\xa0\x00"], "-118.625");
    check("type='ieee-float',endian='little'", &[b"\x00\x00\xc0\x3f"], "1.5");
    check("type='bool'", &[b"Y", b"0", b"?"], "true false ∅");
    check("type='bool',encoding='cp037',true_values=['J']", &[b"\xd1", b"\xd5"], "true false");
    check("type='bytes'", &[b"\x00\xff"], "00ff");
    check("type='time',pattern='%H%M%S'", &[b"235959"], "23:59:59");
    check("type='timestamp',pattern='%Y%m%d%H'", &[b"2024013107"], "2024-01-31T07:00:00");
    check(
        "type='date',pattern='%y%j',century=2000,encoding='cp500'",
        &[b"\xf9\xf9\xf0\xf0\xf1"],
        "2099-01-01",
    );
    check("type='zoned',pattern='%Y%m%d'", &[b"2024013A"], "2024-01-31");
}

#[test]
fn widest_numbers_become_decimals_of_their_width() {
    let digits31 = "1234567890123456789012345678901";
    check("type='zoned'", &[digits31.as_bytes()], digits31);
    let digits76 = "9".repeat(76);
    check("type='zoned',sign='none'", &[digits76.as_bytes()], &digits76);
    check("type='integer'", &[digits76.as_bytes()], &digits76);
    let mut packed = vec![0x99; 38];
    packed.push(0x9D);
    let layout = "records='fixed'\nfields=[{name='a',width=39,type='packed',digits=76,scale=10}]";
    let parsed = parse(layout, &packed);
    assert_eq!(parsed.mismatches.len(), 1, "77 digits in a field of 76");
    packed[0] = 0x09;
    let parsed = parse(layout, &packed);
    assert_eq!(parsed.batch.schema().field(0).data_type(), &DataType::Decimal256(76, 10));
    assert_eq!(show(&parsed.batch), format!("-{}.{}", "9".repeat(66), "9".repeat(10)));
}

#[test]
fn faults_are_located_by_row_and_column() {
    let layout = "fields=[{name='a',width=2,type='integer'},{name='b',width=2,type='packed',digits=3},{name='c',width=1}]";
    let parsed = parse(layout, b"12\x12\x3ca\nx2\x12\x33\xff\n");
    let faults: Vec<_> = parsed.mismatches.iter().map(|m| (m.row, m.column, m.fault)).collect();
    assert_eq!(faults, [(1, 0, Fault::Number), (1, 1, Fault::Sign), (1, 2, Fault::Encoding)]);
    assert_eq!(show(&parsed.batch), "12|123|a\n∅|∅|∅");
}

#[test]
fn short_records_are_padded_where_that_is_said() {
    let layout = "short_records='pad'\nlong_records='cut'\nfields=[{name='a',width=2,type='integer'},{name='b',width=3},\
                  {name='c',width=1,type='bytes'},{name='d',width=1,type='packed'}]";
    let parsed = parse(layout, b"12abcxx\n3\n45d\n12abcx\x1cyy");
    assert_eq!(show(&parsed.batch), "12|abc|78|∅\n3|∅|∅|∅\n45|d|∅|∅\n12|abc|78|1");
    let faults: Vec<_> = parsed.mismatches.iter().map(|m| (m.row, m.column, m.fault)).collect();
    let cut = Fault::Short;
    assert_eq!(faults, [(0, 3, Fault::Sign), (1, 2, cut), (1, 3, cut), (2, 2, cut), (2, 3, cut)]);
}

#[test]
fn tiles_leave_no_trace() {
    // Enough records for several tiles of 256 KiB.
    let layout =
        "fields=[{name='n',width=8,type='integer'},{name='t',width=100},{name='b',width=1,type='bool'}]";
    let mut chunk = String::new();
    (0..9000).for_each(|i| chunk += &format!("{i:8}{:<100}{}\n", format!("text {i}"), i % 3));
    let parsed = parse(layout, chunk.as_bytes());
    assert_eq!((parsed.batch.num_rows(), parsed.records), (9000, 9000));
    let rows: Vec<u32> = parsed.mismatches.iter().map(|m| m.row).collect();
    assert_eq!(rows, (0..9000).filter(|i| i % 3 == 2).collect::<Vec<_>>());
    for (i, line) in show(&parsed.batch).lines().enumerate() {
        assert_eq!(line, format!("{i}|text {i}|{}", ["false", "true", "∅"][i % 3]));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_rows_errors_or_mismatches(chunk in prop::collection::vec(any::<u8>(), 0..400), lines: bool) {
        let records = if lines { "short_records='pad'\nlong_records='cut'" } else { "record_bytes=40" };
        let layout = format!("{records}\noverlap=true\nfields=[{{name='a',width=4,type='integer'}},\
            {{name='b',width=9,type='zoned',encoding='cp500'}},{{name='c',width=3,type='packed'}},\
            {{name='d',width=40,type='zoned',start=1,sign='none'}},{{name='e',width=5,start=3,encoding='gb18030'}},\
            {{name='f',width=6,type='date',pattern='%y%m%d'}},{{name='g',width=8,type='hex-float'}},\
            {{name='h',width=5,encoding='cp1252'}},{{name='i',width=7,type='bytes',start=34}}]");
        let parsed = parse(&layout, &chunk);
        prop_assert_eq!(parsed.batch.num_rows() + parsed.record_errors.len(), parsed.records as usize);
        for mismatch in &parsed.mismatches {
            prop_assert!(parsed.batch.column(mismatch.column as usize).is_null(mismatch.row as usize));
        }
        for column in parsed.batch.columns() {
            column.to_data().validate_full().unwrap();
        }
    }
}
