//! The C table of a fault.

use crate::carray::{CArray, LIVE};
use crate::faults::{FAULTS, faulty, honest, promised};
use artemis_plugin_api::abi::*;
use std::ffi::c_void;
use std::ptr::null;
use std::sync::atomic::Ordering;

/// A component: the chunk at which it misbehaves.
struct State {
    at_chunk: u64,
}

/// The entry of a fault in the plugin's list.
pub const fn component<const FAULT: usize>() -> artemis_component {
    let name = FAULTS[FAULT].0;
    artemis_component {
        struct_size: size_of::<artemis_component>() as u64,
        kind: ARTEMIS_KIND_ALGORITHM,
        reserved: 0,
        name: artemis_str { data: name.as_ptr(), len: name.len() as u64 },
        reader: null(),
        algorithm: &Table::<FAULT>::TABLE,
        tool: null(),
    }
}

struct Table<const FAULT: usize>;

// In all of these the pointers are valid for the call, as the ABI says, and components are what `configure` handed
// out. Nothing in them panics.
impl<const FAULT: usize> Table<FAULT> {
    const NAME: &'static str = FAULTS[FAULT].0;

    const TABLE: artemis_algorithm = artemis_algorithm {
        struct_size: size_of::<artemis_algorithm>() as u64,
        configure,
        release,
        initialize: Self::initialize,
        book: None,
        new_instance,
        release_instance,
        new_partial: None,
        release_partial: None,
        merge_partials: None,
        save_partial: None,
        load_partial: None,
        partial_bytes: None,
        execute: Self::execute,
        finalize: None,
        abort: Some(abort),
    };

    unsafe extern "C" fn initialize(
        _: *mut c_void,
        _: *const artemis_context,
        _: *const *const FFI_ArrowSchema,
        _: u32,
        outputs: *mut FFI_ArrowSchema,
        _: u32,
        _: *mut artemis_error,
    ) -> i32 {
        if Self::NAME == "no-schema" {
            return ARTEMIS_OK;
        }
        let Ok(schema) = FFI_ArrowSchema::try_from(promised(Self::NAME)) else { return ARTEMIS_ERROR };
        // SAFETY: there is room for the one output of the manifest; the schema is moved to the host.
        unsafe { outputs.write(schema) };
        ARTEMIS_OK
    }

    unsafe extern "C" fn execute(
        component: *mut c_void,
        context: *const artemis_context,
        _: *mut c_void,
        _: *mut c_void,
        inputs: *const artemis_input,
        input_count: u64,
        error: *mut artemis_error,
    ) -> i32 {
        for index in 0..input_count as usize {
            // SAFETY: there are `input_count` moved batches; dropping one releases it.
            drop(unsafe { FFI_ArrowArray::from_raw((*inputs.add(index)).array) });
        }
        // SAFETY: by the ABI.
        let (state, call) = unsafe { (&*component.cast::<State>(), &*context) };
        let sampling = call.flags & ARTEMIS_FLAG_SAMPLE != 0;
        if sampling || call.block_index != state.at_chunk {
            // SAFETY: by the ABI.
            return unsafe { emit(context, 0, CArray::new(honest(Self::NAME)), error) };
        }
        // SAFETY: by the ABI.
        unsafe {
            match Self::NAME {
                "null-array" => ((*call.host).emit)(context, 0, std::ptr::null_mut(), error),
                "released-array" => {
                    let mut array = CArray::new(honest(Self::NAME));
                    array.let_go();
                    emit(context, 0, array, error)
                }
                "unknown-output" => {
                    emit(context, 7, CArray::new(honest(Self::NAME)), error);
                    ARTEMIS_OK
                }
                "ignores-error" => {
                    emit(context, 0, CArray::new(faulty(Self::NAME)), error);
                    ARTEMIS_OK
                }
                "error-without-text" => ARTEMIS_ERROR,
                "unknown-status" => 99,
                _ => emit(context, 0, CArray::new(faulty(Self::NAME)), error),
            }
        }
    }
}

/// Moves an array to the host.
unsafe fn emit(
    context: *const artemis_context,
    output: u32,
    mut array: CArray,
    error: *mut artemis_error,
) -> i32 {
    let pointer: *mut FFI_ArrowArray = (&raw mut array).cast();
    // SAFETY: both types are the struct of the C Data Interface. The host takes the array over, on error too.
    unsafe { ((*(*context).host).emit)(context, output, pointer, error) }
}

unsafe extern "C" fn configure(
    context: *const artemis_context,
    out: *mut *mut c_void,
    _: *mut artemis_error,
) -> i32 {
    const AT_CHUNK: &str = "at_chunk";
    let name = artemis_str { data: AT_CHUNK.as_ptr(), len: AT_CHUNK.len() as u64 };
    // SAFETY: by the ABI; the value is null when the property is absent.
    let value = unsafe { ((*(*context).host).property)(context, name).as_ref() };
    let at_chunk = value.map_or(0, |value| value.integer as u64);
    // SAFETY: by the ABI.
    unsafe { *out = Box::into_raw(Box::new(State { at_chunk })).cast() };
    ARTEMIS_OK
}

unsafe extern "C" fn release(component: *mut c_void) {
    // SAFETY: `configure` made it.
    drop(unsafe { Box::from_raw(component.cast::<State>()) });
}

unsafe extern "C" fn new_instance(
    _: *mut c_void,
    _: *const artemis_context,
    out: *mut *mut c_void,
    _: *mut artemis_error,
) -> i32 {
    // SAFETY: by the ABI.
    unsafe { *out = Box::into_raw(Box::new(0u8)).cast() };
    ARTEMIS_OK
}

unsafe extern "C" fn release_instance(instance: *mut c_void) {
    // SAFETY: `new_instance` made it.
    drop(unsafe { Box::from_raw(instance.cast::<u8>()) });
}

/// Logs how many arrays nobody released: the host owes it for those that it refused.
unsafe extern "C" fn abort(_: *mut c_void, context: *const artemis_context) {
    let text = format!("arrays not released: {}", LIVE.load(Ordering::Relaxed));
    let line = artemis_str { data: text.as_ptr(), len: text.len() as u64 };
    // SAFETY: by the ABI.
    unsafe { ((*(*context).host).log)(context, ARTEMIS_LOG_INFO, line) }
}
