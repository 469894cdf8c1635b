//! Private copies of plugin files, named by their hash. A library is hashed and loaded from its copy, so that
//! nobody can exchange it in between.
//!
//! The copies lie in `$XDG_CACHE_HOME/artemis-host/plugins/<sha256>/`, else below `~/.cache`. Where that cannot be
//! used (read-only, full, open to others), a copy without a name takes its place, for this process only.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read, Seek, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::trust::Trust;

/// A copy that only this user can change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateCopy {
    /// Where it is.
    pub path: PathBuf,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The plugin's file cannot be read.
    #[error("cannot read it: {0}")]
    Read(io::Error),
    /// It was written to at this moment.
    #[error("it changed while it was read; run again when whoever writes it is done")]
    Changing,
    /// It is not the file that was asked for.
    #[error("its SHA-256 is {found}, not {expected} as it was before; was it exchanged? run again")]
    Other {
        /// What was asked for.
        expected: String,
        /// What it is.
        found: String,
    },
    /// Neither the cache nor a temporary file can be written.
    #[error(
        "cannot make a private copy of it: {cache}, and no temporary file either ({temporary}); set XDG_CACHE_HOME \
         or TMPDIR to a folder with room that only you can write to"
    )]
    NoRoom {
        /// What is wrong with the cache.
        cache: String,
        /// What is wrong with the temporary file.
        temporary: io::Error,
    },
}

/// The folder of the copies, by the environment.
///
/// # Errors
/// The reason, if the environment names none.
pub fn folder() -> Result<PathBuf, String> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    let home = home.ok_or("neither XDG_CACHE_HOME nor HOME names a folder")?;
    Ok(home.join("artemis-host").join("plugins"))
}

/// SHA-256 of a file, in hex.
///
/// # Errors
/// When it cannot be read.
pub fn sha256_of_file(path: &Path) -> io::Result<String> {
    copy_hashed(&mut File::open(path)?, &mut io::sink())
}

/// Copies a plugin's file, or finds the copy of an earlier run; its bytes are hashed in both cases.
///
/// # Errors
/// When the file cannot be read, is not the `expected` one, or no copy can be made.
pub fn private_copy(
    source: &Path,
    folder: Result<PathBuf, String>,
    expected: Option<&str>,
) -> Result<PrivateCopy, CopyError> {
    // One descriptor for all that follows: the name may come to mean another file.
    let mut file = File::open(source).map_err(CopyError::Read)?;
    let sha256 = copy_hashed(&mut file, &mut io::sink()).map_err(CopyError::Read)?;
    if let Some(expected) = expected.filter(|expected| *expected != sha256) {
        return Err(CopyError::Other { expected: expected.to_owned(), found: sha256 });
    }
    let name = source.file_name().unwrap_or("plugin.so".as_ref());
    let kept = folder.and_then(|folder| {
        let usable = usable(&folder).and_then(|()| keep(&mut file, &sha256, &folder, Path::new(name)));
        usable.map_err(|error| format!("{}: {error}", folder.display()))
    });
    let path = match kept {
        Ok(Some(path)) => path,
        Ok(None) => return Err(CopyError::Changing),
        Err(cache) => {
            tracing::warn!(
                "the cache of plugins cannot be used ({cache}); a temporary copy is loaded instead"
            );
            match unnamed(&mut file, &sha256) {
                Ok(Some(path)) => path,
                Ok(None) => return Err(CopyError::Changing),
                Err(temporary) => return Err(CopyError::NoRoom { cache, temporary }),
            }
        }
    };
    Ok(PrivateCopy { path, sha256 })
}

/// Makes the folder if need be, and checks that nobody else can write to it.
fn usable(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let refused = |reason: String| io::Error::new(io::ErrorKind::PermissionDenied, reason);
    let metadata = fs::metadata(folder)?;
    // The process is its own user's.
    if metadata.uid() != fs::metadata("/proc/self")?.uid() {
        return Err(refused("it belongs to another user".into()));
    }
    if metadata.mode() & 0o077 != 0 {
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    Trust::default().check(folder).map_err(|exposed| refused(exposed.to_string()))
}

/// The copy in the cache; `None`: the source changed.
fn keep(source: &mut File, sha256: &str, folder: &Path, name: &Path) -> io::Result<Option<PathBuf>> {
    let path = folder.join(sha256).join(name);
    match sha256_of_file(&path) {
        Ok(found) if found == sha256 => return Ok(Some(path)),
        Ok(_) => tracing::warn!("{} was changed; it is copied anew", path.display()),
        // Not there, or not readable: the new one takes its place.
        Err(_) => {}
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder.join(sha256))?;
    // Whole or not at all, also when several processes make it at once.
    let mut copy = tempfile::NamedTempFile::new_in(folder)?;
    if copy_hashed(source, &mut copy)? != sha256 {
        return Ok(None);
    }
    copy.as_file().set_permissions(Permissions::from_mode(0o400))?;
    copy.persist(&path).map_err(|error| error.error)?;
    Ok(Some(path))
}

/// A copy that no folder names: it is reached through its descriptor, which stays open as long as the process, as
/// the library stays loaded.
fn unnamed(source: &mut File, sha256: &str) -> io::Result<Option<PathBuf>> {
    let mut copy = tempfile::tempfile()?;
    if copy_hashed(source, &mut copy)? != sha256 {
        return Ok(None);
    }
    let path = PathBuf::from(format!("/proc/self/fd/{}", copy.as_raw_fd()));
    std::mem::forget(copy);
    Ok(Some(path))
}

/// Copies a file from its beginning and gives the SHA-256 of what was copied.
fn copy_hashed(source: &mut File, target: &mut dyn Write) -> io::Result<String> {
    source.rewind()?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(bytes) => {
                hasher.update(&buffer[..bytes]);
                target.write_all(&buffer[..bytes])?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    target.flush()?;
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_made_once_checked_again_and_mended_if_it_was_changed() {
        let scratch = tempfile::tempdir().unwrap();
        let (source, folder) = (scratch.path().join("p.so"), scratch.path().join("cache/plugins"));
        fs::write(&source, "the library").unwrap();
        let copy = || private_copy(&source, Ok(folder.clone()), None).unwrap();
        let first = copy();
        assert_eq!(first.path, folder.join(&first.sha256).join("p.so"));
        assert_eq!(first.sha256, sha256_of_file(&source).unwrap());
        let inode = |path: &Path| fs::metadata(path).unwrap().ino();
        let made = inode(&first.path);
        assert_eq!((copy(), inode(&first.path)), (first.clone(), made), "made once");

        fs::set_permissions(&first.path, Permissions::from_mode(0o600)).unwrap();
        fs::write(&first.path, "something else").unwrap();
        assert_eq!(fs::read(copy().path).unwrap(), b"the library");

        fs::write(&source, "a new version").unwrap();
        assert_ne!(copy().sha256, first.sha256);
        let error = private_copy(&source, Ok(folder.clone()), Some(&first.sha256)).unwrap_err();
        assert!(matches!(error, CopyError::Other { .. }), "{error}");
        let leftovers = fs::read_dir(&folder).unwrap().count();
        assert_eq!(leftovers, 2, "one folder for each hash and nothing else");
    }

    #[test]
    fn others_can_neither_read_nor_write_the_copies() {
        let scratch = tempfile::tempdir().unwrap();
        let (source, folder) = (scratch.path().join("p.so"), scratch.path().join("plugins"));
        fs::write(&source, "the library").unwrap();
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
        let copy = private_copy(&source, Ok(folder.clone()), None).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&copy.path)), (0o700, 0o400));
        assert_eq!(mode(copy.path.parent().unwrap()), 0o700);
    }

    #[test]
    fn a_cache_that_cannot_be_used_is_done_without() {
        let scratch = tempfile::tempdir().unwrap();
        let source = scratch.path().join("p.so");
        fs::write(&source, "the library").unwrap();
        fs::write(scratch.path().join("file"), "").unwrap();
        let open = scratch.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
        for folder in
            [Err("no home".to_owned()), Ok(scratch.path().join("file/plugins")), Ok(open.join("a/plugins"))]
        {
            let copy = private_copy(&source, folder, None).unwrap();
            assert_eq!(fs::read(&copy.path).unwrap(), b"the library");
            assert!(copy.path.starts_with("/proc/self/fd"), "{}", copy.path.display());
        }
    }
}
