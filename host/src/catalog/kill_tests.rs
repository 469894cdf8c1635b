//! A writer that stops at any operation leaves a store that opens, shows nothing uncommitted, and lacks
//! nothing committed.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use artemis_proto::{FORMAT_VERSION, cronus, cronus_objects::FileObjectInfo};

use super::{testing::commit, *};
use crate::store::{ContentId, LocalOptions, LocalStore, StoreError};

/// A store whose process dies at one of its writes, before or after the write took place.
#[derive(Debug)]
struct DyingStore {
    inner: LocalStore,
    /// Writes until death.
    left: AtomicUsize,
    /// Whether the last write still takes place.
    after: bool,
}

impl DyingStore {
    fn write<T>(&self, act: impl FnOnce() -> crate::store::Result<T>) -> crate::store::Result<T> {
        let dead = || StoreError::NotFound { key: "the process is dead".into() };
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)) {
            Err(_) => Err(dead()),
            Ok(1) => {
                if self.after {
                    act()?;
                }
                Err(dead())
            }
            Ok(_) => act(),
        }
    }
}

impl Store for DyingStore {
    fn get(&self, key: &str) -> crate::store::Result<Vec<u8>> {
        self.inner.get(key)
    }
    fn get_range(&self, key: &str, range: Range<u64>) -> crate::store::Result<Vec<u8>> {
        self.inner.get_range(key, range)
    }
    fn size(&self, key: &str) -> crate::store::Result<Option<u64>> {
        self.inner.size(key)
    }
    fn create(&self, key: &str, bytes: &[u8]) -> crate::store::Result<Created> {
        self.write(|| self.inner.create(key, bytes))
    }
    fn put(&self, key: &str, bytes: &[u8]) -> crate::store::Result<()> {
        self.write(|| self.inner.put(key, bytes))
    }
    fn list(&self, prefix: &str) -> crate::store::Result<Vec<String>> {
        self.inner.list(prefix)
    }
    fn children(&self, prefix: &str) -> crate::store::Result<Vec<String>> {
        self.inner.children(prefix)
    }
    fn delete(&self, key: &str) -> crate::store::Result<()> {
        self.write(|| self.inner.delete(key))
    }
    fn staging_dir(&self, job: &str) -> crate::store::Result<PathBuf> {
        self.inner.staging_dir(job)
    }
    fn clear_staging(&self, job: &str) -> crate::store::Result<()> {
        self.write(|| self.inner.clear_staging(job))
    }
    fn publish(&self, staged: &Path, key: &str) -> crate::store::Result<()> {
        self.write(|| self.inner.publish(staged, key))
    }
    fn local_path(&self, key: &str) -> Option<PathBuf> {
        self.inner.local_path(key)
    }
}

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
    let mut made = commit(&catalog, "recipe", &PARTS);
    made.objects.push(hists);
    made.parents = vec![parent];
    made.name = Some("flights".into());
    catalog.commit_dataset(&made)?;
    finished.push("dataset");
    catalog.end_job(&job, &EndOfJob { dataset: Some(made.dataset), ..Default::default() })?;
    finished.push("end");
    Ok(())
}

/// What must hold of a store, whatever was finished before its writer died.
fn check(root: &Path, finished: &[&str], at: &str) {
    let store: Arc<dyn Store> = Arc::new(LocalStore::new(root, LocalOptions::default()));
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
    for after in [false, true] {
        for left in 1.. {
            let at = format!("killed {} write {left}", if after { "after" } else { "before" });
            let dir = tempfile::tempdir().unwrap();
            let options = LocalOptions { durable: false, ..LocalOptions::default() };
            let inner = LocalStore::new(dir.path(), options);
            let dying = DyingStore { inner, left: AtomicUsize::new(left), after };
            let mut finished = Vec::new();
            let result = whole_job(Arc::new(dying), &mut finished);
            check(dir.path(), &finished, &at);
            // The next run of the same job succeeds and leaves one whole dataset and no leftovers.
            let store: Arc<dyn Store> = Arc::new(LocalStore::new(dir.path(), options));
            let mut again = Vec::new();
            whole_job(Arc::clone(&store), &mut again).unwrap_or_else(|e| panic!("{at}, then: {e}"));
            check(dir.path(), &again, &at);
            assert_eq!(store.list("data").unwrap().len(), PARTS.len(), "{at}");
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
        let dying =
            DyingStore { inner: LocalStore::new(&root, options), left: AtomicUsize::new(left), after: true };
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
