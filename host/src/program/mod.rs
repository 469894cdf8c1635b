//! The program's parts: one file per command, and what they share.

mod args;
mod convert;
mod data;
mod fault;
mod guess;
mod logging;
mod lookup;
mod menu;
mod overview;
mod plugins;
mod preview;
mod progress;
mod run;
mod screen;
mod session;
mod store;
mod store_export;
mod store_import;
mod summary;
mod table;
mod text;

use std::ffi::OsString;
use std::panic;
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use serde_json::json;

use args::{Arguments, Command};
use fault::{Fault, Kind, Outcome};
use progress::Signals;
use session::{SCHEMA_VERSION, Session};

/// Help texts are no wider than this.
const HELP_WIDTH: usize = 100;

/// Runs the command line and returns its exit code.
pub(crate) fn main() -> ExitCode {
    let arguments = match parse() {
        Ok(arguments) => arguments,
        Err(code) => return ExitCode::from(code),
    };
    let session = Session::new(arguments.global);
    logging::start(Arc::clone(&session.screen), session.quiet(), session.verbosity());
    let screen = Arc::clone(&session.screen);
    panic::set_hook(Box::new(move |panic| {
        screen.end_bar();
        screen.line(&format!("artemis-host: {panic}"));
    }));
    let mut signals = Signals::default();
    let command = arguments.command;
    let outcome = panic::catch_unwind(panic::AssertUnwindSafe(|| dispatch(&session, command, &mut signals)))
        .unwrap_or_else(|_| Err(Fault::bug("the host panicked; see above where")));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => report(&session, &fault, signals.caught()),
    }
}

fn dispatch(session: &Session, command: Option<Command>, signals: &mut Signals) -> Outcome {
    // The other commands end by the signal itself.
    if matches!(command, Some(Command::Run(_) | Command::Convert(_))) {
        *signals = Signals::catch()?;
    }
    match command {
        None => overview::show(session),
        Some(Command::Run(args)) => run::run(session, &args, signals),
        Some(Command::Guess(args)) => guess::guess(session, &args),
        Some(Command::Preview(args)) => preview::preview(session, &args),
        Some(Command::Convert(args)) => convert::convert(session, &args, signals),
        Some(Command::Menu(args)) => menu::menu(session, &args),
        Some(Command::Plugins(args)) => plugins::plugins(session, &args),
        Some(Command::Store(args)) => store::store(session, &args),
    }
}

/// Says what failed: on standard output as JSON, else on standard error.
fn report(session: &Session, fault: &Fault, signal: Option<u8>) -> ExitCode {
    if fault.kind != Kind::Unheard {
        if session.json() {
            // If nobody reads it, the exit code still tells.
            let _ = session.answer(json!({ "error": fault.to_json() }));
        } else {
            session.screen.line(fault.to_text(session.width, session.colour).trim_end());
        }
    }
    ExitCode::from(fault.exit_code(signal))
}

/// The command line, or the exit code if it asks for help or is wrong.
fn parse() -> Result<Arguments, u8> {
    let command = Arguments::command().term_width(session::width().min(HELP_WIDTH));
    let words: Vec<OsString> = std::env::args_os().collect();
    let parsed = command.try_get_matches_from(&words).and_then(|found| Arguments::from_arg_matches(&found));
    parsed.map_err(|error| {
        let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
        if asked || !wants_json(&words) {
            // Help goes to standard output, where nobody may be listening.
            let _ = error.print();
        } else {
            let text = error.render().to_string();
            let fault = Fault::usage(text.trim().trim_start_matches("error: "));
            let object = json!({ "schema_version": SCHEMA_VERSION, "error": fault.to_json() });
            println(&format!("{object:#}"));
        }
        if asked { 0 } else { 2 }
    })
}

/// Whether a command line that does not parse asks for JSON.
fn wants_json(words: &[OsString]) -> bool {
    words.iter().any(|word| word == "--format=json")
        || words.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json")
}

/// A line on standard output, if someone reads it.
fn println(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
