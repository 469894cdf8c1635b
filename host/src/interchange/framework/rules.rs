//! Rules applied to values, and the settings of the job that come of them.

use std::collections::BTreeMap;

use artemis_proto::cronus::AtomInput;

use super::modules::Ours;
use super::table::{self, Rule, Setting};
use crate::menu::units::format_bytes;
use crate::menu::{Value, literal};

/// The settings of the job so far, and what a reader should know.
#[derive(Debug, Default)]
pub(super) struct Settings {
    ours: Ours,
    notes: Vec<String>,
    folder: String,
    glob: String,
}

impl Settings {
    pub(super) fn note(&mut self, text: String) {
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    pub(super) fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Our property and its value, or nothing.
    ///
    /// # Errors
    /// Why there is no counterpart.
    pub(super) fn apply(
        &mut self,
        rule: Rule,
        value: Value,
    ) -> Result<Option<(&'static str, Value)>, String> {
        match rule {
            Rule::Same(name) => Ok(Some((name, value))),
            Rule::Byte(name) => match value {
                Value::Bool(false) => Ok(Some((name, Value::Str(String::new())))),
                Value::Str(text) => Ok(Some((name, Value::Str(text)))),
                other => Err(format!("{other} is no character")),
            },
            Rule::Truths(name) => {
                let Value::List(texts) = value else { return Err("it is no list".to_owned()) };
                let is_number = |text: &Value| text.as_str().is_some_and(|text| text.parse::<f64>().is_ok());
                let (numbers, words): (Vec<_>, Vec<_>) = texts.into_iter().partition(is_number);
                if !numbers.is_empty() {
                    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
                    let numbers = numbers.join(", ");
                    self.note(format!("{name}: a column that mixes {numbers} with words becomes text here"));
                }
                Ok((!words.is_empty()).then_some((name, Value::List(words))))
            }
            Rule::Types(name) => {
                let Value::Table(types) = value else { return Err("it is no table".to_owned()) };
                let ours = types.into_iter().map(column_type).collect::<Result<BTreeMap<_, _>, _>>()?;
                Ok((!ours.is_empty()).then_some((name, Value::Table(ours))))
            }
            Rule::NoEffect => Ok(None),
            Rule::Only(literals) => {
                if literals.iter().any(|literal| literal::read(literal).as_ref() == Some(&value)) {
                    return Ok(None);
                }
                Err(format!("{value} has no counterpart here, only {}", literals.join(" or ")))
            }
            Rule::Job(setting) => self.set(setting, value).map(|()| None),
        }
    }

    fn set(&mut self, setting: Setting, value: Value) -> Result<(), String> {
        let positive = value.as_int().and_then(|number| u64::try_from(number).ok()).filter(|n| *n > 0);
        match (setting, value, positive) {
            (Setting::BlockBytes, _, Some(bytes)) => self.put("block_bytes", format_bytes(bytes)),
            (Setting::FileBytes, _, Some(bytes)) => self.put("file_bytes", format_bytes(bytes)),
            (Setting::Seed, Value::Int(seed), _) if seed >= 0 => self.put("seed", seed.to_string()),
            (Setting::WriteCsv, Value::Bool(yes), _) => {
                if yes {
                    let text = "no CSV file is written beside the Arrow file; `store cat` gives one";
                    self.note(text.to_owned());
                }
                Ok(())
            }
            (Setting::Path, Value::Str(path), _) => {
                self.folder = path;
                Ok(())
            }
            (Setting::Glob, Value::Str(glob), _) => {
                self.glob = glob;
                Ok(())
            }
            (_, value, _) => Err(format!("{value} means nothing here")),
        }
    }

    fn put(&mut self, name: &'static str, text: String) -> Result<(), String> {
        let value = Value::Str(text);
        match self.ours.get(name) {
            Some(other) if *other != value => {
                Err(format!("it is {value} here and {other} in another module"))
            }
            _ => {
                self.ours.insert(name, value);
                Ok(())
            }
        }
    }

    /// The inputs of the configuration, as patterns of this host.
    pub(super) fn paths(&self, atom: Option<&AtomInput>) -> Vec<String> {
        let (folder, glob) = match atom.filter(|atom| !atom.repo.is_empty()) {
            Some(atom) => (atom.repo.as_str(), atom.glob.as_str()),
            None => (self.folder.as_str(), self.glob.as_str()),
        };
        match (folder, glob) {
            ("", _) => Vec::new(),
            (folder, "") => vec![folder.to_owned()],
            (folder, pattern) if pattern.contains(['*', '?', '[']) => vec![format!("{folder}/{pattern}")],
            (folder, ending) => vec![format!("{folder}/*{ending}")],
        }
    }

    /// The settings as properties of our input's module.
    pub(super) fn into_properties(mut self, reader: &str, paths: &[String]) -> Ours {
        let paths = Value::List(paths.iter().cloned().map(Value::Str).collect());
        self.ours.insert("reader", Value::Str(reader.to_owned()));
        self.ours.insert("files", paths.clone());
        self.ours.insert("paths", paths);
        self.ours
    }
}

fn column_type((column, named): (String, Value)) -> Result<(String, Value), String> {
    let known = table::TYPES.iter().find(|(theirs, _)| Some(*theirs) == named.as_str());
    let (_, ours) = known.ok_or_else(|| format!("column {column:?}: the reader has no type {named}"))?;
    Ok((column, Value::Str((*ours).to_owned())))
}
