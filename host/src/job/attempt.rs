//! One attempt at a job: from its components to whole part files in the staging directory. An attempt that finds
//! that types do not hold, or that an input is bad, leaves word of it for the next.

use super::budget::Needs;
use super::inputs::{self, BadInputs, Joined, Opened};
use super::log::MemoryLog;
use super::observe::{JobState, Observer};
use super::rejected;
use super::stages::{self, Collected, Execute, Infer, Rejects, RowCounts};
use super::state::Transition;
use super::{ErrorKind, JobError};
use crate::book::Book;
use crate::catalog::FileStamp;
use crate::collector::{Collector, bytes_per_row, rows_per_batch, stored_schema};
use crate::ingest::{Cut, DatumEnd, Engine, Limits};
use crate::menu::{Compression, Job, OnBadInput, OnMismatch};
use crate::plugin::catalogue::Catalogue;
use crate::steering::{ConfigureError, MergeTree, Plan, Policy, RunOutput, Steering, StepError, Totals};
use crate::store::{Algorithm, ContentId};
use crate::writer::{self, Encoder, PartWritten, PartitionWriter, WriterOptions};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use artemis_plugin_api::Level;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Content ids by index of the input, each with the state of the file that has it.
pub type KnownIds = BTreeMap<usize, (ContentId, FileStamp)>;

/// What an attempt works with.
pub struct Attempt<'a> {
    /// The job.
    pub job: &'a Job,
    /// The plugins.
    pub plugins: &'a Catalogue,
    /// The job's threads.
    pub pool: &'a rayon::ThreadPool,
    /// Upper bound of the memory, in bytes.
    pub max_memory_bytes: u64,
    /// Is told how it goes.
    pub observer: &'a dyn Observer,
    /// The job's log.
    pub log: &'a Arc<MemoryLog>,
    /// Content ids of inputs that are known already, by index, with the state of the file that has it.
    pub known_ids: &'a KnownIds,
    /// Hash of data files.
    pub algorithm: Algorithm,
    /// Part files are flushed to the disk.
    pub durable: bool,
}

/// What one attempt leaves for the next.
#[derive(Default)]
pub struct Memory {
    /// State of the job.
    pub state: JobState,
    /// Inputs that are left out.
    pub bad: BadInputs,
    /// The types are taken from all chunks, not from a sample.
    pub infer_all: bool,
    /// Why the job started over.
    pub notes: Vec<String>,
    /// Starts over.
    pub restarts: u32,
    /// The types of the attempt before.
    types: Vec<SchemaRef>,
}

/// A partition that was written.
pub struct WrittenPartition {
    /// Its name.
    pub name: String,
    /// Schema of its batches.
    pub schema: SchemaRef,
    /// Its parts.
    pub parts: Vec<PartWritten>,
}

/// What an attempt made.
pub struct Made {
    /// The partitions, in the order of the leaves.
    pub partitions: Vec<WrittenPartition>,
    /// The components, for their layout.
    pub steering: Arc<Steering>,
    /// Everything booked.
    pub book: Book,
    /// Rejects by position of the input and column.
    pub rejects: Rejects,
    /// The inputs that were read, in order: index, and how they ended.
    pub inputs: Vec<(usize, DatumEnd, RowCounts)>,
    /// Schema of the inputs' columns.
    pub types: Vec<SchemaRef>,
}

/// All chunks ran: what was collected, the inputs by index, the schema of their columns.
type Executed = (Collected, Vec<(usize, DatumEnd)>, Vec<SchemaRef>);

/// How an attempt ended.
pub enum Outcome {
    /// Part files are there.
    Made(Box<Made>),
    /// The job has to start over; the memory says why.
    StartOver,
}

impl Memory {
    /// Moves the job's state on.
    pub fn step(&mut self, transition: Transition, observer: &dyn Observer) -> Result<(), JobError> {
        self.state = self.state.after(transition).map_err(|e| JobError::bug(e.to_string()))?;
        observer.state(self.state);
        Ok(())
    }

    fn start_over(&mut self, why: String, attempt: &Attempt<'_>) -> Result<Outcome, JobError> {
        attempt.log.host(Level::Warn, &why);
        attempt.observer.note(&why);
        self.notes.push(why);
        self.restarts += 1;
        self.step(Transition::StartOver, attempt.observer)?;
        Ok(Outcome::StartOver)
    }
}

/// The policy that components are told.
fn policy(job: &Job) -> Policy {
    match job.input.on_mismatch {
        OnMismatch::Widen | OnMismatch::Abort => Policy::Stop,
        OnMismatch::Null => Policy::Null,
        OnMismatch::Quarantine => Policy::Quarantine,
    }
}

/// Makes the components of a job.
pub fn configure(job: &Job, plugins: &Catalogue, log: &Arc<MemoryLog>) -> Result<Steering, JobError> {
    let plan = Plan::new(job).map_err(|problems| {
        let texts: Vec<String> = problems.iter().map(|problem| problem.message.clone()).collect();
        JobError::new(ErrorKind::Usage, texts.join("; "))
    })?;
    Steering::configure(job, plan, plugins, log.clone(), policy(job)).map_err(|error| match error {
        ConfigureError::Load(error) => error.into(),
        ConfigureError::Step(error) => error.into(),
    })
}

/// How the reader's inputs are cut.
pub fn cut(steering: &Steering) -> Result<Cut, JobError> {
    Cut::new(&steering.framing()?).map_err(|reason| {
        JobError::new(ErrorKind::Usage, format!("reader `{}`: {reason}", steering.reader_name()))
    })
}

impl Attempt<'_> {
    /// Runs the job once over its inputs.
    ///
    /// # Errors
    /// Those that no further attempt mends.
    pub fn run(&self, steering: Steering, memory: &mut Memory, dir: &Path) -> Result<Outcome, JobError> {
        let mut steering = steering;
        memory.step(Transition::Initialize, self.observer)?;
        let cut = cut(&steering)?;
        let (mut opened, sampled) = inputs::open_inputs(self.job, &steering, &cut, &mut memory.bad)?;
        if opened.is_empty() {
            let reasons: Vec<&str> = memory.bad.values().map(String::as_str).collect();
            return Err(JobError::new(ErrorKind::Input, format!("no input is left: {}", reasons.join("; "))));
        }
        self.observer.total(opened.iter().map(|input| input.datum.size_bytes()).sum());
        if memory.infer_all {
            let bad = self.infer(&steering, &cut, &mut opened)?;
            if !bad.is_empty() {
                memory.bad.extend(bad);
                return memory.start_over("started over without inputs that cannot be read".into(), self);
            }
        }
        let Some(joined) = inputs::join(self.job, &steering, opened, &mut memory.bad)? else {
            return memory.start_over("inputs with other columns are left out".into(), self);
        };
        self.note_changes(&joined.types, memory);
        steering.initialize(joined.outputs.clone())?;
        memory.step(Transition::Book, self.observer)?;
        steering.book()?;

        memory.step(Transition::Sample, self.observer)?;
        let sample = self.sample(&steering, &joined, sampled)?;
        memory.step(Transition::Rebook, self.observer)?;
        steering.rebook(&sample.book);

        memory.step(Transition::Execute, self.observer)?;
        let steering = Arc::new(steering);
        let writers = self.writers(&steering, dir)?;
        let outcome = self.execute(&steering, &cut, joined, &sample, &writers, memory);
        // What a component gave is given back before it hears of the end.
        drop(sample);
        if outcome.is_err() {
            steering.abort();
        }
        let Some((collected, ends, types)) = outcome? else { return Ok(Outcome::StartOver) };
        memory.step(Transition::Finalize, self.observer)?;
        let made = self.finalize(steering.clone(), writers, collected, ends, types, memory, dir);
        if made.is_err() {
            steering.abort();
        }
        made.map(|made| Outcome::Made(Box::new(made)))
    }

    /// Looks at all chunks of all inputs.
    fn infer(&self, steering: &Steering, cut: &Cut, opened: &mut [Opened]) -> Result<BadInputs, JobError> {
        let datums: Vec<_> = opened.iter().map(|input| (input.datum.clone(), input.span.clone())).collect();
        let limits = Limits {
            block_bytes: self.job.block_bytes,
            run_chunks: 1,
            window_bytes: (self.max_memory_bytes / 4).max(self.job.block_bytes * 2),
            ordered: false,
            hash: None,
        };
        let stage = Infer {
            steering,
            opened,
            samples: opened.iter().map(|_| Mutex::new(None)).collect(),
            go_on_without: self.job.input.on_bad_input != OnBadInput::Abort,
            bad: Mutex::default(),
            observer: self.observer,
        };
        Engine { datums: &datums, cut, limits }.run(self.pool, &stage)?;
        let bad = reasons(stage.bad);
        if !bad.is_empty() {
            return Ok(bad);
        }
        let samples: Vec<_> = stage
            .samples
            .into_iter()
            .map(|sample| sample.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect();
        for (input, sample) in opened.iter_mut().zip(samples) {
            if let Some(sample) = sample {
                inputs::show(steering, input, &sample)?;
            }
        }
        // The bytes are read again by the job itself.
        self.observer.total(opened.iter().map(|input| input.datum.size_bytes()).sum());
        Ok(BadInputs::new())
    }

    /// Says which columns have other types than in the attempt before.
    fn note_changes(&self, types: &[SchemaRef], memory: &mut Memory) {
        for (column, before, after) in inputs::type_changes(&memory.types, types) {
            let note = format!("column `{column}` is now {after} instead of {before}");
            self.log.host(Level::Info, &note);
            memory.notes.push(note);
        }
        memory.types = types.to_vec();
    }

    /// Runs sampled chunks through the menu; nothing of it counts.
    fn sample(
        &self,
        steering: &Steering,
        joined: &Joined,
        sampled: inputs::Sampled,
    ) -> Result<SampleRun, JobError> {
        let mut run = SampleRun {
            book: steering.layout().empty(),
            leaves: vec![Vec::new(); steering.plan().leaves.len()],
            chunk_bytes: 0,
        };
        let mut worker = steering.worker()?;
        // A few chunks are enough for sizes and bins.
        for (position, chunk) in sampled.into_iter().take(4) {
            let one = crate::ingest::Run { datum: position, index: 0, chunks: vec![chunk] };
            match steering.execute(&mut worker, &joined.states[position], &one, true) {
                Ok(output) => run.add(output, one.chunks[0].block.length),
                // What does not convert is found again by the job itself, where it is treated by its policy.
                Err(StepError::Mismatch(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(run)
    }

    fn writers(&self, steering: &Steering, dir: &Path) -> Result<Vec<Arc<PartitionWriter>>, JobError> {
        let leaves = &steering.plan().leaves;
        leaves
            .iter()
            .map(|leaf| {
                let schema = stored_schema(steering.schema_of(&leaf.source));
                Ok(Arc::new(self.writer(schema, &dir.join(&leaf.partition))?))
            })
            .collect()
    }

    /// A writer of a partition's parts.
    pub fn writer(&self, schema: SchemaRef, dir: &Path) -> Result<PartitionWriter, JobError> {
        let compression = match self.job.output.compression {
            Compression::None => writer::Compression::None,
            Compression::Lz4 => writer::Compression::Lz4,
            Compression::Zstd => writer::Compression::Zstd,
        };
        std::fs::create_dir_all(dir)
            .map_err(|e| JobError::new(ErrorKind::Store, format!("cannot make {}: {e}", dir.display())))?;
        let encoder = Encoder::new(schema, compression)
            .map_err(|e| JobError::new(ErrorKind::Usage, format!("cannot store a partition: {e}")))?;
        let options = WriterOptions {
            dir: dir.to_owned(),
            file_bytes: self.job.output.file_bytes,
            algorithm: self.algorithm,
            durable: self.durable,
        };
        Ok(PartitionWriter::new(encoder, options))
    }

    fn execute(
        &self,
        steering: &Arc<Steering>,
        cut: &Cut,
        joined: Joined,
        sample: &SampleRun,
        writers: &[Arc<PartitionWriter>],
        memory: &mut Memory,
    ) -> Result<Option<Executed>, JobError> {
        let rows: Vec<usize> = steering
            .plan()
            .leaves
            .iter()
            .zip(&sample.leaves)
            .map(|(leaf, batches)| {
                let chosen = self.job.output.rows_per_batch;
                chosen.unwrap_or_else(|| rows_per_batch(steering.schema_of(&leaf.source), batches))
            })
            .collect();
        let Joined { states, spans, types, .. } = joined;
        let all_known = states.iter().all(|state| {
            self.known_ids.get(&state.datum.index).is_some_and(|(_, stamp)| *stamp == state.datum.stamp)
        });
        let limits = self.limits(steering, sample, &rows, all_known)?;
        let go_on_without = self.job.input.on_bad_input != OnBadInput::Abort;
        let stage = Execute {
            steering,
            states,
            writers,
            observer: self.observer,
            go_on_without,
            rejected_bytes_max: self.max_memory_bytes / 4,
            collected: Mutex::new(Collected {
                collectors: rows.iter().map(|rows| Collector::new(*rows)).collect(),
                tree: MergeTree::default(),
                rejects: Rejects::new(),
                rejected: Vec::new(),
                rejected_bytes: 0,
                rows: BTreeMap::new(),
            }),
            bad: Mutex::default(),
            ends: Mutex::default(),
        };
        match (Engine { datums: &spans, cut, limits }).run(self.pool, &stage) {
            Ok(()) => {}
            Err(error) => {
                let widens = self.job.input.on_mismatch == OnMismatch::Widen && !memory.infer_all;
                let Some(mismatch) = error.as_mismatch().filter(|m| widens && m.column.is_some()) else {
                    return Err(error);
                };
                let why = format!("started over with types from all of the input: {mismatch}");
                memory.infer_all = true;
                memory.bad.extend(reasons(stage.bad));
                memory.start_over(why, self)?;
                return Ok(None);
            }
        }
        let bad = reasons(stage.bad);
        if !bad.is_empty() {
            let names: Vec<String> = bad.values().cloned().collect();
            memory.bad.extend(bad);
            let why = format!("started over without {} bad inputs: {}", names.len(), names.join("; "));
            memory.start_over(why, self)?;
            return Ok(None);
        }
        let mut ends = stage.ends.into_inner().unwrap_or_else(PoisonError::into_inner);
        let ends = stage
            .states
            .iter()
            .enumerate()
            .filter_map(|(position, state)| ends.remove(&position).map(|end| (state.datum.index, end)));
        let ends = ends.collect();
        let collected = stage.collected.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Some((collected, ends, types)))
    }

    fn limits(
        &self,
        steering: &Steering,
        sample: &SampleRun,
        rows: &[usize],
        all_known: bool,
    ) -> Result<Limits, JobError> {
        let partial_bytes = steering.partial_hint_bytes();
        let block_bytes = self.job.block_bytes;
        let run_chunks = (partial_bytes / block_bytes.max(1)).clamp(1, 64);
        let leaf_bytes: Vec<u64> = steering
            .plan()
            .leaves
            .iter()
            .zip(&sample.leaves)
            .zip(rows)
            .map(|((leaf, batches), rows)| {
                (bytes_per_row(steering.schema_of(&leaf.source), batches) * *rows as f64) as u64
            })
            .collect();
        let needs = Needs {
            max_memory_bytes: self.max_memory_bytes,
            workers: self.pool.current_num_threads() as u64,
            block_bytes,
            run_chunks,
            expansion: sample.expansion(),
            leaf_batch_bytes: leaf_bytes.iter().fold(0, |sum: u64, bytes| sum.saturating_add(*bytes)),
            largest_batch_bytes: leaf_bytes.iter().copied().max().unwrap_or(0),
            partial_bytes,
        };
        let window_bytes = needs.window_bytes().map_err(|text| JobError::new(ErrorKind::Usage, text))?;
        self.log.host(
            Level::Debug,
            &format!("{run_chunks} chunks a run, a window of {window_bytes} bytes, batches of {rows:?} rows"),
        );
        Ok(Limits {
            block_bytes,
            run_chunks: run_chunks as usize,
            window_bytes,
            ordered: steering.is_ordered(),
            hash: (!all_known).then_some(self.algorithm),
        })
    }

    #[allow(clippy::too_many_arguments)] // Everything that the attempt made comes together here, once.
    fn finalize(
        &self,
        steering: Arc<Steering>,
        writers: Vec<Arc<PartitionWriter>>,
        collected: Collected,
        ends: Vec<(usize, DatumEnd)>,
        types: Vec<SchemaRef>,
        memory: &Memory,
        dir: &Path,
    ) -> Result<Made, JobError> {
        let Collected { mut collectors, tree, mut rejects, rejected, rows, .. } = collected;
        let totals = match tree.finish()? {
            Some(totals) => totals,
            None => Totals::empty(&steering)?,
        };
        let mut worker = steering.worker()?;
        let finalized = steering.finalize(&mut worker, totals)?;
        drop(worker);
        // Rejects of batches that were made at the end belong to no input.
        for (column, counted) in finalized.rejects {
            rejects.entry((usize::MAX, column)).or_default().merge(counted);
        }
        for (leaf, batches) in finalized.leaves.into_iter().enumerate() {
            for batch in batches {
                for cut in collectors[leaf].push(batch) {
                    stages::write(&writers[leaf], cut)?;
                }
            }
        }
        let mut partitions = Vec::new();
        for ((leaf, writer), collector) in steering.plan().leaves.iter().zip(writers).zip(collectors) {
            if let Some(cut) = collector.finish() {
                stages::write(&writer, cut)?;
            }
            partitions.push(finish_partition(leaf.partition.clone(), writer)?);
        }
        let names: Vec<String> = self.job.input.files.iter().map(|path| file_name(path)).collect();
        let read: Vec<usize> = ends.iter().map(|(index, _)| *index).collect();
        let bad_inputs = match self.job.input.on_bad_input {
            OnBadInput::Quarantine => Some((&memory.bad, &self.job.input.files)),
            OnBadInput::Abort | OnBadInput::Skip => None,
        };
        let rejects_of =
            rejected::Rejected { records: &rejected, positions: &read, names: &names, bad_inputs };
        if !rejects_of.is_empty() {
            let writer = Arc::new(self.writer(rejected::schema(), &dir.join(rejected::PARTITION))?);
            rejects_of.write(&writer)?;
            partitions.push(finish_partition(rejected::PARTITION.to_owned(), writer)?);
        }
        let inputs = ends
            .into_iter()
            .enumerate()
            .map(|(position, (index, end))| (index, end, rows.get(&position).copied().unwrap_or_default()))
            .collect();
        Ok(Made { partitions, steering, book: finalized.book, rejects, inputs, types })
    }
}

fn finish_partition(name: String, writer: Arc<PartitionWriter>) -> Result<WrittenPartition, JobError> {
    let schema = writer.schema().clone();
    let writer =
        Arc::into_inner(writer).ok_or_else(|| JobError::bug("a task still holds a partition's writer"))?;
    let parts = writer.finish().map_err(|e| JobError::new(ErrorKind::Store, e.to_string()))?;
    Ok(WrittenPartition { name, schema, parts })
}

/// The name of an input.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Bad inputs with the reason of their earliest run.
fn reasons(bad: Mutex<stages::BadRuns>) -> BadInputs {
    let bad = bad.into_inner().unwrap_or_else(PoisonError::into_inner);
    bad.into_iter().map(|(index, (_, reason))| (index, reason)).collect()
}

/// A directory for the parts of one attempt.
pub fn attempt_dir(staging: &Path, restarts: u32) -> PathBuf {
    staging.join(format!("attempt-{restarts}"))
}

/// What a sampling pass showed.
struct SampleRun {
    book: Book,
    leaves: Vec<Vec<RecordBatch>>,
    chunk_bytes: u64,
}

impl SampleRun {
    fn add(&mut self, output: RunOutput, chunk_bytes: u64) {
        self.book.merge(&output.local.book);
        self.leaves.iter_mut().zip(output.leaves).for_each(|(all, one)| all.extend(one));
        self.chunk_bytes += chunk_bytes;
    }

    /// Bytes of batches per byte of input, over all leaves. A leaf that shares the reader's buffers counts all the
    /// same: it keeps them alive.
    fn expansion(&self) -> f64 {
        let held: usize = self.leaves.iter().flatten().map(RecordBatch::get_array_memory_size).sum();
        match self.chunk_bytes {
            0 => 4.0,
            bytes => (held as f64 / bytes as f64).max(1.5),
        }
    }
}
