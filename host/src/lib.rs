//! Placeholder.

pub mod menu;
pub mod plugin;
pub mod steering;
