//! Plugins: what their files say of them, where they are found, and the safe face of those that are loaded.
//!
//! `unsafe` lives here and in the SDK only. Nothing outside of this folder sees a C structure.

mod algorithm;
pub mod cache;
pub mod catalogue;
mod check;
mod component;
pub mod conformance;
mod crossing;
pub mod elf;
mod gate;
mod library;
pub mod lock;
pub mod manifest;
pub mod needs;
mod reader;
pub mod scan;
pub mod secret;
mod services;
mod tool;
pub mod trial;
pub mod trust;
mod values;
pub mod version;

pub use algorithm::{Algorithm, AlgorithmInstance, Partial};
pub use catalogue::{Catalogue, Entry, PluginFile, Status, UnknownComponent};
pub use component::Failure;
pub use library::{Library, LoadError};
pub use reader::{Datum, Reader, ReaderInstance, Sample};
pub use tool::{Place, Tool};
