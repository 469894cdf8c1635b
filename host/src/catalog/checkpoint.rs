//! Checkpoints: every hundred entries, what a log amounts to is written beside it, so that opening it costs
//! the same however long it is.
//!
//! The entries up to the checkpoint are covered by segments of one hundred, two hundred, four hundred, …
//! entries: as many of each as the binary digits of their number say. So an entry is written again once for
//! each doubling of the log, and opening reads the ends of a dozen files.
//!
//! All of this is a cache. A checkpoint that is missing, torn, of another log or of another format is
//! ignored, and the entries are read instead.

use artemis_proto::{FORMAT_VERSION, host};
use host::payload::Kind;
use prost::Message;

use super::{
    ObjectRef, Result, log,
    segment::{self, Registered, Segment},
};
use crate::store::{Algorithm, ContentId, Store, StoreError};

/// Entries between two checkpoints.
pub(super) const INTERVAL: u64 = 100;
/// The largest segment covers this many intervals; larger ones would take long to write.
const LARGEST: u64 = 1 << 12;

/// The segments of a checkpoint.
#[derive(Debug)]
pub(super) struct Checkpoint {
    /// The number of the first entry behind it.
    pub(super) next: u64,
    /// The content id of the entry before.
    pub(super) last: ContentId,
    pub(super) segments: Vec<Segment>,
}

/// The newest checkpoint of a log that holds; `None` if there is none.
pub(super) fn load(store: &dyn Store, prefix: &str, algorithm: Algorithm) -> Option<Checkpoint> {
    // A writer that goes on may remove segments that the head named a moment ago.
    for _ in 0..3 {
        match try_load(store, prefix, algorithm) {
            Ok(found) => return found,
            Err(e) => tracing::debug!("the checkpoint of {prefix} is not used: {e}"),
        }
    }
    None
}

fn try_load(store: &dyn Store, prefix: &str, algorithm: Algorithm) -> Result<Option<Checkpoint>, StoreError> {
    let key = head_key(prefix);
    let bytes = match store.get(&key) {
        Ok(bytes) => bytes,
        Err(StoreError::NotFound { .. }) => return Ok(None),
        Err(e) => return Err(e),
    };
    let head: host::CheckpointHead = log::decode_message(&key, &bytes)?;
    log::check_format(&key, head.format_version)?;
    if head.next == 0 || !head.next.is_multiple_of(INTERVAL) {
        return Err(StoreError::corrupt(key, "it ends within an interval"));
    }
    let mut segments = Vec::new();
    for range in ranges(head.next) {
        let segment = Segment::open(store, segment_key(prefix, range), range)?;
        // The entry that it ends with ties it to this log.
        let entry = ContentId::of(algorithm, &store.get(&log::entry_key(prefix, segment.next() - 1))?);
        if segment.last() != entry.to_string() {
            return Err(StoreError::corrupt(segment_key(prefix, range), "it is of another log"));
        }
        segments.push(segment);
    }
    let last = super::view::parse_id(&head.last, &key)?;
    if segments.last().map(Segment::last) != Some(&head.last) {
        return Err(StoreError::corrupt(key, "it does not fit its segments"));
    }
    Ok(Some(Checkpoint { next: head.next, last, segments }))
}

/// Writes the checkpoint of all entries before `next`, of which the last one is `last`.
///
/// # Errors
/// Damage in the log, or an error of the store.
pub(super) fn write(
    store: &dyn Store,
    prefix: &str,
    algorithm: Algorithm,
    next: u64,
    last: ContentId,
) -> Result<Option<Checkpoint>, StoreError> {
    let Some(newest) = ranges(next).last().copied() else { return Ok(None) };
    let mut commits = Vec::new();
    let mut objects = Vec::new();
    let mut first = newest.0;
    while first < newest.1 {
        first = match widest(store, prefix, first, newest) {
            Some(mut segment) => {
                commits.extend(segment.take_commits());
                objects.extend(segment.with_name(store, "")?);
                segment.next()
            }
            None => {
                let end = newest.1.min((first / INTERVAL + 1) * INTERVAL);
                for version in first..end {
                    let key = log::entry_key(prefix, version);
                    let (commit, registered) = parted(log::decode(&key, &store.get(&key)?)?, &key)?;
                    commits.extend(commit);
                    objects.extend(registered);
                }
                end
            }
        };
    }
    store.put(&segment_key(prefix, newest), &segment::encode(newest, &last, commits, objects))?;
    let head = host::CheckpointHead { format_version: FORMAT_VERSION, next, last: last.to_string() };
    store.put(&head_key(prefix), &head.encode_to_vec())?;
    sweep(store, prefix, next);
    try_load(store, prefix, algorithm)
}

/// Makes the checkpoint of a log of so many entries anew, from the entries.
///
/// # Errors
/// Damage in the log, or an error of the store.
pub(super) fn rebuild(
    store: &dyn Store,
    prefix: &str,
    algorithm: Algorithm,
    entries: u64,
) -> Result<(), StoreError> {
    for name in store.children(&cache_prefix(prefix))? {
        store.delete(&format!("{}/{name}", cache_prefix(prefix)))?;
    }
    for (_, next) in ranges(entries) {
        let last = ContentId::of(algorithm, &store.get(&log::entry_key(prefix, next - 1))?);
        write(store, prefix, algorithm, next, last)?;
    }
    Ok(())
}

/// The widest segment that is there, begins at `first` and ends within the range, but does not fill it.
fn widest(store: &dyn Store, prefix: &str, first: u64, (start, end): (u64, u64)) -> Option<Segment> {
    let mut length = (end - start) / 2;
    while length >= INTERVAL {
        if first + length <= end {
            let range = (first, first + length);
            if let Ok(segment) = Segment::open(store, segment_key(prefix, range), range) {
                return Some(segment);
            }
        }
        length /= 2;
    }
    None
}

/// Removes segments that the checkpoint covers with others. One that cannot be removed takes space only.
fn sweep(store: &dyn Store, prefix: &str, next: u64) {
    let kept: Vec<String> = ranges(next).into_iter().map(segment_name).collect();
    for name in store.children(&cache_prefix(prefix)).unwrap_or_default() {
        let end = name.strip_suffix(".seg").and_then(|n| n.split_once('-')?.1.parse::<u64>().ok());
        if end.is_some_and(|end| end <= next) && !kept.contains(&name) {
            let _ = store.delete(&format!("{}/{name}", cache_prefix(prefix)));
        }
    }
}

/// A commit without the objects that it registers, if anything is left of it, and the objects.
pub(super) fn parted(
    mut commit: host::Commit,
    place: &str,
) -> Result<(Option<host::Commit>, Vec<Registered>), StoreError> {
    let mut objects = Vec::new();
    for (number, payload) in commit.payloads.iter().enumerate() {
        if let Some(Kind::Object(object)) = &payload.kind {
            let object = ObjectRef::from_proto(object, place)?;
            objects.push(Registered { object, at: (commit.version, number as u64) });
        }
    }
    commit.payloads.retain(|payload| !matches!(payload.kind, Some(Kind::Object(_))));
    Ok(((!commit.payloads.is_empty()).then_some(commit), objects))
}

/// The ranges of entries that the segments of a checkpoint cover, largest first.
fn ranges(next: u64) -> Vec<(u64, u64)> {
    let mut left = next / INTERVAL;
    let mut first = 0;
    let mut length = LARGEST;
    let mut found = Vec::new();
    while left > 0 {
        if left >= length {
            found.push((first, first + length * INTERVAL));
            first += length * INTERVAL;
            left -= length;
        } else {
            length /= 2;
        }
    }
    found
}

/// Where the checkpoints of a log are.
fn cache_prefix(prefix: &str) -> String {
    format!("cache/{prefix}")
}

fn head_key(prefix: &str) -> String {
    format!("{}/head.pb", cache_prefix(prefix))
}

fn segment_key(prefix: &str, range: (u64, u64)) -> String {
    format!("{}/{}", cache_prefix(prefix), segment_name(range))
}

fn segment_name((first, next): (u64, u64)) -> String {
    format!("{first:020}-{next:020}.seg")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_of_a_checkpoint_cover_all_entries_once_and_are_few() {
        for intervals in (0..300).chain([4095, 4096, 4097, 10_000, 12_287, 99_999]) {
            let ranges = ranges(intervals * INTERVAL);
            let mut next = 0;
            for (first, end) in &ranges {
                assert_eq!(*first, next);
                next = *end;
            }
            assert_eq!(next, intervals * INTERVAL);
            assert!(ranges.len() as u64 <= 13 + intervals / LARGEST);
        }
    }
}
