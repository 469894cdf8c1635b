//! Reads fixed-width records, in ASCII and EBCDIC, into Arrow record batches.
//!
//! The core is plain functions over bytes; it does no IO. The life-cycle:
//!
//! 1. [`Layout`](artemis_record_layout::Layout) says what stands where.
//! 2. [`Parser::new`] makes ready for it; [`Parser::schema`] is what it gives: types are declared, not inferred.
//! 3. [`Parser::parse`] turns a chunk of whole records into one batch, and lists each cell and record that does not
//!    fit. Its caller decides what becomes of those.
//!
//! [`Fwf`] does the same as a component: `fwf-reader/fwf` in job files.
//!
//! ```
//! use artemis_fwf_reader::Parser;
//! use artemis_record_layout::Layout;
//! // 1.
//! let layout = Layout::from_toml("fields = [{name='id', width=3, type='integer'}, {name='name', width=4}]")?;
//! // 2.
//! let parser = Parser::new(&layout)?;
//! assert_eq!(parser.schema().field(0).name(), "id");
//! // 3.
//! let parsed = parser.parse(b"  1ann \n 17bob \n")?;
//! assert_eq!(parsed.batch.num_rows(), 2);
//! assert!(parsed.mismatches.is_empty() && parsed.record_errors.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod binary;
mod cell;
mod column;
mod fault;
mod number;
mod packed;
mod parse;
mod plugin;
mod rows;
mod text;
mod time;
mod whole;
mod zoned;

#[cfg(test)]
mod tests;

pub use fault::Fault;
pub use parse::{FwfError, Mismatch, Parsed, Parser};
pub use plugin::Fwf;
pub use rows::{RecordError, RecordFault};

artemis_plugin_api::export_plugin! {
    id: "fwf-reader",
    version: env!("CARGO_PKG_VERSION"),
    vendor: "The artemis-host authors",
    licence: "Apache-2.0",
    description: "Reads fixed-width records, in ASCII and EBCDIC.",
    readers: [Fwf],
    algorithms: [],
    tools: [],
}
