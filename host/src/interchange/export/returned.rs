//! Imported datasets, written out as they came.

use std::collections::BTreeSet;

use artemis_proto::cronus_objects::cronus_object::Info;
use artemis_proto::cronus_objects::{CronusObject, CronusObjectStore};
use artemis_proto::host::{ImportedDataset, ImportedObject, ImportedStore};
use prost::Message;

use super::folder::Folder;
use super::{Exported, ExportedDataset};
use crate::catalog::Catalog;
use crate::interchange::ExportError;
use crate::interchange::name::{Kind, OriginalName};
use crate::store::{ContentId, StoreError};

/// Writes the wanted datasets of an imported store and its record; with `all`, also what belongs to no dataset.
pub(super) fn give_back(
    catalog: &Catalog,
    import: &ImportedStore,
    datasets: &[(&ImportedDataset, ContentId)],
    all: bool,
    folder: &mut Folder,
    exported: &mut Exported,
) -> Result<(), ExportError> {
    let mut kept: BTreeSet<&str> = BTreeSet::new();
    for (dataset, id) in datasets {
        kept.extend([dataset.uuid.as_str(), &dataset.menu_uuid, &dataset.config_uuid]);
        let record = catalog.dataset(id)?;
        for object in &dataset.objects {
            let name = checked(object)?;
            let content = content_id(object)?;
            let mut parts = record.partitions.iter().flat_map(|partition| &partition.parts);
            match parts.find(|part| object.kind == "part" && part.id == content) {
                Some(part) => folder.copy(catalog, &part.key, &name.to_string())?,
                None => folder.copy(catalog, &content.object_key(), &name.to_string())?,
            }
        }
        exported.datasets.push(ExportedDataset { id: *id, uuid: dataset.uuid.clone() });
    }
    let mut store = None;
    for object in &import.objects {
        let name = checked(object)?;
        if name.kind == Kind::Store {
            store = Some((name, content_id(object)?));
        } else if all || kept.contains(object.uuid.as_str()) {
            folder.copy(catalog, &content_id(object)?.object_key(), &name.to_string())?;
        }
    }
    let Some((name, id)) = store else {
        return Err(damaged(import, "it has no record of its store"));
    };
    let mut record: CronusObjectStore = catalog.get_message(&id)?;
    let old = record.address.rsplit_once('/').map(|(folder, _)| folder.to_owned()).unwrap_or_default();
    let places = Places { old, new: folder.url().to_owned() };
    places.rewrite(&mut record.address);
    if let Some(info) = &mut record.info {
        info.objects.retain(|object| all || kept.contains(object.uuid.as_str()));
        info.objects.iter_mut().for_each(|object| places.rewrite_all(object));
    }
    folder.put(&name.to_string(), &record.encode_to_vec())?;
    exported.stores.push(name.to_string());
    Ok(())
}

/// The name of a file, which a damaged record must not lead out of the folder.
fn checked(object: &ImportedObject) -> Result<OriginalName, ExportError> {
    let bad = || StoreError::corrupt(&object.name, "it is no name of an imported file");
    Ok(OriginalName::parse(&object.name).ok_or_else(bad)?)
}

fn content_id(object: &ImportedObject) -> Result<ContentId, ExportError> {
    Ok(object
        .content_id
        .parse()
        .map_err(|e| StoreError::corrupt(&object.name, format!("content id: {e}")))?)
}

fn damaged(import: &ImportedStore, what: &str) -> ExportError {
    StoreError::corrupt(format!("the import of {}", import.uuid), what).into()
}

/// Where the files were and where they are.
struct Places {
    old: String,
    new: String,
}

impl Places {
    /// An address into the old folder becomes one into the new; any other is a fact that stays.
    fn rewrite(&self, address: &mut String) {
        let below =
            address.strip_prefix(&self.old).filter(|rest| !self.old.is_empty() && rest.starts_with('/'));
        if let Some(rest) = below {
            *address = format!("{}{rest}", self.new);
        }
    }

    fn rewrite_all(&self, object: &mut CronusObject) {
        self.rewrite(&mut object.address);
        let Some(Info::Dataset(info)) = &mut object.info else { return };
        if let Some(transform) = &mut info.transform {
            let both = [&mut transform.menu, &mut transform.config];
            both.into_iter().flatten().for_each(|object| self.rewrite_all(object));
        }
        let lists = [
            &mut info.jobs,
            &mut info.hists,
            &mut info.logs,
            &mut info.parents,
            &mut info.children,
            &mut info.files,
            &mut info.tables,
            &mut info.tdigests,
        ];
        lists.into_iter().flatten().for_each(|object| self.rewrite_all(object));
    }
}
