//! Settings of the command line (`--set job.block_bytes=64KiB`), put into the tree of the job file.

use super::problem::Report;
use super::tree::{Data, Entry, Item, Place, Table, parse_value};

/// Puts every override into the tree, later ones over earlier ones. A value is read as TOML, or else as text.
pub(crate) fn apply(root: &mut Table, overrides: &[(String, String)], report: &mut Report) {
    for (index, (key, value)) in overrides.iter().enumerate() {
        let place = Place { span: 0..0, option: Some(index) };
        let data = parse_value(value).unwrap_or_else(|| Data::Str(value.clone()));
        let item = Item { place: place.clone(), data: placed(data, &place), raw: Some(value.clone()) };
        if let Err(message) = set(root, key, item, &place) {
            report.error(
                &place,
                message,
                "write section.key=value, such as job.block_bytes=64KiB".to_owned(),
            );
        }
    }
}

fn set(root: &mut Table, key: &str, item: Item, place: &Place) -> Result<(), String> {
    let parts: Vec<&str> = key.split('.').map(str::trim).collect();
    let Some((last, sections)) = parts.split_last() else { return Err("no key".into()) };
    if parts.iter().any(|part| part.is_empty()) || sections.is_empty() {
        return Err(format!("`{key}` does not name a key in a section"));
    }
    let mut table = root;
    for section in sections {
        let at = match table.entries.iter().position(|entry| entry.key == *section) {
            Some(at) => at,
            None => {
                let empty = Item { place: place.clone(), data: Data::Table(Table::default()), raw: None };
                table.entries.push(Entry {
                    key: (*section).to_owned(),
                    key_place: place.clone(),
                    item: empty,
                });
                table.entries.len() - 1
            }
        };
        match &mut table.entries[at].item.data {
            Data::Table(inner) => table = inner,
            _ => return Err(format!("`{section}` is not a table, so `{key}` cannot be set")),
        }
    }
    match table.entries.iter_mut().find(|entry| entry.key == *last) {
        Some(entry) => {
            entry.key_place = place.clone();
            entry.item = item;
        }
        None => table.entries.push(Entry { key: (*last).to_owned(), key_place: place.clone(), item }),
    }
    Ok(())
}

/// What is inside a value comes from the same option.
fn placed(mut data: Data, place: &Place) -> Data {
    match &mut data {
        Data::List(items) => items.iter_mut().for_each(|item| place_item(item, place)),
        Data::Table(table) => {
            for entry in &mut table.entries {
                entry.key_place = place.clone();
                place_item(&mut entry.item, place);
            }
        }
        _ => {}
    }
    data
}

fn place_item(item: &mut Item, place: &Place) {
    item.place = place.clone();
    item.data = placed(std::mem::replace(&mut item.data, Data::Bool(false)), place);
}
