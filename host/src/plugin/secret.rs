//! Secrets: job files and stores hold references to them (`env:NAME`, `file:/PATH`), the values live in memory only.

use std::borrow::Cow;
use std::path::Path;

/// Larger than any key or password; bounds what a wrong path makes the host hold.
const MAX_BYTES: u64 = 64 << 10;
/// Stands for a secret in everything that is logged, stored or shown.
const MASK: &str = "[secret]";

/// Where a secret is to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference<'a> {
    /// `env:NAME`: a variable of the environment.
    Variable(&'a str),
    /// `file:/PATH`: the content of a file, without the line feed at its end.
    File(&'a Path),
}

/// A reference that does not lead to a secret. The text never holds one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its secret `{reference}` cannot be had: {reason}")]
pub struct SecretError {
    /// As the job file has it.
    pub reference: String,
    /// Why.
    pub reason: String,
}

impl<'a> Reference<'a> {
    /// Reads a reference; `None` if the text is something else, perhaps a secret. Files are named by absolute
    /// paths: where a job file lies must not decide which secret it means.
    pub fn parse(text: &'a str) -> Option<Reference<'a>> {
        if let Some(name) = text.strip_prefix("env:") {
            let fits = |(at, byte): (usize, u8)| {
                byte == b'_' || byte.is_ascii_alphabetic() || (at > 0 && byte.is_ascii_digit())
            };
            let is_name = !name.is_empty() && name.bytes().enumerate().all(fits);
            return is_name.then_some(Reference::Variable(name));
        }
        let path = Path::new(text.strip_prefix("file:")?);
        path.is_absolute().then_some(Reference::File(path))
    }

    fn value(self) -> Result<String, String> {
        let value = match self {
            Reference::Variable(name) => std::env::var(name).map_err(|error| match error {
                std::env::VarError::NotPresent => format!("the variable {name} is not set"),
                std::env::VarError::NotUnicode(_) => format!("the variable {name} is not UTF-8"),
            })?,
            Reference::File(path) => {
                let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
                if metadata.len() > MAX_BYTES {
                    return Err(format!(
                        "the file has {} bytes, at most {MAX_BYTES} are allowed",
                        metadata.len()
                    ));
                }
                let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
                text.strip_suffix('\n').map_or(text.as_str(), |line| line.trim_end_matches('\r')).to_owned()
            }
        };
        match value.as_str() {
            "" => Err("it is empty".into()),
            _ => Ok(value),
        }
    }
}

/// The value of a secret.
///
/// # Errors
/// When there is none.
pub fn resolve(reference: &str) -> Result<String, SecretError> {
    let failed = |reason: String| SecretError { reference: reference.to_owned(), reason };
    match Reference::parse(reference) {
        Some(parsed) => parsed.value().map_err(failed),
        // Not shown: it may be a secret that was written where a reference belongs.
        None => Err(SecretError { reference: MASK.into(), reason: "it is not a reference".into() }),
    }
}

/// Keeps the secrets of a component out of texts.
#[derive(Default)]
pub(super) struct Redaction {
    /// Longest first: one secret may be part of another.
    words: Vec<String>,
}

impl Redaction {
    pub(super) fn of<'a>(secrets: impl Iterator<Item = &'a str>) -> Redaction {
        let mut words: Vec<String> = secrets
            // Texts of plugins often quote values as Rust's debug format does.
            .flat_map(|secret| [secret.to_owned(), secret.escape_debug().to_string()])
            .filter(|word| !word.is_empty())
            .collect();
        words.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        words.dedup();
        Redaction { words }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The text with every secret masked.
    pub(super) fn text<'a>(&self, text: Cow<'a, str>) -> Cow<'a, str> {
        self.words.iter().fold(text, |text, word| match text.contains(word.as_str()) {
            true => Cow::Owned(text.replace(word.as_str(), MASK)),
            false => text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_and_absolute_paths_are_references() {
        for (text, expected) in [
            ("env:DB_PASSWORD", Some(Reference::Variable("DB_PASSWORD"))),
            ("env:_2", Some(Reference::Variable("_2"))),
            ("env:2", None),
            ("env:", None),
            ("env:A B", None),
            ("file:/run/secrets/db", Some(Reference::File(Path::new("/run/secrets/db")))),
            ("file:secrets/db", None),
            ("hunter2", None),
            ("", None),
        ] {
            assert_eq!(Reference::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn a_file_gives_its_content_without_the_last_line_feed() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("secret");
        let reference = format!("file:{}", path.display());
        for (content, expected) in
            [("a b\n", Some("a b")), ("a\r\n", Some("a")), ("a\nb", Some("a\nb")), ("\n", None)]
        {
            std::fs::write(&path, content).unwrap();
            assert_eq!(resolve(&reference).ok().as_deref(), expected, "{content:?}");
        }
        std::fs::write(&path, vec![b'x'; 70_000]).unwrap();
        assert!(resolve(&reference).unwrap_err().to_string().contains("70000 bytes"));
    }

    #[test]
    fn what_is_no_reference_is_not_shown() {
        let error = resolve("hunter2").unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn secrets_are_masked_also_where_they_are_quoted_or_parts_of_each_other() {
        let redaction = Redaction::of(["pass", "password", "a\"b"].into_iter());
        let text = redaction.text("with password and pass, \"a\\\"b\" or a\"b".into());
        assert_eq!(text, "with [secret] and [secret], \"[secret]\" or [secret]");
        assert!(matches!(redaction.text("nothing".into()), Cow::Borrowed("nothing")));
    }
}
