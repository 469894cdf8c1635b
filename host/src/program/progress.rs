//! How a running job shows, and how it is stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use artemis_host::job::{JobState, Observer};
use indicatif::{ProgressBar, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::fault::{Fault, Outcome};
use super::screen::Screen;
use super::session::Session;

/// The signals that stop a job. The first one asks it to end in order, the second one ends it at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signals {
    stop: Arc<AtomicBool>,
    caught: Arc<AtomicUsize>,
}

impl Signals {
    /// Catches SIGINT and SIGTERM from now on.
    pub(crate) fn catch() -> Outcome<Signals> {
        let signals = Signals::default();
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag unset, and sets it.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&signals.stop))
                .and_then(|_| {
                    flag::register_usize(signal, Arc::clone(&signals.caught), signal.unsigned_abs() as usize)
                })
                .and_then(|_| flag::register(signal, Arc::clone(&signals.stop)))
                .map_err(|error| Fault::bug(format!("signals cannot be caught: {error}")))?;
        }
        Ok(signals)
    }

    /// The signal that was caught.
    pub(crate) fn caught(&self) -> Option<u8> {
        u8::try_from(self.caught.load(Ordering::Relaxed)).ok().filter(|signal| *signal > 0)
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Shows a job on the screen while it runs; the bar goes when this is dropped.
pub(crate) struct Progress<'a> {
    screen: &'a Screen,
    bar: Option<ProgressBar>,
    signals: &'a Signals,
    /// Notes are shown as they come; otherwise the summary shows them.
    notes: bool,
}

impl<'a> Progress<'a> {
    pub(crate) fn start(session: &'a Session, signals: &'a Signals) -> Progress<'a> {
        let notes = session.verbosity() > 0 && !session.json();
        Progress { screen: &session.screen, bar: session.screen.start_bar(), signals, notes }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.screen.end_bar();
    }
}

impl Observer for Progress<'_> {
    fn state(&self, state: JobState) {
        tracing::info!("{state}");
        if let Some(bar) = &self.bar {
            bar.set_message(state.to_string());
            bar.tick();
        }
    }

    fn total(&self, bytes: u64) {
        let Some(bar) = &self.bar else { return };
        let template = "{msg:10} {bytes:>11} of {total_bytes} [{bar:18}] {bytes_per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        // A job that starts over reads everything again.
        bar.reset();
        bar.set_length(bytes);
    }

    fn read(&self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
        }
    }

    fn note(&self, text: &str) {
        if self.notes {
            self.screen.line(&format!("note: {text}"));
        }
    }

    fn is_cancelled(&self) -> bool {
        self.signals.stopped()
    }
}
