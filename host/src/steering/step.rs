//! One algorithm at one place of the menu, ready to run.

use super::LocatedReject;
use super::adapt::Adapter;
use super::plan;
use crate::book::Owner;
use crate::plugin::{Algorithm, Failure, Place, Tool};
use arrow::datatypes::SchemaRef;
use std::sync::{Arc, RwLock};

/// A tool at a place of use.
pub(super) struct OpenedTool {
    pub(super) name: String,
    pub(super) tool: Arc<Tool>,
    pub(super) place: Place,
}

/// An algorithm with what steering knows of it.
pub struct Step {
    pub(super) plan: plan::Step,
    pub(super) algorithm: Algorithm,
    /// Prefix of its keys: its name, with its node where the name stands at several places.
    pub(super) prefix: String,
    pub(super) accepts: Vec<String>,
    pub(super) adapters: Vec<Adapter>,
    pub(super) tools: RwLock<Vec<Arc<OpenedTool>>>,
    /// Its timer in the book.
    pub(super) timer: usize,
}

impl Step {
    /// A step before initialize.
    pub fn new(plan: plan::Step, algorithm: Algorithm, prefix: String, accepts: Vec<String>) -> Self {
        Self { plan, algorithm, prefix, accepts, adapters: Vec::new(), tools: RwLock::default(), timer: 0 }
    }

    /// Who books for it.
    pub(super) fn owner(&self) -> Owner {
        Owner::Step(self.plan.index)
    }

    /// Schemas of its outputs, after initialize.
    pub fn outputs(&self) -> &[SchemaRef] {
        self.algorithm.outputs()
    }

    /// The plan's entry.
    pub fn plan(&self) -> &plan::Step {
        &self.plan
    }
}

/// Why a step does not work on its parents' columns, or failed.
#[derive(Debug)]
pub enum StepError {
    /// A call failed.
    Failed(Box<Failure>),
    /// The columns do not fit; in words.
    Unfit(String),
    /// The reader stopped at something that does not convert.
    Mismatch(Box<Mismatch>),
}

/// A cell or record that stopped the reader.
#[derive(Clone, Debug)]
pub struct Mismatch {
    /// Index of the datum.
    pub datum_index: usize,
    /// Name of the datum.
    pub datum: String,
    /// The column; `None`: the record itself.
    pub column: Option<String>,
    /// Where and why.
    pub reject: super::LocatedReject,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let LocatedReject { record, offset, reason, text } = &self.reject;
        write!(f, "input `{}`, record {record} at byte {offset}", self.datum)?;
        if let Some(column) = &self.column {
            write!(f, ", column `{column}`")?;
        }
        write!(f, ": `{text}`: {reason}")
    }
}

impl From<Box<Failure>> for StepError {
    fn from(failure: Box<Failure>) -> Self {
        Self::Failed(failure)
    }
}
