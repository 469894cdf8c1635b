//! What lies in a store beside its keys.

use std::{fs, path::Path, time::SystemTime};

/// Something in a store that is no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// Where it is, relative to the store.
    pub place: String,
    /// What it is.
    pub kind: StrayKind,
    /// When it last changed, if that is known.
    pub modified: Option<SystemTime>,
}

/// What something beside the keys is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StrayKind {
    /// The staging directory of a job.
    Staging {
        /// The job's name.
        job: String,
    },
    /// A file in the making, whose writer may be gone.
    Temporary,
    /// A symbolic link, a device, or a name that no key can have.
    Foreign,
}

/// The staging directories of jobs below a directory; one that cannot be read has none.
pub(super) fn staged(dir: &Path) -> Vec<Stray> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let found = entries.filter_map(|entry| {
        let job = entry.file_name().into_string().ok()?;
        entry.file_type().ok()?.is_dir().then(|| Stray {
            place: format!("staging/{job}"),
            kind: StrayKind::Staging { job },
            modified: newest(&entry.path(), 0),
        })
    });
    let mut found: Vec<Stray> = found.collect();
    found.sort_by(|a, b| a.place.cmp(&b.place));
    found
}

/// The last change of a directory and of what is in it.
fn newest(path: &Path, depth: usize) -> Option<SystemTime> {
    let own = fs::symlink_metadata(path).ok()?;
    let mut last = own.modified().ok()?;
    if own.is_dir() && depth < 8 {
        for entry in fs::read_dir(path).ok()?.flatten() {
            last = last.max(newest(&entry.path(), depth + 1)?);
        }
    }
    Some(last)
}
