//! What a store's log amounts to: datasets, names and registered objects.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

use artemis_proto::host;
use host::payload::Kind;
use uuid::Uuid;

use super::{DatasetKind, ObjectRef, log::Replay, system_time};
use crate::store::{ContentId, StoreError};

/// The replayed log of a store.
#[derive(Debug, Default)]
pub(super) struct View {
    datasets: BTreeMap<ContentId, Made>,
    /// The datasets that each name was moved to, in order: version n stands at n - 1.
    names: BTreeMap<String, Vec<ContentId>>,
    objects: Vec<ObjectRef>,
    object_ids: BTreeSet<(&'static str, ContentId)>,
    entries: u64,
}

/// When and how a dataset became visible.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) kind: DatasetKind,
    pub(super) job: Uuid,
    pub(super) created: SystemTime,
    /// Version of the store's log: the order in which datasets were made.
    pub(super) version: u64,
}

impl View {
    pub(super) fn is_empty(&self) -> bool {
        self.entries == 0
    }

    pub(super) fn datasets(&self) -> &BTreeMap<ContentId, Made> {
        &self.datasets
    }

    pub(super) fn names(&self) -> &BTreeMap<String, Vec<ContentId>> {
        &self.names
    }

    /// Objects that the store's log registers, in order.
    pub(super) fn objects(&self) -> &[ObjectRef] {
        &self.objects
    }

    pub(super) fn has_object(&self, object: &ObjectRef) -> bool {
        self.object_ids.contains(&(object.kind.name(), object.id))
    }
}

/// A change, checked before any is made.
enum Change {
    Nothing,
    Object(ObjectRef),
    Made(ContentId, Made),
    Moved(String, ContentId),
}

impl Replay for View {
    fn apply(&mut self, commit: &host::Commit, place: &str) -> Result<(), StoreError> {
        let changes: Vec<Change> =
            commit.payloads.iter().map(|p| change(p, commit, place)).collect::<Result<_, _>>()?;
        for change in changes {
            match change {
                Change::Nothing => {}
                Change::Object(object) => {
                    if self.object_ids.insert((object.kind.name(), object.id)) {
                        self.objects.push(object);
                    }
                }
                Change::Made(id, made) => {
                    self.datasets.entry(id).or_insert(made);
                }
                Change::Moved(name, id) => self.names.entry(name).or_default().push(id),
            }
        }
        self.entries += 1;
        Ok(())
    }
}

fn change(payload: &host::Payload, commit: &host::Commit, place: &str) -> Result<Change, StoreError> {
    Ok(match &payload.kind {
        Some(Kind::StoreCreated(_)) => Change::Nothing,
        Some(Kind::Object(object)) => Change::Object(ObjectRef::from_proto(object, place)?),
        Some(Kind::DatasetMade(made)) => {
            let job = Uuid::parse_str(&made.job_id)
                .map_err(|e| StoreError::corrupt(place, format!("job id {:?}: {e}", made.job_id)))?;
            let kind = made.dataset_kind();
            let created = system_time(commit.created);
            let made_here = Made { kind, job, created, version: commit.version };
            Change::Made(parse_id(&made.dataset_id, place)?, made_here)
        }
        Some(Kind::NameMoved(moved)) => {
            Change::Moved(moved.name.clone(), parse_id(&moved.dataset_id, place)?)
        }
        Some(Kind::Dataset(_)) => {
            return Err(StoreError::corrupt(place, "a dataset's commit stands in the store's log"));
        }
        None => return Err(StoreError::corrupt(place, "it holds a change of no known kind")),
    })
}

/// A content id in a stored message.
pub(super) fn parse_id(text: &str, place: &str) -> Result<ContentId, StoreError> {
    text.parse().map_err(|e| StoreError::corrupt(place, format!("content id {text:?}: {e}")))
}
