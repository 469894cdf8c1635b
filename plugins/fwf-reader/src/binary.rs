//! Binary whole numbers and floating point numbers.

use artemis_record_layout::Order;

/// A whole number of 1 to 8 bytes.
#[inline]
pub(crate) fn integer(field: &[u8], order: Order, signed: bool) -> i128 {
    let bits = unsigned(field, order);
    let unused = 64 - 8 * field.len().min(8) as u32;
    if signed {
        // The sign goes up to bit 63 and comes back with the shift.
        i128::from(((bits << unused) as i64) >> unused)
    } else {
        i128::from(bits)
    }
}

/// The bits of a number of up to 8 bytes.
#[inline]
pub(crate) fn unsigned(field: &[u8], order: Order) -> u64 {
    let add = |bits: u64, byte: &u8| (bits << 8) | u64::from(*byte);
    match order {
        Order::Big => field.iter().fold(0, add),
        Order::Little => field.iter().rev().fold(0, add),
    }
}

/// A hexadecimal floating point number of 4 or 8 bytes: a sign, an exponent of 16 in excess of 64, a fraction of 24
/// or 56 bits (IBM z/Architecture Principles of Operation, "HFP Arithmetic"). One of 4 bytes is exact; the fraction of
/// one of 8 is rounded to 53 bits, to even.
#[inline]
pub(crate) fn hex_float(field: &[u8], order: Order) -> f64 {
    let bits = unsigned(field, order);
    let fraction_bits = 8 * field.len() as u32 - 8;
    let head = (bits >> fraction_bits) as u8;
    let fraction = (bits & ((1 << fraction_bits) - 1)) as f64;
    let exponent = 4 * (i64::from(head & 0x7F) - 64) - i64::from(fraction_bits);
    // From 2^-312 to 2^228: always a normal number, so the product is exact.
    let power = f64::from_bits(((1023 + exponent) as u64) << 52);
    let value = fraction * power;
    if head & 0x80 == 0 { value } else { -value }
}

/// An IEEE 754 number of 4 or 8 bytes.
#[inline]
pub(crate) fn ieee_float(field: &[u8], order: Order) -> f64 {
    let bits = unsigned(field, order);
    match field.len() {
        4 => f64::from(f32::from_bits(bits as u32)),
        _ => f64::from_bits(bits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hexadecimal_floats_of_the_manual() {
        for (field, expected) in [
            (&[0x41, 0x10, 0, 0][..], 1.0),
            (&[0xC2, 0x76, 0xA0, 0x00], -118.625),
            (&[0x40, 0x80, 0, 0], 0.5),
            (&[0x00, 0, 0, 0], 0.0),
            (&[0x7F, 0xFF, 0xFF, 0xFF], 7.237_005_145_973_115_5e75),
            (&[0x41, 0x10, 0, 0, 0, 0, 0, 0], 1.0),
            (&[0x40, 0x19, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9A], 0.1),
        ] {
            assert_eq!(hex_float(field, Order::Big), expected, "{field:02x?}");
            let reversed: Vec<u8> = field.iter().rev().copied().collect();
            assert_eq!(hex_float(&reversed, Order::Little), expected);
        }
        assert!(hex_float(&[0x80, 0, 0, 0], Order::Big).is_sign_negative());
    }

    proptest! {
        #[test]
        fn integers_are_those_of_the_standard_library(value in any::<i64>(), width in 1usize..=8) {
            let shifted = value >> (64 - 8 * width);
            let big = &shifted.to_be_bytes()[8 - width..];
            let little = &shifted.to_le_bytes()[..width];
            let unsigned = (shifted as u64) & (u64::MAX >> (64 - 8 * width));
            for (field, order) in [(big, Order::Big), (little, Order::Little)] {
                prop_assert_eq!(integer(field, order, true), i128::from(shifted));
                prop_assert_eq!(integer(field, order, false), i128::from(unsigned));
            }
        }

        #[test]
        fn ieee_floats_are_those_of_the_standard_library(value in any::<f64>(), short in any::<f32>()) {
            let same = |found: f64, expected: f64| found == expected || (found.is_nan() && expected.is_nan());
            prop_assert!(same(ieee_float(&value.to_be_bytes(), Order::Big), value));
            prop_assert!(same(ieee_float(&value.to_le_bytes(), Order::Little), value));
            prop_assert!(same(ieee_float(&short.to_be_bytes(), Order::Big), short.into()));
        }
    }
}
