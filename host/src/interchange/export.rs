//! Writing datasets out in the framework's flat layout.
//!
//! Imported datasets leave as they came: their files byte by byte, and the record of their store with all that was
//! asked for; only addresses that pointed into the old folder point into the new one. Own datasets get names, ids and
//! records in the same form, made from their content ids, so that writing them out twice gives the same files. The
//! record of a store comes last: a folder without one is not finished.

mod folder;
mod own;
mod returned;

use std::collections::BTreeSet;
use std::path::Path;

use super::ExportError;
use crate::catalog::Catalog;
use crate::store::ContentId;
use folder::Folder;

/// Which datasets are written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All of them, with the menus and configurations of imported stores that made none.
    All,
    /// These, and those that they were made from.
    These(Vec<ContentId>),
}

/// What was written out.
#[derive(Debug, Clone, Default)]
pub struct Exported {
    /// The records of stores, by file name.
    pub stores: Vec<String>,
    /// The datasets.
    pub datasets: Vec<ExportedDataset>,
    /// How many files the folder holds of them.
    pub files: usize,
    /// What a reader of the folder should know.
    pub notes: Vec<String>,
}

/// A dataset that was written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedDataset {
    /// Its id.
    pub id: ContentId,
    /// Its id in the folder.
    pub uuid: String,
}

/// Writes datasets into a folder, which is made if it is not there. Files of the same name and bytes are left alone.
///
/// # Errors
/// [`ExportError`]; the folder may then hold some of the files, but no record of a store that lists them.
pub fn export(catalog: &Catalog, which: &Which, folder: &Path) -> Result<Exported, ExportError> {
    let mut wanted: BTreeSet<ContentId> = BTreeSet::new();
    let mut open = match which {
        Which::All => catalog.dataset_ids()?,
        Which::These(ids) => ids.clone(),
    };
    while let Some(id) = open.pop() {
        if wanted.insert(id) {
            open.extend(catalog.dataset(&id)?.parents);
        }
    }
    let mut folder = Folder::make(folder)?;
    let mut exported = Exported::default();
    let mut own = wanted.clone();
    for import in catalog.imports()? {
        let datasets =
            import.datasets.iter().filter_map(|d| Some((d, d.dataset_id.parse::<ContentId>().ok()?)));
        let datasets: Vec<_> = datasets.filter(|(_, id)| wanted.contains(id)).collect();
        if datasets.is_empty() && *which != Which::All {
            continue;
        }
        own.retain(|id| datasets.iter().all(|(_, imported)| imported != id));
        returned::give_back(catalog, &import, &datasets, *which == Which::All, &mut folder, &mut exported)?;
    }
    if !own.is_empty() {
        own::write(catalog, &own, &mut folder, &mut exported)?;
    }
    exported.files = folder.files();
    Ok(exported)
}
