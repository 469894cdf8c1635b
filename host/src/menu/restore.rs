//! A job from the messages of the metadata model: they are put back into the form of a job file and checked as one.

use std::path::Path;

use artemis_proto::cronus::{Configuration, Menu, Module, Properties, Property};

use super::compile::{HOST_CLASS, HOST_MODULE};
use super::files::{Disk, Files};
use super::job_file::{self, Checked, Context};
use super::literal;
use super::problem::{Problems, Report};
use super::tree::{Data, Entry, Item, Place, Table};
use super::value::Value;
use super::{INITIAL, Job};
use crate::plugin::catalogue::Catalogue;

/// Other inputs than those in the messages.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The folder that the paths are relative to.
    pub base: &'a Path,
    /// Paths and patterns.
    pub paths: &'a [String],
}

/// Makes a job of stored messages, checked against the plugins that are there now. The inputs are the very files
/// that were found when the messages were made, or other ones if `inputs` gives them.
///
/// # Errors
/// All problems at once; each names the part of the messages that it is about.
pub fn from_messages(
    menu: &Menu,
    configuration: &Configuration,
    catalogue: &Catalogue,
    inputs: Option<Inputs<'_>>,
) -> Result<Checked, Problems> {
    from_messages_with(menu, configuration, catalogue, inputs, &Disk)
}

/// As [`from_messages`], with the file system given.
///
/// # Errors
/// All problems at once.
pub fn from_messages_with(
    menu: &Menu,
    configuration: &Configuration,
    catalogue: &Catalogue,
    inputs: Option<Inputs<'_>>,
    files: &dyn Files,
) -> Result<Checked, Problems> {
    let mut builder = Builder::default();
    let stored = builder.settings(configuration);
    let root = builder.root(menu, configuration, &stored, inputs);
    let base = inputs.map(|inputs| inputs.base.to_owned()).unwrap_or_else(|| stored.folder.clone().into());
    let Builder { mut report, places } = builder;
    let job = job_file::job(&root, &Context { base: &base, catalogue, files }, &mut report);
    let problems = report.finish("the stored menu and configuration", "", &places);
    match job {
        Some(job) if !problems.has_errors() => {
            let mut job: Job = job;
            if inputs.is_none() {
                // Checked by the files that they stood for; kept as the user wrote them.
                job.input.paths = stored.paths;
            }
            Ok(Checked { job, warnings: problems })
        }
        _ => Err(problems),
    }
}

/// The host's own settings, taken apart.
#[derive(Default)]
struct Stored {
    job: Vec<Entry>,
    sample: Vec<Entry>,
    input: Vec<Entry>,
    output: Vec<Entry>,
    paths: Vec<String>,
    files: Vec<String>,
    folder: String,
}

/// Makes tables and remembers what each of them comes from.
#[derive(Default)]
struct Builder {
    report: Report,
    places: Vec<String>,
}

impl Builder {
    /// A place that shows as `text`.
    fn place(&mut self, text: impl Into<String>) -> Place {
        self.places.push(text.into());
        Place { span: 0..0, option: Some(self.places.len() - 1) }
    }

    fn settings(&mut self, configuration: &Configuration) -> Stored {
        let mut stored = Stored::default();
        let input = configuration.input.as_ref().and_then(|input| input.generator.as_ref());
        let module = input.and_then(|generator| generator.config.as_ref());
        let Some(module) = module.filter(|module| module.module == HOST_MODULE && module.klass == HOST_CLASS)
        else {
            let place = self.place("configuration, input");
            let help = format!("its input is not a module {HOST_MODULE}/{HOST_CLASS}");
            self.report.error(&place, "the configuration was not made by this host", help);
            return stored;
        };
        for entry in self.properties(module.properties.as_ref(), "input") {
            let texts = |item: &Item| match item.to_value() {
                Value::List(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                _ => Vec::new(),
            };
            match entry.key.as_str() {
                "paths" => stored.paths = texts(&entry.item),
                "files" => stored.files = texts(&entry.item),
                "folder" => stored.folder = entry.item.as_str().unwrap_or_default().to_owned(),
                "seed" | "block_bytes" => stored.job.push(numeric(entry)),
                "sample_rows" => stored.sample.push(Entry { key: "rows".into(), ..entry }),
                "format" | "compression" | "rows_per_batch" | "file_bytes" => stored.output.push(entry),
                // Anything else is checked as a key of [input].
                _ => stored.input.push(entry),
            }
        }
        stored
    }

    /// The messages in the form of a job file.
    fn root(
        &mut self,
        menu: &Menu,
        configuration: &Configuration,
        stored: &Stored,
        inputs: Option<Inputs<'_>>,
    ) -> Table {
        let place = self.place("configuration");
        let mut job = stored.job.clone();
        job.push(text_entry("name", &configuration.name, &place));
        if configuration.max_malloc_size_bytes > 0 {
            let limit = Data::Str(configuration.max_malloc_size_bytes.to_string());
            job.push(entry("max_memory", limit, &place));
        }
        let mut sample = stored.sample.clone();
        if let Some(sampler) = &configuration.sampler {
            sample.push(entry("datums", Data::Int(sampler.ndatums.into()), &place));
            sample.push(entry("chunks", Data::Int(sampler.nchunks.into()), &place));
        }
        let mut input = stored.input.clone();
        let paths = inputs.map_or(stored.files.as_slice(), |inputs| inputs.paths);
        let paths_place = self.place("inputs");
        input.push(entry("paths", texts(paths, &paths_place), &paths_place));

        let tools = configuration.tools.iter().map(|(name, module)| (name.as_str(), module));
        let tools = self.modules(tools, "tool");
        let algorithms = configuration.algos.iter().map(|module| (module.name.as_str(), module));
        let algorithms = self.modules(algorithms, "algorithm");
        let chains = menu.graphs.iter().map(|graph| self.chain(graph)).collect();
        let menu_place = self.place("menu");
        let sections =
            [("job", job), ("sample", sample), ("input", input), ("output", stored.output.clone())];
        let mut entries: Vec<Entry> = sections
            .into_iter()
            .map(|(key, entries)| entry(key, Data::Table(Table { entries }), &place))
            .collect();
        entries.push(entry("tools", Data::Table(tools), &place));
        entries.push(entry("algorithms", Data::Table(algorithms), &place));
        entries.push(entry("chain", Data::List(chains), &menu_place));
        Table { entries }
    }

    fn modules<'m>(&mut self, modules: impl Iterator<Item = (&'m str, &'m Module)>, what: &str) -> Table {
        let mut table = Table::default();
        for (name, module) in modules {
            let title = format!("{what} {name}");
            let place = self.place(title.as_str());
            if table.get(name).is_some() {
                self.report.error(&place, format!("the configuration has two of the name `{name}`"), None);
                continue;
            }
            let mut entries = self.properties(module.properties.as_ref(), &title);
            entries.push(text_entry("component", &format!("{}/{}", module.module, module.klass), &place));
            table.entries.push(entry(name, Data::Table(Table { entries }), &place));
        }
        table
    }

    fn properties(&mut self, properties: Option<&Properties>, title: &str) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for property in properties.map_or(&[][..], |properties| &properties.property) {
            let place = self.place(format!("{title}, property {}", property.name));
            if entries.iter().any(|entry| entry.key == property.name) {
                self.report.error(&place, "given twice", None);
                continue;
            }
            match property_value(property) {
                Ok(value) => {
                    entries.extend(value.map(|value| entry(&property.name, data(value, &place), &place)))
                }
                Err(message) => {
                    self.report.error(&place, message, "types: str, int, float, bool, list, dict".to_owned());
                }
            }
        }
        entries
    }

    /// A chain without the node `initial`, which a job file does not spell out.
    fn chain(&mut self, graph: &artemis_proto::cronus::Graph) -> Item {
        let place = self.place(format!("menu, graph {}", graph.name));
        let mut nodes = Vec::new();
        for node in graph.nodes.iter().filter(|node| node.name != INITIAL) {
            let place = self.place(format!("menu, node {}", node.name));
            let entries = vec![
                text_entry("name", &node.name, &place),
                entry("parents", texts(&node.parents, &place), &place),
                entry("algorithms", texts(&node.algos, &place), &place),
            ];
            nodes.push(item(Data::Table(Table { entries }), &place));
        }
        let entries = vec![text_entry("name", &graph.name, &place), entry("node", Data::List(nodes), &place)];
        item(Data::Table(Table { entries }), &place)
    }
}

/// The value of a stored property; `None` if it is there to say that it is not given.
///
/// # Errors
/// That the text is not of its type.
pub(crate) fn property_value(property: &Property) -> Result<Option<Value>, String> {
    let text = property.value.as_str();
    let value = match property.r#type.as_str() {
        "str" => Some(Value::Str(text.to_owned())),
        "float" => text.parse().ok().map(Value::Float),
        "int" | "bool" | "list" | "dict" => literal::read(text),
        // How older stores write that a property is not given.
        "NoneType" => return Ok(None),
        _ => None,
    };
    let fits = |value: &Value| match property.r#type.as_str() {
        "int" => value.as_int().is_some(),
        "bool" => value.as_bool().is_some(),
        "list" => value.as_list().is_some(),
        "dict" => value.as_table().is_some(),
        _ => true,
    };
    match value.filter(fits) {
        Some(value) => Ok(Some(value)),
        None => Err(format!("its value is not of the type `{}`", property.r#type)),
    }
}

/// A number that was written as text, because it may not fit a signed one.
fn numeric(entry: Entry) -> Entry {
    match entry.item.as_str().and_then(|text| text.parse().ok()) {
        Some(number) => Entry { item: Item { data: Data::Int(number), ..entry.item.clone() }, ..entry },
        None => entry,
    }
}

fn texts(texts: &[String], place: &Place) -> Data {
    Data::List(texts.iter().map(|text| item(Data::Str(text.clone()), place)).collect())
}

fn text_entry(key: &str, text: &str, place: &Place) -> Entry {
    entry(key, Data::Str(text.to_owned()), place)
}

fn entry(key: &str, data: Data, place: &Place) -> Entry {
    Entry { key: key.to_owned(), key_place: place.clone(), item: item(data, place) }
}

fn item(data: Data, place: &Place) -> Item {
    Item { place: place.clone(), data, raw: None }
}

fn data(value: Value, place: &Place) -> Data {
    match value {
        Value::Bool(yes) => Data::Bool(yes),
        Value::Int(number) => Data::Int(number),
        Value::Float(number) => Data::Float(number),
        Value::Str(text) => Data::Str(text),
        Value::List(items) => {
            Data::List(items.into_iter().map(|value| item(data(value, place), place)).collect())
        }
        Value::Table(table) => {
            let entries =
                table.into_iter().map(|(key, value)| entry(&key, data(value, place), place)).collect();
            Data::Table(Table { entries })
        }
    }
}
