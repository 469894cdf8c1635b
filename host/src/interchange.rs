//! Stores of the Python framework: reading one in, writing one out, and running its jobs.
//!
//! Its layout is flat: one folder whose file names say what each file is ([`name`]), beside one record that lists all
//! objects. Ids there are random and the addresses those of the machine that made it. Here every file is kept as it
//! was, under the hash of its bytes; the old ids stay as aliases, and the addresses as facts that resolve to nothing.
//!
//! | module | what it does |
//! |---|---|
//! | [`name`] | the names of the layout, read and written |
//! | `read` | a folder of such files, none of which is trusted |
//! | `import` | what was read becomes objects, datasets and aliases |
//! | `export` | imported datasets as they were, own ones in the same form |
//! | [`framework`] | a menu and a configuration of the framework as a job of this host |

mod arrow_file;
mod error;
mod export;
pub mod framework;
mod import;
pub mod name;
mod read;

pub use error::{ExportError, ImportError};
pub use export::{Exported, ExportedDataset, Which, export};
pub use import::{Imported, ImportedDataset, import};
pub use read::LeftOut;
