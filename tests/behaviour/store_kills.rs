//! A job that is killed at any time leaves a store that opens, shows whole datasets only, and lacks none that was
//! reported.

use artemis_host::catalog::Catalog;
use artemis_host::store::{ContentId, LocalOptions, Location, OpenOptions};
use artemis_tests::{Scratch, read_job};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Reads everything that a store shows, and gives its datasets.
fn read_all(scratch: &Scratch) -> BTreeSet<ContentId> {
    let local = LocalOptions { read_only: true, ..LocalOptions::default() };
    let options = OpenOptions { local, ..OpenOptions::default() };
    let store = Location::Local(scratch.path("artemis-store")).open(&options).unwrap();
    let catalog = match Catalog::open(store) {
        Err(artemis_host::catalog::CatalogError::NoStore) => return BTreeSet::new(),
        opened => opened.unwrap(),
    };
    let ids = catalog.dataset_ids().unwrap();
    for id in &ids {
        let record = catalog.dataset(id).unwrap();
        for part in record.partitions.iter().flat_map(|partition| &partition.parts) {
            let bytes = catalog.store().get(&part.key).unwrap();
            assert_eq!(ContentId::of(part.id.algorithm(), &bytes), part.id, "{}", part.key);
        }
        for object in &record.objects {
            catalog.get_object(&object.id).unwrap();
        }
    }
    catalog.objects().unwrap();
    catalog.jobs().unwrap();
    ids.into_iter().collect()
}

/// Numbers that look like chance and are the same in every run, from 0 to 1: the constants of Knuth's MMIX.
fn chances() -> impl Iterator<Item = f64> {
    let mut state: u64 = 20_261_127;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    })
}

#[test]
fn a_job_killed_at_any_time_loses_no_dataset_and_shows_no_half_of_one() {
    let kills = std::env::var("ARTEMIS_TEST_KILLS").map_or(100, |text| text.parse().unwrap());
    let scratch = Scratch::new();
    scratch.write("job.toml", read_job("rows", "[\"in.csv\"]", "", ""));
    let input = |number: usize| {
        let mut text = "n\n".to_owned();
        (0..100).for_each(|i| text += &format!("{}\n", number * 1000 + i));
        scratch.write("in.csv", text);
    };
    // How long a whole job takes here and now; the first one makes the store.
    let mut whole = Duration::ZERO;
    for number in 0..2 {
        input(number);
        let started = Instant::now();
        scratch.job("job.toml", &["--workers", "1"]);
        whole = started.elapsed();
    }
    let mut reported = read_all(&scratch);
    assert_eq!(reported.len(), 4, "two datasets and their inputs");
    let (mut killed, mut visible) = (0, 0);
    for (number, chance) in (2..).zip(chances().take(kills)) {
        input(number);
        let mut child =
            scratch.command(&["-q", "run", "job.toml", "--no-sync", "--workers", "1"]).spawn().unwrap();
        std::thread::sleep(whole.mul_f64(chance * 1.1));
        child.kill().unwrap();
        let done = child.wait().unwrap().success();
        killed += usize::from(!done);
        let shown = read_all(&scratch);
        assert!(reported.is_subset(&shown), "kill {number} lost a dataset");
        assert!(!done || shown.len() > reported.len(), "a job that ended well left no dataset");
        visible += usize::from(!done && shown.len() > reported.len());
        reported = shown;
    }
    eprintln!("{killed} of {kills} jobs were killed before their end, {visible} of them after a commit");
    assert!(killed * 2 > kills, "only {killed} of {kills} jobs were killed before their end");
    // The next job does its work as if nothing had happened.
    input(2);
    scratch.job("job.toml", &["--again"]);
    assert!(read_all(&scratch).is_superset(&reported));
}
