//! `store list`: the datasets.

use artemis_host::catalog::{DatasetKind, DatasetRecord};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::args;
use super::super::fault::Outcome;
use super::super::session::Session;
use super::super::table::Table;
use super::super::text::{bytes, clean, counted, moment, number, timestamp};
use super::{index, store_to_json};

pub(crate) fn datasets(session: &Session, inputs: bool, search: &args::Search) -> Outcome {
    let catalog = session.store()?;
    let ids = match index::wanted(search) {
        None => catalog.dataset_ids()?,
        Some(wanted) => {
            let found = catalog.search(index::index_file(&catalog).as_deref(), &wanted)?;
            found.into_iter().map(|entry| entry.id).collect()
        }
    };
    let mut records = Vec::with_capacity(ids.len());
    for id in ids {
        records.push(catalog.dataset(&id)?);
    }
    let all = records.len();
    records.retain(|record| inputs || record.kind != DatasetKind::DatasetInput);
    if session.json() {
        let datasets: Vec<Value> = records.iter().map(dataset_to_json).collect();
        let deleted: Vec<Value> = catalog
            .deleted_datasets()?
            .iter()
            .map(|(id, d)| json!({ "id": id.to_string(), "reason": d.reason, "at": timestamp(d.at), "erased": d.erased }))
            .collect();
        let store = store_to_json(&catalog);
        return session.answer(json!({ "store": store, "datasets": datasets, "deleted": deleted }));
    }
    let mut table = Table::new(&["name", "id", ">rows", ">size", ">parts", "job", "created"]);
    for record in &records {
        let names: Vec<String> =
            record.names.iter().map(|name| format!("{}@{}", name.name, name.version)).collect();
        let job = record.jobs.first().map(short).unwrap_or_default();
        table.row(vec![
            if names.is_empty() { "-".into() } else { names.join(" ") },
            record.id.short(),
            number(record.rows()),
            bytes(record.bytes()),
            record.partitions.len().to_string(),
            job,
            moment(record.created),
        ]);
    }
    if records.is_empty() {
        session.note("the store has no dataset yet: `run JOB` makes one");
    } else {
        session.print(&table.render(session.width))?;
    }
    for (id, deleted) in catalog.deleted_datasets()? {
        let when = moment(deleted.at);
        session.note(&format!("{} was deleted at {when}: {}", id.short(), clean(&deleted.reason)));
    }
    if records.len() < all {
        let hidden = counted((all - records.len()) as u64, "input dataset");
        session.note(&format!("{hidden} not shown; --inputs shows them"));
    }
    Ok(())
}

/// A job's id, as far as it differs from others: the last digits are random, the first ones are the time.
fn short(job: &Uuid) -> String {
    let text = job.simple().to_string();
    text[text.len() - 8..].to_owned()
}

fn dataset_to_json(record: &DatasetRecord) -> Value {
    let partitions = record.partitions.iter().map(|partition| {
        json!({
            "name": partition.name,
            "rows": partition.rows(),
            "bytes": partition.bytes(),
            "parts": partition.parts.len(),
        })
    });
    let names = record
        .names
        .iter()
        .map(|name| json!({ "name": name.name, "version": name.version, "latest": name.latest }));
    json!({
        "id": record.id.to_string(),
        "kind": match record.kind {
            DatasetKind::DatasetInput => "input",
            DatasetKind::DatasetProduced => "produced",
            DatasetKind::DatasetOpen => "open",
        },
        "names": names.collect::<Vec<_>>(),
        "created": timestamp(record.created),
        "rows": record.rows(),
        "bytes": record.bytes(),
        "partitions": partitions.collect::<Vec<_>>(),
        "jobs": record.jobs.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "menu": record.menu().map(|id| id.to_string()),
        "config": record.config().map(|id| id.to_string()),
        "parents": record.parents.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
