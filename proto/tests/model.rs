//! The `.proto` files against the public model, and against a store that the Python framework wrote.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{collections::BTreeSet, path::PathBuf};

use artemis_proto::{DESCRIPTORS, artemis::JobInfo, cronus, cronus_objects as objects, physt};
use prost::Message;
use prost_types::{FileDescriptorSet, field_descriptor_proto::Label, field_descriptor_proto::Type};

/// Public model, one field a line.
const MODEL: &str = include_str!("data/model.txt");

fn descriptors() -> FileDescriptorSet {
    FileDescriptorSet::decode(DESCRIPTORS).unwrap()
}

/// The name without its package, as the model's listing writes types.
fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn scalar(kind: Type) -> &'static str {
    match kind {
        Type::Double => "double",
        Type::Float => "float",
        Type::Int64 => "int64",
        Type::Uint64 => "uint64",
        Type::Int32 => "int32",
        Type::Bool => "bool",
        Type::String => "string",
        Type::Bytes => "bytes",
        Type::Uint32 => "uint32",
        other => panic!("the model has no {other:?}"),
    }
}

/// All fields and enum values in the form of the model's lines.
fn compiled_lines() -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for file in descriptors().file {
        if file.package().starts_with("google.") {
            continue;
        }
        let prefix = if file.package().is_empty() { String::new() } else { format!("{}.", file.package()) };
        for item in &file.enum_type {
            for value in &item.value {
                lines.insert(format!("{prefix}{} {} {} enum", item.name(), value.name(), value.number()));
            }
        }
        for message in &file.message_type {
            for field in &message.field {
                let type_name = |f: &prost_types::FieldDescriptorProto| match f.r#type() {
                    Type::Message | Type::Enum => short(f.type_name()).to_owned(),
                    other => scalar(other).to_owned(),
                };
                let entry = message.nested_type.iter().find(|nested| {
                    nested.options.as_ref().is_some_and(|o| o.map_entry())
                        && short(field.type_name()) == nested.name()
                });
                let mut kind = match entry {
                    Some(map) => format!("map<{},{}>", type_name(&map.field[0]), type_name(&map.field[1])),
                    None if field.label() == Label::Repeated => format!("repeated {}", type_name(field)),
                    None => type_name(field),
                };
                if field.oneof_index.is_some() {
                    kind.push_str(" oneof");
                }
                lines.insert(format!(
                    "{prefix}{} {} {} {kind}",
                    message.name(),
                    field.name(),
                    field.number()
                ));
            }
        }
    }
    lines
}

#[test]
fn every_field_of_the_public_model_has_its_name_number_and_type() {
    let ours = compiled_lines();
    let missing: Vec<&str> = MODEL.lines().filter(|l| !l.starts_with('#') && !ours.contains(*l)).collect();
    assert!(missing.is_empty(), "not as in the model:\n{}", missing.join("\n"));
}

#[test]
fn additions_to_the_public_model_start_at_100() {
    let model: BTreeSet<&str> = MODEL.lines().collect();
    let wrong: Vec<String> = compiled_lines()
        .into_iter()
        .filter(|line| !line.starts_with("artemis.host.v1.") && !model.contains(line.as_str()))
        .filter(|line| line.split(' ').nth(2).unwrap().parse::<i32>().unwrap() < 100)
        .collect();
    assert!(wrong.is_empty(), "additions below 100:\n{}", wrong.join("\n"));
}

#[test]
fn every_host_message_begins_with_its_format_version() {
    for file in descriptors().file.iter().filter(|f| f.package() == "artemis.host.v1") {
        for message in &file.message_type {
            let first = &message.field[0];
            assert_eq!((first.name(), first.number()), ("format_version", 1), "{}", message.name());
        }
    }
}

#[test]
fn maps_encode_in_key_order() {
    let mut one = cronus::Configuration::default();
    let mut other = cronus::Configuration::default();
    for key in ["b", "a", "c"] {
        one.tools.insert(key.into(), cronus::Module::default());
    }
    for key in ["c", "b", "a"] {
        other.tools.insert(key.into(), cronus::Module::default());
    }
    assert_eq!(one.encode_to_vec(), other.encode_to_vec());
}

/// The sample store, where the environment names it.
fn original_store() -> Option<PathBuf> {
    let Some(shared) = std::env::var_os("ARTEMIS_SHARED") else {
        eprintln!("SKIPPED: ARTEMIS_SHARED is not set, so there is no original store to read");
        return None;
    };
    Some(PathBuf::from(shared).join("data/original-store"))
}

/// Decodes every file with the ending, and checks that encoding it again loses nothing.
fn decode_all<M: Message + Default + std::fmt::Debug>(ending: &str) -> Vec<M> {
    let Some(dir) = original_store() else { return Vec::new() };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_str().unwrap().ends_with(ending) {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let message = M::decode(bytes.as_slice()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let again = message.encode_to_vec();
        assert_eq!(again.len(), bytes.len(), "{} has bytes of no known field", path.display());
        // By text, because timers of one call have a deviation of NaN, which equals nothing.
        let decoded = M::decode(again.as_slice()).unwrap();
        assert_eq!(format!("{decoded:?}"), format!("{message:?}"), "{}", path.display());
        found.push(message);
    }
    assert!(!found.is_empty(), "the original store has no {ending}");
    found
}

#[test]
fn original_menu_and_configuration_decode_whole() {
    for menu in decode_all::<cronus::Menu>(".menu.pb") {
        assert!(menu.graphs.iter().flat_map(|g| &g.nodes).any(|n| n.name == "initial"));
    }
    for config in decode_all::<cronus::Configuration>(".config.pb") {
        assert!(!config.algos.is_empty());
    }
}

#[test]
fn original_store_record_decodes_whole() {
    for store in decode_all::<objects::CronusObjectStore>(".cronus.pb") {
        let objects = store.info.unwrap().objects;
        assert!(objects.iter().all(|o| !o.uuid.is_empty() && o.info.is_some()));
    }
}

#[test]
fn original_tables_decode_whole() {
    for table in decode_all::<cronus::Table>(".table.pb") {
        assert!(!table.info.unwrap().schema.unwrap().info.unwrap().fields.is_empty());
    }
}

#[test]
fn original_histograms_decode_whole() {
    for book in decode_all::<physt::HistogramCollection>(".hist.pb") {
        for (name, hist) in &book.histograms {
            assert_eq!(hist.binnings[0].bins.len(), hist.frequencies.len(), "{name}");
        }
    }
}

#[test]
fn original_job_record_decodes_whole() {
    for job in decode_all::<JobInfo>(".job.pb") {
        assert!(!job.dataset_id.is_empty() && job.summary.is_some());
    }
}

#[test]
fn original_tdigests_decode_whole() {
    decode_all::<objects::TDigestStore>(".tdigest.pb");
}
