//! The component under test, what it is tried with, and its legal life from configure to release.
#![allow(unsafe_code)]

use super::batches::{Rows, Shape, batch, schema_of};
use super::desk::{Desk, Said};
use super::lives::{AlgorithmLife, ToolLife};
use super::setup::Given;
use super::{Checked, Stop, failed};
use crate::menu::Value;
use crate::plugin::library::Table;
use crate::plugin::manifest::{ComponentKind, ComponentSpec, PropertyType};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use artemis_plugin_api::Call;
use std::collections::BTreeMap;

/// A component of a loaded library.
pub(super) struct Subject {
    pub(super) spec: ComponentSpec,
    pub(super) table: Table,
    pub(super) given: Given,
    /// Directory of the library.
    pub(super) dir: String,
    pub(super) seed: u64,
    pub(super) thorough: bool,
    /// What the manifest promises of the plugin.
    pub(super) deterministic: bool,
}

/// What a call is about where nothing else is said.
pub(super) fn plain_call() -> Call<'static> {
    Call { job: "check", node: "node", component: "component", datum_name: "datum", ..Call::default() }
}

/// The types of a batch of the usual kind.
const USUAL: [DataType; 6] = [
    DataType::Int64,
    DataType::Float64,
    DataType::Utf8,
    DataType::Boolean,
    DataType::Date32,
    DataType::Int32,
];

impl Subject {
    /// The properties that a job file would give: what the user set, and the defaults of the manifest.
    pub(super) fn properties(&self) -> BTreeMap<String, Value> {
        let mut properties = self.given.properties.clone();
        for spec in &self.spec.properties {
            if let (false, Some(default)) = (properties.contains_key(&spec.name), &spec.default) {
                properties.insert(spec.name.clone(), default.clone());
            }
        }
        properties
    }

    /// A host for one life of the component.
    pub(super) fn desk(&self) -> Desk {
        self.desk_with(&self.properties())
    }

    /// A host that gives these properties.
    pub(super) fn desk_with(&self, properties: &BTreeMap<String, Value>) -> Desk {
        let is_path = |name: &String| {
            self.spec.properties.iter().any(|spec| spec.name == *name && spec.kind == PropertyType::Path)
        };
        let paths = properties
            .iter()
            .filter(|(name, _)| is_path(name))
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect();
        Desk::new(properties, paths, &self.dir)
    }

    /// Whether the user told anything of this component: then it may not decline.
    pub(super) fn is_given(&self) -> bool {
        !self.given.properties.is_empty() || self.given.schema.is_some() || self.given.input.is_some()
    }

    /// A declined call makes a case not applicable, unless the user said what the component takes.
    pub(super) fn or_declined(&self, said: &Said, verb: &str) -> Checked {
        if said.is_declined() && !self.is_given() {
            let hint = "give properties or a schema by --set or --with";
            return Err(Stop::Skipped(format!("{verb} declined: {} ({hint})", said.error.text())));
        }
        said.ok(verb)
    }

    /// Whether the manifest takes a type.
    pub(super) fn accepts(&self, data_type: &DataType) -> bool {
        let name = crate::steering::type_name(data_type);
        self.spec.accepts.iter().any(|accepted| accepted == "*" || accepted.eq_ignore_ascii_case(&name))
    }

    /// Whether the manifest names a type, where others take all.
    pub(super) fn names(&self, data_type: &DataType) -> bool {
        let name = crate::steering::type_name(data_type);
        self.spec.accepts.iter().any(|accepted| accepted.eq_ignore_ascii_case(&name))
    }

    /// The schema of the batches that the component is tried with.
    pub(super) fn schema(&self) -> Result<SchemaRef, Stop> {
        if let Some(schema) = &self.given.schema {
            return Ok(schema.clone());
        }
        let taken: Vec<DataType> = USUAL.into_iter().filter(|t| self.accepts(t)).collect();
        let all = if taken.is_empty() { super::batches::types() } else { taken };
        let all: Vec<DataType> = all.into_iter().filter(|t| self.accepts(t)).collect();
        let singles = all.iter().map(|t| vec![t.clone()]);
        let mut declined = None;
        for types in std::iter::once(all.clone()).chain(singles) {
            let schema = schema_of(&types);
            match self.starts(&schema) {
                Ok(()) => return Ok(schema),
                Err(stop @ Stop::Failed(_)) => return Err(stop),
                Err(stop) => drop(declined.get_or_insert(stop)),
            }
        }
        Err(declined
            .unwrap_or_else(|| Stop::Skipped("the checker has no values of the types it takes".into())))
    }

    /// Configures and initializes for a schema, and no more.
    pub(super) fn starts(&self, schema: &SchemaRef) -> Checked {
        let desk = self.desk();
        match self.table {
            Table::Algorithm(_) => AlgorithmLife::ready(self, &desk, std::slice::from_ref(schema)).map(drop),
            Table::Tool(_) => {
                let life = ToolLife::configure(self, &desk)?;
                life.place(schema).map(drop)
            }
            Table::Reader(_) => Ok(()),
        }
    }

    /// A batch of the usual schema.
    pub(super) fn batch(&self, shape: Shape) -> Result<RecordBatch, Stop> {
        batch(&self.schema()?, shape).map_err(Stop::Skipped)
    }

    /// A whole legal life on batches of one schema: `calls` holds the batches of each execute. What it emitted.
    pub(super) fn run(
        &self,
        desk: &Desk,
        schema: &SchemaRef,
        calls: &[Vec<RecordBatch>],
    ) -> Result<Rows, Stop> {
        // The rows are taken while the component lives: that they outlive it is a case of its own.
        let rows = |outputs: &[SchemaRef]| {
            Rows::of(outputs, &desk.take_emitted())
                .map_err(|e| failed(format!("the emitted batches do not fit: {e}")))
        };
        match self.table {
            Table::Algorithm(_) => {
                let life = AlgorithmLife::ready(self, desk, std::slice::from_ref(schema))?;
                let (instance, partial) = (life.instance()?, life.partial()?);
                for batches in calls {
                    life.execute(&instance, partial.as_ref(), batches)?;
                }
                life.finalize(partial.as_ref())?;
                rows(&life.outputs)
            }
            Table::Tool(_) => {
                let life = ToolLife::configure(self, desk)?;
                let place = life.place(schema)?;
                for batch in calls.iter().flatten() {
                    let result = life.execute(&place, batch.clone())?;
                    desk.put(result);
                }
                rows(std::slice::from_ref(&place.output))
            }
            Table::Reader(_) => Err(failed("a reader takes no batches")),
        }
    }

    /// As [`Subject::run`] with one batch a call and a host of its own.
    pub(super) fn rows(&self, batches: &[RecordBatch]) -> Result<Rows, Stop> {
        let Some(first) = batches.first() else { return Err(failed("no batch to run on")) };
        let calls: Vec<_> = batches.iter().map(|batch| vec![batch.clone()]).collect();
        self.run(&self.desk(), &first.schema(), &calls)
    }

    /// Whether the component is of a kind.
    pub(super) fn is(&self, kind: ComponentKind) -> bool {
        self.spec.kind == kind
    }
}
