//! Writes the project of a new plugin: one component that works, its tests, and how to go on.
//!
//! The templates lie in `scaffold/` as files of their own: they are programs as they stand, with `my-plugin` where the
//! name goes.

mod files;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use crate::plugin::manifest::ComponentKind as Kind;

/// The language of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Rust, with the SDK.
    Rust,
    /// C11, with the header.
    C,
    /// C++17, with the header and its guard against exceptions.
    Cpp,
}

/// What to write.
#[derive(Debug, Clone)]
pub struct Request {
    /// Id of the plugin; see [`check_name`].
    pub name: String,
    /// Its language.
    pub language: Language,
    /// What its component is.
    pub kind: Kind,
    /// The directory to make.
    pub directory: PathBuf,
    /// Directory of the crate `artemis-plugin-api`; `None`: the one that is published. Only Rust needs it.
    pub sdk: Option<PathBuf>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The project's directory, absolute.
    pub directory: PathBuf,
    /// Its files, relative to the directory, sorted.
    pub files: Vec<String>,
    /// `id/name` of its component.
    pub component: String,
    /// The built library, relative to the directory.
    pub library: String,
    /// The command that builds it.
    pub build: &'static str,
    /// The command that tests it without the host.
    pub test: &'static str,
    /// For Rust, where the SDK comes from, as it stands in Cargo.toml.
    pub sdk: Option<String>,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScaffoldError {
    /// The name cannot be the id of a plugin and the name of a project.
    #[error("`{name}` cannot name a plugin: {reason}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Something is there already.
    #[error("{} exists already; nothing was written", path.display())]
    Exists {
        /// What is there.
        path: PathBuf,
    },
    /// The SDK is not there.
    #[error("{} is not the directory of the crate artemis-plugin-api: it has no such Cargo.toml", path.display())]
    Sdk {
        /// What was named.
        path: PathBuf,
    },
    /// A file or directory that cannot be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Longest name in bytes: file names of the library must hold it.
const NAME_MAX_BYTES: usize = 64;

/// Words that cargo refuses as the name of a package, or that stand for a crate that the project uses; one a line.
const TAKEN: &str = include_str!("scaffold/taken.txt");

/// Whether a name can be that of a plugin and its project: lower case letters, digits and single hyphens between them,
/// a letter first.
///
/// # Errors
/// [`ScaffoldError::Name`] with the reason.
pub fn check_name(name: &str) -> Result<(), ScaffoldError> {
    let bad = |reason: &str| Err(ScaffoldError::Name { name: name.to_owned(), reason: reason.to_owned() });
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return bad("it begins with a lower case letter");
    }
    if !name.split('-').all(is_word) {
        return bad(
            "it is made of lower case letters, digits and single hyphens between them, such as `my-reader`",
        );
    }
    if name.len() > NAME_MAX_BYTES {
        return bad(&format!("it has at most {NAME_MAX_BYTES} characters"));
    }
    if TAKEN.lines().any(|word| word == name) {
        return bad("the word is taken in Rust; add another, such as `my-` in front");
    }
    Ok(())
}

/// Writes a project.
///
/// # Errors
/// Nothing is there afterwards if it fails: a bad name, a directory that exists, an SDK that does not, a file that
/// cannot be written.
pub fn create(request: &Request) -> Result<Project, ScaffoldError> {
    check_name(&request.name)?;
    let sdk = match (&request.sdk, request.language) {
        (Some(path), Language::Rust) => Some(sdk_directory(path)?),
        _ => None,
    };
    let directory = std::path::absolute(&request.directory).map_err(io_error(&request.directory))?;
    // A dangling link counts too: something is there.
    if directory.symlink_metadata().is_ok() {
        return Err(ScaffoldError::Exists { path: directory });
    }
    if let Some(parent) = directory.parent() {
        fs::create_dir_all(parent).map_err(io_error(parent))?;
    }
    // Fails if somebody was faster.
    fs::create_dir(&directory).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => ScaffoldError::Exists { path: directory.clone() },
        _ => ScaffoldError::Io { path: directory.clone(), source },
    })?;
    let project = files::project(request, sdk.as_deref());
    if let Err(error) = write(&directory, &project) {
        // What is there is ours; the first error is the one to tell.
        let _ = fs::remove_dir_all(&directory);
        return Err(error);
    }
    let files = project.into_iter().map(|(path, _)| path).collect();
    let (build, test) = match request.language {
        Language::Rust => ("cargo build --release", "cargo test"),
        Language::C | Language::Cpp => ("make", "make test"),
    };
    Ok(Project {
        directory,
        files,
        component: format!("{}/{}", request.name, files::component(request.kind)),
        library: files::library(request),
        build,
        test,
        sdk: (request.language == Language::Rust).then(|| files::dependency(sdk.as_deref())),
    })
}

fn write(directory: &Path, files: &[(String, String)]) -> Result<(), ScaffoldError> {
    for (name, text) in files {
        let path = directory.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(io_error(parent))?;
        }
        fs::write(&path, text).map_err(io_error(&path))?;
    }
    Ok(())
}

fn sdk_directory(path: &Path) -> Result<PathBuf, ScaffoldError> {
    let not_it = || ScaffoldError::Sdk { path: path.to_owned() };
    let text = fs::read_to_string(path.join("Cargo.toml")).map_err(|_| not_it())?;
    if !text.contains("name = \"artemis-plugin-api\"") {
        return Err(not_it());
    }
    fs::canonicalize(path).map_err(io_error(path))
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> ScaffoldError + use<> {
    let path = path.to_owned();
    move |source| ScaffoldError::Io { path, source }
}
