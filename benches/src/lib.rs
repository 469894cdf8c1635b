//! Inputs by seed and one peer for the comparison of whole processes.
//!
//! 1. `generate` writes `people.csv`, `numbers.csv` or `wide.csv` of any size ([`table`], [`random`]).
//! 2. `arrow_csv_ranges` is the peer closest to the host: arrow-csv on exact byte ranges ([`ranges`]).
//! 3. `boundary` measures what a batch costs on its way through a plugin and back.
//! 4. `compare.py` runs the host and its peers in turns and prints the ratios.

pub mod random;
pub mod ranges;
pub mod size;
pub mod table;
