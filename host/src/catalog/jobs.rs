//! The records of jobs: every attempt, those that aborted or vanished too.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use artemis_proto::{FORMAT_VERSION, artemis::JobState, host};
use prost::Message;
use uuid::Uuid;

use super::{
    Catalog, Result, log, now,
    seal::{self, sealed},
    system_time,
};
use crate::store::{ContentId, Created, StoreError};

/// How long after its last sign of life a job counts as running.
const SILENCE: Duration = Duration::from_secs(60);

/// What a job says of itself when it starts.
#[derive(Debug, Clone, Default)]
pub struct JobDescription {
    /// The job's name.
    pub name: String,
    /// Version of the host.
    pub host_version: String,
    /// Its menu, if it is stored.
    pub menu: Option<ContentId>,
    /// Its configuration, if it is stored.
    pub config: Option<ContentId>,
    /// How many workers it has.
    pub workers: u32,
    /// How it was started, without secrets.
    pub command: String,
}

/// A job that was started.
#[derive(Debug, Clone)]
pub struct JobHandle {
    /// Its id, a version 7 UUID.
    pub id: Uuid,
    /// Where it stages its files.
    pub staging: PathBuf,
    /// When it started.
    pub started: SystemTime,
}

/// How far a job is.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// The state it is in.
    pub state: JobState,
    /// Bytes of input read.
    pub bytes_in: u64,
    /// Bytes of input in all, as far as known.
    pub bytes_total: u64,
    /// Rows written.
    pub rows_out: u64,
}

/// How a job ended.
#[derive(Debug, Clone, Default)]
pub struct EndOfJob {
    /// Its last state.
    pub state: JobState,
    /// The dataset that it made or found.
    pub dataset: Option<ContentId>,
    /// Why it failed or aborted.
    pub error: Option<String>,
    /// Its stored `JobInfo`.
    pub info: Option<ContentId>,
    /// Its stored log.
    pub log: Option<ContentId>,
}

/// What is known of a job.
#[derive(Debug, Clone)]
pub struct JobSummary {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// When it started.
    pub started: SystemTime,
    /// Whether it runs, or how it ended.
    pub status: JobStatus,
    /// Its menu.
    pub menu: Option<ContentId>,
    /// Its configuration.
    pub config: Option<ContentId>,
}

/// Whether a job runs, or how it ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum JobStatus {
    /// It gave a sign of life within the last minute.
    Running(Progress),
    /// It gave none for more than a minute: it may have been killed, or its machine may be gone.
    UnknownSince(SystemTime),
    /// It ended.
    Ended(SystemTime, EndOfJob),
    /// Its record cannot be read.
    Damaged(String),
}

impl Catalog {
    /// Records the start of a job and makes the directory in which it stages its files.
    ///
    /// # Errors
    /// An error of the store.
    pub fn start_job(&self, job: &JobDescription) -> Result<JobHandle> {
        let id = Uuid::now_v7();
        let started = now();
        let text = |id: Option<ContentId>| id.map(|id| id.to_string()).unwrap_or_default();
        let start = host::JobStart {
            format_version: FORMAT_VERSION,
            job_id: id.to_string(),
            name: job.name.clone(),
            started: Some(started),
            host_version: job.host_version.clone(),
            process_id: std::process::id().into(),
            menu_id: text(job.menu),
            config_id: text(job.config),
            workers: job.workers,
            command: job.command.clone(),
        };
        self.create_own(key(id, "start"), &sealed(start.encode_to_vec()))?;
        let staging = self.store.staging_dir(&id.to_string())?;
        Ok(JobHandle { id, staging, started: system_time(Some(started)) })
    }

    /// Where the job stages a file, such as `rows/part-0.arrow`; its directory exists afterwards.
    ///
    /// # Errors
    /// A bad name, or an error of the store.
    pub fn staging_file(&self, job: &JobHandle, name: &str) -> Result<PathBuf> {
        Ok(self.store.staging_file(&job.id.to_string(), name)?)
    }

    /// Records a sign of life; a running job gives one every few seconds.
    ///
    /// # Errors
    /// An error of the store.
    pub fn heartbeat(&self, job: &JobHandle, progress: &Progress) -> Result<()> {
        let beat = host::Heartbeat {
            format_version: FORMAT_VERSION,
            job_id: job.id.to_string(),
            at: Some(now()),
            state: progress.state.as_str_name().to_owned(),
            bytes_in: progress.bytes_in,
            bytes_total: progress.bytes_total,
            rows_out: progress.rows_out,
        };
        Ok(self.store.put(&key(job.id, "heartbeat"), &sealed(beat.encode_to_vec()))?)
    }

    /// Records the end of a job and removes what it staged.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the job has ended before, or an error of the store.
    pub fn end_job(&self, job: &JobHandle, end: &EndOfJob) -> Result<()> {
        let text = |id: Option<ContentId>| id.map(|id| id.to_string()).unwrap_or_default();
        let message = host::JobEnd {
            format_version: FORMAT_VERSION,
            job_id: job.id.to_string(),
            finished: Some(now()),
            state: end.state.as_str_name().to_owned(),
            dataset_id: text(end.dataset),
            error: end.error.clone().unwrap_or_default(),
            job_info_id: text(end.info),
            log_id: text(end.log),
        };
        self.create_own(key(job.id, "end"), &sealed(message.encode_to_vec()))?;
        Ok(self.store.clear_staging(&job.id.to_string())?)
    }

    /// Creates a record that only this job makes. One that is there with the same bytes is this one: the
    /// answer to an earlier attempt was lost.
    fn create_own(&self, key: String, bytes: &[u8]) -> Result<()> {
        if self.store.create(&key, bytes)? == Created::Exists && self.store.get(&key)? != bytes {
            return Err(StoreError::Exists { key }.into());
        }
        Ok(())
    }

    /// All jobs, oldest first.
    ///
    /// # Errors
    /// An error of the store. A record that cannot be read is listed as damaged.
    pub fn jobs(&self) -> Result<Vec<JobSummary>> {
        self.jobs_at(SystemTime::now())
    }

    fn jobs_at(&self, now: SystemTime) -> Result<Vec<JobSummary>> {
        let mut jobs = Vec::new();
        for name in self.store.children("jobs")? {
            // Version 7 UUIDs sort by their time.
            let Ok(id) = Uuid::parse_str(&name) else { continue };
            let summary = match self.job_at(id, now) {
                Ok(Some(summary)) => summary,
                Ok(None) => continue,
                Err(e @ (StoreError::Corrupt { .. } | StoreError::TooNew { .. })) => JobSummary {
                    id,
                    name: String::new(),
                    started: SystemTime::UNIX_EPOCH,
                    status: JobStatus::Damaged(e.to_string()),
                    menu: None,
                    config: None,
                },
                Err(e) => return Err(e.into()),
            };
            jobs.push(summary);
        }
        Ok(jobs)
    }

    /// What is known of one job; `None` if it never started.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub fn job(&self, id: Uuid) -> Result<Option<JobSummary>> {
        Ok(self.job_at(id, SystemTime::now())?)
    }

    fn job_at(&self, id: Uuid, now: SystemTime) -> Result<Option<JobSummary>, StoreError> {
        let Some(start) = self.job_message::<host::JobStart>(id, "start", |m| m.format_version)? else {
            return Ok(None);
        };
        let started = system_time(start.started);
        let place = key(id, "start");
        let summary = |status| {
            Ok(Some(JobSummary {
                id,
                name: start.name.clone(),
                started,
                status,
                menu: optional_id(&start.menu_id, &place)?,
                config: optional_id(&start.config_id, &place)?,
            }))
        };
        if let Some(end) = self.job_message::<host::JobEnd>(id, "end", |m| m.format_version)? {
            let place = key(id, "end");
            let ended = EndOfJob {
                state: state(&end.state, &place)?,
                dataset: optional_id(&end.dataset_id, &place)?,
                error: (!end.error.is_empty()).then(|| end.error.clone()),
                info: optional_id(&end.job_info_id, &place)?,
                log: optional_id(&end.log_id, &place)?,
            };
            return summary(JobStatus::Ended(system_time(end.finished), ended));
        }
        let beat = self.job_message::<host::Heartbeat>(id, "heartbeat", |m| m.format_version)?;
        let alive = beat.as_ref().map_or(started, |beat| system_time(beat.at));
        // A clock that was set back must not make a running job look dead.
        if now.duration_since(alive).unwrap_or_default() > SILENCE {
            return summary(JobStatus::UnknownSince(alive));
        }
        let progress = match beat {
            None => Progress::default(),
            Some(beat) => Progress {
                state: state(&beat.state, &key(id, "heartbeat"))?,
                bytes_in: beat.bytes_in,
                bytes_total: beat.bytes_total,
                rows_out: beat.rows_out,
            },
        };
        summary(JobStatus::Running(progress))
    }

    fn job_message<M: Message + Default>(
        &self,
        id: Uuid,
        name: &str,
        format: impl Fn(&M) -> u32,
    ) -> Result<Option<M>, StoreError> {
        let key = key(id, name);
        let bytes = match self.store.get(&key) {
            Ok(bytes) => bytes,
            Err(StoreError::NotFound { .. }) => return Ok(None),
            Err(e) => return Err(e),
        };
        seal::check(&key, &bytes)?;
        let message = log::decode_message(&key, &bytes)?;
        log::check_format(&key, format(&message))?;
        Ok(Some(message))
    }
}

fn key(id: Uuid, name: &str) -> String {
    format!("jobs/{id}/{name}.pb")
}

fn state(name: &str, place: &str) -> Result<JobState, StoreError> {
    JobState::from_str_name(name)
        .ok_or_else(|| StoreError::corrupt(place, format!("{name:?} is no state of a job")))
}

fn optional_id(text: &str, place: &str) -> Result<Option<ContentId>, StoreError> {
    if text.is_empty() { Ok(None) } else { super::view::parse_id(text, place).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing;

    #[test]
    fn a_job_is_running_then_ended() {
        let catalog = testing::catalog();
        let job =
            catalog.start_job(&JobDescription { name: "flights".into(), ..Default::default() }).unwrap();
        assert!(job.staging.is_dir());
        assert!(matches!(catalog.jobs().unwrap()[0].status, JobStatus::Running(_)));
        let progress = Progress { state: JobState::JobExecute, bytes_in: 5, bytes_total: 9, rows_out: 1 };
        catalog.heartbeat(&job, &progress).unwrap();
        match &catalog.jobs().unwrap()[0].status {
            JobStatus::Running(p) => assert_eq!((p.state, p.bytes_in), (JobState::JobExecute, 5)),
            other => panic!("{other:?}"),
        }
        let end = EndOfJob { state: JobState::JobAbort, error: Some("why".into()), ..Default::default() };
        catalog.end_job(&job, &end).unwrap();
        assert!(!job.staging.exists());
        match &catalog.jobs().unwrap()[0].status {
            JobStatus::Ended(_, end) => assert_eq!(end.error.as_deref(), Some("why")),
            other => panic!("{other:?}"),
        }
        assert!(catalog.end_job(&job, &end).is_err(), "a job ends once");
    }

    #[test]
    fn a_silent_job_is_unknown_since_its_last_sign_of_life() {
        let catalog = testing::catalog();
        let job = catalog.start_job(&JobDescription::default()).unwrap();
        catalog.heartbeat(&job, &Progress::default()).unwrap();
        let status = |seconds| {
            let jobs = catalog.jobs_at(SystemTime::now() + Duration::from_secs(seconds)).unwrap();
            jobs.into_iter().next().unwrap().status
        };
        assert!(matches!(status(59), JobStatus::Running(_)));
        assert!(matches!(status(61), JobStatus::UnknownSince(_)));
    }

    #[test]
    fn a_damaged_record_of_a_job_hides_no_other_job() {
        let catalog = testing::catalog();
        let jobs: Vec<_> = (0..3).map(|_| catalog.start_job(&JobDescription::default()).unwrap()).collect();
        catalog.store().put(&key(jobs[1].id, "start"), &[0xff]).unwrap();
        let listed = catalog.jobs().unwrap();
        assert_eq!(listed.len(), 3);
        assert!(matches!(listed[1].status, JobStatus::Damaged(_)));
    }
}
