//! The end of the steps' work: merged partials, and batches that algorithms emit at the end.

use super::execute::{Ports, RunOutput, Worker};
use super::local::{Local, RejectCount};
use super::prepare::Steering;
use super::step::StepError;
use super::tree::Merged;
use crate::book::Book;
use crate::plugin::Partial;
use arrow::array::RecordBatch;
use artemis_plugin_api::Call;
use artemis_plugin_api::abi::ARTEMIS_FLAG_FINALIZE;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What runs accumulate and merge: books and partials.
pub struct Totals {
    steering: Arc<Steering>,
    /// Histograms, timers, counters.
    pub book: Book,
    partials: Vec<Partial>,
}

impl Totals {
    /// Of nothing.
    ///
    /// # Errors
    /// Those of the components.
    pub fn empty(steering: &Arc<Steering>) -> Result<Self, StepError> {
        Ok(Self { steering: steering.clone(), book: steering.layout.empty(), partials: steering.partials()? })
    }

    /// Of one run; takes book and partials out of it.
    pub fn of_run(steering: &Arc<Steering>, run: &mut RunOutput) -> Self {
        Self {
            steering: steering.clone(),
            book: std::mem::take(&mut run.local.book),
            partials: std::mem::take(&mut run.partials),
        }
    }

    /// Current size of the partials in bytes.
    pub fn partial_bytes(&self) -> u64 {
        let steps = self.steering.steps.iter().zip(&self.partials);
        steps.map(|(step, partial)| step.algorithm.partial_bytes(partial)).sum()
    }
}

impl Merged for Totals {
    type Error = StepError;

    fn merge(&mut self, later: Self) -> Result<(), StepError> {
        self.book.merge(&later.book);
        let local = RefCell::new(Local::default());
        let steering = &self.steering;
        for ((step, into), from) in steering.steps.iter().zip(&mut self.partials).zip(later.partials) {
            let call = Call { job: &steering.shared.job, node: &step.plan.node, ..Call::default() };
            let services = steering.services(step, call, &local);
            step.algorithm.merge(&call, &services, into, from)?;
        }
        Ok(())
    }
}

/// What the end of the work gave.
pub struct Finalized {
    /// Batches by leaf.
    pub leaves: Vec<Vec<RecordBatch>>,
    /// Everything booked.
    pub book: Book,
    /// What components rejected of batches that were made at the end, by column.
    pub rejects: BTreeMap<Option<String>, RejectCount>,
}

impl Steering {
    /// Finalizes the steps in the order of the plan; what one emits runs through its children before they are
    /// finalized themselves.
    ///
    /// # Errors
    /// The first call that failed.
    pub fn finalize(&self, worker: &mut Worker, mut totals: Totals) -> Result<Finalized, StepError> {
        let local = RefCell::new(Local::new(std::mem::take(&mut totals.book)));
        let mut ports = Ports::new(self);
        for (i, step) in self.steps.iter().enumerate() {
            let call = Call {
                job: &self.shared.job,
                node: &step.plan.node,
                flags: ARTEMIS_FLAG_FINALIZE,
                ..Call::default()
            };
            let partial = &mut totals.partials[i];
            let has_batches = step.plan.inputs.iter().any(|source| !ports.of(source).is_empty());
            if has_batches {
                let mut late = step.algorithm.partial(&call, &self.services(step, call, &local))?;
                let instance = self.instance_of(worker, i);
                self.step(step, call, instance, &mut late, &local, &mut ports)?;
                step.algorithm.merge(&call, &self.services(step, call, &local), partial, late)?;
            }
            let services = self.services(step, call, &local);
            step.algorithm.finalize(&call, &services, partial)?;
            let emitted = services.emitted.into_inner();
            ports.put(i + 1, emitted);
        }
        let leaves = self.plan.leaves.iter().map(|leaf| {
            ports.of(&leaf.source).iter().filter(|batch| batch.num_rows() > 0).cloned().collect()
        });
        let leaves = leaves.collect();
        let local = local.into_inner();
        Ok(Finalized { leaves, book: local.book, rejects: local.rejects })
    }
}
