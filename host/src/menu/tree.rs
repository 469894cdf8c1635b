//! TOML text as a small tree in which every key and value knows its place.
//!
//! Job files, manifests and `plugin.toml` are all read through it, so that each problem has a line and a column.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::value::Value;

/// Nesting beyond this is refused, so that no text can exhaust the stack.
const MAX_DEPTH: usize = 64;

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Place {
    /// Bytes of the file's text; meaningless if `option` is set.
    pub span: Range<usize>,
    /// The index of the command-line override that it comes from.
    pub option: Option<usize>,
}

/// A value at its place.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub place: Place,
    pub data: Data,
    /// The text of a command-line override, which has no quotes around it to tell text from numbers.
    pub raw: Option<String>,
}

/// What is written there.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    List(Vec<Item>),
    Table(Table),
}

/// The entries of a table, in the order of the text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    pub entries: Vec<Entry>,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub key: String,
    pub key_place: Place,
    pub item: Item,
}

/// Something that is not TOML, or not a value we can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub span: Range<usize>,
    pub message: String,
}

/// Parses a whole document; what is readable is returned even if something is not.
pub(crate) fn parse(text: &str) -> (Table, Vec<Malformed>) {
    // A byte order mark is not part of TOML, yet editors leave it; the parser skips it itself.
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut malformed: Vec<Malformed> = errors
        .iter()
        .map(|e| Malformed { span: e.span().unwrap_or(0..0), message: e.message().to_owned() })
        .collect();
    let table = table(document.get_ref(), 0, &mut malformed);
    (table, malformed)
}

/// Parses one value, as an override on the command line gives it. `None` if it is not TOML: then it is text.
pub(crate) fn parse_value(text: &str) -> Option<Data> {
    let parsed = DeValue::parse(text).ok()?;
    let mut malformed = Vec::new();
    let item = item(&parsed, 0, &mut malformed);
    malformed.is_empty().then_some(item.data)
}

fn table(from: &DeTable<'_>, depth: usize, malformed: &mut Vec<Malformed>) -> Table {
    let mut entries: Vec<Entry> = from
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_place: Place { span: key.span(), option: None },
            item: item(value, depth + 1, malformed),
        })
        .collect();
    // The parser sorts by key; people think in the order they wrote.
    entries.sort_by_key(|entry| entry.key_place.span.start);
    Table { entries }
}

fn item(from: &Spanned<DeValue<'_>>, depth: usize, malformed: &mut Vec<Malformed>) -> Item {
    let span = from.span();
    let mut refuse = |message: &str| {
        malformed.push(Malformed { span: span.clone(), message: message.to_owned() });
        Data::Bool(false)
    };
    let data = match from.get_ref() {
        _ if depth > MAX_DEPTH => refuse(&format!("more than {MAX_DEPTH} levels of nesting")),
        DeValue::String(text) => Data::Str(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Data::Int(number),
            Err(_) => refuse("the number does not fit 64 bits"),
        },
        DeValue::Float(number) => match number.as_str().parse() {
            Ok(number) => Data::Float(number),
            Err(_) => refuse("not a number"),
        },
        DeValue::Boolean(yes) => Data::Bool(*yes),
        DeValue::Datetime(when) => Data::Str(when.to_string()),
        DeValue::Array(items) => Data::List(items.iter().map(|i| item(i, depth + 1, malformed)).collect()),
        DeValue::Table(entries) => Data::Table(table(entries, depth, malformed)),
    };
    Item { place: Place { span, option: None }, data, raw: None }
}

impl Item {
    /// The value without its places.
    pub fn to_value(&self) -> Value {
        match &self.data {
            Data::Bool(yes) => Value::Bool(*yes),
            Data::Int(number) => Value::Int(*number),
            Data::Float(number) => Value::Float(*number),
            Data::Str(text) => Value::Str(text.clone()),
            Data::List(items) => Value::List(items.iter().map(Item::to_value).collect()),
            Data::Table(table) => {
                Value::Table(table.entries.iter().map(|e| (e.key.clone(), e.item.to_value())).collect())
            }
        }
    }

    /// The text, if it is text: an override such as `name=1` counts as text where text is asked for.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::Str(text) => Some(text),
            _ => self.raw.as_deref(),
        }
    }

    /// What it is, for "expected …, found …".
    pub fn kind(&self) -> &'static str {
        match &self.data {
            Data::Bool(_) => "a boolean",
            Data::Int(_) => "an integer",
            Data::Float(_) => "a float",
            Data::Str(_) => "a string",
            Data::List(_) => "a list",
            Data::Table(_) => "a table",
        }
    }
}

impl Table {
    /// The entry of that key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_the_order_and_place_of_the_text() {
        let (table, malformed) = parse("b = 1\na = 'x'\n");
        assert!(malformed.is_empty());
        let keys: Vec<_> = table.entries.iter().map(|e| (e.key.as_str(), e.key_place.span.clone())).collect();
        assert_eq!(keys, [("b", 0..1), ("a", 6..7)]);
    }

    #[test]
    fn all_syntax_errors_are_found() {
        let (table, malformed) = parse("a = \nb = 3\nc = = 4\nd = 99999999999999999999\n");
        assert!(malformed.len() >= 3, "{malformed:?}");
        assert!(table.get("b").is_some());
    }

    #[test]
    fn deep_nesting_is_refused_not_overflown() {
        for text in [
            format!("a = {}1{}", "[".repeat(5000), "]".repeat(5000)),
            format!("{} = 1", vec!["a"; 5000].join(".")),
            format!("a = {}", "{ a.b.c.d.e.f.g = ".repeat(70)),
            "[a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a]".into(),
        ] {
            assert!(!parse(&text).1.is_empty());
        }
    }
}
