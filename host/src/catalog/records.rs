//! What is known of datasets, from their logs.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

use artemis_proto::host;
use host::payload::Kind;
use uuid::Uuid;

use super::{
    Catalog, DatasetKind, InputRecord, NameVersion, ObjectKind, ObjectRef, Result,
    log::{Replay, check_format},
    names::names_of,
    view::parse_id,
};
use crate::store::{ContentId, StoreError, check_key};

/// A dataset in a listing.
#[derive(Debug, Clone)]
pub struct DatasetSummary {
    /// Its id.
    pub id: ContentId,
    /// Made by a job, or inputs by reference.
    pub kind: DatasetKind,
    /// The versions of names that are at it.
    pub names: Vec<NameVersion>,
    /// When it became visible.
    pub created: SystemTime,
    /// Rows of all partitions.
    pub rows: u64,
    /// Bytes of all data files; of an input dataset, of all inputs.
    pub bytes: u64,
    /// How many partitions it has.
    pub partitions: usize,
    /// The job that made it.
    pub job: Uuid,
}

/// All that is known of a dataset.
#[derive(Debug, Clone)]
pub struct DatasetRecord {
    /// Its id.
    pub id: ContentId,
    /// Made by a job, or inputs by reference.
    pub kind: DatasetKind,
    /// The versions of names that are at it.
    pub names: Vec<NameVersion>,
    /// When it became visible.
    pub created: SystemTime,
    /// The jobs that made it, the first one first.
    pub jobs: Vec<Uuid>,
    /// Its partitions by name.
    pub partitions: Vec<Partition>,
    /// Its objects, each kind and id once, in the order in which jobs added them.
    pub objects: Vec<ObjectRef>,
    /// What became of the inputs of the first job.
    pub inputs: Vec<InputRecord>,
    /// The datasets that it was made from.
    pub parents: Vec<ContentId>,
}

/// A partition: the rows of one leaf of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// Its data files in order.
    pub parts: Vec<Part>,
    /// The stored `Table` with its schema.
    pub table: Option<ContentId>,
}

/// A data file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its place in the partition, from zero.
    pub index: u64,
    /// Where it is in the store.
    pub key: String,
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

impl Partition {
    /// Rows of all its parts.
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }

    /// Bytes of all its parts.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }
}

impl DatasetRecord {
    /// Its objects of one kind.
    pub fn of_kind(&self, kind: ObjectKind) -> impl Iterator<Item = &ObjectRef> {
        self.objects.iter().filter(move |object| object.kind == kind)
    }

    /// The menu that made it.
    pub fn menu(&self) -> Option<ContentId> {
        self.of_kind(ObjectKind::Menu).next().map(|object| object.id)
    }

    /// The configuration that made it.
    pub fn config(&self) -> Option<ContentId> {
        self.of_kind(ObjectKind::Config).next().map(|object| object.id)
    }

    /// Rows of all partitions.
    pub fn rows(&self) -> u64 {
        self.partitions.iter().map(Partition::rows).sum()
    }

    /// Bytes of all data files; of an input dataset, of all inputs.
    pub fn bytes(&self) -> u64 {
        match self.kind {
            DatasetKind::DatasetInput => self.inputs.iter().map(|input| input.bytes).sum(),
            DatasetKind::DatasetProduced | DatasetKind::DatasetOpen => {
                self.partitions.iter().map(Partition::bytes).sum()
            }
        }
    }
}

impl Catalog {
    /// All datasets, oldest first.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub fn datasets(&self) -> Result<Vec<DatasetSummary>> {
        let summary = |id| {
            let record = self.dataset(&id)?;
            Ok(DatasetSummary {
                id,
                kind: record.kind,
                created: record.created,
                rows: record.rows(),
                bytes: record.bytes(),
                partitions: record.partitions.len(),
                job: record.jobs.first().copied().unwrap_or_default(),
                names: record.names,
            })
        };
        self.dataset_ids()?.into_iter().map(summary).collect()
    }

    /// The ids of all datasets, oldest first.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub fn dataset_ids(&self) -> Result<Vec<ContentId>> {
        let view = self.refreshed()?;
        let live = view.state().datasets().iter().filter(|(id, _)| view.state().is_live(id));
        let mut made: Vec<_> = live.map(|(id, made)| (made.version, *id)).collect();
        made.sort_unstable();
        Ok(made.into_iter().map(|(_, id)| id).collect())
    }

    /// All that is known of a dataset.
    ///
    /// # Errors
    /// [`CatalogError::Unknown`] if there is no such dataset, [`CatalogError::Deleted`], damage, or an error
    /// of the store.
    pub fn dataset(&self, id: &ContentId) -> Result<DatasetRecord> {
        let (made, names) = {
            let view = self.refreshed()?;
            let made = self.live(view.state(), id)?.clone();
            (made, names_of(view.state(), id))
        };
        let mut log = self.dataset_log(id);
        log.refresh(self.store.as_ref())?;
        let entries = log.state().entries();
        if entries.is_empty() {
            return Err(StoreError::corrupt(format!("datasets/{}/log", id.segment()), "it is missing").into());
        }
        for entry in entries {
            if entry.dataset != *id {
                let place = format!("datasets/{}/log", id.segment());
                return Err(StoreError::corrupt(place, format!("it is the log of {}", entry.dataset)).into());
            }
        }
        let mut record = record_of(*id, made.kind, entries);
        (record.names, record.created) = (names, made.created);
        Ok(record)
    }
}

/// What the entries of a dataset's log amount to. The jobs of an open dataset count in the order of their
/// numbers, in whatever order they were merged.
pub(super) fn record_of(id: ContentId, kind: DatasetKind, entries: &[Logged]) -> DatasetRecord {
    let mut record = DatasetRecord {
        id,
        kind,
        names: Vec::new(),
        created: SystemTime::UNIX_EPOCH,
        jobs: Vec::new(),
        partitions: Vec::new(),
        objects: Vec::new(),
        inputs: Vec::new(),
        parents: Vec::new(),
    };
    let mut ordered: Vec<&Logged> = entries.iter().collect();
    ordered.sort_by_key(|entry| entry.job_index);
    let mut seen = BTreeSet::new();
    let mut partitions: BTreeMap<&str, Vec<Part>> = BTreeMap::new();
    for entry in ordered {
        // What is registered by hand is of no job.
        if kind != DatasetKind::DatasetOpen || entry.job_index > 0 {
            extend_new(&mut record.jobs, [entry.job]);
        }
        extend_new(&mut record.parents, entry.parents.iter().copied());
        for object in &entry.objects {
            if seen.insert((object.kind, object.id, object.partition.clone())) {
                record.objects.push(object.clone());
            }
        }
        if record.inputs.is_empty() || kind == DatasetKind::DatasetOpen {
            record.inputs.extend(entry.inputs.iter().cloned());
        }
        for name in &entry.partitions {
            partitions.entry(name).or_default();
        }
        let mut parts: Vec<&(String, Part)> = entry.parts.iter().collect();
        parts.sort_by_key(|(_, part)| part.index);
        for (name, part) in parts {
            partitions.entry(name).or_default().push(part.clone());
        }
    }
    for (name, mut parts) in partitions {
        if kind == DatasetKind::DatasetOpen {
            parts.iter_mut().zip(0..).for_each(|(part, index)| part.index = index);
        }
        parts.sort_by_key(|part| part.index);
        let table = parts.first().and_then(|part| part.table);
        record.partitions.push(Partition { name: name.to_owned(), parts, table });
    }
    record
}

fn extend_new<T: PartialEq>(list: &mut Vec<T>, items: impl IntoIterator<Item = T>) {
    for item in items {
        if !list.contains(&item) {
            list.push(item);
        }
    }
}

/// The replayed log of a dataset.
#[derive(Debug, Default)]
pub(super) struct DatasetLog(Vec<Logged>);

/// One commit of a dataset's log.
#[derive(Debug)]
pub(super) struct Logged {
    pub(super) version: u64,
    pub(super) dataset: ContentId,
    pub(super) job: Uuid,
    pub(super) kind: DatasetKind,
    /// With the partition of each.
    pub(super) parts: Vec<(String, Part)>,
    pub(super) objects: Vec<ObjectRef>,
    pub(super) inputs: Vec<InputRecord>,
    pub(super) parents: Vec<ContentId>,
    pub(super) name: Option<String>,
    pub(super) partitions: Vec<String>,
    pub(super) job_index: u64,
    pub(super) merged: bool,
}

impl DatasetLog {
    pub(super) fn entries(&self) -> &[Logged] {
        &self.0
    }
}

impl Replay for DatasetLog {
    fn apply(&mut self, commit: &host::Commit, place: &str) -> Result<(), StoreError> {
        let [host::Payload { kind: Some(Kind::Dataset(made)), .. }] = commit.payloads.as_slice() else {
            return Err(StoreError::corrupt(place, "it is no commit of a dataset"));
        };
        check_format(place, made.format_version)?;
        let job = Uuid::parse_str(&made.job_id)
            .map_err(|e| StoreError::corrupt(place, format!("job id {:?}: {e}", made.job_id)))?;
        let ids = made.parents.iter().map(|id| parse_id(id, place));
        self.0.push(Logged {
            version: commit.version,
            dataset: parse_id(&made.dataset_id, place)?,
            job,
            kind: made.dataset_kind(),
            parts: made.parts.iter().map(|part| logged_part(part, place)).collect::<Result<_, _>>()?,
            objects: made
                .objects
                .iter()
                .map(|o| ObjectRef::from_proto(o, place))
                .collect::<Result<_, _>>()?,
            inputs: made.inputs.clone(),
            parents: ids.collect::<Result<_, _>>()?,
            name: (!made.name.is_empty()).then(|| made.name.clone()),
            partitions: made.partitions.clone(),
            job_index: made.job_index,
            merged: made.merged,
        });
        Ok(())
    }
}

fn logged_part(part: &host::Part, place: &str) -> Result<(String, Part), StoreError> {
    // A foreign log must not send a reader out of the store.
    check_key(&part.key).map_err(|e| StoreError::corrupt(place, e.to_string()))?;
    let table = if part.table_id.is_empty() { None } else { Some(parse_id(&part.table_id, place)?) };
    let read = Part {
        index: part.index,
        key: part.key.clone(),
        id: parse_id(&part.content_id, place)?,
        rows: part.rows,
        bytes: part.bytes,
        batches: part.batches,
        columns: part.columns,
        table,
    };
    Ok((part.partition.clone(), read))
}
