//! How failures are told.

use super::{ALGORITHMS, ALL, Case, Level, component};
use crate::chunk::ChunkBytes;
use crate::menu::Value;
use crate::plugin::conformance::batches::Shape;
use crate::plugin::conformance::desk::Said;
use crate::plugin::conformance::lives::{AlgorithmLife, configure, during};
use crate::plugin::conformance::reading::Session;
use crate::plugin::conformance::subject::{Subject, plain_call};
use crate::plugin::conformance::{Checked, Stop, ensure};
use crate::plugin::crossing::raw_chunk;
use crate::plugin::library::Table;
use crate::plugin::manifest::ComponentKind;
use artemis_plugin_api::abi::{ARTEMIS_ACTION_STOP, ARTEMIS_STOPPED};
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(super) const CASES: &[Case] = &[
    component(
        "errors-have-text",
        Level::Errors,
        ALL,
        "A call that fails returns a status of the ABI and tells in a text what happened.",
        have_text,
    ),
    component(
        "errors-agree-with-status",
        Level::Errors,
        ALL,
        "The status in the error is the one that the call returns.",
        agree,
    ),
    component(
        "emit-refusal-passed-on",
        Level::Errors,
        &[ComponentKind::Reader, ComponentKind::Algorithm],
        "When the host refuses an emitted batch the call fails.",
        refusal,
    ),
    component(
        "parent-unknown",
        Level::Errors,
        ALGORITHMS,
        "A batch of a parent that does not exist does no harm.",
        unknown_parent,
    ),
];

/// Calls that should fail, and what was said.
fn provoked(subject: &Subject) -> Result<Vec<(String, Said)>, Stop> {
    let (make, release) = match subject.table {
        Table::Reader(table) => (table.configure, table.release),
        Table::Algorithm(table) => (table.configure, table.release),
        Table::Tool(table) => (table.configure, table.release),
    };
    let mut all = Vec::new();
    for spec in &subject.spec.properties {
        for value in [Value::Int(-1), Value::Str("\u{1}no such thing".into()), Value::Bool(true)] {
            let mut properties = subject.properties();
            properties.insert(spec.name.clone(), value.clone());
            let desk = subject.desk_with(&properties);
            let (said, _) = configure(&desk, &plain_call(), make, release);
            all.push((format!("configure with {} = {value}", spec.name), said));
        }
    }
    let desk = subject.desk();
    if let Table::Algorithm(_) = subject.table
        && let Ok(batch) = subject.batch(Shape::new(5, subject.seed))
    {
        {
            let mut life = AlgorithmLife::configure(subject, &desk)?;
            all.push(("initialize without parents".into(), life.try_initialize(&[])?));
        }
        let life = AlgorithmLife::ready(subject, &desk, &[batch.schema()])?;
        if life.accumulates() {
            for bytes in [&b""[..], b"not a partial"] {
                all.push(("load_partial of other bytes".into(), life.load(bytes)?.0));
            }
        }
        let (instance, partial) = (life.instance()?, life.partial()?);
        let said = during(&desk.refuse, || {
            life.try_execute(&plain_call(), &instance, partial.as_ref(), vec![(0, batch)])
        })?;
        all.push(("execute whose batch is refused".into(), said));
    }
    if let Table::Reader(_) = subject.table
        && let Ok(session) = Session::open(subject, &desk)
    {
        let said = during(&desk.refuse, || execute(&session))?;
        all.push(("execute whose batch is refused".into(), said));
    }
    all.retain(|(_, said)| !said.is_ok());
    if all.is_empty() {
        return Err(Stop::Skipped("the checker could make no call fail".into()));
    }
    Ok(all)
}

/// Reads the whole input as one chunk.
fn execute(session: &Session<'_>) -> Result<Said, Stop> {
    let instance = session.reading.instance()?;
    let records = 0..session.records();
    let chunk = Arc::new(ChunkBytes::copy_of(&session.source.bytes[session.source.span(&records)]));
    let about = session.about(0, &records);
    Ok(session.reading.execute(&about, &instance, &session.datum, &session.schemas, &raw_chunk(&chunk)))
}

fn have_text(subject: &Subject) -> Checked {
    for (verb, said) in provoked(subject)? {
        ensure((1..=ARTEMIS_STOPPED).contains(&said.status), || said.told(&verb))?;
        ensure(said.has_text, || format!("{} and filled in no text", said.told(&verb)))?;
    }
    Ok(())
}

fn agree(subject: &Subject) -> Checked {
    for (verb, said) in provoked(subject)? {
        ensure(said.written == said.status, || {
            format!("{}, but the error has status {}", said.told(&verb), said.written)
        })?;
    }
    Ok(())
}

/// Rows of the batch that is refused: no other case has as many.
const REFUSED_ROWS: usize = 44;

fn refusal(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let passed_on = |said: Said, emitted: usize| {
        if emitted == 0 {
            return Err(Stop::Skipped("it emits nothing in execute".into()));
        }
        ensure(!said.is_ok(), || "execute returned ARTEMIS_OK, though its batch was refused".into())
    };
    match subject.table {
        Table::Reader(_) => {
            let session = Session::open(subject, &desk)?;
            execute(&session)?.ok("execute")?;
            let emitted = desk.take_emitted().len();
            let said = during(&desk.refuse, || execute(&session))?;
            passed_on(said, emitted)
        }
        _ => {
            let batch = subject.batch(Shape::new(REFUSED_ROWS, subject.seed))?;
            let life = AlgorithmLife::ready(subject, &desk, &[batch.schema()])?;
            let (instance, partial) = (life.instance()?, life.partial()?);
            life.execute(&instance, partial.as_ref(), std::slice::from_ref(&batch))?;
            let emitted = desk.take_emitted().len();
            let said = during(&desk.refuse, || {
                life.try_execute(&plain_call(), &instance, partial.as_ref(), vec![(0, batch)])
            })?;
            passed_on(said, emitted)
        }
    }
}

fn unknown_parent(subject: &Subject) -> Checked {
    let batch = subject.batch(Shape::new(6, subject.seed))?;
    let desk = subject.desk();
    desk.action.store(i64::from(ARTEMIS_ACTION_STOP), Ordering::SeqCst);
    let life = AlgorithmLife::ready(subject, &desk, &[batch.schema()])?;
    let (instance, partial) = (life.instance()?, life.partial()?);
    let said = life.try_execute(&plain_call(), &instance, partial.as_ref(), vec![(1000, batch)])?;
    said.sound("execute")
}
