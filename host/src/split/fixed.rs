//! Inputs of records of equal length: blocks by arithmetic.

use thiserror::Error;

use super::stitch::Block;

/// The frame of an input of fixed records. All lengths are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed {
    /// Length of one record, its line end included if it has one.
    pub record_bytes: u64,
    /// Bytes before the first record.
    pub header_bytes: u64,
    /// Bytes after the last record.
    pub footer_bytes: u64,
}

/// Why an input does not consist of whole records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FixedError {
    /// A record must have at least one byte.
    #[error("a record length of 0 bytes")]
    EmptyRecord,
    /// Header and footer alone are longer than the input.
    #[error("the input has {input_bytes} bytes, its header and footer need {needed_bytes}")]
    TooShort {
        /// Length of the input.
        input_bytes: u64,
        /// Length of header and footer.
        needed_bytes: u64,
    },
    /// The bytes between header and footer are no multiple of the record length.
    #[error("{rest_bytes} bytes at offset {offset} are no whole record of {record_bytes} bytes")]
    Rest {
        /// Where the incomplete record starts.
        offset: u64,
        /// How many bytes of it there are.
        rest_bytes: u64,
        /// How many there should be.
        record_bytes: u64,
    },
}

impl Fixed {
    /// The blocks of an input of `input_bytes` bytes: as many whole records as fit `block_bytes`, at least
    /// one, the last block excepted.
    ///
    /// # Errors
    /// [`FixedError`] with the position if the length does not divide.
    pub fn blocks(
        &self,
        input_bytes: u64,
        block_bytes: u64,
    ) -> Result<impl Iterator<Item = Block> + use<>, FixedError> {
        let Self { record_bytes, header_bytes, .. } = *self;
        if record_bytes == 0 {
            return Err(FixedError::EmptyRecord);
        }
        let needed_bytes = header_bytes.saturating_add(self.footer_bytes);
        let Some(body) = input_bytes.checked_sub(needed_bytes) else {
            return Err(FixedError::TooShort { input_bytes, needed_bytes });
        };
        let records = body / record_bytes;
        let rest_bytes = body % record_bytes;
        if rest_bytes != 0 {
            let offset = header_bytes + records * record_bytes;
            return Err(FixedError::Rest { offset, rest_bytes, record_bytes });
        }
        let per_block = (block_bytes / record_bytes).max(1);
        Ok((0..records.div_ceil(per_block)).map(move |index| {
            let first_record = index * per_block;
            let records = per_block.min(records - first_record);
            Block {
                index,
                offset: header_bytes + first_record * record_bytes,
                length: records * record_bytes,
                first_record,
                records,
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_the_body_without_gaps() {
        for records in 0..20 {
            for block_bytes in 0..40 {
                let fixed = Fixed { record_bytes: 7, header_bytes: 3, footer_bytes: 2 };
                let blocks: Vec<_> = fixed.blocks(5 + 7 * records, block_bytes).unwrap().collect();
                let (mut at, mut record) = (3, 0);
                for (index, block) in blocks.iter().enumerate() {
                    assert_eq!((block.index, block.offset, block.first_record), (index as u64, at, record));
                    assert_eq!(block.length, block.records * 7);
                    at += block.length;
                    record += block.records;
                }
                assert_eq!((at, record), (3 + 7 * records, records));
            }
        }
    }

    #[test]
    fn a_length_that_does_not_divide_is_an_error_with_its_place() {
        let fixed = Fixed { record_bytes: 10, header_bytes: 4, footer_bytes: 1 };
        let error = fixed.blocks(4 + 25 + 1, 100).err();
        assert_eq!(error, Some(FixedError::Rest { offset: 24, rest_bytes: 5, record_bytes: 10 }));
        let short = fixed.blocks(3, 100).err();
        assert_eq!(short, Some(FixedError::TooShort { input_bytes: 3, needed_bytes: 5 }));
        let empty = Fixed { record_bytes: 0, ..fixed };
        assert_eq!(empty.blocks(5, 100).err(), Some(FixedError::EmptyRecord));
    }
}
