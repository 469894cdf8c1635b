//! Numbers, sizes and times as people read them.

use std::time::{Duration, SystemTime};

/// `336776` as `336,776`.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 row`, `2 rows`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", number(count), if count == 1 { "" } else { "s" })
}

/// About so many bytes: `29.6 MiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1023.95 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// About so long: `1.83 s`, `2 min 5 s`.
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 if time.as_millis() < 10 => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{:.2} s", time.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// RFC 3339 in UTC.
pub(crate) fn timestamp(time: SystemTime) -> String {
    prost_types::Timestamp::from(time).to_string()
}

/// Day and time to the second: `2026-01-31 10:11:12Z`.
pub(crate) fn moment(time: SystemTime) -> String {
    let full = timestamp(time);
    full.get(..19).map_or(full.clone(), |text| format!("{}Z", text.replacen('T', " ", 1)))
}

/// Text without control characters, which a terminal would obey: they show as escapes.
pub(crate) fn clean(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// A label of nine columns and a text beside it, wrapped at spaces.
pub(crate) fn labelled(label: &str, text: &str, width: usize) -> String {
    wrapped(&format!("{label:<9}"), text, width)
}

/// A text behind `lead`, wrapped at spaces; further lines are indented as far.
pub(crate) fn wrapped(lead: &str, text: &str, width: usize) -> String {
    use unicode_width::UnicodeWidthStr;
    let indent = lead.width();
    let mut out = lead.to_owned();
    let mut column = indent;
    let mut fresh = true;
    for word in clean(text).split(' ') {
        let word_width = word.width();
        if !fresh && column + 1 + word_width > width {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            column = indent;
            fresh = true;
        }
        if !fresh {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word_width;
        fresh = false;
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        for (value, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(value), text);
        }
        for (value, text) in
            [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_048_575, "1.0 MiB"), (u64::MAX, "16.0 EiB")]
        {
            assert_eq!(bytes(value), text);
        }
        for (ms, text) in [(1, "1.0 ms"), (12, "12 ms"), (1830, "1.83 s"), (125_000, "2 min 5 s")] {
            assert_eq!(duration(Duration::from_millis(ms)), text);
        }
        assert_eq!(moment(SystemTime::UNIX_EPOCH), "1970-01-01 00:00:00Z");
        assert_eq!(counted(1, "row") + &counted(2000, "row"), "1 row2,000 rows");
    }

    #[test]
    fn long_text_wraps_below_its_label() {
        assert_eq!(labelled("note", "aa bb cc", 14), "note     aa bb\n         cc\n");
        assert_eq!(labelled("note", "\u{1b}[2J", 20), "note     \\u{1b}[2J\n");
    }
}
