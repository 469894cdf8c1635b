//! Datasets from the names of files and the record of the store.

use std::collections::{BTreeMap, BTreeSet};

use artemis_proto::FORMAT_VERSION;
use artemis_proto::cronus_objects::cronus_object::Info;
use artemis_proto::cronus_objects::{
    CronusObject, CronusObjectStore, DatasetObjectInfo, FileObjectInfo, Transform,
};
use artemis_proto::host;
use uuid::Uuid;

use super::{ImportError, ImportedDataset, id_of, object, reference, stage, stands_alone};
use crate::catalog::{
    Catalog, DatasetCommit, DatasetKind, InputRecord, JobHandle, ObjectKind, ObjectRef, StagedPart,
};
use crate::interchange::name::{Kind, OriginalName};
use crate::interchange::read::{Content, Looked};
use crate::store::{Algorithm, ContentId};

/// A dataset that is to be committed.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub id: ContentId,
    uuid: Uuid,
    files: Vec<&'a Looked>,
    /// Menu and configuration.
    transform: Vec<&'a Looked>,
    info: Option<&'a DatasetObjectInfo>,
    parents: Vec<Uuid>,
    parent_ids: Vec<ContentId>,
    /// The inputs that its parents list.
    inputs: Vec<(&'a CronusObject, &'a FileObjectInfo)>,
    unhashed: host::ImportedDataset,
}

/// All objects that the record lists, at any depth.
pub(super) fn listed(record: &CronusObjectStore) -> impl Iterator<Item = &CronusObject> {
    let objects = record.info.iter().flat_map(|info| &info.objects);
    objects.flat_map(|object| {
        let below = dataset_info(object).into_iter().flat_map(|info| {
            let transform = info.transform.iter().flat_map(|t| [&t.menu, &t.config]).flatten();
            [&info.jobs, &info.hists, &info.logs, &info.files, &info.tables, &info.tdigests]
                .into_iter()
                .flatten()
                .chain(transform.map(AsRef::as_ref))
        });
        std::iter::once(object).chain(below)
    })
}

fn dataset_info(object: &CronusObject) -> Option<&DatasetObjectInfo> {
    if let Some(Info::Dataset(info)) = &object.info { Some(info) } else { None }
}

/// The datasets, parents before children, the others by id.
pub(super) fn drafts<'a>(
    data: Algorithm,
    looked: &'a [Looked],
    record: &'a CronusObjectStore,
) -> Vec<Draft<'a>> {
    let mut infos: BTreeMap<Uuid, &DatasetObjectInfo> = BTreeMap::new();
    for object in record.info.iter().flat_map(|info| &info.objects) {
        if let (Some(info), Ok(uuid)) = (dataset_info(object), Uuid::parse_str(&object.uuid)) {
            infos.entry(uuid).or_insert(info);
        }
    }
    let of_datasets = looked.iter().filter(|file| !stands_alone(file.found.name.kind));
    let mut owners: BTreeSet<Uuid> = of_datasets.map(|file| file.found.name.owner).collect();
    owners.extend(infos.keys());
    let mut drafts: Vec<Draft<'_>> =
        owners.into_iter().map(|uuid| draft(data, uuid, looked, infos.get(&uuid).copied())).collect();
    // What a dataset is made from may be named by its own records only, so ids of parents come last.
    let ids: BTreeMap<Uuid, ContentId> = drafts.iter().map(|draft| (draft.uuid, draft.id)).collect();
    for draft in &mut drafts {
        draft.parent_ids = draft.parents.iter().filter_map(|uuid| ids.get(uuid)).copied().collect();
        let parents = draft.parents.iter().filter_map(|uuid| infos.get(uuid));
        draft.inputs = parents.chain(draft.info.iter()).flat_map(|info| inputs_of(info)).collect();
    }
    drafts.sort_by_key(|draft| (!draft.is_input(), draft.uuid));
    drafts
}

fn draft<'a>(
    data: Algorithm,
    uuid: Uuid,
    looked: &'a [Looked],
    info: Option<&'a DatasetObjectInfo>,
) -> Draft<'a> {
    let mut files: Vec<&Looked> = looked
        .iter()
        .filter(|file| !stands_alone(file.found.name.kind) && file.found.name.owner == uuid)
        .collect();
    files.sort_by_key(|file| file.found.name.to_string());
    let jobs =
        || files.iter().filter_map(|f| if let Content::Job(job, _) = &f.content { Some(job) } else { None });
    let transform = info.and_then(|info| info.transform.as_deref());
    let of = |part: fn(&Transform) -> Option<&CronusObject>, kind: Kind, of_job: Option<&str>| {
        let listed = transform.and_then(part).map(|object| object.uuid.as_str());
        let id = listed.filter(|id| !id.is_empty()).or(of_job)?;
        looked.iter().find(|file| file.found.name.kind == kind && file.found.name.id == id)
    };
    let menu = of(|t| t.menu.as_deref(), Kind::Menu, jobs().map(|job| job.menu_id.as_str()).next());
    let config = of(|t| t.config.as_deref(), Kind::Config, jobs().map(|job| job.config_id.as_str()).next());
    let listed = info.iter().flat_map(|info| &info.parents).map(|parent| parent.uuid.as_str());
    let parents: BTreeSet<Uuid> = listed
        .chain(jobs().map(|job| job.parentset_id.as_str()))
        .filter_map(|id| Uuid::parse_str(id).ok())
        .filter(|parent| *parent != uuid)
        .collect();
    let id_text = |file: Option<&Looked>| file.map(|file| file.found.name.id.clone()).unwrap_or_default();
    let unhashed = host::ImportedDataset {
        format_version: FORMAT_VERSION,
        uuid: uuid.to_string(),
        dataset_id: String::new(),
        objects: files.iter().map(|file| object(file)).collect(),
        menu_uuid: id_text(menu),
        config_uuid: id_text(config),
        parent_uuids: parents.iter().map(ToString::to_string).collect(),
    };
    Draft {
        id: id_of(data, &unhashed),
        uuid,
        files,
        transform: menu.into_iter().chain(config).collect(),
        info,
        parents: parents.into_iter().collect(),
        parent_ids: Vec::new(),
        inputs: Vec::new(),
        unhashed,
    }
}

/// The files of a dataset that were read, not made: a job's own have its number in their names.
fn inputs_of(info: &DatasetObjectInfo) -> impl Iterator<Item = (&CronusObject, &FileObjectInfo)> {
    info.files.iter().filter_map(|object| {
        let Some(Info::File(file)) = &object.info else { return None };
        let name = OriginalName::parse(&object.name);
        name.is_some_and(|name| name.kind == Kind::Input).then_some((object, file))
    })
}

impl Draft<'_> {
    /// Whether it refers to inputs and has no rows of its own.
    pub(super) fn is_input(&self) -> bool {
        !self.of_kind(Kind::Arrow).any(|_| true)
            && self.info.is_some_and(|info| inputs_of(info).next().is_some())
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Looked> {
        self.files.iter().copied().filter(move |file| file.found.name.kind == kind)
    }

    /// The dataset as the import's record lists it.
    pub(super) fn message(&self) -> host::ImportedDataset {
        host::ImportedDataset { dataset_id: self.id.to_string(), ..self.unhashed.clone() }
    }

    pub(super) fn summary(&self) -> ImportedDataset {
        let rows =
            self.files.iter().map(|f| if let Content::Rows(rows) = &f.content { rows.rows } else { 0 });
        ImportedDataset {
            uuid: self.uuid.to_string(),
            id: self.id,
            rows: rows.sum(),
            is_input: self.is_input(),
        }
    }

    /// Commits the dataset with its rows, objects, inputs and parents.
    pub(super) fn commit(
        &self,
        catalog: &Catalog,
        job: &JobHandle,
        name: Option<&str>,
    ) -> Result<(), ImportError> {
        let mut objects: Vec<ObjectRef> = self.transform.iter().map(|file| reference(file)).collect();
        let rest = self.files.iter().filter(|file| file.found.name.kind != Kind::Arrow);
        objects.extend(rest.map(|file| reference(file)));
        let mut parts = Vec::new();
        let mut places: BTreeMap<&str, u64> = BTreeMap::new();
        for file in self.in_order() {
            let Content::Rows(rows) = &file.content else { continue };
            let partition = file.found.name.partition.as_str();
            let index = places.entry(partition).or_default();
            parts.push(StagedPart {
                partition: partition.to_owned(),
                index: *index,
                staged: stage(catalog, job, file)?,
                id: file.id,
                rows: rows.rows,
                bytes: file.bytes,
                batches: rows.batches,
                columns: rows.columns,
                table: self
                    .of_kind(Kind::Table)
                    .find(|t| t.found.name.file == file.found.name.id)
                    .map(|t| t.id),
            });
            *index += 1;
        }
        for (listed, file) in self.info.into_iter().flat_map(inputs_of) {
            objects.push(catalog.put_message(ObjectKind::File, &listed.name, file)?);
        }
        let commit = DatasetCommit {
            dataset: self.id,
            job: job.id,
            parts,
            objects,
            inputs: self.inputs.iter().map(|(object, file)| input(object, file)).collect(),
            parents: self.parent_ids.clone(),
            name: name.filter(|_| !self.is_input()).map(str::to_owned),
        };
        let kind = if self.is_input() { DatasetKind::DatasetInput } else { DatasetKind::DatasetProduced };
        catalog.commit_dataset_as(&commit, kind)?;
        Ok(())
    }

    /// Data files in the order of the record; those that it does not list come last, by name.
    fn in_order(&self) -> Vec<&Looked> {
        let listed: BTreeMap<&str, usize> = self
            .info
            .iter()
            .flat_map(|info| &info.files)
            .enumerate()
            .map(|(place, file)| (file.uuid.as_str(), place))
            .collect();
        let mut files: Vec<&Looked> = self.of_kind(Kind::Arrow).collect();
        files.sort_by_key(|file| listed.get(file.found.name.id.as_str()).copied().unwrap_or(usize::MAX));
        files
    }
}

/// An input as a fact: where it lay, and its SHA-1 where that was its id.
fn input(object: &CronusObject, file: &FileObjectInfo) -> InputRecord {
    let label = OriginalName::parse(&object.name).map(|name| name.label).unwrap_or_default();
    InputRecord {
        format_version: FORMAT_VERSION,
        name: label,
        uri: object.address.clone(),
        content_id: format!("sha1:{}", object.uuid)
            .parse::<ContentId>()
            .map(|id| id.to_string())
            .unwrap_or_default(),
        bytes: u64::try_from(file.size_bytes).unwrap_or_default(),
        blocks: file.blocks.len() as u64,
        ..InputRecord::default()
    }
}
