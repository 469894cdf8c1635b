//! A host in memory, for tests of components without the host program.
//!
//! [`TestHost`] gives properties, runs a component through its whole life and records what it did:
//!
//! | component | call | what it shows |
//! |---|---|---|
//! | reader | [`TestHost::read`] | a whole input, cut into chunks of any number of records by the reader's own framing |
//! | reader | [`TestHost::run_reader`] | head and chunks as given, with types of your own |
//! | algorithm | [`TestHost::run_algorithm`] | one partial a run of chunks, merged in order, finalized |
//! | algorithm | [`TestHost::run_steps`] | the same with several parents |
//! | tool | [`TestHost::run_tool`] | one place of use |
//! | all | [`TestHost::record`] | log, counters, annotations, histograms, timers, rejects |
//!
//! Batches are refused where they are not of the schema that the component promised, as in the real host. What the
//! test host does not do: it calls the traits, not the C tables, and in one thread. `artemis-host plugins check` runs
//! the built library.
//!
//! A reader of records of two bytes, and its test:
//!
//! ```
//! use artemis_plugin_api::arrow::array::{AsArray, RecordBatch, UInt16Array};
//! use artemis_plugin_api::arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt16Type};
//! use artemis_plugin_api::testing::TestHost;
//! use artemis_plugin_api::*;
//! use std::sync::Arc;
//!
//! struct Pairs;
//!
//! impl Component for Pairs {
//!     const NAME: &'static str = "pairs";
//!     const DOC: &'static str = "Reads big-endian integers of two bytes.";
//!     fn configure(_: &Properties<'_>, _: &Context<'_>) -> Result<Self> { Ok(Pairs) }
//! }
//!
//! impl Reader for Pairs {
//!     type Datum = ();
//!     type Sample = ();
//!     type Instance = ();
//!     fn framing(&self) -> Framing {
//!         Framing::Fixed { record_bytes: 2, header_bytes: 0, footer_bytes: 0 }
//!     }
//!     fn open_datum(&self, _: &Context<'_>, _head: &Chunk<'_>) -> Result<()> { Ok(()) }
//!     fn sample(&self, _: &Context<'_>, _: &(), _: &Chunk<'_>) -> Result<()> { Ok(()) }
//!     fn merge_samples(&self, _: &mut (), _: ()) {}
//!     fn schemas(&self, _: &Context<'_>, _: &(), _: Option<&()>) -> Result<Vec<Schema>> {
//!         Ok(vec![Schema::new(vec![Field::new("n", DataType::UInt16, false)])])
//!     }
//!     fn initialize(&self, _: &Context<'_>, _: &mut (), _: &[SchemaRef]) -> Result<()> { Ok(()) }
//!     fn instance(&self, _: &Context<'_>) -> Result<()> { Ok(()) }
//!     fn execute(&self, context: &Context<'_>, _: &mut (), _: &(), chunk: &Chunk<'_>) -> Result<()> {
//!         let numbers = chunk.bytes().chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
//!         let column = Arc::new(UInt16Array::from_iter_values(numbers));
//!         let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::UInt16, false)]));
//!         context.emit(0, RecordBatch::try_new(schema, vec![column])?)
//!     }
//! }
//!
//! let host = TestHost::new();
//! // Two chunks: two records, and the last one.
//! let batches = host.read::<Pairs>(&[0, 1, 1, 0, 0, 9], 2)?.remove(0);
//! let numbers = |batch: &RecordBatch| batch.column(0).as_primitive::<UInt16Type>().values().to_vec();
//! assert_eq!(batches.iter().map(numbers).collect::<Vec<_>>(), [vec![1, 256], vec![9]]);
//! # Ok::<(), Error>(())
//! ```

mod cut;
mod given;
mod run;

use crate::context::{
    Action, Call, Context, Histogram, HistogramId, Level, Reject, Services, TimerId, ToolId,
};
use crate::{Error, Properties, Result, Tool, Value};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use std::cell::RefCell;
use std::collections::BTreeMap;

type OpenTool<'a> = Box<dyn Fn(&SchemaRef) -> Result<(RunTool<'a>, SchemaRef)> + 'a>;
type RunTool<'a> = Box<dyn Fn(RecordBatch) -> Result<RecordBatch> + 'a>;

/// A host in memory: it gives properties, runs components, and records what they do.
#[derive(Default)]
pub struct TestHost<'a> {
    properties: BTreeMap<String, Value>,
    tools: BTreeMap<String, OpenTool<'a>>,
    on_reject: Option<Action>,
    saves_partials: bool,
    is_cancelled: bool,
    plugin_dir: String,
    opened: RefCell<Vec<RunTool<'a>>>,
    /// Schemas that the running component promised, by output; `None`: nothing runs.
    promised: RefCell<Option<Vec<SchemaRef>>>,
    record: RefCell<Record>,
}

/// What components did.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Log lines.
    pub log: Vec<(Level, String)>,
    /// Annotations.
    pub annotations: Vec<(String, String)>,
    /// Counters.
    pub counters: BTreeMap<String, u64>,
    /// Booked histograms with the values filled into them.
    pub histograms: Vec<(Histogram, Vec<f64>)>,
    /// Booked timers with their times in nanoseconds.
    pub timers: Vec<(String, Vec<u64>)>,
    /// Rejects: record, byte offset, column, reason.
    pub rejects: Vec<(u64, u64, Option<String>, String)>,
    /// Bytes of each reject: of the cell or record, and of the whole record.
    pub rejected_bytes: Vec<(Vec<u8>, Vec<u8>)>,
    /// How far long calls said they were: done and total.
    pub progress: Vec<(u64, u64)>,
    /// Batches with the index of their output, emitted outside of a `run_…`; those give theirs back.
    pub emitted: Vec<(usize, RecordBatch)>,
}

impl<'a> TestHost<'a> {
    /// A host without properties.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a property.
    pub fn property(mut self, name: &str, value: Value) -> Self {
        self.properties.insert(name.to_owned(), value);
        self
    }

    /// Answers rejects; without it, a null is written.
    pub fn on_reject(mut self, action: Action) -> Self {
        self.on_reject = Some(action);
        self
    }

    /// Saves and loads every partial before it is merged: shows that nothing is lost on the way through bytes.
    pub fn save_partials(mut self) -> Self {
        self.saves_partials = true;
        self
    }

    /// Answers [`Services::cancelled`] with yes.
    pub fn cancel(mut self) -> Self {
        self.is_cancelled = true;
        self
    }

    /// The directory that [`Services::plugin_dir`] names.
    pub fn in_dir(mut self, dir: &str) -> Self {
        self.plugin_dir = dir.to_owned();
        self
    }

    /// Configures a tool under a name, with its own properties.
    ///
    /// # Errors
    /// Those of the tool's `configure`.
    pub fn tool<T: Tool + 'a>(mut self, name: &str, properties: &[(&str, Value)]) -> Result<Self> {
        let own =
            properties.iter().fold(TestHost::new(), |host, (key, value)| host.property(key, value.clone()));
        let tool = std::rc::Rc::new(own.configure::<T>()?);
        let open = move |schema: &SchemaRef| {
            let host = TestHost::new();
            let (place, output) = tool.initialize(&host.context(Call::default()), schema)?;
            let tool = tool.clone();
            let run: RunTool<'a> = Box::new(move |batch| {
                let host = TestHost::new();
                tool.execute(&host.context(Call::default()), &place, batch)
            });
            Ok((run, output))
        };
        self.tools.insert(name.to_owned(), Box::new(open));
        Ok(self)
    }

    /// A context over this host.
    pub fn context<'b>(&'b self, call: Call<'b>) -> Context<'b> {
        Context::new(call, self)
    }

    /// What was recorded so far.
    pub fn record(&self) -> Record {
        self.record.borrow().clone()
    }

    /// Makes a component from the host's properties and the defaults of its own. As in the real host, a property
    /// that the component does not declare, a required one that is missing, a value of another type, out of range
    /// or not among the choices is refused before the component sees it.
    ///
    /// # Errors
    /// A refused property, or those of the component.
    pub fn configure<C: crate::Component>(&self) -> Result<C> {
        let values = given::checked(C::PROPERTIES, &self.properties)?;
        let lookup = |name: &str| values.get(name).cloned();
        C::configure(&Properties::new(&lookup), &self.context(Call::default()))
    }

    /// From here on batches are checked; what an earlier run left behind is forgotten.
    fn promise(&self, schemas: &[SchemaRef]) {
        self.record.borrow_mut().emitted.clear();
        *self.promised.borrow_mut() = Some(schemas.to_vec());
    }

    fn take_emitted(&self) -> Vec<Vec<RecordBatch>> {
        let outputs = self.promised.take().map_or(0, |schemas| schemas.len());
        let mut by_output = vec![Vec::new(); outputs];
        for (output, batch) in self.record.borrow_mut().emitted.drain(..) {
            if let Some(batches) = by_output.get_mut(output) {
                batches.push(batch);
            }
        }
        by_output
    }
}

/// Names and types of columns must be as promised.
fn check_promise(promised: &SchemaRef, batch: &RecordBatch) -> Result<()> {
    let describe = |schema: &SchemaRef| {
        let fields = schema.fields().iter().map(|f| format!("`{}` {}", f.name(), f.data_type()));
        fields.collect::<Vec<_>>().join(", ")
    };
    let (wanted, got) = (describe(promised), describe(&batch.schema()));
    if wanted != got {
        let text = format!("gave a batch of another schema than it promised: {got} instead of {wanted}");
        return Err(Error::new(text));
    }
    Ok(())
}

impl Services for TestHost<'_> {
    fn log(&self, level: Level, text: &str) {
        self.record.borrow_mut().log.push((level, text.to_owned()));
    }

    fn property(&self, name: &str) -> Option<Value> {
        self.properties.get(name).cloned()
    }

    fn book_histogram(&self, histogram: &Histogram) -> Result<HistogramId> {
        let mut record = self.record.borrow_mut();
        record.histograms.push((histogram.clone(), Vec::new()));
        Ok(HistogramId(record.histograms.len() as u64 - 1))
    }

    fn fill(&self, id: HistogramId, values: &[f64], _: Option<&[f64]>) {
        if let Some((_, filled)) = self.record.borrow_mut().histograms.get_mut(id.0 as usize) {
            filled.extend_from_slice(values);
        }
    }

    fn book_timer(&self, name: &str) -> Result<TimerId> {
        let mut record = self.record.borrow_mut();
        record.timers.push((name.to_owned(), Vec::new()));
        Ok(TimerId(record.timers.len() as u64 - 1))
    }

    fn record_timer(&self, id: TimerId, elapsed_ns: &[u64]) {
        if let Some((_, times)) = self.record.borrow_mut().timers.get_mut(id.0 as usize) {
            times.extend_from_slice(elapsed_ns);
        }
    }

    fn count(&self, name: &str, amount: u64) {
        *self.record.borrow_mut().counters.entry(name.to_owned()).or_default() += amount;
    }

    fn annotate(&self, key: &str, value: &str) {
        self.record.borrow_mut().annotations.push((key.to_owned(), value.to_owned()));
    }

    fn open_tool(&self, name: &str, input: &SchemaRef) -> Result<(ToolId, SchemaRef)> {
        let open =
            self.tools.get(name).ok_or_else(|| Error::invalid(format!("there is no tool `{name}`")))?;
        let (run, output) = open(input)?;
        let mut opened = self.opened.borrow_mut();
        opened.push(run);
        Ok((ToolId(opened.len() as u64 - 1), output))
    }

    fn call_tool(&self, id: ToolId, batch: RecordBatch) -> Result<RecordBatch> {
        let opened = self.opened.borrow();
        let run = opened
            .get(id.0 as usize)
            .ok_or_else(|| Error::invalid(format!("tool {} was not opened", id.0)))?;
        run(batch)
    }

    fn emit(&self, output: usize, batch: RecordBatch) -> Result<()> {
        if let Some(promised) = &*self.promised.borrow() {
            let schema = promised.get(output).ok_or_else(|| {
                Error::invalid(format!("output {output} does not exist: there are {}", promised.len()))
            })?;
            check_promise(schema, &batch)?;
        }
        self.record.borrow_mut().emitted.push((output, batch));
        Ok(())
    }

    fn reject(&self, reject: &Reject<'_>) -> Action {
        let mut record = self.record.borrow_mut();
        record.rejects.push((
            reject.record,
            reject.offset,
            reject.column.map(str::to_owned),
            reject.reason.to_owned(),
        ));
        record.rejected_bytes.push((reject.raw.to_vec(), reject.raw_record.to_vec()));
        self.on_reject.unwrap_or(Action::Null)
    }

    fn progress(&self, done: u64, total: u64) {
        self.record.borrow_mut().progress.push((done, total));
    }

    fn cancelled(&self) -> bool {
        self.is_cancelled
    }

    fn plugin_dir(&self) -> String {
        self.plugin_dir.clone()
    }

    fn open_input(&self, property: &str) -> Result<Vec<u8>> {
        match self.properties.get(property) {
            Some(Value::String(path)) => {
                std::fs::read(path).map_err(|e| Error::invalid(format!("cannot read `{path}`: {e}")))
            }
            _ => Err(Error::invalid(format!("`{property}` names no file"))),
        }
    }
}
