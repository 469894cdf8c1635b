//! The host of artemis: runs a menu of algorithms, loaded from plugins, over the chunks of every input, and keeps
//! the results in a store. The modules stand in the order in which data flows.

pub mod chunk;
pub mod menu;
pub mod plugin;
pub mod split;
pub mod steering;
pub mod store;
