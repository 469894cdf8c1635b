//! What stands where in a fixed-width record.
//!
//! Pure types and parsers: bytes or values in, values out, no IO. The reader of fixed-width files reads by them, and
//! the host prints them.
//!
//! ```
//! use artemis_record_layout::{Layout, Records, Value};
//! let layout = Layout::from_toml(
//!     r#"
//!     encoding = "cp037"
//!     record_bytes = 20
//!     [[fields]]
//!     name = "id"
//!     width = 8
//!     type = "zoned"
//!     [[fields]]
//!     name = "amount"
//!     start = 15
//!     width = 6
//!     type = "packed"
//!     scale = 2
//!     "#,
//! )?;
//! assert!(matches!(layout.records, Records::Fixed { record_bytes: 20, .. }));
//! assert_eq!(layout.fields[0].value, Value::Int64);
//! assert_eq!(layout.fields[1].value, Value::Decimal { precision: 11, scale: 2 });
//! // Positions count from 1 in files, as on paper; offsets from 0.
//! assert_eq!(layout.fields[1].offset, 14);
//! # Ok::<(), artemis_record_layout::LayoutError>(())
//! ```

mod copybook;
mod encoding;
mod field;
mod layout;
mod nulls;
mod pattern;
mod read;

#[cfg(test)]
mod tests;

pub use copybook::{BinarySize, Copybook, FloatForm, SourceFormat, Views};
pub use encoding::Encoding;
pub use field::{Field, Form, Order, Sign, Trim, Value};
pub use layout::{Layout, LayoutError, LongRecords, MAX_FIELDS, MAX_RECORD_BYTES, Records, ShortRecords};
pub use nulls::Nulls;
pub use pattern::{Item, Pattern, PatternKind};
