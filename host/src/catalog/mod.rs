//! The records that give a store's bytes their meaning: datasets, jobs, names, menus, configurations.
//!
//! The truth stands in two kinds of logs. The store's log says which datasets, names, menus and
//! configurations there are; the log of each dataset says which parts, objects and jobs belong to it.
//! **A dataset is visible when the store's log says that it was made**, and not before. A commit therefore
//! publishes the parts, then creates the entry in the dataset's log, then the entry in the store's log.
//! Whatever is left of a commit that was cut short is either invisible or finished by the next commit of
//! the same dataset.
//!
//! Clock times, places and process ids stand only in log entries and in the records of jobs, never in an
//! object whose id must reproduce.
//!
//! A job uses the catalog in these steps:
//! 1. open the store;
//! 2. store the menu and the configuration;
//! 3. start the job, which gives it a directory to stage files in;
//! 4. ask whether the dataset of the recipe is there already;
//! 5. stage the data files, hash them, commit the inputs and the dataset;
//! 6. end the job.
//!
//! ```
//! use std::sync::Arc;
//! use artemis_host::{catalog::*, store::{ContentId, MemoryStore}};
//! use artemis_proto::cronus;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // 1.
//! let catalog = Catalog::open_or_create(Arc::new(MemoryStore::new()), "example")?;
//! let data = catalog.identity().data;
//! // 2.
//! let (menu, config) = (cronus::Menu::default(), cronus::Configuration::default());
//! let objects = vec![catalog.put_menu(&menu)?, catalog.put_config(&config)?];
//! // 3.
//! let job = catalog.start_job(&JobDescription { name: "flights".into(), ..Default::default() })?;
//! // 4.
//! let recipe = Recipe {
//!     menu: recipe::canonical_id(data, &recipe::canonical_menu(&menu)),
//!     config: recipe::canonical_id(data, &recipe::canonical_config(&config, &[])),
//!     inputs: vec![ContentId::of(data, b"a,b\n1,2\n")],
//!     path_inputs: vec![],
//!     plugins: vec![],
//!     output_revision: 1,
//!     job_salt: None,
//!     secrets: vec![],
//!     left_out: vec![],
//!     input_names: vec![],
//! };
//! let dataset = recipe.dataset_id(data);
//! assert!(!catalog.settle_dataset(&dataset)?);
//! // 5.
//! let staged = catalog.staging_file(&job, "rows/part-0.arrow")?;
//! std::fs::write(&staged, b"bytes")?;
//! let part = StagedPart {
//!     partition: "rows".into(),
//!     index: 0,
//!     staged,
//!     id: ContentId::of(data, b"bytes"),
//!     rows: 1,
//!     bytes: 5,
//!     batches: 1,
//!     columns: 2,
//!     table: None,
//! };
//! let committed = catalog.commit_dataset(&DatasetCommit {
//!     dataset,
//!     job: job.id,
//!     parts: vec![part],
//!     objects,
//!     inputs: vec![],
//!     parents: vec![],
//!     name: Some("flights".into()),
//! })?;
//! assert!(!committed.already_there);
//! // 6.
//! catalog.end_job(&job, &EndOfJob { dataset: Some(dataset), ..Default::default() })?;
//! assert_eq!(catalog.resolve("flights")?, dataset);
//! # Ok(())
//! # }
//! ```

mod commit;
mod dataset_object;
mod error;
mod imports;
mod input_cache;
mod inputs;
mod jobs;
#[cfg(test)]
mod kill_tests;
mod log;
mod names;
mod objects;
pub mod recipe;
mod records;
mod show;
#[cfg(test)]
mod testing;
mod view;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use artemis_proto::{FORMAT_VERSION, host};
use uuid::Uuid;

pub use commit::{Committed, DatasetCommit, StagedPart};
pub(crate) use dataset_object::file_url;
pub use error::CatalogError;
pub use host::{DatasetKind, InputRecord};
pub use imports::Alias;
pub use input_cache::{FileStamp, InputCache};
pub use inputs::{InputItem, input_dataset_id};
pub use jobs::{EndOfJob, JobDescription, JobHandle, JobStatus, JobSummary, Progress};
pub use names::NameVersion;
pub use objects::{ObjectKind, ObjectRef};
pub use recipe::Recipe;
pub use records::{DatasetRecord, DatasetSummary, Part, Partition};

use crate::store::{Created, Identity, Store};
use log::Replayed;
use view::View;

/// The result of the operations of a catalog.
pub type Result<T, E = CatalogError> = std::result::Result<T, E>;

/// The records of one store. All methods may be called from any thread.
#[derive(Debug)]
pub struct Catalog {
    store: Arc<dyn Store>,
    identity: Identity,
    view: Mutex<Replayed<View>>,
}

impl Catalog {
    /// Makes a store with the usual algorithms.
    ///
    /// # Errors
    /// [`CatalogError::StoreThere`] if there is one, or an error of the store.
    pub fn create(store: Arc<dyn Store>, name: &str) -> Result<Self> {
        Self::create_as(store, Identity::new(name))
    }

    /// Makes a store with the given identity.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_as(store: Arc<dyn Store>, identity: Identity) -> Result<Self> {
        if identity.create(store.as_ref())? == Created::Exists {
            return Err(CatalogError::StoreThere);
        }
        let catalog = Self::over(store, identity);
        let created = host::StoreCreated {
            format_version: FORMAT_VERSION,
            uuid: catalog.identity.uuid.to_string(),
            name: catalog.identity.name.clone(),
        };
        let payload = log::payload(host::payload::Kind::StoreCreated(created));
        // Another process may have opened the store and written its first entry already.
        catalog
            .view()
            .append(catalog.store.as_ref(), |view| view.is_empty().then(|| vec![payload.clone()]))?;
        Ok(catalog)
    }

    /// Opens a store and reads its log.
    ///
    /// # Errors
    /// [`CatalogError::NoStore`] if there is none, damage, or an error of the store.
    pub fn open(store: Arc<dyn Store>) -> Result<Self> {
        let identity = Identity::read(store.as_ref())?.ok_or(CatalogError::NoStore)?;
        let catalog = Self::over(store, identity);
        drop(catalog.refreshed()?);
        Ok(catalog)
    }

    /// Opens a store, or makes it if there is none.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_or_create(store: Arc<dyn Store>, name: &str) -> Result<Self> {
        match Self::open(Arc::clone(&store)) {
            Err(CatalogError::NoStore) => match Self::create(Arc::clone(&store), name) {
                // Someone else was faster.
                Err(CatalogError::StoreThere) => Self::open(store),
                other => other,
            },
            other => other,
        }
    }

    fn over(store: Arc<dyn Store>, identity: Identity) -> Self {
        let view = Mutex::new(Replayed::new("log", identity.data));
        Self { store, identity, view }
    }

    /// The store's name.
    pub fn store_name(&self) -> &str {
        &self.identity.name
    }

    /// The store's id.
    pub fn store_uuid(&self) -> Uuid {
        self.identity.uuid
    }

    /// Who the store is, and by which hashes it names things.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The bytes below the records.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// What is known of the store's log, without looking for new entries.
    fn view(&self) -> MutexGuard<'_, Replayed<View>> {
        // A panic cannot leave the view between two entries: applying an entry does not panic.
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of the store's log, with all entries up to now.
    fn refreshed(&self) -> Result<MutexGuard<'_, Replayed<View>>> {
        let mut view = self.view();
        view.refresh(self.store.as_ref())?;
        Ok(view)
    }
}

/// The clock, for stamps in log entries and jobs.
fn now() -> prost_types::Timestamp {
    std::time::SystemTime::now().into()
}

/// A stored stamp as the system's time; the epoch if it is absent or beyond the clock's range.
fn system_time(stamp: Option<prost_types::Timestamp>) -> std::time::SystemTime {
    stamp.and_then(|s| s.try_into().ok()).unwrap_or(std::time::UNIX_EPOCH)
}
