//! Problems of a text that people write, all at once, each with its place.

use std::fmt;
use std::ops::Range;

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};

use super::tree::Place;

/// Something wrong, or unwise, at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Bytes of the source text; within it, on character borders. Empty if `option` is set.
    pub span: Range<usize>,
    /// What it comes from instead of a place in the file: an option as given (`--set key=value`), or a part of a
    /// stored message.
    pub option: Option<String>,
    /// Line of the file, from 1; 0 if `option` is set.
    pub line: usize,
    /// Column in characters, from 1; 0 if `option` is set.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// The file can be used all the same.
    pub warning: bool,
}

/// All problems of one file, in the order of the text, those of options last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The file as the user named it.
    pub file: String,
    /// Its text.
    pub source: String,
    /// At least one if returned as an error.
    pub problems: Vec<Problem>,
}

impl Problems {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// Whether any of them forbids using the file.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| !problem.warning)
    }

    /// As JSON: `[{file, line, column, message, help, severity}]`; `option` instead of line and column where it
    /// applies.
    pub fn to_json(&self) -> serde_json::Value {
        let one = |problem: &Problem| {
            let mut object = serde_json::json!({
                "file": self.file,
                "message": problem.message,
                "help": problem.help,
                "severity": if problem.warning { "warning" } else { "error" },
            });
            match &problem.option {
                Some(option) => object["option"] = option.clone().into(),
                None => {
                    object["line"] = problem.line.into();
                    object["column"] = problem.column.into();
                }
            }
            object
        };
        serde_json::Value::Array(self.problems.iter().map(one).collect())
    }

    /// Each problem as a diagnostic of its own that carries its source, for `miette` to draw: its place shows
    /// with file, line and column.
    pub fn diagnostics(&self) -> Vec<ProblemDiagnostic> {
        let drawn = |problem: &Problem| ProblemDiagnostic {
            problem: problem.clone(),
            source: NamedSource::new(&self.file, self.source.clone()).with_language("TOML"),
        };
        self.problems.iter().map(drawn).collect()
    }
}

/// One line per problem: `file:line:column: message (help)`.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            match &problem.option {
                Some(option) => write!(f, "{option}: ")?,
                None => write!(f, "{}:{}:{}: ", self.file, problem.line, problem.column)?,
            }
            if problem.warning {
                write!(f, "warning: ")?;
            }
            write!(f, "{}", problem.message)?;
            if let Some(help) = &problem.help {
                write!(f, " ({help})")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// A [`Problem`] together with its source text.
#[derive(Debug)]
pub struct ProblemDiagnostic {
    problem: Problem,
    source: NamedSource<String>,
}

impl fmt::Display for ProblemDiagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem.option {
            Some(option) => write!(f, "{option}: {}", self.problem.message),
            None => f.write_str(&self.problem.message),
        }
    }
}

impl std::error::Error for ProblemDiagnostic {}

impl Diagnostic for ProblemDiagnostic {
    fn severity(&self) -> Option<Severity> {
        Some(if self.problem.warning { Severity::Warning } else { Severity::Error })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.problem.option.is_none().then_some(&self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.problem.option.is_some() {
            return None;
        }
        let label = LabeledSpan::new_with_span(None, self.problem.span.clone());
        Some(Box::new(std::iter::once(label)))
    }
}

/// Collects problems while a text is checked.
#[derive(Debug, Default)]
pub(crate) struct Report {
    found: Vec<(Place, String, Option<String>, bool)>,
    hidden: Vec<Place>,
}

impl Report {
    /// Notes an error.
    pub fn error(&mut self, place: &Place, message: impl Into<String>, help: impl Into<Option<String>>) {
        self.found.push((place.clone(), message.into(), help.into(), false));
    }

    /// Notes a warning.
    pub fn warning(&mut self, place: &Place, message: impl Into<String>, help: impl Into<Option<String>>) {
        self.found.push((place.clone(), message.into(), help.into(), true));
    }

    /// Keeps what stands at a place out of every drawing of the text: it may be a secret.
    pub fn hide(&mut self, place: &Place) {
        self.hidden.push(place.clone());
    }

    /// Puts them in order and finds lines and columns. `options` are what places refer to
    /// that are not in the text.
    pub fn finish(mut self, file: &str, source: &str, options: &[String]) -> Problems {
        self.found.sort_by_key(|(place, ..)| (place.option, place.span.start));
        self.found.dedup();
        let lines = LineIndex::new(source);
        let problem = |(place, message, help, warning): (Place, String, Option<String>, bool)| {
            let option = place.option.and_then(|index| Some((index, options.get(index)?)));
            let option = option.map(|(index, option)| {
                let hidden = self.hidden.iter().any(|place| place.option == Some(index));
                // `--set key=value`, the value masked.
                let shown = option.split_once('=').filter(|_| hidden).map(|(key, _)| format!("{key}=…"));
                shown.unwrap_or_else(|| option.clone())
            });
            let span = if option.is_some() { 0..0 } else { lines.clamp(place.span) };
            let (line, column) = if option.is_some() { (0, 0) } else { lines.position(span.start) };
            Problem { span, option, line, column, message, help, warning }
        };
        let problems = self.found.into_iter().map(problem).collect();
        let mut source = source.to_owned();
        for place in self.hidden.iter().filter(|place| place.option.is_none()) {
            let span = LineIndex::new(&source).clamp(place.span.clone());
            // As many bytes as before, so that all spans still fit; lines stay lines.
            let mask: String = source[span.clone()]
                .chars()
                .flat_map(|c| if c == '\n' { vec!['\n'] } else { vec!['*'; c.len_utf8()] })
                .collect();
            source.replace_range(span, &mask);
        }
        Problems { file: file.to_owned(), source, problems }
    }
}

/// Finds lines and columns of byte offsets.
struct LineIndex<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    fn new(text: &'a str) -> LineIndex<'a> {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        LineIndex { text, starts }
    }

    /// Line and column, both from 1; the column counts characters.
    fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1];
        (line, self.text[start..offset].chars().count() + 1)
    }

    /// The span cut to the text and moved to character borders, so that it can be drawn.
    fn clamp(&self, span: Range<usize>) -> Range<usize> {
        let border = |mut at: usize| {
            at = at.min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = border(span.start);
        start..border(span.end).max(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let lines = LineIndex::new("é = 1\nüü = x");
        assert_eq!(lines.position(0), (1, 1));
        assert_eq!(lines.position(3), (1, 3));
        assert_eq!(lines.position(7), (2, 1));
        assert_eq!(lines.position(11), (2, 3));
        assert_eq!(lines.clamp(8..99), 7..15);
    }

    #[test]
    fn problems_come_in_the_order_of_the_text_and_options_last() {
        let mut report = Report::default();
        report.error(&Place { span: 0..0, option: Some(0) }, "third", None);
        report.warning(&Place { span: 6..7, option: None }, "second", Some("help".to_owned()));
        report.error(&Place { span: 0..1, option: None }, "first", None);
        let problems = report.finish("job.toml", "a = 1\nb = 2\n", &["--set a=3".into()]);
        assert_eq!(
            problems.to_string(),
            "job.toml:1:1: first\njob.toml:2:1: warning: second (help)\n--set a=3: third"
        );
        assert!(problems.has_errors());
        let json = problems.to_json();
        assert_eq!(json[1]["line"], 2);
        assert_eq!(json[2]["option"], "--set a=3");
    }
}
