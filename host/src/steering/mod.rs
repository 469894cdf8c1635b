//! Steering: the checked, sorted menu and, above it, its execution on chunks.

pub mod plan;
