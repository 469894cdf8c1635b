//! Predicate and batch → truth values, by arrow's kernels.

use super::Op;
use super::bind::Predicate;
use crate::types::{strict_cast, to_plain};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Datum};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::cmp;
use arrow::compute::{and_kleene, is_not_null, is_null, not, or_kleene};
use arrow::datatypes::{DataType, Float64Type};
use arrow::record_batch::RecordBatch;
use artemis_plugin_api::{Error, Result};
use std::sync::Arc;

impl Predicate {
    /// Whether it holds, for each row of a batch of the schema that it was bound to.
    pub fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        Ok(match self {
            Self::Constant(value) => all(*value, batch.num_rows()),
            Self::Column(index) => {
                let array = to_plain(column(batch, *index)?)?;
                let bools = array.as_boolean_opt();
                bools
                    .cloned()
                    .ok_or_else(|| Error::new("the column is not of the type it was checked for"))?
            }
            Self::IsNull { column: index, negated: false } => is_null(column(batch, *index)?)?,
            Self::IsNull { column: index, negated: true } => is_not_null(column(batch, *index)?)?,
            Self::Known { column: index, value } => {
                let nulls = column(batch, *index)?.logical_nulls();
                BooleanArray::new(all(*value, batch.num_rows()).into_parts().0, nulls)
            }
            Self::Compare { column: index, cast, op, with } => {
                let array = to_plain(column(batch, *index)?)?;
                let array = cast.as_ref().map_or(Ok(array.clone()), |to| strict_cast(&array, to))?;
                apply(*op, &positive_zero(array), with)?
            }
            Self::Columns { left, right, op, casts: [left_casts, right_casts] } => {
                let side = |index: usize, casts: &[DataType]| -> Result<ArrayRef> {
                    let array = to_plain(column(batch, index)?)?;
                    let array = casts.iter().try_fold(array, |array, to| strict_cast(&array, to))?;
                    Ok(positive_zero(array))
                };
                apply(*op, &side(*left, left_casts)?, &side(*right, right_casts)?)?
            }
            Self::Not(operand) => not(&operand.evaluate(batch)?)?,
            Self::And(parts) => fold(parts, batch, and_kleene)?,
            Self::Or(parts) => fold(parts, batch, or_kleene)?,
        })
    }
}

fn all(value: bool, rows: usize) -> BooleanArray {
    let values = if value { BooleanBuffer::new_set(rows) } else { BooleanBuffer::new_unset(rows) };
    BooleanArray::new(values, None)
}

fn column(batch: &RecordBatch, index: usize) -> Result<&ArrayRef> {
    batch.columns().get(index).ok_or_else(|| Error::new(format!("the batch has no column {index}")))
}

/// Floats with −0 as 0: the kernels tell them apart.
fn positive_zero(array: ArrayRef) -> ArrayRef {
    match array.as_primitive_opt::<Float64Type>() {
        Some(floats) => Arc::new(floats.unary::<_, Float64Type>(canonical)) as ArrayRef,
        None => array,
    }
}

/// −0 as 0, and one NaN for all.
fn canonical(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value + 0.0 }
}

fn apply(op: Op, left: &dyn Datum, right: &dyn Datum) -> Result<BooleanArray> {
    Ok(match op {
        Op::Eq => cmp::eq(left, right),
        Op::Ne => cmp::neq(left, right),
        Op::Lt => cmp::lt(left, right),
        Op::Le => cmp::lt_eq(left, right),
        Op::Gt => cmp::gt(left, right),
        Op::Ge => cmp::gt_eq(left, right),
    }?)
}

fn fold(
    parts: &[Predicate],
    batch: &RecordBatch,
    join: impl Fn(&BooleanArray, &BooleanArray) -> Result<BooleanArray, arrow::error::ArrowError>,
) -> Result<BooleanArray> {
    let (first, others) = parts.split_first().ok_or_else(|| Error::new("nothing to join"))?;
    others.iter().try_fold(first.evaluate(batch)?, |held, part| Ok(join(&held, &part.evaluate(batch)?)?))
}
