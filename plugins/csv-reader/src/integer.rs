//! Integers of 64 bits.

/// Eight digits `0`.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The number of eight digits, the first one in the lowest byte. `None` if a byte is no digit.
///
/// The method of eight digits at a time is that of Daniel Lemire,
/// "Quickly parsing eight digits" (lemire.me, 2018).
#[inline]
pub(crate) fn eight_digits(word: u64) -> Option<u64> {
    let above_nine = word.wrapping_add(0x4646_4646_4646_4646);
    let value = word.wrapping_sub(ZEROS);
    if (above_nine | value) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    const PAIRS: u64 = 0x0000_00FF_0000_00FF;
    let value = value.wrapping_mul(10).wrapping_add(value >> 8);
    let high = (value & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let low = ((value >> 16) & PAIRS).wrapping_mul(1 + (10_000 << 32));
    Some(high.wrapping_add(low) >> 32)
}

/// The number of the first `count` bytes, 1 to 8, of a word, the first one in the lowest byte. `None` if one
/// of them is no digit.
#[inline]
pub(crate) fn leading_digits(word: u64, count: usize) -> Option<u64> {
    // The digits move to the top and zeros fill in below, which are the leading places.
    eight_digits(word << (64 - 8 * count) | ((ZEROS >> 8) >> (8 * (count - 1))))
}

/// The integer written in `data[start..end]`, if it has at most 16 digits, a minus sign or none, no
/// leading zeros, and eight bytes can be read. `None` says nothing about the text.
#[inline]
pub(crate) fn fast(data: &[u8], start: usize, end: usize) -> Option<i64> {
    let first = *data.get(start)?;
    let negative = first == b'-';
    let start = start + usize::from(negative);
    let length = end.checked_sub(start)?;
    let word = |at: usize| Some(u64::from_le_bytes(*data.get(at..)?.first_chunk::<8>()?));
    let value = match length {
        1..=8 => leading_digits(word(start)?, length)?,
        9..=16 => leading_digits(word(start)?, length - 8)? * 100_000_000 + eight_digits(word(end - 8)?)?,
        _ => return None,
    };
    // Leading zeros and `-0` are not for here. One test without shortcuts, as each part alone is a coin toss.
    if (data[start] == b'0') & ((length > 1) | negative) {
        return None;
    }
    let value = value.cast_signed();
    Some(if negative { -value } else { value })
}

/// The integer written in digits after an optional sign. `None` if it is none or does not fit 64 bits.
pub(crate) fn parse(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    for &byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        // Counted downwards, as the negative numbers reach one further.
        value = value.checked_mul(10)?.checked_sub(i64::from(byte - b'0'))?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn limits_and_forms() {
        assert_eq!(parse(b"9223372036854775807"), Some(i64::MAX));
        assert_eq!(parse(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(parse(b"9223372036854775808"), None);
        for none in ["", "-", "+", "1a", "a", "1.0", " 1"] {
            assert_eq!(parse(none.as_bytes()), None, "{none:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn the_fast_way_agrees_with_the_slow_one(text in "-?[0-9]{0,20}|[-0-9a.:/+]{0,18}", pad in "[0-9,]{0,9}") {
            let padded = format!("{text}{pad}");
            if let Some(value) = fast(padded.as_bytes(), 0, text.len()) {
                prop_assert_eq!(Some(value), parse(text.as_bytes()));
                prop_assert_eq!(value.to_string(), text);
            }
        }

        #[test]
        fn short_integers_take_the_fast_way(value in -9_999_999_999_999_999i64..=9_999_999_999_999_999, cut in 0u32..16) {
            let value = value / 10i64.pow(cut);
            let text = format!("{value},.......");
            let end = text.find(',').unwrap();
            prop_assert_eq!(fast(text.as_bytes(), 0, end), Some(value));
        }
    }
}
