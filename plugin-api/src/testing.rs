//! A host in memory, for tests of components without the host program.

use crate::context::{
    Action, Call, Context, Histogram, HistogramId, Level, Reject, Services, TimerId, ToolId,
};
use crate::{Algorithm, Chunk, Error, Input, Properties, Reader, Result, Tool, Value};
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
    opened: RefCell<Vec<RunTool<'a>>>,
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
    /// Emitted batches by output.
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

    /// Makes a component from the host's properties and its defaults that are plain texts or numbers.
    ///
    /// # Errors
    /// Those of the component.
    pub fn configure<C: crate::Component>(&self) -> Result<C> {
        let lookup = |name: &str| {
            self.properties.get(name).cloned().or_else(|| {
                let property = C::PROPERTIES.iter().find(|p| p.name == name)?;
                match property.default? {
                    crate::Literal::Int(value) => Some(Value::Int(value)),
                    crate::Literal::Text(text) => Some(Value::String(text.to_owned())),
                    crate::Literal::Toml(text) => text.parse().ok().map(Value::Bool),
                }
            })
        };
        C::configure(&Properties::new(&lookup), &self.context(Call::default()))
    }

    /// Runs an algorithm with one parent over runs of batches: one partial per run, merged in order, then
    /// finalized. Gives the emitted batches by output.
    ///
    /// # Errors
    /// Those of the algorithm.
    pub fn run_algorithm<T: Algorithm>(&self, runs: &[Vec<RecordBatch>]) -> Result<Vec<Vec<RecordBatch>>> {
        let first = runs
            .iter()
            .flatten()
            .next()
            .ok_or_else(|| Error::invalid("give at least one batch, it may be empty"))?;
        let context = self.context(Call::default());
        let mut algorithm = self.configure::<T>()?;
        let outputs = algorithm.initialize(&context, &[first.schema()])?;
        algorithm.book(&context)?;
        let mut instance = algorithm.instance(&context)?;
        let mut total = algorithm.partial();
        for run in runs {
            let mut partial = algorithm.partial();
            for batch in run {
                let inputs = vec![Input { parent: 0, batch: batch.clone() }];
                algorithm.execute(&context, &mut instance, &mut partial, inputs)?;
            }
            algorithm.merge(&mut total, partial)?;
        }
        algorithm.finalize(&context, &mut total)?;
        Ok(self.take_emitted(outputs.len()))
    }

    /// Runs a reader over one input: its header, then chunks of whole records with their byte offset and first
    /// record. The schema is what the chunks show unless one is given. Gives the emitted batches by output.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn run_reader<T: Reader>(
        &self,
        head: &[u8],
        chunks: &[(u64, u64, &[u8])],
        schemas: Option<&[SchemaRef]>,
    ) -> Result<Vec<Vec<RecordBatch>>> {
        let context = self.context(Call::default());
        let reader = self.configure::<T>()?;
        let mut datum = reader.open_datum(&context, &Chunk::new(head))?;
        let mut sample: Option<T::Sample> = None;
        for (_, _, bytes) in chunks {
            let seen = reader.sample(&context, &datum, &Chunk::new(bytes))?;
            match &mut sample {
                None => sample = Some(seen),
                Some(sample) => reader.merge_samples(sample, seen),
            }
        }
        let shown: Vec<SchemaRef> = match schemas {
            Some(given) => given.to_vec(),
            None => {
                let shown = reader.schemas(&context, &datum, sample.as_ref())?;
                shown.into_iter().map(SchemaRef::new).collect()
            }
        };
        reader.initialize(&context, &mut datum, &shown)?;
        let mut instance = reader.instance(&context)?;
        for (byte_offset, first_record, bytes) in chunks {
            let call = Call { byte_offset: *byte_offset, first_record: *first_record, ..Call::default() };
            reader.execute(&self.context(call), &mut instance, &datum, &Chunk::new(bytes))?;
        }
        Ok(self.take_emitted(shown.len()))
    }

    fn take_emitted(&self, outputs: usize) -> Vec<Vec<RecordBatch>> {
        let mut by_output = vec![Vec::new(); outputs];
        for (output, batch) in self.record.borrow_mut().emitted.drain(..) {
            by_output[output].push(batch);
        }
        by_output
    }
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

    fn progress(&self, _: u64, _: u64) {}

    fn cancelled(&self) -> bool {
        false
    }

    fn plugin_dir(&self) -> String {
        String::new()
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
