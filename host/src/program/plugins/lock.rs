//! `plugins lock`: pins the files of all plugins by their hashes.

use std::io::Write;
use std::path::Path;

use artemis_host::plugin::catalogue::Status;
use artemis_host::plugin::lock::{Lock, LockError};
use serde_json::json;

use super::super::fault::{Fault, Kind, Outcome};
use super::super::session::Session;
use super::super::text::counted;

pub(crate) fn lock(session: &Session) -> Outcome {
    let catalogue = session.plugins();
    let path = session.lock_file();
    let lock = Lock::of(&catalogue, path)?;
    if lock.plugins.is_empty() {
        return Err(Fault::usage("there is no plugin to pin")
            .help("`plugins list` says what is found; name a directory with --plugins DIR"));
    }
    let text = lock.text();
    let is_new = std::fs::read(path).map_or(true, |before| before != text.as_bytes());
    if is_new {
        write(path, &text).map_err(|error| Fault::io(path, error))?;
    }
    let refused =
        catalogue.entries.iter().filter(|entry| matches!(entry.status, Status::Refused { .. })).count();
    if session.json() {
        let plugins: Vec<_> = lock
            .plugins
            .iter()
            .map(|pinned| {
                json!({
                    "id": pinned.id,
                    "version": pinned.version,
                    "file": pinned.file,
                    "sha256": pinned.sha256,
                })
            })
            .collect();
        return session.answer(json!({
            "lock": path.to_string_lossy(),
            "changed": is_new,
            "plugins": plugins,
            "refused": refused,
        }));
    }
    let mut out = String::new();
    for pinned in &lock.plugins {
        out +=
            &format!("{} {}  {}\n", pinned.id, pinned.version, pinned.sha256.get(..12).unwrap_or_default());
    }
    session.print(&out)?;
    let pinned = counted(lock.plugins.len() as u64, "plugin");
    let verb = if is_new { "pinned" } else { "already pinned" };
    session.note(&format!("{pinned} {verb} in {}", path.display()));
    if refused > 0 {
        session.note(&format!(
            "{} refused and not pinned; `plugins list` says why",
            counted(refused as u64, "file")
        ));
    }
    Ok(())
}

/// Writes the file whole or not at all.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    // Temporary files are private; a lock is for everybody who shares the plugins.
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

impl From<LockError> for Fault {
    fn from(error: LockError) -> Fault {
        let kind = if matches!(error, LockError::Read { .. }) { Kind::Store } else { Kind::Usage };
        Fault::new(kind, error.to_string())
    }
}
