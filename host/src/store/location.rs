//! Where stores are: a path, `file:///path`, `memory:`, `s3://bucket/prefix`.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use super::{
    Identity, LocalOptions, LocalStore, MemoryStore, ObjectStorage, Result, SplitStore, Store, StoreError,
    check_key, key::check_prefix,
};

/// Where a store is.
///
/// ```
/// use artemis_host::store::Location;
/// let s3: Location = "s3://bucket/deep/prefix".parse().unwrap();
/// assert_eq!(s3.to_string(), "s3://bucket/deep/prefix");
/// assert_eq!(s3.store_name(), "prefix");
/// assert_eq!("file:///a%20b".parse::<Location>().unwrap(), Location::Local("/a b".into()));
/// for bad in ["", "s3://", "s3://b/../c", "ftp://host/x", "file://host/x", "file:///%zz"] {
///     assert!(bad.parse::<Location>().is_err(), "{bad}");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// A directory.
    Local(PathBuf),
    /// The memory of this process.
    Memory,
    /// A bucket of an S3-compatible object storage, and a prefix in it without a final `/`, perhaps empty.
    S3 {
        /// The bucket.
        bucket: String,
        /// The prefix.
        prefix: String,
    },
}

/// How a store is opened.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// How directories are treated; `read_only` holds for every kind of store.
    pub local: LocalOptions,
    /// Where jobs stage their files if the data files do not go to a directory; a directory below the
    /// system's for temporary files by default.
    pub staging: Option<PathBuf>,
}

impl Location {
    /// The store here, with the data files where its `store.toml` says that they are.
    ///
    /// # Errors
    /// Settings of an object storage that cannot be used, a damaged `store.toml`, or an error of the store.
    pub fn open(&self, options: &OpenOptions) -> Result<Arc<dyn Store>> {
        let store = self.backend(options)?;
        match Identity::read(store.as_ref())?.and_then(|identity| identity.data_root) {
            None => Ok(store),
            Some(root) => self.with_data_root(store, &root, options),
        }
    }

    /// A store here that keeps its data files elsewhere, before there is a `store.toml` that says so.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with_data_root(&self, root: &Location, options: &OpenOptions) -> Result<Arc<dyn Store>> {
        self.with_data_root(self.backend(options)?, root, options)
    }

    fn with_data_root(
        &self,
        store: Arc<dyn Store>,
        root: &Location,
        options: &OpenOptions,
    ) -> Result<Arc<dyn Store>> {
        if root == self {
            return Ok(store);
        }
        Ok(Arc::new(SplitStore::new(store, root.backend(options)?)))
    }

    fn backend(&self, options: &OpenOptions) -> Result<Arc<dyn Store>> {
        Ok(match self {
            Location::Local(path) => Arc::new(LocalStore::new(path, options.local)),
            Location::Memory => Arc::new(MemoryStore::new()),
            Location::S3 { bucket, prefix } => Arc::new(ObjectStorage::s3(
                bucket,
                prefix,
                options.staging.as_deref(),
                options.local.read_only,
            )?),
        })
    }

    /// The directory, where it is one.
    pub fn local_path(&self) -> Option<&Path> {
        match self {
            Location::Local(path) => Some(path),
            _ => None,
        }
    }

    /// A name for a store that is made here and given none: the last part of where it is.
    pub fn store_name(&self) -> String {
        let named = match self {
            Location::Local(path) => {
                let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                absolute.file_name().map(|name| name.to_string_lossy().into_owned())
            }
            Location::Memory => None,
            Location::S3 { bucket, prefix } => {
                Some(prefix.rsplit('/').next().filter(|p| !p.is_empty()).unwrap_or(bucket).to_owned())
            }
        };
        named.unwrap_or_else(|| "artemis-store".to_owned())
    }

    /// The location with an absolute path, so that it means the same from every directory.
    pub fn absolute(self) -> Self {
        match self {
            Location::Local(path) => Location::Local(std::path::absolute(&path).unwrap_or(path)),
            other => other,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Local(path) => write!(f, "{}", path.display()),
            Location::Memory => f.write_str("memory:"),
            Location::S3 { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Location::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

impl FromStr for Location {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |reason| StoreError::BadLocation { text: text.to_owned(), reason };
        if text.is_empty() {
            return Err(bad("it is empty"));
        }
        if text.contains('\0') {
            return Err(bad("it has a NUL character"));
        }
        if text == "memory:" || text == "memory://" {
            return Ok(Location::Memory);
        }
        match text.split_once("://") {
            None => Ok(Location::Local(text.into())),
            Some(("file", path)) if path.starts_with('/') => {
                let path = percent_decoded(path).ok_or_else(|| bad("it has a broken percent sign"))?;
                Ok(Location::Local(path.into()))
            }
            Some(("file", _)) => Err(bad("write file:///directory, with three slashes")),
            Some(("s3", rest)) => {
                let rest = rest.trim_end_matches('/');
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                if check_key(bucket).is_err()
                    || bucket.contains(|c: char| c.is_whitespace() || "?#@:".contains(c))
                {
                    return Err(bad("write s3://bucket or s3://bucket/prefix"));
                }
                check_prefix(prefix).map_err(|_| bad("its prefix is no key"))?;
                Ok(Location::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
            }
            Some(_) => Err(bad("a store is a directory, file:///directory, s3://bucket/prefix or memory:")),
        }
    }
}

/// A path as a `file:` URL (RFC 8089), with other bytes than RFC 3986's unreserved ones in percent form.
pub(crate) fn file_url(path: &Path) -> String {
    let mut url = "file://".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => url.push(char::from(*byte)),
            b if b.is_ascii_alphanumeric() => url.push(char::from(*b)),
            b => url.push_str(&format!("%{b:02X}")),
        }
    }
    url
}

/// Text without percent signs; `None` if one is not followed by two hex digits, or the bytes are not UTF-8.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'%' {
            let [high, low, after @ ..] = tail else { return None };
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            bytes.push(u8::try_from(digit(high)? * 16 + digit(low)?).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_url_is_read_back_as_its_path() {
        for path in ["/a b/ü%/c#d", "/plain", "/100%/x"] {
            let url = file_url(Path::new(path));
            assert_eq!(url.parse::<Location>().unwrap(), Location::Local(path.into()), "{url}");
        }
    }

    #[test]
    fn a_location_survives_its_text() {
        for text in ["relative/dir", "/abs/dir", "memory:", "s3://bucket", "s3://bucket/a/b"] {
            let location: Location = text.parse().unwrap();
            assert_eq!(location.to_string(), text);
            assert_eq!(location.to_string().parse::<Location>().unwrap(), location);
        }
        assert_eq!("s3://bucket/a/".parse::<Location>().unwrap().to_string(), "s3://bucket/a");
    }

    #[test]
    fn a_store_is_named_after_its_place() {
        for (text, name) in [
            ("/data/flights", "flights"),
            ("s3://bucket", "bucket"),
            ("memory:", "artemis-store"),
            ("/", "artemis-store"),
        ] {
            assert_eq!(text.parse::<Location>().unwrap().store_name(), name, "{text}");
        }
    }
}
