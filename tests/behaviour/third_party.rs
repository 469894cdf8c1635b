//! Adding a plugin is copying a file.

use arrow::array::AsArray;
use artemis_host::catalog::{Catalog, ObjectKind};
use artemis_host::store::{LocalOptions, LocalStore};
use artemis_proto::artemis::JobInfo;
use artemis_tests::{Scratch, built, read_job, table};
use std::sync::Arc;

#[test]
fn a_plugin_of_a_third_party_runs_without_the_host_being_rebuilt() {
    let scratch = Scratch::new();
    scratch.write("in.csv", "n,s\n1,quiet\n");
    let chain = "[algorithms.loud]\ncomponent = \"acme/shout\"\n[[chain]]\nname = \"c\"\n[[chain.node]]\nname = \
                 \"x\"\nparents = [\"initial\"]\nalgorithms = [\"loud\"]\n";
    scratch.write("job.toml", read_job("loud", "[\"in.csv\"]", "", "") + chain);
    let before = scratch.run(&["run", "job.toml"]).expect(2);
    assert!(before.stderr.contains("acme"), "{}", before.stderr);

    scratch.add_plugin(&built().third_party);
    let listed = scratch.run(&["plugins", "list"]).expect(0);
    assert!(listed.stdout.contains("acme"), "{}", listed.stdout);
    let summary = scratch.job("job.toml", &[]);
    let read = table(&summary, "x");
    assert_eq!(read.column(1).as_string::<i32>().value(0), "QUIET");

    // Its log line, counter and annotation stand in the job's record under its name.
    let options = LocalOptions { durable: false, read_only: true };
    let catalog = Catalog::open(Arc::new(LocalStore::new(scratch.path("artemis-store"), options))).unwrap();
    let record = catalog.dataset(&summary["dataset"].as_str().unwrap().parse().unwrap()).unwrap();
    let info: JobInfo = catalog.get_message(&record.of_kind(ObjectKind::Job).next().unwrap().id).unwrap();
    assert_eq!(info.counters["loud.cells_shouted"], 1.0);
    assert!(info.annotations.iter().any(|note| note.component == "loud" && note.key == "columns"));
    let log = catalog.get_object(&record.of_kind(ObjectKind::Log).next().unwrap().id).unwrap();
    let log = String::from_utf8(log).unwrap();
    assert!(log.lines().any(|line| line.contains("loud") && line.contains("shouts")), "{log}");
}
