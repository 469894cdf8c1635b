//! A store in a local directory.
//!
//! Values are written to a temporary file in the directory of their key and moved into place, so a reader
//! sees all of a value or nothing. Moves that must have one winner use hard links, which fail if the
//! target exists; on file systems without hard links a lock on one file of the store takes their place.
//!
//! A durable write is these steps in this order: write beside the target, flush the file, link or rename it
//! to its name, flush the directory. The tests of `store/disk_tests.rs` record them and fail each.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use uuid::Uuid;

use super::{
    Created, Result, Store, StoreError, check_key, directories,
    disk::{Disk, SystemDisk},
    key::{TEMPORARY, check_prefix, check_segment},
    location::file_url,
    stray::{self, Stray, StrayKind},
};

/// The file whose lock takes the place of hard links where there are none.
const LOCK: &str = ".tmp-lock";
/// Bytes that are copied at a time where a file cannot be moved.
const COPIED_AT_ONCE: usize = 1 << 20;

/// How a local store treats its directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalOptions {
    /// Flush files and directories before a write counts as done. Without it, a stopped machine may lose
    /// or tear the last writes; a stopped process loses nothing either way.
    pub durable: bool,
    /// Refuse every write.
    pub read_only: bool,
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self { durable: true, read_only: false }
    }
}

/// A store in a local directory.
#[derive(Debug)]
pub struct LocalStore {
    root: PathBuf,
    options: LocalOptions,
    disk: Arc<dyn Disk>,
}

impl LocalStore {
    /// The store in `root`, which the first write makes.
    pub fn new(root: impl Into<PathBuf>, options: LocalOptions) -> Self {
        Self { root: root.into(), options, disk: Arc::new(SystemDisk) }
    }

    /// The store in `root` on a file system of the test's own.
    #[cfg(test)]
    pub(super) fn on(disk: Arc<dyn Disk>, root: impl Into<PathBuf>, options: LocalOptions) -> Self {
        Self { root: root.into(), options, disk }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A link in the store could lead out of it: no key goes through one.
    fn path(&self, key: &str) -> Result<PathBuf> {
        check_key(key)?;
        let mut path = self.root.clone();
        for segment in key.split('/') {
            path.push(segment);
            match path.symlink_metadata() {
                Ok(metadata) if metadata.is_symlink() => {
                    let what = format!("{} is a symbolic link", path.display());
                    return Err(StoreError::corrupt(key, what));
                }
                Ok(_) => {}
                // What is not there has nothing below it.
                Err(_) => return Ok(self.root.join(key)),
            }
        }
        Ok(path)
    }

    fn check_place(&self, prefix: &str) -> Result<()> {
        check_prefix(prefix)?;
        if prefix.is_empty() { Ok(()) } else { self.path(prefix).map(drop) }
    }

    fn check_writable(&self) -> Result<()> {
        if self.options.read_only {
            return Err(StoreError::ReadOnly { path: self.root.clone() });
        }
        Ok(())
    }

    /// Makes a directory and its parents, each flushed into the one above.
    fn ensure_dir(&self, dir: &Path) -> Result<()> {
        if dir.is_dir() {
            return Ok(());
        }
        let parent = dir.parent().filter(|p| !p.as_os_str().is_empty());
        if let Some(parent) = parent {
            self.ensure_dir(parent)?;
        }
        match self.disk.create_dir(dir) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => return Ok(()),
            Err(e) => return Err(StoreError::io(dir, e)),
        }
        match parent {
            Some(parent) => self.flush_dir(parent),
            None => Ok(()),
        }
    }

    fn flush_dir(&self, dir: &Path) -> Result<()> {
        if !self.options.durable {
            return Ok(());
        }
        self.disk.sync_dir(dir).map_err(|e| StoreError::io(dir, e))
    }

    /// Writes bytes beside their target; the guard removes what is left of the file.
    fn write_beside(&self, target: &Path, mut bytes: impl Read) -> Result<Temporary<'_>> {
        let dir = parent_of(target);
        let path = dir.join(format!("{TEMPORARY}{}", Uuid::now_v7()));
        let mut file = self.in_dir(dir, || self.disk.create_file(&path))?;
        let temporary = Temporary { path, disk: self.disk.as_ref() };
        let mut write = || -> io::Result<()> {
            let mut chunk = Vec::new();
            while (&mut bytes).take(COPIED_AT_ONCE as u64).read_to_end(&mut chunk)? > 0 {
                self.disk.write(&mut file, &temporary.path, &chunk)?;
                chunk.clear();
            }
            if self.options.durable { self.disk.sync_file(&file, &temporary.path) } else { Ok(()) }
        };
        write().map_err(|e| StoreError::io(&temporary.path, e))?;
        Ok(temporary)
    }

    /// Does something that needs the directory, which a deletion elsewhere may remove while it is empty.
    fn in_dir<T>(&self, dir: &Path, mut act: impl FnMut() -> io::Result<T>) -> Result<T> {
        let mut attempts = 0;
        loop {
            self.ensure_dir(dir)?;
            match act() {
                Ok(done) => return Ok(done),
                Err(e) if e.kind() == io::ErrorKind::NotFound && attempts < 10 => attempts += 1,
                Err(e) => return Err(StoreError::io(dir, e)),
            }
        }
    }

    /// Moves a file to a target that must not exist: one of several callers wins.
    fn move_new(&self, from: &Path, target: &Path) -> io::Result<Created> {
        use io::ErrorKind::{AlreadyExists, InvalidInput, PermissionDenied, TooManyLinks, Unsupported};
        match self.disk.link(from, target) {
            Ok(()) => self.disk.remove_file(from).map(|()| Created::New),
            Err(e) if e.kind() == AlreadyExists => Ok(Created::Exists),
            // So do file systems refuse that have no hard links.
            Err(e) if matches!(e.kind(), Unsupported | PermissionDenied | InvalidInput | TooManyLinks) => {
                self.move_new_locked(from, target)
            }
            Err(e) => Err(e),
        }
    }

    fn move_new_locked(&self, from: &Path, target: &Path) -> io::Result<Created> {
        let lock_path = self.root.join(LOCK);
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&lock_path)?;
        // Released when the file closes, also when the process is killed.
        lock.lock()?;
        if target.symlink_metadata().is_ok() {
            return Ok(Created::Exists);
        }
        self.disk.rename(from, target).map(|()| Created::New)
    }

    fn open(&self, key: &str) -> Result<(File, u64, PathBuf)> {
        let path = self.path(key)?;
        let open = || -> io::Result<(File, u64)> {
            let file = File::open(&path)?;
            let metadata = file.metadata()?;
            if !metadata.is_file() {
                return Err(io::ErrorKind::NotFound.into());
            }
            Ok((file, metadata.len()))
        };
        match open() {
            Ok((file, size)) => Ok((file, size, path)),
            Err(e) if is_absent(&e) => Err(StoreError::NotFound { key: key.to_owned() }),
            Err(e) => Err(StoreError::io(&path, e)),
        }
    }

    /// Names in a directory with whether each is a directory; links and odd names are no part of a store.
    fn entries(&self, dir: &Path) -> Result<Vec<(String, bool)>> {
        let mut found = Vec::new();
        let reading = match fs::read_dir(dir) {
            Ok(reading) => reading,
            Err(e) if is_absent(&e) => return Ok(found),
            Err(e) => return Err(StoreError::io(dir, e)),
        };
        for entry in reading {
            let entry = entry.map_err(|e| StoreError::io(dir, e))?;
            let kind = match entry.file_type() {
                Ok(kind) => kind,
                Err(e) if is_absent(&e) => continue,
                Err(e) => return Err(StoreError::io(&entry.path(), e)),
            };
            if let Ok(name) = entry.file_name().into_string()
                && (kind.is_file() || kind.is_dir())
                && check_segment(&name).is_ok()
            {
                found.push((name, kind.is_dir()));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Links, odd names and temporary files below a directory.
    fn strays_into(&self, place: &str, found: &mut Vec<Stray>) -> Result<()> {
        let dir = self.root.join(place);
        let reading = match fs::read_dir(&dir) {
            Ok(reading) => reading,
            Err(e) if is_absent(&e) => return Ok(()),
            Err(e) => return Err(StoreError::io(&dir, e)),
        };
        for entry in reading {
            let entry = entry.map_err(|e| StoreError::io(&dir, e))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if place.is_empty() && name == "staging" {
                continue;
            }
            let below = if place.is_empty() { name.clone() } else { format!("{place}/{name}") };
            let Ok(metadata) = fs::symlink_metadata(entry.path()) else { continue };
            let kind = if metadata.is_file() && name.starts_with(TEMPORARY) {
                // The lock of a store without hard links is always there.
                if name == format!("{TEMPORARY}lock") {
                    continue;
                }
                StrayKind::Temporary
            } else if !(metadata.is_file() || metadata.is_dir())
                || entry.file_name().to_str().is_none_or(|name| check_segment(name).is_err())
            {
                StrayKind::Foreign
            } else {
                if metadata.is_dir() {
                    self.strays_into(&below, found)?;
                }
                continue;
            };
            found.push(Stray { place: below, kind, modified: metadata.modified().ok() });
        }
        Ok(())
    }

    fn list_into(&self, prefix: &str, keys: &mut Vec<String>) -> Result<()> {
        for (name, is_dir) in self.entries(&self.root.join(prefix))? {
            if prefix.is_empty() && name == "staging" {
                continue;
            }
            let key = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            if is_dir { self.list_into(&key, keys)? } else { keys.push(key) }
        }
        Ok(())
    }
}

impl Store for LocalStore {
    fn get(&self, key: &str) -> Result<Vec<u8>> {
        let (mut file, size, path) = self.open(key)?;
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        file.read_to_end(&mut bytes).map_err(|e| StoreError::io(&path, e))?;
        Ok(bytes)
    }

    fn get_range(&self, key: &str, range: Range<u64>) -> Result<Vec<u8>> {
        let (mut file, size, path) = self.open(key)?;
        let start = range.start.min(size);
        let wanted = range.end.min(size).saturating_sub(start);
        let mut read = || -> io::Result<Vec<u8>> {
            let mut bytes = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0));
            file.seek(SeekFrom::Start(start))?;
            (&mut file).take(wanted).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|e| StoreError::io(&path, e))
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        match self.open(key) {
            Ok((_, size, _)) => Ok(Some(size)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn create(&self, key: &str, bytes: &[u8]) -> Result<Created> {
        let path = self.path(key)?;
        self.check_writable()?;
        if path.symlink_metadata().is_ok() {
            return Ok(Created::Exists);
        }
        let temporary = self.write_beside(&path, bytes)?;
        let created = self.move_new(&temporary.path, &path).map_err(|e| StoreError::io(&path, e))?;
        self.flush_dir(parent_of(&path))?;
        Ok(created)
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path(key)?;
        self.check_writable()?;
        let temporary = self.write_beside(&path, bytes)?;
        self.disk.rename(&temporary.path, &path).map_err(|e| StoreError::io(&path, e))?;
        self.flush_dir(parent_of(&path))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        self.check_place(prefix)?;
        let mut keys = Vec::new();
        self.list_into(prefix, &mut keys)?;
        keys.sort();
        Ok(keys)
    }

    fn children(&self, prefix: &str) -> Result<Vec<String>> {
        self.check_place(prefix)?;
        let names = self.entries(&self.root.join(prefix))?.into_iter().map(|(name, _)| name);
        Ok(names.filter(|name| !(prefix.is_empty() && name == "staging")).collect())
    }

    fn delete(&self, key: &str) -> Result<()> {
        let path = self.path(key)?;
        self.check_writable()?;
        match self.disk.remove_file(&path) {
            Ok(()) => {}
            Err(e) if is_absent(&e) => return Ok(()),
            Err(e) => return Err(StoreError::io(&path, e)),
        }
        self.flush_dir(parent_of(&path))?;
        // Directories are no part of the contract; empty ones go, as far as they can.
        let mut dir = path.parent();
        while let Some(empty) = dir.filter(|d| *d != self.root)
            && fs::remove_dir(empty).is_ok()
        {
            dir = empty.parent();
        }
        Ok(())
    }

    fn staging_dir(&self, job: &str) -> Result<PathBuf> {
        check_segment(job)?;
        self.check_writable()?;
        let dir = self.path(&format!("staging/{job}"))?;
        self.ensure_dir(&dir)?;
        Ok(dir)
    }

    fn clear_staging(&self, job: &str) -> Result<()> {
        check_segment(job)?;
        self.check_writable()?;
        let dir = self.path(&format!("staging/{job}"))?;
        match fs::remove_dir_all(&dir) {
            Err(e) if !is_absent(&e) => Err(StoreError::io(&dir, e)),
            _ => Ok(()),
        }
    }

    fn staged_jobs(&self) -> Result<Vec<String>> {
        directories(&self.root.join("staging"))
    }

    fn sweep_leftovers(&self, before: SystemTime, dry_run: bool) -> Result<Vec<PathBuf>> {
        if !dry_run {
            self.check_writable()?;
        }
        let mut found = Vec::new();
        let mut dirs = vec![self.root.clone()];
        while let Some(dir) = dirs.pop() {
            for name in directories(&dir)? {
                // What jobs stage is swept with the job.
                if !(dir == self.root && name == "staging") {
                    dirs.push(dir.join(name));
                }
            }
            let reading = match fs::read_dir(&dir) {
                Ok(reading) => reading,
                Err(e) if is_absent(&e) => continue,
                Err(e) => return Err(StoreError::io(&dir, e)),
            };
            for entry in reading.flatten() {
                let made = entry.metadata().and_then(|metadata| metadata.modified());
                let name = entry.file_name();
                let ours = name.to_str().is_some_and(|n| n.starts_with(TEMPORARY) && n != LOCK);
                if ours && made.is_ok_and(|made| made < before) {
                    found.push(entry.path());
                }
            }
        }
        found.sort();
        for path in found.iter().filter(|_| !dry_run) {
            match self.disk.remove_file(path) {
                Err(e) if !is_absent(&e) => return Err(StoreError::io(path, e)),
                _ => {}
            }
        }
        Ok(found)
    }

    fn publish(&self, staged: &Path, key: &str) -> Result<()> {
        let path = self.path(key)?;
        self.check_writable()?;
        let file = match File::open(staged) {
            Ok(file) => file,
            Err(e) if is_absent(&e) => {
                return Err(StoreError::NotFound { key: staged.display().to_string() });
            }
            Err(e) => return Err(StoreError::io(staged, e)),
        };
        if self.options.durable {
            self.disk.sync_file(&file, staged).map_err(|e| StoreError::io(staged, e))?;
        }
        let dir = parent_of(&path);
        let moved = match self.in_dir(dir, || self.move_new(staged, &path)) {
            // The job stages on another file system: the copy is whole and flushed before it gets its name.
            Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::CrossesDevices => {
                let copy = self.write_beside(&path, file)?;
                let moved = self.in_dir(dir, || self.move_new(&copy.path, &path))?;
                if moved == Created::New {
                    self.disk.remove_file(staged).map_err(|e| StoreError::io(staged, e))?;
                }
                moved
            }
            moved => moved?,
        };
        match moved {
            Created::New => self.flush_dir(dir),
            Created::Exists => Err(StoreError::Exists { key: key.to_owned() }),
        }
    }

    fn local_path(&self, key: &str) -> Option<PathBuf> {
        let path = self.path(key).ok()?;
        path.is_file().then_some(path)
    }

    fn strays(&self) -> Result<Vec<Stray>> {
        let mut found = stray::staged(&self.root.join("staging"));
        self.strays_into("", &mut found)?;
        found.sort_by(|a, b| a.place.cmp(&b.place));
        Ok(found)
    }

    fn remove_stray(&self, stray: &Stray) -> Result<()> {
        self.check_writable()?;
        match &stray.kind {
            StrayKind::Staging { job } => self.clear_staging(job),
            StrayKind::Temporary => {
                let path = self.root.join(&stray.place);
                match self.disk.remove_file(&path) {
                    Err(e) if !is_absent(&e) => Err(StoreError::io(&path, e)),
                    _ => Ok(()),
                }
            }
            StrayKind::Foreign => Ok(()),
        }
    }

    fn url(&self, key: &str) -> String {
        let path = self.root.join(key);
        file_url(&std::path::absolute(&path).unwrap_or(path))
    }
}

/// Removes a temporary file that was not moved away.
struct Temporary<'a> {
    path: PathBuf,
    disk: &'a dyn Disk,
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        // It is gone if it was moved; if it cannot be removed, listings hide it all the same.
        let _ = self.disk.remove_file(&self.path);
    }
}

fn parent_of(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// No such file, or a file where the key needs a directory: either way the key is not there.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_without_hard_links_have_one_winner_too() {
        let dir = tempfile::tempdir().unwrap();
        let store = LocalStore::new(dir.path(), LocalOptions::default());
        let target = dir.path().join("target");
        let wins: Vec<u8> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8_u8)
                .map(|i| {
                    let (store, target) = (&store, &target);
                    scope.spawn(move || {
                        let from = store.root().join(format!("from-{i}"));
                        fs::write(&from, [i]).unwrap();
                        (i, store.move_new_locked(&from, target).unwrap())
                    })
                })
                .collect();
            let results = threads.into_iter().map(|t| t.join().unwrap());
            results.filter(|(_, created)| *created == Created::New).map(|(i, _)| i).collect()
        });
        assert_eq!(wins.len(), 1);
        assert_eq!(fs::read(target).unwrap(), wins);
        assert!(store.list("").unwrap().iter().all(|key| !key.contains("lock")));
    }
}
