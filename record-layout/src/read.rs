//! Reads a layout from TOML: all of its problems at once, each with its place.

mod cobol;
mod field;
mod section;

use toml::Table;

use crate::{
    Encoding, Field, Layout, LayoutError, LongRecords, MAX_FIELDS, MAX_RECORD_BYTES, Nulls, Order, Records,
    ShortRecords, Trim,
};
use section::Section;

/// What fields have where they say nothing else.
struct Defaults {
    encoding: Encoding,
    trim: Trim,
    nulls: Option<Nulls>,
    order: Order,
    first_year: i32,
}

/// Most rows of a header or footer.
const MAX_ROWS: i64 = 1000;
/// Two digits of a year mean one of the hundred years from here on, as for most of `strptime`.
const FIRST_YEAR: i32 = 1969;

impl Layout {
    /// Reads the text of a layout file.
    ///
    /// # Errors
    /// Where it is no TOML, with line and column; else all that is wrong with it.
    pub fn from_toml(text: &str) -> Result<Self, LayoutError> {
        let table: Table = text.parse().map_err(|e: toml::de::Error| LayoutError {
            problems: vec![e.to_string().trim_end().to_owned()],
        })?;
        Self::from_table(&table)
    }

    /// Reads a layout that was TOML.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn from_table(table: &Table) -> Result<Self, LayoutError> {
        Self::read(table, None)
    }

    /// Reads a COBOL copybook. `table` has the keys of a layout but `fields`, and may have `cobol`: a table with what
    /// depends on the compiler ([`crate::Copybook`]).
    ///
    /// # Errors
    /// All that is wrong with it, with lines.
    pub fn from_copybook(text: &str, table: &Table) -> Result<Self, LayoutError> {
        Self::read(table, Some(text))
    }

    fn read(table: &Table, copybook: Option<&str>) -> Result<Self, LayoutError> {
        let mut problems = Vec::new();
        let layout = layout(&mut Section::new(table, String::new(), &mut problems), copybook);
        match layout {
            Some(layout) if problems.is_empty() => Ok(layout),
            _ if problems.is_empty() => Err(LayoutError { problems: vec!["it has no fields".to_owned()] }),
            _ => Err(LayoutError { problems }),
        }
    }
}

fn layout(section: &mut Section<'_>, copybook: Option<&str>) -> Option<Layout> {
    let defaults = Defaults {
        encoding: section.encoding("encoding").unwrap_or(Encoding::UTF8),
        trim: section.choice("trim", field::TRIMS).unwrap_or(Trim::Both),
        nulls: section.nulls(),
        order: section.choice("endian", field::ORDERS).unwrap_or(Order::Big),
        first_year: section.int("century", 1, 9900).map_or(FIRST_YEAR, |year| year as i32),
    };
    let header_names = section.bool("header_names").unwrap_or(false);
    let may_overlap = section.bool("overlap").unwrap_or(false);
    let (fields, end) = match copybook {
        // A copybook says itself what is a view of what.
        Some(text) => cobol::fields(section, text, &defaults)?,
        None => {
            let fields = fields(section, &defaults, header_names)?;
            if !may_overlap {
                check_overlaps(&fields, section);
            }
            let end = fields.iter().map(|field| field.offset + field.width).max()?;
            (fields, end)
        }
    };
    let records = records(section, end)?;
    let header_rows = match records {
        Records::Fixed { header_rows, .. } | Records::Lines { header_rows, .. } => header_rows,
    };
    if header_names && header_rows == 0 {
        section.problem("`header_names` needs `header_rows`");
    }
    section.finish();
    Some(Layout { records, encoding: defaults.encoding, fields, header_names })
}

fn fields(section: &mut Section<'_>, defaults: &Defaults, header_names: bool) -> Option<Vec<Field>> {
    let tables = section.tables("fields")?;
    if tables.is_empty() {
        section.problem("`fields` is empty");
        return None;
    }
    if tables.len() > MAX_FIELDS {
        section.problem(format!("{} fields are more than {MAX_FIELDS}", tables.len()));
        return None;
    }
    let mut fields = Vec::with_capacity(tables.len());
    let mut next = 0;
    for (at, table) in tables.into_iter().enumerate() {
        let name = table.get("name").and_then(|name| name.as_str());
        let place = match name {
            Some(name) => format!("field {} (`{name}`)", at + 1),
            None => format!("field {}", at + 1),
        };
        let mut own = Section::new(table, place, section.problems);
        if let Some(field) = field::read(&mut own, defaults, next, header_names) {
            next = field.offset + field.width;
            fields.push(field);
        }
        own.finish();
    }
    check_names(&fields, section);
    (!fields.is_empty()).then_some(fields)
}

fn check_names(fields: &[Field], section: &mut Section<'_>) {
    let mut names: Vec<&str> =
        fields.iter().map(|field| field.name.as_str()).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    for pair in names.windows(2).filter(|pair| pair[0] == pair[1]) {
        section.problem(format!("two fields are named `{}`", pair[0]));
    }
}

fn check_overlaps(fields: &[Field], section: &mut Section<'_>) {
    let mut sorted: Vec<&Field> = fields.iter().collect();
    sorted.sort_by_key(|field| (field.offset, field.width));
    let mut before: Option<&Field> = None;
    for field in sorted {
        if let Some(before) = before
            && field.offset < before.offset + before.width
        {
            section.problem(format!(
                "{} and {} overlap from byte {} on; write `overlap = true` if they are two views of the same bytes",
                named(before),
                named(field),
                field.offset + 1
            ));
        }
        if before.is_none_or(|before| before.offset + before.width <= field.offset + field.width) {
            before = Some(field);
        }
    }
}

fn named(field: &Field) -> String {
    match field.name.as_str() {
        "" => format!("the field from byte {} on", field.offset + 1),
        name => format!("`{name}`"),
    }
}

fn records(section: &mut Section<'_>, end: u64) -> Option<Records> {
    let terminator = section.terminator();
    let length = section.int("record_bytes", 1, MAX_RECORD_BYTES as i64).map(|bytes| bytes as u64);
    let by_length = match section.choice("records", &[("fixed", true), ("lines", false)]) {
        Some(by_length) => by_length,
        None => length.is_some() && terminator.is_none(),
    };
    let record_bytes = length.unwrap_or(end);
    if record_bytes < end {
        section.problem(format!("`record_bytes` is {record_bytes}, but the fields go to byte {end}"));
    }
    let rows = |section: &mut Section<'_>, key| section.int(key, 0, MAX_ROWS).unwrap_or(0) as u32;
    let (header_rows, footer_rows) = (rows(section, "header_rows"), rows(section, "footer_rows"));
    let bytes =
        |section: &mut Section<'_>, key| section.int(key, 0, MAX_RECORD_BYTES as i64).unwrap_or(0) as u64;
    let (header_bytes, footer_bytes) = (bytes(section, "header_bytes"), bytes(section, "footer_bytes"));
    let short =
        section.choice("short_records", &[("reject", ShortRecords::Reject), ("pad", ShortRecords::Pad)]);
    let long = section.choice("long_records", &[("reject", LongRecords::Reject), ("cut", LongRecords::Cut)]);
    if by_length {
        if terminator.is_some() || short.is_some() || long.is_some() {
            section.problem(
                "records by length have no `terminator`, `short_records` or `long_records`; write `records = \"lines\"`",
            );
        }
        return Some(Records::Fixed {
            record_bytes,
            header_bytes: header_bytes + u64::from(header_rows) * record_bytes,
            footer_bytes: footer_bytes + u64::from(footer_rows) * record_bytes,
            header_rows,
        });
    }
    if header_bytes > 0 || footer_bytes > 0 {
        section.problem("lines have `header_rows` and `footer_rows`, not `header_bytes` or `footer_bytes`");
    }
    Some(Records::Lines {
        record_bytes,
        terminator: terminator.flatten(),
        header_rows,
        footer_rows,
        short: short.unwrap_or(ShortRecords::Reject),
        long: long.unwrap_or(LongRecords::Reject),
    })
}
