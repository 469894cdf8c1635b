//! `store.toml`: who a store is.

use std::fmt::Write as _;

use serde::Deserialize;
use uuid::Uuid;

use super::{Algorithm, ContentId, Created, Location, Result, Store, StoreError};

/// The newest format of `store.toml` and of the layout that is read and written here.
pub const STORE_FORMAT_VERSION: u32 = 1;

const KEY: &str = "store.toml";
/// The file is small; what is larger was not written here.
const LARGEST: u64 = 64 << 10;

/// Who a store is: fixed when the store is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The store's id.
    pub uuid: Uuid,
    /// The store's name.
    pub name: String,
    /// Names metadata objects.
    pub objects: Algorithm,
    /// Names inputs, data files and datasets.
    pub data: Algorithm,
    /// Where the data files are, if not beside the records: `alt_root` of the public model.
    pub data_root: Option<Location>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format_version: u32,
    id: String,
    name: String,
    objects: String,
    data: String,
    data_root: Option<String>,
    checksum: String,
}

impl Identity {
    /// A new store with the usual algorithms: SHA-1 for metadata as in the public model, BLAKE3 for data.
    pub fn new(name: &str) -> Self {
        Self {
            uuid: Uuid::now_v7(),
            name: name.to_owned(),
            objects: Algorithm::Sha1,
            data: Algorithm::Blake3,
            data_root: None,
        }
    }

    /// Reads `store.toml`; `None` if the store has none.
    ///
    /// # Errors
    /// [`StoreError::TooNew`], [`StoreError::Corrupt`], or IO.
    pub fn read(store: &dyn Store) -> Result<Option<Self>> {
        match store.size(KEY)? {
            None => return Ok(None),
            Some(size) if size > LARGEST => return Err(StoreError::corrupt(KEY, "it is too large")),
            Some(_) => {}
        }
        let text = String::from_utf8(store.get(KEY)?)
            .map_err(|_| StoreError::corrupt(KEY, "it is not UTF-8 text"))?;
        Self::parse(&text).map(Some)
    }

    /// Writes `store.toml` if there is none.
    ///
    /// # Errors
    /// A store that may not be written, or IO.
    pub fn create(&self, store: &dyn Store) -> Result<Created> {
        store.create(KEY, self.to_text().as_bytes())
    }

    fn fields(&self) -> String {
        let mut text = format!("format_version = {STORE_FORMAT_VERSION}\n");
        let name = toml::Value::String(self.name.clone());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "id = \"{}\"\nname = {name}", self.uuid);
        let _ = writeln!(text, "objects = \"{}\"\ndata = \"{}\"", self.objects, self.data);
        if let Some(root) = &self.data_root {
            let _ = writeln!(text, "data_root = {}", toml::Value::String(root.to_string()));
        }
        text
    }

    /// The file, byte for byte.
    pub(crate) fn to_text(&self) -> String {
        let fields = self.fields();
        let checksum = ContentId::of(Algorithm::Blake3, fields.as_bytes());
        format!(
            "# Who this store is. Made once; the checksum covers the lines above it.\n{fields}checksum = \"{checksum}\"\n"
        )
    }

    fn parse(text: &str) -> Result<Self> {
        let corrupt = |what: String| StoreError::corrupt(KEY, what);
        // The version comes first: a newer file may have other fields.
        let table: toml::Table =
            text.parse().map_err(|e: toml::de::Error| corrupt(e.message().to_owned()))?;
        if let Some(found) = table.get("format_version").and_then(toml::Value::as_integer)
            && found > i64::from(STORE_FORMAT_VERSION)
        {
            return Err(StoreError::TooNew {
                place: KEY.to_owned(),
                found: found.unsigned_abs(),
                supported: STORE_FORMAT_VERSION.into(),
            });
        }
        let file: File = table.try_into().map_err(|e: toml::de::Error| corrupt(e.message().to_owned()))?;
        if file.format_version == 0 {
            return Err(corrupt("format_version counts from 1".to_owned()));
        }
        let algorithm = |name: &str| name.parse().map_err(|e| corrupt(format!("{name:?}: {e}")));
        let identity = Self {
            uuid: Uuid::parse_str(&file.id).map_err(|e| corrupt(format!("its id: {e}")))?,
            name: file.name,
            objects: algorithm(&file.objects)?,
            data: algorithm(&file.data)?,
            data_root: file
                .data_root
                .map(|root| root.parse().map_err(|e: StoreError| corrupt(e.to_string())))
                .transpose()?,
        };
        let expected = ContentId::of(Algorithm::Blake3, identity.fields().as_bytes()).to_string();
        if file.checksum != expected {
            return Err(corrupt("its checksum does not fit its lines".to_owned()));
        }
        Ok(identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_survives_its_text() {
        let mut identity = Identity::new("a \"quoted\"\n näme");
        identity.data = Algorithm::Sha256;
        assert_eq!(Identity::parse(&identity.to_text()).unwrap(), identity);
        identity.data_root = Some("s3://bucket/a \"quoted\" place".parse().unwrap());
        assert_eq!(Identity::parse(&identity.to_text()).unwrap(), identity);
    }

    #[test]
    fn an_edited_store_file_is_refused() {
        let text = Identity::new("flights").to_text();
        for (from, to) in [("flights", "Flights"), ("sha1", "blake3"), ("checksum = ", "checksun = ")] {
            let edited = text.replacen(from, to, 1);
            assert_ne!(edited, text);
            assert!(matches!(Identity::parse(&edited), Err(StoreError::Corrupt { .. })), "{from}");
        }
    }

    #[test]
    fn a_store_of_a_newer_format_is_refused_as_such() {
        let text = "format_version = 2\nanything = \"else\"\n";
        assert!(matches!(Identity::parse(text), Err(StoreError::TooNew { found: 2, .. })));
    }

    #[test]
    fn a_truncated_store_file_never_opens() {
        let text = Identity::new("flights").to_text();
        for cut in 0..text.len() - 2 {
            assert!(Identity::parse(&text[..cut]).is_err(), "cut at {cut}");
        }
    }
}
