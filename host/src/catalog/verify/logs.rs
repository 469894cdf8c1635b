//! The logs: entries whole, numbered without gaps, each following the one before, and what they reach.

use artemis_proto::host;
use prost::Message;

use super::{ExpectedPart, FindingKind, Verifier};
use crate::catalog::{
    ObjectKind, Result,
    commit::log_prefix,
    log::{self, Replay},
    records::{DatasetLog, Logged},
};
use crate::store::{ContentId, StoreError};

impl Verifier<'_> {
    pub(super) fn store_log(&mut self) -> Result<()> {
        let mut view = std::mem::take(&mut self.view);
        self.walk("log", &mut view)?;
        for object in view.objects(self.store)? {
            self.expect(object.id, Some(object.kind), Some(object.bytes), "the store's log");
        }
        for (dataset, aux) in view.all_aux() {
            self.expect(aux, None, None, &format!("the metadata of {dataset}"));
        }
        for (name, datasets) in view.names() {
            for dataset in datasets.iter().filter(|id| !view.datasets().contains_key(id)) {
                let what = format!("the name {name:?} is at {dataset}, which was never made");
                self.finding("log", FindingKind::Dangling, what);
            }
        }
        self.view = view;
        Ok(())
    }

    /// Reads one log into its state. Findings name the entries.
    fn walk<R: Replay>(&mut self, prefix: &str, state: &mut R) -> Result<()> {
        let mut next = 0;
        let mut previous: Option<ContentId> = None;
        // After a bad entry nobody knows what the next one should follow.
        let mut known = true;
        for key in self.below(prefix) {
            let Some(version) = key.rsplit('/').next().and_then(version_of) else { continue };
            for missing in (next..version).take(100) {
                self.finding(
                    log::entry_key(prefix, missing),
                    FindingKind::Missing,
                    "later entries of its log are there",
                );
                known = false;
            }
            next = version + 1;
            let Some(bytes) = self.read(&key)? else {
                known = false;
                continue;
            };
            let id = ContentId::of(self.data_algorithm, &bytes);
            match entry(&key, &bytes, version) {
                Err(e) => {
                    self.damage(&key, FindingKind::Damaged, e)?;
                    known = false;
                    continue;
                }
                Ok(commit) => {
                    if known && commit.previous != previous.map(|id| id.to_string()).unwrap_or_default() {
                        self.finding(
                            &key,
                            FindingKind::BrokenChain,
                            "it does not follow the entry before it",
                        );
                    }
                    if let Err(e) = state.apply(&commit, &key) {
                        self.damage(&key, FindingKind::Mistyped, e)?;
                    }
                }
            }
            (previous, known) = (Some(id), true);
        }
        Ok(())
    }

    pub(super) fn dataset_logs(&mut self) -> Result<()> {
        let mut prefixes: Vec<String> = Vec::new();
        for key in self.below("datasets") {
            let Some((prefix, _)) = key.rsplit_once('/') else { continue };
            if prefixes.last().map(String::as_str) != Some(prefix) {
                prefixes.push(prefix.to_owned());
            }
        }
        for prefix in prefixes {
            let segments: Vec<&str> = prefix.split('/').collect();
            let place = match segments[..] {
                [_, dataset, log] => ContentId::from_segment(dataset).ok().zip(generation_of(log)),
                _ => None,
            };
            let Some((dataset, generation)) = place else { continue };
            let mut state = DatasetLog::default();
            self.walk(&prefix, &mut state)?;
            if self.view.generation(&dataset) == generation {
                self.reach(dataset, &prefix, state.entries());
            }
            self.logs.insert((dataset, generation), state);
        }
        let live: Vec<ContentId> =
            self.view.datasets().keys().filter(|id| self.view.is_live(id)).copied().collect();
        for dataset in live {
            let generation = self.view.generation(&dataset);
            if !self.logs.contains_key(&(dataset, generation)) {
                let key = log::entry_key(&log_prefix(&dataset, generation), 0);
                self.finding(key, FindingKind::Missing, "the store's log says that the dataset was made");
            }
        }
        Ok(())
    }

    fn reach(&mut self, dataset: ContentId, prefix: &str, entries: &[Logged]) {
        for entry in entries {
            let by = log::entry_key(prefix, entry.version);
            if entry.dataset != dataset {
                let what = format!("it is an entry of {}", entry.dataset);
                self.finding(&by, FindingKind::Foreign, what);
                continue;
            }
            for object in &entry.objects {
                self.expect(object.id, Some(object.kind), Some(object.bytes), &by);
            }
            for (_, part) in &entry.parts {
                if let Some(table) = part.table {
                    self.expect(table, Some(ObjectKind::Table), None, &by);
                }
                let expected = ExpectedPart { id: part.id, bytes: part.bytes, by: by.clone() };
                self.parts.insert(part.key.clone(), expected);
            }
        }
    }
}

/// A whole entry, in the one form in which it is written.
fn entry(key: &str, bytes: &[u8], version: u64) -> Result<host::Commit, StoreError> {
    let commit = log::decode(key, bytes)?;
    let whole = host::LogEntry::decode(bytes).map_err(|e| StoreError::corrupt(key, e.to_string()))?;
    if whole.encode_to_vec() != bytes {
        return Err(StoreError::corrupt(key, "its bytes are not as they were written"));
    }
    if commit.version != version {
        return Err(StoreError::corrupt(key, format!("it says it is entry {}", commit.version)));
    }
    Ok(commit)
}

/// How often the dataset was erased before this log began.
fn generation_of(log: &str) -> Option<u32> {
    match log.strip_prefix("log")? {
        "" => Some(0),
        rest => rest.strip_prefix('-')?.parse().ok().filter(|generation| *generation > 0),
    }
}

fn version_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".pb")?;
    (digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
}
