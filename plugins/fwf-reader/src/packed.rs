//! Packed decimals (COMP-3): two digits a byte, the sign in the last half byte.
//!
//! Source: IBM z/Architecture Principles of Operation, "Decimal-Number Formats": sign codes `A`, `C`, `E`, `F` are plus,
//! `B` and `D` minus.

use crate::fault::Fault;
use crate::whole::Whole;

/// The value of a field of `digits` digits: an even number of them leaves the first half byte zero.
#[inline]
pub(crate) fn packed<W: Whole>(field: &[u8], digits: u32, signed: bool) -> Result<W, Fault> {
    let [rest @ .., last] = field else { return Err(Fault::Digit) };
    let negative = is_negative(*last, signed)?;
    if is_even_with_more(field, digits) {
        return Err(Fault::Digits);
    }
    let mut value = W::default();
    let mut sound = true;
    for byte in rest {
        let (high, low) = (byte >> 4, byte & 0x0F);
        sound &= high <= 9 && low <= 9;
        value = value.push(high).push(low);
    }
    let high = last >> 4;
    value = value.push(high);
    match sound && high <= 9 {
        true if negative => Ok(value.negated()),
        true => Ok(value),
        false => Err(Fault::Digit),
    }
}

/// The digits of a field as characters, for patterns; its sign must be plus.
pub(crate) fn digits_of(field: &[u8], digits: u32, out: &mut Vec<u8>) -> Result<(), Fault> {
    out.clear();
    let [rest @ .., last] = field else { return Err(Fault::Digit) };
    if is_negative(*last, false)? {
        return Err(Fault::Sign);
    }
    if is_even_with_more(field, digits) {
        return Err(Fault::Digits);
    }
    for byte in rest {
        out.extend([byte >> 4, byte & 0x0F]);
    }
    out.push(last >> 4);
    out.drain(..out.len().saturating_sub(digits as usize));
    if out.iter().any(|digit| *digit > 9) {
        return Err(Fault::Digit);
    }
    out.iter_mut().for_each(|digit| *digit += b'0');
    Ok(())
}

#[inline]
fn is_negative(last: u8, signed: bool) -> Result<bool, Fault> {
    match last & 0x0F {
        0xA | 0xC | 0xE | 0xF => Ok(false),
        0xB | 0xD if signed => Ok(true),
        _ => Err(Fault::Sign),
    }
}

#[inline]
fn is_even_with_more(field: &[u8], digits: u32) -> bool {
    let room = 2 * field.len() as u32 - 1;
    digits < room && field.first().is_some_and(|first| first >> 4 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::i256;

    #[test]
    fn digits_and_signs_are_read_or_told_apart_from_others() {
        for (field, digits, signed, expected) in [
            (&[0x12, 0x3C][..], 3, true, Ok(123)),
            (&[0x12, 0x3D], 3, true, Ok(-123)),
            (&[0x12, 0x3B], 3, true, Ok(-123)),
            (&[0x12, 0x3F], 3, false, Ok(123)),
            (&[0x02, 0x3A], 2, true, Ok(23)),
            (&[0x0E], 1, true, Ok(0)),
            (&[0x12, 0x3D], 3, false, Err(Fault::Sign)),
            (&[0x12, 0x39], 3, true, Err(Fault::Sign)),
            (&[0x12, 0x3C], 2, true, Err(Fault::Digits)),
            (&[0x1A, 0x3C], 3, true, Err(Fault::Digit)),
            (&[0x12, 0xAC], 3, true, Err(Fault::Digit)),
            (&[0x40, 0x40], 3, true, Err(Fault::Sign)),
        ] {
            assert_eq!(packed::<i64>(field, digits, signed), expected, "{field:02x?}");
            assert_eq!(packed::<i128>(field, digits, signed), expected.map(i128::from), "{field:02x?}");
            assert_eq!(packed::<i256>(field, digits, signed), expected.map(|v| i256::from_i128(v.into())));
        }
    }

    #[test]
    fn digits_for_patterns_are_those_of_the_field() {
        let mut out = Vec::new();
        assert_eq!(digits_of(&[0x02, 0x02, 0x40, 0x13, 0x1F], 8, &mut out), Ok(()));
        assert_eq!(out, b"20240131");
        assert_eq!(digits_of(&[0x12, 0x02, 0x40, 0x13, 0x1F], 8, &mut out), Err(Fault::Digits));
        assert_eq!(digits_of(&[0x1D], 1, &mut out), Err(Fault::Sign));
        assert_eq!(digits_of(&[0xB1, 0x1C], 3, &mut out), Err(Fault::Digit));
    }
}
