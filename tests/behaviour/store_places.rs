//! Stores in object storage, and stores whose data files lie elsewhere.

use artemis_tests::{Ran, Scratch, ran, read_job, s3};
use std::path::Path;

fn job(scratch: &Scratch) {
    let mut text = "n,name\n".to_owned();
    (0..500).for_each(|i| text += &format!("{i},row {i}\n"));
    scratch.write("in.csv", text);
    scratch.write("job.toml", read_job("rows", "[\"in.csv\"]", "", ""));
}

#[test]
fn a_job_runs_in_object_storage_as_in_a_directory() {
    let Some(s3) = s3() else { return };
    let scratch = Scratch::new();
    job(&scratch);
    let store = s3.store("job");
    let run = |args: &[&str]| -> Ran {
        let mut command = scratch.command(&["--store", &store]);
        command.envs(s3.env().iter().map(|(key, value)| (key, value))).args(args);
        ran(command.output().unwrap())
    };
    // Nothing is made by looking.
    assert_eq!(run(&["store", "list"]).code, 2);
    let summary = run(&["--format", "json", "run", "job.toml"]).expect(0).json();
    let local = scratch.job("job.toml", &[]);
    assert_eq!(summary["dataset"], local["dataset"], "the place of a store changes its datasets");
    let file = summary["partitions"][0]["files"][0].as_str().unwrap();
    assert!(file.starts_with(&store) && file.ends_with(".arrow"), "{file}");
    assert_eq!(run(&["store", "path", "rows"]).expect(0).stdout.trim(), file);
    let cat = |ran: Ran| ran.expect(0).stdout;
    assert_eq!(cat(run(&["store", "cat", "rows"])), cat(scratch.run(&["store", "cat", "rows"])));
    let again = run(&["--format", "json", "run", "job.toml"]).expect(0).json();
    assert_eq!(again["already_there"], true);
    assert_eq!(
        run(&["--format", "json", "run", "job.toml", "--again"]).expect(0).json()["dataset"],
        local["dataset"]
    );
}

#[test]
fn a_storage_that_is_not_there_is_exit_5() {
    let scratch = Scratch::new();
    job(&scratch);
    let mut command = scratch.command(&["--store", "s3://bucket/store", "run", "job.toml"]);
    // Port 1 of this machine: nothing listens there.
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    let ran = ran(command.output().unwrap()).expect(5);
    assert!(ran.stderr.contains("s3://bucket/store"), "{}", ran.stderr);
}

#[test]
fn a_text_that_names_no_store_is_exit_2() {
    let scratch = Scratch::new();
    for place in ["ftp://host/store", "s3://", "file://host/store"] {
        let ran = scratch.run(&["--store", place, "store", "list"]).expect(2);
        assert!(ran.stderr.contains(place), "{}", ran.stderr);
    }
}

#[test]
fn data_files_lie_where_the_store_was_told_when_it_was_made() {
    let scratch = Scratch::new();
    job(&scratch);
    // Another file system, as a large volume is.
    let volume = tempfile::tempdir_in("/dev/shm").unwrap();
    let root = volume.path().join("data root");
    let root_text = root.to_str().unwrap();
    scratch.run(&["store", "init", "--data-root", root_text]).expect(0);
    let summary = scratch.job("job.toml", &[]);
    let file = summary["partitions"][0]["files"][0].as_str().unwrap().to_owned();
    assert!(file.starts_with(root_text) && Path::new(&file).is_file(), "{file}");
    assert!(!scratch.path("artemis-store/data").exists(), "data files lie beside the records");
    assert_eq!(scratch.run(&["store", "path", "rows"]).expect(0).stdout.trim(), file);
    assert_eq!(scratch.run(&["store", "cat", "rows"]).expect(0).stdout.lines().count(), 501);
    assert!(scratch.run(&["store", "head", "rows", "-n", "3"]).expect(0).stdout.contains("row 2"));
    let again = scratch.job("job.toml", &["--again"]);
    assert_eq!(again["already_there"], true);
    // What the second job staged is gone from there too.
    assert_eq!(std::fs::read_dir(root.join("staging")).map_or(0, Iterator::count), 0);
}

#[test]
fn data_files_may_lie_in_object_storage_and_records_in_a_directory() {
    let Some(s3) = s3() else { return };
    let scratch = Scratch::new();
    job(&scratch);
    let root = s3.store("data");
    let run = |args: &[&str]| -> Ran {
        let mut command = scratch.command(args);
        command.envs(s3.env().iter().map(|(key, value)| (key, value)));
        ran(command.output().unwrap())
    };
    run(&["store", "init", "--data-root", &root]).expect(0);
    let summary = run(&["--format", "json", "run", "job.toml", "--no-sync"]).expect(0).json();
    assert!(summary["partitions"][0]["files"][0].as_str().unwrap().starts_with(&root));
    assert!(scratch.path("artemis-store/log").is_dir());
    assert_eq!(run(&["store", "cat", "rows"]).expect(0).stdout.lines().count(), 501);
}
