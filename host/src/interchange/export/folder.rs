//! The folder that files are written into: each under another name first, then moved, never over another file.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::catalog::Catalog;
use crate::interchange::ExportError;
use crate::store::StoreError;
use crate::store::file_url;

/// How much of a file is copied at once.
const COPY_BYTES: u64 = 1 << 20;

/// The folder.
pub(super) struct Folder {
    path: PathBuf,
    url: String,
    written: BTreeSet<String>,
}

impl Folder {
    pub(super) fn make(path: &Path) -> Result<Self, ExportError> {
        fs::create_dir_all(path).map_err(ExportError::io(path))?;
        let path = std::path::absolute(path).map_err(ExportError::io(path))?;
        let url = file_url(&path).trim_end_matches('/').to_owned();
        Ok(Self { path, url, written: BTreeSet::new() })
    }

    /// How many files it got.
    pub(super) fn files(&self) -> usize {
        self.written.len()
    }

    /// The folder's own address.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The address of a file in it.
    pub(super) fn address(&self, name: &str) -> String {
        format!("{}/{}", self.url, name)
    }

    /// Writes a file.
    pub(super) fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
        self.write(name, |file| file.write_all(bytes).map_err(Failure::Io))
    }

    /// Copies what the store has at a key.
    pub(super) fn copy(&mut self, catalog: &Catalog, key: &str, name: &str) -> Result<(), ExportError> {
        let store = catalog.store();
        let size = store.size(key)?.ok_or_else(|| StoreError::NotFound { key: key.to_owned() })?;
        self.write(name, |file| {
            let mut at = 0;
            while at < size {
                let bytes = store.get_range(key, at..size.min(at + COPY_BYTES)).map_err(Failure::Store)?;
                if bytes.is_empty() {
                    return Err(Failure::Store(StoreError::corrupt(key, "it became shorter")));
                }
                at += bytes.len() as u64;
                file.write_all(&bytes).map_err(Failure::Io)?;
            }
            Ok(())
        })
    }

    fn write(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut File) -> Result<(), Failure>,
    ) -> Result<(), ExportError> {
        let (target, partial) =
            (self.path.join(name), self.path.join(format!(".{}.part", self.written.len())));
        let written = File::create(&partial).map_err(Failure::Io).and_then(|mut file| {
            write(&mut file)?;
            file.sync_all().map_err(Failure::Io)
        });
        // A link that fails because the name is taken leaves what is there alone.
        let placed = written.and_then(|()| match fs::hard_link(&partial, &target) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                if same(&partial, &target).map_err(Failure::Io)? { Ok(()) } else { Err(Failure::Exists) }
            }
            other => other.map_err(Failure::Io),
        });
        // It is gone already if it could not be made.
        let _ = fs::remove_file(&partial);
        placed.map_err(|failure| match failure {
            Failure::Io(error) => ExportError::io(&target)(error),
            Failure::Store(error) => error.into(),
            Failure::Exists => ExportError::Exists { path: target },
        })?;
        self.written.insert(name.to_owned());
        Ok(())
    }
}

/// What kept a file from being written.
enum Failure {
    Io(io::Error),
    Store(StoreError),
    Exists,
}

/// Whether two plain files have the same bytes.
fn same(one: &Path, other: &Path) -> io::Result<bool> {
    let there = fs::symlink_metadata(other)?;
    if !there.is_file() || there.len() != fs::metadata(one)?.len() {
        return Ok(false);
    }
    let (one, other) = (File::open(one)?, File::open(other)?);
    loop {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        (&one).take(COPY_BYTES).read_to_end(&mut first)?;
        (&other).take(COPY_BYTES).read_to_end(&mut second)?;
        if first != second {
            return Ok(false);
        }
        if first.is_empty() {
            return Ok(true);
        }
    }
}
