//! Whether the plugins of a stored job are still the files that it ran with.

use std::fmt;

use artemis_proto::artemis::{JobInfo, JobState};
use artemis_proto::host::{Annotation, PluginUsed};

use super::JobError;
use super::identity::used_plugins;
use crate::catalog::{Catalog, JobStatus};
use crate::menu::Job;
use crate::plugin::catalogue::Catalogue;
use crate::store::ContentId;
use artemis_proto::FORMAT_VERSION;

/// Who writes the annotation, and its key.
const COMPONENT: &str = "artemis";
const KEY: &str = "plugin_change";
/// So much of a hash tells two apart for a reader.
const SHORT: usize = 12;

/// A plugin that is another file than when the menu last ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginChange {
    /// Its id.
    pub id: String,
    /// Version and SHA-256 of the file that ran.
    pub before: (String, String),
    /// Version and SHA-256 of the file that is here.
    pub now: (String, String),
}

/// `csv-reader 0.1.0 (SHA-256 0123456789ab…) is now 0.1.1 (cdef…)`
impl fmt::Display for PluginChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |hash: &str| hash.get(..SHORT).unwrap_or(hash).to_owned();
        let ((was, old), (is, new)) = (&self.before, &self.now);
        write!(f, "{} {was} (SHA-256 {}…) is now {is} ({}…)", self.id, short(old), short(new))
    }
}

impl PluginChange {
    /// As it stands in the job's record.
    pub(super) fn annotation(&self) -> Annotation {
        let ((was, old), (is, new)) = (&self.before, &self.now);
        Annotation {
            format_version: FORMAT_VERSION,
            component: COMPONENT.into(),
            key: KEY.into(),
            value: format!("{}: {was} sha256:{old} before, {is} sha256:{new} now", self.id),
        }
    }
}

/// Compares the plugins that a job would use with those of the last job that succeeded with the same menu and
/// configuration. Without such a job there is nothing to compare with.
///
/// # Errors
/// When a plugin or a record cannot be read.
pub fn plugin_changes(
    job: &Job,
    plugins: &Catalogue,
    catalog: &Catalog,
    menu: &ContentId,
    config: &ContentId,
) -> Result<Vec<PluginChange>, JobError> {
    let info = catalog.jobs()?.into_iter().rev().find_map(|summary| match summary.status {
        JobStatus::Ended(_, end)
            if end.state == JobState::JobSuccess
                && summary.menu.as_ref() == Some(menu)
                && summary.config.as_ref() == Some(config) =>
        {
            end.info
        }
        _ => None,
    });
    let Some(info) = info else { return Ok(Vec::new()) };
    let before: JobInfo = catalog.get_message(&info)?;
    Ok(changes(&before.plugins, &used_plugins(job, plugins)?))
}

fn changes(before: &[PluginUsed], now: &[PluginUsed]) -> Vec<PluginChange> {
    let of = |plugin: &PluginUsed| (plugin.version.clone(), plugin.sha256.clone());
    let changed = |plugin: &PluginUsed| {
        let same_id = || before.iter().filter(|old| old.id == plugin.id);
        if same_id().any(|old| old.sha256 == plugin.sha256) {
            return None;
        }
        let old = same_id().find(|old| old.version == plugin.version).or_else(|| same_id().next_back())?;
        Some(PluginChange { id: plugin.id.clone(), before: of(old), now: of(plugin) })
    };
    now.iter().filter_map(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(id: &str, version: &str, sha256: &str) -> PluginUsed {
        let (id, version, sha256) = (id.to_owned(), version.to_owned(), sha256.to_owned());
        PluginUsed { id, version, sha256, ..PluginUsed::default() }
    }

    #[test]
    fn a_plugin_is_another_one_by_its_hash_not_by_its_version() {
        let before = [used("a", "1", "aa"), used("b", "1", "bb"), used("b", "2", "cc")];
        let check = |now: PluginUsed| changes(&before, &[now]).first().map(ToString::to_string);
        assert_eq!(check(used("a", "1", "aa")), None);
        assert_eq!(check(used("a", "1.1", "aa")), None);
        assert_eq!(check(used("a", "1", "dd")).unwrap(), "a 1 (SHA-256 aa…) is now 1 (dd…)");
        assert_eq!(check(used("b", "1", "cc")), None);
        assert_eq!(check(used("b", "1", "dd")).unwrap(), "b 1 (SHA-256 bb…) is now 1 (dd…)");
        assert_eq!(check(used("b", "3", "dd")).unwrap(), "b 2 (SHA-256 cc…) is now 3 (dd…)");
        assert_eq!(check(used("c", "1", "dd")), None);
    }
}
