//! The plan: a menu's algorithms as steps in the order of execution, and its leaves.
//!
//! Pure: names in, steps or problems out. Order and resolution go by exact names only; of nodes that are ready,
//! the one written first comes first, so a menu has one plan.

use crate::menu::{ComponentConfig, ComponentRef, Job, Menu};

mod cycle;
mod resolve;
#[cfg(test)]
mod tests;

pub use resolve::{PlanProblem, Spot};

/// The checked, sorted menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// In topological order; `steps[i].index == i`, and inputs come from earlier steps only.
    pub steps: Vec<Step>,
    /// Outputs without children; each becomes a partition, names unique.
    pub leaves: Vec<Leaf>,
}

impl Plan {
    /// Makes the plan of a checked job; it succeeds for every job that [`crate::menu::parse`] returned unchanged.
    ///
    /// # Errors
    /// All problems of the menu at once.
    pub fn new(job: &Job) -> Result<Plan, Vec<PlanProblem>> {
        let reader = job.algorithms.get(&job.input.reader);
        Plan::build(&job.menu, reader.map(|reader| reader.outputs.as_slice()), &|name| {
            job.algorithms.get(name)
        })
    }

    /// Makes the plan of a menu. `reader` holds the outputs of the node `initial`, default first; without it they
    /// are not checked. Algorithms that `lookup` does not know are left to the caller to report.
    ///
    /// A node runs its algorithms one after the other on the default output of the one before. An algorithm
    /// without outputs only books: the one after it gets what it got. The node's default output is that of its
    /// last algorithm with outputs.
    ///
    /// # Errors
    /// All problems of the menu at once.
    pub(crate) fn build<'a>(
        menu: &Menu,
        reader: Option<&[String]>,
        lookup: &dyn Fn(&str) -> Option<&'a ComponentConfig>,
    ) -> Result<Plan, Vec<PlanProblem>> {
        resolve::build(menu, reader, lookup)
    }
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
