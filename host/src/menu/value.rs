//! Values of properties, as job files, manifests and messages give them.

use std::collections::BTreeMap;

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
