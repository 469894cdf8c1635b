//! Stores of the Python framework that were read in, and the ids that mean something since.

use artemis_proto::{artemis::JobInfo, host::ImportedStore};

use super::{Catalog, CatalogError, ObjectKind, Result, log::check_format, view::parse_id};
use crate::store::ContentId;

/// The fewest characters that stand for an id of an imported store.
const SHORTEST_PREFIX: usize = 4;

/// What an id of an imported store means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alias {
    /// A dataset.
    Dataset(ContentId),
    /// An object; the kind is `None` for a data file.
    Object(Option<ObjectKind>, ContentId),
}

impl Catalog {
    /// The stores that were read in, in the order in which that was done.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub fn imports(&self) -> Result<Vec<ImportedStore>> {
        let imports: Vec<ContentId> = {
            let objects = self.objects()?.into_iter();
            objects.filter(|object| object.kind == ObjectKind::Import).map(|object| object.id).collect()
        };
        let read = |id: ContentId| {
            let import: ImportedStore = self.get_message(&id)?;
            check_format(&id.to_string(), import.format_version)?;
            Ok(import)
        };
        imports.into_iter().map(read).collect()
    }

    /// What the imported job of a menu and a configuration was called; `None` if no record says so.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub fn imported_job_name(&self, menu: &str, config: &str) -> Result<Option<String>> {
        let jobs = self.imports()?.into_iter().flat_map(|import| import.datasets).flat_map(|d| d.objects);
        for object in jobs.filter(|object| object.kind == ObjectKind::Job.name()) {
            let job: JobInfo = self.get_message(&parse_id(&object.content_id, &object.name)?)?;
            if job.menu_id == menu && job.config_id == config && !job.name.is_empty() {
                return Ok(Some(job.name));
            }
        }
        Ok(None)
    }

    /// What an id of an imported store, or the beginning of one, means here; `None` if nothing.
    ///
    /// # Errors
    /// [`CatalogError::Ambiguous`], damage, or an error of the store.
    pub fn alias(&self, text: &str) -> Result<Option<Alias>> {
        if text.len() < SHORTEST_PREFIX || !text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
            return Ok(None);
        }
        let text = text.to_ascii_lowercase();
        let mut found: Vec<(String, Alias)> = Vec::new();
        for import in self.imports()? {
            let place = format!("the import of {}", import.uuid);
            for dataset in &import.datasets {
                if dataset.uuid.starts_with(&text) {
                    let alias = Alias::Dataset(parse_id(&dataset.dataset_id, &place)?);
                    found.push((dataset.uuid.clone(), alias));
                }
            }
            let listed = import.datasets.iter().flat_map(|dataset| &dataset.objects);
            for object in import.objects.iter().chain(listed).filter(|o| o.uuid.starts_with(&text)) {
                let alias =
                    Alias::Object(ObjectKind::from_name(&object.kind), parse_id(&object.content_id, &place)?);
                found.push((object.uuid.clone(), alias));
            }
        }
        found.sort();
        found.dedup();
        // A whole id means itself, also where it begins another one.
        if found.iter().any(|(uuid, _)| *uuid == text) {
            found.retain(|(uuid, _)| *uuid == text);
        }
        match found.as_slice() {
            [] => Ok(None),
            [(_, alias)] => Ok(Some(*alias)),
            several => {
                let candidates = several.iter().map(|(uuid, alias)| format!("{uuid} ({alias})")).collect();
                Err(CatalogError::Ambiguous { text, candidates })
            }
        }
    }
}

impl std::fmt::Display for Alias {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Alias::Dataset(id) => write!(f, "dataset {id}"),
            Alias::Object(kind, id) => write!(f, "{} {id}", kind.map_or("part", ObjectKind::name)),
        }
    }
}
