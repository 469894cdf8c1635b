//! Small ELF files made by hand, for tests: one loaded segment, dynamic symbols and their names, a dynamic section.

use super::{ENTRY_SYMBOL, HOST_ABI, MANIFEST_MAGIC, MANIFEST_SYMBOL};

/// A shared library to be.
pub(crate) struct Library {
    pub symbols: Vec<(String, usize)>,
    /// What the manifest symbol points at.
    pub manifest: Vec<u8>,
    pub needed: Vec<String>,
    pub machine: u16,
    pub class: u8,
    pub kind: u16,
}

/// Offsets of symbols that point at the manifest begin here.
const MANIFEST_AT: usize = 64 + 2 * 56;
/// The segment is loaded that far from its offset, so that confusing the two shows.
pub(crate) const BIAS: u64 = 0x10000;

impl Library {
    /// A whole plugin with that manifest text.
    pub fn new(text: &str) -> Library {
        Library {
            symbols: vec![
                ("malloc".into(), 0),
                (MANIFEST_SYMBOL.into(), MANIFEST_AT),
                (ENTRY_SYMBOL.into(), MANIFEST_AT),
            ],
            manifest: manifest(HOST_ABI.major, HOST_ABI.minor, text.len() as u64, text.as_bytes()),
            needed: vec!["libc.so.6".into()],
            machine: if cfg!(target_arch = "aarch64") { 183 } else { 62 },
            class: 2,
            kind: 3,
        }
    }

    /// The file's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut strings = vec![0];
        let mut intern = |name: &str| {
            let at = strings.len() as u32;
            strings.extend(name.as_bytes());
            strings.push(0);
            at
        };
        let mut symbols = vec![0u8; 24];
        for (name, at) in &self.symbols {
            symbols.extend(intern(name).to_le_bytes());
            symbols.extend([0x11, 0]);
            symbols.extend(u16::from(*at > 0).to_le_bytes());
            symbols.extend((*at as u64 + BIAS).to_le_bytes());
            symbols.extend(0u64.to_le_bytes());
        }
        let needed: Vec<u64> = self.needed.iter().map(|name| u64::from(intern(name))).collect();
        let strings_at = (MANIFEST_AT + self.manifest.len()) as u64;
        let symbols_at = (strings_at + strings.len() as u64).next_multiple_of(8);
        let dynamic_at = symbols_at + symbols.len() as u64;
        let mut dynamic = Vec::new();
        let entries = needed.iter().map(|at| (1, *at));
        for (tag, value) in entries.chain([(5, strings_at + BIAS), (10, strings.len() as u64), (0, 0)]) {
            dynamic.extend(u64::to_le_bytes(tag));
            dynamic.extend(value.to_le_bytes());
        }
        let sections_at = dynamic_at + dynamic.len() as u64;

        let mut file = b"\x7fELF".to_vec();
        file.extend([self.class, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for half in [self.kind, self.machine] {
            file.extend(half.to_le_bytes());
        }
        file.extend(1u32.to_le_bytes());
        for word in [0, 64, sections_at] {
            file.extend(u64::to_le_bytes(word));
        }
        file.extend(0u32.to_le_bytes());
        for half in [64u16, 56, 2, 64, 3, 2] {
            file.extend(half.to_le_bytes());
        }
        for (kind, at, size) in [(1u32, 0, sections_at), (2, dynamic_at, dynamic.len() as u64)] {
            file.extend(kind.to_le_bytes());
            file.extend(4u32.to_le_bytes());
            for word in [at, at + BIAS, at + BIAS, size, size, 8] {
                file.extend(u64::to_le_bytes(word));
            }
        }
        file.extend(&self.manifest);
        file.extend(&strings);
        file.resize(symbols_at as usize, 0);
        file.extend(&symbols);
        file.extend(&dynamic);
        for (kind, at, size, link, entry) in [
            (0u32, 0, 0, 0u32, 0u64),
            (11, symbols_at, symbols.len(), 2, 24),
            (3, strings_at, strings.len(), 0, 0),
        ] {
            file.extend(0u32.to_le_bytes());
            file.extend(kind.to_le_bytes());
            for word in [0, if at > 0 { at + BIAS } else { 0 }, at, size as u64] {
                file.extend(u64::to_le_bytes(word));
            }
            file.extend(link.to_le_bytes());
            file.extend(1u32.to_le_bytes());
            for word in [8, entry] {
                file.extend(u64::to_le_bytes(word));
            }
        }
        file
    }
}

/// The manifest's bytes: header and text.
pub(crate) fn manifest(major: u32, minor: u32, length: u64, text: &[u8]) -> Vec<u8> {
    let mut bytes = MANIFEST_MAGIC.to_vec();
    bytes.extend(major.to_le_bytes());
    bytes.extend(minor.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(text);
    bytes
}
