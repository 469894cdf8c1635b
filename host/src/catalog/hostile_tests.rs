//! Bytes and names that somebody else made: an error with a name, no panic, nothing outside the store touched.

use std::{fs, sync::Arc};

use proptest::prelude::*;

use super::{testing::commit, *};
use crate::store::{Algorithm, ContentId, LocalOptions, LocalStore, MemoryStore};

/// A small store with every kind of file, as keys and bytes.
fn files() -> Vec<(String, Vec<u8>)> {
    let catalog = testing::catalog();
    let job = catalog.start_job(&JobDescription::default()).unwrap();
    catalog.heartbeat(&job, &Progress::default()).unwrap();
    let mut made = commit(&catalog, "recipe", &[("rows", "abc")]);
    made.objects.push(catalog.put_menu(&Default::default()).unwrap());
    made.name = Some("flights".into());
    catalog.commit_dataset(&made).unwrap();
    catalog.end_job(&job, &EndOfJob { dataset: Some(made.dataset), ..Default::default() }).unwrap();
    catalog.set_aux(&made.dataset, &aux_from_toml("[data_holding]\nname = \"x\"").unwrap()).unwrap();
    let store = catalog.store();
    store.list("").unwrap().into_iter().map(|key| (key.clone(), store.get(&key).unwrap())).collect()
}

/// Everything that reads a store; what it says does not matter here.
fn read_all(store: Arc<dyn Store>) {
    let _ = verify(store.as_ref());
    let Ok(catalog) = Catalog::open(Arc::clone(&store)) else { return };
    for id in catalog.dataset_ids().unwrap_or_default() {
        let _ = catalog.dataset(&id);
        let _ = catalog.show(&id.to_string());
        let _ = catalog.lineage(&id);
        let _ = catalog.aux(&id);
    }
    let _ = (catalog.objects(), catalog.jobs(), catalog.names(), catalog.input_cache());
    let _ = catalog.retention(std::time::SystemTime::now());
    for key in store.list("").unwrap() {
        let _ = catalog.show(&key);
    }
    let _ = catalog.gc(&GcOptions { dry_run: true, ..GcOptions::default() });
}

/// How a file is spoilt.
#[derive(Debug, Clone)]
enum Spoil {
    Cut(usize),
    Flip(Vec<(usize, u8)>),
    Replace(Vec<u8>),
    Insert(usize, Vec<u8>),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..64);
    prop_oneof![
        any::<usize>().prop_map(Spoil::Cut),
        prop::collection::vec((any::<usize>(), any::<u8>()), 1..8).prop_map(Spoil::Flip),
        bytes().prop_map(Spoil::Replace),
        (any::<usize>(), bytes()).prop_map(|(at, bytes)| Spoil::Insert(at, bytes)),
        // A string of 1 GiB that is not there, and groups in groups.
        any::<usize>().prop_map(|at| Spoil::Insert(at, vec![0x0a, 0x80, 0x80, 0x80, 0x80, 0x04])),
        Just(Spoil::Replace([0x0a_u8, 0x7f].repeat(5000))),
        Just(Spoil::Replace(vec![0x0b; 100_000])),
    ]
}

fn spoilt(mut bytes: Vec<u8>, spoil: &Spoil) -> Vec<u8> {
    let length = bytes.len().max(1);
    match spoil {
        Spoil::Cut(at) => bytes.truncate(at % length),
        Spoil::Flip(flips) => flips.iter().for_each(|(at, with)| {
            if let Some(byte) = bytes.get_mut(at % length) {
                *byte ^= with;
            }
        }),
        Spoil::Replace(other) => bytes.clone_from(other),
        Spoil::Insert(at, other) => {
            let at = (at % length).min(bytes.len());
            bytes.splice(at..at, other.iter().copied());
        }
    }
    bytes
}

#[test]
fn no_spoilt_file_makes_a_reader_panic() {
    let files = files();
    proptest!(ProptestConfig::with_cases(1500), |(which in any::<prop::sample::Index>(), how in spoil())| {
        let store = Arc::new(MemoryStore::new());
        for (key, bytes) in &files {
            store.put(key, bytes).unwrap();
        }
        let (key, bytes) = which.get(&files);
        store.put(key, &spoilt(bytes.clone(), &how)).unwrap();
        read_all(store);
    });
}

/// An entry whose check holds, with hostile content: only its meaning can be refused.
#[test]
fn hostile_content_in_a_whole_entry_is_refused_by_name() {
    let long = "x".repeat(5000);
    for bad in ["../../etc/passwd", "/etc/passwd", "a/../../b", "nul\0byte", "", long.as_str()] {
        let catalog = testing::catalog();
        assert!(matches!(
            catalog.name_dataset(bad, &ContentId::of(Algorithm::Blake3, b"x")),
            Err(CatalogError::BadName { .. })
        ));
        assert!(matches!(catalog.register_dataset(Some(bad)), Err(CatalogError::BadName { .. })), "{bad:?}");
        assert!(catalog.resolve(bad).is_err() && catalog.show(bad).is_err(), "{bad:?}");
        let (dataset, _) = catalog.register_dataset(None).unwrap();
        assert!(matches!(catalog.new_partition(&dataset, bad), Err(CatalogError::BadName { .. })), "{bad:?}");
        // The same from a log that somebody else wrote.
        let part = host::Part {
            format_version: FORMAT_VERSION,
            partition: "rows".into(),
            key: bad.into(),
            content_id: dataset.to_string(),
            ..Default::default()
        };
        let made = host::DatasetCommit {
            format_version: FORMAT_VERSION,
            dataset_id: dataset.to_string(),
            job_id: uuid::Uuid::nil().to_string(),
            parts: vec![part],
            ..Default::default()
        };
        let mut log = log::Replayed::<Names>::new(&commit::log_prefix(&dataset, 0), catalog.identity().data);
        let forged = log::payload(host::payload::Kind::Dataset(made));
        log.append(catalog.store().as_ref(), |_| Some(vec![forged.clone()])).unwrap();
        match catalog.dataset(&dataset) {
            Err(CatalogError::Store(crate::store::StoreError::Corrupt { place, .. })) => {
                assert!(place.starts_with("datasets/"), "{place}");
            }
            other => panic!("{bad:?}: {other:?}"),
        }
    }
}

/// Takes every entry, as a forger would.
#[derive(Debug, Default)]
struct Names;

impl log::Replay for Names {
    fn apply(&mut self, _: &host::Commit, _: &str) -> Result<(), crate::store::StoreError> {
        Ok(())
    }
}

#[test]
fn collecting_garbage_in_a_store_with_links_touches_nothing_outside() {
    let dir = tempfile::tempdir().unwrap();
    let outside = dir.path().join("outside");
    fs::create_dir_all(outside.join("deep")).unwrap();
    fs::write(outside.join("deep/file"), b"precious").unwrap();
    let root = dir.path().join("store");
    let store = Arc::new(LocalStore::new(&root, LocalOptions { durable: false, read_only: false }));
    let catalog = Catalog::create(store, "links").unwrap();
    catalog.put_object(b"an orphan").unwrap();
    fs::create_dir(root.join("staging")).unwrap();
    for link in ["data", "staging/job", "objects/link", "names"] {
        std::os::unix::fs::symlink(&outside, root.join(link)).unwrap();
    }
    // Whether it refuses or goes around them.
    let _ = catalog.gc(&GcOptions { grace: std::time::Duration::ZERO, dry_run: false });
    assert_eq!(fs::read(outside.join("deep/file")).unwrap(), b"precious");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}
