//! What a job writes into the store beside the data: its messages.

use super::log::MemoryLog;
use super::stages::{Rejects, RowCounts};
use crate::book::{Book, BookLayout, Booked, Filled};
use crate::catalog::InputRecord;
use crate::ingest::DatumEnd;
use arrow::datatypes::Schema;
use artemis_proto::artemis::Timer;
use artemis_proto::cronus_objects::{Block, BlockInfo, FileObjectAuxInfo, FileObjectInfo, FileType};
use artemis_proto::host::{LocatedReject, RejectSummary};
use artemis_proto::{FORMAT_VERSION, cronus, physt};

/// A whole number in a field of the model that may be too small for it; the true one stands in another field.
fn saturate<T: TryFrom<u64>>(value: u64, max: T) -> T {
    T::try_from(value).unwrap_or(max)
}

/// The booked histograms, or the timers.
pub fn collection(layout: &BookLayout, book: &Book, timers: bool) -> physt::HistogramCollection {
    let entries = layout.booked().iter().zip(book.filled());
    let histograms = entries
        .filter(|(booked, _)| booked.is_timer == timers)
        .map(|(booked, filled)| (booked.key.clone(), histogram(booked, filled)))
        .collect();
    physt::HistogramCollection { histograms }
}

fn histogram(booked: &Booked, filled: &Filled) -> physt::Histogram {
    let edges = booked.binning.edges();
    let bins = edges.windows(2).map(|pair| physt::Bin { lower: pair[0], upper: pair[1] }).collect();
    physt::Histogram {
        physt_version: "0.3.43".to_owned(),
        physt_compatible: "0.3.20".to_owned(),
        histogram_type: "Histogram1D".to_owned(),
        binnings: vec![physt::Binning { binning_type: "StaticBinning".to_owned(), bins }],
        dtype: "float64".to_owned(),
        frequencies: filled.weights.clone(),
        errors2: filled.squares.clone(),
        meta: Some(physt::Meta {
            name: booked.key.clone(),
            title: booked.title.clone(),
            axis_names: vec![booked.axis_name.clone()],
        }),
        underflow: filled.underflow,
        overflow: filled.overflow,
        sum: filled.sum,
        sum_squares: filled.sum_squares,
        entries: filled.entries,
        nan: filled.nan,
    }
}

/// Mean and standard deviation of every timer.
pub fn timers(layout: &BookLayout, book: &Book) -> Vec<Timer> {
    const NS_PER_MS: f64 = 1e6;
    let entries = layout.booked().iter().zip(book.filled()).filter(|(booked, _)| booked.is_timer);
    entries
        .map(|(booked, filled)| {
            let n = filled.entries.max(1) as f64;
            let mean = filled.sum / n;
            let variance = (filled.sum_squares / n - mean * mean).max(0.0);
            let (mean_ms, std_ms) = (mean / NS_PER_MS, variance.sqrt() / NS_PER_MS);
            Timer {
                name: booked.key.clone(),
                time: mean_ms as f32,
                std: std_ms as f32,
                count: filled.entries,
                mean_ms,
                std_ms,
            }
        })
        .collect()
}

/// The columns of a partition or input.
pub fn table(name: &str, schema: &Schema, partition: &str) -> cronus::Table {
    let fields = schema.fields().iter().map(|field| cronus::Field {
        name: field.name().clone(),
        uuid: String::new(),
        info: Some(cronus::FieldInfo {
            aux: None,
            r#type: type_word(field.data_type()),
            nullable: field.is_nullable(),
            length: 0,
            arrow_type: field.data_type().to_string(),
        }),
    });
    let info = cronus::SchemaInfo { aux: None, fields: fields.collect() };
    cronus::Table {
        name: name.to_owned(),
        uuid: String::new(),
        info: Some(cronus::TableInfo {
            schema: Some(cronus::Schema { name: name.to_owned(), uuid: String::new(), info: Some(info) }),
            partition: partition.to_owned(),
            ..Default::default()
        }),
    }
}

/// A type as pyarrow names it, without parameters where it has many.
fn type_word(data_type: &arrow::datatypes::DataType) -> String {
    use arrow::datatypes::DataType as T;
    match data_type {
        T::Utf8 | T::LargeUtf8 | T::Utf8View => "string".into(),
        T::Boolean => "bool".into(),
        T::Float64 => "double".into(),
        T::Float32 => "float".into(),
        T::Date32 => "date32[day]".into(),
        other => other.to_string().to_lowercase(),
    }
}

/// The file record of an input: size and blocks.
pub fn input_file(end: &DatumEnd, size_bytes: u64, columns: u64, content_id: &str) -> FileObjectInfo {
    let blocks = end.blocks.iter().enumerate().map(|(index, (offset, length))| Block {
        index: saturate(index as u64, i32::MAX),
        info: Some(BlockInfo {
            size_bytes: saturate(*length, i64::MAX),
            offset: saturate(*offset, i64::MAX),
            length: saturate(*length, i64::MAX),
        }),
    });
    FileObjectInfo {
        blocks: blocks.collect(),
        content_id: content_id.to_owned(),
        ..file_info(FileType::None, size_bytes, end.records, 0, columns)
    }
}

/// The file record of a part.
pub fn part_file(
    partition: &str,
    bytes: u64,
    rows: u64,
    batches: u64,
    columns: u64,
    id: &str,
) -> FileObjectInfo {
    FileObjectInfo {
        partition: partition.to_owned(),
        content_id: id.to_owned(),
        ..file_info(FileType::Arrow, bytes, rows, batches, columns)
    }
}

fn file_info(kind: FileType, bytes: u64, rows: u64, batches: u64, columns: u64) -> FileObjectInfo {
    FileObjectInfo {
        aux: Some(FileObjectAuxInfo {
            num_columns: saturate(columns, i32::MAX),
            num_rows: saturate(rows, i32::MAX),
            num_batches: saturate(batches, i32::MAX),
            num_rows_exact: rows,
            num_batches_exact: batches,
            num_columns_exact: columns,
            ..Default::default()
        }),
        r#type: kind.into(),
        size_bytes: saturate(bytes, i64::MAX),
        size_unit: "B".to_owned(),
        size_bytes_exact: bytes,
        ..Default::default()
    }
}

/// Rejects as the record holds them; the text of cells is masked.
pub fn reject_summaries(
    rejects: &Rejects,
    names: &[String],
    reader: &str,
    policy: &str,
) -> Vec<RejectSummary> {
    rejects
        .iter()
        .map(|((datum, column), counted)| RejectSummary {
            format_version: FORMAT_VERSION,
            datum: *datum as u64,
            input: names.get(*datum).cloned().unwrap_or_default(),
            column: column.clone().unwrap_or_default(),
            count: counted.count,
            located: counted
                .first
                .iter()
                .map(|reject| LocatedReject {
                    format_version: FORMAT_VERSION,
                    record: reject.record,
                    offset: reject.offset,
                    column: column.clone().unwrap_or_default(),
                    reason: reject.reason.clone(),
                    masked_text: mask(&reject.text),
                })
                .collect(),
            component: reader.to_owned(),
            policy: policy.to_owned(),
        })
        .collect()
}

/// Letters as `A`, digits as `9`, all else as it is.
fn mask(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            c if c.is_alphabetic() => 'A',
            c if c.is_numeric() => '9',
            c => c,
        })
        .collect()
}

/// What became of an input, for the job's record.
pub fn input_record(
    name: &str,
    uri: String,
    content_id: String,
    size_bytes: u64,
    blocks: u64,
    rows: RowCounts,
    first_error: String,
) -> InputRecord {
    InputRecord {
        format_version: FORMAT_VERSION,
        name: name.to_owned(),
        uri,
        content_id,
        bytes: size_bytes,
        rows_in: rows.records,
        rows_out: rows.records.saturating_sub(rows.dropped),
        rows_rejected: rows.dropped,
        first_error,
        blocks,
        ..Default::default()
    }
}

/// The log as bytes.
pub fn log_bytes(log: &MemoryLog) -> Vec<u8> {
    log.text().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_keep_the_shape_of_a_text_only() {
        assert_eq!(mask("N14228 é-1"), "A99999 A-9");
    }

    #[test]
    fn numbers_that_do_not_fit_the_model_saturate_beside_the_true_ones() {
        let file = part_file("p", 1, u64::MAX, 3, 4, "");
        let aux = file.aux.unwrap();
        assert_eq!((aux.num_rows, aux.num_rows_exact), (i32::MAX, u64::MAX));
    }
}
