//! Kills, signals and full disks leave a store that opens and holds what was committed, and nothing else.

use artemis_tests::{Scratch, built, read_job};
use std::time::Duration;

fn slow_job(scratch: &Scratch) {
    built().misbehaving.iter().for_each(|plugin| scratch.add_plugin(plugin));
    let mut text = "n\n".to_owned();
    (0..2000).for_each(|i| text += &format!("{i}\n"));
    scratch.write("in.csv", text);
    let job = read_job("slow", "[\"in.csv\"]", "", "").replace("[input]", "block_bytes = 100\n[input]");
    let rest = "[algorithms.slow]\ncomponent = \"misbehaving/slow\"\nmilliseconds = 40\n[[chain]]\nname = \
                \"c\"\n[[chain.node]]\nname = \"x\"\nparents = [\"initial\"]\nalgorithms = [\"slow\"]\n";
    scratch.write("slow.toml", job + rest);
    scratch.write("quick.toml", read_job("quick", "[\"in.csv\"]", "", ""));
}

fn datasets(scratch: &Scratch) -> usize {
    let listed = scratch.run(&["--format", "json", "store", "list"]).expect(0).json();
    listed["datasets"].as_array().map_or(usize::MAX, Vec::len)
}

#[test]
fn a_killed_job_leaves_no_dataset_and_the_next_one_succeeds() {
    let scratch = Scratch::new();
    slow_job(&scratch);
    let mut child = scratch.command(&["-q", "run", "slow.toml", "--workers", "2"]).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(datasets(&scratch), 0);
    scratch.job("quick.toml", &[]);
    assert_eq!(datasets(&scratch), 1);
}

#[test]
fn an_interrupted_job_ends_with_its_code_and_no_dataset() {
    let scratch = Scratch::new();
    slow_job(&scratch);
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let mut child = scratch.command(&["-q", "run", "slow.toml", "--workers", "2"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(700));
        let id = child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
    assert_eq!(datasets(&scratch), 0);
}

#[test]
fn a_store_that_cannot_be_written_is_exit_5() {
    let scratch = Scratch::new();
    slow_job(&scratch);
    scratch.write("file", "not a directory");
    let ran = scratch.run(&["--store", "file", "run", "quick.toml"]).expect(5);
    assert!(ran.stderr.contains("file"), "{}", ran.stderr);
    // A device that is always full stands for a full disk.
    if std::path::Path::new("/dev/full").exists() {
        let ran = scratch.run(&["--store", "/dev/full/store", "run", "quick.toml"]).expect(5);
        assert!(!ran.stderr.is_empty());
    }
}
