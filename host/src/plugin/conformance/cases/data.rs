//! Batches of every kind, for algorithms and tools.

use super::{ALGORITHMS, ALL, BATCHES, Case, Level, component};
use crate::plugin::conformance::batches::{
    self, Lies, Random, Shape, batch, dictionaries, schema_of, types, views,
};
use crate::plugin::conformance::desk::Fault;
use crate::plugin::conformance::lives::AlgorithmLife;
use crate::plugin::conformance::reading;
use crate::plugin::conformance::subject::{Subject, plain_call};
use crate::plugin::conformance::{Checked, Stop, ensure, failed};
use crate::plugin::library::Table;
use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use std::sync::Arc;

pub(super) const CASES: &[Case] = &[
    component(
        "data-empty-batch",
        Level::Data,
        BATCHES,
        "A batch without rows is taken, alone and between others, and adds nothing.",
        empty,
    ),
    component("data-one-row", Level::Data, BATCHES, "A batch of one row is taken.", |subject| {
        subject.rows(&[subject.batch(Shape::new(1, subject.seed))?]).map(drop)
    }),
    component(
        "data-zero-columns",
        Level::Data,
        BATCHES,
        "A batch without columns but with rows is taken, or declined in initialize.",
        zero_columns,
    ),
    component("data-all-null", Level::Data, BATCHES, "A batch of nothing but nulls is taken.", |subject| {
        let shape = Shape { nulls_of_ten: 10, ..Shape::new(20, subject.seed) };
        subject.rows(&[subject.batch(shape)?]).map(drop)
    }),
    component(
        "data-slices",
        Level::Data,
        BATCHES,
        "Rows behind an offset, of the columns or of the batch, give what a copy of them gives.",
        slices,
    ),
    component(
        "data-behind-nulls",
        Level::Data,
        BATCHES,
        "What the buffers hold behind a null does not show in the output.",
        behind_nulls,
    ),
    component(
        "data-accepted-types",
        Level::Data,
        BATCHES,
        "Every type that the manifest accepts is worked on, or, under `*`, declined in initialize.",
        |subject| each_type(subject, types()),
    ),
    component(
        "data-dictionaries",
        Level::Data,
        BATCHES,
        "Dictionaries are worked on as the manifest says, or, under `*`, declined in initialize.",
        |subject| each_type(subject, dictionaries()),
    ),
    component(
        "data-views",
        Level::Data,
        BATCHES,
        "Views are worked on as the manifest says, or, under `*`, declined in initialize.",
        |subject| each_type(subject, views()),
    ),
    component(
        "data-many-rows",
        Level::Data,
        BATCHES,
        "A batch of 100,000 rows is taken; with --thorough 10,000,000 more rows follow.",
        many_rows,
    ),
    component(
        "data-random",
        Level::Data,
        BATCHES,
        "Random schemas of many columns and random rows are worked on, or declined in initialize.",
        random,
    ),
    component(
        "inputs-none-or-several",
        Level::Data,
        ALGORITHMS,
        "A chunk may bring no batch, one, or several: all of them are worked on.",
        none_or_several,
    ),
    component(
        "parents-two",
        Level::Data,
        ALGORITHMS,
        "Batches of a second parent are worked on, where initialize takes two.",
        two_parents,
    ),
    component(
        "outputs-match-schema",
        Level::Data,
        ALL,
        "Every batch fits the schema of its output, in its shape and in its values.",
        outputs_match,
    ),
    component(
        "histograms-booked",
        Level::Data,
        ALGORITHMS,
        "Only histograms and timers that were booked are filled.",
        |subject| {
            let desk = subject.desk();
            let batch = subject.batch(Shape::new(25, subject.seed))?;
            subject.run(&desk, &batch.schema(), &[vec![batch.clone()]])?;
            desk.without(Fault::Booking)
        },
    ),
];

fn same(one: &batches::Rows, other: &batches::Rows, what: &str) -> Checked {
    match one.difference(other) {
        Some(difference) => Err(failed(format!("{what}: {difference}"))),
        None => Ok(()),
    }
}

fn empty(subject: &Subject) -> Checked {
    let full = subject.batch(Shape::new(30, subject.seed))?;
    let none = full.slice(0, 0);
    let made = RecordBatch::new_empty(full.schema());
    subject.rows(std::slice::from_ref(&made))?;
    subject.rows(&[none.clone(), made, full, none]).map(drop)
}

fn zero_columns(subject: &Subject) -> Checked {
    let schema = Arc::new(Schema::empty());
    let batch = batch(&schema, Shape::new(7, subject.seed)).map_err(failed)?;
    let desk = subject.desk();
    if let Table::Algorithm(_) = subject.table {
        let mut life = AlgorithmLife::configure(subject, &desk)?;
        let said = life.try_initialize(&[schema])?;
        if said.is_declined() {
            return Err(Stop::Skipped(format!("initialize declined: {}", said.error.text())));
        }
        said.ok("initialize")?;
    } else {
        declines(subject, &schema)?;
    }
    subject.rows(&[batch]).map(drop)
}

/// Skips where the component declines a schema, whatever the user said of it.
fn declines(subject: &Subject, schema: &SchemaRef) -> Checked {
    match subject.starts(schema) {
        Err(Stop::Failed(text))
            if text.contains("ARTEMIS_INVALID") || text.contains("ARTEMIS_UNSUPPORTED") =>
        {
            Err(Stop::Skipped(text))
        }
        other => other,
    }
}

fn slices(subject: &Subject) -> Checked {
    let whole = subject.batch(Shape::new(100, subject.seed))?;
    for (start, rows) in [(1, 98), (3, 17), (64, 36), (98, 2)] {
        let slice = whole.slice(start, rows);
        let indices = UInt32Array::from_iter_values((start..start + rows).map(|row| row as u32));
        let copy = take_record_batch(&whole, &indices).map_err(|e| failed(e.to_string()))?;
        let one = subject.rows(&[copy])?;
        for (lies, what) in [
            (Lies::AtStart, "copied rows and a slice"),
            (Lies::BehindInColumns, "rows without and with an offset of every column"),
            (Lies::BehindInBatch, "rows without and with an offset of the batch"),
        ] {
            let desk = subject.desk();
            if let Ok(mut place) = desk.lies.lock() {
                *place = lies;
            }
            let other = subject.run(&desk, &slice.schema(), &[vec![slice.clone()]])?;
            same(&one, &other, &format!("{what}, {rows} of them"))?;
        }
    }
    Ok(())
}

fn behind_nulls(subject: &Subject) -> Checked {
    let shape = Shape { nulls_of_ten: 4, ..Shape::new(80, subject.seed) };
    let plain = subject.rows(&[subject.batch(shape)?])?;
    for behind in [3, 4] {
        let other = subject.rows(&[subject.batch(Shape { behind, ..shape })?])?;
        same(&plain, &other, "zeros and other values behind the nulls")?;
    }
    Ok(())
}

/// Fields behind those that the user says the component needs.
fn beside_given(subject: &Subject, fields: impl Iterator<Item = FieldRef>) -> SchemaRef {
    let given = subject.given.schema.iter().flat_map(|schema| schema.fields().iter().cloned());
    let given: Vec<FieldRef> = given.collect();
    let fresh = fields.map(|field| match given.iter().any(|other| other.name() == field.name()) {
        true => Arc::new(field.as_ref().clone().with_name(format!("{}_too", field.name()))),
        false => field,
    });
    let fresh: Vec<FieldRef> = fresh.collect();
    Arc::new(Schema::new(given.iter().cloned().chain(fresh).collect::<Vec<_>>()))
}

fn each_type(subject: &Subject, all: Vec<DataType>) -> Checked {
    let (mut tried, mut declined) = (0, Vec::new());
    for data_type in all.iter().filter(|data_type| subject.accepts(data_type)) {
        let schema =
            beside_given(subject, schema_of(std::slice::from_ref(data_type)).fields().iter().cloned());
        if let Err(stop) = declines(subject, &schema) {
            match stop {
                Stop::Skipped(_) if !subject.names(data_type) || subject.is_given() => {
                    declined.push(data_type.to_string());
                    continue;
                }
                Stop::Skipped(text) => {
                    return Err(failed(format!("{data_type} stands in the manifest, but {text}")));
                }
                failed => return Err(failed),
            }
        }
        tried += 1;
        for shape in [Shape::new(9, subject.seed), Shape { nulls_of_ten: 0, ..Shape::new(5, 2) }] {
            let batch = batch(&schema, shape).map_err(Stop::Skipped)?;
            subject.rows(&[batch.clone(), batch.slice(0, batch.num_rows() / 2)]).map_err(
                |stop| match stop {
                    Stop::Failed(text) => failed(format!("{data_type}: {text}")),
                    other => other,
                },
            )?;
        }
    }
    match (tried, declined.is_empty()) {
        (0, true) => Err(Stop::Skipped("its manifest accepts none of them".into())),
        (0, false) => Err(Stop::Skipped(format!("initialize declined {}", declined.join(", ")))),
        _ => Ok(()),
    }
}

/// Rows of a large batch.
const MANY_ROWS: usize = 100_000;
/// Batches of as many rows that `--thorough` adds.
const THOROUGH_BATCHES: usize = 100;

fn many_rows(subject: &Subject) -> Checked {
    let batch = subject.batch(Shape::new(MANY_ROWS, subject.seed))?;
    let calls = vec![vec![batch.clone()]; if subject.thorough { 1 + THOROUGH_BATCHES } else { 1 }];
    subject.run(&subject.desk(), &batch.schema(), &calls).map(drop)
}

/// More columns than any other case has.
const RANDOM_COLUMNS: usize = 40;

fn random(subject: &Subject) -> Checked {
    let mut random = Random::new(subject.seed);
    let mut all = types();
    all.extend(dictionaries());
    all.extend(views());
    all.retain(|data_type| subject.accepts(data_type));
    if all.is_empty() {
        return Err(Stop::Skipped("its manifest accepts no type that the checker has".into()));
    }
    let (rounds, mut tried) = (if subject.thorough { 200 } else { 6 }, 0);
    for round in 0..rounds {
        let columns = if round == 0 { RANDOM_COLUMNS } else { 2 + random.below(5) as usize };
        let fields: Vec<FieldRef> = (0..columns)
            .map(|i| {
                let data_type = all[random.below(all.len() as u64) as usize].clone();
                // Names that are empty, not ASCII, or there twice.
                let name = ["", "ä", "a b", "twice", "twice", "n"][random.below(6) as usize].to_owned();
                let name = if name == "n" { format!("n{i}") } else { name };
                Arc::new(Field::new(name, data_type, random.below(2) == 0))
            })
            .collect();
        let schema = beside_given(subject, fields.into_iter());
        match declines(subject, &schema) {
            Err(Stop::Skipped(_)) => continue,
            other => other?,
        }
        tried += 1;
        let batches = (0..3).map(|_| {
            let shape = Shape {
                // Batches of no row and of one are cases of their own.
                rows: 2 + random.below(200) as usize,
                seed: random.next(),
                nulls_of_ten: random.below(11),
                behind: random.next(),
            };
            batch(&schema, shape).map_err(Stop::Skipped)
        });
        let batches = batches.collect::<Result<Vec<_>, _>>()?;
        subject.rows(&batches).map_err(|stop| match stop {
            Stop::Failed(text) => failed(format!("round {round}, {columns} columns: {text}")),
            other => other,
        })?;
    }
    match tried {
        0 => Err(Stop::Skipped("initialize declined every random schema".into())),
        _ => Ok(()),
    }
}

fn none_or_several(subject: &Subject) -> Checked {
    let batch = subject.batch(Shape::new(24, subject.seed))?;
    let pieces = [batch.slice(0, 10), batch.slice(10, 14)];
    let schema = batch.schema();
    let single: Vec<_> = pieces.iter().map(|piece| vec![piece.clone()]).collect();
    let one = subject.run(&subject.desk(), &schema, &single)?;
    let several = subject.run(&subject.desk(), &schema, &[vec![], pieces.to_vec(), vec![]])?;
    ensure(one.0.len() == several.0.len(), || "other outputs".into())
}

fn two_parents(subject: &Subject) -> Checked {
    let batch = subject.batch(Shape::new(12, subject.seed))?;
    let desk = subject.desk();
    let mut life = AlgorithmLife::configure(subject, &desk)?;
    let said = life.try_initialize(&[batch.schema(), batch.schema()])?;
    if said.is_declined() {
        return Err(Stop::Skipped(format!("initialize declined two parents: {}", said.error.text())));
    }
    said.ok("initialize")?;
    life.book()?;
    let (instance, partial) = (life.instance()?, life.partial()?);
    for inputs in [vec![(0, batch.clone()), (1, batch.clone())], vec![(1, batch)]] {
        life.try_execute(&plain_call(), &instance, partial.as_ref(), inputs)?.ok("execute")?;
    }
    life.finalize(partial.as_ref())
}

/// Rows of the batch here: no other case has as many.
const SCHEMA_ROWS: usize = 777;

fn outputs_match(subject: &Subject) -> Checked {
    match subject.table {
        Table::Reader(_) => reading::whole(subject, &subject.desk()).map(drop),
        _ => {
            let batch = subject.batch(Shape::new(SCHEMA_ROWS, subject.seed))?;
            subject.rows(&[batch.clone(), batch.slice(5, 700)]).map(drop)
        }
    }
}
