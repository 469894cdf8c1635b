//! A cache of the content ids of files, so that an unchanged file is not read again to be named.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::MetadataExt,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::{Catalog, Result};
use crate::store::{Algorithm, ContentId, StoreError};

pub(super) const KEY: &str = "cache/inputs.toml";
/// The first line: the content id of all others.
const CHECK: &str = "# ";
/// A file that changed later than this before it was seen may change again within one tick of its clock,
/// in nanoseconds.
const UNSETTLED_NS: i128 = 2_000_000_000;

/// How a file looked from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStamp {
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change in nanoseconds since 1970, as text because it may not fit 64 bits.
    pub mtime_ns: String,
    /// Number of the file on its device.
    pub inode: u64,
}

impl FileStamp {
    /// The stamp of a file.
    ///
    /// # Errors
    /// The file is not there, or may not be looked at.
    pub fn of(path: &Path) -> io::Result<Self> {
        Ok(Self::of_metadata(&fs::metadata(path)?))
    }

    /// The stamp in what the system tells of a file.
    pub fn of_metadata(metadata: &fs::Metadata) -> Self {
        let mtime = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
        Self { size: metadata.len(), mtime_ns: mtime.to_string(), inode: metadata.ino() }
    }

    /// Whether the file has rested long enough that a change would show in the stamp.
    fn is_settled(&self, now: SystemTime) -> bool {
        let now =
            now.duration_since(UNIX_EPOCH).map_or(0, |d| i128::try_from(d.as_nanos()).unwrap_or(i128::MAX));
        self.mtime_ns.parse::<i128>().is_ok_and(|mtime| mtime.saturating_add(UNSETTLED_NS) < now)
    }
}

/// Content ids of files by path and stamp.
#[derive(Debug, Clone, Default)]
pub struct InputCache {
    files: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    stamp: FileStamp,
    id: String,
}

impl InputCache {
    /// The content id of a file that looks as it did when it was hashed.
    pub fn get(&self, path: &Path, stamp: &FileStamp) -> Option<ContentId> {
        let entry = self.files.get(path.to_str()?)?;
        if entry.stamp == *stamp { entry.id.parse().ok() } else { None }
    }

    /// Remembers the content id of a file whose stamp was taken before it was hashed. A file that changed
    /// just now is not remembered, nor is one whose path is not UTF-8.
    pub fn put(&mut self, path: &Path, stamp: &FileStamp, id: &ContentId) {
        if let Some(path) = path.to_str()
            && stamp.is_settled(SystemTime::now())
        {
            self.files.insert(path.to_owned(), Entry { stamp: stamp.clone(), id: id.to_string() });
        }
    }
}

impl Catalog {
    /// Reads the cache; one that is damaged is empty.
    ///
    /// # Errors
    /// An error of the store.
    pub fn input_cache(&self) -> Result<InputCache> {
        let bytes = match self.store.get(KEY) {
            Ok(bytes) => bytes,
            Err(StoreError::NotFound { .. }) => return Ok(InputCache::default()),
            Err(e) => return Err(e.into()),
        };
        let whole = String::from_utf8(bytes).ok();
        let files = whole.as_deref().and_then(checked).and_then(|text| toml::from_str(text).ok());
        Ok(InputCache { files: files.unwrap_or_default() })
    }

    /// Writes the cache. Of two jobs that write at once, the later one's is kept.
    ///
    /// # Errors
    /// An error of the store.
    pub fn save_input_cache(&self, cache: &InputCache) -> Result<()> {
        let text = toml::to_string(&cache.files)
            .map_err(|e| StoreError::corrupt(KEY, format!("it cannot be written: {e}")))?;
        let whole = format!("{CHECK}{}\n{text}", ContentId::of(Algorithm::Blake3, text.as_bytes()));
        Ok(self.store.put(KEY, whole.as_bytes())?)
    }
}

/// The text behind its check, if the check fits: a wrong id of an input would be a wrong dataset.
pub(super) fn checked(whole: &str) -> Option<&str> {
    let (id, text) = whole.strip_prefix(CHECK)?.split_once('\n')?;
    (ContentId::of(Algorithm::Blake3, text.as_bytes()).to_string() == id).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing;

    #[test]
    fn an_unchanged_file_is_known_and_a_changed_one_is_not() {
        let catalog = testing::catalog();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a \"b\".csv");
        fs::write(&path, b"abc").unwrap();
        let id = ContentId::of(Algorithm::Blake3, b"abc");

        // Written a moment ago: it may change again unnoticed.
        let mut cache = catalog.input_cache().unwrap();
        cache.put(&path, &FileStamp::of(&path).unwrap(), &id);
        assert_eq!(cache.get(&path, &FileStamp::of(&path).unwrap()), None);

        let past = SystemTime::now() - std::time::Duration::from_secs(10);
        fs::File::options().write(true).open(&path).unwrap().set_modified(past).unwrap();
        let stamp = FileStamp::of(&path).unwrap();
        cache.put(&path, &stamp, &id);
        catalog.save_input_cache(&cache).unwrap();
        let cache = catalog.input_cache().unwrap();
        assert_eq!(cache.get(&path, &stamp), Some(id));

        fs::write(&path, b"abd").unwrap();
        assert_eq!(cache.get(&path, &FileStamp::of(&path).unwrap()), None);
    }

    #[test]
    fn a_damaged_cache_is_empty() {
        let catalog = testing::catalog();
        for bytes in [&b"\xff"[..], b"not toml", b"[x]\nsize = -1\n"] {
            catalog.store().put(KEY, bytes).unwrap();
            assert!(catalog.input_cache().unwrap().files.is_empty());
        }
    }
}
