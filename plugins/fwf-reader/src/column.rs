//! One column of a batch, appended tile by tile.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, Float64Array, Int64Array,
    Time64MicrosecondArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow::datatypes::{DataType, TimeUnit, i256};
use arrow::error::ArrowError;
use artemis_record_layout::{Form, Pattern, Value};

use crate::binary::{hex_float, ieee_float, integer};
use crate::cell::Ready;
use crate::fault::Fault;
use crate::number::{Shape, float, number};
use crate::parse::Mismatch;
use crate::rows::Rows;
use crate::text::{Texts, trimmed};
use crate::time::{Stamp, stamp};
use crate::whole::Whole;
use crate::{packed, zoned};

/// Rows per word of a bitmap. All tiles but the last hold a multiple of it.
const WORD: usize = 64;
/// Digits that an `i128` holds as a decimal.
const DECIMAL128_DIGITS: u8 = 38;

/// The Arrow type of a value; `None` where there is no column.
pub(crate) fn data_type(value: Value) -> Option<DataType> {
    Some(match value {
        Value::Skipped => return None,
        Value::Text => DataType::Utf8,
        Value::Bytes => DataType::Binary,
        Value::Bool => DataType::Boolean,
        Value::Int64 => DataType::Int64,
        Value::UInt64 => DataType::UInt64,
        Value::Decimal { precision, scale } if precision <= DECIMAL128_DIGITS => {
            DataType::Decimal128(precision, scale)
        }
        Value::Decimal { precision, scale } => DataType::Decimal256(precision, scale),
        Value::Float64 => DataType::Float64,
        Value::Date => DataType::Date32,
        Value::Time => DataType::Time64(TimeUnit::Microsecond),
        Value::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
    })
}

/// What the cells of a column are made into.
#[derive(Debug)]
enum Values {
    Int64(Vec<i64>),
    UInt64(Vec<u64>),
    Decimal128(Vec<i128>),
    Decimal256(Vec<i256>),
    Float64(Vec<f64>),
    Bool(Vec<bool>),
    Date(Vec<i32>),
    /// Times of day and timestamps.
    Micros(Vec<i64>),
    /// Texts and bytes.
    Texts(Texts),
}

/// A column under construction.
#[derive(Debug)]
pub(crate) struct Column<'a> {
    ready: &'a Ready,
    /// Its place in the schema.
    place: u32,
    values: Values,
    validity: Vec<u64>,
    rows: usize,
}

/// A tile of a chunk's rows.
#[derive(Clone, Debug)]
pub(crate) struct Tile<'a> {
    pub chunk: &'a [u8],
    /// All of the chunk is ASCII, so that no text of it needs to be looked at.
    pub is_ascii: bool,
    pub rows: &'a Rows,
    pub range: Range<usize>,
}

impl<'a> Column<'a> {
    /// An empty column of a field that is not skipped, with room for `rows`.
    pub fn new(ready: &'a Ready, place: u32, rows: usize) -> Self {
        let values = match data_type(ready.field.value) {
            Some(DataType::Int64) => Values::Int64(Vec::with_capacity(rows)),
            Some(DataType::UInt64) => Values::UInt64(Vec::with_capacity(rows)),
            Some(DataType::Decimal128(..)) => Values::Decimal128(Vec::with_capacity(rows)),
            Some(DataType::Decimal256(..)) => Values::Decimal256(Vec::with_capacity(rows)),
            Some(DataType::Float64) => Values::Float64(Vec::with_capacity(rows)),
            Some(DataType::Boolean) => Values::Bool(Vec::with_capacity(rows)),
            Some(DataType::Date32) => Values::Date(Vec::with_capacity(rows)),
            Some(DataType::Time64(_) | DataType::Timestamp(..)) => Values::Micros(Vec::with_capacity(rows)),
            _ => {
                let mut texts = Texts::default();
                texts.reserve(rows, 0);
                Values::Texts(texts)
            }
        };
        Self { ready, place, values, validity: Vec::with_capacity(rows / WORD + 1), rows: 0 }
    }

    /// Appends the cells of a tile; notes those that do not convert, and makes nulls of them.
    pub fn append(&mut self, tile: &Tile<'_>, mismatches: &mut Vec<Mismatch>) {
        let ready = self.ready;
        let field = &ready.field;
        let mut cells = Cells { tile, ready, place: self.place, validity: &mut self.validity, mismatches };
        let mut scratch = Vec::new();
        match (&mut self.values, &field.form) {
            (Values::Texts(texts), Form::Bytes) => cells.bytes(texts),
            (Values::Texts(texts), _) => cells.texts(texts),
            (Values::Int64(values), _) => cells.numbers(values),
            (Values::Decimal128(values), _) => cells.numbers(values),
            (Values::Decimal256(values), _) => cells.numbers(values),
            (Values::UInt64(values), form) => {
                let Form::Binary { order, .. } = *form else { return };
                cells.each(values, |cell| Ok(ready.unless_zero(integer(cell, order, false) as u64)));
            }
            (Values::Float64(values), form) => match *form {
                Form::HexFloat { order } => {
                    cells.each(values, |cell| Ok(ready.unless_zero(hex_float(cell, order))))
                }
                Form::IeeeFloat { order } => {
                    cells.each(values, |cell| Ok(ready.unless_zero(ieee_float(cell, order))))
                }
                Form::Float { point } => {
                    let mut other = Vec::new();
                    cells.each(values, |cell| {
                        let value = float(ready.ascii(cell, &mut scratch), point, &mut other)?;
                        Ok(ready.unless_zero(value))
                    });
                }
                _ => {}
            },
            (Values::Bool(values), form) => {
                let Form::Bool { true_values, false_values } = form else { return };
                let mut text = Vec::new();
                cells.each(values, |cell| {
                    text.clear();
                    text.extend_from_slice(ready.ascii(cell, &mut scratch).trim_ascii());
                    let is_one_of = |words: &[String]| words.iter().any(|word| word.as_bytes() == text);
                    match (is_one_of(true_values), is_one_of(false_values)) {
                        (true, _) => Ok(Some(true)),
                        (_, true) => Ok(Some(false)),
                        _ => Err(Fault::Word),
                    }
                });
            }
            (Values::Date(values), form) => {
                cells.each(values, |cell| Ok(time(ready, form, cell, &mut scratch)?.map(|stamp| stamp.days)));
            }
            (Values::Micros(values), form) => {
                cells.each(values, |cell| Ok(time(ready, form, cell, &mut scratch)?.map(Stamp::epoch_micros)))
            }
        }
        self.rows += tile.range.len();
    }

    /// The array.
    ///
    /// # Errors
    /// Those of arrow; none for what was appended.
    pub fn finish(self) -> Result<ArrayRef, ArrowError> {
        let bits = BooleanBuffer::new(Buffer::from_vec(self.validity), 0, self.rows);
        let nulls = Some(NullBuffer::new(bits)).filter(|nulls| nulls.null_count() > 0);
        let field = &self.ready.field;
        Ok(match (self.values, field.value) {
            (Values::Int64(values), _) => Arc::new(Int64Array::try_new(values.into(), nulls)?),
            (Values::UInt64(values), _) => Arc::new(UInt64Array::try_new(values.into(), nulls)?),
            (Values::Decimal128(values), Value::Decimal { precision, scale }) => {
                let array = Decimal128Array::try_new(values.into(), nulls)?;
                Arc::new(array.with_precision_and_scale(precision, scale)?)
            }
            (Values::Decimal256(values), Value::Decimal { precision, scale }) => {
                let array = Decimal256Array::try_new(values.into(), nulls)?;
                Arc::new(array.with_precision_and_scale(precision, scale)?)
            }
            (Values::Float64(values), _) => Arc::new(Float64Array::try_new(values.into(), nulls)?),
            (Values::Bool(values), _) => Arc::new(BooleanArray::new(values.into(), nulls)),
            (Values::Date(values), _) => Arc::new(Date32Array::try_new(values.into(), nulls)?),
            (Values::Micros(values), Value::Time) => {
                Arc::new(Time64MicrosecondArray::try_new(values.into(), nulls)?)
            }
            (Values::Micros(values), _) => {
                Arc::new(TimestampMicrosecondArray::try_new(values.into(), nulls)?)
            }
            (Values::Texts(texts), Value::Bytes) => texts.into_binary(nulls)?,
            (Values::Texts(texts), _) => texts.into_strings(nulls)?,
            (Values::Decimal128(_) | Values::Decimal256(_), other) => {
                return Err(ArrowError::SchemaError(format!("decimals cannot become {other}")));
            }
        })
    }
}

/// The date or time of a cell; `None` where its zeros mean that there is none.
fn time(ready: &Ready, form: &Form, cell: &[u8], scratch: &mut Vec<u8>) -> Result<Option<Stamp>, Fault> {
    let of_digits = |digits: &[u8], pattern: &Pattern| {
        let is_null = ready.zero_is_null && digits.iter().all(|digit| *digit == b'0');
        if is_null { Ok(None) } else { stamp(digits, pattern).map(Some) }
    };
    match form {
        Form::Time(pattern) => stamp(ready.ascii(cell, scratch).trim_ascii(), pattern).map(Some),
        Form::Zoned { sign, time: Some(pattern), .. } => {
            zoned::digits_of(cell, *sign, ready.field.encoding.is_ebcdic(), scratch)?;
            of_digits(scratch, pattern)
        }
        Form::Packed { digits, time: Some(pattern), .. } => {
            packed::digits_of(cell, *digits, scratch)?;
            of_digits(scratch, pattern)
        }
        _ => Err(Fault::Pattern),
    }
}

/// The cells of one column in a tile.
struct Cells<'a, 't> {
    tile: &'a Tile<'t>,
    ready: &'a Ready,
    place: u32,
    validity: &'a mut Vec<u64>,
    mismatches: &'a mut Vec<Mismatch>,
}

impl Cells<'_, '_> {
    /// Appends whole numbers: integers, and the digits of decimals.
    fn numbers<W: Whole>(&mut self, values: &mut Vec<W>) {
        let ready = self.ready;
        let some = |value: W| ready.unless_zero(value);
        let zeros = |scale: i32| u32::try_from(-scale).unwrap_or(0);
        match ready.field.form {
            Form::Number { digits, scale, point } => {
                let scale = u32::try_from(scale).unwrap_or(0);
                let shape = Shape { digits: digits.max(scale), scale, point };
                let mut scratch = Vec::new();
                self.each(values, |cell| Ok(some(number(ready.ascii(cell, &mut scratch), shape)?)));
            }
            Form::Zoned { scale, sign, .. } => {
                let (ebcdic, zeros) = (ready.field.encoding.is_ebcdic(), zeros(scale));
                self.each(values, |cell| Ok(some(zoned::zoned::<W>(cell, sign, ebcdic)?.with_zeros(zeros))));
            }
            Form::Packed { digits, scale, signed, .. } => {
                let zeros = zeros(scale);
                self.each(values, |cell| {
                    Ok(some(packed::packed::<W>(cell, digits, signed)?.with_zeros(zeros)))
                });
            }
            Form::Binary { scale, signed, order } => {
                let zeros = zeros(scale);
                self.each(values, |cell| Ok(some(W::of(integer(cell, order, signed)).with_zeros(zeros))));
            }
            _ => {}
        }
    }

    /// Appends values and validity.
    #[inline]
    fn each<T: Copy + Default>(
        &mut self,
        values: &mut Vec<T>,
        mut convert: impl FnMut(&[u8]) -> Result<Option<T>, Fault>,
    ) {
        let (tile, ready) = (self.tile, self.ready);
        let (offset, width) = (ready.field.offset as usize, ready.field.width as usize);
        let mut pad = Vec::new();
        self.words(|row| {
            let cell = tile.rows.cell(tile.chunk, row, offset, width);
            let whole = if cell.len() < width { ready.padded(cell, &mut pad) } else { Ok(cell) };
            let value = match whole {
                Ok(cell) if ready.is_null(cell) => Ok(None),
                Ok(cell) => convert(cell),
                Err(fault) => Err(fault),
            };
            values.push(value.ok().flatten().unwrap_or_default());
            value.map(|value| value.is_some())
        });
    }

    /// Runs over the rows; gathers validity and faults.
    #[inline]
    fn words(&mut self, mut take: impl FnMut(usize) -> Result<bool, Fault>) {
        let range = self.tile.range.clone();
        for start in range.clone().step_by(WORD) {
            let mut word = 0;
            for (bit, row) in (start..range.end.min(start + WORD)).enumerate() {
                match take(row) {
                    Ok(valid) => word |= u64::from(valid) << bit,
                    Err(fault) => self.mismatch(row, fault),
                }
            }
            self.validity.push(word);
        }
    }

    fn bytes(&mut self, texts: &mut Texts) {
        let (tile, ready) = (self.tile, self.ready);
        let (offset, width) = (ready.field.offset as usize, ready.field.width as usize);
        texts.reserve(0, tile.range.len() * width);
        self.words(|row| {
            let cell = tile.rows.cell(tile.chunk, row, offset, width);
            let whole = cell.len() == width;
            let valid = whole && !ready.is_null(cell);
            texts.push(if valid { cell } else { &[] });
            if whole { Ok(valid) } else { Err(Fault::Short) }
        });
    }

    fn texts(&mut self, texts: &mut Texts) {
        let (tile, ready) = (self.tile, self.ready);
        let (offset, width) = (ready.field.offset as usize, ready.field.width as usize);
        let trim = ready.field.trim;
        // Where all is ASCII, or the page is one of ASCII's, nothing is translated.
        let plain = tile.is_ascii && !ready.field.encoding.is_ebcdic();
        let room = tile.range.len() * width.min(1 << 10);
        texts.reserve(0, room);
        self.words(|row| {
            let cell = tile.rows.cell(tile.chunk, row, offset, width);
            let Some(blank) = ready.blank else {
                let text = ready.decoded(cell);
                let shown = text.as_ref().map_or(None, |text| text.as_deref()).unwrap_or_default();
                texts.push(shown.as_bytes());
                return text.map(|text| text.is_some());
            };
            if ready.is_null(cell) {
                texts.push(&[]);
                return Ok(false);
            }
            let text = trimmed(cell, trim, blank);
            let pushed = match &ready.page {
                _ if plain => {
                    texts.push(text);
                    Ok(())
                }
                Some(page) => texts.push_page(text, page),
                None if std::str::from_utf8(text).is_ok() => {
                    texts.push(text);
                    Ok(())
                }
                None => Err(Fault::Encoding),
            };
            if pushed.is_err() {
                texts.push(&[]);
            }
            pushed.map(|()| true)
        });
    }

    #[cold]
    #[inline(never)]
    fn mismatch(&mut self, row: usize, fault: Fault) {
        self.mismatches.push(Mismatch { row: row as u32, column: self.place, fault });
    }
}
