//! The index: what is searched of all datasets, in one local file. It is a cache: it is compared with the
//! last number of each log whenever it is opened, and deleting it loses nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
    time::SystemTime,
};

use artemis_proto::{FORMAT_VERSION, artemis::JobInfo, cronus, host};
use prost::Message;
use uuid::Uuid;

use super::{
    Catalog, DatasetKind, NameVersion, ObjectKind, Result, checkpoint,
    log::{check_format, decode_message, entry_key},
    names::names_of,
    system_time,
    view::parse_id,
};
use crate::store::{Algorithm, ContentId, StoreError};

/// The length of the hash in front of the index.
const HASH_BYTES: usize = 32;

/// A dataset in the index.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexEntry {
    /// Its id.
    pub id: ContentId,
    /// Made by a job, or inputs by reference.
    pub kind: DatasetKind,
    /// When it became visible.
    pub created: SystemTime,
    /// The job that made it.
    pub job: Uuid,
    /// The versions of names that are at it.
    pub names: Vec<NameVersion>,
    /// Rows of all partitions.
    pub rows: u64,
    /// Bytes of all data files; of an input dataset, of all inputs.
    pub bytes: u64,
    /// Names of its partitions.
    pub partitions: Vec<String>,
    /// Names of the columns of all its tables.
    pub columns: Vec<String>,
    /// Ids of the plugins that made it.
    pub plugins: Vec<String>,
}

/// What to search for; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// The beginning of the id, of hex digits, or with the algorithm in front.
    pub dataset: Option<String>,
    /// The beginning of a name.
    pub name: Option<String>,
    /// A column.
    pub column: Option<String>,
    /// A partition.
    pub partition: Option<String>,
    /// The id of a plugin.
    pub plugin: Option<String>,
    /// Made then or later.
    pub since: Option<SystemTime>,
    /// Made before.
    pub until: Option<SystemTime>,
}

impl Search {
    /// Whether a dataset is what is searched for.
    pub fn finds(&self, entry: &IndexEntry) -> bool {
        let has = |wanted: &Option<String>, of: &[String]| {
            wanted.as_ref().is_none_or(|wanted| of.iter().any(|name| name == wanted))
        };
        let begins = |wanted: &String| {
            entry.id.to_string().starts_with(wanted)
                || entry.id.segment().starts_with(wanted)
                || entry.id.hex().starts_with(&wanted.to_ascii_lowercase())
        };
        self.dataset.as_ref().is_none_or(begins)
            && self
                .name
                .as_ref()
                .is_none_or(|wanted| entry.names.iter().any(|name| name.name.starts_with(wanted.as_str())))
            && has(&self.column, &entry.columns)
            && has(&self.partition, &entry.partitions)
            && has(&self.plugin, &entry.plugins)
            && self.since.is_none_or(|since| entry.created >= since)
            && self.until.is_none_or(|until| entry.created < until)
    }
}

impl Catalog {
    /// What is searched for, oldest first. `cache` is the file of the index; without one, or where it cannot
    /// be read, the logs are read, and it is written where that is possible.
    ///
    /// # Errors
    /// Damage in a log, or an error of the store.
    pub fn search(&self, cache: Option<&Path>, search: &Search) -> Result<Vec<IndexEntry>> {
        let mut entries = self.index(cache)?;
        entries.retain(|entry| search.finds(entry));
        Ok(entries)
    }

    /// Makes the index and the checkpoint of the store's log anew, and returns how many datasets there are.
    ///
    /// # Errors
    /// Damage in a log, or an error of the store.
    pub fn reindex(&self, cache: Option<&Path>) -> Result<usize> {
        {
            let mut view = self.view();
            // From the entries themselves.
            *view = super::log::Replayed::new("log", self.identity.data);
            view.refresh_from_entries(self.store.as_ref())?;
            match checkpoint::rebuild(self.store.as_ref(), "log", self.identity.data, view.len()) {
                // Who may only read has the index at least.
                Ok(()) | Err(StoreError::ReadOnly { .. }) => {}
                Err(e) => return Err(e.into()),
            }
        }
        if let Some(path) = cache {
            match fs::remove_file(path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(StoreError::io(path, e).into()),
                _ => {}
            }
        }
        Ok(self.index(cache)?.len())
    }

    /// The whole index, brought up to date.
    fn index(&self, cache: Option<&Path>) -> Result<Vec<IndexEntry>> {
        let known = cache.map(|path| self.read_index(path)).unwrap_or_default();
        let mut datasets = Vec::new();
        let mut changed = false;
        for id in self.dataset_ids()? {
            let key = id.to_string();
            let current = match known.get(&key) {
                Some(entry) => {
                    let next = entry_key(&format!("datasets/{}/log", id.segment()), entry.entries);
                    self.store.size(&next)?.is_none().then(|| entry.clone())
                }
                None => None,
            };
            datasets.push(match current {
                Some(entry) => entry,
                None => {
                    changed = true;
                    self.indexed(&id)?
                }
            });
        }
        if let Some(path) = cache
            && (changed || known.len() != datasets.len())
            && let Err(e) = self.write_index(path, &datasets)
        {
            tracing::warn!("the index {} cannot be written: {e}", path.display());
        }
        let view = self.view();
        datasets.iter().map(|dataset| Ok(entry_of(dataset, |id| names_of(view.state(), id))?)).collect()
    }

    fn indexed(&self, id: &ContentId) -> Result<host::IndexedDataset> {
        let mut log = self.dataset_log(id);
        log.refresh(self.store.as_ref())?;
        let entries = log.len();
        let record = self.dataset(id)?;
        let mut columns = BTreeSet::new();
        for table in record.of_kind(ObjectKind::Table) {
            let table: cronus::Table = self.get_message(&table.id)?;
            let schema = table.info.and_then(|info| info.schema).and_then(|schema| schema.info);
            columns.extend(schema.into_iter().flat_map(|schema| schema.fields).map(|field| field.name));
        }
        let mut plugins = BTreeSet::new();
        for job in record.of_kind(ObjectKind::Job) {
            let job: JobInfo = self.get_message(&job.id)?;
            plugins.extend(job.plugins.into_iter().map(|plugin| plugin.id));
        }
        Ok(host::IndexedDataset {
            format_version: FORMAT_VERSION,
            dataset_id: id.to_string(),
            entries,
            dataset_kind: record.kind.into(),
            created: Some(record.created.into()),
            job_id: record.jobs.first().map(ToString::to_string).unwrap_or_default(),
            rows: record.rows(),
            bytes: record.bytes(),
            partitions: record.partitions.iter().map(|partition| partition.name.clone()).collect(),
            columns: columns.into_iter().collect(),
            plugins: plugins.into_iter().collect(),
        })
    }

    /// What the file holds; nothing if it is missing, torn, of another store or of another format.
    fn read_index(&self, path: &Path) -> BTreeMap<String, host::IndexedDataset> {
        let read = || -> Option<host::IndexFile> {
            let bytes = fs::read(path).ok()?;
            let (hash, body) = bytes.split_at_checked(HASH_BYTES)?;
            if ContentId::of(Algorithm::Blake3, body).hash() != hash {
                return None;
            }
            let place = path.display().to_string();
            let file: host::IndexFile = decode_message(&place, body).ok()?;
            check_format(&place, file.format_version).ok()?;
            (file.store_uuid == self.identity.uuid.to_string()).then_some(file)
        };
        let datasets = read().map(|file| file.datasets).unwrap_or_default();
        datasets.into_iter().map(|dataset| (dataset.dataset_id.clone(), dataset)).collect()
    }

    fn write_index(&self, path: &Path, datasets: &[host::IndexedDataset]) -> io::Result<()> {
        let body = host::IndexFile {
            format_version: FORMAT_VERSION,
            store_uuid: self.identity.uuid.to_string(),
            datasets: datasets.to_vec(),
        }
        .encode_to_vec();
        let mut bytes = ContentId::of(Algorithm::Blake3, &body).hash().to_vec();
        bytes.extend(body);
        let dir = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(dir)?;
        // Beside its name first, since others may read it meanwhile.
        let beside = dir.join(format!(".tmp-{}", Uuid::now_v7()));
        let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }
}

fn entry_of(
    dataset: &host::IndexedDataset,
    names: impl Fn(&ContentId) -> Vec<NameVersion>,
) -> Result<IndexEntry, StoreError> {
    let id = parse_id(&dataset.dataset_id, "the index")?;
    Ok(IndexEntry {
        id,
        kind: dataset.dataset_kind(),
        created: system_time(dataset.created),
        job: Uuid::parse_str(&dataset.job_id).unwrap_or_default(),
        names: names(&id),
        rows: dataset.rows,
        bytes: dataset.bytes,
        partitions: dataset.partitions.clone(),
        columns: dataset.columns.clone(),
        plugins: dataset.plugins.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{self, commit};

    fn table_of(column: &str) -> cronus::Table {
        let fields = vec![cronus::Field { name: column.to_owned(), ..Default::default() }];
        let info = Some(cronus::SchemaInfo { aux: None, fields });
        let schema = Some(cronus::Schema { info, ..Default::default() });
        let info = Some(cronus::TableInfo { schema, ..Default::default() });
        cronus::Table { info, ..Default::default() }
    }

    fn filled() -> Catalog {
        let catalog = testing::catalog();
        for (name, partition, column, plugin) in
            [("flights", "late", "carrier", "csv-reader"), ("trains", "rows", "line", "fwf-reader")]
        {
            let schema = table_of(column);
            let mut made = commit(&catalog, name, &[(partition, "abc")]);
            made.name = Some(name.into());
            made.objects.push(catalog.put_message(ObjectKind::Table, "t", &schema).unwrap());
            let plugins = vec![host::PluginUsed { id: plugin.into(), ..Default::default() }];
            let info = JobInfo { plugins, ..Default::default() };
            made.objects.push(catalog.put_job_info(&info).unwrap());
            catalog.commit_dataset(&made).unwrap();
        }
        catalog
    }

    fn found(catalog: &Catalog, cache: Option<&Path>, search: Search) -> Vec<String> {
        let found = catalog.search(cache, &search).unwrap();
        found.iter().map(|entry| entry.names[0].name.clone()).collect()
    }

    #[test]
    fn datasets_are_found_by_what_they_are_made_of() {
        let catalog = filled();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/index");
        let text = |text: &str| Some(text.to_owned());
        let hour = std::time::Duration::from_secs(3600);
        let id = catalog.resolve("trains").unwrap();
        let cases = [
            (Search::default(), &["flights", "trains"][..]),
            (Search { name: text("fli"), ..Default::default() }, &["flights"]),
            (Search { column: text("line"), ..Default::default() }, &["trains"]),
            (Search { column: text("lin"), ..Default::default() }, &[]),
            (Search { partition: text("late"), ..Default::default() }, &["flights"]),
            (Search { plugin: text("fwf-reader"), ..Default::default() }, &["trains"]),
            (Search { plugin: text("fwf-reader"), column: text("carrier"), ..Default::default() }, &[]),
            (Search { dataset: Some(id.hex()[..8].to_owned()), ..Default::default() }, &["trains"]),
            (Search { dataset: Some(id.to_string()), ..Default::default() }, &["trains"]),
            (Search { since: Some(SystemTime::now() + hour), ..Default::default() }, &[]),
            (Search { since: Some(SystemTime::now() - hour), ..Default::default() }, &["flights", "trains"]),
            (Search { until: Some(SystemTime::now() - hour), ..Default::default() }, &[]),
        ];
        for (search, expected) in cases {
            // Without a cache, with a new one, and with one that is there.
            for cache in [None, Some(path.as_path()), Some(path.as_path())] {
                assert_eq!(found(&catalog, cache, search.clone()), expected, "{search:?}");
            }
        }
    }

    #[test]
    fn an_index_that_is_missing_torn_old_or_of_another_store_changes_no_answer() {
        let catalog = filled();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index");
        let all = || catalog.search(Some(&path), &Search::default()).unwrap();
        let expected = all();
        let whole = fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            assert_eq!(all(), expected, "cut at {cut}");
        }
        for at in (0..whole.len()).step_by(7) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            fs::write(&path, &flipped).unwrap();
            assert_eq!(all(), expected, "flipped at {at}");
        }
        filled().search(Some(&path), &Search::default()).unwrap();
        assert_eq!(all(), expected);
        // A dataset that grows, and a new one.
        fs::write(&path, &whole).unwrap();
        let mut again = commit(&catalog, "flights", &[("late", "abc")]);
        let info = JobInfo {
            plugins: vec![host::PluginUsed { id: "profiler".into(), ..Default::default() }],
            ..Default::default()
        };
        again.objects.push(catalog.put_job_info(&info).unwrap());
        catalog.commit_dataset(&again).unwrap();
        let plugin = Search { plugin: Some("profiler".into()), ..Default::default() };
        assert_eq!(found(&catalog, Some(&path), plugin), ["flights"]);
    }

    #[test]
    fn reindexing_makes_index_and_checkpoint_from_the_entries_alone() {
        let catalog = filled();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("index");
        for number in 0..310_u32 {
            let name = number.to_string();
            let object = catalog.put(ObjectKind::Log, &name, name.as_bytes()).unwrap();
            catalog.register(&[object]).unwrap();
        }
        let objects = catalog.objects().unwrap();
        let checkpoint = catalog.store().list("cache/log").unwrap();
        assert!(!checkpoint.is_empty());
        checkpoint.iter().for_each(|key| catalog.store().put(key, b"damaged").unwrap());
        assert_eq!(catalog.reindex(Some(&path)).unwrap(), 2);
        assert!(path.is_file());
        let again = Catalog::open(catalog.store().clone()).unwrap();
        assert_eq!(again.objects().unwrap(), objects);
        assert_eq!(again.store().list("cache/log").unwrap(), checkpoint);
        assert!(checkpoint.iter().all(|key| again.store().get(key).unwrap() != b"damaged"));
    }
}
