//! Placeholder.

pub mod catalog;
pub mod store;
