//! Steering: the plan of a menu, and its run over the chunks.
//!
//! It has the life-cycle of any algorithm: [`Steering::configure`], [`Steering::initialize`], [`Steering::book`],
//! a sampling pass, [`Steering::rebook`], [`Steering::execute`] for every run, [`Steering::finalize`] or
//! [`Steering::abort`].

mod adapt;
mod arrange;
mod execute;
mod finalize;
mod local;
pub mod plan;
mod prepare;
mod services;
mod step;
mod tree;

pub(crate) use adapt::{plain_type, type_name};
pub use arrange::{
    Arrangement, ColumnProblem, PROVENANCE_DATUM, PROVENANCE_RECORD, join_schemas, with_provenance,
};
pub use execute::{DatumState, RunOutput, Worker};
pub use finalize::{Finalized, Totals};
pub use local::{Local, LocatedReject, REJECTS_KEPT, RejectCount, RejectedRecord};
pub use plan::{Leaf, Origin, Plan, Source};
pub use prepare::{ConfigureError, Steering, call_of};
pub use services::{JobLog, Policy, Shared};
pub use step::{Mismatch, Step, StepError};
pub use tree::{MergeTree, Merged};
