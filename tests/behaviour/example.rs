//! The example, as the README runs it.

use artemis_tests::{Scratch, batches, files, root, table};

#[test]
fn the_example_makes_three_partitions_with_batches_of_equal_rows() {
    let scratch = Scratch::new();
    let job = root().join("examples/flights.toml");
    let store = scratch.path("store");
    let summary = scratch.job(job.to_str().unwrap(), &["--store", store.to_str().unwrap()]);
    let names: Vec<_> =
        summary["partitions"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["flights", "late", "carriers"]);
    assert_eq!(summary["rows_in"], 42_097);
    assert_eq!(table(&summary, "flights").num_rows(), 42_097);
    assert_eq!(table(&summary, "carriers").num_rows(), 16);
    let rows: Vec<usize> = batches(&summary, "flights").iter().map(|b| b.num_rows()).collect();
    assert!(rows.len() > 2 && rows[..rows.len() - 1].iter().all(|n| *n == 8192), "{rows:?}");
    assert!(files(&summary, "flights").len() > 1, "several parts");
}

#[test]
fn the_second_run_finds_the_dataset_and_says_so() {
    let scratch = Scratch::new();
    // A copy that has rested: a file of this very moment may still change within one tick of its clock.
    let data = root().join("examples/data/flights.csv");
    let copy = scratch.write("flights.csv", std::fs::read(data).unwrap());
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    std::fs::File::options().write(true).open(&copy).unwrap().set_modified(old).unwrap();
    let job = std::fs::read_to_string(root().join("examples/flights.toml")).unwrap();
    scratch.write("flights.toml", job.replace("data/flights.csv", "flights.csv"));
    let first = scratch.job("flights.toml", &[]);
    let second = scratch.job("flights.toml", &[]);
    assert_eq!((&first["already_there"], &second["already_there"]), (&false.into(), &true.into()));
    assert_eq!(first["dataset"], second["dataset"]);
    assert!(second["seconds"].as_f64().unwrap() < first["seconds"].as_f64().unwrap());
    let again = scratch.job("flights.toml", &["--again"]);
    assert_eq!(again["dataset"], first["dataset"]);
    assert_eq!(again["name"], "flights");
}

#[test]
fn stored_menu_and_configuration_run_to_the_same_dataset() {
    let scratch = Scratch::new();
    let job = root().join("examples/flights.toml");
    let store = scratch.path("store");
    let store = store.to_str().unwrap();
    let first = scratch.job(job.to_str().unwrap(), &["--store", store]);
    let (menu, config) = (first["menu"].as_str().unwrap(), first["config"].as_str().unwrap());
    let again = ["--format", "json", "run", "--menu", menu, "--config", config, "--store", store, "--again"];
    let second = scratch.run(&again).expect(0).json();
    assert_eq!(first["dataset"], second["dataset"]);
}
