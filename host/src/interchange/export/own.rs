//! Own datasets in the form of the framework.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use artemis_proto::artemis::JobInfo;
use artemis_proto::cronus_objects::cronus_object::Info;
use artemis_proto::cronus_objects::{
    CronusObject, CronusObjectStore, CronusObjectStoreInfo, DatasetObjectInfo, Transform,
};
use artemis_proto::{cronus, cronus_objects as model};
use prost::Message;
use uuid::Uuid;

use super::folder::Folder;
use super::{Exported, ExportedDataset};
use crate::catalog::{Catalog, DatasetKind, DatasetRecord, InputRecord, ObjectKind};
use crate::interchange::ExportError;
use crate::interchange::name::{Kind, OriginalName, safe};
use crate::store::file_url;
use crate::store::{Algorithm, ContentHasher, ContentId};

/// What the framework calls the partition of inputs.
const INPUTS: &str = "generator";
/// How much of an input is hashed at once.
const READ_BYTES: usize = 1 << 20;

/// Writes datasets and the record of the store that lists them.
pub(super) fn write(
    catalog: &Catalog,
    datasets: &BTreeSet<ContentId>,
    folder: &mut Folder,
    exported: &mut Exported,
) -> Result<(), ExportError> {
    let store_id = catalog.store_uuid();
    let label = safe(catalog.store_name());
    let store = OriginalName { label, ..OriginalName::new(Kind::Store, store_id) }.to_string();
    let mut writer = Writer { catalog, folder, exported, store: store.clone(), objects: Vec::new() };
    let mut created = None;
    for id in datasets {
        let record = catalog.dataset(id)?;
        let since = created.get_or_insert(record.created);
        *since = record.created.min(*since);
        writer.dataset(&record)?;
    }
    let objects = writer.objects;
    let record = CronusObjectStore {
        name: store.clone(),
        uuid: store_id.to_string(),
        parent_uuid: String::new(),
        address: folder.address(&store),
        info: Some(CronusObjectStoreInfo { created: created.map(Into::into), aux: None, objects }),
    };
    folder.put(&store, &record.encode_to_vec())?;
    exported.stores.push(store);
    Ok(())
}

/// The id of what is here known by content and place: the same for the same, and a valid UUID.
fn derived(parts: &[&str]) -> Uuid {
    let hash = ContentId::of(Algorithm::Blake3, parts.join("\0").as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.hash()).for_each(|(to, from)| *to = *from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

fn dataset_uuid(id: &ContentId) -> Uuid {
    derived(&["dataset", &id.to_string()])
}

struct Writer<'a> {
    catalog: &'a Catalog,
    folder: &'a mut Folder,
    exported: &'a mut Exported,
    /// Name of the store's record.
    store: String,
    /// What the record lists.
    objects: Vec<CronusObject>,
}

impl Writer<'_> {
    fn dataset(&mut self, record: &DatasetRecord) -> Result<(), ExportError> {
        let owner = dataset_uuid(&record.id);
        let mut object = self.catalog.dataset_object(&record.id)?;
        let Some(Info::Dataset(info)) = &mut object.info else { return Ok(()) };
        let transform =
            Transform { menu: self.menu(record)?.map(Box::new), config: self.config(record)?.map(Box::new) };
        if record.kind == DatasetKind::DatasetInput {
            self.inputs(record, owner, info)?;
        } else {
            self.rows(record, owner, info)?;
        }
        self.described(record, owner, info)?;
        info.transform = Some(Box::new(transform));
        info.parents = record.parents.iter().map(|id| self.reference(id)).collect();
        // They have no place in this layout.
        info.profiles.clear();
        info.timers.clear();
        info.storage_location = self.folder.url().to_owned();
        let name = OriginalName::new(Kind::Dataset, owner).to_string();
        self.locate(&mut object, &name, &owner.to_string(), &self.catalog.store_uuid().to_string());
        self.objects.push(object);
        self.exported.datasets.push(ExportedDataset { id: record.id, uuid: owner.to_string() });
        Ok(())
    }

    /// Gives an object its name, ids and address in the folder.
    fn locate(&self, object: &mut CronusObject, name: &str, id: &str, parent: &str) {
        object.name = name.to_owned();
        object.uuid = id.to_owned();
        object.parent_uuid = parent.to_owned();
        object.address = self.folder.address(name);
    }

    fn reference(&self, dataset: &ContentId) -> CronusObject {
        let owner = dataset_uuid(dataset);
        let mut object = CronusObject::default();
        let name = OriginalName::new(Kind::Dataset, owner).to_string();
        self.locate(&mut object, &name, &owner.to_string(), &self.catalog.store_uuid().to_string());
        object
    }

    fn menu(&mut self, record: &DatasetRecord) -> Result<Option<CronusObject>, ExportError> {
        let Some(id) = record.menu() else { return Ok(None) };
        let uuid = derived(&["menu", &id.to_string()]);
        let mut menu: cronus::Menu = self.catalog.get_message(&id)?;
        menu.uuid = uuid.to_string();
        let info = Info::Menu(model::MenuObjectInfo { aux: None, created: Some(record.created.into()) });
        self.alone(OriginalName::new(Kind::Menu, uuid), &menu.encode_to_vec(), info).map(Some)
    }

    fn config(&mut self, record: &DatasetRecord) -> Result<Option<CronusObject>, ExportError> {
        let Some(id) = record.config() else { return Ok(None) };
        let uuid = derived(&["config", &id.to_string()]);
        let mut config: cronus::Configuration = self.catalog.get_message(&id)?;
        config.uuid = uuid.to_string();
        let info = Info::Config(model::ConfigObjectInfo { aux: None, created: Some(record.created.into()) });
        self.alone(OriginalName::new(Kind::Config, uuid), &config.encode_to_vec(), info).map(Some)
    }

    /// A file that belongs to the store itself.
    fn alone(&mut self, name: OriginalName, bytes: &[u8], info: Info) -> Result<CronusObject, ExportError> {
        let mut object = CronusObject { info: Some(info), ..CronusObject::default() };
        let file = name.to_string();
        self.locate(&mut object, &file, &name.id, &self.catalog.store_uuid().to_string());
        self.folder.put(&file, bytes)?;
        if !self.objects.iter().any(|known| known.name == object.name) {
            self.objects.push(object.clone());
        }
        Ok(object)
    }

    /// The data files and their tables.
    fn rows(
        &mut self,
        record: &DatasetRecord,
        owner: Uuid,
        info: &mut DatasetObjectInfo,
    ) -> Result<(), ExportError> {
        // The file records stand before the parts that they describe, and say the same.
        let mut files = info.files.split_off(record.of_kind(ObjectKind::File).count().min(info.files.len()));
        info.tables.clear();
        let parts = record
            .partitions
            .iter()
            .flat_map(|partition| partition.parts.iter().map(move |p| (partition, p)));
        for ((partition, part), object) in parts.zip(&mut files) {
            let place = [owner.to_string(), partition.name.clone(), part.index.to_string()];
            let id = derived(&["part", &place[0], &place[1], &place[2]]).to_string();
            let name = OriginalName {
                id: id.clone(),
                job: "0".to_owned(),
                partition: partition.name.clone(),
                ..OriginalName::new(Kind::Arrow, owner)
            };
            self.folder.copy(self.catalog, &part.key, &name.to_string())?;
            self.locate(object, &name.to_string(), &id, &owner.to_string());
            if let Some(table) = part.table {
                info.tables.push(self.table(&table, OriginalName { file: id, ..name })?);
            }
        }
        info.files = files;
        Ok(())
    }

    /// The table of a file, whose name tells where it belongs.
    fn table(&mut self, id: &ContentId, of: OriginalName) -> Result<CronusObject, ExportError> {
        let uuid = derived(&["table", &id.to_string(), &of.owner.to_string(), &of.file]).to_string();
        let name = OriginalName { kind: Kind::Table, id: uuid.clone(), ..of };
        let mut table: cronus::Table = self.catalog.get_message(id)?;
        table.uuid.clone_from(&uuid);
        self.folder.put(&name.to_string(), &table.encode_to_vec())?;
        let schema = table.info.and_then(|info| info.schema).and_then(|schema| schema.info);
        let fields = schema.map(|schema| schema.fields.into_iter().map(|field| field.name).collect());
        let info = Info::Table(model::TableObjectInfo { fields: fields.unwrap_or_default() });
        let mut object = CronusObject { info: Some(info), ..CronusObject::default() };
        self.locate(&mut object, &name.to_string(), &uuid, &name.owner.to_string());
        Ok(object)
    }

    /// Inputs: by reference, under their SHA-1 where they can still be read.
    fn inputs(
        &mut self,
        record: &DatasetRecord,
        owner: Uuid,
        info: &mut DatasetObjectInfo,
    ) -> Result<(), ExportError> {
        let (files, tables): (Vec<_>, Vec<_>) =
            (record.of_kind(ObjectKind::File).collect(), record.of_kind(ObjectKind::Table).collect());
        info.partitions = vec![INPUTS.to_owned()];
        info.tables.clear();
        let mut objects = Vec::new();
        for (input, mut object) in record.inputs.iter().zip(std::mem::take(&mut info.files)) {
            let id = match sha1_of(input) {
                Ok(id) => id,
                Err(reason) => {
                    let text = format!("{}: {reason}; an id of ours stands for its SHA-1", input.name);
                    self.exported.notes.push(text);
                    derived(&["input", &input.content_id]).to_string()
                }
            };
            let name = OriginalName {
                id: id.clone(),
                partition: INPUTS.to_owned(),
                label: safe(&input.name),
                ..OriginalName::new(Kind::Input, owner)
            };
            self.locate(&mut object, &name.to_string(), &id, &owner.to_string());
            // It stays where it is.
            object.address =
                if input.uri.starts_with('/') { file_url(Path::new(&input.uri)) } else { input.uri.clone() };
            if let Some(Info::File(file)) = &mut object.info {
                file.partition = INPUTS.to_owned();
            }
            objects.push(object);
            // A table belongs to the file that was stored just before it.
            let place = files.iter().position(|file| file.name == input.name);
            if let Some(table) = place.and_then(|place| tables.get(place)) {
                let of = OriginalName { job: "0".to_owned(), file: id, ..name };
                info.tables.push(self.table(&table.id, of)?);
            }
        }
        info.files = objects;
        Ok(())
    }

    /// Histograms, t-digests, job records and logs.
    fn described(
        &mut self,
        record: &DatasetRecord,
        owner: Uuid,
        info: &mut DatasetObjectInfo,
    ) -> Result<(), ExportError> {
        let lists = [
            (ObjectKind::Hists, Kind::Hists, &mut info.hists),
            (ObjectKind::TDigests, Kind::TDigests, &mut info.tdigests),
            (ObjectKind::Job, Kind::Job, &mut info.jobs),
            (ObjectKind::Log, Kind::Log, &mut info.logs),
        ];
        for (stored, kind, list) in lists {
            for (place, (source, object)) in record.of_kind(stored).zip(list).enumerate() {
                let id = derived(&[stored.name(), &owner.to_string(), &source.id.to_string()]).to_string();
                // Each job adds one record and one log, in turn.
                let job = if matches!(kind, Kind::Job | Kind::Log) { place } else { 0 };
                let name =
                    OriginalName { id: id.clone(), job: job.to_string(), ..OriginalName::new(kind, owner) };
                if kind == Kind::Job {
                    let bytes = self.job_record(&source.id, record, owner)?;
                    self.folder.put(&name.to_string(), &bytes)?;
                } else {
                    self.folder.copy(self.catalog, &source.id.object_key(), &name.to_string())?;
                }
                self.locate(object, &name.to_string(), &id, &owner.to_string());
            }
        }
        Ok(())
    }

    /// A job's record with the ids of the folder.
    fn job_record(
        &self,
        id: &ContentId,
        record: &DatasetRecord,
        owner: Uuid,
    ) -> Result<Vec<u8>, ExportError> {
        let mut job: JobInfo = self.catalog.get_message(id)?;
        let known = |kind: &str, id: Option<ContentId>| {
            id.map(|id| derived(&[kind, &id.to_string()]).to_string()).unwrap_or_default()
        };
        job.menu_id = known("menu", record.menu());
        job.config_id = known("config", record.config());
        job.dataset_id = owner.to_string();
        job.parentset_id = record.parents.first().map(|id| dataset_uuid(id).to_string()).unwrap_or_default();
        job.store_id = self.catalog.store_uuid().to_string();
        job.store_name.clone_from(&self.store);
        self.folder.url().clone_into(&mut job.store_path);
        Ok(job.encode_to_vec())
    }
}

/// The SHA-1 of an input, if its place still holds the bytes that were read.
fn sha1_of(input: &InputRecord) -> Result<String, String> {
    let known: ContentId = input.content_id.parse().map_err(|_| "its content is not known".to_owned())?;
    if known.algorithm() == Algorithm::Sha1 {
        return Ok(known.hex());
    }
    let gone = |e: std::io::Error| format!("it cannot be read any more ({e})");
    let mut file = File::open(&input.uri).map_err(gone)?;
    let (mut sha1, mut check) = (ContentHasher::new(Algorithm::Sha1), ContentHasher::new(known.algorithm()));
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match file.read(&mut buffer).map_err(gone)? {
            0 => break,
            read => {
                sha1.update(&buffer[..read]);
                check.update(&buffer[..read]);
            }
        }
    }
    if check.finish() == known { Ok(sha1.finish().hex()) } else { Err("it holds other bytes now".to_owned()) }
}
