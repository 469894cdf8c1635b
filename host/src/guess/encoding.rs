//! Whether bytes are text that can be read, and how their characters are written.

use super::GuessError;

/// The beginnings of files that are something else: bytes, what they are, what to do.
const OTHERS: &[(&[u8], &str, &str)] = &[
    (b"\x1f\x8b", "a gzip file", "unpack it first: gunzip"),
    (b"PK\x03\x04", "a zip file, perhaps a spreadsheet", "unpack it, or save the sheet as CSV"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", "unpack it first: unzstd"),
    (b"BZh", "a bzip2 file", "unpack it first: bunzip2"),
    (b"\xfd7zXZ\0", "an xz file", "unpack it first: unxz"),
    (b"ARROW1", "an Arrow file", "it can be opened as it is"),
    (b"PAR1", "a Parquet file", "no reader for Parquet is known here"),
    (b"%PDF-", "a PDF file", "take the table from where it was made"),
    (b"\xd0\xcf\x11\xe0", "an old Office file", "save the sheet as CSV"),
    (b"SQLite format 3\0", "an SQLite database", "export the table as CSV"),
    (b"\xff\xfe", "UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8"),
    (b"\xfe\xff", "UTF-16 text", "convert it first: iconv -f UTF-16 -t UTF-8"),
];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The text without its byte order mark.
///
/// # Errors
/// [`GuessError::NotText`].
pub(super) fn text<'a>(
    sample: &'a [u8],
    whole: bool,
    notes: &mut Vec<String>,
) -> Result<&'a [u8], GuessError> {
    if let Some((_, what, help)) = OTHERS.iter().find(|(start, ..)| sample.starts_with(start)) {
        return Err(GuessError::NotText { what, help });
    }
    let text = sample.strip_prefix(BYTE_ORDER_MARK).unwrap_or(sample);
    if text.len() < sample.len() {
        notes.push("it begins with a byte order mark, which is left out".into());
    }
    if memchr::memchr(0, text).is_some() {
        // UTF-16 of Latin letters has a zero in every other byte.
        let zeros = memchr::memchr_iter(0, text).count();
        let (what, help) = if zeros * 5 > text.len() * 2 && zeros * 5 < text.len() * 3 {
            ("UTF-16 text without a byte order mark", "convert it first: iconv -f UTF-16LE -t UTF-8")
        } else {
            ("binary: it holds zero bytes", "name a text file")
        };
        return Err(GuessError::NotText { what, help });
    }
    if let Err(error) = std::str::from_utf8(text) {
        // A character that the end of the sample cuts is none of the file's faults.
        let cut = error.error_len().is_none() && !whole;
        if !cut {
            let at = error.valid_up_to() + sample.len() - text.len();
            notes.push(format!(
                "it is not UTF-8 at byte {at} (byte value 0x{:02x}); if it is Windows-1252 or Latin-1, convert \
                 it first: iconv -f WINDOWS-1252 -t UTF-8",
                text.get(error.valid_up_to()).copied().unwrap_or_default()
            ));
        }
    }
    Ok(text)
}
