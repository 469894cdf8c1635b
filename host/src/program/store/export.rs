//! `store export`: datasets in the layout of the Python framework.

use std::path::Path;

use artemis_host::interchange::{self, Which};
use serde_json::{Value, json};

use super::super::fault::{Fault, Outcome};
use super::super::session::Session;
use super::super::table::Table;
use super::super::text::{counted, labelled, wrapped};

pub(crate) fn export(session: &Session, what: &[String], all: bool) -> Outcome {
    let catalog = session.store()?;
    let (which, folder) = match (what, all) {
        ([folder], true) => (Which::All, folder),
        ([dataset, folder], false) => (Which::These(vec![catalog.resolve(dataset)?]), folder),
        ([_], false) => {
            return Err(Fault::usage("name a dataset and a folder, or --all and a folder"));
        }
        _ => return Err(Fault::usage("with --all name the folder alone")),
    };
    let exported = interchange::export(&catalog, &which, Path::new(folder))?;
    if session.json() {
        let datasets = exported.datasets.iter().map(|d| json!({ "id": d.id.to_string(), "uuid": d.uuid }));
        return session.answer(json!({
            "folder": folder,
            "stores": exported.stores,
            "datasets": datasets.collect::<Vec<Value>>(),
            "files": exported.files,
            "notes": exported.notes,
        }));
    }
    exported.notes.iter().for_each(|note| session.note(&format!("note: {note}")));
    if session.quiet() {
        return Ok(());
    }
    let mut out = labelled("wrote", &counted(exported.files as u64, "file"), session.width);
    for store in &exported.stores {
        out += &wrapped("  ", store, session.width);
    }
    let mut table = Table::new(&["dataset", "id there"]);
    for dataset in &exported.datasets {
        table.row(vec![dataset.id.short(), dataset.uuid.clone()]);
    }
    out += &table.render(session.width);
    session.print(&out)
}
