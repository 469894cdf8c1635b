//! The entries of a copybook: a level, a name, and clauses.

use super::picture::Picture;
use super::source::Token;

/// A data description entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub level: u32,
    /// `None`: FILLER, or no name.
    pub name: Option<String>,
    /// Line of the file, from 1.
    pub line: usize,
    pub picture: Option<Picture>,
    pub usage: Option<Usage>,
    /// Whether the sign leads, and whether it is separate.
    pub sign: Option<(bool, bool)>,
    pub occurs: Option<Occurs>,
    pub redefines: Option<String>,
}

/// How a number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Usage {
    Display,
    /// COMP, COMP-4, BINARY.
    Binary,
    /// COMP-5.
    Native,
    /// COMP-1.
    Float,
    /// COMP-2.
    Double,
    /// COMP-3, PACKED-DECIMAL.
    Packed,
}

/// How often a field stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Occurs {
    pub most: u64,
    /// The field that says how often.
    pub depending: Option<String>,
}

/// The entries of the words, without those of the levels 66 and 88, which store nothing.
///
/// # Errors
/// All that is wrong, with lines.
pub(super) fn entries(tokens: &[Token]) -> Result<Vec<Entry>, Vec<String>> {
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    for words in tokens.split(|token| token.is_end).filter(|words| !words.is_empty()) {
        match entry(words) {
            Ok(entry) => entries.extend(entry),
            Err(problem) => problems.push(format!("line {}: {problem}", words[0].line)),
        }
    }
    if let Some(last) = tokens.last()
        && !last.is_end
    {
        problems.push(format!("line {}: the last entry has no period", last.line));
    }
    if problems.is_empty() { Ok(entries) } else { Err(problems) }
}

fn entry(words: &[Token]) -> Result<Option<Entry>, String> {
    let mut words = Words { words, at: 0 };
    let first = words.next().unwrap_or_default();
    if matches!(first, "COPY" | "REPLACE" | "EXEC") {
        return Err(format!("{first} is not followed; give the text that it stands for"));
    }
    let level: u32 = first.parse().map_err(|_| format!("`{first}` is no level number"))?;
    match level {
        66 | 88 => return Ok(None),
        1..=49 | 77 => {}
        _ => return Err(format!("there is no level {level}")),
    }
    let mut entry = Entry {
        level,
        name: None,
        line: words.words[0].line,
        picture: None,
        usage: None,
        sign: None,
        occurs: None,
        redefines: None,
    };
    if words.peek().is_some_and(|word| !is_clause(word)) {
        entry.name = words.next().filter(|name| *name != "FILLER").map(str::to_owned);
    }
    while let Some(word) = words.next() {
        clause(word, &mut words, &mut entry)?;
    }
    Ok(Some(entry))
}

fn clause(word: &str, words: &mut Words<'_>, entry: &mut Entry) -> Result<(), String> {
    match word {
        "PIC" | "PICTURE" => {
            words.skip("IS");
            entry.picture = Some(Picture::new(words.next().unwrap_or_default())?);
        }
        "USAGE" => {
            words.skip("IS");
            let word = words.next().unwrap_or_default();
            entry.usage = Some(usage(word)?.ok_or_else(|| format!("`{word}` is no usage"))?);
        }
        "SIGN" | "LEADING" | "TRAILING" => {
            let mut place = word;
            if word == "SIGN" {
                words.skip("IS");
                place = words.next().unwrap_or_default();
            }
            let leading = match place {
                "LEADING" => true,
                "TRAILING" => false,
                other => return Err(format!("a sign is LEADING or TRAILING, not `{other}`")),
            };
            let separate = words.skip("SEPARATE");
            words.skip("CHARACTER");
            entry.sign = Some((leading, separate));
        }
        "OCCURS" => entry.occurs = Some(occurs(words)?),
        "REDEFINES" => {
            let name = words.next().ok_or("REDEFINES names nothing")?;
            entry.redefines = Some(name.to_owned());
        }
        "VALUE" | "VALUES" => {
            words.skip("IS");
            words.skip("ARE");
            while words.peek().is_some_and(|word| words.is_literal() || !is_clause(word)) {
                words.next();
            }
        }
        "BLANK" => {
            words.skip("WHEN");
            words.next();
        }
        "JUST" | "JUSTIFIED" => {
            words.skip("RIGHT");
        }
        "GLOBAL" | "EXTERNAL" | "IS" => {}
        "SYNC" | "SYNCHRONIZED" => {
            return Err(
                "SYNCHRONIZED leaves gaps that depend on the compiler; write them as FILLER".to_owned()
            );
        }
        other => match usage(other)? {
            Some(usage) => entry.usage = Some(usage),
            None => return Err(format!("`{other}` is no clause that is known here")),
        },
    }
    Ok(())
}

fn usage(word: &str) -> Result<Option<Usage>, String> {
    Ok(Some(match word {
        "DISPLAY" => Usage::Display,
        "COMP" | "COMPUTATIONAL" | "COMP-4" | "COMPUTATIONAL-4" | "BINARY" => Usage::Binary,
        "COMP-5" | "COMPUTATIONAL-5" => Usage::Native,
        "COMP-1" | "COMPUTATIONAL-1" => Usage::Float,
        "COMP-2" | "COMPUTATIONAL-2" => Usage::Double,
        "COMP-3" | "COMPUTATIONAL-3" | "PACKED-DECIMAL" => Usage::Packed,
        "COMP-6" | "COMP-X" | "COMP-N" | "INDEX" | "POINTER" | "NATIONAL" | "DISPLAY-1" => {
            return Err(format!("usage {word} is not known here"));
        }
        _ => return Ok(None),
    }))
}

/// `n [TO m] [TIMES] [DEPENDING [ON] name] [{ASCENDING|DESCENDING} [KEY] [IS] names…] [INDEXED [BY] names…]`
fn occurs(words: &mut Words<'_>) -> Result<Occurs, String> {
    let count = |word: Option<&str>| -> Result<u64, String> {
        let word = word.unwrap_or_default();
        word.parse().map_err(|_| format!("OCCURS takes a number, not `{word}`"))
    };
    let mut most = count(words.next())?;
    if words.skip("TO") {
        most = count(words.next())?;
    }
    if most == 0 {
        return Err("OCCURS 0 times is no field".to_owned());
    }
    words.skip("TIMES");
    let mut depending = None;
    loop {
        if words.skip("DEPENDING") {
            words.skip("ON");
            depending = Some(words.next().ok_or("DEPENDING ON names nothing")?.to_owned());
        } else if words.skip("INDEXED") || words.skip("ASCENDING") || words.skip("DESCENDING") {
            words.skip("BY");
            words.skip("KEY");
            words.skip("IS");
            while words.peek().is_some_and(|word| {
                !is_clause(word) && !matches!(word, "INDEXED" | "ASCENDING" | "DESCENDING" | "DEPENDING")
            }) {
                words.next();
            }
        } else {
            return Ok(Occurs { most, depending });
        }
    }
}

/// Whether a word begins a clause.
fn is_clause(word: &str) -> bool {
    matches!(
        word,
        "PIC"
            | "PICTURE"
            | "USAGE"
            | "SIGN"
            | "LEADING"
            | "TRAILING"
            | "OCCURS"
            | "REDEFINES"
            | "VALUE"
            | "VALUES"
            | "BLANK"
            | "JUST"
            | "JUSTIFIED"
            | "GLOBAL"
            | "EXTERNAL"
            | "SYNC"
            | "SYNCHRONIZED"
    ) || usage(word) != Ok(None)
}

/// The words of an entry.
struct Words<'a> {
    words: &'a [Token],
    at: usize,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).map(|token| token.text.as_str())
    }

    fn is_literal(&self) -> bool {
        self.words.get(self.at).is_some_and(|token| token.is_literal)
    }

    fn next(&mut self) -> Option<&'a str> {
        let word = self.peek();
        self.at += 1;
        word
    }

    /// Passes a word if it comes next.
    fn skip(&mut self, word: &str) -> bool {
        let comes = self.peek() == Some(word);
        self.at += usize::from(comes);
        comes
    }
}
