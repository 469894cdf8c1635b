//! Typed properties: their description (for the manifest) and their values (from the job file).

use crate::{Error, Result};
use std::collections::BTreeMap;

/// Description of a property, made by a `const` builder:
///
/// ```
/// use artemis_plugin_api::Property;
/// const HEADER: Property = Property::int("header_rows").default_int(1).range(0, 100).doc("rows of names");
/// assert_eq!(HEADER.name, "header_rows");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// Key in the job file.
    pub name: &'static str,
    /// Type as it stands in the manifest.
    pub kind: &'static str,
    /// Default as TOML text.
    pub default: Option<Literal>,
    /// Must be given.
    pub required: bool,
    /// The allowed texts; empty: all.
    pub choices: &'static [&'static str],
    /// Lowest allowed number.
    pub min: Option<i64>,
    /// Highest allowed number.
    pub max: Option<i64>,
    /// A reference to a secret, never a value in clear.
    pub secret: bool,
    /// One sentence for people.
    pub doc: &'static str,
    /// Other names that are understood.
    pub aliases: &'static [&'static str],
    /// Why not to use it any more.
    pub deprecated: Option<&'static str>,
}

/// A default value.
#[derive(Clone, Copy, Debug)]
pub enum Literal {
    /// A whole number.
    Int(i64),
    /// A text.
    Text(&'static str),
    /// Any value, as TOML.
    Toml(&'static str),
}

impl Property {
    const fn of(name: &'static str, kind: &'static str) -> Self {
        Self {
            name,
            kind,
            default: None,
            required: false,
            choices: &[],
            min: None,
            max: None,
            secret: false,
            doc: "",
            aliases: &[],
            deprecated: None,
        }
    }

    /// `true` or `false`, with its default.
    pub const fn bool(name: &'static str, default: bool) -> Self {
        Self::of(name, "bool").default_toml(if default { "true" } else { "false" })
    }

    /// A whole number of 64 bits.
    pub const fn int(name: &'static str) -> Self {
        Self::of(name, "int")
    }

    /// A number.
    pub const fn float(name: &'static str) -> Self {
        Self::of(name, "float")
    }

    /// A text.
    pub const fn string(name: &'static str) -> Self {
        Self::of(name, "string")
    }

    /// A list of values.
    pub const fn list(name: &'static str) -> Self {
        Self::of(name, "list")
    }

    /// A table of values.
    pub const fn table(name: &'static str) -> Self {
        Self::of(name, "table")
    }

    /// A file, relative to the job file; it is an input of the job: hashed, stored, in the lineage.
    pub const fn path(name: &'static str) -> Self {
        Self::of(name, "path")
    }

    /// A time such as `"30 s"`; the value is in nanoseconds.
    pub const fn duration(name: &'static str) -> Self {
        Self::of(name, "duration")
    }

    /// A size such as `"4 MiB"`; the value is in bytes.
    pub const fn bytes(name: &'static str) -> Self {
        Self::of(name, "bytes")
    }

    /// Default text.
    pub const fn default(mut self, text: &'static str) -> Self {
        self.default = Some(Literal::Text(text));
        self
    }

    /// Default whole number.
    pub const fn default_int(mut self, value: i64) -> Self {
        self.default = Some(Literal::Int(value));
        self
    }

    /// Default value as TOML.
    pub const fn default_toml(mut self, toml: &'static str) -> Self {
        self.default = Some(Literal::Toml(toml));
        self
    }

    /// Must be given.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The allowed texts.
    pub const fn choices(mut self, choices: &'static [&'static str]) -> Self {
        self.choices = choices;
        self
    }

    /// The allowed range of a number, both ends included.
    pub const fn range(mut self, min: i64, max: i64) -> Self {
        self.min = Some(min);
        self.max = Some(max);
        self
    }

    /// A reference to a secret (`env:NAME`).
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// One sentence for people.
    pub const fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    /// Other names that are understood.
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Why not to use it any more, and what to use.
    pub const fn deprecated(mut self, why: &'static str) -> Self {
        self.deprecated = Some(why);
        self
    }
}

/// The value of a property.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number; durations in nanoseconds and sizes in bytes too.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text; paths are absolute.
    String(String),
    /// A list.
    List(Vec<Value>),
    /// A table.
    Table(BTreeMap<String, Value>),
}

impl Value {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Bool(_) => "a bool",
            Value::Int(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::String(_) => "a text",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

/// Reads the values of a component's properties. The host has checked them against the manifest; a mismatch here
/// is an error of the component's author and says so.
pub struct Properties<'a> {
    lookup: &'a dyn Fn(&str) -> Option<Value>,
}

impl<'a> Properties<'a> {
    /// Properties behind a lookup by name.
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<Value>) -> Self {
        Self { lookup }
    }

    /// The value as it is; `None`: not given and without default.
    pub fn get(&self, name: &str) -> Option<Value> {
        (self.lookup)(name)
    }

    fn typed<T>(
        &self,
        name: &str,
        wanted: &str,
        take: impl Fn(Value) -> Result<T, Value>,
    ) -> Result<Option<T>> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => take(value).map(Some).map_err(|value| {
                Error::invalid(format!("property `{name}` is {}, not {wanted}", value.kind()))
            }),
        }
    }

    /// A bool; absent: `false`.
    pub fn bool(&self, name: &str) -> Result<bool> {
        let value = self.typed(name, "a bool", |v| match v {
            Value::Bool(b) => Ok(b),
            other => Err(other),
        })?;
        Ok(value.unwrap_or(false))
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> Result<Option<i64>> {
        self.typed(name, "a whole number", |v| match v {
            Value::Int(i) => Ok(i),
            other => Err(other),
        })
    }

    /// A number; whole numbers are taken too.
    pub fn float(&self, name: &str) -> Result<Option<f64>> {
        self.typed(name, "a number", |v| match v {
            Value::Float(f) => Ok(f),
            Value::Int(i) => Ok(i as f64),
            other => Err(other),
        })
    }

    /// A text.
    pub fn string(&self, name: &str) -> Result<Option<String>> {
        self.typed(name, "a text", |v| match v {
            Value::String(s) => Ok(s),
            other => Err(other),
        })
    }

    /// A text of exactly one byte, such as a delimiter; an empty text is `None`.
    pub fn byte(&self, name: &str) -> Result<Option<u8>> {
        match self.string(name)?.as_deref().map(str::as_bytes) {
            None | Some([]) => Ok(None),
            Some([byte]) => Ok(Some(*byte)),
            Some(_) => Err(Error::invalid(format!("property `{name}` must be one ASCII character"))),
        }
    }

    /// A list of texts.
    pub fn strings(&self, name: &str) -> Result<Option<Vec<String>>> {
        let items = self.typed(name, "a list", |v| match v {
            Value::List(items) => Ok(items),
            other => Err(other),
        })?;
        let Some(items) = items else { return Ok(None) };
        items
            .into_iter()
            .map(|item| match item {
                Value::String(s) => Ok(s),
                other => Err(Error::invalid(format!("an item of `{name}` is {}, not a text", other.kind()))),
            })
            .collect::<Result<Vec<_>>>()
            .map(Some)
    }

    /// A table of texts, sorted by key.
    pub fn string_table(&self, name: &str) -> Result<BTreeMap<String, String>> {
        let table = self.typed(name, "a table", |v| match v {
            Value::Table(table) => Ok(table),
            other => Err(other),
        })?;
        table
            .unwrap_or_default()
            .into_iter()
            .map(|(key, value)| match value {
                Value::String(s) => Ok((key, s)),
                other => Err(Error::invalid(format!("`{name}.{key}` is {}, not a text", other.kind()))),
            })
            .collect()
    }
}
