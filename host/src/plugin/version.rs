//! Plugin versions: their form, their order, and pins to the beginning of one.

use std::cmp::Ordering;

/// Numbers joined by dots, then perhaps a suffix after `-` or `+`: `1.2`, `0.1.0`, `2.0.0-rc.1`.
pub fn is_version(text: &str) -> bool {
    let (numbers, suffix) = split(text);
    numbers.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
        && suffix.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+'))
}

/// Whether a version begins with the parts of a pin: `1.2` takes `1.2` and `1.2.7`, not `1.20`.
pub fn pinned(version: &str, pin: &str) -> bool {
    match version.strip_prefix(pin) {
        Some(rest) => rest.is_empty() || rest.starts_with(['.', '-', '+']),
        None => false,
    }
}

/// Orders versions by their numbers; of equal numbers, one with a `-suffix` comes before the one without.
pub fn compare(a: &str, b: &str) -> Ordering {
    let ((a_numbers, a_suffix), (b_numbers, b_suffix)) = (split(a), split(b));
    let mut others = b_numbers.split('.');
    for part in a_numbers.split('.') {
        let ordering = match others.next() {
            Some(other) => number(part).cmp(&number(other)),
            None => Ordering::Greater,
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
    if others.next().is_some() {
        return Ordering::Less;
    }
    let release = |suffix: &str| !suffix.starts_with('-');
    release(a_suffix).cmp(&release(b_suffix)).then_with(|| a_suffix.cmp(b_suffix))
}

/// Numbers of any length compare by length first, once leading zeros are gone.
fn number(digits: &str) -> (usize, &str) {
    let digits = digits.trim_start_matches('0');
    (digits.len(), digits)
}

fn split(text: &str) -> (&str, &str) {
    text.split_at(text.find(['-', '+']).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number() {
        let sorted = ["0.9", "1.0.0-rc.1", "1.0.0", "1.0.0.1", "1.2", "1.10", "18446744073709551616.0"];
        for pair in sorted.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(compare("1.0", "1.0"), Ordering::Equal);
    }

    #[test]
    fn pins_take_whole_parts() {
        for (version, pin, expected) in [
            ("1.2.7", "1.2", true),
            ("1.2", "1.2", true),
            ("1.20", "1.2", false),
            ("1.2-rc", "1.2", true),
            ("1", "1.2", false),
        ] {
            assert_eq!(pinned(version, pin), expected, "{version} {pin}");
        }
    }

    #[test]
    fn only_numbers_with_a_suffix_are_versions() {
        for (text, expected) in [
            ("1", true),
            ("0.1.0", true),
            ("1.0-rc.1+x", true),
            ("", false),
            ("v1", false),
            ("1..2", false),
            ("1.0 ", false),
        ] {
            assert_eq!(is_version(text), expected, "{text}");
        }
    }
}
