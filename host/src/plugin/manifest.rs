//! The manifest of a plugin: who made it, its components, their typed properties.

use crate::menu::Value;

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
    /// Dotted keys that this host does not know: written by a newer minor revision, or misspelt.
    pub unknown_keys: Vec<String>,
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

/// One property of a component.
#[derive(Debug, Clone, PartialEq)]
pub struct PropertySpec {
    /// Its key in the job file.
    pub name: String,
    /// Its type.
    pub kind: PropertyType,
    /// The value when the job file gives none, in its checked form.
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
