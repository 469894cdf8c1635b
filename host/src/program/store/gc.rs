//! `store gc`: what nothing reaches, removed.

use artemis_host::catalog::{Catalog, GcOptions, parse_grace};
use artemis_host::store::OpenOptions;
use serde_json::{Value, json};

use super::super::fault::{Fault, Outcome};
use super::super::session::{Session, read_only};
use super::super::text::{bytes, counted, wrapped};

pub(crate) fn gc(session: &Session, dry_run: bool, grace: &str) -> Outcome {
    let grace = parse_grace(grace).ok_or_else(|| {
        Fault::usage(format!("{grace:?} is no time")).help("write a number and s, m, h, d or w: 14d")
    })?;
    let location = session.location(None)?;
    let options = if dry_run { read_only() } else { OpenOptions::default() };
    let catalog = Catalog::open(location.open(&options)?)?;
    let done = catalog.gc(&GcOptions { grace, dry_run })?;
    let total: u64 = done.removed.iter().map(|removed| removed.bytes).sum();
    if session.json() {
        let removed: Vec<Value> = done
            .removed
            .iter()
            .map(|r| json!({ "place": r.place, "why": r.why.word(), "bytes": r.bytes }))
            .collect();
        return session.answer(json!({
            "dry_run": dry_run,
            "removed": removed,
            "bytes": total,
            "erased": done.erased.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "young": done.young,
            "running": done.running.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }));
    }
    let mut out = String::new();
    for removed in &done.removed {
        out += &wrapped(
            "",
            &format!("{}: {}, {}", removed.place, removed.why.word(), bytes(removed.bytes)),
            session.width,
        );
    }
    let verb = if dry_run { "would be removed" } else { "removed" };
    out += &format!("{} {verb}, {}\n", counted(done.removed.len() as u64, "file"), bytes(total));
    session.print(&out)?;
    if done.young > 0 {
        session.note(&format!(
            "{} that nothing reaches stay: younger than the grace, or a job runs",
            counted(done.young, "file")
        ));
    }
    for job in &done.running {
        session
            .note(&format!("job {job} runs, or gave a sign of life within the grace: no object is removed"));
    }
    Ok(())
}
