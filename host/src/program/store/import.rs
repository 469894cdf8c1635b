//! `store import`: a store of the Python framework is read in.

use std::path::Path;

use artemis_host::interchange::{self, Imported, ImportedDataset};
use artemis_host::store::OpenOptions;
use serde_json::{Value, json};

use super::super::fault::Outcome;
use super::super::run;
use super::super::session::Session;
use super::super::table::Table;
use super::super::text::{counted, labelled, number, wrapped};
use super::store_to_json;

pub(crate) fn import(session: &Session, folder: &Path, name: Option<&str>) -> Outcome {
    let catalog = run::open(&session.location(None)?, &OpenOptions::default())?;
    let imported = interchange::import(&catalog, folder, name)?;
    if session.json() {
        let mut object = to_json(&imported);
        object["store"] = store_to_json(&catalog);
        return session.answer(object);
    }
    if session.quiet() {
        return Ok(());
    }
    let mut out = labelled("imported", &imported.name, session.width);
    let files = counted(imported.files as u64, "file");
    let kept = if imported.already_there { format!("{files}, which were there") } else { files };
    out += &labelled("kept", &kept, session.width);
    let mut table = Table::new(&["its id", "id here", ">rows"]);
    for dataset in &imported.datasets {
        let rows = if dataset.is_input { "inputs".to_owned() } else { number(dataset.rows) };
        table.row(vec![dataset.uuid.clone(), dataset.id.short(), rows]);
    }
    out += &table.render(session.width);
    for left in &imported.left_out {
        out += &wrapped("", &format!("left out: {}: {}", left.name, left.reason), session.width);
    }
    for missing in &imported.missing {
        out += &wrapped("", &format!("not there: {missing}"), session.width);
    }
    session.print(&out)
}

fn to_json(imported: &Imported) -> Value {
    let dataset = |dataset: &ImportedDataset| {
        json!({
            "alias": dataset.uuid,
            "id": dataset.id.to_string(),
            "rows": dataset.rows,
            "kind": if dataset.is_input { "input" } else { "produced" },
        })
    };
    let left_out = imported.left_out.iter().map(|left| json!({ "name": left.name, "reason": left.reason }));
    json!({
        "imported": { "id": imported.uuid, "name": imported.name },
        "datasets": imported.datasets.iter().map(dataset).collect::<Vec<_>>(),
        "files": imported.files,
        "left_out": left_out.collect::<Vec<_>>(),
        "missing": imported.missing,
        "already_there": imported.already_there,
    })
}
