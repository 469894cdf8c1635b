//! A store in object storage, over the crate `object_store`.
//!
//! `object_store` is asynchronous and a store is not: each call waits on a runtime of one thread, which
//! also keeps the connections alive between calls. Requests that may be sent twice are retried by
//! `object_store`. The conditional create is not one of them: the second request would find what the first
//! one made and call it another's. It goes through a client that never retries, and is repeated here, where
//! it is known whether an answer was lost.
//!
//! A job stages its files in a local directory; publishing uploads them. Large files go up in parts and
//! appear whole when the last part is there.

use std::{
    fmt,
    fs::{self, File},
    future::Future,
    io::{self, Read},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::TryStreamExt;
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, WriteMultipart,
    client::HttpError, path::Path as Place,
};
use tokio::runtime::Runtime;

use super::{
    Algorithm, ContentId, Created, Result, Store, StoreError, check_key, directories,
    key::{check_prefix, check_segment},
    location::percent_decoded,
    s3,
    stray::{self, Stray},
};

/// Files up to this size go up in one request, larger ones in parts of this size.
const PART_BYTES: u64 = 8 << 20;
/// Object storage allows no more parts in a file.
const MOST_PARTS: u64 = 10_000;
/// Parts of one file that are on their way at once.
const PARTS_AT_ONCE: usize = 4;
/// How often a conditional create is sent.
const ATTEMPTS: u32 = 8;
/// The wait before the second attempt; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// A store in object storage.
pub struct ObjectStorage {
    inner: Arc<dyn ObjectStore>,
    /// The same storage without retries.
    once: Arc<dyn ObjectStore>,
    runtime: Runtime,
    /// Without a final `/`; perhaps empty.
    prefix: String,
    /// What stands before a key in its URL.
    url: String,
    staging: PathBuf,
    read_only: bool,
}

impl fmt::Debug for ObjectStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectStorage").field("url", &self.url).finish_non_exhaustive()
    }
}

impl ObjectStorage {
    /// A bucket of an S3-compatible storage. Endpoint, region and credentials come from the usual variables
    /// `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, …; an endpoint without TLS must be on this
    /// machine, or allowed by `AWS_ALLOW_HTTP=true`.
    ///
    /// # Errors
    /// Settings that cannot be used.
    pub fn s3(bucket: &str, prefix: &str, staging: Option<&Path>, read_only: bool) -> Result<Self> {
        let url =
            if prefix.is_empty() { format!("s3://{bucket}") } else { format!("s3://{bucket}/{prefix}") };
        let clients = s3::clients_of(bucket).map_err(|e| remote(&url, e))?;
        Self::over(clients, prefix, url, staging, read_only)
    }

    /// A store over any storage.
    ///
    /// # Errors
    /// The system starts no thread.
    pub(super) fn over(
        clients: s3::Clients,
        prefix: &str,
        url: String,
        staging: Option<&Path>,
        read_only: bool,
    ) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("artemis-net")
            .enable_all()
            .build()
            .map_err(|e| StoreError::io(Path::new(&url), e))?;
        let staging = match staging {
            Some(dir) => dir.to_owned(),
            // Jobs of one store share a directory, so that what a killed one left is found.
            None => {
                let name = ContentId::of(Algorithm::Blake3, url.as_bytes()).hex();
                std::env::temp_dir().join(format!("artemis-staging-{}", &name[..16]))
            }
        };
        let s3::Clients { retrying: inner, once } = clients;
        Ok(Self { inner, once, runtime, prefix: prefix.to_owned(), url, staging, read_only })
    }

    /// Where a key or prefix is in the bucket. Characters that object storage treats in its own ways are in
    /// percent form.
    fn place(&self, key: &str) -> Place {
        match (self.prefix.as_str(), key) {
            ("", key) => Place::from(key),
            (prefix, "") => Place::from(prefix),
            (prefix, key) => Place::from(format!("{prefix}/{key}")),
        }
    }

    /// The key of a place; `None` for what cannot be part of a store.
    fn key_of(&self, place: &Place) -> Option<String> {
        let decoded = percent_decoded(place.as_ref())?;
        let key = match self.prefix.as_str() {
            "" => decoded,
            prefix => decoded.strip_prefix(prefix)?.strip_prefix('/')?.to_owned(),
        };
        let staged = key == "staging" || key.starts_with("staging/");
        (check_key(&key).is_ok() && !staged).then_some(key)
    }

    fn wait<T>(&self, future: impl Future<Output = object_store::Result<T>>) -> object_store::Result<T> {
        self.runtime.block_on(future)
    }

    fn error(&self, key: &str, error: object_store::Error) -> StoreError {
        match error {
            object_store::Error::NotFound { .. } => StoreError::NotFound { key: key.to_owned() },
            error => remote(&self.url(key), error),
        }
    }

    fn check_writable(&self) -> Result<()> {
        if self.read_only { Err(StoreError::ReadOnly { path: self.url.clone().into() }) } else { Ok(()) }
    }

    fn create_at(&self, key: &str, payload: &PutPayload) -> Result<Created> {
        let place = self.place(key);
        let mut answer_was_lost = false;
        let mut attempts_left = ATTEMPTS;
        let mut wait = FIRST_WAIT;
        loop {
            attempts_left -= 1;
            let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
            match self.wait(self.once.put_opts(&place, payload.clone(), options)) {
                Ok(_) => return Ok(Created::New),
                Err(object_store::Error::AlreadyExists { .. }) => match self.get(key) {
                    // An earlier attempt of ours made it, and its answer did not arrive. Someone else may have
                    // made it with the same bytes: then it does not matter who did.
                    Ok(there) if answer_was_lost && payload_is(payload, &there) => return Ok(Created::New),
                    Ok(_) => return Ok(Created::Exists),
                    // Some storages refuse one of two creates that meet, before either is there.
                    Err(StoreError::NotFound { .. }) if attempts_left > 0 => {}
                    Err(error) => return Err(error),
                },
                Err(error) if attempts_left > 0 && is_transient(&error) => answer_was_lost = true,
                Err(error) => return Err(self.error(key, error)),
            }
            std::thread::sleep(wait + jitter(wait));
            wait *= 2;
        }
    }

    fn upload(&self, file: &mut File, bytes: u64, place: &Place) -> io::Result<()> {
        let part = PART_BYTES.max(bytes.div_ceil(MOST_PARTS));
        let part = usize::try_from(part).map_err(io::Error::other)?;
        self.runtime.block_on(async {
            let upload = self.inner.put_multipart(place).await?;
            let mut upload = WriteMultipart::new_with_chunk_size(upload, part);
            loop {
                upload.wait_for_capacity(PARTS_AT_ONCE).await?;
                let mut chunk = Vec::with_capacity(part);
                match file.take(part as u64).read_to_end(&mut chunk) {
                    Ok(0) => break,
                    Ok(_) => upload.put(chunk.into()),
                    Err(e) => {
                        // What is left of it costs space until the bucket's own rules remove it.
                        let _ = upload.abort().await;
                        return Err(e);
                    }
                }
            }
            upload.finish().await?;
            Ok(())
        })
    }
}

impl Store for ObjectStorage {
    fn get(&self, key: &str) -> Result<Vec<u8>> {
        check_key(key)?;
        let place = self.place(key);
        let bytes = self.wait(async { self.inner.get(&place).await?.bytes().await });
        Ok(bytes.map_err(|e| self.error(key, e))?.into())
    }

    fn get_range(&self, key: &str, range: Range<u64>) -> Result<Vec<u8>> {
        check_key(key)?;
        let not_found = || StoreError::NotFound { key: key.to_owned() };
        if range.is_empty() {
            return self.size(key)?.map(|_| Vec::new()).ok_or_else(not_found);
        }
        let place = self.place(key);
        let start = range.start;
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        match self.wait(async { self.inner.get_opts(&place, options).await?.bytes().await }) {
            Ok(bytes) => Ok(bytes.into()),
            // A range behind the end is an error there and nothing here.
            Err(error) => match self.size(key)? {
                None => Err(not_found()),
                Some(size) if start >= size => Ok(Vec::new()),
                Some(_) => Err(self.error(key, error)),
            },
        }
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        check_key(key)?;
        match self.wait(self.inner.head(&self.place(key))) {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.error(key, error)),
        }
    }

    fn create(&self, key: &str, bytes: &[u8]) -> Result<Created> {
        check_key(key)?;
        self.check_writable()?;
        self.create_at(key, &PutPayload::from(bytes.to_vec()))
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Result<()> {
        check_key(key)?;
        self.check_writable()?;
        let put = self.wait(self.inner.put(&self.place(key), PutPayload::from(bytes.to_vec())));
        put.map(drop).map_err(|e| self.error(key, e))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        check_prefix(prefix)?;
        let place = self.place(prefix);
        let below = (!place.as_ref().is_empty()).then_some(&place);
        let found: Vec<_> =
            self.wait(self.inner.list(below).try_collect()).map_err(|e| self.error(prefix, e))?;
        let mut keys: Vec<String> = found.iter().filter_map(|meta| self.key_of(&meta.location)).collect();
        keys.sort();
        Ok(keys)
    }

    fn children(&self, prefix: &str) -> Result<Vec<String>> {
        check_prefix(prefix)?;
        let place = self.place(prefix);
        let below = (!place.as_ref().is_empty()).then_some(&place);
        let found = self.wait(self.inner.list_with_delimiter(below)).map_err(|e| self.error(prefix, e))?;
        let places = found.common_prefixes.iter().chain(found.objects.iter().map(|meta| &meta.location));
        let keys = places.filter_map(|place| self.key_of(place));
        let mut names: Vec<String> =
            keys.filter_map(|key| key.rsplit('/').next().map(str::to_owned)).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn delete(&self, key: &str) -> Result<()> {
        check_key(key)?;
        self.check_writable()?;
        match self.wait(self.inner.delete(&self.place(key))) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.error(key, error)),
        }
    }

    fn staging_dir(&self, job: &str) -> Result<PathBuf> {
        check_segment(job)?;
        self.check_writable()?;
        let dir = self.staging.join(job);
        fs::create_dir_all(&dir).map_err(|e| StoreError::io(&dir, e))?;
        Ok(dir)
    }

    fn clear_staging(&self, job: &str) -> Result<()> {
        check_segment(job)?;
        self.check_writable()?;
        let dir = self.staging.join(job);
        match fs::remove_dir_all(&dir) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(StoreError::io(&dir, e)),
            _ => {}
        }
        // Goes with its last job; that of another one may be in it.
        let _ = fs::remove_dir(&self.staging);
        Ok(())
    }

    fn staged_jobs(&self) -> Result<Vec<String>> {
        directories(&self.staging)
    }

    fn publish(&self, staged: &Path, key: &str) -> Result<()> {
        check_key(key)?;
        self.check_writable()?;
        let mut file = File::open(staged).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => StoreError::NotFound { key: staged.display().to_string() },
            _ => StoreError::io(staged, e),
        })?;
        let bytes = file.metadata().map_err(|e| StoreError::io(staged, e))?.len();
        let exists = || StoreError::Exists { key: key.to_owned() };
        if bytes <= PART_BYTES {
            let mut whole = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0));
            file.read_to_end(&mut whole).map_err(|e| StoreError::io(staged, e))?;
            if self.create_at(key, &PutPayload::from(whole))? == Created::Exists {
                return Err(exists());
            }
        } else {
            // An upload in parts cannot be conditional everywhere. Keys of data files hold the id of the job
            // that makes them, so nobody else creates this one in the meantime.
            if self.size(key)?.is_some() {
                return Err(exists());
            }
            self.upload(&mut file, bytes, &self.place(key))
                .map_err(|e| StoreError::io(Path::new(&self.url(key)), e))?;
        }
        fs::remove_file(staged).map_err(|e| StoreError::io(staged, e))
    }

    fn modified(&self, key: &str) -> Result<Option<SystemTime>> {
        check_key(key)?;
        match self.wait(self.inner.head(&self.place(key))) {
            Ok(meta) => Ok(Some(meta.last_modified.into())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.error(key, error)),
        }
    }

    fn strays(&self) -> Result<Vec<Stray>> {
        Ok(stray::staged(&self.staging))
    }

    fn local_path(&self, _key: &str) -> Option<PathBuf> {
        None
    }

    fn url(&self, key: &str) -> String {
        format!("{}/{key}", self.url)
    }
}

fn remote(place: &str, error: object_store::Error) -> StoreError {
    StoreError::Remote { place: place.to_owned(), source: Box::new(error) }
}

fn payload_is(payload: &PutPayload, bytes: &[u8]) -> bool {
    payload.content_length() == bytes.len() && payload.iter().flat_map(|chunk| chunk.iter()).eq(bytes)
}

/// Whether the same request may succeed later, and whether this one may have been carried out.
fn is_transient(error: &object_store::Error) -> bool {
    let object_store::Error::Generic { source, .. } = error else { return false };
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(source.as_ref());
    while let Some(error) = cause {
        if error.is::<HttpError>() {
            return true;
        }
        cause = error.source();
    }
    // The crate keeps the status of an answer to itself, but says it.
    let text = source.to_string();
    ["status code: 5", "status code: 408", "status code: 429", "error response"]
        .iter()
        .any(|part| text.contains(part))
}

/// Up to half of the wait, so that writers that met do not meet again.
fn jitter(wait: Duration) -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    wait.mul_f64(f64::from(now.subsec_nanos() % 1000) / 2000.0)
}
