//! One field: where it stands, how it is written, what it becomes.

use std::fmt;

use crate::{Encoding, Nulls, Pattern, PatternKind};

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name; empty where the header of the file gives it, or for a gap.
    pub name: String,
    /// Bytes before it in the record.
    pub offset: u64,
    /// Its length in bytes.
    pub width: u64,
    /// How it is written.
    pub form: Form,
    /// What it becomes.
    pub value: Value,
    /// How its characters are encoded.
    pub encoding: Encoding,
    /// What is cut off its text.
    pub trim: Trim,
    /// What means a missing value.
    pub nulls: Nulls,
}

/// How a field is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// It is left out.
    Skip,
    /// Characters.
    Text,
    /// Bytes as they are.
    Bytes,
    /// One of two sets of texts.
    Bool {
        /// Those that mean true.
        true_values: Vec<String>,
        /// Those that mean false.
        false_values: Vec<String>,
    },
    /// Digits with blanks around, a sign before or behind, and possibly a decimal point.
    Number {
        /// Most significant digits.
        digits: u32,
        /// Implied decimals where no point is written.
        scale: i32,
        /// The decimal point.
        point: u8,
    },
    /// A floating point number in characters.
    Float {
        /// The decimal point.
        point: u8,
    },
    /// A date or time in characters.
    Time(Pattern),
    /// A digit a byte, the sign over the first or last digit or in a byte of its own.
    Zoned {
        /// Digits.
        digits: u32,
        /// Implied decimals; below zero: zeros behind the digits.
        scale: i32,
        /// Where the sign is.
        sign: Sign,
        /// The digits are those of a date or time.
        time: Option<Pattern>,
    },
    /// Two digits a byte, the sign in the last half byte (COMP-3).
    Packed {
        /// Digits.
        digits: u32,
        /// Implied decimals; below zero: zeros behind the digits.
        scale: i32,
        /// Whether a negative sign is taken.
        signed: bool,
        /// The digits are those of a date or time.
        time: Option<Pattern>,
    },
    /// A binary whole number (COMP, COMP-4, COMP-5).
    Binary {
        /// Implied decimals; below zero: zeros behind the digits.
        scale: i32,
        /// Two's complement.
        signed: bool,
        /// Order of its bytes.
        order: Order,
    },
    /// A hexadecimal floating point number of IBM's System/360 (COMP-1 and COMP-2 of mainframes).
    HexFloat {
        /// Order of its bytes.
        order: Order,
    },
    /// A binary floating point number of IEEE 754 (COMP-1 and COMP-2 elsewhere).
    IeeeFloat {
        /// Order of its bytes.
        order: Order,
    },
}

/// Order of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Most significant first.
    Big,
    /// Least significant first.
    Little,
}

/// Where a zoned number has its sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It has none.
    None,
    /// Over the first digit.
    Leading,
    /// Over the last digit.
    Trailing,
    /// In a byte before the digits.
    LeadingSeparate,
    /// In a byte behind the digits.
    TrailingSeparate,
}

/// What is cut off a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trim {
    /// Nothing.
    None,
    /// Blanks in front.
    Left,
    /// Blanks behind.
    Right,
    /// Blanks on both sides.
    Both,
}

/// What a field becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Skipped,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
    /// True or false.
    Bool,
    /// A whole number of 64 bits.
    Int64,
    /// A whole number of 64 bits without sign.
    UInt64,
    /// A decimal number.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits behind the point.
        scale: i8,
    },
    /// A floating point number.
    Float64,
    /// A day.
    Date,
    /// A time of day, in microseconds.
    Time,
    /// A day and time without zone, in microseconds.
    Timestamp,
}

/// Digits that always fit 64 bits with a sign.
const INT64_DIGITS: i32 = 18;
/// Digits of the widest decimal.
pub(crate) const MAX_DIGITS: u32 = 76;

impl Value {
    /// What a number of so many digits becomes: a whole number where it always fits, else a decimal; `None` beyond
    /// 76 digits.
    pub fn of_digits(digits: u32, scale: i32) -> Option<Self> {
        let digits = i32::try_from(digits).ok()?;
        if scale <= 0 {
            let whole = digits.checked_sub(scale)?;
            return match whole {
                ..=INT64_DIGITS => Some(Self::Int64),
                _ if whole as u32 <= MAX_DIGITS => Some(Self::Decimal { precision: whole as u8, scale: 0 }),
                _ => None,
            };
        }
        let precision = digits.max(scale);
        (precision as u32 <= MAX_DIGITS)
            .then_some(Self::Decimal { precision: precision as u8, scale: scale as i8 })
    }

    /// What a binary number of so many bytes, 1 to 8, becomes.
    pub fn of_binary(bytes: u64, scale: i32, signed: bool) -> Option<Self> {
        // Most digits of 1 to 8 bytes.
        let digits = match (bytes, signed) {
            (1, _) => 3,
            (2, _) => 5,
            (3, true) => 7,
            (3, false) => 8,
            (4, _) => 10,
            (5, true) => 12,
            (5, false) => 13,
            (6, _) => 15,
            (7, _) => 17,
            (8, true) => 19,
            (8, false) => 20,
            _ => return None,
        };
        match (bytes, signed, scale) {
            (8, false, 0) => Some(Self::UInt64),
            (_, _, 0) => Some(Self::Int64),
            _ => Self::of_digits(digits, scale),
        }
    }

    /// What a date or time becomes.
    pub fn of_pattern(pattern: &Pattern) -> Self {
        match pattern.kind() {
            PatternKind::Date => Self::Date,
            PatternKind::Time => Self::Time,
            PatternKind::Timestamp => Self::Timestamp,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Skipped => f.write_str("skipped"),
            Self::Text => f.write_str("string"),
            Self::Bytes => f.write_str("binary"),
            Self::Bool => f.write_str("bool"),
            Self::Int64 => f.write_str("int64"),
            Self::UInt64 => f.write_str("uint64"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Float64 => f.write_str("float64"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time(us)"),
            Self::Timestamp => f.write_str("timestamp(us)"),
        }
    }
}

impl Form {
    /// Whether it is written in characters, so that blanks and texts can mean a missing value. Zoned numbers are.
    pub fn is_characters(&self) -> bool {
        matches!(
            self,
            Self::Text
                | Self::Bool { .. }
                | Self::Number { .. }
                | Self::Float { .. }
                | Self::Time(_)
                | Self::Zoned { .. }
        )
    }

    /// Its name, as layouts write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Bool { .. } => "bool",
            Self::Number { scale: 0, .. } => "integer",
            Self::Number { .. } => "decimal",
            Self::Float { .. } => "float",
            Self::Time(pattern) => match pattern.kind() {
                PatternKind::Date => "date",
                PatternKind::Time => "time",
                PatternKind::Timestamp => "timestamp",
            },
            Self::Zoned { .. } => "zoned",
            Self::Packed { .. } => "packed",
            Self::Binary { .. } => "binary",
            Self::HexFloat { .. } => "hex-float",
            Self::IeeeFloat { .. } => "ieee-float",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_the_narrowest_type_that_always_holds_them() {
        for (digits, scale, expected) in [
            (18, 0, "int64"),
            (19, 0, "decimal(19,0)"),
            (31, 2, "decimal(31,2)"),
            (9, 9, "decimal(9,9)"),
            (3, 5, "decimal(5,5)"),
            (3, -5, "int64"),
            (15, -5, "decimal(20,0)"),
            (76, 10, "decimal(76,10)"),
        ] {
            assert_eq!(Value::of_digits(digits, scale).unwrap().to_string(), expected);
        }
        for (digits, scale) in [(77, 0), (70, -7), (1, 77), (u32::MAX, 0), (1, i32::MIN), (1, i32::MAX)] {
            assert_eq!(Value::of_digits(digits, scale), None);
        }
    }

    #[test]
    fn binary_decimals_have_room_for_all_values_of_their_bytes() {
        for bytes in 1..=8 {
            for signed in [true, false] {
                let bits = 8 * bytes as u32 - u32::from(signed);
                // The lowest signed number has as many digits as this one.
                let most = (1u128 << bits).to_string().len() as u8;
                let expected = Value::Decimal { precision: most, scale: 2 };
                assert_eq!(Value::of_binary(bytes, 2, signed), Some(expected), "{bytes} {signed}");
            }
        }
        assert_eq!(Value::of_binary(8, 0, false), Some(Value::UInt64));
        assert_eq!((Value::of_binary(0, 0, true), Value::of_binary(9, 0, true)), (None, None));
    }
}
