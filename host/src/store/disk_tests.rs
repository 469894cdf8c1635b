//! The order of the steps by which a local store writes, and what is left when the disk fails at any of them.

use std::{fs, path::Path, sync::Arc};

use super::{faults::ScriptedDisk, *};

/// No space left, a read-only file system, no permission, an IO error; numbers of Linux.
const ERRORS: [i32; 4] = [28, 30, 13, 5];

fn scripted(root: &Path, durable: bool, fails: Option<(usize, i32)>) -> (Arc<ScriptedDisk>, LocalStore) {
    let disk = Arc::new(ScriptedDisk::new(root, fails));
    let store = LocalStore::on(Arc::clone(&disk) as _, root, LocalOptions { durable, read_only: false });
    (disk, store)
}

#[test]
fn a_created_key_is_flushed_before_it_has_its_name_and_the_name_before_it_counts() {
    let dir = tempfile::tempdir().unwrap();
    let (disk, store) = scripted(dir.path(), true, None);
    store.create("log/1", b"x").unwrap();
    let expected = [
        "create_dir log",
        "sync_dir .",
        "create_file log/.tmp",
        "write log/.tmp",
        "sync_file log/.tmp",
        "link log/.tmp log/1",
        "remove log/.tmp",
        "sync_dir log",
    ];
    assert_eq!(disk.steps()[..expected.len()], expected);
}

#[test]
fn a_replaced_key_is_flushed_before_it_has_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let (disk, store) = scripted(dir.path(), true, None);
    store.put("beat", b"x").unwrap();
    let expected = ["create_file .tmp", "write .tmp", "sync_file .tmp", "rename .tmp beat", "sync_dir ."];
    assert_eq!(disk.steps()[..expected.len()], expected);
}

#[test]
fn a_published_file_is_flushed_before_it_has_its_name_and_the_name_before_it_counts() {
    let dir = tempfile::tempdir().unwrap();
    let (disk, store) = scripted(dir.path(), true, None);
    let staged = store.staging_file("job", "part").unwrap();
    fs::write(&staged, b"x").unwrap();
    let before = disk.steps().len();
    store.publish(&staged, "data/d/part").unwrap();
    let expected = [
        "sync_file staging/job/part",
        "create_dir data",
        "sync_dir .",
        "create_dir data/d",
        "sync_dir data",
        "link staging/job/part data/d/part",
        "remove staging/job/part",
        "sync_dir data/d",
    ];
    assert_eq!(disk.steps()[before..], expected);
}

#[test]
fn a_store_that_need_not_be_durable_waits_for_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (disk, store) = scripted(dir.path(), false, None);
    store.create("log/1", b"x").unwrap();
    store.put("beat", b"x").unwrap();
    assert!(disk.steps().iter().all(|step| !step.starts_with("sync")), "{:?}", disk.steps());
}

#[test]
fn a_file_staged_on_another_file_system_is_copied_whole_and_flushed_before_it_has_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir_in("/dev/shm").unwrap();
    let (disk, store) = scripted(dir.path(), true, None);
    let staged = other.path().join("part");
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    fs::write(&staged, &bytes).unwrap();
    store.publish(&staged, "data/part").unwrap();
    assert!(!staged.exists());
    assert_eq!(store.get("data/part").unwrap(), bytes);
    let steps = disk.steps();
    let at =
        |step: &str| steps.iter().rposition(|s| s == step).unwrap_or_else(|| panic!("{step}: {steps:?}"));
    let expected = ["write data/.tmp", "sync_file data/.tmp", "link data/.tmp data/part", "sync_dir data"];
    let places: Vec<usize> = expected.iter().map(|step| at(step)).collect();
    assert!(places.is_sorted(), "{steps:?}");
}

#[test]
fn whatever_step_the_disk_fails_at_a_key_is_whole_or_absent_and_can_be_written_later() {
    for number in ERRORS {
        for at in 1.. {
            let dir = tempfile::tempdir().unwrap();
            let (disk, store) = scripted(dir.path(), true, Some((at, number)));
            let result = store.create("log/1", b"whole");
            let healthy = LocalStore::new(dir.path(), LocalOptions::default());
            match &result {
                Err(error) => {
                    assert!(
                        matches!(error, StoreError::Io { .. } | StoreError::ReadOnly { .. }),
                        "{error:?}"
                    );
                    assert!(error.to_string().contains(&dir.path().display().to_string()), "{error}");
                }
                Ok(created) => assert_eq!(*created, Created::New),
            }
            if let Some(size) = healthy.size("log/1").unwrap() {
                assert_eq!(size, 5, "step {at}");
            }
            healthy.create("log/1", b"whole").unwrap();
            assert_eq!(healthy.list("").unwrap(), ["log/1"], "step {at}");
            if disk.steps().len() < at {
                assert!(at > 8, "the steps are not seen");
                break;
            }
            assert!(result.is_err() || at > 8, "step {at} failed unnoticed");
        }
    }
}

#[test]
fn whatever_step_the_disk_fails_at_a_staged_file_is_published_whole_or_not_at_all() {
    for number in ERRORS {
        for at in 1.. {
            let dir = tempfile::tempdir().unwrap();
            let healthy = LocalStore::new(dir.path(), LocalOptions::default());
            let staged = healthy.staging_file("job", "part").unwrap();
            fs::write(&staged, b"whole").unwrap();
            let (disk, store) = scripted(dir.path(), true, Some((at, number)));
            let result = store.publish(&staged, "data/part");
            match healthy.size("data/part").unwrap() {
                Some(size) => assert_eq!(size, 5, "step {at}"),
                None => healthy.publish(&staged, "data/part").unwrap(),
            }
            if disk.steps().len() < at {
                assert!(result.is_ok() && at > 5);
                break;
            }
        }
    }
}
