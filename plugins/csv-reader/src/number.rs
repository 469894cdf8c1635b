//! The grammar of numbers.

/// How a text that is a number is written. Counts are of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Digits before the point, without leading zeros.
    pub integer_digits: usize,
    /// Digits after the point.
    pub fraction_digits: usize,
    /// Digits of both from the first one that is not 0.
    pub significant_digits: usize,
    /// A minus sign before nothing but zeros.
    pub negative_zero: bool,
    /// There is a point.
    pub point: bool,
    /// There is an exponent.
    pub exponent: bool,
    /// There is a plus sign or a zero in front that a number does not need, so that a number would lose
    /// part of the text.
    pub padded: bool,
}

impl Shape {
    /// The shape of a number: sign, digits with at most one point among them, exponent. `None` for all
    /// else, `nan` and `inf` included.
    pub fn of(text: &[u8]) -> Option<Self> {
        let (sign, unsigned) = match text {
            [sign @ (b'-' | b'+'), rest @ ..] => (Some(*sign), rest),
            rest => (None, rest),
        };
        let (integer, rest) = digits(unsigned);
        let (point, fraction, rest) = match rest {
            [b'.', rest @ ..] => {
                let (fraction, rest) = digits(rest);
                (true, fraction, rest)
            }
            rest => (false, &[][..], rest),
        };
        if integer.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match rest {
            [] => false,
            [b'e' | b'E', rest @ ..] => {
                let power = match rest {
                    [b'-' | b'+', power @ ..] => power,
                    power => power,
                };
                let (power, rest) = digits(power);
                if power.is_empty() || !rest.is_empty() {
                    return None;
                }
                true
            }
            _ => return None,
        };
        let zeros = |digits: &[u8]| digits.iter().take_while(|digit| **digit == b'0').count();
        let leading = zeros(integer);
        let integer_digits = integer.len() - leading;
        let significant_digits = match integer_digits {
            0 => fraction.len() - zeros(fraction),
            more => more + fraction.len(),
        };
        Some(Self {
            integer_digits,
            fraction_digits: fraction.len(),
            significant_digits,
            negative_zero: sign == Some(b'-') && significant_digits == 0,
            point,
            exponent,
            padded: sign == Some(b'+') || (leading > 0 && integer.len() > 1),
        })
    }

    /// Written like an integer that keeps all of its text. `-0` would lose its sign.
    pub fn is_integer(&self) -> bool {
        !self.point && !self.exponent && !self.negative_zero
    }
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// The value of plain digits with an optional point, times ten to the power `scale`. `None` if digits
/// other than 0 would be cut off, or if it has more than 38 digits.
pub(crate) fn decimal(text: &[u8], scale: usize) -> Option<i128> {
    let (negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let mut value: i128 = 0;
    let mut fraction = None;
    for &byte in unsigned {
        match byte {
            b'.' if fraction.is_none() => fraction = Some(0),
            b'0'..=b'9' => {
                if let Some(count) = &mut fraction {
                    if *count == scale {
                        if byte != b'0' {
                            return None;
                        }
                        continue;
                    }
                    *count += 1;
                }
                value = value.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
            }
            _ => return None,
        }
    }
    let missing = u32::try_from(scale - fraction.unwrap_or(0)).ok()?;
    value = value.checked_mul(10i128.checked_pow(missing)?)?;
    (value < 10i128.pow(38)).then_some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_tell_what_a_number_would_lose() {
        let shape = |text: &str| Shape::of(text.as_bytes());
        for no_number in ["", "-", ".", "1e", "1e+", "1.2.3", "0x1", "nan", " 1", "1 ", "--1", "1_0"] {
            assert_eq!(shape(no_number), None, "{no_number}");
        }
        for padded in ["007", "+5", "00", "-01", "00.5"] {
            assert!(shape(padded).unwrap().padded, "{padded}");
        }
        for plain in ["0", "0.5", "-0.1", "7", ".5", "5.", "1e5", "0e0"] {
            assert!(!shape(plain).unwrap().padded, "{plain}");
        }
        assert!(!shape("-0").unwrap().is_integer());
        assert!(shape("-10").unwrap().is_integer());
        assert_eq!(shape("0.00123").unwrap().significant_digits, 3);
        assert_eq!(shape("120.50").unwrap().significant_digits, 5);
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(decimal(b"-12.5", 2), Some(-1250));
        assert_eq!(decimal(b"12.500", 2), Some(1250));
        assert_eq!(decimal(b"12.505", 2), None);
        assert_eq!(decimal(b".5", 1), Some(5));
        assert_eq!(decimal("9".repeat(38).as_bytes(), 0), Some(10i128.pow(38) - 1));
        assert_eq!(decimal("9".repeat(39).as_bytes(), 0), None);
        assert_eq!(decimal("9".repeat(38).as_bytes(), 1), None);
        assert_eq!(decimal(b"1e5", 1), None);
    }
}
