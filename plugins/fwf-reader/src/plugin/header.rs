//! The bytes before the data: kept as annotations, and as names of columns.

use std::collections::BTreeSet;

use artemis_plugin_api::{Context, Error, Result};
use artemis_record_layout::{Form, Layout, Records};

/// Characters of a header that are kept.
const KEPT: usize = 4096;

/// Puts the text of an input's header into the job's record.
pub(super) fn annotate(context: &Context<'_>, layout: &Layout, head: &[u8]) {
    if !head.is_empty() {
        let text: String = shown(layout, head).chars().take(KEPT).collect();
        context.annotate(&format!("header of {}", context.call().datum_name), &text);
    }
}

/// The layout with the names of the last header row for the fields that have none.
///
/// # Errors
/// Where the header has no name for a field, or one twice.
pub(super) fn named(layout: &Layout, head: &[u8]) -> Result<Layout> {
    let mut layout = layout.clone();
    // An empty input has no header; what it lacks is told where there are data.
    let row = last_row(&layout, head).unwrap_or_default();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for field in layout.fields.iter_mut().filter(|field| field.form != Form::Skip) {
        if field.name.is_empty() {
            let start = row.len().min(field.offset as usize);
            let end = row.len().min(field.offset as usize + field.width as usize);
            let text = field.encoding.decode(&row[start..end]).unwrap_or_default();
            let first = field.offset + 1;
            match text.trim() {
                "" => {
                    let text = format!("the header has no name for the field from byte {first} on");
                    return Err(Error::bad_data(text));
                }
                name => field.name = name.to_owned(),
            }
        }
        if !taken.insert(field.name.clone()) {
            return Err(Error::bad_data(format!("the header names two fields `{}`", field.name)));
        }
    }
    Ok(layout)
}

/// The last header row, without its terminator.
fn last_row<'a>(layout: &Layout, head: &'a [u8]) -> Option<&'a [u8]> {
    match layout.records {
        Records::Fixed { record_bytes, .. } => {
            head.len().checked_sub(record_bytes as usize).and_then(|start| head.get(start..))
        }
        Records::Lines { terminator, .. } => {
            let body = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
            let lines = body.split(|byte| *byte == terminator.unwrap_or(b'\n'));
            let without_return = |line: &'a [u8]| match terminator {
                None => line.strip_suffix(b"\r").unwrap_or(line),
                Some(_) => line,
            };
            lines.map(without_return).rfind(|line| !line.is_empty())
        }
    }
}

/// Bytes as text in the layout's encoding, with `?` for what is none.
fn shown(layout: &Layout, bytes: &[u8]) -> String {
    match layout.encoding.page() {
        Some(page) => bytes
            .iter()
            .map(|byte| page[usize::from(*byte)])
            .map(|char| if char == char::MAX { '?' } else { char })
            .collect(),
        None => match layout.encoding.decode(bytes) {
            Some(text) => text.into_owned(),
            None => String::from_utf8_lossy(bytes).into_owned(),
        },
    }
}
