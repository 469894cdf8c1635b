//! `arrow_csv_ranges IN OUT_DIR --threads 2`: the peer "arrow-csv by exact byte ranges".
//!
//! One range and one uncompressed Arrow IPC file per thread: `part-0.arrow` holds the beginning of the input,
//! so the parts in the order of their numbers are the rows in the order of the input. The schema comes from the
//! first records, as arrow-csv infers it; a later value that does not fit is an error, not a wider type.

use arrow::{datatypes::SchemaRef, error::ArrowError, ipc::writer::FileWriter};
use arrow_csv::{ReaderBuilder, reader::Format};
use artemis_benches::ranges::{RangeReader, exact_ranges};
use clap::Parser;
use std::{
    fs::File,
    io::{BufReader, BufWriter},
    ops::Range,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    thread,
};

const BUFFER_BYTES: usize = 256 << 10;

/// Turns a CSV file into one Arrow IPC file per thread with arrow-csv.
#[derive(Parser)]
struct Arguments {
    /// The CSV file, with a header line.
    input: PathBuf,
    /// The directory for the parts; it is made if it is not there.
    out: PathBuf,
    /// How many ranges, each with its thread.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Rows of a batch.
    #[arg(long, default_value_t = 8192)]
    batch_rows: usize,
    /// Records that the schema is inferred from.
    #[arg(long, default_value_t = 1000)]
    sample: usize,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(rows) => {
            println!("{rows}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<usize, ArrowError> {
    std::fs::create_dir_all(&arguments.out)?;
    let input = File::open(&arguments.input)?;
    let format = Format::default().with_header(true);
    let (schema, _) = format.infer_schema(BufReader::new(&input), Some(arguments.sample))?;
    let schema: SchemaRef = Arc::new(schema);
    let ranges = exact_ranges(&input, arguments.threads)?;
    thread::scope(|scope| {
        let threads: Vec<_> = ranges
            .into_iter()
            .enumerate()
            .map(|(index, range)| {
                let (input, schema) = (&input, Arc::clone(&schema));
                let out = arguments.out.join(format!("part-{index}.arrow"));
                scope.spawn(move || convert(input, range, index == 0, schema, arguments.batch_rows, &out))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread.join().unwrap_or_else(|_| Err(ArrowError::ComputeError("a thread panicked".into())))
            })
            .sum()
    })
}

/// The rows that it wrote.
fn convert(
    input: &File,
    range: Range<u64>,
    has_header: bool,
    schema: SchemaRef,
    batch_rows: usize,
    out: &Path,
) -> Result<usize, ArrowError> {
    let bytes = BufReader::with_capacity(BUFFER_BYTES, RangeReader::new(input, range));
    let reader = ReaderBuilder::new(schema)
        .with_header(has_header)
        .with_batch_size(batch_rows)
        .build_buffered(bytes)?;
    let out = BufWriter::with_capacity(BUFFER_BYTES, File::create(out)?);
    let mut writer = FileWriter::try_new(out, &reader.schema())?;
    let mut rows = 0;
    for batch in reader {
        let batch = batch?;
        rows += batch.num_rows();
        writer.write(&batch)?;
    }
    writer.finish()?;
    Ok(rows)
}
