//! The inputs before the first chunk: opened, their headers read, some chunks sampled, their columns joined.

use super::error::kind_of_io;
use super::{ErrorKind, JobError};
use crate::chunk::ChunkBytes;
use crate::datum::Datum;
use crate::ingest::{Chunk, Cut, Span, sample_chunks};
use crate::menu::{Job, OnBadInput};
use crate::plugin;
use crate::steering::{Arrangement, DatumState, Steering, StepError, join_schemas};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Inputs that are left out, with the reason.
pub type BadInputs = BTreeMap<usize, String>;

/// An input whose header was read.
pub struct Opened {
    /// The input.
    pub datum: Arc<Datum>,
    /// Where its data lie.
    pub span: Span,
    handle: plugin::Datum,
    /// What was seen of its columns, by output.
    shown: Vec<SchemaRef>,
}

/// Chunks that were sampled, by position in the list of opened inputs.
pub type Sampled = Vec<(usize, Chunk)>;

/// Opens the inputs and looks at samples of them. Inputs that cannot be read go to `bad` where the job allows it.
///
/// # Errors
/// When an input is bad and the job does not go on without it, or the reader fails.
pub fn open_inputs(
    job: &Job,
    steering: &Steering,
    cut: &Cut,
    bad: &mut BadInputs,
) -> Result<(Vec<Opened>, Sampled), JobError> {
    let mut opened: Vec<Opened> = Vec::new();
    for (index, path) in job.input.files.iter().enumerate() {
        if bad.contains_key(&index) {
            continue;
        }
        match open(job, steering, cut, index, path) {
            Ok(input) => opened.push(input),
            Err(error) => set_aside(job, bad, index, error)?,
        }
    }
    let chosen = choose_datums(opened.len(), job.sample.datums as usize, job.seed);
    let (mut sampled, mut failed) = (Sampled::new(), BTreeSet::new());
    let mut seen_columns = BTreeSet::new();
    for i in (0..opened.len()).filter(|i| chosen.contains(i)).chain(0..opened.len()) {
        // After the chosen ones: those with a column that no sample has shown.
        let is_chosen = chosen.contains(&i) && sampled.iter().all(|(j, _)| *j != i);
        // Without a header, only the data tell the columns.
        let is_unknown = || opened[i].shown.iter().all(|schema| schema.fields().is_empty());
        let has_new = || is_unknown() || names(&opened[i].shown).any(|name| !seen_columns.contains(name));
        if failed.contains(&i) || !(is_chosen || has_new()) {
            continue;
        }
        let count = if is_chosen { job.sample.chunks } else { 1 };
        match sample(job, steering, cut, &mut opened[i], count) {
            // Chunks are kept of the chosen inputs only: there may be thousands of others.
            Ok(chunks) if is_chosen => sampled.extend(chunks.into_iter().map(|chunk| (i, chunk))),
            Ok(_) => {}
            Err(error) => {
                set_aside(job, bad, opened[i].datum.index, error)?;
                failed.insert(i);
            }
        }
        seen_columns.extend(names(&opened[i].shown).map(str::to_owned));
    }
    if failed.is_empty() {
        return Ok((opened, sampled));
    }
    // Positions shift when inputs leave; start again without them.
    open_inputs(job, steering, cut, bad)
}

fn names(schemas: &[SchemaRef]) -> impl Iterator<Item = &str> {
    schemas.iter().flat_map(|schema| schema.fields().iter().map(|field| field.name().as_str()))
}

/// Puts a bad input aside, or stops the job.
pub fn set_aside(job: &Job, bad: &mut BadInputs, index: usize, error: JobError) -> Result<(), JobError> {
    if job.input.on_bad_input == OnBadInput::Abort || error.kind() != ErrorKind::Input {
        return Err(error);
    }
    bad.insert(index, error.to_string());
    Ok(())
}

fn open(job: &Job, steering: &Steering, cut: &Cut, index: usize, path: &Path) -> Result<Opened, JobError> {
    let datum = Datum::open(index, path)
        .map_err(|e| JobError::new(kind_of_io(&e), format!("cannot open input {}: {e}", path.display())))?;
    let datum = Arc::new(datum);
    let span = cut.span(&datum, job.block_bytes)?;
    let head = Arc::new(ChunkBytes::copy_of(&span.head));
    let handle = steering
        .reader_call(&datum, None, |reader, call, services| reader.open_datum(call, services, &head))?;
    let shown = steering
        .reader_call(&datum, None, |reader, call, services| reader.schemas(call, services, &handle, None))?;
    datum.close();
    Ok(Opened { datum, span, handle, shown })
}

/// Looks at chunks of one input.
fn sample(
    job: &Job,
    steering: &Steering,
    cut: &Cut,
    input: &mut Opened,
    count: u32,
) -> Result<Vec<Chunk>, JobError> {
    let rows = job.sample.rows;
    let chunks = sample_chunks(&input.datum, cut, &input.span, job.block_bytes, count, rows, job.seed)?;
    let mut total: Option<plugin::Sample> = None;
    for chunk in &chunks {
        total = Some(steering.reader_call(&input.datum, Some(chunk), |reader, call, services| {
            let one = reader.sample(call, services, &input.handle, &chunk.bytes)?;
            match total.take() {
                None => Ok(one),
                Some(mut all) => {
                    reader.merge_samples(call, services, &mut all, one)?;
                    Ok::<_, Box<plugin::Failure>>(all)
                }
            }
        })?);
    }
    if let Some(total) = &total {
        show(steering, input, total)?;
    }
    input.datum.close();
    Ok(chunks)
}

/// Takes the schemas that a sample shows.
pub fn show(steering: &Steering, input: &mut Opened, sample: &plugin::Sample) -> Result<(), JobError> {
    let Opened { datum, handle, shown, .. } = input;
    *shown = steering.reader_call(datum, None, |reader, call, services| {
        reader.schemas(call, services, handle, Some(sample))
    })?;
    Ok(())
}

impl Opened {
    /// The reader's handle, for sampling.
    pub fn handle(&self) -> &plugin::Datum {
        &self.handle
    }
}

/// `count` positions, the first one always; the same seed gives the same ones.
fn choose_datums(len: usize, count: usize, seed: u64) -> BTreeSet<usize> {
    let step = (len / count.max(1)).max(1);
    let offset = if step > 1 { (seed % step as u64) as usize } else { 0 };
    let spread = (0..len).skip(offset).step_by(step).take(count);
    (0..len.min(1)).chain(spread).collect()
}

/// The joined columns of the job.
pub struct Joined {
    /// One schema per output of the reader, with provenance where asked for.
    pub outputs: Vec<SchemaRef>,
    /// The same without provenance.
    pub types: Vec<SchemaRef>,
    /// The inputs, ready to run.
    pub states: Vec<DatumState>,
    /// Where their data lie.
    pub spans: Vec<(Arc<Datum>, Span)>,
}

/// Joins the columns of all inputs and tells the reader. Inputs whose columns do not fit go to `bad` where the job
/// allows it; then nothing is joined, and the caller starts over without them.
///
/// # Errors
/// When an input does not fit and the job does not go on without it, or the reader fails.
pub fn join(
    job: &Job,
    steering: &Steering,
    opened: Vec<Opened>,
    bad: &mut BadInputs,
) -> Result<Option<Joined>, JobError> {
    // An input without a single byte has nothing to say against the columns of the others, if any has columns.
    let some_have_columns =
        opened.iter().any(|input| input.shown.iter().any(|schema| !schema.fields().is_empty()));
    let counts = |input: &&Opened| !some_have_columns || input.datum.size_bytes() > 0;
    let output_count = opened.first().map_or(0, |input| input.shown.len());
    let nothing = vec![SchemaRef::new(Schema::empty()); output_count];
    let (mut types, mut own) = (Vec::new(), vec![nothing; opened.len()]);
    let before = bad.len();
    #[allow(clippy::needless_range_loop)]
    // Several lists are indexed by output, one of them by position first.
    for output in 0..output_count {
        let (positions, shown): (Vec<usize>, Vec<SchemaRef>) = opened
            .iter()
            .enumerate()
            .filter(|(_, input)| counts(input))
            .map(|(position, input)| (position, input.shown[output].clone()))
            .unzip();
        match join_schemas(&shown, job.input.columns) {
            Ok((joined, of_each)) => {
                types.push(joined);
                for (position, schema) in positions.into_iter().zip(of_each) {
                    own[position][output] = schema;
                }
            }
            Err(problems) => {
                for problem in problems {
                    let datum = &opened[positions[problem.datum]].datum;
                    let text = format!("input `{}`: {}", datum.name, problem.reason);
                    set_aside(job, bad, datum.index, JobError::new(ErrorKind::Input, text))?;
                }
            }
        }
    }
    if bad.len() > before {
        return Ok(None);
    }
    let outputs: Vec<SchemaRef> = match job.input.provenance {
        true => types.iter().map(crate::steering::with_provenance).collect(),
        false => types.clone(),
    };
    let mut joined = Joined { outputs, types, states: Vec::new(), spans: Vec::new() };
    for (mut input, schemas) in opened.into_iter().zip(own) {
        let Opened { datum, handle, .. } = &mut input;
        steering.reader_call(datum, None, |reader, call, services| {
            reader.initialize(call, services, handle, schemas.clone())
        })?;
        let provenance = job.input.provenance.then_some(input.datum.name.as_str());
        let arrangements = schemas
            .iter()
            .zip(&joined.types)
            .map(|(own, job)| Arrangement::new(own, job, provenance))
            .collect();
        joined.spans.push((input.datum.clone(), input.span));
        joined.states.push(DatumState {
            // Known on some runs only: what a component sees must not depend on that.
            content_id: String::new(),
            datum: input.datum,
            handle: input.handle,
            arrangements,
            provenance: job.input.provenance,
        });
    }
    Ok(Some(joined))
}

/// What changed between two sets of types, a line a column.
pub fn type_changes(before: &[SchemaRef], after: &[SchemaRef]) -> Vec<(String, DataType, DataType)> {
    let mut changes = Vec::new();
    for (old, new) in before.iter().zip(after) {
        for field in new.fields() {
            let earlier = old.field_with_name(field.name()).map(|f| f.data_type().clone());
            if let Ok(earlier) = earlier
                && earlier != *field.data_type()
            {
                changes.push((field.name().clone(), earlier, field.data_type().clone()));
            }
        }
    }
    changes
}

impl From<StepError> for JobError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Failed(failure) => failure.into(),
            StepError::Unfit(text) => JobError::new(ErrorKind::Usage, text),
            StepError::Mismatch(mismatch) => JobError::new(ErrorKind::Input, mismatch.to_string()),
        }
    }
}
