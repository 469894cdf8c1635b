//! What a job writes into the store beside the data: each message decoded and compared with the output.

use artemis_host::catalog::{Catalog, DatasetRecord, ObjectKind};
use artemis_host::store::{LocalOptions, LocalStore};
use artemis_proto::artemis::{JobInfo, JobState};
use artemis_proto::cronus_objects::FileObjectInfo;
use artemis_proto::{cronus, physt};
use artemis_tests::{Scratch, batches, root};
use serde_json::Value;
use std::sync::Arc;

fn example(scratch: &Scratch) -> (Value, Catalog, DatasetRecord) {
    let store = scratch.path("store");
    let job = root().join("examples/flights.toml");
    let summary = scratch.job(job.to_str().unwrap(), &["--store", store.to_str().unwrap()]);
    let options = LocalOptions { durable: false, read_only: true };
    let catalog = Catalog::open(Arc::new(LocalStore::new(store, options))).unwrap();
    let record = catalog.dataset(&summary["dataset"].as_str().unwrap().parse().unwrap()).unwrap();
    (summary, catalog, record)
}

#[test]
fn histograms_total_what_went_through() {
    let scratch = Scratch::new();
    let (summary, catalog, record) = example(&scratch);
    let read = |kind| {
        let object = record.of_kind(kind).next().unwrap();
        catalog.get_message::<physt::HistogramCollection>(&object.id).unwrap().histograms
    };
    let hists = read(ObjectKind::Hists);
    let total = |h: &physt::Histogram| h.frequencies.iter().sum::<f64>() + h.underflow + h.overflow + h.nan;
    assert_eq!(total(&hists["artemis.counts"]), summary["rows_in"].as_f64().unwrap());
    assert!(hists.keys().all(|key| !key.contains("time")), "timers are an object apart");
    let timers = read(ObjectKind::Timers);
    let blocks = timers["artemis.time.execute"].entries;
    assert!(blocks > 10);
    for name in ["parse", "slim", "late", "by_carrier"] {
        assert_eq!(timers[&format!("steer.time.{name}")].entries, blocks, "{name}");
    }
    // The algorithm's own, under its name: one value a batch.
    assert_eq!(hists["late.kept_fraction"].entries, blocks);
    for histogram in hists.values().chain(timers.values()) {
        assert_eq!(histogram.frequencies.len(), histogram.binnings[0].bins.len());
        assert_eq!(histogram.histogram_type, "Histogram1D");
    }
}

#[test]
fn tables_and_files_say_what_the_parts_hold() {
    let scratch = Scratch::new();
    let (summary, catalog, record) = example(&scratch);
    for partition in &record.partitions {
        let stored = batches(&summary, &partition.name);
        let rows: usize = stored.iter().map(|batch| batch.num_rows()).sum();
        assert_eq!(partition.parts.iter().map(|part| part.rows).sum::<u64>(), rows as u64);
        let table: cronus::Table = catalog.get_message(&partition.parts[0].table.unwrap()).unwrap();
        let fields = table.info.unwrap().schema.unwrap().info.unwrap().fields;
        let names: Vec<_> = fields.iter().map(|field| field.name.clone()).collect();
        let schema = stored[0].schema();
        assert_eq!(names, schema.fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>());
    }
    let files: Vec<FileObjectInfo> =
        record.of_kind(ObjectKind::File).map(|file| catalog.get_message(&file.id).unwrap()).collect();
    let parts: usize = record.partitions.iter().map(|partition| partition.parts.len()).sum();
    assert_eq!(files.len(), parts);
    for part in record.partitions.iter().flat_map(|partition| &partition.parts) {
        let file = files.iter().find(|file| file.content_id == part.id.to_string()).unwrap();
        let aux = file.aux.clone().unwrap();
        assert_eq!((aux.num_rows as u64, aux.num_batches as u64), (part.rows, part.batches));
        assert_eq!(file.size_bytes as u64, part.bytes);
    }
}

#[test]
fn the_job_record_names_plugins_annotations_counters_and_inputs() {
    let scratch = Scratch::new();
    let (summary, catalog, record) = example(&scratch);
    let info: JobInfo = catalog.get_message(&record.of_kind(ObjectKind::Job).next().unwrap().id).unwrap();
    assert_eq!(info.state(), JobState::JobSuccess);
    let plugins: Vec<_> = info.plugins.iter().map(|plugin| plugin.id.as_str()).collect();
    assert_eq!(plugins, ["csv-reader", "relational"]);
    assert!(info.plugins.iter().all(|plugin| plugin.sha256.len() == 64));
    let note = info.annotations.iter().find(|a| a.component == "late" && a.key == "condition").unwrap();
    assert_eq!(note.value, "arr_delay > 30 or tailnum is null");
    assert_eq!(info.counters["late.rows_in"], 42_097.0);
    let counts = info.summary.unwrap();
    assert_eq!(counts.rows_in, 42_097);
    assert_eq!(Some(counts.rows_out), summary["rows_out"].as_u64());
    assert!(counts.timers.iter().any(|timer| timer.name == "steer.time.slim" && timer.count > 0));
    let log = catalog.get_object(&record.of_kind(ObjectKind::Log).next().unwrap().id).unwrap();
    let log = String::from_utf8(log).unwrap();
    assert!(log.contains("late") && log.contains("keeps the rows where"), "{log}");
}

#[test]
fn the_input_is_a_dataset_with_its_blocks_and_the_parent_of_the_result() {
    let scratch = Scratch::new();
    let (_, catalog, record) = example(&scratch);
    assert_eq!(record.parents.len(), 1);
    let input = catalog.dataset(&record.parents[0]).unwrap();
    let file: FileObjectInfo =
        catalog.get_message(&input.of_kind(ObjectKind::File).next().unwrap().id).unwrap();
    let covered: i64 = file.blocks.iter().map(|block| block.info.as_ref().unwrap().length).sum();
    let first = file.blocks[0].info.as_ref().unwrap().offset;
    assert_eq!(covered + first, file.size_bytes);
    let table: cronus::Table =
        catalog.get_message(&input.of_kind(ObjectKind::Table).next().unwrap().id).unwrap();
    assert_eq!(table.info.unwrap().rows_in, 42_097);
}

#[test]
fn menu_and_configuration_are_stored_before_the_job_runs() {
    let scratch = Scratch::new();
    let (summary, catalog, _) = example(&scratch);
    let menu = catalog.menu(&summary["menu"].as_str().unwrap().parse().unwrap()).unwrap();
    let names: Vec<_> = menu.graphs[0].nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["initial", "flights", "late", "carriers"]);
    let config = catalog.config(&summary["config"].as_str().unwrap().parse().unwrap()).unwrap();
    assert_eq!(config.tools["essentials"].klass, "columns");
    assert_eq!(config.max_malloc_size_bytes, 256 << 20);
}
