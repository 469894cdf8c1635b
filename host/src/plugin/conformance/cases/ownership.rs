//! Who releases what, how often, and when.

use super::{ALGORITHMS, ALL, BATCHES, Case, Level, READERS, component};
use crate::chunk::ChunkBytes;
use crate::plugin::conformance::batches::{Rows, Shape, checksum};
use crate::plugin::conformance::desk::{Desk, Fault, buffers_left};
use crate::plugin::conformance::ledger::Ledger;
use crate::plugin::conformance::lives::{AlgorithmLife, ToolLife, during};
use crate::plugin::conformance::reading::{self, Session};
use crate::plugin::conformance::subject::{Subject, plain_call};
use crate::plugin::conformance::{Checked, Stop, ensure, failed};
use crate::plugin::crossing::raw_chunk;
use crate::plugin::library::Table;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use std::sync::Arc;

pub(super) const CASES: &[Case] = &[
    component(
        "inputs-released-once",
        Level::Ownership,
        BATCHES,
        "Every batch that the component got is released exactly once.",
        inputs_once,
    ),
    component(
        "inputs-released-on-error",
        Level::Ownership,
        ALGORITHMS,
        "A call that fails has released its batches all the same, once each.",
        inputs_on_error,
    ),
    component(
        "inputs-not-written",
        Level::Ownership,
        ALL,
        "Nothing is written into the buffers and chunks that the component got: others share them.",
        inputs_unwritten,
    ),
    component(
        "borrowed-schemas-kept",
        Level::Ownership,
        ALL,
        "Schemas that are only borrowed come back unreleased and unchanged.",
        |subject| lived(subject).and_then(|desk| desk.without(Fault::Borrowed)),
    ),
    component(
        "schema-release-marks",
        Level::Ownership,
        ALL,
        "The release callback of a schema sets its `release` to null, as the C Data Interface demands.",
        |subject| lived(subject).and_then(|desk| desk.without(Fault::SchemaRelease)),
    ),
    component(
        "batch-release-marks",
        Level::Ownership,
        ALL,
        "The release callback of a batch sets its `release` to null, as the C Data Interface demands.",
        batch_marks,
    ),
    component(
        "outputs-outlive-component",
        Level::Ownership,
        ALL,
        "Emitted batches keep their values after instance, partial and component are released, and are released on any \
         thread.",
        outputs_outlive,
    ),
    component(
        "buffers-given-back",
        Level::Ownership,
        ALL,
        "Every buffer of the host's pool is given back once, with the size that was asked for.",
        buffers,
    ),
    component(
        "chunks-given-back",
        Level::Ownership,
        READERS,
        "Every chunk that was kept is given back, once for each keep, when its batches are released.",
        chunks,
    ),
];

/// Rows of the batches here: no other case has as many.
const ROWS: usize = 33;

/// A whole life, all of its batches released.
fn lived(subject: &Subject) -> Checked<Desk> {
    let desk = subject.desk();
    match subject.table {
        Table::Reader(_) => drop(reading::whole(subject, &desk)?),
        _ => {
            let batch = subject.batch(Shape::new(ROWS, subject.seed))?;
            let calls = [vec![batch.clone()], vec![batch.clone()]];
            drop(subject.run(&desk, &batch.schema(), &calls)?);
        }
    }
    Ok(desk)
}

fn balanced(ledger: &Ledger) -> Checked {
    let tally = ledger.tally();
    let (all, never, again) = (tally.handed_out, tally.never_released, tally.released_again);
    ensure(never == 0, || format!("{never} of {all} batches were never released"))?;
    ensure(again == 0, || format!("{again} of {all} batches were released more than once"))
}

fn inputs_once(subject: &Subject) -> Checked {
    balanced(&lived(subject)?.given)
}

fn inputs_on_error(subject: &Subject) -> Checked {
    let batch = subject.batch(Shape::new(ROWS, subject.seed))?;
    let desk = subject.desk();
    {
        let life = AlgorithmLife::ready(subject, &desk, &[batch.schema()])?;
        let (instance, partial) = (life.instance()?, life.partial()?);
        let inputs = vec![(0, batch.clone()), (0, batch)];
        let said =
            during(&desk.refuse, || life.try_execute(&plain_call(), &instance, partial.as_ref(), inputs))?;
        if said.is_ok() {
            return Err(Stop::Skipped("the checker could not make execute fail".into()));
        }
    }
    balanced(&desk.given)
}

fn inputs_unwritten(subject: &Subject) -> Checked {
    if let Table::Reader(_) = subject.table {
        let desk = subject.desk();
        let session = Session::open(subject, &desk)?;
        let instance = session.reading.instance()?;
        let records = 0..session.records();
        let bytes = session.source.bytes[session.source.span(&records)].to_vec();
        let chunk = Arc::new(ChunkBytes::copy_of(&bytes));
        let about = session.about(0, &records);
        let raw = raw_chunk(&chunk);
        session.reading.execute(&about, &instance, &session.datum, &session.schemas, &raw).ok("execute")?;
        return ensure(chunk.bytes() == bytes, || "the chunk was written to".into());
    }
    // What lies behind a null is memory of the host, too.
    let shape = Shape { behind: 7, ..Shape::new(ROWS, subject.seed) };
    let batch = subject.batch(shape)?;
    let before = checksum(&batch);
    subject.run(&subject.desk(), &batch.schema(), &[vec![batch.clone()], vec![batch.slice(3, 20)]])?;
    ensure(checksum(&batch) == before, || "a buffer of a batch was written to".into())
}

fn batch_marks(subject: &Subject) -> Checked {
    let tally = lived(subject)?.taken.tally();
    ensure(tally.unmarked == 0, || {
        format!("{} of {} batches were not marked as released", tally.unmarked, tally.handed_out)
    })
}

fn outputs_outlive(subject: &Subject) -> Checked {
    let desk = subject.desk();
    // Batches as they were emitted, and copies of their rows that were made while the component lived.
    let (kept, copies, schemas) = match subject.table {
        Table::Reader(_) => {
            let session = Session::open(subject, &desk)?;
            let instance = session.reading.instance()?;
            session.execute(&instance, 0, 0..session.records())?;
            copied(desk.take_emitted(), session.schemas.clone())?
        }
        Table::Algorithm(_) => {
            let batch = subject.batch(Shape::new(ROWS, subject.seed))?;
            let life = AlgorithmLife::ready(subject, &desk, &[batch.schema()])?;
            let (instance, partial) = (life.instance()?, life.partial()?);
            life.execute(&instance, partial.as_ref(), &[batch])?;
            life.finalize(partial.as_ref())?;
            copied(desk.take_emitted(), life.outputs.clone())?
        }
        Table::Tool(_) => {
            let batch = subject.batch(Shape::new(ROWS, subject.seed))?;
            let life = ToolLife::configure(subject, &desk)?;
            let place = life.place(&batch.schema())?;
            let result = life.execute(&place, batch)?;
            copied(vec![(0, result)], vec![place.output.clone()])?
        }
    };
    let after = Rows::of(&schemas, &kept).map_err(|e| failed(e.to_string()))?;
    if let Some(difference) = copies.difference(&after) {
        return Err(failed(format!("before and after the component was released: {difference}")));
    }
    drop(after);
    release_elsewhere(kept)
}

type Emitted = Vec<(usize, RecordBatch)>;

fn copied(emitted: Emitted, schemas: Vec<SchemaRef>) -> Checked<(Emitted, Rows, Vec<SchemaRef>)> {
    let copies = Rows::of(&schemas, &emitted).map_err(|e| failed(e.to_string()))?;
    Ok((emitted, copies, schemas))
}

fn release_elsewhere(kept: Emitted) -> Checked {
    std::thread::spawn(move || drop(kept)).join().map_err(|_| failed("a release panicked"))
}

fn buffers(subject: &Subject) -> Checked {
    drop(lived(subject)?);
    let (left, wrong) = buffers_left();
    ensure(left == 0, || format!("{left} buffers were not given back"))?;
    ensure(wrong == 0, || format!("{wrong} buffers were given back twice, or with another size"))
}

fn chunks(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let session = Session::open(subject, &desk)?;
    let bytes = session.source.bytes[session.source.head..].to_vec();
    let chunk = Arc::new(ChunkBytes::copy_of(&bytes));
    // A chunk that is given back too often must not be freed under our hands.
    let spare: Vec<_> = (0..1000).map(|_| chunk.clone()).collect();
    {
        let instance = session.reading.instance()?;
        let about = session.about(0, &(0..session.records()));
        let raw = raw_chunk(&chunk);
        let said = session.reading.execute(&about, &instance, &session.datum, &session.schemas, &raw);
        said.ok("execute")?;
    }
    drop(desk.take_emitted());
    drop(session);
    let kept = Arc::strong_count(&chunk) as i64 - 1 - spare.len() as i64;
    ensure(kept <= 0, || format!("the chunk is still kept {kept} times"))?;
    ensure(kept >= 0, || format!("the chunk was given back {} times too often", -kept))
}
