//! The metadata messages: the public Artemis / Cronus model and this host's own, as Rust types.
//!
//! The types are generated from the `.proto` files of this crate and carry no logic. Maps are sorted,
//! so equal messages encode to equal bytes.
//!
//! | module | holds |
//! |---|---|
//! | [`artemis`] | job record, timers, summary |
//! | [`cronus`] | menu, configuration, table |
//! | [`cronus_objects`] | store and dataset records, t-digests (the model's files without a package) |
//! | [`physt`] | histograms |
//! | [`host`] | commits, recipes, parts, attempts: this host's additions |

/// The modules as the generator nests them: messages refer to each other along these paths.
#[allow(missing_docs, non_snake_case, non_camel_case_types, clippy::all, rustdoc::all)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/generated.rs"));
}

/// Menu, configuration and table messages (package `cronus`).
pub use generated::cronus;
/// Histogram messages (package `physt`).
pub use generated::physt;

/// The job record, its summary and timers (package `artemis`).
pub mod artemis {
    pub use crate::generated::artemis::{JobInfo, JobState, Summary, Timer};
}

/// The host's own messages (package `artemis.host.v1`).
pub use generated::artemis::host::v1 as host;

/// Store, dataset and t-digest messages: the files of the model that have no package.
pub mod cronus_objects {
    pub use crate::generated::*;
}

/// The version that writers of `host` messages put in `format_version`, and the newest that readers accept.
pub const FORMAT_VERSION: u32 = 1;

/// The encoded `FileDescriptorSet` of all messages, for printing stored messages by name.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
