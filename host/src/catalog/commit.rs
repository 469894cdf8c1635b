//! Commits of datasets: parts are published, then logged, then the dataset is made visible.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use artemis_proto::{FORMAT_VERSION, host};
use host::payload::Kind;
use uuid::Uuid;

use super::{
    Catalog, CatalogError, DatasetKind, InputRecord, ObjectKind, ObjectRef, Part, Result,
    log::{Replayed, payload},
    names::check_name,
    readme::README,
    records::{DatasetLog, Logged},
};
use crate::store::{ContentId, StoreError};

/// A dataset that a job made.
#[derive(Debug, Clone)]
pub struct DatasetCommit {
    /// The id of its recipe.
    pub dataset: ContentId,
    /// The job that made it.
    pub job: Uuid,
    /// Its data files, staged.
    pub parts: Vec<StagedPart>,
    /// Its objects, stored.
    pub objects: Vec<ObjectRef>,
    /// What became of the inputs.
    pub inputs: Vec<InputRecord>,
    /// The datasets that it was made from.
    pub parents: Vec<ContentId>,
    /// The name that moves to it.
    pub name: Option<String>,
}

/// A data file that waits in a job's staging directory.
#[derive(Debug, Clone)]
pub struct StagedPart {
    /// The partition that it belongs to.
    pub partition: String,
    /// Its place in the partition, from zero.
    pub index: u64,
    /// Where it is staged.
    pub staged: PathBuf,
    /// Its bytes.
    pub id: ContentId,
    /// How many rows it has.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// How many record batches it has.
    pub batches: u64,
    /// How many columns it has.
    pub columns: u64,
    /// Its stored `Table`.
    pub table: Option<ContentId>,
}

/// What a commit came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The dataset.
    pub dataset: ContentId,
    /// The version of its log that holds the record of this job.
    pub version: u64,
    /// Whether the dataset was there before, with the same content.
    pub already_there: bool,
}

impl Catalog {
    /// Commits a dataset. If it is there already, its content is compared, the staged files are left for
    /// the end of the job to remove, and the job is added to its record. Trying again after an error is
    /// safe. One that was deleted comes back.
    ///
    /// # Errors
    /// [`CatalogError::Differs`] if the dataset is there with other content, [`CatalogError::BadName`], or
    /// an error of the store.
    pub fn commit_dataset(&self, commit: &DatasetCommit) -> Result<Committed> {
        self.commit_dataset_as(commit, DatasetKind::DatasetProduced)
    }

    /// As [`commit_dataset`](Self::commit_dataset), for datasets of any kind.
    pub(crate) fn commit_dataset_as(&self, commit: &DatasetCommit, kind: DatasetKind) -> Result<Committed> {
        check_commit(commit)?;
        loop {
            let generation = self.refreshed()?.state().generation(&commit.dataset);
            if let Some(committed) = self.commit_in(commit, kind, generation)? {
                return Ok(committed);
            }
            // The dataset was erased in the meantime: its parts begin anew.
        }
    }

    fn commit_in(
        &self,
        commit: &DatasetCommit,
        kind: DatasetKind,
        generation: u32,
    ) -> Result<Option<Committed>> {
        let mut log = self.dataset_log_of(&commit.dataset, generation);
        log.refresh(self.store.as_ref())?;
        if log.state().entries().is_empty() {
            match self.publish_parts(commit) {
                Ok(parts) => {
                    let logged = message(commit, &parts, kind);
                    log.append(self.store.as_ref(), |log| {
                        log.entries().is_empty().then(|| vec![payload(Kind::Dataset(logged.clone()))])
                    })?;
                }
                // A faster job of the same recipe may have swept our files away while they came in.
                Err(e) => {
                    log.refresh(self.store.as_ref())?;
                    if log.state().entries().is_empty() {
                        return Err(e);
                    }
                }
            }
        }
        self.sweep(&commit.dataset, &log);
        let first = log.state().entries().first().map(|entry| entry.job) == Some(commit.job);
        if !first {
            compare(commit, log.state().entries())?;
        }
        let version = self.add_job(&mut log, commit, kind)?;
        let name = commit.name.as_deref();
        let new = self.make_visible(commit.dataset, commit.job, kind, name, generation, &commit.parents)?;
        let Some(new) = new else { return Ok(None) };
        self.explain(&commit.dataset);
        Ok(Some(Committed { dataset: commit.dataset, version, already_there: !first && !new }))
    }

    /// Whether the dataset is there. A commit that was cut short after the dataset's own log was written
    /// is finished first.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub fn settle_dataset(&self, dataset: &ContentId) -> Result<bool> {
        let generation = {
            let view = self.refreshed()?;
            if view.state().is_live(dataset) {
                return Ok(true);
            }
            // Only a job that ran again brings a deleted dataset back.
            if view.state().deleted().contains_key(dataset) {
                return Ok(false);
            }
            view.state().generation(dataset)
        };
        let mut log = self.dataset_log_of(dataset, generation);
        log.refresh(self.store.as_ref())?;
        let Some(first) = log.state().entries().first() else { return Ok(false) };
        let name = first.name.as_deref();
        let visible = self.make_visible(*dataset, first.job, first.kind, name, generation, &first.parents)?;
        Ok(visible.is_some())
    }

    /// Moves the staged files to their keys, which hold the job's id: a key that is there was published
    /// by an earlier attempt of the same job.
    fn publish_parts(&self, commit: &DatasetCommit) -> Result<Vec<Part>> {
        let mut parts = Vec::with_capacity(commit.parts.len());
        for part in &commit.parts {
            let key = part_key(commit, part);
            match self.store.publish(&part.staged, &key) {
                Ok(()) => {}
                // Half of it is there: an earlier attempt of this job was cut short.
                Err(StoreError::Exists { .. })
                    if part.staged.exists() && self.store.size(&key)? != Some(part.bytes) =>
                {
                    self.store.delete(&key)?;
                    self.store.publish(&part.staged, &key)?;
                }
                Err(StoreError::NotFound { .. } | StoreError::Exists { .. })
                    if self.store.size(&key)? == Some(part.bytes) => {}
                Err(e) => return Err(e.into()),
            }
            if self.store.size(&key)? != Some(part.bytes) {
                let what = format!("the job wrote {} bytes, which are not there", part.bytes);
                self.store.delete(&key)?;
                return Err(StoreError::corrupt(key, what).into());
            }
            parts.push(Part {
                index: part.index,
                key,
                id: part.id,
                rows: part.rows,
                bytes: part.bytes,
                batches: part.batches,
                columns: part.columns,
                table: part.table,
            });
        }
        Ok(parts)
    }

    /// Adds the job to the dataset's record unless it stands there, and returns the version that holds it.
    fn add_job(
        &self,
        log: &mut Replayed<DatasetLog>,
        commit: &DatasetCommit,
        kind: DatasetKind,
    ) -> Result<u64> {
        let logged = message(commit, &[], kind);
        let of_job = |log: &DatasetLog| log.entries().iter().find(|e| e.job == commit.job).map(|e| e.version);
        let added = log.append(self.store.as_ref(), |log| {
            of_job(log).is_none().then(|| vec![payload(Kind::Dataset(logged.clone()))])
        })?;
        Ok(added.or_else(|| of_job(log.state())).unwrap_or_default())
    }

    /// Logs that the dataset is made and moves the name to it. Returns whether the dataset was new, or
    /// nothing if it was erased since its log was read.
    pub(super) fn make_visible(
        &self,
        dataset: ContentId,
        job: Uuid,
        kind: DatasetKind,
        name: Option<&str>,
        generation: u32,
        parents: &[ContentId],
    ) -> Result<Option<bool>> {
        let made = host::DatasetMade {
            format_version: FORMAT_VERSION,
            dataset_id: dataset.to_string(),
            job_id: job.to_string(),
            dataset_version: 0,
            dataset_kind: kind.into(),
            parents: parents.iter().map(ToString::to_string).collect(),
        };
        let new = std::cell::Cell::new(false);
        let erased = std::cell::Cell::new(false);
        let moved = std::cell::Cell::new(false);
        let mut view = self.view();
        view.append(self.store.as_ref(), |view| {
            let mut payloads = Vec::new();
            erased.set(view.generation(&dataset) != generation);
            if erased.get() {
                return None;
            }
            new.set(!view.is_live(&dataset));
            if new.get() {
                payloads.push(payload(Kind::DatasetMade(made.clone())));
            }
            let stray = name.filter(|n| view.names().get(*n).and_then(|v| v.last()) != Some(&dataset));
            moved.set(stray.is_some());
            if let Some(name) = stray {
                payloads.push(payload(Kind::NameMoved(host::NameMoved {
                    format_version: FORMAT_VERSION,
                    name: name.to_owned(),
                    dataset_id: dataset.to_string(),
                })));
            }
            (!payloads.is_empty()).then_some(payloads)
        })?;
        if erased.get() {
            return Ok(None);
        }
        if let Some(name) = name.filter(|_| moved.get()) {
            self.cache_name(view.state(), name);
        }
        Ok(Some(new.get()))
    }

    /// Removes data files that no commit reaches: those of jobs that were killed while they committed, or
    /// came second. Once the log has its first entry, no other job's files can join it.
    fn sweep(&self, dataset: &ContentId, log: &Replayed<DatasetLog>) {
        let parts = log.state().entries().iter().flat_map(|entry| &entry.parts);
        let reached: BTreeSet<&str> = parts.map(|(_, part)| part.key.as_str()).collect();
        let swept = self.store.list(&data_prefix(dataset)).and_then(|keys| {
            keys.iter()
                .filter(|key| !reached.contains(key.as_str()) && !key.ends_with(README))
                .try_for_each(|key| self.store.delete(key))
        });
        if let Err(e) = swept {
            tracing::warn!("leftovers of other jobs stay in {}: {e}", data_prefix(dataset));
        }
    }

    /// The log of a dataset as far as the store's log is known, of which nothing was read yet.
    pub(super) fn dataset_log(&self, dataset: &ContentId) -> Replayed<DatasetLog> {
        let generation = self.view().state().generation(dataset);
        self.dataset_log_of(dataset, generation)
    }

    fn dataset_log_of(&self, dataset: &ContentId, generation: u32) -> Replayed<DatasetLog> {
        Replayed::new(&log_prefix(dataset, generation), self.identity.data)
    }
}

/// Where the log of a dataset is that was erased so often.
pub(super) fn log_prefix(dataset: &ContentId, generation: u32) -> String {
    match generation {
        0 => format!("datasets/{}/log", dataset.segment()),
        _ => format!("datasets/{}/log-{generation}", dataset.segment()),
    }
}

/// Where the data files of a dataset are.
pub(super) fn data_prefix(dataset: &ContentId) -> String {
    format!("data/{}", dataset.segment())
}

/// Numbers are padded so that a sorted glob keeps the order of the rows.
fn part_key(commit: &DatasetCommit, part: &StagedPart) -> String {
    let prefix = data_prefix(&commit.dataset);
    format!("{prefix}/{}/{}/part-{:05}.arrow", commit.job, part.partition, part.index)
}

fn check_commit(commit: &DatasetCommit) -> Result<()> {
    if let Some(name) = &commit.name {
        check_name(name)?;
    }
    let mut places = BTreeSet::new();
    for part in &commit.parts {
        check_name(&part.partition)?;
        if !places.insert((&part.partition, part.index)) {
            let name = format!("{} part {}", part.partition, part.index);
            return Err(CatalogError::BadName { name, reason: "two parts have this place" });
        }
    }
    Ok(())
}

pub(super) fn message(commit: &DatasetCommit, parts: &[Part], kind: DatasetKind) -> host::DatasetCommit {
    let parts = commit.parts.iter().zip(parts).map(|(staged, part)| host::Part {
        format_version: FORMAT_VERSION,
        partition: staged.partition.clone(),
        index: part.index,
        key: part.key.clone(),
        content_id: part.id.to_string(),
        rows: part.rows,
        bytes: part.bytes,
        batches: part.batches,
        columns: part.columns,
        table_id: part.table.map(|id| id.to_string()).unwrap_or_default(),
    });
    host::DatasetCommit {
        format_version: FORMAT_VERSION,
        dataset_id: commit.dataset.to_string(),
        working_id: commit.job.to_string(),
        job_id: commit.job.to_string(),
        parts: parts.collect(),
        objects: commit.objects.iter().map(ObjectRef::to_proto).collect(),
        inputs: commit.inputs.clone(),
        name: commit.name.clone().unwrap_or_default(),
        parents: commit.parents.iter().map(ToString::to_string).collect(),
        dataset_kind: kind.into(),
        ..Default::default()
    }
}

/// Equal recipes must have made equal parts and equal histograms.
fn compare(commit: &DatasetCommit, entries: &[Logged]) -> Result<()> {
    let there: BTreeMap<(&str, u64), ContentId> = entries
        .iter()
        .flat_map(|entry| &entry.parts)
        .map(|(partition, part)| ((partition.as_str(), part.index), part.id))
        .collect();
    let here: BTreeMap<(&str, u64), ContentId> =
        commit.parts.iter().map(|part| ((part.partition.as_str(), part.index), part.id)).collect();
    let places: BTreeSet<_> = there.keys().chain(here.keys()).collect();
    let differing = places.into_iter().find(|place| there.get(place) != here.get(place));
    let what = match differing {
        Some((partition, index)) => format!("part {index} of partition {partition}"),
        None => {
            let hists = |objects: &[ObjectRef]| -> BTreeSet<ContentId> {
                objects.iter().filter(|o| o.kind == ObjectKind::Hists).map(|o| o.id).collect()
            };
            let first = entries.first().map(|entry| hists(&entry.objects)).unwrap_or_default();
            if first == hists(&commit.objects) {
                return Ok(());
            }
            "the histograms".to_owned()
        }
    };
    Err(CatalogError::Differs { dataset: commit.dataset, what })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{self, commit, staged};

    /// How many data files lie in a dataset's place, reached or not.
    fn files_of(catalog: &Catalog, dataset: &ContentId) -> usize {
        let keys = catalog.store().list(&data_prefix(dataset)).unwrap();
        keys.iter().filter(|key| !key.ends_with(README)).count()
    }

    #[test]
    fn a_committed_dataset_is_visible_whole() {
        let catalog = testing::catalog();
        let made = commit(&catalog, "recipe", &[("rows", "abc"), ("rows", "def"), ("more", "g")]);
        let committed = catalog.commit_dataset(&made).unwrap();
        assert_eq!((committed.version, committed.already_there), (0, false));
        let record = catalog.dataset(&made.dataset).unwrap();
        let keys: Vec<_> = record.partitions.iter().flat_map(|p| &p.parts).map(|p| &p.key).collect();
        assert_eq!(keys.len(), 3);
        for part in record.partitions.iter().flat_map(|p| &p.parts) {
            let bytes = catalog.store().get(&part.key).unwrap();
            assert_eq!(ContentId::of(part.id.algorithm(), &bytes), part.id);
        }
        assert_eq!(record.partitions[1].parts[1].index, 1);
        assert_eq!((record.rows(), record.bytes()), (7, 7));
    }

    #[test]
    fn the_same_dataset_again_is_there_and_knows_both_jobs() {
        let catalog = testing::catalog();
        let first = commit(&catalog, "recipe", &[("rows", "abc")]);
        let again = commit(&catalog, "recipe", &[("rows", "abc")]);
        catalog.commit_dataset(&first).unwrap();
        let committed = catalog.commit_dataset(&again).unwrap();
        assert!(committed.already_there);
        assert_eq!(catalog.dataset(&first.dataset).unwrap().jobs, [first.job, again.job]);
        assert_eq!(catalog.datasets().unwrap().len(), 1);
        // Committing one job twice changes nothing.
        assert_eq!(catalog.commit_dataset(&again).unwrap(), committed);
        assert!(!catalog.commit_dataset(&first).unwrap().already_there);
        assert_eq!(files_of(&catalog, &first.dataset), 1);
    }

    #[test]
    fn other_bytes_for_the_same_recipe_are_an_error_that_names_the_part() {
        let catalog = testing::catalog();
        let first = commit(&catalog, "recipe", &[("rows", "abc"), ("rows", "def")]);
        catalog.commit_dataset(&first).unwrap();
        for (parts, name) in [
            (&[("rows", "abc"), ("rows", "dEf")][..], "part 1 of partition rows"),
            (&[("rows", "abc")], "part 1 of partition rows"),
            (&[("rows", "abc"), ("rows", "def"), ("more", "x")], "part 0 of partition more"),
        ] {
            let other = commit(&catalog, "recipe", parts);
            match catalog.commit_dataset(&other) {
                Err(CatalogError::Differs { what, .. }) => assert_eq!(what, name),
                unexpected => panic!("{unexpected:?}"),
            }
        }
        assert_eq!(catalog.dataset(&first.dataset).unwrap().jobs, [first.job]);

        let mut other = commit(&catalog, "recipe", &[("rows", "abc"), ("rows", "def")]);
        other.objects.push(catalog.put(ObjectKind::Hists, "hists", b"other").unwrap());
        assert!(matches!(catalog.commit_dataset(&other), Err(CatalogError::Differs { .. })));
    }

    #[test]
    fn eight_jobs_of_one_recipe_make_one_dataset_with_eight_jobs() {
        let catalog = testing::catalog();
        let commits: Vec<_> = (0..8).map(|_| commit(&catalog, "recipe", &[("rows", "abc")])).collect();
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                commits.iter().map(|c| scope.spawn(|| catalog.commit_dataset(c).unwrap())).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let mut versions: Vec<_> = results.iter().map(|c| c.version).collect();
        versions.sort_unstable();
        assert_eq!(versions, (0..8).collect::<Vec<_>>());
        let record = catalog.dataset(&commits[0].dataset).unwrap();
        assert_eq!(record.jobs.len(), 8);
        // Files of the jobs that came second are gone, whoever came last.
        catalog.commit_dataset(&commits[7]).unwrap();
        assert_eq!(files_of(&catalog, &record.id), 1);
        assert_eq!(catalog.store().get(&record.partitions[0].parts[0].key).unwrap(), b"abc");
    }

    #[test]
    fn eight_catalogs_commit_different_datasets_at_once() {
        let catalog = testing::catalog();
        std::thread::scope(|scope| {
            for i in 0..8 {
                let store = catalog.store().clone();
                scope.spawn(move || {
                    let own = Catalog::open(store).unwrap();
                    for j in 0..4 {
                        let mut made = commit(&own, &format!("recipe {i} {j}"), &[("rows", "abc")]);
                        made.name = Some("flights".into());
                        own.commit_dataset(&made).unwrap();
                    }
                });
            }
        });
        assert_eq!(catalog.datasets().unwrap().len(), 32);
        assert_eq!(catalog.names().unwrap()["flights"].len(), 32);
    }

    #[test]
    fn a_staged_file_of_another_size_is_not_committed() {
        let catalog = testing::catalog();
        let mut made = commit(&catalog, "recipe", &[("rows", "abc")]);
        made.parts[0].bytes = 4;
        assert!(matches!(
            catalog.commit_dataset(&made),
            Err(CatalogError::Store(StoreError::Corrupt { .. }))
        ));
        assert!(catalog.datasets().unwrap().is_empty());
    }

    #[test]
    fn hostile_partition_and_dataset_names_are_refused() {
        let catalog = testing::catalog();
        for name in ["", "..", "a/b", "../../x", ".hidden", "a b", "a\0", "x@1", "sha1:ab"] {
            let mut made = commit(&catalog, "recipe", &[]);
            made.parts = vec![staged(&catalog, made.job, "rows", 0, "abc")];
            made.parts[0].partition = name.into();
            assert!(matches!(catalog.commit_dataset(&made), Err(CatalogError::BadName { .. })), "{name:?}");
            let mut made = commit(&catalog, "recipe", &[]);
            made.name = Some(name.into());
            assert!(matches!(catalog.commit_dataset(&made), Err(CatalogError::BadName { .. })), "{name:?}");
        }
        let mut made = commit(&catalog, "recipe", &[("rows", "abc"), ("rows", "def")]);
        made.parts[1].index = 0;
        assert!(matches!(catalog.commit_dataset(&made), Err(CatalogError::BadName { .. })));
    }
}
