//! What a user tells the checker of components that need more than their defaults: properties, a schema, an input.
//!
//! ```toml
//! # check.toml, beside the plugin or named by --with
//! [components.aggregate]
//! properties = { by = ["utf8"], measures = { n = "count", total = "sum(int64)" } }
//! schema = { utf8 = "Utf8", int64 = "Int64" }   # columns of the batches that are tried
//! # input = "sample.arrow"                      # instead: a schema from an Arrow file; for a reader its raw bytes
//! ```

use crate::menu::problem::{Problems, Report};
use crate::menu::section::Section;
use crate::menu::tree::{self, Data, Item, Table};
use crate::menu::{Value, property, suggest};
use crate::plugin::manifest::{ComponentSpec, Manifest, PropertyType};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::ipc::reader::FileReader;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a user gave for one component.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Properties in their checked form.
    pub properties: BTreeMap<String, Value>,
    /// The schema of the batches to try.
    pub schema: Option<SchemaRef>,
    /// A raw file for a reader.
    pub input: Option<PathBuf>,
}

/// What a user gave, by component.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    by_component: BTreeMap<String, Given>,
}

/// Why what was given is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("the check file has problems")]
    Problems(Problems),
    /// An override is not what it should be.
    #[error("--set {key}: {message}")]
    Override {
        /// What was to be set.
        key: String,
        /// What is wrong.
        message: String,
    },
}

impl Setup {
    /// Reads a check file, where there is one, and the overrides `component.property=value`.
    ///
    /// # Errors
    /// All problems of the file at once, or the first wrong override.
    pub fn read(
        file: Option<&Path>,
        overrides: &[(String, String)],
        manifest: &Manifest,
    ) -> Result<Self, SetupError> {
        let mut setup = Self::default();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|source| SetupError::Io { path: path.to_owned(), source })?;
            setup.by_component = read_file(path, &text, manifest).map_err(SetupError::Problems)?;
        }
        for (key, text) in overrides {
            setup
                .set(key, text, manifest)
                .map_err(|message| SetupError::Override { key: key.clone(), message })?;
        }
        Ok(setup)
    }

    /// What was given for a component.
    pub fn of(&self, component: &str) -> Given {
        self.by_component.get(component).cloned().unwrap_or_default()
    }

    fn set(&mut self, key: &str, text: &str, manifest: &Manifest) -> Result<(), String> {
        let (component, name) = key.split_once('.').ok_or("write component.property=value")?;
        let spec = manifest.component(component).ok_or_else(|| unknown_component(component, manifest))?;
        let data = tree::parse_value(text).unwrap_or_else(|| Data::Str(text.to_owned()));
        let place = tree::Place { span: 0..0, option: None };
        let item = Item { place, data, raw: Some(text.to_owned()) };
        let (name, value) = checked(spec, name, &item, &std::env::current_dir().unwrap_or_default())
            .map_err(|(message, help)| message + &help.map(|h| format!(" ({h})")).unwrap_or_default())?;
        self.by_component.entry(component.to_owned()).or_default().properties.insert(name, value);
        Ok(())
    }
}

fn unknown_component(name: &str, manifest: &Manifest) -> String {
    let names = manifest.components.iter().map(|spec| spec.name.as_str());
    let help = suggest::help(name, names, "components").unwrap_or_default();
    format!("the plugin has no component `{name}` ({help})")
}

fn read_file(path: &Path, text: &str, manifest: &Manifest) -> Result<BTreeMap<String, Given>, Problems> {
    let (root, malformed) = tree::parse(text);
    let mut report = Report::default();
    for problem in malformed {
        report.error(&tree::Place { span: problem.span, option: None }, problem.message, None);
    }
    let mut root =
        Section::new(&root, tree::Place { span: 0..0, option: None }, path.to_string_lossy().into_owned());
    let components = root.section("components", &mut report);
    let mut all = BTreeMap::new();
    let dir = path.parent().map(Path::to_owned).unwrap_or_default();
    let dir = std::path::absolute(&dir).unwrap_or(dir);
    for entry in &components.table().entries {
        let Some(spec) = manifest.component(&entry.key) else {
            report.error(&entry.key_place, unknown_component(&entry.key, manifest), None);
            continue;
        };
        let Data::Table(table) = &entry.item.data else {
            report.error(&entry.item.place, format!("takes a table, not {}", entry.item.kind()), None);
            continue;
        };
        let mut section = Section::new(table, entry.key_place.clone(), format!("[components.{}]", entry.key));
        all.insert(entry.key.clone(), given(&mut section, spec, &dir, &mut report));
        section.finish(&mut report);
    }
    root.finish(&mut report);
    let problems = report.finish(&path.to_string_lossy(), text, &[]);
    if problems.has_errors() { Err(problems) } else { Ok(all) }
}

fn given(section: &mut Section<'_>, spec: &ComponentSpec, dir: &Path, report: &mut Report) -> Given {
    let mut given = Given::default();
    for entry in &section.section("properties", report).table().entries {
        match checked(spec, &entry.key, &entry.item, dir) {
            Ok((name, value)) => drop(given.properties.insert(name, value)),
            Err((message, help)) => report.error(&entry.item.place, message, help),
        }
    }
    let columns = section.section("schema", report);
    if !columns.table().entries.is_empty() {
        given.schema = schema(columns.table(), report);
    }
    if let Some(text) = section.string("input", report) {
        let file = dir.join(text);
        let place = section.place_of("input");
        if spec.kind == crate::plugin::manifest::ComponentKind::Reader {
            match file.is_file() {
                true => given.input = Some(file),
                false => report.error(place, format!("{} is not there", file.display()), None),
            }
        } else {
            match schema_of_file(&file) {
                Ok(schema) => given.schema = Some(schema),
                Err(message) => report.error(place, message, None),
            }
        }
    }
    given
}

fn schema(table: &Table, report: &mut Report) -> Option<SchemaRef> {
    let mut fields = Vec::new();
    for entry in &table.entries {
        let parsed = entry.item.as_str().and_then(|text| text.parse::<DataType>().ok());
        match parsed {
            Some(data_type) => fields.push(Field::new(&entry.key, data_type, true)),
            None => report.error(
                &entry.item.place,
                "is not the name of an Arrow type",
                "write it as arrow prints it: \"Int64\", \"Utf8\", \"Timestamp(µs)\"".to_owned(),
            ),
        }
    }
    (fields.len() == table.entries.len()).then(|| Arc::new(Schema::new(fields)))
}

fn schema_of_file(path: &Path) -> Result<SchemaRef, String> {
    let file = File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let reader = FileReader::try_new(file, None).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(reader.schema())
}

/// A property in its checked form.
fn checked(
    spec: &ComponentSpec,
    key: &str,
    item: &Item,
    dir: &Path,
) -> Result<(String, Value), property::Refusal> {
    let named = spec.properties.iter().find(|p| p.name == key || p.aliases.iter().any(|alias| alias == key));
    let Some(property) = named else {
        let names = spec.properties.iter().map(|p| p.name.as_str());
        let message = format!("component `{}` has no property `{key}`", spec.name);
        return Err((message, suggest::help(key, names, "properties")));
    };
    let value = property::typed(property.kind, item).and_then(|value| {
        property::within(property, &value)?;
        Ok(value)
    });
    let value = value.map_err(|(message, help)| (format!("`{key}` {message}"), help))?;
    let value = match (property.kind, value) {
        (PropertyType::Path, Value::Str(text)) => Value::Str(dir.join(text).to_string_lossy().into_owned()),
        (_, value) => value,
    };
    Ok((property.name.clone(), value))
}
