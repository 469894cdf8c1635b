//! `store lineage`: where a dataset comes from, and what was made of it.

use artemis_host::catalog::{DatasetKind, Relative};
use serde_json::{Value, json};

use super::super::fault::Outcome;
use super::super::session::Session;
use super::super::text::clean;

pub(crate) fn lineage(session: &Session, text: &str) -> Outcome {
    let catalog = session.store()?;
    let lineage = catalog.lineage(&catalog.resolve(text)?)?;
    if session.json() {
        return session.answer(json!({
            "dataset": lineage.ancestors.dataset.to_string(),
            "parents": lineage.ancestors.relatives.iter().map(to_json).collect::<Vec<_>>(),
            "children": lineage.descendants.relatives.iter().map(to_json).collect::<Vec<_>>(),
            "jobs": to_json(&lineage.ancestors)["jobs"],
        }));
    }
    let mut out = headline(&lineage.ancestors);
    out.push('\n');
    jobs(&lineage.ancestors, "", &mut out);
    section("made from", &lineage.ancestors, &mut out);
    section("made of it", &lineage.descendants, &mut out);
    session.print(&out)
}

fn section(title: &str, relative: &Relative, out: &mut String) {
    if !relative.relatives.is_empty() {
        *out += &format!("{title}\n");
        tree(relative, "", out);
    }
}

fn tree(relative: &Relative, lead: &str, out: &mut String) {
    let last = relative.relatives.len().saturating_sub(1);
    for (index, other) in relative.relatives.iter().enumerate() {
        let (branch, below) = if index == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        *out += &format!("{lead}{branch}{}\n", headline(other));
        let lead = format!("{lead}{below}");
        jobs(other, &lead, out);
        for (name, place) in &other.inputs {
            *out += &format!("{lead}file {} ({})\n", clean(name), clean(place));
        }
        tree(other, &lead, out);
    }
}

fn headline(relative: &Relative) -> String {
    let names: Vec<String> = relative.names.iter().map(|n| format!("{}@{}", n.name, n.version)).collect();
    let what = match (relative.kind, relative.deleted) {
        (_, true) => " (deleted)",
        (None, _) => " (not in this store)",
        (Some(DatasetKind::DatasetInput), _) => " (inputs)",
        (Some(DatasetKind::DatasetOpen), _) => " (open)",
        (Some(DatasetKind::DatasetProduced), _) => "",
    };
    let again = if relative.shown_before { " (see above)" } else { "" };
    format!("{} {}{what}{again}", relative.dataset.short(), names.join(" ")).trim_end().to_owned()
}

fn jobs(relative: &Relative, lead: &str, out: &mut String) {
    for maker in &relative.jobs {
        let with = if maker.plugins.is_empty() {
            String::new()
        } else {
            format!(" with {}", maker.plugins.join(", "))
        };
        *out += &format!("{lead}job {} {}{with}\n", maker.job, clean(&maker.name));
    }
}

fn to_json(relative: &Relative) -> Value {
    let kind = relative.kind.map(|kind| match kind {
        DatasetKind::DatasetInput => "input",
        DatasetKind::DatasetOpen => "open",
        DatasetKind::DatasetProduced => "produced",
    });
    json!({
        "id": relative.dataset.to_string(),
        "names": relative.names.iter().map(|n| format!("{}@{}", n.name, n.version)).collect::<Vec<_>>(),
        "kind": kind,
        "deleted": relative.deleted,
        "inputs": relative.inputs.iter().map(|(name, place)| json!({ "name": name, "place": place })).collect::<Vec<_>>(),
        "jobs": relative.jobs.iter().map(|maker| json!({
            "id": maker.job.to_string(), "name": maker.name, "plugins": maker.plugins,
        })).collect::<Vec<_>>(),
        "relatives": relative.relatives.iter().map(to_json).collect::<Vec<_>>(),
        "shown_before": relative.shown_before,
    })
}
