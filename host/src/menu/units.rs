//! Byte sizes and durations as people write them.

/// Binary and decimal units of bytes, greatest first within their kind.
const BYTE_UNITS: [(&str, u64); 10] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("bytes", 1),
    ("B", 1),
];

/// Units of time in nanoseconds.
const TIME_UNITS: [(&str, u64); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// What a byte size looks like, for help texts.
pub(crate) const BYTES_HELP: &str =
    "write a number of bytes or a size such as \"64 KiB\", \"1 MiB\", \"1.5 GB\"";
/// What a duration looks like, for help texts.
pub(crate) const DURATION_HELP: &str =
    "write a number of seconds or a text such as \"250 ms\", \"1.5 s\", \"10 min\"";

/// A byte size: digits, perhaps a fraction, perhaps a unit. `KiB` is 1,024, `KB` is 1,000; case does not matter.
/// Fractions of a byte are cut off.
pub fn parse_bytes(text: &str) -> Option<u64> {
    let (whole, fraction, unit) = split(text)?;
    let factor = match unit {
        "" => 1,
        unit => BYTE_UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?.1,
    };
    scale(whole, fraction, factor)
}

/// A duration in nanoseconds: digits, perhaps a fraction, and a unit (`d h min s ms us ns`); seconds without one.
pub fn parse_duration(text: &str) -> Option<u64> {
    let (whole, fraction, unit) = split(text)?;
    let factor = match unit {
        "" => 1_000_000_000,
        unit => TIME_UNITS.iter().find(|(name, _)| *name == unit)?.1,
    };
    scale(whole, fraction, factor)
}

/// The shortest text that [`parse_bytes`] reads back: `65536` is `64 KiB`, `1000` is `1 KB`.
pub fn format_bytes(bytes: u64) -> String {
    format_unit(bytes, &BYTE_UNITS)
}

/// The shortest text that [`parse_duration`] reads back.
pub fn format_duration(nanoseconds: u64) -> String {
    format_unit(nanoseconds, &TIME_UNITS)
}

fn format_unit(number: u64, units: &[(&str, u64)]) -> String {
    let whole = units.iter().filter(|(name, factor)| *name != "bytes" && number.is_multiple_of(*factor));
    match whole.max_by_key(|(_, factor)| *factor) {
        Some((name, factor)) if number > 0 => format!("{} {name}", number / factor),
        _ => format!("0 {}", units[units.len() - 1].0),
    }
}

/// Splits into the digits before the point, those after it, and the unit.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let dangling = number.contains('.') && fraction.is_empty();
    (!whole.is_empty() && !dangling && !whole.starts_with('_') && !fraction.contains('.')).then_some((
        whole,
        fraction,
        unit.trim_start(),
    ))
}

fn scale(whole: &str, fraction: &str, factor: u64) -> Option<u64> {
    let digits = |text: &str| text.replace('_', "").parse::<u64>().ok();
    let mut sum = u128::from(digits(whole)?) * u128::from(factor);
    if !fraction.is_empty() {
        // Eighteen digits are finer than one byte of the greatest unit.
        let fraction = fraction.get(..fraction.len().min(18))?;
        sum += u128::from(digits(fraction)?) * u128::from(factor) / 10u128.pow(fraction.len() as u32);
    }
    u64::try_from(sum).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_sizes_are_read() {
        for (text, bytes) in [
            ("1", Some(1)),
            ("64KiB", Some(65_536)),
            ("1 MiB", Some(1 << 20)),
            ("1mib", Some(1 << 20)),
            ("1.5 GB", Some(1_500_000_000)),
            ("10_000 B", Some(10_000)),
            ("0", Some(0)),
            ("", None),
            ("MiB", None),
            ("-1", None),
            ("1..5 GB", None),
            ("1. GB", None),
            ("1 parsec", None),
            ("99999999999999999999", None),
            ("99999999 TiB", None),
            ("1 MiB2", None),
            ("é", None),
        ] {
            assert_eq!(parse_bytes(text), bytes, "{text}");
        }
    }

    #[test]
    fn durations_are_read() {
        for (text, nanoseconds) in [
            ("250 ms", Some(250_000_000)),
            ("1.5s", Some(1_500_000_000)),
            ("2", Some(2_000_000_000)),
            ("10 min", Some(600_000_000_000)),
            ("1 fortnight", None),
        ] {
            assert_eq!(parse_duration(text), nanoseconds, "{text}");
        }
    }

    #[test]
    fn what_is_formatted_reads_back() {
        for number in [0, 1, 999, 1000, 1024, 65_536, 1_500_000, 1 << 40, u64::MAX] {
            assert_eq!(parse_bytes(&format_bytes(number)), Some(number), "{}", format_bytes(number));
            assert_eq!(parse_duration(&format_duration(number)), Some(number), "{}", format_duration(number));
        }
        assert_eq!(format_bytes(65_536), "64 KiB");
        assert_eq!(format_duration(90_000_000_000), "90 s");
    }
}
