//! What can go wrong with a store, by what the caller can do about it.

use std::{
    io,
    path::{Path, PathBuf},
};

/// An error of a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such key.
    #[error("the store has no {key}")]
    NotFound {
        /// The key.
        key: String,
    },
    /// The key is there already.
    #[error("the store already has {key}")]
    Exists {
        /// The key.
        key: String,
    },
    /// Stored bytes are not what was stored.
    #[error("{place} is damaged: {what}")]
    Corrupt {
        /// The key.
        place: String,
        /// What is wrong with it.
        what: String,
    },
    /// The key breaks the rules for keys.
    #[error("{key:?} is no key of a store: {reason}")]
    BadKey {
        /// The key as given.
        key: String,
        /// The rule that it breaks.
        reason: &'static str,
    },
    /// A newer version of the program wrote this.
    #[error("{place} has format version {found}; this program reads up to {supported}")]
    TooNew {
        /// The key.
        place: String,
        /// Its format version.
        found: u64,
        /// The newest version understood here.
        supported: u64,
    },
    /// The store may not be written.
    #[error("the store at {} may only be read", path.display())]
    ReadOnly {
        /// The directory of the store.
        path: PathBuf,
    },
    /// The text names no place for a store.
    #[error("{text:?} is no place for a store: {reason}")]
    BadLocation {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The object storage refused, or cannot be reached; trying again may help.
    #[error("{place}: {source}")]
    Remote {
        /// The URL.
        place: String,
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The operating system refused; trying again may help.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

impl StoreError {
    /// An IO error at a path; a medium that cannot be written is [`StoreError::ReadOnly`].
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly { path: path.to_owned() },
            _ => StoreError::Io { path: path.to_owned(), source },
        }
    }

    /// Damage at a key.
    pub(crate) fn corrupt(place: impl Into<String>, what: impl Into<String>) -> Self {
        StoreError::Corrupt { place: place.into(), what: what.into() }
    }
}
