//! What all commands share: where answers go, which plugins and which store are meant.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use artemis_host::catalog::Catalog;
use artemis_host::menu::{self, Problems};
use artemis_host::plugin::catalogue::Catalogue;
use artemis_host::plugin::trust::Trust;
use artemis_host::plugin::{lock, scan};
use artemis_host::store::{LocalOptions, Location, OpenOptions};
use serde_json::Value;

use super::args::{Format, Global};
use super::fault::{self, Fault, Outcome};
use super::screen::Screen;

/// The version of all JSON answers.
pub(crate) const SCHEMA_VERSION: u32 = 1;
/// How this program was built: plugins of a source tree are looked for in the folder of that name.
pub(crate) const PROFILE: &str = if cfg!(debug_assertions) { "debug" } else { "release" };
/// The store's directory where nothing else is said.
const STORE: &str = "artemis-store";

/// What all commands share.
pub(crate) struct Session {
    global: Global,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether errors are drawn with colours.
    pub colour: bool,
    /// Standard error, with or without a progress bar on it.
    pub screen: Arc<Screen>,
}

impl Session {
    pub(crate) fn new(global: Global) -> Session {
        let progress = io::stderr().is_terminal() && !global.quiet && global.format == Format::Text;
        Session { width: width(), colour: colour(), screen: Arc::new(Screen::new(progress)), global }
    }

    pub(crate) fn json(&self) -> bool {
        self.global.format == Format::Json
    }

    pub(crate) fn quiet(&self) -> bool {
        self.global.quiet
    }

    pub(crate) fn verbosity(&self) -> u8 {
        self.global.verbose
    }

    /// The one answer in JSON; `object` is an object.
    pub(crate) fn answer(&self, mut object: Value) -> Outcome {
        object["schema_version"] = SCHEMA_VERSION.into();
        let mut text =
            serde_json::to_string_pretty(&object).map_err(|error| Fault::bug(error.to_string()))?;
        text.push('\n');
        self.print(&text)
    }

    /// Text on standard output.
    pub(crate) fn print(&self, text: &str) -> Outcome {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Fault::output)
    }

    /// What a person should know, on standard error.
    pub(crate) fn note(&self, text: &str) {
        if !self.global.quiet && !self.json() {
            self.screen.line(text);
        }
    }

    /// Draws what is unwise in a job file.
    pub(crate) fn warn(&self, problems: &Problems) {
        if !problems.is_empty() {
            self.note(fault::draw(problems, self.width, self.colour).trim_end());
        }
    }

    /// The directories in which plugins are looked for.
    pub(crate) fn plugin_directories(&self) -> Vec<PathBuf> {
        if !self.global.plugins.is_empty() {
            return self.global.plugins.clone();
        }
        if let Some(set) = std::env::var_os("ARTEMIS_PLUGINS").filter(|set| !set.is_empty()) {
            return std::env::split_paths(&set).filter(|path| !path.as_os_str().is_empty()).collect();
        }
        let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("plugins")));
        let candidates = [Some(PathBuf::from("plugins")), beside];
        // One of them: both may hold the same plugins.
        candidates.into_iter().flatten().find(|path| path.is_dir()).into_iter().collect()
    }

    /// The plugins that are there.
    pub(crate) fn plugins(&self) -> Catalogue {
        let trust = Trust::allowing(&self.global.allow_writable);
        let mut catalogue = scan::scan(&self.plugin_directories(), PROFILE, &trust);
        if self.global.locked {
            lock::enforce(&mut catalogue, &self.global.lock_file, &trust);
        }
        catalogue
    }

    /// Where the lock of the plugins is.
    pub(crate) fn lock_file(&self) -> &Path {
        &self.global.lock_file
    }

    /// Reads and checks a job file.
    pub(crate) fn job(
        &self,
        path: &Path,
        plugins: &Catalogue,
        set: &[(String, String)],
    ) -> Outcome<menu::Checked> {
        let checked = menu::load(path, plugins, set)?;
        self.warn(&checked.warnings);
        Ok(checked)
    }

    /// Where the store is; `job` is the job file that it lies beside by default.
    pub(crate) fn location(&self, job: Option<&Path>) -> Outcome<Location> {
        let set = self.global.store.clone();
        let set = set.or_else(|| std::env::var("ARTEMIS_STORE").ok().filter(|set| !set.is_empty()));
        match set {
            Some(text) => Ok(text.parse()?),
            None => {
                let folder = job.and_then(Path::parent).unwrap_or(Path::new(""));
                Ok(Location::Local(folder.join(STORE)))
            }
        }
    }

    /// The store of the commands that only look.
    pub(crate) fn store(&self) -> Outcome<Catalog> {
        let location = self.location(None)?;
        Catalog::open(location.open(&read_only())?).map_err(|error| {
            let fault = Fault::from(error);
            self.note(&format!("looked for a store in {location}"));
            fault
        })
    }
}

/// How the commands that only look open a store.
pub(crate) fn read_only() -> OpenOptions {
    OpenOptions {
        local: LocalOptions { read_only: true, ..LocalOptions::default() },
        ..OpenOptions::default()
    }
}

/// `COLUMNS`, else the terminal's width, else 80; never so narrow that nothing fits.
pub(crate) fn width() -> usize {
    let set = std::env::var("COLUMNS").ok().and_then(|text| text.trim().parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    set.filter(|width| *width > 0).or_else(terminal).unwrap_or(80).max(40)
}

fn colour() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    io::stderr().is_terminal() && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
}
