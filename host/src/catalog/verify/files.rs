//! Jobs, objects and data files: hashed, and held against the records that reach them.

use std::io;

use artemis_proto::host;
use prost::Message;
use prost_reflect::DynamicMessage;
use uuid::Uuid;

use super::{FindingKind, Verifier};
use crate::catalog::{ObjectKind, Result, readme, seal, show};
use crate::store::{ContentHasher, ContentId, StoreError};

/// Bytes of a large file that are read at a time.
const READ_BYTES: u64 = 1 << 20;
/// Objects up to this size are held in memory, to see whether they are what their record says.
const WHOLE_BYTES: u64 = 64 << 20;

impl Verifier<'_> {
    pub(super) fn jobs(&mut self) -> Result<()> {
        for key in self.below("jobs") {
            let segments: Vec<&str> = key.split('/').collect();
            let [_, job, name @ ("start.pb" | "heartbeat.pb" | "end.pb")] = segments[..] else { continue };
            let Ok(job) = Uuid::parse_str(job) else { continue };
            let name = name.to_owned();
            let Some(bytes) = self.read(&key)? else { continue };
            if let Err(e) = seal::check_strictly(&key, &bytes) {
                self.damage(&key, FindingKind::Damaged, e)?;
                continue;
            }
            if let Err(what) = self.job_record(&key, &name, job, &bytes) {
                self.finding(&key, FindingKind::Mistyped, what);
            }
        }
        Ok(())
    }

    fn job_record(&mut self, key: &str, name: &str, job: Uuid, bytes: &[u8]) -> Result<(), String> {
        let mut reached = Vec::new();
        let id = match name {
            "start.pb" => {
                let start = host::JobStart::decode(bytes).map_err(|e| e.to_string())?;
                reached.push((start.menu_id, ObjectKind::Menu));
                reached.push((start.config_id, ObjectKind::Config));
                start.job_id
            }
            "end.pb" => {
                let end = host::JobEnd::decode(bytes).map_err(|e| e.to_string())?;
                reached.push((end.job_info_id, ObjectKind::Job));
                reached.push((end.log_id, ObjectKind::Log));
                end.job_id
            }
            _ => host::Heartbeat::decode(bytes).map_err(|e| e.to_string())?.job_id,
        };
        for (id, kind) in reached.into_iter().filter(|(id, _)| !id.is_empty()) {
            let id = id.parse().map_err(|e| format!("content id {id:?}: {e}"))?;
            self.expect(id, Some(kind), None, key);
        }
        if id == job.to_string() { Ok(()) } else { Err(format!("it is the record of the job {id:?}")) }
    }

    pub(super) fn objects(&mut self) -> Result<()> {
        for key in self.below("objects") {
            let segments: Vec<&str> = key.split('/').collect();
            let [_, algorithm, _, hex] = segments[..] else { continue };
            let Ok(id) = format!("{algorithm}:{hex}").parse::<ContentId>() else { continue };
            if id.object_key() != key {
                continue;
            }
            let size = match self.store.size(&key) {
                Ok(size) => size.unwrap_or_default(),
                Err(e) => {
                    self.seen.insert(key.clone());
                    self.damage(&key, FindingKind::Foreign, e)?;
                    continue;
                }
            };
            if size > WHOLE_BYTES {
                let found = self.hash(&key, id)?;
                self.compare(&key, id, found);
            } else if let Some(bytes) = self.read(&key)? {
                let found = ContentId::of(id.algorithm(), &bytes);
                if self.compare(&key, id, Some(found)) {
                    self.typed(&key, id, &bytes);
                }
            }
            if !self.objects.contains_key(&id) {
                self.done.unreached.push(key);
            }
        }
        Ok(())
    }

    fn compare(&mut self, key: &str, id: ContentId, found: Option<ContentId>) -> bool {
        let Some(found) = found.filter(|found| *found != id) else { return found.is_some() };
        self.finding(key, FindingKind::Damaged, format!("its bytes hash to {found}"));
        false
    }

    /// Whether an object is what its records say.
    fn typed(&mut self, key: &str, id: ContentId, bytes: &[u8]) {
        let mut problems = Vec::new();
        for expected in self.objects.get(&id).into_iter().flatten() {
            if let Some(size) = expected.bytes.filter(|size| *size != bytes.len() as u64) {
                problems.push(format!(
                    "{} says that it has {size} bytes, it has {}",
                    expected.by,
                    bytes.len()
                ));
            }
            let Some(kind) = expected.kind else { continue };
            let problem = match show::message_of(kind) {
                Some(message) => {
                    let descriptor = show::descriptor(message);
                    descriptor.and_then(|d| DynamicMessage::decode(d, bytes).err()).map(|e| e.to_string())
                }
                None if kind == ObjectKind::Log && std::str::from_utf8(bytes).is_err() => {
                    Some("it is not UTF-8 text".to_owned())
                }
                None => None,
            };
            problems.extend(
                problem.map(|why| format!("{} says that it is a {}: {why}", expected.by, kind.name())),
            );
        }
        for problem in problems {
            self.finding(key, FindingKind::Mistyped, problem);
        }
    }

    pub(super) fn data(&mut self) -> Result<()> {
        for key in self.below("data") {
            let segments: Vec<&str> = key.split('/').collect();
            if let [_, dataset, readme::README] = segments[..]
                && ContentId::from_segment(dataset).is_ok()
            {
                let text = self.read(&key)?.map(String::from_utf8);
                if text.is_some_and(|text| !text.is_ok_and(|text| readme::is_whole(&text))) {
                    self.finding(&key, FindingKind::Damaged, "it is not as it was written");
                }
                continue;
            }
            let Some(part) = self.parts.get(&key) else {
                let is_part = matches!(segments[..], [_, dataset, job, _, _]
                    if ContentId::from_segment(dataset).is_ok() && Uuid::parse_str(job).is_ok());
                if is_part {
                    self.seen.insert(key.clone());
                    self.done.unreached.push(key);
                }
                continue;
            };
            let (id, bytes) = (part.id, part.bytes);
            match self.store.size(&key) {
                Ok(Some(size)) if size != bytes => {
                    self.seen.insert(key.clone());
                    self.finding(&key, FindingKind::Torn, format!("it has {size} bytes, of {bytes}"));
                }
                _ => {
                    let found = self.hash(&key, id)?;
                    self.compare(&key, id, found);
                }
            }
        }
        Ok(())
    }

    /// The content id of a file of any size; `None` if it went away or cannot be read for what it is.
    fn hash(&mut self, key: &str, id: ContentId) -> Result<Option<ContentId>> {
        self.seen.insert(key.to_owned());
        let mut hasher = ContentHasher::new(id.algorithm());
        let mut at = 0;
        loop {
            let bytes = match self.store.get_range(key, at..at + READ_BYTES) {
                Ok(bytes) => bytes,
                Err(StoreError::NotFound { .. }) => return Ok(None),
                Err(e) => return self.damage(key, FindingKind::Foreign, e).map(|()| None),
            };
            if io::Write::write(&mut hasher, &bytes).is_err() || bytes.is_empty() {
                self.done.files += 1;
                self.done.bytes += at;
                return Ok(Some(hasher.finish()));
            }
            at += bytes.len() as u64;
        }
    }
}
