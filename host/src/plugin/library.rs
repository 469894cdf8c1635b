//! Opens a plugin's library, from a private copy, and takes its tables. A loaded library is never unloaded: batches carry release
//! callbacks into it.
#![allow(unsafe_code)]

use super::cache::{self, PrivateCopy};
use super::catalogue::PluginFile;
use super::gate;
use super::manifest::ComponentKind;
use super::services::host_table;
use artemis_plugin_api::abi::*;
use artemis_plugin_api::export::{empty_error, read_error};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

/// Why a library was not taken.
#[derive(Clone, Debug, thiserror::Error)]
#[error("plugin `{plugin}` ({}) was refused: {reason}", path.display())]
pub struct LoadError {
    /// Id of the plugin.
    pub plugin: String,
    /// Its file.
    pub path: PathBuf,
    /// What is wrong, and what to do.
    pub reason: String,
}

/// A loaded library.
pub struct Library {
    /// Id of the plugin, for messages.
    pub(super) plugin: String,
    /// Directory of the file that was found, not of its copy.
    pub(super) dir: String,
    components: HashMap<String, Table>,
}

/// The functions of one component.
#[derive(Clone, Copy)]
pub(super) enum Table {
    Reader(&'static artemis_reader),
    Algorithm(&'static artemis_algorithm),
    Tool(&'static artemis_tool),
}

impl PluginFile {
    /// The private copy of the file, made at first use; all later uses see the same bytes.
    ///
    /// # Errors
    /// When the file cannot be read, is not the pinned one, or cannot be copied.
    pub fn private_copy(&self) -> Result<&PrivateCopy, LoadError> {
        if let Some(copy) = self.copy.get() {
            return Ok(copy);
        }
        let copy =
            cache::private_copy(&self.path, cache::folder(), self.pin.as_deref()).map_err(|error| {
                LoadError {
                    plugin: self.manifest.id.clone(),
                    path: self.path.clone(),
                    reason: error.to_string(),
                }
            })?;
        Ok(self.copy.get_or_init(|| copy))
    }

    /// Loads the library from its private copy, once per process and file.
    ///
    /// # Errors
    /// As [`Library::load`].
    pub fn load(&self) -> Result<Arc<Library>, LoadError> {
        Library::load_copy(&self.manifest.id, &self.path, self.private_copy()?)
    }
}

impl Library {
    /// Loads a library from a private copy, once per process and file.
    ///
    /// # Errors
    /// When it cannot be copied or opened, fails the gate, or its tables are not what the ABI says.
    pub fn load(plugin: &str, path: &Path) -> Result<Arc<Library>, LoadError> {
        let refused = |reason: String| LoadError { plugin: plugin.to_owned(), path: path.into(), reason };
        let real = path.canonicalize().map_err(|e| refused(format!("cannot open it: {e}")))?;
        let copy = cache::private_copy(&real, cache::folder(), None).map_err(|e| refused(e.to_string()))?;
        Self::load_copy(plugin, &real, &copy)
    }

    fn load_copy(plugin: &str, path: &Path, copy: &PrivateCopy) -> Result<Arc<Library>, LoadError> {
        /// By the folder of the file and by its hash: the same bytes in another folder are another plugin.
        type Loaded = HashMap<(PathBuf, String), Arc<Library>>;
        static LOADED: OnceLock<Mutex<Loaded>> = OnceLock::new();
        let refused = |reason: String| LoadError { plugin: plugin.to_owned(), path: path.into(), reason };
        let mut loaded = LOADED
            .get_or_init(Mutex::default)
            .lock()
            .map_err(|_| refused("an earlier load panicked".into()))?;
        let key = (path.to_owned(), copy.sha256.clone());
        if let Some(library) = loaded.get(&key) {
            return Ok(library.clone());
        }
        let components = open(&copy.path, host_table()).map_err(refused)?;
        let dir = path.parent().unwrap_or(Path::new("/")).to_string_lossy().into_owned();
        let library = Arc::new(Library { plugin: plugin.to_owned(), dir, components });
        loaded.insert(key, library.clone());
        Ok(library)
    }

    /// The components that it exports, sorted by name.
    pub fn components(&self) -> Vec<(ComponentKind, &str)> {
        let kind = |table: &Table| match table {
            Table::Reader(_) => ComponentKind::Reader,
            Table::Algorithm(_) => ComponentKind::Algorithm,
            Table::Tool(_) => ComponentKind::Tool,
        };
        let mut all: Vec<_> =
            self.components.iter().map(|(name, table)| (kind(table), name.as_str())).collect();
        all.sort_by_key(|(_, name)| *name);
        all
    }

    /// The functions of a component.
    pub(super) fn table(&self, component: &str) -> Option<Table> {
        self.components.get(component).copied()
    }
}

/// Opens a library and takes its tables; `host` lives as long as the process.
pub(super) fn open(path: &Path, host: *const artemis_host) -> Result<HashMap<String, Table>, String> {
    gate::check(path)?;
    // SAFETY: opening runs the library's initializers; that is what a user asks for who names the plugin in a menu.
    let library = unsafe { libloading::Library::new(path) }.map_err(|e| format!("cannot load it: {e}"))?;
    // SAFETY: the ABI gives the symbol this type.
    let entry = unsafe { library.get::<artemis_entry>(b"artemis_plugin_v1\0") }
        .map(|symbol| *symbol)
        .map_err(|_| "it exports no `artemis_plugin_v1`".to_owned());
    // Never unloaded, whatever comes of it: even a refused library may have started something.
    std::mem::forget(library);
    let entry = entry?;

    let mut error = empty_error();
    let mut plugin = artemis_plugin {
        struct_size: size_of::<artemis_plugin>() as u64,
        abi_minor: 0,
        reserved: 0,
        components: std::ptr::null(),
        component_count: 0,
    };
    // SAFETY: the host's table lives as long as the process, the others for the call.
    let status = unsafe { entry(host, &mut plugin, &mut error) };
    if status != ARTEMIS_OK {
        return Err(format!("its entry failed: {}", read_error(status, &error)));
    }
    tables(&plugin)
}

/// Upper bound of components in one library, against a count that is not one.
const COMPONENTS_MAX: u64 = 10_000;

fn tables(plugin: &artemis_plugin) -> Result<HashMap<String, Table>, String> {
    if plugin.components.is_null() || plugin.component_count > COMPONENTS_MAX {
        return Err(format!("its entry lists {} components", plugin.component_count));
    }
    let mut components = HashMap::new();
    // A later minor revision may have longer entries: the first one says how long they are.
    // SAFETY: there is a component if the count says so, and it starts with its size.
    let stride = if plugin.component_count == 0 { 0 } else { unsafe { (*plugin.components).struct_size } };
    if plugin.component_count > 0 && (stride < size_of::<artemis_component>() as u64 || stride % 8 != 0) {
        return Err(format!("its components say that they have {stride} bytes"));
    }
    for i in 0..plugin.component_count as usize {
        // SAFETY: the plugin lists `component_count` components of `stride` bytes that live as long as the process.
        let component = unsafe { &*plugin.components.byte_add(i * stride as usize) };
        if component.name.data.is_null() {
            return Err(format!("component {i} has no name"));
        }
        // SAFETY: as above.
        let name = unsafe { std::slice::from_raw_parts(component.name.data, component.name.len as usize) };
        let name = std::str::from_utf8(name).map_err(|_| "a component's name is not UTF-8".to_owned())?;
        let table = match component.kind {
            // SAFETY: a component of this kind has this table, which lives as long as the process.
            ARTEMIS_KIND_READER => unsafe { sized(component.reader, &[]) }.map(Table::Reader),
            ARTEMIS_KIND_ALGORITHM => {
                // SAFETY: as above.
                unsafe { sized(component.algorithm, &MAY_BE_NULL) }.map(Table::Algorithm)
            }
            // SAFETY: as above.
            ARTEMIS_KIND_TOOL => unsafe { sized(component.tool, &[]) }.map(Table::Tool),
            other => return Err(format!("component `{name}` is of the unknown kind {other}")),
        };
        let table = table.ok_or_else(|| {
            format!("component `{name}` has no table, or one that is too small or lacks a function")
        })?;
        components.insert(name.to_owned(), table);
    }
    Ok(components)
}

/// Functions of an algorithm that may be null, by their place in the table: `book`, the six of partials, `finalize`
/// and `abort`.
const MAY_BE_NULL: [usize; 9] = [4, 7, 8, 9, 10, 11, 12, 14, 15];

/// A table that is as large as revision 1.0 has it, with all functions that must be there.
///
/// # Safety
/// `table` is null or starts with its size in bytes and lives as long as the process.
unsafe fn sized<T>(table: *const T, may_be_null: &[usize]) -> Option<&'static T> {
    if table.is_null() {
        return None;
    }
    // SAFETY: every table starts with its size.
    let bytes = unsafe { *table.cast::<u64>() };
    if bytes < size_of::<T>() as u64 {
        return None;
    }
    // Behind its size a table is functions only, each a pointer: one that is null would be no Rust value.
    for place in 1..size_of::<T>() / size_of::<usize>() {
        // SAFETY: the table is at least as large as the type.
        let is_null = unsafe { *table.cast::<usize>().add(place) } == 0;
        if is_null && !may_be_null.contains(&place) {
            return None;
        }
    }
    // SAFETY: the table is at least as large as the type, and its functions are there.
    Some(unsafe { &*table })
}
