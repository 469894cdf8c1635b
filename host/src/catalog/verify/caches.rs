//! Copies and caches: losing them loses nothing, but a wrong one may mislead.

use artemis_proto::{FORMAT_VERSION, host};
use prost::Message;

use super::{FindingKind, Verifier};
use crate::catalog::{Result, checkpoint, input_cache, log, segment};
use crate::store::ContentId;

impl Verifier<'_> {
    pub(super) fn caches(&mut self) -> Result<()> {
        for key in self.below("names") {
            let name = key["names/".len()..].to_owned();
            let Some(bytes) = self.read(&key)? else { continue };
            if !self.view.names().contains_key(&name) {
                self.finding(&key, FindingKind::Foreign, "no dataset was given this name");
            } else if !self.is_copy(&name, &bytes) {
                self.finding(&key, FindingKind::Damaged, "it does not say what the log says of this name");
            }
        }
        for key in self.below("cache") {
            if key == input_cache::KEY {
                let text = self.read(&key)?.map(String::from_utf8);
                if text.is_some_and(|text| !text.is_ok_and(|text| input_cache::checked(&text).is_some())) {
                    self.cache_damage(&key);
                }
            } else if let Some(prefix) = log_of(&key) {
                self.checkpoint(&key, &prefix)?;
            } else {
                // Caches of other kinds check themselves where they are read.
                self.seen.insert(key);
            }
        }
        Ok(())
    }

    fn cache_damage(&mut self, key: &str) {
        self.finding(
            key,
            FindingKind::Damaged,
            "it is a cache that is not as it was written; deleting it mends it",
        );
    }

    /// Whether each line is one that the log bears out. A copy may be behind.
    fn is_copy(&self, name: &str, bytes: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(bytes) else { return false };
        let versions = self.view.names().get(name).map(Vec::as_slice).unwrap_or_default();
        let fits = |line: &str| {
            let version = line.strip_prefix(name).and_then(|l| l.strip_prefix('@')?.split_once(' '));
            version.is_some_and(|(number, id)| {
                let index = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
                index.and_then(|i| versions.get(i)).is_some_and(|known| known.to_string() == id)
            })
        };
        (text.is_empty() || text.ends_with('\n')) && text.split_terminator('\n').all(fits)
    }

    /// Holds a part of a checkpoint against the entries that it stands for.
    fn checkpoint(&mut self, key: &str, prefix: &str) -> Result<()> {
        let Some(bytes) = self.read(key)? else { return Ok(()) };
        let expected = if key.ends_with("/head.pb") {
            self.head(&bytes, prefix)
        } else {
            range_of(key).and_then(|range| self.segment(prefix, range))
        };
        // Where an entry is damaged, that is what has to be said.
        if expected.is_some_and(|expected| expected != bytes) {
            self.cache_damage(key);
        }
        Ok(())
    }

    fn head(&self, bytes: &[u8], prefix: &str) -> Option<Vec<u8>> {
        // A head that does not decode, or is beyond the log, is equal to none.
        let head = host::CheckpointHead::decode(bytes).unwrap_or_default();
        let Some(last) = head.next.checked_sub(1) else { return Some(Vec::new()) };
        let Ok(entry) = self.store.get(&log::entry_key(prefix, last)) else { return Some(Vec::new()) };
        let last = ContentId::of(self.data_algorithm, &entry).to_string();
        Some(host::CheckpointHead { format_version: FORMAT_VERSION, next: head.next, last }.encode_to_vec())
    }

    /// The segment that these entries make; `None` if one of them is damaged.
    fn segment(&self, prefix: &str, (first, next): (u64, u64)) -> Option<Vec<u8>> {
        let mut commits = Vec::new();
        let mut objects = Vec::new();
        let mut last = None;
        for version in first..next {
            let key = log::entry_key(prefix, version);
            let bytes = self.store.get(&key).ok()?;
            let (commit, registered) = checkpoint::parted(log::decode(&key, &bytes).ok()?, &key).ok()?;
            commits.extend(commit);
            objects.extend(registered);
            last = Some(ContentId::of(self.data_algorithm, &bytes));
        }
        Some(segment::encode((first, next), &last?, commits, objects))
    }
}

/// The log whose checkpoint this file belongs to.
fn log_of(key: &str) -> Option<String> {
    let (prefix, name) = key.strip_prefix("cache/")?.rsplit_once('/')?;
    let is_log = prefix == "log" || prefix.starts_with("datasets/");
    (is_log && (name == "head.pb" || name.ends_with(".seg"))).then(|| prefix.to_owned())
}

fn range_of(key: &str) -> Option<(u64, u64)> {
    let (first, next) = key.rsplit('/').next()?.strip_suffix(".seg")?.split_once('-')?;
    let (first, next) = (first.parse().ok()?, next.parse().ok()?);
    // What a file claims must not decide how long this takes.
    (first < next && next - first <= 1 << 20).then_some((first, next))
}
