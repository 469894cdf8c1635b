//! `data/<dataset>/README.md`: what the files beside it are, for whoever comes upon them.
//!
//! It is a copy of what the record says, part of no id, and nothing reads it back.

use std::fmt::Write as _;

use super::{Catalog, DatasetRecord, Result, commit::data_prefix};
use crate::store::{Algorithm, ContentId};

/// The file's name.
pub(super) const README: &str = "README.md";
/// The last line, around the hash of all lines above it.
const SEAL: (&str, &str) = ("<!-- ", " -->\n");

impl Catalog {
    /// Writes the file for people. The data does without it, so a failure is no failure of the commit.
    pub(super) fn explain(&self, dataset: &ContentId) {
        let written = || -> Result<()> {
            let record = self.dataset(dataset)?;
            if record.partitions.is_empty() {
                return Ok(());
            }
            let key = format!("{}/{README}", data_prefix(dataset));
            let text = text(&record, self.store_name());
            // A second job of the same recipe has nothing to add.
            if self.store.get(&key).is_ok_and(|there| there == text.as_bytes()) {
                return Ok(());
            }
            Ok(self.store.put(&key, text.as_bytes())?)
        };
        if let Err(e) = written() {
            tracing::warn!("{}/{README} cannot be written: {e}", data_prefix(dataset));
        }
    }
}

/// Whether the text is as it was written.
pub(super) fn is_whole(text: &str) -> bool {
    text.rfind(SEAL.0).is_some_and(|at| text[at..] == seal(&text[..at]))
}

fn seal(above: &str) -> String {
    format!("{}{}{}", SEAL.0, ContentId::of(Algorithm::Blake3, above.as_bytes()), SEAL.1)
}

fn text(record: &DatasetRecord, store: &str) -> String {
    let mut text = format!("# Dataset {}\n\n", record.id.short());
    // Writing to a string cannot fail.
    let _ = writeln!(text, "Data files of the dataset `{}` in the store `{store}`.", record.id);
    text += "They are Arrow IPC files (also called Feather version 2), written by artemis-host. A file is never \
             changed once it is here;\nits hash stands in the store's log, and `artemis-host store verify` checks \
             it.\n\n| partition | rows | bytes | files |\n|---|---:|---:|---|\n";
    for partition in &record.partitions {
        let files = format!("`*/{}/part-*.arrow`, {}", partition.name, partition.parts.len());
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {files} |",
            partition.name,
            partition.rows(),
            partition.bytes()
        );
    }
    let name = record.partitions.first().map_or("", |partition| partition.name.as_str());
    let _ = write!(
        text,
        "\nParts in the order of their path hold the rows in their order. From this directory:\n\n\
         ```python\n\
         import glob, pyarrow as pa, pyarrow.dataset as ds\n\
         files = sorted(glob.glob(\"*/{name}/part-*.arrow\"))\n\
         table = ds.dataset(files, format=\"arrow\").to_table()          # pyarrow\n\n\
         import polars as pl\n\
         frame = pl.scan_ipc(\"*/{name}/part-*.arrow\").collect()        # polars\n\n\
         import duckdb                                                   # DuckDB, through pyarrow\n\
         source = ds.dataset(files, format=\"arrow\")\n\
         duckdb.sql(\"SELECT count(*) FROM source\")\n\
         ```\n\n\
         ```r\n\
         library(arrow)                                                  # R\n\
         files <- sort(Sys.glob(\"*/{name}/part-*.arrow\"))\n\
         table <- open_dataset(files, format = \"arrow\") |> dplyr::collect()\n\
         ```\n\n"
    );
    let seal = seal(&text);
    text + &seal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::testing::{self, commit};

    #[test]
    fn the_file_says_what_lies_beside_it_and_shows_every_flipped_bit() {
        let catalog = testing::catalog();
        let made = commit(&catalog, "recipe", &[("rows", "abc"), ("more", "d")]);
        catalog.commit_dataset(&made).unwrap();
        let key = format!("{}/README.md", data_prefix(&made.dataset));
        let written = catalog.store().get(&key).unwrap();
        let text = String::from_utf8(written.clone()).unwrap();
        for part in ["| `rows` | 3 |", "pyarrow", "polars", "duckdb", "library(arrow)", "*/more/part-*.arrow"]
        {
            assert!(text.contains(part), "{part}:\n{text}");
        }
        assert!(is_whole(&text));
        for bit in 0..8 * written.len() {
            let mut bytes = written.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(!String::from_utf8(bytes).is_ok_and(|text| is_whole(&text)), "bit {bit}");
        }
        // A second job leaves it alone.
        let again = commit(&catalog, "recipe", &[("rows", "abc"), ("more", "d")]);
        catalog.commit_dataset(&again).unwrap();
        assert_eq!(catalog.store().get(&key).unwrap(), written);
    }
}
