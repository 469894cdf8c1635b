//! A slow reader of delimited text, written for tests from the rules alone.

use std::ops::Range;

use crate::{Dialect, Terminator};

pub struct SlowField {
    pub text: Vec<u8>,
    pub quoted: bool,
    pub bytes: Range<u32>,
}

pub struct Line {
    pub fields: Vec<SlowField>,
    pub bytes: Range<u32>,
    pub next: usize,
    pub open_quote: bool,
}

/// All records of a text; blank and comment lines are none.
pub fn slow_lines(dialect: &Dialect, data: &[u8]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut at = 0;
    while at < data.len() {
        if dialect.comment == Some(data[at]) {
            while at < data.len() && data[at] != end_byte(dialect) {
                at += 1;
            }
            at += 1;
            continue;
        }
        let line = slow_line(dialect, data, at);
        at = line.next;
        if !line.bytes.is_empty() {
            lines.push(line);
        }
    }
    lines
}

fn end_byte(dialect: &Dialect) -> u8 {
    match dialect.terminator {
        Terminator::LineFeed => b'\n',
        Terminator::Byte(byte) => byte,
    }
}

fn slow_line(dialect: &Dialect, data: &[u8], start: usize) -> Line {
    let mut line = Line { fields: Vec::new(), bytes: start as u32..0, next: 0, open_quote: false };
    let mut at = start;
    loop {
        let field_start = at;
        let mut text = Vec::new();
        let mut quoted = false;
        // The number of bytes at the end of `text` that came as they stand, outside quotes.
        let mut plain = 0;
        if at < data.len() && dialect.quote == Some(data[at]) {
            quoted = true;
            at += 1;
            loop {
                if at == data.len() {
                    line.open_quote = true;
                    break;
                }
                let byte = data[at];
                if dialect.escape == Some(byte) {
                    if at + 1 == data.len() {
                        line.open_quote = true;
                        text.push(byte);
                        at += 1;
                        break;
                    }
                    text.push(data[at + 1]);
                    at += 2;
                } else if dialect.quote == Some(byte) {
                    if data.get(at + 1) == Some(&byte) {
                        text.push(byte);
                        at += 2;
                    } else {
                        at += 1;
                        break;
                    }
                } else {
                    text.push(byte);
                    at += 1;
                }
            }
        }
        // What follows, or all of it, is unquoted.
        while at < data.len() && data[at] != dialect.delimiter && data[at] != end_byte(dialect) {
            if dialect.escape == Some(data[at]) && at + 1 < data.len() {
                text.push(data[at + 1]);
                plain = 0;
                at += 2;
            } else {
                text.push(data[at]);
                plain += 1;
                at += 1;
            }
        }
        let ended = at == data.len() || data[at] == end_byte(dialect);
        let mut end = at;
        if ended && dialect.terminator == Terminator::LineFeed && plain > 0 && text.last() == Some(&b'\r') {
            text.pop();
            end -= 1;
        }
        line.fields.push(SlowField { text, quoted, bytes: field_start as u32..end as u32 });
        if ended {
            line.bytes.end = end as u32;
            line.next = (at + 1).min(data.len());
            return line;
        }
        at += 1;
    }
}
