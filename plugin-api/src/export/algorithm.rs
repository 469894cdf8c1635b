//! The C table of an algorithm.

use super::remote::{ToolSchemas, with_context};
use super::tool::configure;
use super::{Instance, drop_raw, guard, guard_quiet, into_raw};
use crate::abi::*;
use crate::batch::{bytes_of, export_schema, import_batch, import_schema, raw_bytes};
use crate::{Algorithm, Error, Input};
use arrow::datatypes::SchemaRef;
use std::ffi::c_void;
use std::marker::PhantomData;

/// The table of a type.
pub struct AlgorithmTable<T>(PhantomData<T>);

/// A component with what its calls need: the schemas of its parents and outputs, and of the tools that it opened.
struct Placed<T> {
    algorithm: T,
    inputs: Vec<SchemaRef>,
    outputs: Vec<SchemaRef>,
    tools: ToolSchemas,
}

struct Partial<P> {
    value: P,
    /// The bytes of the last save, which the host reads after the call.
    saved: Vec<u8>,
}

impl<T: Algorithm> AlgorithmTable<T> {
    const ACCUMULATES: bool = size_of::<T::Partial>() > 0;

    const TABLE: artemis_algorithm = artemis_algorithm {
        struct_size: size_of::<artemis_algorithm>() as u64,
        configure: Self::configure,
        release: Self::release,
        initialize: Self::initialize,
        book: Some(Self::book),
        new_instance: Self::new_instance,
        release_instance: Self::release_instance,
        new_partial: if Self::ACCUMULATES { Some(Self::new_partial) } else { None },
        release_partial: if Self::ACCUMULATES { Some(Self::release_partial) } else { None },
        merge_partials: if Self::ACCUMULATES { Some(Self::merge_partials) } else { None },
        save_partial: if Self::ACCUMULATES { Some(Self::save_partial) } else { None },
        load_partial: if Self::ACCUMULATES { Some(Self::load_partial) } else { None },
        partial_bytes: if Self::ACCUMULATES { Some(Self::partial_bytes) } else { None },
        execute: Self::execute,
        finalize: Some(Self::finalize),
        abort: Some(Self::abort),
    };

    /// The entry in the plugin's list.
    pub const COMPONENT: artemis_component = artemis_component {
        struct_size: size_of::<artemis_component>() as u64,
        kind: ARTEMIS_KIND_ALGORITHM,
        reserved: 0,
        name: artemis_str { data: T::NAME.as_ptr(), len: T::NAME.len() as u64 },
        reader: std::ptr::null(),
        algorithm: &Self::TABLE,
        tool: std::ptr::null(),
    };

    // In all of these the pointers are valid for the call, as the ABI says; components, instances and partials
    // are what these functions handed out.

    unsafe extern "C" fn configure(
        context: *const artemis_context,
        out: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI.
            let algorithm = unsafe { configure::<T>(context) }?;
            let placed =
                Placed { algorithm, inputs: Vec::new(), outputs: Vec::new(), tools: ToolSchemas::default() };
            // SAFETY: by the ABI.
            unsafe { *out = into_raw(placed) };
            Ok(())
        })
    }

    unsafe extern "C" fn release(component: *mut c_void) {
        // SAFETY: by the ABI.
        unsafe { drop_raw::<Placed<T>>(component) }
    }

    unsafe extern "C" fn initialize(
        component: *mut c_void,
        context: *const artemis_context,
        inputs: *const *const FFI_ArrowSchema,
        input_count: u32,
        outputs: *mut FFI_ArrowSchema,
        output_count: u32,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI; nobody else uses the component during this call.
            let placed = unsafe { &mut *component.cast::<Placed<T>>() };
            placed.inputs = (0..input_count as usize)
                // SAFETY: by the ABI there are `input_count` borrowed schemas.
                .map(|i| import_schema(unsafe { &**inputs.add(i) }))
                .collect::<Result<_, _>>()?;
            let Placed { algorithm, inputs, tools, .. } = placed;
            // SAFETY: by the ABI.
            let schemas = unsafe {
                with_context(context, &[], Some(tools), |context| algorithm.initialize(context, inputs))
            }?;
            if schemas.len() != output_count as usize {
                return Err(Error::new(format!("gave {} schemas for {output_count} outputs", schemas.len())));
            }
            let exported = schemas.iter().map(|s| export_schema(s)).collect::<Result<Vec<_>, _>>()?;
            for (i, schema) in exported.into_iter().enumerate() {
                // SAFETY: by the ABI there is room for `output_count`; they are moved to the host.
                unsafe { outputs.add(i).write(schema) };
            }
            placed.outputs = schemas;
            Ok(())
        })
    }

    unsafe extern "C" fn book(
        component: *mut c_void,
        context: *const artemis_context,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI; nobody else uses the component during this call.
            let placed = unsafe { &mut *component.cast::<Placed<T>>() };
            // SAFETY: by the ABI.
            unsafe { with_context(context, &[], None, |context| placed.algorithm.book(context)) }
        })
    }

    unsafe extern "C" fn new_instance(
        component: *mut c_void,
        context: *const artemis_context,
        out: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI.
            unsafe {
                let placed = &*component.cast::<Placed<T>>();
                let value = with_context(context, &[], None, |context| placed.algorithm.instance(context))?;
                *out = into_raw(Instance::new(value));
            }
            Ok(())
        })
    }

    unsafe extern "C" fn release_instance(instance: *mut c_void) {
        // SAFETY: by the ABI.
        unsafe { drop_raw::<Instance<T::Instance>>(instance) }
    }

    unsafe extern "C" fn new_partial(
        component: *mut c_void,
        out: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI.
            unsafe {
                let placed = &*component.cast::<Placed<T>>();
                *out = into_raw(Partial { value: placed.algorithm.partial(), saved: Vec::new() });
            }
            Ok(())
        })
    }

    unsafe extern "C" fn release_partial(partial: *mut c_void) {
        // SAFETY: by the ABI.
        unsafe { drop_raw::<Partial<T::Partial>>(partial) }
    }

    unsafe extern "C" fn merge_partials(
        component: *mut c_void,
        into: *mut c_void,
        from: *mut c_void,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI; the second is taken over.
            let (from, into, placed) = unsafe {
                (
                    Box::from_raw(from.cast::<Partial<T::Partial>>()),
                    &mut *into.cast::<Partial<T::Partial>>(),
                    &*component.cast::<Placed<T>>(),
                )
            };
            placed.algorithm.merge(&mut into.value, from.value)
        })
    }

    unsafe extern "C" fn save_partial(
        component: *mut c_void,
        partial: *mut c_void,
        out: *mut artemis_str,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI.
            let (placed, partial) =
                unsafe { (&*component.cast::<Placed<T>>(), &mut *partial.cast::<Partial<T::Partial>>()) };
            partial.saved = placed.algorithm.save(&partial.value)?;
            // SAFETY: by the ABI.
            unsafe { *out = raw_bytes(&partial.saved) };
            Ok(())
        })
    }

    unsafe extern "C" fn load_partial(
        component: *mut c_void,
        bytes: artemis_str,
        out: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI.
            unsafe {
                let placed = &*component.cast::<Placed<T>>();
                let value = placed.algorithm.load(bytes_of(bytes))?;
                *out = into_raw(Partial { value, saved: Vec::new() });
            }
            Ok(())
        })
    }

    unsafe extern "C" fn partial_bytes(component: *mut c_void, partial: *const c_void) -> u64 {
        let mut bytes = 0;
        guard_quiet(|| {
            // SAFETY: by the ABI.
            let (placed, partial) =
                unsafe { (&*component.cast::<Placed<T>>(), partial.cast::<Partial<T::Partial>>().as_ref()) };
            bytes = placed.algorithm.partial_bytes(partial.map(|p| &p.value));
        });
        bytes
    }

    unsafe extern "C" fn execute(
        component: *mut c_void,
        context: *const artemis_context,
        instance: *mut c_void,
        partial: *mut c_void,
        inputs: *const artemis_input,
        input_count: u64,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // The arrays are moved: take them all before anything can fail.
            let arrays = (0..input_count as usize)
                .map(|i| {
                    // SAFETY: by the ABI there are `input_count` moved batches.
                    let input = unsafe { &*inputs.add(i) };
                    // SAFETY: as above.
                    (input.parent as usize, unsafe { FFI_ArrowArray::from_raw(input.array) })
                })
                .collect::<Vec<_>>();
            // SAFETY: by the ABI; an instance and a partial see one call at a time.
            let (placed, instance) =
                unsafe { (&*component.cast::<Placed<T>>(), &mut *instance.cast::<Instance<T::Instance>>()) };
            let mut batches = Vec::with_capacity(arrays.len());
            for (parent, array) in arrays {
                let schema = placed
                    .inputs
                    .get(parent)
                    .ok_or_else(|| Error::invalid(format!("there is no parent {parent}")))?;
                // SAFETY: the host passes batches of the schemas of `initialize`.
                batches.push(Input { parent, batch: unsafe { import_batch(array, schema) }? });
            }
            // A partial without size has no pointer; its value is made on the spot.
            let mut nothing = None;
            // SAFETY: by the ABI.
            let value = match unsafe { partial.cast::<Partial<T::Partial>>().as_mut() } {
                Some(partial) => &mut partial.value,
                None => nothing.insert(placed.algorithm.partial()),
            };
            // SAFETY: by the ABI.
            unsafe {
                with_context(context, &placed.outputs, Some(&placed.tools), |context| {
                    instance.call(|scratch| placed.algorithm.execute(context, scratch, value, batches))
                })
            }
        })
    }

    unsafe extern "C" fn finalize(
        component: *mut c_void,
        context: *const artemis_context,
        partial: *mut c_void,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI.
            let placed = unsafe { &*component.cast::<Placed<T>>() };
            let mut nothing = None;
            // SAFETY: by the ABI.
            let value = match unsafe { partial.cast::<Partial<T::Partial>>().as_mut() } {
                Some(partial) => &mut partial.value,
                None => nothing.insert(placed.algorithm.partial()),
            };
            // SAFETY: by the ABI.
            unsafe {
                with_context(context, &placed.outputs, Some(&placed.tools), |context| {
                    placed.algorithm.finalize(context, value)
                })
            }
        })
    }

    unsafe extern "C" fn abort(component: *mut c_void, context: *const artemis_context) {
        guard_quiet(|| {
            // SAFETY: by the ABI.
            let placed = unsafe { &*component.cast::<Placed<T>>() };
            // SAFETY: by the ABI.
            let _ = unsafe {
                with_context(context, &[], None, |context| {
                    placed.algorithm.abort(context);
                    Ok(())
                })
            };
        });
    }
}
