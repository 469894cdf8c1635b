//! Workers, memory, places and block sizes never change what they must not.

use artemis_host::catalog::{Catalog, ObjectKind};
use artemis_host::store::{ContentId, LocalOptions, LocalStore};
use artemis_tests::{Scratch, part_bytes, root, table};
use serde_json::Value;
use std::sync::Arc;

fn run(scratch: &Scratch, store: &str, args: &[&str]) -> Value {
    let job = root().join("examples/flights.toml");
    let mut all = vec!["--store", store, "--again"];
    all.extend(args);
    scratch.job(job.to_str().unwrap(), &all)
}

/// Ids of the histogram objects of a dataset.
fn hists(scratch: &Scratch, store: &str, dataset: &str) -> Vec<ContentId> {
    let options = LocalOptions { durable: false, read_only: true };
    let catalog = Catalog::open(Arc::new(LocalStore::new(scratch.path(store), options))).unwrap();
    let record = catalog.dataset(&dataset.parse().unwrap()).unwrap();
    let ids: Vec<ContentId> = record.of_kind(ObjectKind::Hists).map(|object| object.id).collect();
    assert_eq!(ids.len(), 1);
    ids
}

#[test]
fn one_two_and_four_workers_write_the_same_bytes_and_histograms() {
    let scratch = Scratch::new();
    let one = run(&scratch, "one", &["--workers", "1"]);
    let two = run(&scratch, "two", &["--workers", "2"]);
    let four = run(&scratch, "four", &["--workers", "4"]);
    let bytes = part_bytes(&one);
    assert!(bytes.len() > 3);
    assert_eq!(bytes, part_bytes(&two));
    assert_eq!(bytes, part_bytes(&four));
    let dataset = one["dataset"].as_str().unwrap();
    let stored = hists(&scratch, "one", dataset);
    assert_eq!(stored, hists(&scratch, "two", dataset));
    assert_eq!(stored, hists(&scratch, "four", dataset));
}

#[test]
fn memory_paths_and_stores_do_not_change_the_dataset() {
    let scratch = Scratch::new();
    let first = run(&scratch, "one", &[]);
    let second = run(&scratch, "two", &["--set", "job.max_memory=200 MiB", "--workers", "1"]);
    let text = std::fs::read_to_string(root().join("examples/flights.toml")).unwrap();
    scratch.write(
        "elsewhere/data/flights.csv",
        std::fs::read(root().join("examples/data/flights.csv")).unwrap(),
    );
    scratch.write("elsewhere/job.toml", text);
    let third = scratch.job("elsewhere/job.toml", &[]);
    assert_eq!(first["dataset"], second["dataset"]);
    assert_eq!(first["dataset"], third["dataset"]);
    assert_eq!(part_bytes(&first), part_bytes(&third));
}

#[test]
fn another_block_size_gives_the_same_rows() {
    let scratch = Scratch::new();
    let first = run(&scratch, "one", &[]);
    let second = run(&scratch, "two", &["--set", "job.block_bytes=10000"]);
    assert_ne!(first["dataset"], second["dataset"], "the grid is part of the recipe");
    for partition in ["flights", "late"] {
        assert_eq!(table(&first, partition), table(&second, partition));
    }
    assert_eq!(table(&first, "carriers").num_rows(), table(&second, "carriers").num_rows());
}

#[test]
fn compressed_parts_hold_the_same_rows() {
    let scratch = Scratch::new();
    let plain = run(&scratch, "plain", &[]);
    for compression in ["lz4", "zstd"] {
        let set = format!("output.compression={compression}");
        let packed = run(&scratch, compression, &["--set", &set]);
        assert_eq!(table(&plain, "flights"), table(&packed, "flights"));
        assert!(packed["bytes_out"].as_u64() < plain["bytes_out"].as_u64());
    }
}
