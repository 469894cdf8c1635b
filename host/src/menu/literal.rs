//! Values of properties as text: JSON, and the Python literals of older stores. Never evaluated, only read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::value::Value;

/// Nesting beyond this is refused.
const MAX_DEPTH: usize = 32;
/// JSON has no infinities; they stand as a table of this one key.
const FLOAT_KEY: &str = "$float";

/// Reads JSON or a Python literal: numbers, strings in either quotes, `true`/`True`, lists, tuples, dicts with keys
/// of text. `None` if it is anything else, or holds `null`, which no property value is.
pub(crate) fn read(text: &str) -> Option<Value> {
    let mut reader = Reader { rest: text };
    let value = reader.value(0)?;
    reader.space();
    reader.rest.is_empty().then_some(value)
}

/// Writes a value as JSON that [`read`] reads back exactly. Keys are sorted.
pub(crate) fn write(value: &Value) -> String {
    let mut out = String::new();
    write_into(value, &mut out);
    out
}

fn write_into(value: &Value, out: &mut String) {
    match value {
        Value::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
        // Writing to a string cannot fail.
        Value::Int(number) => drop(write!(out, "{number}")),
        Value::Float(number) if number.is_finite() => drop(write!(out, "{number:?}")),
        Value::Float(number) => drop(write!(out, "{{\"{FLOAT_KEY}\":\"{number}\"}}")),
        Value::Str(text) => quote(text, out),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_into(item, out);
            }
            out.push(']');
        }
        Value::Table(table) => {
            out.push('{');
            for (index, (key, item)) in table.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                quote(key, out);
                out.push(':');
                write_into(item, out);
            }
            out.push('}');
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if (c as u32) < 0x20 => drop(write!(out, "\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// Takes a token if it comes next.
    fn take(&mut self, token: &str) -> bool {
        self.space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.space();
        match self.rest.chars().next()? {
            '[' => self.list("[", "]", depth),
            '(' => self.list("(", ")", depth),
            '{' => self.table(depth),
            '"' | '\'' => self.string().map(Value::Str),
            _ => self.word(),
        }
    }

    fn list(&mut self, open: &str, close: &str, depth: usize) -> Option<Value> {
        self.take(open);
        let mut items = Vec::new();
        while !self.take(close) {
            items.push(self.value(depth + 1)?);
            if !self.take(",") {
                return self.take(close).then_some(Value::List(items));
            }
        }
        Some(Value::List(items))
    }

    fn table(&mut self, depth: usize) -> Option<Value> {
        self.take("{");
        let mut table = BTreeMap::new();
        while !self.take("}") {
            self.space();
            let key = self.string()?;
            if !self.take(":") || table.insert(key, self.value(depth + 1)?).is_some() {
                return None;
            }
            if !self.take(",") {
                if !self.take("}") {
                    return None;
                }
                break;
            }
        }
        match table.get(FLOAT_KEY) {
            Some(Value::Str(number)) if table.len() == 1 => number.parse().ok().map(Value::Float),
            _ => Some(Value::Table(table)),
        }
    }

    fn string(&mut self) -> Option<String> {
        let quote = self.rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let mut chars = self.rest[1..].chars();
        let mut text = String::new();
        loop {
            match chars.next()? {
                c if c == quote => break,
                '\\' => match chars.next()? {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    'b' => text.push('\u{8}'),
                    'f' => text.push('\u{c}'),
                    'x' => text.push(char::from_u32(hex(&mut chars, 2)?)?),
                    'u' => text.push(unicode(&mut chars)?),
                    'U' => text.push(char::from_u32(hex(&mut chars, 8)?)?),
                    c @ ('"' | '\'' | '\\' | '/') => text.push(c),
                    _ => return None,
                },
                c => text.push(c),
            }
        }
        self.rest = chars.as_str();
        Some(text)
    }

    fn word(&mut self) -> Option<Value> {
        let end =
            self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_')));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        match word {
            "true" | "True" => Some(Value::Bool(true)),
            "false" | "False" => Some(Value::Bool(false)),
            _ if word.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.') => match word.parse()
            {
                Ok(number) => Some(Value::Int(number)),
                Err(_) if word.contains(['.', 'e', 'E']) => word.parse().ok().map(Value::Float),
                Err(_) => None,
            },
            _ => None,
        }
    }
}

fn hex(chars: &mut std::str::Chars<'_>, digits: usize) -> Option<u32> {
    (0..digits).try_fold(0u32, |number, _| Some(number.checked_mul(16)? + chars.next()?.to_digit(16)?))
}

/// Four hexadecimal digits, or two such escapes that are one character.
fn unicode(chars: &mut std::str::Chars<'_>) -> Option<char> {
    let first = hex(chars, 4)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    if chars.next()? != '\\' || chars.next()? != 'u' {
        return None;
    }
    let second = hex(chars, 4)?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    char::from_u32(0x10000 + ((first - 0xd800) << 10) + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_python_literals_are_read() {
        let text = |text: &str| Value::Str(text.to_owned());
        for (literal, expected) in [
            ("['a', 'b']", Some(Value::List(vec![text("a"), text("b")]))),
            ("[\"a\", 1, 1.5, -2e3, True, false]", {
                let numbers = [Value::Int(1), Value::Float(1.5), Value::Float(-2000.0)];
                let mut all = vec![text("a")];
                all.extend(numbers);
                all.extend([Value::Bool(true), Value::Bool(false)]);
                Some(Value::List(all))
            }),
            ("('a',)", Some(Value::List(vec![text("a")]))),
            ("{'k': {}}", Some(Value::Table([("k".to_owned(), Value::Table(BTreeMap::new()))].into()))),
            ("'it\\'s \\u00e9 \\ud83d\\ude00'", Some(text("it's é 😀"))),
            (" 7 ", Some(Value::Int(7))),
            ("None", None),
            ("[None]", None),
            ("[1", None),
            ("[1 2]", None),
            ("{1: 2}", None),
            ("{'a': 1, 'a': 2}", None),
            ("__import__('os')", None),
            ("'\\ud83d'", None),
            ("", None),
        ] {
            assert_eq!(read(literal), expected, "{literal}");
        }
        assert_eq!(read(&"[".repeat(10_000)), None);
    }

    #[test]
    fn infinities_survive() {
        let list = Value::List(vec![Value::Float(f64::INFINITY), Value::Float(-0.0), Value::Float(1e300)]);
        assert_eq!(read(&write(&list)), Some(list));
    }

    fn any_value() -> impl proptest::strategy::Strategy<Value = Value> {
        use proptest::prelude::*;
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            any::<f64>().prop_filter("equal to itself", |f| !f.is_nan()).prop_map(Value::Float),
            any::<String>().prop_map(Value::Str),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
                proptest::collection::btree_map("[a-z\"]{0,3}", inner, 0..4).prop_map(Value::Table),
            ]
        })
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_back(value in any_value()) {
            proptest::prop_assert_eq!(read(&write(&value)), Some(value));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,100}") {
            let _ = read(&text);
        }
    }
}
