//! The loader's index of the system's libraries, `/etc/ld.so.cache`. The format is glibc's (`dl-cache.h`): a
//! header, entries of 24 bytes, and the names that they point at; perhaps behind an index of the older format.

use std::collections::BTreeMap;
use std::path::PathBuf;

const OLD_MAGIC: &[u8] = b"ld.so-1.7.0\0";
const OLD_ENTRY_BYTES: usize = 12;
const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
const HEADER_BYTES: usize = 48;
const ENTRY_BYTES: usize = 24;

/// Paths by name, in the order of the index. What is not such an index holds none: the loader too goes on without.
pub(super) fn read(bytes: &[u8]) -> BTreeMap<String, Vec<PathBuf>> {
    entries(bytes).unwrap_or_default()
}

fn entries(bytes: &[u8]) -> Option<BTreeMap<String, Vec<PathBuf>>> {
    let bytes = match bytes.strip_prefix(OLD_MAGIC) {
        // Its count is followed by its entries and names; the newer index begins at the next multiple of 8.
        Some(old) => {
            let end = OLD_MAGIC.len() + 4 + word(old, 0)?.checked_mul(OLD_ENTRY_BYTES)?;
            bytes.get(end.checked_next_multiple_of(8)?..)?
        }
        None => bytes,
    };
    if !bytes.starts_with(MAGIC) {
        return None;
    }
    let count = word(bytes, MAGIC.len())?;
    let mut paths: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for entry in bytes.get(HEADER_BYTES..)?.chunks_exact(ENTRY_BYTES).take(count) {
        let name = text(bytes, word(entry, 4)?)?;
        paths.entry(name.to_owned()).or_default().push(text(bytes, word(entry, 8)?)?.into());
    }
    Some(paths)
}

/// The loader writes the index in the byte order of its machine.
fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_ne_bytes(bytes)).ok()
}

fn text(bytes: &[u8], at: usize) -> Option<&str> {
    let rest = bytes.get(at..)?;
    std::str::from_utf8(rest.get(..memchr::memchr(0, rest)?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_holds_what_ldconfig_lists() {
        let (Ok(bytes), Ok(listed)) = (
            std::fs::read("/etc/ld.so.cache"),
            std::process::Command::new("/sbin/ldconfig").arg("-p").output(),
        ) else {
            eprintln!("SKIPPED: there is no ldconfig here");
            return;
        };
        let index = read(&bytes);
        let mut lines = 0;
        for line in String::from_utf8_lossy(&listed.stdout).lines() {
            let Some((name, path)) = line.split_once(" => ") else { continue };
            let name = name.split_whitespace().next().unwrap();
            assert!(index[name].contains(&PathBuf::from(path)), "{line}");
            lines += 1;
        }
        assert_eq!(lines, index.values().map(Vec::len).sum::<usize>());
        // Cut anywhere it holds nothing, or less.
        for end in (0..bytes.len()).step_by(97) {
            assert!(read(&bytes[..end]).len() <= index.len());
        }
    }

    #[test]
    fn an_index_behind_one_of_the_older_format_is_read() {
        let mut new = MAGIC.to_vec();
        new.extend(1u32.to_ne_bytes());
        new.resize(HEADER_BYTES, 0);
        for word in [3u32, 72, 79, 0, 0, 0] {
            new.extend(word.to_ne_bytes());
        }
        new.extend(b"lib.so\0/x/lib.so\0");
        let mut both = OLD_MAGIC.to_vec();
        both.extend(1u32.to_ne_bytes());
        both.resize(32, 0);
        both.extend(&new);
        for bytes in [new, both] {
            assert_eq!(read(&bytes)["lib.so"], [PathBuf::from("/x/lib.so")]);
        }
    }
}
