//! Bad job files: all problems at once, with file, line, column and what would be valid.

use artemis_tests::Scratch;

const BAD: &str = r#"[job]
name = "bad"
blok_bytes = "1 MiB"

[input]
paths = ["missing.csv", "nothing/*.csv"]
reader = "parse"
on_mismatch = "wided"

[algorithms.parse]
component = "csv-reader/csv"
delimter = ";"
header_rows = "one"

[algorithms.unknown]
component = "relational/selct"

[[chain]]
name = "c"
[[chain.node]]
name = "a"
parents = ["b"]
algorithms = ["parse"]
[[chain.node]]
name = "b"
parents = ["a", "initial.nowhere"]
algorithms = ["unknown"]
"#;

#[test]
fn all_problems_are_told_at_once_with_line_column_and_what_would_be_valid() {
    let scratch = Scratch::new();
    scratch.write("bad.toml", BAD);
    let ran = scratch.run(&["--format", "json", "run", "bad.toml"]).expect(2).json();
    let problems = ran["error"]["problems"].as_array().unwrap().clone();
    let found = |line: u64, part: &str| {
        problems.iter().any(|problem| {
            let text = format!("{} {}", problem["message"], problem["help"]);
            problem["line"] == line && problem["column"].as_u64() > Some(0) && text.contains(part)
        })
    };
    for (line, part) in [
        (3, "block_bytes"),
        (6, "missing.csv"),
        (6, "nothing/*.csv"),
        (8, "widen"),
        (12, "delimiter"),
        (13, "header_rows"),
        (16, "select"),
    ] {
        assert!(found(line, part), "line {line}, `{part}` in {problems:#?}");
    }
    let text = scratch.run(&["run", "bad.toml"]).expect(2).stderr;
    assert!(text.contains("bad.toml:3:1") && text.contains("bad.toml:8:"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn a_cycle_is_printed_as_the_cycle() {
    let scratch = Scratch::new();
    scratch.write("in.csv", "n\n1\n");
    let job = artemis_tests::read_job("cycle", "[\"in.csv\"]", "", "")
        + "[algorithms.keep]\ncomponent = \"relational/select\"\nkeep = [\"n\"]\n[[chain]]\nname = \
           \"c\"\n[[chain.node]]\nname = \"a\"\nparents = [\"b\"]\nalgorithms = \
           [\"keep\"]\n[[chain.node]]\nname = \"b\"\nparents = [\"a\"]\nalgorithms = [\"keep\"]\n";
    scratch.write("cycle.toml", job);
    let ran = scratch.run(&["menu", "check", "cycle.toml"]).expect(2);
    assert!(ran.stderr.contains("a → b → a") || ran.stderr.contains("b → a → b"), "{}", ran.stderr);
}
