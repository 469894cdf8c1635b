//! Stored messages as JSON, for people.
//!
//! The field names are those of the `.proto` files. Numbers stay numbers, bytes become lower-case hex,
//! timestamps RFC 3339 text, durations seconds; fields that hold their default are left out.

use std::sync::LazyLock;

use artemis_proto::{DESCRIPTORS, host::ImportedObject};
use prost_reflect::{
    DescriptorPool, DynamicMessage, MapKey, MessageDescriptor, ReflectMessage, Value as Field,
};
use serde_json::{Map, Value, json};

use super::{Alias, Catalog, CatalogError, JobStatus, ObjectKind, Result, log};
use crate::store::{ContentId, StoreError, check_key};

/// The descriptors are part of the program, so they decode or every call fails alike.
static POOL: LazyLock<Option<DescriptorPool>> = LazyLock::new(|| DescriptorPool::decode(DESCRIPTORS).ok());

/// The longest text that is shown as text, in bytes.
const LONGEST_TEXT: usize = 1 << 20;

impl Catalog {
    /// Shows what goes by a name, an id or a key: a dataset, an object, a log entry, a job's record.
    ///
    /// # Errors
    /// [`CatalogError::Unknown`] if nothing does, damage, or an error of the store.
    pub fn show(&self, text: &str) -> Result<Value> {
        match self.resolve(text) {
            Ok(dataset) => {
                let object = self.dataset_object(&dataset)?;
                return render("CronusObject", text, &prost::Message::encode_to_vec(&object));
            }
            Err(e @ CatalogError::Ambiguous { .. }) => return Err(e),
            Err(e @ CatalogError::Unknown { .. }) => {
                if let Ok(id) = text.parse::<ContentId>() {
                    return self.show_object(&id);
                }
                match self.alias(text)? {
                    Some(Alias::Object(Some(_), id)) => return self.show_object(&id),
                    Some(Alias::Object(None, id)) => return Ok(json!({ "data_file": id.to_string() })),
                    _ => {}
                }
                if check_key(text).is_err() || self.store.size(text)?.is_none() {
                    return Err(e);
                }
            }
            Err(e) => return Err(e),
        }
        self.show_key(text)
    }

    /// Shows an object by what the logs and the jobs say it is.
    fn show_object(&self, id: &ContentId) -> Result<Value> {
        let bytes = self.get_object(id).map_err(|e| match e {
            CatalogError::Store(StoreError::NotFound { .. }) => {
                CatalogError::Unknown { text: id.to_string(), near: Vec::new() }
            }
            e => e,
        })?;
        let message = match self.kind_of(id)? {
            Some(ObjectKind::Foreign) if self.is_store_record(id)? => Some("CronusObjectStore"),
            kind => kind.and_then(message_of),
        };
        match message {
            Some(message) => render(message, &id.to_string(), &bytes),
            None => Ok(plain(bytes)),
        }
    }

    /// What the logs, or the ends of jobs, say that an object is.
    fn kind_of(&self, id: &ContentId) -> Result<Option<ObjectKind>> {
        // Registered objects are found at once; the logs of all datasets are read for the others.
        if let Some(object) = self.objects_by_id(&id.to_string())?.first() {
            return Ok(Some(object.kind));
        }
        if let Some(object) = self.objects()?.iter().find(|object| object.id == *id) {
            return Ok(Some(object.kind));
        }
        Ok(self.jobs()?.into_iter().find_map(|job| match job.status {
            JobStatus::Ended(_, end) if end.info == Some(*id) => Some(ObjectKind::Job),
            JobStatus::Ended(_, end) if end.log == Some(*id) => Some(ObjectKind::Log),
            _ => None,
        }))
    }

    /// Whether an object is the record of an imported store.
    fn is_store_record(&self, id: &ContentId) -> Result<bool> {
        let id = id.to_string();
        let of_store =
            |object: &ImportedObject| object.content_id == id && object.name.ends_with(".cronus.pb");
        Ok(self.imports()?.iter().any(|import| import.objects.iter().any(of_store)))
    }

    fn show_key(&self, key: &str) -> Result<Value> {
        if let Some(hash) = key.strip_prefix("objects/") {
            let parts: Vec<&str> = hash.split('/').collect();
            if let [algorithm, _, hex] = parts[..]
                && let Ok(id) = format!("{algorithm}:{hex}").parse()
            {
                return self.show_object(&id);
            }
        }
        if key.starts_with("data/") {
            // Data files are large and no messages.
            return Ok(json!({ "bytes": self.store.size(key)? }));
        }
        let bytes = self.store.get(key)?;
        if key.starts_with("jobs/") {
            let message = match key.rsplit('/').next() {
                Some("start.pb") => "artemis.host.v1.JobStart",
                Some("heartbeat.pb") => "artemis.host.v1.Heartbeat",
                Some("end.pb") => "artemis.host.v1.JobEnd",
                _ => return Ok(plain(bytes)),
            };
            return render(message, key, &bytes);
        }
        if key.starts_with("log/") || key.starts_with("datasets/") {
            let commit = log::decode(key, &bytes)?;
            return render("artemis.host.v1.Commit", key, &prost::Message::encode_to_vec(&commit));
        }
        Ok(plain(bytes))
    }
}

/// The message that the bytes of an object are; `None` for text and for bytes of any kind.
pub(super) fn message_of(kind: ObjectKind) -> Option<&'static str> {
    Some(match kind {
        ObjectKind::Menu => "cronus.Menu",
        ObjectKind::Config => "cronus.Configuration",
        ObjectKind::Recipe => "artemis.host.v1.Recipe",
        ObjectKind::Hists | ObjectKind::Timers => "physt.HistogramCollection",
        ObjectKind::TDigests => "TDigest_store",
        ObjectKind::Job => "artemis.JobInfo",
        ObjectKind::Table => "cronus.Table",
        ObjectKind::File => "FileObjectInfo",
        ObjectKind::Import => "artemis.host.v1.ImportedStore",
        ObjectKind::Log
        | ObjectKind::Profile
        | ObjectKind::Checks
        | ObjectKind::PathInput
        | ObjectKind::Foreign => return None,
    })
}

/// The descriptor of a message by its full name.
pub(super) fn descriptor(message: &str) -> Option<MessageDescriptor> {
    POOL.as_ref()?.get_message_by_name(message)
}

/// Bytes that are no message: as text if they are text.
fn plain(bytes: Vec<u8>) -> Value {
    let size = bytes.len();
    match String::from_utf8(bytes) {
        Ok(text) if size <= LONGEST_TEXT => json!({ "text": text }),
        _ => json!({ "bytes": size }),
    }
}

/// The bytes of a message as JSON.
fn render(message: &str, place: &str, bytes: &[u8]) -> Result<Value> {
    let corrupt = |what: String| CatalogError::Store(StoreError::corrupt(place, what));
    let descriptor =
        descriptor(message).ok_or_else(|| corrupt(format!("this program knows no {message}")))?;
    let dynamic = DynamicMessage::decode(descriptor, bytes).map_err(|e| corrupt(e.to_string()))?;
    Ok(message_value(&dynamic))
}

fn message_value(message: &DynamicMessage) -> Value {
    let number = |name: &str| message.get_field_by_name(name);
    let whole = |name: &str| number(name).and_then(|v| v.as_i64()).unwrap_or_default();
    let nanos = || number("nanos").and_then(|v| v.as_i32()).unwrap_or_default();
    match message.descriptor().full_name() {
        "google.protobuf.Timestamp" => {
            return json!(prost_types::Timestamp { seconds: whole("seconds"), nanos: nanos() }.to_string());
        }
        "google.protobuf.Duration" => return json!(whole("seconds") as f64 + f64::from(nanos()) / 1e9),
        _ => {}
    }
    let mut object = Map::new();
    for (field, value) in message.fields() {
        let shown = match value {
            Field::EnumNumber(number) => enum_value(&field.kind(), *number),
            Field::List(items) => {
                let item = |value: &Field| match value {
                    Field::EnumNumber(number) => enum_value(&field.kind(), *number),
                    value => field_value(value),
                };
                Value::Array(items.iter().map(item).collect())
            }
            value => field_value(value),
        };
        object.insert(field.name().to_owned(), shown);
    }
    Value::Object(object)
}

/// The name of an enum's value; its number if a newer version of the program knows the name.
fn enum_value(kind: &prost_reflect::Kind, number: i32) -> Value {
    let name = kind.as_enum().and_then(|e| e.get_value(number).map(|v| v.name().to_owned()));
    name.map_or(json!(number), Value::String)
}

fn field_value(value: &Field) -> Value {
    match value {
        Field::Bool(v) => json!(v),
        Field::I32(v) | Field::EnumNumber(v) => json!(v),
        Field::I64(v) => json!(v),
        Field::U32(v) => json!(v),
        Field::U64(v) => json!(v),
        Field::F32(v) => float(f64::from(*v), v.to_string()),
        Field::F64(v) => float(*v, v.to_string()),
        Field::String(v) => json!(v),
        Field::Bytes(v) => json!(v.iter().map(|b| format!("{b:02x}")).collect::<String>()),
        Field::Message(v) => message_value(v),
        Field::List(items) => Value::Array(items.iter().map(field_value).collect()),
        Field::Map(map) => {
            // The reflected map has no order of its own.
            let mut entries: Vec<_> = map.iter().map(|(k, v)| (key_text(k), field_value(v))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
    }
}

/// JSON has no infinities and no NaN: they stand as text.
fn float(value: f64, text: String) -> Value {
    if value.is_finite() { json!(value) } else { Value::String(text) }
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(v) => v.to_string(),
        MapKey::I32(v) => v.to_string(),
        MapKey::I64(v) => v.to_string(),
        MapKey::U32(v) => v.to_string(),
        MapKey::U64(v) => v.to_string(),
        MapKey::String(v) => v.clone(),
    }
}

#[cfg(test)]
mod tests {
    use artemis_proto::{artemis, cronus, physt};

    use super::*;
    use crate::catalog::{
        EndOfJob, JobDescription,
        testing::{self, commit},
    };

    #[test]
    fn every_kind_of_record_is_shown_by_name_id_or_key() {
        let catalog = testing::catalog();
        let node = cronus::Node { name: "slim".into(), parents: vec!["initial".into()], algos: vec![] };
        let graph = cronus::Graph { name: "delays".into(), nodes: vec![node] };
        let menu = cronus::Menu { name: "flights".into(), uuid: String::new(), graphs: vec![graph] };
        let menu = catalog.put_menu(&menu).unwrap();
        let shown = catalog.show(&menu.id.to_string()).unwrap();
        assert_eq!(shown["graphs"][0]["nodes"][0]["parents"][0], "initial");
        assert_eq!(catalog.show(&menu.id.object_key()).unwrap(), shown);

        let mut made = commit(&catalog, "recipe", &[("rows", "abc")]);
        made.name = Some("flights".into());
        catalog.commit_dataset(&made).unwrap();
        let dataset = catalog.show("flights").unwrap();
        assert_eq!(dataset["dataset"]["partitions"][0], "rows");
        assert_eq!(dataset["dataset"]["files"][0]["file"]["type"], "ARROW");
        assert_eq!(catalog.show(&made.dataset.to_string()).unwrap(), dataset);

        let entry = catalog.show(&format!("log/{:020}.pb", 0)).unwrap();
        assert_eq!(entry["payloads"][0]["store_created"]["name"], "test");
        let entry = catalog.show(&format!("datasets/{}/log/{:020}.pb", made.dataset.segment(), 0)).unwrap();
        assert_eq!(entry["payloads"][0]["dataset"]["parts"][0]["rows"], 3);
        assert!(entry["created"].as_str().unwrap().ends_with('Z'));

        let job = catalog.start_job(&JobDescription { name: "a job".into(), ..Default::default() }).unwrap();
        assert_eq!(catalog.show(&format!("jobs/{}/start.pb", job.id)).unwrap()["name"], "a job");
        let timer = artemis::Timer { name: "t".into(), time: 1.5, std: f32::NAN, ..Default::default() };
        let summary = artemis::Summary {
            timers: vec![timer],
            job_time: Some(prost_types::Duration { seconds: 2, nanos: 500_000_000 }),
            ..Default::default()
        };
        let info = artemis::JobInfo { state: 4, summary: Some(summary), ..Default::default() };
        let info = catalog.put_job_info(&info).unwrap();
        catalog.end_job(&job, &EndOfJob { info: Some(info.id), ..Default::default() }).unwrap();
        let shown = catalog.show(&info.id.to_string()).unwrap();
        assert_eq!(shown["state"], "JOB_ABORT");
        assert_eq!(shown["summary"]["job_time"], 2.5);
        assert_eq!(shown["summary"]["timers"][0]["std"], "NaN");
        assert!(catalog.show("store.toml").unwrap()["text"].as_str().unwrap().contains("format_version"));
    }

    #[test]
    fn histograms_show_their_names_in_order() {
        let catalog = testing::catalog();
        let mut hists = physt::HistogramCollection::default();
        for name in ["b", "a"] {
            hists.histograms.insert(name.into(), physt::Histogram { sum: 1.0, ..Default::default() });
        }
        let object = catalog.put_message(ObjectKind::Hists, "hists", &hists).unwrap();
        catalog.register(std::slice::from_ref(&object)).unwrap();
        let shown = catalog.show(&object.id.to_string()).unwrap();
        assert_eq!(shown["histograms"]["a"]["sum"], 1.0);
    }

    #[test]
    fn what_is_not_there_is_unknown_and_what_is_damaged_is_corrupt() {
        let catalog = testing::catalog();
        let absent = ContentId::of(catalog.identity().objects, b"absent").to_string();
        for text in ["", "nothing", "../store.toml", "/etc/passwd", "log/1.pb", absent.as_str()] {
            assert!(matches!(catalog.show(text), Err(CatalogError::Unknown { .. })), "{text:?}");
        }
        let menu = catalog.put_menu(&cronus::Menu { name: "m".into(), ..Default::default() }).unwrap();
        catalog.store().put(&menu.id.object_key(), b"\x0a\x7f").unwrap();
        let shown = catalog.show(&menu.id.to_string());
        assert!(matches!(shown, Err(CatalogError::Store(StoreError::Corrupt { .. }))));
    }
}
