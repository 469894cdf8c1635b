//! Which bytes mean that there is no value.

/// What means a missing value in a field. Each is by choice; a field may have several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nulls {
    /// All blanks.
    pub blank: bool,
    /// All zeros: the digit in fields of characters, the value in fields of numbers.
    pub zeros: bool,
    /// All bytes `00` (COBOL's LOW-VALUES).
    pub low_values: bool,
    /// All bytes `FF` (COBOL's HIGH-VALUES).
    pub high_values: bool,
    /// A field that holds nothing but one of these characters.
    pub fillers: Vec<char>,
    /// These texts, after trimming.
    pub texts: Vec<String>,
}

impl Nulls {
    /// The names of the flags, as layouts write them.
    pub const NAMES: [&'static str; 4] = ["blank", "zeros", "low-values", "high-values"];

    /// Sets a flag by its name; `None` if there is no such name.
    pub(crate) fn set(&mut self, name: &str) -> Option<()> {
        match name {
            "blank" => self.blank = true,
            "zeros" => self.zeros = true,
            "low-values" => self.low_values = true,
            "high-values" => self.high_values = true,
            _ => return None,
        }
        Some(())
    }
}
