//! The parts of one partition. Messages arrive in any order and are written in theirs; whoever finds nobody writing
//! writes all that are next.

use super::ipc::{Encoder, Message};
use crate::store::{Algorithm, ContentHasher, ContentId};
use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::ipc::Block;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};

/// Encoded batches that wait for an earlier one at most; then their workers wait too.
const QUEUE_MAX: usize = 8;
/// Small pieces of a message are gathered to writes of this size, in bytes.
const WRITE_BYTES: usize = 256 << 10;

/// How a partition is written.
#[derive(Clone, Debug)]
pub struct WriterOptions {
    /// Directory of its parts; it exists.
    pub dir: PathBuf,
    /// A part is closed before it grows beyond this, in bytes, but holds at least one batch.
    pub file_bytes: u64,
    /// Hash of data files.
    pub algorithm: Algorithm,
    /// Parts are flushed to the disk when they are closed.
    pub durable: bool,
}

/// A part file that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartWritten {
    /// Where it lies.
    pub path: PathBuf,
    /// Its hash.
    pub id: ContentId,
    /// Its rows.
    pub rows: u64,
    /// Its batches.
    pub batches: u64,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Why a partition cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The file system refuses.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A batch has no form in a file.
    #[error("cannot encode a batch: {0}")]
    Encode(#[from] ArrowError),
}

/// Writes one partition.
pub struct PartitionWriter {
    encoder: Encoder,
    options: WriterOptions,
    queue: Mutex<Queue>,
    moved: Condvar,
    sink: Mutex<Sink>,
}

#[derive(Default)]
struct Queue {
    waiting: BTreeMap<u64, Message>,
    next: u64,
    is_writing: bool,
    failed: bool,
}

#[derive(Default)]
struct Sink {
    open: Option<OpenPart>,
    written: Vec<PartWritten>,
}

struct OpenPart {
    path: PathBuf,
    file: BufWriter<File>,
    hasher: ContentHasher,
    offset: u64,
    blocks: Vec<Block>,
    rows: u64,
}

impl PartitionWriter {
    /// A writer without parts.
    pub fn new(encoder: Encoder, options: WriterOptions) -> Self {
        Self { encoder, options, queue: Mutex::default(), moved: Condvar::new(), sink: Mutex::default() }
    }

    /// Schema of the batches.
    pub fn schema(&self) -> &arrow::datatypes::SchemaRef {
        self.encoder.schema()
    }

    /// Encodes a batch and writes it once all earlier ones are written.
    ///
    /// # Errors
    /// When it cannot be encoded or written.
    pub fn write(&self, index: u64, batch: &RecordBatch) -> Result<(), WriteError> {
        let message = self.encoder.encode(batch)?;
        let lost = FailOnDrop(Some(self));
        let outcome = self.enqueue(index, message);
        if outcome.is_ok() {
            lost.disarm();
        }
        outcome
    }

    /// A batch will never come: nobody waits for it any more.
    pub fn fail(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).failed = true;
        self.moved.notify_all();
    }

    fn enqueue(&self, index: u64, message: Message) -> Result<(), WriteError> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        // The batch that is next never waits, so that somebody always writes.
        while queue.waiting.len() >= QUEUE_MAX && index != queue.next && !queue.failed {
            queue = self.moved.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        if queue.failed {
            // The failure itself is told by whoever met it.
            return Ok(());
        }
        queue.waiting.insert(index, message);
        if queue.is_writing {
            return Ok(());
        }
        queue.is_writing = true;
        let mut outcome = Ok(());
        loop {
            let next = queue.next;
            let Some(message) = queue.waiting.remove(&next).filter(|_| outcome.is_ok()) else { break };
            drop(queue);
            let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
            outcome = self.append(&mut sink, message);
            drop(sink);
            queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.next += 1;
            self.moved.notify_all();
        }
        queue.is_writing = false;
        if outcome.is_err() {
            queue.failed = true;
            self.moved.notify_all();
        }
        outcome
    }

    /// Closes the last part and gives all of them. A partition without rows has one part without batches, so that
    /// its schema can be opened.
    ///
    /// # Errors
    /// When the last part cannot be written.
    pub fn finish(self) -> Result<Vec<PartWritten>, WriteError> {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        if sink.open.is_none() && sink.written.is_empty() {
            sink.open = Some(self.open(0)?);
        }
        self.close(&mut sink)?;
        Ok(std::mem::take(&mut sink.written))
    }

    fn append(&self, sink: &mut Sink, message: Message) -> Result<(), WriteError> {
        let is_full = |part: &OpenPart| {
            !part.blocks.is_empty() && part.offset + message.bytes() > self.options.file_bytes
        };
        if sink.open.as_ref().is_some_and(is_full) {
            self.close(sink)?;
        }
        if sink.open.is_none() {
            sink.open = Some(self.open(sink.written.len())?);
        }
        let Some(part) = &mut sink.open else { return Ok(()) };
        part.blocks.push(message.block(part.offset));
        part.rows += message.rows;
        message.buffers.iter().try_for_each(|buffer| part.put(buffer))
    }

    fn open(&self, index: usize) -> Result<OpenPart, WriteError> {
        let path = self.options.dir.join(format!("part-{index:05}.arrow"));
        let file = File::create_new(&path).map_err(|source| io_error(&path, source))?;
        let mut part = OpenPart {
            path,
            file: BufWriter::with_capacity(WRITE_BYTES, file),
            hasher: ContentHasher::new(self.options.algorithm),
            offset: 0,
            blocks: Vec::new(),
            rows: 0,
        };
        part.put(&self.encoder.front()?)?;
        Ok(part)
    }

    fn close(&self, sink: &mut Sink) -> Result<(), WriteError> {
        let Some(mut part) = sink.open.take() else { return Ok(()) };
        part.put(&self.encoder.back(&part.blocks))?;
        let OpenPart { path, file, hasher, offset, blocks, rows } = part;
        let file = file.into_inner().map_err(|e| io_error(&path, e.into_error()))?;
        if self.options.durable {
            file.sync_all().map_err(|source| io_error(&path, source))?;
        }
        let batches = blocks.len() as u64;
        sink.written.push(PartWritten { path, id: hasher.finish(), rows, batches, bytes: offset });
        Ok(())
    }
}

/// Wakes those who wait for a batch whose write did not come to its end, by error or panic.
struct FailOnDrop<'a>(Option<&'a PartitionWriter>);

impl FailOnDrop<'_> {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for FailOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(writer) = self.0 {
            writer.fail();
        }
    }
}

impl OpenPart {
    fn put(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.hasher.update(bytes);
        self.offset += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|source| io_error(&self.path, source))
    }
}

fn io_error(path: &Path, source: io::Error) -> WriteError {
    WriteError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writer::Compression;
    use arrow::array::Int64Array;
    use arrow::datatypes::{DataType, Field, Schema};
    use arrow::ipc::reader::FileReader;
    use std::sync::Arc;

    fn batch(start: i64, rows: i64) -> RecordBatch {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
        RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from_iter_values(start..start + rows))])
            .unwrap()
    }

    fn writer(dir: &Path, file_bytes: u64) -> PartitionWriter {
        let encoder = Encoder::new(batch(0, 1).schema(), Compression::None).unwrap();
        let options =
            WriterOptions { dir: dir.to_owned(), file_bytes, algorithm: Algorithm::Blake3, durable: false };
        PartitionWriter::new(encoder, options)
    }

    fn rows(parts: &[PartWritten]) -> Vec<Vec<usize>> {
        let read = |part: &PartWritten| {
            let bytes = std::fs::read(&part.path).unwrap();
            assert_eq!(ContentId::of(Algorithm::Blake3, &bytes), part.id);
            assert_eq!(bytes.len() as u64, part.bytes);
            let reader = FileReader::try_new(io::Cursor::new(bytes), None).unwrap();
            reader.map(|batch| batch.unwrap().num_rows()).collect()
        };
        parts.iter().map(read).collect()
    }

    #[test]
    fn batches_that_arrive_in_any_order_are_written_in_theirs() {
        let dir = tempfile::tempdir().unwrap();
        let writer = writer(dir.path(), u64::MAX);
        std::thread::scope(|scope| {
            for start in 0..4 {
                let writer = &writer;
                scope.spawn(move || {
                    for index in (start..40).step_by(4) {
                        writer.write(index, &batch(index as i64, index as i64 + 1)).unwrap();
                    }
                });
            }
        });
        let parts = writer.finish().unwrap();
        assert_eq!(rows(&parts), vec![(1..=40).collect::<Vec<_>>()]);
    }

    #[test]
    fn a_part_is_closed_at_its_size_and_none_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        let writer = writer(dir.path(), 4096);
        (0..5).for_each(|i| writer.write(i, &batch(0, 200)).unwrap());
        let parts = writer.finish().unwrap();
        assert_eq!(rows(&parts), vec![vec![200, 200], vec![200, 200], vec![200]]);
        assert!(parts[0].path.ends_with("part-00000.arrow"));
    }

    #[test]
    fn a_partition_without_rows_has_one_part_with_its_schema() {
        let dir = tempfile::tempdir().unwrap();
        let parts = writer(dir.path(), 4096).finish().unwrap();
        assert_eq!(rows(&parts), vec![Vec::<usize>::new()]);
        assert_eq!(parts[0].rows, 0);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_an_error_with_its_path() {
        let dir = tempfile::tempdir().unwrap();
        let writer = writer(&dir.path().join("missing"), 4096);
        let error = writer.write(0, &batch(0, 1)).unwrap_err().to_string();
        assert!(error.contains("missing/part-00000.arrow"), "{error}");
    }
}
