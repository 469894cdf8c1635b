//! Jobs to messages and back.

use std::path::{Path, PathBuf};

use super::*;
use crate::menu::files::{Files, PathKind};
use crate::menu::job_file::check;
use crate::menu::restore::{Inputs, from_messages_with};
use crate::plugin::catalogue::Catalogue;
use crate::plugin::catalogue::tests::catalogue;

const PLUGIN: &str = r#"
manifest = 1
id = "p"
version = "1.2.3"
[[component]]
kind = "reader"
name = "r"
outputs = ["rows", "odd"]
property = [
    { name = "layout", type = "path" }, { name = "wait", type = "duration", default = "1.5 s" },
    { name = "buffer", type = "bytes" }, { name = "level", type = "float" }, { name = "on", type = "bool" },
    { name = "names", type = "list" }, { name = "map", type = "table" }, { name = "n", type = "int" },
]
[[component]]
kind = "algorithm"
name = "a"
outputs = ["rows"]
property = [{ name = "tool", type = "string" }]
[[component]]
kind = "tool"
name = "t"
"#;

const JOB: &str = r#"
[job]
name = "j"
seed = 9223372036854775807
block_bytes = 65537
max_memory = "1 GiB"
[sample]
rows = 5
[input]
paths = ["*.csv"]
reader = "read"
on_bad_input = "quarantine"
on_mismatch = "abort"
columns = "by-name"
provenance = true
[output]
compression = "lz4"
rows_per_batch = 1000
file_bytes = 12345
[tools.t]
component = "p/t"
[algorithms.read]
component = "p@1.2/r"
layout = "layout.toml"
buffer = "64 KiB"
level = inf
on = true
names = ["it's", "\"é\"", 1, 2.0, [true]]
map = { a = { b = -1 }, c = "" }
n = -7
[algorithms.a]
component = "p/a"
tool = "t"
[[chain]]
name = "c1"
[[chain.node]]
name = "x"
parents = ["initial"]
algorithms = ["a", "a"]
[[chain]]
name = "c2"
[[chain.node]]
name = "y"
parents = ["x", "initial.odd"]
algorithms = ["a"]
"#;

/// Everything is a file; `*.csv` stands for two of them.
struct World;

impl Files for World {
    fn kind(&self, path: &Path) -> PathKind {
        if path.to_string_lossy().contains('*') { PathKind::Missing } else { PathKind::File }
    }

    fn matching(&self, base: &Path, _: &str) -> Result<Vec<PathBuf>, String> {
        Ok(vec![base.join("a.csv"), base.join("b.csv")])
    }
}

fn job(text: &str, base: &str) -> (Job, Catalogue) {
    let catalogue = catalogue(&[PLUGIN]);
    let checked = check(text, "job.toml", Path::new(base), &catalogue, &World, &[]).unwrap();
    (checked.job, catalogue)
}

#[test]
fn a_job_survives_its_messages() {
    let (job, catalogue) = job(JOB, "/jobs");
    let (menu, configuration) = compile(&job);
    let back = from_messages_with(&menu, &configuration, &catalogue, None, &World).unwrap();
    assert_eq!(back.job, job);
    assert_eq!(compile(&back.job), (menu, configuration));
}

#[test]
fn the_least_job_survives_too() {
    let text = "[job]\nname='j'\n[input]\npaths=['a.csv']\nreader='r'\n[algorithms.r]\ncomponent='p/r'\n";
    let (job, catalogue) = job(text, "/jobs");
    let (menu, configuration) = compile(&job);
    let back = from_messages_with(&menu, &configuration, &catalogue, None, &World).unwrap();
    assert_eq!(back.job, job);
}

#[test]
fn messages_have_the_form_of_the_model() {
    let (menu, configuration) = compile(&job(JOB, "/jobs").0);
    let [first, second] = menu.graphs.as_slice() else { panic!("{menu:?}") };
    assert_eq!(first.nodes[0], Node { name: "initial".into(), parents: vec![], algos: vec!["read".into()] });
    assert_eq!(first.nodes[1].algos, ["a", "a"]);
    assert_eq!(second.nodes[1].parents, ["x", "initial.odd"]);
    assert_eq!(configuration.max_malloc_size_bytes, 1 << 30);
    assert_eq!(configuration.sampler, Some(Sampler { ndatums: 8, nchunks: 4 }));
    let reader = configuration.algos.iter().find(|module| module.name == "read").unwrap();
    assert_eq!((reader.module.as_str(), reader.klass.as_str()), ("p@1.2", "r"));
    let properties = &reader.properties.as_ref().unwrap().property;
    let found: Vec<_> =
        properties.iter().map(|p| (p.name.as_str(), p.r#type.as_str(), p.value.as_str())).collect();
    assert_eq!(
        found,
        [
            ("buffer", "str", "64 KiB"),
            ("layout", "str", "/jobs/layout.toml"),
            ("level", "float", "inf"),
            ("map", "dict", r#"{"a":{"b":-1},"c":""}"#),
            ("n", "int", "-7"),
            ("names", "list", r#"["it's","\"é\"",1,2.0,[true]]"#),
            ("on", "bool", "True"),
            ("wait", "str", "1500 ms"),
        ]
    );
}

#[test]
fn the_recipe_knows_nothing_of_places_memory_and_pins() {
    let here = compile_recipe(&job(JOB, "/jobs").0);
    let elsewhere =
        JOB.replace("1 GiB", "2 GiB").replace("p@1.2/r", "p/r").replace("layout.toml", "other.toml");
    assert_eq!(compile_recipe(&job(&elsewhere, "/elsewhere").0), here);
    assert!(!format!("{here:?}").contains("/jobs"));
    for (from, to) in [
        ("name = \"j\"", "name = \"k\""),
        ("seed = 9", "seed = 8"),
        ("65537", "65538"),
        ("rows = 5", "rows = 6"),
        ("quarantine", "skip"),
        ("\"abort\"", "\"null\""),
        ("by-name", "same"),
        ("provenance = true", "provenance = false"),
        ("lz4", "none"),
        ("rows_per_batch = 1000", ""),
        ("12345", "12346"),
        ("n = -7", "n = -8"),
        ("initial.odd", "initial"),
    ] {
        let changed = JOB.replacen(from, to, 1);
        assert_ne!(compile_recipe(&job(&changed, "/jobs").0), here, "{from}");
    }
}

#[test]
fn other_inputs_can_be_given() {
    let (job, catalogue) = job(JOB, "/jobs");
    let (menu, configuration) = compile(&job);
    let inputs = Inputs { base: Path::new("/new"), paths: &["z.csv".to_owned()] };
    let back = from_messages_with(&menu, &configuration, &catalogue, Some(inputs), &World).unwrap();
    assert_eq!(back.job.input.files, [PathBuf::from("/new/z.csv")]);
    assert_eq!(back.job.algorithms["read"].properties["layout"], Value::Str("/jobs/layout.toml".into()));
}

#[test]
fn bad_messages_say_which_part_is_wrong() {
    let (job, catalogue) = job(JOB, "/jobs");
    let check = |change: &dyn Fn(&mut Menu, &mut Configuration), expected: &str| {
        let (mut menu, mut configuration) = compile(&job);
        change(&mut menu, &mut configuration);
        let problems =
            from_messages_with(&menu, &configuration, &catalogue, None, &World).unwrap_err().to_string();
        assert!(problems.contains(expected), "{expected}\n{problems}");
    };
    check(
        &|menu, _| menu.graphs[0].nodes[1].parents = vec!["y".into()],
        "menu, node x: the menu has a cycle: x → y → x",
    );
    check(&|_, c| c.input = None, "configuration, input: the configuration was not made by this host");
    check(&|_, c| c.algos[0].klass = "b".into(), "algorithm a: plugin `p` 1.2.3 has no component `b`");
    check(&|_, c| c.algos.push(c.algos[0].clone()), "algorithm a: the configuration has two of the name `a`");
    let property = |c: &mut Configuration, kind: &str, value: &str| {
        let properties = c.algos[1].properties.as_mut().unwrap();
        let found = properties.property.iter_mut().find(|property| property.name == "n").unwrap();
        (found.r#type, found.value) = (kind.into(), value.into());
    };
    check(&|_, c| property(c, "int", "x"), "algorithm read, property n: its value is not of the type `int`");
    check(
        &|_, c| property(c, "dict", "[]"),
        "algorithm read, property n: its value is not of the type `dict`",
    );
    check(
        &|_, c| property(c, "object", "1"),
        "algorithm read, property n: its value is not of the type `object`",
    );
    check(&|_, c| property(c, "str", "1"), "algorithm read, property n: `n` takes an integer, not a string");
}
