//! Numbers in characters.

use crate::fault::Fault;
use crate::whole::Whole;

/// What a number in characters may look like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Most significant digits.
    pub digits: u32,
    /// Decimals, implied where no point is written.
    pub scale: u32,
    /// The decimal point.
    pub point: u8,
}

/// A number with blanks around, a sign before or behind, and a point if it has decimals: its digits as a whole
/// number, `scale` of them behind the point.
#[inline]
pub(crate) fn number<W: Whole>(text: &[u8], shape: Shape) -> Result<W, Fault> {
    let (text, negative) = signed(text.trim_ascii());
    let mut value = W::default();
    let mut significant = 0;
    let mut written = 0;
    let mut decimals: Option<u32> = None;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            written += 1;
            significant += u32::from(significant > 0 || digit > 0);
            if significant > shape.digits {
                return Err(Fault::Digits);
            }
            decimals = decimals.map(|decimals| decimals + 1);
            value = value.push(digit);
        } else if *byte == shape.point && shape.scale > 0 && decimals.is_none() {
            decimals = Some(0);
        } else {
            return Err(Fault::Number);
        }
    }
    if written == 0 {
        return Err(Fault::Number);
    }
    if let Some(decimals) = decimals {
        let missing = shape.scale.checked_sub(decimals).ok_or(Fault::Decimals)?;
        if significant > 0 && significant + missing > shape.digits {
            return Err(Fault::Digits);
        }
        value = value.with_zeros(if significant > 0 { missing } else { 0 });
    }
    Ok(if negative { value.negated() } else { value })
}

/// A floating point number with blanks around.
pub(crate) fn float(text: &[u8], point: u8, scratch: &mut Vec<u8>) -> Result<f64, Fault> {
    let text = text.trim_ascii();
    let parse = |text: &[u8]| fast_float2::parse::<f64, _>(text).map_err(|_| Fault::Number);
    if point == b'.' {
        return parse(text);
    }
    if text.contains(&b'.') {
        return Err(Fault::Number);
    }
    scratch.clear();
    scratch.extend(text.iter().map(|byte| if *byte == point { b'.' } else { *byte }));
    parse(scratch)
}

#[inline]
fn signed(text: &[u8]) -> (&[u8], bool) {
    match text {
        [b'-', digits @ ..] | [digits @ .., b'-'] => (digits, true),
        [b'+', digits @ ..] | [digits @ .., b'+'] => (digits, false),
        digits => (digits, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str, digits: u32, scale: u32) -> Result<i64, Fault> {
        number(text.as_bytes(), Shape { digits, scale, point: b'.' })
    }

    #[test]
    fn decimals_are_implied_unless_a_point_says_where_they_are() {
        for (text, digits, scale, expected) in [
            ("  42", 4, 0, Ok(42)),
            ("0042", 2, 0, Ok(42)),
            ("-42 ", 4, 0, Ok(-42)),
            ("42-", 4, 0, Ok(-42)),
            ("+42", 4, 0, Ok(42)),
            ("12345", 5, 2, Ok(12345)),
            ("123.4", 5, 2, Ok(12340)),
            ("123.45", 5, 2, Ok(12345)),
            (".5", 5, 2, Ok(50)),
            ("5.", 5, 2, Ok(500)),
            ("0.00", 2, 2, Ok(0)),
            ("-0", 2, 0, Ok(0)),
            ("123.456", 9, 2, Err(Fault::Decimals)),
            ("1234.", 5, 2, Err(Fault::Digits)),
            ("123", 2, 0, Err(Fault::Digits)),
            ("1.0", 5, 0, Err(Fault::Number)),
            ("1.0.0", 5, 2, Err(Fault::Number)),
            ("1 2", 5, 0, Err(Fault::Number)),
            ("-", 5, 0, Err(Fault::Number)),
            (".", 5, 2, Err(Fault::Number)),
            ("--1", 5, 0, Err(Fault::Number)),
            ("", 5, 0, Err(Fault::Number)),
        ] {
            assert_eq!(decimal(text, digits, scale), expected, "{text:?}");
        }
        let comma = Shape { digits: 5, scale: 2, point: b',' };
        assert_eq!(number::<i128>(b"1,5", comma), Ok(150));
        assert_eq!(number::<i128>(b"1.5", comma), Err(Fault::Number));
    }

    #[test]
    fn floats_take_either_point() {
        let mut scratch = Vec::new();
        assert_eq!(float(b" 1.5E3 ", b'.', &mut scratch), Ok(1500.0));
        assert_eq!(float(b"-1,5", b',', &mut scratch), Ok(-1.5));
        for (text, point) in [("1,5", b'.'), ("1.5", b','), ("", b'.'), ("1 2", b'.'), ("x", b'.')] {
            assert_eq!(float(text.as_bytes(), point, &mut scratch), Err(Fault::Number), "{text}");
        }
    }
}
