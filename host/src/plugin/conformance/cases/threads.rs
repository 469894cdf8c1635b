//! Many instances, many threads.

use super::{ALL, Case, Level, component};
use crate::plugin::component::Owned;
use crate::plugin::conformance::batches::{Rows, Shape};
use crate::plugin::conformance::lives::{AlgorithmLife, ToolLife};
use crate::plugin::conformance::reading::Session;
use crate::plugin::conformance::subject::Subject;
use crate::plugin::conformance::{Checked, Stop, failed};
use crate::plugin::library::Table;
use crate::plugin::manifest::ComponentKind;
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use std::sync::{Arc, Barrier};

const INSTANCES_KINDS: &[ComponentKind] = &[ComponentKind::Reader, ComponentKind::Algorithm];

pub(super) const CASES: &[Case] = &[
    component(
        "instances-many",
        Level::Threads,
        INSTANCES_KINDS,
        "Many instances of one component live at once, each with its own scratch space.",
        many_instances,
    ),
    component(
        "threads-many",
        Level::Threads,
        ALL,
        "Many threads, each with an instance of its own, work at once and each gets what it would get alone.",
        many_threads,
    ),
    component(
        "instance-moves-threads",
        Level::Threads,
        INSTANCES_KINDS,
        "An instance is made on one thread, used on another, and released on a third.",
        moved_instance,
    ),
    component(
        "places-many",
        Level::Threads,
        &[ComponentKind::Tool],
        "A tool has many places of use at once, each for its own schema, given back in any order.",
        many_places,
    ),
];

const INSTANCES: usize = 16;
const PLACES: usize = 8;
const THREADS: usize = 4;
const CALLS: usize = 4;

/// Something with instances that all give the same for the same work.
trait Works: Sync {
    fn instance(&self) -> Result<Scratch, Stop>;
    fn work(&self, scratch: &Scratch) -> Result<Rows, Stop>;
}

/// What a worker owns.
struct Scratch {
    instance: Option<Owned>,
    partial: Option<Owned>,
}

struct OfAlgorithm<'a> {
    life: AlgorithmLife<'a>,
    batch: RecordBatch,
}

impl Works for OfAlgorithm<'_> {
    fn instance(&self) -> Result<Scratch, Stop> {
        Ok(Scratch { instance: Some(self.life.instance()?), partial: self.life.partial()? })
    }

    fn work(&self, scratch: &Scratch) -> Result<Rows, Stop> {
        let Some(instance) = &scratch.instance else { return Err(failed("no instance")) };
        self.life.execute(instance, scratch.partial.as_ref(), std::slice::from_ref(&self.batch))?;
        let emitted = self.life.desk.take_own_emitted();
        Rows::of(&self.life.outputs, &emitted).map_err(|e| failed(e.to_string()))
    }
}

impl Works for Session<'_> {
    fn instance(&self) -> Result<Scratch, Stop> {
        Ok(Scratch { instance: Some(self.reading.instance()?), partial: None })
    }

    fn work(&self, scratch: &Scratch) -> Result<Rows, Stop> {
        let Some(instance) = &scratch.instance else { return Err(failed("no instance")) };
        self.execute(instance, 0, 0..self.records())?;
        self.rows()
    }
}

struct OfTool<'a> {
    life: ToolLife<'a>,
    place: crate::plugin::conformance::lives::PlaceLife,
    batch: RecordBatch,
}

impl Works for OfTool<'_> {
    fn instance(&self) -> Result<Scratch, Stop> {
        Ok(Scratch { instance: None, partial: None })
    }

    fn work(&self, _: &Scratch) -> Result<Rows, Stop> {
        Ok(Rows(vec![self.life.execute(&self.place, self.batch.clone())?]))
    }
}

/// Runs `body` on the component, ready to work.
fn ready(subject: &Subject, body: impl FnOnce(&dyn Works) -> Checked) -> Checked {
    let desk = subject.desk();
    match subject.table {
        Table::Reader(_) => body(&Session::open(subject, &desk)?),
        Table::Algorithm(_) => {
            let batch = subject.batch(Shape::new(40, subject.seed))?;
            let life = AlgorithmLife::ready(subject, &desk, &[batch.schema()])?;
            body(&OfAlgorithm { life, batch })
        }
        Table::Tool(_) => {
            let batch = subject.batch(Shape::new(40, subject.seed))?;
            let life = ToolLife::configure(subject, &desk)?;
            let place = life.place(&batch.schema())?;
            body(&OfTool { life, place, batch })
        }
    }
}

fn as_alone(alone: &Rows, rows: &Rows) -> Checked {
    match alone.difference(rows) {
        Some(difference) => Err(failed(format!("alone and among others: {difference}"))),
        None => Ok(()),
    }
}

fn many_instances(subject: &Subject) -> Checked {
    ready(subject, |works| {
        let alone = works.work(&works.instance()?)?;
        let mut all = (0..INSTANCES).map(|_| works.instance()).collect::<Result<Vec<_>, _>>()?;
        for scratch in &all {
            as_alone(&alone, &works.work(scratch)?)?;
        }
        // Not in the order in which they were made.
        while !all.is_empty() {
            drop(all.swap_remove(all.len() / 2));
        }
        Ok(())
    })
}

fn many_threads(subject: &Subject) -> Checked {
    ready(subject, |works| {
        let alone = works.work(&works.instance()?)?;
        let start = Barrier::new(THREADS);
        let one = || -> Checked {
            let scratch = works.instance();
            // Nobody may miss the barrier.
            start.wait();
            let scratch = scratch?;
            (0..CALLS).try_for_each(|_| as_alone(&alone, &works.work(&scratch)?))
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(one)).collect();
            threads
                .into_iter()
                .try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(failed("a thread panicked"))))
        })
    })
}

fn moved_instance(subject: &Subject) -> Checked {
    ready(subject, |works| {
        let scratch = works.instance()?;
        let alone = works.work(&works.instance()?)?;
        let elsewhere = |body: &mut (dyn FnMut() -> Checked + Send)| {
            std::thread::scope(|scope| scope.spawn(body).join())
                .unwrap_or_else(|_| Err(failed("a thread panicked")))
        };
        elsewhere(&mut || as_alone(&alone, &works.work(&scratch)?))?;
        let mut scratch = Some(scratch);
        elsewhere(&mut || {
            drop(scratch.take());
            Ok(())
        })
    })
}

fn many_places(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let batch = subject.batch(Shape::new(30, subject.seed))?;
    let life = ToolLife::configure(subject, &desk)?;
    let alone = {
        let place = life.place(&batch.schema())?;
        Rows(vec![life.execute(&place, batch.clone())?])
    };
    // Each has a column more than the one before, where the tool takes that.
    let schema = |place: usize| {
        let extra = (0..place).map(|i| Arc::new(Field::new(format!("extra{i}"), DataType::Int64, true)));
        Arc::new(Schema::new(batch.schema().fields().iter().cloned().chain(extra).collect::<Vec<_>>()))
    };
    let mut others = Vec::new();
    for index in 0..PLACES {
        let (said, place) = life.try_place(&schema(index))?;
        match (said.is_declined(), place) {
            (false, Some(place)) => others.push(place),
            (true, _) => others.push(life.place(&batch.schema())?),
            _ => said.ok(&format!("initialize of place {index}"))?,
        }
    }
    let first = life.place(&batch.schema())?;
    as_alone(&alone, &Rows(vec![life.execute(&first, batch.clone())?]))?;
    while !others.is_empty() {
        drop(others.swap_remove(others.len() / 2));
        as_alone(&alone, &Rows(vec![life.execute(&first, batch.clone())?]))?;
    }
    Ok(())
}
