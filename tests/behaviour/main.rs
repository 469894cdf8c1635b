//! Behaviour of the whole, as a user meets it: the program as a process, plugins as files, results on disk.
// The helpers of a test binary are tests too: what fails in them fails the test.
#![allow(clippy::unwrap_used)]

mod bad_job_files;
mod determinism;
mod example;
mod flights;
mod inputs;
mod interchange;
mod memory;
mod misbehaving;
mod mismatches;
mod records;
mod survival;
mod third_party;
mod tidy;
