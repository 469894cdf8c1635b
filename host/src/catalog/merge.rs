//! Merging what jobs made apart from the store: whatever the order, the dataset is the same.

use std::collections::BTreeSet;

use artemis_proto::{FORMAT_VERSION, host};
use host::payload::Kind;
use prost::Message;
use uuid::Uuid;

use super::{
    Catalog, ObjectRef, Result,
    commit::data_prefix,
    log::{self, check_format, payload},
    names::check_name,
    records::Logged,
    register::{job_of, misuse},
};
use crate::store::{ContentId, StoreError};

const HELP: &str = "nothing was changed; make the records of this job anew";

impl Catalog {
    /// Merges the records of a job that ran apart, as a `JobBuilder` gives them, into its open dataset, and
    /// returns the dataset. Merging the same records twice changes nothing.
    ///
    /// # Errors
    /// [`super::CatalogError::Misuse`] if they cannot be merged, in which case nothing has changed: they are no such
    /// records, of another store, of a job that is not registered, other ones of that job were merged before,
    /// or a file of theirs is not as they say. Else an error of the store.
    pub fn update_dataset(&self, records: &[u8]) -> Result<ContentId> {
        let place = "the records of a job";
        let refuse = |what: String| misuse(format!("{place} cannot be merged: {what}"), HELP);
        let records: host::JobRecords =
            log::decode_message(place, records).map_err(|e| refuse(e.to_string()))?;
        check_format(place, records.format_version).map_err(|e| refuse(e.to_string()))?;
        if records.store_id != self.identity.uuid.to_string() {
            return Err(refuse(format!("they are for the store {:?}", records.store_id)));
        }
        let dataset: ContentId = records
            .dataset_id
            .parse()
            .map_err(|e| refuse(format!("dataset {:?}: {e}", records.dataset_id)))?;
        let (log, _) = self.open_dataset(&dataset)?;
        let index = records.job_index;
        let job = job_of(&log, index)
            .ok_or_else(|| refuse(format!("job {index} of {dataset} is not registered")))?;
        let commit = self.merged(&records, dataset, job).map_err(refuse)?;
        if let Some(there) = log.entries().iter().find(|e| e.merged && e.job_index == index) {
            return if is_same(there, &commit) {
                Ok(dataset)
            } else {
                Err(refuse(format!("other records of job {index} were merged before")))
            };
        }
        // All was looked at; from here on only the store can fail.
        for built in &records.objects {
            self.put_object(&built.content)?;
        }
        for (part, built) in commit.parts.iter().zip(&records.parts) {
            let staged = self.store.staging_file(&job.to_string(), &part.content_id.replace(':', "-"))?;
            std::fs::copy(&built.path, &staged).map_err(|e| StoreError::io(built.path.as_ref(), e))?;
            match self.store.publish(&staged, &part.key) {
                Ok(()) => {}
                // An earlier attempt came so far.
                Err(StoreError::Exists { .. }) if self.store.size(&part.key)? == Some(part.bytes) => {}
                Err(e) => return Err(e.into()),
            }
        }
        self.dataset_log(&dataset).append(self.store.as_ref(), |log| {
            let there = log.entries().iter().any(|e| e.merged && e.job_index == index);
            (!there).then(|| vec![payload(Kind::Dataset(commit.clone()))])
        })?;
        self.store.clear_staging(&job.to_string())?;
        self.explain(&dataset);
        // Another process may have merged other records of this job in the meantime.
        let (log, _) = self.open_dataset(&dataset)?;
        match log.entries().iter().find(|e| e.merged && e.job_index == index) {
            Some(there) if is_same(there, &commit) => Ok(dataset),
            _ => Err(refuse(format!("other records of job {index} were merged first"))),
        }
    }

    /// The entry that merges the records, after all that they say was checked.
    fn merged(
        &self,
        records: &host::JobRecords,
        dataset: ContentId,
        job: Uuid,
    ) -> Result<host::DatasetCommit, String> {
        let mut objects = Vec::new();
        for built in &records.objects {
            let object = built.object.as_ref().ok_or("an object has no name")?;
            let object = ObjectRef::from_proto(object, &object.name).map_err(|e| e.to_string())?;
            let found = ContentId::of(object.id.algorithm(), &built.content);
            if found != object.id || object.id.algorithm() != self.identity.objects {
                return Err(format!("the {} {:?} is not what its id says", object.kind.name(), object.name));
            }
            objects.push(object.to_proto());
        }
        let mut parts = Vec::new();
        let mut partitions = BTreeSet::new();
        let mut places = BTreeSet::new();
        for built in &records.parts {
            let part = built.part.as_ref().ok_or("a part has no record")?;
            check_name(&part.partition).map_err(|e| e.to_string())?;
            if !places.insert((part.partition.clone(), part.index)) {
                return Err(format!("two parts have the place {} of {:?}", part.index, part.partition));
            }
            let id: ContentId =
                part.content_id.parse().map_err(|e| format!("part {:?}: {e}", part.content_id))?;
            let hashed = || -> std::io::Result<ContentId> {
                ContentId::of_reader(id.algorithm(), &mut std::fs::File::open(&built.path)?)
            };
            let found = hashed().map_err(|e| format!("{}: {e}", built.path))?;
            if found != id || id.algorithm() != self.identity.data {
                return Err(format!("{} is not the file that was written: it hashes to {found}", built.path));
            }
            partitions.insert(part.partition.clone());
            let key =
                format!("{}/{job}/{}/part-{:05}.arrow", data_prefix(&dataset), part.partition, part.index);
            parts.push(host::Part { key, ..part.clone() });
        }
        Ok(host::DatasetCommit {
            format_version: FORMAT_VERSION,
            job_id: job.to_string(),
            working_id: job.to_string(),
            parts,
            objects,
            inputs: records.inputs.clone(),
            partitions: partitions.into_iter().collect(),
            job_index: records.job_index,
            merged: true,
            ..self.of_open(&dataset)
        })
    }
}

/// Whether the entry merges the same parts and objects.
fn is_same(there: &Logged, commit: &host::DatasetCommit) -> bool {
    let parts: Vec<(&str, u64, String)> =
        there.parts.iter().map(|(name, part)| (name.as_str(), part.index, part.id.to_string())).collect();
    let here: Vec<(&str, u64, String)> =
        commit.parts.iter().map(|p| (p.partition.as_str(), p.index, p.content_id.clone())).collect();
    let objects: Vec<host::ObjectRef> = there.objects.iter().map(ObjectRef::to_proto).collect();
    parts == here && objects == commit.objects
}

/// Encodes the records of a job that ran apart.
pub(crate) fn encode_records(records: &host::JobRecords) -> Vec<u8> {
    records.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::{
        catalog::{CatalogError, ObjectKind, testing},
        store::Algorithm,
    };

    fn records(catalog: &Catalog, dir: &Path, dataset: &ContentId, index: u64) -> host::JobRecords {
        let bytes = format!("rows of job {index}");
        let path = dir.join(format!("part-{index}"));
        fs::write(&path, &bytes).unwrap();
        let part = host::Part {
            format_version: FORMAT_VERSION,
            partition: "rows".into(),
            content_id: ContentId::of(Algorithm::Blake3, bytes.as_bytes()).to_string(),
            rows: index,
            bytes: bytes.len() as u64,
            ..Default::default()
        };
        let content = format!("log of job {index}").into_bytes();
        let id = ContentId::of(Algorithm::Sha1, &content);
        let object = ObjectRef {
            kind: ObjectKind::Log,
            id,
            name: "log".into(),
            bytes: content.len() as u64,
            partition: None,
        };
        host::JobRecords {
            format_version: FORMAT_VERSION,
            dataset_id: dataset.to_string(),
            job_index: index,
            store_id: catalog.store_uuid().to_string(),
            parts: vec![host::BuiltPart {
                format_version: 1,
                part: Some(part),
                path: path.to_string_lossy().into(),
            }],
            objects: vec![host::BuiltObject { format_version: 1, object: Some(object.to_proto()), content }],
            inputs: Vec::new(),
        }
    }

    #[test]
    fn jobs_merged_in_any_order_and_twice_are_one_dataset() {
        let dir = tempfile::tempdir().unwrap();
        let mut seen = Vec::new();
        for order in [[1_u64, 2, 3, 4], [4, 3, 2, 1], [2, 4, 1, 3]] {
            let catalog = testing::catalog();
            let (dataset, _) = catalog.register_dataset(Some("all")).unwrap();
            for expected in 1..=4 {
                assert_eq!(catalog.new_job(&dataset).unwrap(), expected);
            }
            for index in order {
                let bytes = records(&catalog, dir.path(), &dataset, index).encode_to_vec();
                for _ in 0..2 {
                    assert_eq!(catalog.update_dataset(&bytes).unwrap(), dataset);
                }
            }
            let record = catalog.dataset(&dataset).unwrap();
            let rows: Vec<(u64, u64)> =
                record.partitions[0].parts.iter().map(|p| (p.index, p.rows)).collect();
            assert_eq!(rows, [(0, 1), (1, 2), (2, 3), (3, 4)]);
            assert_eq!(record.jobs.len(), 4);
            let objects: Vec<ContentId> = record.objects.iter().map(|o| o.id).collect();
            seen.push((record.partitions[0].parts.iter().map(|p| p.id).collect::<Vec<_>>(), objects));
            assert_eq!(crate::catalog::verify(catalog.store().as_ref()).unwrap().findings, []);
        }
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn what_cannot_be_merged_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let catalog = testing::catalog();
        let (dataset, _) = catalog.register_dataset(None).unwrap();
        catalog.new_job(&dataset).unwrap();
        let good = records(&catalog, dir.path(), &dataset, 1);
        type Spoil = fn(&mut host::JobRecords);
        let spoils: [(&str, Spoil); 9] = [
            ("not registered", |r| r.job_index = 2),
            ("for the store", |r| r.store_id = Uuid::nil().to_string()),
            ("format", |r| r.format_version = 0),
            ("hashes to", |r| {
                r.parts[0].part.as_mut().unwrap().content_id =
                    ContentId::of(Algorithm::Blake3, b"x").to_string()
            }),
            ("os error", |r| r.parts[0].path = "/nowhere/at/all".into()),
            ("is no name", |r| r.parts[0].part.as_mut().unwrap().partition = "../up".into()),
            ("no record", |r| r.parts[0].part = None),
            ("two parts", |r| r.parts.push(r.parts[0].clone())),
            ("not what its id says", |r| r.objects[0].content = b"x".to_vec()),
        ];
        let before = catalog.store().list("").unwrap();
        let mut refused: Vec<(String, Vec<u8>)> = vec![(String::new(), b"\xff\xff".to_vec())];
        for (says, spoil) in spoils {
            let mut bad = good.clone();
            spoil(&mut bad);
            refused.push((says.to_owned(), bad.encode_to_vec()));
        }
        for (says, bytes) in refused {
            match catalog.update_dataset(&bytes) {
                Err(e @ CatalogError::Misuse { .. }) => assert!(e.to_string().contains(&says), "{says}: {e}"),
                other => panic!("{says}: {other:?}"),
            }
            assert_eq!(catalog.store().list("").unwrap(), before, "{says}");
        }
        catalog.update_dataset(&good.encode_to_vec()).unwrap();
        let mut other = good.clone();
        other.objects.clear();
        assert!(matches!(catalog.update_dataset(&other.encode_to_vec()), Err(CatalogError::Misuse { .. })));
    }
}
