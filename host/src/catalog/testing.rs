//! Small catalogs and commits for the tests of the catalog.

use std::{fs, sync::Arc};

use uuid::Uuid;

use super::{Catalog, DatasetCommit, Result, StagedPart};
use crate::store::{Algorithm, ContentId, MemoryStore};

/// A catalog over an empty store in memory.
pub(super) fn catalog() -> Catalog {
    Catalog::create(Arc::new(MemoryStore::new()), "test").unwrap()
}

/// A commit with staged parts, given as partition and bytes.
pub(super) fn commit(catalog: &Catalog, recipe: &str, parts: &[(&str, &str)]) -> DatasetCommit {
    try_commit(catalog, recipe, parts).unwrap()
}

/// As [`commit`], where the store may refuse to stage.
pub(super) fn try_commit(catalog: &Catalog, recipe: &str, parts: &[(&str, &str)]) -> Result<DatasetCommit> {
    let job = Uuid::now_v7();
    let index = |i: usize| parts[..i].iter().filter(|(name, _)| *name == parts[i].0).count() as u64;
    let parts =
        parts.iter().enumerate().map(|(i, (name, bytes))| try_staged(catalog, job, name, index(i), bytes));
    Ok(DatasetCommit {
        dataset: ContentId::of(Algorithm::Blake3, recipe.as_bytes()),
        job,
        parts: parts.collect::<Result<_>>()?,
        objects: Vec::new(),
        inputs: Vec::new(),
        parents: Vec::new(),
        name: None,
    })
}

/// A staged part with one row for each byte.
pub(super) fn staged(catalog: &Catalog, job: Uuid, partition: &str, index: u64, bytes: &str) -> StagedPart {
    try_staged(catalog, job, partition, index, bytes).unwrap()
}

fn try_staged(catalog: &Catalog, job: Uuid, partition: &str, index: u64, bytes: &str) -> Result<StagedPart> {
    let name = format!("{partition}/part-{index}.arrow");
    let staged = catalog.store().staging_file(&job.to_string(), &name)?;
    fs::write(&staged, bytes).unwrap();
    Ok(StagedPart {
        partition: partition.into(),
        index,
        staged,
        id: ContentId::of(Algorithm::Blake3, bytes.as_bytes()),
        rows: bytes.len() as u64,
        bytes: bytes.len() as u64,
        batches: 1,
        columns: 1,
        table: None,
    })
}
