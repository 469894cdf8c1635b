//! The frame of a foreign Arrow file: lengths that it claims are compared with its size before anyone makes room for
//! them.

use std::io::{Read, Seek, SeekFrom};

use arrow::ipc::{Block, root_as_footer, root_as_message};

use super::read::Rows;

const MAGIC: &[u8; 6] = b"ARROW1";
/// The footer's length and the closing magic.
const TAIL_BYTES: u64 = 10;
/// The largest footer or message head that is read, in bytes.
const LARGEST_HEAD: u64 = 64 << 20;
/// What stands before a message since Arrow 0.15.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// Counts rows and batches by the heads of the batches; columns are left at zero.
///
/// # Errors
/// Why it is no whole Arrow file, or one that the framework's Arrow (0.14) cannot have written.
pub(super) fn rows(file: &mut (impl Read + Seek)) -> Result<Rows, String> {
    let size = file.seek(SeekFrom::End(0)).map_err(|e| e.to_string())?;
    let tail_at = size.checked_sub(TAIL_BYTES).ok_or("it is too short")?;
    let tail = read_at(file, tail_at, TAIL_BYTES)?;
    if &tail[4..] != MAGIC {
        return Err("it does not end like an Arrow file".to_owned());
    }
    let claimed = i32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]);
    let footer_bytes = u64::try_from(claimed).ok().filter(|bytes| *bytes <= tail_at.min(LARGEST_HEAD));
    let footer_bytes = footer_bytes.ok_or("its footer does not fit into it")?;
    let footer = read_at(file, tail_at - footer_bytes, footer_bytes)?;
    let footer = root_as_footer(&footer).map_err(|e| format!("its footer: {e}"))?;
    let mut rows = Rows::default();
    for block in footer.dictionaries().iter().flatten() {
        head(file, block, tail_at)?;
    }
    for block in footer.recordBatches().iter().flatten() {
        let bytes = head(file, block, tail_at)?;
        let message = root_as_message(&bytes).map_err(|e| format!("a batch: {e}"))?;
        let batch = message.header_as_record_batch().ok_or("a batch is none")?;
        if batch.compression().is_some() {
            return Err("a batch is compressed, which the framework's Arrow did not do".to_owned());
        }
        rows.rows += u64::try_from(batch.length()).map_err(|_| "a batch of less than no rows")?;
        rows.batches += 1;
    }
    Ok(rows)
}

/// The head of a message that lies inside the file, without what stands before it.
fn head(file: &mut (impl Read + Seek), block: &Block, end: u64) -> Result<Vec<u8>, String> {
    let outside = || "a batch does not lie inside the file".to_owned();
    let whole = |number: i64| u64::try_from(number).map_err(|_| outside());
    let (offset, head, body) =
        (whole(block.offset())?, whole(block.metaDataLength().into())?, whole(block.bodyLength())?);
    let fits = offset.checked_add(head).and_then(|at| at.checked_add(body)).is_some_and(|at| at <= end);
    if !fits || !(8..=LARGEST_HEAD).contains(&head) {
        return Err(outside());
    }
    let mut bytes = read_at(file, offset, head)?;
    let before = if bytes.starts_with(&CONTINUATION) { 8 } else { 4 };
    Ok(bytes.split_off(before))
}

fn read_at(file: &mut (impl Read + Seek), offset: u64, bytes: u64) -> Result<Vec<u8>, String> {
    let mut read = || {
        file.seek(SeekFrom::Start(offset))?;
        // Both callers checked that this lies inside the file and is not large.
        let mut buffer = vec![0; usize::try_from(bytes).unwrap_or_default()];
        file.read_exact(&mut buffer).map(|()| buffer)
    };
    read().map_err(|e: std::io::Error| e.to_string())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::Arc;

    use arrow::array::{Int64Array, RecordBatch};
    use arrow::ipc::writer::FileWriter;

    use super::*;

    fn file() -> Vec<u8> {
        let column: arrow::array::ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
        let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    }

    #[test]
    fn rows_and_batches_are_counted() {
        let rows = rows(&mut Cursor::new(file())).unwrap();
        assert_eq!((rows.rows, rows.batches), (6, 2));
    }

    #[test]
    fn no_truncated_file_is_taken_and_no_flipped_byte_panics() {
        let whole = file();
        for cut in 0..whole.len() {
            assert!(rows(&mut Cursor::new(&whole[..cut])).is_err(), "cut at {cut}");
        }
        for at in 0..whole.len() {
            for bits in [0x01, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] ^= bits;
                // Whether it is taken does not matter here; that it comes back does.
                let _ = rows(&mut Cursor::new(&bytes));
            }
        }
    }
}
