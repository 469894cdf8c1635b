//! `store list --jobs`: every attempt at a job, those that failed too.

use artemis_host::catalog::{JobStatus, JobSummary};
use serde_json::{Value, json};

use super::super::fault::Outcome;
use super::super::session::Session;
use super::super::text::{bytes, moment, timestamp, wrapped};
use super::store_to_json;

pub(crate) fn jobs(session: &Session) -> Outcome {
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

pub(crate) fn job_to_json(job: &JobSummary) -> Value {
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
