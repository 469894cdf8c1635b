//! Types from texts.
//!
//! What a column has shown is a small state. States merge in any order and grouping to the same result,
//! so samples of many chunks and many inputs can be looked at on all cores.

use std::collections::HashMap;

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};

use crate::cell::decode;
use crate::datatype::{EXACT_F64, UTC};
use crate::float::{self, EXACT};
use crate::index::{Indexer, Tile};
use crate::integer;
use crate::number::Shape;
use crate::options::{CsvError, Options, check_length};
use crate::parse::tile_rows;
use crate::time;

/// Most digits of a decimal.
pub(crate) const DECIMAL_DIGITS: u8 = 38;
/// Digits that a 64-bit float always keeps apart.
const FLOAT_DIGITS: usize = 17;

/// What the texts of one column have shown so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnState {
    /// Some text fits no other type. Then nothing else is noted, as nothing else can matter.
    text: bool,
    truth: bool,
    integer: bool,
    /// A number with a point, or `-0`.
    point: bool,
    exponent: bool,
    /// `nan` or `inf`.
    special: bool,
    date: bool,
    local: bool,
    zoned: bool,
    /// An integer beyond 2^53 in magnitude.
    integer_over_exact: bool,
    /// An integer that 64 bits do not hold.
    integer_over_64: bool,
    /// A number with a point and more digits than a float keeps.
    point_over_float: bool,
    integer_digits: usize,
    fraction_digits: usize,
    /// A timestamp with more than six fraction digits.
    fine: bool,
    /// A timestamp outside of what 64 bits of nanoseconds hold.
    far: bool,
}

impl ColumnState {
    /// Adds what another state has seen.
    pub fn merge(&mut self, other: &Self) {
        if self.text || other.text {
            *self = Self { text: true, ..Self::default() };
            return;
        }
        self.truth |= other.truth;
        self.integer |= other.integer;
        self.point |= other.point;
        self.exponent |= other.exponent;
        self.special |= other.special;
        self.date |= other.date;
        self.local |= other.local;
        self.zoned |= other.zoned;
        self.integer_over_exact |= other.integer_over_exact;
        self.integer_over_64 |= other.integer_over_64;
        self.point_over_float |= other.point_over_float;
        self.integer_digits = self.integer_digits.max(other.integer_digits);
        self.fraction_digits = self.fraction_digits.max(other.fraction_digits);
        self.fine |= other.fine;
        self.far |= other.far;
    }

    /// The narrowest type that keeps everything seen. Nothing seen is the null type.
    pub fn data_type(&self) -> DataType {
        // `nan` and `inf` are numbers only beside true ones.
        let number = self.integer || self.point || self.exponent;
        let kinds = [self.truth, number, self.date, self.local, self.zoned];
        match (self.text, kinds.iter().filter(|kind| **kind).count()) {
            (false, 0) if !self.special => DataType::Null,
            (false, 1) if number => self.number_type(),
            (false, 1) if self.special => DataType::Utf8,
            (false, 1) if self.truth => DataType::Boolean,
            (false, 1) if self.date => DataType::Date32,
            (false, 1) => self.timestamp_type(),
            _ => DataType::Utf8,
        }
    }

    fn number_type(&self) -> DataType {
        let digits = self.integer_digits + self.fraction_digits;
        let fits = digits <= usize::from(DECIMAL_DIGITS) && !self.exponent && !self.special;
        // All 38 digits, so that a longer number in a later chunk is no new type.
        let decimal = DataType::Decimal128(DECIMAL_DIGITS, self.fraction_digits as i8);
        if !self.point && !self.exponent && !self.special {
            match (self.integer_over_64, fits) {
                (false, _) => DataType::Int64,
                (true, true) => decimal,
                (true, false) => DataType::Utf8,
            }
        } else if self.integer_over_exact {
            if fits { decimal } else { DataType::Utf8 }
        } else if self.point_over_float && fits {
            decimal
        } else {
            DataType::Float64
        }
    }

    fn timestamp_type(&self) -> DataType {
        let unit = match (self.fine, self.far) {
            (true, true) => return DataType::Utf8,
            (true, false) => TimeUnit::Nanosecond,
            (false, _) => TimeUnit::Microsecond,
        };
        DataType::Timestamp(unit, self.zoned.then(|| UTC.into()))
    }

    /// Notes a text that is not null. Truth values come first, as they may be given as `0` and `1`.
    fn see(&mut self, options: &Options, text: &[u8]) {
        if options.truth(text).is_some() {
            self.truth = true;
        } else if let Some(shape) = Shape::of(text) {
            self.see_number(text, &shape);
        } else if time::date(text).is_some() {
            self.date = true;
        } else if let Some(stamp) = time::timestamp(text) {
            self.zoned |= stamp.zoned;
            self.local |= !stamp.zoned;
            self.fine |= stamp.fine;
            self.far |= stamp.nanos().is_none();
        } else if float::special(text).is_some() {
            self.special = true;
        } else {
            self.see_text();
        }
    }

    fn see_number(&mut self, text: &[u8], shape: &Shape) {
        if shape.padded {
            self.see_text();
        } else if shape.is_integer() {
            self.see_integer(shape.integer_digits, integer::parse(text));
        } else if float::parse(text, shape).is_none() {
            self.see_text();
        } else if shape.exponent {
            self.exponent = true;
        } else {
            self.point = true;
            self.point_over_float |= shape.significant_digits > FLOAT_DIGITS;
            self.integer_digits = self.integer_digits.max(shape.integer_digits);
            self.fraction_digits = self.fraction_digits.max(shape.fraction_digits);
        }
    }

    #[inline]
    fn see_integer(&mut self, digits: usize, value: Option<i64>) {
        self.integer = true;
        self.integer_digits = self.integer_digits.max(digits);
        self.integer_over_64 |= value.is_none();
        self.integer_over_exact |= value.is_none_or(|value| value.unsigned_abs() > EXACT);
    }

    fn see_text(&mut self) {
        *self = Self { text: true, ..Self::default() };
    }
}

/// What the columns of some chunks have shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inference {
    columns: Vec<ColumnState>,
    records: u64,
    record_errors: u64,
}

impl Inference {
    /// Nothing seen yet of inputs with `width` columns.
    pub fn new(width: usize) -> Self {
        Self { columns: vec![ColumnState::default(); width], records: 0, record_errors: 0 }
    }

    /// The state of each column.
    pub fn columns(&self) -> &[ColumnState] {
        &self.columns
    }

    /// Records seen, those of a wrong number of fields included.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Records seen that are no rows; they say nothing about types.
    pub fn record_errors(&self) -> u64 {
        self.record_errors
    }

    /// Looks at a chunk of whole records, without header.
    ///
    /// # Errors
    /// [`CsvError::ChunkTooLong`] at 2 GiB and more.
    pub fn scan(&mut self, options: &Options, chunk: &[u8]) -> Result<(), CsvError> {
        check_length(chunk)?;
        let width = self.columns.len();
        let mut indexer = Indexer::new(&options.dialect, chunk, width);
        let mut tile = Tile::default();
        while indexer.fill(&mut tile, tile_rows(width)) {
            for (column, state) in self.columns.iter_mut().enumerate() {
                scan_column(options, chunk, &tile, column, state);
            }
        }
        self.records += u64::from(indexer.records());
        self.record_errors += indexer.errors.len() as u64;
        Ok(())
    }

    /// Adds what another inference has seen. Columns are matched by place; one that only `other` has is
    /// added at the end.
    pub fn merge(&mut self, other: &Self) {
        let width = self.columns.len().max(other.columns.len());
        self.columns.resize(width, ColumnState::default());
        for (state, other) in self.columns.iter_mut().zip(&other.columns) {
            state.merge(other);
        }
        self.records += other.records;
        self.record_errors += other.record_errors;
    }

    /// The schema of columns of these names. Types given in the options win.
    pub fn schema(&self, names: &[String], options: &Options) -> Schema {
        let field = |(i, name): (usize, &String)| {
            let state = self.columns.get(i).cloned().unwrap_or_default();
            match options.types.get(name) {
                Some(given) => Field::new(name, given.clone(), true),
                None => {
                    let field = Field::new(name, state.data_type(), true);
                    if state.integer_over_exact && *field.data_type() == DataType::Int64 {
                        field.with_metadata(HashMap::from([(EXACT_F64.into(), "false".into())]))
                    } else {
                        field
                    }
                }
            }
        };
        Schema::new(names.iter().enumerate().map(field).collect::<Vec<_>>())
    }
}

fn scan_column(options: &Options, data: &[u8], tile: &Tile, column: usize, state: &mut ColumnState) {
    let numbers_are_plain = options.true_values.is_empty() && options.false_values.is_empty();
    for row in 0..tile.rows() {
        if state.text {
            return;
        }
        let field = tile.field(row, column);
        let (start, end) = (field.start as usize, field.end as usize);
        if numbers_are_plain
            && !options.nulls.may_be_number(end - start)
            && let Some(value) = integer::fast(data, start, end)
        {
            let digits = if value == 0 { 0 } else { end - start - usize::from(value < 0) };
            state.see_integer(digits, Some(value));
            continue;
        }
        let raw = &data[start..end];
        let cell = decode(&options.dialect, raw);
        // A quoted null decides nothing: it is a text in a text column and null in any other.
        let is_null = options.nulls.contain(if cell.quoted { &cell.text } else { raw });
        if !is_null {
            state.see(options, &cell.text);
        }
    }
}
