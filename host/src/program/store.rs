//! `store`: what the store holds.

mod export;
mod files;
mod gc;
mod import;
mod index;
mod init;
mod jobs;
mod life;
mod lineage;
mod list;
mod objects;
mod show;
mod verify;

use artemis_host::catalog::Catalog;
use serde_json::{Value, json};

use super::args;
use super::data;
use super::fault::Outcome;
use super::session::Session;

pub(crate) fn store(session: &Session, args: &args::Store) -> Outcome {
    match args {
        args::Store::List { jobs: true, .. } => jobs::jobs(session),
        args::Store::List { inputs, search, .. } => list::datasets(session, *inputs, search),
        args::Store::Reindex => index::reindex(session),
        args::Store::Import { folder, name } => import::import(session, folder, name.as_deref()),
        args::Store::Show { id } => show::show(session, id),
        args::Store::Head { dataset, rows } => data::head(session, dataset, *rows),
        args::Store::Cat { dataset, form, null } => data::cat(session, dataset, *form, null),
        args::Store::Path { dataset } => data::path(session, dataset),
        args::Store::Export { what, all } => export::export(session, what, *all),
        args::Store::Files { dataset } => files::files(session, dataset),
        args::Store::Rejects { dataset } => files::rejects(session, dataset),
        args::Store::Lineage { dataset } => lineage::lineage(session, dataset),
        args::Store::Name { dataset, name } => life::name(session, dataset, name),
        args::Store::Delete { dataset, reason } => life::delete(session, dataset, reason),
        args::Store::Aux { dataset, set } => life::aux(session, dataset, set.as_deref()),
        args::Store::Retention { due } => life::retention(session, *due),
        args::Store::Verify => verify::verify(session),
        args::Store::Gc { dry_run, grace } => gc::gc(session, *dry_run, grace),
        args::Store::Get { id } => objects::get(session, id),
        args::Store::Put { file, kind, name } => objects::put(session, file, kind, name.as_deref()),
        args::Store::Init { name, algorithm, data_root } => {
            init::init(session, name.as_deref(), algorithm.as_deref(), data_root.as_deref())
        }
    }
}

pub(crate) fn store_to_json(catalog: &Catalog) -> Value {
    json!({ "name": catalog.store_name(), "id": catalog.store_uuid().to_string() })
}
