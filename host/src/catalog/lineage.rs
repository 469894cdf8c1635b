//! Where a dataset comes from, and what was made of it.

use std::collections::BTreeSet;

use artemis_proto::artemis::JobInfo;
use uuid::Uuid;

use super::{Catalog, DatasetKind, NameVersion, ObjectKind, Result, names::names_of};
use crate::store::ContentId;

/// How far a lineage is followed in each direction.
const DEEPEST: usize = 64;

/// A dataset among those that it came from, or that were made of it.
#[derive(Debug, Clone)]
pub struct Relative {
    /// The dataset.
    pub dataset: ContentId,
    /// The versions of names that are at it.
    pub names: Vec<NameVersion>,
    /// Made by a job, inputs by reference, or open; `None` if it is no dataset of this store.
    pub kind: Option<DatasetKind>,
    /// Whether it was deleted.
    pub deleted: bool,
    /// The inputs, as name and place, of an input dataset.
    pub inputs: Vec<(String, String)>,
    /// The jobs that made it.
    pub jobs: Vec<Maker>,
    /// Its own relatives in the same direction; none where they were shown before.
    pub relatives: Vec<Relative>,
    /// Whether its relatives stand elsewhere in the tree.
    pub shown_before: bool,
}

/// A job that made a dataset.
#[derive(Debug, Clone)]
pub struct Maker {
    /// Its id.
    pub job: Uuid,
    /// Its name.
    pub name: String,
    /// The plugins that it used, as `id@version`.
    pub plugins: Vec<String>,
}

/// A dataset with all that it came from, and all that was made of it.
#[derive(Debug, Clone)]
pub struct Lineage {
    /// The dataset; its relatives are what it came from.
    pub ancestors: Relative,
    /// The dataset; its relatives are what was made of it.
    pub descendants: Relative,
}

impl Catalog {
    /// The datasets that a dataset was made from.
    ///
    /// # Errors
    /// As [`dataset`](Self::dataset).
    pub fn parents(&self, dataset: &ContentId) -> Result<Vec<ContentId>> {
        Ok(self.dataset(dataset)?.parents)
    }

    /// The datasets that were made from a dataset, by id; deleted ones are none.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub fn children(&self, dataset: &ContentId) -> Result<Vec<ContentId>> {
        let view = self.refreshed()?;
        let view = view.state();
        let made_of_it =
            view.datasets().iter().filter(|(id, made)| made.parents.contains(dataset) && view.is_live(id));
        Ok(made_of_it.map(|(id, _)| *id).collect())
    }

    /// All that a dataset came from, and all that was made of it.
    ///
    /// # Errors
    /// As [`dataset`](Self::dataset).
    pub fn lineage(&self, dataset: &ContentId) -> Result<Lineage> {
        self.live(self.refreshed()?.state(), dataset)?;
        let up = |id: &ContentId| {
            let view = self.refreshed()?;
            Ok(view.state().datasets().get(id).map(|made| made.parents.clone()).unwrap_or_default())
        };
        let down = |id: &ContentId| self.children(id);
        Ok(Lineage {
            ancestors: self.relative(*dataset, &up, &mut BTreeSet::new(), 0)?,
            descendants: self.relative(*dataset, &down, &mut BTreeSet::new(), 0)?,
        })
    }

    fn relative(
        &self,
        dataset: ContentId,
        next: &dyn Fn(&ContentId) -> Result<Vec<ContentId>>,
        shown: &mut BTreeSet<ContentId>,
        depth: usize,
    ) -> Result<Relative> {
        let (kind, deleted, names) = {
            let view = self.refreshed()?;
            let view = view.state();
            let kind = view.datasets().get(&dataset).map(|made| made.kind);
            (kind, view.deleted().contains_key(&dataset), names_of(view, &dataset))
        };
        let mut relative = Relative {
            dataset,
            names,
            kind,
            deleted,
            inputs: Vec::new(),
            jobs: Vec::new(),
            relatives: Vec::new(),
            shown_before: false,
        };
        if kind.is_some() && !deleted {
            let record = self.dataset(&dataset)?;
            if kind == Some(DatasetKind::DatasetInput) {
                relative.inputs = record.inputs.iter().map(|i| (i.name.clone(), i.uri.clone())).collect();
            } else {
                for object in record.of_kind(ObjectKind::Job) {
                    let info: JobInfo = self.get_message(&object.id)?;
                    let plugins = info.plugins.iter().map(|p| format!("{}@{}", p.id, p.version));
                    let job = Uuid::parse_str(&info.job_id).unwrap_or_default();
                    relative.jobs.push(Maker { job, name: info.name.clone(), plugins: plugins.collect() });
                }
            }
        }
        // A foreign log may hold a circle.
        if !shown.insert(dataset) || depth == DEEPEST {
            relative.shown_before = true;
            return Ok(relative);
        }
        for other in next(&dataset)? {
            relative.relatives.push(self.relative(other, next, shown, depth + 1)?);
        }
        Ok(relative)
    }
}
