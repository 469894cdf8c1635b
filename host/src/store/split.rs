//! A store whose data files lie in another place than its records.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use super::{Created, Result, Store, Stray, check_key};

/// The first segment of the keys of data files.
const DATA: &str = "data";

/// Two stores that look like one: keys below `data/` are in one, all others in the other. Jobs stage where
/// the data files go, so that publishing them is a move.
#[derive(Debug)]
pub struct SplitStore {
    records: Arc<dyn Store>,
    data: Arc<dyn Store>,
}

impl SplitStore {
    /// A store with its records in one place and its data files in another.
    pub fn new(records: Arc<dyn Store>, data: Arc<dyn Store>) -> Self {
        Self { records, data }
    }

    fn of(&self, key: &str) -> &dyn Store {
        let is_data = key.strip_prefix(DATA).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if is_data { self.data.as_ref() } else { self.records.as_ref() }
    }
}

impl Store for SplitStore {
    fn get(&self, key: &str) -> Result<Vec<u8>> {
        self.of(key).get(key)
    }

    fn get_range(&self, key: &str, range: Range<u64>) -> Result<Vec<u8>> {
        self.of(key).get_range(key, range)
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        self.of(key).size(key)
    }

    fn create(&self, key: &str, bytes: &[u8]) -> Result<Created> {
        self.of(key).create(key, bytes)
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Result<()> {
        self.of(key).put(key, bytes)
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        if !prefix.is_empty() {
            return self.of(prefix).list(prefix);
        }
        let mut keys = self.records.list("")?;
        keys.retain(|key| !key.starts_with("data/"));
        keys.extend(self.data.list(DATA)?);
        keys.sort();
        Ok(keys)
    }

    fn children(&self, prefix: &str) -> Result<Vec<String>> {
        if !prefix.is_empty() {
            return self.of(prefix).children(prefix);
        }
        let mut names = self.records.children("")?;
        names.retain(|name| name != DATA);
        if !self.data.children(DATA)?.is_empty() {
            names.push(DATA.to_owned());
        }
        names.sort();
        Ok(names)
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.of(key).delete(key)
    }

    fn staging_dir(&self, job: &str) -> Result<PathBuf> {
        self.data.staging_dir(job)
    }

    fn clear_staging(&self, job: &str) -> Result<()> {
        self.data.clear_staging(job)
    }

    fn staged_jobs(&self) -> Result<Vec<String>> {
        self.data.staged_jobs()
    }

    fn sweep_leftovers(&self, before: SystemTime, dry_run: bool) -> Result<Vec<PathBuf>> {
        let mut found = self.records.sweep_leftovers(before, dry_run)?;
        found.extend(self.data.sweep_leftovers(before, dry_run)?);
        Ok(found)
    }

    fn publish(&self, staged: &Path, key: &str) -> Result<()> {
        self.of(key).publish(staged, key)
    }

    fn modified(&self, key: &str) -> Result<Option<SystemTime>> {
        self.of(key).modified(key)
    }

    fn strays(&self) -> Result<Vec<Stray>> {
        let mut found = self.records.strays()?;
        found.extend(self.data.strays()?);
        Ok(found)
    }

    fn remove_stray(&self, stray: &Stray) -> Result<()> {
        // Of two places with one name, each store removes its own, if it has it.
        self.records.remove_stray(stray)?;
        self.data.remove_stray(stray)
    }

    fn local_path(&self, key: &str) -> Option<PathBuf> {
        check_key(key).ok()?;
        self.of(key).local_path(key)
    }

    fn url(&self, key: &str) -> String {
        self.of(key).url(key)
    }
}
