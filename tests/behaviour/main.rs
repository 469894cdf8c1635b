//! Behaviour of the whole, as a user meets it: the program as a process, plugins as files, results on disk.
// The helpers of a test binary are tests too: what fails in them fails the test.
#![allow(clippy::unwrap_used)]

mod bad_job_files;
mod compatibility;
mod determinism;
mod example;
mod fixed_width;
mod flights;
mod header;
mod inputs;
mod interchange;
mod memory;
mod misbehaving;
mod mismatches;
mod plugin_check;
mod plugin_list;
mod plugin_run;
mod plugins_new;
mod properties;
mod records;
mod store_commits;
mod store_kills;
mod store_life;
mod store_places;
mod survival;
mod third_party;
mod tidy;
mod trust;
