//! One flipped bit anywhere is found, and everything else that can be wrong with a store.

use std::sync::Arc;

use artemis_proto::{cronus, physt};

use super::*;
use crate::{
    catalog::{
        Catalog, EndOfJob, FileStamp, JobDescription, ObjectRef, Progress,
        testing::{self, commit},
    },
    store::{LocalOptions, LocalStore, MemoryStore},
};

/// A store in which every kind of file occurs, about a thousand files in all.
fn full() -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    let catalog = Catalog::create(store.clone(), "full").unwrap();
    for number in 0..280 {
        let table = cronus::Table { name: format!("table {number}"), ..Default::default() };
        let object = catalog.put_message(ObjectKind::Table, &table.name, &table).unwrap();
        // More entries than one checkpoint has.
        if number % 5 == 0 {
            catalog.register(&[object]).unwrap();
        } else {
            let log = catalog.put(ObjectKind::Log, "log", format!("line {number}\n").as_bytes()).unwrap();
            catalog.register(&[object, log]).unwrap();
        }
    }
    let menu = catalog.put_menu(&cronus::Menu { name: "m".into(), ..Default::default() }).unwrap();
    for number in 0..30 {
        let job = catalog
            .start_job(&JobDescription { name: "j".into(), menu: Some(menu.id), ..Default::default() })
            .unwrap();
        catalog.heartbeat(&job, &Progress::default()).unwrap();
        let rows = format!("rows of {number}");
        let mut made = commit(&catalog, &format!("recipe {number}"), &[("rows", &rows), ("more", "d")]);
        let mut hists = physt::HistogramCollection::default();
        hists.histograms.insert(number.to_string(), physt::Histogram::default());
        made.objects.push(catalog.put_message(ObjectKind::Hists, "hists", &hists).unwrap());
        made.name = Some(if number % 2 == 0 { "flights".into() } else { format!("set-{number}") });
        catalog.commit_dataset(&made).unwrap();
        catalog.end_job(&job, &EndOfJob { dataset: Some(made.dataset), ..Default::default() }).unwrap();
        if number == 3 {
            let aux = crate::catalog::aux_from_toml("[data_holding]\nname = \"x\"").unwrap();
            catalog.set_aux(&made.dataset, &aux).unwrap();
        }
        if number == 4 {
            catalog.delete_dataset(&made.dataset, "a test").unwrap();
        }
    }
    let mut cache = catalog.input_cache().unwrap();
    let stamp = FileStamp { size: 3, mtime_ns: "5".into(), inode: 7 };
    cache.put(std::path::Path::new("/data/a.csv"), &stamp, &ContentId::of(Algorithm::Blake3, b"abc"));
    catalog.save_input_cache(&cache).unwrap();
    store
}

/// The file in which to flip which bit: another one in each, the same in each run.
fn bit_of(key: &str, bytes: usize) -> usize {
    let hash = ContentId::of(Algorithm::Blake3, key.as_bytes());
    let number = hash.hash()[..4].iter().fold(0_usize, |n, byte| n << 8 | usize::from(*byte));
    number % (8 * bytes)
}

#[test]
fn one_flipped_bit_in_any_file_is_found_and_the_file_named() {
    let store = full();
    let whole = verify(store.as_ref()).unwrap();
    assert_eq!(whole.findings, [], "a whole store");
    // The test's commits stage apart from the jobs that end.
    assert!(whole.unreached.iter().all(|place| place.starts_with("staging/")), "{:?}", whole.unreached);
    let keys = store.list("").unwrap();
    assert!(keys.len() > 1000, "{}", keys.len());
    for room in
        ["store.toml", "cache/inputs.toml", "cache/log/", "data/", "datasets/", "jobs/", "log/", "names/"]
    {
        assert!(keys.iter().any(|key| key.starts_with(room)), "{room}");
    }
    assert!(keys.iter().any(|key| key.ends_with("README.md")));
    let chunks: Vec<&[String]> = keys.chunks(keys.len().div_ceil(2)).collect();
    std::thread::scope(|scope| {
        for chunk in chunks {
            let store = &store;
            scope.spawn(move || {
                // Each thread flips bits in a copy of its own.
                let copy = MemoryStore::new();
                for key in store.list("").unwrap() {
                    copy.put(&key, &store.get(&key).unwrap()).unwrap();
                }
                // Files that stand for themselves go in groups, those that others hang on one by one.
                let (alone, grouped): (Vec<&String>, Vec<&String>) = chunk.iter().partition(|key| {
                    !["objects/", "data/", "jobs/", "names/"].iter().any(|r| key.starts_with(r))
                });
                for group in alone.chunks(1).chain(grouped.chunks(25)) {
                    for key in group {
                        let mut flipped = copy.get(key).unwrap();
                        let bit = bit_of(key, flipped.len());
                        flipped[bit / 8] ^= 1 << (bit % 8);
                        copy.put(key, &flipped).unwrap();
                    }
                    let found = verify(&copy).unwrap().findings;
                    for key in group {
                        assert!(found.iter().any(|f| f.key == **key), "{key}: {found:?}");
                        copy.put(key, &store.get(key).unwrap()).unwrap();
                    }
                }
            });
        }
    });
}

#[test]
fn every_bit_of_the_small_files_is_watched() {
    let store = Arc::new(MemoryStore::new());
    let catalog = Catalog::create(store.clone(), "small").unwrap();
    let job = catalog.start_job(&JobDescription::default()).unwrap();
    catalog.end_job(&job, &EndOfJob::default()).unwrap();
    let mut made = commit(&catalog, "recipe", &[("rows", "abc")]);
    made.name = Some("a".into());
    catalog.commit_dataset(&made).unwrap();
    for key in store.list("").unwrap() {
        let bytes = store.get(&key).unwrap();
        for bit in 0..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            store.put(&key, &flipped).unwrap();
            let found = verify(store.as_ref()).unwrap().findings;
            assert!(found.iter().any(|f| f.key == key), "bit {bit} of {key}: {found:?}");
        }
        store.put(&key, &bytes).unwrap();
    }
}

#[test]
fn each_kind_of_trouble_is_told_by_its_name() {
    let store = full();
    let keys = store.list("").unwrap();
    let first =
        |room: &str| keys.iter().find(|key| key.starts_with(room) && !key.ends_with(".md")).unwrap().clone();
    let (object, part) = (first("objects/"), first("data/"));
    let only = |expected: &[(&str, FindingKind)]| {
        let found = verify(store.as_ref()).unwrap().findings;
        let found: Vec<(&str, FindingKind)> = found.iter().map(|f| (f.key.as_str(), f.kind)).collect();
        assert_eq!(found, expected);
    };
    let lose = |key: &str| {
        let bytes = store.get(key).unwrap();
        store.delete(key).unwrap();
        only(&[(key, FindingKind::Missing)]);
        store.put(key, &bytes).unwrap();
    };
    lose(&object);
    lose(&part);
    let bytes = store.get(&part).unwrap();
    store.put(&part, &bytes[..bytes.len() - 1]).unwrap();
    only(&[(&part, FindingKind::Torn)]);
    store.put(&part, &bytes).unwrap();
    for stranger in
        ["notes.txt", "objects/sha1/00/x", "data/x", "jobs/x/start.pb", "names/nobody", "log/5.pb"]
    {
        store.put(stranger, b"x").unwrap();
        only(&[(stranger, FindingKind::Foreign)]);
        store.delete(stranger).unwrap();
    }
    // An entry that is whole, but of another log.
    let entries: Vec<&String> = keys.iter().filter(|key| key.starts_with("log/")).collect();
    let whole = store.get(entries[3]).unwrap();
    store.put(entries[3], &store.get(entries[2]).unwrap()).unwrap();
    let found = verify(store.as_ref()).unwrap().findings;
    assert!(found.iter().any(|f| f.key == *entries[3] && f.kind == FindingKind::Damaged), "{found:?}");
    store.put(entries[3], &whole).unwrap();
    store.delete(entries[3]).unwrap();
    let found = verify(store.as_ref()).unwrap().findings;
    assert!(found.iter().any(|f| f.key == *entries[3] && f.kind == FindingKind::Missing), "{found:?}");
}

#[test]
fn a_forged_entry_breaks_the_chain_and_a_mistyped_object_is_told() {
    let store = Arc::new(MemoryStore::new());
    let catalog = Catalog::create(store.clone(), "one").unwrap();
    let other = testing::catalog();
    for catalog in [&catalog, &other] {
        for name in ["a", "b"] {
            catalog.put_menu(&cronus::Menu { name: name.into(), ..Default::default() }).unwrap();
        }
    }
    let last = crate::catalog::log::entry_key("log", 2);
    store.put(&last, &other.store().get(&last).unwrap()).unwrap();
    let found = verify(store.as_ref()).unwrap().findings;
    assert!(
        matches!(&found[..], [Finding { kind: FindingKind::BrokenChain, key, .. }] if *key == last),
        "{found:?}"
    );

    let catalog = testing::catalog();
    let id = catalog.put_object(b"\xff\xff no table").unwrap();
    let bytes = 11;
    let object = ObjectRef { kind: ObjectKind::Table, id, name: "t".into(), bytes, partition: None };
    catalog.register(&[object]).unwrap();
    let found = verify(catalog.store().as_ref()).unwrap().findings;
    assert!(matches!(&found[..], [Finding { kind: FindingKind::Mistyped, .. }]), "{found:?}");
}

#[test]
fn links_and_odd_names_are_foreign_and_never_followed() {
    let dir = tempfile::tempdir().unwrap();
    let outside = dir.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("x.pb"), b"secret").unwrap();
    let root = dir.path().join("store");
    let store = Arc::new(LocalStore::new(&root, LocalOptions { durable: false, read_only: false }));
    let catalog = Catalog::create(store.clone(), "links").unwrap();
    catalog.put_menu(&cronus::Menu::default()).unwrap();
    std::os::unix::fs::symlink(&outside, root.join("datasets")).unwrap();
    std::os::unix::fs::symlink(outside.join("x.pb"), root.join("log/00000000000000000002.pb")).unwrap();
    std::fs::write(root.join("odd\\name"), b"x").unwrap();
    let found = verify(store.as_ref()).unwrap().findings;
    let foreign: Vec<&str> =
        found.iter().filter(|f| f.kind == FindingKind::Foreign).map(|f| f.key.as_str()).collect();
    assert_eq!(foreign, ["datasets", "log/00000000000000000002.pb", "odd\\name"]);
    for result in [
        store.get("datasets/x.pb").map(drop),
        store.put("datasets/y.pb", b"y"),
        store.create("datasets/z.pb", b"z").map(drop),
        store.delete("datasets/x.pb"),
        store.list("datasets").map(drop),
        store.get("log/00000000000000000002.pb").map(drop),
    ] {
        match result {
            Err(StoreError::Corrupt { what, .. }) => assert!(what.contains("symbolic link"), "{what}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
    assert_eq!(std::fs::read(outside.join("x.pb")).unwrap(), b"secret");
}
