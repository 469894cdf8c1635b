//! The engine: workers read and scan cells, work on runs, and hand results on in order, with bounded memory.
//!
//! Every worker takes the most advanced work there is: a task behind the collector, then collecting, then a run,
//! then the next cell. Only reading lets new bytes in, and only while their share of the memory is free; all else
//! makes room. So the engine never waits for itself.

use super::lane::{Cell, Lane};
use super::{Cut, DatumEnd, IngestError, Run, Span};
use crate::chunk::Pool;
use crate::datum::Datum;
use crate::store::Algorithm;
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What is done with the runs.
pub trait Stage: Sized + Sync {
    /// State of one worker.
    type Worker: Send;
    /// What a run becomes.
    type Output: Send;
    /// Why it fails.
    type Error: Send + From<IngestError>;

    /// Makes the state of one worker.
    ///
    /// # Errors
    /// They stop the engine.
    fn worker(&self) -> Result<Self::Worker, Self::Error>;

    /// Works on a run, on any worker.
    ///
    /// # Errors
    /// They stop the engine; of several, the one of the earliest run is reported.
    fn run(&self, worker: &mut Self::Worker, run: Run) -> Result<Self::Output, Self::Error>;

    /// Takes what runs became, in the order of the input, one at a time; gives tasks for any worker.
    ///
    /// # Errors
    /// They stop the engine.
    fn collect(&self, datum: usize, output: Self::Output) -> Result<Tasks<Self>, Self::Error>;

    /// An input ended; called in any order.
    ///
    /// # Errors
    /// They stop the engine.
    fn datum_ended(&self, end: DatumEnd) -> Result<(), Self::Error>;

    /// An input cannot be cut or read. `Ok`: its output is thrown away and the others go on.
    ///
    /// # Errors
    /// Usually the error itself.
    fn datum_failed(&self, datum: usize, error: IngestError) -> Result<(), Self::Error> {
        let _ = datum;
        Err(error.into())
    }

    /// Bytes were read.
    fn progress(&self, bytes: u64) {
        let _ = bytes;
    }

    /// The job was asked to stop.
    fn cancelled(&self) -> Option<Self::Error> {
        None
    }
}

/// The tasks of a stage.
pub type Tasks<S> = Vec<Task<<S as Stage>::Worker, <S as Stage>::Error>>;

/// Work behind the collector, for any worker.
pub type Task<W, E> = Box<dyn FnOnce(&mut W) -> Result<(), E> + Send>;

/// Sizes that the engine keeps to.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Length of a block, in bytes.
    pub block_bytes: u64,
    /// Chunks of a run.
    pub run_chunks: usize,
    /// Input bytes that are on their way at a time.
    pub window_bytes: u64,
    /// Runs are worked on one after the other, in order.
    pub ordered: bool,
    /// Inputs are hashed as they pass.
    pub hash: Option<Algorithm>,
}

/// Inputs with their cut, ready to run through a stage.
pub struct Engine<'a> {
    /// The inputs to read, with where their data lie, in order.
    pub datums: &'a [(Arc<Datum>, Span)],
    /// How they are cut.
    pub cut: &'a Cut,
    /// Sizes.
    pub limits: Limits,
}

/// A run: position of the datum, then number of the run.
type Key = (usize, u64);

struct State<S: Stage> {
    /// Datum and offset of the next cell to read.
    next_datum: usize,
    next_offset: Option<u64>,
    lanes: BTreeMap<usize, Waiting>,
    ready: BTreeMap<Key, Run>,
    done: BTreeMap<Key, (S::Output, u64)>,
    tasks: VecDeque<Task<S::Worker, S::Error>>,
    /// Where the collector stands.
    cursor: Key,
    collecting: bool,
    /// Workers that are busy outside of the lock.
    busy: usize,
    /// Input bytes read and not yet collected.
    window_used: u64,
    failed: Option<(Key, S::Error)>,
    /// A worker panicked: the others come to an end, and the panic goes on.
    panicked: bool,
}

/// A lane between cells, or out with the worker that stitches it.
struct Waiting {
    lane: Option<Lane>,
    next_cell: u64,
    /// Number of cells once they are all handed out.
    cells: Option<u64>,
    handed_out: u64,
    pending: BTreeMap<u64, Result<Cell, IngestError>>,
    /// Number of runs once the input ended.
    runs: Option<u64>,
    /// The input failed and the stage goes on without it: cells that are still on their way are dropped.
    is_dead: bool,
}

enum Work<S: Stage> {
    Task(Task<S::Worker, S::Error>),
    Collect(Key, S::Output, u64),
    Run(Run),
    Read { datum: usize, cell: u64, offset: u64, end: u64 },
}

impl<'a> Engine<'a> {
    /// Runs all inputs through a stage on the threads of a pool.
    ///
    /// # Errors
    /// That of the earliest run that failed.
    pub fn run<S: Stage>(&self, pool: &rayon::ThreadPool, stage: &S) -> Result<(), S::Error> {
        let shared = Shared {
            engine: self,
            stage,
            buffers: Pool::new(
                self.limits.block_bytes as usize + (64 << 10),
                (self.limits.window_bytes / self.limits.block_bytes.max(1)) as usize + 2,
            ),
            state: Mutex::new(State::<S> {
                next_datum: 0,
                next_offset: None,
                lanes: BTreeMap::new(),
                ready: BTreeMap::new(),
                done: BTreeMap::new(),
                tasks: VecDeque::new(),
                cursor: (0, 0),
                collecting: false,
                busy: 0,
                window_used: 0,
                failed: None,
                panicked: false,
            }),
            wake: Condvar::new(),
        };
        pool.broadcast(|_| shared.work());
        match shared.state.into_inner().unwrap_or_else(PoisonError::into_inner).failed {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }
}

struct Shared<'a, S: Stage> {
    engine: &'a Engine<'a>,
    stage: &'a S,
    buffers: Arc<Pool>,
    state: Mutex<State<S>>,
    wake: Condvar,
}

impl<S: Stage> Shared<'_, S> {
    /// A panic of a worker poisons the lock; rayon passes the panic on, so the others may go on to their end.
    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut worker = match self.stage.worker() {
            Ok(worker) => worker,
            Err(error) => return self.fail((0, 0), error),
        };
        let mut state = self.lock();
        loop {
            if let Some(error) = self.stage.cancelled() {
                drop(state);
                return self.fail((0, 0), error);
            }
            match self.next(&mut state) {
                Some(work) => {
                    state.busy += 1;
                    drop(state);
                    let outcome = catch_unwind(AssertUnwindSafe(|| self.perform(&mut worker, work)));
                    state = self.lock();
                    state.busy -= 1;
                    state.panicked |= outcome.is_err();
                    self.wake.notify_all();
                    if let Err(panic) = outcome {
                        drop(state);
                        resume_unwind(panic);
                    }
                }
                None if self.is_over(&state) => break,
                None => {
                    let wait = std::time::Duration::from_millis(200);
                    state = match self.wake.wait_timeout(state, wait) {
                        Ok((state, _)) => state,
                        Err(poisoned) => poisoned.into_inner().0,
                    };
                }
            }
        }
        self.wake.notify_all();
    }

    fn fail(&self, key: Key, error: S::Error) {
        let mut state = self.lock();
        if state.failed.as_ref().is_none_or(|(earlier, _)| key < *earlier) {
            state.failed = Some((key, error));
        }
        self.wake.notify_all();
    }

    /// The most advanced work there is.
    fn next(&self, state: &mut State<S>) -> Option<Work<S>> {
        if state.panicked {
            return None;
        }
        let failed_at = state.failed.as_ref().map(|(key, _)| *key);
        if failed_at.is_none() {
            if let Some(task) = state.tasks.pop_front() {
                return Some(Work::Task(task));
            }
            if !state.collecting {
                self.step_over_ended(state);
                if let Some((output, bytes)) = state.done.remove(&state.cursor) {
                    state.collecting = true;
                    return Some(Work::Collect(state.cursor, output, bytes));
                }
            }
        }
        if let Some((&key, _)) = state.ready.first_key_value() {
            // All runs before the collector's place are done, so an ordered stage works on the one at it.
            let in_turn = !self.engine.limits.ordered || key == state.cursor;
            // Runs before a failure go on, so that the earliest failure is the one that is told.
            if failed_at.is_none_or(|failed| key < failed) && in_turn {
                return state.ready.remove(&key).map(Work::Run);
            }
        }
        if failed_at.is_none() { self.next_cell(state) } else { None }
    }

    /// Moves the collector over inputs of which all runs are collected.
    fn step_over_ended(&self, state: &mut State<S>) {
        while state.cursor.0 < self.engine.datums.len() {
            let ended = state.lanes.get(&state.cursor.0).and_then(|lane| lane.runs);
            if ended != Some(state.cursor.1) {
                break;
            }
            state.lanes.remove(&state.cursor.0);
            state.cursor = (state.cursor.0 + 1, 0);
        }
    }

    fn next_cell(&self, state: &mut State<S>) -> Option<Work<S>> {
        let limits = &self.engine.limits;
        let datum = state.next_datum;
        let (file, span) = self.engine.datums.get(datum)?;
        let idle = state.busy == 0 && state.ready.is_empty() && state.tasks.is_empty();
        if state.window_used > 0 && state.window_used + limits.block_bytes > limits.window_bytes && !idle {
            return None;
        }
        let offset = match state.next_offset {
            Some(offset) => offset,
            None => {
                let lane = Lane::new(
                    datum,
                    file.clone(),
                    self.engine.cut,
                    span,
                    self.buffers.clone(),
                    limits.run_chunks,
                    limits.hash,
                    limits.window_bytes.max(limits.block_bytes),
                );
                state.lanes.insert(
                    datum,
                    Waiting {
                        lane: Some(lane),
                        next_cell: 0,
                        cells: None,
                        handed_out: 0,
                        pending: BTreeMap::new(),
                        runs: None,
                        is_dead: false,
                    },
                );
                span.start
            }
        };
        let cell_bytes = self.engine.cut.cell_bytes(limits.block_bytes);
        let end = self.engine.cut.cell_end(offset, span.end, cell_bytes);
        let waiting = state.lanes.get_mut(&datum)?;
        let cell = waiting.handed_out;
        waiting.handed_out += 1;
        if end >= span.end {
            // An empty input has one empty cell, so that its lane ends like any other.
            waiting.cells = Some(waiting.handed_out);
            state.next_datum += 1;
            state.next_offset = None;
        } else {
            state.next_offset = Some(end);
        }
        state.window_used += end - offset;
        Some(Work::Read { datum, cell, offset, end })
    }

    fn is_over(&self, state: &State<S>) -> bool {
        if state.busy > 0 {
            return false;
        }
        state.failed.is_some()
            || state.panicked
            || (state.next_datum >= self.engine.datums.len()
                && state.ready.is_empty()
                && state.done.is_empty()
                && state.tasks.is_empty()
                && state.lanes.values().all(|lane| lane.runs.is_some()))
    }

    fn perform(&self, worker: &mut S::Worker, work: Work<S>) {
        match work {
            Work::Task(task) => {
                if let Err(error) = task(worker) {
                    self.fail((0, 0), error);
                }
            }
            Work::Collect(key, output, bytes) => {
                let outcome = self.stage.collect(key.0, output);
                let mut state = self.lock();
                state.collecting = false;
                state.cursor = (key.0, key.1 + 1);
                state.window_used = state.window_used.saturating_sub(bytes);
                match outcome {
                    Ok(tasks) => state.tasks.extend(tasks),
                    Err(error) => {
                        drop(state);
                        self.fail(key, error);
                    }
                }
            }
            Work::Run(run) => {
                let key = (run.datum, run.index);
                let bytes = run.chunks.iter().map(|chunk| chunk.block.length).sum();
                match self.stage.run(worker, run) {
                    Ok(output) => {
                        self.lock().done.insert(key, (output, bytes));
                    }
                    Err(error) => self.fail(key, error),
                }
            }
            Work::Read { datum, cell, offset, end } => self.read(datum, cell, offset, end),
        }
    }

    fn read(&self, datum: usize, cell: u64, offset: u64, end: u64) {
        let (file, _) = &self.engine.datums[datum];
        let mut bytes = self.buffers.take((end - offset) as usize);
        let read = match file.read_at(&mut bytes, offset) {
            Err(source) => Err(IngestError::Read { name: file.name.clone(), source }),
            Ok(()) => {
                self.stage.progress(end - offset);
                Ok(self.engine.cut.cell(bytes))
            }
        };
        {
            let mut state = self.lock();
            match state.lanes.get_mut(&datum) {
                Some(waiting) if !waiting.is_dead => drop(waiting.pending.insert(cell, read)),
                _ => state.window_used = state.window_used.saturating_sub(end - offset),
            }
        }
        self.stitch(datum);
    }

    /// Takes the lane out, pushes the cells that are next, and puts it back; whoever comes meanwhile leaves its
    /// cell to the one who has the lane.
    fn stitch(&self, datum: usize) {
        loop {
            let (mut lane, cells, is_end) = {
                let mut state = self.lock();
                let Some(waiting) = state.lanes.get_mut(&datum) else { return };
                let mut cells = Vec::new();
                if waiting.lane.is_some() {
                    while let Some(cell) = waiting.pending.remove(&waiting.next_cell) {
                        waiting.next_cell += 1;
                        cells.push(cell);
                    }
                }
                if cells.is_empty() {
                    return;
                }
                let is_end = waiting.cells == Some(waiting.next_cell);
                let Some(lane) = waiting.lane.take() else { return };
                (lane, cells, is_end)
            };
            let mut dropped_bytes = 0;
            let mut failed = None;
            for cell in cells {
                match (&failed, cell) {
                    (None, Ok(cell)) => match lane.push(cell) {
                        Ok(runs) => runs.into_iter().for_each(|run| self.ready(run)),
                        Err(error) => failed = Some(error),
                    },
                    (None, Err(error)) => failed = Some(error),
                    (Some(_), Ok(cell)) => dropped_bytes += cell.bytes.len() as u64,
                    (Some(_), Err(_)) => {}
                }
            }
            let (runs, held_bytes) = (lane.runs(), lane.held_bytes());
            if failed.is_none() && is_end {
                match lane.finish() {
                    Ok((runs, end)) => return self.ended(datum, runs, end),
                    Err(error) => failed = Some(error),
                }
            } else if failed.is_none() {
                if let Some(waiting) = self.lock().lanes.get_mut(&datum) {
                    waiting.lane = Some(lane);
                }
                continue;
            }
            if let Some(error) = failed {
                return self.datum_failed(datum, error, runs, held_bytes + dropped_bytes);
            }
        }
    }

    fn ready(&self, run: Run) {
        self.lock().ready.insert((run.datum, run.index), run);
        self.wake.notify_all();
    }

    fn ended(&self, datum: usize, last: Vec<Run>, end: DatumEnd) {
        let runs = end.runs;
        if let Err(error) = self.stage.datum_ended(end) {
            return self.fail((datum, runs), error);
        }
        let mut state = self.lock();
        state.ready.extend(last.into_iter().map(|run| ((run.datum, run.index), run)));
        if let Some(waiting) = state.lanes.get_mut(&datum) {
            waiting.runs = Some(runs);
        }
    }

    /// An input failed: either the job does, or it goes on without the rest of the input.
    fn datum_failed(&self, datum: usize, error: IngestError, runs: u64, held_bytes: u64) {
        if let Err(error) = self.stage.datum_failed(datum, error) {
            return self.fail((datum, runs), error);
        }
        let mut state = self.lock();
        if state.next_datum == datum {
            state.next_datum += 1;
            state.next_offset = None;
        }
        let Some(waiting) = state.lanes.get_mut(&datum) else { return };
        waiting.is_dead = true;
        waiting.runs = Some(runs);
        let pending = std::mem::take(&mut waiting.pending);
        let cells = pending.values().flatten().map(|cell| cell.bytes.len() as u64).sum::<u64>();
        state.window_used = state.window_used.saturating_sub(held_bytes + cells);
    }
}

#[cfg(test)]
mod tests;
