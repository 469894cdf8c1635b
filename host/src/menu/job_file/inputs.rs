//! The section `[input]`: files, the reader, and what happens with what does not fit.

use std::collections::BTreeSet;

use super::Context;
use super::configured::Configured;
use crate::menu::files::{PathKind, is_pattern};
use crate::menu::problem::Report;
use crate::menu::section::Section;
use crate::menu::suggest;
use crate::menu::tree::Place;
use crate::menu::{Columns, Input, OnBadInput, OnMismatch};
use crate::plugin::manifest::ComponentKind;

pub(super) fn read(
    mut section: Section<'_>,
    algorithms: &mut Configured<'_>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Input> {
    section.required("paths", "paths = [\"data/*.csv\"]", report);
    let written = section.strings("paths", report);
    if written.as_ref().is_some_and(Vec::is_empty) {
        report.error(
            section.place_of("paths"),
            "`paths` names no input",
            "write paths = [\"data/*.csv\"]".to_owned(),
        );
    }
    let written = written.unwrap_or_default();
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    for (path, place) in &written {
        for file in expand(path, place, context, report) {
            if seen.insert(file.clone()) {
                files.push(file);
            }
        }
    }
    section.required("reader", "reader = \"NAME\", with [algorithms.NAME]", report);
    let reader = section.string("reader", report);
    if let Some(reader) = reader {
        check_reader(reader, section.place_of("reader"), algorithms, report);
    }
    let on_bad_input = section.choice("on_bad_input", OnBadInput::NAMES, report).unwrap_or(OnBadInput::Abort);
    let on_mismatch = section.choice("on_mismatch", OnMismatch::NAMES, report).unwrap_or(OnMismatch::Widen);
    let columns = section.choice("columns", Columns::NAMES, report).unwrap_or(Columns::Same);
    let provenance = section.boolean("provenance", report).unwrap_or(false);
    section.finish(report);
    Some(Input {
        paths: written.into_iter().map(|(path, _)| path.to_owned()).collect(),
        files,
        reader: reader?.to_owned(),
        on_bad_input,
        on_mismatch,
        columns,
        provenance,
    })
}

/// The files that a path or pattern stands for. What exists under the very name is that file, whatever
/// characters are in it.
fn expand(text: &str, place: &Place, context: &Context<'_>, report: &mut Report) -> Vec<std::path::PathBuf> {
    let path = context.base.join(text);
    match context.files.kind(&path) {
        _ if text.is_empty() => report.error(place, "an empty path", None),
        PathKind::File => return vec![path],
        PathKind::Folder => {
            let help = format!("write {:?} for the files in it", format!("{}/*", text.trim_end_matches('/')));
            report.error(place, format!("`{text}` is a folder"), help);
        }
        PathKind::Missing if is_pattern(text) => match context.files.matching(context.base, text) {
            Ok(files) if files.is_empty() => {
                let help = format!("paths are relative to {}", context.base.display());
                report.error(place, format!("no file matches `{text}`"), help);
            }
            Ok(files) => return files,
            Err(message) => report.error(place, format!("`{text}` is not a pattern: {message}"), None),
        },
        PathKind::Missing => {
            let help = format!("looked for {}", path.display());
            report.error(place, format!("there is no file `{text}`"), help);
        }
    }
    Vec::new()
}

fn check_reader(reader: &str, place: &Place, algorithms: &mut Configured<'_>, report: &mut Report) {
    match algorithms.kind(reader) {
        Some(ComponentKind::Reader) => {}
        Some(kind) => {
            let help = suggest::help(reader, algorithms.names_of(ComponentKind::Reader), "readers");
            report.error(place, format!("`{reader}` is of the kind {kind}, not a reader"), help);
        }
        // Declared, but its component is not known; that is reported where it is declared.
        None if algorithms.contains(reader) => {}
        None => {
            let help = suggest::help(reader, algorithms.names_of(ComponentKind::Reader), "readers");
            report.error(place, format!("there is no [algorithms.{reader}]"), help);
        }
    }
    algorithms.mark_used(reader);
}
