//! Tokens of a condition → expression, by binding powers.

use super::lexer::{Kind, Token, tokens};
use super::literal::{Literal, parse_date, parse_timestamp};
use super::{Op, Problem};

/// An expression; every part knows where it stands in the text.
#[derive(Clone, Debug)]
pub enum Expression {
    /// A column.
    Column { name: String, at: usize },
    /// A value.
    Literal { value: Literal, at: usize },
    /// A comparison.
    Compare { op: Op, left: Box<Expression>, right: Box<Expression>, at: usize },
    /// `is null`, `is not null`.
    IsNull { operand: Box<Expression>, negated: bool, at: usize },
    /// `in (…)`, `not in (…)`.
    In { operand: Box<Expression>, items: Vec<(Literal, usize)>, negated: bool, at: usize },
    /// `not`.
    Not { operand: Box<Expression> },
    /// All of them; at least two.
    And(Vec<Expression>),
    /// Any of them; at least two.
    Or(Vec<Expression>),
}

impl Expression {
    /// Where it stands.
    pub fn at(&self) -> usize {
        match self {
            Self::Column { at, .. }
            | Self::Literal { at, .. }
            | Self::Compare { at, .. }
            | Self::IsNull { at, .. }
            | Self::In { at, .. } => *at,
            Self::Not { operand } => operand.at(),
            Self::And(parts) | Self::Or(parts) => parts.first().map_or(0, Self::at),
        }
    }
}

/// Deepest nesting of parentheses and `not`.
const DEPTH_MAX: usize = 64;

/// Binding powers: the higher one binds first.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const COMPARE: u8 = 4;

/// Parses a whole text.
pub fn parse(text: &str) -> Result<Expression, Problem> {
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0 };
    let expression = parser.expression(0)?;
    match parser.peek() {
        Token { kind: Kind::End, .. } => Ok(expression),
        Token { kind, at } => {
            Err(Problem::new(*at, format!("expected `and`, `or` or the end, not {}", kind.name())))
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        // The last token is the end and is never passed.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    /// The next token is this keyword; in any case of letters.
    fn at_keyword(&self, keyword: &str) -> bool {
        matches!(&self.peek().kind, Kind::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = self.at_keyword(keyword);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, kind: Kind, what: &str) -> Result<(), Problem> {
        let token = self.take();
        if token.kind == kind {
            return Ok(());
        }
        Err(Problem::new(token.at, format!("expected {what}, not {}", token.kind.name())))
    }

    /// An expression whose operators all bind tighter than `power`.
    fn expression(&mut self, power: u8) -> Result<Expression, Problem> {
        if self.depth == DEPTH_MAX {
            let at = self.peek().at;
            return Err(Problem::new(at, format!("nested deeper than {DEPTH_MAX} levels")));
        }
        self.depth += 1;
        let mut left = self.prefix()?;
        loop {
            left = if power < OR && self.take_keyword("or") {
                let right = self.expression(OR)?;
                joined(left, right, Expression::Or, |e| match e {
                    Expression::Or(parts) => Ok(parts),
                    other => Err(other),
                })
            } else if power < AND && self.take_keyword("and") {
                let right = self.expression(AND)?;
                joined(left, right, Expression::And, |e| match e {
                    Expression::And(parts) => Ok(parts),
                    other => Err(other),
                })
            } else if power < COMPARE {
                match self.test(left)? {
                    (tested, true) => tested,
                    (same, false) => {
                        self.depth -= 1;
                        return Ok(same);
                    }
                }
            } else {
                self.depth -= 1;
                return Ok(left);
            }
        }
    }

    /// A comparison, null test or `in` behind an operand, if there is one.
    fn test(&mut self, operand: Expression) -> Result<(Expression, bool), Problem> {
        let token = self.peek().clone();
        let at = operand.at();
        let is_operand = matches!(operand, Expression::Column { .. } | Expression::Literal { .. });
        let operand_of = |operand: Expression| {
            if is_operand {
                return Ok(Box::new(operand));
            }
            Err(Problem::new(
                token.at,
                "only columns and literals can be compared; use `and` between comparisons",
            ))
        };
        if let Kind::Op(op) = token.kind {
            self.next += 1;
            let left = operand_of(operand)?;
            let right = Box::new(self.expression(COMPARE)?);
            return Ok((Expression::Compare { op, left, right, at }, true));
        }
        if self.take_keyword("is") {
            let negated = self.take_keyword("not");
            if !self.take_keyword("null") {
                let token = self.peek();
                return Err(Problem::new(token.at, format!("expected `null`, not {}", token.kind.name())));
            }
            return Ok((Expression::IsNull { operand: operand_of(operand)?, negated, at }, true));
        }
        let negated = self.take_keyword("not");
        if self.take_keyword("in") {
            let items = self.items()?;
            return Ok((Expression::In { operand: operand_of(operand)?, items, negated, at }, true));
        }
        if negated {
            let token = self.peek();
            return Err(Problem::new(token.at, format!("expected `in`, not {}", token.kind.name())));
        }
        Ok((operand, false))
    }

    /// Literals in parentheses, at least one.
    fn items(&mut self) -> Result<Vec<(Literal, usize)>, Problem> {
        self.expect(Kind::Open, "`(`")?;
        let mut items = Vec::new();
        loop {
            match self.prefix()? {
                Expression::Literal { value, at } => items.push((value, at)),
                other => return Err(Problem::new(other.at(), "`in` takes literals only")),
            }
            if self.peek().kind != Kind::Comma {
                break;
            }
            self.next += 1;
        }
        self.expect(Kind::Close, "`,` or `)`")?;
        Ok(items)
    }

    fn prefix(&mut self) -> Result<Expression, Problem> {
        let Token { kind, at } = self.take();
        Ok(match kind {
            Kind::Open => {
                let inner = self.expression(0)?;
                self.expect(Kind::Close, "`)`")?;
                inner
            }
            Kind::Quoted(name) => Expression::Column { name, at },
            Kind::Text(text) => Expression::Literal { value: Literal::Text(text), at },
            Kind::Number(number) => Expression::Literal { value: Literal::Number(number), at },
            Kind::Word(word) => return self.word(word, at),
            other => {
                let what = "expected a column or a literal";
                return Err(Problem::new(at, format!("{what}, not {}", other.name())));
            }
        })
    }

    fn word(&mut self, word: String, at: usize) -> Result<Expression, Problem> {
        // `date` and `timestamp` are names of columns too, unless a text follows.
        let text = match &self.peek().kind {
            Kind::Text(text) => Some(text.clone()),
            _ => None,
        };
        let value = match (word.to_ascii_lowercase().as_str(), text) {
            ("not", _) => return Ok(Expression::Not { operand: Box::new(self.expression(NOT)?) }),
            ("true", _) => Literal::Bool(true),
            ("false", _) => Literal::Bool(false),
            ("date", Some(text)) => {
                let inner = self.take().at;
                Literal::Date(
                    parse_date(&text).ok_or_else(|| Problem::new(inner, "a date is written '2013-01-31'"))?,
                )
            }
            ("timestamp", Some(text)) => {
                let inner = self.take().at;
                Literal::Timestamp(parse_timestamp(&text).ok_or_else(|| {
                    Problem::new(inner, "a timestamp is written '2013-01-31 05:00:00', with `Z` or `+02:00` behind it for an offset")
                })?)
            }
            ("null", _) => {
                return Err(Problem::new(at, "nothing equals null: write `is null` or `is not null`"));
            }
            (keyword @ ("and" | "or" | "is" | "in"), _) => {
                return Err(Problem::new(
                    at,
                    format!(
                        "expected a column or a literal, not `{keyword}`; a column of that name stands in double quotes"
                    ),
                ));
            }
            _ => return Ok(Expression::Column { name: word, at }),
        };
        Ok(Expression::Literal { value, at })
    }
}

/// `left` and `right` in one list, so that a chain of the same operator is flat.
fn joined(
    left: Expression,
    right: Expression,
    make: impl Fn(Vec<Expression>) -> Expression,
    parts: impl Fn(Expression) -> Result<Vec<Expression>, Expression>,
) -> Expression {
    match parts(left) {
        Ok(mut parts) => {
            parts.push(right);
            make(parts)
        }
        Err(left) => make(vec![left, right]),
    }
}
