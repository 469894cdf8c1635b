//! `store head`, `store cat`, `store path`: the rows of a dataset and the files that hold them.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::FileReader;
use arrow::ipc::writer::StreamWriter;
use artemis_host::catalog::{Catalog, DatasetRecord, Part, Partition};
use artemis_host::store::KeyReader;
use serde_json::{Value, json};

use super::args::Form;
use super::fault::{Fault, Kind, Outcome};
use super::lookup;
use super::preview::rows_to_json;
use super::session::Session;
use super::table::Table;
use super::text;

pub(crate) fn head(session: &Session, text: &str, rows: usize) -> Outcome {
    let catalog = session.store()?;
    let (record, partitions) = lookup::partitions(&catalog, text)?;
    let mut out = String::new();
    let mut shown: Vec<Value> = Vec::new();
    for partition in some(&record, &partitions)? {
        let (schema, batches) = first_rows(&catalog, partition, rows)?;
        if session.json() {
            let rows = rows_to_json(&batches, rows)?;
            shown.push(json!({ "name": partition.name, "total_rows": partition.rows(), "rows": rows }));
            continue;
        }
        if partitions.len() > 1 {
            let total = text::counted(partition.rows(), "row");
            out += &text::wrapped("", &format!("{} ({total})", partition.name), session.width);
        }
        if let Some(schema) = schema {
            out += &Table::of_batches(&schema, &batches, rows)?.render(session.width);
        }
        if partitions.len() > 1 {
            out.push('\n');
        }
    }
    if session.json() {
        return session.answer(json!({ "dataset": record.id.to_string(), "partitions": shown }));
    }
    session.print(&out)
}

pub(crate) fn cat(session: &Session, text: &str, form: Form, null: &str) -> Outcome {
    let catalog = session.store()?;
    let (record, partitions) = lookup::partitions(&catalog, text)?;
    let partition = match some(&record, &partitions)? {
        [one] => one,
        several => {
            let names: Vec<&str> = several.iter().map(|partition| partition.name.as_str()).collect();
            let message = format!("{text} has {} partitions", several.len());
            return Err(
                Fault::usage(message).help(format!("name one: {text}/NAME with {}", names.join(", ")))
            );
        }
    };
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    match form {
        Form::Csv => {
            let mut writer = arrow_csv::WriterBuilder::new().with_null(null.to_owned()).build(&mut out);
            each(&catalog, partition, |batch| writer.write(batch).map_err(written))?;
        }
        Form::Json => {
            let mut writer = arrow_json::WriterBuilder::new()
                .with_explicit_nulls(true)
                .build::<_, arrow_json::writer::LineDelimited>(&mut out);
            each(&catalog, partition, |batch| writer.write(batch).map_err(written))?;
            writer.finish().map_err(written)?;
        }
        Form::Arrow => {
            let (schema, _) = first_rows(&catalog, partition, 0)?;
            let Some(schema) = schema else { return Ok(()) };
            let mut writer = StreamWriter::try_new(&mut out, &schema).map_err(written)?;
            each(&catalog, partition, |batch| writer.write(batch).map_err(written))?;
            writer.finish().map_err(written)?;
        }
    }
    out.flush().map_err(Fault::output)
}

pub(crate) fn path(session: &Session, text: &str) -> Outcome {
    let catalog = session.store()?;
    let (record, partitions) = lookup::partitions(&catalog, text)?;
    let partitions = some(&record, &partitions)?;
    let mut out = String::new();
    let mut listed = Vec::new();
    for partition in partitions {
        let files: Vec<_> = partition.parts.iter().map(|part| place(&catalog, part)).collect();
        for file in &files {
            out += &format!("{file}\n");
        }
        listed.push(json!({ "name": partition.name, "rows": partition.rows(), "files": files }));
    }
    if session.json() {
        return session.answer(json!({ "dataset": record.id.to_string(), "partitions": listed }));
    }
    session.print(&out)
}

/// The partitions, of which there must be one at least.
fn some<'a>(record: &DatasetRecord, partitions: &'a [Partition]) -> Outcome<&'a [Partition]> {
    if partitions.is_empty() {
        return Err(Fault::usage(format!("dataset {} has no partition", record.id.short()))
            .help("an input dataset refers to files; `store show` names them"));
    }
    Ok(partitions)
}

/// Where a data file is: its absolute path, or its URL where it is no local file.
pub(crate) fn place(catalog: &Catalog, part: &Part) -> String {
    match catalog.store().local_path(&part.key) {
        Some(path) => std::path::absolute(&path).unwrap_or(path).to_string_lossy().into_owned(),
        None => catalog.store().url(&part.key),
    }
}

/// The schema, and batches of at least so many rows if there are as many.
fn first_rows(
    catalog: &Catalog,
    partition: &Partition,
    rows: usize,
) -> Outcome<(Option<SchemaRef>, Vec<RecordBatch>)> {
    let mut schema = None;
    let mut batches = Vec::new();
    let mut left = rows;
    for part in &partition.parts {
        let reader = open(catalog, part)?;
        schema.get_or_insert_with(|| reader.schema());
        for batch in reader {
            if left == 0 {
                break;
            }
            let batch = batch.map_err(|error| damaged(part, &error))?;
            left = left.saturating_sub(batch.num_rows());
            batches.push(batch);
        }
        if left == 0 {
            break;
        }
    }
    Ok((schema, batches))
}

/// Calls `write` for every batch of a partition; one is in memory at a time.
fn each(catalog: &Catalog, partition: &Partition, mut write: impl FnMut(&RecordBatch) -> Outcome) -> Outcome {
    for part in &partition.parts {
        for batch in open(catalog, part)? {
            write(&batch.map_err(|error| damaged(part, &error))?)?;
        }
    }
    Ok(())
}

fn open(catalog: &Catalog, part: &Part) -> Outcome<FileReader<KeyReader>> {
    let reader = KeyReader::open(Arc::clone(catalog.store()), &part.key)?;
    FileReader::try_new(reader, None).map_err(|error| damaged(part, &error))
}

fn damaged(part: &Part, error: &ArrowError) -> Fault {
    Fault::new(Kind::Store, format!("{} cannot be read: {error}", part.key))
}

/// What went wrong while rows were written: the pipe, or a type that the form does not know.
fn written(error: ArrowError) -> Fault {
    match error {
        ArrowError::IoError(_, error) => Fault::output(error),
        // The CSV writer passes on the kind of an IO error in words only.
        error if error.to_string().contains("Broken pipe") => Fault::output(io::ErrorKind::BrokenPipe.into()),
        error => Fault::usage(format!("these rows cannot be written so: {error}"))
            .help("--as arrow writes every type, --as json almost every one"),
    }
}
