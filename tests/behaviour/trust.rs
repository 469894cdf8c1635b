//! Which plugin files are loaded: not those that anyone may write to, only the pinned ones if told so, always from a
//! private copy, and named in the job's record.

use artemis_host::catalog::{Catalog, ObjectKind};
use artemis_host::store::{LocalOptions, LocalStore};
use artemis_proto::artemis::JobInfo;
use artemis_tests::{Ran, Scratch, built, read_job};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

fn job(scratch: &Scratch) {
    scratch.write("in.csv", "n,s\n1,a\n");
    scratch.write("job.toml", read_job("plain", "[\"in.csv\"]", "", ""));
}

/// The record of the job that made a dataset.
pub(crate) fn record(scratch: &Scratch, summary: &Value) -> JobInfo {
    let options = LocalOptions { durable: false, read_only: true };
    let catalog = Catalog::open(Arc::new(LocalStore::new(scratch.path("artemis-store"), options))).unwrap();
    let dataset = catalog.dataset(&summary["dataset"].as_str().unwrap().parse().unwrap()).unwrap();
    catalog.get_message(&dataset.of_kind(ObjectKind::Job).next().unwrap().id).unwrap()
}

/// SHA-256 as coreutils see it.
fn sha256(path: &Path) -> String {
    let output = Command::new("sha256sum").arg(path).output().expect("coreutils are there");
    String::from_utf8_lossy(&output.stdout).split_whitespace().next().unwrap().to_owned()
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn reader(scratch: &Scratch) -> std::path::PathBuf {
    scratch.path("plugins").join(built().shipped[0].file_name().unwrap())
}

/// Another file that is the same plugin: bytes behind the end of an ELF file mean nothing.
fn change(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes.extend(b"changed");
    fs::write(path, bytes).unwrap();
}

fn fails(ran: Ran, code: i32, parts: &[&str]) {
    let ran = ran.expect(code);
    let text: String = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    parts.iter().for_each(|part| assert!(text.contains(part), "`{part}` in: {text}"));
}

#[test]
fn what_anyone_may_write_to_is_refused_unless_it_is_allowed_by_name() {
    let scratch = Scratch::new();
    job(&scratch);
    let run = |args: &[&str]| scratch.run(&[&["run", "job.toml", "--no-sync"], args].concat());
    mode(&reader(&scratch), 0o777);
    fails(run(&[]), 2, &["was refused", "can be written by anyone (mode 0777)"]);
    run(&["--allow-writable", reader(&scratch).to_str().unwrap()]).expect(0);
    mode(&reader(&scratch), 0o755);
    mode(&scratch.path("plugins"), 0o777);
    fails(run(&["--again"]), 2, &["were refused", "where anyone can put files (mode 0777)"]);
    fails(run(&["--again", "--allow-writable", "in.csv"]), 2, &["were refused"]);
    run(&["--again", "--allow-writable", "plugins"]).expect(0);
}

#[test]
fn a_library_is_loaded_from_a_private_copy_that_is_named_by_its_hash() {
    let scratch = Scratch::new();
    job(&scratch);
    let summary = scratch.job("job.toml", &[]);
    let hash = sha256(&reader(&scratch));
    let copy =
        scratch.path("cache/artemis-host/plugins").join(&hash).join(reader(&scratch).file_name().unwrap());
    assert_eq!(sha256(&copy), hash);
    let bits = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((bits(&scratch.path("cache/artemis-host/plugins")), bits(&copy)), (0o700, 0o400));

    // The job's record names the file, its compiler and its arrow.
    let used =
        record(&scratch, &summary).plugins.into_iter().find(|plugin| plugin.id == "csv-reader").unwrap();
    assert_eq!((used.sha256.as_str(), used.version.as_str()), (hash.as_str(), env!("CARGO_PKG_VERSION")));
    assert!(used.compiler.starts_with("rustc ") && used.arrow_version.starts_with("60."), "{used:?}");

    // A copy that was tampered with is not loaded.
    mode(&copy, 0o600);
    fs::write(&copy, "not a library").unwrap();
    let ran = scratch.run(&["run", "job.toml", "--no-sync", "--again"]).expect(0);
    assert!(ran.stderr.contains("was changed; it is copied anew"), "{}", ran.stderr);
    assert_eq!(sha256(&copy), hash);
}

#[test]
fn without_a_cache_a_job_runs_all_the_same_and_says_so() {
    let scratch = Scratch::new();
    job(&scratch);
    scratch.write("file", "");
    let mut command = scratch.command(&["run", "job.toml", "--no-sync"]);
    let ran =
        artemis_tests::ran(command.env("XDG_CACHE_HOME", scratch.path("file")).output().unwrap()).expect(0);
    assert!(ran.stderr.contains("the cache of plugins cannot be used"), "{}", ran.stderr);
}

#[test]
fn with_a_lock_nothing_but_the_pinned_files_is_loaded() {
    let scratch = Scratch::new();
    job(&scratch);
    let locked = |args: &[&str]| scratch.run(&[&["--locked"], args].concat());
    let run = ["run", "job.toml", "--no-sync", "--again"];
    fails(locked(&run), 2, &["cannot be held to its pin", "plugins.lock"]);

    scratch.run(&["plugins", "lock"]).expect(0);
    let text = fs::read_to_string(scratch.path("plugins.lock")).unwrap();
    assert!(text.contains(&format!("sha256 = \"{}\"", sha256(&reader(&scratch)))), "{text}");
    assert!(text.contains("file = \"plugins/libartemis_csv_reader.so\""), "{text}");
    assert!(text.find("csv-reader") < text.find("relational"), "{text}");
    scratch.run(&["plugins", "lock"]).expect(0);
    assert_eq!(
        fs::read_to_string(scratch.path("plugins.lock")).unwrap(),
        text,
        "the same plugins, the same bytes"
    );
    locked(&run).expect(0);

    // One more, one other, one less.
    scratch.add_plugin(&built().third_party);
    let listed = locked(&["plugins", "list"]).expect(0).stdout;
    let unwrapped = listed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(unwrapped.contains("plugins.lock does not pin"), "{listed}");
    locked(&run).expect(0);
    change(&reader(&scratch));
    fails(locked(&run), 2, &["is another file than the csv-reader", "that plugins.lock pins"]);
    scratch.run(&run).expect(0);
    fs::remove_file(reader(&scratch)).unwrap();
    fails(locked(&run), 2, &["is not usable here, though plugins.lock pins it as csv-reader"]);

    // A lock that anyone may write to holds nothing.
    scratch.add_plugin(&built().shipped[0]);
    locked(&run).expect(0);
    mode(&scratch.path("plugins.lock"), 0o666);
    fails(locked(&run), 2, &["cannot be held to its pin", "can be written by anyone"]);
}

#[test]
fn a_stored_menu_runs_with_other_plugins_only_if_told_and_then_the_record_says_so() {
    let scratch = Scratch::new();
    job(&scratch);
    let summary = scratch.job("job.toml", &[]);
    let (menu, config) = (summary["menu"].as_str().unwrap(), summary["config"].as_str().unwrap());
    let stored = ["--format", "json", "run", "--menu", menu, "--config", config, "--no-sync"];
    let again = scratch.run(&stored).expect(0).json();
    assert_eq!(again["dataset"], summary["dataset"]);

    let before = sha256(&reader(&scratch));
    change(&reader(&scratch));
    let now = sha256(&reader(&scratch));
    let error = scratch.run(&stored).expect(4).json()["error"].clone();
    let message = error["message"].as_str().unwrap();
    for part in ["not the plugins that this menu last ran with", "csv-reader", &before[..12], &now[..12]] {
        assert!(message.contains(part), "`{part}` in: {message}");
    }
    assert!(error["help"].as_str().unwrap().contains("--allow-plugin-change"), "{error}");

    let allowed = scratch.run(&[&stored[..], &["--allow-plugin-change"]].concat()).expect(0).json();
    assert_ne!(allowed["dataset"], summary["dataset"], "another plugin is another recipe");
    let noted = record(&scratch, &allowed).annotations;
    let note = noted.iter().find(|note| note.component == "artemis" && note.key == "plugin_change").unwrap();
    assert!(note.value.contains(&before) && note.value.contains(&now), "{}", note.value);
    // That run is now the last one.
    scratch.run(&stored).expect(0);
    // A job file says which plugins it means by itself.
    scratch.run(&["run", "job.toml", "--no-sync"]).expect(0);
}
