//! Chunks of an input to look at before the job runs: always the first one, and others by the job's seed from the
//! front of the input, where the record boundaries are known exactly after little reading.

use super::lane::{Cell, Lane};
use super::{Chunk, Cut, IngestError, Span};
use crate::chunk::{ChunkBytes, Pool};
use crate::datum::Datum;
use crate::split::{State, nth_prefixed_end, nth_record_end};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Cells at the front of an input that the sample is taken from.
const FRONT_CELLS: u64 = 32;
/// A record of the sample may be as long as this, in bytes, where the cells are small.
const LONGEST_BYTES: u64 = 64 << 20;

/// Up to `chunks` chunks of an input, cut to `rows` records where given. The same arguments give the same chunks.
///
/// # Errors
/// When the input cannot be read or cut.
pub fn sample_chunks(
    datum: &Arc<Datum>,
    cut: &Cut,
    span: &Span,
    block_bytes: u64,
    chunks: u32,
    rows: Option<u64>,
    seed: u64,
) -> Result<Vec<Chunk>, IngestError> {
    let cell_bytes = cut.cell_bytes(block_bytes);
    let cells = (span.end - span.start).div_ceil(cell_bytes).min(FRONT_CELLS);
    let wanted = choose(cells, chunks, seed.wrapping_add(datum.index as u64));
    let Some(last_wanted) = wanted.last().copied() else { return Ok(Vec::new()) };
    // A record that is longer than the front of the input is met again by the job, which knows its memory.
    let longest = (FRONT_CELLS * cell_bytes).max(LONGEST_BYTES);
    let pool = Pool::new(cell_bytes as usize, 0);
    let mut lane = Some(Lane::new(0, datum.clone(), cut, span, pool, 1, None, longest));
    let (mut offset, mut found) = (span.start, Vec::new());
    while let Some(current) = &mut lane {
        let runs = if offset < span.end {
            let end = cut.cell_end(offset, span.end, cell_bytes);
            let cell = read_cell(datum, cut, offset, end)?;
            offset = end;
            current.push(cell)?
        } else {
            lane.take().map(Lane::finish).transpose()?.map(|(runs, _)| runs).unwrap_or_default()
        };
        for chunk in runs.into_iter().flat_map(|run| run.chunks) {
            if chunk.block.index >= last_wanted {
                lane = None;
            }
            if wanted.contains(&chunk.block.index) {
                found.push(cut_to_rows(chunk, cut, rows));
            }
        }
    }
    Ok(found)
}

fn read_cell(datum: &Datum, cut: &Cut, offset: u64, end: u64) -> Result<Cell, IngestError> {
    let mut bytes = vec![0; (end - offset) as usize];
    datum
        .read_at(&mut bytes, offset)
        .map_err(|source| IngestError::Read { name: datum.name.clone(), source })?;
    Ok(cut.cell(bytes))
}

/// `count` of the first `cells` indices, the first one always.
fn choose(cells: u64, count: u32, seed: u64) -> BTreeSet<u64> {
    let mut chosen: BTreeSet<u64> = (0..cells.min(1)).collect();
    let mut state = seed;
    while (chosen.len() as u64) < cells.min(u64::from(count)) {
        // SplitMix64 (Steele, Lea, Flood 2014): a sequence that is the same everywhere.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        chosen.insert((z ^ (z >> 31)) % cells);
    }
    chosen
}

fn cut_to_rows(mut chunk: Chunk, cut: &Cut, rows: Option<u64>) -> Chunk {
    let Some(rows) = rows else { return chunk };
    let bytes = chunk.bytes.bytes();
    let end = match cut {
        Cut::Delimited { scanner, .. } => {
            nth_record_end(scanner.dialect(), bytes, State::RecordStart, rows).map(|end| (end, rows))
        }
        Cut::Prefixed(prefix) => nth_prefixed_end(*prefix, bytes, rows),
        Cut::Fixed(fixed) => Some((rows.saturating_mul(fixed.record_bytes), rows)),
    };
    let cut_at = end.map(|(end, records)| (end as usize, records));
    if let Some((end, records)) = cut_at.filter(|(end, _)| *end < bytes.len()) {
        let records = chunk.block.records.min(records);
        chunk.block.length = end as u64;
        chunk.block.records = records;
        chunk.bytes = Arc::new(ChunkBytes::copy_of(&bytes[..end]));
        chunk.is_last = false;
    }
    chunk
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_holds_the_first_cell_and_follows_from_the_seed() {
        for cells in 0..40 {
            for count in 0..6 {
                let chosen = choose(cells, count, 7);
                assert_eq!(chosen.contains(&0), cells > 0);
                assert_eq!(chosen, choose(cells, count, 7));
                assert!(chosen.len() as u64 <= cells.min(u64::from(count.max(1))));
            }
        }
    }
}
