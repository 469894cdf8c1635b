//! A folder of the framework's files, none of which is trusted: only plain files directly in it are looked at, links
//! are not followed, messages are decoded before anything is kept.

use std::fs::{self, File};
use std::io::{Read, Seek};
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use artemis_proto::artemis::JobInfo;
use artemis_proto::cronus_objects::{CronusObjectStore, CronusStore, TDigestStore};
use artemis_proto::{cronus, physt};
use prost::Message;

use super::name::{Kind, OriginalName};
use super::{ImportError, arrow_file};
use crate::store::{Algorithm, ContentHasher, ContentId};

/// The largest message that is read, in bytes: records of millions of objects are smaller.
const LARGEST_MESSAGE: u64 = 256 << 20;
/// How much of a file is read at once.
const READ_BYTES: usize = 256 << 10;

/// A file that was left where it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The file's name, with what no terminal should see escaped.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// A file of the folder whose name the layout knows.
#[derive(Debug)]
pub(super) struct Found {
    pub name: OriginalName,
    pub path: PathBuf,
    /// What `lstat` said, so that another file in its place is noticed.
    identity: (u64, u64),
}

/// What a look at a file showed.
#[derive(Debug)]
pub(super) struct Looked {
    pub found: Found,
    /// By the hash that the store names such objects by.
    pub id: ContentId,
    pub bytes: u64,
    pub content: Content,
}

/// What is kept of a file's content.
#[derive(Debug)]
pub(super) enum Content {
    /// A checked message: its bytes.
    Message(Vec<u8>),
    /// The record of a job, with its bytes.
    Job(Box<JobInfo>, Vec<u8>),
    /// Rows of an Arrow file.
    Rows(Rows),
    /// Bytes that are copied later.
    Bytes,
}

/// What an Arrow file holds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rows {
    pub rows: u64,
    pub batches: u64,
    pub columns: u64,
}

/// The files of a folder by name, and what else is there.
///
/// # Errors
/// The folder cannot be read.
pub(super) fn scan(folder: &Path) -> Result<(Vec<Found>, Vec<LeftOut>), ImportError> {
    let (mut found, mut left_out) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(ImportError::io(folder))? {
        let entry = entry.map_err(ImportError::io(folder))?;
        let path = entry.path();
        let name = entry.file_name();
        let metadata = fs::symlink_metadata(&path).map_err(ImportError::io(&path))?;
        let reason = if metadata.is_symlink() {
            "it is a link, and links are not followed"
        } else if !metadata.is_file() {
            "it is no file"
        } else if let Some(name) = name.to_str().and_then(OriginalName::parse) {
            found.push(Found { name, path, identity: identity(&metadata) });
            continue;
        } else {
            "its name is none of this layout"
        };
        let name = name.to_string_lossy().escape_debug().to_string();
        left_out.push(LeftOut { name, reason: reason.to_owned() });
    }
    found.sort_by_key(|found| found.name.to_string());
    left_out.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((found, left_out))
}

/// Looks at a file: hashes it, and checks that it is what its name says. `Err` of the inner result says why not.
///
/// # Errors
/// It cannot be read.
pub(super) fn look(
    found: Found,
    objects: Algorithm,
    data: Algorithm,
) -> Result<Result<Looked, LeftOut>, ImportError> {
    let left_out = |reason: String| LeftOut { name: found.name.to_string(), reason };
    let bytes = found.open()?.metadata().map_err(ImportError::io(&found.path))?.len();
    if matches!(found.name.kind, Kind::Arrow | Kind::Csv | Kind::Log | Kind::Input | Kind::Dataset) {
        let mut hasher = ContentHasher::new(data);
        let bytes = found.copy(&mut hasher)?;
        let content = match (found.name.kind, bytes) {
            (Kind::Arrow, _) => match rows(&found)? {
                Ok(rows) => Content::Rows(rows),
                Err(reason) => return Ok(Err(left_out(format!("it cannot be read as Arrow: {reason}")))),
            },
            _ => Content::Bytes,
        };
        return Ok(Ok(Looked { id: hasher.finish(), bytes, content, found }));
    }
    if bytes > LARGEST_MESSAGE {
        return Ok(Err(left_out(format!("a message of {bytes} bytes; at most {LARGEST_MESSAGE} are read"))));
    }
    let message = found.read()?;
    let content = match checked(&found.name, message) {
        Ok(content) => content,
        Err(reason) => return Ok(Err(left_out(reason))),
    };
    let (id, bytes) = match &content {
        Content::Message(bytes) | Content::Job(_, bytes) => (ContentId::of(objects, bytes), bytes.len()),
        Content::Rows(_) | Content::Bytes => (ContentId::of(objects, &[]), 0),
    };
    Ok(Ok(Looked { id, bytes: bytes as u64, content, found }))
}

/// The record of the store in its file.
///
/// # Errors
/// [`ImportError::BadStore`].
pub(super) fn store_record(looked: &Looked) -> Result<CronusObjectStore, ImportError> {
    let name = &looked.found.name;
    let bad = |reason: String| ImportError::BadStore { name: name.to_string(), reason };
    let Content::Message(bytes) = &looked.content else { return Err(bad("it holds no message".into())) };
    let record = CronusObjectStore::decode(bytes.as_slice()).map_err(|e| bad(e.to_string()))?;
    let children = CronusStore::decode(bytes.as_slice()).ok().and_then(|store| store.info);
    if children.is_some_and(|info| !info.child_stores.is_empty()) {
        return Err(bad("it holds other stores, each of which must be a folder of its own".into()));
    }
    if record.uuid != name.id {
        return Err(bad(format!("it says that its id is {:?}", record.uuid)));
    }
    Ok(record)
}

impl Found {
    /// Opens the file that was found, and no other that took its place.
    fn open(&self) -> Result<File, ImportError> {
        let file = File::open(&self.path).map_err(ImportError::io(&self.path))?;
        let metadata = file.metadata().map_err(ImportError::io(&self.path))?;
        if !metadata.is_file() || identity(&metadata) != self.identity {
            return Err(ImportError::Changed { name: self.name.to_string() });
        }
        Ok(file)
    }

    fn read(&self) -> Result<Vec<u8>, ImportError> {
        let mut bytes = Vec::new();
        // The file may grow while it is read.
        let mut limited = self.open()?.take(LARGEST_MESSAGE + 1);
        limited.read_to_end(&mut bytes).map_err(ImportError::io(&self.path))?;
        Ok(bytes)
    }

    /// Copies the bytes, and says how many there were.
    pub(super) fn copy(&self, to: &mut dyn std::io::Write) -> Result<u64, ImportError> {
        let mut file = self.open()?;
        let mut buffer = vec![0; READ_BYTES];
        let mut copied = 0;
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(copied),
                Ok(read) => {
                    to.write_all(&buffer[..read]).map_err(ImportError::io(&self.path))?;
                    copied += read as u64;
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(ImportError::io(&self.path)(e)),
            }
        }
    }
}

fn identity(metadata: &fs::Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Whether the bytes are the message that the name promises, with the name's id.
fn checked(name: &OriginalName, bytes: Vec<u8>) -> Result<Content, String> {
    fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, String> {
        M::decode(bytes).map_err(|e| format!("it is damaged: {e}"))
    }
    let own_id = match name.kind {
        Kind::Store => decode::<CronusObjectStore>(&bytes)?.uuid,
        Kind::Menu => decode::<cronus::Menu>(&bytes)?.uuid,
        Kind::Config => decode::<cronus::Configuration>(&bytes)?.uuid,
        Kind::Table => decode::<cronus::Table>(&bytes)?.uuid,
        Kind::Hists => decode::<physt::HistogramCollection>(&bytes).map(|_| String::new())?,
        Kind::TDigests => decode::<TDigestStore>(&bytes).map(|_| String::new())?,
        Kind::Job => return Ok(Content::Job(Box::new(decode(&bytes)?), bytes)),
        Kind::Dataset | Kind::Log | Kind::Arrow | Kind::Csv | Kind::Input => return Ok(Content::Bytes),
    };
    if !own_id.is_empty() && own_id != name.id {
        return Err(format!("it says that its id is {own_id:?}"));
    }
    Ok(Content::Message(bytes))
}

/// Counts the rows of an Arrow file by reading all of them.
fn rows(found: &Found) -> Result<Result<Rows, String>, ImportError> {
    let mut file = found.open()?;
    let checked = match arrow_file::rows(&mut file) {
        Ok(rows) => rows,
        Err(reason) => return Ok(Err(reason)),
    };
    file.rewind().map_err(ImportError::io(&found.path))?;
    // Arrow checks much of a file, but what it takes for granted may panic.
    let counted = catch_unwind(AssertUnwindSafe(|| {
        let reader = arrow::ipc::reader::FileReader::try_new(std::io::BufReader::new(file), None)?;
        let mut rows = Rows { columns: reader.schema().fields().len() as u64, ..Rows::default() };
        for batch in reader {
            rows.rows += batch?.num_rows() as u64;
            rows.batches += 1;
        }
        Ok::<_, arrow::error::ArrowError>(rows)
    }));
    Ok(match counted {
        Ok(Ok(rows)) if (rows.rows, rows.batches) == (checked.rows, checked.batches) => Ok(rows),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(_)) | Err(_) => Err("its parts do not fit each other".to_owned()),
    })
}
