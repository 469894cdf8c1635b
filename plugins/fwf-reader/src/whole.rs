//! Whole numbers of any width, digit by digit.

use arrow::datatypes::i256;

/// A whole number that is put together from its digits. Who pushes sees to it that they fit.
pub(crate) trait Whole: Copy + Default + PartialEq {
    /// One more digit behind the others.
    fn push(self, digit: u8) -> Self;
    /// The number with the other sign.
    fn negated(self) -> Self;
    /// A number of at most 64 bits.
    fn of(value: i128) -> Self;

    /// Zeros behind the digits.
    #[inline]
    fn with_zeros(self, zeros: u32) -> Self {
        (0..zeros).fold(self, |number, _| number.push(0))
    }
}

impl Whole for i64 {
    #[inline]
    fn push(self, digit: u8) -> Self {
        self.wrapping_mul(10).wrapping_add(i64::from(digit))
    }

    #[inline]
    fn negated(self) -> Self {
        self.wrapping_neg()
    }

    #[inline]
    fn of(value: i128) -> Self {
        value as i64
    }
}

impl Whole for i128 {
    #[inline]
    fn push(self, digit: u8) -> Self {
        self.wrapping_mul(10).wrapping_add(i128::from(digit))
    }

    #[inline]
    fn negated(self) -> Self {
        self.wrapping_neg()
    }

    #[inline]
    fn of(value: i128) -> Self {
        value
    }
}

impl Whole for i256 {
    #[inline]
    fn push(self, digit: u8) -> Self {
        self.wrapping_mul(i256::from_i128(10)).wrapping_add(i256::from_i128(i128::from(digit)))
    }

    #[inline]
    fn negated(self) -> Self {
        self.wrapping_neg()
    }

    #[inline]
    fn of(value: i128) -> Self {
        i256::from_i128(value)
    }
}
