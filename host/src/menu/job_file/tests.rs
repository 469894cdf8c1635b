//! Job files, good and bad: one case, one line.

use std::collections::BTreeSet;

use super::*;
use crate::menu::files::PathKind;
use crate::menu::{Columns, OnBadInput, OnMismatch, Value};
use crate::plugin::catalogue::tests::catalogue;

const CSV: &str = r#"
manifest = 1
id = "csv-reader"
version = "0.1.0"
[[component]]
kind = "reader"
name = "csv"
outputs = ["rows", "odd"]
property = [
    { name = "delimiter", type = "string", default = ",", aliases = ["sep"] },
    { name = "null_values", type = "list", default = [""] },
    { name = "header_rows", type = "int", default = 1, min = 0, max = 100 },
    { name = "layout", type = "path" },
    { name = "encoding", type = "string", choices = ["utf-8", "latin-1"], deprecated = "use charset" },
    { name = "password", type = "string", secret = true },
    { name = "buffer", type = "bytes", default = "64 KiB" },
    { name = "wait", type = "duration", max = 60 },
]
"#;

const RELATIONAL: &str = r#"
manifest = 1
id = "relational"
version = "0.1.0"
[[component]]
kind = "algorithm"
name = "select"
outputs = ["rows"]
property = [{ name = "tool", type = "string" }, { name = "keep", type = "list" }]
[[component]]
kind = "algorithm"
name = "where"
outputs = ["rows"]
property = [{ name = "condition", type = "string", required = true, doc = "what holds" }]
[[component]]
kind = "tool"
name = "columns"
property = [{ name = "keep", type = "list" }]
"#;

/// A world of four files.
struct World;

impl Files for World {
    fn kind(&self, path: &Path) -> PathKind {
        match path.to_str().unwrap_or_default() {
            "/jobs/a.csv" | "/jobs/b.csv" | "/jobs/c[1].csv" | "/jobs/layout.toml" => PathKind::File,
            "/jobs" | "/jobs/data" => PathKind::Folder,
            _ => PathKind::Missing,
        }
    }

    fn matching(&self, base: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let pattern = glob::Pattern::new(pattern).map_err(|error| error.msg.to_owned())?;
        let names = ["a.csv", "b.csv", "c[1].csv", "layout.toml"].into_iter();
        Ok(names.filter(|name| pattern.matches(name)).map(|name| base.join(name)).collect())
    }
}

const GOOD: &str = r#"[job]
name = "flights"
seed = 7
block_bytes = "64 KiB"
max_memory = "256 MiB"
[sample]
datums = 2
chunks = 3
rows = 100
[input]
paths = ["*.csv", "b.csv"]
reader = "flights"
on_bad_input = "skip"
on_mismatch = "null"
columns = "union"
provenance = true
[output]
format = "arrow"
compression = "zstd"
rows_per_batch = 65536
file_bytes = "1 GB"
[tools.shared]
component = "relational/columns"
keep = ["a", "b"]
[algorithms.flights]
component = "csv-reader@0.1/csv"
null_values = ["NA"]
layout = "layout.toml"
password = "env:SECRET"
[algorithms.keep]
component = "relational/select"
tool = "shared"
[algorithms.late]
component = "relational/where"
condition = "a > 1"
[[chain]]
name = "delays"
[[chain.node]]
name = "slim"
parents = ["initial"]
algorithms = ["keep"]
[[chain.node]]
name = "late"
parents = ["slim", "initial.odd"]
algorithms = ["late"]
"#;

fn checked(text: &str, overrides: &[(&str, &str)]) -> Result<Checked, Problems> {
    let overrides: Vec<_> =
        overrides.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    check(text, "job.toml", Path::new("/jobs"), &catalogue(&[CSV, RELATIONAL]), &World, &overrides)
}

/// The problems as lines without the file's name.
fn problems(text: &str, overrides: &[(&str, &str)]) -> Vec<String> {
    let problems =
        checked(text, overrides).map(|checked| checked.warnings).unwrap_or_else(|problems| problems);
    problems
        .to_string()
        .lines()
        .map(|line| line.strip_prefix("job.toml:").unwrap_or(line).to_owned())
        .collect()
}

#[test]
fn a_good_job_is_read_with_its_defaults() {
    let checked = checked(GOOD, &[]).unwrap();
    assert!(checked.warnings.is_empty());
    let job = checked.job;
    assert_eq!(
        (job.name.as_str(), job.seed, job.block_bytes, job.max_memory),
        ("flights", 7, 65_536, Some(256 << 20))
    );
    assert_eq!(job.sample, Sample { datums: 2, chunks: 3, rows: Some(100) });
    assert_eq!(job.input.files, ["/jobs/a.csv", "/jobs/b.csv", "/jobs/c[1].csv"].map(PathBuf::from));
    assert_eq!(job.input.on_bad_input, OnBadInput::Skip);
    assert_eq!((job.input.on_mismatch, job.input.columns), (OnMismatch::Null, Columns::Union));
    assert_eq!((job.output.compression, job.output.rows_per_batch), (Compression::Zstd, Some(65_536)));
    assert_eq!(job.output.file_bytes, 1_000_000_000);
    let reader = &job.algorithms["flights"];
    assert_eq!(reader.component.to_string(), "csv-reader@0.1/csv");
    assert_eq!(reader.outputs, ["rows", "odd"]);
    let text = |text: &str| Value::Str(text.to_owned());
    assert_eq!(
        reader.properties,
        [
            ("buffer", Value::Int(65_536)),
            ("delimiter", text(",")),
            ("header_rows", Value::Int(1)),
            ("layout", text("/jobs/layout.toml")),
            ("null_values", Value::List(vec![text("NA")])),
            ("password", text("env:SECRET")),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    );
    let plan = crate::steering::plan::Plan::new(&job).unwrap();
    assert_eq!(plan.steps.len(), 2);
    assert_eq!(plan.leaves.iter().map(|leaf| leaf.partition.as_str()).collect::<Vec<_>>(), ["late"]);
}

#[test]
fn the_least_job_has_all_defaults() {
    let text =
        "[job]\nname='a'\n[input]\npaths=['a.csv']\nreader='r'\n[algorithms.r]\ncomponent='csv-reader/csv'\n";
    let job = checked(text, &[]).unwrap().job;
    assert_eq!((job.seed, job.block_bytes, job.max_memory, job.sample), (1, 1 << 20, None, DEFAULT_SAMPLE));
    assert_eq!((job.input.on_bad_input, job.input.on_mismatch), (OnBadInput::Abort, OnMismatch::Widen));
    assert_eq!(job.output.file_bytes, 256 << 20);
    assert!(job.menu.chains.is_empty() && !job.input.provenance);
}

/// Replaces one line of the good file and expects these problems; `…` stands for any rest.
#[test]
fn each_fault_is_shown_at_its_place() {
    let mut wrong = Vec::new();
    for (from, to, expected) in [
        // Keys and types.
        (
            "seed = 7",
            "sede = 7",
            &[
                "3:1: unknown key `sede` in [job] (did you mean `seed`? allowed keys: name, seed, block_bytes, max_memory)",
            ][..],
        ),
        (
            "seed = 7",
            "seed = 'x'",
            &["3:8: `seed` takes an integer, not a string (write a whole number, at least 0)"],
        ),
        ("seed = 7", "seed = -1", &["3:8: `seed` is -1, and must be at least 0"]),
        ("name = \"flights\"", "", &["1:2: `name` is missing in [job] (write name = \"my-job\")"]),
        ("name = \"flights\"", "name = \"a b\"", &["2:8: `a b` cannot name a job…"]),
        ("[output]", "[outputs]", &["17:2: unknown key `outputs` in the job file (did you mean `output`?…"]),
        ("[output]\n", "[output]\nformat = 3\n", &["19:1: not TOML: duplicate key"]),
        (
            "\"64 KiB\"",
            "\"64 Kelvin\"",
            &["4:15: `block_bytes` is not a byte size of at least 1 (write a number of bytes…"],
        ),
        ("\"64 KiB\"", "0", &["4:15: `block_bytes` is not a byte size of at least 1…"]),
        ("\"64 KiB\"", "true", &["4:15: `block_bytes` takes a byte size, not a boolean…"]),
        (
            "\"zstd\"",
            "\"zst\"",
            &["19:15: `compression` cannot be `zst` (did you mean `zstd`? allowed: none, lz4, zstd)"],
        ),
        (
            "provenance = true",
            "provenance = 1",
            &["16:14: `provenance` takes a boolean, not an integer (write `true` or `false`)"],
        ),
        ("datums = 2", "datums = 0", &["7:10: `datums` is 0, and must be at least 1"]),
        ("[job]\nname = \"flights\"", "[job\nname = \"é\"", &["1:5: not TOML: …"]),
        // Inputs.
        ("\"*.csv\", ", "\"*.cvs\", ", &["11:10: no file matches `*.cvs` (paths are relative to /jobs)"]),
        ("\"b.csv\"", "\"z.csv\"", &["11:19: there is no file `z.csv` (looked for /jobs/z.csv)"]),
        ("\"b.csv\"", "\"data\"", &["11:19: `data` is a folder (write \"data/*\" for the files in it)"]),
        ("\"b.csv\"", "\"[\"", &["11:19: `[` is not a pattern: invalid range pattern"]),
        (
            "[\"*.csv\", \"b.csv\"]",
            "\"*.csv\"",
            &["11:9: `paths` takes a list of strings, not a string (write paths = [\"*.csv\"])"],
        ),
        ("[\"*.csv\", \"b.csv\"]", "[]", &["11:9: `paths` names no input…"]),
        (
            "reader = \"flights\"",
            "reader = \"fligths\"",
            &[
                "12:10: there is no [algorithms.fligths] (did you mean `flights`? readers: flights)",
                "25:13: the algorithm `flights` is not used…",
            ],
        ),
        (
            "reader = \"flights\"",
            "reader = \"keep\"",
            &[
                "12:10: `keep` is of the kind algorithm, not a reader (readers: flights)",
                "25:13: the algorithm `flights` is not used…",
            ],
        ),
        // Components and properties.
        (
            "relational/select",
            "relational/selct",
            &[
                "31:13: plugin `relational` 0.1.0 has no component `selct` (did you mean `select`? components: select, where, columns)",
            ],
        ),
        (
            "csv-reader@0.1/csv",
            "csv-reader@2/csv",
            &["26:13: there is no version 2 of plugin `csv-reader` (versions: 0.1.0)"],
        ),
        (
            "csv-reader@0.1/csv",
            "csv",
            &["26:13: `csv` does not name a component (did you mean `csv-reader/csv`?)"],
        ),
        (
            "component = \"relational/select\"",
            "component = \"relational/columns\"",
            &[
                "31:13: `relational/columns` is of the kind tool, which [algorithms.keep] cannot be (configure it as [tools.keep])",
            ],
        ),
        (
            "component = \"relational/columns\"",
            "component = \"relational/select\"",
            &[
                "23:13: `relational/select` is of the kind algorithm, which [tools.shared] cannot be (configure it as [algorithms.shared])",
            ],
        ),
        (
            "component = \"relational/select\"",
            "",
            &["30:13: `component` is missing in [algorithms.keep] (write component = \"plugin/name\")"],
        ),
        (
            "null_values",
            "nul_values",
            &["27:1: `csv-reader@0.1/csv` has no property `nul_values` (did you mean `null_values`?…"],
        ),
        ("[\"NA\"]", "\"NA\"", &["27:15: `null_values` takes a list, not a string (write [\"NA\"])"]),
        (
            "condition = \"a > 1\"",
            "",
            &["33:13: `relational/where` needs the property `condition` (it takes a string: what holds)"],
        ),
        (
            "null_values = [\"NA\"]",
            "sep = ';'\ndelimiter = ';'",
            &[
                "27:1: warning: `sep` is an older name of `delimiter` (write `delimiter`)",
                "28:1: `delimiter` is given twice in [algorithms.flights], also by another of its names",
            ],
        ),
        (
            "null_values = [\"NA\"]",
            "header_rows = 101",
            &["27:15: `header_rows` is 101, which is out of range (allowed: 0 to 100)"],
        ),
        (
            "null_values = [\"NA\"]",
            "wait = \"2 min\"",
            &["27:8: `wait` is \"2 min\", which is out of range (allowed: 60 seconds or less)"],
        ),
        (
            "null_values = [\"NA\"]",
            "encoding = \"latin1\"",
            &[
                "27:1: warning: `encoding` is deprecated (use charset)",
                "27:12: `encoding` cannot be \"latin1\" (did you mean `\"latin-1\"`? allowed: \"utf-8\", \"latin-1\")",
            ],
        ),
        (
            "null_values = [\"NA\"]",
            "encoding = \"utf-8\"",
            &["27:1: warning: `encoding` is deprecated (use charset)"],
        ),
        (
            "layout.toml",
            "layuot.toml",
            &["28:10: `layout` names `layuot.toml`, which is not there (looked for /jobs/layuot.toml)"],
        ),
        (
            "env:SECRET",
            "hunter2",
            &[
                "29:12: `password` is secret, and job files hold no secrets (write a reference: \"env:MY_PASSWORD\", a variable that is set when the job runs, or \"file:/absolute/path\")",
            ],
        ),
        ("env:SECRET", "env:1A", &["29:12: `password` is secret…"]),
        (
            "tool = \"shared\"",
            "tool = \"sharde\"",
            &[
                "22:8: the tool `shared` is not used…",
                "32:8: there is no [tools.sharde] (did you mean `shared`? tools: shared)",
            ],
        ),
        (
            "tool = \"shared\"",
            "",
            &[
                "22:8: the tool `shared` is not used (name it in a property of an algorithm, or take [tools.shared] away)",
            ],
        ),
        (
            "[algorithms.late]\ncomponent = \"relational/where\"\ncondition = \"a > 1\"",
            "[algorithms]\nlate = 3",
            &["34:8: `late` takes a table, not an integer (write [algorithms.late] and its keys below)"],
        ),
        // The graph.
        (
            "parents = [\"initial\"]",
            "parents = [\"late\"]",
            &["40:12: the menu has a cycle: slim → late → slim…"],
        ),
        (
            "parents = [\"initial\"]",
            "parents = [\"intial\"]",
            &[
                "40:12: node `slim` has an unknown parent `intial` (did you mean `initial`? nodes: initial, late, slim)",
            ],
        ),
        (
            "parents = [\"initial\"]",
            "parents = [\"a b\"]",
            &["40:12: `a b` is neither a node nor `node.output` (write \"node\" or \"node.output\")"],
        ),
        (
            "parents = [\"initial\"]",
            "parents = []",
            &["40:11: node `slim` is never reached: it has no parents (write parents = [\"initial\"])"],
        ),
        ("parents = [\"initial\"]", "", &["38:1: node `slim` is never reached: it has no parents…"]),
        (
            "\"initial.odd\"",
            "\"initial.od\"",
            &["44:20: node `initial` has no output `od` (did you mean `odd`? outputs: odd, rows)"],
        ),
        ("\"initial.odd\"", "\"slim.odd\"", &["44:20: node `slim` has no output `odd` (outputs: rows)"]),
        (
            "name = \"slim\"",
            "name = \"late\"",
            &["43:8: two nodes are named `late`…", "44:12: node `late` has an unknown parent `slim`…"],
        ),
        (
            "name = \"slim\"",
            "name = \"slim.1\"",
            &[
                "39:8: `slim.1` cannot name a node (letters, digits, `_` and `-`)",
                "44:12: node `late` has an unknown parent `slim`…",
            ],
        ),
        (
            "algorithms = [\"keep\"]",
            "algorithms = [\"kep\"]",
            &[
                "30:13: the algorithm `keep` is not used…",
                "41:15: there is no [algorithms.kep] (did you mean `keep`? algorithms: keep, late)",
            ],
        ),
        (
            "algorithms = [\"keep\"]",
            "algorithms = [\"keep\", \"shared\"]",
            &[
                "41:23: `shared` is a tool, which node `slim` cannot run (name it in a property of an algorithm)",
            ],
        ),
        (
            "algorithms = [\"keep\"]",
            "algorithms = [\"keep\", \"flights\"]",
            &["41:23: `flights` is a reader, which node `slim` cannot run…"],
        ),
        (
            "[[chain]]\n",
            "[[chain]]\nname = 'x'\n[[chain]]\n",
            &["36:1: chain `x` has no nodes (write [[chain.node]] below it)"],
        ),
        (
            "[[chain]]\n",
            "[chain]\n",
            &[
                "30:13: the algorithm `keep` is not used…",
                "33:13: the algorithm `late` is not used…",
                "36:1: `chain` takes a list of tables, not a table (write [[chain]] on a line of its own)",
            ],
        ),
    ] {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        let found = problems(&text, &[]);
        let same = |found: &str, expected: &str| match expected.strip_suffix('…') {
            Some(beginning) => found.starts_with(beginning),
            None => found == expected,
        };
        let all = found.len() == expected.len() || expected[0].contains("not TOML");
        let fits = all && expected.iter().zip(&found).all(|(expected, found)| same(found, expected));
        if !fits {
            wrong.push(format!("{to}\nexpected: {expected:#?}\nfound: {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_problems_come_at_once_in_the_order_of_the_text() {
    let text = GOOD
        .replace("seed = 7", "seed = 'x'")
        .replace("\"b.csv\"", "\"z.csv\"")
        .replace("relational/select", "relational/nothing")
        .replace("\"initial.odd\"", "\"nobody\"");
    let found = problems(&text, &[]);
    let starts: Vec<&str> = found.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(starts, ["3:8:", "11:19:", "31:13:", "44:20:"], "{found:#?}");
}

#[test]
fn an_empty_file_says_what_is_missing() {
    assert_eq!(
        problems("", &[]),
        [
            "1:1: `name` is missing in [job] (write name = \"my-job\")",
            "1:1: `paths` is missing in [input] (write paths = [\"data/*.csv\"])",
            "1:1: `reader` is missing in [input] (write reader = \"NAME\", with [algorithms.NAME])",
        ]
    );
}

#[test]
fn overrides_take_the_place_of_what_is_written() {
    let settings = [
        ("job.block_bytes", "1MiB"),
        ("sample.rows", "5"),
        ("algorithms.flights.delimiter", "1"),
        ("algorithms.flights.null_values", "['x']"),
        ("input.paths", "['a.csv']"),
        ("output.compression", "lz4"),
    ];
    let job = checked(GOOD, &settings).unwrap().job;
    assert_eq!((job.block_bytes, job.sample.rows), (1 << 20, Some(5)));
    assert_eq!(job.algorithms["flights"].properties["delimiter"], Value::Str("1".into()));
    assert_eq!(
        job.algorithms["flights"].properties["null_values"],
        Value::List(vec![Value::Str("x".into())])
    );
    assert_eq!(job.input.files, [PathBuf::from("/jobs/a.csv")]);
    assert_eq!(job.output.compression, Compression::Lz4);
}

#[test]
fn problems_of_overrides_name_the_option() {
    for (key, value, expected) in [
        ("job.block_bytes", "much", "--set job.block_bytes=much: `block_bytes` is not a byte size…"),
        (
            "job.blokc_bytes",
            "1",
            "--set job.blokc_bytes=1: unknown key `blokc_bytes` in [job] (did you mean `block_bytes`?…",
        ),
        ("seed", "1", "--set seed=1: `seed` does not name a key in a section…"),
        ("chain.node", "1", "--set chain.node=1: `chain` is not a table, so `chain.node` cannot be set…"),
        ("job..seed", "1", "--set job..seed=1: `job..seed` does not name a key in a section…"),
        (
            "input.paths",
            "['z.csv']",
            "--set input.paths=['z.csv']: there is no file `z.csv` (looked for /jobs/z.csv)",
        ),
        (
            "algorithms.flights.header_rows",
            "x",
            "--set algorithms.flights.header_rows=x: `header_rows` takes an integer, not a string…",
        ),
    ] {
        let found = problems(GOOD, &[(key, value)]);
        let expected = expected.trim_end_matches('…');
        assert!(found.len() == 1 && found[0].starts_with(expected), "{expected}\n{found:#?}");
    }
}

#[test]
fn problems_are_drawn_with_their_line() {
    let found = checked(&GOOD.replace("seed = 7", "sede = 7"), &[]).unwrap_err();
    let diagnostic = found.diagnostics().remove(0);
    let mut drawn = String::new();
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none());
    handler.render_report(&mut drawn, &diagnostic).unwrap();
    assert!(drawn.contains("unknown key `sede`") && drawn.contains("job.toml:3:1"), "{drawn}");
    assert!(drawn.contains("sede = 7") && drawn.contains("did you mean `seed`?"), "{drawn}");
}

#[test]
fn paths_are_relative_to_the_job_file_on_disk() {
    let scratch = tempfile::tempdir().unwrap();
    std::fs::write(scratch.path().join("a.csv"), "x\n").unwrap();
    let text =
        "[job]\nname='a'\n[input]\npaths=['*.csv']\nreader='r'\n[algorithms.r]\ncomponent='csv-reader/csv'\n";
    let path = scratch.path().join("job.toml");
    std::fs::write(&path, text).unwrap();
    let job = load(&path, &catalogue(&[CSV]), &[]).unwrap().job;
    assert_eq!(job.input.files, [scratch.path().join("a.csv")]);
    assert!(matches!(load(&scratch.path().join("none"), &catalogue(&[]), &[]), Err(JobFileError::Io { .. })));
}

proptest::proptest! {
    #[test]
    fn any_text_is_checked_without_a_panic(text in "\\PC{0,300}") {
        let _ = checked(&text, &[]);
    }

    #[test]
    fn a_changed_job_is_checked_without_a_panic(
        at in 0usize..1100, length in 0usize..40, text in "[\\[\\]{}\"'=a-z0-9.\n é]{0,8}",
        key in "[a-z.]{0,12}", value in "\\PC{0,12}",
    ) {
        let at = at.min(GOOD.len());
        let mut changed = GOOD.to_owned();
        changed.replace_range(at..(at + length).min(GOOD.len()), &text);
        let lines: BTreeSet<usize> = match checked(&changed, &[(&key, &value)]) {
            Ok(_) => BTreeSet::new(),
            Err(problems) => {
                proptest::prop_assert!(problems.has_errors());
                problems.problems.iter().filter(|p| p.option.is_none()).map(|p| p.line).collect()
            }
        };
        proptest::prop_assert!(lines.iter().all(|line| (1..=changed.split('\n').count()).contains(line)));
    }
}
