//! How one input is cut: where its data begin and end, and what ends a record.

use super::IngestError;
use super::lane::Cell;
use crate::datum::Datum;
use crate::split::{Dialect, Fixed, HeadEnd, Prefix, Scanner, Terminator, head};
use artemis_plugin_api::Framing;

/// Bytes read at first to find the end of a header.
const HEAD_BYTES: u64 = 64 << 10;
/// A header that is longer than this is none.
const HEAD_MAX_BYTES: u64 = 64 << 20;
/// A footer that is longer than this is none; its blocks wait in memory.
const FOOTER_RECORDS_MAX: u32 = 10_000;

/// The way to cut inputs of one reader.
#[derive(Debug)]
pub enum Cut {
    /// Text with terminators.
    Delimited {
        /// Finds record boundaries.
        scanner: Scanner,
        /// Records before the data.
        header_records: u64,
        /// Records after the data.
        footer_records: u64,
    },
    /// Records of one length.
    Fixed(Fixed),
    /// Records with their length in front.
    Prefixed(Prefix),
}

/// Where the data of an input lie, in bytes, and its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// End of the header.
    pub start: u64,
    /// End of the data.
    pub end: u64,
    /// The bytes before `start`.
    pub head: Vec<u8>,
}

impl Cut {
    /// The way to cut that a framing asks for.
    ///
    /// # Errors
    /// In words, when the framing contradicts itself or asks for what this host does not do.
    pub fn new(framing: &Framing) -> Result<Self, String> {
        match *framing {
            Framing::Delimited(d) => {
                if d.footer_records > FOOTER_RECORDS_MAX {
                    let footer = d.footer_records;
                    return Err(format!(
                        "a footer of {footer} records; at most {FOOTER_RECORDS_MAX} are allowed"
                    ));
                }
                let terminator = d.terminator.map_or(Terminator::LineFeed, Terminator::Byte);
                let dialect = Dialect::new(d.delimiter, d.quote, d.escape, d.comment, terminator)
                    .map_err(|e| e.to_string())?;
                Ok(Cut::Delimited {
                    scanner: Scanner::new(dialect),
                    header_records: u64::from(d.header_records),
                    footer_records: u64::from(d.footer_records),
                })
            }
            Framing::Fixed { record_bytes, header_bytes, footer_bytes } => {
                Ok(Cut::Fixed(Fixed { record_bytes, header_bytes, footer_bytes }))
            }
            Framing::Prefixed { is_grouped } => {
                Ok(Cut::Prefixed(if is_grouped { Prefix::Group } else { Prefix::Record }))
            }
            _ => Err("this host does not know the framing of this reader; a later one may".into()),
        }
    }

    /// Finds the header of an input and the span of its data.
    ///
    /// # Errors
    /// When it cannot be read or is not made of whole records.
    pub fn span(&self, datum: &Datum, block_bytes: u64) -> Result<Span, IngestError> {
        let size = datum.size_bytes();
        let read = |bytes: u64| {
            let mut buffer = vec![0; bytes as usize];
            datum
                .read_at(&mut buffer, 0)
                .map(|()| buffer)
                .map_err(|source| IngestError::Read { name: datum.name.clone(), source })
        };
        match self {
            Cut::Delimited { scanner, header_records, .. } => {
                let mut want = HEAD_BYTES;
                loop {
                    let mut bytes = read(want.min(size))?;
                    match head(scanner.dialect(), &bytes, *header_records, want >= size) {
                        HeadEnd::At(start) => {
                            bytes.truncate(start as usize);
                            return Ok(Span { start, end: size, head: bytes });
                        }
                        HeadEnd::NeedMore if want < HEAD_MAX_BYTES => want *= 4,
                        HeadEnd::NeedMore => {
                            return Err(IngestError::Frame {
                                name: datum.name.clone(),
                                reason: format!(
                                    "its {header_records} header records do not end within {want} bytes"
                                ),
                            });
                        }
                    }
                }
            }
            Cut::Fixed(fixed) => {
                let _ = fixed
                    .blocks(size, block_bytes)
                    .map_err(|e| IngestError::Frame { name: datum.name.clone(), reason: e.to_string() })?;
                let start = fixed.header_bytes;
                Ok(Span { start, end: size - fixed.footer_bytes, head: read(start)? })
            }
            Cut::Prefixed(_) => Ok(Span { start: 0, end: size, head: Vec::new() }),
        }
    }

    /// A cell of these bytes, scanned where the cut asks for it.
    pub(super) fn cell(&self, bytes: Vec<u8>) -> Cell {
        let summary = match self {
            Cut::Delimited { scanner, .. } => Some(scanner.scan(&bytes)),
            Cut::Fixed(_) | Cut::Prefixed(_) => None,
        };
        Cell { bytes, summary }
    }

    /// Length of the grid's cells, in bytes: for fixed records a multiple of their length.
    pub(super) fn cell_bytes(&self, block_bytes: u64) -> u64 {
        match self {
            Cut::Delimited { .. } | Cut::Prefixed(_) => block_bytes.max(1),
            Cut::Fixed(fixed) => (block_bytes / fixed.record_bytes).max(1).saturating_mul(fixed.record_bytes),
        }
    }

    /// The end of the cell that starts at `offset`. Cells of text lie on multiples of their length, whatever the
    /// header's; cells of fixed records count from the end of the header.
    pub(super) fn cell_end(&self, offset: u64, span_end: u64, cell_bytes: u64) -> u64 {
        let end = match self {
            Cut::Delimited { .. } | Cut::Prefixed(_) => (offset / cell_bytes + 1).saturating_mul(cell_bytes),
            Cut::Fixed(_) => offset.saturating_add(cell_bytes),
        };
        end.min(span_end)
    }
}
