//! `plugins`: what the plugin directories hold.

use artemis_host::menu::Value as Setting;
use artemis_host::plugin::catalogue::{Catalogue, Entry, PluginFile, Status};
use artemis_host::plugin::manifest::{ComponentSpec, PartialPromise, PropertySpec};
use serde_json::{Value, json};

use super::args;
use super::fault::{Fault, Outcome};
use super::plugins_new;
use super::session::Session;
use super::text::{labelled, wrapped};

pub(crate) fn plugins(session: &Session, args: &args::Plugins) -> Outcome {
    match args {
        args::Plugins::List => list(session),
        args::Plugins::Show { id } => show(session, id),
        args::Plugins::New(args) => plugins_new::new(session, args),
    }
}

fn list(session: &Session) -> Outcome {
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

fn show(session: &Session, id: &str) -> Outcome {
    let catalogue = session.plugins();
    let (plugin, component) = find(&catalogue, id)?;
    let chosen = |spec: &&ComponentSpec| component.is_none_or(|name| spec.name == name);
    if session.json() {
        let mut object = plugin_to_json(plugin);
        if component.is_some() {
            let only = plugin.manifest.components.iter().filter(chosen).map(component_to_json);
            object["components"] = only.collect();
        }
        return session.answer(json!({ "plugin": object }));
    }
    let manifest = &plugin.manifest;
    let width = session.width;
    let mut out = labelled("plugin", &format!("{} {}", manifest.id, manifest.version), width);
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    for (label, text) in [
        ("about", manifest.description.clone()),
        ("vendor", manifest.vendor.clone()),
        ("licence", manifest.licence.clone()),
        ("abi", plugin.abi.to_string()),
        ("compiler", optional(&manifest.compiler)),
        ("arrow", optional(&manifest.arrow)),
        ("sdk", optional(&manifest.sdk)),
        ("file", plugin.path.display().to_string()),
    ] {
        if !text.is_empty() {
            out += &labelled(label, &text, width);
        }
    }
    if !manifest.deterministic {
        out += &labelled("note", "it is not deterministic: the same input may give another output", width);
    }
    for key in &manifest.unknown_keys {
        out +=
            &labelled("note", &format!("its manifest has a key that this host does not know: {key}"), width);
    }
    for component in manifest.components.iter().filter(chosen) {
        out.push('\n');
        out += &described(&manifest.id, component, width);
    }
    session.print(&out)
}

/// `id`, `id@version` or `id/component`.
fn find<'a, 't>(catalogue: &'a Catalogue, text: &'t str) -> Outcome<(&'a PluginFile, Option<&'t str>)> {
    let (plugin, component) = match text.split_once('/') {
        Some((plugin, component)) => (plugin, Some(component)),
        None => (text, None),
    };
    let unknown = |error: artemis_host::plugin::catalogue::UnknownComponent| {
        let fault = Fault::usage(error.message);
        match error.help {
            Some(help) => fault.help(help),
            None => fault,
        }
    };
    if component.is_some() {
        return catalogue.component(text).map(|(found, _)| (found, component)).map_err(unknown);
    }
    // Any component leads to the plugin; the newest version that fits is taken, as for job files.
    let id = plugin.split_once('@').map_or(plugin, |(id, _)| id);
    let newest = catalogue.plugins().filter(|found| found.manifest.id == id).find_map(|found| {
        let name = &found.manifest.components.first()?.name;
        catalogue.component(&format!("{plugin}/{name}")).ok()
    });
    if let Some((found, _)) = newest {
        return Ok((found, None));
    }
    let ids: Vec<&str> = catalogue.plugins().map(|found| found.manifest.id.as_str()).collect();
    let help = if ids.is_empty() {
        "no plugin is found here; name a directory with --plugins DIR".to_owned()
    } else {
        format!("plugins: {}", ids.join(", "))
    };
    Err(Fault::usage(format!("there is no plugin {plugin:?}")).help(help))
}

fn described(plugin: &str, component: &ComponentSpec, width: usize) -> String {
    let mut out = format!("{} {plugin}/{}\n", component.kind, component.name);
    if !component.doc.is_empty() {
        out += &wrapped("  ", &component.doc, width);
    }
    let outputs = if component.outputs.is_empty() { "none".into() } else { component.outputs.join(", ") };
    out += &wrapped("  outputs: ", &outputs, width);
    if component.ordered {
        out += "  sees the chunks in order, on one worker\n";
    }
    for property in &component.properties {
        let mut line = property.kind.described().to_owned();
        if property.required {
            line += ", required";
        }
        if let Some(default) = &property.default {
            line += &format!(", {default} if not given");
        }
        if !property.choices.is_empty() {
            let choices: Vec<String> = property.choices.iter().map(Setting::to_string).collect();
            line += &format!(", one of {}", choices.join(", "));
        }
        match (property.min, property.max) {
            (Some(min), Some(max)) => line += &format!(", from {min} to {max}"),
            (Some(min), None) => line += &format!(", at least {min}"),
            (None, Some(max)) => line += &format!(", at most {max}"),
            (None, None) => {}
        }
        if property.secret {
            line += ", given as env:NAME only";
        }
        if !property.doc.is_empty() {
            line += &format!(": {}", property.doc);
        }
        if let Some(instead) = &property.deprecated {
            line += &format!(" (deprecated: {instead})");
        }
        out += &wrapped(&format!("  {} ", property.name), &line, width);
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

pub(crate) fn plugin_to_json(plugin: &PluginFile) -> Value {
    let manifest = &plugin.manifest;
    json!({
        "id": manifest.id,
        "version": manifest.version,
        "vendor": manifest.vendor,
        "licence": manifest.licence,
        "description": manifest.description,
        "compiler": manifest.compiler,
        "arrow": manifest.arrow,
        "sdk": manifest.sdk,
        "deterministic": manifest.deterministic,
        "abi": plugin.abi.to_string(),
        "root_module": plugin.root_module,
        "needed": plugin.needed,
        "file": plugin.path.to_string_lossy(),
        "components": manifest.components.iter().map(component_to_json).collect::<Vec<_>>(),
        "unknown_keys": manifest.unknown_keys,
    })
}

fn component_to_json(component: &ComponentSpec) -> Value {
    let partial = match &component.partial {
        PartialPromise::None => "none",
        PartialPromise::Exact => "exact",
        PartialPromise::Bound(bound) => bound,
    };
    json!({
        "kind": component.kind.to_string(),
        "name": component.name,
        "doc": component.doc,
        "outputs": component.outputs,
        "accepts": component.accepts,
        "ordered": component.ordered,
        "partial": partial,
        "properties": component.properties.iter().map(property_to_json).collect::<Vec<_>>(),
    })
}

fn property_to_json(property: &PropertySpec) -> Value {
    json!({
        "name": property.name,
        "type": property.kind.to_string(),
        "default": property.default.as_ref().map(setting),
        "required": property.required,
        "choices": property.choices.iter().map(setting).collect::<Vec<_>>(),
        "min": property.min,
        "max": property.max,
        "secret": property.secret,
        "doc": property.doc,
        "aliases": property.aliases,
        "deprecated": property.deprecated,
    })
}

fn setting(value: &Setting) -> Value {
    match value {
        Setting::Bool(yes) => json!(yes),
        Setting::Int(number) => json!(number),
        // JSON has no infinities.
        Setting::Float(number) if number.is_finite() => json!(number),
        Setting::Float(number) => json!(number.to_string()),
        Setting::Str(text) => json!(text),
        Setting::List(items) => items.iter().map(setting).collect(),
        Setting::Table(table) => {
            Value::Object(table.iter().map(|(key, value)| (key.clone(), setting(value))).collect())
        }
    }
}
