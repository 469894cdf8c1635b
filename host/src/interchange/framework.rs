//! A menu and a configuration of the Python framework as a job of this host.
//!
//! [`table`] says what each of its classes and properties is here. What has no counterpart is a problem that names
//! module and property, unless it changes nothing of the result. Values are Python literals, which are read and never
//! evaluated.
//!
//! In the framework the chunk goes into the node `initial`, and an algorithm of each first node parses it. Here one
//! reader stands at `initial`, so the parser leaves the nodes and becomes the input's reader.

mod modules;
mod rules;
pub mod table;

use std::fmt;

use artemis_proto::cronus::{Configuration, Graph, Menu, Module, Node};

use crate::menu::compile::HOST_MODULE;
use crate::menu::{INITIAL, is_name};
use modules::Modules;

/// The modules of the framework all begin so; the one of this host's own settings does too.
const FRAMEWORK: &str = "artemis.";

/// A job of the framework in the messages of this host.
#[derive(Debug, Clone, PartialEq)]
pub struct Translated {
    /// The menu.
    pub menu: Menu,
    /// The configuration.
    pub configuration: Configuration,
    /// What a reader of the result should know: settings that mean nothing here, or not quite the same.
    pub notes: Vec<String>,
}

/// One setting that has no counterpart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoCounterpart {
    /// The configured name and the class: `csvtool (CsvTool)`.
    pub module: String,
    /// The property; `None` if it is the module as a whole.
    pub property: Option<String>,
    /// What is wrong, and what would do.
    pub reason: String,
}

/// All settings of a job of the framework that have no counterpart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this job of the Python framework cannot run here:{}", list(.0))]
pub struct Untranslatable(pub Vec<NoCounterpart>);

/// Whether a configuration is one of the framework.
pub fn is_foreign(configuration: &Configuration) -> bool {
    let generator = configuration.input.as_ref().and_then(|input| input.generator.as_ref());
    let input = generator.and_then(|generator| generator.config.as_ref());
    let foreign = |module: &Module| module.module.starts_with(FRAMEWORK) && module.module != HOST_MODULE;
    input.into_iter().chain(&configuration.algos).chain(configuration.tools.values()).any(foreign)
}

/// Translates a job of the framework. `named` is what to call the job; `has_inputs` says that the caller brings other
/// inputs than those of the configuration.
///
/// # Errors
/// [`Untranslatable`] with all that has no counterpart.
pub fn translate(
    menu: &Menu,
    configuration: &Configuration,
    named: Option<&str>,
    has_inputs: bool,
) -> Result<Translated, Untranslatable> {
    let mut modules = Modules::new(configuration);
    let mut graphs = Vec::new();
    for (index, graph) in menu.graphs.iter().enumerate() {
        let name = if is_name(&graph.name) { graph.name.clone() } else { format!("chain-{index}") };
        graphs.push(Graph { name, nodes: nodes(graph, &mut modules) });
    }
    let candidates = [named.unwrap_or_default(), &configuration.name, &menu.name];
    let name = match candidates.into_iter().find(|name| is_name(name)) {
        Some(name) => name.to_owned(),
        None => {
            format!("imported-{}", menu.uuid.chars().take_while(char::is_ascii_hexdigit).collect::<String>())
        }
    };
    modules.finish(name, graphs, has_inputs)
}

/// The nodes of a chain without the parsers, which become the reader.
fn nodes<'c>(graph: &'c Graph, modules: &mut Modules<'c>) -> Vec<Node> {
    let mut nodes = Vec::new();
    for node in &graph.nodes {
        if node.name == INITIAL {
            // Its only algorithm asks for the chunk, which the host does anyway.
            nodes.push(Node { algos: Vec::new(), ..node.clone() });
            continue;
        }
        let first = node.parents.is_empty() || node.parents.iter().any(|parent| parent == INITIAL);
        let mut algos = Vec::new();
        for (place, name) in node.algos.iter().enumerate() {
            let parses = modules.parses(name);
            match (parses, first && place == 0) {
                (true, true) => modules.read_by(name),
                (false, true) => modules.problem(
                    name,
                    None,
                    format!(
                        "node {:?} gives it the bytes of a chunk; here they go through a reader first",
                        node.name
                    ),
                ),
                (true, false) => modules.problem(
                    name,
                    None,
                    format!("node {:?} gives it what was parsed before", node.name),
                ),
                (false, false) => algos.extend(modules.algorithm(name)),
            }
        }
        if first && node.algos.is_empty() {
            let reason = format!("node {:?} has no algorithm that reads the bytes of a chunk", node.name);
            modules.problem(&node.name, None, reason);
        }
        if algos.is_empty() {
            algos.push(modules.pass());
        }
        nodes.push(Node { algos, ..node.clone() });
    }
    nodes
}

impl fmt::Display for NoCounterpart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.module)?;
        if let Some(property) = &self.property {
            write!(f, ", property {property}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

fn list(problems: &[NoCounterpart]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

#[cfg(test)]
mod tests;
