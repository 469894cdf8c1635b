//! What chunks of one input showed.

use std::collections::BTreeMap;

use crate::header::count_fields;
use crate::infer::Inference;
use crate::options::{CsvError, Options};

/// What chunks of one input showed. Samples merge in any order to the same.
pub struct Sample {
    /// By number of columns. There is more than one entry only where nobody named the columns and the first records
    /// of two chunks have different numbers of fields.
    by_width: BTreeMap<usize, Seen>,
}

struct Seen {
    /// The first block that showed this number of columns.
    first_block: u64,
    inference: Inference,
}

impl Sample {
    /// Looks at a chunk. Without a `width`, its first record tells the number of columns.
    ///
    /// # Errors
    /// [`CsvError::ChunkTooLong`] at 2 GiB and more.
    pub(super) fn of(
        options: &Options,
        width: Option<usize>,
        block: u64,
        chunk: &[u8],
    ) -> Result<Self, CsvError> {
        let mut by_width = BTreeMap::new();
        if let Some(width) = width.or_else(|| count_fields(options, chunk)) {
            let mut inference = Inference::new(width);
            inference.scan(options, chunk)?;
            by_width.insert(width, Seen { first_block: block, inference });
        }
        Ok(Self { by_width })
    }

    /// Adds what another sample has seen.
    pub(super) fn merge(&mut self, other: Self) {
        for (width, seen) in other.by_width {
            match self.by_width.get_mut(&width) {
                None => {
                    self.by_width.insert(width, seen);
                }
                Some(known) => {
                    known.first_block = known.first_block.min(seen.first_block);
                    known.inference.merge(&seen.inference);
                }
            }
        }
    }

    /// What was seen of records with as many columns as the first one of the earliest block has.
    pub(super) fn shown(&self) -> Option<&Inference> {
        let earliest = self.by_width.iter().min_by_key(|(width, seen)| (seen.first_block, **width));
        earliest.map(|(_, seen)| &seen.inference)
    }
}
