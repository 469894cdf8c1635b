//! Input datasets: the inputs of a job, by reference, as the parent of what the job makes.

use std::collections::BTreeSet;

use artemis_proto::{FORMAT_VERSION, cronus, cronus_objects::FileObjectInfo, host};
use host::payload::Kind;
use prost::Message;
use uuid::Uuid;

use super::{
    Catalog, DatasetCommit, DatasetKind, InputRecord, ObjectKind, Result, commit::message, log::payload,
};
use crate::store::{Algorithm, ContentId};

/// One input of a job.
#[derive(Debug, Clone)]
pub struct InputItem {
    /// Its bytes.
    pub id: ContentId,
    /// What people call it: no path, since the records of equal inputs are equal.
    pub name: String,
    /// Its size and the blocks that it was cut into.
    pub file: FileObjectInfo,
    /// Its columns, and what the job counted.
    pub table: cronus::Table,
    /// What became of it, with its place.
    pub record: InputRecord,
}

/// The id of the dataset of these inputs, which depends on their content and order alone.
pub fn input_dataset_id(data: Algorithm, inputs: &[ContentId]) -> ContentId {
    let set = host::InputSet {
        format_version: FORMAT_VERSION,
        inputs: inputs.iter().map(ToString::to_string).collect(),
    };
    ContentId::of(data, &set.encode_to_vec())
}

impl Catalog {
    /// Commits the inputs of a job as a dataset, and returns its id. Inputs that were committed before
    /// gain what is new: blocks of another size, a table of other types.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub fn commit_input_dataset(&self, job: Uuid, inputs: &[InputItem]) -> Result<ContentId> {
        let ids: Vec<ContentId> = inputs.iter().map(|input| input.id).collect();
        let dataset = input_dataset_id(self.identity.data, &ids);
        let mut objects = Vec::with_capacity(2 * inputs.len());
        for input in inputs {
            objects.push(self.put_message(ObjectKind::File, &input.name, &input.file)?);
            objects.push(self.put_message(ObjectKind::Table, &input.name, &input.table)?);
        }
        let commit = DatasetCommit {
            dataset,
            job,
            parts: Vec::new(),
            objects,
            inputs: inputs.iter().map(|input| input.record.clone()).collect(),
            parents: Vec::new(),
            name: None,
        };
        let logged = message(&commit, &[], DatasetKind::DatasetInput);
        loop {
            let generation = self.refreshed()?.state().generation(&dataset);
            self.dataset_log(&dataset).append(self.store.as_ref(), |log| {
                let known: BTreeSet<ContentId> =
                    log.entries().iter().flat_map(|entry| &entry.objects).map(|object| object.id).collect();
                let nothing_new = !log.entries().is_empty()
                    && commit.objects.iter().all(|object| known.contains(&object.id));
                (!nothing_new).then(|| vec![payload(Kind::Dataset(logged.clone()))])
            })?;
            if self.make_visible(dataset, job, DatasetKind::DatasetInput, None, generation, &[])?.is_some() {
                break;
            }
        }
        Ok(dataset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing;

    fn item(bytes: &str, size: i64) -> InputItem {
        InputItem {
            id: ContentId::of(Algorithm::Blake3, bytes.as_bytes()),
            name: format!("{bytes}.csv"),
            file: FileObjectInfo { size_bytes: size, ..Default::default() },
            table: cronus::Table { name: bytes.into(), ..Default::default() },
            record: InputRecord { format_version: FORMAT_VERSION, bytes: 3, ..Default::default() },
        }
    }

    #[test]
    fn inputs_are_one_dataset_whatever_job_reads_them() {
        let catalog = testing::catalog();
        let items = [item("one", 1), item("two", 2)];
        let id = catalog.commit_input_dataset(Uuid::now_v7(), &items).unwrap();
        assert_eq!(catalog.commit_input_dataset(Uuid::now_v7(), &items).unwrap(), id);
        let record = catalog.dataset(&id).unwrap();
        assert_eq!((record.jobs.len(), record.objects.len(), record.bytes()), (1, 4, 6));
        assert_eq!(record.kind, DatasetKind::DatasetInput);

        // Another cut of the same bytes is the same dataset, and both cuts are kept.
        let id_again =
            catalog.commit_input_dataset(Uuid::now_v7(), &[item("one", 7), item("two", 2)]).unwrap();
        assert_eq!(id_again, id);
        assert_eq!(catalog.dataset(&id).unwrap().of_kind(ObjectKind::File).count(), 3);

        let reversed = [item("two", 2), item("one", 1)];
        assert_ne!(catalog.commit_input_dataset(Uuid::now_v7(), &reversed).unwrap(), id);
    }
}
