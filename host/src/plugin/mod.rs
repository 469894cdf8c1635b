//! Plugins: what their files say of them, and where they are found.

pub mod manifest;
pub mod version;
