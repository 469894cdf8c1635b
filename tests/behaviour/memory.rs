//! The bound of memory, under a hard limit of the system.

use artemis_tests::{Scratch, built, ran, read_job};
use std::fmt::Write;
use std::process::Command;

/// Runs the program with a limit on its address space, in KiB.
fn limited(scratch: &Scratch, limit_kib: u64, args: &str) -> artemis_tests::Ran {
    let host = built().host.display().to_string();
    let script = format!("ulimit -v {limit_kib}; exec {host} --plugins plugins --format json {args}");
    ran(Command::new("sh").current_dir(scratch.path("")).args(["-c", &script]).output().unwrap())
}

#[test]
fn a_large_input_runs_under_a_hard_limit_with_two_leaves() {
    let scratch = Scratch::new();
    let mut text = "id,name,value,flag\n".to_owned();
    for i in 0..2_000_000u64 {
        writeln!(text, "{i},name of {},{}.{},{}", i % 977, i % 1000, i % 100, i % 2 == 0).unwrap();
    }
    scratch.write("in.csv", &text);
    drop(text);
    let job =
        read_job("bounded", "[\"in.csv\"]", "", "").replace("[input]", "max_memory = \"160 MiB\"\n[input]");
    let rest = "[algorithms.some]\ncomponent = \"relational/where\"\ncondition = \"flag\"\n[[chain]]\nname = \
                \"c\"\n[[chain.node]]\nname = \"all\"\nparents = [\"initial\"]\nalgorithms = \
                [\"keep\"]\n[[chain.node]]\nname = \"some\"\nparents = [\"initial\"]\nalgorithms = \
                [\"some\"]\n[algorithms.keep]\ncomponent = \"relational/select\"\ndrop = [\"flag\"]\n";
    scratch.write("job.toml", job + rest);
    // Address space is more than memory: code of a test build, stacks, and what the allocator keeps apart.
    let summary = limited(&scratch, 900 << 10, "run job.toml --workers 2 --no-sync").expect(0).json();
    assert_eq!(summary["rows_in"], 2_000_000);
    assert_eq!(summary["rows_out"], 3_000_000);
}

#[test]
fn a_plan_that_cannot_fit_says_so_before_it_starts() {
    let scratch = Scratch::new();
    scratch.write("in.csv", "n\n1\n");
    let job = read_job("tight", "[\"in.csv\"]", "", "").replace("[input]", "max_memory = \"8 MiB\"\n[input]");
    scratch.write("job.toml", job);
    let ran = scratch.run(&["run", "job.toml"]).expect(2);
    assert!(ran.stderr.contains("max_memory") && ran.stderr.contains("raise"), "{}", ran.stderr);
}
