//! The index of datasets: `store reindex`, and the searches of `store list`.

use std::path::PathBuf;

use artemis_host::catalog::{Catalog, Search};
use artemis_host::store::OpenOptions;
use serde_json::json;

use super::super::args;
use super::super::fault::Outcome;
use super::super::session::Session;
use super::super::text::{counted, labelled};
use super::store_to_json;

/// What is searched for; `None`: all datasets.
pub(super) fn wanted(search: &args::Search) -> Option<Search> {
    let args::Search { column, partition, plugin, since } = search;
    let any = column.is_some() || partition.is_some() || plugin.is_some() || since.is_some();
    any.then(|| Search {
        column: column.clone(),
        partition: partition.clone(),
        plugin: plugin.clone(),
        since: *since,
        ..Search::default()
    })
}

/// Where the index of a store is: among the caches of this user. `None` where there is no such place.
pub(super) fn index_file(catalog: &Catalog) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|set| !set.is_empty()).map(PathBuf::from);
    let caches = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?;
    caches
        .is_absolute()
        .then(|| caches.join("artemis-host").join(catalog.store_uuid().to_string()).join("index"))
}

pub(crate) fn reindex(session: &Session) -> Outcome {
    let location = session.location(None)?;
    let catalog = Catalog::open(location.open(&OpenOptions::default())?)?;
    let path = index_file(&catalog);
    let datasets = catalog.reindex(path.as_deref())?;
    if session.json() {
        let index = path.map(|path| path.to_string_lossy().into_owned());
        return session
            .answer(json!({ "store": store_to_json(&catalog), "datasets": datasets, "index": index }));
    }
    let mut out = labelled("indexed", &counted(datasets as u64, "dataset"), session.width);
    if let Some(path) = path {
        out += &labelled("index", &path.display().to_string(), session.width);
    }
    session.print(&out)
}
