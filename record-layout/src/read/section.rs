//! One table of a layout: typed values, unknown keys, and the problems with their place.

use toml::{Table, Value};

use crate::{Encoding, Nulls};

/// Names that a problem lists at most.
const LISTED: usize = 12;

/// A table that is being read.
pub(super) struct Section<'a> {
    table: &'a Table,
    place: String,
    pub(super) problems: &'a mut Vec<String>,
    asked: Vec<&'static str>,
}

impl<'a> Section<'a> {
    pub fn new(table: &'a Table, place: String, problems: &'a mut Vec<String>) -> Self {
        Self { table, place, problems, asked: Vec::new() }
    }

    /// Notes what is wrong.
    pub fn problem(&mut self, text: impl AsRef<str>) {
        let text = text.as_ref();
        self.problems.push(if self.place.is_empty() {
            text.to_owned()
        } else {
            format!("{}: {text}", self.place)
        });
    }

    /// Notes the keys that nobody asked for.
    pub fn finish(&mut self) {
        let unknown: Vec<&String> =
            self.table.keys().filter(|key| !self.asked.contains(&key.as_str())).take(LISTED).collect();
        for key in unknown {
            self.problem(format!("there is no `{key}` here; keys are: {}", self.asked.join(", ")));
        }
    }

    /// Whether a key is given.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn get(&mut self, key: &'static str) -> Option<&'a Value> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.table.get(key)
    }

    pub fn text(&mut self, key: &'static str) -> Option<&'a str> {
        match self.get(key)? {
            Value::String(text) => Some(text),
            other => self.wrong(key, "a text", other),
        }
    }

    pub fn bool(&mut self, key: &'static str) -> Option<bool> {
        match self.get(key)? {
            Value::Boolean(value) => Some(*value),
            other => self.wrong(key, "true or false", other),
        }
    }

    /// A whole number of a range, both ends included.
    pub fn int(&mut self, key: &'static str, min: i64, max: i64) -> Option<i64> {
        match self.get(key)? {
            Value::Integer(value) if (min..=max).contains(value) => Some(*value),
            Value::Integer(value) => {
                self.problem(format!("`{key}` is {value}; it must be from {min} to {max}"));
                None
            }
            other => self.wrong(key, "a whole number", other),
        }
    }

    /// One of several words, and what it stands for.
    pub fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            self.problem(format!("`{key}` is `{text}`; it can be {}", words.join(", ")));
        }
        found
    }

    pub fn texts(&mut self, key: &'static str) -> Option<Vec<String>> {
        let Value::Array(items) = self.get(key)? else {
            let value = self.get(key)?;
            return self.wrong(key, "a list of texts", value);
        };
        let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
        if texts.is_none() {
            self.problem(format!("`{key}` takes a list of texts"));
        }
        texts
    }

    pub fn tables(&mut self, key: &'static str) -> Option<Vec<&'a Table>> {
        let Some(value) = self.get(key) else {
            self.problem(format!("`{key}` is missing"));
            return None;
        };
        let tables: Option<Vec<&Table>> =
            value.as_array().and_then(|items| items.iter().map(Value::as_table).collect());
        if tables.is_none() {
            self.problem(format!("`{key}` takes a list of tables"));
        }
        tables
    }

    /// A table below this one.
    pub fn table(&mut self, key: &'static str) -> Option<&'a Table> {
        match self.get(key)? {
            Value::Table(table) => Some(table),
            other => self.wrong(key, "a table", other),
        }
    }

    /// One of several words, or a list of texts.
    pub fn word_or_texts<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<Result<T, Vec<String>>> {
        match self.get(key)? {
            Value::Array(_) => self.texts(key).map(Err),
            _ => self.choice(key, choices).map(Ok),
        }
    }

    pub fn encoding(&mut self, key: &'static str) -> Option<Encoding> {
        let name = self.text(key)?;
        let found = Encoding::of(name);
        if found.is_none() {
            self.problem(format!(
                "`{key}` is `{name}`, which is not known; there are utf-8, ascii, latin-1, windows-1252, cp037, cp273, \
                 cp277, cp278, cp280, cp284, cp285, cp297, cp500, cp871, cp1047, cp1140 to cp1149, and the labels of the \
                 Encoding Standard such as big5 and shift_jis"
            ));
        }
        found
    }

    /// The three keys of missing values; `None` where none is given.
    pub fn nulls(&mut self) -> Option<Nulls> {
        let words = self.texts("nulls");
        let texts = self.texts("null_values");
        let fillers = self.text("null_fillers");
        if words.is_none() && texts.is_none() && fillers.is_none() {
            return None;
        }
        let mut nulls = Nulls {
            texts: texts.unwrap_or_default(),
            fillers: fillers.unwrap_or_default().chars().collect(),
            ..Nulls::default()
        };
        for word in words.unwrap_or_default() {
            if nulls.set(&word).is_none() {
                self.problem(format!("`nulls` has `{word}`; it can have {}", Nulls::NAMES.join(", ")));
            }
        }
        Some(nulls)
    }

    /// The byte behind each record, as one character or as `0x15`; `Some(None)`: LF or CRLF.
    pub fn terminator(&mut self) -> Option<Option<u8>> {
        let text = self.text("terminator")?;
        let hex = text.strip_prefix("0x").and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match text.as_bytes() {
            b"" | b"\n" | b"\r\n" => Some(None),
            [byte] => Some(Some(*byte)),
            _ if hex.is_some() => Some(hex),
            _ => {
                self.problem(format!("`terminator` is {text:?}; write one character, or a byte as \"0x15\""));
                None
            }
        }
    }

    fn wrong<T>(&mut self, key: &str, wanted: &str, value: &Value) -> Option<T> {
        self.problem(format!("`{key}` takes {wanted}, not {}", value.type_str()));
        None
    }
}
