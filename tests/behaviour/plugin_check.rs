//! `plugins check`: right plugins pass, and for each case there is a plugin that fails it and no other.

use artemis_tests::{Ran, Scratch, built, root};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where the plugins lie, one C file each.
fn wrong_dir() -> PathBuf {
    root().join("tests/plugins/wrong")
}

/// The names of all C files.
fn names() -> Vec<String> {
    let files = std::fs::read_dir(wrong_dir()).unwrap().map(|entry| entry.unwrap().path());
    let c_files = files.filter(|path| path.extension().is_some_and(|extension| extension == "c"));
    let mut names: Vec<String> =
        c_files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Builds one of them.
fn build(scratch: &Scratch, name: &str) -> PathBuf {
    let library = scratch.path(&format!("{name}.so"));
    let output = Command::new("cc")
        .args([
            "-std=gnu11",
            "-O1",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-shared",
            "-fPIC",
            "-fvisibility=hidden",
            "-o",
        ])
        .arg(&library)
        .arg(wrong_dir().join(format!("{name}.c")))
        .arg("-pthread")
        .output()
        .expect("the C compiler runs");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    library
}

/// Checks a file; the answer is JSON.
fn check(scratch: &Scratch, file: &Path, args: &[&str]) -> Ran {
    let file = file.to_string_lossy();
    let mut all = vec!["--format", "json", "plugins", "check", &file];
    all.extend(args);
    scratch.run(&all)
}

/// The ids of the cases with an outcome.
fn ids(answer: &Value, outcome: &str) -> BTreeSet<String> {
    let cases = answer["cases"].as_array().unwrap();
    cases
        .iter()
        .filter(|case| case["outcome"] == outcome)
        .map(|case| case["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_case_has_a_plugin_that_fails_it_and_no_other() {
    let scratch = Scratch::new();
    let listed = scratch.run(&["--format", "json", "plugins", "check", "--list"]).expect(0).json();
    let cases: BTreeSet<String> = listed["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| case["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(cases.len() >= 40, "{}", cases.len());
    let names = names();
    let wrong: BTreeSet<String> =
        names.iter().filter(|name| !name.starts_with("correct-")).cloned().collect();
    assert_eq!(cases, wrong, "a case without a plugin, or a plugin without a case");
    // The one that waits for ever is the reason for a shorter limit; the others take milliseconds.
    let (next, failures) = (AtomicUsize::new(0), std::sync::Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let library = build(&scratch, name);
                    let answer = check(&scratch, &library, &["--time-limit", "12"]).json();
                    let expected: BTreeSet<String> = wrong.get(name).into_iter().cloned().collect();
                    if ids(&answer, "failed") != expected {
                        failures.lock().unwrap().push(format!("{name}: {:#}", answer["cases"]));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn right_plugins_in_c_pass_every_case_of_their_kind() {
    let scratch = Scratch::new();
    let mut passed = BTreeSet::new();
    for kind in ["algorithm", "reader", "tool"] {
        let library = build(&scratch, &format!("correct-{kind}"));
        let answer = check(&scratch, &library, &[]).expect(0).json();
        assert_eq!(answer["schema_version"], 1);
        assert_eq!(answer["summary"]["failed"], 0);
        assert_eq!(ids(&answer, "skipped"), BTreeSet::new(), "{kind}");
        passed.extend(ids(&answer, "passed"));
    }
    let wrong = names().into_iter().filter(|name| !name.starts_with("correct-")).collect();
    assert_eq!(passed, wrong, "every case was tried on a plugin that passes it");
}

#[test]
fn shipped_plugins_pass() {
    let scratch = Scratch::new();
    for plugin in ["csv-reader", "relational"] {
        let library = built()
            .shipped
            .iter()
            .find(|path| path.to_string_lossy().contains(&plugin.replace('-', "_")))
            .unwrap();
        let with = root().join("plugins").join(plugin).join("check.toml");
        let with = with.to_string_lossy().into_owned();
        let args = if Path::new(&with).exists() { vec!["--with", with.as_str()] } else { Vec::new() };
        let answer = check(&scratch, library, &args).expect(0).json();
        assert_eq!(answer["summary"]["failed"], 0);
        assert!(ids(&answer, "passed").len() > 40, "{plugin}: {:#}", answer["summary"]);
        // Skipped cases tell why.
        let cases = answer["cases"].as_array().unwrap();
        assert!(cases.iter().all(|case| case["outcome"] != "skipped" || case["text"] != ""));
        assert!(answer["needs"]["libraries"].to_string().contains("libc.so"), "{:#}", answer["needs"]);
        assert!(answer["needs"]["glibc"].as_str().is_some_and(|version| version.starts_with("2.")));
    }
}

#[test]
fn a_failure_shows_demand_and_reason_and_the_command_that_replays_it() {
    let scratch = Scratch::new();
    let library = build(&scratch, "bytes-random").to_string_lossy().into_owned();
    let ran = scratch.run(&["plugins", "check", &library, "--seed", "3", "--junit", "junit.xml"]).expect(1);
    for part in
        ["FAILED   it  bytes-random", "demand:   Random bytes give", "SIGABRT", "1 failed", "(seed 3)"]
    {
        assert!(ran.stdout.contains(part), "`{part}` in:\n{}", ran.stdout);
    }
    // A path cannot be wrapped, everything else is.
    let wide = ran.stdout.lines().filter(|line| !line.contains(".so")).map(|line| line.chars().count());
    assert!(wide.max().is_some_and(|width| width <= 80), "{}", ran.stdout);
    // The command stands there as it can be typed; only the program is named as users name it.
    let from = ran.stdout.find("artemis-host plugins check").unwrap();
    let words: Vec<&str> =
        ran.stdout[from..].split("\n\n").next().unwrap().split_whitespace().skip(1).collect();
    let again = scratch.run(&words).expect(1);
    assert!(again.stdout.contains("1 case: 0 passed, 1 failed, 0 skipped (seed 3)"), "{}", again.stdout);

    let junit = std::fs::read_to_string(scratch.path("junit.xml")).unwrap();
    assert!(
        junit.contains("failures=\"1\"")
            && junit.contains("<failure message=\"the process was ended by SIGABRT")
    );
    assert_eq!(
        junit.matches("<testcase ").count(),
        junit.matches("name=\"").count() - 1 - junit.matches("classname=\"").count()
    );
}

#[test]
fn what_cannot_be_checked_is_a_usage_error() {
    let scratch = Scratch::new();
    let library = build(&scratch, "correct-tool").to_string_lossy().into_owned();
    for (args, part) in [
        (
            vec!["plugins", "check", library.as_str(), "--case", "no-such-case"],
            "there is no case `no-such-case`",
        ),
        (vec!["plugins", "check", library.as_str(), "--component", "that"], "no component `that`"),
        (vec!["plugins", "check", library.as_str(), "--set", "it.limit=11"], "out of range"),
        (vec!["plugins", "check", library.as_str(), "--set", "it.limits=1"], "did you mean `limit`?"),
        (vec!["plugins", "check", "nowhere.so"], "nowhere.so is not there"),
        (vec!["plugins", "check"], "no plugin is named"),
    ] {
        let ran = scratch.run(&args).expect(2);
        assert!(ran.stderr.contains(part), "`{part}` in:\n{}", ran.stderr);
    }
    scratch.write("check.toml", "[components.it]\nproperties = { limit = 'x', colour = 1 }\nshema = 3\n");
    let ran = scratch.run(&["plugins", "check", &library, "--with", "check.toml"]).expect(2);
    for part in ["`limit` takes an integer", "no property `colour`", "`shema`", "3 problems"] {
        assert!(ran.stderr.contains(part), "`{part}` in:\n{}", ran.stderr);
    }
}

#[test]
fn a_file_that_is_no_plugin_fails_the_first_case_and_skips_the_rest() {
    let scratch = Scratch::new();
    let file = scratch.write("text.so", "not a library");
    let answer = check(&scratch, &file, &[]).expect(1).json();
    assert_eq!(ids(&answer, "failed"), BTreeSet::from(["manifest-readable".to_owned()]));
    assert_eq!(ids(&answer, "passed"), BTreeSet::new());
    assert!(answer["cases"][0]["text"].as_str().unwrap().contains("is not an ELF file"));
}
