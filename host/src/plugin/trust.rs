//! Whether others may put code into a plugin: a file or folder that anyone may write to is not trusted, unless it
//! is allowed by name.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const ANYONE_WRITES: u32 = 0o002;
/// In such a folder (`/tmp`) anyone may add files, but only move or remove their own.
const STICKY: u32 = 0o1000;

/// The files and folders that may be writable to anyone, because the user said so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trust {
    allowed: Vec<PathBuf>,
}

/// A file or folder that anyone may write to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} (mode {mode:04o})", text(place, path))]
pub struct Exposed {
    /// The file or folder.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: u32,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Itself,
    Folder,
    Above,
}

fn text(place: &Place, path: &Path) -> String {
    let path = path.display();
    match place {
        Place::Itself => "can be written by anyone".into(),
        Place::Folder => format!("lies in {path}, where anyone can put files"),
        Place::Above => format!("lies below {path}, where anyone can exchange folders"),
    }
}

impl Exposed {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        let path = self.path.display();
        format!("take the right away (chmod o-w {path}), or allow it by name (--allow-writable {path})")
    }
}

impl Trust {
    /// Trusts these files, and these folders with all in them, though anyone may write to them.
    pub fn allowing(paths: &[PathBuf]) -> Trust {
        // A path that is not there allows nothing.
        Trust { allowed: paths.iter().filter_map(|path| fs::canonicalize(path).ok()).collect() }
    }

    /// Checks a file, the folders on the way to it, and those on the way to what it links to.
    ///
    /// # Errors
    /// The first that anyone may write to and that is not allowed. A file that is not there passes: who opens it
    /// says so.
    pub fn check(&self, path: &Path) -> Result<(), Exposed> {
        let Ok(real) = fs::canonicalize(path) else { return Ok(()) };
        let given = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.look(&real, Place::Itself)?;
        let ways = if given == real { vec![real] } else { vec![real, given] };
        for way in ways {
            for (steps, folder) in way.ancestors().skip(1).enumerate() {
                self.look(folder, if steps == 0 { Place::Folder } else { Place::Above })?;
            }
        }
        Ok(())
    }

    fn look(&self, path: &Path, place: Place) -> Result<(), Exposed> {
        let Ok(metadata) = fs::metadata(path) else { return Ok(()) };
        let mode = metadata.mode() & 0o7777;
        let is_open = mode & ANYONE_WRITES != 0 && (place != Place::Above || mode & STICKY == 0);
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if !is_open || self.allowed.iter().any(|allowed| real.starts_with(allowed)) {
            return Ok(());
        }
        Err(Exposed { path: path.to_owned(), mode, place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_file_its_folder_and_the_folders_above_must_not_be_open_to_anyone() {
        let scratch = tempfile::tempdir().unwrap();
        let above = fs::canonicalize(scratch.path()).unwrap().join("above");
        let folder = above.join("plugins");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("p.so");
        fs::write(&file, "").unwrap();
        let reason = || Trust::default().check(&file).map_err(|exposed| exposed.to_string());
        assert_eq!(reason(), Ok(()));
        mode(&file, 0o666);
        assert_eq!(reason(), Err("can be written by anyone (mode 0666)".into()));
        assert_eq!(Trust::allowing(std::slice::from_ref(&file)).check(&file), Ok(()));
        mode(&file, 0o664);
        assert_eq!(reason(), Ok(()), "a group is not anyone");
        mode(&folder, 0o1777);
        let expected = format!("lies in {}, where anyone can put files (mode 1777)", folder.display());
        assert_eq!(reason(), Err(expected));
        assert_eq!(Trust::allowing(std::slice::from_ref(&folder)).check(&file), Ok(()));
        mode(&folder, 0o755);
        mode(&above, 0o777);
        let expected =
            format!("lies below {}, where anyone can exchange folders (mode 0777)", above.display());
        assert_eq!(reason(), Err(expected));
        mode(&above, 0o1777);
        assert_eq!(reason(), Ok(()), "as in /tmp, only the owner can exchange it");
        mode(&above, 0o755);
    }

    #[test]
    fn a_link_is_checked_where_it_lies_and_where_it_leads() {
        let scratch = tempfile::tempdir().unwrap();
        let (open, closed) = (scratch.path().join("open"), scratch.path().join("closed"));
        fs::create_dir(&open).unwrap();
        fs::create_dir(&closed).unwrap();
        mode(&open, 0o777);
        fs::write(open.join("p.so"), "").unwrap();
        fs::write(closed.join("q.so"), "").unwrap();
        std::os::unix::fs::symlink(open.join("p.so"), closed.join("p.so")).unwrap();
        std::os::unix::fs::symlink(closed.join("q.so"), open.join("q.so")).unwrap();
        assert!(Trust::default().check(&closed.join("p.so")).is_err());
        assert!(Trust::default().check(&open.join("q.so")).is_err());
        assert_eq!(Trust::default().check(&closed.join("q.so")), Ok(()));
    }
}
