//! What the library and the plugins trace, on standard error.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber, subscriber};

use super::screen::Screen;

/// The component whose lines are the host's own.
const HOST: &str = "artemis";

/// Shows events from now on: warnings, with `-v` what happens, with `-vv` details; with `-q` errors only.
pub(crate) fn start(screen: Arc<Screen>, quiet: bool, verbosity: u8) {
    let most = match (quiet, verbosity) {
        (true, _) => Level::ERROR,
        (_, 0) => Level::WARN,
        (_, 1) => Level::INFO,
        (_, 2) => Level::DEBUG,
        _ => Level::TRACE,
    };
    // It fails only if there is one already, which then serves as well.
    let _ = subscriber::set_global_default(Lines { screen, most });
}

/// One line per event; spans are not shown.
struct Lines {
    screen: Arc<Screen>,
    most: Level,
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.most
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::from_level(self.most))
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let level = event.metadata().level();
        // The host's own error ends the job, and the program says it at its end.
        if *level == Level::ERROR && line.component == HOST {
            return;
        }
        let level = level.as_str().to_ascii_lowercase();
        let place = if line.component.is_empty() { String::new() } else { format!("{}: ", line.component) };
        self.screen.line(&format!("{level}: {place}{}{}", line.message, line.fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The message of an event and its other fields.
#[derive(Default)]
struct Line {
    /// Who says it.
    component: String,
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "component" => self.component = value.to_owned(),
            // Lines that belong to no node or input say so by an empty one.
            _ if value.is_empty() => {}
            _ => self.record_debug(field, &value),
        }
    }
}
