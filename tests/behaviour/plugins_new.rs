//! `plugins new`: a project that builds with one command, tests itself without the host, and runs in it. Rust, and the
//! commands of the vendor's guide, are `tests/vendor.sh`.

use artemis_tests::{Scratch, batches};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs `make` in a project.
fn make(project: &Path, words: &[&str]) -> String {
    let output = Command::new("make")
        .current_dir(project)
        .args(words)
        // Warnings are errors here, not for the vendor.
        .envs([("CFLAGS", "-O1 -g -Werror"), ("CXXFLAGS", "-O1 -g -Werror")])
        .output()
        .expect("make is installed");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// A project of C or C++, built and tested, its library in the plugin directory; gives the example's job file.
fn made(scratch: &Scratch, language: &str, kind: &str) -> PathBuf {
    let name = format!("my-{language}-{kind}");
    let words = ["--format", "json", "plugins", "new", &name, "--lang", language, "--kind", kind];
    let told = scratch.run(&words).expect(0).json()["project"].clone();
    let project = scratch.path(&name);
    assert_eq!(told["build"], "make");
    make(&project, &[]);
    let tested = make(&project, &["test"]);
    assert!(tested.contains("all checks hold"), "{tested}");
    scratch.add_plugin(&project.join(told["library"].as_str().unwrap()));
    project.join("example/job.toml")
}

/// The number of rows of the example's only partition.
fn rows(scratch: &Scratch, job: &Path) -> usize {
    let summary = scratch.job(job.to_str().unwrap(), &[]);
    let partitions = summary["partitions"].as_array().unwrap();
    // Beside it there may be the empty partition of what was rejected.
    let name = partitions[0]["name"].as_str().unwrap();
    batches(&summary, name).iter().map(|batch| batch.num_rows()).sum()
}

#[test]
fn projects_in_c_build_test_themselves_and_run() {
    let scratch = Scratch::new();
    for (kind, wanted) in [("reader", 5), ("algorithm", 2), ("tool", 4)] {
        let job = made(&scratch, "c", kind);
        assert_eq!(rows(&scratch, &job), wanted, "{kind}");
    }
}

#[test]
fn projects_in_cpp_build_test_themselves_and_run() {
    let scratch = Scratch::new();
    for (kind, wanted) in [("reader", 5), ("algorithm", 2), ("tool", 4)] {
        let job = made(&scratch, "cpp", kind);
        assert_eq!(rows(&scratch, &job), wanted, "{kind}");
    }
}

#[test]
fn a_project_in_rust_says_where_its_sdk_comes_from_and_what_to_do_next() {
    let scratch = Scratch::new();
    let words = ["plugins", "new", "my-reader", "--lang", "rust", "--kind", "reader"];
    let told = scratch.run(&[&words[..], &["--dir", "deep/er"]].concat()).expect(0).stdout;
    for part in
        ["deep/er", "src/lib.rs", "as published", "cargo build --release", "cargo test", "plugins check"]
    {
        assert!(told.contains(part), "{part} in {told}");
    }
    let sdk = artemis_tests::root().join("plugin-api");
    let mut command = scratch.command(&[&words[..], &["--dir", "other"]].concat());
    let told = artemis_tests::ran(command.env("ARTEMIS_SDK", &sdk).output().unwrap()).expect(0).stdout;
    assert!(told.contains("ARTEMIS_SDK says"), "{told}");
    let cargo = std::fs::read_to_string(scratch.path("other/Cargo.toml")).unwrap();
    assert!(cargo.contains(&format!("artemis-plugin-api = {{ path = \"{}\" }}", sdk.display())), "{cargo}");
}

#[test]
fn a_bad_name_or_a_directory_that_is_there_is_a_clear_refusal() {
    let scratch = Scratch::new();
    let new = |name: &str, more: &[&str]| {
        let words = ["plugins", "new", name, "--lang", "c", "--kind", "tool"];
        scratch.run(&[&words[..], more].concat()).expect(2).stderr
    };
    assert!(new("My_Tool", &[]).contains("`My_Tool` cannot name a plugin"));
    assert!(new("mod", &[]).contains("taken in Rust"));
    assert!(new("my-tool", &["--sdk", "."]).contains("--sdk is for --lang rust"));
    scratch.write("my-tool/precious.txt", "mine");
    let refused = new("my-tool", &[]);
    assert!(
        refused.contains("exists already; nothing was written") && refused.contains("--dir"),
        "{refused}"
    );
    assert_eq!(std::fs::read_dir(scratch.path("my-tool")).unwrap().count(), 1);
}
