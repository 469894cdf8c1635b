//! The manifest of a plugin: who made it, its components, their typed properties.

use std::fmt;

use crate::menu::{Problems, Value};

mod read;
#[cfg(test)]
mod tests;

/// What a plugin file says of itself; read from the file without loading it.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// `[a-z0-9-]+`; the first half of a component's name in job files.
    pub id: String,
    /// Numbers joined by dots, with an optional `-suffix`.
    pub version: String,
    /// Who made it; empty if not told.
    pub vendor: String,
    /// An SPDX expression; empty if not told.
    pub licence: String,
    /// One line of text; empty if not told.
    pub description: String,
    /// The compiler that built it, such as `rustc 1.95.0`.
    pub compiler: Option<String>,
    /// Version of its Arrow implementation.
    pub arrow: Option<String>,
    /// Version of the SDK that made the manifest.
    pub sdk: Option<String>,
    /// Whether the same input always gives the same output; true if not told.
    pub deterministic: bool,
    /// The components, in the order of the manifest; at least one, names unique.
    pub components: Vec<ComponentSpec>,
    /// Keys that this host does not know, with their place: written by a newer minor revision, or misspelt.
    pub unknown_keys: Vec<String>,
}

impl Manifest {
    /// Reads the text of a manifest.
    ///
    /// Keys that this host does not know are kept in [`Manifest::unknown_keys`], so that a newer minor revision
    /// of the format still reads.
    ///
    /// # Errors
    /// All problems of the text at once, each with line and column.
    pub fn parse(text: &str) -> Result<Manifest, Problems> {
        read::manifest(text)
    }

    /// The component of that name.
    pub fn component(&self, name: &str) -> Option<&ComponentSpec> {
        self.components.iter().find(|component| component.name == name)
    }
}

/// What a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ComponentKind {
    /// A chunk in, batches out.
    Reader,
    /// Batches in, batches out; books histograms.
    Algorithm,
    /// An operation on a batch, called by algorithms through the host.
    Tool,
}

impl fmt::Display for ComponentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ComponentKind::Reader => "reader",
            ComponentKind::Algorithm => "algorithm",
            ComponentKind::Tool => "tool",
        })
    }
}

/// What a component promises of its partials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartialPromise {
    /// It has none.
    None,
    /// Merging in any grouping gives the same result.
    Exact,
    /// Merging is within a bound, stated as text.
    Bound(String),
}

/// One component of a plugin.
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentSpec {
    /// Reader, algorithm or tool.
    pub kind: ComponentKind,
    /// The second half of the component's name in job files.
    pub name: String,
    /// One line for people; may be empty.
    pub doc: String,
    /// Output names, the default one first. Empty only for an algorithm that emits nothing.
    pub outputs: Vec<String>,
    /// Arrow type names it takes; `*` takes all.
    pub accepts: Vec<String>,
    /// Sees chunks in order, on one worker.
    pub ordered: bool,
    /// What merging its partials keeps.
    pub partial: PartialPromise,
    /// Its properties, in the order of the manifest; names and aliases unique.
    pub properties: Vec<PropertySpec>,
}

/// The type of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PropertyType {
    /// `Value::Bool`
    Bool,
    /// `Value::Int`
    Int,
    /// `Value::Float`; an integer is taken too.
    Float,
    /// `Value::Str`
    String,
    /// `Value::List`
    List,
    /// `Value::Table`
    Table,
    /// `Value::Str`: an absolute path once checked; written relative to the job file.
    Path,
    /// `Value::Int`: nanoseconds once checked; written as `"250 ms"`, or a number of seconds.
    Duration,
    /// `Value::Int`: bytes once checked; written as `"64 KiB"`, or a number of bytes.
    Bytes,
}

impl PropertyType {
    /// All types, by the name that manifests give them.
    pub const NAMES: [(&'static str, PropertyType); 9] = [
        ("bool", PropertyType::Bool),
        ("int", PropertyType::Int),
        ("float", PropertyType::Float),
        ("string", PropertyType::String),
        ("list", PropertyType::List),
        ("table", PropertyType::Table),
        ("path", PropertyType::Path),
        ("duration", PropertyType::Duration),
        ("bytes", PropertyType::Bytes),
    ];

    /// With its article, for messages: "takes a list".
    pub fn described(self) -> &'static str {
        match self {
            PropertyType::Bool => "a boolean",
            PropertyType::Int => "an integer",
            PropertyType::Float => "a number",
            PropertyType::String => "a string",
            PropertyType::List => "a list",
            PropertyType::Table => "a table",
            PropertyType::Path => "a path",
            PropertyType::Duration => "a duration",
            PropertyType::Bytes => "a byte size",
        }
    }
}

/// The name that manifests give it.
impl fmt::Display for PropertyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = PropertyType::NAMES.iter().find(|(_, kind)| kind == self);
        f.write_str(found.map_or("", |(name, _)| name))
    }
}

/// One property of a component.
#[derive(Debug, Clone, PartialEq)]
pub struct PropertySpec {
    /// Its key in the job file.
    pub name: String,
    /// Its type.
    pub kind: PropertyType,
    /// The value when the job file gives none, in its checked form; a path is still relative.
    pub default: Option<Value>,
    /// Must be given; then there is no default.
    pub required: bool,
    /// The only values allowed; empty allows all.
    pub choices: Vec<Value>,
    /// Least number allowed (bytes: bytes; duration: seconds).
    pub min: Option<f64>,
    /// Greatest number allowed (bytes: bytes; duration: seconds).
    pub max: Option<f64>,
    /// Never given as a value, only as a reference `env:NAME`.
    pub secret: bool,
    /// One line for people; may be empty.
    pub doc: String,
    /// Older names that are still taken.
    pub aliases: Vec<String>,
    /// Why not to use it, and what instead.
    pub deprecated: Option<String>,
}

impl PropertySpec {
    /// An optional property without default or limits.
    pub fn new(name: &str, kind: PropertyType) -> PropertySpec {
        PropertySpec {
            name: name.to_owned(),
            kind,
            default: None,
            required: false,
            choices: Vec::new(),
            min: None,
            max: None,
            secret: false,
            doc: String::new(),
            aliases: Vec::new(),
            deprecated: None,
        }
    }
}
