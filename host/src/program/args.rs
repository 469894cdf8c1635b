//! What the command line may say.

mod store;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use store::{Form, Search, Store};

const EXIT_CODES: &str = "\
Exit codes: 0 done · 1 ran, but its checks failed · 2 usage or job file · 3 input data · 4 plugin · \
5 store or IO, worth a retry · 6 lost a race, nothing to do · 70 a bug of the host · 130, 143 interrupted.

Environment: ARTEMIS_PLUGINS (directories, parted by colons), ARTEMIS_STORE, ARTEMIS_SDK, NO_COLOR, COLUMNS; for s3:// the \
usual AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and their like.

Example:
  artemis-host guess data.csv -o job.toml && artemis-host run job.toml";

/// Runs menus of algorithms from plugins over tabular inputs and keeps the results in a store.
///
/// Without a command it says what it finds and what to try next.
#[derive(Debug, Parser)]
#[command(name = "artemis-host", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// A directory of plugins; may be given several times [default: ARTEMIS_PLUGINS, else `plugins` here or
    /// beside the program]
    #[arg(long, global = true, value_name = "DIR")]
    pub plugins: Vec<PathBuf>,
    /// The store: a directory, s3://bucket/prefix, or memory: for this run only [default: ARTEMIS_STORE, else
    /// `artemis-store` beside the job file, or here]
    #[arg(long, global = true, value_name = "DIR|URL")]
    pub store: Option<String>,
    /// Use only the plugins that the lock pins (`plugins lock` writes it)
    #[arg(long, global = true)]
    pub locked: bool,
    /// The lock of the plugins
    #[arg(long, global = true, value_name = "FILE", default_value = "plugins.lock")]
    pub lock_file: PathBuf,
    /// Trust a file or folder of plugins though anyone may write to it; may be given several times
    #[arg(long, global = true, value_name = "PATH")]
    pub allow_writable: Vec<PathBuf>,
    /// How to answer: text for people, or one JSON object
    #[arg(long, global = true, value_enum, default_value = "text")]
    pub format: Format,
    /// Say only what was asked for, and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more; twice, still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a job and keep its results as a dataset
    #[command(after_help = "Examples:\n  artemis-host run flights.toml\n  \
        artemis-host run flights.toml --set job.max_memory='256 MiB' --workers 2\n  \
        artemis-host run --menu flights --config flights --input new.csv")]
    Run(Run),
    /// Guess how text files are written, and write a job file that reads them
    #[command(after_help = "Example:\n  artemis-host guess data/*.csv -o job.toml")]
    Guess(Guess),
    /// Show what a job makes of a sample of its input; stores nothing
    #[command(after_help = "Example:\n  artemis-host preview flights.toml --rows 5")]
    Preview(Preview),
    /// Turn a text file into an Arrow file
    #[command(after_help = "Example:\n  artemis-host convert data.csv data.arrow")]
    Convert(Convert),
    /// Look at the menu of a job file
    #[command(subcommand)]
    Menu(Menu),
    /// Look at the layout of fixed-width records
    #[command(subcommand)]
    Layout(Layout),
    /// Look at the plugins that are found, check or run one, or begin a new one
    #[command(subcommand)]
    Plugins(Plugins),
    /// Look at what the store holds
    #[command(subcommand)]
    Store(Store),
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The job file
    #[arg(required_unless_present = "menu", value_name = "JOB")]
    pub job: Option<PathBuf>,
    /// Run a stored menu: an id, its beginning, or the name of a dataset that it made
    #[arg(long, value_name = "ID", requires = "config", conflicts_with = "job")]
    pub menu: Option<String>,
    /// The stored configuration that goes with it
    #[arg(long, value_name = "ID", requires = "menu", conflicts_with = "job")]
    pub config: Option<String>,
    /// Other inputs than those of the stored configuration; may be given several times
    #[arg(long, value_name = "PATH", num_args = 1.., requires = "menu")]
    pub input: Vec<String>,
    /// How many threads work [default: as many as the machine allows]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub workers: Option<u16>,
    /// Change a setting of the job file; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting, conflicts_with = "menu")]
    pub set: Vec<(String, String)>,
    /// Run a stored menu even if its plugins are not the files that it ran with; the record says so
    #[arg(long, requires = "menu")]
    pub allow_plugin_change: bool,
    /// Say what would run, and stop
    #[arg(long)]
    pub dry_run: bool,
    /// Run even if the dataset is there, and compare
    #[arg(long)]
    pub again: bool,
    /// Do not wait until the disk has everything: faster, but a power failure may tear what was written
    #[arg(long)]
    pub no_sync: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Guess {
    /// Delimited text files; several must be written alike
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where the job file goes [default: standard output]
    #[arg(short, long, value_name = "JOB.toml")]
    pub output: Option<PathBuf>,
    /// Replace what is there
    #[arg(long, requires = "output")]
    pub force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Preview {
    /// The job file
    #[arg(value_name = "JOB")]
    pub job: PathBuf,
    /// How many rows of each partition
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub rows: u64,
    /// Change a setting of the job file; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub(crate) struct Convert {
    /// A delimited text file
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// An Arrow file: .arrow, .feather or .ipc
    #[arg(value_name = "OUT")]
    pub output: PathBuf,
    /// Replace what is there
    #[arg(long)]
    pub force: bool,
    /// How many threads work [default: as many as the machine allows]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub workers: Option<u16>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Menu {
    /// Check a job file; all problems at once
    #[command(after_help = "Example:\n  artemis-host menu check flights.toml")]
    Check(JobFile),
    /// Draw the menu
    #[command(
        after_help = "Example:\n  artemis-host menu graph flights.toml --dot | dot -Tsvg > flights.svg"
    )]
    Graph {
        #[command(flatten)]
        job: JobFile,
        /// As DOT, the language of Graphviz
        #[arg(long)]
        dot: bool,
    },
    /// Show the menu and the configuration as the messages that are stored
    #[command(after_help = "Example:\n  artemis-host menu compile flights.toml -o compiled")]
    Compile {
        #[command(flatten)]
        job: JobFile,
        /// Write menu.pb and config.pb into a directory
        #[arg(short, long, value_name = "DIR")]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct JobFile {
    /// The job file
    #[arg(value_name = "JOB")]
    pub job: PathBuf,
    /// Change a setting of the job file; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Layout {
    /// What stands where: each field with its bytes and its type
    #[command(after_help = "Examples:\n  artemis-host layout show people.layout.toml\n  \
        artemis-host layout show people.cpy --set encoding=cp037 --set cobol.views=all")]
    Show {
        /// A layout file (.toml) or a COBOL copybook, as the properties `layout` and `copybook` of fwf-reader/fwf name
        /// them
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Add or change a key of the layout; may be given several times
        #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
        set: Vec<(String, String)>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Plugins {
    /// Every file of the plugin directories: what it is, or why it cannot be used
    #[command(after_help = "Example:\n  artemis-host plugins list --plugins ./plugins")]
    List {
        /// Load each plugin too, in a process of its own, and compare what it exports with its manifest
        #[arg(long)]
        load: bool,
    },
    /// Components and properties of a plugin
    #[command(after_help = "Example:\n  artemis-host plugins show csv-reader")]
    Show {
        /// A plugin's id, or `id@version`, or one of its components: `id/name`
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Write the project of a new plugin: a component that works, its tests, and how to go on
    #[command(after_help = "Examples:\n  artemis-host plugins new my-reader --lang rust --kind reader\n  \
        artemis-host plugins new my-sums --lang c --kind algorithm --dir src/my-sums")]
    New(New),
    /// Run the conformance cases on a plugin, each in a process of its own
    #[command(after_help = CHECK_HELP)]
    Check(Check),
    /// Run one case in this process
    #[command(hide = true)]
    CheckCase(CheckCase),
    /// Run one component on an input, in this process and on one thread: easy under a debugger
    #[command(
        after_help = "Examples:\n  artemis-host plugins run libmine.so --component filter --input in.arrow\n  \
        gdb --args artemis-host plugins run libmine.so --component parse --input in.txt --set encoding=latin1"
    )]
    Run(PluginRun),
    /// Pin the files of all plugins by their hashes, for --locked
    #[command(after_help = "Example:\n  artemis-host plugins lock && artemis-host run job.toml --locked")]
    Lock,
    /// What `list --load` runs for each plugin
    #[command(hide = true)]
    Load {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// Id of the plugin and name of the project: lower case letters, digits and hyphens
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The language
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    pub lang: Language,
    /// What its component is
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Kind,
    /// The directory to make [default: NAME, here]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Where the crate `artemis-plugin-api` lies, for Rust [default: ARTEMIS_SDK, else the published one]
    #[arg(long, value_name = "PATH")]
    pub sdk: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Rust,
    C,
    Cpp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Reader,
    Algorithm,
    Tool,
}

const CHECK_HELP: &str = "\
A component that needs properties or columns of its own gets them by --set, or from a check file:

  [components.NAME]
  properties = { column = \"n\" }
  schema = { n = \"Int64\", s = \"Utf8\" }   # or: input = \"sample.arrow\"; for a reader its raw bytes

It lies beside the plugin, as check.toml in its folder or as NAME.check.toml beside NAME.so, or is named by --with.

Exit code: 0 no case failed · 1 a case failed · 2 usage.

Examples:
  artemis-host plugins check libmine.so --set filter.column=n
  artemis-host plugins check libmine.so --case data-slices --component filter --seed 7
  artemis-host plugins check --list";

/// A plugin and what its components need.
#[derive(Debug, Args)]
pub(crate) struct Subject {
    /// A plugin's library, or a folder with a plugin.toml
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// What components need: properties, schemas, inputs
    #[arg(long, value_name = "CHECK.toml")]
    pub with: Option<PathBuf>,
    /// Set a property of a component; may be given several times
    #[arg(long, value_name = "COMPONENT.PROPERTY=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub subject: Subject,
    /// Only this case
    #[arg(long, value_name = "ID")]
    pub case: Option<String>,
    /// Only this component, and the cases about the file
    #[arg(long, value_name = "NAME")]
    pub component: Option<String>,
    /// Seeds what is random
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// More rows, more random inputs; takes minutes
    #[arg(long)]
    pub thorough: bool,
    /// How long a case may take, in seconds [default: 20; 1200 with --thorough]
    #[arg(long, value_name = "SECONDS")]
    pub time_limit: Option<f64>,
    /// How many cases run at once [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Write the outcome for a build server too
    #[arg(long, value_name = "FILE.xml")]
    pub junit: Option<PathBuf>,
    /// Say what the cases demand, and stop
    #[arg(long)]
    pub list: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CheckCase {
    #[command(flatten)]
    pub subject: Subject,
    #[arg(long)]
    pub case: String,
    #[arg(long)]
    pub component: Option<String>,
    #[arg(long)]
    pub seed: u64,
    #[arg(long)]
    pub thorough: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PluginRun {
    /// A plugin's library, or a folder with a plugin.toml
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which component
    #[arg(long, value_name = "NAME")]
    pub component: String,
    /// An Arrow file; for a reader a raw file
    #[arg(long, value_name = "FILE")]
    pub input: PathBuf,
    /// Set a property; may be given several times
    #[arg(long, value_name = "PROPERTY=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
    /// Write the batches of the default output to an Arrow file instead of showing them
    #[arg(short, long, value_name = "OUT.arrow")]
    pub output: Option<PathBuf>,
    /// How many rows of each output are shown
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub rows: usize,
}

/// `key=value` at the first equals sign.
fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("write section.key=value, such as job.block_bytes=64KiB".to_owned()),
    }
}
