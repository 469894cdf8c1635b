//! Reads what a plugin file says of itself, without loading it.
//!
//! Only the headers, the dynamic symbols and the manifest's bytes are read, whatever the size of the file. Nothing
//! here trusts the file: every length is checked against it before use.

use std::fs::File;
use std::io;
use std::path::Path;

use artemis_plugin_api::abi::{self, MANIFEST_MAGIC, MANIFEST_TEXT_MAX_BYTES};
use object::elf::{
    ET_DYN, FileHeader64, Machine, PT_LOAD, ProgramHeader64, SHT_DYNSYM, SectionHeader64, Sym64,
};
use object::read::elf::{FileHeader as _, ProgramHeader as _, SectionHeader as _, Sym as _};
use object::{Endianness, ReadCache, ReadRef};

mod dynamic;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use dynamic::{Dynamic, VersionNeed};

/// The data symbol that holds the manifest.
pub const MANIFEST_SYMBOL: &str = "artemis_manifest_v1";
/// The function that hands out the plugin's tables.
pub const ENTRY_SYMBOL: &str = "artemis_plugin_v1";
/// The data symbol of an `abi_stable` root module, which plugins of the Rust SDK export too.
pub const ROOT_MODULE_SYMBOL: &str = "_1as_0lib_1header_0root_bmodule_bloader";
/// Bytes before the manifest's text: magic, ABI major and minor (u32), length of the text (u64), little endian.
pub const HEADER_BYTES: u64 = 24;
/// The ABI that this host speaks.
pub const HOST_ABI: AbiVersion = AbiVersion { major: abi::ABI_MAJOR, minor: abi::ABI_MINOR };

/// More than any plugin's table of symbols or names; bounds what a foreign file can make the host hold.
const MAX_TABLE_BYTES: u64 = 64 << 20;

/// Version of the plugin ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AbiVersion {
    /// Another major version is another entry symbol, and does not work with this host.
    pub major: u32,
    /// A minor version only appends.
    pub minor: u32,
}

impl std::fmt::Display for AbiVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What a plugin file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElfPlugin {
    /// The ABI it was built for.
    pub abi: AbiVersion,
    /// The manifest, not parsed yet.
    pub manifest_text: String,
    /// Whether it exports an `abi_stable` root module.
    pub root_module: bool,
    /// What the loader needs to find for it.
    pub dynamic: Dynamic,
}

/// Why a file is not a plugin that this host can use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ElfError {
    /// The file cannot be opened or read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("is not an ELF file")]
    NotElf,
    /// It is made for another processor.
    #[error("is built for {found}, this host runs on {}", std::env::consts::ARCH)]
    Architecture {
        /// What it is made for.
        found: String,
    },
    /// It is a program or an object file.
    #[error("is an ELF file but not a shared library")]
    NotShared,
    /// Its tables point outside of it or contradict each other.
    #[error("is cut short or damaged: {0}")]
    Damaged(String),
    /// It has no manifest.
    #[error("has no symbol `{MANIFEST_SYMBOL}`")]
    NoManifest,
    /// The symbol holds something else.
    #[error("has a symbol `{MANIFEST_SYMBOL}` that does not begin with the manifest's magic bytes")]
    BadMagic,
    /// It speaks another ABI.
    #[error("is built for plugin ABI {plugin}, this host speaks {HOST_ABI}")]
    AbiMajor {
        /// The ABI it was built for.
        plugin: AbiVersion,
    },
    /// The text is longer than the format allows.
    #[error("has a manifest of {bytes} bytes; at most {MANIFEST_TEXT_MAX_BYTES} are allowed")]
    TextTooLong {
        /// Its length.
        bytes: u64,
    },
    /// The text is not UTF-8.
    #[error("has a manifest that is not UTF-8")]
    NotUtf8,
    /// It has a manifest but no functions.
    #[error("has a manifest but no function `{ENTRY_SYMBOL}`")]
    NoEntry,
}

impl ElfError {
    /// What to do about it, and who.
    pub fn remedy(&self) -> String {
        match self {
            ElfError::Io(_) => "check the file's permissions".into(),
            ElfError::NotElf => "copy the plugin's `.so` file here, and nothing else of that name".into(),
            ElfError::Architecture { .. } => {
                format!("build the plugin for {}, or ask its vendor for such a build", std::env::consts::ARCH)
            }
            ElfError::NotShared => "build the plugin as a shared library (Rust: crate-type = [\"cdylib\"])".into(),
            ElfError::Damaged(_) => "copy or build the file again, and do not strip its section headers".into(),
            ElfError::NoManifest | ElfError::NoEntry => {
                "not a plugin of this host, or built without the export macro of the SDK; move the file away or \
                 have its author export both symbols"
                    .into()
            }
            ElfError::BadMagic | ElfError::NotUtf8 | ElfError::TextTooLong { .. } => {
                "the plugin's author has to make the manifest with the SDK's macro".into()
            }
            ElfError::AbiMajor { plugin } if plugin.major > HOST_ABI.major => {
                "use a newer host, or ask the plugin's author for a build for this host's ABI".into()
            }
            ElfError::AbiMajor { .. } => "the plugin's author has to build it with a newer SDK".into(),
        }
    }
}

/// Reads a plugin file.
///
/// # Errors
/// The first reason why it is not a usable plugin.
pub fn read(path: &Path) -> Result<ElfPlugin, ElfError> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(ElfError::NotElf);
    }
    inspect(&ReadCache::new(file))
}

/// As [`read`], from bytes or a cache of a file.
///
/// # Errors
/// The first reason why it is not a usable plugin.
pub fn inspect<'a, R: ReadRef<'a>>(data: R) -> Result<ElfPlugin, ElfError> {
    let header = file_header(data)?;
    let endian = header.endian().map_err(damaged)?;
    let segments = header.program_headers(endian, data).map_err(damaged)?;
    let sections = header.section_headers(endian, data).map_err(damaged)?;
    let image = Image { data, endian, segments };

    let exports = Exports::read(&image, sections)?;
    let address = exports.manifest.ok_or(ElfError::NoManifest)?;
    let (abi, manifest_text) = image.manifest(address)?;
    if !exports.entry {
        return Err(ElfError::NoEntry);
    }
    Ok(ElfPlugin { abi, manifest_text, root_module: exports.root_module, dynamic: image.dynamic()? })
}

/// Reads what the loader has to find for a library, plugin or not.
///
/// # Errors
/// When the file is not a shared library for this machine.
pub fn read_dynamic(path: &Path) -> Result<Dynamic, ElfError> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(ElfError::NotElf);
    }
    let data = &ReadCache::new(file);
    let header = file_header(data)?;
    let endian = header.endian().map_err(damaged)?;
    let segments = header.program_headers(endian, data).map_err(damaged)?;
    Image { data, endian, segments }.dynamic()
}

/// Checks that the file is a shared library for this machine.
fn file_header<'a, R: ReadRef<'a>>(data: R) -> Result<&'a FileHeader64<Endianness>, ElfError> {
    let ident = data.read_bytes_at(0, 20).map_err(|()| ElfError::NotElf)?;
    if !ident.starts_with(b"\x7fELF") {
        return Err(ElfError::NotElf);
    }
    let (class, encoding) = (ident[4], ident[5]);
    let native = if cfg!(target_endian = "little") { 1 } else { 2 };
    let machine = if encoding == 2 {
        u16::from_be_bytes([ident[18], ident[19]])
    } else {
        u16::from_le_bytes([ident[18], ident[19]])
    };
    if class != 2 || encoding != native || machine_name(Machine(machine)) != Some(std::env::consts::ARCH) {
        let bits = if class == 1 { "32-bit " } else { "" };
        let order = if encoding == native { "" } else { " of the other byte order" };
        let found = match machine_name(Machine(machine)) {
            Some(name) => format!("{bits}{name}{order}"),
            None => format!("{bits}ELF machine {machine}{order}"),
        };
        return Err(ElfError::Architecture { found });
    }
    let header = FileHeader64::<Endianness>::parse(data).map_err(damaged)?;
    match header.e_type(header.endian().map_err(damaged)?) {
        ET_DYN => Ok(header),
        _ => Err(ElfError::NotShared),
    }
}

/// The name that Rust gives to a machine, so that it compares with the host's own.
fn machine_name(machine: Machine) -> Option<&'static str> {
    use object::elf::*;
    Some(match machine {
        EM_X86_64 => "x86_64",
        EM_AARCH64 => "aarch64",
        EM_RISCV => "riscv64",
        EM_PPC64 => "powerpc64",
        EM_S390 => "s390x",
        EM_LOONGARCH => "loongarch64",
        EM_386 => "x86",
        EM_ARM => "arm",
        _ => return None,
    })
}

fn damaged(error: object::Error) -> ElfError {
    ElfError::Damaged(error.to_string())
}

/// The parts of a file that addresses are looked up in.
struct Image<'a, R> {
    data: R,
    endian: Endianness,
    segments: &'a [ProgramHeader64<Endianness>],
}

impl<'a, R: ReadRef<'a>> Image<'a, R> {
    /// Bytes that are loaded at an address; `None` if the file does not hold all of them.
    fn bytes(&self, address: u64, length: u64) -> Option<&'a [u8]> {
        let end = address.checked_add(length)?;
        let segment = self.segments.iter().find(|segment| {
            let start = segment.p_vaddr(self.endian);
            let held = start.checked_add(segment.p_filesz(self.endian));
            segment.p_type(self.endian) == PT_LOAD && start <= address && held.is_some_and(|held| end <= held)
        })?;
        let offset = segment.p_offset(self.endian).checked_add(address - segment.p_vaddr(self.endian))?;
        self.data.read_bytes_at(offset, length).ok()
    }

    /// ABI version and text of the manifest at an address.
    fn manifest(&self, address: u64) -> Result<(AbiVersion, String), ElfError> {
        let outside = || ElfError::Damaged("the manifest lies outside the file".into());
        let header = self.bytes(address, HEADER_BYTES).ok_or_else(outside)?;
        let Some(rest) = header.strip_prefix(&MANIFEST_MAGIC) else { return Err(ElfError::BadMagic) };
        let word = |at: usize| u32::from_le_bytes([rest[at], rest[at + 1], rest[at + 2], rest[at + 3]]);
        let abi = AbiVersion { major: word(0), minor: word(4) };
        if abi.major != HOST_ABI.major {
            return Err(ElfError::AbiMajor { plugin: abi });
        }
        let bytes = u64::from(word(8)) | u64::from(word(12)) << 32;
        if bytes > MANIFEST_TEXT_MAX_BYTES {
            return Err(ElfError::TextTooLong { bytes });
        }
        let text = self.bytes(address + HEADER_BYTES, bytes).ok_or_else(outside)?;
        let text = std::str::from_utf8(text).map_err(|_| ElfError::NotUtf8)?;
        Ok((abi, text.to_owned()))
    }
}

/// What is wanted of the exported symbols.
#[derive(Default)]
struct Exports {
    manifest: Option<u64>,
    entry: bool,
    root_module: bool,
}

impl Exports {
    fn read<'a, R: ReadRef<'a>>(
        image: &Image<'a, R>,
        sections: &'a [SectionHeader64<Endianness>],
    ) -> Result<Exports, ElfError> {
        let (endian, data) = (image.endian, image.data);
        let mut exports = Exports::default();
        let Some(table) = sections.iter().find(|section| section.sh_type(endian) == SHT_DYNSYM) else {
            let message = "no table of dynamic symbols among its section headers";
            return Err(ElfError::Damaged(message.into()));
        };
        let strings = sections.get(table.sh_link(endian) as usize);
        let strings = strings.ok_or_else(|| ElfError::Damaged("its symbols have no names".into()))?;
        bounded(table.sh_size(endian))?;
        bounded(strings.sh_size(endian))?;
        let symbols: &[Sym64<Endianness>] = table.data_as_array(endian, data).map_err(damaged)?;
        let names = strings.data(endian, data).map_err(damaged)?;
        for symbol in symbols.iter().filter(|symbol| !symbol.is_undefined(endian)) {
            let Some(name) = c_string(names, symbol.st_name(endian) as usize) else { continue };
            if name == MANIFEST_SYMBOL.as_bytes() {
                exports.manifest = Some(symbol.st_value(endian));
            } else if name == ENTRY_SYMBOL.as_bytes() {
                exports.entry = true;
            } else if name == ROOT_MODULE_SYMBOL.as_bytes() {
                exports.root_module = true;
            }
        }
        Ok(exports)
    }
}

fn bounded(bytes: u64) -> Result<(), ElfError> {
    if bytes <= MAX_TABLE_BYTES {
        Ok(())
    } else {
        Err(ElfError::Damaged(format!("a table of {bytes} bytes")))
    }
}

/// The bytes from `at` up to the next zero.
fn c_string(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let rest = bytes.get(at..)?;
    rest.get(..memchr::memchr(0, rest)?)
}
