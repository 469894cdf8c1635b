//! `plugins list` and `plugins show`: every file is told of, with reason and remedy, and no plugin runs for it.

use artemis_plugin_api::abi::MANIFEST_MAGIC;
use artemis_tests::{Ran, Scratch, built};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = r#"
#include <stdio.h>
#include <stdlib.h>
struct manifest { char magic[8]; unsigned major, minor; unsigned long long length; char text[LENGTH]; };
__attribute__((used, visibility("default"))) const struct manifest artemis_manifest_v1 = {
    MAGIC, MAJOR, 0, LENGTH, TEXT };
__attribute__((constructor)) static void mark(void) {
    const char *path = getenv("ARTEMIS_TEST_MARKER");
    FILE *file = path ? fopen(path, "a") : NULL;
    if (file) { fputs("ran\n", file); fclose(file); }
    if (getenv("ARTEMIS_TEST_CRASH")) abort();
}
struct plugin { unsigned long long size; unsigned minor, reserved; const void *components; unsigned long long count; };
__attribute__((visibility("default"))) int artemis_plugin_v1(const void *host, struct plugin *out, void *error) {
    static const long none = 0;
    (void)host; (void)error;
    out->components = &none;
    out->count = 0;
    return 0;
}
"#;

fn manifest(id: &str, version: &str) -> String {
    format!(
        "manifest = 1\nid = \"{id}\"\nversion = \"{version}\"\n[[component]]\nkind = \"tool\"\nname = \"t\"\n"
    )
}

fn cc(folder: &Path, args: &[&str]) {
    let output = Command::new("cc").current_dir(folder).args(args).output().expect("there is a C compiler");
    assert!(output.status.success(), "cc {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Compiles a plugin in C that has that manifest and exports no component.
fn plugin(scratch: &Scratch, name: &str, text: &str, major: u32, more: &[&str]) -> PathBuf {
    let folder = scratch.path("c");
    fs::create_dir_all(&folder).unwrap();
    let magic: Vec<String> = MANIFEST_MAGIC.iter().map(u8::to_string).collect();
    let head = format!(
        "#define LENGTH {}\n#define MAJOR {major}\n#define MAGIC {{{}}}\n#define TEXT {text:?}\n",
        text.len(),
        magic.join(",")
    );
    fs::write(folder.join("plugin.c"), head + SOURCE).unwrap();
    let path = scratch.path("plugins").join(name);
    let mut args = vec!["-shared", "-fPIC", "-o", path.to_str().unwrap(), "plugin.c"];
    args.extend(more);
    cc(&folder, &args);
    path
}

/// The entry of a file in the answer.
fn entry<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let files = answer["files"].as_array().unwrap();
    let ends = |entry: &&Value| entry["path"].as_str().unwrap().ends_with(&format!("/{name}"));
    files.iter().find(ends).unwrap_or_else(|| panic!("no {name} in {answer:#}"))
}

fn has(entry: &Value, status: &str, reason: &[&str], remedy: &str) {
    assert_eq!(entry["status"], status, "{entry:#}");
    let text = entry["reason"].as_str().unwrap_or_default();
    reason.iter().for_each(|part| assert!(text.contains(part), "`{part}` in: {text}"));
    let help = entry["remedy"].as_str().unwrap_or_default();
    assert!(help.contains(remedy), "`{remedy}` in: {help}");
}

/// A directory with one file of each kind.
fn every_kind() -> Scratch {
    let scratch = Scratch::new();
    let plugins = scratch.path("plugins");
    let good = plugin(&scratch, "good.so", &manifest("good", "1.0"), 1, &[]);
    plugin(&scratch, "good-2.so", &manifest("good", "1.2.1"), 1, &[]);
    let bytes = fs::read(&good).unwrap();
    scratch.write("plugins/notes.txt", "");
    scratch.write("plugins/text.so", "INPUT(good.so)");
    scratch.write("plugins/cut.so", &bytes[..bytes.len() / 2]);
    // 243 is the machine number of RISC-V.
    let mut foreign = bytes.clone();
    foreign[18..20].copy_from_slice(&243u16.to_le_bytes());
    scratch.write("plugins/foreign.so", foreign);

    let folder = scratch.path("c");
    fs::write(folder.join("other.c"), "int artemis_other(void) { return 1; }").unwrap();
    cc(&folder, &["-shared", "-fPIC", "-o", "libartemis-absent.so", "other.c"]);
    let absent = ["-Wl,--no-as-needed", "-L.", "-lartemis-absent"];
    plugin(&scratch, "needy.so", &manifest("needy", "1"), 1, &absent);
    fs::copy(folder.join("libartemis-absent.so"), plugins.join("libartemis-beside.so")).unwrap();
    cc(&folder, &["-shared", "-fPIC", "-o", "libartemis-beside.so", "other.c"]);
    let beside = ["-Wl,--no-as-needed", "-L.", "-lartemis-beside", "-Wl,-rpath,$ORIGIN"];
    plugin(&scratch, "beside.so", &manifest("beside", "1"), 1, &beside);

    // A C library of the future, to link against only.
    fs::write(folder.join("future.map"), "GLIBC_2.999 { artemis_other; };").unwrap();
    let map = ["-Wl,-soname,libc.so.6", "-Wl,--version-script=future.map"];
    let future = [&["-shared", "-fPIC", "-nostdlib", "-o", "future-libc.so", "other.c"], &map[..]].concat();
    cc(&folder, &future);
    fs::write(folder.join("future.c"), "int artemis_other(void); int f(void) { return artemis_other(); }")
        .unwrap();
    plugin(&scratch, "future.so", &manifest("future", "1"), 1, &["future.c", "future-libc.so"]);

    plugin(&scratch, "unclear.so", "manifest = 1\nid = 3\n", 1, &[]);
    plugin(&scratch, "abi2.so", &manifest("abi2", "1"), 2, &[]);
    plugin(&scratch, "abi0.so", &manifest("abi0", "1"), 0, &[]);
    plugin(&scratch, "twin-a.so", &manifest("twin", "1"), 1, &[]);
    plugin(&scratch, "twin-b.so", &manifest("twin", "1"), 1, &[]);
    let open = plugin(&scratch, "open.so", &manifest("open", "1"), 1, &[]);
    fs::set_permissions(open, fs::Permissions::from_mode(0o666)).unwrap();
    scratch
}

#[test]
fn every_file_has_a_status_with_reason_and_remedy() {
    let scratch = every_kind();
    let answer = scratch.run(&["--format", "json", "plugins", "list"]).expect(0).json();
    let files = answer["files"].as_array().unwrap();
    assert_eq!(files.len(), fs::read_dir(scratch.path("plugins")).unwrap().count(), "none is left out");
    let check = |name: &str, status: &str, reason: &[&str], remedy: &str| {
        has(entry(&answer, name), status, reason, remedy);
    };
    check("good.so", "available", &[], "");
    check("good-2.so", "available", &[], "");
    check("notes.txt", "skipped", &["not a .so file"], "");
    check("text.so", "refused", &["is not an ELF file"], "copy the plugin's `.so` file");
    check("cut.so", "refused", &["is cut short or damaged"], "copy or build the file again");
    check("foreign.so", "refused", &["is built for riscv64", std::env::consts::ARCH], "build the plugin for");
    check(
        "needy.so",
        "refused",
        &["needs libartemis-absent.so", "does not have"],
        "install libartemis-absent.so",
    );
    check(
        "beside.so",
        "refused",
        &["needs libartemis-beside.so from beside itself ($ORIGIN)"],
        "link it statically",
    );
    check("libartemis-beside.so", "refused", &["has no symbol `artemis_manifest_v1`"], "export macro");
    check(
        "unclear.so",
        "refused",
        &["manifest that does not read", "manifest:2:6", "`id`"],
        "author has to correct",
    );
    check("abi2.so", "refused", &["plugin ABI 2.0", "this host speaks 1."], "use a newer host");
    check(
        "abi0.so",
        "refused",
        &["plugin ABI 0.0", "this host speaks 1."],
        "plugin's author has to build it",
    );
    let both = ["is plugin twin 1", "plugins/twin-a.so", "plugins/twin-b.so"];
    check("twin-a.so", "refused", &both, "keep one of these files");
    check("twin-b.so", "refused", &both, "keep one of these files");
    check("open.so", "refused", &["can be written by anyone (mode 0666)"], "--allow-writable");
    // The C library's own word for its version.
    let ldd = Command::new("ldd").arg("--version").output().unwrap();
    let first = String::from_utf8_lossy(&ldd.stdout).lines().next().unwrap().to_owned();
    let here = first.rsplit(' ').next().unwrap();
    let reason = format!("needs glibc 2.999, this machine has glibc {here}");
    check("future.so", "refused", &[&reason], &format!("a build for glibc {here} or older"));
}

#[test]
fn the_list_for_people_names_every_file_and_fits_the_terminal() {
    let scratch = every_kind();
    let mut command = scratch.command(&["plugins", "list"]);
    let listed = artemis_tests::ran(command.env("COLUMNS", "80").output().unwrap()).expect(0).stdout;
    for file in fs::read_dir(scratch.path("plugins")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(listed.contains(&format!("plugins/{name}")), "{name} in:\n{listed}");
    }
    for line in listed.lines() {
        // A path is not broken; one of the scratch directory may be longer than the line.
        assert!(line.chars().count() <= 80 || !line.trim().contains(' '), "{line}");
    }
}

#[test]
fn a_hundred_plugins_are_listed_and_shown_without_running_any() {
    let scratch = Scratch::new();
    let first = plugin(&scratch, "p-100.so", &manifest("p-100", "1.0"), 1, &[]);
    let bytes = fs::read(&first).unwrap();
    let places: Vec<usize> =
        bytes.windows(5).enumerate().filter(|(_, w)| *w == b"p-100").map(|(at, _)| at).collect();
    assert_eq!(places.len(), 1, "only the manifest names the plugin");
    for number in 101..200 {
        let mut copy = bytes.clone();
        copy[places[0] + 2..places[0] + 5].copy_from_slice(number.to_string().as_bytes());
        fs::write(scratch.path(&format!("plugins/p-{number}.so")), copy).unwrap();
    }
    let marker = scratch.path("marker");
    let run = |args: &[&str]| -> Ran {
        let mut command = scratch.command(args);
        artemis_tests::ran(command.env("ARTEMIS_TEST_MARKER", &marker).output().unwrap())
    };
    let answer = run(&["--format", "json", "plugins", "list"]).expect(0).json();
    let of_ours = |entry: &&Value| entry["plugin"]["id"].as_str().is_some_and(|id| id.starts_with("p-"));
    assert_eq!(answer["files"].as_array().unwrap().iter().filter(of_ours).count(), 100);
    run(&["plugins", "show", "p-150"]).expect(0);
    run(&["plugins", "lock"]).expect(0);
    run(&["--locked", "plugins", "list"]).expect(0);
    run(&[]).expect(0);
    assert!(!marker.exists(), "a plugin's code ran");
    // The marker is one: loading does run the constructor.
    fs::remove_dir_all(scratch.path("plugins")).unwrap();
    fs::create_dir(scratch.path("plugins")).unwrap();
    fs::write(&first, bytes).unwrap();
    run(&["plugins", "list", "--load"]).expect(0);
    assert!(marker.exists());
}

#[test]
fn loading_tells_what_the_manifest_does_not() {
    let scratch = Scratch::new();
    plugin(&scratch, "empty.so", &manifest("empty", "1"), 1, &[]);
    let answer = scratch.run(&["--format", "json", "plugins", "list", "--load"]).expect(0).json();
    has(
        entry(&answer, "empty.so"),
        "refused",
        &["lists the tool `t` in its manifest but does not export it"],
        "export it",
    );
    let shipped = built().shipped[0].file_name().unwrap().to_str().unwrap();
    assert_eq!(entry(&answer, shipped)["status"], "loaded");
    assert_eq!(entry(&answer, shipped)["notes"], serde_json::json!([]));

    // One that crashes while it is loaded takes nothing along.
    let mut command = scratch.command(&["--format", "json", "plugins", "list", "--load"]);
    let crashed =
        artemis_tests::ran(command.env("ARTEMIS_TEST_CRASH", "1").output().unwrap()).expect(0).json();
    has(entry(&crashed, "empty.so"), "refused", &["ends the process with signal 6"], "author");
    assert_eq!(entry(&crashed, shipped)["status"], "loaded");
}

#[test]
fn a_component_that_is_not_exported_fails_the_job_that_names_it() {
    let scratch = Scratch::new();
    plugin(&scratch, "empty.so", &manifest("empty", "1"), 1, &[]);
    scratch.write("in.csv", "n\n1\n");
    let chain = "[tools.t]\ncomponent = \"empty/t\"\n[algorithms.slim]\ncomponent = \"relational/select\"\ntool = \"t\"\n\
                 [[chain]]\nname = \"c\"\n[[chain.node]]\nname = \"x\"\nparents = [\"initial\"]\nalgorithms = [\"slim\"]\n";
    scratch.write("job.toml", artemis_tests::read_job("j", "[\"in.csv\"]", "", "") + chain);
    let ran = scratch.run(&["run", "job.toml", "--no-sync"]).expect(4);
    assert!(
        ran.stderr.contains("the library exports no tool of this name, though its manifest lists it"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_menu_may_pin_one_of_two_versions() {
    let scratch = Scratch::new();
    let bytes = fs::read(&built().third_party).unwrap();
    let place = bytes.windows(9).position(|window| window == b"version =").unwrap() + 11;
    let end = place + bytes[place..].iter().position(|byte| *byte == b'"').unwrap();
    let version = String::from_utf8(bytes[place..end].to_vec()).unwrap();
    fs::write(scratch.path("plugins/acme.so"), &bytes).unwrap();
    let mut newer = bytes.clone();
    newer[place] = b'9';
    fs::write(scratch.path("plugins/acme-9.so"), newer).unwrap();
    scratch.write("in.csv", "s\nquiet\n");
    let newer = format!("9{}", &version[1..]);
    for (pin, expected) in [("", &newer), ("@9", &newer), (&*format!("@{version}"), &version)] {
        let chain = format!(
            "[algorithms.loud]\ncomponent = \"acme{pin}/shout\"\n[[chain]]\nname = \"c\"\n[[chain.node]]\nname = \"x\"\n\
             parents = [\"initial\"]\nalgorithms = [\"loud\"]\n"
        );
        scratch.write("job.toml", artemis_tests::read_job("loud", "[\"in.csv\"]", "", "") + &chain);
        let summary = scratch.job("job.toml", &["--again"]);
        let job = crate::trust::record(&scratch, &summary);
        let used = job.plugins.iter().find(|plugin| plugin.id == "acme").unwrap();
        assert_eq!(&used.version, expected, "{pin}");
    }
}

#[test]
fn a_plugin_is_shown_with_all_that_its_properties_may_be() {
    let scratch = Scratch::new();
    built().misbehaving.iter().for_each(|plugin| scratch.add_plugin(plugin));
    let mut command = scratch.command(&["plugins", "show", "misbehaving/leaks"]);
    let shown = artemis_tests::ran(command.env("COLUMNS", "100").output().unwrap()).expect(0).stdout;
    for part in [
        "algorithm misbehaving/leaks",
        "  accepts: batches of any types",
        "  yields:  ",
        "  token (string), required, secret: given as env:NAME or file:/PATH: what must not be told",
        "  label (string), formerly tag: taken",
        "  old (string): taken and not used (deprecated: use `label`)",
        "  count (int), from 1 to 10",
        "  share (float), from 0 to 1",
        "  wait (duration), 250 ms if not given, from 0 s to 60 s",
        "  room (bytes), 4 KiB if not given, from 1 bytes to 1048576 bytes",
    ] {
        assert!(shown.contains(part), "`{part}` in:\n{shown}");
    }
    let json = scratch.run(&["--format", "json", "plugins", "show", "misbehaving/leaks"]).expect(0).json();
    let kinds: Vec<&str> = json["plugin"]["components"][0]["properties"]
        .as_array()
        .unwrap()
        .iter()
        .map(|property| property["type"].as_str().unwrap())
        .collect();
    for kind in ["bool", "int", "float", "string", "list", "table", "path", "duration", "bytes"] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
}
