//! The properties of the reader: a layout, in the job file or in a file of its own.

use artemis_plugin_api::{Context, Error, Properties, Property, Result, Value};
use artemis_record_layout::Layout;
use toml::Table;

/// The properties that name files.
const FILES: [&str; 2] = ["layout", "copybook"];

/// The properties that a job file may give. All but those of [`FILES`] are keys of a layout too.
pub(super) const PROPERTIES: &[Property] = &[
    Property::path("layout").doc(
        "a TOML file with the keys below, `fields` among them; what the job file gives besides wins over it",
    ),
    Property::path("copybook").doc("a COBOL copybook instead of `fields`; PIC, USAGE, SIGN, OCCURS, REDEFINES, FILLER"),
    Property::table("cobol").doc(
        "how the copybook is understood: record (its name, where there are several), views (`first`, `all`, or names of \
         redefining fields), source (fixed, free), binary_size (2-4-8 if not given, 1-2-4-8), floats (hex in EBCDIC, \
         else ieee), native_endian (that of COMP-5 and ieee floats), depending (`maximum`: OCCURS DEPENDING ON is \
         stored at its greatest length)",
    ),
    Property::list("fields").doc(
        "the fields in the order of the columns, a table each: name; start (from 1; else behind the field before) and \
         width or end, in bytes; type (text, bytes, skip, bool, integer, decimal, float, date, time, timestamp, zoned, \
         packed, binary, hex-float, ieee-float); encoding, trim, nulls, null_values, null_fillers; digits, scale \
         (implied decimals), signed, sign (trailing, leading, trailing-separate, leading-separate, none), endian, \
         decimal_point; pattern (%Y %y %m %d %j %H %M %S %f), century; true_values, false_values",
    ),
    Property::string("records").doc("`fixed`: by length; `lines`: by terminator; else by what is given"),
    Property::int("record_bytes").doc("length of a record in bytes, without terminator; else where the fields end"),
    Property::string("terminator")
        .doc("the byte behind each record, as a character or as \"0x15\"; LF or CRLF if not given; blank lines are skipped"),
    Property::int("header_rows").doc("records before the data"),
    Property::int("footer_rows").doc("records after the data"),
    Property::int("header_bytes").doc("bytes before the data, before header rows; for records by length"),
    Property::int("footer_bytes").doc("bytes after the data, after footer rows; for records by length"),
    Property::string("short_records").doc("shorter lines: `reject`, or `pad` with blanks; reject if not given"),
    Property::string("long_records").doc("longer lines: `reject`, or `cut`; reject if not given"),
    Property::string("encoding").doc(
        "that of fields without their own: utf-8 (if not given), ascii, latin-1, windows-1252, EBCDIC cp037 … cp1149, \
         big5, shift_jis and other labels of the Encoding Standard; widths are in bytes",
    ),
    Property::string("trim").doc("blanks cut off texts: both (if not given), left, right, none"),
    Property::list("nulls").doc(
        "what means a missing value in fields of characters: blank (if not given), zeros, low-values, high-values",
    ),
    Property::list("null_values").doc("texts that mean a missing value, after trimming"),
    Property::string("null_fillers").doc("a field that holds only one of these characters is missing"),
    Property::string("endian").doc("order of bytes in binary numbers: big (if not given) or little"),
    Property::int("century").doc("two digits of a year mean one of the hundred years from this one on; 1969 if not given"),
    Property::bool("header_names", false).doc("the last header row holds names for the fields that have none"),
    Property::bool("overlap", false).doc("fields may be views of the same bytes"),
];

/// The layout that the properties describe.
///
/// # Errors
/// All that is wrong with it.
pub(super) fn layout(properties: &Properties<'_>, context: &Context<'_>) -> Result<Layout> {
    let (mut table, origin) = match properties.string("layout")? {
        None => (Table::new(), String::new()),
        Some(_) => (file(context)?, "property `layout`: ".to_owned()),
    };
    for property in PROPERTIES.iter().filter(|property| !FILES.contains(&property.name)) {
        match properties.get(property.name) {
            // A bool always has a value: the default says nothing.
            None | Some(Value::Bool(false)) => {}
            Some(value) => {
                table.insert(property.name.to_owned(), toml_value(value));
            }
        }
    }
    if properties.string("copybook")?.is_some() {
        let bytes = context.open_input("copybook")?;
        // Old copybooks have comments in any encoding: what is not UTF-8 in them does not matter.
        let layout = Layout::from_copybook(&String::from_utf8_lossy(&bytes), &table);
        return layout.map_err(|error| Error::invalid(format!("property `copybook`: {error}")));
    }
    if !table.contains_key("fields") {
        return Err(Error::invalid("give `fields`, or a file with them as `layout`, or a `copybook`"));
    }
    Layout::from_table(&table).map_err(|error| Error::invalid(format!("{origin}{error}")))
}

/// The table of the layout's file.
fn file(context: &Context<'_>) -> Result<Table> {
    let refused = |what: String| Error::invalid(format!("property `layout`: {what}"));
    let bytes = context.open_input("layout")?;
    let text = String::from_utf8(bytes).map_err(|e| refused(format!("the file is not UTF-8: {e}")))?;
    text.parse().map_err(|e: toml::de::Error| refused(e.to_string().trim_end().to_owned()))
}

fn toml_value(value: Value) -> toml::Value {
    match value {
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::Float(value) => value.into(),
        Value::String(value) => value.into(),
        Value::List(items) => items.into_iter().map(toml_value).collect::<Vec<_>>().into(),
        Value::Table(table) => {
            toml::Value::Table(table.into_iter().map(|(key, value)| (key, toml_value(value))).collect())
        }
    }
}
