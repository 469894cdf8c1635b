//! What a library asks of the loader: other libraries, versions of their symbols, where to look for them.

use object::elf::{
    DT_NEEDED, DT_RPATH, DT_RUNPATH, DT_STRSZ, DT_STRTAB, DT_VERDEF, DT_VERDEFNUM, DT_VERNEED, DT_VERNEEDNUM,
    PT_DYNAMIC,
};
use object::read::ReadRef;
use object::read::elf::{Dyn as _, ProgramHeader as _};

use super::{ElfError, Image, bounded, c_string, damaged};

/// More than any library's; bounds a chain of records that leads in a circle.
const MAX_RECORDS: u64 = 4096;
/// A version that is used only if it is there.
const VER_FLG_WEAK: u16 = 2;
/// The entry of the definitions that names the file itself.
const VER_FLG_BASE: u16 = 1;

/// What a library asks of the loader.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dynamic {
    /// Libraries that it needs (`DT_NEEDED`), in the order of the file.
    pub needed: Vec<String>,
    /// Where to look for them before anything else (`DT_RPATH`), without meaning beside a `runpath`.
    pub rpath: Vec<String>,
    /// Where to look for them before the system's directories (`DT_RUNPATH`).
    pub runpath: Vec<String>,
    /// Versions of symbols that the needed libraries must define (`.gnu.version_r`).
    pub versions: Vec<VersionNeed>,
    /// Versions of symbols that it defines itself (`.gnu.version_d`).
    pub defined: Vec<String>,
}

/// A version of symbols that another library must define.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionNeed {
    /// The other library, as in [`Dynamic::needed`].
    pub library: String,
    /// Such as `GLIBC_2.34`.
    pub version: String,
}

impl<'a, R: ReadRef<'a>> Image<'a, R> {
    /// Reads the dynamic section; a library without one asks for nothing.
    pub(super) fn dynamic(&self) -> Result<Dynamic, ElfError> {
        let Some(segment) = self.segments.iter().find(|s| s.p_type(self.endian) == PT_DYNAMIC) else {
            return Ok(Dynamic::default());
        };
        bounded(segment.p_filesz(self.endian))?;
        let entries = segment.dynamic(self.endian, self.data).map_err(damaged)?.unwrap_or_default();
        let value = |tag| entries.iter().find(|e| e.d_tag(self.endian) == tag).map(|e| e.d_val(self.endian));
        let (Some(address), Some(size)) = (value(DT_STRTAB), value(DT_STRSZ)) else {
            return Ok(Dynamic::default());
        };
        bounded(size)?;
        let names = Names(self.bytes(address, size).ok_or_else(outside)?);
        let all = |tag| {
            let found = entries.iter().filter(move |entry| entry.d_tag(self.endian) == tag);
            found.map(|entry| names.at(entry.d_val(self.endian))).collect::<Result<Vec<_>, _>>()
        };
        let paths = |found: Vec<String>| {
            let parts = found.iter().flat_map(|paths| paths.split(':'));
            parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        let count = |tag| value(tag).unwrap_or(MAX_RECORDS).min(MAX_RECORDS);
        Ok(Dynamic {
            needed: all(DT_NEEDED)?,
            rpath: paths(all(DT_RPATH)?),
            runpath: paths(all(DT_RUNPATH)?),
            versions: match value(DT_VERNEED) {
                Some(at) => self.version_needs(at, count(DT_VERNEEDNUM), names)?,
                None => Vec::new(),
            },
            defined: match value(DT_VERDEF) {
                Some(at) => self.version_definitions(at, count(DT_VERDEFNUM), names)?,
                None => Vec::new(),
            },
        })
    }

    /// The records of `.gnu.version_r`: one per library, each with one per version.
    fn version_needs(&self, start: u64, count: u64, names: Names<'_>) -> Result<Vec<VersionNeed>, ElfError> {
        let mut needs = Vec::new();
        let mut at = start;
        for _ in 0..count {
            let record = Record(self.bytes(at, 16).ok_or_else(outside)?);
            let library = names.at(record.word(4).into())?;
            let mut version_at = step(at, record.word(8))?;
            for _ in 0..record.half(2) {
                if needs.len() as u64 >= MAX_RECORDS {
                    return Err(ElfError::Damaged("its needs of versions have no end".into()));
                }
                let version = Record(self.bytes(version_at, 16).ok_or_else(outside)?);
                if version.half(4) & VER_FLG_WEAK == 0 {
                    let name = names.at(version.word(8).into())?;
                    needs.push(VersionNeed { library: library.clone(), version: name });
                }
                match version.word(12) {
                    0 => break,
                    next => version_at = step(version_at, next)?,
                }
            }
            match record.word(12) {
                0 => break,
                next => at = step(at, next)?,
            }
        }
        Ok(needs)
    }

    /// The records of `.gnu.version_d`; the first name of each is the version, the others its parents.
    fn version_definitions(&self, start: u64, count: u64, names: Names<'_>) -> Result<Vec<String>, ElfError> {
        let mut defined = Vec::new();
        let mut at = start;
        for _ in 0..count {
            let record = Record(self.bytes(at, 20).ok_or_else(outside)?);
            if record.half(2) & VER_FLG_BASE == 0 && record.half(6) > 0 {
                let name = Record(self.bytes(step(at, record.word(12))?, 8).ok_or_else(outside)?);
                defined.push(names.at(name.word(0).into())?);
            }
            match record.word(16) {
                0 => break,
                next => at = step(at, next)?,
            }
        }
        Ok(defined)
    }
}

/// The table of names that the records point into.
#[derive(Clone, Copy)]
struct Names<'a>(&'a [u8]);

impl Names<'_> {
    fn at(self, offset: u64) -> Result<String, ElfError> {
        let name = usize::try_from(offset).ok().and_then(|at| c_string(self.0, at));
        name.map(|name| String::from_utf8_lossy(name).into_owned()).ok_or_else(outside)
    }
}

/// A record of the byte order of this machine, which the file's header was checked for. It is read as long as the
/// offsets below ask.
struct Record<'a>(&'a [u8]);

impl Record<'_> {
    fn half(&self, at: usize) -> u16 {
        u16::from_ne_bytes([self.0[at], self.0[at + 1]])
    }

    fn word(&self, at: usize) -> u32 {
        u32::from_ne_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
    }
}

fn step(at: u64, by: u32) -> Result<u64, ElfError> {
    at.checked_add(by.into()).ok_or_else(outside)
}

fn outside() -> ElfError {
    ElfError::Damaged("the names of its dynamic section lie outside the file".into())
}
