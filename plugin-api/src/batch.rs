//! Arrow structures and chunks across the boundary. One of the files where `unsafe` is allowed.
#![allow(unsafe_code)]

use crate::abi::{FFI_ArrowArray, FFI_ArrowSchema, artemis_chunk, artemis_host, artemis_str};
use crate::{Error, Result};
use arrow::array::{Array, ArrayData, StructArray, make_array};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;

/// Whole records of one input, in memory for the call.
pub struct Chunk<'a> {
    bytes: &'a [u8],
    memory: Option<Memory>,
}

/// What keeps a chunk beyond its call.
#[derive(Clone, Copy)]
struct Memory {
    handle: NonNull<c_void>,
    host: &'static artemis_host,
}

/// One keep of a chunk; gives it back when the last buffer over it is dropped.
struct Kept(Memory);

// SAFETY: the host's `release_chunk` may be called from any thread, and the handle is only passed to it.
unsafe impl Send for Kept {}
// SAFETY: as above; a shared `Kept` is never used before its drop.
unsafe impl Sync for Kept {}
impl std::panic::RefUnwindSafe for Kept {}

impl Drop for Kept {
    fn drop(&mut self) {
        // SAFETY: the handle was kept exactly once for this value.
        unsafe { (self.0.host.release_chunk)(self.0.handle.as_ptr()) }
    }
}

impl<'a> Chunk<'a> {
    /// A chunk over bytes; [`Chunk::buffer`] copies.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, memory: None }
    }

    /// The bytes.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// A buffer over a range of the bytes that may outlive the call: without a copy where the host can keep the
    /// chunk.
    ///
    /// # Panics
    /// When the range is out of bounds.
    pub fn buffer(&self, range: std::ops::Range<usize>) -> Buffer {
        let bytes = &self.bytes[range];
        let (Some(memory), Some(start)) = (self.memory, NonNull::new(bytes.as_ptr().cast_mut())) else {
            return Buffer::from(bytes);
        };
        // SAFETY: the handle comes from the host with this chunk, which is alive during the call.
        unsafe { (memory.host.keep_chunk)(memory.handle.as_ptr()) };
        // SAFETY: the bytes stay valid until `Kept` gives the chunk back, and nobody writes to them.
        unsafe { Buffer::from_custom_allocation(start, bytes.len(), Arc::new(Kept(memory))) }
    }

    /// A chunk as the host passes it.
    ///
    /// # Safety
    /// `chunk` is valid for the lifetime `'a`, and so are the bytes it names.
    pub(crate) unsafe fn from_raw(chunk: *const artemis_chunk, host: &'static artemis_host) -> Self {
        // SAFETY: the caller's contract.
        let raw = unsafe { &*chunk };
        // SAFETY: the caller's contract.
        let bytes = unsafe { bytes_of(artemis_str { data: raw.data, len: raw.len }) };
        Self { bytes, memory: NonNull::new(raw.handle).map(|handle| Memory { handle, host }) }
    }
}

/// The bytes of a borrowed text.
///
/// # Safety
/// `text` is valid for the lifetime `'a`.
pub(crate) unsafe fn bytes_of<'a>(text: artemis_str) -> &'a [u8] {
    if text.data.is_null() || text.len == 0 {
        return &[];
    }
    // SAFETY: the caller's contract.
    unsafe { std::slice::from_raw_parts(text.data, text.len as usize) }
}

/// A borrowed text; what is not UTF-8 is an empty text.
///
/// # Safety
/// `text` is valid for the lifetime `'a`.
pub(crate) unsafe fn str_of<'a>(text: artemis_str) -> &'a str {
    // SAFETY: the caller's contract.
    std::str::from_utf8(unsafe { bytes_of(text) }).unwrap_or_default()
}

/// A text for the time that the borrow lasts.
pub(crate) fn raw_str(text: &str) -> artemis_str {
    raw_bytes(text.as_bytes())
}

/// Bytes for the time that the borrow lasts.
pub(crate) fn raw_bytes(bytes: &[u8]) -> artemis_str {
    artemis_str { data: bytes.as_ptr(), len: bytes.len() as u64 }
}

/// A batch as the C Data Interface moves it: a struct array without nulls.
pub fn export_batch(batch: RecordBatch) -> FFI_ArrowArray {
    let rows = batch.num_rows();
    let data = if batch.num_columns() == 0 {
        StructArray::new_empty_fields(rows, None).into_data()
    } else {
        StructArray::from(batch).into_data()
    };
    FFI_ArrowArray::new(&data)
}

/// Takes over a moved struct array as a batch of a known schema.
///
/// # Errors
/// When the array is not of the schema's shape.
///
/// # Safety
/// `array` is a valid array of the C Data Interface with the schema's layout.
pub unsafe fn import_batch(array: FFI_ArrowArray, schema: &SchemaRef) -> Result<RecordBatch> {
    let fields = schema.fields().clone();
    // SAFETY: the caller's contract.
    let data: ArrayData = unsafe { arrow::ffi::from_ffi_and_data_type(array, DataType::Struct(fields)) }?;
    let rows = data.len();
    let array = make_array(data);
    let batch = array
        .as_any()
        .downcast_ref::<StructArray>()
        .ok_or_else(|| Error::new("a batch must be a struct array"))?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(schema.clone(), batch.columns().to_vec(), &options)?)
}

/// A schema as the C Data Interface moves it.
///
/// # Errors
/// When a type has no form there.
pub fn export_schema(schema: &Schema) -> Result<FFI_ArrowSchema> {
    Ok(FFI_ArrowSchema::try_from(schema)?)
}

/// The schema that a structure describes.
///
/// # Errors
/// When it is not that of a struct or names an unknown type.
pub fn import_schema(schema: &FFI_ArrowSchema) -> Result<SchemaRef> {
    Ok(Arc::new(Schema::try_from(schema)?))
}
