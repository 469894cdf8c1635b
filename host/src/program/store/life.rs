//! `store name`, `delete`, `aux`, `retention`: names of datasets, and the end of their life.

use std::path::Path;
use std::time::SystemTime;

use artemis_host::catalog::{Catalog, aux_from_toml, aux_to_toml};
use artemis_host::store::OpenOptions;
use serde_json::{Value, json};

use super::super::fault::{Fault, Outcome};
use super::super::session::Session;
use super::super::table::Table;

/// The store, to be changed.
pub(crate) fn writable(session: &Session) -> Outcome<Catalog> {
    Ok(Catalog::open(session.location(None)?.open(&OpenOptions::default())?)?)
}

pub(crate) fn name(session: &Session, dataset: &str, name: &str) -> Outcome {
    let catalog = writable(session)?;
    let dataset = catalog.resolve(dataset)?;
    catalog.name_dataset(name, &dataset)?;
    let version = catalog.names()?.get(name).map_or(0, Vec::len);
    if session.json() {
        return session.answer(json!({ "dataset": dataset.to_string(), "name": name, "version": version }));
    }
    session.print(&format!("{name}@{version} {dataset}\n"))
}

pub(crate) fn delete(session: &Session, dataset: &str, reason: &str) -> Outcome {
    let catalog = writable(session)?;
    let dataset = catalog.resolve(dataset)?;
    let children = catalog.children(&dataset)?.len();
    catalog.delete_dataset(&dataset, reason)?;
    if children > 0 {
        session.note("other datasets were made from it; they keep their own data");
    }
    if session.json() {
        return session.answer(json!({ "dataset": dataset.to_string(), "deleted": true, "reason": reason }));
    }
    session.print(&format!("deleted {dataset}; `store gc` removes its bytes when the grace is over\n"))
}

pub(crate) fn aux(session: &Session, dataset: &str, set: Option<&Path>) -> Outcome {
    let catalog = match set {
        Some(_) => writable(session)?,
        None => session.store()?,
    };
    let dataset = catalog.resolve(dataset)?;
    if let Some(path) = set {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Fault::usage(format!("{}: {error}", path.display())))?;
        catalog.set_aux(&dataset, &aux_from_toml(&text)?)?;
    }
    let text = aux_to_toml(&catalog.aux(&dataset)?)?;
    if session.json() {
        return session.answer(json!({ "dataset": dataset.to_string(), "toml": text }));
    }
    session.print(&text)
}

pub(crate) fn retention(session: &Session, due_only: bool) -> Outcome {
    let catalog = session.store()?;
    let mut found = catalog.retention(SystemTime::now())?;
    found.retain(|entry| entry.is_due || !due_only);
    if session.json() {
        let datasets: Vec<Value> = found
            .iter()
            .map(|entry| {
                json!({
                    "dataset": entry.dataset.to_string(),
                    "names": entry.names.iter().map(ToString::to_string).collect::<Vec<_>>(),
                    "period": entry.retention.period,
                    "due": entry.due.as_ref().ok().map(ToString::to_string),
                    "is_due": entry.is_due,
                    "problem": entry.due.as_ref().err(),
                })
            })
            .collect();
        return session.answer(json!({ "datasets": datasets }));
    }
    if found.is_empty() {
        session.note(if due_only {
            "nothing is due"
        } else {
            "no dataset has a retention: `store aux` gives it one"
        });
        return Ok(());
    }
    let mut table = Table::new(&["name", "id", "period", "due", ""]);
    for entry in &found {
        let names: Vec<String> = entry.names.iter().map(ToString::to_string).collect();
        let (due, note) = match &entry.due {
            Ok(due) => (due.to_string(), if entry.is_due { "due".to_owned() } else { String::new() }),
            Err(why) => ("unknown".to_owned(), why.clone()),
        };
        table.row(vec![names.join(" "), entry.dataset.short(), entry.retention.period.clone(), due, note]);
    }
    session.print(&table.render(session.width))
}
