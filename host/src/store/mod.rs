//! Bytes under keys and under content ids. A store knows no meaning: the catalog gives it one.
//!
//! ```text
//! store.toml                                        who the store is
//! objects/<algorithm>/<2 hex>/<hash>                bytes by content id
//! jobs/<uuid>/{start,heartbeat,end}.pb              attempts at jobs
//! staging/<job>/…                                   what a running job writes; never read
//! data/<dataset>/<job>/<partition>/part-<n>.arrow   data files, whole by construction
//! log/<20 digits>.pb                                the store's commits
//! datasets/<dataset>/log/<20 digits>.pb             a dataset's commits
//! names/<name>                                      a cache
//! ```

mod content_id;
#[cfg(test)]
mod contract;
mod disk;
#[cfg(test)]
mod disk_tests;
mod error;
#[cfg(test)]
pub(crate) mod faults;
mod identity;
mod key;
mod local;
mod location;
mod memory;
mod object_storage;
mod reader;
mod s3;
#[cfg(test)]
pub(crate) mod s3_server;
#[cfg(test)]
mod s3_tests;
mod split;
mod stray;

use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

pub use content_id::{Algorithm, ContentHasher, ContentId, ParseIdError};
pub use error::StoreError;
pub use identity::{Identity, STORE_FORMAT_VERSION};
pub use key::check_key;
pub use local::{LocalOptions, LocalStore};
pub(crate) use location::file_url;
pub use location::{Location, OpenOptions};
pub use memory::MemoryStore;
pub use object_storage::ObjectStorage;
pub use reader::KeyReader;
pub use split::SplitStore;
pub use stray::{Stray, StrayKind};

/// The result of the operations of a store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// How long an object counts as new after it was written.
const FRESH: Duration = Duration::from_secs(24 * 3600);

/// Whether [`Store::create`] made the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The key is new and holds the given bytes.
    New,
    /// The key was there before and is unchanged.
    Exists,
}

/// Names of the directories in a directory that may not be there, sorted.
fn directories(dir: &Path) -> Result<Vec<String>> {
    let reading = match std::fs::read_dir(dir) {
        Ok(reading) => reading,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(StoreError::io(dir, e)),
    };
    let mut names = Vec::new();
    for entry in reading {
        let entry = entry.map_err(|e| StoreError::io(dir, e))?;
        let name = entry.file_name().into_string().ok().filter(|name| key::check_segment(name).is_ok());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            names.extend(name);
        }
    }
    names.sort();
    Ok(names)
}

/// A place for bytes under `/`-separated keys.
///
/// # Contract
/// Every implementation passes one suite of tests, `store/contract.rs`. It holds that
/// 1. a key that breaks the rules of [`check_key`] is refused with [`StoreError::BadKey`] by every method;
/// 2. what a method wrote when it returned `Ok` is read back by every later call, also from other
///    processes, and, where the store is durable, after the machine stopped;
/// 3. [`create`](Store::create) has one winner: of any number of concurrent calls for one key exactly one
///    returns [`Created::New`], and the key holds the winner's bytes;
/// 4. a reader never sees part of a value: an interrupted write leaves the old value or none;
/// 5. listings are sorted and show neither staged nor half-written files;
/// 6. [`publish`](Store::publish) moves a staged file; the staged file is gone afterwards.
pub trait Store: Send + Sync + fmt::Debug {
    /// All bytes of a key.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such key.
    fn get(&self, key: &str) -> Result<Vec<u8>>;

    /// The bytes `range.start..range.end` of a key, cut at its end.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such key.
    fn get_range(&self, key: &str, range: Range<u64>) -> Result<Vec<u8>>;

    /// The size in bytes of a key; `None` if there is no such key.
    ///
    /// # Errors
    /// A bad key, or IO.
    fn size(&self, key: &str) -> Result<Option<u64>>;

    /// Writes a key that must not exist, atomically.
    ///
    /// # Errors
    /// A bad key, a store that may not be written, or IO. A key that exists is no error.
    fn create(&self, key: &str, bytes: &[u8]) -> Result<Created>;

    /// Writes a key, replacing what it held: for heartbeats and caches.
    ///
    /// # Errors
    /// A bad key, a store that may not be written, or IO.
    fn put(&self, key: &str, bytes: &[u8]) -> Result<()>;

    /// All keys below `prefix`, a key without a final `/`; the empty prefix lists everything.
    ///
    /// # Errors
    /// A bad prefix, or IO.
    fn list(&self, prefix: &str) -> Result<Vec<String>>;

    /// The next segments of the keys below `prefix`, each once.
    ///
    /// # Errors
    /// A bad prefix, or IO.
    fn children(&self, prefix: &str) -> Result<Vec<String>>;

    /// Removes a key; a key that is not there is no error.
    ///
    /// # Errors
    /// A bad key, a store that may not be written, or IO.
    fn delete(&self, key: &str) -> Result<()>;

    /// The local directory in which the job stages its files; it exists afterwards.
    ///
    /// # Errors
    /// A job name that is no key segment, a store that may not be written, or IO.
    fn staging_dir(&self, job: &str) -> Result<PathBuf>;

    /// Where the job stages the file `name`, which may have segments; its directory exists afterwards.
    ///
    /// # Errors
    /// As [`staging_dir`](Store::staging_dir).
    fn staging_file(&self, job: &str, name: &str) -> Result<PathBuf> {
        check_key(name)?;
        let path = self.staging_dir(job)?.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|e| StoreError::io(parent, e))?;
        }
        Ok(path)
    }

    /// Removes all that the job staged.
    ///
    /// # Errors
    /// A job name that is no key segment, or IO.
    fn clear_staging(&self, job: &str) -> Result<()>;

    /// The jobs that have staged files on this machine, sorted: running ones, and killed ones.
    ///
    /// # Errors
    /// IO.
    fn staged_jobs(&self) -> Result<Vec<String>>;

    /// Files in the making that were last written before `before`: those of killed writers, which nothing
    /// reads. Unless `dry_run`, they are removed.
    ///
    /// # Errors
    /// A store that may not be written, or IO.
    fn sweep_leftovers(&self, _before: SystemTime, _dry_run: bool) -> Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }

    /// Moves a staged file to a key that must not exist.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the key is there, [`StoreError::NotFound`] if the staged file is not.
    fn publish(&self, staged: &Path, key: &str) -> Result<()>;

    /// Where the key is as a local file, for programs that read files; `None` if it is not one.
    fn local_path(&self, key: &str) -> Option<PathBuf>;

    /// When the key was last written; `None` if it is not there, or nobody knows.
    ///
    /// # Errors
    /// A bad key, or IO.
    fn modified(&self, key: &str) -> Result<Option<SystemTime>> {
        check_key(key)?;
        Ok(self.local_path(key).and_then(|path| path.metadata().ok()?.modified().ok()))
    }

    /// What lies in the store beside its keys.
    ///
    /// # Errors
    /// IO.
    fn strays(&self) -> Result<Vec<Stray>> {
        Ok(Vec::new())
    }

    /// Removes a staging directory or a temporary file; what is foreign stays.
    ///
    /// # Errors
    /// A store that may not be written, or IO.
    fn remove_stray(&self, stray: &Stray) -> Result<()> {
        match &stray.kind {
            StrayKind::Staging { job } => self.clear_staging(job),
            StrayKind::Temporary | StrayKind::Foreign => Ok(()),
        }
    }

    /// Where the key is, as other programs name it: a `file:` or `s3:` URL, whether the key is there or not.
    /// Empty where no other program can reach it.
    fn url(&self, _key: &str) -> String {
        String::new()
    }

    /// Stores bytes under their content id. Bytes that are there already are compared, not written.
    ///
    /// # Errors
    /// A store that may not be written, or IO.
    fn put_object(&self, algorithm: Algorithm, bytes: &[u8]) -> Result<ContentId> {
        let id = ContentId::of(algorithm, bytes);
        let key = id.object_key();
        if self.create(&key, bytes)? == Created::Exists {
            let is_old = |at: SystemTime| at.elapsed().is_ok_and(|age| age > FRESH);
            // A damaged object is healed by whoever stores the same bytes again. An old one becomes young, so
            // that nobody sweeps it away before it is committed.
            if self.get(&key)? != bytes || self.modified(&key)?.is_some_and(is_old) {
                self.put(&key, bytes)?;
            }
        }
        Ok(id)
    }

    /// The bytes of a content id, hashed again while they are read.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or [`StoreError::Corrupt`] if the bytes do not have this id.
    fn get_object(&self, id: &ContentId) -> Result<Vec<u8>> {
        let key = id.object_key();
        let bytes = self.get(&key)?;
        let found = ContentId::of(id.algorithm(), &bytes);
        if found != *id {
            return Err(StoreError::corrupt(key, format!("its bytes hash to {found}")));
        }
        Ok(bytes)
    }
}
