//! The Arrow IPC file format: messages encoded apart, so that all cores can, and put together in order.
//!
//! Format: <https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format>.

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::convert::IpcSchemaEncoder;
use arrow::ipc::writer::{IpcWriteOptions, StreamEncoder};
use arrow::ipc::{Block, CompressionType, FooterBuilder, MetadataVersion};
use flatbuffers::FlatBufferBuilder;

/// First and last bytes of a file.
const MAGIC: &[u8; 6] = b"ARROW1";
/// Everything in a file starts at a multiple of this, in bytes.
const ALIGNMENT: usize = 64;
/// A stream's end: the continuation mark and a length of zero.
const END_OF_STREAM: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/// Compression of buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Plain.
    None,
    /// LZ4 frame.
    Lz4,
    /// Zstandard.
    Zstd,
}

/// Encodes batches of one schema.
#[derive(Clone, Debug)]
pub struct Encoder {
    schema: SchemaRef,
    options: IpcWriteOptions,
}

/// An encoded message.
pub(super) struct Message {
    pub(super) buffers: Vec<Buffer>,
    header_bytes: usize,
    body_bytes: usize,
    pub(super) rows: u64,
}

impl Message {
    /// Size in bytes.
    pub(super) fn bytes(&self) -> u64 {
        (self.header_bytes + self.body_bytes) as u64
    }

    /// Its entry in the footer, at an offset.
    pub(super) fn block(&self, offset: u64) -> Block {
        Block::new(offset as i64, self.header_bytes as i32, self.body_bytes as i64)
    }
}

impl Encoder {
    /// An encoder for batches of a schema.
    ///
    /// # Errors
    /// When the compression is not built in, or a type has no form in a file.
    pub fn new(schema: SchemaRef, compression: Compression) -> Result<Self, ArrowError> {
        let options = IpcWriteOptions::try_new(ALIGNMENT, false, MetadataVersion::V5)?;
        let options = options.try_with_compression(match compression {
            Compression::None => None,
            Compression::Lz4 => Some(CompressionType::LZ4_FRAME),
            Compression::Zstd => Some(CompressionType::ZSTD),
        })?;
        StreamEncoder::try_new_with_options(&schema, options.clone())?;
        Ok(Self { schema, options })
    }

    /// Schema of the batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The bytes in front of the first batch: magic and schema.
    pub(super) fn front(&self) -> Result<Vec<u8>, ArrowError> {
        let mut front = vec![0; ALIGNMENT];
        front[..MAGIC.len()].copy_from_slice(MAGIC);
        let stream = StreamEncoder::try_new_with_options(&self.schema, self.options.clone())?.finish()?;
        for buffer in &stream {
            front.extend_from_slice(buffer);
        }
        // What is left of an empty stream without its end is the schema's message.
        front.truncate(front.len() - END_OF_STREAM.len());
        Ok(front)
    }

    /// Encodes a batch; uncompressed buffers are shared, not copied.
    pub(super) fn encode(&self, batch: &RecordBatch) -> Result<Message, ArrowError> {
        let mut stream = StreamEncoder::try_new_with_options(&self.schema, self.options.clone())?;
        // The first call writes the schema too, which the file has in front already.
        stream.encode(&RecordBatch::new_empty(self.schema.clone()))?;
        let buffers = stream.encode(batch)?;
        let total: usize = buffers.iter().map(Buffer::len).sum();
        let prefix: Vec<u8> = buffers.iter().flat_map(|buffer| buffer.iter().copied()).take(8).collect();
        let metadata_bytes = match prefix[..] {
            [0xff, 0xff, 0xff, 0xff, a, b, c, d] => i32::from_le_bytes([a, b, c, d]),
            _ => return Err(ArrowError::IpcError("a message starts without its continuation mark".into())),
        };
        let header_bytes = 8 + metadata_bytes as usize;
        let body_bytes = total
            .checked_sub(header_bytes)
            .ok_or_else(|| ArrowError::IpcError("a message is shorter than its header".into()))?;
        Ok(Message { buffers, header_bytes, body_bytes, rows: batch.num_rows() as u64 })
    }

    /// The bytes behind the last batch: end of stream, footer, magic.
    pub(super) fn back(&self, blocks: &[Block]) -> Vec<u8> {
        let mut builder = FlatBufferBuilder::new();
        let dictionaries = builder.create_vector::<Block>(&[]);
        let batches = builder.create_vector(blocks);
        let schema = IpcSchemaEncoder::new().schema_to_fb_offset(&mut builder, &self.schema);
        let mut footer = FooterBuilder::new(&mut builder);
        footer.add_version(MetadataVersion::V5);
        footer.add_schema(schema);
        footer.add_dictionaries(dictionaries);
        footer.add_recordBatches(batches);
        let footer = footer.finish();
        builder.finish(footer, None);
        let footer = builder.finished_data();
        let mut back = END_OF_STREAM.to_vec();
        back.extend_from_slice(footer);
        back.extend_from_slice(&(footer.len() as i32).to_le_bytes());
        back.extend_from_slice(MAGIC);
        back
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, StringArray};
    use arrow::datatypes::{DataType, Field, Schema};
    use arrow::ipc::reader::FileReader;
    use std::sync::Arc;

    fn batch(start: i64) -> RecordBatch {
        let schema = Arc::new(Schema::new(vec![
            Field::new("n", DataType::Int64, true),
            Field::new("s", DataType::Utf8, true),
        ]));
        let numbers = Int64Array::from_iter((start..start + 100).map(|i| (i % 7 != 0).then_some(i)));
        let texts = StringArray::from_iter((start..start + 100).map(|i| (i % 3 != 0).then(|| i.to_string())));
        RecordBatch::try_new(schema, vec![Arc::new(numbers), Arc::new(texts)]).unwrap()
    }

    fn file(compression: Compression, batches: &[RecordBatch]) -> Vec<u8> {
        let encoder = Encoder::new(batch(0).schema(), compression).unwrap();
        let mut bytes = encoder.front().unwrap();
        let mut blocks = Vec::new();
        for batch in batches {
            let message = encoder.encode(batch).unwrap();
            blocks.push(message.block(bytes.len() as u64));
            message.buffers.iter().for_each(|buffer| bytes.extend_from_slice(buffer));
        }
        bytes.extend(encoder.back(&blocks));
        bytes
    }

    #[test]
    fn the_file_reads_back_as_arrow_reads_it() {
        for compression in [Compression::None, Compression::Lz4, Compression::Zstd] {
            let batches = [batch(0), batch(100).slice(3, 40), batch(200)];
            let bytes = file(compression, &batches);
            let reader = FileReader::try_new(std::io::Cursor::new(bytes), None).unwrap();
            let read: Vec<_> = reader.map(Result::unwrap).collect();
            assert_eq!(read, batches);
        }
    }

    #[test]
    fn a_file_without_batches_keeps_its_schema() {
        let bytes = file(Compression::None, &[]);
        let reader = FileReader::try_new(std::io::Cursor::new(bytes), None).unwrap();
        assert_eq!((reader.num_batches(), reader.schema()), (0, batch(0).schema()));
    }
}
