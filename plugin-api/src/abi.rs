//! The ABI, revision 1.0: `#[repr(C)]` tables that host and plugins exchange.
//!
//! Rules that hold for every table and call:
//!
//! - Integers have a fixed width; there are no bools and no C enums. A text is an [`artemis_str`]: UTF-8, not
//!   terminated by NUL, borrowed for the call unless its comment says more.
//! - Every table starts with `struct_size` in bytes. A field may be read only if it lies inside that size. A minor
//!   revision appends fields; a major revision is a new entry symbol.
//! - A function that can fail returns a status (`ARTEMIS_OK` or another) and fills the caller's [`artemis_error`], which
//!   may be null. What it should have handed out is then not there, and nobody releases it.
//! - An opaque pointer (component, datum, sample, instance, partial, place) goes back exactly once, to the `release_…` or
//!   `close_…` of its kind, after an error too. The host never looks into it.
//! - Arrow structures follow the C Data Interface. One passed by a mutable pointer is *moved*: the receiver releases it, on
//!   error too, from any thread, at any time later. One passed by a constant pointer is borrowed for the call. The bytes
//!   of batches are shared and never written to. Nothing else owned crosses the boundary.
//! - No panic, exception or `longjmp` leaves a function.
//! - Each function's comment ends with its legal thread and state in brackets: `main` is one thread at a time, `worker` any
//!   thread, and calls on one instance, partial or place never overlap. States are those of the job, in order: configure,
//!   sample, initialize, book, execute, finalize, or abort from any of them.
#![allow(non_camel_case_types)]

mod tables;
pub use tables::*;

use std::ffi::c_void;

pub use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};

/// Major revision of the ABI. Another one means another entry symbol.
pub const ABI_MAJOR: u32 = 1;
/// Minor revision of the ABI: a higher one has appended fields.
pub const ABI_MINOR: u32 = 0;
/// First bytes of a manifest.
pub const MANIFEST_MAGIC: [u8; 8] = *b"ARTEMIS\x01";
/// Largest manifest text in bytes.
pub const MANIFEST_TEXT_MAX_BYTES: u64 = 1 << 20;
/// Readable bytes after the end of a chunk's data.
pub const CHUNK_PADDING_BYTES: usize = 64;

/// The call succeeded.
pub const ARTEMIS_OK: i32 = 0;
/// The component failed; the error says why.
pub const ARTEMIS_ERROR: i32 = 1;
/// The data are not what they should be; record, offset, column say where.
pub const ARTEMIS_BAD_DATA: i32 = 2;
/// An argument or a property is not acceptable.
pub const ARTEMIS_INVALID: i32 = 3;
/// The component does not do this.
pub const ARTEMIS_UNSUPPORTED: i32 = 4;
/// A panic or an exception was caught at the boundary.
pub const ARTEMIS_PANIC: i32 = 5;
/// The instance failed before and takes no more calls.
pub const ARTEMIS_POISONED: i32 = 6;
/// The host asked for the stop (an action, or `cancelled`); no failure.
pub const ARTEMIS_STOPPED: i32 = 7;

/// Action on a rejected cell: write a null and go on.
pub const ARTEMIS_ACTION_NULL: i32 = 0;
/// Action on a rejected cell or record: leave the record out.
pub const ARTEMIS_ACTION_DROP: i32 = 1;
/// Action on a reject: return `ARTEMIS_STOPPED` soon.
pub const ARTEMIS_ACTION_STOP: i32 = 2;

/// Log level: something failed.
pub const ARTEMIS_LOG_ERROR: u32 = 1;
/// Log level: something to look at.
pub const ARTEMIS_LOG_WARN: u32 = 2;
/// Log level: a step of the work.
pub const ARTEMIS_LOG_INFO: u32 = 3;
/// Log level: for the author.
pub const ARTEMIS_LOG_DEBUG: u32 = 4;
/// Log level: everything.
pub const ARTEMIS_LOG_TRACE: u32 = 5;

/// Context flag: the first chunk of its datum.
pub const ARTEMIS_FLAG_FIRST: u64 = 1;
/// Context flag: the last chunk of its datum.
pub const ARTEMIS_FLAG_LAST: u64 = 2;
/// Context flag: a sampling pass; nothing that is booked now counts.
pub const ARTEMIS_FLAG_SAMPLE: u64 = 4;
/// Context flag: the batches come from a parent's finalize.
pub const ARTEMIS_FLAG_FINALIZE: u64 = 8;

/// Component kind: reader.
pub const ARTEMIS_KIND_READER: u32 = 1;
/// Component kind: algorithm.
pub const ARTEMIS_KIND_ALGORITHM: u32 = 2;
/// Component kind: tool.
pub const ARTEMIS_KIND_TOOL: u32 = 3;

/// Kind of a property's value: absent.
pub const ARTEMIS_VALUE_NONE: u32 = 0;
/// Kind of a property's value: `integer` is 0 or 1.
pub const ARTEMIS_VALUE_BOOL: u32 = 1;
/// Kind of a property's value: `integer`.
pub const ARTEMIS_VALUE_INT: u32 = 2;
/// Kind of a property's value: `number`.
pub const ARTEMIS_VALUE_FLOAT: u32 = 3;
/// Kind of a property's value: `text`.
pub const ARTEMIS_VALUE_STRING: u32 = 4;
/// Kind of a property's value: `items[0..count]`.
pub const ARTEMIS_VALUE_LIST: u32 = 5;
/// Kind of a property's value: `keys` with `items`, sorted by key.
pub const ARTEMIS_VALUE_TABLE: u32 = 6;

/// Framing: delimited text; the host cuts at record ends.
pub const ARTEMIS_FRAMING_DELIMITED: u32 = 1;
/// Framing: records of one length in bytes.
pub const ARTEMIS_FRAMING_FIXED: u32 = 2;
/// Framing: records with a length in front (RDW, or BDW and RDW).
pub const ARTEMIS_FRAMING_PREFIXED: u32 = 3;
/// Framing: a serial callback of the reader finds the next boundary.
pub const ARTEMIS_FRAMING_SCANNED: u32 = 4;
/// Framing: the reader lists its own blocks.
pub const ARTEMIS_FRAMING_SELF: u32 = 5;
/// Framing: the reader opens a URI itself.
pub const ARTEMIS_FRAMING_EXTERNAL: u32 = 6;

/// Axis of a histogram: bins of equal width between `lower` and `upper`.
pub const ARTEMIS_AXIS_FIXED: u32 = 1;
/// Axis of a histogram: `edges[0..edge_count]`, ascending.
pub const ARTEMIS_AXIS_VARIABLE: u32 = 2;
/// Axis of a histogram: bins of equal ratio, `lower` > 0.
pub const ARTEMIS_AXIS_LOG: u32 = 3;
/// Axis of a histogram: `bins` bins, their limits from the sample.
pub const ARTEMIS_AXIS_SAMPLE: u32 = 4;

/// A borrowed text or bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct artemis_str {
    /// First byte; may be null when `len` is 0.
    pub data: *const u8,
    /// Length in bytes.
    pub len: u64,
}

/// The caller's place for an error. The callee fills it before it returns anything but `ARTEMIS_OK`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct artemis_error {
    /// Size of this struct in bytes.
    pub struct_size: u64,
    /// One of the statuses.
    pub status: i32,
    /// Zero.
    pub reserved: u32,
    /// Record number within the datum, from 0; −1: unknown.
    pub record: i64,
    /// Byte offset within the datum; −1: unknown.
    pub offset: i64,
    /// Name of the column, ended by NUL; empty: unknown.
    pub column: [u8; 128],
    /// What happened, UTF-8, ended by NUL.
    pub text: [u8; 1024],
}

/// The value of a property.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct artemis_value {
    /// One of the value kinds.
    pub kind: u32,
    /// Zero.
    pub reserved: u32,
    /// Bool, int; durations in nanoseconds and sizes in bytes are ints.
    pub integer: i64,
    /// Float.
    pub number: f64,
    /// String; paths are absolute.
    pub text: artemis_str,
    /// Items of a list, values of a table.
    pub items: *const artemis_value,
    /// Keys of a table.
    pub keys: *const artemis_str,
    /// Number of items.
    pub count: u64,
}

/// A histogram to book.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct artemis_histogram {
    /// Size of this struct in bytes.
    pub struct_size: u64,
    /// Name within the algorithm.
    pub name: artemis_str,
    /// Title for people.
    pub title: artemis_str,
    /// Name of the axis, with its unit.
    pub axis_name: artemis_str,
    /// One of the axis kinds.
    pub axis: u32,
    /// Number of bins (fixed, logarithmic, sample).
    pub bins: u32,
    /// Lower edge of the first bin.
    pub lower: f64,
    /// Upper edge of the last bin.
    pub upper: f64,
    /// Edges of a variable axis.
    pub edges: *const f64,
    /// Number of edges.
    pub edge_count: u64,
}

/// A cell or record that cannot be converted.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct artemis_reject {
    /// Size of this struct in bytes.
    pub struct_size: u64,
    /// Record number within the datum, from 0.
    pub record: u64,
    /// Byte offset of the cell or record within the datum.
    pub offset: u64,
    /// Column of a cell; empty: the whole record.
    pub column: artemis_str,
    /// Why, without the text of the cell.
    pub reason: artemis_str,
    /// Bytes of the cell, or of the record.
    pub raw: artemis_str,
    /// Bytes of the whole record, for quarantine.
    pub raw_record: artemis_str,
}

/// The bytes of a block.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct artemis_chunk {
    /// Size of this struct in bytes.
    pub struct_size: u64,
    /// Whole records; `CHUNK_PADDING_BYTES` bytes behind `len` are readable.
    pub data: *const u8,
    /// Length in bytes.
    pub len: u64,
    /// Names the memory for `keep_chunk` and `release_chunk`; null: it cannot be kept.
    pub handle: *mut c_void,
}

/// How a reader's inputs are cut into records.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct artemis_framing {
    /// Size of this struct in bytes.
    pub struct_size: u64,
    /// One of the framings.
    pub kind: u32,
    /// Delimited: bytes of one code unit (1, 2 or 4).
    pub unit_bytes: u32,
    /// Delimited: the delimiter; −1: none.
    pub delimiter: i32,
    /// Delimited: the quote; −1: none.
    pub quote: i32,
    /// Delimited: the escape; −1: none.
    pub escape: i32,
    /// Delimited: the comment mark; −1: none.
    pub comment: i32,
    /// Delimited: the terminator; −1: LF or CRLF.
    pub terminator: i32,
    /// Delimited: header records.
    pub header_records: u32,
    /// Delimited: footer records.
    pub footer_records: u32,
    /// Prefixed: 1 for RDW, 2 for BDW and RDW.
    pub prefix: u32,
    /// Fixed: record length in bytes.
    pub record_bytes: u64,
    /// Fixed: bytes before the first record.
    pub header_bytes: u64,
    /// Fixed: bytes after the last record.
    pub footer_bytes: u64,
}

/// What a call is about. Valid for the call only.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct artemis_context {
    /// Size of this struct in bytes.
    pub struct_size: u64,
    /// The host's services.
    pub host: *const artemis_host,
    /// The host's own.
    pub handle: *mut c_void,
    /// Name of the job.
    pub job: artemis_str,
    /// Node of the menu.
    pub node: artemis_str,
    /// Configured name of the component.
    pub component: artemis_str,
    /// Index of the datum among the inputs.
    pub datum_index: u64,
    /// Name of the datum.
    pub datum_name: artemis_str,
    /// Content id of the datum, when it is known already.
    pub datum_content_id: artemis_str,
    /// Index of the chunk within its run.
    pub chunk_index: u64,
    /// Index of the block within its datum.
    pub block_index: u64,
    /// Offset of the block within its datum, in bytes.
    pub byte_offset: u64,
    /// Number of the block's first record within its datum, from 0.
    pub first_record: u64,
    /// The context flags.
    pub flags: u64,
}
