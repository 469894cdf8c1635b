//! Garbage: what no commit reaches, is no running job's, and has been so for longer than the grace.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime},
};

use uuid::Uuid;

use super::{
    Catalog, JobStatus, Result,
    commit::{data_prefix, log_prefix},
    log::Replayed,
    readme::README,
    records::DatasetLog,
};
use crate::store::{ContentId, StrayKind};

/// How to collect garbage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GcOptions {
    /// Nothing younger goes.
    pub grace: Duration,
    /// Only says what would go.
    pub dry_run: bool,
}

impl Default for GcOptions {
    /// Two weeks; it removes.
    fn default() -> Self {
        Self { grace: Duration::from_secs(14 * 86_400), dry_run: false }
    }
}

/// Why something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Garbage {
    /// A data file of a deleted dataset.
    Deleted,
    /// A data file of a commit that did not come to its end.
    Part,
    /// An object that nothing refers to.
    Object,
    /// What a job staged that is over.
    Staging,
    /// A file whose writer is gone.
    Temporary,
}

impl Garbage {
    /// In a word or two.
    pub fn word(self) -> &'static str {
        match self {
            Garbage::Deleted => "deleted dataset",
            Garbage::Part => "unreached data file",
            Garbage::Object => "unreached object",
            Garbage::Staging => "staging of a dead job",
            Garbage::Temporary => "temporary file",
        }
    }
}

/// Something that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Where it is.
    pub place: String,
    /// Why it goes.
    pub why: Garbage,
    /// Its size, where that is known.
    pub bytes: u64,
}

/// What a collection came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// What went, or would go.
    pub removed: Vec<Removed>,
    /// Datasets whose grace was found over.
    pub erased: Vec<ContentId>,
    /// How many files nothing reaches that are younger than the grace.
    pub young: u64,
    /// Jobs that run, or may run: what they may reach stays.
    pub running: Vec<Uuid>,
}

/// What commits reach.
#[derive(Default)]
struct Reached {
    objects: BTreeSet<ContentId>,
    parts: BTreeSet<String>,
    /// Segments of datasets with a record: their README stays.
    datasets: BTreeSet<ContentId>,
}

impl Catalog {
    /// Removes what no commit and no running job reaches, if it is older than the grace; also the bytes of
    /// datasets that were deleted before it. While a job runs, no object goes: the job may be about to
    /// refer to it.
    ///
    /// # Errors
    /// Damage, in which case nothing is removed, or an error of the store.
    pub fn gc(&self, options: &GcOptions) -> Result<Collected> {
        let now = SystemTime::now();
        let deadline = now.checked_sub(options.grace).unwrap_or(SystemTime::UNIX_EPOCH);
        // Jobs before commits: one that ends in between is seen running, or its commit is seen.
        let (running, over) = self.jobs_at_work(deadline)?;
        let mut done = Collected { running, ..Collected::default() };
        let keys = self.store.list("data")?;
        let objects = self.store.list("objects")?;
        for (dataset, deleted) in self.deleted_datasets()? {
            if deleted.at <= deadline && !deleted.erased {
                if !options.dry_run && !self.erase_dataset(&dataset, deadline)? {
                    continue;
                }
                done.erased.push(dataset);
            }
        }
        let deleted: BTreeMap<String, SystemTime> = self
            .deleted_datasets()?
            .into_iter()
            .filter(|(id, deleted)| deleted.erased || done.erased.contains(id))
            .map(|(id, deleted)| (id.segment(), deleted.at))
            .collect();
        let reached = self.reached(&done.erased)?;
        let mut garbage = Vec::new();
        for key in keys {
            self.judge_data(
                &key,
                &reached,
                &deleted,
                &done.running,
                deadline,
                &mut done.young,
                &mut garbage,
            )?;
        }
        for key in objects {
            let id = key.rsplit('/').next().zip(key.split('/').nth(1));
            let id = id.and_then(|(hex, algorithm)| format!("{algorithm}:{hex}").parse::<ContentId>().ok());
            let Some(id) = id.filter(|id| id.object_key() == key && !reached.objects.contains(id)) else {
                continue;
            };
            if done.running.is_empty() && is_old(self.store.modified(&id.object_key())?, deadline) {
                garbage.push((key, Garbage::Object));
            } else {
                done.young += 1;
            }
        }
        for (key, why) in garbage {
            let bytes = self.store.size(&key)?.unwrap_or_default();
            if !options.dry_run {
                self.store.delete(&key)?;
            }
            done.removed.push(Removed { place: key, why, bytes });
        }
        self.collect_strays(&over, deadline, options.dry_run, &mut done)?;
        Ok(done)
    }

    /// The jobs that run, or gave a sign of life within the grace; and those that are over.
    fn jobs_at_work(&self, deadline: SystemTime) -> Result<(Vec<Uuid>, BTreeSet<String>)> {
        let mut running = Vec::new();
        let mut over = BTreeSet::new();
        for job in self.jobs()? {
            match job.status {
                JobStatus::Ended(..) => {
                    over.insert(job.id.to_string());
                }
                JobStatus::UnknownSince(since) if since < deadline => {
                    over.insert(job.id.to_string());
                }
                // A record that cannot be read may be that of a job that runs.
                JobStatus::Running(_) | JobStatus::UnknownSince(_) | JobStatus::Damaged(_) => {
                    running.push(job.id);
                }
            }
        }
        Ok((running, over))
    }

    /// What the logs and the records of jobs reach, without the datasets that are being erased.
    fn reached(&self, erased: &[ContentId]) -> Result<Reached> {
        let mut reached = Reached::default();
        let mut datasets: BTreeSet<ContentId> = BTreeSet::new();
        {
            let view = self.refreshed()?;
            let view = view.state();
            reached.objects.extend(view.objects(self.store.as_ref())?.iter().map(|object| object.id));
            let kept = view.all_aux().filter(|(dataset, _)| !erased.contains(dataset));
            reached.objects.extend(kept.map(|(_, aux)| aux));
            datasets.extend(view.datasets().keys());
        }
        // Also those whose commit was cut short before the store's log: the next job finishes them.
        for segment in self.store.children("datasets")? {
            datasets.extend(ContentId::from_segment(&segment));
        }
        for dataset in datasets {
            if erased.contains(&dataset) {
                continue;
            }
            let generation = self.view().state().generation(&dataset);
            let prefix = log_prefix(&dataset, generation);
            let mut log = Replayed::<DatasetLog>::new(&prefix, self.identity.data);
            log.refresh(self.store.as_ref())?;
            for entry in log.state().entries() {
                reached.datasets.insert(dataset);
                reached.objects.extend(entry.objects.iter().map(|object| object.id));
                reached.objects.extend(entry.parts.iter().filter_map(|(_, part)| part.table));
                reached.parts.extend(entry.parts.iter().map(|(_, part)| part.key.clone()));
            }
        }
        for job in self.jobs()? {
            reached.objects.extend(job.menu.into_iter().chain(job.config));
            if let JobStatus::Ended(_, end) = job.status {
                reached.objects.extend(end.info.into_iter().chain(end.log));
            }
        }
        Ok(reached)
    }

    #[expect(clippy::too_many_arguments, reason = "one file, and all that decides about it")]
    fn judge_data(
        &self,
        key: &str,
        reached: &Reached,
        deleted: &BTreeMap<String, SystemTime>,
        running: &[Uuid],
        deadline: SystemTime,
        young: &mut u64,
        garbage: &mut Vec<(String, Garbage)>,
    ) -> Result<()> {
        let segments: Vec<&str> = key.split('/').collect();
        let [_, dataset, rest @ ..] = segments.as_slice() else { return Ok(()) };
        let Ok(id) = ContentId::from_segment(dataset) else { return Ok(()) };
        let is_readme = rest == [README] && !reached.datasets.contains(&id);
        let job = rest.first().and_then(|job| Uuid::parse_str(job).ok());
        let is_part = job.is_some_and(|job| !running.contains(&job)) && !reached.parts.contains(key);
        if !(is_readme || is_part) {
            return Ok(());
        }
        debug_assert!(key.starts_with(&data_prefix(&id)));
        let modified = self.store.modified(key)?;
        if let Some(at) = deleted.get(*dataset) {
            // A file that came in since then is of a job that makes the dataset again.
            if modified.is_none_or(|modified| modified <= *at) || is_old(modified, deadline) {
                garbage.push((key.to_owned(), Garbage::Deleted));
                return Ok(());
            }
        }
        if is_old(modified, deadline) {
            garbage.push((key.to_owned(), Garbage::Part));
        } else {
            *young += 1;
        }
        Ok(())
    }

    fn collect_strays(
        &self,
        over: &BTreeSet<String>,
        deadline: SystemTime,
        dry_run: bool,
        done: &mut Collected,
    ) -> Result<()> {
        let known: BTreeSet<String> = done.running.iter().map(Uuid::to_string).collect();
        for stray in self.store.strays()? {
            let why = match &stray.kind {
                StrayKind::Staging { job } if known.contains(job) => continue,
                // A job that is over needs no age of its files, but who looks at them may.
                StrayKind::Staging { job } if over.contains(job) || !known.contains(job) => Garbage::Staging,
                StrayKind::Temporary => Garbage::Temporary,
                _ => continue,
            };
            if !is_old(stray.modified, deadline) {
                done.young += 1;
                continue;
            }
            if !dry_run {
                self.store.remove_stray(&stray)?;
            }
            done.removed.push(Removed { place: stray.place, why, bytes: 0 });
        }
        Ok(())
    }
}

/// Whether a file is older than the grace. One whose age nobody knows stays.
fn is_old(modified: Option<SystemTime>, deadline: SystemTime) -> bool {
    modified.is_some_and(|modified| modified <= deadline)
}
