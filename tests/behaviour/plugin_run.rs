//! `plugins run`: one component on one input, without store and menu.

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use arrow::ipc::reader::FileReader;
use arrow::ipc::writer::FileWriter;
use artemis_tests::{Scratch, built};
use std::path::Path;
use std::sync::Arc;

fn shipped(name: &str) -> String {
    let found = built().shipped.iter().find(|path| path.to_string_lossy().contains(name)).unwrap();
    found.to_string_lossy().into_owned()
}

/// Two batches of two rows.
fn input(scratch: &Scratch) {
    let batch = RecordBatch::try_from_iter([
        ("n", Arc::new(Int64Array::from(vec![1, 2, 3, 4])) as ArrayRef),
        ("s", Arc::new(StringArray::from(vec!["a", "b", "a", "b"])) as ArrayRef),
    ])
    .unwrap();
    let file = std::fs::File::create(scratch.path("in.arrow")).unwrap();
    let mut writer = FileWriter::try_new(file, &batch.schema()).unwrap();
    writer.write(&batch.slice(0, 2)).unwrap();
    writer.write(&batch.slice(2, 2)).unwrap();
    writer.finish().unwrap();
}

fn read(path: &Path) -> Vec<RecordBatch> {
    let file = std::fs::File::open(path).unwrap();
    FileReader::try_new(file, None).unwrap().map(|batch| batch.unwrap()).collect()
}

#[test]
fn an_algorithm_runs_to_its_end_and_its_rows_are_shown() {
    let scratch = Scratch::new();
    input(&scratch);
    let plugin = shipped("relational");
    let ran = scratch
        .run(
            &["plugins", "run", &plugin, "--component", "aggregate", "--input", "in.arrow"]
                .iter()
                .copied()
                .chain(["--set", "by=[\"s\"]", "--set", "measures={total = \"sum(n)\"}"])
                .collect::<Vec<_>>(),
        )
        .expect(0);
    assert!(ran.stdout.contains("out: 2 rows in 1 batch"), "{}", ran.stdout);
    let cells: Vec<Vec<&str>> = ran.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(cells.iter().any(|row| row.contains(&"a") && row.contains(&"4")), "{}", ran.stdout);
    assert!(cells.iter().any(|row| row.contains(&"b") && row.contains(&"6")), "{}", ran.stdout);
}

#[test]
fn the_batches_go_to_an_arrow_file_as_they_come() {
    let scratch = Scratch::new();
    input(&scratch);
    let (plugin, out) = (shipped("relational"), scratch.path("out.arrow"));
    let common = ["plugins", "run", plugin.as_str(), "--input", "in.arrow", "-o", "out.arrow"];
    let with = |more: &[&str]| scratch.run(&common.iter().chain(more).copied().collect::<Vec<_>>());
    let ran = with(&["--component", "where", "--set", "condition=n > 1"]).expect(0);
    assert!(ran.stdout.contains("3 rows in 2 batches, written to out.arrow"), "{}", ran.stdout);
    // What the component says goes to standard error.
    assert!(ran.stderr.contains("books histogram `kept_fraction`"), "{}", ran.stderr);
    let numbers: Vec<i64> = read(&out)
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec())
        .collect();
    assert_eq!(numbers, [2, 3, 4]);

    with(&["--component", "columns", "--set", "keep=[\"s\"]"]).expect(0);
    assert_eq!(read(&out).iter().map(|batch| batch.num_columns()).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn a_reader_runs_on_a_raw_file() {
    let scratch = Scratch::new();
    scratch.write("in.csv", "n,s\n1,a\n2,\"b,c\"\n");
    let plugin = shipped("csv_reader");
    let ran = scratch
        .run(&["--format", "json", "plugins", "run", &plugin, "--component", "csv", "--input", "in.csv"])
        .expect(0)
        .json();
    assert_eq!(ran["outputs"][0]["rows"].to_string(), r#"[{"n":1,"s":"a"},{"n":2,"s":"b,c"}]"#);
}

#[test]
fn errors_say_what_is_wrong_and_whose_it_is() {
    let scratch = Scratch::new();
    input(&scratch);
    let plugin = shipped("relational");
    let base = ["plugins", "run", plugin.as_str()];
    for (code, args, part) in [
        (
            2,
            vec!["--component", "wher", "--input", "in.arrow"],
            "it has select, where, pass, aggregate, columns",
        ),
        (2, vec!["--component", "aggregate", "--input", "in.arrow"], "needs the property `measures`"),
        (
            2,
            vec!["--component", "where", "--input", "in.arrow", "--set", "conditon=1"],
            "did you mean `condition`?",
        ),
        (3, vec!["--component", "where", "--input", "no.arrow", "--set", "condition=n > 1"], "no.arrow"),
        (
            4,
            vec!["--component", "where", "--input", "in.arrow", "--set", "condition=m > 1"],
            "there is no column `m`",
        ),
    ] {
        let ran = scratch.run(&base.iter().copied().chain(args).collect::<Vec<_>>()).expect(code);
        assert!(ran.stderr.contains(part), "`{part}` in:\n{}", ran.stderr);
    }
}
