//! What the engine does with the runs of a job: look at their types, or run them through the menu and write.

use super::inputs::{BadInputs, Opened};
use super::observe::Observer;
use super::{ErrorKind, JobError};
use crate::collector::{Collector, CutBatch};
use crate::ingest::{DatumEnd, IngestError, Run, Stage, Task, Tasks};
use crate::plugin::Sample;
use crate::steering::{
    DatumState, MergeTree, RejectCount, RejectedRecord, RunOutput, Steering, StepError, Totals, Worker,
};
use crate::writer::PartitionWriter;
use artemis_plugin_api::abi::ARTEMIS_BAD_DATA;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A lock whose holder cannot leave it half changed: a panic elsewhere does not make its content wrong.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether an error is about the data of one input, so that the job may go on without it.
fn is_of_input(error: &StepError) -> bool {
    match error {
        StepError::Failed(failure) => failure.error.status() == ARTEMIS_BAD_DATA,
        // A record that does not convert is the input's fault; a cell is the job's types'.
        StepError::Mismatch(mismatch) => mismatch.column.is_none(),
        StepError::Unfit(_) => false,
    }
}

/// Looks at all chunks of all inputs.
pub struct Infer<'a> {
    /// Reader and services.
    pub steering: &'a Steering,
    /// The inputs, in the order of the engine's.
    pub opened: &'a [Opened],
    /// One per input.
    pub samples: Vec<Mutex<Option<Sample>>>,
    /// Hashes of the inputs.
    pub ends: Mutex<BTreeMap<usize, DatumEnd>>,
    /// Is told how far it is.
    pub observer: &'a dyn Observer,
}

impl Stage for Infer<'_> {
    type Worker = ();
    type Output = Option<Sample>;
    type Error = JobError;

    fn worker(&self) -> Result<(), JobError> {
        Ok(())
    }

    fn run(&self, (): &mut (), run: Run) -> Result<Option<Sample>, JobError> {
        let input = &self.opened[run.datum];
        let mut total: Option<Sample> = None;
        for chunk in &run.chunks {
            total =
                Some(self.steering.reader_call(&input.datum, Some(chunk), |reader, call, services| {
                    let one = reader.sample(call, services, input.handle(), &chunk.bytes)?;
                    match total.take() {
                        None => Ok(one),
                        Some(mut all) => {
                            reader.merge_samples(call, services, &mut all, one)?;
                            Ok::<_, JobError>(all)
                        }
                    }
                })?);
        }
        Ok(total)
    }

    fn collect(&self, datum: usize, output: Option<Sample>) -> Result<Tasks<Self>, JobError> {
        let input = &self.opened[datum];
        let mut total = lock(&self.samples[datum]);
        *total = match (total.take(), output) {
            (Some(mut all), Some(one)) => {
                self.steering.reader_call(&input.datum, None, |reader, call, services| {
                    reader.merge_samples(call, services, &mut all, one)
                })?;
                Some(all)
            }
            (all, one) => all.or(one),
        };
        Ok(Vec::new())
    }

    fn datum_ended(&self, end: DatumEnd) -> Result<(), JobError> {
        lock(&self.ends).insert(end.datum, end);
        Ok(())
    }

    fn progress(&self, bytes: u64) {
        self.observer.read(bytes);
    }

    fn cancelled(&self) -> Option<JobError> {
        self.observer.is_cancelled().then(interrupted)
    }
}

/// The error of a job that was asked to stop.
pub fn interrupted() -> JobError {
    JobError::new(ErrorKind::Interrupted, "interrupted; nothing was committed")
}

/// Rejects by position of the datum and column.
pub type Rejects = BTreeMap<(usize, Option<String>), RejectCount>;

/// Runs chunks through the menu, collects the leaves, writes the parts.
pub struct Execute<'a> {
    /// The components.
    pub steering: &'a Arc<Steering>,
    /// The inputs, in the order of the engine's.
    pub states: Vec<DatumState>,
    /// One per leaf.
    pub writers: &'a [Arc<PartitionWriter>],
    /// Is told how far it is.
    pub observer: &'a dyn Observer,
    /// Inputs that turn out bad are left out, and the job starts over without them.
    pub go_on_without: bool,
    /// What was collected.
    pub collected: Mutex<Collected>,
    /// Inputs that turned out bad.
    pub bad: Mutex<BadInputs>,
    /// Ends of the inputs.
    pub ends: Mutex<BTreeMap<usize, DatumEnd>>,
}

/// What comes together in the order of the input.
pub struct Collected {
    /// One per leaf.
    pub collectors: Vec<Collector>,
    /// Books and partials.
    pub tree: MergeTree<Totals>,
    /// Counted and located.
    pub rejects: Rejects,
    /// Records left out, with the position of their datum.
    pub rejected: Vec<(usize, RejectedRecord)>,
    /// By position of the datum.
    pub rows: BTreeMap<usize, RowCounts>,
}

/// Counts of one input.
#[derive(Clone, Copy, Debug, Default)]
pub struct RowCounts {
    /// Records in it.
    pub records: u64,
    /// Records left out.
    pub dropped: u64,
    /// Cells that became null.
    pub nulled: u64,
}

impl Execute<'_> {
    /// Cuts the batches of a leaf and makes tasks that write them.
    fn tasks(&self, leaf: usize, cuts: Vec<CutBatch>) -> Tasks<Self> {
        cuts.into_iter()
            .map(|cut| {
                let writer = self.writers[leaf].clone();
                Box::new(move |_: &mut Worker| write(&writer, cut)) as Task<Worker, JobError>
            })
            .collect()
    }
}

/// Puts one batch together and writes it.
pub fn write(writer: &PartitionWriter, cut: CutBatch) -> Result<(), JobError> {
    let index = cut.index;
    let batch = cut
        .assemble(writer.schema())
        .map_err(|e| JobError::bug(format!("cannot put a batch together: {e}")))?;
    writer.write(index, &batch).map_err(|e| JobError::new(ErrorKind::Store, e.to_string()))
}

impl Stage for Execute<'_> {
    type Worker = Worker;
    type Output = Option<Box<RunOutput>>;
    type Error = JobError;

    fn worker(&self) -> Result<Worker, JobError> {
        Ok(self.steering.worker()?)
    }

    fn run(&self, worker: &mut Worker, run: Run) -> Result<Option<Box<RunOutput>>, JobError> {
        let state = &self.states[run.datum];
        if self.go_on_without && lock(&self.bad).contains_key(&state.datum.index) {
            return Ok(None);
        }
        match self.steering.execute(worker, state, &run, false) {
            Ok(output) => Ok(Some(Box::new(output))),
            Err(error) if self.go_on_without && is_of_input(&error) => {
                // The first reject in the order of the input would be found by another run; any of them tells why.
                lock(&self.bad).entry(state.datum.index).or_insert_with(|| JobError::from(error).to_string());
                Ok(None)
            }
            Err(StepError::Mismatch(mismatch)) => Err(JobError::mismatch(*mismatch)),
            Err(error) => Err(error.into()),
        }
    }

    fn collect(&self, _: usize, output: Option<Box<RunOutput>>) -> Result<Tasks<Self>, JobError> {
        let Some(mut output) = output else { return Ok(Vec::new()) };
        let mut collected = lock(&self.collected);
        let datum = output.datum;
        let totals = Totals::of_run(self.steering, &mut output);
        collected.tree.push(datum, totals)?;
        let local = &mut output.local;
        let rows = collected.rows.entry(datum).or_default();
        rows.records += output.records;
        rows.dropped += local.dropped.len() as u64;
        rows.nulled += local.nulled;
        for (column, rejects) in std::mem::take(&mut local.rejects) {
            collected.rejects.entry((datum, column)).or_default().merge(rejects);
        }
        let rejected = std::mem::take(&mut local.rejected).into_values();
        collected.rejected.extend(rejected.map(|record| (datum, record)));
        let mut tasks = Vec::new();
        for (leaf, batches) in std::mem::take(&mut output.leaves).into_iter().enumerate() {
            for batch in batches {
                let cuts = collected.collectors[leaf].push(batch);
                tasks.extend(self.tasks(leaf, cuts));
            }
        }
        Ok(tasks)
    }

    fn datum_ended(&self, end: DatumEnd) -> Result<(), JobError> {
        lock(&self.ends).insert(end.datum, end);
        Ok(())
    }

    fn datum_failed(&self, datum: usize, error: IngestError) -> Result<(), JobError> {
        if !self.go_on_without {
            return Err(error.into());
        }
        lock(&self.bad).entry(self.states[datum].datum.index).or_insert_with(|| error.to_string());
        Ok(())
    }

    fn progress(&self, bytes: u64) {
        self.observer.read(bytes);
    }

    fn cancelled(&self) -> Option<JobError> {
        self.observer.is_cancelled().then(interrupted)
    }
}
