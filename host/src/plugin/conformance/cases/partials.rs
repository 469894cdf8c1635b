//! What an algorithm accumulates: merge, save, load.

use super::{ALGORITHMS, Case, Level, component};
use crate::plugin::component::Owned;
use crate::plugin::conformance::batches::{Random, Rows, Shape};
use crate::plugin::conformance::lives::AlgorithmLife;
use crate::plugin::conformance::subject::Subject;
use crate::plugin::conformance::{Checked, Stop, ensure, failed};
use crate::plugin::manifest::PartialPromise;
use arrow::array::RecordBatch;

pub(super) const CASES: &[Case] = &[
    component(
        "partial-merge-splits",
        Level::Partials,
        ALGORITHMS,
        "Partials of any split, merged in order in any grouping, give what one partial gives: bit for bit where the \
         manifest says exact, within its bound elsewhere.",
        splits,
    ),
    component(
        "partial-merge-empty",
        Level::Partials,
        ALGORITHMS,
        "Merging with an empty partial, on either side, changes nothing.",
        merge_empty,
    ),
    component(
        "partial-save-load",
        Level::Partials,
        ALGORITHMS,
        "A partial that was saved and loaded gives what the original gives.",
        save_load,
    ),
    component(
        "partial-save-repeatable",
        Level::Partials,
        ALGORITHMS,
        "Saving a partial twice gives the same bytes and changes nothing.",
        save_twice,
    ),
    component(
        "partial-damaged",
        Level::Partials,
        ALGORITHMS,
        "Loading bytes that are cut short or too long is an error, and loading any bytes does no harm.",
        damaged,
    ),
    component(
        "partial-bytes-told",
        Level::Partials,
        ALGORITHMS,
        "The size of a partial is told, and for a null partial the size to expect.",
        bytes_told,
    ),
];

/// Calls that a partial sees in one of the cases; more than four only in that of the splits.
const CHUNKS: usize = 12;

struct Work<'a> {
    life: AlgorithmLife<'a>,
    instance: Owned,
    chunks: Vec<RecordBatch>,
}

impl Work<'_> {
    /// A partial of some of the chunks; what execute emits is not looked at.
    fn partial(&self, chunks: std::ops::Range<usize>) -> Result<Owned, Stop> {
        let partial = self.life.partial()?;
        let partial = partial.ok_or_else(|| Stop::Skipped("it accumulates nothing".into()))?;
        for chunk in &self.chunks[chunks] {
            self.life.execute(&self.instance, Some(&partial), std::slice::from_ref(chunk))?;
        }
        self.life.desk.take_emitted();
        Ok(partial)
    }

    /// What finalize emits.
    fn rows(&self, partial: &Owned) -> Result<Rows, Stop> {
        self.life.finalize(Some(partial))?;
        Rows::of(&self.life.outputs, &self.life.desk.take_emitted()).map_err(|e| failed(e.to_string()))
    }
}

/// Runs `body` with a component of its own.
fn with<T>(subject: &Subject, body: impl FnOnce(&Work<'_>) -> Result<T, Stop>) -> Result<T, Stop> {
    let desk = subject.desk();
    let whole = subject.batch(Shape::new(10 * CHUNKS, subject.seed))?;
    let life = AlgorithmLife::ready(subject, &desk, &[whole.schema()])?;
    if !life.accumulates() {
        return Err(Stop::Skipped("it accumulates nothing".into()));
    }
    let instance = life.instance()?;
    let chunks = (0..CHUNKS).map(|i| whole.slice(10 * i, 10)).collect();
    body(&Work { life, instance, chunks })
}

fn same(one: &Rows, other: &Rows, what: &str) -> Checked {
    match one.difference(other) {
        Some(difference) => Err(failed(format!("{what}: {difference}"))),
        None => Ok(()),
    }
}

/// The relative bound that a manifest states: its first number, in percent where the sign follows.
fn bound(subject: &Subject) -> Result<Option<f64>, Stop> {
    let PartialPromise::Bound(text) = &subject.spec.partial else { return Ok(None) };
    let start = text.find(|c: char| c.is_ascii_digit() || c == '.');
    let number = start.map(|start| {
        let rest = &text[start..];
        let end = rest.find(|c: char| !(c.is_ascii_digit() || ".eE-+".contains(c))).unwrap_or(rest.len());
        (rest[..end].trim_end_matches(['.', 'e', 'E', '-', '+']).parse::<f64>(), rest[end..].trim_start())
    });
    match number {
        Some((Ok(number), rest)) => Ok(Some(if rest.starts_with('%') { number / 100.0 } else { number })),
        _ => Err(Stop::Skipped(format!("the bound `{text}` of its partials names no number"))),
    }
}

fn splits(subject: &Subject) -> Checked {
    let bound = bound(subject)?;
    let one = with(subject, |work| work.rows(&work.partial(0..CHUNKS)?))?;
    let mut random = Random::new(subject.seed);
    let every: Vec<usize> = (1..CHUNKS).collect();
    let mut all = vec![vec![1], vec![CHUNKS - 1], vec![CHUNKS / 2], vec![4, 8], every];
    for _ in 0..if subject.thorough { 200 } else { 4 } {
        all.push((1..CHUNKS).filter(|_| random.below(3) == 0).collect());
    }
    for cuts in all {
        for grouping in ["from the left", "from the right", "as a tree"] {
            let merged = with(subject, |work| {
                let starts = std::iter::once(0).chain(cuts.iter().copied());
                let ends = cuts.iter().copied().chain([CHUNKS]);
                let parts = starts.zip(ends).map(|(start, end)| work.partial(start..end));
                let parts = parts.collect::<Result<Vec<_>, _>>()?;
                work.rows(&merge(&work.life, parts, grouping)?)
            })?;
            if let Some(difference) = one.compare(&merged, bound) {
                return Err(failed(format!("cut at chunks {cuts:?}, merged {grouping}: {difference}")));
            }
        }
    }
    Ok(())
}

/// Merges partials in order.
fn merge(life: &AlgorithmLife<'_>, mut parts: Vec<Owned>, grouping: &str) -> Result<Owned, Stop> {
    while parts.len() > 1 {
        match grouping {
            "from the left" => {
                let from = parts.remove(1);
                life.merge(&parts[0], from)?;
            }
            "from the right" => {
                let from = parts.remove(parts.len() - 1);
                life.merge(&parts[parts.len() - 1], from)?;
            }
            _ => {
                let mut pairs = Vec::new();
                let mut rest = parts.into_iter();
                while let Some(into) = rest.next() {
                    if let Some(from) = rest.next() {
                        life.merge(&into, from)?;
                    }
                    pairs.push(into);
                }
                parts = pairs;
            }
        }
    }
    parts.pop().ok_or_else(|| failed("no partial to merge"))
}

fn merge_empty(subject: &Subject) -> Checked {
    let one = with(subject, |work| work.rows(&work.partial(0..3)?))?;
    let behind = with(subject, |work| {
        let partial = work.partial(0..3)?;
        work.life.merge(&partial, work.partial(0..0)?)?;
        work.rows(&partial)
    })?;
    same(&one, &behind, "an empty partial merged into a full one")?;
    let before = with(subject, |work| {
        let partial = work.partial(0..0)?;
        work.life.merge(&partial, work.partial(0..3)?)?;
        work.rows(&partial)
    })?;
    same(&one, &before, "a full partial merged into an empty one")
}

/// The partial that saved bytes give.
fn loaded(work: &Work<'_>, bytes: &[u8]) -> Result<Owned, Stop> {
    let (said, partial) = work.life.load(bytes)?;
    said.ok("load_partial")?;
    partial.ok_or_else(|| failed("load_partial returned ARTEMIS_OK"))
}

fn save_load(subject: &Subject) -> Checked {
    for chunks in [0..1, 1..4] {
        let one = with(subject, |work| work.rows(&work.partial(chunks.clone())?))?;
        let again = with(subject, |work| {
            let bytes = work.life.save(&work.partial(chunks.clone())?)?;
            work.rows(&loaded(work, &bytes)?)
        })?;
        same(&one, &again, &format!("a partial of {} chunks, saved and loaded", chunks.len()))?;
    }
    Ok(())
}

fn save_twice(subject: &Subject) -> Checked {
    let one = with(subject, |work| work.rows(&work.partial(0..3)?))?;
    let saved = with(subject, |work| {
        let partial = work.partial(0..3)?;
        let (first, second) = (work.life.save(&partial)?, work.life.save(&partial)?);
        ensure(first == second, || "the bytes of two saves differ".into())?;
        work.rows(&partial)
    })?;
    same(&one, &saved, "not saved and saved")
}

fn damaged(subject: &Subject) -> Checked {
    with(subject, |work| {
        let bytes = work.life.save(&work.partial(0..3)?)?;
        if bytes.is_empty() {
            return Err(Stop::Skipped("it saves no bytes".into()));
        }
        let refused = |bytes: &[u8], what: String| {
            let (said, _) = work.life.load(bytes)?;
            said.sound("load_partial")?;
            ensure(!said.is_ok(), || format!("load_partial takes {what}"))
        };
        let step = (bytes.len() / 64).max(1);
        for length in (0..bytes.len()).step_by(step) {
            refused(&bytes[..length], format!("the first {length} of {} bytes", bytes.len()))?;
        }
        refused(&[bytes.as_slice(), &[0]].concat(), "a byte too many".into())?;
        let mut random = Random::new(subject.seed);
        for _ in 0..if subject.thorough { 20_000 } else { 300 } {
            let mut bent = bytes.clone();
            for _ in 0..=random.below(3) {
                let at = random.below(bent.len() as u64) as usize;
                bent[at] ^= 1 << random.below(8);
            }
            let (said, _) = work.life.load(&bent)?;
            said.sound("load_partial")?;
        }
        Ok(())
    })
}

fn bytes_told(subject: &Subject) -> Checked {
    with(subject, |work| {
        let partial = work.partial(0..2)?;
        // A partial lies in memory; a size of petabytes is none.
        const MOST: u64 = 1 << 50;
        for (what, bytes) in [
            ("to expect", work.life.partial_bytes(None)?),
            ("of a partial", work.life.partial_bytes(Some(&partial))?),
        ] {
            ensure(bytes < MOST, || format!("the size {what} is {bytes} bytes"))?;
        }
        Ok(())
    })
}
