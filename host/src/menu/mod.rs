//! The menu: what the user wrote, checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

pub mod compile;
pub mod files;
pub mod graph;
pub mod job_file;
pub(crate) mod literal;
mod overrides;
pub(crate) mod problem;
pub(crate) mod property;
pub mod restore;
pub(crate) mod section;
pub(crate) mod suggest;
pub(crate) mod tree;
pub mod units;
mod value;

use crate::plugin::manifest::{ComponentKind, PropertyType};
use crate::plugin::version::is_version;
pub use compile::{compile, compile_recipe};
pub use job_file::{Checked, JobFileError, load, parse};
pub use problem::{Problem, ProblemDiagnostic, Problems};
pub use restore::from_messages;
pub use value::Value;

/// The name of the implicit root node, which runs the reader.
pub const INITIAL: &str = "initial";

/// A checked job file. Every name in it resolves; every property has its type, defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The job's name, also the name that its dataset gets.
    pub name: String,
    /// Seeds the sampling.
    pub seed: u64,
    /// Size of a chunk in bytes, at least 1; records are never cut.
    pub block_bytes: u64,
    /// Upper bound of the memory the job may use, in bytes; `None` takes what the machine allows.
    pub max_memory: Option<u64>,
    /// How much is looked at before the first chunk.
    pub sample: Sample,
    /// What is read.
    pub input: Input,
    /// How results are written.
    pub output: Output,
    /// Configured tools by name.
    pub tools: BTreeMap<String, ComponentConfig>,
    /// Configured algorithms and readers by name.
    pub algorithms: BTreeMap<String, ComponentConfig>,
    /// The graph.
    pub menu: Menu,
    /// The folder that paths of the job file are relative to.
    pub source_dir: PathBuf,
}

/// How much is looked at to find types and to rebook histograms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// How many inputs, at least 1.
    pub datums: u32,
    /// How many chunks of each, at least 1.
    pub chunks: u32,
    /// Only so many records of each chunk; `None` takes all.
    pub rows: Option<u64>,
}

/// What is read, and what happens with what does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Paths and patterns as written.
    pub paths: Vec<String>,
    /// The files that they stand for: patterns expanded, in the order of `paths`, each pattern's files sorted
    /// by name, no file twice.
    pub files: Vec<PathBuf>,
    /// The configured reader's name in `algorithms`.
    pub reader: String,
    /// What happens when an input cannot be read at all.
    pub on_bad_input: OnBadInput,
    /// What happens when a value does not fit its column's type.
    pub on_mismatch: OnMismatch,
    /// How the columns of several inputs are brought together.
    pub columns: Columns,
    /// Adds the columns `_datum` and `_record`.
    pub provenance: bool,
}

/// What happens when an input cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnBadInput {
    /// The job stops (the default).
    Abort,
    /// The input is left out and reported.
    Skip,
    /// As `Skip`, and its raw records go to the rejected partition.
    Quarantine,
}

impl OnBadInput {
    /// The words that job files use.
    pub const NAMES: &[(&'static str, OnBadInput)] =
        &[("abort", OnBadInput::Abort), ("skip", OnBadInput::Skip), ("quarantine", OnBadInput::Quarantine)];

    /// The word that job files use.
    pub fn word(self) -> &'static str {
        word(Self::NAMES, self)
    }
}

/// What happens when a value does not fit its column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnMismatch {
    /// The types are found anew over all input, and the job runs once more (the default).
    Widen,
    /// The job stops.
    Abort,
    /// The cell becomes null and is counted.
    Null,
    /// The record goes to the rejected partition.
    Quarantine,
}

impl OnMismatch {
    /// The words that job files use.
    pub const NAMES: &[(&'static str, OnMismatch)] = &[
        ("widen", OnMismatch::Widen),
        ("abort", OnMismatch::Abort),
        ("null", OnMismatch::Null),
        ("quarantine", OnMismatch::Quarantine),
    ];

    /// The word that job files use.
    pub fn word(self) -> &'static str {
        word(Self::NAMES, self)
    }
}

/// How the columns of several inputs are brought together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// All inputs have the same columns in the same order (the default).
    Same,
    /// The same columns in any order.
    ByName,
    /// All columns of all inputs; missing ones are null.
    Union,
}

impl Columns {
    /// The words that job files use.
    pub const NAMES: &[(&'static str, Columns)] =
        &[("same", Columns::Same), ("by-name", Columns::ByName), ("union", Columns::Union)];

    /// The word that job files use.
    pub fn word(self) -> &'static str {
        word(Self::NAMES, self)
    }
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// The files' format.
    pub format: Format,
    /// Compression of the buffers in the files.
    pub compression: Compression,
    /// Rows of every batch but a partition's last; `None` lets the host choose.
    pub rows_per_batch: Option<usize>,
    /// A part file is closed at this size, in bytes; at least 1.
    pub file_bytes: u64,
}

/// Format of part files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Arrow IPC files.
    Arrow,
}

impl Format {
    /// The words that job files use.
    pub const NAMES: &[(&'static str, Format)] = &[("arrow", Format::Arrow)];

    /// The word that job files use.
    pub fn word(self) -> &'static str {
        word(Self::NAMES, self)
    }
}

/// Compression inside part files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Plain buffers (the default).
    None,
    /// LZ4 frames.
    Lz4,
    /// Zstandard.
    Zstd,
}

impl Compression {
    /// The words that job files use.
    pub const NAMES: &[(&'static str, Compression)] =
        &[("none", Compression::None), ("lz4", Compression::Lz4), ("zstd", Compression::Zstd)];

    /// The word that job files use.
    pub fn word(self) -> &'static str {
        word(Self::NAMES, self)
    }
}

/// A component as job files name it: `plugin/name` or `plugin@1.2/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentRef {
    /// The plugin's id.
    pub plugin: String,
    /// A version or the beginning of one, if pinned.
    pub version: Option<String>,
    /// The component's name in the plugin.
    pub name: String,
}

/// A component with a name of its own and its properties.
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentConfig {
    /// The configured name.
    pub name: String,
    /// Which component.
    pub component: ComponentRef,
    /// Reader, algorithm or tool.
    pub kind: ComponentKind,
    /// Its output names, the default one first.
    pub outputs: Vec<String>,
    /// Its properties with defaults filled in; an optional one without default may be absent.
    pub properties: BTreeMap<String, Value>,
    /// The declared type of every property in `properties`.
    pub types: BTreeMap<String, PropertyType>,
    /// The properties that are secret: their values are references, `env:NAME`.
    pub secrets: BTreeSet<String>,
}

/// All chains of a job.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Menu {
    /// In the order of the file.
    pub chains: Vec<Chain>,
}

/// A named graph of nodes: one business process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Unique in the menu.
    pub name: String,
    /// In the order of the file.
    pub nodes: Vec<Node>,
}

/// An entry of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Unique in the whole menu, `[A-Za-z0-9_-]+`, never `initial`.
    pub name: String,
    /// Where its batches come from, in order.
    pub parents: Vec<Parent>,
    /// Configured names, run one after the other.
    pub algorithms: Vec<String>,
}

/// An output of another node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parent {
    /// The node, or `initial`.
    pub node: String,
    /// The named output; `None` is the default one.
    pub output: Option<String>,
}

/// `node` or `node.output`, as in a job file.
impl fmt::Display for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.node)?;
        self.output.iter().try_for_each(|output| write!(f, ".{output}"))
    }
}

/// A name of a component or a parent that does not have the form it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadName(pub String);

impl FromStr for Parent {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Parent, BadName> {
        let (node, output) = match text.split_once('.') {
            Some((node, output)) => (node, Some(output)),
            None => (text, None),
        };
        if !is_name(node) || !output.is_none_or(is_name) {
            return Err(BadName(format!("`{text}` is neither a node nor `node.output`")));
        }
        Ok(Parent { node: node.to_owned(), output: output.map(str::to_owned) })
    }
}

/// `plugin/name` or `plugin@1.2/name`, as in a job file.
impl fmt::Display for ComponentRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.plugin)?;
        self.version.iter().try_for_each(|version| write!(f, "@{version}"))?;
        write!(f, "/{}", self.name)
    }
}

impl FromStr for ComponentRef {
    type Err = BadName;

    fn from_str(text: &str) -> Result<ComponentRef, BadName> {
        let bad = || BadName(format!("`{text}` is not the name of a component"));
        let (plugin, name) = text.split_once('/').ok_or_else(bad)?;
        let (plugin, version) = match plugin.split_once('@') {
            Some((plugin, version)) => (plugin, Some(version)),
            None => (plugin, None),
        };
        if plugin.is_empty() || !is_name(name) || version.is_some_and(|version| !is_version(version)) {
            return Err(bad());
        }
        Ok(ComponentRef {
            plugin: plugin.to_owned(),
            version: version.map(str::to_owned),
            name: name.to_owned(),
        })
    }
}

/// Whether a text can name a node, a chain, a configured component, an output or a property: letters of ASCII,
/// digits, `_` and `-`, at least one.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// The word of a setting; every table of words is complete.
fn word<T: Copy + PartialEq>(names: &[(&'static str, T)], value: T) -> &'static str {
    names.iter().find(|(_, other)| *other == value).map_or("", |(word, _)| word)
}
