//! `generate TABLE --bytes 1GB --seed 1 OUT`: writes a table of the comparison as CSV.

use artemis_benches::{size::parse_bytes, table};
use clap::Parser;
use std::{fs::File, path::PathBuf, process::ExitCode};

/// Writes a table of the comparison as CSV: the same bytes for the same seed.
#[derive(Parser)]
struct Arguments {
    /// Which table.
    table: table::Table,
    /// The file to write.
    out: PathBuf,
    /// How large: the record that reaches this size is the last.
    #[arg(long, default_value = "1GB", value_parser = parse_bytes)]
    bytes: u64,
    /// Another seed, other records.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let written = File::create(&arguments.out)
        .and_then(|mut out| table::write(arguments.table, arguments.seed, arguments.bytes, &mut out));
    match written {
        Ok(written) => {
            eprintln!("{}: {} records, {} bytes", arguments.out.display(), written.records, written.bytes);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}: {error}", arguments.out.display());
            ExitCode::FAILURE
        }
    }
}
