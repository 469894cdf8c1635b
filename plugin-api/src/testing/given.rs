//! The properties of a test: checked as the host checks those of a job file, defaults filled in.

use crate::{Error, Literal, Property, Result, Value};
use std::collections::BTreeMap;

/// The values that a component gets.
pub(super) fn checked(
    declared: &[Property],
    given: &BTreeMap<String, Value>,
) -> Result<BTreeMap<String, Value>> {
    let known = |name: &str| declared.iter().find(|p| p.name == name || p.aliases.contains(&name));
    let mut values = BTreeMap::new();
    for (name, value) in given {
        let Some(property) = known(name) else {
            let names: Vec<_> = declared.iter().map(|property| format!("`{}`", property.name)).collect();
            let text = format!("there is no property `{name}`; there are {}", names.join(", "));
            return Err(Error::invalid(text));
        };
        check(property, value)?;
        values.insert(property.name.to_owned(), value.clone());
    }
    for property in declared.iter().filter(|property| !given.contains_key(property.name)) {
        match property.default.as_ref().and_then(|literal| default(property.kind, literal)) {
            Some(value) => drop(values.entry(property.name.to_owned()).or_insert(value)),
            None if property.required && !values.contains_key(property.name) => {
                return Err(Error::invalid(format!("property `{}` is required", property.name)));
            }
            None => {}
        }
    }
    Ok(values)
}

fn check(property: &Property, value: &Value) -> Result<()> {
    let name = property.name;
    let fits = match (property.kind, value) {
        ("bool", Value::Bool(_))
        | ("int" | "duration" | "bytes" | "float", Value::Int(_))
        | ("float", Value::Float(_))
        | ("string" | "path", Value::String(_))
        | ("list", Value::List(_))
        | ("table", Value::Table(_)) => true,
        (kind, _) => !KINDS.contains(&kind),
    };
    if !fits {
        let text = format!("property `{name}` is {}, not {}", value.kind(), described(property.kind));
        return Err(Error::invalid(text));
    }
    if let Value::String(text) = value
        && !property.choices.is_empty()
        && !property.choices.contains(&text.as_str())
    {
        let text = format!("property `{name}` is `{text}`; it may be {}", property.choices.join(", "));
        return Err(Error::invalid(text));
    }
    let number = match value {
        // The limits of a duration are seconds.
        Value::Int(number) if property.kind == "duration" => *number as f64 / 1e9,
        Value::Int(number) => *number as f64,
        Value::Float(number) => *number,
        _ => return Ok(()),
    };
    let below = property.min.is_some_and(|min| number < min as f64);
    let above = property.max.is_some_and(|max| number > max as f64);
    if below || above {
        let limit = |limit: Option<i64>| limit.map_or_else(|| "…".to_owned(), |n| n.to_string());
        let (min, max) = (limit(property.min), limit(property.max));
        return Err(Error::invalid(format!("property `{name}` is {number}; it must be from {min} to {max}")));
    }
    Ok(())
}

/// A type with its article.
fn described(kind: &str) -> &str {
    match kind {
        "bool" => "a bool",
        "int" | "duration" | "bytes" => "a whole number",
        "float" => "a number",
        "list" => "a list",
        "table" => "a table",
        _ => "a text",
    }
}

/// The types that the check knows; a later one is taken as it is.
const KINDS: [&str; 9] = ["bool", "int", "float", "string", "list", "table", "path", "duration", "bytes"];

fn default(kind: &str, literal: &Literal) -> Option<Value> {
    match (kind, *literal) {
        (_, Literal::Int(value)) if kind == "float" => Some(Value::Float(value as f64)),
        (_, Literal::Int(value)) => Some(Value::Int(value)),
        ("duration", Literal::Text(text)) => units(text, &TIME_UNITS).map(Value::Int),
        ("bytes", Literal::Text(text)) => units(text, &BYTE_UNITS).map(Value::Int),
        (_, Literal::Text(text)) => Some(Value::String(text.to_owned())),
        (_, Literal::Toml(text)) => toml(text.trim()),
    }
}

/// Units of time in nanoseconds.
const TIME_UNITS: [(&str, f64); 7] =
    [("d", 86_400e9), ("h", 3_600e9), ("min", 60e9), ("s", 1e9), ("ms", 1e6), ("us", 1e3), ("ns", 1.0)];
/// Units of sizes in bytes.
const BYTE_UNITS: [(&str, f64); 9] = [
    ("TiB", 1_099_511_627_776.0),
    ("GiB", 1_073_741_824.0),
    ("MiB", 1_048_576.0),
    ("KiB", 1_024.0),
    ("TB", 1e12),
    ("GB", 1e9),
    ("MB", 1e6),
    ("KB", 1e3),
    ("B", 1.0),
];

fn units(text: &str, units: &[(&str, f64)]) -> Option<i64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()))?.1;
    Some((number.parse::<f64>().ok()? * factor) as i64)
}

/// The values of TOML that defaults are made of: `true`, numbers, texts in double quotes, lists of these.
fn toml(text: &str) -> Option<Value> {
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let items = inner.split(',').map(str::trim).filter(|item| !item.is_empty());
        return items.map(toml).collect::<Option<Vec<_>>>().map(Value::List);
    }
    if let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return Some(Value::String(inner.to_owned()));
    }
    let bool = || text.parse().ok().map(Value::Bool);
    let int = || text.parse().ok().map(Value::Int);
    bool().or_else(int).or_else(|| text.parse().ok().map(Value::Float))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARED: &[Property] = &[
        Property::int("n").default_int(3).range(0, 9),
        Property::bytes("size").default("4 MiB"),
        Property::duration("wait").default("1.5 s").aliases(&["pause"]).range(1, 60),
        Property::list("names").default_toml("[\"NA\", \"-\"]"),
        Property::string("style").default("upper").choices(&["upper", "lower"]),
        Property::path("file").required(),
    ];

    fn with(pairs: &[(&str, Value)]) -> Result<BTreeMap<String, Value>> {
        let file = ("file", Value::String("a".into()));
        let all = std::iter::once(&file).chain(pairs);
        checked(DECLARED, &all.map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    #[test]
    fn defaults_are_in_the_form_that_the_host_gives() {
        let values = with(&[]).unwrap();
        assert_eq!(values["n"], Value::Int(3));
        assert_eq!(values["size"], Value::Int(4 << 20));
        assert_eq!(values["wait"], Value::Int(1_500_000_000));
        let texts = ["NA", "-"].map(|text| Value::String(text.into()));
        assert_eq!(values["names"], Value::List(texts.to_vec()));
    }

    #[test]
    fn an_alias_is_the_property_itself() {
        assert_eq!(with(&[("pause", Value::Int(2_000_000_000))]).unwrap()["wait"], Value::Int(2_000_000_000));
    }

    #[test]
    fn what_the_host_refuses_is_refused() {
        let text = |name, value| with(&[(name, value)]).unwrap_err().text().to_owned();
        assert!(text("m", Value::Int(1)).starts_with("there is no property `m`; there are `n`"));
        assert_eq!(text("n", Value::Int(10)), "property `n` is 10; it must be from 0 to 9");
        assert_eq!(text("n", Value::Bool(true)), "property `n` is a bool, not a whole number");
        assert!(text("style", Value::String("odd".into())).contains("it may be upper, lower"));
        assert!(text("wait", Value::Int(1)).contains("it must be from 1 to 60"));
        let missing = checked(DECLARED, &BTreeMap::new()).unwrap_err();
        assert_eq!(missing.text(), "property `file` is required");
    }
}
