//! Business metadata of datasets: what they hold, how long they are kept, who provided them.
//!
//! People write it as TOML whose keys are the field names of `DatasetObjectAuxInfo`:
//!
//! ```toml
//! [data_holding]
//! name = "Flights from New York"
//! provider_type = "EXTERNAL_PROVIDER"
//! [data_asset.data_retention]
//! period = "5 years"
//! retention_trigger_date = "2026-12-31"
//! ```

use artemis_proto::{FORMAT_VERSION, cronus_objects::DatasetObjectAuxInfo, host};
use host::payload::Kind;
use prost::Message;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind as FieldKind, MessageDescriptor, ReflectMessage, Value,
};

use super::{Catalog, CatalogError, Result, log::payload, show};
use crate::store::{ContentId, StoreError};

const MESSAGE: &str = "DatasetObjectAuxInfo";

impl Catalog {
    /// The business metadata of a dataset, empty where none was given.
    ///
    /// # Errors
    /// [`CatalogError::Unknown`] or [`CatalogError::Deleted`], damage, or an error of the store.
    pub fn aux(&self, dataset: &ContentId) -> Result<DatasetObjectAuxInfo> {
        let aux = {
            let view = self.refreshed()?;
            self.live(view.state(), dataset)?;
            view.state().aux(dataset)
        };
        aux.map_or_else(|| Ok(DatasetObjectAuxInfo::default()), |id| self.get_message(&id))
    }

    /// Replaces the business metadata of a dataset.
    ///
    /// # Errors
    /// As [`aux`](Self::aux).
    pub fn set_aux(&self, dataset: &ContentId, aux: &DatasetObjectAuxInfo) -> Result<()> {
        self.live(self.refreshed()?.state(), dataset)?;
        let id = self.put_object(&aux.encode_to_vec())?;
        let entry = host::DatasetAux {
            format_version: FORMAT_VERSION,
            dataset_id: dataset.to_string(),
            aux_id: id.to_string(),
        };
        self.view().append(self.store.as_ref(), |view| {
            let changed = view.is_live(dataset) && view.aux(dataset) != Some(id);
            changed.then(|| vec![payload(Kind::DatasetAux(entry.clone()))])
        })?;
        // It may have been deleted meanwhile.
        self.live(self.refreshed()?.state(), dataset).map(drop)
    }
}

/// Business metadata as TOML; fields that hold their default are left out.
///
/// # Errors
/// A message that this program has no descriptor of.
pub fn aux_to_toml(aux: &DatasetObjectAuxInfo) -> Result<String> {
    let dynamic = DynamicMessage::decode(descriptor()?, aux.encode_to_vec().as_slice())
        .map_err(|e| StoreError::corrupt(MESSAGE, e.to_string()))?;
    toml::to_string(&table_of(&dynamic)).map_err(|e| StoreError::corrupt(MESSAGE, e.to_string()).into())
}

/// Business metadata from TOML.
///
/// # Errors
/// [`CatalogError::Misuse`] with the key that has no place, or whose value does not fit.
pub fn aux_from_toml(text: &str) -> Result<DatasetObjectAuxInfo> {
    let misuse = |what: String| CatalogError::Misuse {
        what,
        help: "the keys are the fields of DatasetObjectAuxInfo: [data_holding], [data_asset], [data_asset.data_retention]",
    };
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| misuse(e.to_string()))?;
    let dynamic = message_of(&descriptor()?, &table, "").map_err(misuse)?;
    let bytes = dynamic.encode_to_vec();
    Ok(DatasetObjectAuxInfo::decode(bytes.as_slice())
        .map_err(|e| StoreError::corrupt(MESSAGE, e.to_string()))?)
}

fn descriptor() -> Result<MessageDescriptor> {
    show::descriptor(MESSAGE)
        .ok_or_else(|| StoreError::corrupt(MESSAGE, "this program knows no such message").into())
}

fn table_of(message: &DynamicMessage) -> toml::Table {
    let mut table = toml::Table::new();
    for (field, value) in message.fields() {
        if let Some(value) = toml_of(&field, value) {
            table.insert(field.name().to_owned(), value);
        }
    }
    table
}

fn toml_of(field: &FieldDescriptor, value: &Value) -> Option<toml::Value> {
    Some(match value {
        Value::Bool(v) => (*v).into(),
        Value::I32(v) => i64::from(*v).into(),
        Value::EnumNumber(v) => {
            let kind = field.kind();
            let name = kind.as_enum()?.get_value(*v).map(|known| known.name().to_owned());
            name.map_or_else(|| i64::from(*v).into(), toml::Value::String)
        }
        // The shortest text that reads back as the same float32.
        Value::F32(v) => v.to_string().parse::<f64>().ok()?.into(),
        Value::String(v) => v.clone().into(),
        Value::List(items) => {
            toml::Value::Array(items.iter().filter_map(|item| toml_of(field, item)).collect())
        }
        Value::Message(m) if m.descriptor().full_name() == "google.protobuf.Timestamp" => {
            let whole = |name: &str| m.get_field_by_name(name);
            let seconds = whole("seconds")?.as_i64()?;
            let nanos = whole("nanos")?.as_i32()?;
            prost_types::Timestamp { seconds, nanos }.to_string().into()
        }
        Value::Message(m) => toml::Value::Table(table_of(m)),
        _ => return None,
    })
}

fn message_of(
    descriptor: &MessageDescriptor,
    table: &toml::Table,
    at: &str,
) -> Result<DynamicMessage, String> {
    let mut message = DynamicMessage::new(descriptor.clone());
    for (key, value) in table {
        let place = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        let Some(field) = descriptor.get_field_by_name(key) else {
            let known: Vec<String> = descriptor.fields().map(|f| f.name().to_owned()).collect();
            return Err(format!("{place} is no field; there are {}", known.join(", ")));
        };
        let value = match value {
            toml::Value::Array(items) if field.is_list() => {
                let items = items.iter().map(|item| value_of(&field, item, &place));
                Value::List(items.collect::<Result<_, _>>()?)
            }
            value if field.is_list() => return Err(format!("{place} is {}, not a list", value.type_str())),
            value => value_of(&field, value, &place)?,
        };
        message.try_set_field(&field, value).map_err(|e| format!("{place}: {e}"))?;
    }
    Ok(message)
}

fn value_of(field: &FieldDescriptor, value: &toml::Value, place: &str) -> Result<Value, String> {
    let unfit = |wanted: &str| format!("{place} is {}, not {wanted}", value.type_str());
    match field.kind() {
        FieldKind::Bool => value.as_bool().map(Value::Bool).ok_or_else(|| unfit("true or false")),
        FieldKind::Int32 => {
            let number = value.as_integer().and_then(|v| i32::try_from(v).ok());
            number.map(Value::I32).ok_or_else(|| unfit("a number of 32 bits"))
        }
        FieldKind::Float => {
            let number = value.as_float().or_else(|| value.as_integer().map(|v| v as f64));
            number.map(|v| Value::F32(v as f32)).ok_or_else(|| unfit("a number"))
        }
        FieldKind::String => value.as_str().map(|v| Value::String(v.to_owned())).ok_or_else(|| unfit("text")),
        FieldKind::Enum(names) => {
            let found = value.as_str().and_then(|name| names.get_value_by_name(name));
            found.map(|v| Value::EnumNumber(v.number())).ok_or_else(|| {
                let known: Vec<String> = names.values().map(|v| v.name().to_owned()).collect();
                format!("{place} is none of {}", known.join(", "))
            })
        }
        FieldKind::Message(message) if message.full_name() == "google.protobuf.Timestamp" => {
            let text = match value {
                toml::Value::String(text) => text.clone(),
                toml::Value::Datetime(time) => time.to_string(),
                _ => return Err(unfit("a time")),
            };
            let time: prost_types::Timestamp = text
                .parse()
                .map_err(|_| format!("{place}: {text:?} is no time: write 2026-12-31T00:00:00Z"))?;
            let mut found = DynamicMessage::new(message);
            found.set_field_by_name("seconds", Value::I64(time.seconds));
            found.set_field_by_name("nanos", Value::I32(time.nanos));
            Ok(Value::Message(found))
        }
        FieldKind::Message(message) => match value {
            toml::Value::Table(table) => Ok(Value::Message(message_of(&message, table, place)?)),
            _ => Err(unfit("a table")),
        },
        _ => Err(format!("{place} cannot be written as TOML")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"
[data_holding]
name = "Flights"
description = "From New York\n\"quoted\""
has_personal_identifiers = true
dataset_size = 12
dataset_size_type = "GB"
expected_medium = ["disk", "line"]
usage = []
provider_type = "CUSTODIAN"
[data_holding.data_holding_detail]
receptionFrequency = "monthly"
acquisition_cost = 1.1
[data_asset]
last_updated = 2026-01-31T10:00:00Z
[data_asset.data_retention]
period = "5 years"
retention_trigger_date = "2026-12-31"
"#;

    #[test]
    fn metadata_survives_its_text() {
        let aux = aux_from_toml(FULL).unwrap();
        let holding = aux.data_holding.clone().unwrap();
        assert_eq!((holding.dataset_size, holding.dataset_size_type), (12, 3));
        assert_eq!(holding.data_holding_detail.clone().unwrap().acquisition_cost, 1.1);
        let text = aux_to_toml(&aux).unwrap();
        assert!(text.contains("acquisition_cost = 1.1\n"), "{text}");
        assert_eq!(aux_from_toml(&text).unwrap(), aux);
        assert_eq!(aux_from_toml("").unwrap(), DatasetObjectAuxInfo::default());
    }

    #[test]
    fn what_has_no_place_is_named() {
        let cases = [
            ("[data_holding]\nnmae = 1", "data_holding.nmae is no field"),
            ("[data_holding]\nname = 1", "data_holding.name is integer, not text"),
            ("[data_holding]\nprovider_type = \"X\"", "none of EXTERNAL_PROVIDER"),
            ("[data_asset]\nlast_updated = \"soon\"", "is no time"),
            ("[data_holding]\ndataset_size = 3000000000", "32 bits"),
            ("data_asset = 1", "data_asset is integer, not a table"),
            ("[data_holding]\nusage = \"x\"", "usage"),
            ("[", ""),
        ];
        for (text, says) in cases {
            match aux_from_toml(text) {
                Err(e @ CatalogError::Misuse { .. }) => assert!(e.to_string().contains(says), "{text}: {e}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
