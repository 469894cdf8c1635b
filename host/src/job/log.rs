//! The log of a job: lines in memory, bounded, stored as one object at its end.

use crate::steering::JobLog;
use artemis_plugin_api::Level;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Lines kept per component; what comes after is counted.
const LINES_PER_COMPONENT: u64 = 10_000;

/// Collects the lines of one job.
pub struct MemoryLog {
    started: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    text: String,
    lines: BTreeMap<String, u64>,
}

impl MemoryLog {
    /// An empty log that starts now.
    pub fn new() -> Self {
        Self { started: Instant::now(), state: Mutex::default() }
    }

    /// All lines, and how many were left out.
    pub fn text(&self) -> String {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = state.text.clone();
        for (component, lines) in &state.lines {
            if *lines > LINES_PER_COMPONENT {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "… {} more lines of {component}", lines - LINES_PER_COMPONENT);
            }
        }
        text
    }

    /// A line of the host itself.
    pub fn host(&self, level: Level, text: &str) {
        self.line(level, "artemis", "", "", text);
    }
}

impl JobLog for MemoryLog {
    fn line(&self, level: Level, component: &str, node: &str, datum: &str, text: &str) {
        match level {
            Level::Error => tracing::error!(component, node, datum, "{text}"),
            Level::Warn => tracing::warn!(component, node, datum, "{text}"),
            Level::Info => tracing::info!(component, node, datum, "{text}"),
            Level::Debug => tracing::debug!(component, node, datum, "{text}"),
            Level::Trace => return tracing::trace!(component, node, datum, "{text}"),
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = state.lines.entry(component.to_owned()).or_default();
        *lines += 1;
        if *lines > LINES_PER_COMPONENT {
            return;
        }
        let level = match level {
            Level::Error => "ERROR",
            Level::Warn => "WARN",
            Level::Info => "INFO",
            _ => "DEBUG",
        };
        let elapsed = self.started.elapsed().as_secs_f64();
        let place = [node, datum].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let place = if place.is_empty() { String::new() } else { format!(" [{place}]") };
        // A line is a line: text of a plugin does not start another.
        let text = text.replace('\n', "\\n");
        let _ = writeln!(state.text, "{elapsed:10.3} s {level:5} {component}{place}: {text}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_that_floods_the_log_is_cut_and_counted() {
        let log = MemoryLog::new();
        for i in 0..LINES_PER_COMPONENT + 5 {
            log.line(Level::Info, "noisy", "node", "in.csv", &format!("line {i}\nof two"));
        }
        log.host(Level::Warn, "done");
        let text = log.text();
        assert_eq!(text.lines().count() as u64, LINES_PER_COMPONENT + 2);
        assert!(text.contains("INFO  noisy [node in.csv]: line 0\\nof two\n"), "{}", &text[..200]);
        assert!(text.ends_with("… 5 more lines of noisy\n"));
    }
}
