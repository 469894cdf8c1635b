//! Names of datasets. The truth stands in the store's log; `names/<name>` is a copy for people and scripts.

use std::{collections::BTreeMap, fmt};

use uuid::Uuid;

use super::{
    Alias, Catalog, CatalogError, DatasetKind, Result,
    view::{Deleted, Made, View},
};
use crate::store::{Algorithm, ContentId};

/// The fewest hex digits that stand for an id.
const SHORTEST_PREFIX: usize = 4;
/// How many versions of a name are copied, the newest ones.
const MOST_CACHED: usize = 100;
/// How alike a name must be to be offered instead, by Jaro-Winkler.
const LIKENESS: f64 = 0.8;

/// One version of a name: the first dataset that it was given to is version 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameVersion {
    /// The name.
    pub name: String,
    /// The version.
    pub version: u64,
    /// Whether the name alone means this version.
    pub latest: bool,
}

impl fmt::Display for NameVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.latest { f.write_str(&self.name) } else { write!(f, "{}@{}", self.name, self.version) }
    }
}

impl Catalog {
    /// Gives a dataset a name. A name that is at this dataset already stays as it is.
    ///
    /// # Errors
    /// [`CatalogError::Unknown`] if there is no such dataset, [`CatalogError::BadName`], or an error of the
    /// store.
    pub fn name_dataset(&self, name: &str, dataset: &ContentId) -> Result<()> {
        check_name(name)?;
        let (job, kind, generation) = {
            let view = self.refreshed()?;
            let made = self.live(view.state(), dataset)?;
            (made.job, made.kind, view.state().generation(dataset))
        };
        match self.make_visible(*dataset, job, kind, Some(name), generation, &[])? {
            Some(_) => Ok(()),
            None => self.live(self.refreshed()?.state(), dataset).map(drop),
        }
    }

    /// All names with the datasets that they were given to; version n stands at n - 1.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub fn names(&self) -> Result<BTreeMap<String, Vec<ContentId>>> {
        Ok(self.refreshed()?.state().names().clone())
    }

    /// The dataset that is meant by a name (`flights`, `flights@2`, `flights@latest`), an id
    /// (`blake3:ab12…`), or the beginning of an id, of at least four digits; also by the id that it has in an imported
    /// store. A name comes before an id, an id of this store before one of another.
    ///
    /// # Errors
    /// [`CatalogError::Unknown`], [`CatalogError::Ambiguous`], or an error of the store.
    pub fn resolve(&self, text: &str) -> Result<ContentId> {
        match self.resolve_here(text) {
            Err(unknown @ CatalogError::Unknown { .. }) => match self.alias(text)? {
                Some(Alias::Dataset(dataset)) => Ok(dataset),
                _ => Err(unknown),
            },
            other => other,
        }
    }

    fn resolve_here(&self, text: &str) -> Result<ContentId> {
        let view = self.refreshed()?;
        let view = view.state();
        let (name, version) = text.split_once('@').unwrap_or((text, "latest"));
        if let Some(versions) = view.names().get(name) {
            let index = match version {
                "latest" => versions.len().checked_sub(1),
                number => number.parse::<usize>().ok().and_then(|n| n.checked_sub(1)),
            };
            return index.and_then(|i| versions.get(i)).copied().ok_or_else(|| CatalogError::Unknown {
                text: text.to_owned(),
                near: vec![format!("{name}@{}", versions.len())],
            });
        }
        // The id that a dataset had before its recipe was known is that of its job.
        if let Ok(job) = Uuid::parse_str(text)
            && let Some((id, _)) = view
                .datasets()
                .iter()
                .find(|(_, made)| made.job == job && made.kind != DatasetKind::DatasetInput)
        {
            return Ok(*id);
        }
        let (algorithm, digits) = Algorithm::ALL
            .into_iter()
            .find_map(|a| Some((Some(a), text.strip_prefix(a.name())?.strip_prefix([':', '-'])?)))
            .unwrap_or((None, text));
        if digits.len() < SHORTEST_PREFIX || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(unknown(text, view));
        }
        let fits = |id: &&ContentId| {
            algorithm.is_none_or(|a| a == id.algorithm())
                && id.hex().starts_with(&digits.to_ascii_lowercase())
        };
        let found: Vec<_> = view.datasets().keys().filter(fits).collect();
        match found.as_slice() {
            [] => Err(unknown(text, view)),
            [id] => Ok(**id),
            several => Err(CatalogError::Ambiguous {
                text: text.to_owned(),
                candidates: several.iter().map(ToString::to_string).collect(),
            }),
        }
    }

    /// A dataset that is there and was not deleted.
    pub(super) fn live<'v>(&self, view: &'v View, dataset: &ContentId) -> Result<&'v Made> {
        if let Some(deleted) = view.deleted().get(dataset) {
            let Deleted { reason, at, .. } = deleted.clone();
            return Err(CatalogError::Deleted { dataset: *dataset, reason, at: at.into() });
        }
        view.datasets().get(dataset).ok_or_else(|| unknown(&dataset.to_string(), view))
    }

    /// Copies the versions of a name to where people find them. Nothing reads the copy back, so a copy
    /// that cannot be written is no failure.
    pub(super) fn cache_name(&self, view: &View, name: &str) {
        if let Err(e) = self.store.put(&format!("names/{name}"), name_copy(view, name).as_bytes()) {
            tracing::warn!("names/{name} is out of date: {e}");
        }
    }
}

/// What stands in the copy of a name.
pub(super) fn name_copy(view: &View, name: &str) -> String {
    let versions = view.names().get(name).map(Vec::as_slice).unwrap_or_default();
    // A commit must not cost more the more versions there are.
    let skipped = versions.len().saturating_sub(MOST_CACHED);
    let newest = versions.iter().zip(1..).skip(skipped);
    newest.map(|(id, version)| format!("{name}@{version} {id}\n")).collect()
}

/// The versions of names that are at a dataset.
pub(super) fn names_of(view: &View, dataset: &ContentId) -> Vec<NameVersion> {
    let mut found = Vec::new();
    for (name, versions) in view.names() {
        for (id, version) in versions.iter().zip(1..) {
            if id == dataset {
                let latest = version == versions.len() as u64;
                found.push(NameVersion { name: name.clone(), version, latest });
            }
        }
    }
    found
}

/// Checks the name of a dataset or partition: letters, digits, `.`, `_`, `-`; the first is no dot.
///
/// # Errors
/// [`CatalogError::BadName`] with the rule that is broken.
pub(super) fn check_name(name: &str) -> Result<()> {
    let reason = match name {
        "" => "it is empty",
        n if n.len() > 150 => "it is longer than 150 bytes",
        n if n.starts_with('.') => "it begins with a dot",
        n if n.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) => return Ok(()),
        _ => "it has other characters than letters, digits, '.', '_' and '-'",
    };
    Err(CatalogError::BadName { name: name.to_owned(), reason })
}

fn unknown(text: &str, view: &View) -> CatalogError {
    let alike = view.names().keys().filter(|name| strsim::jaro_winkler(text, name) > LIKENESS);
    CatalogError::Unknown { text: text.to_owned(), near: alike.take(3).cloned().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{self, commit};

    #[test]
    fn a_dataset_is_found_by_name_version_id_and_prefix() {
        let catalog = testing::catalog();
        let ids: Vec<ContentId> = ["one", "two", "three"]
            .map(|recipe| {
                let mut made = commit(&catalog, recipe, &[("rows", recipe)]);
                made.name = Some("flights".into());
                catalog.commit_dataset(&made).unwrap().dataset
            })
            .into();
        let cases = [
            ("flights".to_owned(), 2),
            ("flights@latest".to_owned(), 2),
            ("flights@1".to_owned(), 0),
            ("flights@3".to_owned(), 2),
            (ids[1].to_string(), 1),
            (ids[1].hex(), 1),
            (ids[1].hex()[..8].to_owned(), 1),
            (ids[1].hex()[..8].to_uppercase(), 1),
            (format!("blake3:{}", &ids[0].hex()[..6]), 0),
            (ids[0].segment(), 0),
        ];
        for (text, index) in cases {
            assert_eq!(catalog.resolve(&text).unwrap(), ids[index], "{text}");
        }
        let none =
            ["", "flights@0", "flights@4", "flights@-1", "flights@x", "flight", "abc", "sha1:abcd", "zzzz"];
        for text in none {
            assert!(matches!(catalog.resolve(text), Err(CatalogError::Unknown { .. })), "{text}");
        }
        match catalog.resolve("fligths") {
            Err(CatalogError::Unknown { near, .. }) => assert_eq!(near, ["flights"]),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn naming_a_dataset_twice_moves_the_name_once() {
        let catalog = testing::catalog();
        let made = commit(&catalog, "recipe", &[("rows", "abc")]);
        catalog.commit_dataset(&made).unwrap();
        catalog.name_dataset("a", &made.dataset).unwrap();
        catalog.name_dataset("a", &made.dataset).unwrap();
        assert_eq!(catalog.names().unwrap()["a"], [made.dataset]);
        let copy = catalog.store().get("names/a").unwrap();
        assert_eq!(String::from_utf8(copy).unwrap(), format!("a@1 {}\n", made.dataset));
        let absent = ContentId::of(Algorithm::Blake3, b"absent");
        assert!(matches!(catalog.name_dataset("b", &absent), Err(CatalogError::Unknown { .. })));
    }

    #[test]
    fn a_prefix_of_several_ids_is_ambiguous() {
        let catalog = testing::catalog();
        // Two ids that share their first four digits, by trying.
        let mut seen = BTreeMap::new();
        let (one, two) = (0..)
            .find_map(|i| {
                let id = ContentId::of(Algorithm::Blake3, format!("recipe {i}").as_bytes());
                seen.insert(id.hex()[..4].to_owned(), i).map(|other| (other, i))
            })
            .unwrap();
        for i in [one, two] {
            let made = commit(&catalog, &format!("recipe {i}"), &[]);
            catalog.commit_dataset(&made).unwrap();
        }
        let id = ContentId::of(Algorithm::Blake3, format!("recipe {one}").as_bytes());
        match catalog.resolve(&id.hex()[..4]) {
            Err(CatalogError::Ambiguous { candidates, .. }) => assert_eq!(candidates.len(), 2),
            other => panic!("{other:?}"),
        }
    }
}
