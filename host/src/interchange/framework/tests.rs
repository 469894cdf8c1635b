//! Jobs of the framework, and what has no counterpart.

use artemis_proto::cronus::{GeneratorInput, Input, Properties, Property};

use super::*;

fn module(name: &str, klass: &str, properties: &[(&str, &str, &str)]) -> Module {
    let property = properties.iter().map(|(name, kind, value)| Property {
        name: (*name).into(),
        r#type: (*kind).into(),
        value: (*value).into(),
    });
    Module {
        name: name.into(),
        module: "artemis.somewhere".into(),
        klass: klass.into(),
        properties: Some(Properties { property: property.collect() }),
    }
}

/// A parser and its tools.
fn configuration() -> Configuration {
    let tools = [
        module("csvtool", "CsvTool", &[("delimiter", "str", ";"), ("quote_char", "bool", "False")]),
        module("filehandler", "FileHandlerTool", &[("blocksize", "int", "65536"), ("delimiter", "str", ";")]),
        module("filtercoltool", "FilterColTool", &[("columns", "list", "['a', 'b']")]),
        // Nothing asks for it, so nothing of it matters.
        module("tdigesttool", "TDigestTool", &[("anything", "str", "")]),
    ];
    let generator = module("generator", "FileGenerator", &[("path", "str", "/in"), ("glob", "str", ".csv")]);
    Configuration {
        tools: tools.into_iter().map(|tool| (tool.name.clone(), tool)).collect(),
        algos: vec![
            module("csvparser", "CsvParserAlgo", &[("loglevel", "str", "INFO")]),
            module("filter", "FilterAlgo", &[]),
            module("profiler", "ProfilerAlgo", &[]),
            module("legacy", "LegacyDataAlgo", &[]),
            module("dummy", "DummyAlgo1", &[]),
        ],
        input: Some(Input { generator: Some(GeneratorInput { config: Some(generator) }), atom: None }),
        ..Configuration::default()
    }
}

/// `name parents algorithms`, each list parted by commas.
fn menu(nodes: &[&str]) -> Menu {
    let list = |text: &str| text.split(',').filter(|item| !item.is_empty()).map(str::to_owned).collect();
    let mut all = vec![Node { name: INITIAL.into(), parents: vec![], algos: vec!["iorequest".into()] }];
    all.extend(nodes.iter().map(|node| {
        let parts: Vec<&str> = node.split(' ').collect();
        Node { name: parts[0].into(), parents: list(parts[1]), algos: list(parts[2]) }
    }));
    let graph = Graph { name: String::new(), nodes: all };
    Menu { name: "x.menu.pb".into(), uuid: "ab12cd34-ef".into(), graphs: vec![graph] }
}

fn property(module: &Module, name: &str) -> Option<String> {
    let properties = &module.properties.as_ref().unwrap().property;
    properties.iter().find(|property| property.name == name).map(|property| property.value.clone())
}

fn problems(menu: &Menu, configuration: &Configuration) -> Vec<String> {
    let refused = translate(menu, configuration, None, true).unwrap_err();
    refused.0.iter().map(ToString::to_string).collect()
}

/// A configuration in which one property of a tool is set.
fn with(tool: &str, name: &str, kind: &str, value: &str) -> Configuration {
    let mut configuration = configuration();
    let module = configuration.tools.get_mut(tool).unwrap();
    let list = &mut module.properties.as_mut().unwrap().property;
    list.retain(|property| property.name != name);
    list.push(Property { name: name.into(), r#type: kind.into(), value: value.into() });
    configuration
}

#[test]
fn the_parser_becomes_the_reader_and_the_filter_a_selection() {
    let menu = menu(&["parsed initial csvparser", "slim parsed filter", "both initial csvparser,filter"]);
    let ours = translate(&menu, &configuration(), None, false).unwrap();
    let nodes = &ours.menu.graphs[0].nodes;
    let algos: Vec<_> = nodes.iter().map(|node| node.algos.join(",")).collect();
    assert_eq!(algos, ["", "pass", "filter", "filter"]);
    assert_eq!(
        (ours.menu.name.as_str(), ours.menu.graphs[0].name.as_str()),
        ("imported-ab12cd34", "chain-0")
    );

    let algorithm = |name: &str| ours.configuration.algos.iter().find(|module| module.name == name).unwrap();
    let reader = algorithm("csvparser");
    assert_eq!((reader.module.as_str(), reader.klass.as_str()), ("csv-reader", "csv"));
    assert_eq!(property(reader, "delimiter").as_deref(), Some(";"));
    assert_eq!(property(reader, "quote").as_deref(), Some(""));
    assert_eq!(property(algorithm("filter"), "keep").as_deref(), Some(r#"["a","b"]"#));

    let input = ours.configuration.input.unwrap().generator.unwrap().config.unwrap();
    assert_eq!(property(&input, "reader").as_deref(), Some("csvparser"));
    assert_eq!(property(&input, "block_bytes").as_deref(), Some("64 KiB"));
    assert_eq!(property(&input, "files").as_deref(), Some(r#"["/in/*.csv"]"#));
    assert!(!is_foreign(&Configuration {
        input: Some(Input { generator: Some(GeneratorInput { config: Some(input) }), atom: None }),
        ..Configuration::default()
    }));
}

#[test]
fn an_inverted_filter_drops_and_one_without_columns_does_nothing() {
    let menu = menu(&["slim initial csvparser,filter"]);
    let inverted = translate(&menu, &with("filtercoltool", "invert", "bool", "True"), None, true).unwrap();
    let filter = inverted.configuration.algos.iter().find(|module| module.name == "filter").unwrap();
    assert_eq!(property(filter, "drop").as_deref(), Some(r#"["a","b"]"#));
    let absent = translate(&menu, &with("filtercoltool", "columns", "NoneType", "None"), None, true).unwrap();
    assert_eq!(absent.menu.graphs[0].nodes[1].algos, ["pass"]);
}

#[test]
fn what_has_no_counterpart_is_named_and_all_of_it_at_once() {
    let csv = menu(&["parsed initial csvparser"]);
    let cases = [
        (
            with("csvtool", "double_quote", "bool", "False"),
            "csvtool (CsvTool), property double_quote: false has",
        ),
        (with("csvtool", "skip_rows", "int", "3"), "csvtool (CsvTool), property skip_rows: 3 has"),
        (
            with("csvtool", "unheard", "str", "x"),
            "csvtool (CsvTool), property unheard: it has no counterpart",
        ),
        (
            with("csvtool", "null_values", "list", "__import__('os')"),
            "csvtool (CsvTool), property null_values: its",
        ),
        (
            with("csvtool", "column_types", "dict", "{'a': 'list'}"),
            "csvtool (CsvTool), property column_types: column",
        ),
        (
            with("csvtool", "delimiter", "str", ","),
            "filehandler (FileHandlerTool), property delimiter: it is",
        ),
        (
            with("filehandler", "filetype", "str", "sas7bdat"),
            "filehandler (FileHandlerTool), property filetype:",
        ),
        (
            with("filehandler", "blocksize", "int", "-1"),
            "filehandler (FileHandlerTool), property blocksize: -1",
        ),
        (
            with("filehandler", "encoding", "str", "cp500"),
            "filehandler (FileHandlerTool), property encoding:",
        ),
    ];
    for (configuration, expected) in &cases {
        let problems = problems(&csv, configuration);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(expected), "{problems:?}");
    }
    let two = with("csvtool", "skip_rows", "int", "3");
    let problems = problems(&menu(&["a initial csvparser,dummy", "b initial csvparser,profiler"]), &two);
    let starts = [
        "csvtool (CsvTool), property skip_rows",
        "dummy (DummyAlgo1): it has",
        "profiler (ProfilerAlgo): it needs plugin profiler",
    ];
    for (problem, start) in problems.iter().zip(starts) {
        assert!(problem.starts_with(start), "{problem}");
    }
    assert_eq!(problems.len(), starts.len());
}

#[test]
fn menus_that_do_not_read_first_are_refused() {
    for (nodes, expected) in [
        (&["a initial legacy"][..], "legacy (LegacyDataAlgo): it needs plugin fwf-reader"),
        (&["a initial filter"], "filter (FilterAlgo): node \"a\" gives it the bytes of a chunk"),
        (
            &["a initial csvparser", "b a csvparser"],
            "csvparser (CsvParserAlgo): node \"b\" gives it what was parsed",
        ),
        (&["a initial csvparser", "b a absent"], "absent: the configuration has no algorithm of this name"),
        (&["a initial "], "a: node \"a\" has no algorithm"),
        (&[], "menu: no node has an algorithm"),
    ] {
        let problems = problems(&menu(nodes), &configuration());
        assert!(problems[0].starts_with(expected), "{problems:?}");
    }
}

#[test]
fn a_job_without_inputs_needs_some() {
    let mut configuration = configuration();
    let generator = configuration.input.as_mut().unwrap().generator.as_mut().unwrap();
    generator.config.as_mut().unwrap().properties = None;
    let menu = menu(&["a initial csvparser"]);
    let refused = translate(&menu, &configuration, None, false).unwrap_err().to_string();
    assert!(
        refused
            .ends_with("generator (FileGenerator): the configuration names no input; give some with --input"),
        "{refused}"
    );
    assert!(translate(&menu, &configuration, None, true).is_ok());
}
