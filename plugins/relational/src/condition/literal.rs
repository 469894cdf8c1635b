//! Values written in a condition, and their place on the axis of a column's type.

use crate::types::per_second;
use arrow::datatypes::{DataType, TimeUnit};

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// Days since 1970-01-01.
    Date(i64),
    /// A moment.
    Timestamp(Moment),
}

impl Literal {
    /// How a message names it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Bool(_) => "a bool",
            Self::Date(_) => "a date",
            Self::Timestamp(_) => "a timestamp",
        }
    }
}

/// A number as it is written: `digits` × 10^`exponent`, exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    digits: i128,
    exponent: i32,
    /// The nearest float.
    pub float: f64,
}

/// A date with a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Nanoseconds since 1970-01-01 00:00:00, on the clock of the offset or of the column's zone.
    local_ns: i128,
    /// Seconds east of UTC, where given.
    offset_s: Option<i32>,
}

/// A place on an axis of whole numbers: at `floor`, or between it and the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The whole number at or below.
    pub floor: i128,
    /// It lies above `floor`.
    pub between: bool,
}

const NS_PER_S: i128 = 1_000_000_000;
const S_PER_DAY: i128 = 86_400;

impl Number {
    /// Reads a sign, digits with an optional point, and an optional exponent.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a number");
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(e) => (&text[..e], text[e + 1..].parse::<i32>().map_err(|_| wrong())?),
            None => (text, 0),
        };
        let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all_digits = whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
        if !all_digits || whole.len() + fraction.len() == 0 {
            return Err(wrong());
        }
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        if digits.len() > 38 {
            return Err("a number has at most 38 digits".into());
        }
        let value: i128 = if digits.is_empty() { 0 } else { digits.parse().map_err(|_| wrong())? };
        Ok(Self {
            digits: if mantissa.starts_with('-') { -value } else { value },
            exponent: exponent.saturating_sub(fraction.len() as i32),
            float: text.parse().map_err(|_| wrong())?,
        })
    }

    /// Its place among the multiples of 10^−`scale`; far out, the farthest place.
    pub fn place(&self, scale: i8) -> Place {
        let shift = self.exponent.saturating_add(i32::from(scale));
        if self.digits == 0 {
            return Place { floor: 0, between: false };
        }
        let power = 10i128.checked_pow(shift.unsigned_abs());
        match (shift >= 0, power) {
            (true, Some(power)) => Place { floor: self.digits.saturating_mul(power), between: false },
            (true, None) => {
                Place { floor: if self.digits > 0 { i128::MAX } else { i128::MIN }, between: false }
            }
            (false, Some(power)) => {
                Place { floor: self.digits.div_euclid(power), between: self.digits.rem_euclid(power) != 0 }
            }
            // At most 38 digits are less than 10^39.
            (false, None) => Place { floor: if self.digits > 0 { 0 } else { -1 }, between: true },
        }
    }
}

impl Literal {
    /// Its place on the axis of a type, or why it has none.
    pub fn place(&self, data_type: &DataType) -> Result<Place, String> {
        match (self, data_type) {
            (Self::Number(number), DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale)) => {
                Ok(number.place(*scale))
            }
            (Self::Number(number), integer) if crate::types::is_integer(integer) => Ok(number.place(0)),
            (Self::Bool(value), DataType::Boolean) => Ok(Place { floor: (*value).into(), between: false }),
            (Self::Date(days), _) => {
                let local_ns = i128::from(*days) * S_PER_DAY * NS_PER_S;
                Moment { local_ns, offset_s: None }.place(data_type)
            }
            (Self::Timestamp(moment), _) => moment.place(data_type),
            (Self::Text(_), DataType::Date32 | DataType::Date64) => {
                Err("write date '2013-01-31' for a date".into())
            }
            (Self::Text(_), DataType::Timestamp(..)) => {
                Err("write timestamp '2013-01-31 05:00:00' for a timestamp".into())
            }
            _ => Err(format!("{data_type} cannot be compared with {}", self.name())),
        }
    }
}

impl Moment {
    fn place(&self, data_type: &DataType) -> Result<Place, String> {
        let (unit_ns, zone) = match data_type {
            DataType::Date32 => (S_PER_DAY * NS_PER_S, None),
            DataType::Date64 => (NS_PER_S / per_second(&TimeUnit::Millisecond), None),
            DataType::Timestamp(unit, zone) => (NS_PER_S / per_second(unit), zone.as_deref()),
            other => return Err(format!("{other} cannot be compared with a date or a timestamp")),
        };
        let offset_s = match (zone, self.offset_s) {
            (None, None) => 0,
            (Some(_), Some(offset)) => offset,
            (None, Some(_)) => return Err("the column has no zone: leave out the offset".into()),
            (Some(zone), None) => zone_offset_s(zone).ok_or_else(|| {
                format!("the column is in zone {zone}: give an offset, as in '2013-01-31 05:00:00+00:00'")
            })?,
        };
        let ns = self.local_ns - i128::from(offset_s) * NS_PER_S;
        Ok(Place { floor: ns.div_euclid(unit_ns), between: ns.rem_euclid(unit_ns) != 0 })
    }
}

/// Seconds east of UTC of a zone that has one offset for all times.
fn zone_offset_s(zone: &str) -> Option<i32> {
    match zone {
        "Z" | "UTC" | "Etc/UTC" | "GMT" => Some(0),
        _ => offset_s(zone),
    }
}

/// `±hh`, `±hhmm` or `±hh:mm` in seconds.
fn offset_s(text: &str) -> Option<i32> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest.len() {
        2 => (rest, "00"),
        4 => rest.split_at_checked(2)?,
        5 => rest.split_once(':')?,
        _ => return None,
    };
    let (hours, minutes) = (number(hours, 2, 23)?, number(minutes, 2, 59)?);
    Some(sign * (hours * 3600 + minutes * 60) as i32)
}

/// `YYYY-MM-DD` as days since 1970-01-01.
pub fn parse_date(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-');
    let year = number(parts.next()?, 4, 9999)?;
    let month = number(parts.next()?, 2, 12)?;
    let day = number(parts.next()?, 2, 31)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if month == 0 || day == 0 || day > length {
        return None;
    }
    // Years from March, so that the leap day is the last: 153 days are five months from March or August on.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    Some(year * 365 + leap_days + day_of_year - 719_468)
}

/// `YYYY-MM-DD hh:mm[:ss[.fraction]]` with `T` for the blank, and an optional offset; a date alone is its midnight.
pub fn parse_timestamp(text: &str) -> Option<Moment> {
    let (date, rest) = text.split_at_checked(10)?;
    let days = i128::from(parse_date(date)?);
    let (mut ns, mut offset) = (0, None);
    if !rest.is_empty() {
        let clock = rest.strip_prefix([' ', 'T'])?;
        let end = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
        let (clock, zone) = clock.split_at_checked(end)?;
        offset = match zone {
            "" => None,
            "Z" => Some(0),
            zone => Some(offset_s(zone)?),
        };
        ns = time_of_day_ns(clock.trim_end())?;
    }
    Some(Moment { local_ns: days * S_PER_DAY * NS_PER_S + ns, offset_s: offset })
}

fn time_of_day_ns(text: &str) -> Option<i128> {
    let mut parts = text.splitn(3, ':');
    let hours = number(parts.next()?, 2, 23)?;
    let minutes = number(parts.next()?, 2, 59)?;
    let (seconds, fraction) = match parts.next() {
        None => (0, "0"),
        Some(seconds) => {
            let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
            (number(seconds, 2, 59)?, fraction)
        }
    };
    if fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let fraction_ns = number(fraction, fraction.len(), i64::MAX)? * 10i64.pow(9 - fraction.len() as u32);
    Some(i128::from(hours * 3600 + minutes * 60 + seconds) * NS_PER_S + i128::from(fraction_ns))
}

/// A number of exactly `len` digits.
fn number(text: &str, len: usize, highest: i64) -> Option<i64> {
    let digits = text.len() == len && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|value| digits && *value <= highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_counted_from_1970() {
        for (text, days) in [
            ("1970-01-01", Some(0)),
            ("1969-12-31", Some(-1)),
            ("2013-01-31", Some(15_736)),
            ("2000-02-29", Some(11_016)),
            ("0001-01-01", Some(-719_162)),
            ("9999-12-31", Some(2_932_896)),
            ("2001-02-29", None),
            ("2013-13-01", None),
            ("2013-1-31", None),
            ("2013-01-32", None),
            ("", None),
            ("2013-01-31x", None),
        ] {
            assert_eq!(parse_date(text), days, "{text}");
        }
    }

    #[test]
    fn timestamps_have_fractions_and_offsets() {
        let utc = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
        for (text, place) in [
            ("1970-01-02", Some((86_400_000, false))),
            ("1970-01-01 00:01", Some((60_000, false))),
            ("1970-01-01T00:00:01.5Z", Some((1_500, false))),
            ("1970-01-01 00:00:00.0001", Some((0, true))),
            ("1969-12-31 23:59:59.9999", Some((-1, true))),
            ("1970-01-01 02:00:00+02:00", Some((0, false))),
            ("1970-01-01 02:00:00 -0130", Some((12_600_000, false))),
            ("1970-01-01 25:00:00", None),
            ("1970-01-01 00:00:00.", None),
            ("1970-01-01 00:00:00+2", None),
            ("1970-01-01 00:00:00é", None),
        ] {
            let got = parse_timestamp(text).map(|m| m.place(&utc).unwrap()).map(|p| (p.floor, p.between));
            assert_eq!(got, place, "{text}");
        }
    }

    #[test]
    fn numbers_keep_every_digit() {
        for (text, scale, place) in [
            ("12", 0, Some((12, false))),
            ("-2.5", 0, Some((-3, true))),
            ("2.50", 1, Some((25, false))),
            ("1e3", 2, Some((100_000, false))),
            ("1e-400", 0, Some((0, true))),
            ("-1e-400", 0, Some((-1, true))),
            ("1e400", 0, Some((i128::MAX, false))),
            ("0e400", 0, Some((0, false))),
            (".5", 0, Some((0, true))),
            (
                "99999999999999999999999999999999999999",
                0,
                Some((99_999_999_999_999_999_999_999_999_999_999_999_999, false)),
            ),
            ("999999999999999999999999999999999999999", 0, None),
            ("1.2.3", 0, None),
            ("1x", 0, None),
            ("-", 0, None),
            (".", 0, None),
            ("1e", 0, None),
        ] {
            let got = Number::parse(text).ok().map(|n| n.place(scale)).map(|p| (p.floor, p.between));
            assert_eq!(got, place, "{text}");
        }
    }
}
