//! The commands of `store`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

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
        #[command(flatten)]
        search: Search,
    },
    /// Make the index and the checkpoints anew from the logs
    #[command(after_help = "Example:\n  artemis-host store reindex")]
    Reindex,
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
    /// What stands in the records of the data files: size, rows, hash, place
    #[command(after_help = "Example:\n  artemis-host store files flights@latest --format json")]
    Files {
        /// A dataset by name or id, and perhaps a partition of it
        #[arg(value_name = "DATASET[/PARTITION]")]
        dataset: String,
    },
    /// What could not be converted: all counted, the first ones located
    #[command(after_help = "Example:\n  artemis-host store rejects flights")]
    Rejects {
        /// A dataset by name or id
        #[arg(value_name = "DATASET")]
        dataset: String,
    },
    /// Where a dataset comes from, and what was made of it
    #[command(after_help = "Example:\n  artemis-host store lineage flights@2")]
    Lineage {
        /// A dataset by name or id
        #[arg(value_name = "DATASET")]
        dataset: String,
    },
    /// Give a dataset a name; the name's next version is this dataset
    #[command(after_help = "Example:\n  artemis-host store name 3f2a91 flights")]
    Name {
        /// A dataset by name or id
        #[arg(value_name = "DATASET")]
        dataset: String,
        /// Letters, digits, '.', '_' and '-'
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Delete a dataset; its bytes go when `store gc` finds the grace over
    #[command(after_help = "Example:\n  artemis-host store delete flights@1 --reason 'wrong input'")]
    Delete {
        /// A dataset by name or id
        #[arg(value_name = "DATASET")]
        dataset: String,
        /// Why: it is shown to whoever looks for the dataset
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// The business metadata of a dataset as TOML; or replace it
    #[command(after_help = "Example:\n  artemis-host store aux flights > aux.toml\n  \
        artemis-host store aux flights --set aux.toml")]
    Aux {
        /// A dataset by name or id
        #[arg(value_name = "DATASET")]
        dataset: String,
        /// The file to read it from
        #[arg(long, value_name = "FILE.toml")]
        set: Option<PathBuf>,
    },
    /// Which datasets their business metadata lets go, and when; deletes nothing
    #[command(after_help = "Example:\n  artemis-host store retention --due")]
    Retention {
        /// Only those whose day has come
        #[arg(long)]
        due: bool,
    },
    /// Read and hash everything, and report what is wrong; exit 5 if anything is
    #[command(after_help = "Example:\n  artemis-host store verify")]
    Verify,
    /// Remove what no commit and no running job reaches
    #[command(after_help = "Example:\n  artemis-host store gc --dry-run --grace 14d")]
    Gc {
        /// Only say what would go
        #[arg(long)]
        dry_run: bool,
        /// Nothing younger goes: s, m, h, d or w
        #[arg(long, value_name = "TIME", default_value = "14d")]
        grace: String,
    },
    /// An object as it is stored, byte for byte, on standard output
    #[command(after_help = "Example:\n  artemis-host store get sha1:3f2a91 > menu.pb")]
    Get {
        /// An object by id or the beginning of it
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Store a file as an object and register it
    #[command(after_help = "Example:\n  artemis-host store put menu.pb --kind menu")]
    Put {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// What it is
        #[arg(long, value_name = "KIND", value_parser = ["menu", "config", "table", "hists", "tdigests", "job", "log", "file", "path-input"])]
        kind: String,
        /// What people call it [default: the file's name]
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
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
        /// Where the data files go, if not beside the records: a directory or s3://bucket/prefix
        #[arg(long, value_name = "URL")]
        data_root: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    Csv,
    Json,
    Arrow,
}

/// Which datasets are listed.
#[derive(Debug, Args)]
pub(crate) struct Search {
    /// Only datasets that have this column
    #[arg(long, value_name = "NAME", conflicts_with = "jobs")]
    pub column: Option<String>,
    /// Only datasets that have this partition
    #[arg(long, value_name = "NAME", conflicts_with = "jobs")]
    pub partition: Option<String>,
    /// Only datasets that this plugin made
    #[arg(long, value_name = "ID", conflicts_with = "jobs")]
    pub plugin: Option<String>,
    /// Only datasets made then or later: 2026-11-27, or 2026-11-27T15:00:00Z
    #[arg(long, value_name = "DATE", value_parser = date, conflicts_with = "jobs")]
    pub since: Option<std::time::SystemTime>,
}

/// A day or a moment, as RFC 3339 writes them.
fn date(text: &str) -> Result<std::time::SystemTime, String> {
    let stamp = text.parse::<prost_types::Timestamp>().ok();
    let time = stamp.and_then(|stamp| std::time::SystemTime::try_from(stamp).ok());
    time.ok_or_else(|| "write a day, 2026-11-27, or a moment, 2026-11-27T15:00:00Z".to_owned())
}
