//! A store in memory: for tests, and for runs that leave nothing behind.

use std::{
    collections::BTreeMap,
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

use super::{
    Created, Result, Store, StoreError, check_key, directories,
    key::{check_prefix, check_segment},
    stray::{self, Stray},
};

/// A store in memory. What jobs stage lies in a directory of its own, which goes with the store.
#[derive(Debug)]
pub struct MemoryStore {
    values: Mutex<BTreeMap<String, Vec<u8>>>,
    staging: PathBuf,
}

impl Default for MemoryStore {
    fn default() -> Self {
        let staging = std::env::temp_dir().join(format!("artemis-staging-{}", Uuid::now_v7()));
        Self { values: Mutex::default(), staging }
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// A panic elsewhere leaves the map whole: every change is one insertion or removal.
    fn values(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for MemoryStore {
    fn drop(&mut self) {
        // Usually nothing was staged, and the directory was never made.
        let _ = fs::remove_dir_all(&self.staging);
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &str) -> Result<Vec<u8>> {
        check_key(key)?;
        self.values().get(key).cloned().ok_or_else(|| StoreError::NotFound { key: key.to_owned() })
    }

    fn get_range(&self, key: &str, range: Range<u64>) -> Result<Vec<u8>> {
        check_key(key)?;
        let values = self.values();
        let bytes = values.get(key).ok_or_else(|| StoreError::NotFound { key: key.to_owned() })?;
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
        let (start, end) = (place(range.start), place(range.end));
        Ok(bytes[start..end.max(start)].to_vec())
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        check_key(key)?;
        Ok(self.values().get(key).map(|bytes| bytes.len() as u64))
    }

    fn create(&self, key: &str, bytes: &[u8]) -> Result<Created> {
        check_key(key)?;
        let mut values = self.values();
        if values.contains_key(key) {
            return Ok(Created::Exists);
        }
        values.insert(key.to_owned(), bytes.to_vec());
        Ok(Created::New)
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Result<()> {
        check_key(key)?;
        self.values().insert(key.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        check_prefix(prefix)?;
        let below =
            |key: &&String| prefix.is_empty() || key.strip_prefix(prefix).is_some_and(|r| r.starts_with('/'));
        Ok(self.values().keys().filter(below).cloned().collect())
    }

    fn children(&self, prefix: &str) -> Result<Vec<String>> {
        let skip = if prefix.is_empty() { 0 } else { prefix.len() + 1 };
        let keys = self.list(prefix)?;
        let mut names: Vec<String> =
            keys.iter().filter_map(|key| key[skip..].split('/').next()).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn delete(&self, key: &str) -> Result<()> {
        check_key(key)?;
        self.values().remove(key);
        Ok(())
    }

    fn staging_dir(&self, job: &str) -> Result<PathBuf> {
        check_segment(job)?;
        let dir = self.staging.join(job);
        fs::create_dir_all(&dir).map_err(|e| StoreError::io(&dir, e))?;
        Ok(dir)
    }

    fn clear_staging(&self, job: &str) -> Result<()> {
        check_segment(job)?;
        let dir = self.staging.join(job);
        match fs::remove_dir_all(&dir) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(StoreError::io(&dir, e)),
            _ => Ok(()),
        }
    }

    fn staged_jobs(&self) -> Result<Vec<String>> {
        directories(&self.staging)
    }

    fn publish(&self, staged: &Path, key: &str) -> Result<()> {
        check_key(key)?;
        let bytes = fs::read(staged).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => StoreError::NotFound { key: staged.display().to_string() },
            _ => StoreError::io(staged, e),
        })?;
        if self.create(key, &bytes)? == Created::Exists {
            return Err(StoreError::Exists { key: key.to_owned() });
        }
        fs::remove_file(staged).map_err(|e| StoreError::io(staged, e))
    }

    fn strays(&self) -> Result<Vec<Stray>> {
        Ok(stray::staged(&self.staging))
    }

    fn local_path(&self, _key: &str) -> Option<PathBuf> {
        None
    }
}
