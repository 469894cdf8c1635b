//! Plugins: what their files say of them, and where they are found.

pub mod catalogue;
pub mod elf;
pub mod manifest;
pub mod scan;
pub mod version;
