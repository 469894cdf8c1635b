//! `store`: what the store holds.

use std::sync::Arc;

use artemis_host::catalog::{Catalog, CatalogError, DatasetKind, DatasetRecord, JobStatus, JobSummary};
use artemis_host::store::{Algorithm, Identity, LocalOptions, LocalStore};
use serde_json::{Value, json};
use uuid::Uuid;

use super::args;
use super::data;
use super::fault::{Fault, Outcome};
use super::lookup;
use super::run;
use super::session::Session;
use super::table::Table;
use super::text::{self, bytes, counted, labelled, moment, number, timestamp, wrapped};
use super::{store_export, store_import};

pub(crate) fn store(session: &Session, args: &args::Store) -> Outcome {
    match args {
        args::Store::List { jobs: true, .. } => jobs(session),
        args::Store::List { inputs, .. } => datasets(session, *inputs),
        args::Store::Show { id } => show(session, id),
        args::Store::Head { dataset, rows } => data::head(session, dataset, *rows),
        args::Store::Cat { dataset, form, null } => data::cat(session, dataset, *form, null),
        args::Store::Path { dataset } => data::path(session, dataset),
        args::Store::Import { folder, name } => store_import::import(session, folder, name.as_deref()),
        args::Store::Export { what, all } => store_export::export(session, what, *all),
        args::Store::Init { name, algorithm } => init(session, name.as_deref(), algorithm.as_deref()),
    }
}

fn datasets(session: &Session, inputs: bool) -> Outcome {
    let catalog = session.store()?;
    let ids = catalog.dataset_ids()?;
    let mut records = Vec::with_capacity(ids.len());
    for id in ids {
        records.push(catalog.dataset(&id)?);
    }
    let all = records.len();
    records.retain(|record| inputs || record.kind == DatasetKind::DatasetProduced);
    if session.json() {
        let datasets: Vec<Value> = records.iter().map(dataset_to_json).collect();
        return session.answer(json!({ "store": store_to_json(&catalog), "datasets": datasets }));
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

pub(crate) fn store_to_json(catalog: &Catalog) -> Value {
    json!({ "name": catalog.store_name(), "id": catalog.store_uuid().to_string() })
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
        "kind": if record.kind == DatasetKind::DatasetInput { "input" } else { "produced" },
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

fn jobs(session: &Session) -> Outcome {
    let catalog = session.store()?;
    let jobs = catalog.jobs()?;
    if session.json() {
        let jobs: Vec<Value> = jobs.iter().map(job_to_json).collect();
        return session.answer(json!({ "store": store_to_json(&catalog), "jobs": jobs }));
    }
    if jobs.is_empty() {
        session.note("the store has no job yet: `run JOB` starts one");
        return Ok(());
    }
    let mut out = String::new();
    for job in &jobs {
        let (state, more) = match &job.status {
            JobStatus::Running(progress) => {
                let read = format!("{} of {}", bytes(progress.bytes_in), bytes(progress.bytes_total));
                ("running".to_owned(), format!("{}, {read} read", state(progress.state)))
            }
            JobStatus::UnknownSince(since) => {
                ("unknown".to_owned(), format!("no sign of life since {}", moment(*since)))
            }
            JobStatus::Ended(_, end) => {
                let dataset = end.dataset.map(|id| format!("dataset {}", id.short()));
                (state(end.state), end.error.clone().or(dataset).unwrap_or_default())
            }
            JobStatus::Damaged(why) => ("damaged".to_owned(), why.clone()),
            _ => ("unknown".to_owned(), String::new()),
        };
        out += &wrapped(
            "",
            &format!("{}  {}  {state}  {}", job.id, moment(job.started), job.name),
            session.width,
        );
        if !more.is_empty() {
            out += &wrapped("  ", &more, session.width);
        }
    }
    session.print(&out)
}

/// `JOB_SUCCESS` as `success`.
fn state(state: impl Into<i32>) -> String {
    let name = artemis_proto::artemis::JobState::try_from(state.into()).map(|state| state.as_str_name());
    name.unwrap_or("JOB_UNKNOWN").trim_start_matches("JOB_").to_ascii_lowercase()
}

fn job_to_json(job: &JobSummary) -> Value {
    let mut object = json!({
        "id": job.id.to_string(),
        "name": job.name,
        "started": timestamp(job.started),
        "menu": job.menu.map(|id| id.to_string()),
        "config": job.config.map(|id| id.to_string()),
    });
    match &job.status {
        JobStatus::Running(progress) => {
            object["status"] = "running".into();
            object["state"] = state(progress.state).into();
            object["bytes_in"] = progress.bytes_in.into();
            object["bytes_total"] = progress.bytes_total.into();
            object["rows_out"] = progress.rows_out.into();
        }
        JobStatus::UnknownSince(since) => {
            object["status"] = "unknown".into();
            object["since"] = timestamp(*since).into();
        }
        JobStatus::Ended(when, end) => {
            object["status"] = "ended".into();
            object["state"] = state(end.state).into();
            object["ended"] = timestamp(*when).into();
            object["dataset"] = json!(end.dataset.map(|id| id.to_string()));
            object["error"] = json!(end.error);
            object["info"] = json!(end.info.map(|id| id.to_string()));
            object["log"] = json!(end.log.map(|id| id.to_string()));
        }
        JobStatus::Damaged(why) => {
            object["status"] = "damaged".into();
            object["error"] = why.as_str().into();
        }
        _ => object["status"] = "unknown".into(),
    }
    object
}

fn show(session: &Session, text: &str) -> Outcome {
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

fn init(session: &Session, name: Option<&str>, algorithm: Option<&str>) -> Outcome {
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
    out += &text::labelled("where", &path.display().to_string(), session.width);
    session.print(&out)
}
