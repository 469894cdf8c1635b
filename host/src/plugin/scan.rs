//! Looks through plugin directories and remembers every file in them, with its manifest or the reason why not.
//!
//! A directory holds `.so` files, or folders with a `plugin.toml` that points to a library elsewhere:
//!
//! ```toml
//! # Where `{target}` is, relative to this file. ARTEMIS_TARGET_DIR takes its place when set.
//! target = "../../target"
//! # Relative to this file. `{profile}` is `debug` or `release`, as the running host was built.
//! library = "{target}/{profile}/libmy_plugin.so"
//! ```
//!
//! Nothing is loaded here.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::catalogue::{Catalogue, Entry, PluginFile, Status};
use super::elf;
use super::manifest::Manifest;
use super::needs::Linker;
use super::trust::Trust;
use crate::menu::problem::{Problems, Report};
use crate::menu::section::Section;
use crate::menu::tree;

#[cfg(test)]
mod tests;

/// The file in a folder that points to a library.
const POINTER: &str = "plugin.toml";
/// More than a pointer needs.
const MAX_POINTER_BYTES: u64 = 64 << 10;

/// What the placeholders of a `plugin.toml` stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// `debug` or `release`, as the running host was built.
    pub profile: String,
    /// Takes the place of the `target` that a `plugin.toml` names.
    pub target_dir: Option<PathBuf>,
}

/// Looks through directories, in their order; `ARTEMIS_TARGET_DIR` is taken from the environment.
///
/// Files that are no plugins, or not usable ones, are entries with a reason; a directory that cannot be read is one
/// too. Of two files with the same id and version both are refused.
pub fn scan(directories: &[PathBuf], profile: &str, trust: &Trust) -> Catalogue {
    scan_with(directories, &Layout::of_environment(profile), trust)
}

impl Layout {
    /// `ARTEMIS_TARGET_DIR` is taken from the environment.
    fn of_environment(profile: &str) -> Self {
        let target_dir =
            std::env::var_os("ARTEMIS_TARGET_DIR").filter(|value| !value.is_empty()).map(PathBuf::from);
        Self { profile: profile.to_owned(), target_dir }
    }
}

/// Looks at one file or folder as [`scan`] does.
pub fn entry(path: &Path, profile: &str, trust: &Trust) -> Entry {
    let layout = Layout::of_environment(profile);
    let mut scan = Scan { layout: &layout, trust, linker: Linker::of_process() };
    Entry { path: path.to_owned(), status: scan.look(path) }
}

/// As [`scan`], with everything given.
pub fn scan_with(directories: &[PathBuf], layout: &Layout, trust: &Trust) -> Catalogue {
    let mut scan = Scan { layout, trust, linker: Linker::of_process() };
    let mut entries = Vec::new();
    for directory in directories {
        match names(directory) {
            Ok(names) => entries.extend(names.into_iter().map(|path| {
                let status = scan.look(&path);
                Entry { path, status }
            })),
            Err(error) => entries.push(Entry {
                path: directory.clone(),
                status: refused(
                    format!("cannot be read: {error}"),
                    "name a folder of plugins with --plugins",
                ),
            }),
        }
    }
    Catalogue::new(entries)
}

/// The paths in a directory, sorted by name so that nothing depends on the file system's order.
fn names(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut names = fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| directory.join(entry.file_name())))
        .collect::<Result<Vec<_>, _>>()?;
    names.sort();
    Ok(names)
}

/// What the files are looked at with.
struct Scan<'a> {
    layout: &'a Layout,
    trust: &'a Trust,
    linker: Linker,
}

impl Scan<'_> {
    fn look(&mut self, path: &Path) -> Status {
        if path.is_dir() {
            let pointer = path.join(POINTER);
            if !pointer.is_file() {
                return skipped("a folder without a plugin.toml");
            }
            if let Err(exposed) = self.trust.check(&pointer) {
                return refused(format!("has a plugin.toml that {exposed}"), exposed.remedy());
            }
            return match library(&pointer, self.layout) {
                Ok(library) if !library.is_file() => refused(
                    format!("points to {}, which is not there", library.display()),
                    "build the plugin (cargo build), or correct `library` in its plugin.toml",
                ),
                Ok(library) => self.plugin(&library),
                Err(status) => status,
            };
        }
        match path.extension().and_then(OsStr::to_str) {
            Some("so") => self.plugin(path),
            _ => skipped("not a .so file"),
        }
    }

    /// Checks who may write to the library, reads its manifest, and looks whether all that it needs is here.
    fn plugin(&mut self, path: &Path) -> Status {
        if let Err(exposed) = self.trust.check(path) {
            return refused(exposed.to_string(), exposed.remedy());
        }
        let read = match elf::read(path) {
            Ok(read) => read,
            Err(error) => return refused(error.to_string(), error.remedy()),
        };
        let manifest = match Manifest::parse(&read.manifest_text) {
            Ok(manifest) => manifest,
            Err(problems) => {
                return refused(
                    format!(
                        "has a manifest that does not read: {}",
                        problems.to_string().replace('\n', "; ")
                    ),
                    "the plugin's author has to correct the manifest",
                );
            }
        };
        // Absolute, because the loader looks elsewhere for a name without a slash.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if let Err(unmet) = self.linker.check(&path, &read.dynamic) {
            return refused(unmet.to_string(), unmet.remedy());
        }
        Status::Available(Box::new(PluginFile {
            path,
            manifest,
            abi: read.abi,
            root_module: read.root_module,
            needed: read.dynamic.needed,
            pin: None,
            copy: OnceLock::new(),
        }))
    }
}

/// The library that a `plugin.toml` points to.
fn library(pointer: &Path, layout: &Layout) -> Result<PathBuf, Status> {
    const REMEDY: &str = "correct this plugin.toml";
    let text = match fs::metadata(pointer) {
        Ok(metadata) if metadata.len() > MAX_POINTER_BYTES => {
            return Err(refused(format!("has a plugin.toml of {} bytes", metadata.len()), REMEDY));
        }
        Ok(_) => fs::read_to_string(pointer),
        Err(error) => Err(error),
    };
    let text =
        text.map_err(|error| refused(format!("has a plugin.toml that cannot be read: {error}"), REMEDY))?;
    let pointed = point(&text, &pointer.display().to_string(), layout)
        .map_err(|problems| refused(problems.to_string().replace('\n', "; "), REMEDY))?;
    Ok(pointer.parent().unwrap_or(Path::new("")).join(pointed))
}

/// Reads a `plugin.toml` and fills in its placeholders.
fn point(text: &str, file: &str, layout: &Layout) -> Result<PathBuf, Problems> {
    let mut report = Report::default();
    let (table, malformed) = tree::parse(text);
    for bad in malformed {
        report.error(&tree::Place { span: bad.span, option: None }, bad.message, None);
    }
    let mut root = Section::new(&table, tree::Place::default(), "plugin.toml");
    root.required("library", "library = \"{target}/{profile}/libmy_plugin.so\"", &mut report);
    let library = root.string("library", &mut report).unwrap_or_default();
    let target = root.string("target", &mut report);
    if library.contains("{target}") && target.is_none() && layout.target_dir.is_none() {
        report.error(
            root.place_of("library"),
            "`{target}` without a key `target`",
            "write target = \"…\"".to_owned(),
        );
    }
    root.finish(&mut report);
    let problems = report.finish(file, text, &[]);
    if problems.has_errors() {
        return Err(problems);
    }
    let mut path = PathBuf::new();
    for part in Path::new(library).components() {
        match part.as_os_str().to_str() {
            Some("{target}") => match &layout.target_dir {
                // The environment's folder is relative to where the host runs, the file's key to the file.
                Some(set) => path.push(std::path::absolute(set).unwrap_or_else(|_| set.clone())),
                None => path.push(target.unwrap_or_default()),
            },
            Some(text) => path.push(text.replace("{profile}", &layout.profile)),
            None => path.push(part),
        }
    }
    Ok(path)
}

fn skipped(reason: &str) -> Status {
    Status::Skipped { reason: reason.to_owned() }
}

fn refused(reason: String, remedy: impl Into<String>) -> Status {
    Status::Refused { reason, remedy: remedy.into() }
}
