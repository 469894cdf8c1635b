//! A job file's text, checked against the plugins that are there: a [`Job`], or all problems at once.

use std::path::{Path, PathBuf};

use super::files::{Disk, Files};
use super::problem::{Problems, Report};
use super::section::Section;
use super::tree::{self, Place};
use super::{Compression, Format, Job, Output, Sample};
use crate::plugin::catalogue::Catalogue;

mod chains;
mod configured;
mod inputs;
#[cfg(test)]
mod tests;

/// Longer job files are refused unread, in bytes.
pub const MAX_FILE_BYTES: u64 = 4 << 20;
/// The size of a chunk if the job file gives none, in bytes.
pub const DEFAULT_BLOCK_BYTES: u64 = 1 << 20;
/// The size at which a part file is closed if the job file gives none, in bytes.
pub const DEFAULT_FILE_BYTES: u64 = 256 << 20;
/// The seed if the job file gives none.
pub const DEFAULT_SEED: u64 = 1;
/// What is sampled if the job file says nothing.
pub const DEFAULT_SAMPLE: Sample = Sample { datums: 8, chunks: 4, rows: None };

/// A job file that can be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The job.
    pub job: Job,
    /// What is unwise in it; often empty.
    pub warnings: Problems,
}

/// Why a job file cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobFileError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The job file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It says something wrong.
    #[error(transparent)]
    Problems(#[from] Problems),
}

/// Reads and checks a job file on disk. Its paths are relative to its folder.
///
/// # Errors
/// If it cannot be read, is longer than [`MAX_FILE_BYTES`], or has problems.
pub fn load(
    path: &Path,
    catalogue: &Catalogue,
    overrides: &[(String, String)],
) -> Result<Checked, JobFileError> {
    let failed = |source| JobFileError::Io { path: path.to_owned(), source };
    let bytes = std::fs::metadata(path).map_err(failed)?.len();
    if bytes > MAX_FILE_BYTES {
        let message = format!("{bytes} bytes; a job file has at most {MAX_FILE_BYTES}");
        return Err(failed(std::io::Error::new(std::io::ErrorKind::FileTooLarge, message)));
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    Ok(parse(&text, path, catalogue, overrides)?)
}

/// Checks the text of a job file that lies, or would lie, at `path`. `overrides` are keys with dots and values, as
/// `--set` takes them.
///
/// # Errors
/// All problems at once.
pub fn parse(
    text: &str,
    path: &Path,
    catalogue: &Catalogue,
    overrides: &[(String, String)],
) -> Result<Checked, Problems> {
    let folder = path.parent().unwrap_or(Path::new(""));
    // An empty path has no absolute form; it means the current folder.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let base = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    check(text, &path.display().to_string(), &base, catalogue, &Disk, overrides)
}

/// As [`parse`], with the folder and the file system given; does no IO of its own.
///
/// # Errors
/// All problems at once.
pub fn check(
    text: &str,
    file: &str,
    base: &Path,
    catalogue: &Catalogue,
    files: &dyn Files,
    overrides: &[(String, String)],
) -> Result<Checked, Problems> {
    let mut report = Report::default();
    let (mut root, malformed) = tree::parse(text);
    let readable = malformed.is_empty();
    for bad in malformed {
        report.error(&Place { span: bad.span, option: None }, format!("not TOML: {}", bad.message), None);
    }
    // What a broken line did to its neighbours would only be guessed.
    let job = if readable {
        super::overrides::apply(&mut root, overrides, &mut report);
        job(&root, &Context { base, catalogue, files }, &mut report)
    } else {
        None
    };
    let options: Vec<String> = overrides.iter().map(|(key, value)| format!("--set {key}={value}")).collect();
    let problems = report.finish(file, text, &options);
    match job {
        Some(job) if !problems.has_errors() => Ok(Checked { job, warnings: problems }),
        _ => Err(problems),
    }
}

/// What a job file is checked against.
pub(super) struct Context<'a> {
    pub base: &'a Path,
    pub catalogue: &'a Catalogue,
    pub files: &'a dyn Files,
}

/// Checks a whole job file that is already a tree. What comes back is only whole if nothing was reported.
pub(super) fn job(table: &tree::Table, context: &Context<'_>, report: &mut Report) -> Option<Job> {
    let mut root = Section::new(table, Place::default(), "the job file");

    let mut section = root.section("job", report);
    section.required("name", "name = \"my-job\"", report);
    let name = section.string("name", report);
    if let Some(name) = name.filter(|name| !super::is_name(name)) {
        let help = "letters, digits, `_` and `-`".to_owned();
        report.error(section.place_of("name"), format!("`{name}` cannot name a job"), help);
    }
    let seed = section.count("seed", 0, report).unwrap_or(DEFAULT_SEED);
    let block_bytes = section.bytes("block_bytes", report).unwrap_or(DEFAULT_BLOCK_BYTES);
    let max_memory = section.bytes("max_memory", report);
    section.finish(report);

    let sample = sample(root.section("sample", report), report);
    let output = output(root.section("output", report), report);
    let input_section = root.section("input", report);
    let mut tools =
        configured::Configured::read(root.section("tools", report), configured::TOOLS, context, report);
    let algorithms = root.section("algorithms", report);
    let mut algorithms = configured::Configured::read(algorithms, configured::ALGORITHMS, context, report);
    let input = inputs::read(input_section, &mut algorithms, context, report);
    let menu = chains::read(&mut root, input.as_ref(), &mut algorithms, &tools, report);
    algorithms.use_tools(&mut tools, report);
    algorithms.report_unused(report);
    tools.report_unused(report);
    root.finish(report);

    Some(Job {
        name: name?.to_owned(),
        seed,
        block_bytes,
        max_memory,
        sample,
        input: input?,
        output,
        tools: tools.into_configs(),
        algorithms: algorithms.into_configs(),
        menu,
        source_dir: context.base.to_owned(),
    })
}

fn sample(mut section: Section<'_>, report: &mut Report) -> Sample {
    let mut count = |key, default: u32, report: &mut Report| {
        let number = section.count(key, 1, report).unwrap_or(u64::from(default));
        // The model holds these as 32-bit signed numbers; more is as good as all.
        u32::try_from(number).unwrap_or(u32::MAX).min(i32::MAX as u32)
    };
    let datums = count("datums", DEFAULT_SAMPLE.datums, report);
    let chunks = count("chunks", DEFAULT_SAMPLE.chunks, report);
    let rows = section.count("rows", 1, report);
    section.finish(report);
    Sample { datums, chunks, rows }
}

fn output(mut section: Section<'_>, report: &mut Report) -> Output {
    let format = section.choice("format", Format::NAMES, report).unwrap_or(Format::Arrow);
    let compression = section.choice("compression", Compression::NAMES, report).unwrap_or(Compression::None);
    let rows = section.count("rows_per_batch", 1, report);
    let rows_per_batch = rows.map(|rows| usize::try_from(rows).unwrap_or(usize::MAX));
    let file_bytes = section.bytes("file_bytes", report).unwrap_or(DEFAULT_FILE_BYTES);
    section.finish(report);
    Output { format, compression, rows_per_batch, file_bytes }
}
