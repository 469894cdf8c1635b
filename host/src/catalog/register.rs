//! Registration by hand: open datasets, their jobs and partitions, and content of every kind.

use std::{
    io::Cursor,
    path::{Path, PathBuf},
};

use arrow::ipc::reader::FileReader;
use artemis_proto::{
    FORMAT_VERSION, artemis::JobInfo, cronus, cronus_objects as model, cronus_objects::FileType, host, physt,
};
use host::payload::Kind;
use prost::Message;
use uuid::Uuid;

use super::{
    Catalog, CatalogError, DatasetKind, DatasetRecord, InputRecord, ObjectKind, ObjectRef, Result,
    commit::data_prefix, log::payload, names::check_name, records::DatasetLog,
};
use crate::store::{ContentId, StoreError};

/// What every register and list call gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaObject {
    /// What people call it.
    pub name: String,
    /// Its id.
    pub uuid: String,
    /// The id of the dataset or store that holds it.
    pub parent_uuid: String,
    /// Where it is, where other programs can reach it; empty otherwise.
    pub address: String,
}

/// What is registered.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Content<'a> {
    /// A menu; it stands alone.
    Menu(&'a cronus::Menu),
    /// A configuration; it stands alone.
    Config(&'a cronus::Configuration),
    /// A schema: needs dataset, job and a registered partition.
    Table(&'a cronus::Table),
    /// Histograms: need dataset and job.
    Hists(&'a physt::HistogramCollection),
    /// T-digests: need dataset and job.
    TDigests(&'a model::TDigestStore),
    /// A job's record: needs dataset and job.
    Job(&'a JobInfo),
    /// Bytes of a file: need dataset, job and partition. Those of an Arrow file become a part of the
    /// partition.
    File(&'a [u8], FileType),
    /// A file that stays where it is, named by its hash: needs dataset and partition.
    FileInPlace(&'a Path, FileType),
    /// Bytes of a message that somebody else encoded; they need what content of their kind needs.
    Blob(ObjectKind, &'a [u8]),
}

/// Where content belongs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'a> {
    /// The open dataset.
    pub dataset: Option<ContentId>,
    /// The number of the job in it, from [`Catalog::new_job`].
    pub job: Option<u64>,
    /// The partition.
    pub partition: Option<&'a str>,
}

impl Catalog {
    /// Makes an open dataset, to which jobs and content are added one by one. The id in its records is the
    /// hash of a version 7 UUID, which is an alias of it. The name moves to it.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use artemis_host::{catalog::*, store::MemoryStore};
    /// use artemis_proto::{cronus::Table, cronus_objects::FileType};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let catalog = Catalog::create(Arc::new(MemoryStore::new()), "example")?;
    /// let (dataset, registered) = catalog.register_dataset(Some("flights"))?;
    /// assert_eq!(catalog.resolve("flights")?, dataset);
    /// let job = catalog.new_job(&dataset)?;
    /// catalog.new_partition(&dataset, "rows")?;
    /// assert!(matches!(catalog.new_partition(&dataset, "rows"), Err(CatalogError::Misuse { .. })));
    /// let place = Place { dataset: Some(dataset), job: Some(job), partition: Some("rows") };
    /// let table = catalog.register_content("rows", Content::Table(&Table::default()), &place)?;
    /// assert_eq!(table.parent_uuid, registered.uuid);
    /// let nowhere = Place { partition: None, ..place };
    /// let refused = catalog.register_content("a.csv", Content::File(b"a,b\n", FileType::Csv), &nowhere);
    /// assert!(refused.unwrap_err().to_string().contains("partition"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`CatalogError::BadName`], or an error of the store.
    pub fn register_dataset(&self, name: Option<&str>) -> Result<(ContentId, MetaObject)> {
        name.map(check_name).transpose()?;
        let working = Uuid::now_v7();
        let dataset = ContentId::of(self.identity.data, working.to_string().as_bytes());
        self.extend(
            &dataset,
            &host::DatasetCommit {
                working_id: working.to_string(),
                job_id: working.to_string(),
                ..Default::default()
            },
        )?;
        self.make_visible(dataset, working, DatasetKind::DatasetOpen, name, 0, &[])?;
        let object = MetaObject {
            name: name.map_or_else(|| format!("{}.dataset", dataset.hex()), str::to_owned),
            uuid: dataset.to_string(),
            parent_uuid: self.identity.uuid.to_string(),
            address: self.store.url(&format!("datasets/{}", dataset.segment())),
        };
        Ok((dataset, object))
    }

    /// Registers the next job of an open dataset and returns its number, from one.
    ///
    /// # Errors
    /// [`CatalogError::Misuse`] if the dataset is not open, or an error of the store.
    pub fn new_job(&self, dataset: &ContentId) -> Result<u64> {
        self.open_dataset(dataset)?;
        let number = std::cell::Cell::new(0);
        let job = Uuid::now_v7().to_string();
        self.dataset_log(dataset).append(self.store.as_ref(), |log| {
            number.set(1 + log.entries().iter().map(|entry| entry.job_index).max().unwrap_or_default());
            let commit = host::DatasetCommit {
                job_id: job.clone(),
                working_id: job.clone(),
                job_index: number.get(),
                ..self.of_open(dataset)
            };
            Some(vec![payload(Kind::Dataset(commit))])
        })?;
        Ok(number.get())
    }

    /// Registers a partition of an open dataset.
    ///
    /// # Errors
    /// [`CatalogError::Misuse`] if it is registered already or the dataset is not open,
    /// [`CatalogError::BadName`], or an error of the store.
    pub fn new_partition(&self, dataset: &ContentId, name: &str) -> Result<MetaObject> {
        check_name(name)?;
        let working = self.open_dataset(dataset)?.1;
        let commit = host::DatasetCommit {
            working_id: working.to_string(),
            job_id: working.to_string(),
            partitions: vec![name.to_owned()],
            ..self.of_open(dataset)
        };
        let written = self.dataset_log(dataset).append(self.store.as_ref(), |log| {
            let there = log.entries().iter().any(|entry| entry.partitions.iter().any(|p| p == name));
            (!there).then(|| vec![payload(Kind::Dataset(commit.clone()))])
        })?;
        match written {
            Some(_) => Ok(self.partition_object(dataset, name)),
            None => Err(misuse(format!("the partition {name:?} is registered already"), "use another name")),
        }
    }

    /// Stores content and registers it where it belongs.
    ///
    /// # Errors
    /// [`CatalogError::Misuse`] if it lacks a place that content of its kind needs, or the place is not
    /// registered, or the bytes are not of the kind; or an error of the store.
    pub fn register_content(
        &self,
        name: &str,
        content: Content<'_>,
        place: &Place<'_>,
    ) -> Result<MetaObject> {
        let (kind, bytes) = match content {
            Content::Menu(menu) => (ObjectKind::Menu, menu.encode_to_vec()),
            Content::Config(config) => (ObjectKind::Config, config.encode_to_vec()),
            Content::Table(table) => (ObjectKind::Table, table.encode_to_vec()),
            Content::Hists(hists) => (ObjectKind::Hists, hists.encode_to_vec()),
            Content::TDigests(digests) => (ObjectKind::TDigests, digests.encode_to_vec()),
            Content::Job(info) => (ObjectKind::Job, info.encode_to_vec()),
            Content::Blob(kind, bytes) => (kind, bytes.to_vec()),
            Content::File(bytes, file_type) => return self.register_buffer(name, bytes, file_type, place),
            Content::FileInPlace(path, file_type) => return self.register_path(name, path, file_type, place),
        };
        if matches!(kind, ObjectKind::Menu | ObjectKind::Config) {
            let object = self.put_checked(kind, name, &bytes)?;
            self.register(std::slice::from_ref(&object))?;
            return Ok(self.meta_object(&self.identity.uuid.to_string(), &object));
        }
        let needs_partition = matches!(kind, ObjectKind::Table | ObjectKind::File);
        let (dataset, job) = self.place(kind.name(), place, true, needs_partition)?;
        let mut object = self.put_checked(kind, name, &bytes)?;
        object.partition = place.partition.map(str::to_owned);
        self.extend(&dataset, &host::DatasetCommit { objects: vec![object.to_proto()], ..job })?;
        Ok(self.meta_object(&dataset.to_string(), &object))
    }

    /// Registers every file that a pattern such as `inbox/*.csv` finds, in the order of their paths.
    ///
    /// # Errors
    /// [`CatalogError::Misuse`] if the pattern is none or finds nothing, or as
    /// [`register_content`](Self::register_content).
    pub fn register_directory(
        &self,
        pattern: &str,
        file_type: FileType,
        place: &Place<'_>,
    ) -> Result<Vec<MetaObject>> {
        let found = glob::glob(pattern)
            .map_err(|e| misuse(format!("{pattern:?} is no pattern: {e}"), "write a path with * in it"))?;
        let mut paths: Vec<PathBuf> = found.flatten().filter(|path| path.is_file()).collect();
        paths.sort();
        if paths.is_empty() {
            return Err(misuse(format!("no file fits {pattern:?}"), "look at the pattern and the directory"));
        }
        let register = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            self.register_content(&name, Content::FileInPlace(path, file_type), place)
        };
        paths.iter().map(register).collect()
    }

    /// Stores a log and registers it for a job of an open dataset.
    ///
    /// # Errors
    /// As [`register_content`](Self::register_content).
    pub fn register_log(&self, dataset: &ContentId, job: u64, text: &str) -> Result<MetaObject> {
        let place = Place { dataset: Some(*dataset), job: Some(job), partition: None };
        self.register_content("log", Content::Blob(ObjectKind::Log, text.as_bytes()), &place)
    }

    fn register_buffer(
        &self,
        name: &str,
        bytes: &[u8],
        file_type: FileType,
        place: &Place<'_>,
    ) -> Result<MetaObject> {
        let (dataset, commit) = self.place("file in memory", place, true, true)?;
        let partition = place.partition.unwrap_or_default();
        let id = ContentId::of(self.identity.data, bytes);
        let mut file = file_info(id, bytes.len() as u64, file_type, partition);
        if file_type != FileType::Arrow {
            let mut whole = self.put(ObjectKind::PathInput, name, bytes)?;
            whole.partition = Some(partition.to_owned());
            file.content_id = whole.id.to_string();
            return self.register_file(name, &file, &dataset, commit, vec![whole.to_proto()], Vec::new());
        }
        // The reader of arrow trusts some lengths of a file.
        let counted = std::panic::catch_unwind(|| count(bytes).map_err(|e| e.to_string()))
            .unwrap_or_else(|_| Err("it is damaged".to_owned()));
        let counted = counted.map_err(|why| {
            misuse(format!("{name:?} is no Arrow file: {why}"), "register it with the type that it has")
        })?;
        // Parts of a job follow each other in the order in which they are registered.
        let record = self.dataset(&dataset)?;
        let there = record.partitions.iter().find(|p| p.name == partition).map_or(0, |p| p.parts.len());
        let key = format!(
            "{}/{}/{partition}/part-{there:05}-{}.arrow",
            data_prefix(&dataset),
            commit.job_id,
            id.short()
        );
        let staged = self.store.staging_file(&commit.job_id, &format!("{partition}-{}", id.hex()))?;
        std::fs::write(&staged, bytes).map_err(|e| StoreError::io(&staged, e))?;
        match self.store.publish(&staged, &key) {
            Ok(()) => {}
            // The same bytes at the same place: an earlier attempt.
            Err(StoreError::Exists { .. }) if self.store.size(&key)? == Some(bytes.len() as u64) => {}
            Err(e) => return Err(e.into()),
        }
        let aux = model::FileObjectAuxInfo {
            num_rows_exact: counted.rows,
            num_batches_exact: counted.batches,
            num_columns_exact: counted.columns,
            ..Default::default()
        };
        file.aux = Some(aux);
        let part = host::Part {
            format_version: FORMAT_VERSION,
            partition: partition.to_owned(),
            index: there as u64,
            key,
            content_id: id.to_string(),
            rows: counted.rows,
            bytes: bytes.len() as u64,
            batches: counted.batches,
            columns: counted.columns,
            table_id: String::new(),
        };
        let commit = host::DatasetCommit { parts: vec![part], ..commit };
        let registered = self.register_file(name, &file, &dataset, commit, Vec::new(), Vec::new())?;
        self.explain(&dataset);
        Ok(registered)
    }

    fn register_path(
        &self,
        name: &str,
        path: &Path,
        file_type: FileType,
        place: &Place<'_>,
    ) -> Result<MetaObject> {
        let (dataset, commit) = self.place("file", place, false, true)?;
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let hashed = || -> std::io::Result<(ContentId, u64)> {
            let mut file = std::fs::File::open(&absolute)?;
            let id = ContentId::of_reader(self.identity.data, &mut file)?;
            Ok((id, file.metadata()?.len()))
        };
        let (id, bytes) = hashed().map_err(|e| StoreError::io(&absolute, e))?;
        let file = file_info(id, bytes, file_type, place.partition.unwrap_or_default());
        let input = InputRecord {
            format_version: FORMAT_VERSION,
            name: name.to_owned(),
            uri: absolute.to_string_lossy().into_owned(),
            content_id: id.to_string(),
            bytes,
            ..Default::default()
        };
        let mut object = self.register_file(name, &file, &dataset, commit, Vec::new(), vec![input])?;
        object.address = absolute.to_string_lossy().into_owned();
        Ok(object)
    }

    fn register_file(
        &self,
        name: &str,
        file: &model::FileObjectInfo,
        dataset: &ContentId,
        commit: host::DatasetCommit,
        mut objects: Vec<host::ObjectRef>,
        inputs: Vec<InputRecord>,
    ) -> Result<MetaObject> {
        let mut object = self.put_message(ObjectKind::File, name, file)?;
        object.partition = Some(file.partition.clone());
        objects.push(object.to_proto());
        self.extend(dataset, &host::DatasetCommit { objects, inputs, ..commit })?;
        Ok(self.meta_object(&dataset.to_string(), &object))
    }

    /// Checks the place of content, and begins the entry that registers it.
    fn place(
        &self,
        what: &str,
        place: &Place<'_>,
        needs_job: bool,
        needs_partition: bool,
    ) -> Result<(ContentId, host::DatasetCommit)> {
        let needed = match (needs_job, needs_partition) {
            (true, true) => "a dataset, a job and a registered partition",
            (true, false) => "a dataset and a job",
            _ => "a dataset and a registered partition",
        };
        let lacks = |lack: &str| {
            misuse(format!("a {what} needs {needed}; it has no {lack}"), "fill in the Place that it is given")
        };
        let dataset = place.dataset.ok_or_else(|| lacks("dataset"))?;
        let (log, working) = self.open_dataset(&dataset)?;
        let mut commit = host::DatasetCommit {
            job_id: working.to_string(),
            working_id: working.to_string(),
            ..self.of_open(&dataset)
        };
        match place.job {
            None if needs_job => return Err(lacks("job")),
            None => {}
            Some(index) => {
                let job = job_of(&log, index).ok_or_else(|| {
                    misuse(format!("the dataset has no job {index}"), "new_job gives the number of a job")
                })?;
                (commit.job_id, commit.working_id, commit.job_index) =
                    (job.to_string(), job.to_string(), index);
            }
        }
        match place.partition {
            None if needs_partition => return Err(lacks("partition")),
            Some(name) if !log.entries().iter().any(|e| e.partitions.iter().any(|p| p == name)) => {
                let what = format!("the dataset has no partition {name:?}");
                return Err(misuse(what, "new_partition registers one"));
            }
            _ => {}
        }
        Ok((dataset, commit))
    }

    /// The log of an open dataset, and its working id.
    pub(super) fn open_dataset(&self, dataset: &ContentId) -> Result<(DatasetLog, Uuid)> {
        let (kind, working) = {
            let view = self.refreshed()?;
            let made = self.live(view.state(), dataset)?;
            (made.kind, made.job)
        };
        if kind != DatasetKind::DatasetOpen {
            let what = format!("{dataset} is not open: a job made it, and nothing is added to it");
            return Err(misuse(what, "register_dataset makes an open one"));
        }
        let mut log = self.dataset_log(dataset);
        log.refresh(self.store.as_ref())?;
        Ok((log.into_state(), working))
    }

    /// An entry of an open dataset, without content.
    pub(super) fn of_open(&self, dataset: &ContentId) -> host::DatasetCommit {
        host::DatasetCommit {
            format_version: FORMAT_VERSION,
            dataset_id: dataset.to_string(),
            dataset_kind: DatasetKind::DatasetOpen.into(),
            ..Default::default()
        }
    }

    fn extend(&self, dataset: &ContentId, commit: &host::DatasetCommit) -> Result<()> {
        let commit = host::DatasetCommit {
            format_version: FORMAT_VERSION,
            dataset_id: dataset.to_string(),
            dataset_kind: DatasetKind::DatasetOpen.into(),
            ..commit.clone()
        };
        self.dataset_log(dataset)
            .append(self.store.as_ref(), |_| Some(vec![payload(Kind::Dataset(commit.clone()))]))?;
        Ok(())
    }

    fn meta_object(&self, parent: &str, object: &ObjectRef) -> MetaObject {
        MetaObject {
            name: object.name.clone(),
            uuid: object.id.to_string(),
            parent_uuid: parent.to_owned(),
            address: self.store.url(&object.id.object_key()),
        }
    }

    fn partition_object(&self, dataset: &ContentId, name: &str) -> MetaObject {
        MetaObject {
            name: name.to_owned(),
            uuid: format!("{dataset}/{name}"),
            parent_uuid: dataset.to_string(),
            address: String::new(),
        }
    }

    /// The partitions of a dataset.
    ///
    /// # Errors
    /// As [`dataset`](Self::dataset).
    pub fn list_partitions(&self, dataset: &ContentId) -> Result<Vec<MetaObject>> {
        let record = self.dataset(dataset)?;
        Ok(record.partitions.iter().map(|p| self.partition_object(dataset, &p.name)).collect())
    }

    /// The data files and registered files of a dataset.
    ///
    /// # Errors
    /// As [`dataset`](Self::dataset).
    pub fn list_files(&self, dataset: &ContentId) -> Result<Vec<MetaObject>> {
        let record = self.dataset(dataset)?;
        let parts = record.partitions.iter().flat_map(|partition| &partition.parts).map(|part| MetaObject {
            name: part.key.clone(),
            uuid: part.id.to_string(),
            parent_uuid: dataset.to_string(),
            address: self.store.url(&part.key),
        });
        let mut files: Vec<MetaObject> = parts.collect();
        files.extend(self.of_kind(&record, ObjectKind::File));
        Ok(files)
    }

    /// The records of a dataset's jobs.
    ///
    /// # Errors
    /// As [`dataset`](Self::dataset).
    pub fn list_jobs(&self, dataset: &ContentId) -> Result<Vec<MetaObject>> {
        Ok(self.of_kind(&self.dataset(dataset)?, ObjectKind::Job))
    }

    /// The histograms of a dataset.
    ///
    /// # Errors
    /// As [`dataset`](Self::dataset).
    pub fn list_histograms(&self, dataset: &ContentId) -> Result<Vec<MetaObject>> {
        Ok(self.of_kind(&self.dataset(dataset)?, ObjectKind::Hists))
    }

    /// The t-digests of a dataset.
    ///
    /// # Errors
    /// As [`dataset`](Self::dataset).
    pub fn list_tdigests(&self, dataset: &ContentId) -> Result<Vec<MetaObject>> {
        Ok(self.of_kind(&self.dataset(dataset)?, ObjectKind::TDigests))
    }

    /// The schemas of a dataset.
    ///
    /// # Errors
    /// As [`dataset`](Self::dataset).
    pub fn list_tables(&self, dataset: &ContentId) -> Result<Vec<MetaObject>> {
        Ok(self.of_kind(&self.dataset(dataset)?, ObjectKind::Table))
    }

    /// The logs of a dataset's jobs.
    ///
    /// # Errors
    /// As [`dataset`](Self::dataset).
    pub fn list_logs(&self, dataset: &ContentId) -> Result<Vec<MetaObject>> {
        Ok(self.of_kind(&self.dataset(dataset)?, ObjectKind::Log))
    }

    /// Registered objects whose name begins and ends so, of one kind or of any: first those of the store,
    /// then those of its datasets.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub fn list(&self, prefix: &str, suffix: &str, kind: Option<ObjectKind>) -> Result<Vec<MetaObject>> {
        let fits = |object: &ObjectRef| {
            object.name.starts_with(prefix)
                && object.name.ends_with(suffix)
                && kind.is_none_or(|k| k == object.kind)
        };
        let store = self.identity.uuid.to_string();
        let named = self.objects_named(prefix)?;
        let mut found: Vec<MetaObject> =
            named.iter().filter(|o| fits(o)).map(|o| self.meta_object(&store, o)).collect();
        for dataset in self.dataset_ids()? {
            let record = self.dataset(&dataset)?;
            let objects = record.objects.iter().filter(|o| fits(o));
            found.extend(objects.map(|o| self.meta_object(&dataset.to_string(), o)));
        }
        Ok(found)
    }

    fn of_kind(&self, record: &DatasetRecord, kind: ObjectKind) -> Vec<MetaObject> {
        record.of_kind(kind).map(|object| self.meta_object(&record.id.to_string(), object)).collect()
    }
}

/// The job with a number in an open dataset.
pub(super) fn job_of(log: &DatasetLog, index: u64) -> Option<Uuid> {
    log.entries().iter().find(|entry| index > 0 && entry.job_index == index).map(|entry| entry.job)
}

pub(super) fn misuse(what: String, help: &'static str) -> CatalogError {
    CatalogError::Misuse { what, help }
}

fn file_info(id: ContentId, bytes: u64, file_type: FileType, partition: &str) -> model::FileObjectInfo {
    model::FileObjectInfo {
        r#type: file_type.into(),
        size_bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        size_bytes_exact: bytes,
        size_unit: "B".to_owned(),
        partition: partition.to_owned(),
        content_id: id.to_string(),
        ..Default::default()
    }
}

struct Counted {
    rows: u64,
    batches: u64,
    columns: u64,
}

fn count(bytes: &[u8]) -> Result<Counted, arrow::error::ArrowError> {
    let reader = FileReader::try_new(Cursor::new(bytes), None)?;
    let columns = reader.schema().fields().len() as u64;
    let batches = reader.num_batches() as u64;
    let mut rows = 0;
    for batch in reader {
        rows += batch?.num_rows() as u64;
    }
    Ok(Counted { rows, batches, columns })
}
