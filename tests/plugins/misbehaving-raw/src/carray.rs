//! Arrays of the C Data Interface, made by hand so that they can be wrong.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicI64, Ordering};

/// Arrays that were made and not released yet.
pub static LIVE: AtomicI64 = AtomicI64::new(0);

/// The struct of the C Data Interface.
#[repr(C)]
pub struct CArray {
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

/// What an array should look like. Its memory is aligned to 16 bytes.
#[derive(Clone, Default)]
pub struct Node {
    /// Number of rows.
    pub length: i64,
    /// Number of nulls.
    pub null_count: i64,
    /// Buffers in their order; `None`: a null pointer.
    pub buffers: Vec<Option<Vec<u128>>>,
    /// Children; `None`: a null pointer.
    pub children: Vec<Option<Node>>,
    /// Values of a dictionary.
    pub dictionary: Option<Box<Node>>,
}

/// Memory for bytes, padded with zeros.
pub fn memory(bytes: &[u8]) -> Option<Vec<u128>> {
    let words = bytes.chunks(16).map(|chunk| {
        let mut word = [0; 16];
        word[..chunk.len()].copy_from_slice(chunk);
        u128::from_ne_bytes(word)
    });
    // Never empty: an empty buffer has an address too.
    Some(words.chain([0]).collect())
}

/// What an exported array owns.
struct Owned {
    _memory: Vec<Option<Vec<u128>>>,
    buffers: Vec<*const c_void>,
    children: Vec<*mut CArray>,
    dictionary: *mut CArray,
}

impl CArray {
    /// Makes the array.
    pub fn new(node: Node) -> Self {
        LIVE.fetch_add(1, Ordering::Relaxed);
        let boxed = |node: Node| Box::into_raw(Box::new(CArray::new(node)));
        let address = |memory: &Option<Vec<u128>>| {
            memory.as_ref().map_or(std::ptr::null(), |memory| memory.as_ptr().cast::<c_void>())
        };
        let mut owned = Box::new(Owned {
            buffers: node.buffers.iter().map(address).collect(),
            _memory: node.buffers,
            children: node.children.into_iter().map(|child| child.map_or(null_mut(), boxed)).collect(),
            dictionary: node.dictionary.map_or(null_mut(), |node| boxed(*node)),
        });
        Self {
            length: node.length,
            null_count: node.null_count,
            offset: 0,
            n_buffers: owned.buffers.len() as i64,
            n_children: owned.children.len() as i64,
            buffers: owned.buffers.as_mut_ptr(),
            children: owned.children.as_mut_ptr(),
            dictionary: owned.dictionary,
            release: Some(release),
            private_data: Box::into_raw(owned).cast(),
        }
    }

    /// Releases the array as its owner; nothing happens when it was moved or released before.
    pub fn let_go(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: an array with a callback is not released yet, and this is its owner.
            unsafe { release(self) }
        }
    }
}

unsafe extern "C" fn release(array: *mut CArray) {
    // SAFETY: whoever calls it owns the array, which `CArray::new` made.
    let (array, owned) = unsafe { (&mut *array, Box::from_raw((*array).private_data.cast::<Owned>())) };
    for child in owned.children.iter().chain([&owned.dictionary]).filter(|child| !child.is_null()) {
        // SAFETY: `CArray::new` made it with a box; a consumer that moved it away left it without callback.
        let mut child = unsafe { Box::from_raw(*child) };
        child.let_go();
    }
    array.release = None;
    LIVE.fetch_sub(1, Ordering::Relaxed);
}
