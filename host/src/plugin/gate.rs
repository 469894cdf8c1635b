//! The layout gate of `abi_stable`: a Rust plugin whose root module has another layout is refused before any of its
//! functions run. A plugin without a root module passes.

use abi_stable::library::{LibraryError, lib_header_from_path};
use artemis_plugin_api::abi::ABI_MAJOR;
use artemis_plugin_api::export::RootRef;
use std::path::Path;

/// Checks the root module of a library, where it has one.
///
/// # Errors
/// The difference between the layouts, in the words of `abi_stable`.
pub(super) fn check(path: &Path) -> Result<(), String> {
    let header = match lib_header_from_path(path) {
        Ok(header) => header,
        Err(LibraryError::GetSymbolError { .. }) => return Ok(()),
        Err(LibraryError::OpenError { err, .. }) => return Err(format!("cannot load it: {err}")),
        Err(other) => return Err(format!("its root module is not one: {other}")),
    };
    let root = header
        .init_root_module::<RootRef>()
        .map_err(|e| format!("its root module has another layout; build it with this SDK: {e}"))?;
    if root.abi_major() != ABI_MAJOR {
        return Err(format!(
            "it speaks ABI {}.{}, this host {ABI_MAJOR}; its vendor must rebuild it",
            root.abi_major(),
            root.abi_minor()
        ));
    }
    Ok(())
}
