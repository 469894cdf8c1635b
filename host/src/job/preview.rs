//! A look at what a job would make, from a sample.

use super::attempt;
use super::inputs::{self, BadInputs};
use super::log::MemoryLog;
use super::summary::{Preview, PreviewLeaf};
use super::{ErrorKind, JobError};
use crate::menu::Job;
use crate::plugin::catalogue::Catalogue;
use crate::steering::{MergeTree, StepError, Totals};
use arrow::array::RecordBatch;
use std::sync::Arc;

/// Runs a sample of the input through the menu; stores nothing.
///
/// # Errors
/// As [`super::run`].
pub fn preview(job: &Job, plugins: &Catalogue, rows: u64) -> Result<Preview, JobError> {
    let log = Arc::new(MemoryLog::new());
    let mut steering = attempt::configure(job, plugins, &log)?;
    let cut = attempt::cut(&steering)?;
    let mut bad = BadInputs::new();
    let (opened, sampled) = inputs::open_inputs(job, &steering, &cut, &mut bad)?;
    if opened.is_empty() {
        let reasons: Vec<&str> = bad.values().map(String::as_str).collect();
        return Err(JobError::new(ErrorKind::Input, format!("no input is left: {}", reasons.join("; "))));
    }
    let joined = inputs::join(job, &steering, opened, &mut bad)?;
    let mut notes: Vec<String> = bad.values().cloned().collect();
    let Some(joined) = joined else {
        return Err(JobError::new(ErrorKind::Input, notes.join("; ")));
    };
    steering.initialize(joined.outputs.clone())?;
    steering.book()?;
    let steering = Arc::new(steering);
    let mut worker = steering.worker()?;
    let mut leaves: Vec<Vec<RecordBatch>> = vec![Vec::new(); steering.plan().leaves.len()];
    let mut tree = MergeTree::default();
    for (position, chunk) in sampled {
        let run = crate::ingest::Run { datum: position, index: 0, chunks: vec![chunk] };
        match steering.execute(&mut worker, &joined.states[position], &run, true) {
            Ok(mut output) => {
                tree.push(position, Totals::of_run(&steering, &mut output))?;
                leaves.iter_mut().zip(output.leaves).for_each(|(all, one)| all.extend(one));
            }
            Err(StepError::Mismatch(mismatch)) => notes.push(mismatch.to_string()),
            Err(error) => return Err(error.into()),
        }
    }
    let totals = match tree.finish()? {
        Some(totals) => totals,
        None => Totals::empty(&steering)?,
    };
    let finalized = steering.finalize(&mut worker, totals)?;
    leaves.iter_mut().zip(finalized.leaves).for_each(|(all, one)| all.extend(one));
    notes.push("from a sample of the input; the job itself reads all of it".to_owned());
    let leaves = steering.plan().leaves.iter().zip(leaves).map(|(leaf, batches)| PreviewLeaf {
        name: leaf.partition.clone(),
        schema: steering.schema_of(&leaf.source).clone(),
        batches: first_rows(batches, rows),
    });
    Ok(Preview { leaves: leaves.collect(), notes })
}

fn first_rows(batches: Vec<RecordBatch>, rows: u64) -> Vec<RecordBatch> {
    let mut left = usize::try_from(rows).unwrap_or(usize::MAX);
    let mut first = Vec::new();
    for batch in batches {
        if left == 0 {
            break;
        }
        let take = batch.num_rows().min(left);
        left -= take;
        first.push(batch.slice(0, take));
    }
    first
}
