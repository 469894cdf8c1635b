//! The modules of a configuration, each translated when the menu asks for it.

use std::collections::BTreeMap;

use artemis_proto::cronus::{
    Configuration, GeneratorInput, Graph, Input, Menu, Module, Properties, Property,
};

use super::rules::Settings;
use super::table::{self, Counterpart, Rule};
use super::{NoCounterpart, Translated, Untranslatable};
use crate::menu::compile::{HOST_CLASS, HOST_MODULE, of_value};
use crate::menu::restore::property_value;
use crate::menu::{INITIAL, Value};

/// Our properties of a component.
pub(super) type Ours = BTreeMap<&'static str, Value>;

/// A configuration that is being translated.
pub(super) struct Modules<'c> {
    from: &'c Configuration,
    problems: Vec<NoCounterpart>,
    /// Configured name of the reader.
    reader: Option<&'c str>,
    algorithms: BTreeMap<String, Module>,
    settings: Settings,
}

impl<'c> Modules<'c> {
    pub(super) fn new(from: &'c Configuration) -> Self {
        let settings = Settings::default();
        Self { from, problems: Vec::new(), reader: None, algorithms: BTreeMap::new(), settings }
    }

    pub(super) fn problem(&mut self, name: &str, property: Option<&str>, reason: impl Into<String>) {
        let klass = self.configured(name).map(|module| format!(" ({})", module.klass)).unwrap_or_default();
        let (module, property) = (format!("{name}{klass}"), property.map(str::to_owned));
        let problem = NoCounterpart { module, property, reason: reason.into() };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// An algorithm, tool or generator by its configured name.
    fn configured(&self, name: &str) -> Option<&'c Module> {
        let generator = self.generator().filter(|module| module.name == name);
        self.algo(name).or_else(|| self.from.tools.get(name)).or(generator)
    }

    fn algo(&self, name: &str) -> Option<&'c Module> {
        self.from.algos.iter().find(|module| module.name == name)
    }

    fn generator(&self) -> Option<&'c Module> {
        self.from.input.as_ref()?.generator.as_ref()?.config.as_ref()
    }

    fn counterpart(&self, name: &str) -> Option<Counterpart> {
        let klass = &self.algo(name)?.klass;
        table::ALGORITHMS.iter().find(|(known, _)| known == klass).map(|(_, counterpart)| *counterpart)
    }

    /// Whether an algorithm makes batches of the bytes of a chunk.
    pub(super) fn parses(&self, name: &str) -> bool {
        self.counterpart(name).is_some_and(|counterpart| match counterpart {
            Counterpart::Reader { .. } => true,
            Counterpart::Columns { .. } => false,
            Counterpart::NeedsPlugin { parses, .. } => parses,
        })
    }

    /// Makes an algorithm the job's reader.
    pub(super) fn read_by(&mut self, name: &'c str) {
        let (Some(Counterpart::Reader { component, tool }), Some(module)) =
            (self.counterpart(name), self.algo(name))
        else {
            return self.unknown(name);
        };
        let mut ours = Ours::new();
        self.properties(module, &[], &mut ours);
        if let Some(known) = self.reader {
            // Parsers of one class share their tool, and so read alike.
            if self.counterpart(known) != self.counterpart(name) {
                self.problem(name, None, format!("{known:?} reads the input; one job has one reader"));
            }
            return;
        }
        self.reader = Some(name);
        match self.tool(tool) {
            Some(tool) => self.properties(tool, table::CSV_TOOL, &mut ours),
            None => self.problem(name, None, format!("no tool of the class {tool} is configured")),
        }
        if let Some(handler) = self.tool("FileHandlerTool") {
            self.properties(handler, table::FILE_HANDLER, &mut ours);
        }
        self.algorithms.insert(name.to_owned(), component_module(name, component, &ours));
    }

    /// Translates an algorithm and returns its name; `None` if it does nothing, or cannot be translated.
    pub(super) fn algorithm(&mut self, name: &'c str) -> Option<String> {
        if self.algorithms.contains_key(name) {
            return Some(name.to_owned());
        }
        let (Some(Counterpart::Columns { component, tool }), Some(module)) =
            (self.counterpart(name), self.algo(name))
        else {
            self.unknown(name);
            return None;
        };
        let mut ours = Ours::new();
        self.properties(module, &[], &mut ours);
        let Some(tool) = self.tool(tool) else {
            self.problem(name, None, format!("no tool of the class {tool} is configured"));
            return None;
        };
        let (mut columns, mut invert) = (None, false);
        for (property, value) in self.values(tool) {
            match (property, value) {
                ("columns", value @ Value::List(_)) => columns = Some(value),
                ("invert", Value::Bool(yes)) => invert = yes,
                (property, _) if table::ANYWHERE.iter().any(|(known, _)| *known == property) => {}
                (property, _) => self.problem(&tool.name, Some(property), NO_COUNTERPART),
            }
        }
        let Some(columns) = columns else {
            self.settings.note(format!("{name} passes all columns on: {} names none", tool.name));
            return None;
        };
        if !invert {
            let order = format!("{name} gives the columns in the order of {}", tool.name);
            self.settings.note(format!("{order}; the framework kept that of the file"));
        }
        ours.insert(if invert { "drop" } else { "keep" }, columns);
        self.algorithms.insert(name.to_owned(), component_module(name, component, &ours));
        Some(name.to_owned())
    }

    /// The name of an algorithm that hands rows on as they are.
    pub(super) fn pass(&mut self) -> String {
        let mut name = "pass".to_owned();
        while self.algo(&name).is_some() {
            name.push('-');
        }
        let module = component_module(&name, table::NOTHING_LEFT, &Ours::new());
        self.algorithms.insert(name.clone(), module);
        name
    }

    fn unknown(&mut self, name: &str) {
        match self.counterpart(name) {
            Some(Counterpart::NeedsPlugin { plugin, tool, .. }) => {
                let reason = format!("it needs plugin {plugin}, which does what its tool {tool} does");
                self.problem(name, None, format!("{reason}; the table has no row for it yet"));
            }
            _ if self.algo(name).is_some() => self.problem(name, None, NO_COUNTERPART),
            _ => self.problem(name, None, "the configuration has no algorithm of this name"),
        }
    }

    /// The tool of a class; the one that is named after it, if there are several.
    fn tool(&self, klass: &str) -> Option<&'c Module> {
        let tools = || self.from.tools.values().filter(|tool| tool.klass == klass);
        tools().find(|tool| tool.name.eq_ignore_ascii_case(klass)).or_else(|| tools().next())
    }

    /// The properties of a module that are given.
    fn values(&mut self, module: &'c Module) -> Vec<(&'c str, Value)> {
        let mut values: Vec<(&str, Value)> = Vec::new();
        for property in module.properties.iter().flat_map(|properties| &properties.property) {
            if values.iter().any(|(name, _)| *name == property.name) {
                self.problem(&module.name, Some(&property.name), "given twice");
                continue;
            }
            match property_value(property) {
                Ok(value) => values.extend(value.map(|value| (property.name.as_str(), value))),
                Err(reason) => self.problem(&module.name, Some(&property.name), reason),
            }
        }
        values
    }

    /// Translates the properties of a module by their rules.
    fn properties(&mut self, module: &'c Module, rules: &[(&str, Rule)], ours: &mut Ours) {
        for (name, value) in self.values(module) {
            let rule = rules.iter().chain(table::ANYWHERE).find(|(known, _)| *known == name);
            let translated = match rule {
                Some((_, rule)) => self.settings.apply(*rule, value),
                None => Err(NO_COUNTERPART.to_owned()),
            };
            match translated {
                Ok(None) => {}
                Ok(Some((property, value))) => match ours.get(property) {
                    Some(other) if *other != value => {
                        let reason = format!("it is {value} here and {other} in another tool");
                        self.problem(&module.name, Some(name), reason);
                    }
                    _ => drop(ours.insert(property, value)),
                },
                Err(reason) => self.problem(&module.name, Some(name), reason),
            }
        }
    }

    /// The job's messages, or all problems.
    pub(super) fn finish(
        mut self,
        name: String,
        graphs: Vec<Graph>,
        has_inputs: bool,
    ) -> Result<Translated, Untranslatable> {
        match self.generator() {
            Some(generator) if generator.klass == "FileGenerator" => {
                self.properties(generator, table::FILE_GENERATOR, &mut Ours::new());
            }
            Some(generator) => self.problem(&generator.name, None, NO_COUNTERPART),
            None => {}
        }
        if let Some(writer) = self.tool("BufferOutputWriter") {
            self.properties(writer, table::BUFFER_WRITER, &mut Ours::new());
        }
        let atom = self.from.input.as_ref().and_then(|input| input.atom.as_ref());
        let paths = if has_inputs { Vec::new() } else { self.settings.paths(atom) };
        if paths.is_empty() && !has_inputs {
            let generator = self.generator().map_or("input", |module| module.name.as_str());
            self.problem(generator, None, "the configuration names no input; give some with --input");
        }
        if self.reader.is_none() && self.problems.is_empty() {
            self.problem("menu", None, "no node has an algorithm that reads the input");
        }
        if !self.problems.is_empty() {
            return Err(Untranslatable(self.problems));
        }
        let notes = self.settings.take_notes();
        let settings = self.settings.into_properties(self.reader.unwrap_or_default(), &paths);
        let input = Module {
            name: INITIAL.to_owned(),
            module: HOST_MODULE.to_owned(),
            klass: HOST_CLASS.to_owned(),
            properties: Some(properties(&settings)),
        };
        let configuration = Configuration {
            name: name.clone(),
            uuid: String::new(),
            tools: BTreeMap::new(),
            algos: self.algorithms.into_values().collect(),
            max_malloc_size_bytes: self.from.max_malloc_size_bytes,
            sampler: self.from.sampler,
            input: Some(Input { generator: Some(GeneratorInput { config: Some(input) }), atom: None }),
        };
        Ok(Translated { menu: Menu { name, uuid: String::new(), graphs }, configuration, notes })
    }
}

const NO_COUNTERPART: &str = "it has no counterpart here";

fn component_module(name: &str, component: &str, ours: &Ours) -> Module {
    // Every component of the table has a slash.
    let (plugin, class) = component.split_once('/').unwrap_or((component, ""));
    Module {
        name: name.to_owned(),
        module: plugin.to_owned(),
        klass: class.to_owned(),
        properties: Some(properties(ours)),
    }
}

fn properties(ours: &Ours) -> Properties {
    let property: Vec<Property> = ours.iter().map(|(name, value)| of_value(name, value)).collect();
    Properties { property }
}
