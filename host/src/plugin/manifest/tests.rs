//! A whole manifest, and one line per fault.

use super::*;

const WHOLE: &str = r#"
manifest = 1
id = "csv-reader"
version = "0.1.0"
vendor = "Artemis"
licence = "Apache-2.0"
description = "Reads delimited text"
compiler = "rustc 1.95.0"
arrow = "60.1.0"
sdk = "0.1.0"
novelty = true
[[component]]
kind = "reader"
name = "csv"
doc = "Delimited text"
outputs = ["rows", "odd"]
accepts = ["utf8", "int64"]
ordered = true
partial = "exact"
[[component.property]]
name = "delimiter"
type = "string"
default = ","
choices = [",", ";"]
aliases = ["sep"]
doc = "Between fields"
[[component.property]]
name = "buffer"
type = "bytes"
default = "64 KiB"
min = 1
max = 1_000_000
hue = 3
[[component]]
kind = "tool"
name = "columns"
[[component.property]]
name = "token"
type = "string"
secret = true
required = true
deprecated = "use key"
"#;

#[test]
fn a_whole_manifest_is_read() {
    let manifest = Manifest::parse(WHOLE).unwrap();
    assert_eq!((manifest.id.as_str(), manifest.version.as_str()), ("csv-reader", "0.1.0"));
    assert_eq!(manifest.compiler.as_deref(), Some("rustc 1.95.0"));
    assert!(manifest.deterministic);
    assert_eq!(manifest.unknown_keys, ["component.property.hue", "novelty"]);
    let csv = manifest.component("csv").unwrap();
    assert_eq!(csv.outputs, ["rows", "odd"]);
    assert_eq!(csv.accepts, ["utf8", "int64"]);
    assert_eq!((csv.kind, csv.ordered, &csv.partial), (ComponentKind::Reader, true, &PartialPromise::Exact));
    let [delimiter, buffer] = csv.properties.as_slice() else { panic!("{csv:?}") };
    assert_eq!(delimiter.default, Some(Value::Str(",".into())));
    assert_eq!(delimiter.choices.len(), 2);
    assert_eq!(delimiter.aliases, ["sep"]);
    assert_eq!((buffer.default.clone(), buffer.max), (Some(Value::Int(65_536)), Some(1e6)));
    let tool = manifest.component("columns").unwrap();
    assert_eq!((tool.accepts.as_slice(), tool.outputs.len()), (&["*".to_owned()][..], 0));
    assert!(tool.properties[0].secret && tool.properties[0].required);
    assert_eq!(tool.properties[0].deprecated.as_deref(), Some("use key"));
}

#[test]
fn each_fault_is_named_with_its_line() {
    for (from, to, expected) in [
        ("manifest = 1", "manifest = 2", "manifest:2:12: manifest format 2; this host reads 1"),
        ("manifest = 1", "", "manifest:1:1: `manifest` is missing in the manifest"),
        ("id = \"csv-reader\"", "id = \"Csv\"", "manifest:3:6: `id` cannot be \"Csv\""),
        ("version = \"0.1.0\"", "version = \"new\"", "manifest:4:11: `version` cannot be \"new\""),
        ("version = \"0.1.0\"", "version = 1", "manifest:4:11: `version` takes a string, not an integer"),
        ("kind = \"reader\"", "kind = \"raeder\"", "manifest:13:8: `kind` cannot be `raeder`"),
        ("outputs = [\"rows\", \"odd\"]", "", "manifest:12:1: a reader has at least one output"),
        ("\"odd\"]", "\"rows\"]", "manifest:16:20: two outputs are named `rows`"),
        ("\"odd\"]", "\"rejected\"]", "manifest:16:20: `rejected` cannot name an output"),
        ("name = \"columns\"", "name = \"csv\"", "manifest:34:1: two components are named `csv`"),
        ("name = \"buffer\"", "name = \"sep\"", "manifest:27:1: two properties or aliases are named `sep`"),
        ("name = \"buffer\"", "name = \"component\"", "manifest:28:8: `name` cannot be \"component\""),
        ("type = \"bytes\"", "type = \"byte\"", "manifest:29:8: `type` cannot be `byte`"),
        ("\"64 KiB\"", "\"64 Kib!\"", "manifest:30:11: the default is not a byte size"),
        ("\"64 KiB\"", "2_000_000", "manifest:30:11: the default is \"2 MB\", which is out of range"),
        ("default = \",\"", "default = \"|\"", "manifest:23:11: the default cannot be \"|\""),
        ("[\",\", \";\"]", "[1]", "manifest:24:12: a choice takes a string, not an integer"),
        (
            "min = 1",
            "min = 'a'",
            "manifest:31:7: `min` is a number, and only for numbers, bytes and durations",
        ),
        ("min = 1", "min = 2_000_000", "manifest:27:1: `min` of `buffer` is above its `max`"),
        ("required = true", "default = 'a'", "manifest:41:11: `token` is secret, so it has no default"),
        ("licence = \"Apache-2.0\"", "licence = ", "manifest:6:11: "),
    ] {
        let text = WHOLE.replacen(from, to, 1);
        let problems = Manifest::parse(&text).unwrap_err().to_string();
        assert!(problems.lines().any(|line| line.starts_with(expected)), "{expected}\nfound: {problems}");
    }
    assert!(
        Manifest::parse("manifest = 1\nid = 'a'\nversion = '1'").unwrap_err().to_string().contains("not 0")
    );
}

proptest::proptest! {
    #[test]
    fn any_text_reads_or_says_why(text in "\\PC{0,200}") {
        let _ = Manifest::parse(&text);
    }

    #[test]
    fn a_changed_manifest_reads_or_says_why(at in 0usize..700, text in "[\\[\\]\"=a-z0-9\n .]{0,4}") {
        let mut changed = WHOLE.to_owned();
        let at = at.min(changed.len());
        changed.insert_str(at, &text);
        let _ = Manifest::parse(&changed);
    }
}
