//! What a local store asks of the file system, one call a step: a test can record the order of the steps and
//! fail any of them.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// The steps that change a file system. Reading goes past this: it leaves nothing behind.
pub(super) trait Disk: Send + Sync + fmt::Debug {
    /// Makes a directory whose parent is there.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;
    /// Makes an empty file that must not exist.
    fn create_file(&self, path: &Path) -> io::Result<File>;
    /// Appends to a file that [`create_file`](Disk::create_file) made.
    fn write(&self, file: &mut File, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Waits until the bytes of a file are on the medium.
    fn sync_file(&self, file: &File, path: &Path) -> io::Result<()>;
    /// Waits until the names in a directory are on the medium.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Gives a file a second name, which must not exist.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Moves a file, over what has the new name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
}

/// The file system itself.
#[derive(Debug)]
pub(super) struct SystemDisk;

impl Disk for SystemDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir(dir)
    }

    fn create_file(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(path)
    }

    fn write(&self, file: &mut File, _path: &Path, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync_file(&self, file: &File, _path: &Path) -> io::Result<()> {
        file.sync_all()
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}
