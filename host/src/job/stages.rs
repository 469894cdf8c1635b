//! What the engine does with the runs of a job: look at their types, or run them through the menu and write.

use super::inputs::Opened;
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

/// Bad inputs by index, with the number of the run that found it and the reason: the earliest run is told, whatever
/// the workers did first.
pub type BadRuns = BTreeMap<usize, (u64, String)>;

fn put_bad(bad: &Mutex<BadRuns>, index: usize, run: u64, reason: String) {
    let mut bad = lock(bad);
    if bad.get(&index).is_none_or(|(earlier, _)| run < *earlier) {
        bad.insert(index, (run, reason));
    }
}

/// Whether an earlier run found the input bad.
fn is_bad_before(bad: &Mutex<BadRuns>, index: usize, run: u64) -> bool {
    lock(bad).get(&index).is_some_and(|(earlier, _)| *earlier < run)
}

/// An input that cannot be cut or read: it is put aside if the job goes on without such, and if it is the input's own
/// fault.
fn set_aside(
    bad: &Mutex<BadRuns>,
    go_on: bool,
    index: usize,
    run: u64,
    error: JobError,
) -> Result<(), JobError> {
    if !go_on || error.kind() != ErrorKind::Input {
        return Err(error);
    }
    put_bad(bad, index, run, error.to_string());
    Ok(())
}

/// Looks at all chunks of all inputs.
pub struct Infer<'a> {
    /// Reader and services.
    pub steering: &'a Steering,
    /// The inputs, in the order of the engine's.
    pub opened: &'a [Opened],
    /// One per input.
    pub samples: Vec<Mutex<Option<Sample>>>,
    /// Inputs that turn out bad are left out.
    pub go_on_without: bool,
    /// Inputs that turned out bad.
    pub bad: Mutex<BadRuns>,
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
            let seen = self.steering.reader_call(&input.datum, Some(chunk), |reader, call, services| {
                let one = reader.sample(call, services, input.handle(), &chunk.bytes)?;
                match total.take() {
                    None => Ok(one),
                    Some(mut all) => {
                        reader.merge_samples(call, services, &mut all, one)?;
                        Ok::<_, JobError>(all)
                    }
                }
            });
            match seen {
                Ok(seen) => total = Some(seen),
                Err(error) => {
                    set_aside(&self.bad, self.go_on_without, input.datum.index, run.index, error)?;
                    return Ok(None);
                }
            }
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

    fn datum_ended(&self, _: DatumEnd) -> Result<(), JobError> {
        Ok(())
    }

    fn datum_failed(&self, datum: usize, error: IngestError) -> Result<(), JobError> {
        let index = self.opened[datum].datum.index;
        set_aside(&self.bad, self.go_on_without, index, u64::MAX, error.into())
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
    pub bad: Mutex<BadRuns>,
    /// Bytes of rejected records that may be held.
    pub rejected_bytes_max: u64,
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
    /// Bytes that they hold.
    pub rejected_bytes: u64,
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

/// Puts one batch together and writes it. Where it cannot, the others are told not to wait for it.
pub fn write(writer: &PartitionWriter, cut: CutBatch) -> Result<(), JobError> {
    let (index, rows) = (cut.index, cut.rows);
    let assembled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cut.assemble(writer.schema())));
    let outcome = match assembled {
        Ok(Ok(batch)) => {
            writer.write(index, &batch).map_err(|e| JobError::new(ErrorKind::Store, e.to_string()))
        }
        Ok(Err(e)) => Err(JobError::new(
            ErrorKind::Usage,
            format!("cannot put {rows} rows into one batch: {e}; lower output.rows_per_batch"),
        )),
        Err(_) => Err(JobError::bug(format!("putting {rows} rows into one batch panicked"))),
    };
    outcome.inspect_err(|_| writer.fail())
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
        if self.go_on_without && is_bad_before(&self.bad, state.datum.index, run.index) {
            return Ok(None);
        }
        match self.steering.execute(worker, state, &run, false) {
            Ok(output) => Ok(Some(Box::new(output))),
            Err(error) if self.go_on_without && is_of_input(&error) => {
                put_bad(&self.bad, state.datum.index, run.index, JobError::from(error).to_string());
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
        let rejected = std::mem::take(&mut local.rejected);
        collected.rejected_bytes +=
            rejected.values().map(|record| record.raw.len() as u64 + 128).sum::<u64>();
        if collected.rejected_bytes > self.rejected_bytes_max {
            let text = format!(
                "more than {} bytes of records are rejected, a quarter of max_memory: give the columns other types, \
                 write on_mismatch = \"null\", or raise max_memory",
                self.rejected_bytes_max
            );
            return Err(JobError::new(ErrorKind::Input, text));
        }
        let rejected = rejected.into_values();
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
        let index = self.states[datum].datum.index;
        set_aside(&self.bad, self.go_on_without, index, u64::MAX, error.into())
    }

    fn progress(&self, bytes: u64) {
        self.observer.read(bytes);
    }

    fn cancelled(&self) -> Option<JobError> {
        let is_cancelled = self.observer.is_cancelled();
        if is_cancelled {
            self.steering.shared().cancelled.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        is_cancelled.then(interrupted)
    }
}
