//! The plan: a menu's algorithms as steps in the order of execution, and its leaves.

use crate::menu::ComponentRef;

/// The checked, sorted menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// In topological order; `steps[i].index == i`, and inputs come from earlier steps only.
    pub steps: Vec<Step>,
    /// Outputs without children; each becomes a partition, names unique.
    pub leaves: Vec<Leaf>,
}

/// One algorithm at one place of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its place in [`Plan::steps`].
    pub index: usize,
    /// The node it belongs to.
    pub node: String,
    /// The configured name of the algorithm.
    pub algorithm: String,
    /// The component that runs.
    pub component: ComponentRef,
    /// Where its batches come from, in the order of the node's parents.
    pub inputs: Vec<Source>,
    /// Its output names, the default one first.
    pub outputs: Vec<String>,
}

/// An output of the reader or of a step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// Who makes the batches.
    pub origin: Origin,
    /// The index of the output in its component's list.
    pub port: usize,
    /// The output's name.
    pub output: String,
}

/// Who makes batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The reader: the node `initial`.
    Reader,
    /// The step of that index.
    Step(usize),
}

/// An output without children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The node's name, or `node.output` for an output that is not the node's default one.
    pub partition: String,
    /// Where its batches come from.
    pub source: Source,
}
