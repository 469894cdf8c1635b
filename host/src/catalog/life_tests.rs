//! Deletion, grace, erasure, and what comes back.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use artemis_proto::cronus_objects::{DataAsset, DataRetention, DatasetObjectAuxInfo};

use super::{testing::commit, *};
use crate::store::{ContentId, LocalOptions, LocalStore};

const NOW: GcOptions = GcOptions { grace: Duration::ZERO, dry_run: false };

fn local(root: &Path) -> Catalog {
    let options = LocalOptions { durable: false, read_only: false };
    Catalog::open_or_create(Arc::new(LocalStore::new(root, options)), "life").unwrap()
}

/// Makes all files of a store look as old as this.
fn age(root: &Path, days: u64) {
    let then = SystemTime::now() - Duration::from_secs(days * 86_400);
    let mut dirs = vec![root.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap()) {
            if entry.file_type().unwrap().is_dir() {
                dirs.push(entry.path());
            }
            fs::File::open(entry.path()).unwrap().set_modified(then).unwrap();
        }
    }
}

#[test]
fn a_deleted_dataset_says_so_is_erased_after_the_grace_and_comes_back_when_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = local(dir.path());
    let shared = catalog.put(ObjectKind::Hists, "hists", b"").unwrap();
    let mut kept = commit(&catalog, "kept", &[("rows", "abc")]);
    kept.objects.push(shared.clone());
    catalog.commit_dataset(&kept).unwrap();
    let mut made = commit(&catalog, "gone", &[("rows", "abc"), ("more", "d")]);
    let own = catalog.put(ObjectKind::Log, "log", b"its own log").unwrap();
    made.objects = vec![shared.clone(), own.clone()];
    made.name = Some("flights".into());
    catalog.commit_dataset(&made).unwrap();

    assert!(matches!(catalog.delete_dataset(&made.dataset, " "), Err(CatalogError::Misuse { .. })));
    catalog.delete_dataset(&made.dataset, "it was wrong").unwrap();
    catalog.delete_dataset(&made.dataset, "again").unwrap();
    assert_eq!(catalog.dataset_ids().unwrap(), [kept.dataset]);
    assert_eq!(catalog.resolve("flights").unwrap(), made.dataset);
    match catalog.dataset(&made.dataset) {
        Err(e @ CatalogError::Deleted { .. }) => assert!(e.to_string().contains("it was wrong"), "{e}"),
        other => panic!("{other:?}"),
    }
    assert!(!catalog.settle_dataset(&made.dataset).unwrap(), "a job would not find it");

    // Within the grace nothing goes.
    let young = catalog.gc(&GcOptions::default()).unwrap();
    assert_eq!((young.removed, young.erased), (vec![], vec![]));
    age(dir.path(), 1);
    let would = catalog.gc(&GcOptions { dry_run: true, ..NOW }).unwrap();
    assert_eq!(would.erased, [made.dataset]);
    let places: Vec<&str> =
        would.removed.iter().filter(|r| r.why != Garbage::Staging).map(|r| r.place.as_str()).collect();
    assert_eq!(places.len(), 4, "two parts, a README and a log: {places:?}");
    assert!(places.iter().all(|place| catalog.store().size(place).unwrap().is_some()), "a dry run");
    let done = catalog.gc(&NOW).unwrap();
    assert_eq!(done.removed, would.removed);
    assert!(catalog.get_object(&own.id).is_err());
    assert!(catalog.get_object(&shared.id).is_ok(), "another dataset has it");
    assert_eq!(verify(catalog.store().as_ref()).unwrap().findings, []);
    assert_eq!(catalog.gc(&NOW).unwrap(), Collected::default());

    // The same recipe again, by another job.
    let mut again = commit(&catalog, "gone", &[("rows", "abc"), ("more", "d")]);
    again.name = Some("flights".into());
    let committed = catalog.commit_dataset(&again).unwrap();
    assert!(!committed.already_there);
    let record = catalog.dataset(&made.dataset).unwrap();
    assert_eq!((record.jobs.as_slice(), record.rows()), (&[again.job][..], 4));
    assert!(catalog.deleted_datasets().unwrap().is_empty());
    age(dir.path(), 1);
    let done = catalog.gc(&NOW).unwrap();
    assert!(done.removed.iter().all(|r| r.why == Garbage::Staging), "{done:?}");
    assert_eq!(verify(catalog.store().as_ref()).unwrap().findings, []);
    // And a fresh reader agrees.
    assert_eq!(local(dir.path()).dataset(&made.dataset).unwrap().rows(), 4);
}

#[test]
fn a_dataset_that_is_made_again_within_the_grace_keeps_its_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = local(dir.path());
    let made = commit(&catalog, "recipe", &[("rows", "abc")]);
    catalog.commit_dataset(&made).unwrap();
    catalog.delete_dataset(&made.dataset, "too early").unwrap();
    let again = commit(&catalog, "recipe", &[("rows", "abc")]);
    catalog.commit_dataset(&again).unwrap();
    assert_eq!(catalog.dataset(&made.dataset).unwrap().jobs, [made.job, again.job]);
    age(dir.path(), 1);
    let done = catalog.gc(&NOW).unwrap();
    // The staged file of the second job, which nobody needs, is all that goes.
    assert!(done.removed.iter().all(|r| r.why == Garbage::Staging) && done.erased.is_empty(), "{done:?}");
    assert_eq!(verify(catalog.store().as_ref()).unwrap().findings, []);
}

#[test]
fn leftovers_of_dead_jobs_go_and_those_of_running_jobs_stay() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = local(dir.path());
    let running = catalog.start_job(&JobDescription::default()).unwrap();
    fs::write(catalog.staging_file(&running, "part").unwrap(), b"x").unwrap();
    catalog.put_object(b"about to be committed").unwrap();
    fs::write(dir.path().join("objects/.tmp-half"), b"half").unwrap();
    let dataset = ContentId::of(catalog.identity().data, b"never");
    let part = |job: uuid::Uuid| format!("data/{}/{job}/rows/part-00000.arrow", dataset.segment());
    let dead = uuid::Uuid::now_v7();
    catalog.store().put(&part(running.id), b"being committed").unwrap();
    catalog.store().put(&part(dead), b"left behind").unwrap();
    catalog.store().staging_file(&dead.to_string(), "part").unwrap();
    let young = catalog.gc(&GcOptions { grace: Duration::from_secs(3600), dry_run: false }).unwrap();
    assert_eq!(young.removed, []);
    age(dir.path(), 1);

    let removed = |done: &Collected| -> Vec<(Garbage, String)> {
        done.removed.iter().map(|r| (r.why, r.place.clone())).collect()
    };
    let done = catalog.gc(&NOW).unwrap();
    assert_eq!(done.running, [running.id]);
    let expected = [
        (Garbage::Part, part(dead)),
        (Garbage::Temporary, "objects/.tmp-half".to_owned()),
        (Garbage::Staging, format!("staging/{dead}")),
    ];
    assert_eq!(removed(&done), expected);
    assert!(running.staging.join("part").exists());

    catalog.end_job(&running, &EndOfJob::default()).unwrap();
    age(dir.path(), 1);
    let done = catalog.gc(&NOW).unwrap();
    let object = ContentId::of(catalog.identity().objects, b"about to be committed").object_key();
    assert_eq!(removed(&done), [(Garbage::Part, part(running.id)), (Garbage::Object, object)]);
}

#[test]
fn a_damaged_log_stops_the_collection_before_it_begins() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = local(dir.path());
    let made = commit(&catalog, "recipe", &[("rows", "abc")]);
    catalog.commit_dataset(&made).unwrap();
    catalog.put_object(b"an orphan").unwrap();
    age(dir.path(), 1);
    let entry = format!("datasets/{}/log/{:020}.pb", made.dataset.segment(), 0);
    let before = catalog.store().list("").unwrap();
    catalog.store().put(&entry, b"\x08\x01").unwrap();
    assert!(catalog.gc(&NOW).is_err());
    assert_eq!(catalog.store().list("").unwrap(), before);
}

#[test]
fn retention_lists_what_is_due_and_what_cannot_be_told() {
    let catalog = testing::catalog();
    let mut ids = Vec::new();
    for (recipe, period, from) in [
        ("later", "50 years", "2020-01-31"),
        ("due", "P1Y", "2020-01-31"),
        ("unclear", "a while", "2020-01-31"),
        ("none", "", ""),
    ] {
        let made = commit(&catalog, recipe, &[("rows", recipe)]);
        catalog.commit_dataset(&made).unwrap();
        ids.push(made.dataset);
        if recipe == "none" {
            continue;
        }
        let retention = DataRetention {
            period: period.into(),
            retention_trigger_date: from.into(),
            ..Default::default()
        };
        let asset = DataAsset { data_retention: Some(retention), ..Default::default() };
        let aux = DatasetObjectAuxInfo { data_asset: Some(asset), data_holding: None };
        catalog.set_aux(&made.dataset, &aux).unwrap();
        assert_eq!(catalog.aux(&made.dataset).unwrap(), aux);
    }
    let found = catalog.retention(SystemTime::now()).unwrap();
    let told: Vec<(ContentId, bool)> = found.iter().map(|r| (r.dataset, r.is_due)).collect();
    assert_eq!(told, [(ids[1], true), (ids[0], false), (ids[2], false)]);
    assert_eq!(found[0].due.clone().unwrap().to_string(), "2021-01-31");
    assert!(found[2].due.clone().unwrap_err().contains("a while"));
}

#[test]
fn lineage_leads_from_the_inputs_to_what_was_made_of_a_dataset() {
    let catalog = testing::catalog();
    let first = commit(&catalog, "first", &[("rows", "a")]);
    let mut second = commit(&catalog, "second", &[("rows", "b")]);
    let mut third = commit(&catalog, "third", &[("rows", "c")]);
    second.parents = vec![first.dataset];
    third.parents = vec![second.dataset, first.dataset];
    for made in [&first, &second, &third] {
        catalog.commit_dataset(made).unwrap();
    }
    assert_eq!(catalog.parents(&third.dataset).unwrap(), [second.dataset, first.dataset]);
    let mut children = vec![second.dataset, third.dataset];
    children.sort();
    assert_eq!(catalog.children(&first.dataset).unwrap(), children);
    let lineage = catalog.lineage(&second.dataset).unwrap();
    assert_eq!(lineage.ancestors.relatives[0].dataset, first.dataset);
    assert_eq!(lineage.descendants.relatives[0].dataset, third.dataset);
    catalog.delete_dataset(&third.dataset, "a test").unwrap();
    assert_eq!(catalog.children(&second.dataset).unwrap(), []);
}
