//! The tree of a record's fields: sizes, places, and the leaves as fields of a layout.

use std::collections::BTreeSet;

use super::entry::{Entry, Usage};
use super::picture::Picture;
use super::{BinarySize, Copybook, FloatForm, Views};
use crate::{Encoding, Field, Form, MAX_FIELDS, MAX_RECORD_BYTES, Nulls, Order, Sign, Trim, Value};

/// An entry with what lies below it.
#[derive(Debug)]
pub(super) struct Node {
    entry: Entry,
    children: Vec<Node>,
    /// Bytes of one occurrence.
    size: u64,
    /// Bytes before it in its group.
    offset: u64,
}

/// What the fields of a record have in common.
pub(super) struct Common<'a> {
    pub options: &'a Copybook,
    pub encoding: Encoding,
    pub trim: Trim,
    pub nulls: Option<&'a Nulls>,
    pub order: Order,
}

/// What a group hands down.
#[derive(Clone, Copy)]
struct Inherited {
    usage: Usage,
    sign: (bool, bool),
}

impl Node {
    /// The records of the entries, in their order.
    pub fn roots(entries: Vec<Entry>) -> Vec<Node> {
        let mut roots: Vec<Node> = Vec::new();
        let mut open: Vec<Node> = Vec::new();
        let close = |open: &mut Vec<Node>, roots: &mut Vec<Node>| {
            if let Some(node) = open.pop() {
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => roots.push(node),
                }
            }
        };
        for entry in entries {
            let is_root = matches!(entry.level, 1 | 77);
            while open.last().is_some_and(|node| is_root || node.entry.level >= entry.level) {
                close(&mut open, &mut roots);
            }
            open.push(Node { entry, children: Vec::new(), size: 0, offset: 0 });
        }
        while !open.is_empty() {
            close(&mut open, &mut roots);
        }
        // A copybook may begin below the level of records; then all of it is one.
        if roots.len() > 1 && roots.iter().all(|root| !matches!(root.entry.level, 1 | 77)) {
            let mut entry = roots[0].entry.clone();
            (entry.name, entry.picture, entry.usage, entry.occurs) = (None, None, None, None);
            return vec![Node { entry, children: roots, size: 0, offset: 0 }];
        }
        roots
    }

    pub fn name(&self) -> &str {
        self.entry.name.as_deref().unwrap_or("FILLER")
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// Computes sizes and places; gives the number of fields.
    pub fn measure(&mut self, common: &Common<'_>, problems: &mut Vec<String>) -> u64 {
        let inherited = Inherited { usage: Usage::Display, sign: (false, false) };
        self.measured(inherited, common, problems)
    }

    fn measured(&mut self, above: Inherited, common: &Common<'_>, problems: &mut Vec<String>) -> u64 {
        let line = self.entry.line;
        let own = above.below(&self.entry);
        let mut fields = 1;
        if self.children.is_empty() {
            match size(&self.entry, own, common.options) {
                Ok(size) => self.size = size,
                Err(problem) => problems.push(format!("line {line}: `{}`: {problem}", self.name())),
            }
        } else {
            if self.entry.picture.is_some() {
                problems.push(format!("line {line}: `{}` has a picture and fields below it", self.name()));
            }
            fields = self.place_children(own, common, problems);
        }
        let Some(occurs) = &self.entry.occurs else { return fields };
        if let Some(depending) = &occurs.depending
            && !common.options.depending_as_maximum
        {
            problems.push(format!(
                "line {line}: `{}` occurs depending on `{depending}`; records of variable length are not read; if they are \
                 stored at their greatest length, write `depending = \"maximum\"`",
                self.name()
            ));
        }
        fields.saturating_mul(occurs.most)
    }

    fn place_children(&mut self, own: Inherited, common: &Common<'_>, problems: &mut Vec<String>) -> u64 {
        let (mut next, mut fields) = (0u64, 0u64);
        for at in 0..self.children.len() {
            let (before, rest) = self.children.split_at_mut(at);
            let Some(child) = rest.first_mut() else { continue };
            fields = fields.saturating_add(child.measured(own, common, problems));
            child.offset = match &child.entry.redefines {
                None => next,
                Some(name) => match before.iter().rev().find(|other| other.entry.name.as_ref() == Some(name))
                {
                    Some(other) => other.offset,
                    None => {
                        let (line, own) = (child.entry.line, child.name());
                        problems.push(format!(
                            "line {line}: `{own}` redefines `{name}`, which is not before it in its group"
                        ));
                        next
                    }
                },
            };
            next = next.max(child.offset.saturating_add(child.whole()));
        }
        self.size = next;
        if self.whole() > MAX_RECORD_BYTES {
            let (line, whole) = (self.entry.line, self.whole());
            problems.push(format!(
                "line {line}: `{}` takes {whole} bytes, beyond {MAX_RECORD_BYTES}",
                self.name()
            ));
        }
        fields
    }

    /// Bytes of all occurrences.
    fn whole(&self) -> u64 {
        self.size.saturating_mul(self.entry.occurs.as_ref().map_or(1, |occurs| occurs.most))
    }

    /// Appends the fields; those of a measured record without problems.
    pub fn fields(&self, common: &Common<'_>, out: &mut Vec<Field>, problems: &mut Vec<String>) {
        let own = Inherited { usage: Usage::Display, sign: (false, false) }.below(&self.entry);
        self.emit(String::new(), 0, own, common, out, problems);
    }

    /// `path` is that of this node, empty for the record itself; `offset` is where this occurrence begins.
    fn emit(
        &self,
        path: String,
        offset: u64,
        own: Inherited,
        common: &Common<'_>,
        out: &mut Vec<Field>,
        problems: &mut Vec<String>,
    ) {
        if out.len() > MAX_FIELDS {
            return;
        }
        if self.children.is_empty() {
            let name = match &self.entry.name {
                None => String::new(),
                Some(name) if path.is_empty() => name.clone(),
                Some(_) => path,
            };
            match field(&self.entry, name, offset, self.size, own, common) {
                Ok(field) => out.push(field),
                Err(problem) => {
                    problems.push(format!("line {}: `{}`: {problem}", self.entry.line, self.name()))
                }
            }
            return;
        }
        for child in self.shown(&common.options.views) {
            let below = own.below(&child.entry);
            let times = child.entry.occurs.as_ref().map_or(1, |occurs| occurs.most);
            for time in 0..times {
                let name = match child.entry.occurs {
                    Some(_) => format!("{}[{}]", child.name(), time + 1),
                    None => child.entry.name.clone().unwrap_or_default(),
                };
                let path = match (path.as_str(), name.as_str()) {
                    ("", _) => name,
                    (_, "") => path.clone(),
                    (path, name) => format!("{path}.{name}"),
                };
                child.emit(path, offset + child.offset + time * child.size, below, common, out, problems);
            }
        }
    }

    /// The children of the wanted views.
    fn shown(&self, views: &Views) -> Vec<&Node> {
        let chosen: &[String] = match views {
            Views::All => return self.children.iter().collect(),
            Views::First => &[],
            Views::Chosen(names) => names,
        };
        let is_chosen = |node: &Node| node.entry.name.as_ref().is_some_and(|name| chosen.contains(name));
        let is_view = |node: &Node| node.entry.redefines.is_some();
        let replaced: BTreeSet<u64> = self
            .children
            .iter()
            .filter(|node| is_view(node) && is_chosen(node))
            .map(|node| node.offset)
            .collect();
        let is_shown = |node: &&Node| match is_view(node) {
            true => is_chosen(node),
            false => !replaced.contains(&node.offset) || is_chosen(node),
        };
        self.children.iter().filter(is_shown).collect()
    }

    /// The names of all entries.
    pub fn names<'a>(&'a self, out: &mut BTreeSet<&'a str>) {
        out.extend(self.entry.name.as_deref());
        self.children.iter().for_each(|child| child.names(out));
    }
}

impl Inherited {
    fn below(self, entry: &Entry) -> Self {
        Self { usage: entry.usage.unwrap_or(self.usage), sign: entry.sign.unwrap_or(self.sign) }
    }
}

/// Bytes of an elementary field.
fn size(entry: &Entry, own: Inherited, options: &Copybook) -> Result<u64, String> {
    match (own.usage, entry.picture) {
        (Usage::Float, None) => Ok(4),
        (Usage::Double, None) => Ok(8),
        (Usage::Float | Usage::Double, Some(_)) => Err("COMP-1 and COMP-2 have no picture".to_owned()),
        (_, None) => Err("it has neither a picture nor fields below it".to_owned()),
        (Usage::Display, Some(Picture::Text { length })) => Ok(length),
        (_, Some(Picture::Text { .. })) => Err("only numbers can be packed or binary".to_owned()),
        (Usage::Display, Some(Picture::Number { digits, signed, .. })) => {
            let separate = signed && own.sign.1;
            Ok(u64::from(digits) + u64::from(separate))
        }
        (Usage::Packed, Some(Picture::Number { digits, .. })) => Ok(u64::from(digits) / 2 + 1),
        (Usage::Binary | Usage::Native, Some(Picture::Number { digits, signed, .. })) => {
            binary_bytes(digits, signed, options.binary_size)
        }
    }
}

fn binary_bytes(digits: u32, signed: bool, sizes: BinarySize) -> Result<u64, String> {
    match digits {
        1..=2 if sizes == BinarySize::OneToEight => Ok(1),
        1..=4 => Ok(2),
        5..=9 => Ok(4),
        10..=18 => Ok(8),
        19 if !signed && sizes == BinarySize::OneToEight => Ok(8),
        _ => Err(format!("a binary number of {digits} digits has more than 8 bytes")),
    }
}

fn field(
    entry: &Entry,
    name: String,
    offset: u64,
    width: u64,
    own: Inherited,
    common: &Common<'_>,
) -> Result<Field, String> {
    let options = common.options;
    let numbered = |digits: u32, scale: i32| {
        Value::of_digits(digits, scale)
            .ok_or_else(|| format!("{digits} digits with a scale of {scale} are too many"))
    };
    let (form, value) = match (own.usage, entry.picture) {
        _ if entry.name.is_none() => (Form::Skip, Value::Skipped),
        (Usage::Float | Usage::Double, _) => match options.floats {
            FloatForm::Hex => (Form::HexFloat { order: common.order }, Value::Float64),
            FloatForm::Ieee => (Form::IeeeFloat { order: options.native }, Value::Float64),
        },
        (_, Some(Picture::Text { .. }) | None) => (Form::Text, Value::Text),
        (Usage::Display, Some(Picture::Number { digits, scale, signed })) => {
            let sign = match (signed, own.sign) {
                (false, _) => Sign::None,
                (true, (false, false)) => Sign::Trailing,
                (true, (true, false)) => Sign::Leading,
                (true, (false, true)) => Sign::TrailingSeparate,
                (true, (true, true)) => Sign::LeadingSeparate,
            };
            (Form::Zoned { digits, scale, sign, time: None }, numbered(digits, scale)?)
        }
        (Usage::Packed, Some(Picture::Number { digits, scale, signed })) => {
            (Form::Packed { digits, scale, signed, time: None }, numbered(digits, scale)?)
        }
        (usage, Some(Picture::Number { scale, signed, .. })) => {
            let order = if usage == Usage::Native { options.native } else { common.order };
            let value = Value::of_binary(width, scale, signed).ok_or("its scale is too large")?;
            (Form::Binary { scale, signed, order }, value)
        }
    };
    let nulls = match form.is_characters() {
        true => common.nulls.cloned().unwrap_or(Nulls { blank: true, ..Nulls::default() }),
        false => Nulls::default(),
    };
    Ok(Field { name, offset, width, form, value, encoding: common.encoding, trim: common.trim, nulls })
}
