//! Property values in the form of the ABI: a tree of C structs that lives as long as its component.
#![allow(unsafe_code)]

use crate::menu::Value;
use artemis_plugin_api::abi::*;
use std::collections::BTreeMap;

/// The properties of a component. The C structs point into the texts, lists and keys beside them, none of which
/// moves or changes after it was made.
pub(super) struct Values {
    by_name: BTreeMap<String, artemis_value>,
    _keep: Keep,
}

/// What the C structs point to.
#[derive(Default)]
struct Keep {
    texts: Vec<Box<str>>,
    items: Vec<Box<[artemis_value]>>,
    keys: Vec<Box<[artemis_str]>>,
}

// SAFETY: the pointers lead into the struct's own boxes, which are never changed.
unsafe impl Send for Values {}
// SAFETY: as above.
unsafe impl Sync for Values {}

impl Values {
    /// The tree of a component's properties.
    pub(super) fn new(properties: &BTreeMap<String, Value>) -> Self {
        let mut keep = Keep::default();
        let by_name = properties.iter().map(|(name, value)| (name.clone(), keep.value(value))).collect();
        Self { by_name, _keep: keep }
    }

    /// The value of a property; null: absent.
    pub(super) fn get(&self, name: &str) -> *const artemis_value {
        self.by_name.get(name).map_or(std::ptr::null(), std::ptr::from_ref)
    }
}

impl Keep {
    fn text(&mut self, text: &str) -> artemis_str {
        let text: Box<str> = text.into();
        let raw = artemis_str { data: text.as_ptr(), len: text.len() as u64 };
        self.texts.push(text);
        raw
    }

    fn items<'a>(&mut self, values: impl Iterator<Item = &'a Value>) -> *const artemis_value {
        let items: Box<[artemis_value]> = values.map(|value| self.value(value)).collect();
        let raw = items.as_ptr();
        self.items.push(items);
        raw
    }

    fn value(&mut self, value: &Value) -> artemis_value {
        let mut raw = artemis_value {
            kind: ARTEMIS_VALUE_NONE,
            reserved: 0,
            integer: 0,
            number: 0.0,
            text: artemis_str { data: std::ptr::null(), len: 0 },
            items: std::ptr::null(),
            keys: std::ptr::null(),
            count: 0,
        };
        match value {
            Value::Bool(b) => (raw.kind, raw.integer) = (ARTEMIS_VALUE_BOOL, i64::from(*b)),
            Value::Int(i) => (raw.kind, raw.integer) = (ARTEMIS_VALUE_INT, *i),
            Value::Float(f) => (raw.kind, raw.number) = (ARTEMIS_VALUE_FLOAT, *f),
            Value::Str(s) => (raw.kind, raw.text) = (ARTEMIS_VALUE_STRING, self.text(s)),
            Value::List(list) => {
                raw.kind = ARTEMIS_VALUE_LIST;
                raw.items = self.items(list.iter());
                raw.count = list.len() as u64;
            }
            Value::Table(table) => {
                raw.kind = ARTEMIS_VALUE_TABLE;
                raw.items = self.items(table.values());
                let keys: Box<[artemis_str]> = table.keys().map(|key| self.text(key)).collect();
                raw.keys = keys.as_ptr();
                self.keys.push(keys);
                raw.count = table.len() as u64;
            }
        }
        raw
    }
}
