//! `run`: a job from its file, or from the menu and the configuration in the store.

use std::path::Path;

use artemis_host::catalog::{Catalog, ObjectKind};
use artemis_host::interchange::framework;
use artemis_host::job::{self, Options, PluginChange};
use artemis_host::limits::Limits;
use artemis_host::menu::Checked;
use artemis_host::menu::restore::{self, Inputs};
use artemis_host::plugin::catalogue::Catalogue;
use artemis_host::store::{ContentId, LocalOptions, Location, OpenOptions};

use super::args;
use super::fault::{Fault, Kind, Outcome};
use super::lookup;
use super::progress::{Progress, Signals};
use super::session::Session;
use super::summary::{self, Asked};

pub(crate) fn run(session: &Session, args: &args::Run, signals: &Signals) -> Outcome {
    let plugins = session.plugins();
    let store = session.location(args.job.as_deref())?;
    let local = LocalOptions { durable: !args.no_sync, ..LocalOptions::default() };
    let options = OpenOptions { local, ..OpenOptions::default() };
    let mut changes = Vec::new();
    let (checked, catalog) = match (&args.job, &args.menu, &args.config) {
        (None, Some(menu), Some(config)) => {
            let catalog = Catalog::open(store.open(&options)?)?;
            let menu = lookup::object(&catalog, ObjectKind::Menu, menu)?;
            let config = lookup::object(&catalog, ObjectKind::Config, config)?;
            let checked = stored(session, &catalog, &plugins, &menu, &config, &args.input)?;
            changes = job::plugin_changes(&checked.job, &plugins, &catalog, &menu, &config)?;
            if !changes.is_empty() && !args.allow_plugin_change {
                return Err(changed(&changes));
            }
            session.warn(&checked.warnings);
            (checked, catalog)
        }
        (path, ..) => {
            let checked = session.job(path.as_deref().unwrap_or(Path::new("")), &plugins, &args.set)?;
            // Only now: a job file that cannot run leaves no store behind.
            (checked, open(&store, &options)?)
        }
    };
    let summary = {
        let progress = Progress::start(session, signals);
        let options = Options {
            plugins: &plugins,
            catalog: &catalog,
            workers: args.workers.map(usize::from),
            again: args.again,
            dry_run: args.dry_run,
            durable: !args.no_sync,
            default_memory_bytes: Limits::of_process().job_memory_bytes(),
            plugin_changes: &changes,
            observer: &progress,
        };
        job::run(&checked.job, &options)?
    };
    if session.json() {
        let mut object = summary::to_json(&summary);
        object["dry_run"] = args.dry_run.into();
        object["store"] = store.to_string().into();
        object["warnings"] = checked.warnings.to_json();
        session.answer(object)
    } else if session.quiet() {
        Ok(())
    } else {
        let asked = match (args.dry_run, args.again) {
            (true, _) => Asked::Plan,
            (_, true) => Asked::Again,
            _ => Asked::Run,
        };
        session.print(&summary::to_text(&summary, asked, session.width, session.verbosity()))
    }
}

/// The stored menu ran with other files.
fn changed(changes: &[PluginChange]) -> Fault {
    let listed: Vec<String> = changes.iter().map(PluginChange::to_string).collect();
    Fault::new(Kind::Plugin, format!("not the plugins that this menu last ran with: {}", listed.join("; ")))
        .help(
            "bring the earlier files back (pin the id with their version if both are there), or run with \
         --allow-plugin-change: the job's record will say so",
        )
}

/// Opens a store, or makes one with the name of its place.
pub(crate) fn open(location: &Location, options: &OpenOptions) -> Outcome<Catalog> {
    Ok(Catalog::open_or_create(location.open(options)?, &location.store_name())?)
}

/// A job from what the store holds; one of the Python framework is translated first.
fn stored(
    session: &Session,
    catalog: &Catalog,
    plugins: &Catalogue,
    menu: &ContentId,
    config: &ContentId,
    inputs: &[String],
) -> Outcome<Checked> {
    let mut menu = catalog.menu(menu)?;
    let mut config = catalog.config(config)?;
    if framework::is_foreign(&config) {
        let named = catalog.imported_job_name(&menu.uuid, &config.uuid)?;
        let ours = framework::translate(&menu, &config, named.as_deref(), !inputs.is_empty())?;
        ours.notes.iter().for_each(|note| session.note(&format!("note: {note}")));
        (menu, config) = (ours.menu, ours.configuration);
    }
    // As on any command line, paths are relative to where the program runs.
    let base = std::path::absolute(".").unwrap_or_else(|_| Path::new(".").to_owned());
    let inputs = (!inputs.is_empty()).then_some(Inputs { base: &base, paths: inputs });
    Ok(restore::from_messages(&menu, &config, plugins, inputs)?)
}
