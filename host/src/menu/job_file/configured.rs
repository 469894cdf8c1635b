//! The sections `[tools.NAME]` and `[algorithms.NAME]`: components with names of their own and their properties.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::menu::files::PathKind;
use crate::menu::problem::Report;
use crate::menu::section::Section;
use crate::menu::tree::{Data, Entry, Item, Place, Table};
use crate::menu::{ComponentConfig, Value, is_name, property, suggest};
use crate::plugin::manifest::{ComponentKind, ComponentSpec, PropertySpec, PropertyType};
use crate::plugin::secret::Reference;

/// Which of the two sections.
#[derive(Clone, Copy)]
pub(super) struct Which {
    title: &'static str,
    one: &'static str,
    takes: &'static [ComponentKind],
}

pub(super) const TOOLS: Which = Which { title: "tools", one: "tool", takes: &[ComponentKind::Tool] };
pub(super) const ALGORITHMS: Which = Which {
    title: "algorithms",
    one: "algorithm",
    takes: &[ComponentKind::Reader, ComponentKind::Algorithm],
};

/// The key that is not a property.
const COMPONENT: &str = "component";
/// Properties that by convention name a tool, or several.
const TOOL_PROPERTIES: [&str; 2] = ["tool", "tools"];

const SECRET_HELP: &str = "write a reference: \"env:MY_PASSWORD\", a variable that is set when the job runs, or \"file:/absolute/path\"";

/// All entries of a section.
pub(super) struct Configured<'a> {
    which: Which,
    entries: BTreeMap<&'a str, One<'a>>,
    used: BTreeSet<String>,
}

struct One<'a> {
    key_place: &'a Place,
    /// `None` if something about it is wrong; then it is known by name only.
    config: Option<ComponentConfig>,
    /// Where each property was given.
    places: BTreeMap<String, &'a Place>,
}

impl<'a> Configured<'a> {
    pub fn read(
        section: Section<'a>,
        which: Which,
        context: &Context<'_>,
        report: &mut Report,
    ) -> Configured<'a> {
        let mut entries = BTreeMap::new();
        for entry in &section.table().entries {
            if !is_name(&entry.key) {
                let message = format!("`{}` cannot name a component", entry.key);
                report.error(&entry.key_place, message, "letters, digits, `_` and `-`".to_owned());
            }
            let mut places = BTreeMap::new();
            let config = match &entry.item.data {
                Data::Table(table) => one(entry, table, which, context, &mut places, report),
                _ => {
                    let title = format!("[{}.{}]", which.title, entry.key);
                    let message = format!("`{}` takes a table, not {}", entry.key, entry.item.kind());
                    report.error(&entry.item.place, message, format!("write {title} and its keys below"));
                    None
                }
            };
            entries.insert(entry.key.as_str(), One { key_place: &entry.key_place, config, places });
        }
        Configured { which, entries, used: BTreeSet::new() }
    }

    pub fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    pub fn config(&self, name: &str) -> Option<&ComponentConfig> {
        self.entries.get(name)?.config.as_ref()
    }

    pub fn kind(&self, name: &str) -> Option<ComponentKind> {
        self.config(name).map(|config| config.kind)
    }

    /// Names of one kind, and those whose kind is not known.
    pub fn names_of(&self, kind: ComponentKind) -> impl Iterator<Item = &'a str> + Clone {
        let fits = move |one: &One<'_>| one.config.as_ref().is_none_or(|config| config.kind == kind);
        self.entries.iter().filter(move |(_, one)| fits(one)).map(|(name, _)| *name)
    }

    pub fn mark_used(&mut self, name: &str) {
        self.used.insert(name.to_owned());
    }

    /// Marks the tools that algorithms name in their properties, and reports names of tools that are not there.
    pub fn use_tools(&self, tools: &mut Configured<'_>, report: &mut Report) {
        for one in self.entries.values() {
            let Some(config) = &one.config else {
                // It might use any of them.
                let names: Vec<String> = tools.entries.keys().map(|name| (*name).to_owned()).collect();
                tools.used.extend(names);
                continue;
            };
            for (key, value) in &config.properties {
                let mut named = Vec::new();
                texts(value, &mut named);
                for text in named {
                    if tools.contains(text) {
                        tools.mark_used(text);
                    } else if TOOL_PROPERTIES.contains(&key.as_str()) {
                        let place = one.places.get(key).copied().unwrap_or(one.key_place);
                        let help = suggest::help(text, tools.entries.keys().copied(), "tools");
                        report.error(place, format!("there is no [tools.{text}]"), help);
                    }
                }
            }
        }
    }

    pub fn report_unused(&self, report: &mut Report) {
        for (name, one) in &self.entries {
            if !self.used.contains(*name) {
                let help = match self.which.one {
                    "tool" => format!("name it in a property of an algorithm, or take [tools.{name}] away"),
                    _ => format!("name it in a node or as the reader, or take [algorithms.{name}] away"),
                };
                report.error(one.key_place, format!("the {} `{name}` is not used", self.which.one), help);
            }
        }
    }

    pub fn into_configs(self) -> BTreeMap<String, ComponentConfig> {
        self.entries.into_iter().filter_map(|(name, one)| Some((name.to_owned(), one.config?))).collect()
    }
}

/// All texts in a value.
fn texts<'v>(value: &'v Value, into: &mut Vec<&'v str>) {
    match value {
        Value::Str(text) => into.push(text),
        Value::List(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Table(table) => table.values().for_each(|item| texts(item, into)),
        _ => {}
    }
}

fn one<'a>(
    entry: &'a Entry,
    table: &'a Table,
    which: Which,
    context: &Context<'_>,
    places: &mut BTreeMap<String, &'a Place>,
    report: &mut Report,
) -> Option<ComponentConfig> {
    let title = format!("[{}.{}]", which.title, entry.key);
    let mut section = Section::new(table, entry.key_place.clone(), title.as_str());
    let item = section.required(COMPONENT, "component = \"plugin/name\"", report)?;
    let text = section.string(COMPONENT, report)?;
    let (component, spec) = match context.catalogue.component(text) {
        Ok((_, spec)) => (text.parse().ok()?, spec),
        Err(unknown) => {
            report.error(&item.place, unknown.message, unknown.help);
            return None;
        }
    };
    if !which.takes.contains(&spec.kind) {
        let home = if spec.kind == ComponentKind::Tool { TOOLS.title } else { ALGORITHMS.title };
        let message = format!("`{text}` is of the kind {}, which {title} cannot be", spec.kind);
        report.error(&item.place, message, format!("configure it as [{home}.{}]", entry.key));
        return None;
    }
    let mut config = ComponentConfig {
        name: entry.key.clone(),
        component,
        kind: spec.kind,
        outputs: spec.outputs.clone(),
        properties: BTreeMap::new(),
        types: BTreeMap::new(),
        secrets: spec.properties.iter().filter(|p| p.secret).map(|p| p.name.clone()).collect(),
    };
    let mut sound = true;
    for property in table.entries.iter().filter(|property| property.key != COMPONENT) {
        sound &= given(property, spec, &title, &mut config, places, context, report).is_some();
    }
    for property in &spec.properties {
        sound &= absent(property, entry, table, &mut config, context, report).is_some();
    }
    sound.then_some(config)
}

/// Checks a property that is given and adds it.
fn given<'a>(
    entry: &'a Entry,
    spec: &ComponentSpec,
    title: &str,
    config: &mut ComponentConfig,
    places: &mut BTreeMap<String, &'a Place>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<()> {
    let key = entry.key.as_str();
    let named =
        |property: &&PropertySpec| property.name == key || property.aliases.iter().any(|alias| alias == key);
    let Some(property) = spec.properties.iter().find(named) else {
        let names = spec.properties.iter().map(|property| property.name.as_str());
        let message = format!("`{}` has no property `{key}`", config.component);
        if spec.properties.iter().any(|property| property.secret) {
            // It may be the secret under a misspelt name.
            report.hide(&entry.item.place);
        }
        report.error(&entry.key_place, message, suggest::help(key, names, "properties"));
        return None;
    };
    if places.insert(property.name.clone(), &entry.item.place).is_some() {
        let message = format!("`{}` is given twice in {title}, also by another of its names", property.name);
        report.error(&entry.key_place, message, None);
        return None;
    }
    if property.name != key {
        let message = format!("`{key}` is an older name of `{}`", property.name);
        report.warning(&entry.key_place, message, format!("write `{}`", property.name));
    }
    if let Some(why) = &property.deprecated {
        report.warning(
            &entry.key_place,
            format!("`{key}` is deprecated"),
            Some(why.clone()).filter(|w| !w.is_empty()),
        );
    }
    if property.secret && !is_reference(&entry.item) {
        report.hide(&entry.item.place);
        let message = format!("`{key}` is secret, and job files hold no secrets");
        report.error(&entry.item.place, message, SECRET_HELP.to_owned());
        return None;
    }
    let checked = property::typed(property.kind, &entry.item).and_then(|value| {
        property::within(property, &value)?;
        Ok(value)
    });
    match checked {
        Ok(value) => add(property, value, &entry.item.place, config, context, report),
        Err((message, help)) => {
            report.error(&entry.item.place, format!("`{key}` {message}"), help);
            None
        }
    }
}

/// Adds the default of a property that is not given.
fn absent(
    property: &PropertySpec,
    entry: &Entry,
    table: &Table,
    config: &mut ComponentConfig,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<()> {
    let mut names = std::iter::once(&property.name).chain(&property.aliases);
    if names.any(|name| table.get(name).is_some()) {
        return Some(());
    }
    if let Some(default) = &property.default {
        return add(property, default.clone(), &entry.key_place, config, context, report);
    }
    if property.required {
        let message = format!("`{}` needs the property `{}`", config.component, property.name);
        let help = match property.doc.as_str() {
            "" => format!("it takes {}", property.kind.described()),
            doc => format!("it takes {}: {doc}", property.kind.described()),
        };
        report.error(&entry.key_place, message, help);
        return None;
    }
    Some(())
}

fn add(
    property: &PropertySpec,
    value: Value,
    place: &Place,
    config: &mut ComponentConfig,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<()> {
    let value = match (property.kind, value) {
        (PropertyType::Path, Value::Str(text)) => {
            let path = context.base.join(&text);
            if context.files.kind(&path) == PathKind::Missing {
                let message = format!("`{}` names `{text}`, which is not there", property.name);
                report.error(place, message, format!("looked for {}", path.display()));
                return None;
            }
            match path.into_os_string().into_string() {
                Ok(path) => Value::Str(path),
                Err(_) => {
                    report.error(place, format!("the folder of `{text}` has a name that is not UTF-8"), None);
                    return None;
                }
            }
        }
        (_, value) => value,
    };
    config.types.insert(property.name.clone(), property.kind);
    config.properties.insert(property.name.clone(), value);
    Some(())
}

/// A secret is only ever a reference; a message about it never shows what was given.
fn is_reference(item: &Item) -> bool {
    item.as_str().is_some_and(|text| Reference::parse(text).is_some())
}
