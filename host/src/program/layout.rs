//! `layout`: what stands where in a fixed-width record.

use std::path::Path;

use artemis_record_layout::{Field, Form, Layout, Order, Pattern, Records, Sign};
use serde_json::{Value, json};
use toml::Table;

use super::args;
use super::fault::{Fault, Kind, Outcome};
use super::session::Session;
use super::table;
use super::text::wrapped;

/// A layout file is no longer than this.
const MAX_FILE_BYTES: u64 = 64 << 20;

pub(crate) fn layout(session: &Session, args: &args::Layout) -> Outcome {
    let args::Layout::Show { file, set } = args;
    let layout = read(file, set)?;
    if session.json() {
        return session.answer(json!({ "layout": to_json(&layout) }));
    }
    let mut table = table::Table::new(&[">start", ">end", ">width", "field", "type", "how it is written"]);
    for field in &layout.fields {
        let name = match (&field.form, field.name.as_str()) {
            (Form::Skip, "") => "-",
            (_, "") => "(from the header)",
            (_, name) => name,
        };
        table.row(vec![
            (field.offset + 1).to_string(),
            (field.offset + field.width).to_string(),
            field.width.to_string(),
            name.to_owned(),
            field.value.to_string(),
            written(field),
        ]);
    }
    let head = format!("{}, {}", layout.records, layout.encoding.name());
    session.print(&format!("{}\n{}", wrapped("", &head, session.width), table.render(session.width)))
}

fn read(file: &Path, set: &[(String, String)]) -> Outcome<Layout> {
    let bytes = std::fs::metadata(file).map_err(|e| Fault::input(file, e))?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(Fault::input(
            file,
            format!("a layout of {bytes} bytes; at most {MAX_FILE_BYTES} are read"),
        ));
    }
    let bytes = std::fs::read(file).map_err(|e| Fault::input(file, e))?;
    let refused = |problems: &[String]| {
        let places: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
        Fault::new(Kind::Usage, format!("{} is no layout:\n{}", file.display(), places.join("\n")))
            .help("the keys are those of `artemis-host plugins show fwf-reader`")
    };
    let is_copybook = file.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("toml"));
    let mut table = Table::new();
    let copybook = String::from_utf8_lossy(&bytes);
    if !is_copybook {
        let text =
            std::str::from_utf8(&bytes).map_err(|e| Fault::input(file, format!("it is not UTF-8: {e}")))?;
        table = text.parse().map_err(|e: toml::de::Error| refused(&[e.to_string().trim_end().to_owned()]))?;
    }
    for (key, value) in set {
        insert(&mut table, key, value)?;
    }
    let layout = match is_copybook {
        true => Layout::from_copybook(&copybook, &table),
        false => Layout::from_table(&table),
    };
    layout.map_err(|error| refused(&error.problems))
}

/// Puts a value, written as TOML or as a bare word, under a key with dots.
fn insert(table: &mut Table, key: &str, value: &str) -> Outcome {
    let parsed = format!("value = {value}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    let value = parsed.unwrap_or_else(|| value.into());
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
            Ok(())
        }
        Some((first, rest)) if !rest.contains('.') => {
            let inner = table.entry(first).or_insert_with(|| Table::new().into());
            let inner = inner.as_table_mut().ok_or_else(|| Fault::usage(format!("`{first}` is no table")))?;
            inner.insert(rest.to_owned(), value);
            Ok(())
        }
        Some(_) => Err(Fault::usage(format!("a layout has no key `{key}`"))),
    }
}

/// The form of a field in a few words.
fn written(field: &Field) -> String {
    let mut words = vec![field.form.name().to_owned()];
    let mut scaled = |scale: i32| {
        if scale != 0 {
            words.push(format!("scale {scale}"));
        }
    };
    match &field.form {
        Form::Zoned { scale, sign, time, .. } => {
            scaled(*scale);
            words.push(format!("sign {}", sign_name(*sign)));
            words.extend(time.as_ref().map(Pattern::to_string));
        }
        Form::Packed { scale, signed, time, .. } => {
            scaled(*scale);
            words.extend((!signed).then(|| "unsigned".to_owned()));
            words.extend(time.as_ref().map(Pattern::to_string));
        }
        Form::Binary { scale, signed, order } => {
            scaled(*scale);
            words.extend((!signed).then(|| "unsigned".to_owned()));
            words.push(order_name(*order).to_owned());
        }
        Form::HexFloat { order } | Form::IeeeFloat { order } => words.push(order_name(*order).to_owned()),
        Form::Number { scale, .. } => scaled(*scale),
        Form::Time(pattern) => words.push(pattern.to_string()),
        _ => {}
    }
    if field.form.is_characters() {
        words.push(field.encoding.name().into_owned());
    }
    words.join(", ")
}

fn to_json(layout: &Layout) -> Value {
    let records = match layout.records {
        Records::Fixed { record_bytes, header_bytes, footer_bytes, header_rows } => json!({
            "by": "length",
            "record_bytes": record_bytes,
            "header_bytes": header_bytes,
            "footer_bytes": footer_bytes,
            "header_rows": header_rows,
        }),
        Records::Lines { record_bytes, terminator, header_rows, footer_rows, .. } => json!({
            "by": "terminator",
            "record_bytes": record_bytes,
            "terminator": terminator,
            "header_rows": header_rows,
            "footer_rows": footer_rows,
        }),
    };
    json!({
        "records": records,
        "encoding": layout.encoding.name(),
        "fields": layout.fields.iter().map(field_to_json).collect::<Vec<_>>(),
    })
}

fn field_to_json(field: &Field) -> Value {
    let mut object = json!({
        "name": field.name,
        "offset": field.offset,
        "width": field.width,
        "form": field.form.name(),
        "type": field.value.to_string(),
        "encoding": field.form.is_characters().then(|| field.encoding.name()),
    });
    let mut set = |key: &str, value: Value| object[key] = value;
    match &field.form {
        Form::Number { digits, scale, .. } => {
            set("digits", json!(digits));
            set("scale", json!(scale));
        }
        Form::Zoned { digits, scale, sign, time } => {
            set("digits", json!(digits));
            set("scale", json!(scale));
            set("sign", json!(sign_name(*sign)));
            set("pattern", json!(time.as_ref().map(Pattern::to_string)));
        }
        Form::Packed { digits, scale, signed, time } => {
            set("digits", json!(digits));
            set("scale", json!(scale));
            set("signed", json!(signed));
            set("pattern", json!(time.as_ref().map(Pattern::to_string)));
        }
        Form::Binary { scale, signed, order } => {
            set("scale", json!(scale));
            set("signed", json!(signed));
            set("endian", json!(order_name(*order)));
        }
        Form::HexFloat { order } | Form::IeeeFloat { order } => set("endian", json!(order_name(*order))),
        Form::Time(pattern) => set("pattern", json!(pattern.to_string())),
        _ => {}
    }
    object
}

fn sign_name(sign: Sign) -> &'static str {
    match sign {
        Sign::None => "none",
        Sign::Leading => "leading",
        Sign::Trailing => "trailing",
        Sign::LeadingSeparate => "leading-separate",
        Sign::TrailingSeparate => "trailing-separate",
    }
}

fn order_name(order: Order) -> &'static str {
    match order {
        Order::Big => "big",
        Order::Little => "little",
    }
}
