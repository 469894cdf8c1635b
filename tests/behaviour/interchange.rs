//! Stores of the Python framework: read in, run again, written out.

use arrow::array::{Array, ArrayRef};
use arrow::compute::{cast, concat_batches};
use arrow::ipc::reader::FileReader;
use artemis_host::catalog::{Catalog, ObjectKind};
use artemis_host::interchange::{self, ImportError, Which};
use artemis_host::store::{LocalOptions, LocalStore};
use artemis_proto::cronus_objects::CronusObjectStore;
use artemis_tests::{Scratch, root, table};
use prost::Message;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const STORE: &str = "6169045b-6513-418e-a5ff-a61e6acf8ec7";
const DATASET: &str = "d16abcd0-efc1-4625-8cd4-b1652878a3ed";
const INPUTS: &str = "6af4460e-6836-4889-9bfa-138465df9f15";
const MENU: &str = "ba01d1cf-1c21-470d-80cf-2bc53cecd5a6";
const CONFIG: &str = "72b00932-f68c-48aa-8431-c30402ed4f3b";
const JOB: &str = "76795689-1506-4039-994a-3698f6b676a3";

fn sample() -> PathBuf {
    root().join("tests/data/original-store")
}

fn catalog(dir: &Path) -> Catalog {
    let options = LocalOptions { durable: false, ..LocalOptions::default() };
    Catalog::open_or_create(Arc::new(LocalStore::new(dir, options)), "test").unwrap()
}

/// File name -> bytes.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    entries.map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap())).collect()
}

/// A writable copy of the sample.
fn copy(to: &Path) {
    fs::create_dir_all(to).unwrap();
    files(&sample()).into_iter().for_each(|(name, bytes)| fs::write(to.join(name), bytes).unwrap());
}

fn import(scratch: &Scratch, folder: &Path, more: &[&str]) -> Value {
    let mut args = vec!["--format", "json", "--store", "store", "store", "import", folder.to_str().unwrap()];
    args.extend(more);
    scratch.run(&args).expect(0).json()
}

#[test]
fn an_imported_store_keeps_bytes_and_ids() {
    let scratch = Scratch::new();
    let imported = import(&scratch, &sample(), &["--name", "people"]);
    assert_eq!((imported["files"].as_u64(), imported["left_out"].as_array().unwrap().len()), (Some(12), 0));
    assert_eq!(imported["already_there"], false);

    let show = |id: &str| {
        scratch.run(&["--format", "json", "--store", "store", "store", "show", id]).expect(0).json()["record"]
            .clone()
    };
    assert_eq!(show(MENU)["uuid"], MENU);
    assert_eq!(show(&CONFIG[..8])["algos"][0]["klass"], "CsvParserAlgo");
    assert_eq!(show(JOB)["dataset_id"], DATASET);
    assert_eq!(show(STORE)["uuid"], STORE);
    assert_eq!(show(DATASET)["dataset"]["partitions"][0], "seqX");

    let catalog = catalog(&scratch.path("store"));
    let record = catalog.dataset(&catalog.resolve(DATASET).unwrap()).unwrap();
    assert_eq!(catalog.resolve("people").unwrap(), record.id);
    assert_eq!(record.parents, [catalog.resolve(INPUTS).unwrap()]);
    assert_eq!((record.rows(), record.partitions[0].parts[0].batches), (5000, 6));
    assert_eq!(record.inputs[0].content_id, "sha1:54e157f55bbc6b718631da639983ebe336b387e6");
    assert_eq!(record.inputs[0].uri, "file:///srv/data/golden/inputs/people_crlf.csv");

    // Every byte, under the hash of its bytes and with the name that it had.
    let originals = files(&sample());
    let part = &record.partitions[0].parts[0];
    let arrow = originals.iter().find(|(name, _)| name.ends_with(".arrow")).unwrap();
    assert_eq!(catalog.store().get(&part.key).unwrap(), *arrow.1);
    let objects = catalog.objects().unwrap();
    for (name, bytes) in originals.iter().filter(|(name, _)| !name.ends_with(".arrow")) {
        let object = objects.iter().find(|object| object.name == *name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(catalog.get_object(&object.id).unwrap(), *bytes, "{name}");
    }
    assert_eq!(
        objects
            .iter()
            .find(|o| o.name.ends_with("a3ed.job_0.76795689-1506-4039-994a-3698f6b676a3.job.pb"))
            .unwrap()
            .kind,
        ObjectKind::Job
    );
    let listed = scratch.run(&["--store", "store", "store", "list"]).expect(0).stdout;
    assert!(listed.contains("people@1") && listed.contains("5,000"), "{listed}");
}

#[test]
fn reading_the_same_store_in_again_changes_nothing() {
    let scratch = Scratch::new();
    let store = scratch.path("store");
    let first = interchange::import(&catalog(&store), &sample(), None).unwrap();
    let before = catalog(&store).store().list("").unwrap();
    let again = interchange::import(&catalog(&store), &sample(), None).unwrap();
    assert!(again.already_there && !first.already_there);
    assert_eq!(catalog(&store).store().list("").unwrap(), before);
    // Another store gives the datasets the same ids.
    let elsewhere = interchange::import(&catalog(&scratch.path("other")), &sample(), None).unwrap();
    let ids = |imported: &interchange::Imported| imported.datasets.iter().map(|d| d.id).collect::<Vec<_>>();
    assert_eq!(ids(&elsewhere), ids(&first));
}

/// The stored Arrow file as one batch, dates cast from the seconds that pyarrow 0.14 made of them.
fn stored_table() -> arrow::array::RecordBatch {
    let entries = fs::read_dir(sample()).unwrap().map(|entry| entry.unwrap().path());
    let path = entries.into_iter().find(|path| path.extension().is_some_and(|e| e == "arrow")).unwrap();
    let reader = FileReader::try_new(fs::File::open(path).unwrap(), None).unwrap();
    let schema = reader.schema();
    concat_batches(&schema, &reader.map(Result::unwrap).collect::<Vec<_>>()).unwrap()
}

#[test]
fn the_imported_job_run_again_makes_the_stored_table() {
    let scratch = Scratch::new();
    import(&scratch, &sample(), &[]);
    let input = root().join("tests/data/original-store-input.csv");
    let input = input.to_str().unwrap();
    let job = ["--format", "json", "--store", "store", "run", "--menu", MENU, "--config", CONFIG];
    let run = |more: &[&str]| scratch.run(&[&job[..], more].concat());

    let refused = run(&[]).expect(2).json()["error"]["message"].to_string();
    assert!(refused.contains("generator (FileGenerator): the configuration names no input"), "{refused}");

    let summary = run(&["--input", input, "--no-sync"]).expect(0).json();
    let (ours, theirs) = (table(&summary, "seqX"), stored_table());
    assert_eq!((ours.num_rows(), ours.num_columns()), (5000, theirs.num_columns()));
    for (field, column) in theirs.schema().fields().iter().zip(theirs.columns()) {
        let here: &ArrayRef = ours.column_by_name(field.name()).unwrap();
        assert_eq!(&cast(here, field.data_type()).unwrap(), column, "{}", field.name());
        let seconds_for_days = field.name() == "joined";
        assert_eq!(here.data_type() != field.data_type(), seconds_for_days, "{}", field.name());
    }
    // The job is known by the name that it had.
    assert_eq!(
        scratch.run(&["--store", "store", "store", "path", "orig"]).expect(0).stdout.lines().count(),
        1
    );
}

#[test]
fn an_export_of_an_import_is_the_original_with_other_addresses() {
    let scratch = Scratch::new();
    let catalog = catalog(&scratch.path("store"));
    interchange::import(&catalog, &sample(), None).unwrap();
    let out = scratch.path("a folder");
    interchange::export(&catalog, &Which::All, &out).unwrap();
    let (before, after) = (files(&sample()), files(&out));
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    for (name, bytes) in &before {
        if !name.ends_with(".cronus.pb") {
            assert_eq!(after[name], *bytes, "{name}");
            continue;
        }
        let record = |bytes: &[u8]| CronusObjectStore::decode(bytes).unwrap();
        let (old, new) = (record(bytes), record(&after[name]));
        let place = format!("file://{}", out.to_str().unwrap().replace(' ', "%20"));
        // Replaced as text, by nothing that the export uses.
        let expected = format!("{old:?}").replace("file:///srv/data/golden/csv_crlf", &place);
        assert_eq!(format!("{new:?}"), expected);
        assert_eq!(format!("{new:?}").matches("file:///srv/data/golden/inputs/").count(), 1);
    }
    // Once more into the same folder is no error, but a file of ours is never written over another.
    interchange::export(&catalog, &Which::All, &out).unwrap();
    fs::write(out.join(format!("{MENU}.menu.pb")), "mine").unwrap();
    let refused = interchange::export(&catalog, &Which::All, &out).unwrap_err().to_string();
    assert!(refused.contains("menu.pb is there with other bytes"), "{refused}");
    assert_eq!(fs::read(out.join(format!("{MENU}.menu.pb"))).unwrap(), b"mine");

    // One dataset brings what it was made from, menu and configuration.
    let one = scratch.path("one");
    let dataset = catalog.resolve(INPUTS).unwrap();
    interchange::export(&catalog, &Which::These(vec![dataset]), &one).unwrap();
    assert_eq!(files(&one).len(), 3);
    let imported = interchange::import(&self::catalog(&scratch.path("other")), &one, None).unwrap();
    assert_eq!(imported.datasets.iter().map(|d| d.uuid.as_str()).collect::<Vec<_>>(), [INPUTS]);
}

#[test]
fn own_datasets_are_written_so_that_they_are_read_in_again() {
    let scratch = Scratch::new();
    scratch.write("in ü.csv", "a,b\n1,x\n2,y\n");
    let job = artemis_tests::read_job("small", r#"["in ü.csv"]"#, "", "");
    let job = scratch.write("job.toml", job);
    let summary = scratch.job(job.to_str().unwrap(), &["--store", "store"]);
    let dataset = summary["dataset"].as_str().unwrap();
    let export = |to: &str| {
        let args = ["--format", "json", "--store", "store", "store", "export", dataset, to];
        scratch.run(&args).expect(0).json()
    };
    let exported = export("out");
    assert_eq!(exported["datasets"].as_array().unwrap().len(), 2, "{exported:#}");
    assert_eq!(exported["notes"], serde_json::json!([]));
    let out = files(&scratch.path("out"));
    assert!(
        out.keys().all(|name| interchange::name::OriginalName::parse(name).is_some()),
        "{:?}",
        out.keys()
    );
    export("again");
    let again = files(&scratch.path("again"));
    let same = |(name, bytes): (&String, &Vec<u8>)| {
        name.ends_with(".cronus.pb") || name.ends_with(".job.pb") || again[name] == *bytes
    };
    assert!(out.iter().all(same));

    let imported =
        interchange::import(&catalog(&scratch.path("other")), &scratch.path("out"), Some("small")).unwrap();
    assert_eq!((imported.left_out.len(), imported.missing.len()), (0, 0), "{imported:?}");
    assert_eq!(imported.datasets.iter().map(|d| d.rows).sum::<u64>(), 2);
    let other = catalog(&scratch.path("other"));
    let record = other.dataset(&other.resolve("small").unwrap()).unwrap();
    assert_eq!((record.parents.len(), record.inputs.len()), (1, 1));
    // SHA-1 of the input's twelve bytes.
    assert_eq!(record.inputs[0].content_id, format!("sha1:{}", sha1_of("a,b\n1,x\n2,y\n")));
    let menu = other.menu(&record.menu().unwrap()).unwrap();
    assert_eq!(menu.name, "small");

    // An input that is gone has no SHA-1, and that is said.
    fs::remove_file(scratch.path("in ü.csv")).unwrap();
    let notes = export("third")["notes"].to_string();
    assert!(notes.contains("in ü.csv: it cannot be read any more"), "{notes}");
}

fn sha1_of(text: &str) -> String {
    artemis_host::store::ContentId::of(artemis_host::store::Algorithm::Sha1, text.as_bytes()).hex()
}

/// What is not of the layout, or not what it says, is left out by name or an error by name; nothing else is touched.
#[test]
fn hostile_folders_are_refused_or_left_out_by_name() {
    let scratch = Scratch::new();
    let folder = scratch.path("hostile");
    copy(&folder);
    let secret = scratch.write("secret.txt", "outside");
    let uuid = "00000000-0000-4000-8000-000000000001";
    let link = folder.join(format!("{uuid}.menu.pb"));
    std::os::unix::fs::symlink(&secret, &link).unwrap();
    std::os::unix::fs::symlink("/", folder.join("root")).unwrap();
    fs::create_dir(folder.join(format!("{uuid}.config.pb"))).unwrap();
    let bad = [
        ("..x.menu.pb".to_owned(), Vec::new()),
        (format!("{uuid}.part_..{STORE}.x"), Vec::new()),
        (format!("{DATASET}.job_0.part_..{uuid}.arrow"), Vec::new()),
        // A menu that is none, one that is another's, an Arrow file that is none.
        ("00000000-0000-4000-8000-000000000002.menu.pb".to_owned(), vec![0xff; 10]),
        (
            "00000000-0000-4000-8000-000000000003.menu.pb".to_owned(),
            files(&sample())[&format!("{MENU}.menu.pb")].clone(),
        ),
        (format!("{DATASET}.job_0.part_seqX.00000000-0000-4000-8000-000000000004.arrow"), b"ARROW1".to_vec()),
        (
            format!("{DATASET}.job_0.00000000-0000-4000-8000-000000000005.hist.pb"),
            vec![0x0a, 0xff, 0xff, 0xff, 0x7f],
        ),
    ];
    bad.iter().for_each(|(name, bytes)| fs::write(folder.join(name), bytes).unwrap());
    let imported = import(&scratch, &folder, &[]);
    let left_out: Vec<&str> =
        imported["left_out"].as_array().unwrap().iter().map(|left| left["name"].as_str().unwrap()).collect();
    assert_eq!(left_out.len(), bad.len() + 3, "{left_out:#?}");
    assert!(bad.iter().all(|(name, _)| left_out.contains(&name.as_str())), "{left_out:#?}");
    assert_eq!(imported["files"], 12);
    assert_eq!(fs::read(&secret).unwrap(), b"outside");
    let kept = catalog(&scratch.path("store"));
    assert!(kept.objects().unwrap().iter().all(|object| object.bytes != 7), "the link was followed");
}

#[test]
fn no_truncated_or_flipped_file_panics_or_is_taken_for_another() {
    let scratch = Scratch::new();
    let folder = scratch.path("damaged");
    copy(&folder);
    let whole = files(&sample());
    for (name, bytes) in whole.iter().filter(|(name, bytes)| name.ends_with(".pb") && bytes.len() > 1) {
        for cut in [1, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
            let mut flipped = bytes.clone();
            flipped[cut] ^= 0x81;
            for damaged in [&bytes[..cut], &flipped] {
                fs::write(folder.join(name), damaged).unwrap();
                let store = scratch.path("damaged-store");
                match interchange::import(&catalog(&store), &folder, None) {
                    // Without a field that it lost at the end a message may still be one.
                    Ok(imported) => {
                        assert!(imported.files + imported.left_out.len() == 12, "{name} at {cut}")
                    }
                    Err(ImportError::BadStore { name: said, .. }) => assert_eq!(said, *name),
                    Err(other) => panic!("{name} at {cut}: {other}"),
                }
                fs::remove_dir_all(&store).unwrap();
            }
        }
        fs::write(folder.join(name), bytes).unwrap();
    }
}

#[test]
fn folders_that_mean_no_store_or_two_are_refused() {
    let scratch = Scratch::new();
    let folder = scratch.path("folder");
    fs::create_dir(&folder).unwrap();
    let store = scratch.path("store");
    let text = |folder: &Path| interchange::import(&catalog(&store), folder, None).unwrap_err().to_string();
    assert!(text(&folder).contains("holds no store of the Python framework"));
    assert!(text(&scratch.path("absent")).contains("absent"));
    copy(&folder);
    let record = files(&sample())[&format!("{STORE}.artemis.cronus.pb")].clone();
    fs::write(folder.join(format!("{STORE}.second.cronus.pb")), &record).unwrap();
    assert!(text(&folder).contains("holds several stores"));
    fs::remove_file(folder.join(format!("{STORE}.second.cronus.pb"))).unwrap();
    fs::remove_file(folder.join(format!("{STORE}.artemis.cronus.pb"))).unwrap();
    fs::write(folder.join(format!("{MENU}.artemis.cronus.pb")), &record).unwrap();
    assert!(text(&folder).contains(&format!("it says that its id is \"{STORE}\"")));
    fs::remove_file(folder.join(format!("{MENU}.artemis.cronus.pb"))).unwrap();
    fs::write(folder.join(format!("{STORE}.artemis.cronus.pb")), &record).unwrap();
    // The same id twice, with other bytes.
    fs::write(folder.join(format!("{DATASET}.job_1.{JOB}.job.pb")), b"").unwrap();
    assert!(text(&folder).contains("have the same id and other bytes"));
    assert!(catalog(&store).datasets().unwrap().is_empty());

    let ran = scratch.run(&["--store", "store", "store", "import", "folder"]).expect(3);
    assert!(ran.stderr.contains("have the same id"), "{}", ran.stderr);
}
