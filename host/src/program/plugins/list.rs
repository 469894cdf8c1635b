//! `plugins list`: every file of every directory, with what it is and why.

use std::collections::BTreeMap;
use std::path::PathBuf;

use artemis_host::plugin::catalogue::{Catalogue, Entry, PluginFile, Status};
use serde_json::{Value, json};

use super::super::fault::Outcome;
use super::super::session::Session;
use super::super::text::wrapped;
use super::load::{Loaded, try_out};
use super::plugin_to_json;

/// Columns of the status.
const INDENT: &str = "          ";

pub(crate) fn list(session: &Session, load: bool) -> Outcome {
    let directories = session.plugin_directories();
    let mut catalogue = session.plugins();
    let loaded = if load { try_all(&mut catalogue) } else { BTreeMap::new() };
    if session.json() {
        let directories: Vec<_> = directories.iter().map(|path| path.to_string_lossy()).collect();
        let files: Vec<Value> = catalogue.entries.iter().map(|entry| entry_to_json(entry, &loaded)).collect();
        return session.answer(json!({ "directories": directories, "files": files }));
    }
    let mut out = String::new();
    for entry in &catalogue.entries {
        match &entry.status {
            Status::Available(plugin) => {
                let remarks = loaded.get(&plugin.path);
                out += if remarks.is_some() { "loaded   " } else { "available" };
                out += &format!(" {}\n", entry.path.display());
                for line in headline(plugin, session.width - INDENT.len()).lines() {
                    out += &format!("{INDENT}{line}\n");
                }
                for remark in remarks.into_iter().flatten() {
                    out += &wrapped("          note: ", &format!("it {remark}"), session.width);
                }
            }
            Status::Refused { reason, remedy } => {
                out += &wrapped("refused   ", &format!("{} {reason}", entry.path.display()), session.width);
                out += &wrapped("          help: ", remedy, session.width);
            }
            Status::Skipped { reason } => {
                out += &wrapped("skipped   ", &format!("{}: {reason}", entry.path.display()), session.width);
            }
        }
    }
    session.print(&out)?;
    if directories.is_empty() {
        session.note("no directory of plugins is known: name one with --plugins DIR or ARTEMIS_PLUGINS");
    } else if catalogue.entries.is_empty() {
        session.note("the directories of plugins are empty");
    }
    Ok(())
}

/// Loads every plugin in a process of its own; those that do not load become refused, the others stand in the
/// answer with remarks, by their path.
fn try_all(catalogue: &mut Catalogue) -> BTreeMap<PathBuf, Vec<String>> {
    let mut loaded = BTreeMap::new();
    for entry in &mut catalogue.entries {
        let Status::Available(plugin) = &entry.status else { continue };
        match try_out(plugin) {
            Loaded::Well(remarks) => drop(loaded.insert(plugin.path.clone(), remarks)),
            Loaded::Refused(reason, remedy) => {
                entry.status = Status::Refused { reason, remedy: remedy.to_owned() };
            }
        }
    }
    loaded
}

/// A plugin with its components: two lines or more.
pub(crate) fn headline(plugin: &PluginFile, width: usize) -> String {
    let manifest = &plugin.manifest;
    let mut out =
        wrapped("", &format!("{} {}  {}", manifest.id, manifest.version, manifest.description), width);
    for component in &manifest.components {
        let lead = format!("  {:<10}", component.kind.to_string());
        let doc = if component.doc.is_empty() { String::new() } else { format!(": {}", component.doc) };
        out += &wrapped(&lead, &format!("{}/{}{doc}", manifest.id, component.name), width);
    }
    out
}

fn entry_to_json(entry: &Entry, loaded: &BTreeMap<PathBuf, Vec<String>>) -> Value {
    let mut object = json!({ "path": entry.path.to_string_lossy() });
    match &entry.status {
        Status::Available(plugin) => {
            match loaded.get(&plugin.path) {
                Some(remarks) => {
                    object["status"] = "loaded".into();
                    object["notes"] = remarks.as_slice().into();
                }
                None => object["status"] = "available".into(),
            }
            object["plugin"] = plugin_to_json(plugin);
        }
        Status::Skipped { reason } => {
            object["status"] = "skipped".into();
            object["reason"] = reason.as_str().into();
        }
        Status::Refused { reason, remedy } => {
            object["status"] = "refused".into();
            object["reason"] = reason.as_str().into();
            object["remedy"] = remedy.as_str().into();
        }
    }
    object
}
