//! Segments: what a range of a log's entries amounts to, in one file. A segment is a cache of its entries.
//!
//! ```text
//! the objects that the entries register, sorted by name: SegmentObject messages, each after its length
//! the table of ids, sorted: algorithm, hash, kind, offset, check — one row of fixed length for each object
//! the Segment message, with every 256th name and every 256th key of the table
//! its length, its hash, the magic bytes
//! ```
//! Opening one reads the end; looking an object up reads one page of the table and one object; listing by
//! the beginning of a name reads those that begin so.

use std::{cmp::Ordering, fmt};

use artemis_proto::{FORMAT_VERSION, host};
use prost::Message;

use super::{ObjectKind, ObjectRef, Result};
use crate::store::{Algorithm, ContentId, Store, StoreError};

const MAGIC: &[u8; 8] = b"artseg-1";
/// Length of the message, hash of the message, magic.
const FOOTER_BYTES: usize = 8 + 32 + 8;
/// Rows and objects between two places that the message names.
const PAGE: usize = 256;
/// Algorithm, hash with zeros behind shorter ones, kind.
const KEY_BYTES: usize = 1 + 32 + 1;
/// Key, offset of the object, its check.
const ROW_BYTES: usize = KEY_BYTES + 8 + 4;
/// What is read of the end of a file at first.
const TAIL_BYTES: u64 = 64 << 10;
/// Objects that are read at a time.
const READ_BYTES: u64 = 1 << 20;

/// The sort key of an object in the table of ids.
type Key = [u8; KEY_BYTES];

/// An object with the entry that registered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Registered {
    pub(super) object: ObjectRef,
    /// The entry's number and the place in it: the order of the log.
    pub(super) at: (u64, u64),
}

/// An open segment.
pub(super) struct Segment {
    key: String,
    message: host::Segment,
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Makes the bytes of a segment. Of equal objects the first one stays.
pub(super) fn encode(
    (first, next): (u64, u64),
    last: &ContentId,
    commits: Vec<host::Commit>,
    mut objects: Vec<Registered>,
) -> Vec<u8> {
    objects.sort_by_cached_key(|registered| (key_of(&registered.object), registered.at));
    objects.dedup_by_key(|registered| key_of(&registered.object));
    objects.sort_by(by_name);
    let mut bytes = Vec::new();
    let mut names = Vec::new();
    let mut rows: Vec<[u8; ROW_BYTES]> = Vec::with_capacity(objects.len());
    for (i, registered) in objects.iter().enumerate() {
        let offset = bytes.len();
        if i % PAGE == 0 {
            names.push(host::NamePlace {
                format_version: FORMAT_VERSION,
                name: registered.object.name.clone(),
                offset: offset as u64,
            });
        }
        let message = host::SegmentObject {
            format_version: FORMAT_VERSION,
            object: Some(registered.object.to_proto()),
            version: registered.at.0,
            place: registered.at.1,
        };
        bytes.extend(message.encode_length_delimited_to_vec());
        let mut row = [0; ROW_BYTES];
        row[..KEY_BYTES].copy_from_slice(&key_of(&registered.object));
        row[KEY_BYTES..KEY_BYTES + 8].copy_from_slice(&(offset as u64).to_be_bytes());
        row[KEY_BYTES + 8..].copy_from_slice(&check(&bytes[offset..]));
        rows.push(row);
    }
    rows.sort_unstable();
    let message = host::Segment {
        format_version: FORMAT_VERSION,
        first,
        next,
        last: last.to_string(),
        commits,
        objects: objects.len() as u64,
        object_bytes: bytes.len() as u64,
        names,
        ids: rows.iter().step_by(PAGE).map(|row| row[..KEY_BYTES].to_vec()).collect(),
    }
    .encode_to_vec();
    rows.iter().for_each(|row| bytes.extend_from_slice(row));
    bytes.extend_from_slice(&message);
    bytes.extend_from_slice(&(message.len() as u64).to_be_bytes());
    bytes.extend_from_slice(ContentId::of(Algorithm::Blake3, &message).hash());
    bytes.extend_from_slice(MAGIC);
    bytes
}

impl Segment {
    /// Opens a segment of the given range.
    ///
    /// # Errors
    /// There is none, it is torn, or it is of another range or format.
    pub(super) fn open(store: &dyn Store, key: String, range: (u64, u64)) -> Result<Self, StoreError> {
        let size = store.size(&key)?.ok_or_else(|| StoreError::NotFound { key: key.clone() })?;
        let torn = || StoreError::corrupt(&key, "it is no whole segment");
        let tail = store.get_range(&key, size.saturating_sub(TAIL_BYTES)..size)?;
        let (before, footer) = tail.split_last_chunk::<FOOTER_BYTES>().ok_or_else(torn)?;
        let (length, rest) = footer.split_first_chunk::<8>().ok_or_else(torn)?;
        let (hash, magic) = rest.split_at(32);
        let length = u64::from_be_bytes(*length);
        let end = size - FOOTER_BYTES as u64;
        if magic != MAGIC || length > end {
            return Err(torn());
        }
        let bytes = match usize::try_from(length).ok().and_then(|l| before.len().checked_sub(l)) {
            Some(start) => before[start..].to_vec(),
            None => store.get_range(&key, end - length..end)?,
        };
        if ContentId::of(Algorithm::Blake3, &bytes).hash() != hash {
            return Err(torn());
        }
        let message: host::Segment = super::log::decode_message(&key, &bytes)?;
        super::log::check_format(&key, message.format_version)?;
        let table = message.objects.checked_mul(ROW_BYTES as u64);
        let expected = table.and_then(|t| t.checked_add(message.object_bytes)?.checked_add(length));
        if expected != Some(end) || (message.first, message.next) != range {
            return Err(torn());
        }
        Ok(Self { key, message })
    }

    /// The number of the entry behind the range.
    pub(super) fn next(&self) -> u64 {
        self.message.next
    }

    /// The content id of the last entry, as text.
    pub(super) fn last(&self) -> &str {
        &self.message.last
    }

    /// The commits without the objects that they register.
    pub(super) fn take_commits(&mut self) -> Vec<host::Commit> {
        std::mem::take(&mut self.message.commits)
    }

    /// How many objects there are.
    pub(super) fn len(&self) -> u64 {
        self.message.objects
    }

    /// Whether an object is there.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub(super) fn has(&self, store: &dyn Store, object: &ObjectRef) -> Result<bool, StoreError> {
        let key = key_of(object);
        let mut found = false;
        self.rows_from(store, &key, |row| {
            found = row[..KEY_BYTES] == key;
            Ok(false)
        })?;
        Ok(found)
    }

    /// The objects whose id begins with these hex digits, of one algorithm or of any.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub(super) fn with_id(
        &self,
        store: &dyn Store,
        algorithm: Option<Algorithm>,
        digits: &str,
    ) -> Result<Vec<Registered>, StoreError> {
        let mut found = Vec::new();
        for known in Algorithm::ALL.into_iter().filter(|known| algorithm.is_none_or(|a| a == *known)) {
            // The least key with these digits: the others are zero.
            let mut key = [0; KEY_BYTES];
            key[0] = known as u8;
            for (i, digit) in digits.bytes().take(2 * 32).enumerate() {
                let Some(value) = char::from(digit).to_digit(16) else { return Ok(Vec::new()) };
                key[1 + i / 2] |= (value as u8) << (if i % 2 == 0 { 4 } else { 0 });
            }
            let mut places = Vec::new();
            self.rows_from(store, &key, |row| {
                let hash = &row[1..=known.hash_bytes().min(32)];
                let fits = row[0] == known as u8 && hex_begins(hash, digits);
                if fits {
                    places.push(*row);
                }
                Ok(fits)
            })?;
            for row in places {
                found.push(self.object_at(store, &row)?);
            }
        }
        Ok(found)
    }

    /// The objects whose name begins so, in the order of their names.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub(super) fn with_name(&self, store: &dyn Store, prefix: &str) -> Result<Vec<Registered>, StoreError> {
        // Equal names may begin on the page before the one that is named after them.
        let page = self.message.names.partition_point(|place| place.name.as_str() < prefix).saturating_sub(1);
        let Some(start) = self.message.names.get(page).map(|place| place.offset) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        self.objects_from(store, start, |registered| {
            let name = registered.object.name.as_str();
            let (fits, before) = (name.starts_with(prefix), name < prefix);
            if fits {
                found.push(registered);
            }
            Ok(fits || before)
        })?;
        Ok(found)
    }

    /// Calls `take` for every object from an offset on, until it says that this is enough.
    fn objects_from(
        &self,
        store: &dyn Store,
        start: u64,
        mut take: impl FnMut(Registered) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let end = self.message.object_bytes;
        let mut offset = start;
        let mut wanted = READ_BYTES / 8;
        while offset < end {
            let bytes = store.get_range(&self.key, offset..offset.saturating_add(wanted).min(end))?;
            let mut rest = bytes.as_slice();
            let mut used = 0;
            while let Some((registered, after)) = self.decode_one(rest)? {
                used += (rest.len() - after.len()) as u64;
                rest = after;
                if !take(registered)? {
                    return Ok(());
                }
            }
            if used == 0 && (bytes.len() as u64) < wanted {
                return Err(StoreError::corrupt(&self.key, "an object in it is cut short"));
            }
            // An object that is larger than what was read: read more of it.
            wanted = if used == 0 { wanted.saturating_mul(8) } else { READ_BYTES.max(wanted) };
            offset += used;
        }
        Ok(())
    }

    /// The first object in some bytes, and the bytes behind it; `None` if they end within it.
    fn decode_one<'a>(&self, bytes: &'a [u8]) -> Result<Option<(Registered, &'a [u8])>, StoreError> {
        let mut rest = bytes;
        let Ok(length) = prost::decode_length_delimiter(&mut rest) else { return Ok(None) };
        let Some((body, after)) = rest.split_at_checked(length) else { return Ok(None) };
        let message: host::SegmentObject = super::log::decode_message(&self.key, body)?;
        let object = message.object.unwrap_or_default();
        let object = ObjectRef::from_proto(&object, &self.key)?;
        Ok(Some((Registered { object, at: (message.version, message.place) }, after)))
    }

    /// Calls `take` for every row of the table from the least key on that is not below `key`.
    fn rows_from(
        &self,
        store: &dyn Store,
        key: &Key,
        mut take: impl FnMut(&[u8; ROW_BYTES]) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let mut page =
            self.message.ids.partition_point(|id| id.as_slice() < key.as_slice()).saturating_sub(1);
        let (table, page_bytes) = (self.message.object_bytes, (PAGE * ROW_BYTES) as u64);
        let end = table + self.message.objects * ROW_BYTES as u64;
        loop {
            let start = table.saturating_add(page as u64 * page_bytes);
            if start >= end {
                return Ok(());
            }
            let bytes = store.get_range(&self.key, start..(start + page_bytes).min(end))?;
            let (rows, _) = bytes.as_chunks::<ROW_BYTES>();
            for row in rows.iter().filter(|row| row[..KEY_BYTES] >= key[..]) {
                if !take(row)? {
                    return Ok(());
                }
            }
            page += 1;
        }
    }

    fn object_at(&self, store: &dyn Store, row: &[u8; ROW_BYTES]) -> Result<Registered, StoreError> {
        let damaged = || StoreError::corrupt(&self.key, "its table does not fit its objects");
        let (_, rest) = row.split_first_chunk::<KEY_BYTES>().ok_or_else(damaged)?;
        let (offset, sum) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
        let offset = u64::from_be_bytes(*offset);
        let mut found = None;
        let mut wanted = 1024;
        while found.is_none() && offset < self.message.object_bytes {
            let end = offset.saturating_add(wanted).min(self.message.object_bytes);
            let bytes = store.get_range(&self.key, offset..end)?;
            if let Some((registered, after)) = self.decode_one(&bytes)? {
                if check(&bytes[..bytes.len() - after.len()]) != sum
                    || key_of(&registered.object) != row[..KEY_BYTES]
                {
                    return Err(damaged());
                }
                found = Some(registered);
            } else if end == self.message.object_bytes {
                return Err(damaged());
            }
            wanted *= 8;
        }
        found.ok_or_else(damaged)
    }
}

fn by_name(a: &Registered, b: &Registered) -> Ordering {
    a.object.name.cmp(&b.object.name).then_with(|| key_of(&a.object).cmp(&key_of(&b.object)))
}

fn key_of(object: &ObjectRef) -> Key {
    let mut key = [0; KEY_BYTES];
    key[0] = object.id.algorithm() as u8;
    let hash = object.id.hash();
    key[1..=hash.len()].copy_from_slice(hash);
    key[KEY_BYTES - 1] =
        ObjectKind::ALL.iter().position(|kind| *kind == object.kind).unwrap_or_default() as u8;
    key
}

/// Enough of a hash to notice damage of one object.
fn check(bytes: &[u8]) -> [u8; 4] {
    let id = ContentId::of(Algorithm::Blake3, bytes);
    let mut sum = [0; 4];
    sum.copy_from_slice(&id.hash()[..4]);
    sum
}

fn hex_begins(hash: &[u8], digits: &str) -> bool {
    digits.len() <= 2 * hash.len()
        && digits.bytes().enumerate().all(|(i, digit)| {
            let nibble = if i % 2 == 0 { hash[i / 2] >> 4 } else { hash[i / 2] & 15 };
            char::from(digit).to_digit(16) == Some(nibble.into())
        })
}
