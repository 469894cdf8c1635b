//! Relational components for artemis-host: choose columns, filter rows, group and aggregate.
//!
//! | component | kind | what it does |
//! |---|---|---|
//! | `relational/columns` | tool | keeps or drops columns by name |
//! | `relational/select` | algorithm | the same for a node, directly or through a shared tool |
//! | `relational/where` | algorithm | keeps the rows that meet a condition |
//! | `relational/pass` | algorithm | hands all rows on as they are |
//! | `relational/aggregate` | algorithm | groups rows; count, sum, min, max, mean; emitted at finalize |
//!
//! All of them are exact and give the same bytes whatever the number of workers or the size of the chunks.

mod aggregate;
mod columns;
mod condition;
mod filter;
mod parents;
mod pass;
mod select;
mod types;

pub use aggregate::Aggregate;
pub use columns::Columns;
pub use filter::Where;
pub use pass::Pass;
pub use select::Select;

artemis_plugin_api::export_plugin! {
    id: "relational",
    version: env!("CARGO_PKG_VERSION"),
    vendor: "The artemis-host authors",
    licence: "Apache-2.0",
    description: "Choose columns, filter rows, group and aggregate.",
    readers: [],
    algorithms: [Select, Where, Pass, Aggregate],
    tools: [Columns],
}
