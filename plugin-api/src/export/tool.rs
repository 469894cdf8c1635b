//! The C table of a tool.

use super::remote::with_context;
use super::{drop_raw, guard, into_raw};
use crate::abi::*;
use crate::batch::{export_batch, export_schema, import_batch, import_schema};
use crate::{Component, Error, Properties, Result, Tool};
use arrow::datatypes::SchemaRef;
use std::ffi::c_void;
use std::marker::PhantomData;

/// The table of a type.
pub struct ToolTable<T>(PhantomData<T>);

struct Place<P> {
    input: SchemaRef,
    output: SchemaRef,
    value: P,
}

/// Makes a component of any kind from its properties.
///
/// # Safety
/// The pointers are valid for the call.
pub(super) unsafe fn configure<C: Component>(context: *const artemis_context) -> Result<C> {
    // SAFETY: the caller's contract.
    unsafe {
        with_context(context, &[], None, |context| {
            C::configure(&Properties::new(&|name| context.property(name)), context)
        })
    }
}

impl<T: Tool> ToolTable<T> {
    const TABLE: artemis_tool = artemis_tool {
        struct_size: size_of::<artemis_tool>() as u64,
        configure: Self::configure,
        release: Self::release,
        initialize: Self::initialize,
        release_place: Self::release_place,
        execute: Self::execute,
    };

    /// The entry in the plugin's list.
    pub const COMPONENT: artemis_component = artemis_component {
        struct_size: size_of::<artemis_component>() as u64,
        kind: ARTEMIS_KIND_TOOL,
        reserved: 0,
        name: artemis_str { data: T::NAME.as_ptr(), len: T::NAME.len() as u64 },
        reader: std::ptr::null(),
        algorithm: std::ptr::null(),
        tool: &Self::TABLE,
    };

    // In all of these the pointers are valid for the call, as the ABI says; components and places are what
    // `configure` and `initialize` handed out.

    unsafe extern "C" fn configure(
        context: *const artemis_context,
        out: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI.
            unsafe { *out = into_raw(configure::<T>(context)?) };
            Ok(())
        })
    }

    unsafe extern "C" fn release(component: *mut c_void) {
        // SAFETY: by the ABI.
        unsafe { drop_raw::<T>(component) }
    }

    unsafe extern "C" fn initialize(
        component: *mut c_void,
        context: *const artemis_context,
        input: *const FFI_ArrowSchema,
        output: *mut FFI_ArrowSchema,
        out: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI.
            let tool = unsafe { &*component.cast::<T>() };
            // SAFETY: by the ABI the input is borrowed.
            let input = import_schema(unsafe { &*input })?;
            // SAFETY: by the ABI.
            let (value, schema) =
                unsafe { with_context(context, &[], None, |context| tool.initialize(context, &input)) }?;
            let exported = export_schema(&schema)?;
            // SAFETY: by the ABI; the schema is moved to the host.
            unsafe {
                output.write(exported);
                *out = into_raw(Place { input, output: schema, value });
            }
            Ok(())
        })
    }

    unsafe extern "C" fn release_place(place: *mut c_void) {
        // SAFETY: by the ABI.
        unsafe { drop_raw::<Place<T::Place>>(place) }
    }

    unsafe extern "C" fn execute(
        component: *mut c_void,
        context: *const artemis_context,
        place: *const c_void,
        input: *mut FFI_ArrowArray,
        output: *mut FFI_ArrowArray,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI; the input is moved, so it is taken before anything can fail.
            let (array, tool, place) = unsafe {
                (FFI_ArrowArray::from_raw(input), &*component.cast::<T>(), &*place.cast::<Place<T::Place>>())
            };
            // SAFETY: the host passes batches of the schema of `initialize`.
            let batch = unsafe { import_batch(array, &place.input) }?;
            // SAFETY: by the ABI.
            let result = unsafe {
                with_context(context, &[], None, |context| tool.execute(context, &place.value, batch))
            }?;
            if result.schema().fields().len() != place.output.fields().len()
                || result
                    .schema()
                    .fields()
                    .iter()
                    .zip(place.output.fields())
                    .any(|(a, b)| a.data_type() != b.data_type())
            {
                return Err(Error::new("gave a batch of another schema than it promised"));
            }
            // SAFETY: by the ABI; the array is moved to the host.
            unsafe { output.write(export_batch(result)) };
            Ok(())
        })
    }
}
