//! `plugins.lock`: the plugins that a user means, by the hashes of their files.
//!
//! ```toml
//! version = 1
//!
//! [[plugin]]
//! id = "csv-reader"
//! version = "0.1.0"
//! file = "plugins/libartemis_csv_reader.so"
//! sha256 = "…64 hexadecimal digits…"
//! ```

use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::cache::sha256_of_file;
use super::catalogue::{Catalogue, Entry, PluginFile, Status};
use super::trust::Trust;
use super::version;

/// The format that this host reads and writes.
const FORMAT: u32 = 1;
const HEAD: &str = "# Written by `artemis-host plugins lock`. With --locked no other plugin is loaded.\n";
/// More than the lock of any directory of plugins needs.
const MAX_BYTES: u64 = 16 << 20;
/// So much of a hash tells two apart for a reader.
const SHORT: usize = 12;

/// The plugins that are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    version: u32,
    /// Sorted by id, version and file.
    #[serde(rename = "plugin", default)]
    pub plugins: Vec<Pinned>,
}

/// One plugin of a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Where it lay, relative to the lock; only the hash decides.
    pub file: String,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
}

/// Why a lock cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// A file cannot be read or hashed.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not a lock.
    #[error("{} is not a lock of plugins: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl Lock {
    /// Pins all plugins of a catalogue that can be used; `path` is where the lock will lie.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn of(catalogue: &Catalogue, path: &Path) -> Result<Lock, LockError> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().unwrap_or(Path::new("/"));
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let pin = |plugin: &PluginFile| {
            let sha256 = sha256_of_file(&plugin.path)
                .map_err(|source| LockError::Read { path: plugin.path.clone(), source })?;
            Ok(Pinned {
                id: plugin.manifest.id.clone(),
                version: plugin.manifest.version.clone(),
                file: relative(&plugin.path, &folder).to_string_lossy().into_owned(),
                sha256,
            })
        };
        let mut plugins = catalogue.plugins().map(pin).collect::<Result<Vec<_>, _>>()?;
        plugins.sort_by(|a, b| {
            a.id.cmp(&b.id)
                .then_with(|| version::compare(&a.version, &b.version))
                .then_with(|| (&a.version, &a.file).cmp(&(&b.version, &b.file)))
        });
        Ok(Lock { version: FORMAT, plugins })
    }

    /// Reads a lock.
    ///
    /// # Errors
    /// When it is not there or not one.
    pub fn read(path: &Path) -> Result<Lock, LockError> {
        let malformed = |reason: String| LockError::Malformed { path: path.to_owned(), reason };
        let read = std::fs::metadata(path).and_then(|metadata| match metadata.len() {
            0..=MAX_BYTES => std::fs::read_to_string(path),
            _ => Err(std::io::Error::other("it is larger than any lock")),
        });
        let text = read.map_err(|source| LockError::Read { path: path.to_owned(), source })?;
        let lock: Lock =
            toml::from_str(&text).map_err(|error| malformed(error.to_string().trim().to_owned()))?;
        if lock.version != FORMAT {
            return Err(malformed(format!("its format is {}, this host reads {FORMAT}", lock.version)));
        }
        let is_hash =
            |text: &str| text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match lock.plugins.iter().find(|pinned| !is_hash(&pinned.sha256)) {
            Some(bad) => Err(malformed(format!("the hash of {} {} is none", bad.id, bad.version))),
            None => Ok(lock),
        }
    }

    /// The text of the file; the same plugins give the same bytes.
    pub fn text(&self) -> String {
        let mut text = format!("{HEAD}version = {}\n", self.version);
        for pinned in &self.plugins {
            let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "\n[[plugin]]\nid = {}\nversion = {}\nfile = {}\nsha256 = {}\n",
                quoted(&pinned.id),
                quoted(&pinned.version),
                quoted(&pinned.file),
                quoted(&pinned.sha256)
            );
        }
        text
    }

    /// Refuses every plugin that is not pinned or not as it was pinned, and adds an entry for every pinned one that
    /// is not there.
    fn enforce(&self, catalogue: &mut Catalogue, path: &Path) {
        let name = path.display();
        let mut changed = Vec::new();
        for entry in &mut catalogue.entries {
            let Status::Available(plugin) = &mut entry.status else { continue };
            let (id, version) = (&plugin.manifest.id, &plugin.manifest.version);
            let sha256 = match sha256_of_file(&plugin.path) {
                Ok(sha256) => sha256,
                Err(error) => {
                    entry.status =
                        refused(format!("cannot be read: {error}"), "check its permissions".into());
                    continue;
                }
            };
            if self.plugins.iter().any(|pinned| pinned.sha256 == sha256) {
                plugin.pin = Some(sha256);
                continue;
            }
            let same = self.plugins.iter().find(|pinned| pinned.id == *id && pinned.version == *version);
            entry.status = match same {
                Some(pinned) => {
                    changed.push((id.clone(), version.clone()));
                    refused(
                        format!(
                            "is another file than the {id} {version} that {name} pins: SHA-256 {}…, pinned {}…",
                            &sha256[..SHORT],
                            pinned.sha256.get(..SHORT).unwrap_or(&pinned.sha256)
                        ),
                        "bring the pinned file back; if the change is meant, run `plugins lock` again".into(),
                    )
                }
                None => refused(
                    format!("is {id} {version}, which {name} does not pin"),
                    "if it is meant to be used, run `plugins lock` again".into(),
                ),
            };
        }
        let absent = |pinned: &&Pinned| {
            !catalogue.plugins().any(|plugin| plugin.pin.as_ref() == Some(&pinned.sha256))
                && !changed.iter().any(|(id, version)| *id == pinned.id && *version == pinned.version)
        };
        let missing: Vec<Entry> =
            self.plugins.iter().filter(absent).map(|pinned| missing(pinned, path)).collect();
        catalogue.entries.extend(missing);
    }
}

/// Holds a catalogue to the lock in a file. A lock that cannot be read, or that anyone may write to, lets nothing
/// pass.
pub fn enforce(catalogue: &mut Catalogue, path: &Path, trust: &Trust) {
    let lock = match trust.check(path) {
        Ok(()) => Lock::read(path).map_err(|error| {
            (error.to_string(), "write it with `plugins lock`, or name another with --lock-file".to_owned())
        }),
        Err(exposed) => Err((format!("{} {exposed}", path.display()), exposed.remedy())),
    };
    let (reason, remedy) = match lock {
        Ok(lock) => return lock.enforce(catalogue, path),
        Err(problem) => problem,
    };
    for entry in &mut catalogue.entries {
        if let Status::Available(_) = &entry.status {
            entry.status = refused(format!("cannot be held to its pin: {reason}"), remedy.clone());
        }
    }
}

fn missing(pinned: &Pinned, lock: &Path) -> Entry {
    let path = lock.parent().unwrap_or(Path::new("")).join(&pinned.file);
    let reason =
        format!("is not usable here, though {} pins it as {} {}", lock.display(), pinned.id, pinned.version);
    let remedy =
        "bring the pinned file back; if it is not needed any more, run `plugins lock` again".to_owned();
    Entry { path, status: refused(reason, remedy) }
}

fn refused(reason: String, remedy: String) -> Status {
    Status::Refused { reason, remedy }
}

/// An absolute path as seen from an absolute folder.
fn relative(path: &Path, folder: &Path) -> PathBuf {
    let shared = path.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(path.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::catalogue::tests::catalogue;

    fn manifest(id: &str, version: &str) -> String {
        format!(
            "manifest = 1\nid = '{id}'\nversion = '{version}'\n[[component]]\nkind = 'tool'\nname = 't'\n"
        )
    }

    /// A catalogue over files of that content.
    fn files(folder: &Path, plugins: &[(&str, &str, &str)]) -> Catalogue {
        let texts: Vec<String> = plugins.iter().map(|(id, version, _)| manifest(id, version)).collect();
        let mut catalogue = catalogue(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        for (index, (entry, (_, _, content))) in catalogue.entries.iter_mut().zip(plugins).enumerate() {
            entry.path = folder.join(format!("{index}.so"));
            std::fs::write(&entry.path, content).unwrap();
            let Status::Available(plugin) = &mut entry.status else { panic!("{entry:?}") };
            plugin.path = entry.path.clone();
        }
        catalogue
    }

    fn reasons(catalogue: &Catalogue) -> Vec<String> {
        let reason = |entry: &Entry| match &entry.status {
            Status::Refused { reason, .. } => reason.clone(),
            _ => String::new(),
        };
        catalogue.entries.iter().map(reason).collect()
    }

    #[test]
    fn a_lock_reads_back_and_is_sorted_whatever_the_order_of_the_files() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().canonicalize().unwrap();
        let found = files(&folder, &[("b", "1.0", "x"), ("a", "1.10", "y"), ("a", "1.9", "z")]);
        let path = folder.join("lock/plugins.lock");
        std::fs::create_dir(folder.join("lock")).unwrap();
        let lock = Lock::of(&found, &path).unwrap();
        let order: Vec<_> =
            lock.plugins.iter().map(|p| (p.id.as_str(), p.version.as_str(), p.file.as_str())).collect();
        assert_eq!(order, [("a", "1.9", "../2.so"), ("a", "1.10", "../1.so"), ("b", "1.0", "../0.so")]);
        std::fs::write(&path, lock.text()).unwrap();
        assert_eq!(Lock::read(&path).unwrap(), lock);
    }

    #[test]
    fn changed_unknown_and_missing_plugins_are_told_apart() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("plugins.lock");
        let before = files(scratch.path(), &[("same", "1", "x"), ("changed", "1", "y"), ("gone", "1", "z")]);
        std::fs::write(&path, Lock::of(&before, &path).unwrap().text()).unwrap();
        let mut now = files(scratch.path(), &[("same", "1", "x"), ("changed", "1", "Y"), ("new", "1", "n")]);
        enforce(&mut now, &path, &Trust::default());
        let reasons = reasons(&now);
        assert_eq!(reasons[0], "");
        assert!(reasons[1].contains("is another file than the changed 1 that"), "{}", reasons[1]);
        assert!(
            reasons[2].contains("is new 1, which") && reasons[2].contains("does not pin"),
            "{}",
            reasons[2]
        );
        assert!(reasons[3].ends_with("pins it as gone 1"), "{}", reasons[3]);
        assert_eq!(reasons.len(), 4, "what was changed is not missing too");
        assert!(now.plugins().next().unwrap().pin.is_some());
    }

    #[test]
    fn a_lock_that_is_none_lets_nothing_pass() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("plugins.lock");
        for text in
            [None, Some(""), Some("version = 2"), Some("version = 1\n[[plugin]]\nid = 'a'"), Some("{")]
        {
            if let Some(text) = text {
                std::fs::write(&path, text).unwrap();
            }
            let mut found = files(scratch.path(), &[("a", "1", "x")]);
            enforce(&mut found, &path, &Trust::default());
            assert!(reasons(&found)[0].starts_with("cannot be held to its pin: "), "{text:?}");
        }
    }
}
