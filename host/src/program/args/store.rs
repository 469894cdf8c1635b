//! The commands of `store`.

use clap::{Subcommand, ValueEnum};

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
