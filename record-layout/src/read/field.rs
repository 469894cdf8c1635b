//! One field of a layout file.

use super::Defaults;
use super::section::Section;
use crate::field::MAX_DIGITS;
use crate::{Field, Form, MAX_RECORD_BYTES, Nulls, Order, Pattern, PatternKind, Sign, Trim, Value};

pub(super) const TRIMS: &[(&str, Trim)] =
    &[("both", Trim::Both), ("left", Trim::Left), ("right", Trim::Right), ("none", Trim::None)];
pub(super) const ORDERS: &[(&str, Order)] = &[("big", Order::Big), ("little", Order::Little)];
const SIGNS: &[(&str, Sign)] = &[
    ("trailing", Sign::Trailing),
    ("leading", Sign::Leading),
    ("trailing-separate", Sign::TrailingSeparate),
    ("leading-separate", Sign::LeadingSeparate),
    ("none", Sign::None),
];
const TYPES: &[(&str, Type)] = &[
    ("text", Type::Text),
    ("bytes", Type::Bytes),
    ("skip", Type::Skip),
    ("bool", Type::Bool),
    ("integer", Type::Integer),
    ("decimal", Type::Decimal),
    ("float", Type::Float),
    ("date", Type::Time(PatternKind::Date)),
    ("time", Type::Time(PatternKind::Time)),
    ("timestamp", Type::Time(PatternKind::Timestamp)),
    ("zoned", Type::Zoned),
    ("packed", Type::Packed),
    ("binary", Type::Binary),
    ("hex-float", Type::HexFloat),
    ("ieee-float", Type::IeeeFloat),
];
/// Most zeros that a scale can add or take.
const MAX_SCALE: i64 = MAX_DIGITS as i64;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Bytes,
    Skip,
    Bool,
    Integer,
    Decimal,
    Float,
    Time(PatternKind),
    Zoned,
    Packed,
    Binary,
    HexFloat,
    IeeeFloat,
}

/// Reads a field; `next` is the offset behind the one before. `None` with a problem noted.
pub(super) fn read(
    section: &mut Section<'_>,
    defaults: &Defaults,
    next: u64,
    header_names: bool,
) -> Option<Field> {
    let name = section.text("name").unwrap_or_default().to_owned();
    let (offset, width) = place(section, next)?;
    let kind = section.choice("type", TYPES);
    let kind = if section.has("type") { kind? } else { Type::Text };
    if name.is_empty() && !header_names && kind != Type::Skip {
        section.problem("it has no `name`; write `type = \"skip\"` to leave it out");
        return None;
    }
    let encoding = match section.has("encoding") {
        true => section.encoding("encoding")?,
        false => defaults.encoding,
    };
    let trim = section.choice("trim", TRIMS).unwrap_or(defaults.trim);
    let (form, value) = form(section, kind, width, defaults)?;
    if !matches!(form, Form::Text | Form::Bytes | Form::Skip)
        && form.is_characters()
        && encoding.blank().is_none()
    {
        section.problem(format!("numbers and times cannot be read in {}; texts can", encoding.name()));
        return None;
    }
    let nulls = nulls(section, &form, defaults)?;
    for text in nulls.texts.iter().cloned().chain(nulls.fillers.iter().map(char::to_string)) {
        if encoding.encode(&text).is_none() && encoding.blank().is_some() {
            section.problem(format!("a text that means null cannot be written in {}", encoding.name()));
            return None;
        }
    }
    Some(Field { name, offset, width, form, value, encoding, trim, nulls })
}

/// Offset and width.
fn place(section: &mut Section<'_>, next: u64) -> Option<(u64, u64)> {
    let max = MAX_RECORD_BYTES as i64;
    let start = section.int("start", 1, max);
    let width = section.int("width", 1, max);
    let end = section.int("end", 1, max);
    // What is given but wrong has its problem already.
    let given = [("start", start), ("width", width), ("end", end)];
    if given.iter().any(|(key, value)| section.has(key) && value.is_none()) {
        return None;
    }
    let offset = start.map_or(next, |start| start as u64 - 1);
    let width = match (width, end) {
        (Some(width), None) => width as u64,
        (None, Some(end)) if end as u64 > offset => end as u64 - offset,
        (None, Some(end)) => {
            section.problem(format!("it ends at byte {end}, before its start at byte {}", offset + 1));
            return None;
        }
        (Some(_), Some(_)) => {
            section.problem("`width` and `end` say the same; give one");
            return None;
        }
        (None, None) => {
            section.problem("`width` is missing");
            return None;
        }
    };
    if offset + width > MAX_RECORD_BYTES {
        section.problem(format!("it goes to byte {}, beyond {MAX_RECORD_BYTES}", offset + width));
        return None;
    }
    Some((offset, width))
}

fn form(section: &mut Section<'_>, kind: Type, width: u64, defaults: &Defaults) -> Option<(Form, Value)> {
    Some(match kind {
        Type::Text => (Form::Text, Value::Text),
        Type::Bytes => (Form::Bytes, Value::Bytes),
        Type::Skip => (Form::Skip, Value::Skipped),
        Type::Bool => {
            let words = |texts: Option<Vec<String>>, otherwise: [&str; 3]| {
                texts.unwrap_or_else(|| otherwise.map(str::to_owned).to_vec())
            };
            let true_values = words(section.texts("true_values"), ["1", "Y", "T"]);
            let false_values = words(section.texts("false_values"), ["0", "N", "F"]);
            if let Some(both) = true_values.iter().find(|text| false_values.contains(text)) {
                section.problem(format!("`{both}` means true and false"));
                return None;
            }
            (Form::Bool { true_values, false_values }, Value::Bool)
        }
        Type::Integer | Type::Decimal => {
            let scale = if kind == Type::Integer { 0 } else { scale(section, 0)? };
            let digits = digits(section, width.min(u64::from(MAX_DIGITS)) as u32)?;
            let point = point(section)?;
            (Form::Number { digits, scale, point }, of_digits(section, digits, scale)?)
        }
        Type::Float => (Form::Float { point: point(section)? }, Value::Float64),
        Type::Time(kind) => {
            let pattern = pattern(section, defaults)?;
            let Some(pattern) = pattern else {
                section.problem("it needs a `pattern`, such as \"%Y%m%d\"");
                return None;
            };
            if pattern.kind() != kind {
                section.problem(format!("its pattern `{pattern}` is not one of its type"));
                return None;
            }
            let value = Value::of_pattern(&pattern);
            (Form::Time(pattern), value)
        }
        Type::Zoned => {
            let sign = section.choice("sign", SIGNS).unwrap_or(Sign::Trailing);
            let separate = matches!(sign, Sign::LeadingSeparate | Sign::TrailingSeparate);
            let digits = width.checked_sub(u64::from(separate)).filter(|digits| *digits > 0);
            let Some(digits) = digits.and_then(|digits| u32::try_from(digits).ok()) else {
                section.problem("it has no room for digits");
                return None;
            };
            let scale = scale(section, -MAX_SCALE)?;
            let time = digits_time(section, digits, defaults)?;
            let value = number_or_time(section, time.as_ref(), digits, scale)?;
            (Form::Zoned { digits, scale, sign, time }, value)
        }
        Type::Packed => {
            let room = 2 * width as u32 - 1;
            let digits = digits(section, room)?;
            if digits > room || digits + 1 < room {
                section.problem(format!("{width} bytes hold {} or {room} digits, not {digits}", room - 1));
                return None;
            }
            let signed = section.bool("signed").unwrap_or(true);
            let scale = scale(section, -MAX_SCALE)?;
            let time = digits_time(section, digits, defaults)?;
            let value = number_or_time(section, time.as_ref(), digits, scale)?;
            (Form::Packed { digits, scale, signed, time }, value)
        }
        Type::Binary => {
            let signed = section.bool("signed").unwrap_or(true);
            let scale = scale(section, -MAX_SCALE)?;
            let order = order(section, defaults);
            if width > 8 {
                section.problem(format!("a binary number has 1 to 8 bytes, not {width}"));
                return None;
            }
            let Some(value) = Value::of_binary(width, scale, signed) else {
                section.problem(format!("with a scale of {scale} it has more than {MAX_DIGITS} digits"));
                return None;
            };
            (Form::Binary { scale, signed, order }, value)
        }
        Type::HexFloat | Type::IeeeFloat => {
            let order = order(section, defaults);
            if width != 4 && width != 8 {
                section.problem(format!("a floating point number has 4 or 8 bytes, not {width}"));
                return None;
            }
            let form = match kind {
                Type::HexFloat => Form::HexFloat { order },
                _ => Form::IeeeFloat { order },
            };
            (form, Value::Float64)
        }
    })
}

fn nulls(section: &mut Section<'_>, form: &Form, defaults: &Defaults) -> Option<Nulls> {
    let own = section.nulls();
    if form.is_characters() {
        let blank = Nulls { blank: true, ..Nulls::default() };
        return Some(own.or_else(|| defaults.nulls.clone()).unwrap_or(blank));
    }
    if own.as_ref().is_some_and(|nulls| !nulls.texts.is_empty() || !nulls.fillers.is_empty()) {
        section.problem("`null_values` and `null_fillers` are for fields of characters");
        return None;
    }
    if own.as_ref().is_some_and(|nulls| nulls.zeros) && matches!(form, Form::Bytes) {
        section.problem("bytes have no zeros; write `low-values`");
        return None;
    }
    // What the layout says for all fields is about characters; a number of blanks is a number.
    Some(own.unwrap_or_default())
}

fn order(section: &mut Section<'_>, defaults: &Defaults) -> Order {
    section.choice("endian", ORDERS).unwrap_or(defaults.order)
}

fn digits(section: &mut Section<'_>, otherwise: u32) -> Option<u32> {
    match section.has("digits") {
        true => section.int("digits", 1, i64::from(MAX_DIGITS)).map(|digits| digits as u32),
        false => Some(otherwise),
    }
}

fn scale(section: &mut Section<'_>, min: i64) -> Option<i32> {
    match section.has("scale") {
        true => section.int("scale", min, MAX_SCALE).map(|scale| scale as i32),
        false => Some(0),
    }
}

fn point(section: &mut Section<'_>) -> Option<u8> {
    match section.text("decimal_point").unwrap_or(".").as_bytes() {
        [point @ (b'.' | b',')] => Some(*point),
        _ => {
            section.problem("`decimal_point` can be . or ,");
            None
        }
    }
}

/// The pattern, if there is one; `None` with a problem noted.
fn pattern(section: &mut Section<'_>, defaults: &Defaults) -> Option<Option<Pattern>> {
    let first_year = match section.has("century") {
        true => section.int("century", 1, 9900)? as i32,
        false => defaults.first_year,
    };
    let Some(text) = section.text("pattern") else {
        return (!section.has("pattern")).then_some(None);
    };
    match Pattern::new(text, first_year) {
        Ok(pattern) => Some(Some(pattern)),
        Err(reason) => {
            section.problem(format!("`pattern` is `{text}`: {reason}"));
            None
        }
    }
}

/// The pattern of a number's digits.
fn digits_time(section: &mut Section<'_>, digits: u32, defaults: &Defaults) -> Option<Option<Pattern>> {
    let time = pattern(section, defaults)?;
    if let Some(pattern) = &time
        && pattern.digits() != Some(digits)
    {
        section.problem(format!("the pattern `{pattern}` does not describe {digits} digits"));
        return None;
    }
    Some(time)
}

fn number_or_time(
    section: &mut Section<'_>,
    time: Option<&Pattern>,
    digits: u32,
    scale: i32,
) -> Option<Value> {
    match time {
        None => of_digits(section, digits, scale),
        Some(pattern) if scale == 0 => Some(Value::of_pattern(pattern)),
        Some(_) => {
            section.problem("a date or time has no `scale`");
            None
        }
    }
}

fn of_digits(section: &mut Section<'_>, digits: u32, scale: i32) -> Option<Value> {
    let value = Value::of_digits(digits, scale);
    if value.is_none() {
        section.problem(format!("{digits} digits with a scale of {scale} are more than {MAX_DIGITS} digits"));
    }
    value
}
