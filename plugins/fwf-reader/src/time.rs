//! Dates and times by pattern.

use artemis_record_layout::{Item, Pattern};

use crate::fault::Fault;

/// Days from 0001-01-01 to 1970-01-01.
const EPOCH_DAYS: i32 = 719_162;
const MONTH_STARTS: [i32; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/// A day and a time of day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Days since 1970-01-01; 0 without a date.
    pub days: i32,
    /// Microseconds since midnight.
    pub micros: i64,
}

impl Stamp {
    /// Microseconds since 1970-01-01T00:00.
    pub fn epoch_micros(self) -> i64 {
        i64::from(self.days) * 86_400_000_000 + self.micros
    }
}

/// Reads a text that has exactly the form of the pattern.
pub(crate) fn stamp(text: &[u8], pattern: &Pattern) -> Result<Stamp, Fault> {
    let (mut year, mut month, mut day, mut of_year) = (None, 1, 1, None);
    let (mut hour, mut minute, mut second, mut fraction) = (0, 0, 0, 0);
    let mut rest = text;
    for item in pattern.items() {
        match item {
            Item::Year => year = Some(digits(&mut rest, 4)?),
            Item::YearOfCentury => {
                let first = pattern.first_year();
                year = Some(first + (digits(&mut rest, 2)? - first).rem_euclid(100));
            }
            Item::Month => month = digits(&mut rest, 2)?,
            Item::Day => day = digits(&mut rest, 2)?,
            Item::DayOfYear => of_year = Some(digits(&mut rest, 3)?),
            Item::Hour => hour = digits(&mut rest, 2)?,
            Item::Minute => minute = digits(&mut rest, 2)?,
            Item::Second => second = digits(&mut rest, 2)?,
            Item::Fraction => {
                let length = rest.len();
                if !(1..=6).contains(&length) {
                    return Err(Fault::Pattern);
                }
                // At most 6 digits fit.
                fraction = digits(&mut rest, length)? * 10i32.pow(6 - length as u32);
            }
            Item::Literal(byte) => {
                rest = rest.strip_prefix(&[*byte]).ok_or(Fault::Pattern)?;
            }
        }
    }
    if !rest.is_empty() {
        return Err(Fault::Pattern);
    }
    if hour > 23 || minute > 59 || second > 59 {
        return Err(Fault::Calendar);
    }
    let days = match (year, of_year) {
        (None, _) => 0,
        (Some(year), None) => of_month(year, month, day).ok_or(Fault::Calendar)?,
        (Some(year), Some(day)) => of_ordinal(year, day).ok_or(Fault::Calendar)?,
    };
    let seconds = i64::from(hour * 3600 + minute * 60 + second);
    Ok(Stamp { days, micros: seconds * 1_000_000 + i64::from(fraction) })
}

fn digits(rest: &mut &[u8], count: usize) -> Result<i32, Fault> {
    let (text, behind) = rest.split_at_checked(count).ok_or(Fault::Pattern)?;
    *rest = behind;
    text.iter().try_fold(0, |value, byte| match byte.wrapping_sub(b'0') {
        digit @ 0..=9 => Ok(value * 10 + i32::from(digit)),
        _ => Err(Fault::Pattern),
    })
}

fn of_month(year: i32, month: i32, day: i32) -> Option<i32> {
    let month = usize::try_from(month).ok().filter(|month| (1..=12).contains(month))?;
    let leap_day = i32::from(is_leap(year));
    let days = MONTH_STARTS[month] - MONTH_STARTS[month - 1] + if month == 2 { leap_day } else { 0 };
    if !(1..=days).contains(&day) {
        return None;
    }
    of_ordinal(year, MONTH_STARTS[month - 1] + if month > 2 { leap_day } else { 0 } + day)
}

fn of_ordinal(year: i32, day: i32) -> Option<i32> {
    let days = 365 + i32::from(is_leap(year));
    if year < 1 || !(1..=days).contains(&day) {
        return None;
    }
    let before = year - 1;
    Some(365 * before + before / 4 - before / 100 + before / 400 + day - 1 - EPOCH_DAYS)
}

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: &str, text: &str) -> Result<Stamp, Fault> {
        stamp(text.as_bytes(), &Pattern::new(pattern, 1950).unwrap())
    }

    #[test]
    fn every_day_follows_the_one_before_in_both_forms() {
        let (by_month, by_day) = (Pattern::new("%Y%m%d", 1950).unwrap(), Pattern::new("%Y%j", 1950).unwrap());
        let mut expected = -719_162;
        for year in 1..=9999 {
            let mut of_year = 0;
            for month in 1..=12 {
                for day in 1..=31 {
                    let text = format!("{year:04}{month:02}{day:02}");
                    let Ok(found) = stamp(text.as_bytes(), &by_month) else { continue };
                    of_year += 1;
                    assert_eq!(found.days, expected, "{text}");
                    let ordinal = format!("{year:04}{of_year:03}");
                    assert_eq!(stamp(ordinal.as_bytes(), &by_day).unwrap().days, expected, "{ordinal}");
                    expected += 1;
                }
            }
            let next = format!("{year:04}{:03}", of_year + 1);
            assert_eq!(stamp(next.as_bytes(), &by_day), Err(Fault::Calendar), "{next}");
        }
        assert_eq!(expected, 2_932_897);
        assert_eq!(read("%Y%m%d", "20000229").unwrap().days, 11_016);
    }

    #[test]
    fn two_digits_of_a_year_lie_in_the_window() {
        for (text, expected) in [("500101", "19500101"), ("991231", "19991231"), ("491231", "20491231")] {
            assert_eq!(read("%y%m%d", text), read("%Y%m%d", expected));
        }
    }

    #[test]
    fn times_are_counted_in_microseconds() {
        assert_eq!(read("%H:%M", "23:59"), Ok(Stamp { days: 0, micros: 86_340_000_000 }));
        let stamp = read("%Y-%m-%d-%H.%M.%S.%f", "1969-12-31-23.59.59.5").unwrap();
        assert_eq!(stamp.epoch_micros(), -500_000);
    }

    #[test]
    fn texts_of_another_form_and_days_that_are_none_are_told_apart() {
        for (pattern, text, fault) in [
            ("%Y%m%d", "2024013", Fault::Pattern),
            ("%Y%m%d", "202401311", Fault::Pattern),
            ("%Y%m%d", "2024 131", Fault::Pattern),
            ("%Y-%m-%d", "2024/01/31", Fault::Pattern),
            ("%Y%m%d", "20230229", Fault::Calendar),
            ("%Y%m%d", "20231301", Fault::Calendar),
            ("%Y%m%d", "00000101", Fault::Calendar),
            ("%Y%j", "2023366", Fault::Calendar),
            ("%H%M", "2400", Fault::Calendar),
            ("%H%M%S.%f", "235959.", Fault::Pattern),
            ("%H%M%S.%f", "235959.1234567", Fault::Pattern),
        ] {
            assert_eq!(read(pattern, text), Err(fault), "{text}");
        }
    }
}
