//! COBOL copybooks as layouts.
//!
//! What is read: pictures of text, numbers and edited numbers (which stay text); the usages DISPLAY, COMP and BINARY,
//! COMP-1, COMP-2, COMP-3, COMP-5; SIGN; OCCURS; REDEFINES; levels 1 to 49, 66, 77, 88; FILLER; the fixed and the free
//! form of source lines. What a compiler would have to be asked for is refused with its line: COPY, SYNCHRONIZED.

mod entry;
mod picture;
mod source;
mod tree;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::{Encoding, Field, MAX_FIELDS, MAX_RECORD_BYTES, Nulls, Order, Trim};
pub use source::SourceFormat;
use tree::{Common, Node};

/// How a copybook is understood: what depends on the compiler, and which record of it is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copybook {
    /// The record; needed where there are several.
    pub record: Option<String>,
    /// Which views of the same bytes become columns.
    pub views: Views,
    /// How its lines are written; `None`: by their look.
    pub source: Option<SourceFormat>,
    /// Bytes of binary numbers.
    pub binary_size: BinarySize,
    /// The form of COMP-1 and COMP-2.
    pub floats: FloatForm,
    /// Order of bytes in COMP-5 and in IEEE floats; that of COMP is the layout's.
    pub native: Order,
    /// Fields that occur depending on another are stored as often as they can occur.
    pub depending_as_maximum: bool,
}

/// Which of several views of the same bytes (REDEFINES) become columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Views {
    /// The one that is redefined.
    First,
    /// All of them.
    All,
    /// Those with these names; elsewhere the first.
    Chosen(Vec<String>),
}

/// Bytes of binary numbers by their digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinarySize {
    /// 2 up to 4 digits, 4 up to 9, 8 up to 18: IBM, Micro Focus with IBMCOMP, GnuCOBOL with `-std=ibm`.
    TwoToEight,
    /// 1 up to 2 digits, then the same: GnuCOBOL by default.
    OneToEight,
}

/// The form of floating point numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatForm {
    /// IBM's hexadecimal ones.
    Hex,
    /// IEEE 754.
    Ieee,
}

/// What the layout around a copybook says of its fields.
pub(crate) struct Around<'a> {
    pub encoding: Encoding,
    pub trim: Trim,
    pub nulls: Option<&'a Nulls>,
    pub order: Order,
}

/// The fields of a copybook's record, and its length in bytes.
///
/// # Errors
/// All that is wrong, with lines.
pub(crate) fn fields(
    text: &str,
    options: &Copybook,
    around: &Around<'_>,
) -> Result<(Vec<Field>, u64), Vec<String>> {
    let format = options.source.unwrap_or_else(|| SourceFormat::of(text));
    let tokens = source::tokens(text, format).map_err(|problem| vec![problem])?;
    let mut roots = Node::roots(entry::entries(&tokens)?);
    let mut known = BTreeSet::new();
    roots.iter().for_each(|root| root.names(&mut known));
    let mut problems = Vec::new();
    if let Views::Chosen(names) = &options.views {
        let unknown = names.iter().filter(|name| !known.contains(name.as_str()));
        problems.extend(unknown.map(|name| format!("`views` has `{name}`, which the copybook has not")));
    }
    let at = chosen(&roots, options.record.as_deref()).map_err(|problem| vec![problem])?;
    let mut root = roots.swap_remove(at);
    let common = Common {
        options,
        encoding: around.encoding,
        trim: around.trim,
        nulls: around.nulls,
        order: around.order,
    };
    let count = root.measure(&common, &mut problems);
    if root.size() > MAX_RECORD_BYTES && problems.is_empty() {
        problems.push(format!("the record takes {} bytes, beyond {MAX_RECORD_BYTES}", root.size()));
    }
    if count > MAX_FIELDS as u64 {
        problems.push(format!("the record has {count} fields, more than {MAX_FIELDS}"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut fields = Vec::new();
    root.fields(&common, &mut fields, &mut problems);
    if problems.is_empty() { Ok((fields, root.size())) } else { Err(problems) }
}

/// The index of the record that is meant.
fn chosen(roots: &[Node], record: Option<&str>) -> Result<usize, String> {
    let names = || roots.iter().map(Node::name).collect::<Vec<_>>().join(", ");
    match (record, roots) {
        (_, []) => Err("the copybook has no fields".to_owned()),
        (None, [_]) => Ok(0),
        (None, _) => Err(format!("the copybook has several records; write `record` as one of: {}", names())),
        (Some(record), _) => roots
            .iter()
            .position(|root| root.name() == record)
            .ok_or_else(|| format!("the copybook has no record `{record}`; there are: {}", names())),
    }
}
