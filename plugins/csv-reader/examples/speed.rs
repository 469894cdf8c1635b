//! Prints how fast one core parses: `cargo run --release -p artemis-csv-reader --example speed [FILE…]`.
//!
//! Without files it makes texts in memory from a fixed seed. Chunks have about 1 MiB, as in a job.

use std::error::Error;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use artemis_csv_reader::{Inference, Nulls, Options, Parser, Scratch, read_header};

const CHUNK_BYTES: usize = 1 << 20;
const TEXT_BYTES: usize = 64 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    println!("{:>24} {:>9} {:>10} {:>10} {:>9}", "text", "rows", "infer MB/s", "parse MB/s", "ns/cell");
    if files.is_empty() {
        for (name, text) in [("numbers", numbers()), ("people", people()), ("all quoted", all_quoted())] {
            measure(name, text.as_bytes())?;
        }
    }
    for file in files {
        measure(&file, &std::fs::read(&file)?)?;
    }
    Ok(())
}

fn measure(name: &str, text: &[u8]) -> Result<(), Box<dyn Error>> {
    let options = Options { nulls: Nulls::new(["", "NA"]), ..Options::default() };
    let header = read_header(&options, text);
    let data = &text[header.length..];
    let chunks = chunks(data);

    let start = Instant::now();
    let mut inference = Inference::new(header.names.len());
    for chunk in &chunks {
        inference.scan(&options, chunk)?;
    }
    let infer_seconds = start.elapsed().as_secs_f64();

    let schema = Arc::new(inference.schema(&header.names, &options));
    let parser = Parser::new(&options, schema, header.names.len())?;
    let mut scratch = Scratch::default();
    let mut best = f64::INFINITY;
    let mut rows = 0;
    for _ in 0..5 {
        let start = Instant::now();
        rows = 0;
        for chunk in &chunks {
            let parsed = parser.parse(chunk, &mut scratch)?;
            assert!(parsed.mismatches.is_empty());
            rows += parsed.batch.num_rows();
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    let megabytes = data.len() as f64 / 1e6;
    let cells = (rows * header.names.len()) as f64;
    println!(
        "{name:>24} {rows:>9} {:>10.0} {:>10.0} {:>9.2}",
        megabytes / infer_seconds,
        megabytes / best,
        best * 1e9 / cells
    );
    Ok(())
}

/// Cuts before a row; the made texts have quoted line feeds only before a letter or a digit and a space.
fn chunks(data: &[u8]) -> Vec<&[u8]> {
    let mut chunks = Vec::new();
    let mut rest = data;
    while !rest.is_empty() {
        let mut end = rest.len().min(CHUNK_BYTES);
        while end < rest.len() && !(rest[end - 1] == b'\n' && rest[end] != b' ') {
            end += 1;
        }
        let (chunk, after) = rest.split_at(end);
        chunks.push(chunk);
        rest = after;
    }
    chunks
}

/// A generator of pseudo-random numbers (Knuth's constants for 64 bits, upper half used).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) % limit
    }
}

fn table(columns: usize, mut row: impl FnMut(&mut Random, &mut String)) -> String {
    let names: Vec<String> = (0..columns).map(|i| format!("c{i}")).collect();
    let mut text = names.join(",") + "\n";
    let mut random = Random(1);
    while text.len() < TEXT_BYTES {
        row(&mut random, &mut text);
        text.push('\n');
    }
    text
}

fn numbers() -> String {
    table(20, |random, text| {
        for column in 0..20 {
            let comma = if column == 0 { "" } else { "," };
            let _ = match column % 4 {
                0 => write!(text, "{comma}{}", random.below(1_000_000)),
                1 => write!(text, "{comma}{}.{:06}", random.below(2000), random.below(1_000_000)),
                2 => write!(text, "{comma}-{}.{:03}", random.below(90), random.below(1000)),
                _ => write!(text, "{comma}{}", random.below(1_000_000_000) * 97),
            };
        }
    })
}

const NAMES: [&str; 8] = ["Ann", "Bartholomew", "Chloé", "Dirk", "Eleonora", "Fritz", "Guðrún", "Hans-Peter"];

fn people() -> String {
    table(12, |random, text| {
        let mut name = || NAMES[random.below(8) as usize];
        let (first, last, town) = (name(), name(), name());
        let id = random.below(10_000_000);
        let note = match random.below(100) {
            0 => "\"two\n lines\"",
            1..=4 => "\"said \"\"no\"\"\"",
            5..=30 => "",
            _ => "regular customer",
        };
        let year = 1940 + random.below(70);
        let (month, day) = (1 + random.below(12), 1 + random.below(28));
        let income = random.below(100_000);
        let flag = random.below(2) == 0;
        let _ = write!(
            text,
            "{id},{first},{last},{year}-{month:02}-{day:02},\"{town}, {last}\",{:05},{income}.{:02},{flag},\
             2021-{month:02}-{day:02}T10:00:{:02}Z,{}@example.org,{note},{}",
            random.below(100_000),
            random.below(100),
            random.below(60),
            first.len() * 7919,
            random.below(10)
        );
    })
}

fn all_quoted() -> String {
    table(6, |random, text| {
        let name = NAMES[random.below(8) as usize];
        let (a, b, c) = (random.below(100_000), random.below(1000), random.below(100));
        let _ = write!(text, "\"{a}\",\"{name}\",\"{b}.{c}\",\"{name} {name}\",\"\",\"{c}\"");
    })
}
