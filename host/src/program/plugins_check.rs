//! `plugins check`: the conformance cases, each in a child process of this program.

use artemis_host::plugin::conformance::{
    self, CASES, CheckError, Limits, Needs, Planned, Report, Setup, SetupError, Verdict,
};
use artemis_host::plugin::manifest::Manifest;
use artemis_host::plugin::trust::Trust;
use artemis_host::plugin::{PluginFile, Status, scan};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::args;
use super::fault::{Fault, Kind, Outcome};
use super::session::{PROFILE, Session};
use super::text::{counted, labelled, wrapped};

/// The file beside a plugin that tells what its components need.
const CHECK_FILE: &str = "check.toml";
/// How long a case may take where nothing is said, in seconds; `--thorough` allows sixty times as much.
const TIME_LIMIT_S: f64 = 20.0;
const THOROUGH_FACTOR: f64 = 60.0;
/// Where the texts of a case begin.
const INDENT: &str = "         ";

pub(crate) fn check(session: &Session, args: &args::Check) -> Outcome {
    if args.list {
        return list(session);
    }
    let Some(named) = &args.subject.file else {
        return Err(Fault::usage("no plugin is named").help("name a plugin's file, or its folder"));
    };
    let file = library(named)?;
    let read = conformance::inspect(&file);
    let (manifest, needs) = match &read {
        Ok((manifest, needs)) => (Some(manifest), Some(needs)),
        Err(_) => (None, None),
    };
    let with = check_file(named, args.subject.with.as_deref());
    if let Some(manifest) = manifest {
        // What the user gave is checked once here; the children read it again.
        setup(with.as_deref(), &args.subject.set, manifest)?;
    }
    let mut planned = conformance::plan(manifest, args.case.as_deref())?;
    if let Some(component) = &args.component {
        if manifest.is_some_and(|manifest| manifest.component(component).is_none()) {
            return Err(CheckError::UnknownComponent(component.clone()).into());
        }
        planned.retain(|one| one.component.as_ref().is_none_or(|name| name == component));
    }
    let program = std::env::current_exe()
        .map_err(|error| Fault::bug(format!("the program does not find itself: {error}")))?;
    let command = |one: &Planned| child(&program, &file, with.as_deref(), args, one);
    let time_s = args.time_limit.unwrap_or(match args.thorough {
        true => TIME_LIMIT_S * THOROUGH_FACTOR,
        false => TIME_LIMIT_S,
    });
    let limits = Limits {
        time: Duration::try_from_secs_f64(time_s)
            .map_err(|_| Fault::usage("--time-limit takes a number of seconds above 0"))?,
        children: args.jobs.map_or_else(cores, usize::from),
    };
    let report = conformance::check(&planned, needs.cloned(), args.seed, limits, &command);
    if let Some(path) = &args.junit {
        let name = manifest.map_or_else(|| file.display().to_string(), |m| m.id.clone());
        std::fs::write(path, report.to_junit(&name)).map_err(|error| Fault::io(path, error))?;
    }
    if session.json() {
        session.answer(to_json(&file, &report))?;
    } else {
        session.print(&to_text(session, named, &file, manifest, &report, args))?;
    }
    match report.counts().1 {
        0 => Ok(()),
        // The answer is given already, in either form.
        _ => Err(Fault::new(Kind::Checks, "")),
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A child's work: one case in this process.
pub(crate) fn case(session: &Session, args: &args::CheckCase) -> Outcome {
    let file = args.subject.file.as_deref().ok_or_else(|| Fault::usage("no plugin is named"))?;
    let setup = match conformance::manifest(file) {
        Ok(manifest) => setup(args.subject.with.as_deref(), &args.subject.set, &manifest)?,
        Err(_) => Setup::default(),
    };
    let verdict =
        conformance::run_case(file, &setup, &args.case, args.component.as_deref(), args.seed, args.thorough)?;
    session.print(&verdict.to_line())
}

fn child(program: &Path, file: &Path, with: Option<&Path>, args: &args::Check, one: &Planned) -> Command {
    let mut command = Command::new(program);
    command.args(["plugins", "check-case"]).arg(file).args(["--case", one.case.id]);
    if let Some(component) = &one.component {
        command.args(["--component", component]);
    }
    command.arg("--seed").arg(args.seed.to_string());
    if args.thorough {
        command.arg("--thorough");
    }
    if let Some(with) = with {
        command.arg("--with").arg(with);
    }
    for (key, value) in &args.subject.set {
        command.arg("--set").arg(format!("{key}={value}"));
    }
    command
}

/// The library that a user names: a file, or a folder with a `plugin.toml`.
fn library(named: &Path) -> Outcome<PathBuf> {
    if !named.exists() {
        return Err(Fault::usage(format!("{} is not there", named.display()))
            .help("name a plugin's .so file, or a folder with a plugin.toml"));
    }
    if !named.is_dir() {
        return Ok(named.to_owned());
    }
    plugin_file(named).map(|plugin| plugin.path)
}

/// The plugin that a user names: a file, or a folder with a `plugin.toml`.
pub(crate) fn plugin_file(named: &Path) -> Outcome<PluginFile> {
    // Who names a file vouches for it.
    let folder = named.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let trust = Trust::allowing(&[named.to_owned(), folder.to_owned()]);
    match scan::entry(named, PROFILE, &trust).status {
        Status::Available(plugin) => Ok(*plugin),
        Status::Refused { reason, remedy } => {
            Err(Fault::new(Kind::Plugin, format!("{} {reason}", named.display())).help(remedy))
        }
        Status::Skipped { reason } => {
            Err(Fault::usage(format!("{}: {reason}", named.display())).help("name the plugin's .so file"))
        }
    }
}

/// The check file: the one that is named, or that of the plugin beside it.
fn check_file(named: &Path, with: Option<&Path>) -> Option<PathBuf> {
    if let Some(with) = with {
        return Some(with.to_owned());
    }
    let beside = match named.is_dir() {
        true => named.join(CHECK_FILE),
        false => named.with_extension(CHECK_FILE),
    };
    beside.is_file().then_some(beside)
}

fn setup(with: Option<&Path>, set: &[(String, String)], manifest: &Manifest) -> Outcome<Setup> {
    Setup::read(with, set, manifest).map_err(Fault::from)
}

impl From<SetupError> for Fault {
    fn from(error: SetupError) -> Fault {
        match error {
            SetupError::Problems(problems) => problems.into(),
            error => Fault::usage(error.to_string()),
        }
    }
}

impl From<CheckError> for Fault {
    fn from(error: CheckError) -> Fault {
        let fault = Fault::usage(error.to_string());
        match error {
            CheckError::UnknownCase(_) => fault.help("`plugins check --list` shows the cases"),
            _ => fault,
        }
    }
}

fn list(session: &Session) -> Outcome {
    let cases = CASES.iter().flat_map(|group| group.iter());
    if session.json() {
        let cases = cases.map(|case| {
            let kinds: Vec<String> = case.kinds.iter().map(ToString::to_string).collect();
            json!({ "id": case.id, "level": case.level.name(), "kinds": kinds, "demand": case.demand })
        });
        return session.answer(json!({ "cases": cases.collect::<Vec<Value>>() }));
    }
    let mut out = String::new();
    let mut level = "";
    for case in cases {
        if case.level.name() != level {
            level = case.level.name();
            out += &format!("{level}\n");
        }
        let kinds: Vec<String> = case.kinds.iter().map(ToString::to_string).collect();
        let kinds = if kinds.is_empty() { "file".to_owned() } else { kinds.join(", ") };
        out += &format!("  {}  ({kinds})\n", case.id);
        out += &wrapped("      ", case.demand, session.width);
    }
    session.print(&out)
}

fn to_json(file: &Path, report: &Report) -> Value {
    let (passed, failed, skipped) = report.counts();
    let cases = report.results.iter().map(|result| {
        json!({
            "id": result.case.id,
            "level": result.case.level.name(),
            "component": result.component,
            "demand": result.case.demand,
            "outcome": result.verdict.word(),
            "text": result.verdict.text(),
            "elapsed_ms": result.elapsed.as_secs_f64() * 1e3,
        })
    });
    let needs = report.needs.as_ref().map(|needs| {
        let Needs { libraries, glibc, .. } = needs;
        json!({ "libraries": libraries, "glibc": glibc })
    });
    json!({
        "file": file.to_string_lossy(),
        "needs": needs,
        "seed": report.seed,
        "cases": cases.collect::<Vec<Value>>(),
        "summary": { "passed": passed, "failed": failed, "skipped": skipped },
    })
}

fn to_text(
    session: &Session,
    named: &Path,
    file: &Path,
    manifest: Option<&Manifest>,
    report: &Report,
    args: &args::Check,
) -> String {
    let width = session.width;
    let mut out = String::new();
    if let Some(manifest) = manifest {
        out += &labelled("plugin", &format!("{} {}", manifest.id, manifest.version), width);
    }
    out += &labelled("file", &file.display().to_string(), width);
    if let Some(needs) = &report.needs {
        let mut text = needs.libraries.join(", ");
        if let Some(glibc) = &needs.glibc {
            text += &format!("; glibc {glibc} or newer");
        }
        let text = if text.is_empty() { "nothing of the system" } else { text.trim_start_matches("; ") };
        out += &labelled("needs", text, width);
    }
    out.push('\n');
    let mut skipped_without = 0;
    for result in &report.results {
        let name = match &result.component {
            Some(component) => format!("{component}  {}", result.case.id),
            None => result.case.id.to_owned(),
        };
        match &result.verdict {
            Verdict::Passed if session.verbosity() > 0 => out += &wrapped("passed   ", &name, width),
            Verdict::Passed => {}
            Verdict::Skipped(_) if session.quiet() => skipped_without += 1,
            Verdict::Skipped(reason) => {
                out += &wrapped("skipped  ", &format!("{name}: {reason}"), width);
            }
            Verdict::Failed(what) => {
                out += &wrapped("FAILED   ", &name, width);
                out += &wrapped(&format!("{INDENT}demand:   "), result.case.demand, width);
                out += &wrapped(&format!("{INDENT}happened: "), what, width);
                let again = again(named, args, result.case.id, result.component.as_deref());
                out += &wrapped(&format!("{INDENT}replay:   "), &again, width);
            }
        }
    }
    let (passed, failed, skipped) = report.counts();
    if !out.ends_with("\n\n") && skipped_without < report.results.len() {
        out.push('\n');
    }
    let cases = counted(report.results.len() as u64, "case");
    out + &format!("{cases}: {passed} passed, {failed} failed, {skipped} skipped (seed {})\n", report.seed)
}

/// The command that runs one case again.
fn again(named: &Path, args: &args::Check, case: &str, component: Option<&str>) -> String {
    let mut words = vec!["artemis-host plugins check".to_owned(), quoted(&named.to_string_lossy())];
    words.push(format!("--case {case}"));
    words.extend(component.map(|component| format!("--component {component}")));
    words.push(format!("--seed {}", args.seed));
    words.extend(args.thorough.then(|| "--thorough".to_owned()));
    words
        .extend(args.subject.with.as_ref().map(|with| format!("--with {}", quoted(&with.to_string_lossy()))));
    words.extend(
        args.subject.set.iter().map(|(key, value)| format!("--set {}", quoted(&format!("{key}={value}")))),
    );
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-=+:,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
