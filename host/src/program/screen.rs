//! Standard error: lines, and a progress bar that they do not tear.

use std::io::Write;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Standard error.
pub(crate) struct Screen {
    /// Whether there may be a bar.
    progress: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Screen {
    pub(crate) fn new(progress: bool) -> Screen {
        Screen { progress, bar: Mutex::new(None) }
    }

    /// Writes a line; one that cannot be written is lost, since there is nowhere left to say so.
    pub(crate) fn line(&self, text: &str) {
        let write = || {
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        };
        match self.bar().as_ref() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Puts a bar on the screen if there may be one.
    pub(crate) fn start_bar(&self) -> Option<ProgressBar> {
        if !self.progress {
            return None;
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
        bar.set_style(ProgressStyle::default_spinner());
        *self.bar() = Some(bar.clone());
        Some(bar)
    }

    /// Takes the bar away.
    pub(crate) fn end_bar(&self) {
        if let Some(bar) = self.bar().take() {
            bar.finish_and_clear();
        }
    }

    fn bar(&self) -> std::sync::MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
