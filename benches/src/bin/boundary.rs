//! `boundary`: what a batch costs on its way through a plugin and back, through the host's real path and a real `.so`.
//!
//! A round trip is two crossings: the host exports the batch, the plugin imports it, does nothing to it (the tool
//! `relational/columns`, which keeps all columns), exports it, and the host imports and checks it. The schema crosses
//! once, at `initialize`. Batches of numbers show the crossing alone: their check looks at the shape and, where there
//! are nulls, counts them. Batches of texts show the check of values beside it.

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::ipc::reader::FileReader;
use artemis_host::menu::{ComponentConfig, ComponentRef, Value};
use artemis_host::plugin::manifest::ComponentKind;
use artemis_host::plugin::{Library, Place, Tool};
use artemis_plugin_api::Call;
use artemis_plugin_api::testing::TestHost;
use clap::Parser;
use std::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Columns of the made batches.
const COLUMNS: usize = 20;

/// Measures what a batch costs on its way through a plugin and back.
#[derive(Parser)]
struct Arguments {
    /// The library with the tool `relational/columns` [default: the one beside this program]
    #[arg(long)]
    plugin: Option<PathBuf>,
    /// Round trips of each kind of batch.
    #[arg(long, default_value_t = 2001)]
    repeat: usize,
    /// Arrow IPC files: every batch of them goes through once a round, as the output of a job does.
    #[arg(long, num_args = 1..)]
    arrow: Vec<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let plugin = match &arguments.plugin {
        Some(path) => path.clone(),
        None => std::env::current_exe()?.with_file_name("libartemis_relational.so"),
    };
    let library = Library::load("relational", &plugin)?;
    println!(
        "{COLUMNS} columns, {} round trips each: median (lowest) of half a round trip",
        arguments.repeat
    );
    println!("{:<34} {:>8} {:>12} {:>12}", "columns", "rows", "crossing", "lowest");
    for (name, make) in MAKERS {
        // In turns, so that a machine that slows down meanwhile slows both.
        let sizes = [1_000, 65_536];
        let batches = sizes.map(|rows| made(make, rows));
        let trips: Vec<Trip> =
            batches.iter().map(|batch| Trip::new(&library, batch)).collect::<Result<_, _>>()?;
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..arguments.repeat + arguments.repeat / 10 {
            for ((trip, batch), times) in trips.iter().zip(&batches).zip(&mut times) {
                let elapsed = trip.time(batch)?;
                // The first tenth warms up.
                if round >= arguments.repeat / 10 {
                    times.push(elapsed / 2);
                }
            }
        }
        for (rows, times) in sizes.iter().zip(&mut times) {
            times.sort();
            let micros = |time: Duration| format!("{:.2} µs", time.as_secs_f64() * 1e6);
            let (median, lowest) = (times[times.len() / 2], times[0]);
            println!("{name:<34} {rows:>8} {:>12} {:>12}", micros(median), micros(lowest));
        }
    }
    for path in &arguments.arrow {
        whole_file(&library, path)?;
    }
    Ok(())
}

/// Every batch of a file once; what that took in all.
fn whole_file(library: &Library, path: &Path) -> Result<(), Box<dyn Error>> {
    let reader = FileReader::try_new(File::open(path)?, None)?;
    let (mut batches, mut rows, mut total) = (0_u64, 0, Duration::ZERO);
    let mut trip: Option<Trip> = None;
    for batch in reader {
        let batch = batch?;
        let trip = match &trip {
            Some(trip) => trip,
            None => &*trip.insert(Trip::new(library, &batch)?),
        };
        // Once without the clock: what a reader emits is in the cache, what comes from a file is not.
        trip.time(&batch)?;
        total += trip.time(&batch)?;
        (batches, rows) = (batches + 1, rows + batch.num_rows());
    }
    let total_ms = total.as_secs_f64() * 1e3;
    println!("{}: {batches} batches, {rows} rows: {total_ms:.2} ms of round trips", path.display());
    Ok(())
}

/// The tool at a place that knows the schema.
struct Trip {
    tool: Tool,
    place: Place,
}

impl Trip {
    fn new(library: &Library, batch: &RecordBatch) -> Result<Self, Box<dyn Error>> {
        let names = batch.schema().fields().iter().map(|field| Value::Str(field.name().clone())).collect();
        let config = ComponentConfig {
            name: "columns".to_owned(),
            component: ComponentRef {
                plugin: "relational".to_owned(),
                version: None,
                name: "columns".to_owned(),
            },
            kind: ComponentKind::Tool,
            outputs: vec!["out".to_owned()],
            properties: [("keep".to_owned(), Value::List(names))].into(),
            types: Default::default(),
            secrets: Default::default(),
        };
        let (host, call) = (TestHost::new(), Call::default());
        let tool = Tool::configure(library, &config, &call, &host)?;
        let place = tool.initialize(&call, &host, &batch.schema())?;
        Ok(Self { tool, place })
    }

    fn time(&self, batch: &RecordBatch) -> Result<Duration, Box<dyn Error>> {
        let (host, call, batch) = (TestHost::new(), Call::default(), batch.clone());
        let start = Instant::now();
        let back = self.tool.execute(&call, &host, &self.place, batch)?;
        let elapsed = start.elapsed();
        std::hint::black_box(back);
        Ok(elapsed)
    }
}

type Make = fn(usize) -> ArrayRef;

const MAKERS: [(&str, Make); 4] = [
    ("integers", |rows| Arc::new(Int64Array::from_iter_values(0..rows as i64))),
    ("floats, a tenth missing", |rows| {
        Arc::new((0..rows).map(|row| (row % 10 != 0).then_some(row as f64)).collect::<Float64Array>())
    }),
    ("texts of 8 bytes", |rows| {
        Arc::new(StringArray::from_iter_values((0..rows).map(|row| format!("{row:08}"))))
    }),
    ("texts of 8 bytes, not ASCII", |rows| {
        Arc::new(StringArray::from_iter_values((0..rows).map(|row| format!("{row:06}ü"))))
    }),
];

fn made(make: Make, rows: usize) -> RecordBatch {
    let columns = (0..COLUMNS).map(|index| (format!("c{index}"), make(rows), true));
    RecordBatch::try_from_iter_with_nullable(columns).expect("columns of one length and different names")
}
