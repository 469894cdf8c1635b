//! Expression and schema → predicate: columns found, types checked, literals in the type of their column.

use super::literal::{Literal, Place};
use super::parser::Expression;
use super::{Op, Problem};
use crate::types::{from_ordinals, is_float, is_integer, is_unsigned, ordinal_range, per_second, plain};
use arrow::array::{ArrayRef, BinaryArray, Decimal256Array, Float64Array, Scalar, StringArray};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit, i256};
use std::sync::Arc;

/// A condition that fits a schema. Columns are indices.
#[derive(Debug)]
pub enum Predicate {
    /// The same for every row.
    Constant(bool),
    /// A bool column.
    Column(usize),
    /// The column is null, or it is not.
    IsNull { column: usize, negated: bool },
    /// Of the column's plain type, or of the type given.
    Compare { column: usize, cast: Option<DataType>, op: Op, with: Scalar<ArrayRef> },
    /// Known wherever the column is not null.
    Known { column: usize, value: bool },
    /// Two columns, each cast through the types given.
    Columns { left: usize, right: usize, op: Op, casts: [Vec<DataType>; 2] },
    /// Not.
    Not(Box<Predicate>),
    /// All of them.
    And(Vec<Predicate>),
    /// Any of them.
    Or(Vec<Predicate>),
}

/// Checks an expression against a schema; it must be a truth value.
pub fn bind(expression: &Expression, schema: &SchemaRef) -> Result<Predicate, Problem> {
    let all =
        |parts: &[Expression]| parts.iter().map(|part| bind(part, schema)).collect::<Result<Vec<_>, _>>();
    Ok(match expression {
        Expression::Literal { value: Literal::Bool(value), .. } => Predicate::Constant(*value),
        Expression::Literal { value, at } => {
            return Err(Problem::new(*at, format!("{} is not a condition", value.name())));
        }
        Expression::Column { name, at } => {
            let (column, data_type) = find(schema, name, *at)?;
            match data_type {
                DataType::Boolean => Predicate::Column(column),
                // A column without any value: never true, never false.
                DataType::Null => Predicate::Known { column, value: false },
                other => {
                    let text = format!("column `{name}` is {other}, not a bool: compare it with something");
                    return Err(Problem::new(*at, text));
                }
            }
        }
        Expression::IsNull { operand, negated, .. } => match &**operand {
            Expression::Column { name, at } => {
                Predicate::IsNull { column: find(schema, name, *at)?.0, negated: *negated }
            }
            other => return Err(Problem::new(other.at(), "`is null` takes a column")),
        },
        Expression::In { operand, items, negated, .. } => {
            let Expression::Column { name, at } = &**operand else {
                return Err(Problem::new(operand.at(), "`in` takes a column on its left"));
            };
            let (column, data_type) = find(schema, name, *at)?;
            let any = items.iter().map(|(item, at)| compare(column, &data_type, Op::Eq, item, *at));
            let any = Predicate::Or(any.collect::<Result<_, _>>()?);
            if *negated { Predicate::Not(Box::new(any)) } else { any }
        }
        Expression::Compare { op, left, right, .. } => match (&**left, &**right) {
            (Expression::Column { name, at }, Expression::Literal { value, at: value_at }) => {
                let (column, data_type) = find(schema, name, *at)?;
                compare(column, &data_type, *op, value, *value_at)?
            }
            (Expression::Literal { value, at: value_at }, Expression::Column { name, at }) => {
                let (column, data_type) = find(schema, name, *at)?;
                compare(column, &data_type, op.flipped(), value, *value_at)?
            }
            (Expression::Column { name: a, at: at_a }, Expression::Column { name: b, at: at_b }) => {
                let (left, left_type) = find(schema, a, *at_a)?;
                let (right, right_type) = find(schema, b, *at_b)?;
                let casts = common(&left_type, &right_type).ok_or_else(|| {
                    Problem::new(
                        *at_b,
                        format!("`{a}` is {left_type} and `{b}` is {right_type}: they cannot be compared"),
                    )
                })?;
                Predicate::Columns { left, right, op: *op, casts }
            }
            (Expression::Literal { at, .. }, Expression::Literal { .. }) => {
                return Err(Problem::new(*at, "one side of a comparison must be a column"));
            }
            (Expression::Column { .. } | Expression::Literal { .. }, other) | (other, _) => {
                return Err(Problem::new(other.at(), "only columns and literals can be compared"));
            }
        },
        Expression::Not { operand } => Predicate::Not(Box::new(bind(operand, schema)?)),
        Expression::And(parts) => Predicate::And(all(parts)?),
        Expression::Or(parts) => Predicate::Or(all(parts)?),
    })
}

/// Index and plain type of a column.
fn find(schema: &SchemaRef, name: &str, at: usize) -> Result<(usize, DataType), Problem> {
    let index = crate::parents::column_index(schema, name).map_err(|e| Problem::new(at, e.text()))?;
    Ok((index, plain(schema.field(index).data_type())))
}

/// A column against a literal.
fn compare(
    column: usize,
    data_type: &DataType,
    op: Op,
    literal: &Literal,
    at: usize,
) -> Result<Predicate, Problem> {
    let failed = |text: String| Problem::new(at, text);
    let scalar = |with: ArrayRef, cast| Predicate::Compare { column, cast, op, with: Scalar::new(with) };
    match (data_type, literal) {
        // A column without any value compares with everything, and never holds.
        (DataType::Null, _) => return Ok(Predicate::Known { column, value: false }),
        (float, Literal::Number(number)) if is_float(float) => {
            let with = Arc::new(Float64Array::from(vec![number.float + 0.0]));
            return Ok(scalar(with, Some(DataType::Float64)));
        }
        (DataType::Utf8 | DataType::LargeUtf8, Literal::Text(text)) => {
            let with = crate::types::strict_cast(
                &(Arc::new(StringArray::from(vec![text.as_str()])) as _),
                data_type,
            );
            return Ok(scalar(with.map_err(|e| failed(e.to_string()))?, None));
        }
        (DataType::Binary, Literal::Text(text)) => {
            return Ok(scalar(Arc::new(BinaryArray::from(vec![text.as_bytes()])), None));
        }
        _ => {}
    }
    let place = literal.place(data_type).map_err(failed)?;
    // Far out, a place is the end of its axis; 256 bits reach beyond it.
    let saturated = place.floor == i128::MAX || place.floor == i128::MIN;
    let (lowest, highest) = match data_type {
        DataType::Decimal256(..) if saturated => return Err(failed("the number has too many digits".into())),
        DataType::Decimal256(..) => (i128::MIN, i128::MAX),
        other => ordinal_range(other).ok_or_else(|| failed(format!("{other} cannot be compared")))?,
    };
    let known = |value| Ok(Predicate::Known { column, value });
    let (op, floor) = match on_axis(op, place) {
        Ok(exact) => exact,
        Err(value) => return known(value),
    };
    if floor < lowest || (saturated && floor == i128::MIN) {
        return known(matches!(op, Op::Gt | Op::Ge | Op::Ne));
    }
    if floor > highest || (saturated && floor == i128::MAX) {
        return known(matches!(op, Op::Lt | Op::Le | Op::Ne));
    }
    let with = match data_type {
        DataType::Decimal256(..) => {
            let value = Decimal256Array::from(vec![i256::from_i128(floor)]);
            Arc::new(value.with_data_type(data_type.clone())) as ArrayRef
        }
        other => from_ordinals(&[Some(floor)], other).map_err(|e| failed(e.text().to_owned()))?,
    };
    Ok(Predicate::Compare { column, cast: None, op, with: Scalar::new(with) })
}

/// The same comparison with a whole number, or its outcome where it is the same for all: nothing equals a place
/// between two numbers.
fn on_axis(op: Op, place: Place) -> Result<(Op, i128), bool> {
    if !place.between {
        return Ok((op, place.floor));
    }
    match op {
        Op::Eq => Err(false),
        Op::Ne => Err(true),
        Op::Lt | Op::Le => Ok((Op::Le, place.floor)),
        Op::Gt | Op::Ge => Ok((Op::Gt, place.floor)),
    }
}

/// The types through which two columns are cast to be compared; empty: as they are.
fn common(left: &DataType, right: &DataType) -> Option<[Vec<DataType>; 2]> {
    use DataType::*;
    let both = |data_type: DataType| Some([vec![data_type.clone()], vec![data_type]]);
    if matches!(left, Null) || matches!(right, Null) {
        let to = if matches!(left, Null) { right } else { left };
        return (!to.is_nested()).then(|| [vec![to.clone()], vec![to.clone()]]);
    }
    if is_number(left) && is_number(right) {
        if is_float(left) || is_float(right) {
            return both(Float64);
        }
        if left == right {
            return Some([vec![], vec![]]);
        }
        if is_integer(left) && is_integer(right) {
            let mixed = (*left == UInt64 && !is_unsigned(right)) || (*right == UInt64 && !is_unsigned(left));
            let unsigned = *left == UInt64 || *right == UInt64;
            return both(if mixed {
                Decimal128(20, 0)
            } else if unsigned {
                UInt64
            } else {
                Int64
            });
        }
        let scale = decimal_scale(left).max(decimal_scale(right));
        let whole = whole_digits(left).max(whole_digits(right));
        let precision = u8::try_from(whole.max(0) + i16::from(scale)).ok()?.max(1);
        return match precision {
            ..=38 => both(Decimal128(precision, scale)),
            39..=76 => both(Decimal256(precision, scale)),
            _ => None,
        };
    }
    match (left, right) {
        (Timestamp(a, zone_a), Timestamp(b, zone_b)) if zone_a.is_some() == zone_b.is_some() => {
            let unit = finer(a, b);
            Some([vec![Timestamp(unit, zone_a.clone()), Int64], vec![Timestamp(unit, zone_b.clone()), Int64]])
        }
        (Date32 | Date64, Date32 | Date64) if left != right => both(Date64),
        (Date32 | Date64, Timestamp(unit, None)) => {
            both(Timestamp(finer(unit, &TimeUnit::Millisecond), None))
        }
        (Timestamp(unit, None), Date32 | Date64) => {
            both(Timestamp(finer(unit, &TimeUnit::Millisecond), None))
        }
        (Utf8, LargeUtf8) | (LargeUtf8, Utf8) => both(LargeUtf8),
        (Binary, LargeBinary) | (LargeBinary, Binary) => both(LargeBinary),
        (a, b) if a == b => {
            let ordered = ordinal_range(a).is_some()
                || matches!(a, Utf8 | LargeUtf8 | Binary | LargeBinary | FixedSizeBinary(_));
            ordered.then(|| [vec![], vec![]])
        }
        _ => None,
    }
}

fn is_number(data_type: &DataType) -> bool {
    is_integer(data_type)
        || is_float(data_type)
        || matches!(data_type, DataType::Decimal128(..) | DataType::Decimal256(..))
}

fn decimal_scale(data_type: &DataType) -> i8 {
    match data_type {
        DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => *scale,
        _ => 0,
    }
}

/// Digits before the point.
fn whole_digits(data_type: &DataType) -> i16 {
    match data_type {
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => {
            i16::from(*precision) - i16::from(*scale)
        }
        _ => 20,
    }
}

fn finer(a: &TimeUnit, b: &TimeUnit) -> TimeUnit {
    if per_second(a) >= per_second(b) { *a } else { *b }
}
