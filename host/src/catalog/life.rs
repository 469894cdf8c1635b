//! The end of datasets: deletion as an entry of the log, erasure after the grace, what retention makes due.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use artemis_proto::{FORMAT_VERSION, cronus_objects::DataRetention, host};
use host::payload::Kind;

use super::{Catalog, CatalogError, Deleted, NameVersion, Result, calendar::Date, log::payload};
use crate::store::ContentId;

/// What the retention of a dataset says.
#[derive(Debug, Clone, PartialEq)]
pub struct Retention {
    /// The dataset.
    pub dataset: ContentId,
    /// The names that are at it.
    pub names: Vec<NameVersion>,
    /// As it stands in the business metadata.
    pub retention: DataRetention,
    /// The first day on which it need not be kept, or why nobody knows.
    pub due: Result<Date, String>,
    /// Whether that day has come.
    pub is_due: bool,
}

impl Catalog {
    /// Deletes a dataset: listings leave it out, and names that are at it say so. Its bytes stay until
    /// [`gc`](Self::gc) finds the grace over. Deleting it twice changes nothing.
    ///
    /// # Errors
    /// [`CatalogError::Unknown`] if there is no such dataset, [`CatalogError::Misuse`] without a reason, or
    /// an error of the store.
    pub fn delete_dataset(&self, dataset: &ContentId, reason: &str) -> Result<()> {
        if reason.trim().is_empty() {
            let what = format!("{dataset} cannot be deleted without a reason");
            return Err(CatalogError::Misuse { what, help: "say why, for those who look for it" });
        }
        {
            let view = self.refreshed()?;
            if !view.state().deleted().contains_key(dataset) {
                self.live(view.state(), dataset)?;
            }
        }
        let deleted = host::DatasetDeleted {
            format_version: FORMAT_VERSION,
            dataset_id: dataset.to_string(),
            reason: reason.trim().to_owned(),
        };
        self.view().append(self.store.as_ref(), |view| {
            view.is_live(dataset).then(|| vec![payload(Kind::DatasetDeleted(deleted.clone()))])
        })?;
        Ok(())
    }

    /// The datasets that were deleted and not made again.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub fn deleted_datasets(&self) -> Result<BTreeMap<ContentId, Deleted>> {
        Ok(self.refreshed()?.state().deleted().clone())
    }

    /// Ends the grace of a dataset that was deleted before `deadline`. Returns whether it did.
    pub(super) fn erase_dataset(&self, dataset: &ContentId, deadline: SystemTime) -> Result<bool> {
        let erased = host::DatasetErased { format_version: FORMAT_VERSION, dataset_id: dataset.to_string() };
        // The log decides between this and a job that makes the dataset again.
        let entry = self.view().append(self.store.as_ref(), |view| {
            let deleted = view.deleted().get(dataset).filter(|d| !d.erased && d.at <= deadline);
            deleted.is_some().then(|| vec![payload(Kind::DatasetErased(erased.clone()))])
        })?;
        Ok(entry.is_some())
    }

    /// The datasets whose business metadata has a retention, those that are due longest first. It
    /// deletes nothing.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub fn retention(&self, now: SystemTime) -> Result<Vec<Retention>> {
        let today = Date::of(now);
        let mut found = Vec::new();
        for dataset in self.dataset_ids()? {
            let aux = self.aux(&dataset)?;
            let Some(retention) = aux.data_asset.and_then(|asset| asset.data_retention) else { continue };
            let record = self.dataset(&dataset)?;
            let due = due(&retention, record.created);
            let is_due = due.as_ref().is_ok_and(|due| *due <= today);
            found.push(Retention { dataset, names: record.names, retention, due, is_due });
        }
        let order = |r: &Retention| (r.due.is_err(), r.due.clone().ok());
        found.sort_by_key(order);
        Ok(found)
    }
}

/// The first day on which a dataset need not be kept: the trigger's day, or else that of its making, and the
/// period.
fn due(retention: &DataRetention, created: SystemTime) -> Result<Date, String> {
    let from = match retention.retention_trigger_date.trim() {
        "" => Date::of(created),
        date => date
            .parse()
            .map_err(|()| format!("retention_trigger_date {date:?} is no day: write 2026-12-31"))?,
    };
    let period = retention.period.trim();
    from.after(period)
        .ok_or_else(|| format!("period {period:?} is none: write \"5 years\", \"18 months\" or \"P30D\""))
}

/// A grace as the program reads it: `14d`, `36h`, `90m`, `0s`.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(artemis_host::catalog::parse_grace("14d"), Some(Duration::from_secs(14 * 86_400)));
/// assert_eq!(artemis_host::catalog::parse_grace("a while"), None);
/// ```
pub fn parse_grace(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    let count: u64 = text[..text.len() - 1].parse().ok()?;
    count.checked_mul(seconds).map(Duration::from_secs)
}
