//! What the user means by a text: a dataset and a partition of it, a menu, a configuration.

use artemis_host::catalog::{Alias, Catalog, CatalogError, DatasetRecord, ObjectKind, Partition};
use artemis_host::store::{Algorithm, ContentId};

use super::fault::{Fault, Outcome};

/// The fewest hex digits that stand for an id.
pub(crate) const SHORTEST_PREFIX: usize = 4;

/// A dataset, and the partitions that are meant: all, or the one behind the slash.
pub(crate) fn partitions(catalog: &Catalog, text: &str) -> Outcome<(DatasetRecord, Vec<Partition>)> {
    let (dataset, partition) = match text.split_once('/') {
        Some((dataset, partition)) => (dataset, Some(partition)),
        None => (text, None),
    };
    let record = catalog.dataset(&catalog.resolve(dataset)?)?;
    let Some(wanted) = partition else {
        let all = record.partitions.clone();
        return Ok((record, all));
    };
    match record.partitions.iter().find(|found| found.name == wanted).cloned() {
        Some(found) => Ok((record, vec![found])),
        None => {
            let names: Vec<&str> = record.partitions.iter().map(|found| found.name.as_str()).collect();
            let help = match names.as_slice() {
                [] => "it has none".to_owned(),
                names => format!("partitions: {}", names.join(", ")),
            };
            Err(Fault::usage(format!("{dataset} has no partition {wanted:?}")).help(help))
        }
    }
}

/// A menu or configuration by its id, the beginning of it, its id in an imported store, a dataset that it made, or its own name.
pub(crate) fn object(catalog: &Catalog, kind: ObjectKind, text: &str) -> Outcome<ContentId> {
    let objects: Vec<_> = catalog.objects()?.into_iter().filter(|object| object.kind == kind).collect();
    let mut found: Vec<ContentId> =
        objects.iter().map(|object| object.id).filter(|id| begins(id, text)).collect();
    if found.is_empty()
        && let Some(Alias::Object(Some(of), id)) = catalog.alias(text)?
        && of == kind
    {
        found.push(id);
    }
    if found.is_empty() {
        match catalog.resolve(text) {
            Ok(dataset) => {
                let record = catalog.dataset(&dataset)?;
                let made_by = if kind == ObjectKind::Menu { record.menu() } else { record.config() };
                found.extend(made_by);
            }
            Err(CatalogError::Unknown { .. }) => {
                found = objects.iter().filter(|object| object.name == text).map(|object| object.id).collect();
            }
            Err(error) => return Err(error.into()),
        }
    }
    let what = if kind == ObjectKind::Menu { "menu" } else { "configuration" };
    match found.as_slice() {
        [id] => Ok(*id),
        [] => Err(Fault::usage(format!("the store has no {what} {text:?}"))
            .help("`store show DATASET` names those of a dataset")),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Fault::usage(format!("{text:?} may mean any {what} of {}", ids.join(", "))))
        }
    }
}

/// Whether an id begins so, with or without its algorithm.
pub(crate) fn begins(id: &ContentId, text: &str) -> bool {
    let split = Algorithm::ALL.into_iter().find_map(|algorithm| {
        Some((algorithm, text.strip_prefix(algorithm.name())?.strip_prefix([':', '-'])?))
    });
    let (fits, digits) = match split {
        Some((algorithm, digits)) => (algorithm == id.algorithm(), digits),
        None => (true, text),
    };
    fits && digits.len() >= SHORTEST_PREFIX && id.hex().starts_with(&digits.to_ascii_lowercase())
}
