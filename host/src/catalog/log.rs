//! Logs: numbered files that are created once and never rewritten, each naming the hash of the one before.
//!
//! Nothing lists a log to read it: the next entry is asked for by its number, so a commit costs the same
//! however many entries there are.

use std::sync::Arc;

use artemis_proto::{FORMAT_VERSION, host};
use host::payload::Kind;
use prost::Message;
use uuid::Uuid;

use super::{
    Result,
    checkpoint::{self, Checkpoint},
    now,
    segment::Segment,
};
use crate::store::{Algorithm, ContentId, Created, Store, StoreError};

/// What the entries of a log amount to.
pub(super) trait Replay: Default {
    /// Takes in the next entry, which has passed the checks of the log. On an error nothing may have changed.
    ///
    /// # Errors
    /// Content that makes no sense at `place`.
    fn apply(&mut self, commit: &host::Commit, place: &str) -> Result<(), StoreError>;

    /// Takes the objects that all entries so far register from these segments, and forgets its own.
    fn rebase(&mut self, _segments: Vec<Segment>) {}
}

/// A log as far as it was read.
#[derive(Debug)]
pub(super) struct Replayed<R> {
    prefix: Arc<str>,
    algorithm: Algorithm,
    next: u64,
    previous: Option<ContentId>,
    /// Whether a checkpoint was looked for.
    begun: bool,
    state: R,
}

impl<R: Replay> Replayed<R> {
    /// The log below a prefix, of which nothing was read yet.
    pub(super) fn new(prefix: &str, algorithm: Algorithm) -> Self {
        Self { prefix: prefix.into(), algorithm, next: 0, previous: None, begun: false, state: R::default() }
    }

    /// What the entries read so far amount to.
    pub(super) fn state(&self) -> &R {
        &self.state
    }

    /// What the entries amount to, kept.
    pub(super) fn into_state(self) -> R {
        self.state
    }

    /// How many entries were read so far.
    pub(super) fn len(&self) -> u64 {
        self.next
    }

    /// As [`refresh`](Self::refresh) of a log of which nothing was read yet, without its checkpoint.
    ///
    /// # Errors
    /// As [`refresh`](Self::refresh).
    pub(super) fn refresh_from_entries(&mut self, store: &dyn Store) -> Result<()> {
        self.begun = true;
        self.refresh(store).map(drop)
    }

    fn key(&self, version: u64) -> String {
        entry_key(&self.prefix, version)
    }

    /// Reads the entries that are new, and returns their versions and commit ids. The first time, what a
    /// checkpoint covers is taken from it.
    ///
    /// # Errors
    /// Damage, a gap, an entry of a newer format, or an error of the store.
    pub(super) fn refresh(&mut self, store: &dyn Store) -> Result<Vec<(u64, String)>> {
        let first_time = !std::mem::replace(&mut self.begun, true);
        if first_time && let Some(checkpoint) = checkpoint::load(store, &self.prefix, self.algorithm) {
            self.start_from(checkpoint)?;
        }
        let mut seen = Vec::new();
        loop {
            let key = self.key(self.next);
            match store.get(&key) {
                Ok(bytes) => seen.push((self.next, self.take(&key, &bytes)?)),
                // Entries are made one after the other: one behind a missing one means damage, unless
                // both came in the meantime.
                Err(StoreError::NotFound { .. })
                    if first_time && store.size(&self.key(self.next + 1))?.is_some() =>
                {
                    if store.size(&key)?.is_none() {
                        return Err(StoreError::corrupt(key, "it is missing from the log").into());
                    }
                }
                Err(StoreError::NotFound { .. }) => return Ok(seen),
                Err(e) => return Err(e.into()),
            }
        }
    }

    /// Takes in the next entry and returns its commit id.
    fn take(&mut self, key: &str, bytes: &[u8]) -> Result<String> {
        let commit = decode(key, bytes)?;
        if commit.version != self.next {
            return Err(StoreError::corrupt(key, format!("it says it is entry {}", commit.version)).into());
        }
        if commit.previous != self.previous.map(|id| id.to_string()).unwrap_or_default() {
            return Err(StoreError::corrupt(key, "it does not follow the entry before it").into());
        }
        self.state.apply(&commit, key)?;
        self.next += 1;
        self.previous = Some(ContentId::of(self.algorithm, bytes));
        Ok(commit.commit_id)
    }

    fn start_from(&mut self, mut checkpoint: Checkpoint) -> Result<()> {
        let commits: Vec<_> = checkpoint.segments.iter_mut().flat_map(Segment::take_commits).collect();
        let mut state = R::default();
        for commit in commits {
            state.apply(&commit, &format!("cache/{}", self.key(commit.version)))?;
        }
        state.rebase(checkpoint.segments);
        (self.state, self.next, self.previous) = (state, checkpoint.next, Some(checkpoint.last));
        Ok(())
    }

    /// Writes a checkpoint when it is time. One that cannot be written costs time later, not data.
    fn checkpoint(&mut self, store: &dyn Store) {
        let Some(last) = self.previous.filter(|_| self.next.is_multiple_of(checkpoint::INTERVAL)) else {
            return;
        };
        match checkpoint::write(store, &self.prefix, self.algorithm, self.next, last) {
            // Another writer's newer one does not fit what is known here.
            Ok(Some(written)) if written.next == self.next => self.state.rebase(written.segments),
            Ok(_) => {}
            Err(e) => tracing::warn!("the checkpoint of {} cannot be written: {e}", self.prefix),
        }
    }

    /// Appends one commit. `build` sees what the log amounts to just before and makes the payloads, or
    /// nothing if the commit has become needless; it runs again whenever another writer was faster.
    /// Returns the version of the entry, or `None` if there was nothing to write.
    ///
    /// # Errors
    /// As [`refresh`](Self::refresh).
    pub(super) fn append(
        &mut self,
        store: &dyn Store,
        build: impl Fn(&R) -> Option<Vec<host::Payload>>,
    ) -> Result<Option<u64>> {
        let commit_id = Uuid::now_v7().to_string();
        loop {
            let seen = self.refresh(store)?;
            // A store that retries by itself may have written our entry and then found it there.
            if let Some((version, _)) = seen.iter().find(|(_, id)| *id == commit_id) {
                return Ok(Some(*version));
            }
            let Some(payloads) = build(&self.state) else { return Ok(None) };
            let version = self.next;
            let commit = host::Commit {
                format_version: FORMAT_VERSION,
                version,
                commit_id: commit_id.clone(),
                previous: self.previous.map(|id| id.to_string()).unwrap_or_default(),
                created: Some(now()),
                payloads,
            };
            let bytes = encode(&commit, self.algorithm);
            let key = self.key(version);
            if store.create(&key, &bytes)? == Created::New {
                self.state.apply(&commit, &key)?;
                self.next = version + 1;
                self.previous = Some(ContentId::of(self.algorithm, &bytes));
                self.checkpoint(store);
                return Ok(Some(version));
            }
        }
    }
}

/// A payload of the current format.
pub(super) fn payload(kind: Kind) -> host::Payload {
    host::Payload { format_version: FORMAT_VERSION, kind: Some(kind) }
}

fn encode(commit: &host::Commit, algorithm: Algorithm) -> Vec<u8> {
    let body = commit.encode_to_vec();
    let checksum = ContentId::of(algorithm, &body).to_string();
    host::LogEntry { format_version: FORMAT_VERSION, body, checksum }.encode_to_vec()
}

/// The commit in the bytes of an entry, with its checksum and formats verified.
///
/// # Errors
/// Damage, or a newer format.
pub(super) fn decode(place: &str, bytes: &[u8]) -> Result<host::Commit, StoreError> {
    let entry: host::LogEntry = decode_message(place, bytes)?;
    check_format(place, entry.format_version)?;
    let checksum: ContentId =
        entry.checksum.parse().map_err(|e| StoreError::corrupt(place, format!("its checksum: {e}")))?;
    if ContentId::of(checksum.algorithm(), &entry.body) != checksum {
        return Err(StoreError::corrupt(place, "its checksum does not fit its body"));
    }
    let commit: host::Commit = decode_message(place, &entry.body)?;
    check_format(place, commit.format_version)?;
    for payload in &commit.payloads {
        check_format(place, payload.format_version)?;
    }
    Ok(commit)
}

/// Decodes a stored message.
///
/// # Errors
/// [`StoreError::Corrupt`] if the bytes are no such message.
pub(super) fn decode_message<M: Message + Default>(place: &str, bytes: &[u8]) -> Result<M, StoreError> {
    M::decode(bytes).map_err(|e| StoreError::corrupt(place, e.to_string()))
}

/// Refuses a message that a newer version of the program wrote, and one that names no version.
pub(super) fn check_format(place: &str, found: u32) -> Result<(), StoreError> {
    match found {
        0 => Err(StoreError::corrupt(place, "it names no format version")),
        1..=FORMAT_VERSION => Ok(()),
        _ => Err(StoreError::TooNew {
            place: place.to_owned(),
            found: found.into(),
            supported: FORMAT_VERSION.into(),
        }),
    }
}

/// Where an entry of a log is.
pub(super) fn entry_key(prefix: &str, version: u64) -> String {
    format!("{prefix}/{version:020}.pb")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalog::CatalogError, store::MemoryStore};

    #[derive(Default)]
    struct Names(Vec<String>);

    impl Replay for Names {
        fn apply(&mut self, commit: &host::Commit, _place: &str) -> Result<(), StoreError> {
            for payload in &commit.payloads {
                if let Some(Kind::NameMoved(moved)) = &payload.kind {
                    self.0.push(moved.name.clone());
                }
            }
            Ok(())
        }
    }

    fn named(name: &str) -> Vec<host::Payload> {
        let moved = host::NameMoved { name: name.into(), ..Default::default() };
        vec![payload(Kind::NameMoved(moved))]
    }

    fn fresh() -> Replayed<Names> {
        Replayed::new("log", Algorithm::Blake3)
    }

    #[test]
    fn eight_writers_append_each_entry_once() {
        let store = MemoryStore::new();
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let store = &store;
                scope.spawn(move || {
                    let mut log = fresh();
                    for i in 0..25 {
                        log.append(store, |_| Some(named(&format!("{writer}-{i}")))).unwrap().unwrap();
                    }
                });
            }
        });
        let mut log = fresh();
        log.refresh(&store).unwrap();
        let mut names = log.state().0.clone();
        names.sort();
        names.dedup();
        assert_eq!((names.len(), log.next), (200, 200));
    }

    #[test]
    fn every_flipped_byte_of_an_entry_is_noticed() {
        let store = MemoryStore::new();
        let mut log = fresh();
        for name in ["one", "two", "three"] {
            log.append(&store, |_| Some(named(name))).unwrap();
        }
        let key = log.key(1);
        let whole = store.get(&key).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x20;
            store.put(&key, &bytes).unwrap();
            match fresh().refresh(&store) {
                Err(CatalogError::Store(StoreError::Corrupt { .. } | StoreError::TooNew { .. })) => {}
                other => panic!("byte {at}: {other:?}"),
            }
        }
        for cut in 0..whole.len() {
            store.put(&key, &whole[..cut]).unwrap();
            assert!(fresh().refresh(&store).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn a_missing_entry_is_noticed() {
        let store = MemoryStore::new();
        let mut log = fresh();
        for name in ["one", "two", "three"] {
            log.append(&store, |_| Some(named(name))).unwrap();
        }
        store.delete(&log.key(1)).unwrap();
        assert!(matches!(fresh().refresh(&store), Err(CatalogError::Store(StoreError::Corrupt { .. }))));
    }

    #[test]
    fn an_entry_of_a_newer_format_is_refused_as_such() {
        let store = MemoryStore::new();
        let entry = host::LogEntry { format_version: FORMAT_VERSION + 1, ..Default::default() };
        store.create(&fresh().key(0), &entry.encode_to_vec()).unwrap();
        assert!(matches!(fresh().refresh(&store), Err(CatalogError::Store(StoreError::TooNew { .. }))));
    }
}
