//! A job as the messages of the metadata model, which are stored before it runs.
//!
//! Chains become graphs. Each graph begins with the node `initial`, whose only algorithm is the reader. Tools,
//! algorithms and readers become modules; the plugin's id, with its pinned version if any, is the module and the
//! component its class. What the model has no field for stands in the module of [`Configuration::input`] that is
//! named after this host, one property per setting.

use artemis_proto::cronus::{
    Configuration, GeneratorInput, Graph, Input, Menu, Module, Node, Properties, Property, Sampler,
};

use super::units::{format_bytes, format_duration};
use super::value::Value;
use super::{ComponentConfig, INITIAL, Job, literal};
use crate::plugin::manifest::PropertyType;

#[cfg(test)]
mod tests;

/// The module that holds the host's own settings.
pub const HOST_MODULE: &str = "artemis.host";
/// Its class: an input of files.
pub const HOST_CLASS: &str = "files";

/// Whether the messages say where things lie.
#[derive(Clone, Copy, PartialEq)]
enum Places {
    Kept,
    Left,
}

/// The messages of a job, whole: [`super::restore`] makes the same job of them.
pub fn compile(job: &Job) -> (Menu, Configuration) {
    messages(job, Places::Kept)
}

/// The messages of a job as far as they decide its output: without paths, memory limit and pinned versions. Two jobs
/// that differ in nothing else have equal ones; what the paths hold and which plugins run is told by content.
pub fn compile_recipe(job: &Job) -> (Menu, Configuration) {
    messages(job, Places::Left)
}

fn messages(job: &Job, places: Places) -> (Menu, Configuration) {
    let kept = places == Places::Kept;
    let chains = job.menu.chains.iter().map(|chain| {
        let initial = Node { name: INITIAL.into(), parents: vec![], algos: vec![job.input.reader.clone()] };
        let nodes = chain.nodes.iter().map(|node| Node {
            name: node.name.clone(),
            parents: node.parents.iter().map(ToString::to_string).collect(),
            algos: node.algorithms.clone(),
        });
        Graph { name: chain.name.clone(), nodes: std::iter::once(initial).chain(nodes).collect() }
    });
    let menu = Menu { name: job.name.clone(), uuid: String::new(), graphs: chains.collect() };
    let configuration = Configuration {
        name: job.name.clone(),
        uuid: String::new(),
        tools: job.tools.iter().map(|(name, tool)| (name.clone(), module(tool, places))).collect(),
        algos: job.algorithms.values().map(|algorithm| module(algorithm, places)).collect(),
        max_malloc_size_bytes: job.max_memory.filter(|_| kept).unwrap_or(0),
        sampler: Some(Sampler { ndatums: signed(job.sample.datums), nchunks: signed(job.sample.chunks) }),
        input: Some(Input {
            generator: Some(GeneratorInput { config: Some(settings(job, places)) }),
            atom: None,
        }),
    };
    (menu, configuration)
}

fn module(config: &ComponentConfig, places: Places) -> Module {
    let version = config.component.version.as_ref().filter(|_| places == Places::Kept);
    let plugin = match version {
        Some(version) => format!("{}@{version}", config.component.plugin),
        None => config.component.plugin.clone(),
    };
    let properties = config.properties.iter().map(|(name, value)| match (config.types.get(name), value) {
        (Some(PropertyType::Path), _) if places == Places::Left => property(name, "str", String::new()),
        (Some(PropertyType::Bytes), Value::Int(bytes)) => {
            property(name, "str", format_bytes(bytes.unsigned_abs()))
        }
        (Some(PropertyType::Duration), Value::Int(time)) => {
            property(name, "str", format_duration(time.unsigned_abs()))
        }
        (_, value) => of_value(name, value),
    });
    Module {
        name: config.name.clone(),
        module: plugin,
        klass: config.component.name.clone(),
        properties: Some(Properties { property: properties.collect() }),
    }
}

/// The settings that the model has no field for.
fn settings(job: &Job, places: Places) -> Module {
    let (input, output) = (&job.input, &job.output);
    let mut properties = vec![
        of_value("reader", &Value::Str(input.reader.clone())),
        // A seed is any 64-bit number, an `int` a signed one.
        property("seed", "str", job.seed.to_string()),
        property("block_bytes", "str", format_bytes(job.block_bytes)),
        property("on_bad_input", "str", input.on_bad_input.word().into()),
        property("on_mismatch", "str", input.on_mismatch.word().into()),
        property("columns", "str", input.columns.word().into()),
        of_value("provenance", &Value::Bool(input.provenance)),
        property("format", "str", output.format.word().into()),
        property("compression", "str", output.compression.word().into()),
        property("file_bytes", "str", format_bytes(output.file_bytes)),
    ];
    if let Some(rows) = job.sample.rows {
        properties.push(property("sample_rows", "int", rows.to_string()));
    }
    if let Some(rows) = output.rows_per_batch {
        properties.push(property("rows_per_batch", "int", rows.to_string()));
    }
    if places == Places::Kept {
        let list = |texts: Vec<String>| Value::List(texts.into_iter().map(Value::Str).collect());
        let files = input.files.iter().map(|file| file.to_string_lossy().into_owned()).collect();
        properties.push(of_value("paths", &list(input.paths.clone())));
        properties.push(of_value("files", &list(files)));
        properties.push(property("folder", "str", job.source_dir.to_string_lossy().into_owned()));
    }
    Module {
        name: INITIAL.into(),
        module: HOST_MODULE.into(),
        klass: HOST_CLASS.into(),
        properties: Some(Properties { property: properties }),
    }
}

/// A value as a stored property.
pub(crate) fn of_value(name: &str, value: &Value) -> Property {
    let (kind, text) = match value {
        Value::Bool(yes) => ("bool", if *yes { "True" } else { "False" }.to_owned()),
        Value::Int(number) => ("int", number.to_string()),
        Value::Float(number) => ("float", format!("{number:?}")),
        Value::Str(text) => ("str", text.clone()),
        Value::List(_) => ("list", literal::write(value)),
        Value::Table(_) => ("dict", literal::write(value)),
    };
    property(name, kind, text)
}

fn property(name: &str, kind: &str, value: String) -> Property {
    Property { name: name.into(), r#type: kind.into(), value }
}

/// The model's counts are signed.
fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
