//! The safe face of a loaded tool.
#![allow(unsafe_code)]

use super::component::{Failure, Identity, Owned};
use super::crossing::{import_checked, import_schema_checked};
use super::library::{Library, Table};
use crate::menu::ComponentConfig;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use artemis_plugin_api::abi::*;
use artemis_plugin_api::batch::{export_batch, export_schema};
use artemis_plugin_api::{Call, Services};
use std::sync::Arc;

/// A tool, configured.
pub struct Tool {
    table: &'static artemis_tool,
    component: Arc<Owned>,
    identity: Identity,
}

/// A tool at one place of use.
pub struct Place {
    owned: Owned,
    output: SchemaRef,
}

impl Place {
    /// Schema of the output.
    pub fn output(&self) -> &SchemaRef {
        &self.output
    }
}

impl Tool {
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
        let Some(Table::Tool(table)) = library.table(&config.component.name) else {
            return Err(identity.missing("tool", call));
        };
        let mut raw = std::ptr::null_mut();
        identity.call("configure", call, services, &[], |context, error| {
            // SAFETY: everything passed is valid for the call.
            unsafe { (table.configure)(context, &mut raw, error) }
        })?;
        Ok(Self { table, component: Arc::new(Owned::new(raw, table.release, None)), identity })
    }

    /// Makes a place of use for an input schema.
    ///
    /// # Errors
    /// When it cannot work on these columns.
    pub fn initialize(
        &self,
        call: &Call<'_>,
        services: &dyn Services,
        input: &SchemaRef,
    ) -> Result<Place, Box<Failure>> {
        let failed = |e| self.identity.failure("initialize", call, e);
        let input = export_schema(input).map_err(failed)?;
        let (mut output, mut raw) = (FFI_ArrowSchema::empty(), std::ptr::null_mut());
        self.identity.call("initialize", call, services, &[], |context, error| {
            // SAFETY: the input is borrowed for the call, the output moved here.
            unsafe {
                (self.table.initialize)(self.component.raw(), context, &input, &mut output, &mut raw, error)
            }
        })?;
        let owned = Owned::new(raw, self.table.release_place, Some(self.component.clone()));
        Ok(Place { owned, output: import_schema_checked(&output).map_err(failed)? })
    }

    /// Works on a batch of the place's input schema.
    ///
    /// # Errors
    /// When the tool fails, or gives a batch that is not one.
    pub fn execute(
        &self,
        call: &Call<'_>,
        services: &dyn Services,
        place: &Place,
        batch: RecordBatch,
    ) -> Result<RecordBatch, Box<Failure>> {
        let (mut input, mut output) = (export_batch(batch), FFI_ArrowArray::empty());
        self.identity.call("execute", call, services, &[], |context, error| {
            let (component, place) = (self.component.raw(), place.owned.raw().cast_const());
            // SAFETY: the input is moved to the plugin, the output to here.
            unsafe { (self.table.execute)(component, context, place, &mut input, &mut output, error) }
        })?;
        import_checked(output, &place.output).map_err(|e| self.identity.failure("execute", call, e))
    }
}
