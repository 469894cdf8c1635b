//! Fixed-width and EBCDIC inputs, as jobs read them.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type, UInt64Type};
use artemis_tests::{Ran, Scratch, files, root, table};
use serde_json::Value;

const LAYOUT: &str = "encoding = \"cp037\"\nrecord_bytes = 12\n[[fields]]\nname = \"id\"\nwidth = 3\ntype = \"zoned\"\n\
    [[fields]]\nname = \"name\"\nwidth = 5\n[[fields]]\nname = \"amount\"\nstart = 10\nwidth = 3\ntype = \"packed\"\n\
    scale = 2\n";

fn record(id: u32, amount: u32) -> Vec<u8> {
    let digits = format!("{id:03}{amount:05}");
    let digit = |at: usize| digits.as_bytes()[at] - b'0';
    let mut out: Vec<u8> = (0..3).map(|at| 0xF0 + digit(at)).collect();
    // "Ada" and blanks, and a byte that no field has.
    out.extend([0xC1, 0x84, 0x81, 0x40, 0x40, 0x00]);
    out.extend([(digit(3) << 4) | digit(4), (digit(5) << 4) | digit(6), (digit(7) << 4) | 0xC]);
    out
}

/// Forty records; the sign of record 7's amount is none, record 30's id has a letter.
fn data() -> Vec<u8> {
    let mut records: Vec<Vec<u8>> = (0..40).map(|i| record(i, 100 * i + 5)).collect();
    records[7][11] = 0x55;
    records[30][1] = 0xC1;
    records.concat()
}

fn job(policy: &str, rest: &str) -> String {
    format!(
        "[job]\nname = \"fixed\"\nblock_bytes = 50\n[input]\npaths = [\"in.dat\"]\nreader = \"parse\"\non_mismatch = \
         \"{policy}\"\n[algorithms.parse]\ncomponent = \"fwf-reader/fwf\"\n{rest}\n"
    )
}

fn run(policy: &str) -> (Scratch, Ran) {
    let scratch = Scratch::new();
    scratch.write("in.dat", data());
    scratch.write("in.layout.toml", LAYOUT);
    scratch.write("job.toml", job(policy, "layout = \"in.layout.toml\""));
    let ran = scratch.run(&["--format", "json", "run", "job.toml", "--no-sync"]);
    (scratch, ran)
}

fn refused(data: impl AsRef<[u8]>, rest: &str, code: i32) -> String {
    let scratch = Scratch::new();
    scratch.write("in.dat", data);
    scratch.write("job.toml", job("abort", rest));
    let ran = scratch.run(&["--format", "json", "run", "job.toml", "--no-sync"]).expect(code);
    ran.json()["error"].to_string()
}

#[test]
fn nulls_are_written_and_counted() {
    let (_scratch, ran) = run("null");
    let summary = ran.expect(0).json();
    let read = table(&summary, "initial");
    assert_eq!(read.column(2).data_type(), &DataType::Decimal128(5, 2));
    let ids = read.column(0).as_primitive::<Int64Type>();
    assert_eq!((read.num_rows(), ids.value(39), ids.is_null(30)), (40, 39, true));
    assert!(read.column(1).as_string::<i32>().iter().all(|name| name == Some("Ada")));
    let found = (&summary["rows_in"], &summary["cells_rejected"], &summary["rows_rejected"]);
    assert_eq!(found, (&Value::from(40), &Value::from(2), &Value::from(0)));
}

#[test]
fn types_are_declared_so_that_nothing_is_widened() {
    for policy in ["abort", "widen"] {
        let (_scratch, ran) = run(policy);
        let message = ran.expect(3).json()["error"]["message"].as_str().unwrap().to_owned();
        for part in ["in.dat", "record 7", "byte 93", "`amount`", "0x007055"] {
            assert!(message.contains(part), "{part} in {message}");
        }
    }
}

#[test]
fn quarantined_records_are_found_again_by_their_offset() {
    let (_scratch, ran) = run("quarantine");
    let summary = ran.expect(0).json();
    assert_eq!(table(&summary, "initial").num_rows(), 38);
    let rejected = table(&summary, "initial.rejected");
    let numbers = |name: &str| -> Vec<u64> {
        rejected.column_by_name(name).unwrap().as_primitive::<UInt64Type>().iter().flatten().collect()
    };
    assert_eq!((numbers("record"), numbers("offset")), (vec![7, 30], vec![7 * 12 + 9, 30 * 12]));
    let raw = rejected.column_by_name("raw").unwrap().as_binary::<i32>();
    assert_eq!([raw.value(0), raw.value(1)], [&data()[84..96], &data()[360..372]]);
}

#[test]
fn the_layout_is_an_input_of_the_job() {
    let (scratch, ran) = run("null");
    let first = ran.expect(0).json();
    scratch.write("in.layout.toml", LAYOUT.replace("scale = 2", "scale = 1"));
    let second = scratch.job("job.toml", &[]);
    assert_ne!(first["dataset"], second["dataset"], "another layout makes another dataset");
    assert_eq!(table(&second, "initial").column(2).data_type(), &DataType::Decimal128(5, 1));
    scratch.write("in.layout.toml", LAYOUT);
    let third = scratch.job("job.toml", &[]);
    assert_eq!((&third["dataset"], &third["already_there"]), (&first["dataset"], &true.into()));
}

#[test]
fn blocks_of_any_size_give_the_same_bytes() {
    let scratch = Scratch::new();
    scratch.write("in.dat", data());
    scratch.write("in.layout.toml", LAYOUT);
    let bytes = |block: u32| {
        let text = job("null", "layout = \"in.layout.toml\"")
            .replace("block_bytes = 50", &format!("block_bytes = {block}"));
        scratch.write("job.toml", text);
        std::fs::read(&files(&scratch.job("job.toml", &["--again"]), "initial")[0]).unwrap()
    };
    let whole = bytes(100_000);
    for block in [1, 12, 13, 100] {
        assert_eq!(bytes(block), whole, "{block}");
    }
}

#[test]
fn headers_footers_and_lines_of_other_lengths_are_treated_as_said() {
    let scratch = Scratch::new();
    let text = "code  n\nab   12\ncd    x\n\nef\nghijklmnop\nkl    4\n";
    scratch.write("in.dat", text);
    let rest = "header_rows = 1\nheader_names = true\nshort_records = \"pad\"\nfields = [{ width = 4 }, { start = 6, width = 2, \
                type = \"integer\" }]";
    scratch.write("job.toml", job("null", rest));
    let summary = scratch.job("job.toml", &[]);
    let read = table(&summary, "initial");
    let schema = read.schema();
    assert_eq!(schema.fields().iter().map(|f| f.name().as_str()).collect::<Vec<_>>(), ["code", "n"]);
    let codes: Vec<_> = read.column(0).as_string::<i32>().iter().flatten().collect();
    assert_eq!(codes, ["ab", "cd", "ef", "kl"]);
    let numbers: Vec<_> = read.column(1).as_primitive::<Int64Type>().iter().collect();
    assert_eq!(numbers, [Some(12), None, None, Some(4)]);
    let counts = ["rows_in", "rows_rejected", "cells_rejected"].map(|key| summary[key].as_u64().unwrap());
    assert_eq!(counts, [5, 1, 1]);
    let fixed = b"HEAD000011112222FOOT";
    scratch.write("in.dat", fixed);
    let rest = "record_bytes = 4\nheader_rows = 1\nfooter_bytes = 4\nfields = [{ name = \"n\", width = 4, type = \"zoned\" }]";
    scratch.write("job.toml", job("abort", rest));
    let read = table(&scratch.job("job.toml", &[]), "initial");
    assert_eq!(read.column(0).as_primitive::<Int64Type>().values(), &[0, 1111, 2222]);
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let fields = "fields = [{ name = \"n\", width = 4, type = \"zoned\" }]";
    let truncated = refused("0001000200", &format!("record_bytes = 4\n{fields}"), 3);
    assert!(truncated.contains("2 bytes at offset 8 are no whole record of 4 bytes"), "{truncated}");
    for (rest, part) in [
        ("fields = [{ name = \"n\", width = 0 }]", "`width` is 0"),
        ("fields = [{ name = \"n\", width = 99999999999 }]", "must be from 1 to 16777216"),
        (
            "fields = [{ name = \"n\", width = 2 }, { name = \"m\", start = 2, width = 2 }]",
            "overlap from byte 2",
        ),
        ("record_bytes = 3\nfields = [{ name = \"n\", width = 4 }]", "the fields go to byte 4"),
        ("", "give `fields`"),
    ] {
        let error = refused("0001", rest, 2);
        assert!(error.contains(part), "{part} in {error}");
    }
}

#[test]
fn a_record_map_is_shown_in_eighty_columns_and_as_json() {
    let scratch = Scratch::new();
    let layout = root().join("examples/data/accounts.layout.toml");
    let layout = layout.to_str().unwrap();
    let mut command = scratch.command(&["layout", "show", layout]);
    let text = artemis_tests::ran(command.env("COLUMNS", "80").output().unwrap()).expect(0).stdout;
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.starts_with("records of 64 bytes"), "{text}");
    let json = scratch.run(&["--format", "json", "layout", "show", layout]).expect(0).json();
    let fields = json["layout"]["fields"].as_array().unwrap();
    let balance = fields.iter().find(|field| field["name"] == "balance").unwrap();
    assert_eq!((&balance["form"], &balance["type"]), (&"packed".into(), &"decimal(13,2)".into()));
    scratch.write("bad.toml", "fields = [{ name = \"a\", width = 0 }, { name = \"b\" }]");
    let bad = scratch.run(&["layout", "show", "bad.toml"]).expect(2);
    assert!(bad.stderr.contains("field 1 (`a`)") && bad.stderr.contains("field 2 (`b`)"), "{}", bad.stderr);
    scratch.run(&["layout", "show", "missing.toml"]).expect(3);
}

#[test]
fn the_example_reads_its_mainframe_file() {
    let scratch = Scratch::new();
    let job = root().join("examples/accounts.toml");
    let store = scratch.path("store");
    let summary = scratch.job(job.to_str().unwrap(), &["--store", store.to_str().unwrap()]);
    assert_eq!((&summary["rows_in"], &summary["rows_rejected"]), (&500.into(), &0.into()));
    let open = table(&summary, "open");
    let column = |name: &str| open.column_by_name(name).unwrap().clone();
    assert_eq!(column("closed").null_count(), open.num_rows());
    assert_eq!(column("opened").data_type(), &DataType::Date32);
    assert_eq!(column("balance").data_type(), &DataType::Decimal128(13, 2));
    assert!(column("holder").as_string::<i32>().iter().any(|name| name == Some("Jürgen Müller")));
    let rates = column("rate");
    assert!(
        rates
            .as_primitive::<Float64Type>()
            .iter()
            .flatten()
            .all(|rate| [0.125, 0.5, 1.75, 2.25].contains(&rate))
    );
    assert_eq!(table(&summary, "countries").num_rows(), 7);
}
