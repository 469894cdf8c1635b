//! A dataset in the terms of the public model: one `CronusObject`, filled from the dataset's record.
//!
//! It is derived, not stored, so addresses and clock times may stand in it.

use std::path::Path;

use artemis_proto::{
    cronus, cronus_objects as model,
    cronus_objects::{CronusObject, cronus_object::Info},
    physt,
};

use super::{
    Catalog, DatasetRecord, ObjectKind, ObjectRef, Part, Partition, Result, commit::data_prefix,
    log::decode_message,
};
use crate::store::ContentId;

impl Catalog {
    /// The dataset as an object of the public model. Counts that do not fit its fields saturate; the true
    /// ones stand in our fields.
    ///
    /// # Errors
    /// [`super::CatalogError::Unknown`] if there is no such dataset, damage, or an error of the store.
    pub fn dataset_object(&self, dataset: &ContentId) -> Result<CronusObject> {
        let record = self.dataset(dataset)?;
        let info = self.dataset_info(&record)?;
        Ok(CronusObject {
            name: format!("{}.dataset", dataset.hex()),
            uuid: dataset.to_string(),
            parent_uuid: self.identity.uuid.to_string(),
            address: self.address(&format!("datasets/{}/log/{:020}.pb", dataset.segment(), 0)),
            info: Some(Info::Dataset(Box::new(info))),
        })
    }

    fn dataset_info(&self, record: &DatasetRecord) -> Result<model::DatasetObjectInfo> {
        let all = |kind| record.of_kind(kind).map(|o| self.object(record, o)).collect::<Result<Vec<_>>>();
        let mut files = all(ObjectKind::File)?;
        for partition in &record.partitions {
            files.extend(partition.parts.iter().map(|part| self.part_object(record, partition, part)));
        }
        let first =
            |kind| record.of_kind(kind).next().map(|o| self.object(record, o).map(Box::new)).transpose();
        let parents = record.parents.iter().map(|id| CronusObject {
            name: format!("{}.dataset", id.hex()),
            uuid: id.to_string(),
            parent_uuid: self.identity.uuid.to_string(),
            ..Default::default()
        });
        let tables = all(ObjectKind::Table)?;
        let hists = all(ObjectKind::Hists)?;
        let asset = model::DataAsset {
            creation_time: Some(record.created.into()),
            table_count: saturate(tables.len()),
            file_count: saturate(files.len()),
            partition_count: saturate(record.partitions.len()),
            job_count: saturate(record.jobs.len()),
            hists_count: saturate(hists.len()),
            parent_count: saturate(record.parents.len()),
            ..Default::default()
        };
        Ok(model::DatasetObjectInfo {
            aux: Some(model::DatasetObjectAuxInfo { data_holding: None, data_asset: Some(asset) }),
            transform: Some(Box::new(model::Transform {
                menu: first(ObjectKind::Menu)?,
                config: first(ObjectKind::Config)?,
            })),
            partitions: record.partitions.iter().map(|p| p.name.clone()).collect(),
            job_idx: saturate(record.jobs.len()),
            jobs: all(ObjectKind::Job)?,
            hists,
            logs: all(ObjectKind::Log)?,
            storage_location: data_prefix(&record.id),
            parents: parents.collect(),
            children: Vec::new(),
            files,
            tables,
            tdigests: all(ObjectKind::TDigests)?,
            content_id: record.id.to_string(),
            recipe_id: record
                .of_kind(ObjectKind::Recipe)
                .next()
                .map(|o| o.id.to_string())
                .unwrap_or_default(),
            profiles: all(ObjectKind::Profile)?,
            timers: all(ObjectKind::Timers)?,
        })
    }

    /// An object with what its bytes say of it.
    fn object(&self, record: &DatasetRecord, object: &ObjectRef) -> Result<CronusObject> {
        let created = Some(record.created.into());
        let info = match object.kind {
            ObjectKind::Menu => Some(Info::Menu(model::MenuObjectInfo { aux: None, created })),
            ObjectKind::Config => Some(Info::Config(model::ConfigObjectInfo { aux: None, created })),
            ObjectKind::Hists | ObjectKind::Timers => {
                let hists: physt::HistogramCollection = self.get_message(&object.id)?;
                let keys = hists.histograms.into_keys().collect();
                Some(Info::Hists(model::HistsObjectInfo { aux: None, keys }))
            }
            ObjectKind::TDigests => {
                let digests: model::TDigestStore = self.get_message(&object.id)?;
                let keys = digests.digest_map.into_keys().collect();
                Some(Info::Tdigests(model::TDigestObjectInfo { aux: None, keys }))
            }
            ObjectKind::Job => Some(Info::Job(model::JobObjectInfo { aux: None })),
            ObjectKind::Log => Some(Info::Log(model::LogObjectInfo { aux: None })),
            ObjectKind::Table => {
                let fields = self.field_names(&object.id)?;
                Some(Info::Table(model::TableObjectInfo { fields }))
            }
            ObjectKind::File => {
                Some(Info::File(decode_message(&object.id.to_string(), &self.get_object(&object.id)?)?))
            }
            ObjectKind::Profile => Some(Info::Profile(Default::default())),
            ObjectKind::Checks => Some(Info::Checks(Default::default())),
            ObjectKind::Recipe | ObjectKind::PathInput | ObjectKind::Import | ObjectKind::Foreign => None,
        };
        Ok(CronusObject {
            name: object.name.clone(),
            uuid: object.id.to_string(),
            parent_uuid: record.id.to_string(),
            address: self.address(&object.id.object_key()),
            info,
        })
    }

    fn part_object(&self, record: &DatasetRecord, partition: &Partition, part: &Part) -> CronusObject {
        let aux = model::FileObjectAuxInfo {
            num_columns: saturate(part.columns),
            num_rows: saturate(part.rows),
            num_batches: saturate(part.batches),
            num_rows_exact: part.rows,
            num_batches_exact: part.batches,
            num_columns_exact: part.columns,
            ..Default::default()
        };
        let file = model::FileObjectInfo {
            aux: Some(aux),
            r#type: model::FileType::Arrow.into(),
            size_bytes: i64::try_from(part.bytes).unwrap_or(i64::MAX),
            size_unit: "B".to_owned(),
            partition: partition.name.clone(),
            size_bytes_exact: part.bytes,
            content_id: part.id.to_string(),
            table_id: part.table.map(|id| id.to_string()).unwrap_or_default(),
            ..Default::default()
        };
        CronusObject {
            name: part.key.clone(),
            uuid: part.id.to_string(),
            parent_uuid: record.id.to_string(),
            address: self.address(&part.key),
            info: Some(Info::File(file)),
        }
    }

    fn field_names(&self, table: &ContentId) -> Result<Vec<String>> {
        let table: cronus::Table = self.get_message(table)?;
        let schema = table.info.and_then(|info| info.schema).and_then(|schema| schema.info);
        Ok(schema.map(|s| s.fields.into_iter().map(|f| f.name).collect()).unwrap_or_default())
    }

    /// The URL of a key, where the store has local files.
    fn address(&self, key: &str) -> String {
        let path = self.store.local_path(key).and_then(|path| std::path::absolute(path).ok());
        path.map(|path| file_url(&path)).unwrap_or_default()
    }
}

/// A path as a `file:` URL (RFC 8089), with other bytes than RFC 3986's unreserved ones in percent form.
pub(crate) fn file_url(path: &Path) -> String {
    let mut url = "file://".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => url.push(char::from(*byte)),
            b if b.is_ascii_alphanumeric() => url.push(char::from(*b)),
            b => url.push_str(&format!("%{b:02X}")),
        }
    }
    url
}

/// The nearest value that the model's field holds.
fn saturate(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        catalog::testing::{self, commit},
        store::{LocalOptions, LocalStore},
    };

    #[test]
    fn a_dataset_is_told_in_the_terms_of_the_model() {
        let dir = tempfile::tempdir().unwrap();
        let store = LocalStore::new(dir.path().join("a store"), LocalOptions::default());
        let catalog = Catalog::create(Arc::new(store), "test").unwrap();
        let mut made = commit(&catalog, "recipe", &[("rows", "abc"), ("more", "d")]);
        let field = cronus::Field { name: "tailnum".into(), ..Default::default() };
        let schema = cronus::SchemaInfo { fields: vec![field], ..Default::default() };
        let table = cronus::Table {
            info: Some(cronus::TableInfo {
                schema: Some(cronus::Schema { info: Some(schema), ..Default::default() }),
                ..Default::default()
            }),
            ..Default::default()
        };
        made.parts[0].rows = 1 << 40;
        made.objects.push(catalog.put(ObjectKind::Hists, "hists", b"").unwrap());
        made.objects.push(catalog.put_message(ObjectKind::Table, "rows", &table).unwrap());
        made.objects.push(catalog.put_menu(&cronus::Menu::default()).unwrap());
        made.parents.push(ContentId::of(made.dataset.algorithm(), b"parent"));
        catalog.commit_dataset(&made).unwrap();

        let object = catalog.dataset_object(&made.dataset).unwrap();
        let Some(Info::Dataset(info)) = object.info else { panic!("no dataset") };
        assert_eq!(info.partitions, ["more", "rows"]);
        assert_eq!((info.jobs.len(), info.hists.len(), info.parents.len(), info.files.len()), (0, 1, 1, 2));
        assert!(info.transform.unwrap().menu.is_some());
        let Some(Info::Table(table)) = &info.tables[0].info else { panic!("no table") };
        assert_eq!(table.fields, ["tailnum"]);
        let Some(Info::File(file)) = &info.files[1].info else { panic!("no file") };
        let aux = file.aux.as_ref().unwrap();
        assert_eq!((aux.num_rows, aux.num_rows_exact), (i32::MAX, 1 << 40));
        let address = &info.files[1].address;
        assert!(address.starts_with("file:///") && address.contains("a%20store"), "{address}");
    }

    #[test]
    fn a_dataset_in_memory_has_no_address() {
        let catalog = testing::catalog();
        let made = commit(&catalog, "recipe", &[("rows", "abc")]);
        catalog.commit_dataset(&made).unwrap();
        assert_eq!(catalog.dataset_object(&made.dataset).unwrap().address, "");
    }
}
