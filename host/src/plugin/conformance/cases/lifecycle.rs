//! Orders of calls: legal ones, repeated ones, and those that end half-way.

use super::{ALGORITHMS, ALL, Case, Level, component};
use crate::plugin::conformance::batches::{Rows, Shape};
use crate::plugin::conformance::lives::{AlgorithmLife, ToolLife, during};
use crate::plugin::conformance::reading::{Reading, Session};
use crate::plugin::conformance::subject::{Subject, plain_call};
use crate::plugin::conformance::{Checked, Stop, ensure, failed};
use crate::plugin::library::Table;
use artemis_plugin_api::Call;
use artemis_plugin_api::abi::{ARTEMIS_FLAG_FIRST, ARTEMIS_FLAG_SAMPLE, ARTEMIS_OK, ARTEMIS_STOPPED};

pub(super) const CASES: &[Case] = &[
    component(
        "configure-release",
        Level::Lifecycle,
        ALL,
        "A component that was only configured can be released, again and again.",
        configure_release,
    ),
    component(
        "abandoned-half-way",
        Level::Lifecycle,
        ALL,
        "A job may stop after any chunk: all that was made is released without finalize.",
        abandoned,
    ),
    component(
        "abort-any-state",
        Level::Lifecycle,
        ALGORITHMS,
        "Abort may come in any state after configure, and release follows.",
        abort_any_state,
    ),
    component(
        "finalize-without-execute",
        Level::Lifecycle,
        ALGORITHMS,
        "Finalize works although no chunk ever came.",
        finalize_without_execute,
    ),
    component(
        "sample-pass",
        Level::Lifecycle,
        ALGORITHMS,
        "A sampling pass with an instance and a partial of its own leaves no trace in the work that follows.",
        sample_pass,
    ),
    component(
        "components-side-by-side",
        Level::Lifecycle,
        ALL,
        "Two components of one process do not know of each other.",
        side_by_side,
    ),
    component(
        "empty-context-texts",
        Level::Lifecycle,
        ALL,
        "A context whose texts are empty, with null pointers, is taken as it is.",
        empty_texts,
    ),
    component(
        "cancelled-honoured",
        Level::Lifecycle,
        ALL,
        "While the host says that the job is cancelled, every call returns soon, with ARTEMIS_OK or ARTEMIS_STOPPED.",
        cancelled,
    ),
    component(
        "deterministic",
        Level::Lifecycle,
        ALL,
        "The same input gives the same output, unless the manifest says that the plugin is not deterministic.",
        deterministic,
    ),
];

fn configure_release(subject: &Subject) -> Checked {
    for _ in 0..20 {
        let desk = subject.desk();
        match subject.table {
            Table::Reader(_) => Reading::configure(subject, &desk).map(drop)?,
            Table::Algorithm(_) => AlgorithmLife::configure(subject, &desk).map(drop)?,
            Table::Tool(_) => ToolLife::configure(subject, &desk).map(drop)?,
        }
    }
    Ok(())
}

fn abandoned(subject: &Subject) -> Checked {
    let desk = subject.desk();
    match subject.table {
        Table::Reader(_) => {
            let session = Session::open(subject, &desk)?;
            let instance = session.reading.instance()?;
            session.execute(&instance, 0, 0..1)
        }
        Table::Algorithm(_) => {
            let batch = subject.batch(Shape::new(10, subject.seed))?;
            let life = AlgorithmLife::ready(subject, &desk, &[batch.schema()])?;
            let (instance, partial) = (life.instance()?, life.partial()?);
            let unused = (life.instance()?, life.partial()?);
            life.execute(&instance, partial.as_ref(), &[batch])?;
            drop(unused);
            Ok(())
        }
        Table::Tool(_) => {
            let batch = subject.batch(Shape::new(10, subject.seed))?;
            let life = ToolLife::configure(subject, &desk)?;
            let place = life.place(&batch.schema())?;
            let unused = life.place(&batch.schema())?;
            life.execute(&place, batch)?;
            drop(unused);
            Ok(())
        }
    }
}

fn abort_any_state(subject: &Subject) -> Checked {
    let batch = subject.batch(Shape::new(10, subject.seed))?;
    for state in 0..4 {
        let desk = subject.desk();
        let mut life = AlgorithmLife::configure(subject, &desk)?;
        if life.table.abort.is_none() {
            return Err(Stop::Skipped("it has no abort".into()));
        }
        if state > 0 {
            life.initialize(&[batch.schema()])?;
        }
        if state > 1 {
            life.book()?;
        }
        if state > 2 {
            let (instance, partial) = (life.instance()?, life.partial()?);
            life.execute(&instance, partial.as_ref(), std::slice::from_ref(&batch))?;
            life.abort();
        } else {
            life.abort();
        }
    }
    Ok(())
}

fn finalize_without_execute(subject: &Subject) -> Checked {
    let schema = subject.schema()?;
    let desk = subject.desk();
    let life = AlgorithmLife::ready(subject, &desk, &[schema])?;
    let partial = life.partial()?;
    life.finalize(partial.as_ref())
}

fn sample_pass(subject: &Subject) -> Checked {
    let batch = subject.batch(Shape::new(50, subject.seed))?;
    let schema = batch.schema();
    let plain = subject.rows(std::slice::from_ref(&batch))?;
    let desk = subject.desk();
    let life = AlgorithmLife::ready(subject, &desk, &[schema])?;
    {
        let (instance, partial) = (life.instance()?, life.partial()?);
        let about = Call { flags: ARTEMIS_FLAG_SAMPLE | ARTEMIS_FLAG_FIRST, ..plain_call() };
        life.try_execute(&about, &instance, partial.as_ref(), vec![(0, batch.clone())])?.ok("execute")?;
        desk.take_emitted();
    }
    let (instance, partial) = (life.instance()?, life.partial()?);
    life.execute(&instance, partial.as_ref(), &[batch])?;
    life.finalize(partial.as_ref())?;
    let sampled = Rows::of(&life.outputs, &desk.take_emitted()).map_err(|e| failed(e.to_string()))?;
    same(&plain, &sampled, "without and with a sampling pass")
}

/// Fails the case where two outcomes differ.
fn same(one: &Rows, other: &Rows, what: &str) -> Checked {
    match one.difference(other) {
        Some(difference) => Err(failed(format!("{what}: {difference}"))),
        None => Ok(()),
    }
}

fn side_by_side(subject: &Subject) -> Checked {
    let (first, second) = (subject.desk(), subject.desk());
    match subject.table {
        Table::Reader(_) => {
            let one = Session::open(subject, &first)?;
            let other = Session::open(subject, &second)?;
            let (a, b) = (one.read(&[one.records()])?, other.read(&[other.records()])?);
            same(&a, &b, "two readers")
        }
        Table::Algorithm(_) => {
            let batch = subject.batch(Shape::new(60, subject.seed))?;
            let alone = subject.rows(std::slice::from_ref(&batch))?;
            let one = AlgorithmLife::ready(subject, &first, &[batch.schema()])?;
            let other = AlgorithmLife::ready(subject, &second, &[batch.schema()])?;
            let (instance, partial) = (one.instance()?, one.partial()?);
            let (instance2, partial2) = (other.instance()?, other.partial()?);
            one.execute(&instance, partial.as_ref(), std::slice::from_ref(&batch))?;
            other.execute(&instance2, partial2.as_ref(), std::slice::from_ref(&batch))?;
            other.finalize(partial2.as_ref())?;
            one.finalize(partial.as_ref())?;
            let rows = Rows::of(&one.outputs, &first.take_emitted()).map_err(|e| failed(e.to_string()))?;
            same(&alone, &rows, "alone and beside another")
        }
        Table::Tool(_) => {
            let batch = subject.batch(Shape::new(60, subject.seed))?;
            let one = ToolLife::configure(subject, &first)?;
            let other = ToolLife::configure(subject, &second)?;
            let (here, there) = (one.place(&batch.schema())?, other.place(&batch.schema())?);
            let a = one.execute(&here, batch.clone())?;
            let b = other.execute(&there, batch)?;
            same(&Rows(vec![a]), &Rows(vec![b]), "two tools")
        }
    }
}

fn empty_texts(subject: &Subject) -> Checked {
    let desk = subject.desk();
    desk.bare_context.store(true, std::sync::atomic::Ordering::SeqCst);
    match subject.table {
        Table::Reader(_) => super::super::reading::whole(subject, &desk).map(drop),
        _ => {
            let batch = subject.batch(Shape::new(20, subject.seed))?;
            subject.run(&desk, &batch.schema(), &[vec![batch.clone()]]).map(drop)
        }
    }
}

fn cancelled(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let fits = |status: i32, verb: &str, told: String| {
        ensure(matches!(status, ARTEMIS_OK | ARTEMIS_STOPPED), || format!("while cancelled, {verb}: {told}"))
    };
    match subject.table {
        Table::Reader(_) => {
            let session = Session::open(subject, &desk)?;
            let instance = session.reading.instance()?;
            let records = 0..session.records();
            let bytes = &session.source.bytes[session.source.span(&records)];
            let chunk = std::sync::Arc::new(crate::chunk::ChunkBytes::copy_of(bytes));
            let said = during(&desk.cancel, || {
                let about = session.about(0, &records);
                let raw = crate::plugin::crossing::raw_chunk(&chunk);
                session.reading.execute(&about, &instance, &session.datum, &session.schemas, &raw)
            });
            fits(said.status, "execute", said.told("execute"))
        }
        Table::Algorithm(_) => {
            let batch = subject.batch(Shape::new(1000, subject.seed))?;
            let life = AlgorithmLife::ready(subject, &desk, &[batch.schema()])?;
            let (instance, partial) = (life.instance()?, life.partial()?);
            let said = during(&desk.cancel, || {
                life.try_execute(&plain_call(), &instance, partial.as_ref(), vec![(0, batch)])
            })?;
            fits(said.status, "execute", said.told("execute"))
        }
        Table::Tool(_) => {
            let batch = subject.batch(Shape::new(1000, subject.seed))?;
            let life = ToolLife::configure(subject, &desk)?;
            let place = life.place(&batch.schema())?;
            let (said, _) = during(&desk.cancel, || life.try_execute(&place, batch))?;
            fits(said.status, "execute", said.told("execute"))
        }
    }
}

/// Rows of the batch that determinism is tried on: no other case has as many.
const DETERMINISM_ROWS: usize = 501;

fn deterministic(subject: &Subject) -> Checked {
    if !subject.deterministic {
        return Err(Stop::Skipped("the manifest says that the plugin is not deterministic".into()));
    }
    match subject.table {
        Table::Reader(_) => {
            let desk = subject.desk();
            let session = Session::open(subject, &desk)?;
            let first = session.read(&[session.records()])?;
            for _ in 0..3 {
                same(&first, &session.read(&[session.records()])?, "the same input twice")?;
            }
            Ok(())
        }
        _ => {
            let batch = subject.batch(Shape::new(DETERMINISM_ROWS, subject.seed))?;
            let batches = [batch];
            let first = subject.rows(&batches)?;
            for _ in 0..3 {
                same(&first, &subject.rows(&batches)?, "the same input twice")?;
            }
            Ok(())
        }
    }
}
