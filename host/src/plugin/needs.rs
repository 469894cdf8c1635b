//! Whether the loader would find everything that a library needs: the other libraries, and the versions of their
//! symbols. Looked up as `ld.so(8)` does it, without loading anything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::elf::{self, Dynamic, VersionNeed};
use super::version;

mod ld_cache;

/// The loader's index of the system's libraries.
const LD_CACHE: &str = "/etc/ld.so.cache";
/// Where loaders look last; which of them exist differs between systems.
const SYSTEM_DIRECTORIES: [&str; 4] = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"];
/// Versions of the C library's symbols begin so.
const GLIBC: &str = "GLIBC_";

/// What a library needs and would not get.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unmet {
    /// A library is nowhere.
    #[error("needs {library}{}, which this machine does not have", by(needed_by))]
    Missing {
        /// Its name.
        library: String,
        /// The library that needs it, if that is not the plugin itself.
        needed_by: Option<PathBuf>,
    },
    /// A library lies beside the plugin, where its private copy would not find it.
    #[error("needs {library} from beside itself ($ORIGIN), and plugins are loaded from a private copy")]
    Beside {
        /// Its name.
        library: String,
    },
    /// The C library is older than the one that it was built for.
    #[error("needs glibc {wanted}{}, this machine has glibc {found}", by(needed_by))]
    Glibc {
        /// The version that it needs.
        wanted: String,
        /// The newest version that is here.
        found: String,
        /// The library that needs it, if that is not the plugin itself.
        needed_by: Option<PathBuf>,
    },
    /// A library is there, but an older one.
    #[error("needs {version} of {library}{}, which {} does not have", by(needed_by), path.display())]
    Version {
        /// The library's name.
        library: String,
        /// The version that it needs.
        version: String,
        /// The library that is here.
        path: PathBuf,
        /// The library that needs it, if that is not the plugin itself.
        needed_by: Option<PathBuf>,
    },
}

fn by(needed_by: &Option<PathBuf>) -> String {
    needed_by.as_ref().map_or_else(String::new, |path| format!(" (for {})", path.display()))
}

impl Unmet {
    /// What to do about it, and who.
    pub fn remedy(&self) -> String {
        match self {
            Unmet::Missing { library, .. } => format!(
                "install {library}, or name its folder in LD_LIBRARY_PATH; its vendor may also link it statically"
            ),
            Unmet::Beside { library } => format!(
                "name the folder of {library} in LD_LIBRARY_PATH or install it in the system, or ask the vendor to \
                 link it statically"
            ),
            Unmet::Glibc { found, .. } => {
                format!("ask the vendor for a build for glibc {found} or older, or run on a newer system")
            }
            Unmet::Version { library, .. } => {
                format!("install a newer {library}, or ask the vendor for a build for the one that is here")
            }
        }
    }
}

/// Looks for libraries as the loader does. What it has seen of the system's libraries it remembers.
#[derive(Debug)]
pub struct Linker {
    library_path: Vec<PathBuf>,
    indexed: BTreeMap<String, Vec<PathBuf>>,
    system: Vec<PathBuf>,
    seen: BTreeMap<PathBuf, Option<Rc<Dynamic>>>,
}

/// A library whose needs are looked at.
struct Node {
    dynamic: Rc<Dynamic>,
    origin: PathBuf,
    /// `None`: the plugin.
    path: Option<PathBuf>,
}

impl Linker {
    /// The loader of this process: `LD_LIBRARY_PATH`, `/etc/ld.so.cache`, the system's directories.
    pub fn of_process() -> Linker {
        let set = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        let library_path = std::env::split_paths(&set).filter(|path| !path.as_os_str().is_empty()).collect();
        let indexed = std::fs::read(LD_CACHE).map(|bytes| ld_cache::read(&bytes)).unwrap_or_default();
        Linker::new(library_path, indexed)
    }

    fn new(library_path: Vec<PathBuf>, indexed: BTreeMap<String, Vec<PathBuf>>) -> Linker {
        let triplet = format!("{}-linux-gnu", std::env::consts::ARCH);
        let debian = ["/lib", "/usr/lib"].map(|lib| Path::new(lib).join(&triplet));
        let system = debian.into_iter().chain(SYSTEM_DIRECTORIES.map(PathBuf::from)).collect();
        Linker { library_path, indexed, system, seen: BTreeMap::new() }
    }

    /// Checks that a plugin would get all that it needs, and what that needs in turn.
    ///
    /// # Errors
    /// The first need that is not met.
    pub fn check(&mut self, plugin: &Path, dynamic: &Dynamic) -> Result<(), Unmet> {
        let origin = plugin.parent().unwrap_or(Path::new("/")).to_owned();
        let root = Node { dynamic: Rc::new(dynamic.clone()), origin, path: None };
        // A library is found once per process, whoever asks for it first.
        let mut found: BTreeMap<String, (PathBuf, Rc<Dynamic>)> = BTreeMap::new();
        let mut visited = BTreeSet::new();
        let mut waiting = std::collections::VecDeque::from([root]);
        while let Some(node) = waiting.pop_front() {
            for name in &node.dynamic.needed {
                if found.contains_key(name) {
                    continue;
                }
                let (path, needs) = self.find(name, &node)?;
                found.insert(name.clone(), (path.clone(), needs.clone()));
                if visited.insert(path.clone()) {
                    let origin = path.parent().unwrap_or(Path::new("/")).to_owned();
                    waiting.push_back(Node { dynamic: needs, origin, path: Some(path) });
                }
            }
            versions(&node, &found)?;
        }
        Ok(())
    }

    /// The file that the loader would take for a name.
    fn find(&mut self, name: &str, node: &Node) -> Result<(PathBuf, Rc<Dynamic>), Unmet> {
        // Old and new way of the same; the new one takes the old one's meaning away.
        let before = if node.dynamic.runpath.is_empty() { &node.dynamic.rpath[..] } else { &[] };
        let given = |path: &String| (PathBuf::from(expanded(path, &node.origin)), path.contains("ORIGIN"));
        let mut places: Vec<(PathBuf, bool)> = Vec::new();
        if name.contains('/') {
            places.push(given(&name.to_owned()));
        } else {
            let inside = |(folder, own): (PathBuf, bool)| (folder.join(name), own);
            places.extend(before.iter().map(given).map(inside));
            places.extend(self.library_path.iter().map(|folder| (folder.join(name), false)));
            places.extend(node.dynamic.runpath.iter().map(given).map(inside));
            places.extend(self.indexed.get(name).into_iter().flatten().map(|path| (path.clone(), false)));
            places.extend(self.system.iter().map(|folder| (folder.join(name), false)));
        }
        for (path, beside) in places {
            let Some(dynamic) = self.dynamic(&path) else { continue };
            if beside && node.path.is_none() {
                return Err(Unmet::Beside { library: name.to_owned() });
            }
            return Ok((path, dynamic));
        }
        Err(Unmet::Missing { library: name.to_owned(), needed_by: node.path.clone() })
    }

    /// What a file needs; `None`: it is not there, or not a library for this machine, so that the loader looks on.
    fn dynamic(&mut self, path: &Path) -> Option<Rc<Dynamic>> {
        if let Some(seen) = self.seen.get(path) {
            return seen.clone();
        }
        let read = elf::read_dynamic(path).ok().map(Rc::new);
        self.seen.insert(path.to_owned(), read.clone());
        read
    }
}

/// Checks that the libraries that were found define the versions that one of them asks for.
fn versions(node: &Node, found: &BTreeMap<String, (PathBuf, Rc<Dynamic>)>) -> Result<(), Unmet> {
    let unmet = |need: &&VersionNeed| {
        let library = found.get(&need.library);
        // A library without any versions is taken as it is.
        library.is_some_and(|(_, has)| !has.defined.is_empty() && !has.defined.contains(&need.version))
    };
    let all: Vec<&VersionNeed> = node.dynamic.versions.iter().filter(unmet).collect();
    let newest_glibc = all.iter().filter_map(|need| Some((*need, glibc(&need.version)?)));
    if let Some((need, wanted)) = newest_glibc.max_by(|(_, a), (_, b)| version::compare(a, b)) {
        let here = found.get(&need.library).map(|(_, has)| has.defined.as_slice()).unwrap_or_default();
        let here = here.iter().filter_map(|name| glibc(name)).max_by(|a, b| version::compare(a, b));
        return Err(Unmet::Glibc {
            wanted: wanted.to_owned(),
            found: here.unwrap_or("of another kind").to_owned(),
            needed_by: node.path.clone(),
        });
    }
    match all.first() {
        None => Ok(()),
        Some(need) => Err(Unmet::Version {
            library: need.library.clone(),
            version: need.version.clone(),
            path: found.get(&need.library).map(|(path, _)| path.clone()).unwrap_or_default(),
            needed_by: node.path.clone(),
        }),
    }
}

/// The number in `GLIBC_2.34`.
pub(super) fn glibc(name: &str) -> Option<&str> {
    name.strip_prefix(GLIBC).filter(|number| version::is_version(number))
}

/// A path of a library with its tokens filled in.
fn expanded(path: &str, origin: &Path) -> String {
    let origin = origin.to_string_lossy();
    path.replace("${ORIGIN}", &origin).replace("$ORIGIN", &origin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::elf::fixture::Library;

    fn linker(folders: &[&Path]) -> Linker {
        Linker {
            system: folders.iter().map(|path| (*path).to_owned()).collect(),
            ..Linker::new(vec![], BTreeMap::new())
        }
    }

    fn library(folder: &Path, name: &str, needed: &[&str]) -> PathBuf {
        let mut library = Library::new("manifest = 1");
        library.needed = needed.iter().map(|name| (*name).to_owned()).collect();
        let path = folder.join(name);
        std::fs::write(&path, library.bytes()).unwrap();
        path
    }

    fn needs(needed: &[&str]) -> Dynamic {
        Dynamic { needed: needed.iter().map(|name| (*name).to_owned()).collect(), ..Dynamic::default() }
    }

    #[test]
    fn needs_are_followed_and_the_missing_one_is_named_with_who_needs_it() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        library(folder, "liba.so", &["libb.so"]);
        let plugin = Path::new("/plugins/p.so");
        let missing = linker(&[folder]).check(plugin, &needs(&["liba.so"])).unwrap_err();
        let expected =
            format!("needs libb.so (for {}/liba.so), which this machine does not have", folder.display());
        assert_eq!(missing.to_string(), expected);
        library(folder, "libb.so", &["liba.so"]);
        assert_eq!(linker(&[folder]).check(plugin, &needs(&["liba.so"])), Ok(()));
        std::fs::write(folder.join("libc.so"), "no library").unwrap();
        assert!(linker(&[folder]).check(plugin, &needs(&["libc.so"])).is_err());
    }

    #[test]
    fn what_lies_beside_the_plugin_does_not_count_unless_the_system_has_it_first() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        library(folder, "liba.so", &[]);
        let plugin = folder.join("p.so");
        for path in ["$ORIGIN", "${ORIGIN}/."] {
            let own = Dynamic { runpath: vec![path.into()], ..needs(&["liba.so"]) };
            let error = linker(&[folder]).check(&plugin, &own).unwrap_err();
            assert_eq!(error, Unmet::Beside { library: "liba.so".into() }, "{path}");
            let mut given = linker(&[]);
            given.library_path.push(folder.to_owned());
            assert_eq!(given.check(&plugin, &own), Ok(()), "LD_LIBRARY_PATH comes first");
            let old = Dynamic { rpath: vec![path.into()], ..needs(&["liba.so"]) };
            assert!(given.check(&plugin, &old).is_err(), "DT_RPATH comes before it");
        }
    }

    #[test]
    fn the_newest_version_that_is_not_here_is_named() {
        let has =
            Dynamic { defined: vec!["GLIBC_2.9".into(), "GLIBC_2.36".into(), "X_1".into()], ..needs(&[]) };
        let found = BTreeMap::from([("libc.so.6".to_owned(), (PathBuf::from("/c"), Rc::new(has)))]);
        let check = |wanted: &[&str]| {
            let version = |name: &&str| VersionNeed { library: "libc.so.6".into(), version: (*name).into() };
            let dynamic = Dynamic { versions: wanted.iter().map(version).collect(), ..needs(&[]) };
            let node = Node { dynamic: Rc::new(dynamic), origin: "/".into(), path: None };
            versions(&node, &found).map_err(|unmet| unmet.to_string())
        };
        assert_eq!(check(&["GLIBC_2.9", "X_1"]), Ok(()));
        let glibc = "needs glibc 2.100, this machine has glibc 2.36";
        assert_eq!(check(&["GLIBC_2.38", "GLIBC_2.100", "GLIBC_2.9"]), Err(glibc.into()));
        assert_eq!(check(&["X_2"]), Err("needs X_2 of libc.so.6, which /c does not have".into()));
    }
}
