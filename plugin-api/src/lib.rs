//! All that the author of an artemis-host plugin sees.
//!
//! # The life of a component
//!
//! 1. The host reads the *manifest* from the file without loading it: id, version, components, properties.
//! 2. A menu names a component: the host loads the library and calls its entry once.
//! 3. **configure**: [`Component::configure`] makes the component from its typed properties. It is immutable
//!    from then on (*lock*) and serves all threads.
//! 4. **sample** (readers): [`Reader::open_datum`] sees the header of each input, [`Reader::sample`] some chunks;
//!    [`Reader::schemas`] says what was seen; the host joins that over all inputs.
//! 5. **initialize**: schemas in, schemas out; each worker gets an *instance* as scratch space.
//! 6. **book**: algorithms book histograms and timers. A sampling pass may run them once; nothing of it counts.
//! 7. **execute**: chunk by chunk, on every core. What an algorithm accumulates goes into a *partial*, one per run
//!    of chunks; the host merges them in an order that depends on the input alone.
//! 8. **finalize**: the merged partial; algorithms may emit batches here too. Or **abort**.
//!
//! The same steps as code, without a host program:
//!
//! ```
//! use artemis_plugin_api::testing::TestHost;
//! use artemis_plugin_api::*;
//! use arrow::array::{AsArray, Int64Array, RecordBatch};
//! use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
//! use std::sync::Arc;
//!
//! /// Sums the first column.
//! struct Sum { name: String }
//!
//! impl Component for Sum {
//!     const NAME: &'static str = "sum";
//!     const DOC: &'static str = "Sums the first column.";
//!     const PROPERTIES: &'static [Property] = &[Property::string("name").default("sum").doc("output column")];
//!     // 3. configure
//!     fn configure(properties: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
//!         Ok(Sum { name: properties.string("name")?.unwrap_or_else(|| "sum".into()) })
//!     }
//! }
//!
//! impl Algorithm for Sum {
//!     const PARTIAL: &'static str = "exact";
//!     type Instance = ();
//!     type Partial = i64;
//!     // 5. initialize
//!     fn initialize(&mut self, _: &Context<'_>, _: &[SchemaRef]) -> Result<Vec<SchemaRef>> {
//!         Ok(vec![Arc::new(Schema::new(vec![Field::new(&self.name, DataType::Int64, true)]))])
//!     }
//!     fn instance(&self, _: &Context<'_>) -> Result<()> { Ok(()) }
//!     fn partial(&self) -> i64 { 0 }
//!     // 7. execute, and the merge of partials
//!     fn execute(&self, _: &Context<'_>, _: &mut (), partial: &mut i64, inputs: Vec<Input>) -> Result<()> {
//!         for input in inputs {
//!             *partial += input.batch.column(0).as_primitive::<Int64Type>().iter().flatten().sum::<i64>();
//!         }
//!         Ok(())
//!     }
//!     fn merge(&self, into: &mut i64, from: i64) -> Result<()> { *into += from; Ok(()) }
//!     // 8. finalize
//!     fn finalize(&self, context: &Context<'_>, partial: &mut i64) -> Result<()> {
//!         let schema = Arc::new(Schema::new(vec![Field::new(&self.name, DataType::Int64, true)]));
//!         context.emit(0, RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from(vec![*partial]))])?)
//!     }
//! }
//!
//! let host = TestHost::new();
//! let column = Arc::new(Int64Array::from(vec![1, 2, 3]));
//! let schema = Arc::new(Schema::new(vec![Field::new("x", DataType::Int64, true)]));
//! let batch = RecordBatch::try_new(schema, vec![column])?;
//! let run = host.run_algorithm::<Sum>(&[vec![batch]])?;
//! assert_eq!(run[0][0].column(0).as_primitive::<Int64Type>().value(0), 6);
//! # Ok::<(), Error>(())
//! ```

//!
//! # Where to look
//!
//! - [`Reader`], [`Algorithm`], [`Tool`]: the traits; [`Component`]: what they share.
//! - [`Property`] and [`Properties`]: what a job file may set, and how it arrives.
//! - [`Context`] and [`Services`]: where a call is, and what the host does for it.
//! - [`Error`] and [`Action`]: data that is not what it should be.
//! - [`export_plugin!`]: manifest and entry of a library; its crate type is `cdylib`.
//! - [`testing::TestHost`]: tests without the host program.
//! - [`arrow`]: the version that the traits speak; a plugin needs no dependency on it of its own.
//! - [`abi`] and [`mod@export`]: the C tables, for those who write a plugin without these traits.
//!
//! `artemis-host plugins new NAME --lang rust --kind reader` writes a project with all of it.

pub mod abi;
pub mod batch;
mod component;
mod context;
mod error;
pub mod export;
mod framing;
pub mod manifest;
mod property;
pub mod testing;

/// The Rust of the vendor's guide, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../docs/vendor-guide.md")]
mod vendor_guide {}

pub use batch::Chunk;
pub use component::{Algorithm, Component, Input, Reader, Tool};
pub use context::{
    Action, Axis, Call, Context, Histogram, HistogramId, Level, Reject, Services, TimerId, ToolId,
};
pub use error::{Error, Result};
pub use framing::{Delimited, Framing};
pub use property::{Literal, Properties, Property, Value};

/// The version of arrow that this SDK speaks: use it, so that its types are those of the traits.
pub use arrow;

/// Version of the SDK.
pub const SDK: &str = env!("CARGO_PKG_VERSION");
/// Compiler that built the plugin.
pub const RUSTC: &str = env!("ARTEMIS_RUSTC");
/// Version of arrow that the plugin was built with.
pub const ARROW: &str = arrow::ARROW_VERSION;

/// Key of a field's metadata: `"false"` says that some integer of the column is above 2^53 in magnitude, so that the
/// column must not be joined with floats.
pub const NOT_EXACT_AS_F64: &str = "artemis.exact_f64";
