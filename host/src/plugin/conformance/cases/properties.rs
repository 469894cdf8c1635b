//! Configuration: defaults, limits, choices, and what no job file should give.

use super::{ALL, Case, Level, component};
use crate::menu::Value;
use crate::plugin::conformance::batches::Shape;
use crate::plugin::conformance::desk::{Desk, Said};
use crate::plugin::conformance::lives::configure;
use crate::plugin::conformance::reading;
use crate::plugin::conformance::subject::{Subject, plain_call};
use crate::plugin::conformance::{Checked, Stop, ensure};
use crate::plugin::library::Table;
use crate::plugin::manifest::{ComponentKind, PropertySpec, PropertyType};
use std::collections::BTreeMap;

pub(super) const CASES: &[Case] = &[
    component(
        "properties-absent",
        Level::Properties,
        ALL,
        "A property that is absent is no null pointer to read through: configure takes its default or declines.",
        absent,
    ),
    component(
        "properties-declared",
        Level::Properties,
        ALL,
        "The component asks only for properties of its manifest.",
        declared,
    ),
    component(
        "property-limits",
        Level::Properties,
        ALL,
        "Configure takes the least and the greatest value of every range.",
        limits,
    ),
    component(
        "property-choices",
        Level::Properties,
        ALL,
        "Configure takes every choice of every property.",
        choices,
    ),
    component(
        "property-out-of-range",
        Level::Properties,
        ALL,
        "A value outside of its range or choices does no harm, even though the host refuses it before.",
        out_of_range,
    ),
    component(
        "property-wrong-types",
        Level::Properties,
        ALL,
        "A value of another type than the manifest's does no harm.",
        wrong_types,
    ),
    component(
        "property-texts",
        Level::Properties,
        ALL,
        "Texts that are empty, long, not ASCII, or hold a zero byte do no harm.",
        texts,
    ),
    component(
        "secrets-not-told",
        Level::Properties,
        ALL,
        "The value of a secret property never stands in a log line, an annotation or an error.",
        secrets,
    ),
];

/// Configures with these properties, and releases at once.
fn configured(subject: &Subject, desk: &Desk) -> Said {
    let (make, release) = match subject.table {
        Table::Reader(table) => (table.configure, table.release),
        Table::Algorithm(table) => (table.configure, table.release),
        Table::Tool(table) => (table.configure, table.release),
    };
    configure(desk, &plain_call(), make, release).0
}

/// Configures with one property changed.
fn with(subject: &Subject, name: &str, value: Value) -> Said {
    let mut properties = subject.properties();
    properties.insert(name.to_owned(), value);
    configured(subject, &subject.desk_with(&properties))
}

/// Skips the case where the defaults alone are declined.
fn base(subject: &Subject) -> Checked {
    subject.or_declined(&configured(subject, &subject.desk()), "configure")
}

fn absent(subject: &Subject) -> Checked {
    let mut properties = subject.given.properties.clone();
    for spec in subject.spec.properties.iter().filter(|spec| !spec.required) {
        properties.remove(&spec.name);
    }
    configured(subject, &subject.desk_with(&properties)).sound("configure")?;
    configured(subject, &subject.desk_with(&BTreeMap::new())).sound("configure")
}

fn declared(subject: &Subject) -> Checked {
    let desk = subject.desk();
    subject.or_declined(&configured(subject, &desk), "configure")?;
    let record = desk.record();
    let unknown = record.asked.iter().find(|asked| subject.spec.properties.iter().all(|p| p.name != **asked));
    match unknown {
        Some(name) => Err(Stop::Failed(format!("it asks for `{name}`, which its manifest does not have"))),
        None => Ok(()),
    }
}

/// A number in the checked form of a property.
fn number(spec: &PropertySpec, value: f64) -> Option<Value> {
    Some(match spec.kind {
        PropertyType::Int | PropertyType::Bytes => Value::Int(value as i64),
        PropertyType::Duration => Value::Int((value * 1e9) as i64),
        PropertyType::Float => Value::Float(value),
        _ => return None,
    })
}

fn limits(subject: &Subject) -> Checked {
    let mut tried = 0;
    for spec in &subject.spec.properties {
        for limit in [spec.min, spec.max].into_iter().flatten() {
            let Some(value) = number(spec, limit) else { continue };
            if tried == 0 {
                base(subject)?;
            }
            tried += 1;
            let said = with(subject, &spec.name, value.clone());
            said.ok(&format!("configure with {} = {value}", spec.name))?;
        }
    }
    some(tried, "it has no property with limits")
}

fn choices(subject: &Subject) -> Checked {
    let mut tried = 0;
    for spec in &subject.spec.properties {
        for choice in &spec.choices {
            if tried == 0 {
                base(subject)?;
            }
            tried += 1;
            let said = with(subject, &spec.name, choice.clone());
            said.ok(&format!("configure with {} = {choice}", spec.name))?;
        }
    }
    some(tried, "it has no property with choices")
}

fn out_of_range(subject: &Subject) -> Checked {
    let mut tried = 0;
    for spec in &subject.spec.properties {
        let mut values = Vec::new();
        values.extend(spec.min.and_then(|min| number(spec, min - 1.0)));
        values.extend(spec.max.and_then(|max| number(spec, max + 1.0)));
        if spec.min.is_some() || spec.max.is_some() {
            values.extend(match spec.kind {
                PropertyType::Float => vec![Value::Float(f64::NAN), Value::Float(f64::INFINITY)],
                _ => vec![Value::Int(i64::MIN), Value::Int(i64::MAX)],
            });
        }
        if !spec.choices.is_empty() {
            values.push(Value::Str("no such choice".into()));
        }
        for value in values {
            tried += 1;
            with(subject, &spec.name, value.clone())
                .sound(&format!("configure with {} = {value}", spec.name))?;
        }
    }
    some(tried, "it has no property with limits or choices")
}

fn wrong_types(subject: &Subject) -> Checked {
    let values = [
        Value::Bool(true),
        Value::Int(7),
        Value::Float(0.5),
        Value::Str("text".into()),
        Value::List(vec![Value::Int(1), Value::List(vec![])]),
        Value::Table([("key".to_owned(), Value::Bool(false))].into()),
    ];
    for spec in &subject.spec.properties {
        for value in &values {
            let verb = format!("configure with {} = {value}", spec.name);
            with(subject, &spec.name, value.clone()).sound(&verb)?;
        }
    }
    some(subject.spec.properties.len(), "it has no property")
}

fn texts(subject: &Subject) -> Checked {
    let strings = subject.spec.properties.iter().filter(|spec| spec.kind == PropertyType::String);
    let mut tried = 0;
    for spec in strings {
        for text in ["", "ä€𝄞", "a\0b", "'", &"x".repeat(100_000)] {
            tried += 1;
            with(subject, &spec.name, Value::Str(text.to_owned())).sound("configure")?;
        }
    }
    some(tried, "it has no property of the type string")
}

fn secrets(subject: &Subject) -> Checked {
    const SECRET: &str = "Tr0ub4dor-4711";
    let mut properties = subject.properties();
    let mut tried = 0;
    for spec in subject.spec.properties.iter().filter(|spec| spec.secret) {
        properties.insert(spec.name.clone(), Value::Str(SECRET.to_owned()));
        tried += 1;
    }
    some(tried, "it has no secret property")?;
    let desk = subject.desk_with(&properties);
    let said = configured(subject, &desk);
    if said.is_ok() {
        match subject.is(ComponentKind::Reader) {
            true => reading::whole(subject, &desk).map(drop)?,
            false => {
                let batch = subject.batch(Shape::new(100, subject.seed))?;
                subject.run(&desk, &batch.schema(), &[vec![batch.clone()]]).map(drop)?;
            }
        }
    }
    let told = desk.record().said.iter().any(|text| text.contains(SECRET));
    ensure(!told, || "a log line, an annotation or an error holds the secret".into())
}

/// Skips a case that had nothing to try.
fn some(tried: usize, reason: &str) -> Checked {
    if tried > 0 { Ok(()) } else { Err(Stop::Skipped(reason.to_owned())) }
}
