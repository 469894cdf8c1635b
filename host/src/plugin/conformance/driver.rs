//! Runs the cases: plans them, starts a child for each, and in the child loads the library and runs one.
#![allow(unsafe_code)]

use super::cases::{CASES, Case, Run};
use super::desk::counting_host;
use super::needs::Needs;
use super::report::{CaseResult, Report, Verdict};
use super::setup::Setup;
use super::subject::Subject;
use super::{Checked, Stop, failed};
use crate::plugin::elf;
use crate::plugin::library::{Table, open};
use crate::plugin::manifest::{ComponentKind, ComponentSpec, Manifest};
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Why nothing was checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// There is no such case.
    #[error("there is no case `{0}`")]
    UnknownCase(String),
    /// There is no such component.
    #[error("the plugin has no component `{0}`")]
    UnknownComponent(String),
}

/// How long a case may take, and how many run at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A child that takes longer is killed, and its case has failed.
    pub time: Duration,
    /// Children at once, at least 1.
    pub children: usize,
}

/// One case for one component, or for the file.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The case.
    pub case: &'static Case,
    /// The component; `None`: the case is about the file.
    pub component: Option<String>,
}

/// What a file says of itself, and what it needs; without loading it.
///
/// # Errors
/// In words, when the file is not a plugin of this host, or its manifest does not parse.
pub fn inspect(path: &Path) -> Result<(Manifest, Needs), String> {
    let read = elf::read(path).map_err(|e| format!("{e}; {}", e.remedy()))?;
    Ok((parse(&read)?, Needs::of(&read)))
}

/// As [`inspect`], the manifest alone, which is quicker.
///
/// # Errors
/// As those of [`inspect`].
pub fn manifest(path: &Path) -> Result<Manifest, String> {
    parse(&elf::read(path).map_err(|e| format!("{e}; {}", e.remedy()))?)
}

fn parse(read: &elf::ElfPlugin) -> Result<Manifest, String> {
    Manifest::parse(&read.manifest_text).map_err(|problems| {
        let all: Vec<String> =
            problems.problems.iter().map(|p| format!("manifest line {}: {}", p.line, p.message)).collect();
        all.join("; ")
    })
}

/// The cases for a manifest; without one, those about the file. `only` names one case.
///
/// # Errors
/// When there is no such case.
pub fn plan(manifest: Option<&Manifest>, only: Option<&str>) -> Result<Vec<Planned>, CheckError> {
    if let Some(id) = only {
        find(id)?;
    }
    let mut planned = Vec::new();
    for case in CASES.iter().flat_map(|group| group.iter()) {
        if only.is_some_and(|id| id != case.id) {
            continue;
        }
        if case.kinds.is_empty() {
            planned.push(Planned { case, component: None });
            continue;
        }
        let specs = manifest.iter().flat_map(|manifest| &manifest.components);
        let fitting = specs.filter(|spec| case.kinds.contains(&spec.kind));
        planned.extend(fitting.map(|spec| Planned { case, component: Some(spec.name.clone()) }));
    }
    Ok(planned)
}

fn find(id: &str) -> Result<&'static Case, CheckError> {
    let mut all = CASES.iter().flat_map(|group| group.iter());
    all.find(|case| case.id == id).ok_or_else(|| CheckError::UnknownCase(id.to_owned()))
}

/// Cases without which no other makes sense, in their order.
const GATES: [&str; 2] = ["manifest-readable", "library-loads"];

/// Runs the planned cases, each in a child; `command` makes the child's command.
pub fn check(
    planned: &[Planned],
    needs: Option<Needs>,
    seed: u64,
    limits: Limits,
    command: &(dyn Fn(&Planned) -> Command + Sync),
) -> Report {
    let results: Mutex<Vec<(usize, CaseResult)>> = Mutex::default();
    let run = |index: usize| {
        let started = Instant::now();
        let verdict = run_child(command(&planned[index]), limits.time);
        let Planned { case, component } = &planned[index];
        let result = CaseResult { case, component: component.clone(), verdict, elapsed: started.elapsed() };
        if let Ok(mut results) = results.lock() {
            results.push((index, result));
        }
    };
    // The gates first, one after the other: where one is closed, the rest is not run.
    let is_gate = |index: &usize| GATES.contains(&planned[*index].case.id);
    let mut closed = None;
    for index in (0..planned.len()).filter(is_gate) {
        if closed.is_none() {
            run(index);
            let failed = |results: &Vec<(usize, CaseResult)>| {
                results.last().is_some_and(|(_, result)| matches!(result.verdict, Verdict::Failed(_)))
            };
            if results.lock().is_ok_and(|results| failed(&results)) {
                closed = Some(planned[index].case.id);
            }
        }
    }
    match closed {
        None => {
            let rest: Vec<usize> = (0..planned.len()).filter(|index| !is_gate(index)).collect();
            let next = AtomicUsize::new(0);
            std::thread::scope(|scope| {
                for _ in 0..limits.children.clamp(1, rest.len().max(1)) {
                    scope.spawn(|| {
                        while let Some(index) = rest.get(next.fetch_add(1, Ordering::Relaxed)) {
                            run(*index);
                        }
                    });
                }
            });
        }
        Some(gate) => {
            let mut results = results.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let done: Vec<usize> = results.iter().map(|(index, _)| *index).collect();
            for (index, Planned { case, component }) in planned.iter().enumerate() {
                if !done.contains(&index) {
                    let verdict = Verdict::Skipped(format!("needs `{gate}`, which failed"));
                    let component = component.clone();
                    results.push((index, CaseResult { case, component, verdict, elapsed: Duration::ZERO }));
                }
            }
        }
    }
    let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    Report { needs, results: results.into_iter().map(|(_, result)| result).collect(), seed }
}

/// Most of what a child prints that is looked at, in bytes.
const PRINTED_MAX_BYTES: u64 = 1 << 20;

/// Runs a child to its end, or to the limit.
fn run_child(mut command: Command, limit: Duration) -> Verdict {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return Verdict::Failed(format!("the case could not be started: {error}")),
    };
    // Both are read while the child runs, so that it never waits for room in a pipe.
    let reader = |pipe: Option<Box<dyn Read + Send>>| {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            if let Some(mut pipe) = pipe {
                let _ = pipe.by_ref().take(PRINTED_MAX_BYTES).read_to_end(&mut text);
                let _ = std::io::copy(&mut pipe, &mut std::io::sink());
            }
            String::from_utf8_lossy(&text).into_owned()
        })
    };
    let printed = reader(child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>));
    let complained = reader(child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>));
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_micros(500);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Verdict::Failed(format!("it did not end within {} s", limit.as_secs_f64()));
            }
            Err(error) => return Verdict::Failed(format!("the case was lost: {error}")),
        }
    };
    let printed = printed.join().unwrap_or_default();
    let complained = complained.join().unwrap_or_default();
    match (status.success(), Verdict::find(&printed)) {
        (true, Some(verdict)) => verdict,
        // A crash after the verdict, while the process ends, is a crash all the same.
        _ => Verdict::Failed(ended(status, &complained)),
    }
}

/// How a child ended that told nothing, with the last line of what it complained.
fn ended(status: ExitStatus, complained: &str) -> String {
    use std::os::unix::process::ExitStatusExt;
    let how = match (status.signal(), status.code()) {
        (Some(signal), _) => match signal_name(signal) {
            Some(name) => format!("the process was ended by {name}"),
            None => format!("the process was ended by signal {signal}"),
        },
        (None, Some(code)) => format!("the process exited with code {code}"),
        (None, None) => "the process ended".to_owned(),
    };
    match complained.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => format!("{how}: {}", line.trim()),
        None => how,
    }
}

fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        _ => return None,
    })
}

/// What a case about the file sees.
pub(super) struct FileUnderTest {
    pub(super) path: PathBuf,
    pub(super) manifest: Manifest,
}

impl FileUnderTest {
    /// The tables of the library, by name.
    pub(super) fn tables(&self) -> Result<HashMap<String, Table>, Stop> {
        open(&self.path, counting_host()).map_err(failed)
    }
}

/// Runs one case in this process: a child's work.
///
/// # Errors
/// When there is no such case or component.
pub fn run_case(
    path: &Path,
    setup: &Setup,
    case: &str,
    component: Option<&str>,
    seed: u64,
    thorough: bool,
) -> Result<Verdict, CheckError> {
    let case = find(case)?;
    let manifest = match manifest(path) {
        Ok(manifest) => manifest,
        Err(reason) => return Ok(Verdict::Failed(reason)),
    };
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let checked = match (case.run, component) {
        (Run::File(run), _) => run(&FileUnderTest { path, manifest }),
        (Run::Component(run), name) => {
            let name = name.unwrap_or_default();
            let spec =
                manifest.component(name).ok_or_else(|| CheckError::UnknownComponent(name.to_owned()))?;
            subject(&path, &manifest, spec, setup, seed, thorough).and_then(|subject| run(&subject))
        }
    };
    Ok(match checked {
        Ok(()) => Verdict::Passed,
        Err(Stop::Failed(text)) => Verdict::Failed(text),
        Err(Stop::Skipped(text)) => Verdict::Skipped(text),
    })
}

fn subject(
    path: &Path,
    manifest: &Manifest,
    spec: &ComponentSpec,
    setup: &Setup,
    seed: u64,
    thorough: bool,
) -> Checked<Subject> {
    let tables = open(path, counting_host()).map_err(failed)?;
    let table = tables.get(&spec.name).copied();
    let fits = matches!(
        (&table, spec.kind),
        (Some(Table::Reader(_)), ComponentKind::Reader)
            | (Some(Table::Algorithm(_)), ComponentKind::Algorithm)
            | (Some(Table::Tool(_)), ComponentKind::Tool)
    );
    let Some(table) = table.filter(|_| fits) else {
        return Err(Stop::Skipped("needs `exports-match-manifest`: it is not exported as its kind".into()));
    };
    Ok(Subject {
        spec: spec.clone(),
        table,
        given: setup.of(&spec.name),
        dir: path.parent().unwrap_or(Path::new("/")).to_string_lossy().into_owned(),
        seed,
        thorough,
        deterministic: manifest.deterministic,
    })
}
