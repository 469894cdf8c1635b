//! Foreign structures: batches are checked in shape before arrow imports them and in values afterwards; chunks are
//! counted references; buffers come from the allocator.
#![allow(unsafe_code)]

use super::check::check_values;
use crate::chunk::ChunkBytes;
use arrow::array::{Array, RecordBatch, layout};
use arrow::datatypes::{DataType, SchemaRef};
use artemis_plugin_api::abi::{CHUNK_PADDING_BYTES, FFI_ArrowArray, FFI_ArrowSchema, artemis_chunk};
use artemis_plugin_api::batch::{import_batch, import_schema};
use artemis_plugin_api::{Error, Result};
use std::alloc::Layout;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Takes over a batch of a plugin. Releases it on error too.
pub(super) fn import_checked(array: FFI_ArrowArray, schema: &SchemaRef) -> Result<RecordBatch> {
    // Arrow panics on some shapes; none that passes the check is known to, and none may take the host down.
    catch_unwind(AssertUnwindSafe(|| import(array, schema)))
        .unwrap_or_else(|_| Err(Error::new("emitted a batch that arrow refused")))
}

/// The schema that a plugin gave.
pub(super) fn import_schema_checked(schema: &FFI_ArrowSchema) -> Result<SchemaRef> {
    // A structure that was never filled, or a text that is not UTF-8, makes arrow panic.
    catch_unwind(AssertUnwindSafe(|| import_schema(schema)))
        .unwrap_or_else(|_| Err(Error::new("gave no schema, or one that arrow cannot read")))
}

fn import(mut array: FFI_ArrowArray, schema: &SchemaRef) -> Result<RecordBatch> {
    let fields = DataType::Struct(schema.fields().clone());
    check_shape(RawArray::of(&array), &fields, "the batch")
        .map_err(|reason| Error::new(format!("emitted a batch that is not one: {reason}")))?;
    // SAFETY: the shape was checked, so that all children are there.
    unsafe { recount_nulls(std::ptr::from_mut(&mut array).cast(), &fields) };
    // SAFETY: the shape fits the schema; that the buffers are as long as the lengths say is the plugin's promise.
    let batch = unsafe { import_batch(array, schema) }
        .map_err(|e| Error::new(format!("emitted a batch that does not fit its schema: {e}")))?;
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        check_values(&column.to_data())
            .map_err(|reason| Error::new(format!("emitted bad values: {reason}")).in_column(field.name()))?;
        if !field.is_nullable() && column.null_count() > 0 {
            return Err(Error::new(format!(
                "emitted {} nulls in a column that it declared without nulls",
                column.null_count()
            ))
            .in_column(field.name()));
        }
    }
    Ok(batch)
}

/// The C structure behind an [`FFI_ArrowArray`], whose fields arrow keeps to itself.
#[repr(C)]
struct RawArray {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *const *const c_void,
    children: *const *const RawArray,
    dictionary: *const RawArray,
    release: Option<unsafe extern "C" fn(*mut RawArray)>,
}

impl RawArray {
    fn of(array: &FFI_ArrowArray) -> &RawArray {
        const { assert!(size_of::<FFI_ArrowArray>() > size_of::<RawArray>()) };
        // SAFETY: both are the structure of the C Data Interface, of which `RawArray` is the front.
        unsafe { &*std::ptr::from_ref(array).cast::<RawArray>() }
    }

    fn buffer(&self, i: usize) -> *const c_void {
        // SAFETY: `i` is below `n_buffers`, which the caller has checked against the layout.
        unsafe { *self.buffers.add(i) }
    }
}

/// Leaves the counting of nulls to arrow, which takes a count on trust.
///
/// # Safety
/// The array passed [`check_shape`] for this type.
unsafe fn recount_nulls(array: *mut RawArray, data_type: &DataType) {
    // SAFETY: the caller's contract.
    let array = unsafe { &mut *array };
    if layout(data_type).can_contain_null_mask && array.n_buffers > 0 && !array.buffer(0).is_null() {
        array.null_count = -1;
    }
    for (i, (_, child)) in child_types(data_type).iter().enumerate() {
        // SAFETY: the shape was checked: there are as many children as the type has.
        unsafe { recount_nulls((*array.children.add(i)).cast_mut(), child) };
    }
    if let DataType::Dictionary(_, values) = data_type {
        // SAFETY: the shape was checked: a dictionary is there.
        unsafe { recount_nulls(array.dictionary.cast_mut(), values) };
    }
}

/// The data buffers of a view array: their lengths stand in the last buffer.
fn check_view_buffers(array: &RawArray, first: usize, given: usize, what: &str) -> Result<(), String> {
    let lengths = array.buffer(given - 1).cast::<i64>();
    let count = given - 1 - first;
    if count > 0 && (lengths.is_null() || !lengths.is_aligned()) {
        return Err(format!("{what} lacks the lengths of its data buffers"));
    }
    for i in 0..count {
        // SAFETY: the last buffer holds a length for each data buffer.
        let length = unsafe { *lengths.add(i) };
        if length < 0 || (length > 0 && array.buffer(first + i).is_null()) {
            return Err(format!("data buffer {i} of {what} has length {length}"));
        }
    }
    Ok(())
}

/// Counts of children and buffers, lengths, null masks and outer offsets: what arrow takes on trust.
fn check_shape(array: &RawArray, data_type: &DataType, what: &str) -> Result<(), String> {
    if array.release.is_none() {
        return Err(format!("{what} is released already"));
    }
    let (length, offset) = (array.length, array.offset);
    if length < 0 || offset < 0 || length.checked_add(offset).is_none_or(|end| end > i64::from(u32::MAX)) {
        return Err(format!("{what} has length {length} and offset {offset}"));
    }
    if array.null_count < -1 || array.null_count > length {
        return Err(format!("{what} has length {length} and null count {}", array.null_count));
    }
    let wanted = layout(data_type);
    let masks = usize::from(wanted.can_contain_null_mask);
    let buffers = wanted.buffers.len() + masks;
    let given = usize::try_from(array.n_buffers).unwrap_or(usize::MAX);
    // Variadic buffers are followed by one with their sizes.
    let fits = if wanted.variadic { given > buffers && given < 1 << 20 } else { given == buffers };
    if !fits {
        return Err(format!("{what} has {} buffers, {data_type} has {buffers}", array.n_buffers));
    }
    if given > 0 && array.buffers.is_null() {
        return Err(format!("{what} has no buffers"));
    }
    if wanted.variadic {
        check_view_buffers(array, buffers, given, what)?;
    }
    let end = length + offset;
    for i in masks..buffers {
        if array.buffer(i).is_null() && end > 0 {
            return Err(format!("{what} lacks buffer {i}"));
        }
    }
    if masks == 1 && array.null_count > 0 && array.buffer(0).is_null() {
        return Err(format!("{what} has {} nulls and no null mask", array.null_count));
    }
    check_outer_offsets(array, data_type, what)?;
    let children = child_types(data_type);
    if array.n_children != children.len() as i64 {
        return Err(format!("{what} has {} children instead of {}", array.n_children, children.len()));
    }
    if what == "the batch" && array.null_count > 0 {
        return Err("the batch has nulls of its own".into());
    }
    for (i, (name, child_type)) in children.iter().enumerate() {
        // SAFETY: there are `n_children` pointers.
        let child = unsafe { array.children.as_ref().and_then(|_| (*array.children.add(i)).as_ref()) }
            .ok_or_else(|| format!("{what} lacks child {i}"))?;
        check_shape(child, child_type, &format!("column `{name}`"))?;
        let least = match data_type {
            DataType::Struct(_) => end,
            DataType::FixedSizeList(_, n) => end * i64::from(*n),
            _ => 0,
        };
        if child.length < least {
            return Err(format!("column `{name}` has {} rows, the batch has {least}", child.length));
        }
    }
    match data_type {
        DataType::Dictionary(_, values) => {
            // SAFETY: null or a structure of the C Data Interface.
            let dictionary =
                unsafe { array.dictionary.as_ref() }.ok_or_else(|| format!("{what} has no dictionary"))?;
            check_shape(dictionary, values, &format!("the dictionary of {what}"))
        }
        _ if !array.dictionary.is_null() => Err(format!("{what} has a dictionary, {data_type} has none")),
        _ => Ok(()),
    }
}

/// First and last offset: arrow takes the last one as the length of the values.
fn check_outer_offsets(array: &RawArray, data_type: &DataType, what: &str) -> Result<(), String> {
    let (start, end) = (array.offset as usize, (array.offset + array.length) as usize);
    if end == 0 {
        return Ok(());
    }
    let (first, last) = match data_type {
        DataType::Utf8 | DataType::Binary | DataType::List(_) | DataType::Map(_, _) => {
            let offsets = array.buffer(1).cast::<i32>();
            // SAFETY: an array of this length and offset has `end + 1` offsets.
            unsafe {
                (i64::from(offsets.add(start).read_unaligned()), i64::from(offsets.add(end).read_unaligned()))
            }
        }
        DataType::LargeUtf8 | DataType::LargeBinary | DataType::LargeList(_) => {
            let offsets = array.buffer(1).cast::<i64>();
            // SAFETY: as above.
            unsafe { (offsets.add(start).read_unaligned(), offsets.add(end).read_unaligned()) }
        }
        _ => return Ok(()),
    };
    if first < 0 || last < first {
        return Err(format!("{what} has offsets from {first} to {last}"));
    }
    Ok(())
}

fn child_types(data_type: &DataType) -> Vec<(&str, &DataType)> {
    match data_type {
        DataType::Struct(fields) => fields.iter().map(|f| (f.name().as_str(), f.data_type())).collect(),
        DataType::List(f)
        | DataType::LargeList(f)
        | DataType::ListView(f)
        | DataType::LargeListView(f)
        | DataType::FixedSizeList(f, _)
        | DataType::Map(f, _) => vec![(f.name(), f.data_type())],
        DataType::Union(fields, _) => {
            fields.iter().map(|(_, f)| (f.name().as_str(), f.data_type())).collect()
        }
        DataType::RunEndEncoded(ends, values) => {
            vec![(ends.name(), ends.data_type()), (values.name(), values.data_type())]
        }
        _ => Vec::new(),
    }
}

/// A chunk in the form of the ABI, for the time of the borrow.
pub(super) fn raw_chunk(bytes: &Arc<ChunkBytes>) -> artemis_chunk {
    artemis_chunk {
        struct_size: size_of::<artemis_chunk>() as u64,
        data: bytes.padded().as_ptr(),
        len: bytes.len() as u64,
        handle: Arc::as_ptr(bytes).cast_mut().cast(),
    }
}

/// Keeps a chunk's memory.
///
/// # Safety
/// `handle` is that of a chunk that is alive.
pub(super) unsafe fn keep(handle: *mut c_void) {
    // SAFETY: the handle is the pointer of an `Arc` that is alive.
    unsafe { Arc::increment_strong_count(handle.cast::<ChunkBytes>()) }
}

/// Gives a kept chunk back.
///
/// # Safety
/// `handle` was kept, and is released once for each keep.
pub(super) unsafe fn release(handle: *mut c_void) {
    // SAFETY: the count was incremented by `keep`.
    unsafe { Arc::decrement_strong_count(handle.cast::<ChunkBytes>()) }
}

/// Buffers for plugins, aligned to the cache line.
pub(super) struct Allocated;

impl Allocated {
    fn layout(bytes: u64) -> Option<Layout> {
        Layout::from_size_align(usize::try_from(bytes).ok()?.max(1), CHUNK_PADDING_BYTES).ok()
    }

    pub(super) fn allocate(bytes: u64) -> *mut u8 {
        match Self::layout(bytes) {
            // SAFETY: the size is not zero.
            Some(layout) => unsafe { std::alloc::alloc(layout) },
            None => std::ptr::null_mut(),
        }
    }

    /// # Safety
    /// `start` is null or came from `allocate` of the same number of bytes.
    pub(super) unsafe fn deallocate(start: *mut u8, bytes: u64) {
        if let (false, Some(layout)) = (start.is_null(), Self::layout(bytes)) {
            // SAFETY: the caller's contract.
            unsafe { std::alloc::dealloc(start, layout) }
        }
    }
}
