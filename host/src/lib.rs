//! The host of artemis: runs a menu of algorithms, loaded from plugins, over the chunks of every input, and keeps
//! the results in a store.
//!
//! The library never prints, exits or reads the command line; the program `artemis-host` does.

pub mod book;
pub mod catalog;
pub mod chunk;
pub mod collector;
pub mod datum;
pub mod guess;
pub mod ingest;
pub mod interchange;
pub mod job;
pub mod limits;
pub mod menu;
pub mod plugin;
pub mod scaffold;
pub mod split;
pub mod steering;
pub mod store;
pub mod writer;
