//! The program as its users meet it: exit codes, JSON, eighty columns, pipes. No plugin is needed here.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::ipc::writer::FileWriter;
use artemis_host::catalog::{Catalog, DatasetCommit, EndOfJob, JobDescription, StagedPart};
use artemis_host::store::{ContentId, LocalOptions, LocalStore};
use artemis_proto::{artemis, cronus};
use serde_json::Value;
use tempfile::TempDir;

/// A scratch directory in which the program runs, with an environment of its own.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> Scratch {
        Scratch(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_artemis-host"));
        command.args(words).current_dir(self.path()).env("COLUMNS", "80").stdin(Stdio::null());
        // An empty directory: plugins beside the program would be found otherwise.
        let plugins = self.path().join("plugins");
        fs::create_dir_all(&plugins).unwrap();
        command.env("ARTEMIS_PLUGINS", "plugins");
        for name in ["ARTEMIS_STORE", "NO_COLOR"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs the program and checks its exit code.
    #[track_caller]
    fn run(&self, words: &[&str], code: i32) -> Output {
        let output = self.command(words).output().unwrap();
        let texts = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{words:?}\n{}\n{}", texts.0, texts.1);
        output
    }

    /// Standard output of a run, which fits eighty columns but for the scratch directory's own name.
    #[track_caller]
    fn text(&self, words: &[&str], code: i32) -> String {
        let text = String::from_utf8(self.run(words, code).stdout).unwrap();
        self.check_width(&text);
        text
    }

    #[track_caller]
    fn check_width(&self, text: &str) {
        let own = self.path().to_str().unwrap();
        for line in text.lines().filter(|line| !line.contains(own)) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    /// The one object that a run answers with in JSON.
    #[track_caller]
    fn json(&self, words: &[&str], code: i32) -> Value {
        let words: Vec<&str> = words.iter().copied().chain(["--format", "json"]).collect();
        let output = self.run(&words, code);
        let object: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(object["schema_version"], 1);
        object
    }
}

/// A store in `artemis-store` with one dataset, `flights`, of two partitions, and a job that failed.
fn store(scratch: &Scratch) -> ContentId {
    let store = LocalStore::new(scratch.path().join("artemis-store"), LocalOptions::default());
    let catalog = Catalog::open_or_create(Arc::new(store), "scratch").unwrap();
    let menu = catalog.put_menu(&cronus::Menu { name: "flights".into(), ..Default::default() }).unwrap();
    let config = cronus::Configuration { name: "flights".into(), ..Default::default() };
    let config = catalog.put_config(&config).unwrap();
    let job = catalog.start_job(&JobDescription { name: "flights".into(), ..Default::default() }).unwrap();
    let data = catalog.identity().data;
    let mut parts = Vec::new();
    for (partition, index, rows) in [("late", 0, 3), ("late", 1, 2), ("slim", 0, 20_000)] {
        let staged = catalog.staging_file(&job, &format!("{partition}/{index}.arrow")).unwrap();
        let text = |row: i64| (row != 1).then(|| format!("row {row}, \"quoted\""));
        let columns: [(&str, ArrayRef); 2] = [
            ("number", Arc::new(Int64Array::from_iter_values(0..rows))),
            ("text", Arc::new((0..rows).map(text).collect::<StringArray>())),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut writer = FileWriter::try_new(File::create(&staged).unwrap(), &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        let bytes = fs::read(&staged).unwrap();
        parts.push(StagedPart {
            partition: partition.into(),
            index,
            staged,
            id: ContentId::of(data, &bytes),
            rows: rows as u64,
            bytes: bytes.len() as u64,
            batches: 1,
            columns: 2,
            table: None,
        });
    }
    let dataset = ContentId::of(data, b"recipe");
    let commit = DatasetCommit {
        dataset,
        job: job.id,
        parts,
        objects: vec![menu, config],
        inputs: vec![],
        parents: vec![],
        name: Some("flights".into()),
    };
    catalog.commit_dataset(&commit).unwrap();
    let state = artemis::JobState::JobSuccess;
    catalog.end_job(&job, &EndOfJob { state, dataset: Some(dataset), ..Default::default() }).unwrap();
    let failed = catalog.start_job(&JobDescription { name: "other".into(), ..Default::default() }).unwrap();
    let error = "the disk is full; this is a long text that has to be wrapped so that it fits the terminal";
    let state = artemis::JobState::JobAbort;
    catalog.end_job(&failed, &EndOfJob { state, error: Some(error.into()), ..Default::default() }).unwrap();
    dataset
}

const BAD_JOB: &str = r#"
[job]
name = "bad"
blok_bytes = "1 MiB"
[input]
paths = ["missing.csv"]
reader = "parse"
[algorithms.parse]
component = "csv-reader/csv"
"#;

#[test]
fn every_command_explains_itself_in_eighty_columns() {
    let scratch = Scratch::new();
    let groups = [
        ("", ""),
        ("run guess preview convert menu plugins store", ""),
        ("check graph compile", "menu"),
        ("list show", "plugins"),
        ("list show head cat path init", "store"),
    ];
    for (commands, group) in groups {
        for command in commands.split(' ') {
            let words: Vec<&str> =
                [group, command, "--help"].into_iter().filter(|word| !word.is_empty()).collect();
            let text = scratch.text(&words, 0);
            assert!(text.contains("Usage: artemis-host"), "{text}");
            let is_group = ["menu", "plugins", "store"].contains(&command);
            assert!(is_group || text.contains("Example"), "{words:?} has no example");
        }
    }
    assert_eq!(scratch.text(&["--version"], 0), concat!("artemis-host ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn what_cannot_be_parsed_is_a_usage_error_also_in_json() {
    let scratch = Scratch::new();
    let bad: [&[&str]; 8] = [
        &["--frobnicate"],
        &["frobnicate"],
        &["run"],
        &["run", "job.toml", "--workers", "0"],
        &["run", "job.toml", "--set", "nothing"],
        &["run", "job.toml", "--menu", "abcd", "--config", "abcd"],
        &["run", "--menu", "abcd"],
        &["-q", "-v"],
    ];
    for words in bad {
        let output = scratch.run(words, 2);
        assert!(output.stdout.is_empty(), "{words:?}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: "), "{words:?}");
        let json = scratch.json(words, 2);
        assert_eq!(json["error"]["kind"], "usage", "{words:?}");
        assert!(json["error"]["message"].as_str().is_some_and(|text| !text.is_empty()));
    }
}

#[test]
fn without_a_command_it_says_what_it_finds() {
    let scratch = Scratch::new();
    let text = scratch.text(&[], 0);
    assert!(text.contains("Try next:") && text.contains("none in artemis-store"), "{text}");
    assert!(scratch.json(&[], 0)["store"].is_null());
    store(&scratch);
    let text = scratch.text(&[], 0);
    assert!(text.contains("artemis-store: 1 dataset, 2 jobs\ndatasets flights\n"), "{text}");
    let json = scratch.json(&[], 0);
    assert_eq!(json["store"]["names"][0], "flights");
    assert!(json["cores"].as_u64().unwrap() > 0);
}

#[test]
fn a_directory_of_junk_is_listed_with_reasons_and_remedies() {
    let scratch = Scratch::new();
    scratch.write("junk/junk.so", "junk");
    scratch.write("junk/readme.txt", "hello");
    scratch.write("junk/pointer/plugin.toml", "library = 'missing.so'");
    let text = scratch.text(&["plugins", "list", "--plugins", "junk"], 0);
    assert!(text.contains("refused   junk/junk.so is not an ELF file"), "{text}");
    assert!(text.contains("skipped   junk/readme.txt: not a .so file"), "{text}");
    // Options stand before and after the command.
    for words in [["--plugins", "junk", "plugins", "list"], ["plugins", "list", "--plugins", "junk"]] {
        let json = scratch.json(&words, 0);
        let files = json["files"].as_array().unwrap();
        let statuses: Vec<&str> = files.iter().map(|file| file["status"].as_str().unwrap()).collect();
        assert_eq!(statuses, ["refused", "refused", "skipped"]);
        assert!(files[0]["remedy"].as_str().is_some_and(|text| !text.is_empty()));
    }
    assert_eq!(scratch.json(&["plugins", "show", "csv-reader"], 2)["error"]["kind"], "usage");
}

#[test]
fn a_bad_job_file_shows_all_problems_with_their_places() {
    let scratch = Scratch::new();
    scratch.write("bad.toml", BAD_JOB);
    for words in [&["menu", "check", "bad.toml"][..], &["run", "bad.toml"], &["preview", "bad.toml"]] {
        let output = scratch.run(words, 2);
        assert!(output.stdout.is_empty());
        let text = String::from_utf8(output.stderr).unwrap();
        scratch.check_width(&text);
        for part in
            ["blok_bytes", "[bad.toml:6:10]", "there is no file `missing.csv`", "3 problems in bad.toml"]
        {
            assert!(text.contains(part), "{part}\n{text}");
        }
        let json = scratch.json(words, 2);
        let problems = json["error"]["problems"].as_array().unwrap();
        let lines: Vec<u64> = problems.iter().map(|problem| problem["line"].as_u64().unwrap()).collect();
        assert_eq!(lines, [4, 6, 9]);
        assert_eq!(problems[0]["file"], "bad.toml");
    }
    assert!(!scratch.path().join("artemis-store").exists(), "a job that cannot start makes no store");
    let json = scratch.json(&["menu", "check", "missing.toml"], 2);
    assert!(json["error"]["message"].as_str().unwrap().contains("missing.toml"));
}

#[test]
fn a_guess_goes_to_standard_output_or_beside_its_input() {
    let scratch = Scratch::new();
    scratch.write("data/one.csv", "a;b\n1;NA\n2;3\n");
    let text = String::from_utf8(scratch.run(&["guess", "data/one.csv"], 0).stdout).unwrap();
    let absolute = scratch.path().canonicalize().unwrap().join("data/one.csv");
    assert!(text.contains(&format!("paths = [\"{}\"]", absolute.display())), "{text}");
    assert!(text.contains("delimiter = \";\""), "{text}");

    let text = scratch.text(&["guess", "data/one.csv", "-o", "job.toml"], 0);
    assert!(text.contains("next     artemis-host run job.toml"), "{text}");
    let written = fs::read_to_string(scratch.path().join("job.toml")).unwrap();
    assert!(written.contains("paths = [\"data/one.csv\"]"), "{written}");
    assert!(toml::from_str::<toml::Table>(&written).is_ok());
    // It replaces nothing unasked.
    scratch.run(&["guess", "data/one.csv", "-o", "job.toml"], 2);
    let json = scratch.json(&["guess", "data/one.csv", "-o", "job.toml", "--force"], 0);
    assert_eq!(json["inputs"][0]["null_values"][1], "NA");

    scratch.write("data/other.csv", "a,b\n1,2\n");
    let json = scratch.json(&["guess", "data/one.csv", "data/other.csv"], 3);
    assert!(json["error"]["message"].as_str().unwrap().contains("not written alike"));
    scratch.write("data/packed.csv", b"\x1f\x8b\x08\0");
    let json = scratch.json(&["guess", "data/packed.csv"], 3);
    assert_eq!(json["error"]["help"], "unpack it first: gunzip");
    scratch.run(&["guess", "missing.csv"], 3);
}

#[test]
fn convert_refuses_what_it_cannot_do_and_leaves_nothing_behind() {
    let scratch = Scratch::new();
    scratch.write("in.csv", "a,b\n1,2\n");
    scratch.write("there.arrow", "mine");
    let json = scratch.json(&["convert", "in.csv", "out.parquet"], 2);
    assert_eq!(json["error"]["help"], "endings: .arrow, .feather, .ipc (Arrow IPC files)");
    scratch.run(&["convert", "in.csv", "there.arrow"], 2);
    scratch.run(&["convert", "missing.csv", "out.arrow"], 3);
    // Without plugins there is no reader.
    scratch.run(&["convert", "in.csv", "out.arrow"], 2);
    let entries = fs::read_dir(scratch.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["in.csv", "plugins", "there.arrow"]);
    assert_eq!(fs::read(scratch.path().join("there.arrow")).unwrap(), b"mine");
}

#[test]
fn a_store_shows_its_datasets_jobs_and_records() {
    let scratch = Scratch::new();
    assert_eq!(scratch.json(&["store", "list"], 2)["error"]["kind"], "usage");
    let dataset = store(&scratch);
    let text = scratch.text(&["store", "list"], 0);
    assert!(
        text.contains("flights@1") && text.contains("20,005") && text.contains(&dataset.short()),
        "{text}"
    );
    let json = scratch.json(&["store", "list"], 0);
    assert_eq!(json["datasets"][0]["id"], dataset.to_string());
    assert_eq!(json["datasets"][0]["partitions"][0]["rows"], 5);
    let menu = json["datasets"][0]["menu"].as_str().unwrap().to_owned();
    let json = scratch.json(&["store", "list", "--jobs"], 0);
    let states: Vec<&Value> = json["jobs"].as_array().unwrap().iter().map(|job| &job["state"]).collect();
    assert_eq!(states, ["success", "abort"]);
    let text = scratch.text(&["store", "list", "--jobs"], 0);
    assert!(text.contains("abort") && text.contains("the disk is full"), "{text}");

    let json = scratch.json(&["store", "show", "flights"], 0);
    assert_eq!(json["record"]["dataset"]["partitions"][0], "late");
    for text in [menu.as_str(), &menu[..12], &menu["sha1:".len()..][..10]] {
        assert_eq!(scratch.json(&["store", "show", text], 0)["record"]["name"], "flights", "{text}");
    }
    let json = scratch.json(&["store", "show", "fligths"], 2);
    assert!(json["error"]["message"].as_str().unwrap().contains("did you mean flights?"));
}

#[test]
fn rows_come_out_as_tables_csv_json_and_arrow() {
    let scratch = Scratch::new();
    store(&scratch);
    let text = scratch.text(&["store", "head", "flights/late", "-n", "4"], 0);
    assert_eq!(
        text,
        "number  text\n int64  string\n     0  row 0, \"quoted\"\n     1  null\n     2  row 2, \"quoted\"\n     0  \
         row 0, \"quoted\"\n"
    );
    let json = scratch.json(&["store", "head", "flights@1", "-n", "2"], 0);
    assert_eq!(json["partitions"][0]["rows"][1]["text"], Value::Null);
    assert_eq!(json["partitions"][1]["total_rows"], 20_000);

    let text = scratch.text(&["store", "cat", "flights/late", "--null", "NA"], 0);
    let row = |number: u8| format!("{number},\"row {number}, \"\"quoted\"\"\"\n");
    assert_eq!(text, format!("number,text\n{0}1,NA\n{1}{0}1,NA\n", row(0), row(2)));
    let text = scratch.text(&["store", "cat", "flights/late", "--as", "json"], 0);
    assert_eq!(text.lines().nth(1), Some("{\"number\":1,\"text\":null}"));
    let bytes = scratch.run(&["store", "cat", "flights/slim", "--as", "arrow"], 0).stdout;
    let reader = arrow::ipc::reader::StreamReader::try_new(bytes.as_slice(), None).unwrap();
    assert_eq!(reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 20_000);

    assert_eq!(scratch.json(&["store", "cat", "flights"], 2)["error"]["kind"], "usage");
    let json = scratch.json(&["store", "cat", "flights/lat"], 2);
    assert_eq!(json["error"]["help"], "partitions: late, slim");

    let text = String::from_utf8(scratch.run(&["store", "path", "flights/late"], 0).stdout).unwrap();
    assert_eq!(text.lines().count(), 2);
    assert!(text.lines().all(|line| Path::new(line).is_absolute() && Path::new(line).is_file()), "{text}");
    let json = scratch.json(&["store", "path", "flights"], 0);
    assert_eq!(json["partitions"][1]["files"].as_array().unwrap().len(), 1);
}

#[test]
fn a_store_is_made_once() {
    let scratch = Scratch::new();
    let json = scratch.json(&["store", "init", "--store", "new", "--algorithm", "sha256"], 0);
    assert_eq!(json["store"]["name"], "new");
    assert_eq!(scratch.json(&["store", "init", "--store", "new"], 6)["error"]["kind"], "race");
    let url = format!("file://{}", scratch.path().canonicalize().unwrap().join("new").display());
    assert_eq!(scratch.json(&["store", "list", "--store", &url], 0)["datasets"], serde_json::json!([]));
    assert_eq!(scratch.json(&["store", "list", "--store", "gs://x/y"], 2)["error"]["kind"], "usage");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let scratch = Scratch::new();
    store(&scratch);
    scratch.write("one.csv", "a,b\n1,2\n");
    let commands: [&[&str]; 6] = [
        &[],
        &["--help"],
        &["guess", "one.csv", "-q"],
        &["store", "list", "--format", "json"],
        &["store", "cat", "flights/slim"],
        &["store", "cat", "flights/slim", "--as", "json"],
    ];
    for words in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = scratch.command(words).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{words:?}\n{stderr}");
        assert_eq!(stderr, "", "{words:?}");
    }
}
