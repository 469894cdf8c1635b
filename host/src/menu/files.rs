//! The file system as far as checking a job file needs it.

use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathKind {
    /// Something that can be read.
    File,
    /// A folder.
    Folder,
    /// Nothing.
    Missing,
}

/// Looks at files; checking a job file asks for nothing else of the world.
pub trait Files {
    /// What a path leads to, through symbolic links.
    fn kind(&self, path: &Path) -> PathKind;

    /// The files that a pattern relative to `base` matches, sorted.
    ///
    /// # Errors
    /// Why the pattern cannot be used, in words.
    fn matching(&self, base: &Path, pattern: &str) -> Result<Vec<PathBuf>, String>;
}

/// The real file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Files for Disk {
    fn kind(&self, path: &Path) -> PathKind {
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => PathKind::Folder,
            Ok(_) => PathKind::File,
            Err(_) => PathKind::Missing,
        }
    }

    fn matching(&self, base: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let whole = if Path::new(pattern).is_absolute() {
            pattern.to_owned()
        } else {
            // The folder's own name may hold characters that mean something in a pattern.
            let base = base.to_str().ok_or("the folder's name is not UTF-8")?;
            format!("{}/{pattern}", Pattern::escape(base))
        };
        let options = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        let found = glob::glob_with(&whole, options).map_err(|error| error.msg.to_owned())?;
        let mut files = Vec::new();
        for path in found {
            let path = path.map_err(|error| error.to_string())?;
            if self.kind(&path) == PathKind::File {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }
}

/// Whether a path as written is a pattern.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_sorted_files_and_no_folders() {
        let scratch = tempfile::tempdir().unwrap();
        let base = scratch.path().join("a[b]");
        std::fs::create_dir_all(base.join("x.csv")).unwrap();
        for name in ["b.csv", "a.csv", ".hidden.csv", "a.txt"] {
            std::fs::write(base.join(name), "").unwrap();
        }
        let names = |pattern: &str| {
            let found = Disk.matching(&base, pattern).unwrap();
            found
                .iter()
                .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("*.csv"), ["a.csv", "b.csv"]);
        assert_eq!(names("?.txt"), ["a.txt"]);
        assert!(names("*.parquet").is_empty());
        assert!(Disk.matching(&base, "a**b").is_err());
    }
}
