//! Algorithms and tools over their C tables, call by call, with nothing between the case and the component.
#![allow(unsafe_code)]

use super::desk::{Desk, Fault, Said};
use super::ledger::{is_released, release_schema};
use super::subject::{Subject, plain_call};
use super::{Checked, Stop, failed};
use crate::plugin::component::Owned;
use crate::plugin::crossing::{import_checked, import_schema_checked};
use crate::plugin::library::Table;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use artemis_plugin_api::Call;
use artemis_plugin_api::abi::*;
use artemis_plugin_api::batch::{export_schema, import_schema};
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// An algorithm in the hands of a case.
pub(super) struct AlgorithmLife<'a> {
    pub(super) subject: &'a Subject,
    pub(super) desk: &'a Desk,
    pub(super) table: &'static artemis_algorithm,
    pub(super) component: Arc<Owned>,
    pub(super) outputs: Vec<SchemaRef>,
    /// What the calls are about.
    pub(super) about: Call<'static>,
}

impl<'a> AlgorithmLife<'a> {
    /// Configured, and no more.
    pub(super) fn configure(subject: &'a Subject, desk: &'a Desk) -> Result<Self, Stop> {
        let (said, life) = Self::try_configure(subject, desk)?;
        subject.or_declined(&said, "configure")?;
        life.ok_or_else(|| failed("configure returned ARTEMIS_OK"))
    }

    /// Configured, or what configure said.
    pub(super) fn try_configure(subject: &'a Subject, desk: &'a Desk) -> Result<(Said, Option<Self>), Stop> {
        let Table::Algorithm(table) = subject.table else { return Err(failed("this is no algorithm")) };
        let about = plain_call();
        let (said, component) = configure(desk, &about, table.configure, table.release);
        let life =
            component.map(|component| Self { subject, desk, table, component, outputs: Vec::new(), about });
        Ok((said, life))
    }

    /// Configured, initialized and booked.
    pub(super) fn ready(subject: &'a Subject, desk: &'a Desk, inputs: &[SchemaRef]) -> Result<Self, Stop> {
        let mut life = Self::configure(subject, desk)?;
        life.initialize(inputs)?;
        life.book()?;
        Ok(life)
    }

    /// Initializes, or fails the case.
    pub(super) fn initialize(&mut self, inputs: &[SchemaRef]) -> Checked {
        let said = self.try_initialize(inputs)?;
        self.subject.or_declined(&said, "initialize")
    }

    /// Initializes, or tells what the component said.
    pub(super) fn try_initialize(&mut self, inputs: &[SchemaRef]) -> Result<Said, Stop> {
        let exported = inputs.iter().map(|schema| export_schema(schema)).collect::<Result<Vec<_>, _>>();
        let exported = exported.map_err(|e| failed(e.to_string()))?;
        let pointers: Vec<*const FFI_ArrowSchema> = exported.iter().map(std::ptr::from_ref).collect();
        let mut outputs: Vec<FFI_ArrowSchema> =
            self.subject.spec.outputs.iter().map(|_| FFI_ArrowSchema::empty()).collect();
        let said = self.desk.call(&self.about, &[], |context, error| {
            let (count, places) = (pointers.len() as u32, outputs.len() as u32);
            // SAFETY: the inputs are borrowed for the call, the outputs moved here.
            unsafe {
                (self.table.initialize)(
                    self.component.raw(),
                    context,
                    pointers.as_ptr(),
                    count,
                    outputs.as_mut_ptr(),
                    places,
                    error,
                )
            }
        });
        check_borrowed(self.desk, &exported, inputs);
        if said.is_ok() {
            let schemas = outputs.into_iter().enumerate().map(|(i, output)| {
                import_output(self.desk, output).map_err(|e| failed(format!("output {i}: {e}")))
            });
            self.outputs = schemas.collect::<Result<_, _>>()?;
        }
        Ok(said)
    }

    /// Books.
    pub(super) fn book(&self) -> Checked {
        let Some(book) = self.table.book else { return Ok(()) };
        // SAFETY: everything passed is valid for the call.
        self.desk
            .call(&self.about, &[], |context, error| unsafe { book(self.component.raw(), context, error) })
            .ok("book")
    }

    /// An instance.
    pub(super) fn instance(&self) -> Result<Owned, Stop> {
        let mut raw = null_mut();
        let said = self.desk.call(&self.about, &[], |context, error| {
            // SAFETY: everything passed is valid for the call.
            unsafe { (self.table.new_instance)(self.component.raw(), context, &mut raw, error) }
        });
        said.ok("new_instance")?;
        Ok(Owned::new(raw, self.table.release_instance, Some(self.component.clone())))
    }

    /// An empty partial; `None`: the algorithm accumulates nothing.
    pub(super) fn partial(&self) -> Result<Option<Owned>, Stop> {
        let (Some(new), Some(_)) = (self.table.new_partial, self.table.release_partial) else {
            return Ok(None);
        };
        let mut raw = null_mut();
        // SAFETY: everything passed is valid for the call.
        let said = self
            .desk
            .call(&self.about, &[], |_, error| unsafe { new(self.component.raw(), &mut raw, error) });
        said.ok("new_partial")?;
        Ok(Some(self.own_partial(raw)))
    }

    fn own_partial(&self, raw: *mut c_void) -> Owned {
        // A component without the function has no partials.
        unsafe extern "C" fn nothing(_: *mut c_void) {}
        Owned::new(raw, self.table.release_partial.unwrap_or(nothing), Some(self.component.clone()))
    }

    /// One chunk, or a failure of the case.
    pub(super) fn execute(
        &self,
        instance: &Owned,
        partial: Option<&Owned>,
        batches: &[RecordBatch],
    ) -> Checked {
        let inputs: Vec<_> = batches.iter().map(|batch| (0, batch.clone())).collect();
        self.try_execute(&self.about, instance, partial, inputs)?.ok("execute")
    }

    /// One chunk, or what the component said. Each batch has the index of its parent.
    pub(super) fn try_execute(
        &self,
        about: &Call<'_>,
        instance: &Owned,
        partial: Option<&Owned>,
        inputs: Vec<(u64, RecordBatch)>,
    ) -> Result<Said, Stop> {
        let mut arrays: Vec<(u64, FFI_ArrowArray)> = inputs
            .into_iter()
            .map(|(parent, batch)| Ok((parent, self.desk.give(batch)?)))
            .collect::<Result<_, Stop>>()?;
        let inputs: Vec<artemis_input> = arrays
            .iter_mut()
            .map(|(parent, array)| artemis_input { parent: *parent, array: std::ptr::from_mut(array) })
            .collect();
        let said = self.desk.call(about, &self.outputs, |context, error| {
            let partial = partial.map_or(null_mut(), Owned::raw);
            let (start, count) = (inputs.as_ptr(), inputs.len() as u64);
            // SAFETY: the arrays are moved to the component; a case makes one call with an instance at a time.
            unsafe {
                (self.table.execute)(
                    self.component.raw(),
                    context,
                    instance.raw(),
                    partial,
                    start,
                    count,
                    error,
                )
            }
        });
        // What the component left in its place is not ours to release: that would hide that it did not.
        arrays.into_iter().for_each(|(_, array)| std::mem::forget(array));
        Ok(said)
    }

    /// Ends the work, or fails the case.
    pub(super) fn finalize(&self, partial: Option<&Owned>) -> Checked {
        let Some(finalize) = self.table.finalize else { return Ok(()) };
        let said = self.desk.call(&self.about, &self.outputs, |context, error| {
            let partial = partial.map_or(null_mut(), Owned::raw);
            // SAFETY: everything passed is valid for the call.
            unsafe { finalize(self.component.raw(), context, partial, error) }
        });
        said.ok("finalize")
    }

    /// The job stops.
    pub(super) fn abort(&self) {
        let Some(abort) = self.table.abort else { return };
        self.desk.call(&self.about, &[], |context, _| {
            // SAFETY: everything passed is valid for the call.
            unsafe { abort(self.component.raw(), context) };
            ARTEMIS_OK
        });
    }

    /// Merges the second into the first.
    pub(super) fn merge(&self, into: &Owned, from: Owned) -> Checked {
        let Some(merge) = self.table.merge_partials else { return Err(incomplete()) };
        let said = self.desk.call(&self.about, &[], |_, error| {
            // SAFETY: the second partial is taken over by the call.
            unsafe { merge(self.component.raw(), into.raw(), from.into_raw(), error) }
        });
        said.ok("merge_partials")
    }

    /// The saved bytes.
    pub(super) fn save(&self, partial: &Owned) -> Result<Vec<u8>, Stop> {
        let Some(save) = self.table.save_partial else { return Err(incomplete()) };
        let mut bytes = artemis_str { data: std::ptr::null(), len: 0 };
        let said = self.desk.call(&self.about, &[], |_, error| {
            // SAFETY: everything passed is valid for the call.
            unsafe { save(self.component.raw(), partial.raw(), &mut bytes, error) }
        });
        said.ok("save_partial")?;
        if bytes.data.is_null() || bytes.len == 0 {
            return Ok(Vec::new());
        }
        // SAFETY: by the ABI the bytes live until the next call with this partial.
        Ok(unsafe { std::slice::from_raw_parts(bytes.data, bytes.len as usize) }.to_vec())
    }

    /// A partial of saved bytes, or what the component said. The bytes lie in a buffer of exactly their length.
    pub(super) fn load(&self, bytes: &[u8]) -> Result<(Said, Option<Owned>), Stop> {
        let Some(load) = self.table.load_partial else { return Err(incomplete()) };
        let exact: Box<[u8]> = bytes.into();
        let saved = artemis_str { data: exact.as_ptr(), len: exact.len() as u64 };
        let mut raw = null_mut();
        let said = self.desk.call(&self.about, &[], |_, error| {
            // SAFETY: everything passed is valid for the call.
            unsafe { load(self.component.raw(), saved, &mut raw, error) }
        });
        let partial = said.is_ok().then(|| self.own_partial(raw));
        Ok((said, partial))
    }

    /// The size of a partial, or the one to expect.
    pub(super) fn partial_bytes(&self, partial: Option<&Owned>) -> Result<u64, Stop> {
        let Some(bytes) = self.table.partial_bytes else { return Err(incomplete()) };
        let partial = partial.map_or(null_mut(), Owned::raw);
        // SAFETY: by the ABI a null partial asks for the hint.
        Ok(unsafe { bytes(self.component.raw(), partial) })
    }

    /// Whether all functions of partials are there.
    pub(super) fn accumulates(&self) -> bool {
        let table = self.table;
        table.new_partial.is_some()
            && table.release_partial.is_some()
            && table.merge_partials.is_some()
            && table.save_partial.is_some()
            && table.load_partial.is_some()
            && table.partial_bytes.is_some()
    }
}

fn incomplete() -> Stop {
    Stop::Skipped("it has no such function of partials".into())
}

/// Calls configure; the component where there is one.
pub(super) fn configure(
    desk: &Desk,
    about: &Call<'_>,
    configure: unsafe extern "C" fn(*const artemis_context, *mut *mut c_void, *mut artemis_error) -> i32,
    release: unsafe extern "C" fn(*mut c_void),
) -> (Said, Option<Arc<Owned>>) {
    let mut raw = null_mut();
    // SAFETY: everything passed is valid for the call.
    let said = desk.call(about, &[], |context, error| unsafe { configure(context, &mut raw, error) });
    let component = said.is_ok().then(|| Arc::new(Owned::new(raw, release, None)));
    (said, component)
}

/// Notes borrowed schemas that came back changed or released.
pub(super) fn check_borrowed(desk: &Desk, exported: &[FFI_ArrowSchema], originals: &[SchemaRef]) {
    for (exported, original) in exported.iter().zip(originals) {
        if is_released(exported) {
            desk.fault(Fault::Borrowed, "a borrowed schema was released");
        } else if import_schema(exported).is_ok_and(|schema| schema != *original) {
            desk.fault(Fault::Borrowed, "a borrowed schema was changed");
        }
    }
}

/// The schema that a component moved to the host.
pub(super) fn import_output(desk: &Desk, schema: FFI_ArrowSchema) -> Result<SchemaRef, String> {
    if is_released(&schema) {
        return Err("no schema was filled in".into());
    }
    let imported = import_schema_checked(&schema).map_err(|e| e.to_string());
    if !release_schema(schema) {
        desk.fault(Fault::SchemaRelease, "the release callback of a schema does not set `release` to null");
    }
    imported
}

/// A tool in the hands of a case.
pub(super) struct ToolLife<'a> {
    pub(super) subject: &'a Subject,
    pub(super) desk: &'a Desk,
    pub(super) table: &'static artemis_tool,
    pub(super) component: Arc<Owned>,
    pub(super) about: Call<'static>,
}

/// A place of use of a tool.
pub(super) struct PlaceLife {
    pub(super) owned: Owned,
    pub(super) output: SchemaRef,
}

impl<'a> ToolLife<'a> {
    pub(super) fn configure(subject: &'a Subject, desk: &'a Desk) -> Result<Self, Stop> {
        let Table::Tool(table) = subject.table else { return Err(failed("this is no tool")) };
        let about = plain_call();
        let (said, component) = configure(desk, &about, table.configure, table.release);
        subject.or_declined(&said, "configure")?;
        let component = component.ok_or_else(|| failed("configure returned ARTEMIS_OK"))?;
        Ok(Self { subject, desk, table, component, about })
    }

    /// A place, or a failure of the case.
    pub(super) fn place(&self, schema: &SchemaRef) -> Result<PlaceLife, Stop> {
        let (said, place) = self.try_place(schema)?;
        self.subject.or_declined(&said, "initialize")?;
        place.ok_or_else(|| failed("initialize returned ARTEMIS_OK"))
    }

    /// A place, or what the tool said.
    pub(super) fn try_place(&self, schema: &SchemaRef) -> Result<(Said, Option<PlaceLife>), Stop> {
        let exported = [export_schema(schema).map_err(|e| failed(e.to_string()))?];
        let (mut output, mut raw) = (FFI_ArrowSchema::empty(), null_mut());
        let said = self.desk.call(&self.about, &[], |context, error| {
            let component = self.component.raw();
            // SAFETY: the input is borrowed for the call, the output moved here.
            unsafe { (self.table.initialize)(component, context, &exported[0], &mut output, &mut raw, error) }
        });
        check_borrowed(self.desk, &exported, std::slice::from_ref(schema));
        if !said.is_ok() {
            return Ok((said, None));
        }
        let owned = Owned::new(raw, self.table.release_place, Some(self.component.clone()));
        let output = import_output(self.desk, output).map_err(|e| failed(format!("output: {e}")))?;
        Ok((said, Some(PlaceLife { owned, output })))
    }

    /// Runs a batch, or fails the case.
    pub(super) fn execute(&self, place: &PlaceLife, batch: RecordBatch) -> Result<RecordBatch, Stop> {
        let (said, result) = self.try_execute(place, batch)?;
        said.ok("execute")?;
        result.ok_or_else(|| failed("execute returned ARTEMIS_OK and filled no output"))
    }

    /// Runs a batch, or tells what the tool said.
    pub(super) fn try_execute(
        &self,
        place: &PlaceLife,
        batch: RecordBatch,
    ) -> Result<(Said, Option<RecordBatch>), Stop> {
        let mut input = self.desk.give(batch)?;
        let mut output = FFI_ArrowArray::empty();
        let said = self.desk.call(&self.about, &[], |context, error| {
            let (component, place) = (self.component.raw(), place.owned.raw().cast_const());
            // SAFETY: the input is moved to the tool, the output here.
            unsafe { (self.table.execute)(component, context, place, &mut input, &mut output, error) }
        });
        std::mem::forget(input);
        if !said.is_ok() || output.is_released() {
            return Ok((said, None));
        }
        let batch = import_checked(self.desk.taken.count(output), &place.output);
        let batch = batch.map_err(|e| failed(format!("execute: {e}")))?;
        Ok((said, Some(batch)))
    }
}

/// Sets a switch of the desk for the time of a call.
pub(super) fn during<T>(switch: &std::sync::atomic::AtomicBool, body: impl FnOnce() -> T) -> T {
    switch.store(true, Ordering::SeqCst);
    let result = body();
    switch.store(false, Ordering::SeqCst);
    result
}
