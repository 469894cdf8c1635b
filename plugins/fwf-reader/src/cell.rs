//! One field made ready: how its cells are recognised as missing, trimmed and decoded.

use artemis_record_layout::{Encoding, Field, Form, Trim};

use crate::fault::Fault;
use crate::text::{Page, trimmed, trimmed_text};

/// A field with what its cells need, looked up once.
#[derive(Debug)]
pub(crate) struct Ready {
    pub field: Field,
    /// Byte of a blank; `None` where a text must be decoded first.
    pub blank: Option<u8>,
    /// Its page, where one byte is one character and not ASCII anyway.
    pub page: Option<Page>,
    /// A cell that holds nothing but one of these bytes is missing.
    fills: Vec<u8>,
    /// Trimmed cells that are missing.
    texts: Vec<Vec<u8>>,
    /// The number zero is missing.
    pub zero_is_null: bool,
}

impl Ready {
    pub fn new(field: &Field) -> Self {
        let nulls = &field.nulls;
        let encoding = field.encoding;
        let is_characters = field.form.is_characters();
        let blank = encoding.blank().filter(|_| is_one_byte(encoding) || field.form != Form::Text);
        let mut fills = Vec::new();
        let byte_of = |char: char| match encoding.encode(char.encode_utf8(&mut [0; 4])).as_deref() {
            Some([byte]) => Some(*byte),
            _ => None,
        };
        if is_characters && blank.is_some() {
            fills.extend(blank.filter(|_| nulls.blank));
            let is_number =
                matches!(field.form, Form::Number { .. } | Form::Float { .. } | Form::Zoned { .. });
            fills.extend(byte_of('0').filter(|_| nulls.zeros && !is_number));
            fills.extend(nulls.fillers.iter().filter_map(|char| byte_of(*char)));
        } else if nulls.blank && !is_characters {
            fills.extend(encoding.blank());
        }
        fills.extend(nulls.low_values.then_some(0x00));
        fills.extend(nulls.high_values.then_some(0xFF));
        let texts = nulls.texts.iter().filter_map(|text| encoding.encode(text)).collect();
        let page = (encoding != Encoding::UTF8).then(|| Page::of(encoding)).flatten();
        Self { field: field.clone(), blank, page, fills, texts, zero_is_null: nulls.zeros }
    }

    /// Whether the bytes of a cell mean that there is none. Not for texts that must be decoded first.
    #[inline]
    pub fn is_null(&self, cell: &[u8]) -> bool {
        let Some(first) = cell.first() else { return self.field.nulls.blank };
        let is_fill = |fill: &u8| first == fill && cell.iter().all(|byte| byte == fill);
        self.fills.iter().any(is_fill) || (!self.texts.is_empty() && self.is_null_text(cell))
    }

    /// A number, unless it is a zero that means none.
    #[inline]
    pub fn unless_zero<T: Default + PartialEq>(&self, value: T) -> Option<T> {
        (!self.zero_is_null || value != T::default()).then_some(value)
    }

    fn is_null_text(&self, cell: &[u8]) -> bool {
        // Numbers and times are trimmed on both sides, whatever their layout says.
        let trim = if self.field.form == Form::Text { self.field.trim } else { Trim::Both };
        let cell = self.blank.map_or(cell, |blank| trimmed(cell, trim, blank));
        self.texts.iter().any(|text| text == cell)
    }

    /// The text of a cell that must be decoded first, trimmed; `None`: it is missing.
    pub fn decoded(&self, cell: &[u8]) -> Result<Option<String>, Fault> {
        let nulls = &self.field.nulls;
        let is_all = |value: u8| !cell.is_empty() && cell.iter().all(|byte| *byte == value);
        if (nulls.low_values && is_all(0x00)) || (nulls.high_values && is_all(0xFF)) {
            return Ok(None);
        }
        let whole = self.field.encoding.decode(cell).ok_or(Fault::Encoding)?;
        let is_filled = |filler: char| !whole.is_empty() && whole.chars().all(|char| char == filler);
        let text = trimmed_text(&whole, self.field.trim);
        let is_null = (nulls.blank && whole.chars().all(|char| char == ' '))
            || (nulls.zeros && is_filled('0'))
            || nulls.fillers.iter().any(|filler| is_filled(*filler))
            || nulls.texts.iter().any(|null| null == text);
        Ok((!is_null).then(|| text.to_owned()))
    }

    /// A cell as ASCII.
    #[inline]
    pub fn ascii<'a>(&self, cell: &'a [u8], scratch: &'a mut Vec<u8>) -> &'a [u8] {
        match &self.page {
            Some(page) if self.field.encoding.is_ebcdic() => page.to_ascii(cell, scratch),
            _ => cell,
        }
    }

    /// A cell that the end of its record cuts off, with blanks for what is missing.
    ///
    /// # Errors
    /// [`Fault::Short`] for one that is not of characters.
    #[cold]
    pub fn padded<'a>(&self, cell: &[u8], pad: &'a mut Vec<u8>) -> Result<&'a [u8], Fault> {
        let blank = self.blank.filter(|_| self.field.form.is_characters()).ok_or(Fault::Short)?;
        pad.clear();
        pad.extend_from_slice(cell);
        pad.resize(self.field.width as usize, blank);
        Ok(pad)
    }
}

/// Whether a blank byte in a text is a blank always, and a text is its own bytes or goes by a page.
fn is_one_byte(encoding: Encoding) -> bool {
    encoding == Encoding::UTF8 || encoding.page().is_some()
}
