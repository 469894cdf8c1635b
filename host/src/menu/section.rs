//! Reads the keys of one table with their types, and reports those that nobody asked for.

use super::problem::Report;
use super::suggest;
use super::tree::{Data, Item, Place, Table};
use super::units;

/// A table being read. Every key that is asked for counts as allowed; [`Section::finish`] reports the others.
pub(crate) struct Section<'a> {
    table: &'a Table,
    /// Where problems of the table as a whole are shown.
    pub place: Place,
    /// What the table is called in messages, such as `[input]`.
    pub title: String,
    asked: Vec<&'static str>,
}

impl<'a> Section<'a> {
    pub fn new(table: &'a Table, place: Place, title: impl Into<String>) -> Section<'a> {
        Section { table, place, title: title.into(), asked: Vec::new() }
    }

    /// The item of a key, of any type.
    pub fn get(&mut self, key: &'static str) -> Option<&'a Item> {
        self.ask(key);
        self.table.get(key).map(|entry| &entry.item)
    }

    fn ask(&mut self, key: &'static str) {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
    }

    /// Where the value of a key stands, or the table if it is not there.
    pub fn place_of(&self, key: &str) -> &Place {
        self.table.get(key).map_or(&self.place, |entry| &entry.item.place)
    }

    /// As [`Section::get`]; a missing key is an error.
    pub fn required(&mut self, key: &'static str, example: &str, report: &mut Report) -> Option<&'a Item> {
        let item = self.get(key);
        if item.is_none() {
            let message = format!("`{key}` is missing in {}", self.title);
            report.error(&self.place, message, format!("write {example}"));
        }
        item
    }

    pub fn string(&mut self, key: &'static str, report: &mut Report) -> Option<&'a str> {
        let item = self.get(key)?;
        string(item, key, report)
    }

    pub fn boolean(&mut self, key: &'static str, report: &mut Report) -> Option<bool> {
        let item = self.get(key)?;
        match item.data {
            Data::Bool(yes) => Some(yes),
            _ => wrong_type(item, key, "a boolean", "write `true` or `false`", report),
        }
    }

    /// A whole number from `least` up.
    pub fn count(&mut self, key: &'static str, least: u64, report: &mut Report) -> Option<u64> {
        let item = self.get(key)?;
        let Data::Int(number) = item.data else {
            return wrong_type(
                item,
                key,
                "an integer",
                &format!("write a whole number, at least {least}"),
                report,
            );
        };
        match u64::try_from(number) {
            Ok(number) if number >= least => Some(number),
            _ => {
                report.error(&item.place, format!("`{key}` is {number}, and must be at least {least}"), None);
                None
            }
        }
    }

    /// A size in bytes, at least 1.
    pub fn bytes(&mut self, key: &'static str, report: &mut Report) -> Option<u64> {
        let item = self.get(key)?;
        let bytes = match (&item.data, item.as_str()) {
            (Data::Int(number), _) => u64::try_from(*number).ok(),
            (_, Some(text)) => units::parse_bytes(text),
            _ => return wrong_type(item, key, "a byte size", units::BYTES_HELP, report),
        };
        match bytes {
            // Sizes travel as 64-bit signed numbers in places.
            Some(bytes @ 1..=0x7fff_ffff_ffff_ffff) => Some(bytes),
            _ => {
                let message = format!("`{key}` is not a byte size of at least 1");
                report.error(&item.place, message, units::BYTES_HELP.to_owned());
                None
            }
        }
    }

    /// One of a few words.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
        report: &mut Report,
    ) -> Option<T> {
        let item = self.get(key)?;
        let text = string(item, key, report)?;
        let found = choices.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let words = choices.iter().map(|(word, _)| *word);
            report.error(
                &item.place,
                format!("`{key}` cannot be `{text}`"),
                suggest::help(text, words, "allowed"),
            );
        }
        found.map(|(_, choice)| *choice)
    }

    /// A list of texts with their places; wrong ones are reported and left out.
    pub fn strings(&mut self, key: &'static str, report: &mut Report) -> Option<Vec<(&'a str, &'a Place)>> {
        let item = self.get(key)?;
        let Data::List(items) = &item.data else {
            let help = match item.as_str() {
                Some(text) => format!("write {key} = [{text:?}]"),
                None => format!("write {key} = [\"…\"]"),
            };
            return wrong_type(item, key, "a list of strings", &help, report);
        };
        Some(items.iter().filter_map(|item| Some((string(item, key, report)?, &item.place))).collect())
    }

    /// A list of numbers or texts, of any kind.
    pub fn list(&mut self, key: &'static str, report: &mut Report) -> Option<&'a [Item]> {
        let item = self.get(key)?;
        match &item.data {
            Data::List(items) => Some(items),
            _ => wrong_type(item, key, "a list", &format!("write {key} = […]"), report),
        }
    }

    /// A sub-table, empty if it is not there.
    pub fn section(&mut self, key: &'static str, report: &mut Report) -> Section<'a> {
        const EMPTY: &Table = &Table { entries: Vec::new() };
        self.ask(key);
        let title = format!("[{key}]");
        match self.table.get(key) {
            Some(entry) => match &entry.item.data {
                Data::Table(table) => Section::new(table, entry.key_place.clone(), title),
                _ => {
                    wrong_type::<()>(
                        &entry.item,
                        key,
                        "a table",
                        &format!("write {title} on a line of its own"),
                        report,
                    );
                    Section::new(EMPTY, entry.key_place.clone(), title)
                }
            },
            None => Section::new(EMPTY, self.place.clone(), title),
        }
    }

    /// A list of tables (`[[key]]`), each as a section of that title.
    pub fn sections(&mut self, key: &'static str, title: &str, report: &mut Report) -> Vec<Section<'a>> {
        self.ask(key);
        let Some(entry) = self.table.get(key) else { return Vec::new() };
        let help = format!("write {title} on a line of its own");
        let Data::List(items) = &entry.item.data else {
            wrong_type::<()>(&entry.item, key, "a list of tables", &help, report);
            return Vec::new();
        };
        let mut sections = Vec::new();
        for item in items {
            match &item.data {
                Data::Table(table) => sections.push(Section::new(table, item.place.clone(), title)),
                _ => drop(wrong_type::<()>(item, key, "a list of tables", &help, report)),
            }
        }
        sections
    }

    /// The table itself, for keys that are not known beforehand.
    pub fn table(&self) -> &'a Table {
        self.table
    }

    /// Keys that nobody asked for.
    pub fn unknown(&self) -> impl Iterator<Item = &'a super::tree::Entry> {
        self.table.entries.iter().filter(|entry| !self.asked.contains(&entry.key.as_str()))
    }

    /// Reports keys that nobody asked for.
    pub fn finish(self, report: &mut Report) {
        for entry in self.unknown() {
            let message = format!("unknown key `{}` in {}", entry.key, self.title);
            let help = suggest::help(&entry.key, self.asked.iter().copied(), "allowed keys");
            report.error(&entry.key_place, message, help);
        }
    }
}

fn string<'a>(item: &'a Item, key: &str, report: &mut Report) -> Option<&'a str> {
    match item.as_str() {
        Some(text) => Some(text),
        None => wrong_type(item, key, "a string", "write it in quotes", report),
    }
}

/// Reports a value of the wrong type; gives `None` for the caller to return.
fn wrong_type<T>(item: &Item, key: &str, expected: &str, help: &str, report: &mut Report) -> Option<T> {
    report.error(&item.place, format!("`{key}` takes {expected}, not {}", item.kind()), help.to_owned());
    None
}
