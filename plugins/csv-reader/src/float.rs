//! Floating-point numbers of 64 bits, rounded correctly.

use crate::integer::{eight_digits, leading_digits};
use crate::number::Shape;

const ONES: u128 = 0x0101_0101_0101_0101_0101_0101_0101_0101;
const ZEROS: u128 = ONES * 0x30;
const POINTS: u128 = ONES * 0x2E;
const HIGHS: u128 = ONES * 0x80;

/// Largest integer up to which all are exact in 64-bit floating point.
pub(crate) const EXACT: u64 = 1 << 53;

/// Powers of ten that are exact in 64-bit floating point and may be needed here.
const POWERS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// The same up to the eighth, as integers.
const INTEGER_POWERS: [u64; 9] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// The number written in `data[start..end]`, if it has a minus sign or none, up to 7 digits, a point, up to
/// 8 digits, no leading zeros, and eight bytes can be read at each part; or if [`fast_long`] takes it.
/// `None` says nothing about the text.
///
/// The result is the nearest number: the digits are an exact integer and so is the power of ten, and one
/// division rounds once (W. D. Clinger, "How to read floating point numbers accurately", 1990).
#[inline]
pub(crate) fn fast(data: &[u8], start: usize, end: usize) -> Option<f64> {
    let negative = *data.get(start)? == b'-';
    let start = start + usize::from(negative);
    let length = end.checked_sub(start)?;
    let first = u64::from_le_bytes(*data.get(start..)?.first_chunk::<8>()?);
    let differs = first ^ POINTS as u64;
    // Exact for the lowest byte that is a point; a second one fails as no digit.
    let point = differs.wrapping_sub(ONES as u64) & !differs & HIGHS as u64;
    let integer_digits = point.trailing_zeros() as usize / 8;
    let fraction_digits = length.wrapping_sub(integer_digits + 1);
    // Without a point, or with one beyond the end, the number of fraction digits comes out too large.
    let fits = (1..=7).contains(&integer_digits) && (1..=8).contains(&fraction_digits);
    if !fits || (first as u8 == b'0' && integer_digits > 1) {
        return fast_long(data, start, end, negative);
    }
    let integer = leading_digits(first, integer_digits)?;
    let rest = data.get(start + integer_digits + 1..)?.first_chunk::<8>()?;
    let fraction = leading_digits(u64::from_le_bytes(*rest), fraction_digits)?;
    let mantissa = integer * INTEGER_POWERS[fraction_digits] + fraction;
    let value = mantissa.cast_signed() as f64 / POWERS[fraction_digits];
    Some(if negative { -value } else { value })
}

/// The same for at most 16 characters with digits up to 2^53, where 16 bytes can be read; the point may
/// stand anywhere or be missing. `start` is behind the sign.
fn fast_long(data: &[u8], start: usize, end: usize, negative: bool) -> Option<f64> {
    let length = end.checked_sub(start)?;
    if length == 0 || length > 16 {
        return None;
    }
    let bytes = data.get(start..)?.first_chunk::<16>()?;
    // The first character stands in the lowest byte that is not 0, the last one in the highest.
    let text = u128::from_le_bytes(*bytes) << (128 - 8 * length);
    let differs = text ^ POINTS;
    let point = differs.wrapping_sub(ONES) & !differs & HIGHS;
    let (digits, count, fraction) = if point == 0 {
        (text, length, 0)
    } else {
        let bit = point.trailing_zeros() - 7;
        let below = text & ((1 << bit) - 1);
        // The bytes above the point; shifted in two steps as the point may be the highest byte.
        let above = (text >> bit >> 8) << bit << 8;
        (above | (below << 8), length - 1, 15 - bit as usize / 8)
    };
    if count == 0 || (bytes[0] == b'0' && count - fraction > 1) {
        return None;
    }
    let digits = digits | ((ZEROS >> 8) >> (8 * (count - 1)));
    let high = eight_digits(digits as u64)?;
    let low = eight_digits((digits >> 64) as u64)?;
    let mantissa = high * 100_000_000 + low;
    if mantissa > EXACT {
        return None;
    }
    let value = mantissa.cast_signed() as f64 / POWERS[fraction];
    Some(if negative { -value } else { value })
}

/// The number of any text that [`Shape::of`] takes. `None` if it is too large, or too small and not 0.
pub(crate) fn parse(text: &[u8], shape: &Shape) -> Option<f64> {
    let unsigned = text.strip_prefix(b"+").unwrap_or(text);
    let value: f64 = fast_float2::parse(unsigned).ok()?;
    let lost = value.is_infinite() || (value == 0.0 && shape.significant_digits > 0);
    (!lost).then_some(value)
}

/// `nan`, `inf` and `infinity` in any case, the latter two with an optional minus sign.
pub(crate) fn special(text: &[u8]) -> Option<f64> {
    let is = |name: &[u8]| text.eq_ignore_ascii_case(name);
    if is(b"nan") {
        Some(f64::NAN)
    } else if is(b"inf") || is(b"infinity") {
        Some(f64::INFINITY)
    } else if is(b"-inf") || is(b"-infinity") {
        Some(f64::NEG_INFINITY)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_that_float64_cannot_hold_are_refused() {
        let read = |text: &str| parse(text.as_bytes(), &Shape::of(text.as_bytes()).unwrap());
        assert_eq!(read("1e400"), None);
        assert_eq!(read("1e-400"), None);
        assert_eq!(read("0e-400"), Some(0.0));
        assert_eq!(read("1."), Some(1.0));
        assert_eq!(read(".5"), Some(0.5));
        assert!(read("-0").unwrap().is_sign_negative());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn the_fast_way_agrees_with_the_standard_library(
            text in "-?[0-9]{0,10}[.]?[0-9]{0,10}|[-0-9a.:/+e]{0,18}", pad in "[0-9.,]{0,17}",
        ) {
            let padded = format!("{text}{pad}");
            if let Some(value) = fast(padded.as_bytes(), 0, text.len()) {
                let expected: f64 = text.parse().unwrap();
                prop_assert_eq!(value.to_bits(), expected.to_bits(), "{}", text);
                prop_assert!(!Shape::of(text.as_bytes()).unwrap().padded);
            }
            if let Some(shape) = Shape::of(text.as_bytes()) && let Some(value) = parse(text.as_bytes(), &shape) {
                prop_assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits());
            }
        }

        #[test]
        fn common_numbers_take_the_fast_way(digits in 0u64..1_000_000_000_000_000, point in 1usize..15) {
            let mut text = format!("{digits:015}");
            text.insert(15 - point, '.');
            let text = text.trim_start_matches('0').to_string();
            prop_assume!(text.len() > 1);
            let padded = format!("{text},,,,,,,,,,,,,,,");
            prop_assert_eq!(fast(padded.as_bytes(), 0, text.len()), Some(text.parse().unwrap()));
        }
    }
}
