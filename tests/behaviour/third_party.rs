//! Adding a plugin is copying a file.

use arrow::array::AsArray;
use artemis_tests::{Scratch, built, read_job, table};

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
    let job = summary["job"].as_str().unwrap();
    let record = scratch.run(&["--format", "json", "store", "show", job]).expect(0).stdout;
    assert!(
        record.contains("loud.cells_shouted") || dataset(&scratch, &summary).contains("loud.cells_shouted")
    );
}

fn dataset(scratch: &Scratch, summary: &serde_json::Value) -> String {
    let id = summary["dataset"].as_str().unwrap();
    scratch.run(&["--format", "json", "store", "show", id]).expect(0).stdout
}
