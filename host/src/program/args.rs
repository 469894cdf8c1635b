//! What the command line may say.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const EXIT_CODES: &str = "\
Exit codes: 0 done · 1 ran, but its checks failed · 2 usage or job file · 3 input data · 4 plugin · \
5 store or IO, worth a retry · 6 lost a race, nothing to do · 70 a bug of the host · 130, 143 interrupted.

Environment: ARTEMIS_PLUGINS (directories, parted by colons), ARTEMIS_STORE, NO_COLOR, COLUMNS.

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
    /// The store's directory [default: ARTEMIS_STORE, else `artemis-store` beside the job file, or here]
    #[arg(long, global = true, value_name = "DIR")]
    pub store: Option<String>,
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
    /// Look at the plugins that are found
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
pub(crate) enum Plugins {
    /// Every file of the plugin directories: what it is, or why it cannot be used
    #[command(after_help = "Example:\n  artemis-host plugins list --plugins ./plugins")]
    List,
    /// Components and properties of a plugin
    #[command(after_help = "Example:\n  artemis-host plugins show csv-reader")]
    Show {
        /// A plugin's id, or `id@version`, or one of its components: `id/name`
        #[arg(value_name = "ID")]
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Store {
    /// The datasets, newest last
    #[command(after_help = "Example:\n  artemis-host store list")]
    List {
        /// The jobs instead: also those that failed
        #[arg(long, conflicts_with = "inputs")]
        jobs: bool,
        /// Input datasets too
        #[arg(long)]
        inputs: bool,
    },
    /// Any record as JSON: by name, id, beginning of an id, or key
    #[command(after_help = "Example:\n  artemis-host store show flights@2")]
    Show {
        /// A dataset, menu, configuration, histograms, table, log, job or log entry
        #[arg(value_name = "ID")]
        id: String,
    },
    /// The first rows as a table
    #[command(after_help = "Example:\n  artemis-host store head flights/late -n 5")]
    Head {
        /// A dataset by name or id, and a partition of it
        #[arg(value_name = "DATASET[/PARTITION]")]
        dataset: String,
        /// How many rows
        #[arg(short = 'n', long, default_value_t = 10, value_name = "N")]
        rows: usize,
    },
    /// All rows on standard output
    #[command(after_help = "Example:\n  artemis-host store cat flights/late --as json | jq .carrier")]
    Cat {
        /// A dataset by name or id, and a partition of it, unless it has only one
        #[arg(value_name = "DATASET[/PARTITION]")]
        dataset: String,
        /// CSV with a header, JSON lines, or an Arrow IPC stream
        #[arg(long = "as", value_enum, default_value = "csv", value_name = "FORMAT")]
        form: Form,
        /// What stands for a missing value in CSV
        #[arg(long, default_value = "", value_name = "TEXT")]
        null: String,
    },
    /// The data files, one a line
    #[command(after_help = "Example:\n  artemis-host store path flights/late")]
    Path {
        /// A dataset by name or id, and perhaps a partition of it
        #[arg(value_name = "DATASET[/PARTITION]")]
        dataset: String,
    },
    /// Read a store of the Python framework in; its ids keep their meaning
    #[command(after_help = "Example:\n  artemis-host store import /data/old-store --name people")]
    Import {
        /// The folder of its files
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// A name for its datasets
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// Write datasets in the layout of the Python framework
    #[command(after_help = "Example:\n  artemis-host store export flights@2 /data/for-python")]
    Export {
        /// A dataset by name or id, and the folder that gets the files; with --all the folder alone
        #[arg(required = true, num_args = 1..=2, value_names = ["DATASET", "DIR"])]
        what: Vec<String>,
        /// All datasets
        #[arg(long)]
        all: bool,
    },
    /// Make an empty store
    #[command(after_help = "Example:\n  artemis-host store init --store /data/artemis-store")]
    Init {
        /// Its name [default: that of its directory]
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// One hash for everything [default: SHA-1 for records as in the public model, BLAKE3 for data]
        #[arg(long, value_name = "NAME", value_parser = ["sha1", "sha256", "blake3"])]
        algorithm: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    Csv,
    Json,
    Arrow,
}

/// `key=value` at the first equals sign.
fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("write section.key=value, such as job.block_bytes=64KiB".to_owned()),
    }
}
