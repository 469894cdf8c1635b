//! `store show`: any record by name, id, beginning of an id, or key.

use artemis_host::catalog::{Catalog, CatalogError, JobStatus};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::fault::{Fault, Outcome};
use super::super::lookup;
use super::super::session::Session;
use super::jobs::job_to_json;

pub(crate) fn show(session: &Session, text: &str) -> Outcome {
    let catalog = session.store()?;
    let record = match catalog.show(text) {
        Err(CatalogError::Unknown { .. }) => by_beginning(&catalog, text)?,
        other => other?,
    };
    if session.json() {
        return session.answer(json!({ "record": record }));
    }
    session.print(&format!("{record:#}\n"))
}

/// An object by the beginning of its id, or a job by its id.
fn by_beginning(catalog: &Catalog, text: &str) -> Outcome<Value> {
    if let Ok(id) = Uuid::parse_str(text)
        && let Some(job) = catalog.job(id)?
    {
        let mut object = job_to_json(&job);
        if let JobStatus::Ended(_, end) = &job.status
            && let Some(info) = end.info
        {
            object["record"] = catalog.show(&info.to_string())?;
        }
        return Ok(object);
    }
    let mut ids: Vec<_> = catalog.objects()?.into_iter().map(|object| object.id).collect();
    for job in catalog.jobs()? {
        if let JobStatus::Ended(_, end) = job.status {
            ids.extend(end.info.into_iter().chain(end.log));
        }
    }
    ids.retain(|id| lookup::begins(id, text));
    ids.sort_unstable();
    ids.dedup();
    match ids.as_slice() {
        [id] => Ok(catalog.show(&id.to_string())?),
        // The error with what is near.
        [] => Ok(catalog.show(text)?),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Fault::usage(format!("{text:?} may mean any of {}", ids.join(", "))))
        }
    }
}
