//! Why a store of the framework cannot be read in, or a dataset not written out.

use std::io;
use std::path::{Path, PathBuf};

use crate::catalog::CatalogError;
use crate::store::StoreError;

/// Why a folder cannot be read in. Nothing of it is visible in the store afterwards.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The folder or a file in it cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No file of the folder is the record of a store.
    #[error("{} holds no store of the Python framework: no file {{id}}.{{name}}.cronus.pb", folder.display())]
    NoStore {
        /// The folder.
        folder: PathBuf,
    },
    /// It holds several stores, and which is meant cannot be known.
    #[error("{} holds several stores: {first} and {second}; move all but one of these files away", folder.display())]
    SeveralStores {
        /// The folder.
        folder: PathBuf,
        /// One record.
        first: String,
        /// Another.
        second: String,
    },
    /// The record of the store is damaged or not what its name says.
    #[error("{name} is no record of a store: {reason}")]
    BadStore {
        /// The file.
        name: String,
        /// Why.
        reason: String,
    },
    /// Two files have the same id and different bytes.
    #[error("{first} and {second} have the same id and other bytes: an id must mean one object")]
    DuplicateId {
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
    /// A file's bytes changed between two looks at it.
    #[error("{name} changed while it was read; try again when nobody writes there")]
    Changed {
        /// The file.
        name: String,
    },
    /// The store that reads it in refused.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl ImportError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Io { path, source }
    }
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        Self::Catalog(error.into())
    }
}

/// Why a dataset cannot be written out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A file cannot be written, or an input not read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder has a file of this name with other bytes.
    #[error("{} is there with other bytes; name an empty folder", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The store refused, or is damaged.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl ExportError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Io { path, source }
    }
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        Self::Catalog(error.into())
    }
}
