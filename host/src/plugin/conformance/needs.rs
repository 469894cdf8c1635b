//! What a file needs of the system that loads it: shared libraries, and the version of glibc.

use crate::plugin::elf;
use crate::plugin::version;
use object::Endianness;
use object::elf::FileHeader64;
use object::read::elf::FileHeader as _;
use std::path::Path;

/// What a file needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Shared libraries, in the order of the file.
    pub libraries: Vec<String>,
    /// The least glibc that has all symbols, such as `2.17`; `None`: it needs none.
    pub glibc: Option<String>,
}

impl Needs {
    /// Reads them from a file that [`elf::read`] took.
    pub(super) fn read(path: &Path, plugin: &elf::ElfPlugin) -> Self {
        let bytes = std::fs::read(path).unwrap_or_default();
        Self { libraries: plugin.needed.clone(), glibc: glibc(&bytes) }
    }
}

/// The highest `GLIBC_` version among those that the file asks for; `None` also where the file is damaged.
fn glibc(bytes: &[u8]) -> Option<String> {
    let header = FileHeader64::<Endianness>::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, bytes).ok()?;
    let (mut needed, link) = sections.gnu_verneed(endian, bytes).ok()??;
    let strings = sections.strings(endian, bytes, link).ok()?;
    let mut highest: Option<String> = None;
    while let Some((_, mut versions)) = needed.next().ok()? {
        while let Some(one) = versions.next().ok()? {
            let name = one.name(endian, strings).ok().and_then(|name| std::str::from_utf8(name).ok());
            let Some(found) = name.and_then(|name| name.strip_prefix("GLIBC_")) else { continue };
            let is_number = found.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            if is_number && highest.as_deref().is_none_or(|old| version::compare(found, old).is_gt()) {
                highest = Some(found.to_owned());
            }
        }
    }
    highest
}
