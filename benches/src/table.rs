//! The tables of the comparison, as CSV: a header line, then records of a seed without end.
//!
//! The types of a column show in its first records, and a missing value is an empty field. The records do not
//! depend on the size asked for: a small file is the beginning of a larger one with the same seed.

use crate::random::Random;
use std::io::{self, Write};

/// One of the tables that [`write()`] makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Table {
    /// 12 mixed columns, about 155 bytes a record: quoted text, newlines inside 1 % of the records, dates,
    /// times, missing values, codes with leading zeros.
    People,
    /// 20 columns of floats and integers, about 175 bytes a record.
    Numbers,
    /// 1,000 columns: integers, floats, short text, dates and booleans in turn, about 7 kB a record.
    Wide,
}

/// What [`write()`] wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Records, the header line not counted.
    pub records: u64,
    /// Bytes, the header line counted.
    pub bytes: u64,
}

const FLUSH_BYTES: usize = 1 << 20;
const NUMBERS_COLUMNS: usize = 20;
const WIDE_COLUMNS: usize = 1_000;
const FIRST_NAMES: [&str; 12] = [
    "Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Fatou", "Goran", "Hélène", "Ines", "João", "Kari", "Łukasz",
];
const LAST_NAMES: [&str; 12] = [
    "Andersen", "Byrne", "Castelli", "Dubois", "Eriksson", "Ferreira", "Gruber", "Horvat", "Ivanova",
    "Jansen", "Kowalski", "Müller",
];
const HOSTS: [&str; 4] = ["example.org", "example.com", "mail.example.net", "example.edu"];
const COUNTRIES: [&str; 10] = ["AT", "BE", "CZ", "DE", "ES", "FI", "IT", "NL", "PL", "SE"];
const WORDS: [&str; 16] = [
    "answered",
    "by",
    "phone",
    "after",
    "second",
    "letter",
    "household",
    "of",
    "three",
    "moved",
    "in",
    "spring",
    "income",
    "from",
    "register",
    "checked",
];

/// Writes the table's header and records until `bytes` are reached: the record that reaches them is the last.
///
/// # Errors
/// Whatever the output reports.
pub fn write(table: Table, seed: u64, bytes: u64, out: &mut dyn Write) -> io::Result<Written> {
    let mut random = Random::new(seed);
    let mut buffer = Vec::with_capacity(FLUSH_BYTES + (64 << 10));
    let mut flushed = 0;
    let mut records = 0;
    header(table, &mut buffer);
    while flushed + (buffer.len() as u64) < bytes {
        record(table, records, &mut random, &mut buffer);
        records += 1;
        if buffer.len() >= FLUSH_BYTES {
            out.write_all(&buffer)?;
            flushed += buffer.len() as u64;
            buffer.clear();
        }
    }
    out.write_all(&buffer)?;
    out.flush()?;
    Ok(Written { records, bytes: flushed + buffer.len() as u64 })
}

fn header(table: Table, out: &mut Vec<u8>) {
    let names: Vec<String> = match table {
        Table::People => "id,name,email,born,country,postcode,occupation,income,children,active,joined,note"
            .split(',')
            .map(str::to_owned)
            .collect(),
        Table::Numbers => (0..NUMBERS_COLUMNS)
            .map(|column| format!("{}{column:02}", if is_float(column) { "float" } else { "int" }))
            .collect(),
        Table::Wide => (0..WIDE_COLUMNS)
            .map(|column| format!("{}{column:03}", ["int", "float", "text", "date", "bool"][column % 5]))
            .collect(),
    };
    out.extend_from_slice(names.join(",").as_bytes());
    out.push(b'\n');
}

fn record(table: Table, index: u64, random: &mut Random, out: &mut Vec<u8>) {
    match table {
        Table::People => person(index, random, out),
        Table::Numbers => numbers(index, random, out),
        Table::Wide => wide(random, out),
    }
    out.push(b'\n');
}

fn person(index: u64, random: &mut Random, out: &mut Vec<u8>) {
    let (first, last) = (random.pick(&FIRST_NAMES), random.pick(&LAST_NAMES));
    integer(index + 1, out);
    out.push(b',');
    if random.chance(10) {
        text(&["\"", last, ", \"\"", first, "\"\"\""], out);
    } else {
        text(&[first, " ", last], out);
    }
    out.push(b',');
    if !random.chance(5) {
        text(&[random.pick(&WORDS), "."], out);
        integer(random.below(100_000), out);
        text(&["@", random.pick(&HOSTS)], out);
    }
    out.push(b',');
    date(random, out);
    text(&[",", random.pick(&COUNTRIES), ","], out);
    padded(random.below(100_000), 5, out);
    out.push(b',');
    padded(random.below(10_000), 4, out);
    out.push(b',');
    if !random.chance(8) {
        decimal(random.below(15_000_000), 2, out);
    }
    out.push(b',');
    if !random.chance(20) {
        integer(random.below(6), out);
    }
    text(&[",", if random.chance(70) { "true" } else { "false" }, ","], out);
    moment(random, out);
    out.push(b',');
    note(random, out);
}

/// Free text: missing, plain, or quoted with commas, quotes and, in 1 % of all records, a newline.
fn note(random: &mut Random, out: &mut Vec<u8>) {
    let kind = random.below(100);
    if kind >= 85 {
        return;
    }
    let quoted = kind < 30;
    let newline = kind < 1;
    if quoted {
        out.push(b'"');
    }
    let words = random.between(5, 9);
    for word in 0..words {
        if word > 0 {
            let separator = match (quoted, word) {
                (true, 2) if newline => "\n",
                (true, 3) => ", ",
                (true, 4) => " \"\"quote\"\" ",
                _ => " ",
            };
            text(&[separator], out);
        }
        text(&[random.pick(&WORDS)], out);
    }
    if quoted {
        out.push(b'"');
    }
}

fn is_float(column: usize) -> bool {
    column % 5 < 3
}

/// 12 floats with 2 to 6 decimals and 8 integers; one column of each kind misses values.
fn numbers(index: u64, random: &mut Random, out: &mut Vec<u8>) {
    for column in 0..NUMBERS_COLUMNS {
        if column > 0 {
            out.push(b',');
        }
        // The first records are whole, so that a peer that looks at few of them sees each type.
        if column >= NUMBERS_COLUMNS - 3 && index >= 10 && random.chance(5) {
            continue;
        }
        if random.chance(25) {
            out.push(b'-');
        }
        if is_float(column) {
            let decimals = 2 + column % 5 * 2;
            let magnitude = 10_u64.pow(5 + (column % 4) as u32);
            decimal(1 + random.below(magnitude * 10), decimals as u32, out);
        } else {
            integer(1 + random.below(10_u64.pow(3 + (column % 8) as u32)), out);
        }
    }
}

fn wide(random: &mut Random, out: &mut Vec<u8>) {
    for column in 0..WIDE_COLUMNS {
        if column > 0 {
            out.push(b',');
        }
        if random.chance(2) {
            continue;
        }
        match column % 5 {
            0 => integer(random.below(1_000_000), out),
            1 => decimal(random.below(100_000_000), 3, out),
            2 => text(&[random.pick(&WORDS)], out),
            3 => date(random, out),
            _ => text(&[if random.chance(50) { "true" } else { "false" }], out),
        }
    }
}

fn text(parts: &[&str], out: &mut Vec<u8>) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

fn integer(value: u64, out: &mut Vec<u8>) {
    padded(value, 1, out);
}

/// The value in at least `width` digits, with leading zeros.
fn padded(mut value: u64, width: usize, out: &mut Vec<u8>) {
    let start = out.len();
    while value > 0 || out.len() - start < width {
        out.push(b'0' + (value % 10) as u8);
        value /= 10;
    }
    out[start..].reverse();
}

/// `scaled / 10^decimals`, with all its decimals.
fn decimal(scaled: u64, decimals: u32, out: &mut Vec<u8>) {
    let unit = 10_u64.pow(decimals);
    integer(scaled / unit, out);
    out.push(b'.');
    padded(scaled % unit, decimals as usize, out);
}

/// A day that every month has, from 1930 to 2019.
fn date(random: &mut Random, out: &mut Vec<u8>) {
    integer(random.between(1930, 2019), out);
    out.push(b'-');
    padded(random.between(1, 12), 2, out);
    out.push(b'-');
    padded(random.between(1, 28), 2, out);
}

/// A UTC time to the second.
fn moment(random: &mut Random, out: &mut Vec<u8>) {
    date(random, out);
    for (mark, bound) in [(b'T', 24), (b':', 60), (b':', 60)] {
        out.push(mark);
        padded(random.below(bound), 2, out);
    }
    out.push(b'Z');
}

#[cfg(test)]
mod tests {
    use super::{Table, write};

    fn generated(table: Table, seed: u64, bytes: u64) -> Vec<u8> {
        let mut out = Vec::new();
        let written = write(table, seed, bytes, &mut out).unwrap();
        assert_eq!(written.bytes, out.len() as u64);
        out
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_a_small_file_begins_a_larger_one() {
        for table in [Table::People, Table::Numbers, Table::Wide] {
            let (small, large) = (generated(table, 7, 20_000), generated(table, 7, 3_000_000));
            assert!(large.starts_with(&small), "{table:?}");
            assert_ne!(small, generated(table, 8, 20_000), "{table:?}");
        }
    }

    #[test]
    fn every_record_has_the_columns_of_the_header() {
        for (table, columns) in [(Table::People, 12), (Table::Numbers, 20), (Table::Wide, 1_000)] {
            let bytes = generated(table, 1, 2_000_000);
            let format = arrow_csv::reader::Format::default().with_header(true);
            let (schema, records) = format.infer_schema(bytes.as_slice(), None).unwrap();
            assert_eq!(schema.fields().len(), columns, "{table:?}");
            let rows = arrow_csv::ReaderBuilder::new(schema.into())
                .with_header(true)
                .build(bytes.as_slice())
                .unwrap()
                .map(|batch| batch.unwrap().num_rows())
                .sum::<usize>();
            assert_eq!(rows, records, "{table:?}");
        }
    }

    #[test]
    fn about_one_record_in_a_hundred_of_people_has_a_newline_inside() {
        let mut out = Vec::new();
        let records = write(Table::People, 1, 5_000_000, &mut out).unwrap().records;
        let lines = memchr::memchr_iter(b'\n', &out).count() as u64 - 1;
        let inside = (lines - records) as f64 / records as f64;
        assert!((0.008..0.012).contains(&inside), "{inside}");
    }
}
