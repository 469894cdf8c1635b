//! How bytes stand for characters.

mod tables;

use std::borrow::Cow;

/// An encoding by name: UTF-8, a code page of one byte per character, or one of the Encoding Standard's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Utf8,
    Ascii,
    Latin1,
    Windows1252,
    /// By number; the euro pages stand for themselves.
    Ebcdic(u16),
    Other(&'static encoding_rs::Encoding),
}

/// Mark of a byte that stands for nothing.
const UNDEFINED: u16 = 0xFFFF;
const CURRENCY: u16 = 0xA4;
const EURO: u16 = 0x20AC;

/// The EBCDIC pages, each with its table; from 1140 on it is that of an older page, with the euro for the currency
/// sign.
const EBCDIC: [(u16, &[u16; 256]); 21] = [
    (37, &tables::CP037),
    (273, &tables::CP273),
    (277, &tables::CP277),
    (278, &tables::CP278),
    (280, &tables::CP280),
    (284, &tables::CP284),
    (285, &tables::CP285),
    (297, &tables::CP297),
    (500, &tables::CP500),
    (871, &tables::CP871),
    (1047, &tables::CP1047),
    (1140, &tables::CP037),
    (1141, &tables::CP273),
    (1142, &tables::CP277),
    (1143, &tables::CP278),
    (1144, &tables::CP280),
    (1145, &tables::CP284),
    (1146, &tables::CP285),
    (1147, &tables::CP297),
    (1148, &tables::CP500),
    (1149, &tables::CP871),
];

impl Encoding {
    /// UTF-8, and with it ASCII.
    pub const UTF8: Self = Self(Kind::Utf8);

    /// The encoding of a name: `utf-8`, `ascii`, `latin-1`, `windows-1252`, `cp037` (also `ibm037`, `IBM-037`) and
    /// the other EBCDIC pages, or a label of the Encoding Standard such as `big5`, `shift_jis`, `gb18030`.
    pub fn of(name: &str) -> Option<Self> {
        let plain: String =
            name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        let kind = match plain.as_str() {
            "utf8" => Kind::Utf8,
            "ascii" | "usascii" => Kind::Ascii,
            "latin1" | "iso88591" => Kind::Latin1,
            "windows1252" | "cp1252" => Kind::Windows1252,
            plain => match ebcdic_page(plain) {
                Some(page) => Kind::Ebcdic(page),
                None => Kind::Other(other(name)?),
            },
        };
        Some(Self(kind))
    }

    /// Its name, which [`Encoding::of`] takes.
    pub fn name(self) -> Cow<'static, str> {
        match self.0 {
            Kind::Utf8 => "utf-8".into(),
            Kind::Ascii => "ascii".into(),
            Kind::Latin1 => "latin-1".into(),
            Kind::Windows1252 => "windows-1252".into(),
            Kind::Ebcdic(page) => format!("cp{page:03}").into(),
            Kind::Other(encoding) => encoding.name().to_ascii_lowercase().into(),
        }
    }

    /// Whether digits are `F0` to `F9`, and a blank is `40`.
    pub fn is_ebcdic(self) -> bool {
        matches!(self.0, Kind::Ebcdic(_))
    }

    /// Whether ASCII characters stand for themselves, one byte each.
    pub fn is_ascii_compatible(self) -> bool {
        match self.0 {
            Kind::Ebcdic(_) => false,
            Kind::Other(encoding) => encoding.is_ascii_compatible(),
            _ => true,
        }
    }

    /// The byte of a blank; `None` where it is not one byte.
    pub fn blank(self) -> Option<u8> {
        match self {
            _ if self.is_ebcdic() => Some(0x40),
            _ if self.is_ascii_compatible() => Some(b' '),
            _ => None,
        }
    }

    /// The character of each byte, where one byte is one character; [`char::MAX`] where a byte stands for nothing.
    pub fn page(self) -> Option<[char; 256]> {
        let table = match self.0 {
            Kind::Utf8 | Kind::Other(_) => return None,
            Kind::Ascii => std::array::from_fn(|byte| if byte < 0x80 { byte as u16 } else { UNDEFINED }),
            Kind::Latin1 => std::array::from_fn(|byte| byte as u16),
            Kind::Windows1252 => tables::CP1252,
            Kind::Ebcdic(page) => {
                let base = EBCDIC.iter().find(|(number, _)| *number == page).map(|(_, table)| **table)?;
                match page {
                    1140.. => base.map(|char| if char == CURRENCY { EURO } else { char }),
                    _ => base,
                }
            }
        };
        Some(table.map(|value| match value {
            UNDEFINED => char::MAX,
            value => char::from_u32(u32::from(value)).unwrap_or(char::MAX),
        }))
    }

    /// The text of bytes; `None` where they are none in this encoding.
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self.0 {
            Kind::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Kind::Other(encoding) => encoding.decode_without_bom_handling_and_without_replacement(bytes),
            _ => {
                let page = self.page()?;
                let chars = bytes.iter().map(|byte| page[usize::from(*byte)]);
                chars.map(|char| (char != char::MAX).then_some(char)).collect()
            }
        }
    }

    /// The bytes of a text; `None` where some character has none.
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self.0 {
            Kind::Utf8 => Some(text.as_bytes().to_vec()),
            Kind::Other(encoding) => {
                // The encoder of the Encoding Standard writes UTF-8 for UTF-16.
                let (bytes, used, unmapped) = encoding.encode(text);
                (used == encoding && !unmapped).then(|| bytes.into_owned())
            }
            _ => {
                let page = self.page()?;
                let byte = |char| page.iter().position(|other| *other == char).map(|byte| byte as u8);
                text.chars().map(byte).collect()
            }
        }
    }
}

/// The number in `cp037`, `ibm037`, `37`, with or without leading zeros, if it is a page that we have.
fn ebcdic_page(plain: &str) -> Option<u16> {
    let digits = ["cp", "ibm", "ebcdic"].iter().find_map(|lead| plain.strip_prefix(lead)).unwrap_or(plain);
    let number: u16 = digits.parse().ok()?;
    EBCDIC.iter().any(|(page, _)| *page == number).then_some(number)
}

fn other(name: &str) -> Option<&'static encoding_rs::Encoding> {
    let encoding = encoding_rs::Encoding::for_label(name.trim().as_bytes())?;
    // It stands for encodings that the standard forbids, and decodes nothing.
    (encoding != encoding_rs::REPLACEMENT).then_some(encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_understood_in_their_usual_spellings() {
        for (name, expected) in [
            ("UTF-8", "utf-8"),
            ("utf8", "utf-8"),
            ("US-ASCII", "ascii"),
            ("ISO-8859-1", "latin-1"),
            ("cp1252", "windows-1252"),
            ("cp037", "cp037"),
            ("CP37", "cp037"),
            ("IBM-1047", "cp1047"),
            ("ibm1140", "cp1140"),
            ("500", "cp500"),
            ("Big5", "big5"),
            ("sjis", "shift_jis"),
            ("gb18030", "gb18030"),
            ("utf-16le", "utf-16le"),
        ] {
            let encoding = Encoding::of(name).unwrap();
            assert_eq!(encoding.name(), expected);
            assert_eq!(Encoding::of(&encoding.name()), Some(encoding));
        }
        for name in ["", "cp999", "cp", "ebcdic", "latin-99", "iso-2022-kr"] {
            assert_eq!(Encoding::of(name), None, "{name}");
        }
    }

    #[test]
    fn every_page_has_its_digits_and_blank_and_comes_back() {
        for (page, _) in EBCDIC {
            let encoding = Encoding::of(&format!("cp{page:03}")).unwrap();
            let digits: Vec<u8> = (0xF0..=0xF9).collect();
            assert_eq!(encoding.decode(&digits).unwrap(), "0123456789");
            assert_eq!(encoding.decode(&[0x40]).unwrap(), " ");
            let all: Vec<u8> = (0..=255).collect();
            let text = encoding.decode(&all).unwrap();
            assert_eq!(text.chars().count(), 256);
            assert_eq!(encoding.encode(&text).unwrap(), all, "each byte is another character");
            assert_eq!(text.contains('€'), page >= 1140);
        }
    }

    #[test]
    fn bytes_that_stand_for_nothing_are_told() {
        assert_eq!(Encoding::of("ascii").unwrap().decode(b"a\x80"), None);
        assert_eq!(Encoding::of("windows-1252").unwrap().decode(b"\x81"), None);
        assert_eq!(Encoding::of("windows-1252").unwrap().decode(b"\x80").unwrap(), "€");
        assert_eq!(Encoding::of("latin-1").unwrap().decode(b"\xe4\x80").unwrap(), "ä\u{80}");
        assert_eq!(Encoding::UTF8.decode(b"\xc3"), None);
        assert_eq!(Encoding::of("big5").unwrap().decode(b"\xa4\xa4\xa4\xe5").unwrap(), "中文");
        assert_eq!(Encoding::of("shift_jis").unwrap().decode(b"\x93\xfa\x96").as_deref(), None);
        assert_eq!(Encoding::of("cp037").unwrap().encode("中"), None);
    }
}
