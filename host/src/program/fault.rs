//! Why a command fails, what that shows, and its exit code.

use std::io;
use std::path::Path;

use artemis_host::catalog::CatalogError;
use artemis_host::guess::GuessError;
use artemis_host::interchange::framework::Untranslatable;
use artemis_host::interchange::{ExportError, ImportError};
use artemis_host::job::{ErrorKind, JobError};
use artemis_host::menu::{JobFileError, Problems};
use artemis_host::store::StoreError;
use miette::{GraphicalReportHandler, GraphicalTheme};
use serde_json::{Value, json};

/// Who can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The user: command line or job file.
    Usage,
    /// The provider of the input.
    Input,
    /// The vendor of a plugin.
    Plugin,
    /// The operator: store, disk; worth a retry.
    Store,
    /// Someone was faster; there is nothing to do.
    Race,
    /// Nobody: it was stopped.
    Interrupted,
    /// Us.
    Bug,
    /// The operator, who has been answered already.
    Answered,
    /// Nobody reads the output any more.
    Unheard,
    /// The vendor of a plugin: it ran, but checks failed; the answer has told which.
    Checks,
}

/// Why a command fails.
#[derive(Debug)]
pub(crate) struct Fault {
    pub kind: Kind,
    message: String,
    help: Option<String>,
    problems: Option<Box<Problems>>,
}

pub(crate) type Outcome<T = ()> = Result<T, Fault>;

impl Fault {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Fault {
        Fault { kind, message: message.into(), help: None, problems: None }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Fault {
        Fault::new(Kind::Usage, message)
    }

    pub(crate) fn bug(message: impl Into<String>) -> Fault {
        Fault::new(Kind::Bug, message)
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }

    /// An input that cannot be read, or is not what it should be.
    pub(crate) fn input(path: &Path, error: impl std::fmt::Display) -> Fault {
        Fault::new(Kind::Input, format!("{}: {error}", path.display()))
    }

    /// A file of ours that cannot be written or read.
    pub(crate) fn io(path: &Path, error: io::Error) -> Fault {
        Fault::new(Kind::Store, format!("{}: {error}", path.display()))
    }

    /// A write to standard output that failed.
    pub(crate) fn output(error: io::Error) -> Fault {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Fault::new(Kind::Unheard, "nobody reads the output"),
            _ => Fault::new(Kind::Store, format!("standard output: {error}")),
        }
    }

    /// `signal` is the one that was caught, if any.
    pub(crate) fn exit_code(&self, signal: Option<u8>) -> u8 {
        match self.kind {
            Kind::Unheard => 0,
            Kind::Checks => 1,
            Kind::Usage => 2,
            Kind::Input => 3,
            Kind::Plugin => 4,
            Kind::Store | Kind::Answered => 5,
            Kind::Race => 6,
            Kind::Bug => 70,
            // Shells count from 128; 2 is SIGINT.
            Kind::Interrupted => 128 + signal.unwrap_or(2),
        }
    }

    fn kind_word(&self) -> &'static str {
        match self.kind {
            Kind::Usage => "usage",
            Kind::Input => "input",
            Kind::Plugin => "plugin",
            Kind::Store | Kind::Answered => "store",
            Kind::Race => "race",
            Kind::Interrupted => "interrupted",
            Kind::Bug => "bug",
            Kind::Unheard => "unheard",
            Kind::Checks => "checks",
        }
    }

    /// As the value of the key `error`.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "kind": self.kind_word(),
            "message": self.message,
            "help": self.help,
            "problems": self.problems.as_ref().map_or(json!([]), |problems| problems.to_json()),
        })
    }

    /// For people.
    pub(crate) fn to_text(&self, width: usize, colour: bool) -> String {
        let mut text = String::new();
        if let Some(problems) = &self.problems {
            text += &draw(problems, width, colour);
        }
        text += &format!("error: {}\n", self.message);
        if self.kind == Kind::Bug {
            text += "This is a bug of artemis-host; please report it with the command that you ran.\n";
        }
        if let Some(help) = &self.help {
            text += &format!("help: {help}\n");
        }
        text
    }
}

/// Problems with the lines they are about.
pub(crate) fn draw(problems: &Problems, width: usize, colour: bool) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false);
    let mut text = String::new();
    for diagnostic in problems.diagnostics() {
        // Only writing can fail, and writing to a string cannot.
        let _ = handler.render_report(&mut text, &diagnostic);
        text.push('\n');
    }
    text
}

impl From<Problems> for Fault {
    fn from(problems: Problems) -> Fault {
        let count = problems.problems.iter().filter(|problem| !problem.warning).count();
        let found = if count == 1 { "1 problem".to_owned() } else { format!("{count} problems") };
        let message = format!("{found} in {}", problems.file);
        Fault { problems: Some(Box::new(problems)), ..Fault::usage(message) }
    }
}

impl From<JobFileError> for Fault {
    fn from(error: JobFileError) -> Fault {
        match error {
            JobFileError::Problems(problems) => problems.into(),
            error => {
                Fault::usage(error.to_string()).help("name a job file; `guess FILE -o JOB.toml` makes one")
            }
        }
    }
}

impl From<JobError> for Fault {
    fn from(error: JobError) -> Fault {
        let kind = match error.kind() {
            ErrorKind::Usage => Kind::Usage,
            ErrorKind::Input => Kind::Input,
            ErrorKind::Plugin => Kind::Plugin,
            ErrorKind::Store => Kind::Store,
            ErrorKind::Interrupted => Kind::Interrupted,
            _ => Kind::Bug,
        };
        Fault::new(kind, error.to_string())
    }
}

impl From<ImportError> for Fault {
    fn from(error: ImportError) -> Fault {
        let message = error.to_string();
        match error {
            ImportError::Catalog(error) => error.into(),
            ImportError::Changed { .. } => Fault::new(Kind::Store, message),
            _ => Fault::new(Kind::Input, message),
        }
    }
}

impl From<ExportError> for Fault {
    fn from(error: ExportError) -> Fault {
        let message = error.to_string();
        match error {
            ExportError::Catalog(error) => error.into(),
            _ => Fault::new(Kind::Store, message),
        }
    }
}

impl From<Untranslatable> for Fault {
    fn from(error: Untranslatable) -> Fault {
        Fault::usage(error.to_string())
    }
}

impl From<CatalogError> for Fault {
    fn from(error: CatalogError) -> Fault {
        let message = error.to_string();
        match error {
            CatalogError::Store(error) => error.into(),
            CatalogError::NoStore => {
                Fault::usage(message).help("name one with --store DIR; `run JOB` and `store init` make one")
            }
            CatalogError::StoreThere => Fault::new(Kind::Race, message),
            CatalogError::Unknown { .. } => Fault::usage(message).help("`store list` shows what there is"),
            CatalogError::Ambiguous { .. } | CatalogError::BadName { .. } => Fault::usage(message),
            CatalogError::Deleted { .. } | CatalogError::Misuse { .. } | CatalogError::WrongStore { .. } => {
                Fault::usage(message)
            }
            _ => Fault::new(Kind::Store, message),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        let kind = match error {
            StoreError::BadKey { .. } | StoreError::BadLocation { .. } => Kind::Usage,
            _ => Kind::Store,
        };
        Fault::new(kind, error.to_string())
    }
}

impl From<GuessError> for Fault {
    fn from(error: GuessError) -> Fault {
        let fault = Fault::new(Kind::Input, error.to_string());
        match error {
            GuessError::NotText { help, .. } => fault.help(help),
            GuessError::Disagree { .. } => fault.help("guess a job file for each of them"),
            _ => fault,
        }
    }
}
