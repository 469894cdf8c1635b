//! One column of a batch, appended tile by tile.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, NullArray,
    TimestampMicrosecondArray, TimestampNanosecondArray,
};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, TimeUnit};
use arrow::error::ArrowError;

use crate::cell::decode;
use crate::float::{self, EXACT};
use crate::index::Tile;
use crate::integer;
use crate::number::{Shape, decimal};
use crate::options::Options;
use crate::parse::Mismatch;
use crate::text::Texts;
use crate::time;

/// Rows per word of a bitmap.
const WORD: usize = 64;

/// What the cells of a column are made into.
#[derive(Debug)]
enum Values {
    Null,
    Bool(Vec<u64>),
    Int64(Vec<i64>),
    Float64(Vec<f64>),
    Decimal { values: Vec<i128>, precision: u8, scale: i8 },
    Date(Vec<i32>),
    Micros { values: Vec<i64>, zone: Option<Arc<str>> },
    Nanos { values: Vec<i64>, zone: Option<Arc<str>> },
    Text { texts: Texts, checked: bool },
}

/// A column under construction.
#[derive(Debug)]
pub(crate) struct Column {
    values: Values,
    validity: Vec<u64>,
    rows: usize,
    source: usize,
    /// Its place in the schema.
    place: u32,
    /// Take what only loses the form of a text: leading zeros, a plus sign, a date as a timestamp.
    lenient: bool,
}

/// What all columns of a chunk share.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub options: &'a Options,
    pub data: &'a [u8],
    pub tile: &'a Tile,
}

impl Column {
    /// An empty column of a type; `None` if text cannot be read as that type.
    pub fn new(data_type: &DataType, source: usize, place: u32, lenient: bool) -> Option<Self> {
        let values = match data_type {
            DataType::Null => Values::Null,
            DataType::Boolean => Values::Bool(Vec::new()),
            DataType::Int64 => Values::Int64(Vec::new()),
            DataType::Float64 => Values::Float64(Vec::new()),
            DataType::Decimal128(precision, scale) if *scale >= 0 => {
                Values::Decimal { values: Vec::new(), precision: *precision, scale: *scale }
            }
            DataType::Date32 => Values::Date(Vec::new()),
            DataType::Timestamp(TimeUnit::Microsecond, zone) => {
                Values::Micros { values: Vec::new(), zone: zone.clone() }
            }
            DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
                Values::Nanos { values: Vec::new(), zone: zone.clone() }
            }
            DataType::Utf8 => Values::Text { texts: Texts::default(), checked: false },
            _ => return None,
        };
        Some(Self { values, validity: Vec::new(), rows: 0, source, place, lenient })
    }

    /// Checks each text for UTF-8 as it comes, and reports those that are not.
    pub fn checked(mut self) -> Self {
        if let Values::Text { checked, .. } = &mut self.values {
            *checked = true;
        }
        self
    }

    /// Makes room for `rows` in all, judged by what the rows so far took.
    pub fn reserve(&mut self, rows: usize) {
        let more = rows.saturating_sub(self.rows);
        match &mut self.values {
            Values::Null => {}
            Values::Bool(words) => words.reserve(more / WORD + 1),
            Values::Int64(values) | Values::Micros { values, .. } | Values::Nanos { values, .. } => {
                values.reserve(more);
            }
            Values::Float64(values) => values.reserve(more),
            Values::Decimal { values, .. } => values.reserve(more),
            Values::Date(values) => values.reserve(more),
            Values::Text { texts, .. } => {
                texts.reserve(more, texts.length() * more / self.rows.max(1));
            }
        }
    }

    /// Appends the column's cells of a tile. All tiles but the last hold a multiple of 64 rows.
    pub fn append(&mut self, source: Source<'_>, mismatches: &mut Vec<Mismatch>) {
        let Self { values, validity, lenient, .. } = self;
        let lenient = *lenient;
        let options = source.options;
        let mut cells = Cells { source, column: self.source, place: self.place, mismatches };
        match values {
            Values::Null => cells.append(&mut Vec::new(), validity, |_, _, _| None, |_| None::<()>),
            Values::Bool(words) => {
                let mut truths = Vec::with_capacity(source.tile.rows());
                cells.append(&mut truths, validity, |_, _, _| None, |text| options.truth(text));
                for truths in truths.chunks(WORD) {
                    words.push(truths.iter().rev().fold(0, |word, truth| (word << 1) | u64::from(*truth)));
                }
            }
            Values::Int64(values) => {
                cells.append(values, validity, integer::fast, |text| int64(text, lenient));
            }
            Values::Float64(values) => {
                cells.append(values, validity, float::fast, |text| float64(text, lenient));
            }
            Values::Decimal { values, precision, scale } => {
                let (scale, limit) = (*scale as usize, 10i128.pow(u32::from(*precision).min(38)));
                let convert = |text: &[u8]| {
                    let shape = Shape::of(text).filter(|shape| lenient || !shape.padded)?;
                    let value = if shape.exponent { None } else { decimal(text, scale) }?;
                    (value.abs() < limit).then_some(value)
                };
                cells.append(values, validity, |_, _, _| None, convert);
            }
            Values::Date(values) => {
                cells.append(values, validity, |data, start, end| time::date(&data[start..end]), time::date);
            }
            Values::Micros { values, zone } => {
                let convert = |text: &[u8]| stamp(text, zone.is_some(), lenient)?.micros();
                let fast = |data: &[u8], start, end| convert(&data[start..end]);
                cells.append(values, validity, fast, convert);
            }
            Values::Nanos { values, zone } => {
                let convert = |text: &[u8]| stamp(text, zone.is_some(), lenient)?.nanos();
                let fast = |data: &[u8], start, end| convert(&data[start..end]);
                cells.append(values, validity, fast, convert);
            }
            Values::Text { texts, checked } => cells.append_texts(texts, *checked, validity),
        }
        self.rows += source.tile.rows();
    }

    /// The array.
    ///
    /// # Errors
    /// If a text is not UTF-8; the column must then be made again, [`Column::checked`].
    pub fn finish(self) -> Result<ArrayRef, ArrowError> {
        let rows = self.rows;
        let bits = |words: Vec<u64>| BooleanBuffer::new(Buffer::from_vec(words), 0, rows);
        let nulls = Some(NullBuffer::new(bits(self.validity))).filter(|nulls| nulls.null_count() > 0);
        Ok(match self.values {
            Values::Null => Arc::new(NullArray::new(rows)),
            Values::Bool(words) => Arc::new(BooleanArray::new(bits(words), nulls)),
            Values::Int64(values) => Arc::new(Int64Array::try_new(values.into(), nulls)?),
            Values::Float64(values) => Arc::new(Float64Array::try_new(values.into(), nulls)?),
            Values::Decimal { values, precision, scale } => Arc::new(
                Decimal128Array::try_new(ScalarBuffer::from(values), nulls)?
                    .with_precision_and_scale(precision, scale)?,
            ),
            Values::Date(values) => Arc::new(Date32Array::try_new(values.into(), nulls)?),
            Values::Micros { values, zone } => {
                Arc::new(TimestampMicrosecondArray::try_new(values.into(), nulls)?.with_timezone_opt(zone))
            }
            Values::Nanos { values, zone } => {
                Arc::new(TimestampNanosecondArray::try_new(values.into(), nulls)?.with_timezone_opt(zone))
            }
            Values::Text { texts, .. } => texts.finish(nulls)?,
        })
    }
}

fn int64(text: &[u8], lenient: bool) -> Option<i64> {
    let shape = Shape::of(text)?;
    (lenient || (shape.is_integer() && !shape.padded)).then(|| integer::parse(text))?
}

fn float64(text: &[u8], lenient: bool) -> Option<f64> {
    let Some(shape) = Shape::of(text) else { return float::special(text) };
    let keeps = |shape: &Shape| {
        let exact = || integer::parse(text).is_some_and(|value| value.unsigned_abs() <= EXACT);
        !shape.padded && (!shape.is_integer() || exact())
    };
    (lenient || keeps(&shape)).then(|| float::parse(text, &shape))?
}

fn stamp(text: &[u8], zoned: bool, lenient: bool) -> Option<time::Stamp> {
    let stamp = match time::timestamp(text) {
        Some(stamp) => stamp,
        None => {
            let days = time::date(text).filter(|_| lenient)?;
            time::Stamp { seconds: i64::from(days) * 86_400, nanos: 0, fine: false, zoned }
        }
    };
    (stamp.zoned == zoned).then_some(stamp)
}

/// Whether a field starts and ends with a quote.
#[inline]
fn is_in_quotes(quote: Option<u8>, raw: &[u8]) -> bool {
    matches!(raw, [first, .., last] if first == last && Some(*first) == quote)
}

/// The cells of one column in a tile.
struct Cells<'a> {
    source: Source<'a>,
    column: usize,
    place: u32,
    mismatches: &'a mut Vec<Mismatch>,
}

impl Cells<'_> {
    /// Appends values and validity. `fast` takes raw bytes and may decline any of them; what it takes must
    /// be what `convert` would make of the same text.
    #[inline]
    fn append<T: Copy + Default>(
        &mut self,
        values: &mut Vec<T>,
        validity: &mut Vec<u64>,
        fast: impl Fn(&[u8], usize, usize) -> Option<T>,
        convert: impl Fn(&[u8]) -> Option<T>,
    ) {
        let Source { options, data, tile } = self.source;
        let (stride, column) = (tile.stride(), self.column);
        let fast = |start: usize, end: usize| {
            // A text that means null could be a number too.
            if options.nulls.may_be_number(end - start) { None } else { fast(data, start, end) }
        };
        let mut row = 0;
        for group in tile.offsets().chunks(WORD * stride) {
            let mut word = 0;
            let mut room = [T::default(); WORD];
            for ((bit, offsets), place) in group.chunks_exact(stride).enumerate().zip(&mut room) {
                let (start, end) = (offsets[column] as usize, offsets[column + 1] as usize - 1);
                let mut value = fast(start, end);
                if value.is_none() && is_in_quotes(options.dialect.quote, &data[start..end]) {
                    value = fast(start + 1, end - 1);
                }
                if value.is_none() {
                    value = self.convert(row + bit, start..end, &convert);
                }
                word |= u64::from(value.is_some()) << bit;
                *place = value.unwrap_or_default();
            }
            let rows = group.len() / stride;
            values.extend_from_slice(&room[..rows]);
            validity.push(word);
            row += rows;
        }
    }

    /// The value of any cell, null, or a mismatch noted and null.
    fn convert<T>(
        &mut self,
        row: usize,
        field: Range<usize>,
        convert: &impl Fn(&[u8]) -> Option<T>,
    ) -> Option<T> {
        let Source { options, data, .. } = self.source;
        let raw = &data[field.clone()];
        if raw.is_empty() && options.nulls.contain(raw) {
            return None;
        }
        let cell = decode(&options.dialect, raw);
        if options.nulls.contain(if cell.quoted { &cell.text } else { raw }) {
            return None;
        }
        let value = convert(&cell.text);
        if value.is_none() {
            self.mismatch(row, field, false);
        }
        value
    }

    fn append_texts(&mut self, texts: &mut Texts, checked: bool, validity: &mut Vec<u64>) {
        let Source { options, data, tile } = self.source;
        let (stride, column) = (tile.stride(), self.column);
        let dialect = &options.dialect;
        let is_simple = dialect.escape.is_none() && !checked;
        let is_null = |raw: &[u8]| options.strings_can_be_null && options.nulls.contain(raw);
        let mut row = 0;
        for group in tile.offsets().chunks(WORD * stride) {
            let mut word = 0;
            for (bit, offsets) in group.chunks_exact(stride).enumerate() {
                let (start, end) = (offsets[column] as usize, offsets[column + 1] as usize - 1);
                let raw = &data[start..end];
                let is_quoted = matches!((raw.first(), &dialect.quote), (Some(a), Some(b)) if a == b);
                let mut valid = is_quoted || !is_null(raw);
                if !valid {
                    texts.push(&[]);
                } else if is_simple && !is_quoted {
                    texts.push_range(data, start, end);
                } else if is_simple && !tile.has_odd_quotes && is_in_quotes(dialect.quote, raw) {
                    texts.push_range(data, start + 1, end - 1);
                } else {
                    let text = decode(dialect, raw).text;
                    if checked && std::str::from_utf8(&text).is_err() {
                        self.mismatch(row, start..end, true);
                        valid = false;
                        texts.push(&[]);
                    } else {
                        texts.push(&text);
                    }
                }
                word |= u64::from(valid) << bit;
                row += 1;
            }
            validity.push(word);
        }
    }

    #[cold]
    #[inline(never)]
    fn mismatch(&mut self, row: usize, field: Range<usize>, invalid_utf8: bool) {
        self.mismatches.push(Mismatch {
            record: self.source.tile.records[row],
            column: self.place,
            bytes: field.start as u32..field.end as u32,
            invalid_utf8,
        });
    }
}
