//! `guess`: a job file for text files.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use artemis_host::guess::{Guess, Guessed, SAMPLE_BYTES, guess as guess_text, job_file};
use artemis_host::menu;
use serde_json::{Value, json};

use super::args;
use super::fault::{Fault, Outcome};
use super::session::Session;
use super::text;

pub(crate) fn guess(session: &Session, args: &args::Guess) -> Outcome {
    let folder = args.output.as_deref().map(folder_of).transpose()?;
    let mut inputs = Vec::new();
    for file in &args.files {
        inputs.push(guessed(file, folder.as_deref())?);
    }
    let name = args.output.as_deref().or(args.files.first().map(PathBuf::as_path)).and_then(Path::file_stem);
    let text = job_file(&name.unwrap_or_default().to_string_lossy(), &inputs)?;
    if let Some(output) = &args.output {
        write(output, &text, args.force)?;
    }
    check(session, &text, args.output.as_deref());
    if session.json() {
        return session.answer(json!({
            "inputs": inputs.iter().map(to_json).collect::<Vec<_>>(),
            "job_file": text,
            "written": args.output.as_ref().map(|path| path.to_string_lossy()),
        }));
    }
    let Some(output) = &args.output else { return session.print(&text) };
    if session.quiet() {
        return Ok(());
    }
    let mut out = text::labelled("written", &output.display().to_string(), session.width);
    for input in &inputs {
        if inputs.len() > 1 {
            out += &text::labelled("file", &input.path, session.width);
        }
        for found in &input.guess.findings {
            let line = format!("{}: {} ({}: {})", found.about, found.value, found.sureness, found.evidence);
            out += &text::labelled("found", &line, session.width);
        }
        for note in &input.guess.notes {
            out += &text::labelled("note", note, session.width);
        }
    }
    out += &text::labelled("next", &format!("artemis-host run {}", output.display()), session.width);
    session.print(&out)
}

/// The guess of a file, with its path as it shall stand in a job file in `folder`.
pub(crate) fn guessed(file: &Path, folder: Option<&Path>) -> Outcome<Guessed> {
    let failed = |error: io::Error| Fault::input(file, error);
    let mut sample = Vec::new();
    // One byte more tells whether there are more.
    let opened = File::open(file).map_err(failed)?;
    opened.take(SAMPLE_BYTES as u64 + 1).read_to_end(&mut sample).map_err(failed)?;
    let whole = sample.len() <= SAMPLE_BYTES;
    sample.truncate(SAMPLE_BYTES);
    let guess = guess_text(&sample, whole).map_err(|error| {
        let fault = Fault::input(file, &error);
        match error {
            artemis_host::guess::GuessError::NotText { help, .. } => fault.help(help),
            _ => fault,
        }
    })?;
    let absolute = file.canonicalize().map_err(failed)?;
    let path = folder.and_then(|folder| absolute.strip_prefix(folder).ok()).unwrap_or(&absolute);
    let path =
        path.to_str().ok_or_else(|| Fault::input(file, "a job file cannot hold a path that is not UTF-8"))?;
    Ok(Guessed { path: path.to_owned(), guess })
}

/// The folder of a job file, which must be there.
fn folder_of(output: &Path) -> Outcome<PathBuf> {
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    folder.canonicalize().map_err(|error| Fault::io(folder, error))
}

fn write(output: &Path, text: &str, force: bool) -> Outcome {
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let written = options.open(output).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Fault::usage(format!("{} is there already", output.display())).help("--force replaces it")
        }
        _ => Fault::io(output, error),
    })
}

/// Says if the job file would not run with the plugins that are found here.
fn check(session: &Session, text: &str, output: Option<&Path>) {
    let plugins = session.plugins();
    let path = output.unwrap_or(Path::new("job.toml"));
    if let Err(problems) = menu::parse(text, path, &plugins, &[]) {
        session.note("note: with the plugins that are found here the job file does not run yet:");
        for problem in problems.problems.iter().filter(|problem| !problem.warning) {
            let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            session.note(&format!("  {}{help}", problem.message));
        }
    }
}

fn to_json(input: &Guessed) -> Value {
    let Guess { delimiter, quote, comment, terminator, header, columns, null_values, records, bytes, .. } =
        &input.guess;
    let byte = |byte: &u8| char::from(*byte).to_string();
    let findings = input.guess.findings.iter().map(|found| {
        json!({
            "about": found.about,
            "value": found.value,
            "sureness": found.sureness.to_string(),
            "evidence": found.evidence,
        })
    });
    json!({
        "path": input.path,
        "delimiter": byte(delimiter),
        "quote": quote.as_ref().map(byte),
        "comment": comment.as_ref().map(byte),
        "terminator": terminator.as_ref().map(byte),
        "header": header,
        "null_values": null_values,
        "records": records,
        "bytes": bytes,
        "columns": columns.iter().map(|column| json!({
            "name": column.name,
            "kind": column.kind.to_string(),
            "missing": column.missing,
        })).collect::<Vec<_>>(),
        "findings": findings.collect::<Vec<_>>(),
        "notes": input.guess.notes,
    })
}
