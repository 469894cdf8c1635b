//! Loads one plugin in this process and says what it exports; and the other side of it: runs that as a process of
//! its own, so that a plugin that crashes while it is loaded does not take the program along.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use artemis_host::plugin::Library;
use artemis_host::plugin::catalogue::PluginFile;
use serde_json::{Value, json};

use super::super::fault::{Fault, Kind, Outcome};
use super::super::session::Session;

/// A plugin has that long to load.
const LIMIT: Duration = Duration::from_secs(10);

/// The child's side.
pub(crate) fn load(session: &Session, file: &Path) -> Outcome {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let library = Library::load(&name, file).map_err(|error| Fault::new(Kind::Plugin, error.reason))?;
    let components: Vec<Value> = library
        .components()
        .into_iter()
        .map(|(kind, name)| json!({ "kind": kind.to_string(), "name": name }))
        .collect();
    session.answer(json!({ "components": components }))
}

/// What came of loading a plugin.
pub(crate) enum Loaded {
    /// It has what its manifest says; perhaps with remarks.
    Well(Vec<String>),
    /// Reason and remedy.
    Refused(String, &'static str),
}

/// The parent's side: loads a plugin in a process of its own and compares it with its manifest.
pub(crate) fn try_out(plugin: &PluginFile) -> Loaded {
    const VENDOR: &str = "the plugin's author has to correct it";
    match run(&plugin.path) {
        Ok(exported) => compare(plugin, &exported),
        Err(reason) => Loaded::Refused(reason, VENDOR),
    }
}

fn compare(plugin: &PluginFile, exported: &[(String, String)]) -> Loaded {
    let listed: Vec<(String, String)> = plugin
        .manifest
        .components
        .iter()
        .map(|component| (component.kind.to_string(), component.name.clone()))
        .collect();
    let words = |found: Vec<&(String, String)>| {
        found.iter().map(|(kind, name)| format!("the {kind} `{name}`")).collect::<Vec<_>>().join(", ")
    };
    let missing: Vec<_> = listed.iter().filter(|component| !exported.contains(component)).collect();
    if !missing.is_empty() {
        let reason = format!("lists {} in its manifest but does not export it", words(missing));
        return Loaded::Refused(reason, "the plugin's author has to export it or take it off the manifest");
    }
    let more: Vec<_> = exported.iter().filter(|component| !listed.contains(component)).collect();
    if more.is_empty() {
        return Loaded::Well(Vec::new());
    }
    Loaded::Well(vec![format!(
        "exports {}, which its manifest does not list: no job can name it",
        words(more)
    )])
}

/// What the library exports, by kind and name.
fn run(file: &Path) -> Result<Vec<(String, String)>, String> {
    let program = std::env::current_exe().map_err(|error| format!("cannot be tried: {error}"))?;
    let mut child = Command::new(program)
        .args(["--format", "json", "--quiet", "plugins", "load"])
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot be tried: {error}"))?;
    let started = Instant::now();
    // The answer is smaller than what a pipe holds, except where a plugin floods it: then the limit ends it.
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if started.elapsed() > LIMIT => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("does not load within {} s", LIMIT.as_secs()));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(2)),
            Err(error) => return Err(format!("cannot be tried: {error}")),
        }
    };
    let output = child.wait_with_output().map_err(|error| format!("cannot be tried: {error}"))?;
    answer(status, &output.stdout)
}

fn answer(status: ExitStatus, stdout: &[u8]) -> Result<Vec<(String, String)>, String> {
    // What the library's own initializers print comes before the answer.
    let start = stdout.windows(2).position(|pair| pair == b"{\n").unwrap_or(0);
    let answer: Option<Value> = serde_json::from_slice(stdout.get(start..).unwrap_or_default()).ok();
    if let Some(signal) = status.signal() {
        return Err(format!("ends the process with signal {signal} while it is loaded"));
    }
    let Some(answer) = answer else {
        let code = status.code().unwrap_or_default();
        return Err(format!("ends the process with exit code {code} while it is loaded"));
    };
    if let Some(message) = answer["error"]["message"].as_str() {
        return Err(format!("does not load: {message}"));
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let components = answer["components"].as_array().cloned().unwrap_or_default();
    Ok(components.iter().map(|component| (text(&component["kind"]), text(&component["name"]))).collect())
}
