//! Properties are checked before any plugin's code runs, and secrets are never told.

use artemis_tests::{Ran, Scratch, built, read_job};
use std::fs;
use std::path::Path;

/// With a quote and a backslash, so that escaped forms are looked for too.
const SECRET: &str = "hunter2-\"\\-swordfish";

/// A job whose node runs `misbehaving/leaks` with these properties.
fn job(scratch: &Scratch, properties: &str) {
    built().misbehaving.iter().for_each(|plugin| scratch.add_plugin(plugin));
    scratch.write("in.csv", "n,s\n1,a\n2,b\n");
    let algorithm = format!("[algorithms.culprit]\ncomponent = \"misbehaving/leaks\"\n{properties}\n");
    let chain = "[[chain]]\nname = \"c\"\n[[chain.node]]\nname = \"x\"\nparents = [\"initial\"]\nalgorithms = [\"culprit\"]\n";
    scratch.write("job.toml", read_job("leaky", "[\"in.csv\"]", "", "") + &algorithm + chain);
}

fn run(scratch: &Scratch, args: &[&str]) -> Ran {
    let mut command = scratch.command(args);
    artemis_tests::ran(command.env("TOKEN", SECRET).output().unwrap())
}

/// The forms in which the secret could be written down.
fn forms() -> Vec<String> {
    vec![SECRET.to_owned(), format!("{SECRET:?}").trim_matches('"').to_owned(), "swordfish".to_owned()]
}

fn silent(text: &[u8], place: &str) {
    for form in forms() {
        let found = text.windows(form.len()).any(|window| window == form.as_bytes());
        assert!(!found, "the secret is in {place}: {}", String::from_utf8_lossy(text));
    }
}

/// Looks into every file below a folder; gives how many there are.
fn search(folder: &Path) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            count += search(&path);
        } else {
            silent(path.to_string_lossy().as_bytes(), "a path");
            silent(&fs::read(&path).unwrap(), &path.display().to_string());
            count += 1;
        }
    }
    count
}

#[test]
fn a_secret_reaches_neither_log_nor_store_nor_any_message() {
    for (when, code) in [("never", 0), ("configure", 2), ("execute", 4), ("panic", 4)] {
        for format in ["text", "json"] {
            let scratch = Scratch::new();
            job(&scratch, &format!("token = \"env:TOKEN\"\nwhen = \"{when}\""));
            let ran =
                run(&scratch, &["--format", format, "-vv", "run", "job.toml", "--no-sync"]).expect(code);
            silent(ran.stdout.as_bytes(), "stdout");
            silent(ran.stderr.as_bytes(), "stderr");
            assert!(ran.stderr.contains("configured with [secret]"), "the plugin has it: {}", ran.stderr);
            assert!(search(&scratch.path("artemis-store")) > 3);
            for args in [&["store", "list", "--jobs"][..], &["store", "show", "leaky"]] {
                let shown = run(&scratch, args);
                silent(shown.stdout.as_bytes(), "what the store shows");
            }
        }
    }
}

#[test]
fn a_secret_may_lie_in_a_file_and_its_absence_is_told() {
    let scratch = Scratch::new();
    let secret = scratch.write("secret", format!("{SECRET}\n"));
    job(&scratch, &format!("token = \"file:{}\"", secret.display()));
    let ran = run(&scratch, &["-v", "run", "job.toml", "--no-sync"]).expect(0);
    assert!(ran.stderr.contains("configured with [secret]"), "{}", ran.stderr);
    fs::remove_file(&secret).unwrap();
    let ran = run(&scratch, &["run", "job.toml", "--no-sync", "--again"]).expect(2);
    assert!(ran.stderr.contains("property `token`: its secret `file:/"), "{}", ran.stderr);
    job(&scratch, "token = \"env:ARTEMIS_TEST_NOT_SET\"");
    let ran = run(&scratch, &["run", "job.toml", "--no-sync"]).expect(2);
    assert!(ran.stderr.contains("the variable ARTEMIS_TEST_NOT_SET is not set"), "{}", ran.stderr);
}

#[test]
fn a_secret_that_is_written_into_a_job_file_is_refused_and_not_shown() {
    let scratch = Scratch::new();
    // Wrong in several ways, the line before and after too, so that the line of the secret would be drawn.
    for properties in [
        "tokn = 'swordfish'",
        "token = 'swordfish'",
        "token = 'env:swordfish!'",
        "count = 'x'\ntoken = 'swordfish'\nshare = 'x'",
        "token = ['swordfish']",
        "token = '''\nsword\nswordfish'''",
    ] {
        job(&scratch, properties);
        for format in ["text", "json"] {
            let ran = run(&scratch, &["--format", format, "menu", "check", "job.toml"]).expect(2);
            silent((ran.stdout + &ran.stderr).as_bytes(), properties);
        }
    }
    job(&scratch, "token = 'env:TOKEN'");
    let set = "algorithms.culprit.token=swordfish";
    let ran = run(&scratch, &["menu", "check", "job.toml", "--set", set]).expect(2);
    silent(ran.stderr.as_bytes(), "an option");
    assert!(ran.stderr.contains("algorithms.culprit.token=…"), "{}", ran.stderr);
    assert!(ran.stderr.contains("env:MY_PASSWORD"), "{}", ran.stderr);
}

#[test]
fn every_type_is_checked_before_a_plugin_is_loaded() {
    let scratch = Scratch::new();
    for (property, expected) in [
        ("flag = 'yes'", "`flag` takes a boolean, not a string"),
        ("count = 1.5", "`count` takes an integer, not a float"),
        ("count = 11", "`count` is 11, which is out of range"),
        ("share = 'half'", "`share` takes a number, not a string"),
        ("share = nan", "`share` is nan, which is out of range"),
        ("label = 1", "`label` takes a string, not an integer"),
        ("names = 'a'", "`names` takes a list, not a string"),
        ("map = []", "`map` takes a table, not a list"),
        ("file = 'absent.txt'", "`file` names `absent.txt`, which is not there"),
        ("wait = '2 min'", "`wait` is \"2 min\", which is out of range"),
        ("wait = 'soon'", "`wait` is not a duration"),
        ("room = '2 MiB'", "`room` is \"2 MiB\", which is out of range"),
        ("room = -1", "`room` is not a byte size"),
        ("when = 'exceute'", "`when` cannot be \"exceute\""),
        ("lable = 'x'", "`misbehaving/leaks` has no property `lable`"),
        ("tag = 'a'\nlabel = 'b'", "`label` is given twice"),
    ] {
        job(&scratch, &format!("token = 'env:TOKEN'\n{property}"));
        let ran = scratch.run(&["--format", "json", "run", "job.toml"]).expect(2);
        let problems = ran.json()["error"]["problems"].clone();
        let found = problems.as_array().unwrap().iter().any(|problem| {
            problem["message"].as_str().unwrap().contains(expected) && problem["line"].as_u64() > Some(0)
        });
        assert!(found, "{expected} in {problems:#}");
        assert!(!scratch.path("cache/artemis-host").exists(), "a plugin was copied to be loaded");
        for (typo, right) in [("exceute", "execute"), ("lable", "label")] {
            let help = problems[0]["help"].as_str().unwrap_or_default();
            assert!(
                !property.contains(typo)
                    || help.contains(&format!("did you mean `{right}`"))
                    || help.contains(&format!("did you mean `\"{right}\"`")),
                "{help}"
            );
        }
    }
}

#[test]
fn older_names_and_deprecated_properties_are_taken_with_a_warning() {
    let scratch = Scratch::new();
    job(&scratch, "token = 'env:TOKEN'\ntag = 'a'\nold = 'b'");
    let ran = run(&scratch, &["--format", "json", "run", "job.toml", "--no-sync"]).expect(0);
    let warnings = ran.json()["warnings"].clone();
    let told = |message: &str, help: &str| {
        let fits = |warning: &serde_json::Value| warning["message"] == message && warning["help"] == help;
        assert!(warnings.as_array().unwrap().iter().any(fits), "{message} in {warnings:#}");
    };
    told("`tag` is an older name of `label`", "write `label`");
    told("`old` is deprecated", "use `label`");
}
