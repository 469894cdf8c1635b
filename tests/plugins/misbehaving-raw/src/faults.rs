//! The faults: what is promised, and what is emitted instead.

use crate::carray::{Node, memory};
use arrow::datatypes::{DataType, Field, Schema};

/// Name and description of each fault; the position is its number.
pub const FAULTS: [(&str, &str); 23] = [
    ("honest", "No fault: emits three rows as promised."),
    ("raw-other-schema", "Promises text and emits integers: two buffers instead of three."),
    ("unequal-lengths", "A column is shorter than its batch."),
    ("offsets-backwards", "Offsets of a text column go down in the middle."),
    ("offsets-negative", "An offset of a text column is negative."),
    ("invalid-utf8", "A text is not UTF-8."),
    ("split-utf8", "A text ends inside of a character."),
    ("too-few-children", "A column is missing."),
    ("null-array", "Emits a null pointer."),
    ("released-array", "Emits an array that is released already."),
    ("null-child", "The pointer to a column is null."),
    ("null-buffer", "The pointer to the values of a column is null."),
    ("top-level-nulls", "The batch itself has a null row."),
    ("nulls-where-none", "A column that promised no nulls has one."),
    ("negative-length", "The batch has −1 rows."),
    ("dictionary-out-of-range", "A key points behind the values of its dictionary."),
    ("dictionary-missing", "A dictionary column has no dictionary."),
    ("view-out-of-range", "A view points into a buffer that does not exist."),
    ("unknown-output", "Emits an output that does not exist, and takes no notice of the error."),
    ("ignores-error", "Emits columns of different lengths, and takes no notice of the error."),
    ("error-without-text", "Fails without filling the error."),
    ("unknown-status", "Returns a status that the ABI does not know."),
    ("no-schema", "Says that it is initialized and fills no schema."),
];

/// The schema that a fault promises.
pub fn promised(fault: &str) -> Schema {
    let text = match fault {
        "dictionary-out-of-range" | "dictionary-missing" => {
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
        }
        "view-out-of-range" => DataType::Utf8View,
        _ => DataType::Utf8,
    };
    Schema::new(vec![
        Field::new("n", DataType::Int64, fault != "nulls-where-none"),
        Field::new("s", text, true),
    ])
}

/// Three rows as promised: `n` is 1, 2, 3 and `s` is `a`, `bc`, `d`.
pub fn honest(fault: &str) -> Node {
    let text = match promised(fault).field(1).data_type() {
        DataType::Dictionary(..) => dictionary([0, 1, 2]),
        DataType::Utf8View => views(None),
        _ => text([0, 1, 3, 4], b"abcd"),
    };
    rows(vec![Some(integers()), Some(text)])
}

/// The batch with the fault; for a fault that is not one of a batch, an honest one.
pub fn faulty(fault: &str) -> Node {
    let with = |text: Node| rows(vec![Some(integers()), Some(text)]);
    let mut batch = honest(fault);
    match fault {
        "raw-other-schema" => batch = with(integers()),
        "unequal-lengths" | "ignores-error" => {
            batch = with(Node { length: 2, ..text([0, 1, 3, 4], b"abcd") });
        }
        "offsets-backwards" => batch = with(text([0, 3, 1, 4], b"abcd")),
        "offsets-negative" => batch = with(text([0, -1, 3, 4], b"abcd")),
        "invalid-utf8" => batch = with(text([0, 1, 3, 4], b"a\xff\xfed")),
        "split-utf8" => batch = with(text([0, 1, 2, 4], "éab".as_bytes())),
        "too-few-children" => batch.children.truncate(1),
        "null-child" => batch.children[1] = None,
        "null-buffer" => batch.children[0] = Some(Node { buffers: vec![None, None], ..integers() }),
        "top-level-nulls" => {
            batch.buffers = vec![memory(&[0b101])];
            batch.null_count = 1;
        }
        "nulls-where-none" => {
            let mut column = integers();
            column.buffers[0] = memory(&[0b101]);
            column.null_count = 1;
            batch.children[0] = Some(column);
        }
        "negative-length" => batch.length = -1,
        "dictionary-out-of-range" => batch = with(dictionary([0, 7, 1])),
        "dictionary-missing" => batch = with(Node { dictionary: None, ..dictionary([0, 1, 2]) }),
        "view-out-of-range" => batch = with(views(Some(7))),
        _ => {}
    }
    batch
}

fn rows(children: Vec<Option<Node>>) -> Node {
    Node { length: 3, buffers: vec![None], children, ..Node::default() }
}

fn bytes_of<const N: usize>(values: impl IntoIterator<Item = [u8; N]>) -> Option<Vec<u128>> {
    memory(values.into_iter().collect::<Vec<_>>().as_flattened())
}

fn integers() -> Node {
    let values = bytes_of([1i64, 2, 3].map(i64::to_le_bytes));
    Node { length: 3, buffers: vec![None, values], ..Node::default() }
}

fn text(offsets: [i32; 4], data: &[u8]) -> Node {
    let offsets = bytes_of(offsets.map(i32::to_le_bytes));
    Node { length: 3, buffers: vec![None, offsets, memory(data)], ..Node::default() }
}

fn dictionary(keys: [i32; 3]) -> Node {
    let keys = bytes_of(keys.map(i32::to_le_bytes));
    let values = Some(Box::new(text([0, 1, 3, 4], b"abcd")));
    Node { length: 3, buffers: vec![None, keys], dictionary: values, ..Node::default() }
}

/// Short texts lie in their view; with a buffer, the second view points into the buffer of that index.
fn views(buffer: Option<u32>) -> Node {
    let short = |text: &[u8]| {
        let mut view = [0; 16];
        view[0] = text.len() as u8;
        view[4..4 + text.len()].copy_from_slice(text);
        view
    };
    let second = buffer.map_or(short(b"bc"), |buffer| {
        let mut view = [0; 16];
        view[0] = 20;
        view[4..8].copy_from_slice(b"long");
        view[8..12].copy_from_slice(&buffer.to_le_bytes());
        view
    });
    let views = bytes_of([short(b"a"), second, short(b"d")]);
    // Views, one data buffer, and the lengths of the data buffers.
    let buffers = vec![None, views, memory(b"long text of 20 byte"), bytes_of([20i64.to_le_bytes()])];
    Node { length: 3, buffers, ..Node::default() }
}
