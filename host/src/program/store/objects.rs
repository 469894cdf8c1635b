//! `store get` and `store put`: objects as they are.

use std::io::Write;
use std::path::Path;

use artemis_host::catalog::{Catalog, ObjectKind};
use artemis_host::store::ContentId;
use serde_json::json;

use super::super::fault::{Fault, Outcome};
use super::super::lookup;
use super::super::session::Session;
use super::life::writable;

pub(crate) fn get(session: &Session, text: &str) -> Outcome {
    let catalog = session.store()?;
    let bytes = catalog.get_object(&object(&catalog, text)?)?;
    let mut out = std::io::stdout().lock();
    out.write_all(&bytes).and_then(|()| out.flush()).map_err(Fault::output)
}

/// An object by its id or the beginning of it.
fn object(catalog: &Catalog, text: &str) -> Outcome<ContentId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let mut ids: Vec<ContentId> = catalog.objects_by_id(text)?.into_iter().map(|object| object.id).collect();
    if ids.is_empty() {
        ids = catalog.objects()?.into_iter().map(|object| object.id).collect();
    }
    ids.retain(|id| lookup::begins(id, text));
    ids.sort_unstable();
    ids.dedup();
    match ids.as_slice() {
        [id] => Ok(*id),
        [] => Err(Fault::usage(format!("the store has no object {text:?}"))
            .help("`store show DATASET` names objects")),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Fault::usage(format!("{text:?} may mean any of {}", ids.join(", "))))
        }
    }
}

pub(crate) fn put(session: &Session, path: &Path, kind: &str, name: Option<&str>) -> Outcome {
    let kind = ObjectKind::ALL.into_iter().find(|known| known.name() == kind);
    // The command line takes no other kinds.
    let kind = kind.ok_or_else(|| Fault::bug("a kind of object that is none"))?;
    let bytes = std::fs::read(path).map_err(|error| Fault::usage(format!("{}: {error}", path.display())))?;
    let name = name.map_or_else(
        || path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        str::to_owned,
    );
    let catalog = writable(session)?;
    let object = catalog.put_checked(kind, &name, &bytes)?;
    catalog.register(std::slice::from_ref(&object))?;
    if session.json() {
        return session.answer(json!({ "id": object.id.to_string(), "kind": kind.name(), "name": name }));
    }
    session.print(&format!("{}\n", object.id))
}
