//! How a date or time is written: the directives of `strptime` that have a fixed width.

use std::fmt;

/// A checked pattern: `%Y%m%d`, `%d.%m.%y`, `%Y%j`, `%Y-%m-%d %H:%M:%S.%f`.
///
/// `%Y` four digits of the year, `%y` two, `%m` month, `%d` day of the month, `%j` three digits of the day of the
/// year, `%H` hour (0 to 23), `%M` minute, `%S` second, `%f` one to six digits of a fraction at the end, `%%` a percent
/// sign. Everything else stands for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    items: Vec<Item>,
    kind: PatternKind,
    /// First year of the hundred that two digits can mean.
    first_year: i32,
    text: String,
}

/// A piece of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// Four digits of a year.
    Year,
    /// Two digits of a year, in the window.
    YearOfCentury,
    /// Month, 01 to 12.
    Month,
    /// Day of the month, 01 to 31.
    Day,
    /// Day of the year, 001 to 366.
    DayOfYear,
    /// Hour, 00 to 23.
    Hour,
    /// Minute, 00 to 59.
    Minute,
    /// Second, 00 to 59.
    Second,
    /// One to six digits of a fraction of a second.
    Fraction,
    /// This character.
    Literal(u8),
}

/// What a pattern describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternKind {
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// Both.
    Timestamp,
}

impl Pattern {
    /// Checks a pattern. Two digits of a year mean one of the hundred years from `first_year` on.
    ///
    /// # Errors
    /// In words, what is wrong with it.
    pub fn new(text: &str, first_year: i32) -> Result<Self, String> {
        let mut items = Vec::new();
        let mut chars = text.chars();
        while let Some(char) = chars.next() {
            items.push(match char {
                '%' => match chars.next() {
                    Some('Y') => Item::Year,
                    Some('y') => Item::YearOfCentury,
                    Some('m') => Item::Month,
                    Some('d') => Item::Day,
                    Some('j') => Item::DayOfYear,
                    Some('H') => Item::Hour,
                    Some('M') => Item::Minute,
                    Some('S') => Item::Second,
                    Some('f') => Item::Fraction,
                    Some('%') => Item::Literal(b'%'),
                    Some(other) => {
                        return Err(format!(
                            "`%{other}` is not known; there are %Y %y %m %d %j %H %M %S %f %%"
                        ));
                    }
                    None => return Err("it ends with a `%`".to_owned()),
                },
                char if char.is_ascii() => Item::Literal(char as u8),
                char => return Err(format!("`{char}` is not ASCII")),
            });
        }
        let kind = kind(&items)?;
        if !(1..=9900).contains(&first_year) {
            return Err(format!("a window of years from {first_year} on is not within 1 and 9999"));
        }
        Ok(Self { items, kind, first_year, text: text.to_owned() })
    }

    /// Its pieces in order.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// What it describes.
    pub fn kind(&self) -> PatternKind {
        self.kind
    }

    /// First year of the hundred that two digits can mean.
    pub fn first_year(&self) -> i32 {
        self.first_year
    }

    /// Whether digits alone match it, as those of a packed or zoned number do, and how many.
    pub fn digits(&self) -> Option<u32> {
        self.items.iter().try_fold(0, |digits, item| match item {
            Item::Year => Some(digits + 4),
            Item::DayOfYear => Some(digits + 3),
            Item::Literal(byte) if byte.is_ascii_digit() => Some(digits + 1),
            Item::Literal(_) | Item::Fraction => None,
            _ => Some(digits + 2),
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What the pieces describe together: enough of them, and none twice.
fn kind(items: &[Item]) -> Result<PatternKind, String> {
    let count = |wanted: &[Item]| items.iter().filter(|item| wanted.contains(item)).count();
    let year = count(&[Item::Year, Item::YearOfCentury]);
    let (month, day, of_year) = (count(&[Item::Month]), count(&[Item::Day]), count(&[Item::DayOfYear]));
    let (hour, minute) = (count(&[Item::Hour]), count(&[Item::Minute]));
    let (second, fraction) = (count(&[Item::Second]), count(&[Item::Fraction]));
    if [year, month, day, of_year, hour, minute, second, fraction].iter().any(|count| *count > 1) {
        return Err("it has one part twice".to_owned());
    }
    if fraction == 1 && (items.last() != Some(&Item::Fraction) || second == 0) {
        return Err("`%f` goes to the end, behind `%S`".to_owned());
    }
    let has_date = match (year, month, day, of_year) {
        (1, 1, 1, 0) | (1, 0, 0, 1) => true,
        (0, 0, 0, 0) => false,
        _ => return Err("a date needs the year with month and day, or with the day of the year".to_owned()),
    };
    let has_time = match (hour, minute, second) {
        (1, 1, 1) | (1, 1, 0) | (1, 0, 0) => true,
        (0, 0, 0) => false,
        _ => return Err("a time needs the hour, and seconds need minutes".to_owned()),
    };
    match (has_date, has_time) {
        (true, true) => Ok(PatternKind::Timestamp),
        (true, false) => Ok(PatternKind::Date),
        (false, true) => Ok(PatternKind::Time),
        (false, false) => Err("it has no part of a date or time".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_know_what_they_describe() {
        for (text, kind, digits) in [
            ("%Y%m%d", PatternKind::Date, Some(8)),
            ("%d.%m.%y", PatternKind::Date, None),
            ("%y%j", PatternKind::Date, Some(5)),
            ("0%y%m%d", PatternKind::Date, Some(7)),
            ("%H%M", PatternKind::Time, Some(4)),
            ("%Y-%m-%d-%H.%M.%S.%f", PatternKind::Timestamp, None),
        ] {
            let pattern = Pattern::new(text, 1950).unwrap();
            assert_eq!((pattern.kind(), pattern.digits()), (kind, digits), "{text}");
            assert_eq!(pattern.to_string(), text);
        }
    }

    #[test]
    fn patterns_that_describe_nothing_are_refused() {
        for (text, part) in [
            ("", "no part"),
            ("%Q", "not known"),
            ("%Y%", "ends with"),
            ("%Y%m", "needs the year with month"),
            ("%Y%Y%m%d", "twice"),
            ("%Y%y%m%d", "twice"),
            ("%m%d%j%Y", "needs the year with month"),
            ("%M%S", "needs the hour"),
            ("%H%S", "seconds need minutes"),
            ("%H%M%f", "behind `%S`"),
            ("%H%M%S%f ", "to the end"),
            ("%Y年%j", "not ASCII"),
        ] {
            let error = Pattern::new(text, 1950).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!(Pattern::new("%y%j", 9901).is_err());
    }
}
