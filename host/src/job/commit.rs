//! From part files to a committed dataset with its records, and what there is to say of it.

use super::attempt::{KnownIds, Made, Memory, WrittenPartition, file_name};
use super::change::PluginChange;
use super::identity::Identity;
use super::log::MemoryLog;
use super::stages::RowCounts;
use super::summary::{DatumSummary, PartitionSummary, Reject, StepTime, Summary};
use super::{JobError, Options, records};
use crate::catalog::{
    Catalog, DatasetCommit, EndOfJob, FileStamp, InputCache, InputItem, InputRecord, JobHandle, ObjectKind,
    ObjectRef, StagedPart,
};
use crate::menu::{Job, OnBadInput};
use crate::steering::Plan;
use crate::store::{Algorithm, ContentId};
use artemis_proto::FORMAT_VERSION;
use artemis_proto::artemis::{JobInfo, Summary as JobSummary};
use artemis_proto::host::{Annotation, InputStatus};
use prost::Message;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// Content ids of the inputs that the cache knows, by index.
pub fn known_ids(job: &Job, cache: &InputCache, data: Algorithm) -> KnownIds {
    let known = job.input.files.iter().enumerate().filter_map(|(index, path)| {
        let stamp = FileStamp::of(path).ok()?;
        let id = cache.get(path, &stamp)?;
        (id.algorithm() == data).then_some((index, (id, stamp)))
    });
    known.collect()
}

/// The summary of a dry run: the partitions that would be made, the inputs that would be read.
pub fn dry(job: &Job, identity: &Identity, started: Instant) -> Summary {
    let leaves = Plan::new(job).map(|plan| plan.leaves).unwrap_or_default();
    let inputs: Vec<DatumSummary> = job
        .input
        .files
        .iter()
        .map(|path| DatumSummary {
            name: file_name(path),
            path: path.clone(),
            status: "found".to_owned(),
            rows_in: 0,
            rows_rejected: 0,
            bytes: FileStamp::of(path).map_or(0, |stamp| stamp.size),
            id: None,
            first_error: None,
        })
        .collect();
    Summary {
        bytes_in: inputs.iter().map(|input| input.bytes).sum(),
        inputs,
        partitions: leaves
            .into_iter()
            .map(|leaf| PartitionSummary {
                name: leaf.partition,
                rows: 0,
                batches: 0,
                parts: 0,
                bytes: 0,
                files: Vec::new(),
            })
            .collect(),
        ..planned(job, identity, started)
    }
}

/// What is known of a job before it runs.
fn planned(job: &Job, identity: &Identity, started: Instant) -> Summary {
    Summary { menu: Some(identity.menu), config: Some(identity.config), ..empty(job, started) }
}

fn empty(job: &Job, started: Instant) -> Summary {
    Summary {
        dataset: None,
        name: job.name.clone(),
        version: None,
        job: None,
        already_there: false,
        menu: None,
        config: None,
        rows_in: 0,
        rows_out: 0,
        rows_rejected: 0,
        cells_rejected: 0,
        bytes_in: 0,
        bytes_out: 0,
        elapsed: started.elapsed(),
        partitions: Vec::new(),
        inputs: Vec::new(),
        rejects: Vec::new(),
        steps: Vec::new(),
        notes: Vec::new(),
    }
}

/// The summary of a dataset that an earlier job made; the name moves to it.
///
/// # Errors
/// Those of the store.
pub fn found(
    job: &Job,
    options: &Options<'_>,
    identity: &Identity,
    dataset: ContentId,
    started: Instant,
) -> Result<Summary, JobError> {
    let catalog = options.catalog;
    if !options.dry_run {
        catalog.name_dataset(&job.name, &dataset)?;
    }
    let record = catalog.dataset(&dataset)?;
    let mut summary = Summary {
        dataset: Some(dataset),
        version: version_of(catalog, &job.name, &dataset)?,
        already_there: true,
        rows_in: record.inputs.iter().map(|input| input.rows_in).sum(),
        rows_rejected: record.inputs.iter().map(|input| input.rows_rejected).sum(),
        bytes_in: record.inputs.iter().map(|input| input.bytes).sum(),
        rows_out: record.rows(),
        bytes_out: record.bytes(),
        ..planned(job, identity, started)
    };
    summary.inputs = record.inputs.iter().map(datum_of_record).collect();
    summary.partitions = record
        .partitions
        .iter()
        .map(|partition| PartitionSummary {
            name: partition.name.clone(),
            rows: partition.parts.iter().map(|part| part.rows).sum(),
            batches: partition.parts.iter().map(|part| part.batches).sum(),
            parts: partition.parts.len() as u64,
            bytes: partition.parts.iter().map(|part| part.bytes).sum(),
            files: partition.parts.iter().map(|part| place(catalog, &part.key)).collect(),
        })
        .collect();
    // In the order of the leaves, as the job that made it told them.
    let leaves = Plan::new(job).map(|plan| plan.leaves).unwrap_or_default();
    let place = |name: &str| leaves.iter().position(|leaf| leaf.partition == name).unwrap_or(leaves.len());
    summary.partitions.sort_by_key(|partition| place(&partition.name));
    summary.elapsed = started.elapsed();
    Ok(summary)
}

/// What an earlier job recorded of an input.
fn datum_of_record(input: &InputRecord) -> DatumSummary {
    DatumSummary {
        name: input.name.clone(),
        path: input.uri.clone().into(),
        status: status_word(input.status()).to_owned(),
        rows_in: input.rows_in,
        rows_rejected: input.rows_rejected,
        bytes: input.bytes,
        id: input.content_id.parse().ok(),
        first_error: Some(input.first_error.clone()).filter(|text| !text.is_empty()),
    }
}

fn status_word(status: InputStatus) -> &'static str {
    match status {
        InputStatus::InputRead => "read",
        InputStatus::InputSkipped => "skipped",
        InputStatus::InputQuarantined => "quarantined",
        InputStatus::InputFailed => "failed",
    }
}

fn version_of(catalog: &Catalog, name: &str, dataset: &ContentId) -> Result<Option<u64>, JobError> {
    let names = catalog.names()?;
    let versions = names.get(name).map(Vec::as_slice).unwrap_or_default();
    Ok(versions.iter().rposition(|id| id == dataset).map(|index| index as u64 + 1))
}

/// The job's record where it failed.
pub fn failed_info(
    catalog: &Catalog,
    identity: &Identity,
    handle: &JobHandle,
    error: &JobError,
    memory: &Memory,
) -> JobInfo {
    JobInfo {
        state: artemis_proto::artemis::JobState::from(memory.state).into(),
        error: error.to_string(),
        notes: memory.notes.clone(),
        ..base_info(catalog, identity, handle)
    }
}

fn base_info(catalog: &Catalog, identity: &Identity, handle: &JobHandle) -> JobInfo {
    JobInfo {
        started: Some(handle.started.into()),
        finished: Some(SystemTime::now().into()),
        job_id: handle.id.to_string(),
        store_name: catalog.store_name().to_owned(),
        store_id: catalog.store_uuid().to_string(),
        menu_id: identity.menu.to_string(),
        config_id: identity.config.to_string(),
        plugins: identity.plugins.clone(),
        annotations: identity.changes.iter().map(PluginChange::annotation).collect(),
        ..Default::default()
    }
}

/// Commits what an attempt made.
pub struct Commit<'a> {
    pub job: &'a Job,
    pub options: &'a Options<'a>,
    pub identity: &'a Identity,
    pub handle: &'a JobHandle,
    pub log: &'a Arc<MemoryLog>,
    pub memory: &'a Memory,
}

/// An input with what became of it.
struct Input {
    index: usize,
    id: Option<ContentId>,
    rows: RowCounts,
    bytes: u64,
    blocks: u64,
    error: Option<String>,
    status: InputStatus,
}

impl Commit<'_> {
    /// Commits inputs, parts and records, and ends the job.
    ///
    /// # Errors
    /// Those of the store; a dataset that is there with other content is one.
    pub fn run(
        &self,
        made: Made,
        known: &KnownIds,
        mut cache: InputCache,
        started: Instant,
    ) -> Result<Summary, JobError> {
        let catalog = self.options.catalog;
        let inputs = self.inputs(&made, known);
        let is_read = |input: &&Input| input.status == InputStatus::InputRead;
        let left_out = inputs.iter().filter(|input| !is_read(input)).map(|input| {
            let id = input.id.map_or_else(|| "unreadable".to_owned(), |id| id.to_string());
            format!("{}:{id}", input.index)
        });
        let read = inputs.iter().filter(is_read).filter_map(|input| input.id).collect();
        let recipe = self.identity.recipe(self.job, read, left_out.collect());
        let data = catalog.identity().data;
        let dataset = recipe.dataset_id(data);
        let parent = self.commit_inputs(&made, &inputs)?;
        let mut objects = self.identity.objects.clone();
        objects.push(catalog.put_message(ObjectKind::Recipe, "recipe", &recipe.to_message())?);
        let layout = made.steering.layout();
        let hists = records::collection(layout, &made.book, false);
        objects.push(catalog.put_message(ObjectKind::Hists, "histograms", &hists)?);
        let timers = records::collection(layout, &made.book, true);
        objects.push(catalog.put_message(ObjectKind::Timers, "timers", &timers)?);
        let parts = self.parts(&made.partitions, &mut objects)?;
        let mut summary = self.summary(&made, &inputs, dataset, started);
        let info = self.info(&made, &inputs, &summary, dataset, parent);
        let info = catalog.put(ObjectKind::Job, "job", &info.encode_to_vec())?;
        let log = catalog.put(ObjectKind::Log, "log", &records::log_bytes(self.log))?;
        objects.extend([info.clone(), log.clone()]);
        let committed = catalog.commit_dataset(&DatasetCommit {
            dataset,
            job: self.handle.id,
            parts,
            objects,
            inputs: inputs.iter().map(|input| self.input_record(input)).collect(),
            parents: vec![parent],
            name: Some(self.job.name.clone()),
        })?;
        for (index, end, _) in &made.inputs {
            // The stamp is that of the bytes that were read, not of what lies there now.
            if let Some(id) = inputs.iter().find(|input| input.index == *index).and_then(|input| input.id) {
                cache.put(&self.job.input.files[*index], &end.stamp, &id);
            }
        }
        // A cache that cannot be saved costs time, not data.
        if let Err(error) = catalog.save_input_cache(&cache) {
            tracing::warn!("cannot save the cache of content ids: {error}");
        }
        let end = EndOfJob {
            state: artemis_proto::artemis::JobState::JobSuccess,
            dataset: Some(dataset),
            error: None,
            info: Some(info.id),
            log: Some(log.id),
        };
        catalog.end_job(self.handle, &end)?;
        summary.version = version_of(catalog, &self.job.name, &dataset)?;
        summary.already_there = committed.already_there;
        self.locate(&mut summary)?;
        summary.elapsed = started.elapsed();
        Ok(summary)
    }

    /// What became of every input, in order.
    fn inputs(&self, made: &Made, known: &KnownIds) -> Vec<Input> {
        let data = self.options.catalog.identity().data;
        let read = made.inputs.iter().enumerate().map(|(position, (index, end, rows))| {
            let id = end.id.or_else(|| known.get(index).map(|(id, _)| *id));
            let bytes = end.stamp.size;
            let error = first_reject(made, position);
            let blocks = end.blocks.len() as u64;
            Input { index: *index, id, rows: *rows, bytes, blocks, error, status: InputStatus::InputRead }
        });
        let bad = self.memory.bad.iter().map(|(index, reason)| {
            let path = &self.job.input.files[*index];
            Input {
                index: *index,
                id: hash_file(path, data),
                rows: RowCounts::default(),
                bytes: FileStamp::of(path).map_or(0, |stamp| stamp.size),
                blocks: 0,
                error: Some(reason.clone()),
                status: match self.job.input.on_bad_input {
                    OnBadInput::Quarantine => InputStatus::InputQuarantined,
                    OnBadInput::Abort | OnBadInput::Skip => InputStatus::InputSkipped,
                },
            }
        });
        let mut inputs: Vec<Input> = read.chain(bad).collect();
        inputs.sort_by_key(|input| input.index);
        inputs
    }

    fn input_record(&self, input: &Input) -> InputRecord {
        let path = &self.job.input.files[input.index];
        InputRecord {
            status: input.status.into(),
            ..records::input_record(
                &file_name(path),
                path.to_string_lossy().into_owned(),
                input.id.map(|id| id.to_string()).unwrap_or_default(),
                input.bytes,
                input.blocks,
                input.rows,
                input.error.clone().unwrap_or_default(),
            )
        }
    }

    fn commit_inputs(&self, made: &Made, inputs: &[Input]) -> Result<ContentId, JobError> {
        let mut items = Vec::new();
        for (index, end, rows) in &made.inputs {
            let Some(input) = inputs.iter().find(|input| input.index == *index) else { continue };
            let Some(id) = input.id else { continue };
            let name = file_name(&self.job.input.files[*index]);
            let schema =
                made.types.first().cloned().unwrap_or_else(|| Arc::new(arrow::datatypes::Schema::empty()));
            let mut table = records::table(&name, &schema, "initial");
            if let Some(info) = &mut table.info {
                info.rows_in = rows.records;
                info.rows_out = rows.records.saturating_sub(rows.dropped);
                info.rows_rejected = rows.dropped;
                info.bytes = input.bytes;
                info.content_id = id.to_string();
                info.first_error = input.error.clone().unwrap_or_default();
            }
            let columns = schema.fields().len() as u64;
            let file = records::input_file(end, input.bytes, columns, &id.to_string());
            items.push(InputItem { id, name, file, table, record: self.input_record(input) });
        }
        Ok(self.options.catalog.commit_input_dataset(self.handle.id, &items)?)
    }

    /// The staged parts, with a table and a file record each.
    fn parts(
        &self,
        partitions: &[WrittenPartition],
        objects: &mut Vec<ObjectRef>,
    ) -> Result<Vec<StagedPart>, JobError> {
        let catalog = self.options.catalog;
        let mut parts = Vec::new();
        for partition in partitions {
            let table = records::table(&partition.name, &partition.schema, &partition.name);
            let mut table = catalog.put_message(ObjectKind::Table, &partition.name, &table)?;
            table.partition = Some(partition.name.clone());
            objects.push(table.clone());
            let columns = partition.schema.fields().len() as u64;
            for (index, part) in partition.parts.iter().enumerate() {
                let id = part.id.to_string();
                let file =
                    records::part_file(&partition.name, part.bytes, part.rows, part.batches, columns, &id);
                let name = format!("{}/{}", partition.name, file_name(&part.path));
                let mut file = catalog.put_message(ObjectKind::File, &name, &file)?;
                file.partition = Some(partition.name.clone());
                objects.push(file);
                parts.push(StagedPart {
                    partition: partition.name.clone(),
                    index: index as u64,
                    staged: part.path.clone(),
                    id: part.id,
                    rows: part.rows,
                    bytes: part.bytes,
                    batches: part.batches,
                    columns,
                    table: Some(table.id),
                });
            }
        }
        Ok(parts)
    }

    fn info(
        &self,
        made: &Made,
        inputs: &[Input],
        summary: &Summary,
        dataset: ContentId,
        parent: ContentId,
    ) -> JobInfo {
        let base = base_info(self.options.catalog, self.identity, self.handle);
        let elapsed = summary.elapsed;
        let names: Vec<String> =
            made.inputs.iter().map(|(index, _, _)| file_name(&self.job.input.files[*index])).collect();
        JobInfo {
            name: self.job.name.clone(),
            state: artemis_proto::artemis::JobState::JobSuccess.into(),
            dataset_id: dataset.to_string(),
            parentset_id: parent.to_string(),
            summary: Some(JobSummary {
                processed_bytes: summary.bytes_in,
                timers: records::timers(made.steering.layout(), &made.book),
                processed_ndatums: i32::try_from(made.inputs.len()).unwrap_or(i32::MAX),
                job_time: prost_types::Duration::try_from(elapsed).ok(),
                rows_in: summary.rows_in,
                rows_out: summary.rows_out,
                rows_rejected: summary.rows_rejected,
                bytes_out: summary.bytes_out,
                chunks: made.inputs.iter().map(|(_, end, _)| end.blocks.len() as u64).sum(),
                batches_out: summary.partitions.iter().map(|p| p.batches).sum(),
                spills: summary.partitions.iter().map(|p| p.parts.saturating_sub(1)).sum(),
                restarts: self.memory.restarts,
                datums: made.inputs.len() as u64,
                elapsed_ms: elapsed.as_secs_f64() * 1e3,
            }),
            annotations: base
                .annotations
                .iter()
                .cloned()
                .chain(made.steering.annotations().iter().map(|((component, key), value)| Annotation {
                    format_version: FORMAT_VERSION,
                    component: component.clone(),
                    key: key.clone(),
                    value: value.clone(),
                }))
                .collect(),
            rejects: records::reject_summaries(
                &made.rejects,
                &names,
                made.steering.reader_name(),
                self.job.input.on_mismatch.word(),
            ),
            inputs: inputs.iter().map(|input| self.input_record(input)).collect(),
            notes: self.memory.notes.clone(),
            counters: made.book.counters().iter().map(|(k, v)| (k.clone(), *v as f64)).collect(),
            ..base
        }
    }

    fn summary(&self, made: &Made, inputs: &[Input], dataset: ContentId, started: Instant) -> Summary {
        let partitions: Vec<PartitionSummary> = made.partitions.iter().map(partition_summary).collect();
        let filled = made.book.filled();
        let steps = made.steering.timers().into_iter().map(|(name, id)| StepTime {
            name: name.to_owned(),
            calls: filled.get(id).map_or(0, |timer| timer.entries),
            total: Duration::from_nanos(filled.get(id).map_or(0.0, |timer| timer.sum) as u64),
        });
        let names = |position: usize| {
            made.inputs
                .get(position)
                .map(|(index, _, _)| file_name(&self.job.input.files[*index]))
                .unwrap_or_default()
        };
        let rejects = made.rejects.iter().map(|((position, column), counted)| Reject {
            datum: names(*position),
            column: column.clone(),
            count: counted.count,
            first: counted
                .first
                .iter()
                .map(|reject| (reject.record, reject.offset, format!("`{}` {}", reject.text, reject.reason)))
                .collect(),
        });
        Summary {
            dataset: Some(dataset),
            job: Some(self.handle.id),
            rows_in: inputs.iter().map(|input| input.rows.records).sum(),
            rows_out: partitions.iter().map(|partition| partition.rows).sum(),
            rows_rejected: inputs.iter().map(|input| input.rows.dropped).sum(),
            cells_rejected: inputs.iter().map(|input| input.rows.nulled).sum(),
            bytes_in: inputs.iter().map(|input| input.bytes).sum(),
            bytes_out: partitions.iter().map(|partition| partition.bytes).sum(),
            steps: steps.collect(),
            rejects: rejects.collect(),
            notes: self.memory.notes.clone(),
            inputs: inputs
                .iter()
                .map(|input| {
                    let path = self.job.input.files[input.index].clone();
                    DatumSummary {
                        name: file_name(&path),
                        path,
                        status: status_word(input.status).to_owned(),
                        rows_in: input.rows.records,
                        rows_rejected: input.rows.dropped,
                        bytes: input.bytes,
                        id: input.id,
                        first_error: input.error.clone(),
                    }
                })
                .collect(),
            partitions,
            ..planned(self.job, self.identity, started)
        }
    }

    /// Says where the files are, now that they are committed.
    fn locate(&self, summary: &mut Summary) -> Result<(), JobError> {
        let Some(dataset) = summary.dataset else { return Ok(()) };
        let record = self.options.catalog.dataset(&dataset)?;
        for partition in &mut summary.partitions {
            let Some(found) = record.partitions.iter().find(|p| p.name == partition.name) else { continue };
            partition.files = found.parts.iter().map(|part| place(self.options.catalog, &part.key)).collect();
        }
        Ok(())
    }
}

/// Where a data file is: its path, or its URL where it is no local file.
fn place(catalog: &Catalog, key: &str) -> PathBuf {
    catalog.store().local_path(key).unwrap_or_else(|| catalog.store().url(key).into())
}

fn partition_summary(partition: &WrittenPartition) -> PartitionSummary {
    let parts = &partition.parts;
    PartitionSummary {
        name: partition.name.clone(),
        rows: parts.iter().map(|part| part.rows).sum(),
        batches: parts.iter().map(|part| part.batches).sum(),
        parts: parts.len() as u64,
        bytes: parts.iter().map(|part| part.bytes).sum(),
        files: Vec::new(),
    }
}

/// The first reject of an input, in words.
fn first_reject(made: &Made, position: usize) -> Option<String> {
    let of_input = made.rejects.iter().filter(|((datum, _), _)| *datum == position);
    let located = of_input.filter_map(|((_, column), counted)| Some((column, counted.first.first()?)));
    let (column, first) = located.min_by_key(|(_, reject)| (reject.record, reject.offset))?;
    let column = column.as_ref().map(|column| format!(", column `{column}`")).unwrap_or_default();
    Some(format!("record {} at byte {}{column}: {}", first.record, first.offset, first.reason))
}

/// The content id of a file that was not hashed as it passed; `None`: it cannot be read.
fn hash_file(path: &std::path::Path, algorithm: Algorithm) -> Option<ContentId> {
    ContentId::of_reader(algorithm, &mut std::fs::File::open(path).ok()?).ok()
}
