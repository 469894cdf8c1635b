//! The conformance checker: cases that a plugin must pass, each run in a process of its own.
//!
//! 1. [`inspect`] reads a file without loading it, and says what it needs.
//! 2. [`plan`] lists the cases that apply to its components.
//! 3. [`check`] runs each in a child process with a time limit: the program re-executes itself. A child calls
//!    [`run_case`], and writes what [`Verdict::to_line`] says.
//! 4. The [`Report`] counts what passed, failed and was skipped.
//!
//! A case holds the component by its C tables, with a host of its own that writes down what the component asked and
//! gave, and counts the releases of every Arrow structure.

mod batches;
mod cases;
mod desk;
mod driver;
mod ledger;
mod lives;
mod needs;
mod reading;
mod report;
mod setup;
mod subject;

pub use cases::{CASES, Case, Level};
pub use driver::{CheckError, Limits, Planned, check, inspect, manifest, plan, run_case};
pub use needs::Needs;
pub use report::{CaseResult, Report, Verdict};
pub use setup::{Given, Setup, SetupError};

/// Why a case ends early.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stop {
    /// The component does not do what the case demands.
    Failed(String),
    /// The case does not apply, and why.
    Skipped(String),
}

type Checked<T = ()> = Result<T, Stop>;

fn failed(text: impl Into<String>) -> Stop {
    Stop::Failed(text.into())
}

/// Fails the case unless a condition holds.
fn ensure(holds: bool, text: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Stop::Failed(text())) }
}
