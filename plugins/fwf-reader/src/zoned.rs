//! Zoned decimals: a digit a byte, the sign over a digit or in a byte of its own.
//!
//! Source: IBM z/Architecture Principles of Operation, "Decimal-Number Formats": the zones `A`, `C`, `E`, `F` are plus,
//! `B` and `D` minus. In ASCII the overpunched digits are the characters that EBCDIC `C0`–`C9` and `D0`–`D9` are
//! translated to (`{`, `A`–`I`, `}`, `J`–`R`); Micro Focus and GnuCOBOL write `p`–`y` for minus 0 to 9.

use artemis_record_layout::Sign;

use crate::fault::Fault;
use crate::whole::Whole;

/// The value of a field; `ebcdic` tells the forms of digits and signs.
#[inline]
pub(crate) fn zoned<W: Whole>(field: &[u8], sign: Sign, ebcdic: bool) -> Result<W, Fault> {
    match (sign, field) {
        (Sign::None, digits) => plain(W::default(), digits, ebcdic),
        (Sign::Trailing, [digits @ .., last]) => {
            let (digit, negative) = overpunched(*last, ebcdic)?;
            Ok(signed(plain(W::default(), digits, ebcdic)?.push(digit), negative))
        }
        (Sign::Leading, [first, digits @ ..]) => {
            let (digit, negative) = overpunched(*first, ebcdic)?;
            Ok(signed(plain(W::default().push(digit), digits, ebcdic)?, negative))
        }
        (Sign::TrailingSeparate, [digits @ .., sign]) | (Sign::LeadingSeparate, [sign, digits @ ..]) => {
            let negative = separate(*sign, ebcdic)?;
            Ok(signed(plain(W::default(), digits, ebcdic)?, negative))
        }
        (_, []) => Err(Fault::Digit),
    }
}

/// The digits of a field as characters, for patterns; a sign must be plus.
pub(crate) fn digits_of(field: &[u8], sign: Sign, ebcdic: bool, out: &mut Vec<u8>) -> Result<(), Fault> {
    out.clear();
    let mut digits = field;
    let mut leading = None;
    let mut trailing = None;
    match (sign, field) {
        (Sign::Trailing, [rest @ .., last]) => (digits, trailing) = (rest, Some(overpunched(*last, ebcdic)?)),
        (Sign::Leading, [first, rest @ ..]) => (digits, leading) = (rest, Some(overpunched(*first, ebcdic)?)),
        (Sign::TrailingSeparate, [rest @ .., sign]) | (Sign::LeadingSeparate, [sign, rest @ ..]) => {
            digits = rest;
            if separate(*sign, ebcdic)? {
                return Err(Fault::Sign);
            }
        }
        _ => {}
    }
    if leading.or(trailing).is_some_and(|(_, negative)| negative) {
        return Err(Fault::Sign);
    }
    out.extend(leading.map(|(digit, _)| b'0' + digit));
    for byte in digits {
        let digit = byte.wrapping_sub(zero(ebcdic));
        if digit > 9 {
            return Err(Fault::Digit);
        }
        out.push(b'0' + digit);
    }
    out.extend(trailing.map(|(digit, _)| b'0' + digit));
    Ok(())
}

#[inline]
fn signed<W: Whole>(value: W, negative: bool) -> W {
    if negative { value.negated() } else { value }
}

#[inline]
fn zero(ebcdic: bool) -> u8 {
    if ebcdic { 0xF0 } else { b'0' }
}

#[inline]
fn plain<W: Whole>(start: W, digits: &[u8], ebcdic: bool) -> Result<W, Fault> {
    let zero = zero(ebcdic);
    let mut value = start;
    let mut sound = true;
    for byte in digits {
        let digit = byte.wrapping_sub(zero);
        sound &= digit <= 9;
        value = value.push(digit);
    }
    if sound { Ok(value) } else { Err(Fault::Digit) }
}

/// The digit and whether it is negative.
#[inline]
fn overpunched(byte: u8, ebcdic: bool) -> Result<(u8, bool), Fault> {
    if ebcdic {
        let (zone, digit) = (byte >> 4, byte & 0x0F);
        return match zone {
            _ if digit > 9 => Err(Fault::Digit),
            0xA | 0xC | 0xE | 0xF => Ok((digit, false)),
            0xB | 0xD => Ok((digit, true)),
            _ => Err(Fault::Sign),
        };
    }
    match byte {
        b'0'..=b'9' => Ok((byte - b'0', false)),
        b'{' => Ok((0, false)),
        b'A'..=b'I' => Ok((byte - b'A' + 1, false)),
        b'}' => Ok((0, true)),
        b'J'..=b'R' => Ok((byte - b'J' + 1, true)),
        b'p'..=b'y' => Ok((byte - b'p', true)),
        _ => Err(Fault::Sign),
    }
}

/// Whether a separate sign is minus.
#[inline]
fn separate(byte: u8, ebcdic: bool) -> Result<bool, Fault> {
    match (byte, ebcdic) {
        (b'+', false) | (0x4E, true) => Ok(false),
        (b'-', false) | (0x60, true) => Ok(true),
        _ => Err(Fault::Sign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_stand_where_they_are_said_to() {
        let ascii = |text: &str, sign| zoned::<i64>(text.as_bytes(), sign, false);
        for (text, sign, expected) in [
            ("00123", Sign::None, 123),
            ("12C", Sign::Trailing, 123),
            ("12L", Sign::Trailing, -123),
            ("12s", Sign::Trailing, -123),
            ("123", Sign::Trailing, 123),
            ("12}", Sign::Trailing, -120),
            ("12{", Sign::Trailing, 120),
            ("J23", Sign::Leading, -123),
            ("A23", Sign::Leading, 123),
            ("+123", Sign::LeadingSeparate, 123),
            ("123-", Sign::TrailingSeparate, -123),
        ] {
            assert_eq!(ascii(text, sign), Ok(expected), "{text}");
        }
        for (text, sign, fault) in [
            ("1 3", Sign::None, Fault::Digit),
            ("12A", Sign::None, Fault::Digit),
            ("12Z", Sign::Trailing, Fault::Sign),
            ("1A3", Sign::Trailing, Fault::Digit),
            (" 123", Sign::LeadingSeparate, Fault::Sign),
            ("", Sign::Trailing, Fault::Digit),
        ] {
            assert_eq!(ascii(text, sign), Err(fault), "{text}");
        }
    }

    #[test]
    fn every_ebcdic_byte_is_a_signed_digit_or_none() {
        for byte in 0..=255u8 {
            let (zone, digit) = (byte >> 4, i64::from(byte & 0x0F));
            let expected = match zone {
                _ if digit > 9 => Err(Fault::Digit),
                0xA | 0xC | 0xE | 0xF => Ok(10 + digit),
                0xB | 0xD => Ok(-10 - digit),
                _ => Err(Fault::Sign),
            };
            assert_eq!(zoned::<i64>(&[0xF1, byte], Sign::Trailing, true), expected, "{byte:#04x}");
        }
        assert_eq!(zoned::<i128>(&[0x60, 0xF4], Sign::LeadingSeparate, true), Ok(-4));
    }

    #[test]
    fn digits_for_patterns_have_no_sign_of_their_own() {
        let mut out = Vec::new();
        for (text, sign, expected) in [
            ("2024A", Sign::Trailing, Ok("20241")),
            ("B024", Sign::Leading, Ok("2024")),
            ("2024-", Sign::TrailingSeparate, Err(Fault::Sign)),
            ("202J", Sign::Trailing, Err(Fault::Sign)),
            ("2x24", Sign::None, Err(Fault::Digit)),
        ] {
            let found = digits_of(text.as_bytes(), sign, false, &mut out);
            assert_eq!(found.map(|()| String::from_utf8(out.clone()).unwrap()), expected.map(str::to_owned));
        }
    }
}
