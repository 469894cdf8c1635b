//! What a measure is: `count`, `count(col)`, `sum(col)`, `min(col)`, `max(col)`, `mean(col)`.

use crate::parents::column_index;
use crate::types::{is_float, is_integer, is_unsigned, ordinal_range, plain};
use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DECIMAL256_MAX_PRECISION, DataType, Field, SchemaRef};
use artemis_plugin_api::{Error, Result};

/// What is computed of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Number of rows, or of values that are not null.
    Count,
    /// Sum of the values that are not null.
    Sum,
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
    /// Sum divided by count.
    Mean,
}

/// A measure as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Name of the output column.
    pub name: String,
    /// What is computed.
    pub function: Function,
    /// Of which column; `None`: of the rows.
    pub column: Option<String>,
}

/// A measure that fits a schema.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What is computed.
    pub function: Function,
    /// Of which column.
    pub column: Option<usize>,
    /// Plain type of that column; `Null` for none.
    pub input: DataType,
    /// The output column.
    pub field: Field,
}

impl Measure {
    /// Reads a measure.
    ///
    /// # Errors
    /// When it is not one of the forms above.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let wrong = || {
            Error::invalid(format!(
                "measure `{name}`: `{text}` is none of count, count(COLUMN), sum(COLUMN), min(COLUMN), max(COLUMN), mean(COLUMN)"
            ))
        };
        let text_trimmed = text.trim();
        let (function, column) = match text_trimmed.split_once('(') {
            Some((function, rest)) => {
                let column = rest.strip_suffix(')').ok_or_else(wrong)?.trim();
                let column = column.strip_prefix('"').and_then(|c| c.strip_suffix('"')).unwrap_or(column);
                (function.trim_end(), Some(column).filter(|column| !column.is_empty()))
            }
            None => (text_trimmed, None),
        };
        let function = match function.to_ascii_lowercase().as_str() {
            "count" => Function::Count,
            "sum" => Function::Sum,
            "min" => Function::Min,
            "max" => Function::Max,
            "mean" => Function::Mean,
            _ => return Err(wrong()),
        };
        // `count(*)` is how SQL writes it.
        let column = column.filter(|column| !(function == Function::Count && *column == "*"));
        if column.is_none() && function != Function::Count {
            return Err(wrong());
        }
        Ok(Self { name: name.to_owned(), function, column: column.map(str::to_owned) })
    }

    /// Finds the column and the type of the outcome.
    ///
    /// # Errors
    /// When there is no such column, or the function does not take its type.
    pub fn plan(&self, schema: &SchemaRef) -> Result<Planned> {
        let column = self.column.as_deref().map(|column| column_index(schema, column)).transpose()?;
        let input = column.map_or(DataType::Null, |index| plain(schema.field(index).data_type()));
        let (output, nullable) = match self.function {
            Function::Count => (Some(DataType::Int64), false),
            Function::Sum => (sum_type(&input), true),
            Function::Mean => (sum_type(&input).map(|_| DataType::Float64), true),
            Function::Min | Function::Max => (Some(input.clone()).filter(has_order), true),
        };
        let output = output.ok_or_else(|| {
            let column = self.column.as_deref().unwrap_or_default();
            let what =
                if matches!(self.function, Function::Sum | Function::Mean) { "a number" } else { "ordered" };
            Error::invalid(format!("measure `{}`: column `{column}` is {input}, not {what}", self.name))
                .in_column(column)
        })?;
        Ok(Planned {
            function: self.function,
            column,
            input,
            field: Field::new(&self.name, output, nullable),
        })
    }
}

/// Type of a sum: integers of 64 bits, float64, decimals of all digits. `None`: not a number.
fn sum_type(input: &DataType) -> Option<DataType> {
    Some(match input {
        unsigned if is_unsigned(unsigned) => DataType::UInt64,
        signed if is_integer(signed) => DataType::Int64,
        float if is_float(float) => DataType::Float64,
        DataType::Decimal128(_, scale) => DataType::Decimal128(DECIMAL128_MAX_PRECISION, *scale),
        DataType::Decimal256(_, scale) => DataType::Decimal256(DECIMAL256_MAX_PRECISION, *scale),
        // A column without any value.
        DataType::Null => DataType::Int64,
        _ => return None,
    })
}

fn has_order(input: &DataType) -> bool {
    use DataType::*;
    ordinal_range(input).is_some()
        || is_float(input)
        || matches!(
            input,
            Null | Utf8 | LargeUtf8 | Binary | LargeBinary | FixedSizeBinary(_) | Decimal256(..)
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_read_and_wrong_ones_refused() {
        for (text, expected) in [
            ("count", Some((Function::Count, None))),
            ("COUNT(*)", Some((Function::Count, None))),
            ("count()", Some((Function::Count, None))),
            (" sum( a b ) ", Some((Function::Sum, Some("a b")))),
            ("min(\"x(1)\")", Some((Function::Min, Some("x(1)")))),
            ("mean (x)", Some((Function::Mean, Some("x")))),
            ("max(x)", Some((Function::Max, Some("x")))),
            ("sum", None),
            ("sum()", None),
            ("avg(x)", None),
            ("sum(x", None),
            ("", None),
        ] {
            let got = Measure::parse("m", text).ok().map(|m| (m.function, m.column));
            assert_eq!(got, expected.map(|(f, c)| (f, c.map(str::to_owned))), "{text}");
        }
    }
}
