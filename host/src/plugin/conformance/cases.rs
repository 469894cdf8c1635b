//! The table of the cases.

use super::Checked;
use super::driver::FileUnderTest;
use super::subject::Subject;
use crate::plugin::manifest::ComponentKind;

mod data;
mod errors;
mod lifecycle;
mod manifest;
mod ownership;
mod partials;
mod properties;
mod reader;
mod threads;

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The file, its manifest, its entry.
    Load,
    /// Configuration.
    Properties,
    /// The order of calls.
    Lifecycle,
    /// Who releases what, and when.
    Ownership,
    /// Batches of every kind.
    Data,
    /// What an algorithm accumulates.
    Partials,
    /// Many instances, many threads.
    Threads,
    /// How failures are told.
    Errors,
    /// Bytes of every kind.
    Reader,
}

impl Level {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Load => "load",
            Level::Properties => "properties",
            Level::Lifecycle => "life-cycle",
            Level::Ownership => "ownership",
            Level::Data => "data",
            Level::Partials => "partials",
            Level::Threads => "threads",
            Level::Errors => "errors",
            Level::Reader => "reader",
        }
    }
}

/// One demand on a plugin, and how it is tried.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Its name: lower case, joined by hyphens.
    pub id: &'static str,
    /// What it is about.
    pub level: Level,
    /// The kinds of components that it applies to; empty: the file.
    pub kinds: &'static [ComponentKind],
    /// What it demands, in one sentence.
    pub demand: &'static str,
    pub(super) run: Run,
}

/// How a case is tried.
#[derive(Clone, Copy, Debug)]
pub(super) enum Run {
    File(fn(&FileUnderTest) -> Checked),
    Component(fn(&Subject) -> Checked),
}

const fn file(
    id: &'static str,
    level: Level,
    demand: &'static str,
    run: fn(&FileUnderTest) -> Checked,
) -> Case {
    Case { id, level, kinds: &[], demand, run: Run::File(run) }
}

const fn component(
    id: &'static str,
    level: Level,
    kinds: &'static [ComponentKind],
    demand: &'static str,
    run: fn(&Subject) -> Checked,
) -> Case {
    Case { id, level, kinds, demand, run: Run::Component(run) }
}

const ALL: &[ComponentKind] = &[ComponentKind::Reader, ComponentKind::Algorithm, ComponentKind::Tool];
const BATCHES: &[ComponentKind] = &[ComponentKind::Algorithm, ComponentKind::Tool];
const ALGORITHMS: &[ComponentKind] = &[ComponentKind::Algorithm];
const READERS: &[ComponentKind] = &[ComponentKind::Reader];

/// All cases, by level; what closes the way to others comes first.
pub const CASES: [&[Case]; 9] = [
    manifest::CASES,
    properties::CASES,
    lifecycle::CASES,
    threads::CASES,
    ownership::CASES,
    data::CASES,
    partials::CASES,
    errors::CASES,
    reader::CASES,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_demands_are_one_sentence() {
        let all: Vec<&Case> = CASES.iter().flat_map(|group| group.iter()).collect();
        assert!(all.len() >= 40, "{}", all.len());
        for (index, case) in all.iter().enumerate() {
            assert!(all[..index].iter().all(|other| other.id != case.id), "{}", case.id);
            assert!(case.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", case.id);
            assert!(
                case.demand.ends_with('.') && !case.demand.trim_end_matches('.').contains(". "),
                "{}",
                case.id
            );
        }
    }
}
