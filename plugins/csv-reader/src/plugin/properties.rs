//! The properties of the reader.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::DataType;
use artemis_plugin_api::{Error, Properties, Property, Result};

use crate::datatype::{TYPE_NAMES, parse_type};
use crate::dialect::{Dialect, Terminator};
use crate::options::{Nulls, Options};

/// Most records that a header can have.
const MAX_HEADER_ROWS: i64 = 100;
/// Most records that a footer can have.
const MAX_FOOTER_ROWS: i64 = 1000;

/// The properties that a job file may give.
pub(super) const PROPERTIES: &[Property] = &[
    Property::string("delimiter").default(",").doc("the byte between two fields"),
    Property::string("quote")
        .default("\"")
        .doc("the byte around a field that may hold any other; doubled, it stands for itself; empty: none"),
    Property::string("escape").default("").doc("the byte that makes the next one plain text; empty: none"),
    Property::string("comment")
        .default("")
        .doc("the byte that at the start of a record makes a comment of the line; empty: none"),
    Property::string("terminator").default("").doc("the byte that ends a record; empty: LF or CRLF"),
    Property::int("header_rows").default_int(1).range(0, MAX_HEADER_ROWS).doc(
        "records at the start that hold column names; several are joined with `_`; 0: columns are numbered",
    ),
    Property::int("footer_rows")
        .default_int(0)
        .range(0, MAX_FOOTER_ROWS)
        .doc("records at the end that are no data: totals, remarks, an end mark; they are left out"),
    Property::list("names").doc(
        "column names in order; they replace those of the header, or stand for a header that is not there",
    ),
    Property::list("null_values").default_toml("[\"\"]").doc(
        "texts that mean a missing value where they are not quoted; they replace the default, the empty text",
    ),
    Property::bool("strings_can_be_null", true)
        .doc("false: in a column of text those texts are texts, as pyarrow reads them unless told otherwise"),
    Property::list("true_values").doc("texts that mean true, as written; without them `true` in any case"),
    Property::list("false_values").doc("texts that mean false, as written; without them `false` in any case"),
    Property::table("schema").doc(
        "types of columns by name; they win over what the data show and take leading zeros, a plus sign, \
         and dates as timestamps; types: null, bool, int64, float64, decimal(p,s), date, timestamp, \
         timestamp(us), timestamp(ns), timestamp(us,UTC), timestamp(ns,UTC), string",
    ),
];

/// Reads the properties.
///
/// # Errors
/// Those that contradict each other or name what there is not, with the name of the property.
pub(super) fn options(properties: &Properties<'_>) -> Result<Options> {
    let (true_values, false_values) = truth_values(properties)?;
    let usual = Options::default();
    Ok(Options {
        dialect: dialect(properties)?,
        header_rows: rows(properties, "header_rows", MAX_HEADER_ROWS)?.unwrap_or(usual.header_rows),
        footer_rows: rows(properties, "footer_rows", MAX_FOOTER_ROWS)?.unwrap_or(usual.footer_rows),
        names: names(properties)?,
        nulls: match properties.strings("null_values")? {
            Some(texts) => Nulls::new(texts),
            None => usual.nulls,
        },
        strings_can_be_null: properties.bool("strings_can_be_null")?,
        true_values,
        false_values,
        types: types(properties)?,
    })
}

fn dialect(properties: &Properties<'_>) -> Result<Dialect> {
    let delimiter = properties.byte("delimiter")?;
    let delimiter =
        delimiter.ok_or_else(|| Error::invalid("property `delimiter` must be one ASCII character"))?;
    let terminator = properties.byte("terminator")?.map_or(Terminator::LineFeed, Terminator::Byte);
    let (quote, escape) = (properties.byte("quote")?, properties.byte("escape")?);
    Dialect::new(delimiter, quote, escape, properties.byte("comment")?, terminator).map_err(|e| {
        let (first, second, byte) = (e.first, e.second, e.byte);
        Error::invalid(format!("properties `{first}` and `{second}` are the same byte ({byte:#04x})"))
    })
}

fn rows(properties: &Properties<'_>, name: &str, most: i64) -> Result<Option<usize>> {
    match properties.int(name)? {
        Some(rows) if !(0..=most).contains(&rows) => {
            Err(Error::invalid(format!("property `{name}` is {rows}; it must be from 0 to {most}")))
        }
        // The range keeps it small.
        rows => Ok(rows.map(|rows| rows as usize)),
    }
}

fn names(properties: &Properties<'_>) -> Result<Vec<String>> {
    let names = properties.strings("names")?.unwrap_or_default();
    let mut taken = BTreeSet::new();
    for name in &names {
        if name.is_empty() {
            return Err(Error::invalid("property `names` has an empty name"));
        }
        if !taken.insert(name) {
            return Err(Error::invalid(format!("property `names` has `{name}` twice")));
        }
    }
    Ok(names)
}

fn truth_values(properties: &Properties<'_>) -> Result<(Vec<String>, Vec<String>)> {
    let true_values = properties.strings("true_values")?.unwrap_or_default();
    let false_values = properties.strings("false_values")?.unwrap_or_default();
    match true_values.iter().find(|value| false_values.contains(value)) {
        None => Ok((true_values, false_values)),
        Some(both) => {
            Err(Error::invalid(format!("properties `true_values` and `false_values` both have `{both}`")))
        }
    }
}

fn types(properties: &Properties<'_>) -> Result<BTreeMap<String, DataType>> {
    let given = properties.string_table("schema")?;
    let typed = given.into_iter().map(|(column, name)| match parse_type(&name) {
        Some(data_type) => Ok((column, data_type)),
        None => Err(Error::invalid(format!(
            "property `schema`: column `{column}` has the unknown type `{name}`; types are: {}",
            TYPE_NAMES.join(", ")
        ))),
    });
    typed.collect()
}
