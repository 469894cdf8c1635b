//! Plugins of earlier revisions of the ABI run in today's host: compiled against the header of their time.

use arrow::array::AsArray;
use arrow::datatypes::{Int64Type, UInt64Type};
use artemis_tests::{Scratch, ran, root, table};
use std::process::Command;

/// Compiles a plugin of a revision against the header of that revision.
fn build(scratch: &Scratch, revision: &str, name: &str) {
    let sources = root().join("tests/abi").join(revision);
    let mut command = Command::new("cc");
    command.current_dir(scratch.path("")).args(["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-fPIC"]);
    command.args(["-shared", "-fvisibility=hidden", "-I"]).arg(&sources);
    command.arg("-o").arg(format!("plugins/lib{name}.so")).arg(sources.join(format!("{name}.c")));
    ran(command.output().expect("cc runs")).expect(0);
}

#[test]
fn reader_algorithm_and_tool_of_revision_1_0_run_beside_plugins_of_today() {
    let scratch = Scratch::new();
    for name in ["reader", "algorithm", "tool"] {
        build(&scratch, "1.0", name);
    }
    scratch.write("in.txt", "# plant\ninlet = 2\noutlet = 40\n\nspare =\npump = 7\n");
    scratch.write(
        "job.toml",
        r#"
[job]
name = "frozen"
block_bytes = 16
[input]
paths = ["in.txt"]
reader = "read"
[tools.loud]
component = "frozen-tool/letters"
style = "upper"
[algorithms.read]
component = "frozen-reader/readings"
[algorithms.large]
component = "relational/where"
condition = "value > 3"
[algorithms.shout]
component = "relational/select"
tool = "loud"
[[chain]]
name = "plant"
[[chain.node]]
name = "large"
parents = ["initial"]
algorithms = ["large", "shout"]
"#,
    );
    let summary = scratch.job("job.toml", &[]);
    let large = table(&summary, "large");
    let names: Vec<_> = large.column(0).as_string::<i32>().iter().flatten().collect();
    assert_eq!(names, ["OUTLET", "PUMP"]);
}

#[test]
fn an_algorithm_of_revision_1_0_accumulates_over_many_chunks() {
    let scratch = Scratch::new();
    build(&scratch, "1.0", "algorithm");
    let rows: String = (1..=1000).map(|n| format!("{n},x\n")).collect();
    scratch.write("in.csv", format!("n,s\n{rows}"));
    scratch.write(
        "job.toml",
        r#"
[job]
name = "frozen"
block_bytes = 64
[input]
paths = ["in.csv"]
reader = "parse"
[algorithms.parse]
component = "csv-reader/csv"
[algorithms.totals]
component = "frozen-algorithm/sums"
[[chain]]
name = "totals"
[[chain.node]]
name = "totals"
parents = ["initial"]
algorithms = ["totals"]
"#,
    );
    let totals = table(&scratch.job("job.toml", &[]), "totals");
    let column = |name: &str| totals.column_by_name(name).unwrap();
    assert_eq!(column("column").as_string::<i32>().value(0), "n");
    assert_eq!(column("count").as_primitive::<UInt64Type>().value(0), 1000);
    assert_eq!(column("sum").as_primitive::<Int64Type>().value(0), 500_500);
}

#[test]
fn the_frozen_header_of_1_0_says_what_todays_header_says_of_the_same_fields() {
    let field_lines = |text: &str| -> Vec<String> {
        let code = text.lines().filter(|line| line.starts_with("    ") && line.contains(';'));
        code.map(|line| line.split("//").next().unwrap_or_default().trim().to_owned()).collect()
    };
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let (frozen, today) =
        (read("tests/abi/1.0/artemis_plugin.h"), read("plugin-api/include/artemis_plugin.h"));
    let today = field_lines(&today);
    let gone: Vec<_> = field_lines(&frozen).into_iter().filter(|line| !today.contains(line)).collect();
    assert!(gone.is_empty(), "{gone:#?}");
}
