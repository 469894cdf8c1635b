//! The text of a copybook as words: sequence columns, indicators, comments and continuation taken care of.

/// How the lines of a copybook are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceFormat {
    /// Columns 1 to 6 a sequence, column 7 an indicator, text from 8 to 72.
    Fixed,
    /// Text anywhere; `*>` begins a comment.
    Free,
}

/// A word, a literal, or the period behind an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// In capitals, unless it is a literal.
    pub text: String,
    /// Line of the file, from 1.
    pub line: usize,
    /// It stood in quotes.
    pub is_literal: bool,
    /// It is a period that ends an entry.
    pub is_end: bool,
}

/// Last column of the text in the fixed form, counted from 1.
const LAST_COLUMN: usize = 72;
/// Column of the indicator, counted from 0.
const INDICATOR: usize = 6;
const TAB: usize = 8;

impl SourceFormat {
    /// The form that a text has: fixed, unless some line has text where the fixed form has none.
    pub(super) fn of(text: &str) -> Self {
        let is_fixed = |line: &str| {
            let line = expanded(line);
            let indicator = line.chars().nth(INDICATOR);
            let sequence: String = line.chars().take(INDICATOR).collect();
            let words = sequence.split_whitespace().count();
            // A level number in the sequence columns that text follows is a line of the free form.
            let is_sequence = words == 0 || (words == 1 && sequence.trim().len() == INDICATOR);
            line.trim().is_empty()
                || (is_sequence && matches!(indicator, None | Some(' ' | '*' | '/' | '-' | 'D' | 'd' | '$')))
        };
        if text.lines().all(is_fixed) { Self::Fixed } else { Self::Free }
    }
}

/// The words of a text.
///
/// # Errors
/// A literal without end, with its line.
pub(super) fn tokens(text: &str, format: SourceFormat) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    for (line, text) in joined(text, format) {
        scan(&text, line, format, &mut out)?;
    }
    Ok(out)
}

/// Lines without sequence, indicator and comments, each with its continuations, and its number from 1.
fn joined(text: &str, format: SourceFormat) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = expanded(line);
        if format == SourceFormat::Free {
            lines.push((at + 1, line));
            continue;
        }
        let indicator = line.chars().nth(INDICATOR).unwrap_or(' ');
        let text: String = line.chars().take(LAST_COLUMN).skip(INDICATOR + 1).collect();
        match indicator {
            '*' | '/' | 'D' | 'd' | '$' => {}
            '-' => match lines.last_mut() {
                Some((_, before)) => continue_line(before, &text),
                None => lines.push((at + 1, text)),
            },
            _ => lines.push((at + 1, text)),
        }
    }
    lines
}

/// Appends a continuation: of a literal, which goes to the last column and begins again with its quote, or of a word.
fn continue_line(before: &mut String, text: &str) {
    let text = text.trim_start();
    match open_quote(before) {
        Some(quote) => {
            let missing = (LAST_COLUMN - INDICATOR - 1).saturating_sub(before.chars().count());
            before.extend(std::iter::repeat_n(' ', missing));
            before.push_str(text.strip_prefix(quote).unwrap_or(text));
        }
        None => {
            before.truncate(before.trim_end().len());
            before.push_str(text);
        }
    }
}

/// The quote of a literal that does not end in this line.
fn open_quote(text: &str) -> Option<char> {
    text.chars().fold(None, |open, char| match (open, char) {
        (None, '"' | '\'') => Some(char),
        (Some(quote), char) if quote == char => None,
        (open, _) => open,
    })
}

fn scan(text: &str, line: usize, format: SourceFormat, out: &mut Vec<Token>) -> Result<(), String> {
    let mut push = |text: &str, is_literal: bool, is_end: bool| {
        let text = if is_literal { text.to_owned() } else { text.to_ascii_uppercase() };
        out.push(Token { text, line, is_literal, is_end });
    };
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("*>")
            || (format == SourceFormat::Free && rest.len() == text.len() && first == '*')
        {
            break;
        }
        if first == '"' || first == '\'' {
            let body = &rest[1..];
            let Some(end) = body.find(first) else {
                return Err(format!("line {line}: a literal does not end"));
            };
            push(&body[..end], true, false);
            rest = body[end + 1..].trim_start();
            continue;
        }
        let end =
            rest.find(|char: char| char.is_whitespace() || char == '"' || char == '\'').unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        let ends = word.ends_with('.');
        let word = word.trim_end_matches([',', ';', '.']);
        if !word.is_empty() {
            push(word, false, false);
        }
        if ends {
            push(".", false, true);
        }
        rest = behind.trim_start();
    }
    Ok(())
}

/// The line with blanks for tabs.
fn expanded(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for char in line.trim_end().chars() {
        match char {
            '\t' => {
                let column = out.chars().count();
                out.extend(std::iter::repeat_n(' ', TAB - column % TAB));
            }
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text, SourceFormat::of(text)).unwrap().into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn the_fixed_form_has_sequence_indicator_and_last_column() {
        let text = "000100 01  A.                                                           IGNORED\n\
                    000200*    a comment\n\
                    000300     05 B PIC X(3), VALUE 'a.b'.\n\
                    000400 88  C-LONG-NA\n\
                    000500-    ME VALUE 'x'.\n";
        assert_eq!(SourceFormat::of(text), SourceFormat::Fixed);
        let expected = [
            "01",
            "A",
            ".",
            "05",
            "B",
            "PIC",
            "X(3)",
            "VALUE",
            "a.b",
            ".",
            "88",
            "C-LONG-NAME",
            "VALUE",
            "x",
            ".",
        ];
        assert_eq!(words(text), expected);
    }

    #[test]
    fn the_free_form_has_text_anywhere() {
        let text = "01 a. *> comment\n* whole line\n  05 b pic 9(3)v99 comp-3.";
        assert_eq!(SourceFormat::of(text), SourceFormat::Free);
        assert_eq!(words(text), ["01", "A", ".", "05", "B", "PIC", "9(3)V99", "COMP-3", "."]);
    }

    #[test]
    fn literals_go_on_behind_the_last_column() {
        let head = format!("{:<72}", "       01 A PIC X(80) VALUE 'abc");
        let text = format!("{head}\n      -    'def'.\n");
        let found = words(&text);
        assert!(found[5].starts_with("abc ") && found[5].ends_with(" def"), "{found:?}");
        assert_eq!(
            tokens("01 A VALUE 'x.", SourceFormat::Free).unwrap_err(),
            "line 1: a literal does not end"
        );
    }
}
