//! What a file needs of the system that loads it: shared libraries, and the version of glibc.

use crate::plugin::elf;
use crate::plugin::needs::glibc;
use crate::plugin::version;

/// What a file needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Shared libraries, in the order of the file.
    pub libraries: Vec<String>,
    /// The least glibc that has all symbols, such as `2.17`; `None`: it needs none.
    pub glibc: Option<String>,
}

impl Needs {
    /// Those of a file that [`elf::read`] took.
    pub(super) fn of(plugin: &elf::ElfPlugin) -> Self {
        let versions = plugin.dynamic.versions.iter().filter_map(|need| glibc(&need.version));
        let highest = versions.max_by(|a, b| version::compare(a, b)).map(str::to_owned);
        Self { libraries: plugin.dynamic.needed.clone(), glibc: highest }
    }
}
