//! A guess as a job file that runs as it stands, with what speaks for it in comments.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Guess, GuessError, SAMPLE_BYTES};

/// An input with what was guessed of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guessed {
    /// Its path as it shall stand in the job file.
    pub path: String,
    /// What was guessed.
    pub guess: Guess,
}

/// The widest comment that is wrapped, in characters.
const WIDTH: usize = 100;

/// The text of a job file over inputs that are written alike. `name` is cut to what names a job.
///
/// # Errors
/// [`GuessError::Disagree`] if one reader cannot read them all, [`GuessError::Empty`] without inputs.
pub fn job_file(name: &str, inputs: &[Guessed]) -> Result<String, GuessError> {
    let (first, others) = inputs.split_first().ok_or(GuessError::Empty)?;
    let guess = &first.guess;
    for other in others {
        if let Some(what) = difference(guess, &other.guess) {
            let (first, other) = (first.path.clone(), other.path.clone());
            return Err(GuessError::Disagree { first, other, what });
        }
    }
    let mut out = Comments::default();
    let of = if guess.bytes < SAMPLE_BYTES { "all" } else { "the first" };
    out.line("Guessed by `artemis-host guess`; change what is wrong.");
    out.line(&format!("Looked at {of} {} bytes, {} records, of {}.", guess.bytes, guess.records, first.path));
    out.line("");
    for found in &guess.findings {
        out.line(&format!("{}: {} ({}: {})", found.about, found.value, found.sureness, found.evidence));
    }
    for input in inputs {
        for note in &input.guess.notes {
            let of = if others.is_empty() { String::new() } else { format!(" ({})", input.path) };
            out.line(&format!("note: {note}{of}"));
        }
    }
    let mut text = out.0;
    let reader = "parse";
    let paths: Vec<String> = inputs.iter().map(|input| quoted(&input.path)).collect();
    // Writing to a string cannot fail.
    let _ = write!(text, "\n[job]\nname = {}\n\n[input]\npaths = ", quoted(&job_name(name)));
    text += &match paths.as_slice() {
        [one] => format!("[{one}]\n"),
        several => format!("[\n  {},\n]\n", several.join(",\n  ")),
    };
    let _ = writeln!(text, "reader = \"{reader}\"");
    if let Some((word, why)) = columns(inputs) {
        let _ = writeln!(text, "columns = \"{word}\"    # {why}");
    }
    let _ = write!(text, "\n[algorithms.{reader}]\ncomponent = \"csv-reader/csv\"\n");
    let byte = |byte: u8| quoted(&char::from(byte).to_string());
    let _ = writeln!(text, "delimiter = {}", byte(guess.delimiter));
    let _ = writeln!(text, "quote = {}", guess.quote.map_or_else(|| quoted(""), byte));
    if let Some(comment) = guess.comment {
        let _ = writeln!(text, "comment = {}", byte(comment));
    }
    if let Some(terminator) = guess.terminator {
        let _ = writeln!(text, "terminator = {}", byte(terminator));
    }
    let _ = writeln!(text, "header_rows = {}", u8::from(guess.header));
    let _ = writeln!(text, "null_values = [{}]", null_values(inputs).join(", "));
    text += &columns_and_chain(guess);
    Ok(text)
}

/// In what two guesses differ so much that one reader cannot serve both.
fn difference(first: &Guess, other: &Guess) -> Option<String> {
    let byte =
        |byte: Option<u8>| byte.map_or_else(|| "none".into(), |byte| quoted(&char::from(byte).to_string()));
    let header = |present| if present { "a header" } else { "no header" };
    if first.delimiter != other.delimiter {
        Some(format!("delimiters {} and {}", byte(Some(first.delimiter)), byte(Some(other.delimiter))))
    } else if first.quote != other.quote {
        Some(format!("quotes {} and {}", byte(first.quote), byte(other.quote)))
    } else if first.comment != other.comment || first.terminator != other.terminator {
        Some("comments or line ends".to_owned())
    } else if first.header != other.header {
        Some(format!("{} and {}", header(first.header), header(other.header)))
    } else {
        None
    }
}

/// How the columns of the inputs are brought together, if not by the default.
fn columns(inputs: &[Guessed]) -> Option<(&'static str, &'static str)> {
    let names = |input: &Guessed| -> Vec<String> {
        input.guess.columns.iter().map(|column| column.name.clone()).collect()
    };
    let first = names(inputs.first()?);
    let set: BTreeSet<&String> = first.iter().collect();
    let mut word = None;
    for other in &inputs[1..] {
        let other = names(other);
        if other == first {
            continue;
        }
        if other.iter().collect::<BTreeSet<_>>() != set {
            return Some(("union", "some inputs lack columns of others"));
        }
        word = Some(("by-name", "the inputs have the same columns in another order"));
    }
    word
}

fn null_values(inputs: &[Guessed]) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for value in inputs.iter().flat_map(|input| &input.guess.null_values) {
        let value = quoted(value);
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// What the columns look like, and how to go on.
fn columns_and_chain(guess: &Guess) -> String {
    let mut out = Comments::default();
    out.line("The reader finds the types itself; the columns as the sample shows them:");
    for (index, column) in guess.columns.iter().enumerate() {
        let name = if column.name.is_empty() { format!("column_{index}") } else { column.name.clone() };
        let missing = match column.missing {
            0 => String::new(),
            missing => format!(", {missing} missing"),
        };
        out.line(&format!("  {name:?} {}{missing}", column.kind));
    }
    out.line("");
    out.line("Without a chain every row goes to the partition `initial`. To add a step:");
    let name = guess.columns.iter().map(|column| column.name.as_str()).find(|name| !name.is_empty());
    let name = quoted(name.unwrap_or("column_0"));
    for line in [
        "[algorithms.keep]",
        "component = \"relational/select\"",
        &format!("keep = [{name}]"),
        "[[chain]]",
        "name = \"main\"",
        "[[chain.node]]",
        "name = \"slim\"",
        "parents = [\"initial\"]",
        "algorithms = [\"keep\"]",
    ] {
        out.line(&format!("  {line}"));
    }
    format!("\n{}", out.0)
}

/// Lines behind `#`, wrapped at spaces; control characters cannot end them early.
#[derive(Default)]
struct Comments(String);

impl Comments {
    fn line(&mut self, text: &str) {
        let clean: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        let indent: String = clean.chars().take_while(|c| *c == ' ').collect();
        let mut line = format!("# {indent}");
        let mut width = line.chars().count();
        let mut fresh = true;
        for word in clean.trim_start().split(' ') {
            let word_width = word.chars().count();
            if !fresh && width + 1 + word_width > WIDTH {
                self.push(&line);
                line = format!("#   {indent}");
                width = line.chars().count();
                fresh = true;
            }
            if !fresh {
                line.push(' ');
                width += 1;
            }
            line.push_str(word);
            width += word_width;
            fresh = false;
        }
        self.push(&line);
    }

    fn push(&mut self, line: &str) {
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }
}

/// A name of a job out of any text: what cannot stand in one becomes `-`.
fn job_name(text: &str) -> String {
    let name: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "guess".to_owned() } else { name.chars().take(100).collect() }
}

/// Text as a TOML string on one line.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
