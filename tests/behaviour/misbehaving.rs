//! Plugins that break their promises fail the job, not the host.

use artemis_tests::{Scratch, built, read_job};

/// A job whose node `x` runs a component over four chunks.
fn job(scratch: &Scratch, component: &str, properties: &str) {
    built().misbehaving.iter().for_each(|plugin| scratch.add_plugin(plugin));
    let mut text = "n,s\n".to_owned();
    (0..200).for_each(|i| text += &format!("{i},text {i}\n"));
    scratch.write("in.csv", text);
    let job = read_job("wrong", "[\"in.csv\"]", "", "").replace("[input]", "block_bytes = 600\n[input]");
    let algorithm = format!("[algorithms.culprit]\ncomponent = \"{component}\"\n{properties}\n");
    let chain = "[[chain]]\nname = \"c\"\n[[chain.node]]\nname = \"x\"\nparents = [\"initial\"]\nalgorithms = [\"culprit\"]\n";
    scratch.write("job.toml", job + &algorithm + chain);
}

fn fails_with(component: &str, properties: &str, parts: &[&str]) {
    let scratch = Scratch::new();
    job(&scratch, component, properties);
    let ran = scratch.run(&["--format", "json", "run", "job.toml"]).expect(4);
    let message = ran.json()["error"]["message"].as_str().unwrap().to_owned();
    for part in [component, "`culprit`", "node `x`"].iter().chain(parts) {
        assert!(message.contains(part), "`{part}` in: {message}");
    }
    // Recorded as aborted or failed, and no dataset is visible.
    let jobs = scratch.run(&["--format", "json", "store", "list", "--jobs"]).expect(0).json().to_string();
    assert!(jobs.contains("\"state\":\"abort\"") || jobs.contains("\"state\":\"failure\""), "{jobs}");
    let datasets = scratch.run(&["--format", "json", "store", "list"]).expect(0).json();
    assert_eq!(datasets["datasets"].as_array().map(Vec::len), Some(0), "{datasets:#}");
}

#[test]
fn a_panic_is_an_error_with_message_and_place() {
    let at_chunk = ["deliberate panic in execute", "input `in.csv`", "chunk 2"];
    fails_with("misbehaving/panics", "at_chunk = 2", &at_chunk);
    for when in ["configure", "initialize", "book", "instance", "partial", "merge", "finalize"] {
        fails_with(
            "misbehaving/panics",
            &format!("when = \"{when}\""),
            &[&format!("deliberate panic in {when}")],
        );
    }
}

#[test]
fn an_error_keeps_record_offset_and_column() {
    fails_with(
        "misbehaving/fails",
        "at_chunk = 1",
        &["deliberate failure", "chunk 1", "record", "column `n`"],
    );
}

#[test]
fn a_batch_of_another_schema_is_refused() {
    fails_with("misbehaving/other-schema", "", &["another schema"]);
    fails_with("misbehaving-raw/raw-other-schema", "at_chunk = 1", &["chunk 1"]);
}

#[test]
fn batches_that_are_none_are_refused_before_arrow_sees_them() {
    for component in [
        "unequal-lengths",
        "too-few-children",
        "null-array",
        "released-array",
        "null-child",
        "null-buffer",
        "top-level-nulls",
        "nulls-where-none",
        "negative-length",
        "dictionary-missing",
        "offsets-negative",
    ] {
        fails_with(&format!("misbehaving-raw/{component}"), "at_chunk = 1", &["chunk 1"]);
    }
}

#[test]
fn bad_values_are_found_by_the_hosts_own_check() {
    fails_with("misbehaving-raw/offsets-backwards", "at_chunk = 1", &["backwards", "column `s`"]);
    fails_with("misbehaving-raw/invalid-utf8", "at_chunk = 1", &["UTF-8", "column `s`"]);
    for component in ["split-utf8", "dictionary-out-of-range", "view-out-of-range"] {
        fails_with(&format!("misbehaving-raw/{component}"), "at_chunk = 1", &["chunk 1"]);
    }
}

#[test]
fn a_refusal_that_the_plugin_overlooks_fails_the_job_all_the_same() {
    for component in ["unknown-output", "ignores-error", "error-without-text", "unknown-status"] {
        fails_with(&format!("misbehaving-raw/{component}"), "at_chunk = 1", &[]);
    }
}

#[test]
fn everything_that_was_refused_is_released_once() {
    let scratch = Scratch::new();
    job(&scratch, "misbehaving-raw/invalid-utf8", "at_chunk = 1");
    let ran = scratch.run(&["-v", "run", "job.toml"]).expect(4);
    let left = ran.stderr.lines().find(|line| line.contains("arrays not released"));
    assert!(left.is_some_and(|line| line.contains("arrays not released: 0")), "{}", ran.stderr);
}

#[test]
fn an_honest_plugin_without_root_module_runs() {
    let scratch = Scratch::new();
    job(&scratch, "misbehaving-raw/honest", "");
    scratch.job("job.toml", &[]);
}
