//! `store init`: an empty store.

use std::sync::Arc;

use artemis_host::catalog::Catalog;
use artemis_host::store::{Algorithm, Identity, LocalOptions, LocalStore};
use serde_json::json;

use super::super::fault::Outcome;
use super::super::run;
use super::super::session::Session;
use super::super::text::labelled;
use super::store_to_json;

pub(crate) fn init(session: &Session, name: Option<&str>, algorithm: Option<&str>) -> Outcome {
    let path = session.store_path(None)?;
    let name = name.map_or_else(|| run::name_of(&path), str::to_owned);
    let mut identity = Identity::new(&name);
    if let Some(algorithm) = Algorithm::ALL.into_iter().find(|known| Some(known.name()) == algorithm) {
        (identity.objects, identity.data) = (algorithm, algorithm);
    }
    let catalog = Catalog::create_as(Arc::new(LocalStore::new(&path, LocalOptions::default())), identity)?;
    if session.json() {
        let mut object = json!({ "store": store_to_json(&catalog) });
        object["store"]["path"] = path.to_string_lossy().into();
        return session.answer(object);
    }
    let mut out = labelled("store", catalog.store_name(), session.width);
    out += &labelled("id", &catalog.store_uuid().to_string(), session.width);
    out += &labelled("where", &path.display().to_string(), session.width);
    session.print(&out)
}
