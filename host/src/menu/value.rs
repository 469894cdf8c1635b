//! Values of properties, as job files, manifests and messages give them.

use std::collections::BTreeMap;
use std::fmt;

/// A property's value. Dates and times of TOML are text here.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction; may be infinite or not a number.
    Float(f64),
    /// Text.
    Str(String),
    /// Values in order.
    List(Vec<Value>),
    /// Values by key.
    Table(BTreeMap<String, Value>),
}

impl Value {
    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(yes) = self { Some(*yes) } else { None }
    }

    /// The whole number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        if let Value::Int(number) = self { Some(*number) } else { None }
    }

    /// The number, if it is one.
    pub fn as_float(&self) -> Option<f64> {
        if let Value::Float(number) = self { Some(*number) } else { None }
    }

    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::Str(text) = self { Some(text) } else { None }
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&[Value]> {
        if let Value::List(items) = self { Some(items) } else { None }
    }

    /// The table, if it is one.
    pub fn as_table(&self) -> Option<&BTreeMap<String, Value>> {
        if let Value::Table(table) = self { Some(table) } else { None }
    }
}

/// As TOML, inline: what a user would write after `key =`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_toml().fmt(f)
    }
}

impl Value {
    /// As a TOML value, for writing job files.
    pub fn to_toml(&self) -> toml::Value {
        match self {
            Value::Bool(yes) => toml::Value::Boolean(*yes),
            Value::Int(number) => toml::Value::Integer(*number),
            Value::Float(number) => toml::Value::Float(*number),
            Value::Str(text) => toml::Value::String(text.clone()),
            Value::List(items) => toml::Value::Array(items.iter().map(Value::to_toml).collect()),
            Value::Table(table) => {
                toml::Value::Table(table.iter().map(|(key, value)| (key.clone(), value.to_toml())).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_show_as_toml() {
        let table = Value::Table([("a b".to_owned(), Value::Float(1.0))].into());
        let list = Value::List(vec![Value::Int(1), Value::Str("x\"y".into()), Value::Bool(true), table]);
        assert_eq!(list.to_string(), "[1, 'x\"y', true, { \"a b\" = 1.0 }]");
    }
}
