//! `store verify`: everything read and hashed.

use artemis_host::catalog;
use serde_json::{Value, json};

use super::super::fault::{Fault, Kind, Outcome};
use super::super::session::{Session, read_only};
use super::super::text::{bytes, counted, wrapped};

pub(crate) fn verify(session: &Session) -> Outcome {
    // A store that does not open is one of the things to report.
    let location = session.location(None)?;
    let verified = catalog::verify(location.open(&read_only())?.as_ref())?;
    let wrong = verified.findings.len() as u64;
    let message = format!("{} in the store at {location}", counted(wrong, "problem"));
    if session.json() {
        let findings: Vec<Value> = verified
            .findings
            .iter()
            .map(|f| json!({ "key": f.key, "kind": f.kind.to_string(), "what": f.what }))
            .collect();
        let mut object = json!({
            "files": verified.files,
            "bytes": verified.bytes,
            "findings": findings,
            "unreached": verified.unreached,
        });
        if wrong > 0 {
            object["error"] = Fault::new(Kind::Store, message.as_str()).to_json();
        }
        session.answer(object)?;
        return if wrong > 0 { Err(Fault::new(Kind::Answered, message)) } else { Ok(()) };
    }
    let mut out = String::new();
    for finding in &verified.findings {
        let text = format!("{}: {}: {}", finding.key, finding.kind, finding.what);
        out += &wrapped("", &text, session.width);
    }
    let read = format!("{} read, {}", counted(verified.files, "file"), bytes(verified.bytes));
    out += &wrapped(
        "",
        &format!("{read}: {}", if wrong == 0 { "all as it was written" } else { "see above" }),
        session.width,
    );
    session.print(&out)?;
    if !verified.unreached.is_empty() {
        let count = counted(verified.unreached.len() as u64, "leftover");
        session.note(&format!("{count} of jobs that did not come to their end; `store gc` removes them"));
    }
    if wrong > 0 { Err(Fault::new(Kind::Store, message)) } else { Ok(()) }
}
