//! Column names.

use std::collections::HashSet;

use memchr::memchr;

use crate::cell::decode;
use crate::options::Options;
use crate::record::{Walked, walk};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What the start of an input says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name of each column, no two alike, none empty.
    pub names: Vec<String>,
    /// Bytes before the first data record: byte order mark, header, blank and comment lines before it.
    pub length: usize,
    /// The text ends inside quotes, so nobody knows where the header ends.
    pub open_quote: bool,
}

/// Reads the column names at the start of an input.
///
/// `start` must hold the whole header; without header rows, the first record. Several header rows are
/// joined column by column with `_`. Bytes that are not UTF-8 become U+FFFD. Given names
/// ([`Options::names`]) replace those of the header; without header they say how many columns there are.
pub fn read_header(options: &Options, start: &[u8]) -> Header {
    let mut at = if start.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let mut names: Vec<String> = Vec::new();
    let data = at;
    let mut open_quote = false;
    for row in 0..options.header_rows.max(1) {
        let Some((fields, walked)) = next_record(options, start, at) else {
            at = start.len();
            break;
        };
        at = walked.next;
        open_quote |= walked.open_quote;
        names.resize(names.len().max(fields.len()), String::new());
        for (name, field) in names.iter_mut().zip(fields) {
            if row > 0 && !name.is_empty() && !field.is_empty() {
                name.push('_');
            }
            name.push_str(&field);
        }
    }
    if options.header_rows == 0 {
        at = data;
        let width = if options.names.is_empty() { names.len() } else { options.names.len() };
        names = vec![String::new(); width];
    }
    for (name, given) in names.iter_mut().zip(&options.names) {
        name.clone_from(given);
    }
    Header { names: name_columns(names), length: at, open_quote }
}

/// The number of fields of the first record of a chunk; `None` if there is none, or no end of it.
pub(crate) fn count_fields(options: &Options, chunk: &[u8]) -> Option<usize> {
    let (fields, walked) = next_record(options, chunk, 0)?;
    (!walked.open_quote).then_some(fields.len())
}

/// Makes names unique and not empty: an empty one becomes `column_<i>`, counted from 0; a repeated one gets
/// the first of the endings `_1`, `_2`, … that makes it new.
pub fn name_columns(names: Vec<String>) -> Vec<String> {
    let given: HashSet<String> = names.iter().cloned().collect();
    let mut taken = HashSet::new();
    let mut unique = Vec::with_capacity(names.len());
    for (i, name) in names.into_iter().enumerate() {
        let base = if name.is_empty() { format!("column_{i}") } else { name };
        let mut candidate = base.clone();
        let mut ending = 0;
        while taken.contains(&candidate) || (ending > 0 && given.contains(&candidate)) {
            ending += 1;
            candidate = format!("{base}_{ending}");
        }
        taken.insert(candidate.clone());
        unique.push(candidate);
    }
    unique
}

/// The fields of the next record at or after `at`, and where it ends; blank and comment lines are skipped.
fn next_record(options: &Options, data: &[u8], mut at: usize) -> Option<(Vec<String>, Walked)> {
    let dialect = &options.dialect;
    while at < data.len() {
        if dialect.comment == Some(data[at]) {
            at += memchr(dialect.terminator_byte(), &data[at..])? + 1;
            continue;
        }
        let mut fields = Vec::new();
        let mut field_start = at;
        let walked = walk(dialect, data, at, |end| {
            let text = decode(dialect, &data[field_start..end]).text;
            fields.push(String::from_utf8_lossy(&text).into_owned());
            field_start = end + 1;
        });
        let is_blank = fields.len() == 1 && field_start == at + 1;
        at = walked.next;
        if !is_blank {
            return Some((fields, walked));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(options: &Options, text: &str, names: &[&str], rest: &str) {
        let header = read_header(options, text.as_bytes());
        assert_eq!(header.names, names);
        assert_eq!(&text[header.length..], rest);
    }

    #[test]
    fn names_come_from_the_header_in_all_its_forms() {
        let options = Options::default();
        check(&options, "a,b\n1,2\n", &["a", "b"], "1,2\n");
        check(&options, "\u{feff}\"a,\n\"\"x\"\"\",b\r\n1", &["a,\n\"x\"", "b"], "1");
        check(&options, "\r\n\na\r\n", &["a"], "");
        check(&options, "a,b", &["a", "b"], "");
        check(&options, "", &[], "");
        check(&options, "x,x,,x_1,x,\n", &["x", "x_2", "column_2", "x_1", "x_3", "column_5"], "");
        check(&options, "\"\"\n1\n", &["column_0"], "1\n");
    }

    #[test]
    fn several_rows_are_joined_and_none_are_numbered() {
        let two = Options { header_rows: 2, ..Options::default() };
        check(&two, "a,,c\nx,y,\n1,2,3\n", &["a_x", "y", "c"], "1,2,3\n");
        let none = Options { header_rows: 0, ..Options::default() };
        check(&none, "1,2\n", &["column_0", "column_1"], "1,2\n");
        let given = Options { names: vec!["a".into(), "b".into(), "c".into()], ..none };
        check(&given, "1,2\n", &["a", "b", "c"], "1,2\n");
        check(&given, "", &["a", "b", "c"], "");
    }

    #[test]
    fn comments_before_the_header_are_skipped() {
        let mut options = Options::default();
        options.dialect.comment = Some(b'#');
        check(&options, "# it's 5\" wide\n\na,b\n#x\n1,2\n", &["a", "b"], "#x\n1,2\n");
        check(&options, "# only", &[], "");
    }

    #[test]
    fn a_header_without_end_says_so() {
        let open = |text: &[u8]| read_header(&Options::default(), text).open_quote;
        assert!(open(b"a,\"b\n1,2\n"));
        assert!(!open(b"a,\"b\"\n1,\"2\n"));
    }
}
