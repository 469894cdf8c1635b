//! Delimiter, quote, comments and line ends: the reading under which the records agree best.

use std::collections::BTreeMap;

use super::{Finding, Sureness, header};

/// Delimiters in the order of habit: of two that fit equally well the first is taken.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// A quoted field over more lines than this at the end of the sample is rather a quote that means nothing.
const MOST_QUOTED_LINES: usize = 50;

/// A field as it stands, without its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub text: String,
    pub quoted: bool,
}

/// The reading that fits best.
pub(super) struct Found {
    pub delimiter: u8,
    pub quote: Option<u8>,
    pub comment: Option<u8>,
    pub terminator: Option<u8>,
    /// How many fields a record has.
    pub width: usize,
    pub records: Vec<Vec<Field>>,
    pub findings: Vec<Finding>,
}

/// How a text may be read.
#[derive(Clone, Copy)]
struct Reading {
    delimiter: u8,
    quote: Option<u8>,
    comment: Option<u8>,
    terminator: u8,
}

/// A reading tried on a text.
struct Tried {
    reading: Reading,
    records: Vec<Vec<Field>>,
    width: usize,
    /// Records of that width.
    agreeing: usize,
    /// Fields in quotes with a delimiter or a line end behind the closing one.
    clean_quotes: usize,
    /// Fields in quotes with something else behind the closing one.
    torn_quotes: usize,
    /// A quote was open for many lines when the text ended.
    left_open: bool,
}

impl Tried {
    /// From 0 to 1: how many records agree, and a little for more fields.
    fn score(&self) -> f64 {
        let records = self.records.len().max(1) as f64;
        let width = self.width as f64;
        let open = if self.left_open { 0.5 } else { 1.0 };
        self.agreeing as f64 / records * (1.0 - 1.0 / (1.0 + width)) * open
    }
}

/// The best reading of a text; `None` if there is no record in it.
pub(super) fn find(text: &[u8], whole: bool) -> Option<Found> {
    let line_feeds = text.contains(&b'\n');
    let terminator = if !line_feeds && text.contains(&b'\r') { b'\r' } else { b'\n' };
    let hash_and_space = text.trim_ascii_start().starts_with(b"# ");
    let starts_with_hash = text.trim_ascii_start().first() == Some(&b'#');
    let mut best: Option<Tried> = None;
    let mut rivals = Vec::new();
    for delimiter in DELIMITERS {
        let reading = Reading { delimiter, quote: Some(b'"'), comment: None, terminator };
        let mut tried = with_best_quote(text, whole, reading);
        if starts_with_hash {
            let commented = with_best_quote(text, whole, Reading { comment: Some(b'#'), ..reading });
            let equal = (commented.score() - tried.score()).abs() < 1e-9;
            // A remark with as many commas as the records, before a header; `#id,name` is itself the header.
            let remark = equal && hash_and_space && header::find(&commented.records, commented.width).present;
            if (commented.score() > tried.score() || remark) && !commented.records.is_empty() {
                tried = commented;
            }
        }
        if tried.width > 1 {
            rivals.push((delimiter, tried.score()));
        }
        let better = match &best {
            None => true,
            Some(best) => {
                let equal = (tried.score() - best.score()).abs() < 1e-9 && tried.width > 1;
                // In `1,5;2,7` the comma belongs to the numbers.
                let decimal = equal && best.reading.delimiter == b',' && commas_are_decimal(text);
                decimal || tried.score() > best.score() + 1e-9
            }
        };
        if better {
            best = Some(tried);
        }
    }
    let best = best.filter(|best| !best.records.is_empty())?;
    let mut findings = vec![delimiter_finding(&best, &rivals), quote_finding(&best)];
    if best.reading.comment.is_some() {
        findings.push(Finding {
            about: "comment",
            value: "\"#\"".into(),
            sureness: Sureness::Likely,
            evidence: "without the lines that begin with # the records agree better".into(),
        });
    }
    Some(Found {
        delimiter: best.reading.delimiter,
        quote: best.reading.quote,
        comment: best.reading.comment,
        terminator: (terminator != b'\n').then_some(terminator),
        width: best.width,
        records: best.records,
        findings,
    })
}

/// Double quotes unless the text speaks for others, or for none.
fn with_best_quote(text: &[u8], whole: bool, reading: Reading) -> Tried {
    let double = attempt(text, whole, reading);
    if double.clean_quotes == 0 {
        let single = attempt(text, whole, Reading { quote: Some(b'\''), ..reading });
        let clean = single.clean_quotes > 1 && single.torn_quotes == 0 && !single.left_open;
        if clean && single.score() >= double.score() {
            return single;
        }
    }
    if double.left_open || double.torn_quotes > double.clean_quotes {
        let none = attempt(text, whole, Reading { quote: None, ..reading });
        if none.score() >= double.score() {
            return none;
        }
    }
    double
}

fn attempt(text: &[u8], whole: bool, reading: Reading) -> Tried {
    let mut tried = Tried {
        reading,
        records: Vec::new(),
        width: 0,
        agreeing: 0,
        clean_quotes: 0,
        torn_quotes: 0,
        left_open: false,
    };
    let mut at = 0;
    while at < text.len() {
        if reading.comment == Some(text[at]) {
            at = memchr::memchr(reading.terminator, &text[at..]).map_or(text.len(), |end| at + end + 1);
            continue;
        }
        let start = at;
        let (record, complete) = tried.record(text, &mut at);
        // The sample cuts its last record, unless it is the only one.
        if !complete && !whole && !tried.records.is_empty() {
            let lines = memchr::memchr_iter(reading.terminator, &text[start..]).count();
            tried.left_open = lines > MOST_QUOTED_LINES;
            break;
        }
        let blank = matches!(record.as_slice(), [only] if only.text.is_empty() && !only.quoted);
        if !blank {
            tried.records.push(record);
        }
    }
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    for record in &tried.records {
        *widths.entry(record.len()).or_default() += 1;
    }
    if let Some((width, count)) = widths.into_iter().max_by_key(|(_, count)| *count) {
        (tried.width, tried.agreeing) = (width, count);
    }
    tried
}

impl Tried {
    /// The record at `at`, which moves behind it, and whether its end was seen.
    fn record(&mut self, text: &[u8], at: &mut usize) -> (Vec<Field>, bool) {
        let Reading { delimiter, quote, terminator, .. } = self.reading;
        let mut record = Vec::new();
        loop {
            let mut bytes = Vec::new();
            let quoted = quote.is_some() && text.get(*at).copied() == quote;
            if quoted {
                *at += 1;
                loop {
                    match text.get(*at) {
                        // A quote that nothing closes; one that closes the whole text is the end of it.
                        None => {
                            self.left_open = true;
                            record.push(field(bytes, true));
                            return (record, false);
                        }
                        Some(byte) if Some(*byte) == quote => {
                            if text.get(*at + 1).copied() == quote {
                                bytes.push(*byte);
                                *at += 2;
                            } else {
                                *at += 1;
                                break;
                            }
                        }
                        Some(byte) => {
                            bytes.push(*byte);
                            *at += 1;
                        }
                    }
                }
            }
            let rest = &text[*at..];
            let end = rest.iter().position(|byte| *byte == delimiter || *byte == terminator);
            let tail = &rest[..end.unwrap_or(rest.len())];
            let at_line_end = end.is_none_or(|end| rest[end] == terminator);
            let tail = if at_line_end { tail.strip_suffix(b"\r").unwrap_or(tail) } else { tail };
            if quoted {
                match tail.is_empty() {
                    true => self.clean_quotes += 1,
                    false => self.torn_quotes += 1,
                }
            }
            bytes.extend_from_slice(tail);
            record.push(field(bytes, quoted));
            match end {
                None => {
                    *at = text.len();
                    return (record, false);
                }
                Some(end) => *at += end + 1,
            }
            if at_line_end {
                return (record, true);
            }
        }
    }
}

fn field(bytes: Vec<u8>, quoted: bool) -> Field {
    Field { text: String::from_utf8_lossy(&bytes).into_owned(), quoted }
}

/// Whether every comma stands between two digits.
fn commas_are_decimal(text: &[u8]) -> bool {
    memchr::memchr_iter(b',', text).all(|at| {
        let digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
        at > 0 && digit(at - 1) && digit(at + 1)
    })
}

fn delimiter_finding(best: &Tried, rivals: &[(u8, f64)]) -> Finding {
    let records = best.records.len();
    let value = shown(best.reading.delimiter);
    if best.width < 2 {
        let evidence = "no delimiter parts the records: one column".into();
        return Finding { about: "delimiter", value, sureness: Sureness::Unsure, evidence };
    }
    let mut evidence = format!("{} of {records} records have {} fields", best.agreeing, best.width);
    let close: Vec<String> = rivals
        .iter()
        .filter(|(delimiter, score)| *delimiter != best.reading.delimiter && *score > 0.8 * best.score())
        .map(|(delimiter, _)| shown(*delimiter))
        .collect();
    if !close.is_empty() {
        evidence += &format!("; {} would fit too", close.join(" and "));
    }
    let sureness = match (close.is_empty(), best.agreeing == records) {
        _ if records < 2 => Sureness::Unsure,
        (true, true) => Sureness::Sure,
        (true, false) if best.agreeing * 10 >= records * 9 => Sureness::Likely,
        (false, true) => Sureness::Likely,
        _ => Sureness::Unsure,
    };
    Finding { about: "delimiter", value, sureness, evidence }
}

fn quote_finding(best: &Tried) -> Finding {
    let (value, sureness, evidence) = match best.reading.quote {
        None => (
            "none".to_owned(),
            Sureness::Likely,
            "fields begin with quotes that nothing closes, or close before the field ends".to_owned(),
        ),
        Some(quote) if best.clean_quotes > 0 => {
            let evidence = match best.torn_quotes {
                0 => format!("{} quoted, all of them cleanly", super::counted(best.clean_quotes, "field")),
                torn => format!("{} quoted cleanly, {torn} not", super::counted(best.clean_quotes, "field")),
            };
            let sureness = if best.torn_quotes == 0 { Sureness::Sure } else { Sureness::Likely };
            (shown(quote), sureness, evidence)
        }
        Some(quote) => (shown(quote), Sureness::Unsure, "no field is quoted; this is the usual one".into()),
    };
    Finding { about: "quote", value, sureness, evidence }
}

/// A byte as a TOML string.
fn shown(byte: u8) -> String {
    super::job_file::quoted(&char::from(byte).to_string())
}
