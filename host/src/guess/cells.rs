//! What the texts of cells look like, and what that makes of their columns.

use std::collections::BTreeMap;
use std::fmt;

use super::dialect::Field;
use super::{Finding, Sureness, counted};

/// Texts that often stand for a missing value.
const NULLS: &[&str] =
    &["NA", "N/A", "n/a", "#N/A", "NULL", "Null", "null", "None", "none", "nil", "\\N", "-", "--", ".", "?"];

/// What a cell, or all cells of a column, look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CellKind {
    /// Nothing.
    Empty,
    /// `true` or `false`.
    Bool,
    /// A whole number without leading zeros.
    Integer,
    /// A number with a point or an exponent.
    Float,
    /// A day: `2013-01-31`.
    Date,
    /// A day and a time.
    Timestamp,
    /// Anything else.
    Text,
}

impl fmt::Display for CellKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CellKind::Empty => "empty",
            CellKind::Bool => "bool",
            CellKind::Integer => "integer",
            CellKind::Float => "float",
            CellKind::Date => "date",
            CellKind::Timestamp => "timestamp",
            CellKind::Text => "text",
        })
    }
}

impl CellKind {
    /// What one text looks like.
    pub(super) fn of(text: &str) -> CellKind {
        match text {
            "" => CellKind::Empty,
            _ if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") => CellKind::Bool,
            _ => number(text).or_else(|| temporal(text)).unwrap_or(CellKind::Text),
        }
    }

    /// What holds both.
    fn join(self, other: CellKind) -> CellKind {
        match (self, other) {
            (a, b) if a == b => a,
            (CellKind::Empty, other) | (other, CellKind::Empty) => other,
            (CellKind::Integer, CellKind::Float) | (CellKind::Float, CellKind::Integer) => CellKind::Float,
            _ => CellKind::Text,
        }
    }

    /// Numbers, days and times: what a text among them is rather a missing value than a value.
    fn is_measured(self) -> bool {
        matches!(self, CellKind::Integer | CellKind::Float | CellKind::Date | CellKind::Timestamp)
    }
}

fn number(text: &str) -> Option<CellKind> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // `007` is a code.
    let leads = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    if leads || !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if is_digits(digits) {
        return Some(CellKind::Integer);
    }
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    (plain && digits.parse::<f64>().is_ok()).then_some(CellKind::Float)
}

/// `2013-01-31`, or that and a time behind `T` or a space.
fn temporal(text: &str) -> Option<CellKind> {
    let bytes = text.as_bytes();
    let two = |at: usize| {
        let digits = bytes.get(at..at + 2)?;
        digits.iter().all(u8::is_ascii_digit).then(|| (digits[0] - b'0') * 10 + (digits[1] - b'0'))
    };
    let is = |at: usize, expected: &[u8]| bytes.get(at).is_some_and(|byte| expected.contains(byte));
    (two(0).is_some() && two(2).is_some() && is(4, b"-") && is(7, b"-")).then_some(())?;
    ((1..=12).contains(&two(5)?) && (1..=31).contains(&two(8)?)).then_some(())?;
    if bytes.len() == 10 {
        return Some(CellKind::Date);
    }
    (is(10, b"T ") && two(11)? < 24 && is(13, b":") && two(14)? < 60).then_some(())?;
    let zone = bytes[16..].iter().all(|byte| byte.is_ascii_digit() || b":.+-Z ".contains(byte));
    zone.then_some(CellKind::Timestamp)
}

/// A column as the sample shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuessedColumn {
    /// Its name; empty if there is no header, or none in it for this column.
    pub name: String,
    /// What its values look like, missing ones aside.
    pub kind: CellKind,
    /// Missing values: empty cells and those that hold one of the null texts.
    pub missing: usize,
}

/// A column with what was seen in it.
pub(super) struct Column {
    pub public: GuessedColumn,
    /// Unquoted texts that often stand for a missing value, with how often.
    nulls: BTreeMap<&'static str, usize>,
    /// Numbers whose point is a comma.
    decimal_commas: usize,
    /// Digits that begin with a zero.
    leading_zeros: usize,
}

/// What the columns hold. Records of another width count as far as they go.
pub(super) fn columns(rows: &[Vec<Field>], names: Option<&Vec<Field>>, width: usize) -> Vec<Column> {
    let name = |index: usize| {
        names.and_then(|names| names.get(index)).map(|field| field.text.clone()).unwrap_or_default()
    };
    (0..width).map(|index| column(rows, index, name(index))).collect()
}

fn column(rows: &[Vec<Field>], index: usize, name: String) -> Column {
    let mut column = Column {
        public: GuessedColumn { name, kind: CellKind::Empty, missing: 0 },
        nulls: BTreeMap::new(),
        decimal_commas: 0,
        leading_zeros: 0,
    };
    let mut kind = CellKind::Empty;
    let mut empty = 0;
    for field in rows.iter().filter_map(|row| row.get(index)) {
        let text = field.text.as_str();
        if let Some(null) = NULLS.iter().find(|null| !field.quoted && **null == text) {
            *column.nulls.entry(null).or_default() += 1;
            continue;
        }
        empty += usize::from(text.is_empty());
        kind = kind.join(CellKind::of(text));
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        let sum = digits.replacen(',', "", 1);
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        column.decimal_commas += usize::from(digits.contains(',') && all_digits(&sum));
        column.leading_zeros +=
            usize::from(digits.len() > 1 && digits.starts_with('0') && all_digits(digits));
    }
    let nulls: usize = column.nulls.values().sum();
    let is_value = nulls > 0 && !kind.is_measured();
    column.public.kind = if is_value { CellKind::Text } else { kind };
    column.public.missing = empty + if is_value { 0 } else { nulls };
    column
}

/// The texts that stand for a missing value: those in columns that are otherwise numbers, days or times.
pub(super) fn null_values(
    columns: &[Column],
    findings: &mut Vec<Finding>,
    notes: &mut Vec<String>,
) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut evidence = Vec::new();
    for null in NULLS {
        let of = |measured: bool| {
            let columns = columns.iter().filter(move |column| column.public.kind.is_measured() == measured);
            columns.filter_map(|column| Some((column, *column.nulls.get(null)?))).collect::<Vec<_>>()
        };
        let measured = of(true);
        if measured.is_empty() {
            continue;
        }
        let times: usize = measured.iter().map(|(_, count)| count).sum();
        evidence.push(format!("{null} stands {} among numbers or times", counted(times, "time")));
        values.push((*null).to_owned());
        for (column, count) in of(false) {
            notes.push(format!(
                "{null} stands {} in the text column {:?} too, where it becomes a missing value",
                counted(count, "time"),
                column.public.name
            ));
        }
    }
    if evidence.is_empty() {
        evidence.push("no other text stands among numbers or times".into());
    }
    let shown: Vec<String> = values.iter().map(|value| super::job_file::quoted(value)).collect();
    let sureness = if values.len() > 1 { Sureness::Likely } else { Sureness::Unsure };
    findings.push(Finding {
        about: "null values",
        value: shown.join(", "),
        sureness,
        evidence: evidence.join("; "),
    });
    values
}

/// Notes what a reader of the data may stumble over.
pub(super) fn warn(columns: &[Column], rows: &[Vec<Field>], notes: &mut Vec<String>) {
    let texts = || columns.iter().filter(|column| column.public.kind == CellKind::Text);
    let listed = |chosen: Vec<&Column>| {
        let names: Vec<String> = chosen.iter().map(|column| format!("{:?}", column.public.name)).collect();
        names.join(", ")
    };
    let commas: Vec<&Column> =
        texts().filter(|column| column.decimal_commas * 2 > rows.len().max(1)).collect();
    if !commas.is_empty() {
        notes.push(format!("{}: numbers with a decimal comma; they stay text", listed(commas)));
    }
    let zeros: Vec<&Column> = texts().filter(|column| column.leading_zeros > 0).collect();
    if !zeros.is_empty() {
        notes.push(format!("{}: digits with leading zeros; they stay text, so none is lost", listed(zeros)));
    }
}
