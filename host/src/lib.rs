//! Placeholder.

pub mod split;
