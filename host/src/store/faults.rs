//! Stores and file systems that go wrong at a chosen moment, for the tests.

use std::{
    fs::File,
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use super::{
    Created, LocalOptions, LocalStore, Result, Store, StoreError,
    disk::{Disk, SystemDisk},
};

/// What goes wrong with one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is refused and nothing happens.
    Fail,
    /// It happens, and is reported as failed.
    LoseAnswer,
    /// It happens late, after what others do in the meantime.
    Delay,
    /// It happens twice, as if the network had sent it again; the second answer arrives.
    Duplicate,
    /// Half of it happens where a store may do half: on `put` and `publish`. It is reported as failed.
    Tear,
    /// The process dies before this write: no later one happens.
    DieBefore,
    /// The process dies after this write.
    DieAfter,
}

/// A store in which one operation goes wrong.
#[derive(Debug)]
pub(crate) struct FaultyStore {
    inner: Arc<dyn Store>,
    fault: Fault,
    /// Which operation, counted from one; of deaths, which write.
    at: usize,
    done: AtomicUsize,
}

impl FaultyStore {
    pub(crate) fn new(inner: Arc<dyn Store>, fault: Fault, at: usize) -> Self {
        Self { inner, fault, at, done: AtomicUsize::new(0) }
    }

    /// Whether the operation came that goes wrong.
    pub(crate) fn struck(&self) -> bool {
        self.done.load(Ordering::SeqCst) >= self.at
    }

    fn dies(&self) -> bool {
        matches!(self.fault, Fault::DieBefore | Fault::DieAfter)
    }

    fn read<T>(&self, act: impl Fn() -> Result<T>) -> Result<T> {
        if self.dies() { act() } else { self.operate(&act, || ()) }
    }

    fn write<T>(&self, act: impl Fn() -> Result<T>) -> Result<T> {
        self.operate(&act, || ())
    }

    fn operate<T>(&self, act: &dyn Fn() -> Result<T>, tear: impl FnOnce()) -> Result<T> {
        let refused = || StoreError::io(Path::new("injected"), io::ErrorKind::ConnectionReset.into());
        let number = self.done.fetch_add(1, Ordering::SeqCst) + 1;
        if number > self.at && self.dies() {
            return Err(refused());
        }
        if number != self.at {
            return act();
        }
        match self.fault {
            Fault::Fail | Fault::DieBefore => Err(refused()),
            Fault::LoseAnswer | Fault::DieAfter => act().and_then(|_| Err(refused())),
            Fault::Delay => {
                thread::sleep(Duration::from_millis(2));
                act()
            }
            Fault::Duplicate => act().and_then(|_| act()),
            Fault::Tear => {
                tear();
                Err(refused())
            }
        }
    }
}

impl Store for FaultyStore {
    fn get(&self, key: &str) -> Result<Vec<u8>> {
        self.read(|| self.inner.get(key))
    }

    fn get_range(&self, key: &str, range: Range<u64>) -> Result<Vec<u8>> {
        self.read(|| self.inner.get_range(key, range.clone()))
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        self.read(|| self.inner.size(key))
    }

    fn create(&self, key: &str, bytes: &[u8]) -> Result<Created> {
        self.write(|| self.inner.create(key, bytes))
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Result<()> {
        self.operate(&|| self.inner.put(key, bytes), || {
            self.inner.put(key, &bytes[..bytes.len() / 2]).expect("the store underneath works");
        })
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        self.read(|| self.inner.list(prefix))
    }

    fn children(&self, prefix: &str) -> Result<Vec<String>> {
        self.read(|| self.inner.children(prefix))
    }

    fn delete(&self, key: &str) -> Result<()> {
        self.write(|| self.inner.delete(key))
    }

    fn staging_dir(&self, job: &str) -> Result<PathBuf> {
        self.inner.staging_dir(job)
    }

    fn clear_staging(&self, job: &str) -> Result<()> {
        self.write(|| self.inner.clear_staging(job))
    }

    fn staged_jobs(&self) -> Result<Vec<String>> {
        self.inner.staged_jobs()
    }

    fn publish(&self, staged: &Path, key: &str) -> Result<()> {
        self.operate(&|| self.inner.publish(staged, key), || {
            let bytes = std::fs::read(staged).expect("a staged file");
            self.inner.put(key, &bytes[..bytes.len() / 2]).expect("the store underneath works");
        })
    }

    fn local_path(&self, key: &str) -> Option<PathBuf> {
        self.inner.local_path(key)
    }

    fn url(&self, key: &str) -> String {
        self.inner.url(key)
    }
}

/// A file system that notes its steps, and from one of them on refuses all that needs space or permission.
#[derive(Debug)]
pub(super) struct ScriptedDisk {
    root: PathBuf,
    steps: Mutex<Vec<String>>,
    fails: Option<(usize, i32)>,
}

impl ScriptedDisk {
    /// `fails` is the first step that is refused, counted from one, and the error's number.
    pub(super) fn new(root: &Path, fails: Option<(usize, i32)>) -> Self {
        Self { root: root.to_owned(), steps: Mutex::default(), fails }
    }

    /// The steps so far, such as `link log/.tmp log/1`.
    pub(super) fn steps(&self) -> Vec<String> {
        self.steps.lock().expect("no step panics").clone()
    }

    fn step(&self, name: &str, paths: &[&Path]) -> io::Result<()> {
        let mut text = name.to_owned();
        for path in paths {
            let path = path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy();
            let path = path.split_once(".tmp-").map_or(path.to_string(), |(dir, _)| format!("{dir}.tmp"));
            text += &format!(" {}", if path.is_empty() { "." } else { &path });
        }
        let mut steps = self.steps.lock().expect("no step panics");
        steps.push(text);
        match self.fails {
            // Removing needs no space; a directory that may not be written is met when the file is made.
            Some((at, number)) if steps.len() >= at && name != "remove" => {
                Err(io::Error::from_raw_os_error(number))
            }
            _ => Ok(()),
        }
    }
}

impl Disk for ScriptedDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.step("create_dir", &[dir]).and_then(|()| SystemDisk.create_dir(dir))
    }

    fn create_file(&self, path: &Path) -> io::Result<File> {
        self.step("create_file", &[path]).and_then(|()| SystemDisk.create_file(path))
    }

    fn write(&self, file: &mut File, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Err(full) = self.step("write", &[path]) {
            // What fits is written all the same.
            SystemDisk.write(file, path, &bytes[..bytes.len() / 2])?;
            return Err(full);
        }
        SystemDisk.write(file, path, bytes)
    }

    // Nobody cuts the power in a test: that the flush was asked for is enough.
    fn sync_file(&self, _file: &File, path: &Path) -> io::Result<()> {
        self.step("sync_file", &[path])
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.step("sync_dir", &[dir])
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step("link", &[from, to]).and_then(|()| SystemDisk.link(from, to))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step("rename", &[from, to]).and_then(|()| SystemDisk.rename(from, to))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.step("remove", &[path]).and_then(|()| SystemDisk.remove_file(path))
    }
}

/// A durable local store whose disk refuses everything from a step on, and how many steps were taken.
pub(crate) fn failing_local(root: &Path, from_step: usize, number: i32) -> (LocalStore, impl Fn() -> usize) {
    let disk = Arc::new(ScriptedDisk::new(root, Some((from_step, number))));
    let store = LocalStore::on(Arc::clone(&disk) as _, root, LocalOptions::default());
    (store, move || disk.steps().len())
}
