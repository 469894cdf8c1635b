//! Part files: batches are encoded on any worker and written in order, a part is closed at a size.

mod ipc;
mod partition;

pub use ipc::{Compression, Encoder};
pub use partition::{PartWritten, PartitionWriter, WriteError, WriterOptions};
