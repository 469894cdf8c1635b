//! From the plan to components that know their schemas and histograms.

use super::JobLog;
use super::adapt::Adapter;
use super::local::Local;
use super::plan::{Origin, Plan, Source};
use super::services::{Booking, CallServices, Policy, Shared};
use super::step::{Step, StepError};
use crate::book::{Book, BookLayout, Owner};
use crate::datum::Datum;
use crate::ingest::Chunk;
use crate::menu::{ComponentConfig, INITIAL, Job};
use crate::plugin::catalogue::Catalogue;
use crate::plugin::{Algorithm, Library, LoadError, Reader, Tool};
use arrow::datatypes::SchemaRef;
use artemis_plugin_api::abi::{ARTEMIS_FLAG_FIRST, ARTEMIS_FLAG_LAST, ARTEMIS_FLAG_SAMPLE};
use artemis_plugin_api::{Axis, Call, Framing, Histogram};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, RwLock};

/// The components of a job along its plan.
pub struct Steering {
    pub(super) shared: Shared,
    pub(super) plan: Plan,
    pub(super) reader: Reader,
    pub(super) reader_name: String,
    pub(super) steps: Vec<Step>,
    pub(super) layout: BookLayout,
    pub(super) own: OwnIds,
    /// Schemas of the reader's outputs, with provenance where asked for.
    pub(super) reader_outputs: Vec<SchemaRef>,
    pub(super) is_ordered: bool,
}

/// Ids of the host's own histograms and timers.
#[derive(Default)]
pub(super) struct OwnIds {
    pub(super) counts: usize,
    pub(super) payload: usize,
    pub(super) block_bytes: usize,
    pub(super) reader_timer: usize,
    pub(super) execute_timer: usize,
}

/// The call about a chunk.
pub fn call_of<'a>(
    job: &'a str,
    node: &'a str,
    datum: &'a Datum,
    content_id: &'a str,
    chunk: Option<(usize, &Chunk)>,
    is_sample: bool,
) -> Call<'a> {
    let mut flags = if is_sample { ARTEMIS_FLAG_SAMPLE } else { 0 };
    let mut call = Call {
        job,
        node,
        datum_index: datum.index as u64,
        datum_name: &datum.name,
        datum_content_id: content_id,
        ..Call::default()
    };
    if let Some((index, chunk)) = chunk {
        call.chunk_index = index as u64;
        call.block_index = chunk.block.index;
        call.byte_offset = chunk.block.offset;
        call.first_record = chunk.block.first_record;
        if chunk.block.index == 0 {
            flags |= ARTEMIS_FLAG_FIRST;
        }
        if chunk.is_last {
            flags |= ARTEMIS_FLAG_LAST;
        }
    }
    call.flags = flags;
    call
}

impl Steering {
    /// Loads the libraries that the job names and makes the components.
    ///
    /// # Errors
    /// When a library is refused or a component does not take its properties.
    pub fn configure(
        job: &Job,
        plan: Plan,
        plugins: &Catalogue,
        log: Arc<dyn JobLog>,
        policy: Policy,
    ) -> Result<Self, ConfigureError> {
        let mut shared = Shared {
            job: job.name.clone(),
            log,
            policy,
            cancelled: AtomicBool::new(false),
            annotations: Mutex::default(),
            tools: BTreeMap::new(),
        };
        for (name, config) in &job.tools {
            let (library, _) = library(plugins, config)?;
            let tool = with_services(&shared, "", name, |call, services| {
                Tool::configure(&library, config, call, services)
            })?;
            shared.tools.insert(name.clone(), Arc::new(tool));
        }
        let reader_config = config_of(job, &job.input.reader)?;
        let (reader_library, _) = library(plugins, reader_config)?;
        let reader = with_services(&shared, INITIAL, &reader_config.name, |call, services| {
            Reader::configure(&reader_library, reader_config, call, services)
        })?;
        let (mut steps, mut is_ordered) = (Vec::new(), false);
        for planned in &plan.steps {
            let config = config_of(job, &planned.algorithm)?;
            let (library, spec) = library(plugins, config)?;
            let algorithm = with_services(&shared, &planned.node, &config.name, |call, services| {
                Algorithm::configure(&library, config, call, services)
            })?;
            is_ordered |= spec.ordered;
            let places = plan.steps.iter().filter(|other| other.algorithm == planned.algorithm).count();
            let prefix = match places {
                1 => planned.algorithm.clone(),
                _ => format!("{}@{}", planned.algorithm, planned.node),
            };
            steps.push(Step::new(planned.clone(), algorithm, prefix, spec.accepts.clone()));
        }
        Ok(Self {
            shared,
            plan,
            reader,
            reader_name: job.input.reader.clone(),
            steps,
            layout: BookLayout::default(),
            own: OwnIds::default(),
            reader_outputs: Vec::new(),
            is_ordered,
        })
    }

    /// How the reader's inputs are cut.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn framing(&self) -> Result<Framing, StepError> {
        Ok(with_services(&self.shared, INITIAL, &self.reader_name, |call, services| {
            self.reader.framing(call, services)
        })?)
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What all calls share.
    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    /// A component asked to see the chunks in order.
    pub fn is_ordered(&self) -> bool {
        self.is_ordered
    }

    /// What components put into the job's record, by component and key.
    pub fn annotations(&self) -> BTreeMap<(String, String), String> {
        self.shared.annotations.lock().map(|all| all.clone()).unwrap_or_default()
    }

    /// What was booked.
    pub fn layout(&self) -> &BookLayout {
        &self.layout
    }

    /// Gives the reader's schemas to the steps, one after the other, and takes theirs.
    ///
    /// # Errors
    /// When an algorithm cannot work on its parents' columns.
    pub fn initialize(&mut self, reader_outputs: Vec<SchemaRef>) -> Result<(), StepError> {
        self.reader_outputs = reader_outputs;
        let layout = RefCell::new(BookLayout::default());
        self.own = own_ids(&layout, &self.reader_name)?;
        for i in 0..self.steps.len() {
            let inputs: Vec<SchemaRef> =
                self.steps[i].plan.inputs.iter().map(|source| self.schema_of(source).clone()).collect();
            let step = &mut self.steps[i];
            step.adapters = inputs
                .iter()
                .map(|input| Adapter::new(input, &step.accepts))
                .collect::<Result<_, _>>()
                .map_err(|reason| {
                    StepError::Unfit(format!(
                        "algorithm `{}` (node `{}`): {reason}",
                        step.plan.algorithm, step.plan.node
                    ))
                })?;
            let adapted: Vec<SchemaRef> =
                step.adapters.iter().map(|adapter| adapter.schema().clone()).collect();
            step.tools = RwLock::default();
            let key = format!("steer.time.{}", step.prefix);
            step.timer = layout
                .borrow_mut()
                .book_timer(Owner::Host, key.clone(), &key)
                .map_err(|e| StepError::Unfit(e.to_string()))?;
            let local = RefCell::new(Local::default());
            let Step { plan, prefix, algorithm, tools, .. } = step;
            let call = Call { job: &self.shared.job, node: &plan.node, ..Call::default() };
            let services = CallServices {
                shared: &self.shared,
                call,
                owner: Owner::Step(i),
                name: &plan.algorithm,
                prefix,
                layout: None,
                booking: Some(Booking { layout: &layout }),
                local: &local,
                tools: Some(tools),
                emitted: RefCell::default(),
            };
            algorithm.initialize(&call, &services, &adapted)?;
        }
        self.layout = layout.into_inner();
        Ok(())
    }

    /// Lets every algorithm book its histograms and timers.
    ///
    /// # Errors
    /// When an algorithm or a booking fails.
    pub fn book(&mut self) -> Result<(), StepError> {
        let layout = RefCell::new(std::mem::take(&mut self.layout));
        for (i, step) in self.steps.iter().enumerate() {
            let call = Call { job: &self.shared.job, node: &step.plan.node, ..Call::default() };
            let local = RefCell::new(Local::default());
            let services = CallServices {
                shared: &self.shared,
                call,
                owner: Owner::Step(i),
                name: &step.plan.algorithm,
                prefix: &step.prefix,
                layout: None,
                booking: Some(Booking { layout: &layout }),
                local: &local,
                tools: None,
                emitted: RefCell::default(),
            };
            step.algorithm.book(&call, &services)?;
        }
        self.layout = layout.into_inner();
        Ok(())
    }

    /// Gives open axes the limits that a sampling pass showed.
    pub fn rebook(&mut self, sample: &Book) {
        self.layout.close_axes(sample);
    }

    /// Tells every algorithm that the job stops.
    pub fn abort(&self) {
        for step in &self.steps {
            let call = Call { job: &self.shared.job, node: &step.plan.node, ..Call::default() };
            let local = RefCell::new(Local::default());
            step.algorithm.abort(&call, &self.services(step, call, &local));
        }
    }

    /// The schema of an output.
    pub fn schema_of(&self, source: &Source) -> &SchemaRef {
        match source.origin {
            Origin::Reader => &self.reader_outputs[source.port],
            Origin::Step(i) => &self.steps[i].outputs()[source.port],
        }
    }

    /// Bytes that the partials of one run are expected to take.
    pub fn partial_hint_bytes(&self) -> u64 {
        self.steps.iter().map(|step| step.algorithm.partial_hint_bytes()).sum()
    }

    /// The services of a step's call while chunks run.
    pub(super) fn services<'a>(
        &'a self,
        step: &'a Step,
        call: Call<'a>,
        local: &'a RefCell<Local>,
    ) -> CallServices<'a> {
        CallServices {
            shared: &self.shared,
            call,
            owner: step.owner(),
            name: &step.plan.algorithm,
            prefix: &step.prefix,
            layout: Some(&self.layout),
            booking: None,
            local,
            tools: Some(&step.tools),
            emitted: RefCell::default(),
        }
    }

    /// The services of a reader's call.
    pub(super) fn reader_services<'a>(
        &'a self,
        call: Call<'a>,
        local: &'a RefCell<Local>,
    ) -> CallServices<'a> {
        CallServices {
            shared: &self.shared,
            call,
            owner: Owner::Reader,
            name: &self.reader_name,
            prefix: &self.reader_name,
            layout: Some(&self.layout),
            booking: None,
            local,
            tools: None,
            emitted: RefCell::default(),
        }
    }

    /// Runs a call of the reader that is about a whole input.
    ///
    /// # Errors
    /// Those of the call.
    pub fn reader_call<T, E>(
        &self,
        datum: &Datum,
        chunk: Option<&Chunk>,
        body: impl FnOnce(&Reader, &Call<'_>, &dyn artemis_plugin_api::Services) -> Result<T, E>,
    ) -> Result<T, E> {
        let local = RefCell::new(Local::default());
        let call = call_of(&self.shared.job, INITIAL, datum, "", chunk.map(|c| (0, c)), true);
        body(&self.reader, &call, &self.reader_services(call, &local))
    }

    /// Configured name of the reader.
    pub fn reader_name(&self) -> &str {
        &self.reader_name
    }

    /// Timers of the reader and of every step, as (name, id in the book).
    pub fn timers(&self) -> Vec<(&str, usize)> {
        let reader = (self.reader_name.as_str(), self.own.reader_timer);
        std::iter::once(reader)
            .chain(self.steps.iter().map(|step| (step.prefix.as_str(), step.timer)))
            .collect()
    }
}

/// Why components could not be made.
#[derive(Debug)]
pub enum ConfigureError {
    /// A library was refused.
    Load(LoadError),
    /// A component does not take its properties, or a name does not resolve.
    Step(StepError),
}

impl From<LoadError> for ConfigureError {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}

impl<T: Into<StepError>> From<T> for ConfigureError {
    fn from(error: T) -> Self {
        Self::Step(error.into())
    }
}

fn config_of<'a>(job: &'a Job, name: &str) -> Result<&'a ComponentConfig, StepError> {
    // The menu was checked, so that only a job built by hand can miss one.
    job.algorithms.get(name).ok_or_else(|| StepError::Unfit(format!("`{name}` is not configured")))
}

type Loaded<'a> = (Arc<Library>, &'a crate::plugin::manifest::ComponentSpec);

fn library<'a>(plugins: &'a Catalogue, config: &ComponentConfig) -> Result<Loaded<'a>, ConfigureError> {
    let (file, spec) = plugins
        .resolve(&config.component)
        .map_err(|unknown| ConfigureError::Step(StepError::Unfit(unknown.message)))?;
    Ok((file.load()?, spec))
}

fn with_services<T>(
    shared: &Shared,
    node: &str,
    name: &str,
    body: impl FnOnce(&Call<'_>, &CallServices<'_>) -> T,
) -> T {
    let call = Call { job: &shared.job, node, ..Call::default() };
    let local = RefCell::new(Local::default());
    let services = CallServices {
        shared,
        call,
        owner: Owner::Host,
        name,
        prefix: name,
        layout: None,
        booking: None,
        local: &local,
        tools: None,
        emitted: RefCell::default(),
    };
    body(&call, &services)
}

/// The host's own histograms. Counts by input, sizes in powers of two.
fn own_ids(layout: &RefCell<BookLayout>, reader: &str) -> Result<OwnIds, StepError> {
    let mut layout = layout.borrow_mut();
    let sizes = Axis::Log { bins: 40, lower: 1.0, upper: (1u64 << 40) as f64 };
    let mut book = |name: &str, title: &str, axis_name: &str, axis: &Axis| {
        let spec = Histogram {
            name: name.to_owned(),
            title: title.to_owned(),
            axis_name: axis_name.to_owned(),
            axis: axis.clone(),
        };
        layout.book(Owner::Host, format!("artemis.{name}"), &spec)
    };
    let inputs = Axis::Fixed { bins: 100, lower: 0.0, upper: 100.0 };
    let refused = |e: crate::book::BookError| StepError::Unfit(e.to_string());
    let counts = book("counts", "Rows in, by input", "input (index)", &inputs).map_err(refused)?;
    let payload = book("payload", "Bytes of batches from the reader, by chunk", "size (bytes)", &sizes)
        .map_err(refused)?;
    let block_bytes = book("blocksize", "Blocks by size", "size (bytes)", &sizes).map_err(refused)?;
    let mut timer = |key: String| layout.book_timer(Owner::Host, key.clone(), &key).map_err(refused);
    Ok(OwnIds {
        counts,
        payload,
        block_bytes,
        execute_timer: timer("artemis.time.execute".to_owned())?,
        reader_timer: timer(format!("steer.time.{reader}"))?,
    })
}
