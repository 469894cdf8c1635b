//! The contract of [`Store`], as one suite that every implementation runs.

use std::{fs, sync::Arc, thread};

use super::*;

type Check = fn(Arc<dyn Store>);

/// Runs each check on a fresh store.
fn run(fresh: &dyn Fn() -> Arc<dyn Store>) {
    let checks: [(&str, Check); 9] = [
        ("hostile keys are refused by every method", hostile_keys),
        ("values are read back, whole and in part", values),
        ("put replaces", put_replaces),
        ("create has one winner", one_winner),
        ("listings are sorted and whole", listings),
        ("delete removes, also what is not there", delete),
        ("objects are verified and healed", objects),
        ("staged files appear when published", staging),
        ("writers and readers of one key never see half a value", torn),
    ];
    for (name, check) in checks {
        eprintln!("contract: {name}");
        check(fresh());
    }
}

#[test]
fn memory_store_keeps_the_contract() {
    run(&|| Arc::new(MemoryStore::new()));
}

#[test]
fn local_store_keeps_the_contract() {
    for durable in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let count = std::cell::Cell::new(0);
        run(&|| {
            count.set(count.get() + 1);
            let root = dir.path().join(format!("deep/store-{}", count.get()));
            Arc::new(LocalStore::new(root, LocalOptions { durable, read_only: false }))
        });
    }
}

#[test]
fn a_store_with_its_data_elsewhere_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    let count = std::cell::Cell::new(0);
    run(&|| {
        count.set(count.get() + 1);
        let data = dir.path().join(format!("data-{}", count.get()));
        let data = LocalStore::new(data, LocalOptions { durable: false, read_only: false });
        Arc::new(SplitStore::new(Arc::new(MemoryStore::new()), Arc::new(data)))
    });
}

#[test]
fn object_storage_keeps_the_contract() {
    run(&|| {
        let inner: Arc<dyn object_store::ObjectStore> = Arc::new(object_store::memory::InMemory::new());
        let clients = s3::Clients { retrying: Arc::clone(&inner), once: inner };
        Arc::new(ObjectStorage::over(clients, "a/prefix", unique_url(), None, false).unwrap())
    });
}

#[test]
fn s3_over_http_keeps_the_contract() {
    let Some(settings) = s3_server::settings() else { return };
    run(&|| Arc::new(s3_store(&settings)));
}

#[test]
fn s3_over_http_gives_every_conditional_create_one_winner() {
    let Some(settings) = s3_server::settings() else { return };
    let store = s3_store(&settings);
    for race in 0..50 {
        race_for(&store, &format!("races/{race}"));
    }
}

fn s3_store(settings: &object_store::aws::AmazonS3Builder) -> ObjectStorage {
    let url = unique_url();
    let prefix = url.rsplit('/').next().unwrap().to_owned();
    ObjectStorage::over(s3::clients(settings.clone()).unwrap(), &prefix, url, None, false).unwrap()
}

/// Each store stages in a directory of its own, which follows from its URL.
fn unique_url() -> String {
    format!("s3://{}/{}", s3_server::BUCKET, uuid::Uuid::now_v7())
}

fn hostile_keys(store: Arc<dyn Store>) {
    let long_segment = "x".repeat(201);
    let long_key = "x/".repeat(600) + "x";
    let keys = [
        "",
        "/",
        "/etc/passwd",
        "..",
        "../x",
        "a/../../x",
        "a/..",
        ".",
        "./a",
        "a/./b",
        "a//b",
        "a/",
        "a\0b",
        "a\nb",
        "a\\..\\b",
        ".tmp-1",
        "a/.tmp-x",
        long_segment.as_str(),
        long_key.as_str(),
    ];
    fn refused<T>(key: &str, result: Result<T>) {
        assert!(matches!(result, Err(StoreError::BadKey { .. })), "{key:?}");
    }
    let staged = store.staging_file("job", "part").unwrap();
    fs::write(&staged, b"x").unwrap();
    for key in keys {
        refused(key, store.get(key));
        refused(key, store.get_range(key, 0..1));
        refused(key, store.size(key));
        refused(key, store.create(key, b"x"));
        refused(key, store.put(key, b"x"));
        refused(key, store.delete(key));
        refused(key, store.staging_dir(key));
        refused(key, store.staging_file("job", key));
        refused(key, store.clear_staging(key));
        refused(key, store.publish(&staged, key));
        assert_eq!(store.local_path(key), None);
        if !key.is_empty() {
            refused(key, store.list(key));
            refused(key, store.children(key));
        }
    }
    refused("two/segments", store.staging_dir("two/segments"));
    assert_eq!(store.list("").unwrap(), Vec::<String>::new());
}

fn values(store: Arc<dyn Store>) {
    assert!(matches!(store.get("a/b"), Err(StoreError::NotFound { .. })));
    assert_eq!(store.size("a/b").unwrap(), None);
    assert_eq!(store.create("a/b", b"0123456789").unwrap(), Created::New);
    assert_eq!(store.get("a/b").unwrap(), b"0123456789");
    assert_eq!(store.size("a/b").unwrap(), Some(10));
    for (range, bytes) in [(0..3, "012"), (8..20, "89"), (10..12, ""), (50..60, ""), (3..3, "")] {
        assert_eq!(store.get_range("a/b", range).unwrap(), bytes.as_bytes());
    }
    // A directory of the layout is no value, and a value has none below it.
    assert!(matches!(store.get("a"), Err(StoreError::NotFound { .. })));
    assert!(matches!(store.get("a/b/c"), Err(StoreError::NotFound { .. })));
    if let Some(path) = store.local_path("a/b") {
        assert_eq!(fs::read(path).unwrap(), b"0123456789");
    }
    store.put("empty", b"").unwrap();
    assert_eq!(store.get("empty").unwrap(), b"");
}

fn put_replaces(store: Arc<dyn Store>) {
    store.put("jobs/1/heartbeat.pb", b"one").unwrap();
    store.put("jobs/1/heartbeat.pb", b"two").unwrap();
    assert_eq!(store.get("jobs/1/heartbeat.pb").unwrap(), b"two");
}

fn one_winner(store: Arc<dyn Store>) {
    for round in 0..20 {
        race_for(store.as_ref(), &format!("log/{round}"));
    }
}

/// Eight threads create one key at once.
fn race_for(store: &dyn Store, key: &str) {
    let wins: Vec<u8> = thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8_u8).map(|i| scope.spawn(move || (i, store.create(key, &[i; 100]).unwrap()))).collect();
        let results = threads.into_iter().map(|t| t.join().unwrap());
        results.filter(|(_, created)| *created == Created::New).map(|(i, _)| i).collect()
    });
    assert_eq!(wins.len(), 1, "winners of {key}: {wins:?}");
    assert_eq!(store.get(key).unwrap(), [wins[0]; 100]);
}

fn listings(store: Arc<dyn Store>) {
    assert!(store.list("nothing").unwrap().is_empty());
    for key in ["log/2", "log/10", "logs/1", "data/x/y/part-0", "a"] {
        store.create(key, b"x").unwrap();
    }
    assert_eq!(store.list("log").unwrap(), ["log/10", "log/2"]);
    assert_eq!(store.list("").unwrap(), ["a", "data/x/y/part-0", "log/10", "log/2", "logs/1"]);
    assert_eq!(store.children("").unwrap(), ["a", "data", "log", "logs"]);
    assert_eq!(store.children("data/x").unwrap(), ["y"]);
    // A file in staging is shown nowhere.
    fs::write(store.staging_file("job", "deep/part").unwrap(), b"x").unwrap();
    assert_eq!(store.list("").unwrap().len(), 5);
    assert_eq!(store.children("").unwrap().len(), 4);
}

fn delete(store: Arc<dyn Store>) {
    store.create("a/b/c", b"x").unwrap();
    store.create("a/d", b"x").unwrap();
    store.delete("a/b/c").unwrap();
    store.delete("a/b/c").unwrap();
    assert_eq!(store.list("").unwrap(), ["a/d"]);
    assert_eq!(store.create("a/b/c", b"y").unwrap(), Created::New);
}

fn objects(store: Arc<dyn Store>) {
    for algorithm in Algorithm::ALL {
        let id = store.put_object(algorithm, b"bytes").unwrap();
        assert_eq!(store.put_object(algorithm, b"bytes").unwrap(), id);
        assert_eq!(store.get_object(&id).unwrap(), b"bytes");
        for damage in [&b"bytez"[..], b"byte", b""] {
            store.put(&id.object_key(), damage).unwrap();
            assert!(matches!(store.get_object(&id), Err(StoreError::Corrupt { .. })));
            store.put_object(algorithm, b"bytes").unwrap();
            assert_eq!(store.get_object(&id).unwrap(), b"bytes");
        }
    }
}

fn staging(store: Arc<dyn Store>) {
    let staged = store.staging_file("job", "rows/part-0.arrow").unwrap();
    assert!(matches!(store.publish(&staged, "data/part-0.arrow"), Err(StoreError::NotFound { .. })));
    fs::write(&staged, b"data").unwrap();
    store.publish(&staged, "data/part-0.arrow").unwrap();
    assert!(!staged.exists());
    assert_eq!(store.get("data/part-0.arrow").unwrap(), b"data");
    fs::write(&staged, b"other").unwrap();
    assert!(matches!(store.publish(&staged, "data/part-0.arrow"), Err(StoreError::Exists { .. })));
    assert_eq!(store.get("data/part-0.arrow").unwrap(), b"data");
    assert_eq!(store.staged_jobs().unwrap(), ["job"]);
    store.clear_staging("job").unwrap();
    store.clear_staging("job").unwrap();
    assert!(!staged.exists());
    assert!(store.staged_jobs().unwrap().is_empty());
}

fn torn(store: Arc<dyn Store>) {
    store.put("beat", &[0; 4096]).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            for i in 0..100 {
                store.put("beat", &[i; 4096]).unwrap();
            }
        });
        for _ in 0..200 {
            let bytes = store.get("beat").unwrap();
            assert!(bytes.len() == 4096 && bytes.iter().all(|b| *b == bytes[0]));
        }
    });
}

#[test]
fn a_read_only_store_refuses_every_write() {
    let dir = tempfile::tempdir().unwrap();
    let options = LocalOptions { read_only: true, ..LocalOptions::default() };
    let store = LocalStore::new(dir.path(), options);
    let refused = |r: Result<()>| assert!(matches!(r, Err(StoreError::ReadOnly { .. })));
    refused(store.put("a", b"x"));
    refused(store.create("a", b"x").map(drop));
    refused(store.delete("a"));
    refused(store.staging_dir("job").map(drop));
    refused(store.clear_staging("job"));
    refused(store.publish(dir.path(), "a"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn leftovers_of_a_killed_writer_are_invisible() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::new(dir.path(), LocalOptions::default());
    store.create("log/1", b"x").unwrap();
    let leftover = dir.path().join("log/.tmp-0190");
    fs::write(&leftover, b"half").unwrap();
    assert_eq!(store.list("").unwrap(), ["log/1"]);
    assert_eq!(store.children("log").unwrap(), ["1"]);
    // They are swept when they are old enough that nobody can be at work on them.
    let (past, future) = (SystemTime::UNIX_EPOCH, SystemTime::now() + std::time::Duration::from_secs(9));
    assert!(store.sweep_leftovers(past, false).unwrap().is_empty());
    assert_eq!(store.sweep_leftovers(future, true).unwrap(), std::slice::from_ref(&leftover));
    assert!(leftover.exists());
    assert_eq!(store.sweep_leftovers(future, false).unwrap(), std::slice::from_ref(&leftover));
    assert!(!leftover.exists());
    assert_eq!(store.list("").unwrap(), ["log/1"]);
}

#[test]
fn links_out_of_the_store_are_not_listed() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::new(dir.path().join("store"), LocalOptions::default());
    store.create("log/1", b"x").unwrap();
    std::os::unix::fs::symlink(dir.path(), dir.path().join("store/log/2")).unwrap();
    assert_eq!(store.list("").unwrap(), ["log/1"]);
}
