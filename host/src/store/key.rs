//! The rules for keys. They hold on every backend, so that a store can move between them.

use super::{Result, StoreError};

/// Names that begin so are files in the making, on local stores.
pub(super) const TEMPORARY: &str = ".tmp-";

/// The longest key, in bytes; object storage allows no more.
const LONGEST_KEY: usize = 1024;
/// The longest segment, in bytes; local file systems allow no more, and temporary names need room.
const LONGEST_SEGMENT: usize = 200;

/// Checks a key: relative segments separated by single `/`, none of them `.` or `..`, no control
/// characters and no backslash.
///
/// ```
/// use artemis_host::store::check_key;
/// assert!(check_key("log/00000000000000000001.pb").is_ok());
/// for bad in ["", "/log", "log/", "a//b", "a/../b", "./a", "a\0b", "a\\b"] {
///     assert!(check_key(bad).is_err(), "{bad:?}");
/// }
/// ```
///
/// # Errors
/// [`StoreError::BadKey`] with the rule that is broken.
pub fn check_key(key: &str) -> Result<()> {
    let reason = if key.is_empty() {
        "it is empty"
    } else if key.len() > LONGEST_KEY {
        "it is longer than 1024 bytes"
    } else if key.starts_with('/') {
        "it is absolute"
    } else if key.chars().any(char::is_control) {
        "it has control characters"
    } else if key.contains('\\') {
        "it has a backslash"
    } else {
        match key.split('/').find_map(bad_segment) {
            Some(reason) => reason,
            None => return Ok(()),
        }
    };
    Err(StoreError::BadKey { key: key.to_owned(), reason })
}

fn bad_segment(segment: &str) -> Option<&'static str> {
    match segment {
        "" => Some("it has an empty segment"),
        "." | ".." => Some("it has a segment of dots"),
        s if s.len() > LONGEST_SEGMENT => Some("it has a segment longer than 200 bytes"),
        s if s.starts_with(TEMPORARY) => Some("it has a segment that begins as temporary files do"),
        _ => None,
    }
}

/// As [`check_key`], where the empty text stands for the whole store.
pub(super) fn check_prefix(prefix: &str) -> Result<()> {
    if prefix.is_empty() { Ok(()) } else { check_key(prefix) }
}

/// As [`check_key`], for a key of one segment.
pub(super) fn check_segment(name: &str) -> Result<()> {
    check_key(name)?;
    if name.contains('/') {
        return Err(StoreError::BadKey { key: name.to_owned(), reason: "it has more than one segment" });
    }
    Ok(())
}
