//! `plugins list`: every file of every directory, with what it is and why.

use artemis_host::plugin::catalogue::{Entry, PluginFile, Status};
use serde_json::{Value, json};

use super::super::fault::Outcome;
use super::super::session::Session;
use super::super::text::wrapped;
use super::plugin_to_json;

pub(crate) fn list(session: &Session) -> Outcome {
    let directories = session.plugin_directories();
    let catalogue = session.plugins();
    if session.json() {
        let directories: Vec<_> = directories.iter().map(|path| path.to_string_lossy()).collect();
        let files: Vec<Value> = catalogue.entries.iter().map(entry_to_json).collect();
        return session.answer(json!({ "directories": directories, "files": files }));
    }
    let mut out = String::new();
    for entry in &catalogue.entries {
        match &entry.status {
            Status::Available(plugin) => out += &headline(plugin, session.width),
            Status::Refused { reason, remedy } => {
                out += &wrapped("refused  ", &format!("{} {reason}", entry.path.display()), session.width);
                out += &wrapped("         help: ", remedy, session.width);
            }
            Status::Skipped { reason } => {
                out += &wrapped("skipped  ", &format!("{}: {reason}", entry.path.display()), session.width);
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

fn entry_to_json(entry: &Entry) -> Value {
    let mut object = json!({ "path": entry.path.to_string_lossy() });
    match &entry.status {
        Status::Available(plugin) => {
            object["status"] = "available".into();
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
