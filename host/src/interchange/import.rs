//! Reading a store of the framework in.
//!
//! 1. every file is looked at: hashed, decoded, its rows counted; nothing is written;
//! 2. files become datasets by the ids in their names and by the store's record;
//! 3. datasets that are not there yet are committed, inputs first;
//! 4. the old ids are registered as aliases.
//!
//! The ids of the datasets follow from the files alone, so reading the same folder in again changes nothing.

mod datasets;

use std::collections::BTreeMap;
use std::path::Path;

use artemis_proto::FORMAT_VERSION;
use artemis_proto::artemis::JobState;
use artemis_proto::cronus_objects::CronusObjectStore;
use artemis_proto::host::{self, ImportedObject, ImportedStore};

use super::ImportError;
use super::name::{Kind, OriginalName};
use super::read::{self, Content, LeftOut, Looked};
use crate::catalog::{Catalog, EndOfJob, JobDescription, JobHandle, ObjectKind, ObjectRef};
use crate::store::{ContentHasher, ContentId, StoreError};
use datasets::Draft;

/// What came of reading a store in.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The id that the store had.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// Its datasets, those that were there before included.
    pub datasets: Vec<ImportedDataset>,
    /// How many files are kept, those that were there before included.
    pub files: usize,
    /// Files that were left where they were.
    pub left_out: Vec<LeftOut>,
    /// Files that the store's record says lie in its folder, and which are not there.
    pub missing: Vec<String>,
    /// Whether all of it was there before.
    pub already_there: bool,
}

/// A dataset of an imported store.
#[derive(Debug, Clone)]
pub struct ImportedDataset {
    /// The id that it had, which is an alias now.
    pub uuid: String,
    /// Its id.
    pub id: ContentId,
    /// Its rows.
    pub rows: u64,
    /// Whether it is made of inputs, by reference.
    pub is_input: bool,
}

/// Reads a folder of the framework's files in. Datasets with rows get `name`, if one is given.
///
/// # Errors
/// [`ImportError`]; nothing of the folder is visible then, unless an earlier import made it so.
pub fn import(catalog: &Catalog, folder: &Path, name: Option<&str>) -> Result<Imported, ImportError> {
    let (found, mut left_out) = read::scan(folder)?;
    let mut stores = found.iter().filter(|found| found.name.kind == Kind::Store).map(|f| f.name.to_string());
    match (stores.next(), stores.next()) {
        (None, _) => return Err(ImportError::NoStore { folder: folder.to_owned() }),
        (Some(first), Some(second)) => {
            return Err(ImportError::SeveralStores { folder: folder.to_owned(), first, second });
        }
        _ => {}
    }
    let identity = catalog.identity();
    let mut looked = Vec::new();
    for found in found {
        let is_store = found.name.kind == Kind::Store;
        match read::look(found, identity.objects, identity.data)? {
            Ok(file) => looked.push(file),
            Err(LeftOut { name, reason }) if is_store => return Err(ImportError::BadStore { name, reason }),
            Err(left) => left_out.push(left),
        }
    }
    let looked = unique(looked)?;
    let Some(store) = looked.iter().find(|file| file.found.name.kind == Kind::Store) else {
        return Err(ImportError::NoStore { folder: folder.to_owned() });
    };
    let record = read::store_record(store)?;
    let drafts = datasets::drafts(identity.data, &looked, &record);
    let imported = ImportedStore {
        format_version: FORMAT_VERSION,
        uuid: record.uuid.clone(),
        name: record.name.clone(),
        address: record.address.clone(),
        objects: looked.iter().filter(|f| stands_alone(f.found.name.kind)).map(object).collect(),
        datasets: drafts.iter().map(Draft::message).collect(),
    };
    let there = keep(catalog, &looked, &drafts, &imported, name)?;
    left_out.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Imported {
        uuid: record.uuid.clone(),
        name: record.name.clone(),
        datasets: drafts.iter().map(Draft::summary).collect(),
        files: looked.len(),
        missing: missing(&record, &looked, &left_out),
        left_out,
        already_there: there,
    })
}

/// Refuses files of one id and different bytes.
fn unique(looked: Vec<Looked>) -> Result<Vec<Looked>, ImportError> {
    let mut by_id: BTreeMap<(Kind, &str), &Looked> = BTreeMap::new();
    for file in looked.iter().filter(|file| file.found.name.kind != Kind::Dataset) {
        let name = &file.found.name;
        // An input may stand in several datasets; other kinds may share an id no more than their files.
        if let Some(other) = by_id.insert((name.kind, &name.id), file)
            && other.id != file.id
        {
            let (first, second) = (other.found.name.to_string(), name.to_string());
            return Err(ImportError::DuplicateId { first, second });
        }
    }
    Ok(looked)
}

/// Stores what is new and makes it visible. Returns whether all of it was there.
fn keep(
    catalog: &Catalog,
    looked: &[Looked],
    drafts: &[Draft<'_>],
    imported: &ImportedStore,
    name: Option<&str>,
) -> Result<bool, ImportError> {
    let mut new = Vec::new();
    for draft in drafts {
        if !catalog.settle_dataset(&draft.id)? {
            new.push(draft);
        }
    }
    if new.is_empty() && catalog.imports()?.contains(imported) {
        if let Some(name) = name {
            for draft in drafts.iter().filter(|draft| !draft.is_input()) {
                catalog.name_dataset(name, &draft.id)?;
            }
        }
        return Ok(true);
    }
    let description = JobDescription {
        name: format!("import of {}", imported.uuid),
        host_version: env!("CARGO_PKG_VERSION").to_owned(),
        ..JobDescription::default()
    };
    let job = catalog.start_job(&description)?;
    let kept = keep_new(catalog, &job, looked, &new, imported, name);
    let end = EndOfJob {
        state: if kept.is_ok() { JobState::JobSuccess } else { JobState::JobAbort },
        error: kept.as_ref().err().map(ToString::to_string),
        ..EndOfJob::default()
    };
    let ended = catalog.end_job(&job, &end);
    kept?;
    ended?;
    Ok(false)
}

fn keep_new(
    catalog: &Catalog,
    job: &JobHandle,
    looked: &[Looked],
    new: &[&Draft<'_>],
    imported: &ImportedStore,
    name: Option<&str>,
) -> Result<(), ImportError> {
    for file in looked {
        match &file.content {
            Content::Message(bytes) | Content::Job(_, bytes) => {
                catalog.store().put_object(file.id.algorithm(), bytes)?;
            }
            Content::Rows(_) => {}
            Content::Bytes => publish(catalog, job, file, &file.id.object_key())?,
        }
    }
    for draft in new {
        draft.commit(catalog, job, name)?;
    }
    let alone = looked.iter().filter(|file| stands_alone(file.found.name.kind));
    let mut objects: Vec<ObjectRef> = alone.map(reference).collect();
    objects.push(catalog.put_message(ObjectKind::Import, &imported.name, imported)?);
    catalog.register(&objects)?;
    Ok(())
}

/// Copies a file to a key, unless it is there; its bytes must be those that were looked at.
fn publish(catalog: &Catalog, job: &JobHandle, file: &Looked, key: &str) -> Result<(), ImportError> {
    if catalog.store().size(key)? == Some(file.bytes) {
        return Ok(());
    }
    let staged = stage(catalog, job, file)?;
    match catalog.store().publish(&staged, key) {
        Ok(()) | Err(StoreError::Exists { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Copies a file to the job's staging directory.
fn stage(catalog: &Catalog, job: &JobHandle, file: &Looked) -> Result<std::path::PathBuf, ImportError> {
    let staged = catalog.staging_file(job, &format!("import/{}", file.found.name.id))?;
    let copy = std::fs::File::create(&staged).map_err(ImportError::io(&staged))?;
    let mut both = Both { file: copy, hasher: ContentHasher::new(file.id.algorithm()) };
    file.found.copy(&mut both)?;
    if both.hasher.finish() != file.id {
        return Err(ImportError::Changed { name: file.found.name.to_string() });
    }
    Ok(staged)
}

/// A file that is hashed while it is written.
struct Both {
    file: std::fs::File,
    hasher: ContentHasher,
}

impl std::io::Write for Both {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Whether a file belongs to the store rather than to one dataset.
fn stands_alone(kind: Kind) -> bool {
    matches!(kind, Kind::Store | Kind::Menu | Kind::Config)
}

/// What a file is here; `None` for rows.
fn object_kind(kind: Kind) -> Option<ObjectKind> {
    Some(match kind {
        Kind::Menu => ObjectKind::Menu,
        Kind::Config => ObjectKind::Config,
        Kind::Log => ObjectKind::Log,
        Kind::Hists => ObjectKind::Hists,
        Kind::TDigests => ObjectKind::TDigests,
        Kind::Job => ObjectKind::Job,
        Kind::Table => ObjectKind::Table,
        Kind::Store | Kind::Dataset | Kind::Csv | Kind::Input => ObjectKind::Foreign,
        Kind::Arrow => return None,
    })
}

/// A file as the import's record lists it.
fn object(file: &Looked) -> ImportedObject {
    let name = &file.found.name;
    ImportedObject {
        format_version: FORMAT_VERSION,
        uuid: name.id.clone(),
        name: name.to_string(),
        kind: object_kind(name.kind).map_or("part", ObjectKind::name).to_owned(),
        content_id: file.id.to_string(),
        bytes: file.bytes,
        partition: name.partition.clone(),
        job: name.job.clone(),
    }
}

/// A file that is no rows, as a log lists it.
fn reference(file: &Looked) -> ObjectRef {
    let name = &file.found.name;
    ObjectRef {
        kind: object_kind(name.kind).unwrap_or(ObjectKind::Foreign),
        id: file.id,
        name: name.to_string(),
        bytes: file.bytes,
        partition: (!name.partition.is_empty()).then(|| name.partition.clone()),
    }
}

/// What the record lists in the store's own folder, and which is neither kept nor left out.
fn missing(record: &CronusObjectStore, looked: &[Looked], left_out: &[LeftOut]) -> Vec<String> {
    let folder = record.address.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_there = |name: &str| {
        looked.iter().any(|file| file.found.name.to_string() == name)
            || left_out.iter().any(|l| l.name == name)
    };
    let here = |address: &str| address.rsplit_once('/').is_some_and(|(place, _)| place == folder);
    let mut missing: Vec<String> = datasets::listed(record)
        .filter(|object| here(&object.address) && !is_there(&object.name))
        // Datasets have an address there, and no file.
        .filter(|object| OriginalName::parse(&object.name).is_none_or(|name| name.kind != Kind::Dataset))
        .map(|object| object.name.escape_debug().to_string())
        .collect();
    missing.sort();
    missing.dedup();
    missing
}

/// The hash of a message, as an id.
fn id_of(algorithm: crate::store::Algorithm, message: &host::ImportedDataset) -> ContentId {
    ContentId::of(algorithm, &prost::Message::encode_to_vec(message))
}
