//! What the safe faces of readers, algorithms and tools share: who they are, how a call runs, how it fails.
#![allow(unsafe_code)]

use super::library::Library;
use super::secret::{self, Redaction};
use super::services::{CallState, Fixed, with_context};
use super::values::Values;
use crate::menu::{ComponentConfig, Value};
use crate::plugin::manifest::PropertyType;
use arrow::datatypes::SchemaRef;
use artemis_plugin_api::abi::{ARTEMIS_OK, artemis_context, artemis_error};
use artemis_plugin_api::export::{empty_error, read_error};
use artemis_plugin_api::{Call, Error, Services};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::fmt;
use std::sync::Arc;

/// A call of a component that failed, with all that a reader of the message needs.
#[derive(Clone, Debug)]
pub struct Failure {
    /// `plugin/component`.
    pub component: String,
    /// Configured name.
    pub name: String,
    /// Verb of the call.
    pub verb: &'static str,
    /// Node of the menu.
    pub node: String,
    /// Name of the datum; empty: the call was not about one.
    pub datum: String,
    /// Index of the block within the datum.
    pub block_index: u64,
    /// Offset of the block within the datum, in bytes.
    pub byte_offset: u64,
    /// Index of the datum among the inputs.
    pub datum_index: u64,
    /// What the component said.
    pub error: Error,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "component `{}` (`{}`, node `{}`) failed in {}: {}",
            self.component,
            self.name,
            self.node,
            self.verb,
            self.error.text()
        )?;
        if !self.datum.is_empty() {
            write!(f, "; input `{}`, chunk {} at byte {}", self.datum, self.block_index, self.byte_offset)?;
        }
        if let Some(record) = self.error.record() {
            write!(f, ", record {record}")?;
        }
        if let Some(offset) = self.error.offset() {
            write!(f, ", byte {offset}")?;
        }
        if let Some(column) = self.error.column() {
            write!(f, ", column `{column}`")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// An opaque pointer of a plugin with the function that gives it back.
pub(super) struct Owned {
    raw: *mut c_void,
    release: unsafe extern "C" fn(*mut c_void),
    /// The component goes last: an instance may look at it while it is dropped.
    _component: Option<Arc<Owned>>,
}

// SAFETY: by the ABI components, places and datums are used by all threads, instances, samples and partials move
// between them.
unsafe impl Send for Owned {}
// SAFETY: as above; what sees one call at a time is only passed by `&mut`.
unsafe impl Sync for Owned {}

impl Owned {
    pub(super) fn new(
        raw: *mut c_void,
        release: unsafe extern "C" fn(*mut c_void),
        component: Option<Arc<Owned>>,
    ) -> Self {
        Self { raw, release, _component: component }
    }

    pub(super) fn raw(&self) -> *mut c_void {
        self.raw
    }

    /// Gives the pointer to a call that takes it over.
    pub(super) fn into_raw(self) -> *mut c_void {
        let raw = self.raw;
        let mut this = std::mem::ManuallyDrop::new(self);
        this._component = None;
        raw
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if !self.raw.is_null() {
            // SAFETY: by the ABI each pointer is released once, by its own function.
            unsafe { (self.release)(self.raw) }
        }
    }
}

/// Who a component is, and what lives as long as it does.
pub(super) struct Identity {
    /// `plugin/component`.
    pub(super) component: String,
    /// Configured name.
    pub(super) name: String,
    pub(super) fixed: Fixed,
}

impl Identity {
    /// The values of its secrets are read here.
    ///
    /// # Errors
    /// When one of them is not to be had.
    pub(super) fn new(
        library: &Library,
        config: &ComponentConfig,
        call: &Call<'_>,
    ) -> Result<Self, Box<Failure>> {
        let mut identity = Self {
            component: format!("{}/{}", library.plugin, config.component.name),
            name: config.name.clone(),
            fixed: Fixed {
                values: Values::new(&BTreeMap::new()),
                plugin_dir: library.dir.clone(),
                paths: BTreeMap::new(),
                inputs: Default::default(),
                tools: Default::default(),
                redaction: Redaction::default(),
            },
        };
        let mut properties = config.properties.clone();
        let mut secrets = Vec::new();
        for name in &config.secrets {
            // A reference becomes its value here and nowhere else: what is logged and stored is the reference.
            let Some(Value::Str(reference)) = properties.remove(name) else { continue };
            let value = secret::resolve(&reference).map_err(|error| {
                identity.failure("configure", call, Error::invalid(format!("property `{name}`: {error}")))
            })?;
            secrets.push(value.clone());
            properties.insert(name.clone(), Value::Str(value));
        }
        identity.fixed.redaction = Redaction::of(secrets.iter().map(String::as_str));
        identity.fixed.values = Values::new(&properties);
        identity.fixed.paths = config
            .types
            .iter()
            .filter(|(_, kind)| **kind == PropertyType::Path)
            .filter_map(|(name, _)| Some((name.clone(), config.properties.get(name)?.as_str()?.to_owned())))
            .collect();
        Ok(identity)
    }

    /// Runs a call of the component: context, error place, failure with its place.
    pub(super) fn call(
        &self,
        verb: &'static str,
        call: &Call<'_>,
        services: &dyn Services,
        outputs: &[SchemaRef],
        body: impl FnOnce(*const artemis_context, *mut artemis_error) -> i32,
    ) -> Result<(), Box<Failure>> {
        let state = CallState { services, fixed: &self.fixed, outputs, refused: Default::default() };
        let mut error = empty_error();
        let call = Call { component: &self.name, ..*call };
        let status = with_context(&call, &state, |context| body(context, &mut error));
        if let Some(refused) = state.refused.take() {
            return Err(self.failure(verb, &call, refused));
        }
        match status {
            ARTEMIS_OK => Ok(()),
            status => Err(self.failure(verb, &call, read_error(status, &error))),
        }
    }

    /// A failure of a call.
    pub(super) fn failure(&self, verb: &'static str, call: &Call<'_>, error: Error) -> Box<Failure> {
        Box::new(Failure {
            component: self.component.clone(),
            name: self.name.clone(),
            verb,
            node: call.node.to_owned(),
            datum: call.datum_name.to_owned(),
            block_index: call.block_index,
            byte_offset: call.byte_offset,
            datum_index: call.datum_index,
            error: self.redacted(error),
        })
    }

    /// The error without the component's secrets.
    fn redacted(&self, error: Error) -> Error {
        let redaction = &self.fixed.redaction;
        if redaction.is_empty() {
            return error;
        }
        let mut clean = Error::with_status(error.status(), redaction.text(error.text().into()));
        if let Some(record) = error.record() {
            clean = clean.at_record(record);
        }
        if let Some(offset) = error.offset() {
            clean = clean.at_offset(offset);
        }
        match error.column() {
            Some(column) => clean.in_column(redaction.text(column.into())),
            None => clean,
        }
    }

    /// The failure of a component that the library does not export as its manifest says.
    pub(super) fn missing(&self, kind: &str, call: &Call<'_>) -> Box<Failure> {
        let text = format!("the library exports no {kind} of this name, though its manifest lists it");
        self.failure("configure", call, Error::unsupported(text))
    }
}
