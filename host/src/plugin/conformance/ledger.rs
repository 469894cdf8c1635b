//! Counts how often each Arrow structure that crosses the boundary is released.
#![allow(unsafe_code)]

use artemis_plugin_api::abi::{FFI_ArrowArray, FFI_ArrowSchema};
use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The array of the C Data Interface.
#[repr(C)]
struct CArray {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut CArray,
    dictionary: *mut CArray,
    release: Option<unsafe extern "C" fn(*mut CArray)>,
    private_data: *mut c_void,
}

/// The schema of the C Data Interface.
#[repr(C)]
struct CSchema {
    format: *const c_void,
    name: *const c_void,
    metadata: *const c_void,
    flags: i64,
    n_children: i64,
    children: *mut *mut CSchema,
    dictionary: *mut CSchema,
    release: Option<unsafe extern "C" fn(*mut CSchema)>,
    private_data: *mut c_void,
}

const _: () = assert!(size_of::<CArray>() == size_of::<FFI_ArrowArray>());
const _: () = assert!(size_of::<CSchema>() == size_of::<FFI_ArrowSchema>());

/// One structure: the original, and what became of it.
struct Counted {
    inner: UnsafeCell<CArray>,
    released: AtomicU32,
    /// The original's callback returned without marking the structure as released.
    unmarked: AtomicBool,
}

// SAFETY: `inner` is touched by the first release only, which the counter makes one; the C Data Interface allows that
// from any thread.
unsafe impl Sync for Counted {}
// SAFETY: as above.
unsafe impl Send for Counted {}

/// All structures that one side handed out.
#[derive(Default)]
pub(super) struct Ledger {
    entries: Mutex<Vec<&'static Counted>>,
}

/// What a ledger shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) handed_out: usize,
    pub(super) never_released: usize,
    pub(super) released_again: usize,
    pub(super) unmarked: usize,
}

impl Ledger {
    /// The same structure with a callback that counts.
    pub(super) fn count(&self, array: FFI_ArrowArray) -> FFI_ArrowArray {
        // SAFETY: both are the structure of the C Data Interface; the original is moved.
        let inner = unsafe { std::mem::transmute::<FFI_ArrowArray, CArray>(array) };
        let mut outer = CArray { release: Some(release), ..inner };
        // Never freed: a callback that is called once too often must find its counter.
        let counted: &'static Counted = Box::leak(Box::new(Counted {
            inner: UnsafeCell::new(inner),
            released: AtomicU32::new(0),
            unmarked: AtomicBool::new(false),
        }));
        outer.private_data = std::ptr::from_ref(counted).cast_mut().cast();
        if let Ok(mut entries) = self.entries.lock() {
            entries.push(counted);
        }
        // SAFETY: as above.
        unsafe { std::mem::transmute::<CArray, FFI_ArrowArray>(outer) }
    }

    /// What became of them so far.
    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for counted in self.entries.lock().iter().flat_map(|entries| entries.iter()) {
            tally.handed_out += 1;
            match counted.released.load(Ordering::SeqCst) {
                0 => tally.never_released += 1,
                1 => {}
                _ => tally.released_again += 1,
            }
            tally.unmarked += usize::from(counted.unmarked.load(Ordering::SeqCst));
        }
        tally
    }
}

unsafe extern "C" fn release(array: *mut CArray) {
    // SAFETY: `Ledger::count` made the structure; its counter lives as long as the process.
    let counted = unsafe {
        (*array).release = None;
        &*(*array).private_data.cast::<Counted>()
    };
    if counted.released.fetch_add(1, Ordering::SeqCst) > 0 {
        return;
    }
    let inner = counted.inner.get();
    // SAFETY: this is the first release, so nobody else touches the original.
    unsafe {
        if let Some(original) = (*inner).release {
            original(inner);
            counted.unmarked.store((*inner).release.is_some(), Ordering::SeqCst);
        }
    }
}

/// Whether a structure has no callback: it was never filled, moved away, or released.
pub(super) fn is_released(schema: &FFI_ArrowSchema) -> bool {
    // SAFETY: both are the structure of the C Data Interface.
    unsafe { (*std::ptr::from_ref(schema).cast::<CSchema>()).release.is_none() }
}

/// Releases a schema; whether its callback marked it as released.
pub(super) fn release_schema(schema: FFI_ArrowSchema) -> bool {
    // SAFETY: both are the structure of the C Data Interface; the schema is moved here.
    let mut schema = unsafe { std::mem::transmute::<FFI_ArrowSchema, CSchema>(schema) };
    match schema.release {
        // SAFETY: a structure with a callback is not released yet, and this is its owner.
        Some(release) => unsafe { release(&mut schema) },
        None => return true,
    }
    schema.release.is_none()
}
