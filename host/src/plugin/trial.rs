//! One component on one input: no store, no threads, no menu. For a vendor with a debugger.
//!
//! The component runs through the same safe faces as in a job; what it emits goes to a sink as it comes.

use super::catalogue::PluginFile;
use super::conformance::{Setup, SetupError};
use super::manifest::{ComponentKind, ComponentSpec};
use super::{Algorithm, Failure, Library, LoadError, Reader, Tool};
use crate::chunk::ChunkBytes;
use crate::datum::Datum;
use crate::ingest::{Cut, IngestError};
use crate::menu::{ComponentConfig, ComponentRef};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::FileReader;
use artemis_plugin_api::abi::{ARTEMIS_FLAG_FIRST, ARTEMIS_FLAG_LAST};
use artemis_plugin_api::{
    Action, Call, Error, Histogram, HistogramId, Input, Level, Reject, Result as PluginResult, Services,
    TimerId, ToolId, Value,
};
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Why a trial ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrialError {
    /// The plugin has no such component.
    #[error("plugin `{plugin}` has no component `{component}`; it has {known}")]
    UnknownComponent {
        /// Id of the plugin.
        plugin: String,
        /// What was asked for.
        component: String,
        /// What there is.
        known: String,
    },
    /// A property is wrong or missing.
    #[error("{0}")]
    Property(String),
    /// The input cannot be read.
    #[error("{0}")]
    Input(String),
    /// The library was refused.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The component failed.
    #[error(transparent)]
    Component(#[from] Box<Failure>),
    /// What it emitted could not be put anywhere.
    #[error("{0}")]
    Sink(String),
}

/// What a component says and gives, as it comes.
pub trait Watcher {
    /// A log line, a reject, a histogram, a counter: in words.
    fn note(&self, text: &str);

    /// A batch of an output.
    ///
    /// # Errors
    /// When it cannot be put anywhere; the run then ends with this text.
    fn batch(&self, output: &str, batch: RecordBatch) -> Result<(), String>;

    /// The schema of an output, once it is known and before its first batch.
    fn schema(&self, output: &str, schema: &SchemaRef);
}

/// Runs a component on the batches of an Arrow file, or a reader on the bytes of a raw file.
///
/// # Errors
/// The first thing that does not work, and whose it is.
pub fn run(
    plugin: &PluginFile,
    component: &str,
    input: &Path,
    set: &[(String, String)],
    watcher: &dyn Watcher,
) -> Result<(), TrialError> {
    let manifest = &plugin.manifest;
    let Some(spec) = manifest.component(component) else {
        let names: Vec<&str> = manifest.components.iter().map(|spec| spec.name.as_str()).collect();
        return Err(TrialError::UnknownComponent {
            plugin: manifest.id.clone(),
            component: component.to_owned(),
            known: names.join(", "),
        });
    };
    let config = config(plugin, spec, set)?;
    let library = Library::load(&manifest.id, &plugin.path)?;
    let name = input.file_name().unwrap_or(input.as_os_str()).to_string_lossy();
    let call = Call {
        job: "run",
        node: component,
        component,
        datum_name: &name,
        flags: ARTEMIS_FLAG_FIRST | ARTEMIS_FLAG_LAST,
        ..Call::default()
    };
    let desk = Desk::new(watcher, &config);
    match spec.kind {
        ComponentKind::Reader => reader(&library, &config, &call, &desk, input),
        ComponentKind::Algorithm => algorithm(&library, &config, &call, &desk, input),
        ComponentKind::Tool => tool(&library, &config, &call, &desk, input),
    }?;
    match desk.sink_error.take() {
        Some(text) => Err(TrialError::Sink(text)),
        None => Ok(()),
    }
}

fn config(
    plugin: &PluginFile,
    spec: &ComponentSpec,
    set: &[(String, String)],
) -> Result<ComponentConfig, TrialError> {
    let full: Vec<(String, String)> =
        set.iter().map(|(key, value)| (format!("{}.{key}", spec.name), value.clone())).collect();
    let setup = Setup::read(None, &full, &plugin.manifest).map_err(|error| match error {
        SetupError::Override { key, message } => {
            let key = key.split_once('.').map_or(key.as_str(), |(_, key)| key);
            TrialError::Property(format!("--set {key}: {message}"))
        }
        other => TrialError::Property(other.to_string()),
    })?;
    let mut properties = setup.of(&spec.name).properties;
    for property in &spec.properties {
        match &property.default {
            _ if properties.contains_key(&property.name) => {}
            Some(default) => drop(properties.insert(property.name.clone(), default.clone())),
            None if property.required => {
                let name = &property.name;
                let text = format!("`{}` needs the property `{name}`: give --set {name}=…", spec.name);
                return Err(TrialError::Property(text));
            }
            None => {}
        }
    }
    Ok(ComponentConfig {
        name: spec.name.clone(),
        component: ComponentRef {
            plugin: plugin.manifest.id.clone(),
            version: None,
            name: spec.name.clone(),
        },
        kind: spec.kind,
        outputs: spec.outputs.clone(),
        types: spec.properties.iter().map(|p| (p.name.clone(), p.kind)).collect(),
        secrets: spec.properties.iter().filter(|p| p.secret).map(|p| p.name.clone()).collect(),
        properties,
    })
}

fn reader(
    library: &Library,
    config: &ComponentConfig,
    call: &Call<'_>,
    desk: &Desk<'_>,
    input: &Path,
) -> Result<(), TrialError> {
    let bad = |e: std::io::Error| TrialError::Input(format!("{}: {e}", input.display()));
    let reader = Reader::configure(library, config, call, desk)?;
    let cut = Cut::new(&reader.framing(call, desk)?)
        .map_err(|text| TrialError::Input(format!("the reader's framing: {text}")))?;
    let file = Datum::open(0, input).map_err(bad)?;
    let span = cut
        .span(&file, file.size_bytes().max(1))
        .map_err(|e: IngestError| TrialError::Input(e.to_string()))?;
    let mut body = vec![0; (span.end - span.start) as usize];
    file.read_at(&mut body, span.start).map_err(bad)?;
    let call = Call { byte_offset: span.start, ..*call };
    let mut datum = reader.open_datum(&call, desk, &Arc::new(ChunkBytes::copy_of(&span.head)))?;
    let chunk = Arc::new(ChunkBytes::copy_of(&body));
    let sample = reader.sample(&call, desk, &datum, &chunk)?;
    let schemas = reader.schemas(&call, desk, &datum, Some(&sample))?;
    desk.schemas(&schemas);
    reader.initialize(&call, desk, &mut datum, schemas)?;
    let mut instance = reader.instance(&call, desk)?;
    reader.execute(&call, desk, &mut instance, &datum, &chunk)?;
    Ok(())
}

/// The batches of an Arrow file, one after the other.
fn batches(input: &Path) -> Result<FileReader<File>, TrialError> {
    let bad = |e: ArrowError| TrialError::Input(format!("{} is not an Arrow file: {e}", input.display()));
    let file = File::open(input).map_err(|e| TrialError::Input(format!("{}: {e}", input.display())))?;
    FileReader::try_new(file, None).map_err(bad)
}

fn damaged(input: &Path, error: &ArrowError) -> TrialError {
    TrialError::Input(format!("{}: {error}", input.display()))
}

fn algorithm(
    library: &Library,
    config: &ComponentConfig,
    call: &Call<'_>,
    desk: &Desk<'_>,
    input: &Path,
) -> Result<(), TrialError> {
    let file = batches(input)?;
    let mut algorithm = Algorithm::configure(library, config, call, desk)?;
    algorithm.initialize(call, desk, &[file.schema()])?;
    desk.schemas(algorithm.outputs());
    algorithm.book(call, desk)?;
    let mut instance = algorithm.instance(call, desk)?;
    let mut partial = algorithm.partial(call, desk)?;
    for (index, batch) in file.enumerate() {
        let batch = batch.map_err(|e| damaged(input, &e))?;
        let call = Call { block_index: index as u64, chunk_index: index as u64, ..*call };
        algorithm.execute(&call, desk, &mut instance, &mut partial, vec![Input { parent: 0, batch }])?;
    }
    algorithm.finalize(call, desk, &mut partial)?;
    Ok(())
}

fn tool(
    library: &Library,
    config: &ComponentConfig,
    call: &Call<'_>,
    desk: &Desk<'_>,
    input: &Path,
) -> Result<(), TrialError> {
    let file = batches(input)?;
    let tool = Tool::configure(library, config, call, desk)?;
    let place = tool.initialize(call, desk, &file.schema())?;
    desk.schemas(std::slice::from_ref(place.output()));
    for batch in file {
        let batch = batch.map_err(|e| damaged(input, &e))?;
        let result = tool.execute(call, desk, &place, batch)?;
        desk.emit(0, result).map_err(|e| TrialError::Sink(e.text().to_owned()))?;
    }
    Ok(())
}

/// The host's side: everything goes to the watcher.
struct Desk<'a> {
    watcher: &'a dyn Watcher,
    outputs: &'a [String],
    booked: Cell<u64>,
    sink_error: RefCell<Option<String>>,
}

impl<'a> Desk<'a> {
    fn new(watcher: &'a dyn Watcher, config: &'a ComponentConfig) -> Self {
        Self { watcher, outputs: &config.outputs, booked: Cell::new(0), sink_error: RefCell::default() }
    }

    fn output(&self, index: usize) -> &str {
        // A tool has no named output.
        self.outputs.get(index).map_or("out", String::as_str)
    }

    fn schemas(&self, schemas: &[SchemaRef]) {
        for (index, schema) in schemas.iter().enumerate() {
            self.watcher.schema(self.output(index), schema);
        }
    }

    fn book(&self, what: &str) -> u64 {
        self.booked.set(self.booked.get() + 1);
        self.watcher.note(&format!("books {what}"));
        self.booked.get()
    }
}

impl Services for Desk<'_> {
    fn log(&self, level: Level, text: &str) {
        self.watcher.note(&format!("{}: {text}", format!("{level:?}").to_lowercase()));
    }

    fn property(&self, _: &str) -> Option<Value> {
        // Plugins reach their properties through the C table.
        None
    }

    fn book_histogram(&self, histogram: &Histogram) -> PluginResult<HistogramId> {
        Ok(HistogramId(self.book(&format!("histogram `{}`", histogram.name))))
    }

    fn fill(&self, id: HistogramId, values: &[f64], _: Option<&[f64]>) {
        self.watcher.note(&format!("fills histogram {} with {} values", id.0, values.len()));
    }

    fn book_timer(&self, name: &str) -> PluginResult<TimerId> {
        Ok(TimerId(self.book(&format!("timer `{name}`"))))
    }

    fn record_timer(&self, _: TimerId, _: &[u64]) {}

    fn count(&self, name: &str, amount: u64) {
        self.watcher.note(&format!("counts {amount} {name}"));
    }

    fn annotate(&self, key: &str, value: &str) {
        self.watcher.note(&format!("annotates {key} = {value}"));
    }

    fn open_tool(&self, name: &str, _: &SchemaRef) -> PluginResult<(ToolId, SchemaRef)> {
        Err(Error::unsupported(format!("there is no tool `{name}`: one component runs alone here")))
    }

    fn call_tool(&self, id: ToolId, _: RecordBatch) -> PluginResult<RecordBatch> {
        Err(Error::unsupported(format!("tool {} was not opened", id.0)))
    }

    fn emit(&self, output: usize, batch: RecordBatch) -> PluginResult<()> {
        self.watcher.batch(self.output(output), batch).map_err(|text| {
            self.sink_error.borrow_mut().get_or_insert_with(|| text.clone());
            Error::new(text)
        })
    }

    fn reject(&self, reject: &Reject<'_>) -> Action {
        let column = reject.column.map(|column| format!(", column `{column}`")).unwrap_or_default();
        let (record, offset) = (reject.record, reject.offset);
        self.watcher.note(&format!("rejects record {record}, byte {offset}{column}: {}", reject.reason));
        Action::Null
    }

    fn progress(&self, _: u64, _: u64) {}

    fn cancelled(&self) -> bool {
        false
    }

    fn plugin_dir(&self) -> String {
        String::new()
    }

    fn open_input(&self, property: &str) -> PluginResult<Vec<u8>> {
        // Plugins reach their inputs through the C table.
        Err(Error::invalid(format!("`{property}` cannot be opened here")))
    }
}
