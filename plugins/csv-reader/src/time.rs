//! Dates and timestamps (ISO 8601 in the extended form, RFC 3339).

const DAY_SECONDS: i64 = 86_400;

/// A point in time as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Seconds since 1970-01-01T00:00:00, in UTC if `zoned`.
    pub seconds: i64,
    /// Nanoseconds after that.
    pub nanos: u32,
    /// More than six fraction digits are written.
    pub fine: bool,
    /// The text carries `Z` or an offset.
    pub zoned: bool,
}

impl Stamp {
    /// Microseconds since the epoch. `None` if finer digits are written.
    pub fn micros(&self) -> Option<i64> {
        // Years up to 9999 are far from the limits of 64 bits.
        (!self.fine).then(|| self.seconds * 1_000_000 + i64::from(self.nanos / 1000))
    }

    /// Nanoseconds since the epoch. `None` outside of the years 1677 to 2262.
    pub fn nanos(&self) -> Option<i64> {
        let nanos = i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanos);
        i64::try_from(nanos).ok()
    }
}

/// Days since 1970-01-01 of `YYYY-MM-DD`, years 0001 to 9999, if there is such a day.
#[inline]
pub(crate) fn date(text: &[u8]) -> Option<i32> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let year = pair(y1, y2)? * 100 + pair(y3, y4)?;
    let (month, day) = (pair(m1, m2)?, pair(d1, d2)?);
    if year == 0 || !(1..=12).contains(&month) || day == 0 || day > month_days(year, month) {
        return None;
    }
    // Counted in years from March on, so that the leap day is the last one. The formula is that of
    // Howard Hinnant, "chrono-compatible low-level date algorithms".
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted / 400, shifted % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// `date` + `T` or a space + `HH:MM`, optionally `:SS` and 1 to 9 fraction digits, optionally `Z` or an
/// offset `±HH:MM`, `±HHMM`, `±HH`.
pub(crate) fn timestamp(text: &[u8]) -> Option<Stamp> {
    let (day, rest) = text.split_first_chunk::<10>()?;
    let days = i64::from(date(day)?);
    let &[b'T' | b' ', h1, h2, b':', m1, m2, ref rest @ ..] = rest else { return None };
    let (hour, minute) = (pair(h1, h2)?, pair(m1, m2)?);
    let (second, nanos, digits, rest) = match rest {
        [b':', s1, s2, b'.', rest @ ..] => {
            let (nanos, digits, rest) = fraction(rest)?;
            (pair(*s1, *s2)?, nanos, digits, rest)
        }
        [b':', s1, s2, rest @ ..] => (pair(*s1, *s2)?, 0, 0, rest),
        rest => (0, 0, 0, rest),
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let offset = match *rest {
        [] => None,
        [b'Z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] | [sign @ (b'+' | b'-'), h1, h2, m1, m2] => {
            Some(offset(sign, pair(h1, h2)?, pair(m1, m2)?)?)
        }
        [sign @ (b'+' | b'-'), h1, h2] => Some(offset(sign, pair(h1, h2)?, 0)?),
        _ => return None,
    };
    let local = days * DAY_SECONDS + i64::from(hour * 3600 + minute * 60 + second);
    Some(Stamp { seconds: local - offset.unwrap_or(0), nanos, fine: digits > 6, zoned: offset.is_some() })
}

fn offset(sign: u8, hours: i32, minutes: i32) -> Option<i64> {
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = i64::from(hours * 3600 + minutes * 60);
    Some(if sign == b'-' { -seconds } else { seconds })
}

/// One to nine digits as nanoseconds, their number, and what follows.
fn fraction(text: &[u8]) -> Option<(u32, usize, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&digits) {
        return None;
    }
    let (fraction, rest) = text.split_at(digits);
    let value = fraction.iter().fold(0, |value, byte| value * 10 + u32::from(byte - b'0'));
    Some((value * 10u32.pow(9 - digits as u32), digits, rest))
}

#[inline]
fn pair(tens: u8, ones: u8) -> Option<i32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| i32::from(tens) * 10 + i32::from(ones))
}

fn month_days(year: i32, month: i32) -> i32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_calendar_follows_the_one_before() {
        let mut expected = date(b"0001-01-01").unwrap();
        assert_eq!(expected, -719_162);
        for year in 1..=9999 {
            for month in 1..=12 {
                for day in 1..=31 {
                    let text = format!("{year:04}-{month:02}-{day:02}");
                    if day <= month_days(year, month) {
                        assert_eq!(date(text.as_bytes()), Some(expected), "{text}");
                        expected += 1;
                    } else {
                        assert_eq!(date(text.as_bytes()), None, "{text}");
                    }
                }
            }
        }
        assert_eq!(date(b"1970-01-01"), Some(0));
        assert_eq!(date(b"2000-02-29"), Some(11_016));
    }

    #[test]
    fn texts_that_are_no_dates() {
        for text in ["", "2023-02-30", "2023-2-3", "0000-01-01", "2023/01/01", "2023-00-01", "2023-13-01"] {
            assert_eq!(date(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn timestamps_in_their_forms() {
        let parse = |text: &str| timestamp(text.as_bytes());
        let noon = 1_357_034_400;
        let plain = Stamp { seconds: noon, nanos: 0, fine: false, zoned: false };
        assert_eq!(parse("2013-01-01T10:00:00"), Some(plain));
        assert_eq!(parse("2013-01-01 10:00"), Some(plain));
        let zoned = Stamp { zoned: true, ..plain };
        for text in ["T10:00:00Z", " 12:00:00+02:00", "T05:30:00-0430", "T11:00+01"] {
            assert_eq!(parse(&format!("2013-01-01{text}")), Some(zoned), "{text}");
        }
        let fine = parse("1969-12-31T23:59:59.9999999").unwrap();
        assert_eq!((fine.micros(), fine.nanos()), (None, Some(-100)));
        let micro = parse("1969-12-31T23:59:59.5").unwrap();
        assert_eq!((micro.micros(), micro.nanos()), (Some(-500_000), Some(-500_000_000)));
        assert_eq!(parse("9999-12-31T23:59:59").unwrap().nanos(), None);
        for text in
            ["T24:00:00", "T10:60", "T10:00:60", "T10:00:00.", "T1:00", "T10:00:00 Z", "T10", "T10:00z"]
        {
            assert_eq!(parse(&format!("2013-01-01{text}")), None, "{text}");
        }
    }
}
