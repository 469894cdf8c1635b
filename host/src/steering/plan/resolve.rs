//! Resolves the names of a menu: which output feeds which step, and which output feeds nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::{Leaf, Origin, Plan, Source, Step, cycle};
use crate::menu::{ComponentConfig, INITIAL, Menu, Node, Parent, suggest};

/// Something wrong with a menu's graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PlanProblem {
    /// Index of the chain.
    pub chain: usize,
    /// Index of the node in its chain.
    pub node: usize,
    /// What of the node it is about.
    pub spot: Spot,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

/// What of a node a problem is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// Its name.
    Name,
    /// The list of its parents.
    Parents,
    /// The parent of that index.
    Parent(usize),
    /// The list of its algorithms.
    Algorithms,
    /// The algorithm of that index.
    Algorithm(usize),
}

/// The outputs of a node that others can name.
struct Outputs {
    default: Option<Source>,
    named: BTreeMap<String, Source>,
    /// False if some component is unknown: then nothing is said about outputs.
    known: bool,
}

/// A node with its place in the menu.
struct Entry<'a> {
    chain: usize,
    index: usize,
    node: &'a Node,
}

impl Entry<'_> {
    fn problem(&self, spot: Spot, message: String, help: impl Into<Option<String>>) -> PlanProblem {
        PlanProblem { chain: self.chain, node: self.index, spot, message, help: help.into() }
    }
}

pub(super) fn build<'c>(
    menu: &Menu,
    reader: Option<&[String]>,
    lookup: &dyn Fn(&str) -> Option<&'c ComponentConfig>,
) -> Result<Plan, Vec<PlanProblem>> {
    let mut problems = Vec::new();
    let entries: Vec<Entry<'_>> = menu
        .chains
        .iter()
        .enumerate()
        .flat_map(|(chain, c)| {
            c.nodes.iter().enumerate().map(move |(index, node)| Entry { chain, index, node })
        })
        .collect();

    let numbers = numbers(menu, &entries, &mut problems);
    let parents = parents(&entries, &numbers, &mut problems);
    let sorted = cycle::sort(&parents);
    for cycle in &sorted.cycles {
        problems.push(cycle_problem(&entries, &parents, cycle));
    }
    let reader_outputs = Outputs {
        default: reader.and_then(|names| Some(Source::new(Origin::Reader, 0, names.first()?))),
        named: reader
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(port, name)| (name.clone(), Source::new(Origin::Reader, port, name)))
            .collect(),
        known: reader.is_some(),
    };

    let mut steps: Vec<Step> = Vec::new();
    let mut outputs: BTreeMap<usize, Outputs> = BTreeMap::new();
    let mut used: BTreeSet<Source> = BTreeSet::new();
    for number in &sorted.order {
        let entry = &entries[*number];
        let mut inputs = Vec::new();
        for (index, parent) in entry.node.parents.iter().enumerate() {
            let from = match numbers.get(parent.node.as_str()) {
                _ if parent.node == INITIAL => Some(&reader_outputs),
                Some(number) => outputs.get(number),
                None => None,
            };
            match from.map(|from| from.find(parent)) {
                Some(Ok(source)) if inputs.contains(source) => {
                    let message = format!("node `{}` names the parent `{parent}` twice", entry.node.name);
                    problems.push(entry.problem(Spot::Parent(index), message, None));
                }
                Some(Ok(source)) => {
                    used.insert(source.clone());
                    inputs.push(source.clone());
                }
                Some(Err(Some((message, help)))) => {
                    problems.push(entry.problem(Spot::Parent(index), message, help));
                }
                // Nothing certain is known of it, or it is reported already.
                Some(Err(None)) | None => {}
            }
        }
        outputs.insert(*number, add_steps(entry, inputs, lookup, &mut steps, &mut problems));
    }
    if !problems.is_empty() {
        problems.sort_by_key(|problem| (problem.chain, problem.node));
        return Err(problems);
    }

    let mut leaves = Vec::new();
    leaves_of(INITIAL, &reader_outputs, &used, &mut leaves);
    for (number, outputs) in &outputs {
        leaves_of(&entries[*number].node.name, outputs, &used, &mut leaves);
    }
    Ok(Plan { steps, leaves })
}

/// Numbers the nodes by name, in the order of the menu.
fn numbers<'a>(
    menu: &Menu,
    entries: &[Entry<'a>],
    problems: &mut Vec<PlanProblem>,
) -> BTreeMap<&'a str, usize> {
    let mut numbers = BTreeMap::new();
    for (number, entry) in entries.iter().enumerate() {
        let name = entry.node.name.as_str();
        if name == INITIAL {
            let help =
                "leave it out, and name `initial` as a parent; it runs the reader of [input]".to_owned();
            problems.push(entry.problem(
                Spot::Name,
                "the node `initial` is there by itself".to_owned(),
                help,
            ));
        } else if let Some(first) = numbers.get(name).map(|number: &usize| &entries[*number]) {
            let message = format!("two nodes are named `{name}`");
            let help = format!(
                "the first one is in chain `{}`; names are unique in a menu",
                menu.chains[first.chain].name
            );
            problems.push(entry.problem(Spot::Name, message, help));
        } else {
            numbers.insert(name, number);
        }
    }
    numbers
}

/// The parents of each node by number, without `initial` and unknown ones.
fn parents(
    entries: &[Entry<'_>],
    numbers: &BTreeMap<&str, usize>,
    problems: &mut Vec<PlanProblem>,
) -> Vec<Vec<usize>> {
    let mut all = Vec::new();
    for entry in entries {
        let node = entry.node;
        if node.parents.is_empty() {
            let message = format!("node `{}` is never reached: it has no parents", node.name);
            problems.push(entry.problem(Spot::Parents, message, "write parents = [\"initial\"]".to_owned()));
        }
        if node.algorithms.is_empty() {
            let message = format!("node `{}` runs no algorithm", node.name);
            problems.push(entry.problem(
                Spot::Algorithms,
                message,
                "name at least one of [algorithms]".to_owned(),
            ));
        }
        let mut found = Vec::new();
        for (index, parent) in node.parents.iter().enumerate() {
            match numbers.get(parent.node.as_str()) {
                Some(number) => found.push(*number),
                None if parent.node == INITIAL => {}
                None => {
                    let message = format!("node `{}` has an unknown parent `{}`", node.name, parent.node);
                    let names = std::iter::once(INITIAL).chain(numbers.keys().copied());
                    let help = suggest::help(&parent.node, names, "nodes");
                    problems.push(entry.problem(Spot::Parent(index), message, help));
                }
            }
        }
        all.push(found);
    }
    all
}

/// Prints the cycle, at the parent through which it comes back to its first node.
fn cycle_problem(entries: &[Entry<'_>], parents: &[Vec<usize>], cycle: &[usize]) -> PlanProblem {
    let (first, last) = (cycle[0], cycle[cycle.len() - 1]);
    let names: Vec<&str> =
        cycle.iter().chain([&first]).map(|number| entries[*number].node.name.as_str()).collect();
    let back = &entries[last].node.name;
    let index = entries[first].node.parents.iter().position(|parent| parent.node == *back);
    debug_assert!(parents[first].contains(&last));
    let spot = index.map_or(Spot::Parents, Spot::Parent);
    let help = "data cannot come back to a node; take one of these parents away".to_owned();
    entries[first].problem(spot, format!("the menu has a cycle: {}", names.join(" → ")), help)
}

/// Appends a node's algorithms as steps and tells its outputs.
fn add_steps<'c>(
    entry: &Entry<'_>,
    mut inputs: Vec<Source>,
    lookup: &dyn Fn(&str) -> Option<&'c ComponentConfig>,
    steps: &mut Vec<Step>,
    problems: &mut Vec<PlanProblem>,
) -> Outputs {
    let mut outputs = Outputs { default: None, named: BTreeMap::new(), known: true };
    for (index, algorithm) in entry.node.algorithms.iter().enumerate() {
        let Some(config) = lookup(algorithm) else {
            outputs.known = false;
            continue;
        };
        let step = steps.len();
        steps.push(Step {
            index: step,
            node: entry.node.name.clone(),
            algorithm: algorithm.clone(),
            component: config.component.clone(),
            inputs: inputs.clone(),
            outputs: config.outputs.clone(),
        });
        for (port, name) in config.outputs.iter().enumerate().skip(1) {
            let source = Source::new(Origin::Step(step), port, name);
            if outputs.named.insert(name.clone(), source).is_some() {
                problems.push(clash(entry, index, name));
            }
        }
        if let Some(name) = config.outputs.first() {
            let default = Source::new(Origin::Step(step), 0, name);
            inputs = vec![default.clone()];
            outputs.default = Some(default);
        }
    }
    // `node.rows` is the same as `node` if `rows` is what the default output is called.
    if let Some(default) = outputs.default.clone()
        && outputs.named.insert(default.output.clone(), default.clone()).is_some()
    {
        problems.push(clash(entry, entry.node.algorithms.len() - 1, &default.output));
    }
    outputs
}

fn clash(entry: &Entry<'_>, index: usize, output: &str) -> PlanProblem {
    let name = &entry.node.name;
    let message = format!(
        "two algorithms of node `{name}` have an output `{output}`, so `{name}.{output}` could be either"
    );
    entry.problem(Spot::Algorithm(index), message, "give each of them a node of its own".to_owned())
}

impl Outputs {
    /// The output that a parent names. The error is `None` if nothing certain can be said.
    fn find(&self, parent: &Parent) -> Result<&Source, Option<(String, Option<String>)>> {
        let found = match &parent.output {
            None => self.default.as_ref(),
            Some(output) => self.named.get(output),
        };
        let node = &parent.node;
        match (found, &parent.output) {
            (Some(source), _) => Ok(source),
            _ if !self.known => Err(None),
            (None, None) => {
                let help = "its algorithms only book; name its parent instead".to_owned();
                Err(Some((format!("node `{node}` has no outputs"), Some(help))))
            }
            (None, Some(output)) => {
                let help = suggest::help(output, self.named.keys().map(String::as_str), "outputs");
                Err(Some((format!("node `{node}` has no output `{output}`"), help)))
            }
        }
    }
}

impl Source {
    fn new(origin: Origin, port: usize, output: &str) -> Source {
        Source { origin, port, output: output.to_owned() }
    }
}

/// The outputs of a node that nothing reads: the default one first, the named ones by step and port.
fn leaves_of(node: &str, outputs: &Outputs, used: &BTreeSet<Source>, leaves: &mut Vec<Leaf>) {
    if let Some(source) = outputs.default.as_ref().filter(|source| !used.contains(source)) {
        leaves.push(Leaf { partition: node.to_owned(), source: source.clone() });
    }
    let named = outputs.named.values().filter(|source| outputs.default.as_ref() != Some(source));
    let mut sources: Vec<&Source> = named.filter(|source| !used.contains(source)).collect();
    sources.sort();
    for source in sources {
        leaves.push(Leaf { partition: format!("{node}.{}", source.output), source: source.clone() });
    }
}
