//! Why a cell does not convert.

use artemis_record_layout::{Field, Form};

/// Why a cell does not convert; [`Fault::reason`] says it in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its bytes are no text in its encoding.
    Encoding,
    /// It has a byte or half byte that is no digit.
    Digit,
    /// Its sign is none.
    Sign,
    /// It is not a number.
    Number,
    /// It has more digits than its type.
    Digits,
    /// It has more decimals than its type.
    Decimals,
    /// It does not have the form of its pattern.
    Pattern,
    /// There is no such day or time.
    Calendar,
    /// It is none of the texts for true and false.
    Word,
    /// The record ends before it does.
    Short,
}

impl Fault {
    /// The fault of a field's cell, without the text of the cell.
    pub fn reason(self, field: &Field) -> String {
        match self {
            Self::Encoding => format!("is not {}", field.encoding.name()),
            Self::Digit => format!("has no digit where {} has one", described(field)),
            Self::Sign => format!("has no sign where {} has one", described(field)),
            Self::Number => format!("is not {}", described(field)),
            Self::Digits => format!("has too many digits for {}", field.value),
            Self::Decimals => format!("has too many decimals for {}", field.value),
            Self::Pattern => format!("does not have the form `{}`", pattern(field)),
            Self::Calendar => "is no day of the calendar or time of the day".to_owned(),
            Self::Word => "is neither true nor false".to_owned(),
            Self::Short => "is cut off by the end of the record".to_owned(),
        }
    }
}

fn described(field: &Field) -> String {
    match field.form.name() {
        name @ "integer" => format!("an {name}"),
        name => format!("a {name} number"),
    }
}

fn pattern(field: &Field) -> String {
    match &field.form {
        Form::Time(pattern)
        | Form::Zoned { time: Some(pattern), .. }
        | Form::Packed { time: Some(pattern), .. } => pattern.to_string(),
        _ => String::new(),
    }
}
