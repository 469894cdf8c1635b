//! Accumulators: for one measure, a value per group, by group number.

use super::measure::{Function, Planned};
use super::sum::ExactSum;
use crate::types::{Ordinals, from_ordinals, is_float, is_integer, strict_cast, to_plain};
use arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Decimal256Array, Float64Array, Int64Array, LargeBinaryArray,
    new_null_array,
};
use arrow::datatypes::{DataType, Decimal128Type, Decimal256Type, Float64Type, Int64Type, UInt64Type, i256};
use arrow::record_batch::RecordBatch;
use artemis_plugin_api::{Error, Result};
use std::sync::Arc;

/// What is kept per group. All vectors are as long as there are groups.
#[derive(Clone, Debug, PartialEq)]
pub enum Accumulator {
    /// Rows, or values that are not null.
    Count(Vec<u64>),
    /// Of integers; 2^64 of them fit.
    IntSum { sums: Vec<i128>, counts: Vec<u64> },
    /// Of decimals without their point; 2^64 of 128 bits fit.
    DecimalSum { sums: Vec<i256>, counts: Vec<u64> },
    /// Of floats.
    FloatSum { sums: Vec<ExactSum>, counts: Vec<u64> },
    /// Smallest or largest whole number that stands for a value.
    Extreme { values: Vec<i128>, seen: Vec<bool>, max: bool },
    /// Smallest or largest bytes.
    Bytes { values: Vec<Option<Vec<u8>>>, heap_bytes: usize, max: bool },
    /// Of a column without any value.
    Nothing { groups: usize },
}

impl Accumulator {
    /// The accumulator of a measure, without groups.
    pub fn new(planned: &Planned) -> Self {
        let max = planned.function == Function::Max;
        match (planned.function, &planned.input) {
            (Function::Count, _) => Self::Count(Vec::new()),
            (_, DataType::Null) => Self::Nothing { groups: 0 },
            (Function::Sum | Function::Mean, input) if is_integer(input) => {
                Self::IntSum { sums: Vec::new(), counts: Vec::new() }
            }
            (Function::Sum | Function::Mean, input) if is_float(input) => {
                Self::FloatSum { sums: Vec::new(), counts: Vec::new() }
            }
            (Function::Sum | Function::Mean, _) => Self::DecimalSum { sums: Vec::new(), counts: Vec::new() },
            (Function::Min | Function::Max, input) if is_bytes(input) => {
                Self::Bytes { values: Vec::new(), heap_bytes: 0, max }
            }
            (Function::Min | Function::Max, _) => Self::Extreme { values: Vec::new(), seen: Vec::new(), max },
        }
    }

    /// Makes room for groups.
    pub fn resize(&mut self, groups: usize) {
        match self {
            Self::Count(counts) => counts.resize(groups, 0),
            Self::IntSum { sums, counts } => {
                sums.resize(groups, 0);
                counts.resize(groups, 0);
            }
            Self::DecimalSum { sums, counts } => {
                sums.resize(groups, i256::ZERO);
                counts.resize(groups, 0);
            }
            Self::FloatSum { sums, counts } => {
                sums.resize(groups, ExactSum::default());
                counts.resize(groups, 0);
            }
            Self::Extreme { values, seen, .. } => {
                values.resize(groups, 0);
                seen.resize(groups, false);
            }
            Self::Bytes { values, .. } => values.resize(groups, None),
            Self::Nothing { groups: own } => *own = groups,
        }
    }

    /// Takes the rows of a batch; `numbers` holds the group of each, all of which there is room for.
    ///
    /// # Errors
    /// When a sum of decimals of 256 bits overflows.
    pub fn update(&mut self, planned: &Planned, batch: &RecordBatch, numbers: &[u32]) -> Result<()> {
        let Some(index) = planned.column else {
            if let Self::Count(counts) = self {
                numbers.iter().for_each(|group| counts[*group as usize] += 1);
            }
            return Ok(());
        };
        let column = batch.columns().get(index).ok_or_else(|| Error::new("a column is missing"))?;
        let groups = || numbers.iter().map(|group| *group as usize);
        match self {
            Self::Nothing { .. } => {}
            Self::Count(counts) => match column.logical_nulls() {
                None => groups().for_each(|group| counts[group] += 1),
                Some(nulls) => {
                    groups().zip(nulls.iter()).for_each(|(group, valid)| counts[group] += u64::from(valid));
                }
            },
            Self::IntSum { sums, counts } => {
                let mut add = |group: usize, value: i128| {
                    sums[group] += value;
                    counts[group] += 1;
                };
                let column = to_plain(column)?;
                if *column.data_type() == DataType::UInt64 {
                    each(groups(), column.as_primitive::<UInt64Type>().iter(), |g, v| add(g, v.into()));
                } else {
                    let column = strict_cast(&column, &DataType::Int64)?;
                    each(groups(), column.as_primitive::<Int64Type>().iter(), |g, v| add(g, v.into()));
                }
            }
            Self::FloatSum { sums, counts } => {
                let column = strict_cast(column, &DataType::Float64)?;
                each(groups(), column.as_primitive::<Float64Type>().iter(), |group, value| {
                    sums[group].add(value);
                    counts[group] += 1;
                });
            }
            Self::DecimalSum { sums, counts } => {
                let column = to_plain(column)?;
                let mut add = |group: usize, value: i256| match sums[group].checked_add(value) {
                    Some(sum) => {
                        sums[group] = sum;
                        counts[group] += 1;
                        Ok(())
                    }
                    None => Err(overflow(planned)),
                };
                if let Some(values) = column.as_primitive_opt::<Decimal128Type>() {
                    try_each(groups(), values.iter(), |g, v| add(g, i256::from_i128(v)))?;
                } else {
                    try_each(groups(), column.as_primitive::<Decimal256Type>().iter(), add)?;
                }
            }
            Self::Extreme { values, seen, max } => {
                let max = *max;
                let take = |group: usize, value: i128| {
                    let held = &mut values[group];
                    if !seen[group] || (if max { value > *held } else { value < *held }) {
                        *held = value;
                        seen[group] = true;
                    }
                };
                extreme(&to_plain(column)?, groups(), take)?;
            }
            Self::Bytes { values, heap_bytes, max } => {
                let (mut grown, max) = (*heap_bytes, *max);
                each_bytes(&to_plain(column)?, groups(), |group, value| {
                    take_bytes(&mut values[group], value, max, &mut grown);
                })?;
                *heap_bytes = grown;
            }
        }
        Ok(())
    }

    /// Takes what another accumulated; its group `i` is group `numbers[i]` here, which there is room for.
    ///
    /// # Errors
    /// When the two are not of one measure, or a sum overflows.
    pub fn merge(&mut self, from: Self, planned: &Planned, numbers: &[u32]) -> Result<()> {
        let groups = || numbers.iter().map(|group| *group as usize);
        match (self, from) {
            (Self::Nothing { .. }, Self::Nothing { .. }) => {}
            (Self::Count(into), Self::Count(from)) => {
                groups().zip(from).for_each(|(group, count)| into[group] += count);
            }
            (Self::IntSum { sums, counts }, Self::IntSum { sums: more, counts: many }) => {
                groups().zip(more).for_each(|(group, sum)| sums[group] += sum);
                groups().zip(many).for_each(|(group, count)| counts[group] += count);
            }
            (Self::DecimalSum { sums, counts }, Self::DecimalSum { sums: more, counts: many }) => {
                for (group, sum) in groups().zip(more) {
                    sums[group] = sums[group].checked_add(sum).ok_or_else(|| overflow(planned))?;
                }
                groups().zip(many).for_each(|(group, count)| counts[group] += count);
            }
            (Self::FloatSum { sums, counts }, Self::FloatSum { sums: more, counts: many }) => {
                groups().zip(more).for_each(|(group, sum)| sums[group].merge(&sum));
                groups().zip(many).for_each(|(group, count)| counts[group] += count);
            }
            (Self::Extreme { values, seen, max }, Self::Extreme { values: others, seen: theirs, .. }) => {
                for ((group, value), there) in groups().zip(others).zip(theirs) {
                    let better = if *max { value > values[group] } else { value < values[group] };
                    if there && (!seen[group] || better) {
                        values[group] = value;
                        seen[group] = true;
                    }
                }
            }
            (Self::Bytes { values, heap_bytes, max }, Self::Bytes { values: others, .. }) => {
                for (group, value) in groups().zip(others) {
                    if let Some(value) = value {
                        take_bytes(&mut values[group], &value, *max, heap_bytes);
                    }
                }
            }
            _ => return Err(Error::new("partials of different measures cannot be merged")),
        }
        Ok(())
    }

    /// The outcome for groups, as a column of the planned type.
    ///
    /// # Errors
    /// When a sum does not fit its type.
    pub fn finish(&self, planned: &Planned, groups: &[u32]) -> Result<ArrayRef> {
        let output = planned.field.data_type();
        let mean = planned.function == Function::Mean;
        let groups = groups.iter().map(|group| *group as usize);
        Ok(match self {
            Self::Count(counts) => {
                let values = groups.map(|group| i64::try_from(counts[group]));
                Arc::new(values.collect::<Result<Int64Array, _>>().map_err(|_| overflow(planned))?)
            }
            Self::IntSum { sums, counts } if mean => {
                let means = groups.map(|g| (counts[g] > 0).then(|| sums[g] as f64 / counts[g] as f64));
                Arc::new(means.collect::<Float64Array>())
            }
            Self::IntSum { sums, counts } => {
                let values = groups.map(|group| (counts[group] > 0).then_some(sums[group]));
                from_ordinals(&values.collect::<Vec<_>>(), output).map_err(|_| overflow(planned))?
            }
            Self::FloatSum { sums, counts } => Arc::new(
                groups
                    .map(|group| {
                        let divisor = if mean { counts[group] as f64 } else { 1.0 };
                        (counts[group] > 0).then(|| sums[group].value() / divisor)
                    })
                    .collect::<Float64Array>(),
            ),
            Self::DecimalSum { sums, counts } if mean => {
                let scale = match planned.input {
                    DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => i32::from(scale),
                    _ => 0,
                };
                let mean = |group: usize| {
                    // Through text, which is rounded once, unlike a division by a power of ten.
                    let sum: f64 = format!("{}e{}", sums[group], -scale).parse().unwrap_or(f64::NAN);
                    sum / counts[group] as f64
                };
                Arc::new(groups.map(|g| (counts[g] > 0).then(|| mean(g))).collect::<Float64Array>())
            }
            Self::DecimalSum { sums, counts } => decimals(planned, groups.map(|g| (sums[g], counts[g] > 0)))?,
            Self::Extreme { values, seen, .. } => {
                let values = groups.map(|group| seen[group].then_some(values[group]));
                from_ordinals(&values.collect::<Vec<_>>(), output)?
            }
            Self::Bytes { values, .. } => {
                let values = groups.map(|group| values[group].as_deref());
                from_bytes(values, output)?
            }
            Self::Nothing { .. } => new_null_array(output, groups.count()),
        })
    }

    /// Bytes of a group's outcome, for cutting batches.
    pub fn width_bytes(&self, group: u32) -> usize {
        match self {
            Self::Bytes { values, .. } => values[group as usize].as_ref().map_or(0, Vec::len),
            _ => 16,
        }
    }

    /// Size in bytes.
    pub fn size_bytes(&self) -> usize {
        match self {
            Self::Count(counts) => counts.capacity() * 8,
            Self::IntSum { sums, .. } => sums.capacity() * 24,
            Self::DecimalSum { sums, .. } => sums.capacity() * 40,
            // A sum is two or three floats and their list.
            Self::FloatSum { sums, .. } => sums.capacity() * (size_of::<ExactSum>() + 8 + 32),
            Self::Extreme { values, .. } => values.capacity() * 17,
            Self::Bytes { values, heap_bytes, .. } => {
                values.capacity() * size_of::<Option<Vec<u8>>>() + heap_bytes
            }
            Self::Nothing { .. } => 0,
        }
    }
}

fn is_bytes(input: &DataType) -> bool {
    use DataType::*;
    matches!(input, Utf8 | LargeUtf8 | Binary | LargeBinary | FixedSizeBinary(_) | Decimal256(..))
}

fn overflow(planned: &Planned) -> Error {
    let (name, output) = (planned.field.name(), planned.field.data_type());
    Error::bad_data(format!("the measure `{name}` of some group does not fit {output}")).in_column(name)
}

#[inline]
fn each<T>(
    groups: impl Iterator<Item = usize>,
    values: impl Iterator<Item = Option<T>>,
    mut take: impl FnMut(usize, T),
) {
    for (group, value) in groups.zip(values) {
        if let Some(value) = value {
            take(group, value);
        }
    }
}

fn try_each<T>(
    groups: impl Iterator<Item = usize>,
    values: impl Iterator<Item = Option<T>>,
    mut take: impl FnMut(usize, T) -> Result<()>,
) -> Result<()> {
    groups.zip(values).try_for_each(|(group, value)| value.map_or(Ok(()), |value| take(group, value)))
}

fn extreme(
    column: &ArrayRef,
    groups: impl Iterator<Item = usize>,
    mut take: impl FnMut(usize, i128),
) -> Result<()> {
    match Ordinals::read(column)? {
        Ordinals::Signed(values) | Ordinals::Float(values) => {
            each(groups, values.iter(), |g, v| take(g, v.into()))
        }
        Ordinals::Unsigned(values) => each(groups, values.iter(), |g, v| take(g, v.into())),
        Ordinals::Decimal(values) => each(groups, values.iter(), take),
    }
    Ok(())
}

/// Bytes in the order of the values: text and binary as they are, decimals of 256 bits big-endian with the sign
/// turned.
fn each_bytes(
    column: &ArrayRef,
    groups: impl Iterator<Item = usize>,
    mut take: impl FnMut(usize, &[u8]),
) -> Result<()> {
    match column.data_type() {
        DataType::Utf8 => each(groups, column.as_string::<i32>().iter(), |g, v| take(g, v.as_bytes())),
        DataType::LargeUtf8 => each(groups, column.as_string::<i64>().iter(), |g, v| take(g, v.as_bytes())),
        DataType::Binary => each(groups, column.as_binary::<i32>().iter(), take),
        DataType::LargeBinary => each(groups, column.as_binary::<i64>().iter(), take),
        DataType::FixedSizeBinary(_) => each(groups, column.as_fixed_size_binary().iter(), take),
        DataType::Decimal256(..) => each(groups, column.as_primitive::<Decimal256Type>().iter(), |g, v| {
            take(g, &turned(v.to_be_bytes()));
        }),
        other => return Err(Error::unsupported(format!("{other} has no order that is supported"))),
    }
    Ok(())
}

fn turned(mut bytes: [u8; 32]) -> [u8; 32] {
    bytes[0] ^= 0x80;
    bytes
}

fn take_bytes(held: &mut Option<Vec<u8>>, value: &[u8], max: bool, heap_bytes: &mut usize) {
    match held {
        None => {
            *heap_bytes += value.len();
            *held = Some(value.to_vec());
        }
        Some(best) => {
            if if max { value > best.as_slice() } else { value < best.as_slice() } {
                *heap_bytes = *heap_bytes - best.len() + value.len();
                best.clear();
                best.extend_from_slice(value);
            }
        }
    }
}

fn from_bytes<'a>(values: impl Iterator<Item = Option<&'a [u8]>>, output: &DataType) -> Result<ArrayRef> {
    if let DataType::Decimal256(..) = output {
        let decode = |bytes: &[u8]| bytes.try_into().map(|bytes| i256::from_be_bytes(turned(bytes)));
        let decimals: Decimal256Array = values
            .map(|value| value.map(decode).transpose())
            .collect::<Result<_, _>>()
            .map_err(|_| Error::bad_data("a decimal of 256 bits must have 32 bytes"))?;
        return Ok(Arc::new(decimals.with_data_type(output.clone())));
    }
    let array: ArrayRef = Arc::new(values.collect::<LargeBinaryArray>());
    strict_cast(&array, output)
}

fn decimals(planned: &Planned, sums: impl Iterator<Item = (i256, bool)>) -> Result<ArrayRef> {
    let output = planned.field.data_type();
    let sums: Decimal256Array = sums.map(|(sum, any)| any.then_some(sum)).collect();
    let too_large = |_| overflow(planned);
    Ok(match output {
        DataType::Decimal128(precision, _) => {
            let narrow: Decimal128Array = sums
                .iter()
                .map(|sum| sum.map(|sum| sum.to_i128().ok_or_else(|| overflow(planned))).transpose())
                .collect::<Result<_>>()?;
            narrow.validate_decimal_precision(*precision).map_err(too_large)?;
            Arc::new(narrow.with_data_type(output.clone()))
        }
        DataType::Decimal256(precision, _) => {
            sums.validate_decimal_precision(*precision).map_err(too_large)?;
            Arc::new(sums.with_data_type(output.clone()))
        }
        other => return Err(Error::new(format!("a sum of decimals cannot be {other}"))),
    })
}
