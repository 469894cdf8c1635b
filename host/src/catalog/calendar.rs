//! Days of the Gregorian calendar, as far as retention needs them.

use std::{fmt, str::FromStr, time::SystemTime};

/// A day.
///
/// Invariant: it is one that the calendar has.
///
/// ```
/// use artemis_host::catalog::Date;
/// let day: Date = "2024-01-31".parse().unwrap();
/// assert_eq!(day.after("1 month").unwrap().to_string(), "2024-02-29");
/// assert!("2023-02-29".parse::<Date>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: i64,
    month: i64,
    day: i64,
}

impl Date {
    /// The day in UTC.
    pub fn of(time: SystemTime) -> Self {
        let days = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs() / 86_400).unwrap_or(i64::MAX / 2),
            Err(before) => {
                -i64::try_from(before.duration().as_secs().div_ceil(86_400)).unwrap_or(i64::MAX / 2)
            }
        };
        Self::of_days(days)
    }

    /// The day so much later: `5 years`, `18 months`, `P1Y6M`, `P30D`. A day that a month lacks becomes its
    /// last. `None` if the text is no period.
    pub fn after(self, period: &str) -> Option<Self> {
        let text = period.trim();
        let (mut months, mut days) = (0_i64, 0_i64);
        let mut add = |count: i64, unit: &str| -> Option<()> {
            let (of, factor) = match unit.to_ascii_lowercase().as_str() {
                "y" | "year" | "years" => (&mut months, 12),
                "m" | "month" | "months" => (&mut months, 1),
                "w" | "week" | "weeks" => (&mut days, 7),
                "d" | "day" | "days" => (&mut days, 1),
                _ => return None,
            };
            *of = of.checked_add(count.checked_mul(factor)?)?;
            Some(())
        };
        let iso = text.strip_prefix('P').filter(|rest| !rest.is_empty());
        let mut rest = iso.unwrap_or(text);
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit())?;
            let count = rest[..digits].parse().ok()?;
            rest = rest[digits..].trim_start();
            let letters = match iso {
                Some(_) => 1.min(rest.len()),
                None => rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len()),
            };
            add(count, rest.get(..letters)?)?;
            rest = rest[letters..].trim_start_matches([' ', ',']);
        }
        // No record is kept for longer than the calendar of anybody.
        if months > 12 * 100_000 || days > 366 * 100_000 {
            return None;
        }
        let month = self.year * 12 + self.month - 1 + months;
        let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
        let day = self.day.min(days_of(year, month));
        Some(Self::of_days(Self { year, month, day }.days() + days))
    }

    /// Days since 1970-01-01, by eras of 400 years that begin in March.
    fn days(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    fn of_days(days: i64) -> Self {
        let days = days + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        Self { year: year + era * 400 + i64::from(month <= 2), month, day }
    }
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl FromStr for Date {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts[..] else { return Err(()) };
        let number = |text: &str, digits: usize| {
            let whole = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
            if whole { text.parse::<i64>().map_err(drop) } else { Err(()) }
        };
        let date = Self { year: number(year, 4)?, month: number(month, 2)?, day: number(day, 2)? };
        let exists =
            (1..=12).contains(&date.month) && (1..=days_of(date.year, date.month)).contains(&date.day);
        if exists { Ok(date) } else { Err(()) }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn days_follow_each_other_as_in_the_calendar() {
        let mut date: Date = "1970-01-01".parse().unwrap();
        for day in 0..60_000_u64 {
            assert_eq!(Date::of(SystemTime::UNIX_EPOCH + Duration::from_secs(day * 86_400 + 5)), date);
            assert_eq!(date.days(), day as i64);
            assert_eq!(date.to_string().parse(), Ok(date));
            let next = Date { day: date.day + 1, ..date };
            date = if next.day <= days_of(next.year, next.month) {
                next
            } else if next.month < 12 {
                Date { month: next.month + 1, day: 1, ..next }
            } else {
                Date { year: next.year + 1, month: 1, day: 1 }
            };
        }
    }

    #[test]
    fn periods_are_read_in_words_and_in_iso_8601() {
        let from: Date = "2024-01-31".parse().unwrap();
        let cases = [
            ("5 years", "2029-01-31"),
            ("1 year 1 month", "2025-02-28"),
            ("18 months", "2025-07-31"),
            ("P1Y6M", "2025-07-31"),
            ("30d", "2024-03-01"),
            ("P30D", "2024-03-01"),
            ("2 weeks", "2024-02-14"),
            ("0 days", "2024-01-31"),
        ];
        for (period, due) in cases {
            assert_eq!(from.after(period).map(|d| d.to_string()).as_deref(), Some(due), "{period}");
        }
        for period in
            ["", "P", "years", "5", "5 parsecs", "-1 day", "99999999999999999999 days", "P5Yx", "5 é"]
        {
            assert_eq!(from.after(period), None, "{period}");
        }
    }
}
