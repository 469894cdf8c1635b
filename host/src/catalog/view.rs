//! What a store's log amounts to: datasets, names and registered objects.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::SystemTime,
};

use artemis_proto::host;
use host::payload::Kind;
use uuid::Uuid;

use super::{
    DatasetKind, ObjectRef,
    log::Replay,
    segment::{Registered, Segment},
    system_time,
};
use crate::store::{Algorithm, ContentId, Store, StoreError};

/// The replayed log of a store.
#[derive(Debug, Default)]
pub(super) struct View {
    datasets: BTreeMap<ContentId, Made>,
    /// The datasets that each name was moved to, in order: version n stands at n - 1.
    names: BTreeMap<String, Vec<ContentId>>,
    deleted: BTreeMap<ContentId, Deleted>,
    /// How often each dataset was erased.
    erased: BTreeMap<ContentId, u32>,
    /// Stored business metadata.
    aux: BTreeMap<ContentId, ContentId>,
    /// Objects that entries up to a checkpoint register.
    older: Vec<Segment>,
    /// Objects that later entries register, in order.
    recent: Vec<Registered>,
    recent_ids: BTreeSet<(&'static str, ContentId)>,
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
    pub(super) parents: Vec<ContentId>,
}

/// Why and when a dataset was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// What the deleter said.
    pub reason: String,
    /// When.
    pub at: SystemTime,
    /// Whether the grace is over and its record empty.
    pub erased: bool,
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

    /// Deleted datasets that were not made again.
    pub(super) fn deleted(&self) -> &BTreeMap<ContentId, Deleted> {
        &self.deleted
    }

    /// Whether a dataset can be read.
    pub(super) fn is_live(&self, dataset: &ContentId) -> bool {
        self.datasets.contains_key(dataset) && !self.deleted.contains_key(dataset)
    }

    /// How often a dataset was erased: which of its logs counts.
    pub(super) fn generation(&self, dataset: &ContentId) -> u32 {
        self.erased.get(dataset).copied().unwrap_or_default()
    }

    /// The stored business metadata of a dataset.
    pub(super) fn aux(&self, dataset: &ContentId) -> Option<ContentId> {
        self.aux.get(dataset).copied()
    }

    /// The stored business metadata of all datasets.
    pub(super) fn all_aux(&self) -> impl Iterator<Item = (ContentId, ContentId)> {
        self.aux.iter().map(|(dataset, aux)| (*dataset, *aux))
    }

    /// All objects that the store's log registers, in order. There may be millions.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub(super) fn objects(&self, store: &dyn Store) -> Result<Vec<ObjectRef>, StoreError> {
        let mut found = self.collect(|segment| segment.with_name(store, ""), |_| true)?;
        found.sort_by_key(|registered| registered.at);
        Ok(found.into_iter().map(|registered| registered.object).collect())
    }

    /// The objects whose name begins so, in the order of their names.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub(super) fn objects_named(
        &self,
        store: &dyn Store,
        prefix: &str,
    ) -> Result<Vec<ObjectRef>, StoreError> {
        let mut found = self
            .collect(|segment| segment.with_name(store, prefix), |object| object.name.starts_with(prefix))?;
        found.sort_by(|a, b| a.object.name.cmp(&b.object.name).then(a.at.cmp(&b.at)));
        Ok(found.into_iter().map(|registered| registered.object).collect())
    }

    /// The objects whose id begins with these lower-case hex digits, of one algorithm or of any.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub(super) fn objects_by_id(
        &self,
        store: &dyn Store,
        algorithm: Option<Algorithm>,
        digits: &str,
    ) -> Result<Vec<ObjectRef>, StoreError> {
        let fits = |object: &ObjectRef| {
            algorithm.is_none_or(|a| a == object.id.algorithm()) && object.id.hex().starts_with(digits)
        };
        let mut found = self.collect(|segment| segment.with_id(store, algorithm, digits), fits)?;
        found.sort_by_key(|registered| registered.at);
        Ok(found.into_iter().map(|registered| registered.object).collect())
    }

    /// Of objects that were registered twice, the first one stays.
    fn collect(
        &self,
        older: impl Fn(&Segment) -> Result<Vec<Registered>, StoreError>,
        recent: impl Fn(&ObjectRef) -> bool,
    ) -> Result<Vec<Registered>, StoreError> {
        let mut found = Vec::new();
        for segment in &self.older {
            found.extend(older(segment)?);
        }
        found.extend(self.recent.iter().filter(|registered| recent(&registered.object)).cloned());
        let mut seen = BTreeSet::new();
        found.sort_by_key(|registered| registered.at);
        found.retain(|registered| seen.insert((registered.object.kind, registered.object.id)));
        Ok(found)
    }

    /// Whether an object is registered. A segment that cannot be read knows none: registering twice is
    /// harmless.
    pub(super) fn has_object(&self, store: &dyn Store, object: &ObjectRef) -> bool {
        self.recent_ids.contains(&(object.kind.name(), object.id))
            || self.older.iter().any(|segment| segment.has(store, object).unwrap_or(false))
    }
}

/// A change, checked before any is made.
enum Change {
    Nothing,
    Object(ObjectRef),
    Made(ContentId, Made),
    Moved(String, ContentId),
    Deleted(ContentId, Deleted),
    Erased(ContentId),
    Aux(ContentId, ContentId),
}

impl Replay for View {
    fn apply(&mut self, commit: &host::Commit, place: &str) -> Result<(), StoreError> {
        let changes: Vec<Change> =
            commit.payloads.iter().map(|p| change(p, commit, place)).collect::<Result<_, _>>()?;
        for (change, number) in changes.into_iter().zip(0..) {
            match change {
                Change::Nothing => {}
                Change::Object(object) => {
                    if self.recent_ids.insert((object.kind.name(), object.id)) {
                        self.recent.push(Registered { object, at: (commit.version, number) });
                    }
                }
                Change::Made(id, made) => {
                    if self.deleted.remove(&id).is_some() {
                        self.datasets.remove(&id);
                    }
                    self.datasets.entry(id).or_insert(made);
                }
                Change::Deleted(id, deleted) => {
                    self.deleted.entry(id).or_insert(deleted);
                }
                Change::Erased(id) => {
                    *self.erased.entry(id).or_default() += 1;
                    self.aux.remove(&id);
                    if let Some(deleted) = self.deleted.get_mut(&id) {
                        deleted.erased = true;
                    }
                }
                Change::Aux(id, aux) => {
                    self.aux.insert(id, aux);
                }
                Change::Moved(name, id) => self.names.entry(name).or_default().push(id),
            }
        }
        self.entries += 1;
        Ok(())
    }

    fn rebase(&mut self, segments: Vec<Segment>) {
        // Segments stand for entries even where they register nothing.
        self.entries = self.entries.max(1);
        self.older = segments.into_iter().filter(|segment| segment.len() > 0).collect();
        self.recent.clear();
        self.recent_ids.clear();
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
            let parents = made.parents.iter().map(|id| parse_id(id, place)).collect::<Result<_, _>>()?;
            let made_here = Made { kind, job, created, version: commit.version, parents };
            Change::Made(parse_id(&made.dataset_id, place)?, made_here)
        }
        Some(Kind::NameMoved(moved)) => {
            Change::Moved(moved.name.clone(), parse_id(&moved.dataset_id, place)?)
        }
        Some(Kind::DatasetDeleted(deleted)) => {
            let at = system_time(commit.created);
            let here = Deleted { reason: deleted.reason.clone(), at, erased: false };
            Change::Deleted(parse_id(&deleted.dataset_id, place)?, here)
        }
        Some(Kind::DatasetErased(erased)) => Change::Erased(parse_id(&erased.dataset_id, place)?),
        Some(Kind::DatasetAux(aux)) => {
            Change::Aux(parse_id(&aux.dataset_id, place)?, parse_id(&aux.aux_id, place)?)
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
