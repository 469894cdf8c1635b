//! One input on its way: cells come in order, chunks of whole records leave, bytes are hashed as they pass.

use super::footer::{Footer, Held};
use super::{Cut, IngestError, Span};
use crate::catalog::FileStamp;
use crate::chunk::{ChunkBytes, Pool};
use crate::datum::Datum;
use crate::split::{Block, Hopper, Stitcher, Summary};
use crate::store::{Algorithm, ContentHasher, ContentId};
use std::collections::VecDeque;
use std::sync::Arc;

/// The bytes of a block, with its place.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// Where the block lies and which records it holds.
    pub block: Block,
    /// Its bytes.
    pub bytes: Arc<ChunkBytes>,
    /// The last chunk of its datum.
    pub is_last: bool,
}

/// Consecutive chunks of one input: the unit of scheduling and of partials.
#[derive(Debug)]
pub struct Run {
    /// Position of the input in the engine's list.
    pub datum: usize,
    /// Index of the run within the datum.
    pub index: u64,
    /// The chunks, in order.
    pub chunks: Vec<Chunk>,
}

/// An input that was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatumEnd {
    /// Position of the input in the engine's list.
    pub datum: usize,
    /// Hash of all its bytes, header and footer too.
    pub id: Option<ContentId>,
    /// The state of the file that these bytes were.
    pub stamp: FileStamp,
    /// The blocks as (offset, length), in bytes.
    pub blocks: Vec<(u64, u64)>,
    /// Records in it.
    pub records: u64,
    /// Runs that it was cut into.
    pub runs: u64,
}

/// A cell that was read and scanned.
pub(super) struct Cell {
    pub(super) bytes: Vec<u8>,
    pub(super) summary: Option<Summary>,
}

/// The state of one input between cells.
pub(super) struct Lane {
    position: usize,
    datum: Arc<Datum>,
    pool: Arc<Pool>,
    run_chunks: usize,
    hasher: Option<ContentHasher>,
    cutter: Cutter,
    /// Offset of the next cell.
    offset: u64,
    /// Where the last run that left ends.
    left_at: u64,
    span_end: u64,
    footer_bytes: u64,
    run: Vec<Chunk>,
    runs: u64,
    records: u64,
    blocks: Vec<(u64, u64)>,
    limit_bytes: u64,
    /// Blocks that may be footer.
    footer: Option<Footer>,
}

enum Cutter {
    /// Blocks that end somewhere within a cell.
    Found { finder: Finder, open: Option<Open> },
    /// Blocks that are cells.
    Fixed { record_bytes: u64 },
}

/// What finds the blocks, cell by cell.
enum Finder {
    Text(Stitcher),
    Prefixed(Hopper),
}

impl Finder {
    /// Takes the next cell; gives the block that it completes.
    fn push(&mut self, cell: &Cell) -> Result<Option<Block>, String> {
        match self {
            Self::Text(stitcher) => Ok(cell.summary.as_ref().and_then(|summary| stitcher.push(summary))),
            Self::Prefixed(hopper) => hopper.push(&cell.bytes).map_err(|e| e.to_string()),
        }
    }

    /// Bytes since the last place where a block could start.
    fn open_bytes(&self) -> u64 {
        match self {
            Self::Text(stitcher) => stitcher.open_line_bytes(),
            Self::Prefixed(hopper) => hopper.open_bytes(),
        }
    }

    /// The input ended; gives the last block. `Err` has the error of an input of this name.
    fn finish(self, name: &str) -> Result<Option<Block>, IngestError> {
        let name = || name.to_owned();
        match self {
            Self::Text(stitcher) => {
                let end = stitcher.finish();
                match end.open_quote {
                    Some(offset) => Err(IngestError::OpenQuote { name: name(), offset }),
                    None => Ok(end.last),
                }
            }
            Self::Prefixed(hopper) => {
                hopper.finish().map_err(|e| IngestError::Frame { name: name(), reason: e.to_string() })
            }
        }
    }
}

/// The bytes of a block that is not complete yet.
struct Open {
    buffer: Vec<u8>,
    start: usize,
}

impl Lane {
    /// A lane at the start of an input. `limit_bytes` bounds one record.
    #[allow(clippy::too_many_arguments)] // All of them are the lane's own for its life.
    pub(super) fn new(
        position: usize,
        datum: Arc<Datum>,
        cut: &Cut,
        span: &Span,
        pool: Arc<Pool>,
        run_chunks: usize,
        hash: Option<Algorithm>,
        limit_bytes: u64,
    ) -> Self {
        let hasher = hash.map(|algorithm| {
            let mut hasher = ContentHasher::new(algorithm);
            hasher.update(&span.head);
            hasher
        });
        let found = |finder| (Cutter::Found { finder, open: None }, 0);
        let (cutter, footer_bytes) = match cut {
            Cut::Delimited { .. } => found(Finder::Text(Stitcher::new(span.start))),
            Cut::Prefixed(prefix) => found(Finder::Prefixed(Hopper::new(*prefix, span.start))),
            Cut::Fixed(fixed) => (Cutter::Fixed { record_bytes: fixed.record_bytes }, fixed.footer_bytes),
        };
        let footer = match cut {
            Cut::Delimited { scanner, footer_records, .. } if *footer_records > 0 => {
                Some(Footer::new(*scanner.dialect(), *footer_records))
            }
            _ => None,
        };
        Self {
            position,
            datum,
            pool,
            run_chunks: run_chunks.max(1),
            hasher,
            cutter,
            offset: span.start,
            left_at: span.start,
            span_end: span.end,
            footer_bytes,
            run: Vec::new(),
            runs: 0,
            records: 0,
            blocks: Vec::new(),
            limit_bytes,
            footer,
        }
    }

    /// Takes the next cell; gives the runs that it completes: one at most, but for inputs with a footer.
    pub(super) fn push(&mut self, cell: Cell) -> Result<Vec<Run>, IngestError> {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&cell.bytes);
        }
        let (offset, length) = (self.offset, cell.bytes.len() as u64);
        self.offset += length;
        match &mut self.cutter {
            Cutter::Fixed { record_bytes } => {
                let records = length / *record_bytes;
                let index = self.blocks.len() as u64;
                let block = Block { index, offset, length, first_record: self.records, records };
                let run = self.add(block, cell.bytes, 0, offset + length >= self.span_end);
                Ok(run.into_iter().collect())
            }
            Cutter::Found { finder, open } => {
                let complete = finder
                    .push(&cell)
                    .map_err(|reason| IngestError::Frame { name: self.datum.name.clone(), reason })?;
                if finder.open_bytes() > self.limit_bytes {
                    return Err(IngestError::RecordTooLong {
                        name: self.datum.name.clone(),
                        offset: offset + length - finder.open_bytes(),
                        limit_bytes: self.limit_bytes,
                    });
                }
                match (open.take(), complete) {
                    (None, _) => {
                        *open = Some(Open { buffer: cell.bytes, start: 0 });
                        Ok(Vec::new())
                    }
                    (Some(mut block), None) => {
                        block.buffer.extend_from_slice(&cell.bytes);
                        self.pool.give_back(cell.bytes);
                        *open = Some(block);
                        Ok(Vec::new())
                    }
                    (Some(mut done), Some(block)) => {
                        let start = (block.offset + block.length - offset) as usize;
                        done.buffer.extend_from_slice(&cell.bytes[..start]);
                        *open = Some(Open { buffer: cell.bytes, start });
                        Ok(self.pass(Held { block, buffer: done.buffer, start: done.start }))
                    }
                }
            }
        }
    }

    /// Passes a block on that is not the last one, by way of the footer where there is one.
    fn pass(&mut self, held: Held) -> Vec<Run> {
        let Some(footer) = &mut self.footer else {
            return self.add(held.block, held.buffer, held.start, false).into_iter().collect();
        };
        footer.push(held);
        let freed: Vec<Held> = std::iter::from_fn(|| footer.pop()).collect();
        freed.into_iter().filter_map(|h| self.add(h.block, h.buffer, h.start, false)).collect()
    }

    /// The input ended: gives the last runs and what there is to say of the whole.
    pub(super) fn finish(mut self) -> Result<(Vec<Run>, DatumEnd), IngestError> {
        let datum = self.datum.clone();
        let name = || datum.name.clone();
        let mut last = VecDeque::new();
        if let Cutter::Found { finder, open } =
            std::mem::replace(&mut self.cutter, Cutter::Fixed { record_bytes: 1 })
            && let (Some(block), Some(open)) = (finder.finish(&datum.name)?, open)
        {
            last.push_back(Held { block, buffer: open.buffer, start: open.start });
        }
        if let Some(mut footer) = self.footer.take() {
            last.into_iter().for_each(|held| footer.push(held));
            last = footer.finish();
        }
        let count = last.len();
        let mut runs: Vec<Run> = Vec::new();
        for (i, held) in last.into_iter().enumerate() {
            runs.extend(self.add(held.block, held.buffer, held.start, i + 1 == count));
        }
        let failed = |source| IngestError::Read { name: name(), source };
        if let Some(hasher) = &mut self.hasher
            && self.footer_bytes > 0
        {
            let mut footer = vec![0; self.footer_bytes as usize];
            self.datum.read_at(&mut footer, self.span_end).map_err(failed)?;
            hasher.update(&footer);
        }
        self.datum.check_unchanged().map_err(failed)?;
        self.datum.close();
        runs.extend(self.close_run());
        let end = DatumEnd {
            datum: self.position,
            id: self.hasher.map(ContentHasher::finish),
            stamp: datum.stamp.clone(),
            blocks: self.blocks,
            records: self.records,
            runs: self.runs,
        };
        Ok((runs, end))
    }

    /// Runs that left the lane.
    pub(super) fn runs(&self) -> u64 {
        self.runs
    }

    /// Bytes that were pushed and have not left with a run.
    pub(super) fn held_bytes(&self) -> u64 {
        self.offset - self.left_at
    }

    fn add(&mut self, block: Block, buffer: Vec<u8>, start: usize, is_last: bool) -> Option<Run> {
        self.records += block.records;
        self.blocks.push((block.offset, block.length));
        let bytes = Arc::new(ChunkBytes::of_buffer(buffer, start, Some(self.pool.clone())));
        self.run.push(Chunk { block, bytes, is_last });
        if self.run.len() >= self.run_chunks || is_last { self.close_run() } else { None }
    }

    fn close_run(&mut self) -> Option<Run> {
        if self.run.is_empty() {
            return None;
        }
        let index = self.runs;
        self.runs += 1;
        self.left_at = self.run.last().map_or(self.left_at, |c| c.block.offset + c.block.length);
        Some(Run { datum: self.position, index, chunks: std::mem::take(&mut self.run) })
    }
}
