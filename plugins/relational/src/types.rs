//! Arrow types as these components see them: plain types, and values as whole numbers on the axis of their type.

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, Int64Array, UInt64Array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type, TimeUnit, UInt64Type};
use artemis_plugin_api::{Error, Result};
use std::sync::Arc;

/// The plain form of a type: no dictionaries, no views, decimals of 128 or 256 bits.
pub fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, values) => plain(values),
        DataType::RunEndEncoded(_, values) => plain(values.data_type()),
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            DataType::Decimal128(*precision, *scale)
        }
        other => other.clone(),
    }
}

/// A cast that fails where a value does not fit, instead of making a null.
///
/// # Errors
/// When there is no such cast or a value does not fit.
pub fn strict_cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    if array.data_type() == to {
        return Ok(array.clone());
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    Ok(cast_with_options(array, to, &options)?)
}

/// The array in its plain type.
///
/// # Errors
/// When a value does not fit, such as more than 2 GiB of text.
pub fn to_plain(array: &ArrayRef) -> Result<ArrayRef> {
    strict_cast(array, &plain(array.data_type()))
}

/// Whole numbers, by sign.
pub fn is_unsigned(data_type: &DataType) -> bool {
    use DataType::{UInt8, UInt16, UInt32, UInt64};
    matches!(data_type, UInt8 | UInt16 | UInt32 | UInt64)
}

/// Whole numbers of any width.
pub fn is_integer(data_type: &DataType) -> bool {
    use DataType::{Int8, Int16, Int32, Int64};
    is_unsigned(data_type) || matches!(data_type, Int8 | Int16 | Int32 | Int64)
}

/// Floats of any width.
pub fn is_float(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Float16 | DataType::Float32 | DataType::Float64)
}

/// The whole numbers that stand for the values of a type, in the same order: integers as they are, dates and
/// timestamps in their unit, decimals without their point, false and true as 0 and 1. `None`: not such a type.
pub fn ordinal_range(data_type: &DataType) -> Option<(i128, i128)> {
    use DataType::*;
    Some(match data_type {
        Boolean => (0, 1),
        Int8 => (i8::MIN.into(), i8::MAX.into()),
        Int16 => (i16::MIN.into(), i16::MAX.into()),
        Int32 | Date32 | Time32(_) => (i32::MIN.into(), i32::MAX.into()),
        Int64 | Date64 | Time64(_) | Timestamp(..) | Duration(_) => (i64::MIN.into(), i64::MAX.into()),
        UInt8 => (0, u8::MAX.into()),
        UInt16 => (0, u16::MAX.into()),
        UInt32 => (0, u32::MAX.into()),
        UInt64 => (0, u64::MAX.into()),
        Decimal128(..) => (i128::MIN, i128::MAX),
        _ => return None,
    })
}

/// Values of a column as whole numbers.
pub enum Ordinals {
    /// Everything that fits 64 bits with sign.
    Signed(Int64Array),
    /// Unsigned integers of 64 bits.
    Unsigned(UInt64Array),
    /// Decimals without their point.
    Decimal(Decimal128Array),
    /// Floats in their total order, as [`float_ordinal`] gives it.
    Float(Int64Array),
}

impl Ordinals {
    /// Reads a column of a plain type.
    ///
    /// # Errors
    /// When the type has no whole numbers that stand for its values.
    pub fn read(array: &ArrayRef) -> Result<Self> {
        Ok(match array.data_type() {
            DataType::UInt64 => Self::Unsigned(array.as_primitive::<UInt64Type>().clone()),
            DataType::Decimal128(..) => Self::Decimal(array.as_primitive::<Decimal128Type>().clone()),
            float if is_float(float) => {
                let wide = strict_cast(array, &DataType::Float64)?;
                Self::Float(wide.as_primitive::<Float64Type>().unary(float_ordinal))
            }
            other if ordinal_range(other).is_some() => {
                Self::Signed(strict_cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
            }
            other => return Err(Error::unsupported(format!("{other} has no order that is supported"))),
        })
    }
}

/// A float as a whole number in the same order: −0 before 0, NaN (of any sign and payload) above all.
pub fn float_ordinal(value: f64) -> i64 {
    let value = if value.is_nan() { f64::NAN } else { value };
    flip(value.to_bits() as i64)
}

/// The float of [`float_ordinal`].
pub fn ordinal_float(ordinal: i64) -> f64 {
    f64::from_bits(flip(ordinal) as u64)
}

/// Negative floats are ordered against their bits: turns all bits but the sign. Its own inverse.
fn flip(bits: i64) -> i64 {
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// The array of a type whose values the whole numbers stand for.
///
/// # Errors
/// When a number is out of the type's range, or the type has no such numbers.
pub fn from_ordinals(values: &[Option<i128>], data_type: &DataType) -> Result<ArrayRef> {
    if is_float(data_type) {
        let floats: arrow::array::Float64Array = values
            .iter()
            .map(|value| value.map(|v| i64::try_from(v).map(ordinal_float)).transpose())
            .collect::<Result<_, _>>()
            .map_err(|_| out_of_range(data_type))?;
        return strict_cast(&(Arc::new(floats) as ArrayRef), data_type);
    }
    let (lowest, highest) = ordinal_range(data_type)
        .ok_or_else(|| Error::unsupported(format!("{data_type} has no order that is supported")))?;
    if values.iter().flatten().any(|value| *value < lowest || *value > highest) {
        return Err(out_of_range(data_type));
    }
    let array: ArrayRef = match data_type {
        DataType::Decimal128(..) => {
            Arc::new(values.iter().copied().collect::<Decimal128Array>().with_data_type(data_type.clone()))
        }
        DataType::UInt64 => Arc::new(values.iter().map(|v| v.map(|v| v as u64)).collect::<UInt64Array>()),
        _ => Arc::new(values.iter().map(|v| v.map(|v| v as i64)).collect::<Int64Array>()),
    };
    // Types of 32 bits are reached through their own width.
    let array = match data_type {
        DataType::Date32 | DataType::Time32(_) => strict_cast(&array, &DataType::Int32)?,
        _ => array,
    };
    strict_cast(&array, data_type)
}

fn out_of_range(data_type: &DataType) -> Error {
    Error::bad_data(format!("a value is out of the range of {data_type}"))
}

/// Units of a timestamp in a second.
pub fn per_second(unit: &TimeUnit) -> i128 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_and_their_ordinals_have_the_same_order() {
        let ordered = [f64::NEG_INFINITY, -1.5, -0.0, 0.0, 1e-300, 2.0, f64::INFINITY, f64::NAN];
        for pair in ordered.windows(2) {
            assert!(float_ordinal(pair[0]) < float_ordinal(pair[1]), "{pair:?}");
        }
        for value in ordered {
            assert_eq!(ordinal_float(float_ordinal(value)).to_bits(), value.to_bits());
        }
        assert_eq!(float_ordinal(-f64::NAN), float_ordinal(f64::NAN));
    }

    #[test]
    fn every_ordered_type_comes_back_from_its_ordinals() {
        use DataType::*;
        let zone = Some("UTC".into());
        let types = [
            Boolean,
            Int8,
            Int16,
            Int32,
            Int64,
            UInt8,
            UInt16,
            UInt32,
            UInt64,
            Float32,
            Float64,
            Date32,
            Date64,
            Time32(TimeUnit::Second),
            Time64(TimeUnit::Nanosecond),
            Duration(TimeUnit::Second),
            Timestamp(TimeUnit::Microsecond, None),
            Timestamp(TimeUnit::Second, zone),
            Decimal128(20, 3),
        ];
        for data_type in types {
            let array = from_ordinals(&[Some(1), None, Some(0)], &data_type).unwrap();
            assert_eq!(array.data_type(), &data_type);
            assert_eq!((array.len(), array.null_count()), (3, 1), "{data_type}");
            let back: Vec<Option<i128>> = match Ordinals::read(&array).unwrap() {
                Ordinals::Signed(a) | Ordinals::Float(a) => a.iter().map(|v| v.map(i128::from)).collect(),
                Ordinals::Unsigned(a) => a.iter().map(|v| v.map(i128::from)).collect(),
                Ordinals::Decimal(a) => a.iter().collect(),
            };
            // Ordinal 1 is the smallest positive float of 64 bits, which 32 bits do not hold.
            let first = if data_type == Float32 { Some(0) } else { Some(1) };
            assert_eq!(back, [first, None, Some(0)], "{data_type}");
        }
    }

    #[test]
    fn ordinals_out_of_range_are_an_error() {
        assert!(from_ordinals(&[Some(128)], &DataType::Int8).is_err());
        assert!(from_ordinals(&[Some(-1)], &DataType::UInt64).is_err());
        assert!(from_ordinals(&[Some(i128::MAX)], &DataType::Float64).is_err());
    }
}
