//! PICTURE strings: what a field looks like and how long it is.

/// A picture, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Picture {
    /// So many characters: letters, any, or edited numbers.
    Text {
        /// Characters.
        length: u64,
    },
    /// A number of digits.
    Number {
        /// Digits that are stored.
        digits: u32,
        /// Implied decimals; below zero: zeros behind the digits.
        scale: i32,
        /// It has an `S`.
        signed: bool,
    },
}

/// Pictures are no longer than this when written out.
const MAX_LENGTH: u64 = 16 << 20;

impl Picture {
    /// Reads a picture in capitals.
    ///
    /// # Errors
    /// In words, what is wrong.
    pub fn new(text: &str) -> Result<Self, String> {
        let symbols = symbols(text)?;
        let refuse = |why: &str| Err(format!("picture {text}: {why}"));
        let is_text = symbols.iter().all(|(symbol, _)| matches!(symbol, 'X' | 'A' | '9'))
            && symbols.iter().any(|(symbol, _)| matches!(symbol, 'X' | 'A'));
        let length = |symbols: &[(char, u64)]| symbols.iter().map(|(_, count)| count).sum::<u64>();
        if is_text {
            return Ok(Self::Text { length: length(&symbols) });
        }
        if symbols.iter().any(|(symbol, _)| matches!(symbol, 'N' | 'G' | 'U' | '1' | 'E')) {
            return refuse("national, bit and external floating point fields are not known here");
        }
        let is_number = symbols.iter().all(|(symbol, _)| matches!(symbol, '9' | 'S' | 'V' | 'P'));
        if !is_number {
            // CR and DB take two; V and P none.
            let printed: Vec<(char, u64)> =
                symbols.into_iter().filter(|(symbol, _)| !matches!(symbol, 'V' | 'P' | 'S')).collect();
            return match length(&printed) {
                0 => refuse("it has no characters"),
                length => Ok(Self::Text { length }),
            };
        }
        number(text, &symbols)
    }
}

fn number(text: &str, symbols: &[(char, u64)]) -> Result<Picture, String> {
    let refuse = |why: &str| Err(format!("picture {text}: {why}"));
    let (mut behind, mut digits, mut zeros) = (0u64, 0u64, 0u64);
    let (mut signed, mut point, mut leading) = (false, false, false);
    for (at, (symbol, count)) in symbols.iter().enumerate() {
        match symbol {
            'S' if at > 0 || *count > 1 => return refuse("`S` goes to the front, once"),
            'S' => signed = true,
            'V' if point || *count > 1 => return refuse("it has two `V`"),
            'V' => point = true,
            // A P in front of all digits puts the point before itself, one behind them after itself.
            'P' if digits == 0 => {
                leading = true;
                behind += count;
            }
            'P' => zeros += count,
            _ if zeros > 0 => return refuse("`P` stands between digits"),
            _ => {
                digits += count;
                if point || leading {
                    behind += count;
                }
            }
        }
    }
    if digits == 0 {
        return refuse("it has no digits");
    }
    if zeros > 0 && (leading || behind > 0) {
        return refuse("`P` stands on both sides");
    }
    let scale = if zeros > 0 { -i64::try_from(zeros).unwrap_or(i64::MAX) } else { behind as i64 };
    match (u32::try_from(digits), i32::try_from(scale)) {
        (Ok(digits), Ok(scale)) => Ok(Picture::Number { digits, scale, signed }),
        _ => refuse("it has too many digits"),
    }
}

/// Symbols with how often they stand there.
fn symbols(text: &str) -> Result<Vec<(char, u64)>, String> {
    let refuse = |why: &str| Err(format!("picture {text}: {why}"));
    let mut out: Vec<(char, u64)> = Vec::new();
    let mut rest = text;
    let mut length = 0u64;
    while let Some(symbol) = rest.chars().next() {
        if !"XA9SVPZ*+-,./B0$NGU1ECRD".contains(symbol) {
            return refuse(&format!("`{symbol}` is no symbol of one"));
        }
        rest = &rest[symbol.len_utf8()..];
        let mut count = 1;
        if let Some(inner) = rest.strip_prefix('(') {
            let Some((number, behind)) = inner.split_once(')') else { return refuse("a `(` is not closed") };
            count = match number.trim().parse::<u64>() {
                Ok(count) if (1..=MAX_LENGTH).contains(&count) => count,
                _ => return refuse(&format!("`{number}` is no count from 1 to {MAX_LENGTH}")),
            };
            rest = behind;
        }
        length += count;
        if length > MAX_LENGTH {
            return refuse("it is too long");
        }
        match out.last_mut() {
            Some((last, times)) if *last == symbol => *times += count,
            _ => out.push((symbol, count)),
        }
    }
    if out.is_empty() { refuse("it is empty") } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_text_and_numbers() {
        let text = |length| Picture::Text { length };
        let number = |digits, scale, signed| Picture::Number { digits, scale, signed };
        for (picture, expected) in [
            ("X", text(1)),
            ("X(10)", text(10)),
            ("A(3)X9(2)", text(6)),
            ("9(5)", number(5, 0, false)),
            ("S9(7)V99", number(9, 2, true)),
            ("SV9(4)", number(4, 4, true)),
            ("9V9(3)", number(4, 3, false)),
            ("99PPP", number(2, -3, false)),
            ("SPP99", number(2, 4, true)),
            ("VPP99", number(2, 4, false)),
            ("ZZ,ZZ9.99", text(9)),
            ("$$,$$9.99CR", text(11)),
            ("-(5)9", text(6)),
            ("99/99/9999", text(10)),
            ("ZZ9V99", text(5)),
        ] {
            assert_eq!(Picture::new(picture), Ok(expected), "{picture}");
        }
    }

    #[test]
    fn pictures_that_are_none() {
        for (picture, part) in [
            ("", "empty"),
            ("X(", "not closed"),
            ("X(0)", "no count"),
            ("X(x)", "no count"),
            ("X(99999999999)", "no count"),
            ("9(16777216)9", "too long"),
            ("9S", "`S` goes to the front"),
            ("9V9V9", "two `V`"),
            ("9P9", "between digits"),
            ("S", "no digits"),
            ("N(4)", "not known here"),
            ("Q", "no symbol"),
            ("VP9P", "both sides"),
        ] {
            let error = Picture::new(picture).unwrap_err();
            assert!(error.contains(part), "{picture}: {error}");
        }
    }
}
