//! Verification: every file of a store is read, hashed, and held against what the logs say of it.
//!
//! It needs no store that opens: a broken log is one of the things that it reports.

mod caches;
mod files;
mod logs;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{ObjectKind, Result, records::DatasetLog, view::View};
use crate::store::{Algorithm, ContentId, Identity, Store, StoreError, StrayKind};

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// A record refers to the file, and it is not there.
    Missing,
    /// The file refers to something that no record knows.
    Dangling,
    /// The file is shorter or longer than it was written.
    Torn,
    /// The file's bytes are not those that were written.
    Damaged,
    /// The file is no part of a store.
    Foreign,
    /// The file is whole, but not what its record says it is.
    Mistyped,
    /// A log's entry does not follow the one before it.
    BrokenChain,
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FindingKind::Missing => "missing",
            FindingKind::Dangling => "dangling",
            FindingKind::Torn => "torn",
            FindingKind::Damaged => "damaged",
            FindingKind::Foreign => "foreign",
            FindingKind::Mistyped => "mistyped",
            FindingKind::BrokenChain => "broken chain",
        })
    }
}

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, as a key of the store.
    pub key: String,
    /// What is wrong with it.
    pub kind: FindingKind,
    /// In words.
    pub what: String,
}

/// What a verification came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Files read.
    pub files: u64,
    /// Bytes read.
    pub bytes: u64,
    /// What is wrong, by file.
    pub findings: Vec<Finding>,
    /// Files that no record reaches: leftovers of interrupted jobs, for `gc`.
    pub unreached: Vec<String>,
}

/// Reads a whole store and reports what is wrong with it.
///
/// ```
/// use std::sync::Arc;
/// use artemis_host::{catalog::{self, Catalog}, store::{MemoryStore, Store}};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Arc::new(MemoryStore::new());
/// let menu = Catalog::create(store.clone(), "example")?.put_menu(&Default::default())?;
/// assert!(catalog::verify(store.as_ref())?.findings.is_empty());
/// store.put(&menu.id.object_key(), b"other bytes")?;
/// assert_eq!(catalog::verify(store.as_ref())?.findings[0].key, menu.id.object_key());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`super::CatalogError::NoStore`], or an error of the store other than damage.
pub fn verify(store: &dyn Store) -> Result<Verified> {
    let mut verifier = Verifier::new(store)?;
    verifier.identity()?;
    verifier.store_log()?;
    verifier.dataset_logs()?;
    verifier.jobs()?;
    verifier.objects()?;
    verifier.data()?;
    verifier.caches()?;
    verifier.others()?;
    verifier.missing()?;
    let mut done = verifier.done;
    done.findings.sort_by(|a, b| (&a.key, a.kind, &a.what).cmp(&(&b.key, b.kind, &b.what)));
    done.findings.dedup();
    Ok(done)
}

/// An object that a record reaches.
struct Expected {
    /// `None` where a record refers to it by id alone.
    kind: Option<ObjectKind>,
    bytes: Option<u64>,
    /// The record.
    by: String,
}

/// A data file that a record reaches.
struct ExpectedPart {
    id: ContentId,
    bytes: u64,
    by: String,
}

struct Verifier<'a> {
    store: &'a dyn Store,
    keys: BTreeSet<String>,
    /// Keys that were looked at.
    seen: BTreeSet<String>,
    /// Names data and logs.
    data_algorithm: Algorithm,
    view: View,
    logs: BTreeMap<(ContentId, u32), DatasetLog>,
    objects: BTreeMap<ContentId, Vec<Expected>>,
    parts: BTreeMap<String, ExpectedPart>,
    done: Verified,
}

impl<'a> Verifier<'a> {
    fn new(store: &'a dyn Store) -> Result<Self> {
        Ok(Self {
            store,
            keys: store.list("")?.into_iter().collect(),
            seen: BTreeSet::new(),
            data_algorithm: Algorithm::Blake3,
            view: View::default(),
            logs: BTreeMap::new(),
            objects: BTreeMap::new(),
            parts: BTreeMap::new(),
            done: Verified::default(),
        })
    }

    fn finding(&mut self, key: impl Into<String>, kind: FindingKind, what: impl Into<String>) {
        self.done.findings.push(Finding { key: key.into(), kind, what: what.into() });
    }

    /// An error that says what is wrong with a key is a finding, any other one stops the verification.
    fn damage(&mut self, key: &str, kind: FindingKind, error: StoreError) -> Result<()> {
        match error {
            StoreError::Corrupt { what, .. } => self.finding(key, kind, what),
            error @ StoreError::TooNew { .. } => self.finding(key, FindingKind::Damaged, error.to_string()),
            error => return Err(error.into()),
        }
        Ok(())
    }

    /// The bytes of a small file; `None` if it went away or is damaged.
    fn read(&mut self, key: &str) -> Result<Option<Vec<u8>>> {
        self.seen.insert(key.to_owned());
        match self.store.get(key) {
            Ok(bytes) => {
                self.done.files += 1;
                self.done.bytes += bytes.len() as u64;
                Ok(Some(bytes))
            }
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(e) => self.damage(key, FindingKind::Foreign, e).map(|()| None),
        }
    }

    /// The keys below a prefix.
    fn below(&self, prefix: &str) -> Vec<String> {
        let start = format!("{prefix}/");
        let range = self.keys.range(start.clone()..);
        range.take_while(|key| key.starts_with(&start)).cloned().collect()
    }

    fn identity(&mut self) -> Result<()> {
        let key = "store.toml";
        self.seen.insert(key.to_owned());
        match Identity::read(self.store) {
            Ok(None) if self.keys.is_empty() => return Err(super::CatalogError::NoStore),
            Ok(None) => self.finding(key, FindingKind::Missing, "every store has one"),
            Ok(Some(identity)) => {
                self.data_algorithm = identity.data;
                let bytes = self.read(key)?.unwrap_or_default();
                if bytes != identity.to_text().as_bytes() {
                    self.finding(key, FindingKind::Damaged, "its lines are not as they were written");
                }
            }
            Err(e) => self.damage(key, FindingKind::Damaged, e)?,
        }
        Ok(())
    }

    /// What is neither of a known room nor in the way.
    fn others(&mut self) -> Result<()> {
        let unseen: Vec<String> = self.keys.difference(&self.seen).cloned().collect();
        for key in unseen {
            self.finding(key, FindingKind::Foreign, "no file of a store has such a name");
        }
        for stray in self.store.strays()? {
            match stray.kind {
                StrayKind::Foreign => {
                    self.finding(
                        stray.place,
                        FindingKind::Foreign,
                        "it is a link, or has a name that no file has",
                    );
                }
                StrayKind::Staging { .. } | StrayKind::Temporary => self.done.unreached.push(stray.place),
            }
        }
        Ok(())
    }

    fn expect(&mut self, id: ContentId, kind: Option<ObjectKind>, bytes: Option<u64>, by: &str) {
        let expected = Expected { kind, bytes, by: by.to_owned() };
        self.objects.entry(id).or_default().push(expected);
    }

    /// What records reach and the listing lacked: looked for again, since it may have come in meanwhile.
    fn missing(&mut self) -> Result<()> {
        let objects = self.objects.iter().map(|(id, by)| (id.object_key(), by[0].by.clone()));
        let parts = self.parts.iter().map(|(key, part)| (key.clone(), part.by.clone()));
        let absent: Vec<(String, String)> =
            objects.chain(parts).filter(|(key, _)| !self.seen.contains(key)).collect();
        for (key, by) in absent {
            match self.store.size(&key) {
                Ok(Some(_)) => {}
                Ok(None) => self.finding(key, FindingKind::Missing, format!("{by} refers to it")),
                Err(e) => self.damage(&key, FindingKind::Foreign, e)?,
            }
        }
        Ok(())
    }
}
