//! Checks a value against the type, range and choices that a component declares for it.

use super::suggest;
use super::tree::{Data, Item};
use super::units;
use super::value::Value;
use crate::plugin::manifest::{PropertySpec, PropertyType};

/// Why a value is not taken: what is wrong, and what would be right.
pub(crate) type Refusal = (String, Option<String>);

/// Floats hold every whole number up to here.
const EXACT_IN_FLOAT: u64 = 1 << 53;

/// Brings a written value into the checked form of its type.
pub(crate) fn typed(kind: PropertyType, item: &Item) -> Result<Value, Refusal> {
    let wrong =
        |help: &str| (format!("takes {}, not {}", kind.described(), item.kind()), Some(help.to_owned()));
    let scaled = |number: Option<u64>, help: &str| {
        let fits = number.and_then(|number| i64::try_from(number).ok());
        fits.map(Value::Int).ok_or_else(|| (format!("is not {}", kind.described()), Some(help.to_owned())))
    };
    match (kind, &item.data) {
        (PropertyType::Bool, Data::Bool(yes)) => Ok(Value::Bool(*yes)),
        (PropertyType::Bool, _) => Err(wrong("write `true` or `false`")),
        (PropertyType::Int, Data::Int(number)) => Ok(Value::Int(*number)),
        (PropertyType::Int, _) => Err(wrong("write a whole number without quotes")),
        (PropertyType::Float, Data::Float(number)) => Ok(Value::Float(*number)),
        (PropertyType::Float, Data::Int(number)) if number.unsigned_abs() <= EXACT_IN_FLOAT => {
            Ok(Value::Float(*number as f64))
        }
        (PropertyType::Float, _) => {
            Err(wrong("write a number without quotes, of at most 2^53 if it is whole"))
        }
        (PropertyType::List, Data::List(_)) | (PropertyType::Table, Data::Table(_)) => Ok(item.to_value()),
        (PropertyType::List, _) => Err(match item.as_str() {
            Some(text) => wrong(&format!("write [{text:?}]")),
            None => wrong("write the values in brackets"),
        }),
        (PropertyType::Table, _) => Err(wrong("write { key = value }")),
        (PropertyType::Bytes, Data::Int(number)) => scaled(u64::try_from(*number).ok(), units::BYTES_HELP),
        (PropertyType::Bytes, _) => match item.as_str() {
            Some(text) => scaled(units::parse_bytes(text), units::BYTES_HELP),
            None => Err(wrong(units::BYTES_HELP)),
        },
        (PropertyType::Duration, Data::Int(_) | Data::Float(_)) if item.raw.is_none() => {
            scaled(units::parse_duration(&seconds(&item.data)), units::DURATION_HELP)
        }
        (PropertyType::Duration, _) => match item.as_str() {
            Some(text) => scaled(units::parse_duration(text), units::DURATION_HELP),
            None => Err(wrong(units::DURATION_HELP)),
        },
        (PropertyType::String | PropertyType::Path, _) => match item.as_str() {
            Some("") if kind == PropertyType::Path => Err(("is an empty path".to_owned(), None)),
            Some(text) => Ok(Value::Str(text.to_owned())),
            None => Err(wrong("write it in quotes")),
        },
    }
}

/// A number of seconds as the text that the unit parser reads; negative ones it refuses.
fn seconds(data: &Data) -> String {
    match data {
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        _ => String::new(),
    }
}

/// Checks a value that already has its type.
pub(crate) fn within(spec: &PropertySpec, value: &Value) -> Result<(), Refusal> {
    if !spec.choices.is_empty() && !spec.choices.contains(value) {
        let words: Vec<String> = spec.choices.iter().map(|choice| written(spec.kind, choice)).collect();
        let given = written(spec.kind, value);
        let help = suggest::help(&given, words.iter().map(String::as_str), "allowed");
        return Err((format!("cannot be {given}"), help));
    }
    let Some(number) = measure(spec.kind, value) else { return Ok(()) };
    // Written so that what is not a number is outside of any range.
    let low = spec.min.is_none_or(|min| number >= min);
    let high = spec.max.is_none_or(|max| number <= max);
    if low && high {
        return Ok(());
    }
    let unit = match spec.kind {
        PropertyType::Bytes => " bytes",
        PropertyType::Duration => " seconds",
        _ => "",
    };
    let range = match (spec.min, spec.max) {
        (Some(min), Some(max)) => format!("allowed: {min} to {max}{unit}"),
        (Some(min), None) => format!("allowed: {min}{unit} or more"),
        (None, Some(max)) => format!("allowed: {max}{unit} or less"),
        (None, None) => return Ok(()),
    };
    Err((format!("is {}, which is out of range", written(spec.kind, value)), Some(range)))
}

/// The number that `min` and `max` speak of.
fn measure(kind: PropertyType, value: &Value) -> Option<f64> {
    match (kind, value) {
        (PropertyType::Duration, Value::Int(nanoseconds)) => Some(*nanoseconds as f64 / 1e9),
        (_, Value::Int(number)) => Some(*number as f64),
        (_, Value::Float(number)) => Some(*number),
        _ => None,
    }
}

/// The value as a user would write it.
pub(crate) fn written(kind: PropertyType, value: &Value) -> String {
    match (kind, value) {
        (PropertyType::Bytes, Value::Int(bytes)) => {
            format!("\"{}\"", units::format_bytes(bytes.unsigned_abs()))
        }
        (PropertyType::Duration, Value::Int(nanoseconds)) => {
            format!("\"{}\"", units::format_duration(nanoseconds.unsigned_abs()))
        }
        (_, value) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    fn read(kind: PropertyType, text: &str) -> Result<Value, String> {
        let (table, malformed) = tree::parse(&format!("x = {text}"));
        assert!(malformed.is_empty(), "{text}");
        typed(kind, &table.entries[0].item).map_err(|(message, _)| message)
    }

    #[test]
    fn each_type_takes_its_values_and_no_others() {
        use PropertyType::*;
        for (kind, text, expected) in [
            (Bool, "true", Ok(Value::Bool(true))),
            (Bool, "'true'", Err("takes a boolean, not a string")),
            (Int, "7", Ok(Value::Int(7))),
            (Int, "7.0", Err("takes an integer, not a float")),
            (Float, "7", Ok(Value::Float(7.0))),
            (Float, "0.5", Ok(Value::Float(0.5))),
            (Float, "9007199254740993", Err("takes a number, not an integer")),
            (String, "'a'", Ok(Value::Str("a".into()))),
            (String, "1", Err("takes a string, not an integer")),
            (List, "[1, 'a']", Ok(Value::List(vec![Value::Int(1), Value::Str("a".into())]))),
            (List, "'NA'", Err("takes a list, not a string")),
            (Table, "{}", Ok(Value::Table(Default::default()))),
            (Path, "''", Err("is an empty path")),
            (Bytes, "'64 KiB'", Ok(Value::Int(65_536))),
            (Bytes, "12", Ok(Value::Int(12))),
            (Bytes, "-1", Err("is not a byte size")),
            (Duration, "'250 ms'", Ok(Value::Int(250_000_000))),
            (Duration, "1.5", Ok(Value::Int(1_500_000_000))),
            (Duration, "inf", Err("is not a duration")),
            (Duration, "-1", Err("is not a duration")),
        ] {
            assert_eq!(read(kind, text), expected.map_err(str::to_owned), "{kind:?} {text}");
        }
    }

    #[test]
    fn ranges_and_choices_hold() {
        let spec = |kind| PropertySpec { min: Some(1.0), max: Some(10.0), ..PropertySpec::new("x", kind) };
        assert!(within(&spec(PropertyType::Int), &Value::Int(10)).is_ok());
        assert!(within(&spec(PropertyType::Int), &Value::Int(11)).is_err());
        assert!(within(&spec(PropertyType::Float), &Value::Float(f64::NAN)).is_err());
        assert!(within(&spec(PropertyType::Duration), &Value::Int(2_000_000_000)).is_ok());
        let (_, help) = within(&spec(PropertyType::Bytes), &Value::Int(0)).unwrap_err();
        assert_eq!(help.unwrap(), "allowed: 1 to 10 bytes");

        let mut word = PropertySpec::new("x", PropertyType::String);
        word.choices = vec![Value::Str("left".into()), Value::Str("right".into())];
        assert!(within(&word, &Value::Str("left".into())).is_ok());
        let (message, help) = within(&word, &Value::Str("rigth".into())).unwrap_err();
        assert_eq!(message, "cannot be \"rigth\"");
        assert_eq!(help.unwrap(), "did you mean `\"right\"`? allowed: \"left\", \"right\"");
    }
}
