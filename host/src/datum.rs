//! The inputs of a job: what is known of a file before it is read.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// A file's state at one time. Two equal stamps are taken for the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Size in bytes.
    pub size_bytes: u64,
    /// Time of the last change in nanoseconds since 1970.
    pub mtime_ns: i128,
    /// Number of the file in its file system.
    pub inode: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            size_bytes: metadata.len(),
            mtime_ns: i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()),
            inode: metadata.ino(),
        }
    }

    /// The stamp of a file by its path.
    ///
    /// # Errors
    /// When the file cannot be looked at.
    pub fn of_path(path: &Path) -> io::Result<Self> {
        Ok(Self::of(&path.metadata()?))
    }
}

/// An input that is open for reading at any offset.
#[derive(Debug)]
pub struct Datum {
    /// Index among the inputs.
    pub index: usize,
    /// Name for people: the file's name.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its state when it was opened.
    pub stamp: Stamp,
    file: File,
}

impl Datum {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be opened or is not a regular file.
    pub fn open(index: usize, path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Self { index, name, path: path.to_owned(), stamp: Stamp::of(&metadata), file })
    }

    /// Fills a buffer from an offset on.
    ///
    /// # Errors
    /// When the file ends before, or cannot be read.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }

    /// Makes sure that the file is what it was when it was opened.
    ///
    /// # Errors
    /// When it changed in the meantime.
    pub fn check_unchanged(&self) -> io::Result<()> {
        if Stamp::of(&self.file.metadata()?) == self.stamp {
            return Ok(());
        }
        Err(io::Error::other("it changed while it was read"))
    }
}
