//! A dataset from its name to its end, by the commands of the store; and ten jobs in ten processes merged into one.

use artemis_host::catalog::{Catalog, DatasetKind};
use artemis_host::job::JobBuilder;
use artemis_host::plugin::scan;
use artemis_host::store::{LocalOptions, LocalStore};
use artemis_tests::{Scratch, read_job};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const JOB: &str = "job.toml";

/// A scratch directory with a store that holds one dataset.
fn filled() -> (Scratch, Value) {
    let scratch = Scratch::new();
    scratch.write("in.csv", "a,b\n1,x\n2,y\n");
    scratch.write(JOB, read_job("people", "[\"in.csv\"]", "", ""));
    let summary = scratch.job(JOB, &[]);
    (scratch, summary)
}

fn json(scratch: &Scratch, args: &[&str]) -> Value {
    let mut all = vec!["--format", "json", "store"];
    all.extend(args);
    scratch.run(&all).expect(0).json()
}

#[test]
fn a_dataset_is_named_described_deleted_and_comes_back() {
    let (scratch, summary) = filled();
    let id = summary["dataset"].as_str().unwrap();
    assert_eq!(json(&scratch, &["name", "people", "best"])["version"], 1);
    assert_eq!(json(&scratch, &["files", "best@1"])["files"][0]["rows"], 2);
    let lineage = json(&scratch, &["lineage", &id[7..15]]);
    assert_eq!(lineage["parents"][0]["inputs"][0]["name"], "in.csv");
    assert!(lineage["jobs"][0]["plugins"][0].as_str().unwrap().starts_with("csv-reader@"), "{lineage}");

    scratch.write(
        "aux.toml",
        "[data_asset.data_retention]\nperiod = \"1 day\"\nretention_trigger_date = \"2020-01-01\"\n",
    );
    json(&scratch, &["aux", "people", "--set", "aux.toml"]);
    let due = json(&scratch, &["retention", "--due"]);
    assert_eq!(
        (due["datasets"][0]["dataset"].as_str(), due["datasets"][0]["due"].as_str()),
        (Some(id), Some("2020-01-02"))
    );
    let wrong = scratch.write("wrong.toml", "[data_asset]\nperiod = 1\n");
    let refused = scratch.run(&["store", "aux", "people", "--set", wrong.to_str().unwrap()]).expect(2);
    assert!(refused.stderr.contains("data_asset.period is no field"), "{}", refused.stderr);

    json(&scratch, &["delete", "people", "--reason", "a wrong input"]);
    let gone = scratch.run(&["store", "head", "people"]).expect(2);
    assert!(gone.stderr.contains("a wrong input"), "{}", gone.stderr);
    assert_eq!(json(&scratch, &["list"])["deleted"][0]["reason"], "a wrong input");
    let nothing = json(&scratch, &["gc", "--dry-run"]);
    assert_eq!(nothing["removed"], Value::Array(Vec::new()));
    let erased = json(&scratch, &["gc", "--grace", "0s"]);
    assert_eq!(erased["erased"][0], id);
    json(&scratch, &["verify"]);
    let again = scratch.job(JOB, &[]);
    assert_eq!(again["dataset"], id);
    assert_eq!(json(&scratch, &["files", "people"])["files"][0]["rows"], 2);
}

#[test]
fn one_flipped_bit_is_exit_code_5_and_the_file_named() {
    let (scratch, _) = filled();
    let file = json(&scratch, &["files", "people"])["files"][0].clone();
    let path = file["place"].as_str().unwrap();
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::write(path, bytes).unwrap();
    let report = scratch.run(&["store", "verify"]).expect(5);
    assert!(
        report.stdout.replace('\n', "").contains(&file["key"].as_str().unwrap()[..40]),
        "{}",
        report.stdout
    );
    let report = scratch.run(&["--format", "json", "store", "verify"]).expect(5).json();
    assert_eq!(
        (&report["findings"][0]["key"], report["findings"][0]["kind"].as_str()),
        (&file["key"], Some("damaged"))
    );
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
}

fn open(root: &Path) -> Catalog {
    let options = LocalOptions { durable: false, read_only: false };
    Catalog::open_or_create(Arc::new(LocalStore::new(root, options)), "all").unwrap()
}

/// One of the processes. Not a test of its own.
#[test]
#[ignore = "a process that the other test of this file starts"]
fn builder() {
    let scratch = std::env::var("ARTEMIS_TEST_BUILDER").expect("the test that starts this sets it");
    let dir = Path::new(&scratch);
    let job_id: u64 = std::env::var("ARTEMIS_TEST_BUILDER_JOB").unwrap().parse().unwrap();
    let ids: Vec<String> =
        std::fs::read_to_string(dir.join("ids")).unwrap().lines().map(str::to_owned).collect();
    let plugins = scan::scan(&[dir.join("plugins")], "debug", &Default::default());
    let records = JobBuilder {
        root: dir.join("store"),
        store_name: "all".into(),
        store_id: ids[0].parse().unwrap(),
        menu_id: ids[1].parse().unwrap(),
        config_id: ids[2].parse().unwrap(),
        dataset_id: ids[3].parse().unwrap(),
        job_id,
        work: dir.join(format!("work-{job_id}")),
        inputs: vec![dir.join(format!("in-{job_id}.csv")).to_string_lossy().into_owned()],
        workers: Some(1),
    }
    .execute(&plugins)
    .unwrap();
    std::fs::write(dir.join(format!("records-{job_id}")), records).unwrap();
}

#[test]
fn ten_job_builders_in_ten_processes_merged_in_any_order_are_one_dataset() {
    let (scratch, summary) = filled();
    let menu = json(&scratch, &["--store", "artemis-store", "list"]);
    assert!(menu["datasets"][0]["id"].is_string());
    let source = open(&scratch.path("artemis-store"));
    let id = |name: &str| summary[name].as_str().unwrap().parse().unwrap();
    let catalog = open(&scratch.path("store"));
    let menu = catalog.put_menu(&source.menu(&id("menu")).unwrap()).unwrap().id;
    let config = catalog.put_config(&source.config(&id("config")).unwrap()).unwrap().id;
    let (dataset, _) = catalog.register_dataset(Some("all")).unwrap();
    let ids = format!("{}\n{menu}\n{config}\n{dataset}\n", catalog.store_uuid());
    scratch.write("ids", ids);
    for job in 1..=10 {
        assert_eq!(catalog.new_job(&dataset).unwrap(), job);
        scratch.write(&format!("in-{job}.csv"), format!("a,b\n{job},x\n"));
    }
    let files =
        |dir: &str| artemis_host::catalog::verify(open(&scratch.path(dir)).store().as_ref()).unwrap().files;
    let before = files("store");
    let program = std::env::current_exe().unwrap();
    let processes: Vec<_> = (1..=10)
        .map(|job| {
            Command::new(&program)
                .args(["--exact", "store_life::builder", "--ignored"])
                .env("ARTEMIS_TEST_BUILDER", scratch.path(""))
                .env("ARTEMIS_TEST_BUILDER_JOB", job.to_string())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    assert_eq!(files("store"), before, "the final store was touched");

    let mut seen = Vec::new();
    for (place, order) in [("one", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), ("two", [7, 3, 10, 1, 9, 2, 8, 4, 6, 5])]
    {
        // Each order in a copy of the store.
        let copied =
            Command::new("cp").arg("-r").arg(scratch.path("store")).arg(scratch.path(place)).status();
        assert!(copied.unwrap().success());
        let catalog = open(&scratch.path(place));
        for job in order {
            let records = std::fs::read(scratch.path(&format!("records-{job}"))).unwrap();
            assert_eq!(catalog.update_dataset(&records).unwrap(), dataset);
            assert_eq!(catalog.update_dataset(&records).unwrap(), dataset);
        }
        let record = catalog.dataset(&dataset).unwrap();
        assert_eq!((record.kind, record.jobs.len(), record.rows()), (DatasetKind::DatasetOpen, 10, 10));
        assert_eq!(artemis_host::catalog::verify(catalog.store().as_ref()).unwrap().findings, []);
        let parts: Vec<_> =
            record.partitions.iter().flat_map(|p| p.parts.clone()).map(|p| (p.index, p.key, p.id)).collect();
        let objects: Vec<_> = record.objects.iter().map(|o| (o.kind, o.id)).collect();
        seen.push((parts, objects, record.jobs));
    }
    assert_eq!(seen[0], seen[1]);
    let rows = scratch.run(&["--store", "two", "store", "cat", "all"]).expect(0).stdout;
    let expected: String = (1..=10).map(|job| format!("{job},x\n")).collect();
    assert_eq!(rows, format!("a,b\n{expected}"));
}
