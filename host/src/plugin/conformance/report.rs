//! What the cases showed: verdicts, counts, and the form that build servers read.

use super::cases::Case;
use super::needs::Needs;
use std::time::Duration;

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The component does what the case demands.
    Passed,
    /// It does not; what happened.
    Failed(String),
    /// The case does not apply, and why.
    Skipped(String),
}

/// What a child's line begins with: the plugin may print, too.
const MARK: &str = "artemis-case\t";

impl Verdict {
    /// Its name.
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Failed(_) => "failed",
            Verdict::Skipped(_) => "skipped",
        }
    }

    /// What happened, or why not; empty for a case that passed.
    pub fn text(&self) -> &str {
        match self {
            Verdict::Passed => "",
            Verdict::Failed(text) | Verdict::Skipped(text) => text,
        }
    }

    /// The line by which a child tells its parent.
    pub fn to_line(&self) -> String {
        // Before it, a line break: the plugin may have printed half a line.
        format!("\n{MARK}{}\t{}\n", self.word(), self.text().replace(['\n', '\r', '\t'], " "))
    }

    /// Finds the line in what a child printed.
    pub(super) fn find(printed: &str) -> Option<Verdict> {
        let line = printed.lines().rev().find_map(|line| line.strip_prefix(MARK))?;
        let (word, text) = line.split_once('\t')?;
        match word {
            "passed" => Some(Verdict::Passed),
            "failed" => Some(Verdict::Failed(text.to_owned())),
            "skipped" => Some(Verdict::Skipped(text.to_owned())),
            _ => None,
        }
    }
}

/// The outcome of one case for one component.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// The case.
    pub case: &'static Case,
    /// The component; `None`: the case is about the file.
    pub component: Option<String>,
    /// How it ended.
    pub verdict: Verdict,
    /// How long it took.
    pub elapsed: Duration,
}

/// What a check showed.
#[derive(Clone, Debug)]
pub struct Report {
    /// What the file needs of the system.
    pub needs: Option<Needs>,
    /// In the order of the cases.
    pub results: Vec<CaseResult>,
    /// Seeds what is random.
    pub seed: u64,
}

impl Report {
    /// How many passed, failed and were skipped.
    pub fn counts(&self) -> (usize, usize, usize) {
        let of = |word: &str| self.results.iter().filter(|result| result.verdict.word() == word).count();
        (of("passed"), of("failed"), of("skipped"))
    }

    /// As JUnit writes it: one suite, a test per case.
    pub fn to_junit(&self, name: &str) -> String {
        let (_, failed, skipped) = self.counts();
        let seconds: f64 = self.results.iter().map(|result| result.elapsed.as_secs_f64()).sum();
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        out += &format!(
            "<testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" skipped=\"{skipped}\" errors=\"0\" time=\"{seconds:.3}\">\n",
            escaped(name),
            self.results.len()
        );
        for result in &self.results {
            out += &format!(
                "  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\"",
                escaped(result.component.as_deref().unwrap_or("file")),
                result.case.id,
                result.elapsed.as_secs_f64()
            );
            out += &match &result.verdict {
                Verdict::Passed => "/>\n".to_owned(),
                Verdict::Failed(text) => format!(
                    ">\n    <failure message=\"{}\">{}</failure>\n  </testcase>\n",
                    escaped(text),
                    escaped(result.case.demand)
                ),
                Verdict::Skipped(text) => {
                    format!(">\n    <skipped message=\"{}\"/>\n  </testcase>\n", escaped(text))
                }
            };
        }
        out + "</testsuite>\n"
    }
}

/// Text for XML; characters that XML cannot hold are shown by their number.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                out.push_str(&format!("\\u{{{:x}}}", c as u32));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_survives_whatever_the_plugin_prints_around_it() {
        for verdict in [
            Verdict::Passed,
            Verdict::Failed("execute returned 99\twith\ntext".into()),
            Verdict::Skipped(String::new()),
        ] {
            let printed = format!("hello{}bye", verdict.to_line());
            let found = Verdict::find(&printed).unwrap();
            assert_eq!(found.word(), verdict.word());
            assert_eq!(found.text(), verdict.text().replace(['\n', '\t'], " "));
        }
        assert_eq!(Verdict::find("artemis-case\tperhaps\t"), None);
        assert_eq!(Verdict::find("passed"), None);
    }

    #[test]
    fn junit_is_xml_whatever_the_texts_hold() {
        let result = CaseResult {
            case: &super::super::CASES[0][0],
            component: Some("a<b".into()),
            verdict: Verdict::Failed("\"&\u{1}".into()),
            elapsed: Duration::from_millis(5),
        };
        let report = Report { needs: None, results: vec![result], seed: 1 };
        let xml = report.to_junit("x");
        assert!(xml.contains("classname=\"a&lt;b\""), "{xml}");
        assert!(xml.contains("message=\"&quot;&amp;\\u{1}\""), "{xml}");
        assert!(xml.contains("failures=\"1\""), "{xml}");
    }
}
