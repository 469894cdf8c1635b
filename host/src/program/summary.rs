//! What there is to say of a job when it is over.

use std::path::Path;
use std::time::Duration;

use artemis_host::job::{PartitionSummary, Reject, Summary};
use serde_json::{Value, json};

use super::text::{self, bytes, counted, labelled, number, wrapped};

/// Rejects that are shown with their place.
const MOST_REJECTS: usize = 10;

pub(crate) fn to_json(summary: &Summary) -> Value {
    let id = |id: &Option<artemis_host::store::ContentId>| id.map(|id| id.to_string());
    let partitions = summary.partitions.iter().map(|partition| {
        json!({
            "name": partition.name,
            "rows": partition.rows,
            "batches": partition.batches,
            "parts": partition.parts,
            "bytes": partition.bytes,
            "files": partition.files.iter().map(|file| absolute(file)).collect::<Vec<_>>(),
        })
    });
    let inputs = summary.inputs.iter().map(|input| {
        json!({
            "name": input.name,
            "path": input.path.to_string_lossy(),
            "status": input.status,
            "rows_in": input.rows_in,
            "rows_rejected": input.rows_rejected,
            "bytes": input.bytes,
            "id": id(&input.id),
            "first_error": input.first_error,
        })
    });
    let rejects = summary.rejects.iter().map(|reject| {
        let first = reject
            .first
            .iter()
            .map(|(record, offset, reason)| json!({ "record": record, "offset": offset, "reason": reason }));
        json!({
            "datum": reject.datum,
            "column": reject.column,
            "count": reject.count,
            "first": first.collect::<Vec<_>>(),
        })
    });
    let steps = summary
        .steps
        .iter()
        .map(|step| json!({ "name": step.name, "calls": step.calls, "seconds": step.total.as_secs_f64() }));
    json!({
        "dataset": id(&summary.dataset),
        "name": summary.name,
        "version": summary.version,
        "job": summary.job.map(|job| job.to_string()),
        "already_there": summary.already_there,
        "menu": id(&summary.menu),
        "config": id(&summary.config),
        "rows_in": summary.rows_in,
        "rows_out": summary.rows_out,
        "rows_rejected": summary.rows_rejected,
        "cells_rejected": summary.cells_rejected,
        "bytes_in": summary.bytes_in,
        "bytes_out": summary.bytes_out,
        "seconds": summary.elapsed.as_secs_f64(),
        "bytes_per_second": per_second(summary.bytes_in, summary.elapsed),
        "partitions": partitions.collect::<Vec<_>>(),
        "inputs": inputs.collect::<Vec<_>>(),
        "rejects": rejects.collect::<Vec<_>>(),
        "steps": steps.collect::<Vec<_>>(),
        "notes": summary.notes,
    })
}

/// What was asked for, which decides what the same summary means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Run,
    /// Run even if the dataset is there.
    Again,
    /// Say what would run.
    Plan,
}

pub(crate) fn to_text(summary: &Summary, asked: Asked, width: usize, verbosity: u8) -> String {
    let mut out = String::new();
    let mut name = summary.name.clone();
    if let Some(version) = summary.version {
        name += &format!("@{version}");
    }
    name += match (asked, summary.already_there) {
        (Asked::Again, true) => ": it ran again, and every byte is as it was",
        (_, true) => ": it was there already, from the same menu, inputs and plugins",
        (Asked::Plan, false) => ": nothing ran; this is what would",
        (_, false) => "",
    };
    out += &labelled("dataset", &name, width);
    for (label, id) in [("id", summary.dataset), ("menu", summary.menu), ("config", summary.config)] {
        if let Some(id) = id {
            out += &labelled(label, &id.to_string(), width);
        }
    }
    if let Some(job) = summary.job {
        out += &labelled("job", &job.to_string(), width);
    }
    let ran = asked == Asked::Again || !summary.already_there;
    if asked != Asked::Plan || summary.already_there {
        out += &counts(summary, ran, width);
    }
    if verbosity > 0 {
        for step in &summary.steps {
            let line =
                format!("{}: {}, {}", step.name, counted(step.calls, "call"), text::duration(step.total));
            out += &labelled("step", &line, width);
        }
    }
    for partition in &summary.partitions {
        out += &self::partition(partition, width);
    }
    out
}

/// Rows, bytes, time, inputs, rejects and notes. A rate is told of what ran.
pub(crate) fn counts(summary: &Summary, ran: bool, width: usize) -> String {
    let mut out = String::new();
    let mut rows = format!(
        "{} in, {} out, {} rejected",
        number(summary.rows_in),
        number(summary.rows_out),
        number(summary.rows_rejected)
    );
    if summary.cells_rejected > 0 {
        rows += &format!("; {} became null", counted(summary.cells_rejected, "cell"));
    }
    out += &labelled("rows", &rows, width);
    out += &labelled(
        "bytes",
        &format!("{} read, {} written", bytes(summary.bytes_in), bytes(summary.bytes_out)),
        width,
    );
    let mut time = text::duration(summary.elapsed);
    if ran {
        let rate = per_second(summary.bytes_in, summary.elapsed);
        time += &format!(", {}/s", bytes(rate));
    }
    out += &labelled("time", &time, width);
    out += &inputs(summary, width);
    for reject in summary.rejects.iter().take(MOST_REJECTS) {
        out += &rejected(reject, width);
    }
    if summary.rejects.len() > MOST_REJECTS {
        let more = (summary.rejects.len() - MOST_REJECTS) as u64;
        out += &labelled("", &format!("and {} of rejects more", counted(more, "group")), width);
    }
    for note in &summary.notes {
        out += &labelled("note", note, width);
    }
    out
}

/// How the inputs fared, those that were left out one by one.
fn inputs(summary: &Summary, width: usize) -> String {
    let left_out: Vec<_> = summary.inputs.iter().filter(|input| input.status != "read").collect();
    // Of a dataset that was there already the inputs are not told.
    if summary.inputs.len() < 2 && left_out.is_empty() {
        return String::new();
    }
    let all = summary.inputs.len();
    let mut out = labelled("inputs", &format!("{} of {all} read", all - left_out.len()), width);
    for input in left_out {
        let why = input.first_error.as_deref().unwrap_or("no reason is known");
        out += &wrapped("  ", &format!("{}, {}: {why}", input.name, input.status), width);
    }
    out
}

/// What did not convert, and the first place.
fn rejected(reject: &Reject, width: usize) -> String {
    let what = match &reject.column {
        Some(column) => format!("column {column:?}: {}", counted(reject.count, "cell")),
        None => counted(reject.count, "record"),
    };
    let first = reject.first.first().map(|(record, offset, reason)| {
        format!("; first in record {} at byte {}: {reason}", number(*record), number(*offset))
    });
    labelled("rejected", &format!("{}, {what}{}", reject.datum, first.unwrap_or_default()), width)
}

/// A partition and where its files are: paths stay whole, so that they can be copied.
fn partition(partition: &PartitionSummary, width: usize) -> String {
    let line = format!(
        "{}: {}, {}, {}",
        partition.name,
        counted(partition.rows, "row"),
        counted(partition.parts, "file"),
        bytes(partition.bytes)
    );
    let mut out = labelled("part", &line, width);
    match partition.files.as_slice() {
        [] => {}
        [file] => out += &format!("  {}\n", file.display()),
        [first, ..] => {
            let folder = first.parent().unwrap_or(first);
            let ending = first.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
            out += &format!("  {}/*{}\n", folder.display(), ending.unwrap_or_default());
        }
    }
    out
}

/// Programs that read the answer may run elsewhere.
fn absolute(path: &Path) -> String {
    // In object storage a file has a URL, which is whole.
    if let Some(url) = path.to_str().filter(|text| text.contains("://")) {
        return url.to_owned();
    }
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).to_string_lossy().into_owned()
}

fn per_second(bytes: u64, elapsed: Duration) -> u64 {
    let seconds = elapsed.as_secs_f64();
    if seconds > 0.0 { (bytes as f64 / seconds) as u64 } else { 0 }
}

#[cfg(test)]
mod tests {
    use artemis_host::job::{DatumSummary, StepTime};
    use artemis_host::store::{Algorithm, ContentId};

    use super::*;

    fn summary() -> Summary {
        let id = ContentId::of(Algorithm::Blake3, b"x");
        let input = |name: &str, status: &str| DatumSummary {
            name: name.into(),
            path: name.into(),
            status: status.into(),
            rows_in: 10,
            rows_rejected: 0,
            bytes: 100,
            id: Some(id),
            first_error: (status != "read").then(|| "it ends in the middle of a quoted field ".repeat(3)),
        };
        Summary {
            dataset: Some(id),
            name: "flights".into(),
            version: Some(3),
            job: Some(uuid::Uuid::nil()),
            already_there: false,
            menu: Some(id),
            config: Some(id),
            rows_in: 336_776,
            rows_out: 350_000,
            rows_rejected: 2,
            cells_rejected: 12,
            bytes_in: 31_053_850,
            bytes_out: 40_000_000,
            elapsed: Duration::from_millis(1830),
            partitions: vec![PartitionSummary {
                name: "late".into(),
                rows: 16,
                batches: 1,
                parts: 2,
                bytes: 2048,
                files: vec!["/s/late/part-0.arrow".into(), "/s/late/part-1.arrow".into()],
            }],
            inputs: vec![input("a.csv", "read"), input("b.csv", "skipped")],
            rejects: vec![Reject {
                datum: "a.csv".into(),
                column: Some("dep_time".into()),
                count: 12,
                first: vec![(17, 1234, "text where int64 is expected".into())],
            }],
            steps: vec![StepTime { name: "slim".into(), calls: 30, total: Duration::from_millis(12) }],
            notes: vec!["the job started over: column dep_time holds text".into()],
        }
    }

    #[test]
    fn a_summary_says_everything_in_eighty_columns() {
        let text = to_text(&summary(), Asked::Run, 80, 1);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        for part in [
            "dataset  flights@3\n",
            "rows     336,776 in, 350,000 out, 2 rejected; 12 cells became null\n",
            "bytes    29.6 MiB read, 38.1 MiB written\n",
            "time     1.83 s, 16.2 MiB/s\n",
            "inputs   1 of 2 read\n  b.csv, skipped: it ends",
            "record 17 at byte 1,234",
            "part     late: 16 rows, 2 files, 2.0 KiB\n  /s/late/*.arrow\n",
            "step     slim: 30 calls, 12 ms\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn the_json_has_every_number() {
        let json = to_json(&summary());
        assert_eq!(json["rows_in"], 336_776);
        assert_eq!(json["rejects"][0]["first"][0]["record"], 17);
        assert_eq!(json["partitions"][0]["files"][1], "/s/late/part-1.arrow");
        assert_eq!(json["inputs"][1]["status"], "skipped");
    }
}
