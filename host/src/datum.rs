//! The inputs of a job: files that are opened when they are read and closed when they are done, so that thousands of
//! them need no thousands of handles.

use crate::catalog::FileStamp;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// An input that can be read at any offset.
#[derive(Debug)]
pub struct Datum {
    /// Index among the inputs.
    pub index: usize,
    /// Name for people: the file's name.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its state when it was first opened; every later opening must find the same.
    pub stamp: FileStamp,
    file: RwLock<Option<Arc<File>>>,
}

impl Datum {
    /// Looks at a file and opens it.
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
        Ok(Self {
            index,
            name,
            path: path.to_owned(),
            stamp: FileStamp::of_metadata(&metadata),
            file: RwLock::new(Some(Arc::new(file))),
        })
    }

    /// Size in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.stamp.size
    }

    /// Fills a buffer from an offset on.
    ///
    /// # Errors
    /// When the file ends before, changed, or cannot be read.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file()?.read_exact_at(buffer, offset)
    }

    /// Makes sure that the file is what it was when it was first opened.
    ///
    /// # Errors
    /// When it changed in the meantime.
    pub fn check_unchanged(&self) -> io::Result<()> {
        self.check(&*self.file()?)
    }

    /// Gives the handle back; the next read opens the file again.
    pub fn close(&self) {
        *self.file.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn file(&self) -> io::Result<Arc<File>> {
        if let Some(file) = &*self.file.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(file.clone());
        }
        let mut slot = self.file.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &*slot {
            return Ok(file.clone());
        }
        let file = Arc::new(File::open(&self.path)?);
        self.check(&file)?;
        *slot = Some(file.clone());
        Ok(file)
    }

    fn check(&self, file: &File) -> io::Result<()> {
        if FileStamp::of_metadata(&file.metadata()?) == self.stamp {
            return Ok(());
        }
        Err(io::Error::other("it changed while the job ran"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_between_two_openings_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("in.csv");
        std::fs::write(&path, "one").unwrap();
        let datum = Datum::open(0, &path).unwrap();
        datum.close();
        datum.read_at(&mut [0; 3], 0).unwrap();
        datum.close();
        std::fs::write(&path, "other").unwrap();
        assert!(datum.read_at(&mut [0; 3], 0).unwrap_err().to_string().contains("changed"));
    }
}
