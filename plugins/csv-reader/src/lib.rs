//! Reads delimited text into Arrow record batches.
//!
//! The parsing core is plain functions over bytes; it does no IO. The life-cycle:
//!
//! 1. [`Options`] say how the text is written; [`Dialect`] is the checked form of its structuring bytes.
//! 2. [`read_header`] takes the start of an input and gives the column names and where the data begin.
//! 3. [`Inference::scan`] looks at sampled chunks; inferences merge in any order and give a schema.
//! 4. [`Parser::parse`] turns a chunk of whole records into one batch, and lists each cell and record that
//!    does not fit. Its caller decides what becomes of those.
//!
//! [`Csv`] does the same as a component: `csv-reader/csv` in job files.
//!
//! ```
//! use artemis_csv_reader::{Inference, Options, Parser, Scratch, read_header};
//! // 1.
//! let options = Options::default();
//! let file = b"id,name\r\n1,ann\r\n2,\"bo\"\"b\"\r\n";
//! // 2.
//! let header = read_header(&options, file);
//! assert_eq!(header.names, ["id", "name"]);
//! let data = &file[header.length..];
//! // 3.
//! let mut inference = Inference::new(header.names.len());
//! inference.scan(&options, data)?;
//! let schema = inference.schema(&header.names, &options);
//! // 4.
//! let parser = Parser::new(&options, schema.into(), header.names.len())?;
//! let parsed = parser.parse(data, &mut Scratch::default())?;
//! assert_eq!(parsed.batch.num_rows(), 2);
//! assert!(parsed.mismatches.is_empty() && parsed.record_errors.is_empty());
//! # Ok::<(), artemis_csv_reader::CsvError>(())
//! ```

mod cell;
mod column;
mod datatype;
mod dialect;
mod float;
mod header;
mod index;
mod infer;
mod integer;
mod locate;
mod number;
mod options;
mod parse;
mod plugin;
mod record;
mod simd;
mod text;
mod time;

#[cfg(test)]
mod tests;

pub use datatype::{EXACT_F64, TYPE_NAMES, parse_type, type_name};
pub use dialect::{Dialect, DialectError, Terminator};
pub use header::{Header, name_columns, read_header};
pub use index::{RecordError, RecordFault};
pub use infer::{ColumnState, Inference};
pub use options::{CsvError, Nulls, Options};
pub use parse::{ColumnPlan, Mismatch, Parsed, Parser, Scratch};
pub use plugin::Csv;

artemis_plugin_api::export_plugin! {
    id: "csv-reader",
    version: env!("CARGO_PKG_VERSION"),
    vendor: "The artemis-host authors",
    licence: "Apache-2.0",
    description: "Reads delimited text.",
    readers: [Csv],
    algorithms: [],
    tools: [],
}
