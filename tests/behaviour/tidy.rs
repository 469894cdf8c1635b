//! What would drift: file heads, the list of unsafe files, the paths of ARCHITECTURE.md, the README's commands.

use artemis_tests::root;
use std::path::{Path, PathBuf};

fn rust_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() && name != "target" && !name.to_string_lossy().starts_with('.') {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    assert!(found.len() > 50);
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<_> = rust_files().into_iter().filter(|path| !read(path).starts_with("//!")).collect();
    assert!(silent.is_empty(), "without //! on top: {silent:#?}");
}

#[test]
fn unsafe_stands_in_the_marked_files_only() {
    const MARKED: [&str; 6] = [
        "plugin-api/src/abi.rs",
        "plugin-api/src/batch.rs",
        "plugin-api/src/export.rs",
        "plugin-api/src/abi/",
        "plugin-api/src/export/",
        "host/src/plugin/",
    ];
    let is_marked = |path: &Path| {
        let text = path.to_string_lossy();
        MARKED.iter().any(|marked| text == *marked || (marked.ends_with('/') && text.starts_with(marked)))
            // A test of what the host refuses has to break the rules.
            || text.starts_with("tests/plugins/")
    };
    let word = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe")
    };
    let offenders: Vec<_> = rust_files()
        .into_iter()
        .filter(|path| !is_marked(path) && path != Path::new("tests/behaviour/tidy.rs"))
        .filter(|path| read(path).lines().any(word))
        .collect();
    assert!(offenders.is_empty(), "unsafe in {offenders:#?}");
}

#[test]
fn every_path_in_architecture_exists() {
    let text = read(Path::new("ARCHITECTURE.md"));
    let quoted = text.split('`').skip(1).step_by(2);
    let paths: Vec<&str> = quoted
        .filter(|word| {
            word.contains('/') && word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
        })
        .collect();
    assert!(paths.len() > 15, "{paths:?}");
    let missing: Vec<_> = paths.into_iter().filter(|path| !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn ci_runs_the_commands_of_the_readme() {
    let (readme, ci) = (read(Path::new("README.md")), read(Path::new(".ci/run")));
    for command in [
        "cargo build --release && target/release/artemis-host --plugins ./plugins run examples/flights.toml",
        "cargo test --workspace",
    ] {
        assert!(readme.contains(command), "README: {command}");
        assert!(ci.contains(command), ".ci/run: {command}");
    }
}

#[test]
fn no_file_is_longer_than_a_head_holds() {
    let long: Vec<_> = rust_files()
        .into_iter()
        .map(|path| (read(&path).lines().count(), path))
        .filter(|(lines, _)| *lines > 600)
        .collect();
    assert!(long.is_empty(), "over 600 lines: {long:?}");
}
