//! Checkpoints change what opening costs and nothing else.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::*;
use crate::store::{Algorithm, ContentId, MemoryStore, StoreError};

fn object(number: usize) -> ObjectRef {
    let kind = if number.is_multiple_of(3) { ObjectKind::File } else { ObjectKind::Table };
    ObjectRef {
        kind,
        id: ContentId::of(Algorithm::Sha1, &number.to_be_bytes()),
        name: format!("object-{:04}", number * 7 % 1000),
        bytes: number as u64,
        partition: number.is_multiple_of(2).then(|| "rows".to_owned()),
    }
}

/// A store whose log has about `count` entries with one object each, made through one catalog.
fn store_with(count: usize) -> Arc<dyn Store> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let catalog = Catalog::create(Arc::clone(&store), "test").unwrap();
    for number in 0..count {
        catalog.register(&[object(number)]).unwrap();
    }
    store
}

/// Counts what is read, so that a cost can be compared without a clock.
#[derive(Debug)]
struct Counting {
    inner: Arc<dyn Store>,
    operations: AtomicUsize,
}

impl Counting {
    fn over(inner: &Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { inner: Arc::clone(inner), operations: AtomicUsize::new(0) })
    }

    fn counted(&self) -> &dyn Store {
        self.operations.fetch_add(1, Ordering::SeqCst);
        self.inner.as_ref()
    }

    fn take(&self) -> usize {
        self.operations.swap(0, Ordering::SeqCst)
    }
}

impl Store for Counting {
    fn get(&self, key: &str) -> crate::store::Result<Vec<u8>> {
        self.counted().get(key)
    }
    fn get_range(&self, key: &str, range: Range<u64>) -> crate::store::Result<Vec<u8>> {
        self.counted().get_range(key, range)
    }
    fn size(&self, key: &str) -> crate::store::Result<Option<u64>> {
        self.counted().size(key)
    }
    fn create(&self, key: &str, bytes: &[u8]) -> crate::store::Result<Created> {
        self.counted().create(key, bytes)
    }
    fn put(&self, key: &str, bytes: &[u8]) -> crate::store::Result<()> {
        self.counted().put(key, bytes)
    }
    fn list(&self, prefix: &str) -> crate::store::Result<Vec<String>> {
        self.counted().list(prefix)
    }
    fn children(&self, prefix: &str) -> crate::store::Result<Vec<String>> {
        self.counted().children(prefix)
    }
    fn delete(&self, key: &str) -> crate::store::Result<()> {
        self.counted().delete(key)
    }
    fn staging_dir(&self, job: &str) -> crate::store::Result<PathBuf> {
        self.inner.staging_dir(job)
    }
    fn clear_staging(&self, job: &str) -> crate::store::Result<()> {
        self.inner.clear_staging(job)
    }
    fn staged_jobs(&self) -> crate::store::Result<Vec<String>> {
        self.inner.staged_jobs()
    }
    fn publish(&self, staged: &Path, key: &str) -> crate::store::Result<()> {
        self.counted().publish(staged, key)
    }
    fn local_path(&self, key: &str) -> Option<PathBuf> {
        self.inner.local_path(key)
    }
}

/// What can be seen of the objects of a store.
fn seen(store: &Arc<dyn Store>) -> Vec<ObjectRef> {
    Catalog::open(Arc::clone(store)).unwrap().objects().unwrap()
}

#[test]
fn what_a_checkpoint_covers_is_what_the_entries_say() {
    let store = store_with(730);
    assert!(!store.list("cache/log").unwrap().is_empty(), "no checkpoint was written");
    let with = seen(&store);
    let expected: Vec<ObjectRef> = (0..730).map(object).collect();
    assert_eq!(with, expected);
    let catalog = Catalog::open(Arc::clone(&store)).unwrap();
    for prefix in ["", "object-", "object-00", "object-0777", "object-9", "zzz", "a"] {
        let mut named: Vec<ObjectRef> =
            expected.iter().filter(|object| object.name.starts_with(prefix)).cloned().collect();
        named.sort_by_key(|object| (object.name.clone(), object.bytes));
        assert_eq!(catalog.objects_named(prefix).unwrap(), named, "{prefix:?}");
    }
    for number in [0, 1, 99, 100, 399, 400, 729] {
        let wanted = object(number);
        let hex = wanted.id.hex();
        for text in [hex.clone(), hex[..9].to_owned(), hex[..8].to_uppercase(), format!("sha1:{}", &hex[..8])]
        {
            assert_eq!(catalog.objects_by_id(&text).unwrap(), std::slice::from_ref(&wanted), "{text}");
        }
        assert!(catalog.objects_by_id(&format!("blake3:{}", &hex[..8])).unwrap().is_empty());
    }
    let begins = expected.iter().filter(|object| object.id.hex().starts_with("3")).count();
    assert_eq!(catalog.objects_by_id("3").unwrap().len(), begins);
    assert!(catalog.objects_by_id("xyz").unwrap().is_empty());
    // What is there is not registered again, before and behind the checkpoint.
    catalog.register(&[object(5), object(729)]).unwrap();
    assert_eq!(seen(&store).len(), 730);
}

#[test]
fn a_checkpoint_that_is_missing_torn_damaged_or_of_another_log_is_ignored() {
    let store = store_with(230);
    let expected = seen(&store);
    let other = store_with(230);
    let keys = store.list("cache/log").unwrap();
    assert_eq!(keys.len(), 2, "{keys:?}");
    for key in &keys {
        let whole = store.get(key).unwrap();
        let mut damaged: Vec<Vec<u8>> = vec![Vec::new(), b"no message".to_vec(), other.get(key).unwrap()];
        damaged.extend((1..20).map(|i| whole[..whole.len() * i / 20].to_vec()));
        for bytes in damaged {
            store.put(key, &bytes).unwrap();
            assert_eq!(seen(&store), expected, "{key} with {} of {} bytes", bytes.len(), whole.len());
        }
        store.delete(key).unwrap();
        assert_eq!(seen(&store), expected, "{key} is missing");
        store.put(key, &whole).unwrap();
    }
    // A log that goes on writes new ones.
    keys.iter().for_each(|key| store.delete(key).unwrap());
    let catalog = Catalog::open(Arc::clone(&store)).unwrap();
    (230..305).for_each(|number| catalog.register(&[object(number)]).unwrap());
    assert_eq!(seen(&store), (0..305).map(object).collect::<Vec<_>>());
    assert!(!store.list("cache/log").unwrap().is_empty());
}

#[test]
fn no_flipped_byte_of_a_segment_invents_or_alters_an_object() {
    let store = store_with(120);
    let key = store.list("cache/log").unwrap().into_iter().find(|key| key.ends_with(".seg")).unwrap();
    let whole = store.get(&key).unwrap();
    let wanted = object(7);
    for at in (0..whole.len()).step_by(5) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        store.put(&key, &bytes).unwrap();
        let catalog = Catalog::open(Arc::clone(&store)).unwrap();
        match catalog.objects_by_id(&wanted.id.to_string()) {
            Ok(found) => assert!(found.is_empty() || found == [wanted.clone()], "byte {at}: {found:?}"),
            Err(CatalogError::Store(StoreError::Corrupt { place, .. })) => assert_eq!(place, key),
            Err(other) => panic!("byte {at}: {other:?}"),
        }
    }
}

#[test]
fn neither_opening_nor_a_commit_costs_more_in_a_long_log() {
    let mut costs = Vec::new();
    for count in [150, 1550] {
        let store = store_with(count);
        let counting = Counting::over(&store);
        let catalog = Catalog::open(Arc::clone(&counting) as Arc<dyn Store>).unwrap();
        let opening = counting.take();
        catalog.register(&[object(count)]).unwrap();
        costs.push((opening, counting.take()));
    }
    let [(short, short_commit), (long, long_commit)] = costs[..] else { panic!() };
    // Ten times the entries: a few more segments, each with its end, its last entry and a page.
    assert!(long <= short + 15, "opening: {short}, then {long} operations");
    assert!(long_commit <= short_commit + 10, "a commit: {short_commit}, then {long_commit} operations");
}

#[test]
fn a_reader_without_permission_to_write_sees_all() {
    let dir = tempfile::tempdir().unwrap();
    let write = crate::store::LocalOptions { durable: false, read_only: false };
    let catalog =
        Catalog::create(Arc::new(crate::store::LocalStore::new(dir.path(), write)), "test").unwrap();
    (0..250).for_each(|number| catalog.register(&[object(number)]).unwrap());
    let read = crate::store::LocalOptions { durable: false, read_only: true };
    let store: Arc<dyn Store> = Arc::new(crate::store::LocalStore::new(dir.path(), read));
    assert_eq!(seen(&store).len(), 250);
}
