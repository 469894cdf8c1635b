//! One run of a menu over its inputs, from the checked job file to the committed dataset.
//!
//! 1. What the job is made of is hashed and stored: menu, configuration, plugins.
//! 2. If the dataset of that recipe is there, the job is done.
//! 3. Attempts: configure, initialize, book, sample, rebook, execute, finalize. An attempt that finds that types do
//!    not hold, or that an input is bad, is thrown away and the next one knows better.
//! 4. The part files of the last attempt are committed.

mod attempt;
mod budget;
mod builder;
mod change;
mod commit;
mod error;
mod identity;
mod inputs;
mod log;
mod observe;
mod preview;
mod records;
mod rejected;
mod stages;
mod state;
mod summary;

pub use builder::JobBuilder;
pub use change::{PluginChange, plugin_changes};
pub use error::{ErrorKind, JobError};
pub use identity::OUTPUT_REVISION;
pub use observe::{JobState, Observer, Quiet};
pub use preview::preview;
pub use state::{IllegalTransition, Transition};
pub use summary::{DatumSummary, PartitionSummary, Preview, PreviewLeaf, Reject, StepTime, Summary};

use crate::catalog::{Catalog, EndOfJob, JobDescription, JobHandle};
use crate::menu::Job;
use crate::plugin::catalogue::Catalogue;
use attempt::{Attempt, Memory, Outcome};
use commit::Commit;
use identity::Identity;
use log::MemoryLog;
use std::sync::Arc;
use std::time::Instant;

/// What a run needs beside the job.
pub struct Options<'a> {
    /// The plugins that were found.
    pub plugins: &'a Catalogue,
    /// Where the results go.
    pub catalog: &'a Catalog,
    /// Workers; `None` takes what the machine allows.
    pub workers: Option<usize>,
    /// Runs even if the dataset is there already, and compares.
    pub again: bool,
    /// Only names and checks what would run.
    pub dry_run: bool,
    /// Part files are flushed to the disk before they are committed.
    pub durable: bool,
    /// Upper bound of the memory where the job does not give one, in bytes.
    pub default_memory_bytes: u64,
    /// Plugins that are not the files that the stored menu ran with: named in the job's record.
    pub plugin_changes: &'a [PluginChange],
    /// Is told how the job goes.
    pub observer: &'a dyn Observer,
}

/// Runs a job.
///
/// # Errors
/// [`JobError`]; its kind says who can do something about it.
pub fn run(job: &Job, options: &Options<'_>) -> Result<Summary, JobError> {
    let started = Instant::now();
    options.observer.state(JobState::Starting);
    let mut identity = Identity::new(job, options.plugins, options.catalog)?;
    identity.changes = options.plugin_changes.to_vec();
    let cache = options.catalog.input_cache()?;
    let known = commit::known_ids(job, &cache, options.catalog.identity().data);
    if known.len() == job.input.files.len() && !options.again {
        let dataset = identity.recipe(job, known.values().map(|(id, _)| *id).collect(), Vec::new());
        let dataset = dataset.dataset_id(options.catalog.identity().data);
        if options.catalog.settle_dataset(&dataset)? {
            return commit::found(job, options, &identity, dataset, started);
        }
    }
    if options.dry_run {
        attempt::configure(job, options.plugins, &Arc::new(MemoryLog::new()))?;
        return Ok(commit::dry(job, &identity, started));
    }
    let workers = options
        .workers
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(workers.max(1))
        .thread_name(|i| format!("artemis-{i}"))
        .build()
        .map_err(|e| JobError::new(ErrorKind::Store, format!("cannot start {workers} threads: {e}")))?;
    let handle = options.catalog.start_job(&JobDescription {
        name: job.name.clone(),
        host_version: env!("CARGO_PKG_VERSION").to_owned(),
        menu: Some(identity.menu),
        config: Some(identity.config),
        workers: workers as u32,
        command: String::new(),
    })?;
    let log = Arc::new(MemoryLog::new());
    let attempts = Attempt {
        job,
        plugins: options.plugins,
        pool: &pool,
        max_memory_bytes: job.max_memory.unwrap_or(options.default_memory_bytes),
        observer: &Beating::new(options, &handle),
        log: &log,
        known_ids: &known,
        algorithm: options.catalog.identity().data,
        durable: options.durable,
    };
    let mut memory = Memory::default();
    let committed = attempts_until_made(&attempts, &mut memory, &handle).and_then(|made| {
        memory.step(Transition::Succeed, options.observer)?;
        let commit =
            Commit { job, options, identity: &identity, handle: &handle, log: &log, memory: &memory };
        commit.run(*made, &known, cache, started)
    });
    match committed {
        Ok(summary) => Ok(summary),
        Err(error) => {
            end_badly(&error, options, &identity, &handle, &log, memory);
            Err(error)
        }
    }
}

/// Attempts until one makes the part files.
fn attempts_until_made(
    attempts: &Attempt<'_>,
    memory: &mut Memory,
    handle: &JobHandle,
) -> Result<Box<attempt::Made>, JobError> {
    memory.step(Transition::Configure, attempts.observer)?;
    loop {
        let steering = attempt::configure(attempts.job, attempts.plugins, attempts.log)?;
        let dir = attempt::attempt_dir(&handle.staging, memory.restarts);
        match attempts.run(steering, memory, &dir)? {
            Outcome::Made(made) => return Ok(made),
            Outcome::StartOver => {
                if dir.exists() {
                    std::fs::remove_dir_all(&dir).map_err(|e| {
                        JobError::new(ErrorKind::Store, format!("cannot remove {}: {e}", dir.display()))
                    })?;
                }
            }
        }
    }
}

/// Records how a job failed. What goes wrong here must not hide why the job did.
fn end_badly(
    error: &JobError,
    options: &Options<'_>,
    identity: &Identity,
    handle: &JobHandle,
    log: &Arc<MemoryLog>,
    mut memory: Memory,
) {
    log.host(artemis_plugin_api::Level::Error, &error.to_string());
    // A job whose commit failed has no transition left, but it did not succeed.
    memory.state = memory.state.after(Transition::Stop).unwrap_or(JobState::Abort);
    options.observer.state(memory.state);
    let info = commit::failed_info(options.catalog, identity, handle, error, &memory);
    let info = options.catalog.put_job_info(&info).ok().map(|object| object.id);
    let log = options.catalog.put_object(&records::log_bytes(log)).ok();
    let end =
        EndOfJob { state: memory.state.into(), dataset: None, error: Some(error.to_string()), info, log };
    if let Err(error) = options.catalog.end_job(handle, &end) {
        tracing::warn!("cannot record the end of the job: {error}");
    }
}

/// Passes everything on, and keeps the job's heartbeat in the store.
struct Beating<'a> {
    options: &'a Options<'a>,
    handle: &'a JobHandle,
    state: std::sync::Mutex<Beat>,
}

struct Beat {
    last: Instant,
    progress: crate::catalog::Progress,
}

/// Seconds between two signs of life.
const HEARTBEAT_S: u64 = 10;

impl<'a> Beating<'a> {
    fn new(options: &'a Options<'a>, handle: &'a JobHandle) -> Self {
        let beat = Beat { last: Instant::now(), progress: crate::catalog::Progress::default() };
        Self { options, handle, state: std::sync::Mutex::new(beat) }
    }

    fn beat(&self, change: impl FnOnce(&mut crate::catalog::Progress)) {
        let Ok(mut beat) = self.state.lock() else { return };
        change(&mut beat.progress);
        if beat.last.elapsed().as_secs() >= HEARTBEAT_S {
            beat.last = Instant::now();
            let progress = beat.progress.clone();
            drop(beat);
            if let Err(error) = self.options.catalog.heartbeat(self.handle, &progress) {
                tracing::debug!("no heartbeat: {error}");
            }
        }
    }
}

impl Observer for Beating<'_> {
    fn state(&self, state: JobState) {
        self.beat(|progress| progress.state = state.into());
        self.options.observer.state(state);
    }

    fn total(&self, bytes: u64) {
        self.beat(|progress| (progress.bytes_total, progress.bytes_in) = (bytes, 0));
        self.options.observer.total(bytes);
    }

    fn read(&self, bytes: u64) {
        self.beat(|progress| progress.bytes_in += bytes);
        self.options.observer.read(bytes);
    }

    fn note(&self, text: &str) {
        self.options.observer.note(text);
    }

    fn is_cancelled(&self) -> bool {
        self.options.observer.is_cancelled()
    }
}
