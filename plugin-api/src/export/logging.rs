//! Forwards `tracing` events of the plugin to the host's log. Each library has its own `tracing`, so this is
//! installed once per library and knows the context of the call that its thread is in.

use super::host;
use crate::abi::artemis_context;
use crate::batch::raw_str;
use std::cell::Cell;
use std::fmt::Write;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

thread_local! {
    static CURRENT: Cell<*const artemis_context> = const { Cell::new(std::ptr::null()) };
}

/// Makes a context the current one of this thread while the body runs.
pub(super) fn during<T>(context: &artemis_context, body: impl FnOnce() -> T) -> T {
    struct Restore(*const artemis_context);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let _restore = Restore(CURRENT.replace(context));
    body()
}

/// Makes the forwarder the library's subscriber, unless the library has one.
pub(super) fn install() {
    let _ = tracing::subscriber::set_global_default(Forward);
}

struct Forward;

impl Subscriber for Forward {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        !CURRENT.get().is_null()
    }

    fn register_callsite(&self, _: &'static Metadata<'static>) -> tracing::subscriber::Interest {
        tracing::subscriber::Interest::sometimes()
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let context = CURRENT.get();
        let Ok(host) = host() else { return };
        if context.is_null() {
            return;
        }
        let mut line = Line::default();
        event.record(&mut line);
        let level = match *event.metadata().level() {
            Level::ERROR => crate::abi::ARTEMIS_LOG_ERROR,
            Level::WARN => crate::abi::ARTEMIS_LOG_WARN,
            Level::INFO => crate::abi::ARTEMIS_LOG_INFO,
            Level::DEBUG => crate::abi::ARTEMIS_LOG_DEBUG,
            Level::TRACE => crate::abi::ARTEMIS_LOG_TRACE,
        };
        let text = line.message + &line.fields;
        // SAFETY: the context is that of the call which this thread is in; `during` takes it back at its end.
        unsafe { (host.log)(context, level, raw_str(&text)) }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// The message of an event, then its fields as `name=value`.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
