//! A run of chunks through reader and steps.

use super::arrange::Arrangement;
use super::local::Local;
use super::plan::{Origin, Source};
use super::prepare::{Steering, call_of};
use super::services::Policy;
use super::step::{Mismatch, Step, StepError};
use crate::datum::Datum;
use crate::ingest::{Chunk, Run};
use crate::menu::INITIAL;
use crate::plugin::{self, AlgorithmInstance, Failure, Partial, ReaderInstance};
use arrow::array::RecordBatch;
use artemis_plugin_api::abi::ARTEMIS_STOPPED;
use artemis_plugin_api::{Call, Input};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

/// An input with what the reader knows of it and the way of its batches to the job's schema.
pub struct DatumState {
    /// The input.
    pub datum: Arc<Datum>,
    /// Its content id, where it is known before it is read; empty otherwise.
    pub content_id: String,
    /// The reader's own.
    pub handle: plugin::Datum,
    /// One per output of the reader.
    pub arrangements: Vec<Arrangement>,
    /// Rows carry their input and record number.
    pub provenance: bool,
}

/// Scratch space of one worker.
pub struct Worker {
    reader: ReaderInstance,
    steps: Vec<AlgorithmInstance>,
}

/// What a run became.
pub struct RunOutput {
    /// Index of the datum.
    pub datum: usize,
    /// Batches by leaf.
    pub leaves: Vec<Vec<RecordBatch>>,
    /// Book and rejects.
    pub local: Local,
    /// One per step.
    pub partials: Vec<Partial>,
    /// Rows that the reader gave.
    pub rows_in: u64,
    /// Records in the chunks.
    pub records: u64,
}

/// The batches of one chunk: by origin (reader first, then steps) and port.
pub(super) struct Ports(Vec<Vec<Vec<RecordBatch>>>);

impl Ports {
    pub(super) fn new(steering: &Steering) -> Self {
        let reader = vec![Vec::new(); steering.reader_outputs.len()];
        let steps = steering.steps.iter().map(|step| vec![Vec::new(); step.outputs().len()]);
        Self(std::iter::once(reader).chain(steps).collect())
    }

    pub(super) fn of(&self, source: &Source) -> &[RecordBatch] {
        let place = match source.origin {
            Origin::Reader => 0,
            Origin::Step(i) => i + 1,
        };
        &self.0[place][source.port]
    }

    /// Puts what an origin emitted into its ports.
    pub(super) fn put(&mut self, place: usize, emitted: Vec<(usize, RecordBatch)>) {
        for (port, batch) in emitted {
            self.0[place][port].push(batch);
        }
    }
}

impl Steering {
    /// Makes the scratch space of one worker.
    ///
    /// # Errors
    /// Those of the components.
    pub fn worker(&self) -> Result<Worker, StepError> {
        let local = RefCell::new(Local::default());
        let call = Call { job: &self.shared.job, node: INITIAL, ..Call::default() };
        let reader = self.reader.instance(&call, &self.reader_services(call, &local))?;
        let steps = self
            .steps
            .iter()
            .map(|step| {
                let call = Call { job: &self.shared.job, node: &step.plan.node, ..Call::default() };
                step.algorithm.instance(&call, &self.services(step, call, &local))
            })
            .collect::<Result<_, _>>()?;
        Ok(Worker { reader, steps })
    }

    /// Empty partials, one per step.
    pub(super) fn partials(&self) -> Result<Vec<Partial>, StepError> {
        let local = RefCell::new(Local::default());
        self.steps
            .iter()
            .map(|step| {
                let call = Call { job: &self.shared.job, node: &step.plan.node, ..Call::default() };
                Ok(step.algorithm.partial(&call, &self.services(step, call, &local))?)
            })
            .collect()
    }

    /// Runs chunks through the reader and all steps.
    ///
    /// # Errors
    /// The first call that failed.
    pub fn execute(
        &self,
        worker: &mut Worker,
        datum: &DatumState,
        run: &Run,
        is_sample: bool,
    ) -> Result<RunOutput, StepError> {
        let mut output = RunOutput {
            datum: run.datum,
            leaves: vec![Vec::new(); self.plan.leaves.len()],
            local: Local::new(self.layout.empty()),
            partials: self.partials()?,
            rows_in: 0,
            records: 0,
        };
        for (index, chunk) in run.chunks.iter().enumerate() {
            let started = Instant::now();
            output.records += chunk.block.records;
            let local = RefCell::new(std::mem::take(&mut output.local));
            let mut ports = Ports::new(self);
            let read = self.read(worker, datum, (index, chunk), is_sample, &local, &mut ports);
            let stepped = read.and_then(|rows| {
                output.rows_in += rows;
                for (i, step) in self.steps.iter().enumerate() {
                    let call = call_of(
                        &self.shared.job,
                        &step.plan.node,
                        &datum.datum,
                        &datum.content_id,
                        Some((index, chunk)),
                        is_sample,
                    );
                    let instance = &mut worker.steps[i];
                    self.step(step, call, instance, &mut output.partials[i], &local, &mut ports)?;
                }
                Ok(())
            });
            output.local = local.into_inner();
            stepped?;
            for (leaf, batches) in self.plan.leaves.iter().zip(&mut output.leaves) {
                let made = ports.of(&leaf.source).iter().filter(|batch| batch.num_rows() > 0);
                batches.extend(made.cloned());
            }
            self.fill_own(&mut output.local, datum.datum.index, chunk, &ports, started);
        }
        Ok(output)
    }

    /// Reads a chunk; gives the number of rows.
    fn read(
        &self,
        worker: &mut Worker,
        datum: &DatumState,
        (index, chunk): (usize, &Chunk),
        is_sample: bool,
        local: &RefCell<Local>,
        ports: &mut Ports,
    ) -> Result<u64, StepError> {
        let started = Instant::now();
        let call = call_of(
            &self.shared.job,
            INITIAL,
            &datum.datum,
            &datum.content_id,
            Some((index, chunk)),
            is_sample,
        );
        let services = self.reader_services(call, local);
        self.reader
            .execute(&call, &services, &mut worker.reader, &datum.handle, &chunk.bytes)
            .map_err(|failure| stopped_at(datum, failure, local))?;
        // A reader that overlooks the answer to its reject stops all the same.
        if self.shared.policy == Policy::Stop
            && let Some(mismatch) = first_mismatch(datum, local)
        {
            return Err(mismatch);
        }
        let elapsed_ns = started.elapsed().as_nanos() as f64;
        let emitted = services.emitted.into_inner();
        let mut local = local.borrow_mut();
        local.book.fill(&self.layout, self.own.reader_timer, &[elapsed_ns], None);
        let rows: u64 = emitted.iter().map(|(_, batch)| batch.num_rows() as u64).sum();
        let mut records = match datum.provenance {
            true => self.records_of(chunk, &local, rows)?.into_iter(),
            false => Vec::new().into_iter(),
        };
        for (port, batch) in emitted {
            let rows = batch.num_rows();
            let arranged = datum.arrangements[port]
                .arrange(batch, || records.by_ref().take(rows).collect())
                .map_err(|e| StepError::Unfit(format!("cannot arrange the columns of an input: {e}")))?;
            ports.put(0, vec![(port, arranged)]);
        }
        Ok(rows)
    }

    /// The record number of each row: all of the chunk's records but those left out.
    fn records_of(&self, chunk: &Chunk, local: &Local, rows: u64) -> Result<Vec<u64>, StepError> {
        if self.reader_outputs.len() > 1 {
            return Err(StepError::Unfit(format!(
                "`provenance` needs a reader with one output; `{}` has {}",
                self.reader_name,
                self.reader_outputs.len()
            )));
        }
        let block = &chunk.block;
        let all = block.first_record..block.first_record + block.records;
        let kept: Vec<u64> = all.filter(|record| !local.dropped.contains(record)).collect();
        if kept.len() as u64 == rows {
            return Ok(kept);
        }
        Err(StepError::Unfit(format!(
            "`provenance` needs a reader that makes one row of each record; `{}` made {rows} rows of {} records",
            self.reader_name,
            kept.len()
        )))
    }

    /// Runs a step on the batches of its parents; nothing where there are none.
    pub(super) fn step(
        &self,
        step: &Step,
        call: Call<'_>,
        instance: &mut AlgorithmInstance,
        partial: &mut Partial,
        local: &RefCell<Local>,
        ports: &mut Ports,
    ) -> Result<(), StepError> {
        let mut inputs = Vec::new();
        for (parent, (source, adapter)) in step.plan.inputs.iter().zip(&step.adapters).enumerate() {
            for batch in ports.of(source) {
                let batch = adapter
                    .adapt(batch.clone())
                    .map_err(|e| StepError::Unfit(format!("cannot cast for `{}`: {e}", step.prefix)))?;
                inputs.push(Input { parent, batch });
            }
        }
        if inputs.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        let services = self.services(step, call, local);
        step.algorithm.execute(&call, &services, instance, partial, inputs)?;
        let elapsed_ns = started.elapsed().as_nanos() as f64;
        let emitted = services.emitted.into_inner();
        local.borrow_mut().book.fill(&self.layout, step.timer, &[elapsed_ns], None);
        ports.put(step.plan.index + 1, emitted);
        Ok(())
    }

    /// Fills the host's own histograms for a chunk.
    fn fill_own(&self, local: &mut Local, datum: usize, chunk: &Chunk, ports: &Ports, started: Instant) {
        let of_reader = || ports.0[0].iter().flatten();
        let rows: usize = of_reader().map(RecordBatch::num_rows).sum();
        let payload: usize = of_reader().map(RecordBatch::get_array_memory_size).sum();
        let (layout, book) = (&self.layout, &mut local.book);
        book.fill(layout, self.own.counts, &[datum as f64], Some(&[rows as f64]));
        book.fill(layout, self.own.payload, &[payload as f64], None);
        book.fill(layout, self.own.block_bytes, &[chunk.block.length as f64], None);
        book.fill(layout, self.own.execute_timer, &[started.elapsed().as_nanos() as f64], None);
    }

    /// The instance of a step, for the batches of finalize.
    pub(super) fn instance_of<'w>(&self, worker: &'w mut Worker, step: usize) -> &'w mut AlgorithmInstance {
        &mut worker.steps[step]
    }
}

/// Why a reader's call ended: at a reject that it was told to stop at, or by a failure of its own.
fn stopped_at(datum: &DatumState, failure: Box<Failure>, local: &RefCell<Local>) -> StepError {
    match first_mismatch(datum, local) {
        Some(mismatch) if failure.error.status() == ARTEMIS_STOPPED => mismatch,
        _ => StepError::Failed(failure),
    }
}

/// The first reject of the run so far, in the order of the input.
fn first_mismatch(datum: &DatumState, local: &RefCell<Local>) -> Option<StepError> {
    let local = local.borrow();
    let located = local.rejects.iter().filter_map(|(column, rejects)| Some((column, rejects.first.first()?)));
    let (column, reject) = located.min_by_key(|(_, reject)| (reject.record, reject.offset))?;
    Some(StepError::Mismatch(Box::new(Mismatch {
        datum_index: datum.datum.index,
        datum: datum.datum.name.clone(),
        column: column.clone(),
        reject: reject.clone(),
    })))
}
