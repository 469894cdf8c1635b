//! Many processes commit to one dataset at once: every commit is there, once.

use artemis_host::catalog::{Catalog, DatasetCommit, StagedPart};
use artemis_host::store::{Algorithm, ContentId, Location, OpenOptions};
use artemis_tests::{Scratch, s3};
use std::collections::BTreeSet;
use std::process::{Command, Stdio};

/// Processes that commit at once.
const WRITERS: usize = 8;

fn open(store: &str) -> Catalog {
    let location: Location = store.parse().unwrap();
    let mut options = OpenOptions::default();
    options.local.durable = false;
    Catalog::open_or_create(location.open(&options).unwrap(), "test").unwrap()
}

fn dataset() -> ContentId {
    ContentId::of(Algorithm::Blake3, b"one recipe")
}

/// One of the processes: commits as often as the environment says. Not a test of its own.
#[test]
#[ignore = "a process that the other tests of this file start"]
fn writer() {
    let store = std::env::var("ARTEMIS_TEST_WRITER_STORE").expect("the test that starts this sets it");
    let commits: usize = std::env::var("ARTEMIS_TEST_WRITER_COMMITS").unwrap().parse().unwrap();
    let catalog = open(&store);
    for _ in 0..commits {
        let handle = catalog.start_job(&Default::default()).unwrap();
        let staged = catalog.staging_file(&handle, "rows/part-0.arrow").unwrap();
        std::fs::write(&staged, b"bytes").unwrap();
        let part = StagedPart {
            partition: "rows".into(),
            index: 0,
            staged,
            id: ContentId::of(Algorithm::Blake3, b"bytes"),
            rows: 1,
            bytes: 5,
            batches: 1,
            columns: 1,
            table: None,
        };
        let commit = DatasetCommit {
            dataset: dataset(),
            job: handle.id,
            parts: vec![part],
            objects: Vec::new(),
            inputs: Vec::new(),
            parents: Vec::new(),
            name: Some("flights".into()),
        };
        catalog.commit_dataset(&commit).unwrap();
        catalog.end_job(&handle, &Default::default()).unwrap();
        println!("committed {}", handle.id);
    }
}

fn commit_from_many_processes(store: &str, env: &[(String, String)], commits: usize) -> BTreeSet<String> {
    let program = std::env::current_exe().unwrap();
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            Command::new(&program)
                .args(["--exact", "store_commits::writer", "--ignored", "--nocapture"])
                .env("ARTEMIS_TEST_WRITER_STORE", store)
                .env("ARTEMIS_TEST_WRITER_COMMITS", commits.to_string())
                .envs(env.iter().map(|(key, value)| (key, value)))
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut committed = BTreeSet::new();
    for writer in writers {
        let output = writer.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        // The first line stands behind what the test harness says.
        let jobs = text.lines().filter_map(|line| Some(line.split_once("committed ")?.1.to_owned()));
        jobs.for_each(|job| assert!(committed.insert(job)));
    }
    assert_eq!(committed.len(), WRITERS * commits);
    committed
}

#[test]
fn sixteen_hundred_commits_of_eight_processes_are_all_there_once() {
    let scratch = Scratch::bare();
    let store = scratch.path("store").display().to_string();
    let committed = commit_from_many_processes(&store, &[], 200);
    let catalog = open(&store);
    let record = catalog.dataset(&dataset()).unwrap();
    // The record lists a job for each commit; one that stood there twice would be an entry too many.
    let jobs: Vec<String> = record.jobs.iter().map(ToString::to_string).collect();
    assert_eq!(jobs.len(), committed.len());
    assert_eq!(jobs.into_iter().collect::<BTreeSet<_>>(), committed);
    let entries = catalog.store().list(&format!("datasets/{}/log", dataset().segment())).unwrap();
    assert_eq!(entries.len(), committed.len());
    let files = catalog.store().list("data").unwrap();
    let parts = files.iter().filter(|key| key.ends_with(".arrow")).count();
    assert_eq!(parts, 1, "files that no commit reaches are left");
    assert_eq!(catalog.names().unwrap()["flights"], [dataset()]);
}

#[test]
fn commits_of_eight_processes_to_s3_are_all_there_once() {
    let Some(s3) = s3() else { return };
    // Each takes many requests to a slow server; the environment asks for the whole number.
    let commits = std::env::var("ARTEMIS_TEST_S3_COMMITS").map_or(5, |text| text.parse().unwrap());
    let store = s3.store("commits");
    let committed = commit_from_many_processes(&store, s3.env(), commits);
    let scratch = Scratch::new();
    let list = |args: &[&str]| {
        let mut command = scratch.command(args);
        command.envs(s3.env().iter().map(|(key, value)| (key, value)));
        artemis_tests::ran(command.output().unwrap()).expect(0).json()
    };
    let listed = list(&["--format", "json", "--store", &store, "store", "list"]);
    let datasets = listed["datasets"].as_array().unwrap();
    assert_eq!(datasets.len(), 1);
    let jobs: Vec<String> =
        datasets[0]["jobs"].as_array().unwrap().iter().map(|job| job.as_str().unwrap().to_owned()).collect();
    assert_eq!(jobs.len(), committed.len());
    assert_eq!(jobs.into_iter().collect::<BTreeSet<_>>(), committed);
}
