//! Whether the first record holds names.

use std::collections::BTreeSet;

use super::cells::{self, CellKind};
use super::dialect::Field;
use super::{Finding, Sureness, counted};

pub(super) struct Header {
    pub present: bool,
    pub finding: Finding,
}

/// Compares the first record with the others: a name differs from what stands below it.
pub(super) fn find(records: &[Vec<Field>], width: usize) -> Header {
    let Some((first, rest)) = records.split_first() else {
        return header(false, Sureness::Unsure, "there is no record".into());
    };
    let is_name = |field: &Field| {
        let text = matches!(CellKind::of(&field.text), CellKind::Text | CellKind::Bool);
        text && field.text.contains(char::is_alphabetic)
    };
    if rest.is_empty() {
        let present = first.iter().all(is_name);
        let evidence = if present { "the only record holds words" } else { "the only record holds values" };
        return header(present, Sureness::Unsure, evidence.into());
    }
    let (mut differ, mut fit, mut repeat) = (0, 0, 0);
    for (index, column) in cells::columns(rest, None, width).iter().enumerate() {
        let Some(name) = first.get(index).map(|field| field.text.as_str()) else { continue };
        match (column.public.kind, CellKind::of(name)) {
            (CellKind::Text | CellKind::Empty, _) => {
                let below = || rest.iter().filter_map(|row| row.get(index));
                repeat += usize::from(!name.is_empty() && below().any(|field| field.text == name));
            }
            // A missing value says nothing.
            (_, CellKind::Empty) => {}
            (_, CellKind::Text) => differ += 1,
            (CellKind::Float, CellKind::Integer) => fit += 1,
            (below, above) if below == above => fit += 1,
            _ => differ += 1,
        }
    }
    match (differ, fit, repeat) {
        (1.., 0, _) => {
            let evidence =
                format!("in {} the first text is no value such as those below", counted(differ, "column"));
            header(true, if repeat == 0 { Sureness::Sure } else { Sureness::Likely }, evidence)
        }
        (1.., ..) if differ >= fit => {
            let evidence = format!(
                "the first text is no value such as those below in {}, but fits in {fit}",
                counted(differ, "column")
            );
            header(true, Sureness::Likely, evidence)
        }
        (_, 1.., _) => {
            let sureness = if differ == 0 { Sureness::Sure } else { Sureness::Likely };
            header(
                false,
                sureness,
                format!("in {} the first text is a value such as those below", counted(fit, "column")),
            )
        }
        (_, _, 1..) => {
            let evidence = format!("in {} the first text stands again below", counted(repeat, "column"));
            header(false, Sureness::Likely, evidence)
        }
        _ => {
            let texts: BTreeSet<&str> = first.iter().map(|field| field.text.as_str()).collect();
            let named = texts.len() == first.len() && !texts.contains("") && first.iter().all(is_name);
            match named {
                true => header(
                    true,
                    Sureness::Likely,
                    "all is text; the first ones are unlike each other and all below".into(),
                ),
                false => header(false, Sureness::Unsure, "all is text; the first ones are no names".into()),
            }
        }
    }
}

fn header(present: bool, sureness: Sureness, evidence: String) -> Header {
    let value = if present { "one row" } else { "none" };
    Header { present, finding: Finding { about: "header", value: value.into(), sureness, evidence } }
}
