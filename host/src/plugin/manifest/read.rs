//! Reads a manifest's text and checks every field of it.

use std::collections::BTreeSet;

use super::{ComponentKind, ComponentSpec, Manifest, PartialPromise, PropertySpec, PropertyType};
use crate::menu::problem::{Problems, Report};
use crate::menu::property;
use crate::menu::section::Section;
use crate::menu::tree::{self, Data, Item};

/// The format that this host reads; a later one is another major revision of the ABI.
const FORMAT: i64 = 1;
/// More than any plugin needs; bounds what a foreign file can make the host hold.
const MAX_COMPONENTS: usize = 1_000;
/// As [`MAX_COMPONENTS`], for the properties of one component.
const MAX_PROPERTIES: usize = 1_000;
/// Partitions `<leaf>.rejected` belong to the host.
const RESERVED_OUTPUT: &str = "rejected";
/// Keys of a configured component that are not properties.
const RESERVED_PROPERTY: &str = "component";

pub(super) fn manifest(text: &str) -> Result<Manifest, Problems> {
    let mut report = Report::default();
    let (table, malformed) = tree::parse(text);
    for bad in malformed {
        report.error(&tree::Place { span: bad.span, option: None }, bad.message, None);
    }
    let mut root = Section::new(&table, tree::Place::default(), "the manifest");
    let mut unknown = Vec::new();

    if let Some(item) = root.required("manifest", "manifest = 1", &mut report) {
        match item.data {
            Data::Int(FORMAT) => {}
            Data::Int(other) => {
                let help = "build the plugin with an SDK of this host's major version, or use a newer host"
                    .to_owned();
                report.error(&item.place, format!("manifest format {other}; this host reads {FORMAT}"), help);
            }
            _ => {
                report.error(&item.place, "`manifest` takes an integer", format!("write manifest = {FORMAT}"))
            }
        }
    }
    let id =
        name(&mut root, "id", "id = \"my-plugin\"", &mut report, is_id, "lower-case letters, digits and `-`");
    let version = name(
        &mut root,
        "version",
        "version = \"0.1.0\"",
        &mut report,
        is_version,
        "numbers joined by dots, with an optional suffix of letters, digits, `.`, `-`, `+`",
    );
    let mut text_of = |key| root.string(key, &mut report).map(str::to_owned);
    let (vendor, licence, description) = (text_of("vendor"), text_of("licence"), text_of("description"));
    let (compiler, arrow, sdk) = (text_of("compiler"), text_of("arrow"), text_of("sdk"));
    let deterministic = root.boolean("deterministic", &mut report).unwrap_or(true);

    let place = root.place.clone();
    let sections = root.sections("component", "[[component]]", &mut report);
    if sections.is_empty() || sections.len() > MAX_COMPONENTS {
        report.error(
            &place,
            format!("a plugin has 1 to {MAX_COMPONENTS} components, not {}", sections.len()),
            None,
        );
    }
    let mut names = BTreeSet::new();
    let mut components = Vec::new();
    for section in sections.into_iter().take(MAX_COMPONENTS) {
        let place = section.place.clone();
        if let Some(component) = component(section, &mut unknown, &mut report) {
            if !names.insert(component.name.clone()) {
                report.error(&place, format!("two components are named `{}`", component.name), None);
            }
            components.push(component);
        }
    }
    unknown.extend(root.unknown().map(|entry| entry.key.clone()));

    let problems = report.finish("manifest", text, &[]);
    if problems.has_errors() {
        return Err(problems);
    }
    Ok(Manifest {
        id: id.unwrap_or_default(),
        version: version.unwrap_or_default(),
        vendor: vendor.unwrap_or_default(),
        licence: licence.unwrap_or_default(),
        description: description.unwrap_or_default(),
        compiler,
        arrow,
        sdk,
        deterministic,
        components,
        unknown_keys: unknown,
    })
}

fn component(
    mut section: Section<'_>,
    unknown: &mut Vec<String>,
    report: &mut Report,
) -> Option<ComponentSpec> {
    const KINDS: [(&str, ComponentKind); 3] = [
        ("reader", ComponentKind::Reader),
        ("algorithm", ComponentKind::Algorithm),
        ("tool", ComponentKind::Tool),
    ];
    section.required("kind", "kind = \"reader\", \"algorithm\" or \"tool\"", report)?;
    let kind = section.choice("kind", &KINDS, report);
    let rule = "letters, digits, `_` and `-`";
    let name = name(&mut section, "name", "name = \"my-component\"", report, is_name, rule);
    let doc = section.string("doc", report).unwrap_or_default().to_owned();

    let given = section.strings("outputs", report);
    if given.as_ref().is_none_or(Vec::is_empty) && matches!(kind, Some(ComponentKind::Reader)) {
        let help = "write outputs = [\"rows\"]".to_owned();
        report.error(&section.place, "a reader has at least one output", help);
    }
    let mut outputs: Vec<String> = Vec::new();
    for (output, place) in given.unwrap_or_default() {
        if !is_name(output) || output == RESERVED_OUTPUT {
            let help = format!("{rule}; `{RESERVED_OUTPUT}` belongs to the host");
            report.error(place, format!("`{output}` cannot name an output"), help);
        } else if outputs.iter().any(|other| other == output) {
            report.error(place, format!("two outputs are named `{output}`"), None);
        } else {
            outputs.push(output.to_owned());
        }
    }
    let accepts = match section.strings("accepts", report) {
        // A reader takes bytes, no types.
        Some(types) if types.is_empty() && kind != Some(ComponentKind::Reader) => {
            report.error(
                section.place_of("accepts"),
                "`accepts` is empty",
                "write accepts = [\"*\"]".to_owned(),
            );
            Vec::new()
        }
        Some(types) => types.into_iter().map(|(name, _)| name.to_owned()).collect(),
        None => vec!["*".to_owned()],
    };
    let ordered = section.boolean("ordered", report).unwrap_or(false);
    let partial = match section.string("partial", report) {
        None | Some("none") => PartialPromise::None,
        Some("exact") => PartialPromise::Exact,
        Some(bound) => PartialPromise::Bound(bound.to_owned()),
    };

    let sections = section.sections("property", "[[component.property]]", report);
    if sections.len() > MAX_PROPERTIES {
        report.error(&section.place, format!("more than {MAX_PROPERTIES} properties"), None);
    }
    let mut names = BTreeSet::new();
    let mut properties = Vec::new();
    for inner in sections.into_iter().take(MAX_PROPERTIES) {
        let place = inner.place.clone();
        let Some(spec) = property(inner, unknown, report) else { continue };
        for name in std::iter::once(&spec.name).chain(&spec.aliases) {
            if !names.insert(name.clone()) {
                report.error(&place, format!("two properties or aliases are named `{name}`"), None);
            }
        }
        properties.push(spec);
    }
    unknown.extend(section.unknown().map(|entry| format!("component.{}", entry.key)));
    Some(ComponentSpec { kind: kind?, name: name?, doc, outputs, accepts, ordered, partial, properties })
}

fn property(
    mut section: Section<'_>,
    unknown: &mut Vec<String>,
    report: &mut Report,
) -> Option<PropertySpec> {
    let rule = "letters, digits, `_` and `-`, and not `component`";
    let is_key = |text: &str| is_name(text) && text != RESERVED_PROPERTY;
    let name = name(&mut section, "name", "name = \"my_property\"", report, is_key, rule);
    section.required("type", "type = \"string\"", report);
    let kind = section.choice("type", &PropertyType::NAMES, report);
    let mut spec = PropertySpec::new(&name?, kind?);

    spec.required = section.boolean("required", report).unwrap_or(false);
    spec.secret = section.boolean("secret", report).unwrap_or(false);
    spec.doc = section.string("doc", report).unwrap_or_default().to_owned();
    spec.deprecated = section.string("deprecated", report).map(str::to_owned);
    for (alias, place) in section.strings("aliases", report).unwrap_or_default() {
        if is_key(alias) {
            spec.aliases.push(alias.to_owned());
        } else {
            report.error(place, format!("`{alias}` cannot be an alias"), rule.to_owned());
        }
    }
    let measured = matches!(
        spec.kind,
        PropertyType::Int | PropertyType::Float | PropertyType::Bytes | PropertyType::Duration
    );
    let mut limit = |key: &'static str| {
        let item = section.get(key)?;
        let number = match item.data {
            Data::Int(number) => Some(number as f64),
            Data::Float(number) if !number.is_nan() => Some(number),
            _ => None,
        };
        if number.is_none() || !measured {
            report.error(
                &item.place,
                format!("`{key}` is a number, and only for numbers, bytes and durations"),
                None,
            );
        }
        number
    };
    (spec.min, spec.max) = (limit("min"), limit("max"));
    if matches!((spec.min, spec.max), (Some(min), Some(max)) if min > max) {
        report.error(&section.place, format!("`min` of `{}` is above its `max`", spec.name), None);
    }
    for item in section.list("choices", report).unwrap_or_default() {
        match property::typed(spec.kind, item) {
            Ok(choice) => spec.choices.push(choice),
            Err((message, help)) => report.error(&item.place, format!("a choice {message}"), help),
        }
    }
    if let Some(item) = section.get("default") {
        spec.default = default(&spec, item, report);
    }
    if spec.secret && spec.kind != PropertyType::String {
        report.error(&section.place, format!("`{}` is secret and must be a string", spec.name), None);
    }
    unknown.extend(section.unknown().map(|entry| format!("component.property.{}", entry.key)));
    Some(spec)
}

fn default(spec: &PropertySpec, item: &Item, report: &mut Report) -> Option<crate::menu::Value> {
    if spec.required || spec.secret {
        let message = format!(
            "`{}` is {}, so it has no default",
            spec.name,
            if spec.secret { "secret" } else { "required" }
        );
        report.error(&item.place, message, None);
    }
    let checked = property::typed(spec.kind, item).and_then(|value| {
        property::within(spec, &value)?;
        Ok(value)
    });
    checked.map_err(|(message, help)| report.error(&item.place, format!("the default {message}"), help)).ok()
}

/// A required text that follows a rule.
fn name(
    section: &mut Section<'_>,
    key: &'static str,
    example: &str,
    report: &mut Report,
    fits: impl Fn(&str) -> bool,
    rule: &str,
) -> Option<String> {
    section.required(key, example, report)?;
    let text = section.string(key, report)?;
    if fits(text) {
        return Some(text.to_owned());
    }
    report.error(section.place_of(key), format!("`{key}` cannot be {text:?}"), rule.to_owned());
    None
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_name(text: &str) -> bool {
    crate::menu::is_name(text)
}

fn is_version(text: &str) -> bool {
    crate::plugin::version::is_version(text)
}
