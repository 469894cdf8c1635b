//! The chains of a job file, and the problems of their graph at the places where they were written.

use std::collections::BTreeSet;

use super::configured::Configured;
use crate::menu::problem::Report;
use crate::menu::section::Section;
use crate::menu::tree::Place;
use crate::menu::{Chain, Input, Menu, Node, Parent, is_name, suggest};
use crate::plugin::manifest::ComponentKind;
use crate::steering::plan::{Plan, Spot};

/// Where the parts of a node were written.
struct Places {
    name: Place,
    parents: Place,
    parent: Vec<Place>,
    algorithms: Place,
    algorithm: Vec<Place>,
    /// Its lists lost something that did not read; that they are empty says nothing then.
    parents_broken: bool,
    algorithms_broken: bool,
}

pub(super) fn read(
    root: &mut Section<'_>,
    input: Option<&Input>,
    algorithms: &mut Configured<'_>,
    tools: &Configured<'_>,
    report: &mut Report,
) -> Menu {
    let mut menu = Menu::default();
    let mut places = Vec::new();
    let mut names = BTreeSet::new();
    for mut section in root.sections("chain", "[[chain]]", report) {
        let name = name(&mut section, "chain", report);
        if !name.is_empty() && !names.insert(name.clone()) {
            report.error(section.place_of("name"), format!("two chains are named `{name}`"), None);
        }
        let mut chain = Chain { name, nodes: Vec::new() };
        let mut inner = Vec::new();
        for node in section.sections("node", "[[chain.node]]", report) {
            let (node, at) = read_node(node, report);
            check_algorithms(&node, &at, algorithms, tools, report);
            chain.nodes.push(node);
            inner.push(at);
        }
        if chain.nodes.is_empty() {
            let message = format!("chain `{}` has no nodes", chain.name);
            report.error(&section.place, message, "write [[chain.node]] below it".to_owned());
        }
        section.finish(report);
        menu.chains.push(chain);
        places.push(inner);
    }

    let reader = input.and_then(|input| algorithms.config(&input.reader));
    let reader = reader.filter(|reader| reader.kind == ComponentKind::Reader);
    let reader = reader.map(|reader| reader.outputs.as_slice());
    let known = |name: &str| algorithms.config(name).filter(|config| config.kind == ComponentKind::Algorithm);
    for problem in Plan::build(&menu, reader, &known).err().unwrap_or_default() {
        let at = &places[problem.chain][problem.node];
        let place = match problem.spot {
            Spot::Parents if at.parents_broken => continue,
            Spot::Algorithms if at.algorithms_broken => continue,
            Spot::Name => &at.name,
            Spot::Parents => &at.parents,
            Spot::Parent(index) => at.parent.get(index).unwrap_or(&at.parents),
            Spot::Algorithms => &at.algorithms,
            Spot::Algorithm(index) => at.algorithm.get(index).unwrap_or(&at.algorithms),
        };
        report.error(place, problem.message, problem.help);
    }
    menu
}

/// The name of a chain or node; an unusable one is reported and kept, so that others can refer to it.
fn name(section: &mut Section<'_>, what: &str, report: &mut Report) -> String {
    section.required("name", "name = \"…\"", report);
    let name = section.string("name", report).unwrap_or_default();
    if !name.is_empty() && !is_name(name) || section.table().get("name").is_some() && name.is_empty() {
        let help = "letters, digits, `_` and `-`".to_owned();
        report.error(section.place_of("name"), format!("`{name}` cannot name a {what}"), help);
    }
    name.to_owned()
}

fn read_node(mut section: Section<'_>, report: &mut Report) -> (Node, Places) {
    let name = name(&mut section, "node", report);
    let written = section.strings("parents", report).unwrap_or_default();
    let mut parents = Vec::new();
    let mut parent_places = Vec::new();
    for (text, place) in &written {
        match text.parse::<Parent>() {
            Ok(parent) => {
                parents.push(parent);
                parent_places.push((*place).clone());
            }
            Err(bad) => report.error(place, bad.to_string(), "write \"node\" or \"node.output\"".to_owned()),
        }
    }
    let listed = |section: &Section<'_>, key: &str| {
        let entry = section.table().get(key);
        entry.is_some_and(
            |entry| !matches!(&entry.item.data, crate::menu::tree::Data::List(items) if items.is_empty()),
        )
    };
    let named = section.strings("algorithms", report).unwrap_or_default();
    let places = Places {
        name: section.place_of("name").clone(),
        parents: section.place_of("parents").clone(),
        parent: parent_places,
        parents_broken: listed(&section, "parents"),
        algorithms: section.place_of("algorithms").clone(),
        algorithm: named.iter().map(|(_, place)| (*place).clone()).collect(),
        algorithms_broken: listed(&section, "algorithms"),
    };
    section.finish(report);
    let algorithms = named.into_iter().map(|(name, _)| name.to_owned()).collect();
    (Node { name, parents, algorithms }, places)
}

/// Reports names that are not algorithms; marks the others as used.
fn check_algorithms(
    node: &Node,
    places: &Places,
    algorithms: &mut Configured<'_>,
    tools: &Configured<'_>,
    report: &mut Report,
) {
    for (name, place) in node.algorithms.iter().zip(&places.algorithm) {
        if algorithms.kind(name) == Some(ComponentKind::Reader) {
            let help = "name it as `reader` in [input]; the node `initial` runs it".to_owned();
            report.error(place, format!("`{name}` is a reader, which node `{}` cannot run", node.name), help);
        } else if !algorithms.contains(name) && tools.contains(name) {
            let help = "name it in a property of an algorithm".to_owned();
            report.error(place, format!("`{name}` is a tool, which node `{}` cannot run", node.name), help);
        } else if !algorithms.contains(name) {
            let help = suggest::help(name, algorithms.names_of(ComponentKind::Algorithm), "algorithms");
            report.error(place, format!("there is no [algorithms.{name}]"), help);
        }
        algorithms.mark_used(name);
    }
}
