//! `plugins show`: all that a plugin says of itself.

use artemis_host::menu::Value as Setting;
use artemis_host::menu::units::{format_bytes, format_duration};
use artemis_host::plugin::catalogue::{Catalogue, PluginFile};
use artemis_host::plugin::manifest::{
    ComponentKind, ComponentSpec, PartialPromise, PropertySpec, PropertyType,
};
use serde_json::{Value, json};

use super::super::fault::{Fault, Outcome};
use super::super::session::Session;
use super::super::text::{labelled, wrapped};

pub(crate) fn show(session: &Session, id: &str) -> Outcome {
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
    if component.kind != ComponentKind::Reader {
        let accepts = match component.accepts.as_slice() {
            [all] if all == "*" => "batches of any types".to_owned(),
            types => format!("batches of {}", types.join(", ")),
        };
        out += &wrapped("  accepts: ", &accepts, width);
    }
    out += &wrapped("  yields:  ", &outputs, width);
    match &component.partial {
        PartialPromise::None => {}
        PartialPromise::Exact => out += "  merges:  exactly, in any grouping\n",
        PartialPromise::Bound(bound) => out += &wrapped("  merges:  ", bound, width),
    }
    if component.ordered {
        out += "  sees the chunks in order, on one worker\n";
    }
    for property in &component.properties {
        let mut line = format!("({})", property.kind);
        if property.required {
            line += ", required";
        }
        if let Some(default) = &property.default {
            line += &format!(", {} if not given", written(property, default));
        }
        if !property.choices.is_empty() {
            let choices: Vec<String> =
                property.choices.iter().map(|choice| written(property, choice)).collect();
            line += &format!(", one of {}", choices.join(", "));
        }
        let limit = |limit: f64| match property.kind {
            PropertyType::Bytes => format!("{limit} bytes"),
            PropertyType::Duration => format!("{limit} s"),
            _ => limit.to_string(),
        };
        match (property.min, property.max) {
            (Some(min), Some(max)) => line += &format!(", from {} to {}", limit(min), limit(max)),
            (Some(min), None) => line += &format!(", at least {}", limit(min)),
            (None, Some(max)) => line += &format!(", at most {}", limit(max)),
            (None, None) => {}
        }
        if !property.aliases.is_empty() {
            line += &format!(", formerly {}", property.aliases.join(", "));
        }
        if property.secret {
            line += ", secret: given as env:NAME or file:/PATH";
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

/// A value as a user would write it.
fn written(property: &PropertySpec, value: &Setting) -> String {
    match (property.kind, value) {
        (PropertyType::Bytes, Setting::Int(size)) => format_bytes(size.unsigned_abs()),
        (PropertyType::Duration, Setting::Int(nanoseconds)) => format_duration(nanoseconds.unsigned_abs()),
        (_, value) => value.to_string(),
    }
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
