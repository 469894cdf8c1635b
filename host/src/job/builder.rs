//! One job of an open dataset, run apart from the store that it is for: many may run at once, on many machines
//! that see one directory, and their records are merged in any order.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use artemis_proto::{FORMAT_VERSION, host};
use uuid::Uuid;

use super::{ErrorKind, JobError, Options, Quiet, run};
use crate::catalog::{Catalog, ObjectRef, encode_records};
use crate::limits::Limits;
use crate::menu::restore::{self, Inputs};
use crate::plugin::catalogue::Catalogue;
use crate::store::{ContentId, LocalOptions, LocalStore};

/// A job that is to be run.
#[derive(Debug, Clone)]
pub struct JobBuilder {
    /// The directory of the final store, which is only read.
    pub root: PathBuf,
    /// Its name.
    pub store_name: String,
    /// Its id.
    pub store_id: Uuid,
    /// The stored menu.
    pub menu_id: ContentId,
    /// The stored configuration.
    pub config_id: ContentId,
    /// The open dataset.
    pub dataset_id: ContentId,
    /// The number of the job in it, from [`Catalog::new_job`].
    pub job_id: u64,
    /// Where the job keeps what it makes until it is merged; nothing may lie there yet.
    pub work: PathBuf,
    /// Other inputs than those of the configuration; empty for its own.
    pub inputs: Vec<String>,
    /// Workers; `None` takes what the machine allows.
    pub workers: Option<usize>,
}

impl JobBuilder {
    /// Runs the job and returns its records, for [`Catalog::update_dataset`]. The final store is not touched.
    ///
    /// # Errors
    /// As [`run`]; also another store than was named, or a menu that the plugins do not fit.
    pub fn execute(&self, plugins: &Catalogue) -> Result<Vec<u8>, JobError> {
        let read_only = LocalOptions { read_only: true, ..LocalOptions::default() };
        let final_store = Arc::new(LocalStore::new(&self.root, read_only));
        let store = Catalog::open_known(final_store, &self.store_name, self.store_id)?;
        let (menu, config) = (store.menu(&self.menu_id)?, store.config(&self.config_id)?);
        let base = std::path::absolute(".").unwrap_or_else(|_| Path::new(".").to_owned());
        let inputs = (!self.inputs.is_empty()).then_some(Inputs { base: &base, paths: &self.inputs });
        let checked = restore::from_messages(&menu, &config, plugins, inputs)
            .map_err(|problems| JobError::new(ErrorKind::Usage, problems.to_string()))?;
        let mut identity = store.identity().clone();
        (identity.uuid, identity.data_root) = (Uuid::now_v7(), None);
        let own = Arc::new(LocalStore::new(&self.work, LocalOptions::default()));
        let own = Catalog::create_as(own, identity)?;
        let summary = run(
            &checked.job,
            &Options {
                plugins,
                catalog: &own,
                workers: self.workers,
                again: false,
                dry_run: false,
                durable: true,
                default_memory_bytes: Limits::of_process().job_memory_bytes(),
                observer: &Quiet,
                plugin_changes: &[],
            },
        )?;
        let dataset = summary.dataset.ok_or_else(|| JobError::bug("a job succeeded without a dataset"))?;
        Ok(encode_records(&self.records(&own, &dataset)?))
    }

    fn records(&self, own: &Catalog, dataset: &ContentId) -> Result<host::JobRecords, JobError> {
        let record = own.dataset(dataset)?;
        let mut parts = Vec::new();
        for partition in &record.partitions {
            for part in &partition.parts {
                let path = own.store().local_path(&part.key);
                let path = path.and_then(|path| std::path::absolute(path).ok());
                let path = path.ok_or_else(|| JobError::bug(format!("{} is no local file", part.key)))?;
                let message = host::Part {
                    format_version: FORMAT_VERSION,
                    partition: partition.name.clone(),
                    index: part.index,
                    key: String::new(),
                    content_id: part.id.to_string(),
                    rows: part.rows,
                    bytes: part.bytes,
                    batches: part.batches,
                    columns: part.columns,
                    table_id: part.table.map(|id| id.to_string()).unwrap_or_default(),
                };
                let path = path.to_string_lossy().into_owned();
                parts.push(host::BuiltPart { format_version: FORMAT_VERSION, part: Some(message), path });
            }
        }
        let built = |object: &ObjectRef| {
            Ok(host::BuiltObject {
                format_version: FORMAT_VERSION,
                object: Some(object.to_proto()),
                content: own.get_object(&object.id)?,
            })
        };
        Ok(host::JobRecords {
            format_version: FORMAT_VERSION,
            dataset_id: self.dataset_id.to_string(),
            job_index: self.job_id,
            store_id: self.store_id.to_string(),
            parts,
            objects: record.objects.iter().map(built).collect::<Result<_, JobError>>()?,
            inputs: record.inputs,
        })
    }
}
