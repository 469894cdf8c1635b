//! The types that a column can have, and their names in options.

use arrow::datatypes::{DataType, TimeUnit};

/// Key of the field metadata that says, with the value `"false"`, that an `int64` column holds integers
/// beyond 2^53, so that joining it with `float64` would lose digits.
pub const EXACT_F64: &str = artemis_plugin_api::NOT_EXACT_AS_F64;

/// The names of types that options may use, `p` and `s` standing for digits and digits after the point.
pub const TYPE_NAMES: &[&str] = &[
    "null",
    "bool",
    "int64",
    "float64",
    "decimal(p,s)",
    "date",
    "timestamp",
    "timestamp(us)",
    "timestamp(ns)",
    "timestamp(us,UTC)",
    "timestamp(ns,UTC)",
    "string",
];

/// The zone of timestamps whose text carries `Z` or an offset.
pub(crate) const UTC: &str = "UTC";

/// The type of a name: `null`, `bool`, `int64`, `float64`, `decimal(p,s)`, `date`, `timestamp`,
/// `timestamp(us)`, `timestamp(ns)`, each with `,UTC` for instants (`timestamp(us,UTC)`), `string`.
///
/// ```
/// use artemis_csv_reader::{parse_type, type_name};
/// for name in ["int64", "decimal(12,2)", "timestamp(ns,UTC)", "string"] {
///     assert_eq!(type_name(&parse_type(name).unwrap()), name);
/// }
/// assert_eq!(parse_type("decimal(40,2)"), None);
/// ```
pub fn parse_type(name: &str) -> Option<DataType> {
    let name: String = name.chars().filter(|c| !c.is_whitespace()).collect();
    let (base, arguments) = match name.split_once('(') {
        Some((base, rest)) => (base, rest.strip_suffix(')')?.split(',').collect()),
        None => (name.as_str(), Vec::new()),
    };
    let data_type = match (base, arguments.as_slice()) {
        ("null", []) => DataType::Null,
        ("bool", []) => DataType::Boolean,
        ("int64", []) => DataType::Int64,
        ("float64", []) => DataType::Float64,
        ("date", []) => DataType::Date32,
        ("string", []) => DataType::Utf8,
        ("decimal", [precision, scale]) => {
            let (precision, scale): (u8, i8) = (precision.parse().ok()?, scale.parse().ok()?);
            let legal = (1..=38).contains(&precision) && (0..=precision.cast_signed()).contains(&scale);
            legal.then_some(DataType::Decimal128(precision, scale))?
        }
        ("timestamp", arguments) => {
            let (unit, zone) = match arguments {
                [] => ("us", None),
                [UTC] => ("us", Some(UTC)),
                [unit] => (*unit, None),
                [unit, UTC] => (*unit, Some(UTC)),
                _ => return None,
            };
            let unit = match unit {
                "us" => TimeUnit::Microsecond,
                "ns" => TimeUnit::Nanosecond,
                _ => return None,
            };
            DataType::Timestamp(unit, zone.map(Into::into))
        }
        _ => return None,
    };
    Some(data_type)
}

/// The name of a type, as [`parse_type`] reads it; for other types what Arrow prints.
pub fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Null => "null".into(),
        DataType::Boolean => "bool".into(),
        DataType::Int64 => "int64".into(),
        DataType::Float64 => "float64".into(),
        DataType::Date32 => "date".into(),
        DataType::Utf8 => "string".into(),
        DataType::Decimal128(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::Timestamp(TimeUnit::Microsecond, None) => "timestamp(us)".into(),
        DataType::Timestamp(TimeUnit::Nanosecond, None) => "timestamp(ns)".into(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) => format!("timestamp(us,{zone})"),
        DataType::Timestamp(TimeUnit::Nanosecond, Some(zone)) => format!("timestamp(ns,{zone})"),
        other => other.to_string(),
    }
}
