//! Text of a condition → tokens.

use super::literal::Number;
use super::{Op, Problem};

/// A token and where it starts.
#[derive(Clone, Debug)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Offset in bytes.
    pub at: usize,
}

/// Kinds of tokens.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A name or keyword.
    Word(String),
    /// A name in double quotes.
    Quoted(String),
    /// A text in single quotes.
    Text(String),
    /// A number.
    Number(Number),
    /// A comparison.
    Op(Op),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// The end of the text.
    End,
}

impl Kind {
    /// How a message names it.
    pub fn name(&self) -> String {
        match self {
            Self::Word(word) => format!("`{word}`"),
            Self::Quoted(name) => format!("column \"{name}\""),
            Self::Text(_) => "a text".into(),
            Self::Number(_) => "a number".into(),
            Self::Op(_) => "a comparison".into(),
            Self::Open => "`(`".into(),
            Self::Close => "`)`".into(),
            Self::Comma => "`,`".into(),
            Self::End => "the end".into(),
        }
    }
}

/// Longest condition in bytes.
const TEXT_MAX_BYTES: usize = 1 << 16;

/// All tokens of a text; the last one is [`Kind::End`].
pub fn tokens(text: &str) -> Result<Vec<Token>, Problem> {
    if text.len() > TEXT_MAX_BYTES {
        return Err(Problem::new(0, format!("longer than {TEXT_MAX_BYTES} bytes")));
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, len) = match first {
            space if space.is_whitespace() => {
                at += space.len_utf8();
                continue;
            }
            '(' => (Kind::Open, 1),
            ')' => (Kind::Close, 1),
            ',' => (Kind::Comma, 1),
            '=' | '!' | '<' | '>' => {
                operator(rest).ok_or_else(|| Problem::new(at, "write `!=` or `<>` for not equal"))?
            }
            '\'' => quoted(rest, at, "text").map(|(text, len)| (Kind::Text(text), len))?,
            '"' => quoted(rest, at, "column name").map(|(name, len)| (Kind::Quoted(name), len))?,
            '0'..='9' | '.' | '-' | '+' => {
                let len = number_len(rest);
                let number = Number::parse(&rest[..len]).map_err(|text| Problem::new(at, text))?;
                (Kind::Number(number), len)
            }
            letter if letter.is_alphabetic() || letter == '_' => {
                let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                (Kind::Word(rest[..len].to_owned()), len)
            }
            other => return Err(Problem::new(at, format!("`{other}` does not belong here"))),
        };
        tokens.push(Token { kind, at });
        at += len;
    }
    tokens.push(Token { kind: Kind::End, at });
    Ok(tokens)
}

fn operator(rest: &str) -> Option<(Kind, usize)> {
    const OPERATORS: [(&str, Op); 8] = [
        ("==", Op::Eq),
        ("!=", Op::Ne),
        ("<>", Op::Ne),
        ("<=", Op::Le),
        (">=", Op::Ge),
        ("=", Op::Eq),
        ("<", Op::Lt),
        (">", Op::Gt),
    ];
    let (text, op) = OPERATORS.iter().find(|(text, _)| rest.starts_with(text))?;
    Some((Kind::Op(*op), text.len()))
}

/// What stands between quotes, a doubled quote standing for one, and its length with the quotes.
fn quoted(rest: &str, at: usize, what: &str) -> Result<(String, usize), Problem> {
    let mut chars = rest.char_indices();
    let Some((_, quote)) = chars.next() else { return Err(Problem::new(at, "the end")) };
    let mut value = String::new();
    while let Some((index, c)) = chars.next() {
        if c != quote {
            value.push(c);
        } else if rest[index + 1..].starts_with(quote) {
            value.push(quote);
            chars.next();
        } else {
            return Ok((value, index + 1));
        }
    }
    Err(Problem::new(at, format!("the {what} has no closing {quote}")))
}

/// Length of what looks like a number: sign, digits, point, exponent; letters right behind are part of it, so that
/// `12abc` is a wrong number and not two tokens.
fn number_len(rest: &str) -> usize {
    let mut before = ' ';
    let sign = usize::from(rest.starts_with(['-', '+']));
    let len = rest[sign..].find(|c: char| {
        let sign = matches!(c, '-' | '+') && matches!(before, 'e' | 'E');
        let part = c.is_alphanumeric() || c == '.' || c == '_' || sign;
        before = c;
        !part
    });
    len.map_or(rest.len(), |len| sign + len)
}
