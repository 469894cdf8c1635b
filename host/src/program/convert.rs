//! `convert`: one text file into one Arrow file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use arrow::ipc::writer::FileWriter;
use artemis_host::guess::job_file;
use artemis_host::job::{self, Options};
use artemis_host::limits::Limits;
use artemis_host::menu::{self, INITIAL, Job};
use artemis_host::plugin::catalogue::Catalogue;
use artemis_host::store::{LocalOptions, Location, OpenOptions};

use super::args;
use super::fault::{Fault, Outcome};
use super::guess::guessed;
use super::progress::{Progress, Signals};
use super::run;
use super::session::Session;
use super::summary;
use super::text;

/// Endings of Arrow IPC files.
const ARROW: [&str; 3] = ["arrow", "feather", "ipc"];
/// No input makes a file as large as this, so there is one part.
const ONE_PART: u64 = 1 << 60;

pub(crate) fn convert(session: &Session, args: &args::Convert, signals: &Signals) -> Outcome {
    let output = &args.output;
    let ending = output.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    if !ending.as_deref().is_some_and(|ending| ARROW.contains(&ending)) {
        let message = format!("{} cannot be made: its ending names no known format", output.display());
        return Err(Fault::usage(message).help("endings: .arrow, .feather, .ipc (Arrow IPC files)"));
    }
    if !args.force && output.symlink_metadata().is_ok() {
        return Err(there(output));
    }
    let plugins = session.plugins();
    let job = job(&args.input, &plugins)?;
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Beside the output, so that the finished file only has to be moved; removed when it goes out of scope.
    let store = tempfile::Builder::new()
        .prefix(".artemis-convert-")
        .tempdir_in(folder)
        .map_err(|error| Fault::io(folder, error))?;
    // Only the output itself has to survive a power failure; it is flushed below.
    let local = LocalOptions { durable: false, ..LocalOptions::default() };
    let options = OpenOptions { local, ..OpenOptions::default() };
    let catalog = run::open(&Location::Local(store.path().to_owned()), &options)?;
    let mut summary = {
        let progress = Progress::start(session, signals);
        let options = Options {
            plugins: &plugins,
            catalog: &catalog,
            workers: args.workers.map(usize::from),
            again: false,
            dry_run: false,
            durable: false,
            default_memory_bytes: Limits::of_process().job_memory_bytes(),
            plugin_changes: &[],
            observer: &progress,
        };
        job::run(&job, &options)?
    };
    let parts: Vec<&PathBuf> = summary.partitions.iter().flat_map(|partition| &partition.files).collect();
    let part = match parts.as_slice() {
        [part] => (*part).clone(),
        [] => without_rows(&job, &plugins, store.path())?,
        several => return Err(Fault::bug(format!("the output has {} parts", several.len()))),
    };
    place(&part, output, args.force)?;
    if session.json() {
        // The store is gone in a moment; what only it knows is not told.
        (summary.dataset, summary.version, summary.job) = (None, None, None);
        (summary.menu, summary.config) = (None, None);
        for partition in &mut summary.partitions {
            partition.files = vec![output.clone()];
        }
        let mut object = summary::to_json(&summary);
        object["output"] = output.to_string_lossy().into();
        return session.answer(object);
    }
    if session.quiet() {
        return Ok(());
    }
    let mut out = text::labelled("written", &output.display().to_string(), session.width);
    out += &summary::counts(&summary, true, session.width);
    session.print(&out)
}

/// A job that reads one file and has no chain.
fn job(input: &Path, plugins: &Catalogue) -> Outcome<Job> {
    let guessed = guessed(input, None)?;
    let text = job_file("convert", &[guessed])?;
    let path = std::path::absolute(Path::new("convert.toml")).unwrap_or_else(|_| "convert.toml".into());
    let mut job = menu::parse(&text, &path, plugins, &[])?.job;
    job.output.file_bytes = ONE_PART;
    Ok(job)
}

/// A partition without rows has no part: an Arrow file with the columns alone.
fn without_rows(job: &Job, plugins: &Catalogue, folder: &Path) -> Outcome<PathBuf> {
    let preview = job::preview(job, plugins, 1)?;
    let leaf = preview.leaves.iter().find(|leaf| leaf.name == INITIAL).or(preview.leaves.first());
    let leaf = leaf.ok_or_else(|| Fault::bug("the job has no partition"))?;
    let path = folder.join("without-rows.arrow");
    let file = File::create(&path).map_err(|error| Fault::io(&path, error))?;
    FileWriter::try_new(file, &leaf.schema)
        .and_then(|mut writer| writer.finish())
        .map_err(|error| Fault::bug(format!("a file without rows cannot be written: {error}")))?;
    Ok(path)
}

/// Moves the finished file to where it shall be, whole or not at all.
fn place(part: &Path, output: &Path, force: bool) -> Outcome {
    let failed = |error: io::Error| Fault::io(output, error);
    File::open(part).and_then(|file| file.sync_all()).map_err(failed)?;
    if force {
        fs::rename(part, output).map_err(failed)?;
    } else {
        match fs::hard_link(part, output) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(there(output)),
            // A file system without hard links: what came into being since the check above is replaced.
            Err(_) => fs::rename(part, output).map_err(failed)?,
        }
    }
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn there(output: &Path) -> Fault {
    Fault::usage(format!("{} is there already", output.display())).help("--force replaces it")
}
