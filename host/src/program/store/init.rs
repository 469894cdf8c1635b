//! `store init`: an empty store.

use artemis_host::catalog::Catalog;
use artemis_host::store::{Algorithm, Identity, Location, OpenOptions};
use serde_json::json;

use super::super::fault::Outcome;
use super::super::session::Session;
use super::super::text::labelled;
use super::store_to_json;

pub(crate) fn init(
    session: &Session,
    name: Option<&str>,
    algorithm: Option<&str>,
    data_root: Option<&str>,
) -> Outcome {
    let location = session.location(None)?;
    let name = name.map_or_else(|| location.store_name(), str::to_owned);
    let mut identity = Identity::new(&name);
    if let Some(algorithm) = Algorithm::ALL.into_iter().find(|known| Some(known.name()) == algorithm) {
        (identity.objects, identity.data) = (algorithm, algorithm);
    }
    // Absolute, since commands run in other directories.
    identity.data_root = data_root.map(str::parse).transpose()?.map(Location::absolute);
    let options = OpenOptions::default();
    let store = match &identity.data_root {
        Some(root) => location.open_with_data_root(root, &options)?,
        None => location.open(&options)?,
    };
    let root = identity.data_root.as_ref().map(ToString::to_string);
    let catalog = Catalog::create_as(store, identity)?;
    if session.json() {
        let mut object = json!({ "store": store_to_json(&catalog) });
        object["store"]["path"] = location.to_string().into();
        object["store"]["data_root"] = root.into();
        return session.answer(object);
    }
    let mut out = labelled("store", catalog.store_name(), session.width);
    out += &labelled("id", &catalog.store_uuid().to_string(), session.width);
    out += &labelled("where", &location.to_string(), session.width);
    if let Some(root) = root {
        out += &labelled("data", &root, session.width);
    }
    session.print(&out)
}
