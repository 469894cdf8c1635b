//! No command: what the program finds, and what to try next.

use artemis_host::catalog::{Catalog, CatalogError, DatasetKind};
use artemis_host::limits::Limits;
use artemis_host::plugin::catalogue::Status;
use artemis_host::plugin::elf::HOST_ABI;
use artemis_host::store::Location;
use serde_json::{Value, json};

use super::fault::Outcome;
use super::plugins::{headline, plugin_to_json};
use super::session::{Session, read_only};
use super::store::store_to_json;
use super::text::{bytes, counted, labelled};

/// Names that are shown of the datasets.
const MOST_NAMES: usize = 8;

/// What is known of the store without failing because of it.
enum Found {
    None,
    Unreadable(String),
    Store { store: Value, datasets: u64, jobs: u64, names: Vec<String> },
}

pub(crate) fn show(session: &Session) -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    let limits = Limits::of_process();
    let directories = session.plugin_directories();
    let plugins = session.plugins();
    let count =
        |wanted: fn(&Status) -> bool| plugins.entries.iter().filter(|e| wanted(&e.status)).count() as u64;
    let refused = count(|status| matches!(status, Status::Refused { .. }));
    let location = session.location(None)?;
    let store = look(&location).unwrap_or_else(|error| match error {
        CatalogError::NoStore => Found::None,
        error => Found::Unreadable(error.to_string()),
    });
    if session.json() {
        let store = match store {
            Found::None => Value::Null,
            Found::Unreadable(error) => json!({ "path": location.to_string(), "error": error }),
            Found::Store { mut store, datasets, jobs, names } => {
                store["path"] = location.to_string().into();
                store["datasets"] = datasets.into();
                store["jobs"] = jobs.into();
                store["names"] = names.into();
                store
            }
        };
        return session.answer(json!({
            "version": version,
            "abi": HOST_ABI.to_string(),
            "cores": limits.cores,
            "memory_bytes": limits.memory.map(|limit| limit.bytes),
            "memory_source": limits.memory.map(|limit| limit.source.to_string()),
            "plugin_directories": directories.iter().map(|path| path.to_string_lossy()).collect::<Vec<_>>(),
            "plugins": plugins.plugins().map(plugin_to_json).collect::<Vec<_>>(),
            "plugins_refused": refused,
            "store": store,
        }));
    }
    let width = session.width;
    let mut out = labelled("version", &format!("artemis-host {version}, plugin ABI {HOST_ABI}"), width);
    let memory = limits.memory.map_or_else(
        || "memory unknown".to_owned(),
        |limit| format!("{} of memory ({})", bytes(limit.bytes), limit.source),
    );
    out += &labelled("machine", &format!("{}, {memory}", counted(limits.cores as u64, "core")), width);
    let listed: Vec<String> = directories.iter().map(|path| path.display().to_string()).collect();
    let text = match (listed.is_empty(), refused) {
        (true, _) => "no directory; name one with --plugins DIR".to_owned(),
        (_, 0) => format!("{} in {}", plugins.plugins().count(), listed.join(", ")),
        (_, refused) => {
            format!("{} in {}; {refused} refused", plugins.plugins().count(), listed.join(", "))
        }
    };
    out += &labelled("plugins", &text, width);
    for plugin in plugins.plugins() {
        for line in headline(plugin, width - 2).lines() {
            out += &format!("  {line}\n");
        }
    }
    let text = match &store {
        Found::None => format!("none in {}; `run` makes one beside its job file", location),
        Found::Unreadable(error) => format!("{}: {error}", location),
        Found::Store { datasets, jobs, .. } => {
            format!("{}: {}, {}", location, counted(*datasets, "dataset"), counted(*jobs, "job"))
        }
    };
    out += &labelled("store", &text, width);
    let mut tries = Vec::new();
    if let Found::Store { names, datasets, .. } = &store {
        if !names.is_empty() {
            let shown = names[names.len().saturating_sub(MOST_NAMES)..].join(", ");
            out += &labelled("datasets", &shown, width);
        }
        if *datasets > 0 {
            tries.push(("store list", "the datasets"));
        }
        if !names.is_empty() {
            tries.push(("store head NAME", "the first rows of a dataset"));
        }
    }
    if refused > 0 {
        tries.push(("plugins list", "why plugins were refused"));
    }
    tries.push(("guess FILE.csv -o job.toml", "a job file for a text file"));
    tries.push(("run job.toml", "run it"));
    tries.push(("convert FILE.csv FILE.arrow", "only convert"));
    tries.push(("--help", "everything else"));
    out += "\nTry next:\n";
    for (command, what) in tries {
        out += &format!("  {:<42} {what}\n", format!("artemis-host {command}"));
    }
    session.print(&out)
}

fn look(location: &Location) -> Result<Found, CatalogError> {
    let catalog = Catalog::open(location.open(&read_only())?)?;
    let datasets = catalog.datasets()?;
    let produced = datasets.iter().filter(|dataset| dataset.kind == DatasetKind::DatasetProduced);
    Ok(Found::Store {
        store: store_to_json(&catalog),
        datasets: produced.count() as u64,
        jobs: catalog.jobs()?.len() as u64,
        names: catalog.names()?.into_keys().collect(),
    })
}
