//! How the memory of a job is divided, before it starts. Nothing here changes an output byte.

use crate::menu::units::format_bytes;

/// What the program itself takes: code, libraries, stacks, metadata. In bytes.
const BASE_BYTES: u64 = 40 << 20;
/// Chunks in flight per worker beyond which more is of no use.
const CHUNKS_PER_WORKER: u64 = 16;

/// What a plan needs.
#[derive(Clone, Copy, Debug)]
pub struct Needs {
    /// Upper bound of the job.
    pub max_memory_bytes: u64,
    /// Workers.
    pub workers: u64,
    /// Length of a block.
    pub block_bytes: u64,
    /// Chunks of a run.
    pub run_chunks: u64,
    /// Batches in memory per byte of input: of the reader and of all leaves.
    pub expansion: f64,
    /// Sum over the leaves of the size of one stored batch.
    pub leaf_batch_bytes: u64,
    /// The largest stored batch of a leaf.
    pub largest_batch_bytes: u64,
    /// Partials of one run, in bytes.
    pub partial_bytes: u64,
}

impl Needs {
    /// Bytes of input that may be on their way at a time.
    ///
    /// # Errors
    /// When the bound does not hold the plan, in words that say what to change.
    pub fn window_bytes(&self) -> Result<u64, String> {
        // Every leaf holds up to one batch that fills; every worker puts one together and encodes it.
        let leaves = self.leaf_batch_bytes.saturating_mul(3) / 2;
        let encoding = self.largest_batch_bytes.saturating_mul(2).saturating_mul(self.workers);
        // One partial per worker, and one per level of the merge tree.
        let partials = self.partial_bytes.saturating_mul(self.workers + 16);
        let fixed = BASE_BYTES.saturating_add(leaves).saturating_add(encoding).saturating_add(partials);
        let per_byte = 1.0 + self.expansion.max(1.0);
        let least = self.block_bytes.saturating_mul(self.run_chunks + 1);
        let needed = fixed.saturating_add((least as f64 * per_byte) as u64);
        if needed > self.max_memory_bytes {
            return Err(format!(
                "max_memory = \"{}\" does not hold this plan: it needs about {} ({} for the program, {} for the \
                 batches of the leaves, {} for partials, {} for chunks); raise max_memory, or lower block_bytes, \
                 rows_per_batch or the number of workers",
                format_bytes(self.max_memory_bytes),
                rounded(needed),
                rounded(BASE_BYTES),
                rounded(leaves + encoding),
                rounded(partials),
                rounded(needed - fixed),
            ));
        }
        let room = ((self.max_memory_bytes - fixed) as f64 / per_byte) as u64;
        let useful =
            self.block_bytes.saturating_mul(CHUNKS_PER_WORKER.max(self.run_chunks + 1) * self.workers);
        Ok(room.min(useful).max(least))
    }
}

fn rounded(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: Needs = Needs {
        max_memory_bytes: 256 << 20,
        workers: 2,
        block_bytes: 1 << 20,
        run_chunks: 1,
        expansion: 3.0,
        leaf_batch_bytes: 16 << 20,
        largest_batch_bytes: 8 << 20,
        partial_bytes: 0,
    };

    #[test]
    fn the_window_follows_from_the_bound_and_is_capped_by_use() {
        let window = NEEDS.window_bytes().unwrap();
        assert_eq!(window, 32 << 20);
        let small = Needs { max_memory_bytes: 128 << 20, ..NEEDS }.window_bytes().unwrap();
        assert!(small < window && small >= 2 << 20);
    }

    #[test]
    fn a_plan_that_cannot_fit_says_what_to_change() {
        let error = Needs { max_memory_bytes: 64 << 20, ..NEEDS }.window_bytes().unwrap_err();
        assert!(error.contains("64 MiB") && error.contains("raise max_memory"), "{error}");
        assert!(Needs { block_bytes: 1 << 62, run_chunks: 64, ..NEEDS }.window_bytes().is_err());
    }
}
