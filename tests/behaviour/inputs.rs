//! Many inputs, odd inputs, bad inputs.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type, UInt64Type};
use artemis_tests::{Scratch, read_job, table};

fn read(scratch: &Scratch, paths: &str, input: &str, reader: &str) -> serde_json::Value {
    scratch.write("job.toml", read_job("inputs", paths, input, reader));
    scratch.job("job.toml", &[])
}

#[test]
fn empty_and_header_only_files_give_an_empty_partition_with_a_schema() {
    for (text, columns) in [("", 0), ("a,b\n", 2), ("a,b", 2), ("\u{feff}a,b\r\n", 2)] {
        let scratch = Scratch::new();
        scratch.write("in.csv", text);
        let summary = read(&scratch, "[\"in.csv\"]", "", "");
        let read = table(&summary, "initial");
        assert_eq!((read.num_rows(), read.num_columns()), (0, columns), "{text:?}");
    }
}

#[test]
fn line_ends_marks_and_blank_lines_do_not_matter() {
    let expected = [(1, Some("x")), (2, None), (3, Some("y,\n\"z\""))];
    let quoted = "\"y,\n\"\"z\"\"\"";
    for text in [
        format!("n,s\n1,x\n2,\n3,{quoted}\n"),
        format!("n,s\r\n1,x\r\n2,\r\n3,{quoted}\r\n"),
        format!("n,s\n1,x\n2,\n3,{quoted}"),
        format!("\u{feff}n,s\n\n1,x\n\n\n2,\n3,{quoted}\n\n"),
    ] {
        for block_bytes in [1, 7, 1 << 20] {
            let scratch = Scratch::new();
            scratch.write("in.csv", &text);
            let job = read_job("lines", "[\"in.csv\"]", "", "");
            scratch
                .write("job.toml", job.replace("[input]", &format!("block_bytes = {block_bytes}\n[input]")));
            let read = table(&scratch.job("job.toml", &[]), "initial");
            let (n, s) = (read.column(0).as_primitive::<Int64Type>(), read.column(1).as_string::<i32>());
            let rows: Vec<_> =
                (0..read.num_rows()).map(|i| (n.value(i), s.is_valid(i).then(|| s.value(i)))).collect();
            assert_eq!(rows, expected, "{text:?} in blocks of {block_bytes}");
        }
    }
}

#[test]
fn a_footer_is_no_data_and_does_not_spoil_the_types() {
    for block_bytes in [1, 1 << 20] {
        let scratch = Scratch::new();
        scratch.write("in.csv", "n,s\n1,x\n2,y\ntotal,2\nend of file\n\n");
        let job = read_job("footer", "[\"in.csv\"]", "", "footer_rows = 2");
        scratch.write("job.toml", job.replace("[input]", &format!("block_bytes = {block_bytes}\n[input]")));
        let read = table(&scratch.job("job.toml", &[]), "initial");
        assert_eq!(read.column(0).as_primitive::<Int64Type>().values(), &[1, 2], "blocks of {block_bytes}");
    }
}

#[test]
fn types_are_joined_over_all_inputs_and_rows_know_where_they_come_from() {
    let scratch = Scratch::new();
    scratch.write("in/a.csv", "k,v\n1,2\n");
    scratch.write("in/b.csv", "v,k\n2.5,7\n3.5,8\n");
    scratch.write("in/c.csv", "k,w\n9,text\n");
    let summary = read(&scratch, "[\"in/*.csv\"]", "columns = \"union\"\nprovenance = true", "");
    let read = table(&summary, "initial");
    let names: Vec<_> = read.schema().fields().iter().map(|f| f.name().clone()).collect();
    assert_eq!(names, ["k", "v", "w", "_datum", "_record"]);
    assert_eq!(read.column(0).as_primitive::<Int64Type>().values(), &[1, 7, 8, 9]);
    assert_eq!(
        read.column(1).as_primitive::<Float64Type>().iter().collect::<Vec<_>>(),
        [Some(2.0), Some(2.5), Some(3.5), None]
    );
    let datums: Vec<_> = read.column(3).as_string::<i32>().iter().flatten().collect();
    assert_eq!(datums, ["a.csv", "b.csv", "b.csv", "c.csv"]);
    assert_eq!(read.column(4).as_primitive::<UInt64Type>().values(), &[0, 0, 1, 0]);
}

#[test]
fn an_input_with_other_columns_is_an_error_that_says_what_to_write() {
    let scratch = Scratch::new();
    scratch.write("a.csv", "k,v\n1,2\n");
    scratch.write("b.csv", "v,k\n1,2\n");
    scratch.write("job.toml", read_job("same", "[\"a.csv\", \"b.csv\"]", "", ""));
    let ran = scratch.run(&["run", "job.toml"]).expect(3);
    assert!(ran.stderr.contains("b.csv") && ran.stderr.contains("by-name"), "{}", ran.stderr);
}

#[test]
fn integers_beyond_doubles_and_codes_with_leading_zeros_are_kept() {
    let scratch = Scratch::new();
    scratch.write("a.csv", "big,code,mixed\n9007199254740993,007,9007199254740993\n");
    scratch.write("b.csv", "big,code,mixed\n1,12,0.5\n");
    let read = table(&read(&scratch, "[\"a.csv\", \"b.csv\"]", "", ""), "initial");
    assert_eq!(read.column(0).as_primitive::<Int64Type>().values(), &[9_007_199_254_740_993, 1]);
    assert_eq!(read.column(1).as_string::<i32>().iter().flatten().collect::<Vec<_>>(), ["007", "12"]);
    assert_eq!(read.column(2).data_type(), &DataType::Utf8);
    assert_eq!(read.column(2).as_string::<i32>().value(0), "9007199254740993");
}

/// Two hundred files, the 100th of which ends inside quotes.
fn two_hundred(scratch: &Scratch) {
    for i in 0..200 {
        let text =
            if i == 100 { format!("n,s\n{i},\"never closed\n") } else { format!("n,s\n{i},x\n{i},y\n") };
        scratch.write(&format!("in/{i:03}.csv"), text);
    }
}

#[test]
fn one_bad_file_of_two_hundred_stops_the_job_by_name() {
    let scratch = Scratch::new();
    two_hundred(&scratch);
    scratch.write("job.toml", read_job("bad", "[\"in/*.csv\"]", "", ""));
    let ran = scratch.run(&["run", "job.toml"]).expect(3);
    assert!(ran.stderr.contains("100.csv") && ran.stderr.contains("byte 4"), "{}", ran.stderr);
}

#[test]
fn skip_delivers_the_other_199_and_says_which_and_why() {
    let scratch = Scratch::new();
    two_hundred(&scratch);
    let summary = read(&scratch, "[\"in/*.csv\"]", "on_bad_input = \"skip\"", "");
    assert_eq!(table(&summary, "initial").num_rows(), 398);
    let skipped: Vec<_> =
        summary["inputs"].as_array().unwrap().iter().filter(|i| i["status"] == "skipped").collect();
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0]["name"], "100.csv");
    assert!(skipped[0]["first_error"].as_str().unwrap().contains("never closed"), "{skipped:?}");
}

#[test]
fn quarantine_keeps_the_bytes_of_the_bad_file() {
    let scratch = Scratch::new();
    two_hundred(&scratch);
    let summary = read(&scratch, "[\"in/*.csv\"]", "on_bad_input = \"quarantine\"", "");
    assert_eq!(table(&summary, "initial").num_rows(), 398);
    let rejected = table(&summary, "initial.rejected");
    assert_eq!(rejected.num_rows(), 1);
    assert_eq!(rejected.column_by_name("datum").unwrap().as_string::<i32>().value(0), "100.csv");
    let raw = rejected.column_by_name("raw").unwrap().as_binary::<i32>().value(0);
    assert_eq!(raw, b"n,s\n100,\"never closed\n");
}

#[test]
fn a_glob_without_match_and_a_missing_file_are_errors_of_the_job_file() {
    let scratch = Scratch::new();
    scratch.write("job.toml", read_job("none", "[\"nowhere/*.csv\", \"missing.csv\"]", "", ""));
    let ran = scratch.run(&["run", "job.toml"]).expect(2);
    assert!(ran.stderr.contains("nowhere/*.csv") && ran.stderr.contains("missing.csv"), "{}", ran.stderr);
}

#[test]
fn an_empty_file_among_others_has_nothing_to_say_against_them() {
    let scratch = Scratch::new();
    scratch.write("a.csv", "");
    scratch.write("b.csv", "k,v\n1,2\n");
    scratch.write("c.csv", "");
    let summary = read(&scratch, "[\"a.csv\", \"b.csv\", \"c.csv\"]", "", "");
    assert_eq!(table(&summary, "initial").column(0).as_primitive::<Int64Type>().values(), &[1]);
}

#[test]
fn inputs_without_header_tell_their_columns_by_their_data() {
    let scratch = Scratch::new();
    for i in 0..30 {
        scratch.write(&format!("in/{i:02}.csv"), format!("{i},x\n"));
    }
    let summary = read(&scratch, "[\"in/*.csv\"]", "", "header_rows = 0");
    assert_eq!(table(&summary, "initial").num_rows(), 30);
}

#[test]
fn a_file_that_changed_after_it_was_read_is_read_again() {
    let scratch = Scratch::new();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    let put = |text: &str, age: u64| {
        let path = scratch.write("in.csv", text);
        let at = old + std::time::Duration::from_secs(age);
        std::fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
    };
    put("n\n1\n", 0);
    let first = read(&scratch, "[\"in.csv\"]", "", "");
    put("n\n1\n2\n", 10);
    let second = read(&scratch, "[\"in.csv\"]", "", "");
    assert_ne!(first["dataset"], second["dataset"]);
    assert_eq!(table(&second, "initial").num_rows(), 2);
}

#[test]
fn a_dataset_without_a_bad_input_is_not_the_one_with_it() {
    let scratch = Scratch::new();
    scratch.write("a.csv", "n\n1\n");
    scratch.write("b.csv", "n\n\"2\n");
    let without = read(&scratch, "[\"a.csv\", \"b.csv\"]", "on_bad_input = \"skip\"", "");
    scratch.write("b.csv", "n\n2\n");
    let with = read(&scratch, "[\"a.csv\", \"b.csv\"]", "on_bad_input = \"skip\"", "");
    assert_eq!(table(&without, "initial").num_rows(), 1);
    assert_eq!(table(&with, "initial").num_rows(), 2);
    assert_ne!(without["dataset"], with["dataset"]);
}

#[test]
fn the_names_of_inputs_are_part_of_a_dataset_that_holds_them() {
    let scratch = Scratch::new();
    scratch.write("jan.csv", "n\n1\n");
    let first = read(&scratch, "[\"jan.csv\"]", "provenance = true", "");
    scratch.write("feb.csv", "n\n1\n");
    let second = read(&scratch, "[\"feb.csv\"]", "provenance = true", "");
    assert_ne!(first["dataset"], second["dataset"]);
    assert_eq!(table(&second, "initial").column(1).as_string::<i32>().value(0), "feb.csv");
}

#[test]
fn a_bad_input_beside_a_type_that_widens_is_left_out_all_the_same() {
    let scratch = Scratch::new();
    let mut text = "n\n".to_owned();
    (0..50_000).for_each(|i| text += &format!("{i}\n"));
    scratch.write("a.csv", text + "word\n");
    scratch.write("b.csv", "n\n\"never closed\n");
    let input = "on_bad_input = \"skip\"\n[sample]\nchunks = 1\nrows = 10";
    let summary = read(&scratch, "[\"a.csv\", \"b.csv\"]", input, "");
    assert_eq!(table(&summary, "initial").num_rows(), 50_001);
    assert_eq!(table(&summary, "initial").column(0).data_type(), &DataType::Utf8);
}
