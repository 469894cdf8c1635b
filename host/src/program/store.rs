//! `store`: what the store holds.

mod init;
mod jobs;
mod list;
mod show;

use artemis_host::catalog::Catalog;
use serde_json::{Value, json};

use super::args;
use super::data;
use super::fault::Outcome;
use super::session::Session;

pub(crate) fn store(session: &Session, args: &args::Store) -> Outcome {
    match args {
        args::Store::List { jobs: true, .. } => jobs::jobs(session),
        args::Store::List { inputs, .. } => list::datasets(session, *inputs),
        args::Store::Show { id } => show::show(session, id),
        args::Store::Head { dataset, rows } => data::head(session, dataset, *rows),
        args::Store::Cat { dataset, form, null } => data::cat(session, dataset, *form, null),
        args::Store::Path { dataset } => data::path(session, dataset),
        args::Store::Init { name, algorithm, data_root } => {
            init::init(session, name.as_deref(), algorithm.as_deref(), data_root.as_deref())
        }
    }
}

pub(crate) fn store_to_json(catalog: &Catalog) -> Value {
    json!({ "name": catalog.store_name(), "id": catalog.store_uuid().to_string() })
}
