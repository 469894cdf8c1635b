//! The safe face of a loaded algorithm at one place of the menu.
#![allow(unsafe_code)]

use super::component::{Failure, Identity, Owned};
use super::crossing::import_schema_checked;
use super::library::{Library, Table};
use crate::menu::ComponentConfig;
use arrow::datatypes::SchemaRef;
use artemis_plugin_api::abi::*;
use artemis_plugin_api::batch::{export_batch, export_schema};
use artemis_plugin_api::{Call, Error, Input, Services};
use std::sync::Arc;

/// An algorithm, configured; after [`Algorithm::initialize`] it knows its schemas.
pub struct Algorithm {
    table: &'static artemis_algorithm,
    component: Arc<Owned>,
    identity: Identity,
    outputs: Vec<SchemaRef>,
    output_count: usize,
}

/// Scratch space of one worker.
pub struct AlgorithmInstance(Owned);

/// What an algorithm accumulated over a run of chunks; nothing for one that accumulates nothing.
pub struct Partial(Option<Owned>);

impl Algorithm {
    /// Makes the component from its properties.
    ///
    /// # Errors
    /// When the plugin does not export it or refuses its properties.
    pub fn configure(
        library: &Library,
        config: &ComponentConfig,
        call: &Call<'_>,
        services: &dyn Services,
    ) -> Result<Self, Box<Failure>> {
        let identity = Identity::new(library, config, call)?;
        let Some(Table::Algorithm(table)) = library.table(&config.component.name) else {
            return Err(identity.missing("algorithm", call));
        };
        let mut raw = std::ptr::null_mut();
        identity.call("configure", call, services, &[], |context, error| {
            // SAFETY: everything passed is valid for the call.
            unsafe { (table.configure)(context, &mut raw, error) }
        })?;
        let component = Arc::new(Owned::new(raw, table.release, None));
        let output_count = config.outputs.len();
        Ok(Self { table, component, identity, outputs: Vec::new(), output_count })
    }

    /// `plugin/component`.
    pub fn component(&self) -> &str {
        &self.identity.component
    }

    /// Configured name.
    pub fn name(&self) -> &str {
        &self.identity.name
    }

    /// The schemas of the outputs, after initialize.
    pub fn outputs(&self) -> &[SchemaRef] {
        &self.outputs
    }

    /// Whether it accumulates anything.
    pub fn accumulates(&self) -> bool {
        self.table.new_partial.is_some()
    }

    /// Schemas of the parents in, schemas of the outputs out.
    ///
    /// # Errors
    /// When it cannot work on these columns.
    pub fn initialize(
        &mut self,
        call: &Call<'_>,
        services: &dyn Services,
        inputs: &[SchemaRef],
    ) -> Result<(), Box<Failure>> {
        let failed = |e| self.identity.failure("initialize", call, e);
        let exported =
            inputs.iter().map(|s| export_schema(s)).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let pointers: Vec<*const FFI_ArrowSchema> = exported.iter().map(std::ptr::from_ref).collect();
        let mut outputs: Vec<FFI_ArrowSchema> =
            (0..self.output_count).map(|_| FFI_ArrowSchema::empty()).collect();
        self.identity.call("initialize", call, services, &[], |context, error| {
            // SAFETY: the inputs are borrowed for the call, the outputs moved here.
            unsafe {
                (self.table.initialize)(
                    self.component.raw(),
                    context,
                    pointers.as_ptr(),
                    pointers.len() as u32,
                    outputs.as_mut_ptr(),
                    outputs.len() as u32,
                    error,
                )
            }
        })?;
        self.outputs = outputs.iter().map(import_schema_checked).collect::<Result<_, _>>().map_err(failed)?;
        Ok(())
    }

    /// Books histograms and timers.
    ///
    /// # Errors
    /// When the algorithm or the booking fails.
    pub fn book(&self, call: &Call<'_>, services: &dyn Services) -> Result<(), Box<Failure>> {
        let Some(book) = self.table.book else { return Ok(()) };
        self.identity.call("book", call, services, &[], |context, error| {
            // SAFETY: everything passed is valid for the call.
            unsafe { book(self.component.raw(), context, error) }
        })
    }

    /// Makes the scratch space of one worker.
    ///
    /// # Errors
    /// When the algorithm fails.
    pub fn instance(
        &self,
        call: &Call<'_>,
        services: &dyn Services,
    ) -> Result<AlgorithmInstance, Box<Failure>> {
        let mut raw = std::ptr::null_mut();
        self.identity.call("instance", call, services, &[], |context, error| {
            // SAFETY: everything passed is valid for the call.
            unsafe { (self.table.new_instance)(self.component.raw(), context, &mut raw, error) }
        })?;
        let owned = Owned::new(raw, self.table.release_instance, Some(self.component.clone()));
        Ok(AlgorithmInstance(owned))
    }

    /// Makes an empty partial.
    ///
    /// # Errors
    /// When the algorithm fails.
    pub fn partial(&self, call: &Call<'_>, services: &dyn Services) -> Result<Partial, Box<Failure>> {
        let (Some(new), Some(release)) = (self.table.new_partial, self.table.release_partial) else {
            return Ok(Partial(None));
        };
        let mut raw = std::ptr::null_mut();
        self.identity.call("partial", call, services, &[], |_, error| {
            // SAFETY: everything passed is valid for the call.
            unsafe { new(self.component.raw(), &mut raw, error) }
        })?;
        Ok(Partial(Some(Owned::new(raw, release, Some(self.component.clone())))))
    }

    /// Merges the partial of later chunks into that of earlier ones.
    ///
    /// # Errors
    /// When the algorithm fails.
    pub fn merge(
        &self,
        call: &Call<'_>,
        services: &dyn Services,
        into: &mut Partial,
        from: Partial,
    ) -> Result<(), Box<Failure>> {
        let (Some(into), Some(from)) = (&into.0, from.0) else { return Ok(()) };
        let Some(merge) = self.table.merge_partials else {
            let text = "its table has partials but no merge".to_owned();
            return Err(self.identity.failure("merge", call, Error::unsupported(text)));
        };
        self.identity.call("merge", call, services, &[], |_, error| {
            // SAFETY: the second partial is taken over by the call.
            unsafe { merge(self.component.raw(), into.raw(), from.into_raw(), error) }
        })
    }

    /// The size of a partial to expect, in bytes.
    pub fn partial_hint_bytes(&self) -> u64 {
        // SAFETY: by the ABI a null partial asks for the hint.
        self.table.partial_bytes.map_or(0, |bytes| unsafe { bytes(self.component.raw(), std::ptr::null()) })
    }

    /// Current size of a partial in bytes.
    pub fn partial_bytes(&self, partial: &Partial) -> u64 {
        match (self.table.partial_bytes, &partial.0) {
            // SAFETY: the partial is this component's.
            (Some(bytes), Some(partial)) => unsafe { bytes(self.component.raw(), partial.raw()) },
            _ => 0,
        }
    }

    /// Works on the batches of one chunk; what it makes goes to `services.emit`.
    ///
    /// # Errors
    /// When the algorithm fails.
    pub fn execute(
        &self,
        call: &Call<'_>,
        services: &dyn Services,
        instance: &mut AlgorithmInstance,
        partial: &mut Partial,
        inputs: Vec<Input>,
    ) -> Result<(), Box<Failure>> {
        let mut arrays: Vec<(usize, FFI_ArrowArray)> =
            inputs.into_iter().map(|input| (input.parent, export_batch(input.batch))).collect();
        let inputs: Vec<artemis_input> = arrays
            .iter_mut()
            .map(|(parent, array)| artemis_input { parent: *parent as u64, array: std::ptr::from_mut(array) })
            .collect();
        self.identity.call("execute", call, services, &self.outputs, |context, error| {
            let (component, instance) = (self.component.raw(), instance.0.raw());
            let partial = partial.0.as_ref().map_or(std::ptr::null_mut(), Owned::raw);
            let (start, count) = (inputs.as_ptr(), inputs.len() as u64);
            // SAFETY: the arrays are moved to the plugin; instance and partial are borrowed mutably.
            unsafe { (self.table.execute)(component, context, instance, partial, start, count, error) }
        })
    }

    /// Ends the work with everything merged; what it makes goes to `services.emit`.
    ///
    /// # Errors
    /// When the algorithm fails.
    pub fn finalize(
        &self,
        call: &Call<'_>,
        services: &dyn Services,
        partial: &mut Partial,
    ) -> Result<(), Box<Failure>> {
        let Some(finalize) = self.table.finalize else { return Ok(()) };
        self.identity.call("finalize", call, services, &self.outputs, |context, error| {
            let partial = partial.0.as_ref().map_or(std::ptr::null_mut(), Owned::raw);
            // SAFETY: everything passed is valid for the call.
            unsafe { finalize(self.component.raw(), context, partial, error) }
        })
    }

    /// The job stops.
    pub fn abort(&self, call: &Call<'_>, services: &dyn Services) {
        let Some(abort) = self.table.abort else { return };
        let outcome = self.identity.call("abort", call, services, &[], |context, _| {
            // SAFETY: everything passed is valid for the call.
            unsafe { abort(self.component.raw(), context) };
            ARTEMIS_OK
        });
        debug_assert!(outcome.is_ok(), "abort has no status");
    }
}
