//! A writer that stops at any operation, or whose store goes wrong at any operation, leaves a store that
//! opens, shows nothing uncommitted, and lacks nothing committed.

use std::{path::Path, sync::Arc};

use artemis_proto::{FORMAT_VERSION, cronus, cronus_objects::FileObjectInfo};

use super::{
    testing::{commit, try_commit},
    *,
};
use crate::store::{
    ContentId, LocalOptions, LocalStore, MemoryStore, StoreError,
    faults::{Fault, FaultyStore, failing_local},
};

const PARTS: [(&str, &str); 3] = [("rows", "abc"), ("rows", "def"), ("more", "g")];

/// All that a job writes; returns how many steps were finished.
fn whole_job(store: Arc<dyn Store>, finished: &mut Vec<&'static str>) -> Result<()> {
    let catalog = Catalog::open_or_create(store, "test")?;
    finished.push("store");
    catalog.put_menu(&cronus::Menu { name: "menu".into(), ..Default::default() })?;
    finished.push("menu");
    let job = catalog.start_job(&JobDescription::default())?;
    catalog.heartbeat(&job, &Progress::default())?;
    let input = InputItem {
        id: ContentId::of(catalog.identity().data, b"input"),
        name: "input".into(),
        file: FileObjectInfo { size_bytes: 5, ..Default::default() },
        table: cronus::Table { name: "input".into(), ..Default::default() },
        record: InputRecord { format_version: FORMAT_VERSION, ..Default::default() },
    };
    let parent = catalog.commit_input_dataset(job.id, &[input])?;
    finished.push("inputs");
    let hists = catalog.put(ObjectKind::Hists, "hists", b"")?;
    let mut made = try_commit(&catalog, "recipe", &PARTS)?;
    made.objects.push(hists);
    made.parents = vec![parent];
    made.name = Some("flights".into());
    catalog.commit_dataset(&made)?;
    finished.push("dataset");
    catalog.end_job(&job, &EndOfJob { dataset: Some(made.dataset), ..Default::default() })?;
    finished.push("end");
    Ok(())
}

/// What must hold of a store in a directory, whatever was finished before its writer died.
fn check(root: &Path, finished: &[&str], at: &str) {
    check_store(Arc::new(LocalStore::new(root, LocalOptions::default())), finished, at);
}

/// What must hold of a store, whatever was finished before its writer died.
fn check_store(store: Arc<dyn Store>, finished: &[&str], at: &str) {
    let catalog = match Catalog::open(Arc::clone(&store)) {
        Err(CatalogError::NoStore) if finished.is_empty() => return,
        opened => opened.unwrap_or_else(|e| panic!("{at}: {e}")),
    };
    let datasets = catalog.datasets().unwrap();
    let produced = datasets.iter().filter(|d| d.kind == DatasetKind::DatasetProduced).count();
    assert!(produced >= usize::from(finished.contains(&"dataset")), "{at}: the dataset is lost");
    assert!(datasets.len() > produced || !finished.contains(&"inputs"), "{at}: the inputs are lost");
    let menus = catalog.objects().unwrap().iter().filter(|o| o.kind == ObjectKind::Menu).count();
    assert!(menus == 1 || !finished.contains(&"menu"), "{at}: the menu is lost");
    for dataset in &datasets {
        let record = catalog.dataset(&dataset.id).unwrap();
        assert_eq!(record.names.len(), usize::from(record.kind == DatasetKind::DatasetProduced), "{at}");
        let parts: Vec<&Part> = record.partitions.iter().flat_map(|p| &p.parts).collect();
        assert!(record.kind == DatasetKind::DatasetInput || parts.len() == PARTS.len(), "{at}");
        for part in parts {
            assert_eq!(ContentId::of(part.id.algorithm(), &store.get(&part.key).unwrap()), part.id, "{at}");
        }
        for object in &record.objects {
            catalog.get_object(&object.id).unwrap();
        }
    }
    catalog.jobs().unwrap();
}

#[test]
fn a_writer_killed_at_any_write_loses_nothing_and_shows_nothing_unfinished() {
    let mut deaths = 0;
    for death in [Fault::DieBefore, Fault::DieAfter] {
        for left in 1.. {
            let at = format!("{death:?} write {left}");
            let dir = tempfile::tempdir().unwrap();
            let options = LocalOptions { durable: false, ..LocalOptions::default() };
            let inner = Arc::new(LocalStore::new(dir.path(), options));
            let dying = FaultyStore::new(inner, death, left);
            let mut finished = Vec::new();
            let result = whole_job(Arc::new(dying), &mut finished);
            check(dir.path(), &finished, &at);
            // The next run of the same job succeeds and leaves one whole dataset and no leftovers.
            let store: Arc<dyn Store> = Arc::new(LocalStore::new(dir.path(), options));
            let mut again = Vec::new();
            whole_job(Arc::clone(&store), &mut again).unwrap_or_else(|e| panic!("{at}, then: {e}"));
            check(dir.path(), &again, &at);
            let files = store.list("data").unwrap();
            assert_eq!(files.iter().filter(|key| key.ends_with(".arrow")).count(), PARTS.len(), "{at}");
            let catalog = Catalog::open(store).unwrap();
            assert_eq!(catalog.datasets().unwrap().len(), 2, "{at}");
            assert_eq!(catalog.names().unwrap()["flights"].len(), 1, "{at}");
            if result.is_ok() {
                break;
            }
            deaths += 1;
        }
    }
    assert!(deaths > 20, "only {deaths} deaths: the wrapper does not see the writes");
}

#[test]
fn a_commit_cut_short_before_the_stores_log_is_finished_when_it_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let mut settled = 0;
    for left in 1..40 {
        let root = dir.path().join(left.to_string());
        let options = LocalOptions { durable: false, ..LocalOptions::default() };
        let inner = Arc::new(LocalStore::new(&root, options));
        let dying = FaultyStore::new(inner, Fault::DieAfter, left);
        let mut finished = Vec::new();
        // Every outcome is one to recover from.
        let _ = whole_job(Arc::new(dying), &mut finished);
        let Ok(catalog) = Catalog::open(Arc::new(LocalStore::new(&root, options))) else { continue };
        let dataset = ContentId::of(catalog.identity().data, b"recipe");
        let visible = catalog.dataset(&dataset).is_ok();
        let logged = !catalog.store().list(&format!("datasets/{}", dataset.segment())).unwrap().is_empty();
        assert_eq!(catalog.settle_dataset(&dataset).unwrap(), logged, "killed at write {left}");
        if logged {
            assert_eq!(catalog.resolve("flights").unwrap(), dataset);
            assert_eq!(catalog.dataset(&dataset).unwrap().rows(), 7);
        }
        settled += usize::from(logged && !visible);
    }
    assert!(settled > 0, "no death fell between the two logs");
}

#[test]
fn any_operation_of_a_commit_may_go_wrong_in_any_way() {
    for fault in [Fault::Fail, Fault::LoseAnswer, Fault::Delay, Fault::Duplicate, Fault::Tear] {
        for at in 1.. {
            let what = format!("{fault:?} at operation {at}");
            let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
            let faulty = Arc::new(FaultyStore::new(Arc::clone(&memory), fault, at));
            let mut finished = Vec::new();
            let result = whole_job(Arc::clone(&faulty) as Arc<dyn Store>, &mut finished);
            check_store(Arc::clone(&memory), &finished, &what);
            assert!(
                result.is_ok() || matches!(fault, Fault::Fail | Fault::LoseAnswer | Fault::Tear),
                "{what}"
            );
            if result.is_err() {
                // The same process tries again.
                whole_job(Arc::clone(&faulty) as Arc<dyn Store>, &mut finished)
                    .unwrap_or_else(|e| panic!("{what}, then: {e}"));
                check_store(Arc::clone(&memory), &finished, &what);
            }
            no_commit_stands_twice(&memory, &what);
            let files = memory.list("data").unwrap();
            let parts = files.iter().filter(|key| key.ends_with(".arrow")).count();
            assert_eq!(parts, PARTS.len(), "{what}");
            if !faulty.struck() {
                assert!(at > 30, "only {at} operations: the wrapper does not see them");
                break;
            }
        }
    }
}

/// Each dataset was made once, each name moved once, each job stands once in a dataset's log.
fn no_commit_stands_twice(store: &Arc<dyn Store>, what: &str) {
    let mut seen = std::collections::BTreeSet::new();
    for key in store.list("").unwrap() {
        let is_log = (key.starts_with("log/") || key.starts_with("datasets/")) && key.ends_with(".pb");
        if !is_log {
            continue;
        }
        let commit = log::decode(&key, &store.get(&key).unwrap()).unwrap();
        for payload in commit.payloads {
            let fact = match payload.kind.unwrap() {
                host::payload::Kind::DatasetMade(made) => format!("made {}", made.dataset_id),
                host::payload::Kind::NameMoved(moved) => format!("moved {}", moved.name),
                host::payload::Kind::Dataset(commit) => format!("{} by {}", commit.dataset_id, commit.job_id),
                _ => continue,
            };
            assert!(seen.insert(fact.clone()), "{what}: twice {fact}");
        }
    }
}

#[test]
fn a_commit_that_failed_can_be_tried_again_with_the_same_files() {
    for fault in [Fault::Fail, Fault::LoseAnswer, Fault::Tear] {
        for at in 1.. {
            let what = format!("{fault:?} at operation {at}");
            let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
            drop(Catalog::create(Arc::clone(&memory), "test").unwrap());
            let faulty = Arc::new(FaultyStore::new(Arc::clone(&memory), fault, at));
            let Ok(catalog) = Catalog::open(Arc::clone(&faulty) as Arc<dyn Store>) else { continue };
            let mut made = commit(&catalog, "recipe", &PARTS);
            made.name = Some("flights".into());
            if catalog.commit_dataset(&made).is_err() {
                catalog.commit_dataset(&made).unwrap_or_else(|e| panic!("{what}, then: {e}"));
            }
            no_commit_stands_twice(&memory, &what);
            check_store(Arc::clone(&memory), &["dataset"], &what);
            let healthy = Catalog::open(Arc::clone(&memory)).unwrap();
            assert_eq!(healthy.dataset(&made.dataset).unwrap().jobs, [made.job], "{what}");
            if !faulty.struck() {
                break;
            }
        }
    }
}

#[test]
fn a_disk_that_is_full_or_read_only_from_any_step_on_is_a_clear_error_and_leaves_a_whole_store() {
    // No space left, a read-only file system, no permission.
    for number in [28, 30, 13] {
        // A commit has hundreds of steps; every one near the beginning and a sample of the others.
        for at in (1..40).chain((40..).step_by(7)) {
            let what = format!("error {number} from step {at} on");
            let dir = tempfile::tempdir().unwrap();
            let (store, steps) = failing_local(dir.path(), at, number);
            let mut finished = Vec::new();
            let result = whole_job(Arc::new(store), &mut finished);
            check(dir.path(), &finished, &what);
            match result {
                Ok(()) => {
                    assert!(steps() < at || finished.contains(&"end"), "{what}");
                    if steps() < at {
                        break;
                    }
                }
                Err(CatalogError::Store(StoreError::Io { .. } | StoreError::ReadOnly { .. })) => {}
                Err(other) => panic!("{what}: {other:?}"),
            }
            let options = LocalOptions { durable: false, ..LocalOptions::default() };
            let mut again = Vec::new();
            whole_job(Arc::new(LocalStore::new(dir.path(), options)), &mut again)
                .unwrap_or_else(|e| panic!("{what}, then: {e}"));
            check(dir.path(), &again, &what);
        }
    }
}
