//! Kills, signals and failed writes leave a store that opens and holds what was committed, and nothing else.

use artemis_tests::{Scratch, built, ran, read_job};
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
}

#[test]
fn a_write_that_fails_half_way_is_exit_5_and_leaves_no_dataset() {
    let scratch = Scratch::new();
    slow_job(&scratch);
    // A limit on the size of files fails a write half way, as a full disk does. The rows need 16 kB, a record of the
    // store less than the limit of 8 blocks of at most 1 KiB.
    let host = built().host.display().to_string();
    let script = format!("trap '' XFSZ; ulimit -f 8; exec {host} --plugins plugins run quick.toml");
    let mut shell = std::process::Command::new("sh");
    let limited = ran(shell.current_dir(scratch.path("")).args(["-c", &script]).output().unwrap()).expect(5);
    assert!(
        limited.stderr.contains("cannot write") && limited.stderr.contains("part-00000"),
        "{}",
        limited.stderr
    );
    assert_eq!(datasets(&scratch), 0);
    scratch.job("quick.toml", &[]);
    assert_eq!(datasets(&scratch), 1);
}
