//! `store files` and `store rejects`: what the records say of data files, and of what was left out of them.

use artemis_host::catalog::ObjectKind;
use artemis_proto::artemis::JobInfo;
use serde_json::{Value, json};

use super::super::data::place;
use super::super::fault::Outcome;
use super::super::lookup;
use super::super::session::Session;
use super::super::table::Table;
use super::super::text::{bytes, clean, counted, number, wrapped};

pub(crate) fn files(session: &Session, text: &str) -> Outcome {
    let catalog = session.store()?;
    let (record, partitions) = lookup::partitions(&catalog, text)?;
    let mut table = Table::new(&["partition", ">part", ">rows", ">size", "hash", "place"]);
    let mut listed: Vec<Value> = Vec::new();
    for partition in &partitions {
        for part in &partition.parts {
            let place = place(&catalog, part);
            listed.push(json!({
                "partition": partition.name,
                "index": part.index,
                "key": part.key,
                "place": place,
                "content_id": part.id.to_string(),
                "rows": part.rows,
                "bytes": part.bytes,
                "batches": part.batches,
                "columns": part.columns,
            }));
            table.row(vec![
                partition.name.clone(),
                part.index.to_string(),
                number(part.rows),
                bytes(part.bytes),
                part.id.short(),
                place,
            ]);
        }
    }
    if session.json() {
        return session.answer(json!({ "dataset": record.id.to_string(), "files": listed }));
    }
    if listed.is_empty() {
        session
            .note("the dataset has no data file; an input dataset refers to files: `store show` names them");
        return Ok(());
    }
    session.print(&table.render(session.width))
}

pub(crate) fn rejects(session: &Session, text: &str) -> Outcome {
    let catalog = session.store()?;
    let record = catalog.dataset(&catalog.resolve(text)?)?;
    // Jobs of one recipe reject the same: the first one's record says it all.
    let first = record.of_kind(ObjectKind::Job).next();
    let info: JobInfo = first.map(|job| catalog.get_message(&job.id)).transpose()?.unwrap_or_default();
    if session.json() {
        let rejects: Vec<Value> = info
            .rejects
            .iter()
            .map(|reject| {
                let located = reject.located.iter().map(|l| {
                    json!({ "record": l.record, "offset": l.offset, "column": l.column, "reason": l.reason, "text": l.masked_text })
                });
                json!({
                    "datum": reject.datum,
                    "input": reject.input,
                    "column": reject.column,
                    "component": reject.component,
                    "policy": reject.policy,
                    "count": reject.count,
                    "located": located.collect::<Vec<_>>(),
                })
            })
            .collect();
        return session.answer(json!({ "dataset": record.id.to_string(), "rejects": rejects }));
    }
    if info.rejects.is_empty() {
        session.note("nothing was rejected");
        return Ok(());
    }
    let mut out = String::new();
    for reject in &info.rejects {
        let what = if reject.column.is_empty() {
            "record".to_owned()
        } else {
            format!("cell of `{}`", reject.column)
        };
        let head = format!("{}: {} ({})", reject.input, counted(reject.count, &what), reject.policy);
        out += &wrapped("", &head, session.width);
        for located in &reject.located {
            let text = format!(
                "record {} at byte {}: `{}` {}",
                located.record, located.offset, located.masked_text, located.reason
            );
            out += &wrapped("  ", &clean(&text), session.width);
        }
    }
    session.print(&out)
}
