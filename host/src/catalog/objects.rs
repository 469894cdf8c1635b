//! Objects by kind and content id.

use std::collections::BTreeSet;

use artemis_proto::{FORMAT_VERSION, artemis::JobInfo, cronus, host};
use host::payload::Kind;
use prost::Message;
use prost_reflect::DynamicMessage;

use super::{Catalog, CatalogError, Result, log::payload, show, view::parse_id};
use crate::store::{Algorithm, ContentId, StoreError};

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ObjectKind {
    /// A menu: `cronus.Menu`.
    Menu,
    /// A configuration: `cronus.Configuration`.
    Config,
    /// A recipe: `artemis.host.v1.Recipe`.
    Recipe,
    /// Histograms: `physt.HistogramCollection`.
    Hists,
    /// Timer histograms, which differ from run to run: `physt.HistogramCollection`.
    Timers,
    /// Column profiles.
    Profile,
    /// Check results.
    Checks,
    /// T-digests: `TDigest_store`.
    TDigests,
    /// A job's record: `artemis.JobInfo`.
    Job,
    /// A job's log: text.
    Log,
    /// A schema: `cronus.Table`.
    Table,
    /// An input: `FileObjectInfo`.
    File,
    /// A file that a property names, as it was.
    PathInput,
    /// A store that was read in: `artemis.host.v1.ImportedStore`.
    Import,
    /// A file of an imported store that is none of the above, as it was.
    Foreign,
}

impl ObjectKind {
    /// All kinds.
    pub const ALL: [ObjectKind; 15] = [
        ObjectKind::Menu,
        ObjectKind::Config,
        ObjectKind::Recipe,
        ObjectKind::Hists,
        ObjectKind::Timers,
        ObjectKind::Profile,
        ObjectKind::Checks,
        ObjectKind::TDigests,
        ObjectKind::Job,
        ObjectKind::Log,
        ObjectKind::Table,
        ObjectKind::File,
        ObjectKind::PathInput,
        ObjectKind::Import,
        ObjectKind::Foreign,
    ];

    /// The name as it stands in records.
    pub fn name(self) -> &'static str {
        match self {
            ObjectKind::Menu => "menu",
            ObjectKind::Config => "config",
            ObjectKind::Recipe => "recipe",
            ObjectKind::Hists => "hists",
            ObjectKind::Timers => "timers",
            ObjectKind::Profile => "profile",
            ObjectKind::Checks => "checks",
            ObjectKind::TDigests => "tdigests",
            ObjectKind::Job => "job",
            ObjectKind::Log => "log",
            ObjectKind::Table => "table",
            ObjectKind::File => "file",
            ObjectKind::PathInput => "path-input",
            ObjectKind::Import => "import",
            ObjectKind::Foreign => "foreign",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        ObjectKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A stored object and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRef {
    /// What it is.
    pub kind: ObjectKind,
    /// Its bytes.
    pub id: ContentId,
    /// What people call it.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// The partition that it describes; `None` for all.
    pub partition: Option<String>,
}

impl ObjectRef {
    /// The object as a commit stores it.
    pub(crate) fn to_proto(&self) -> host::ObjectRef {
        host::ObjectRef {
            format_version: FORMAT_VERSION,
            kind: self.kind.name().to_owned(),
            content_id: self.id.to_string(),
            name: self.name.clone(),
            bytes: self.bytes,
            partition: self.partition.clone().unwrap_or_default(),
        }
    }

    /// The object in a commit that stands at `place`.
    pub(super) fn from_proto(object: &host::ObjectRef, place: &str) -> Result<Self, StoreError> {
        let kind = ObjectKind::from_name(&object.kind)
            .ok_or_else(|| StoreError::corrupt(place, format!("object of unknown kind {:?}", object.kind)))?;
        Ok(Self {
            kind,
            id: parse_id(&object.content_id, place)?,
            name: object.name.clone(),
            bytes: object.bytes,
            partition: (!object.partition.is_empty()).then(|| object.partition.clone()),
        })
    }
}

impl Catalog {
    /// Stores bytes under their content id. They are found again by whoever knows the id; a commit or
    /// [`register`](Self::register) lists them.
    ///
    /// # Errors
    /// An error of the store.
    pub fn put_object(&self, bytes: &[u8]) -> Result<ContentId> {
        Ok(self.store.put_object(self.identity.objects, bytes)?)
    }

    /// The bytes of an object, hashed again while they are read.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or [`StoreError::Corrupt`] if the bytes do not have this id.
    pub fn get_object(&self, id: &ContentId) -> Result<Vec<u8>> {
        Ok(self.store.get_object(id)?)
    }

    /// Stores bytes and says what they are, for the objects of a commit.
    ///
    /// # Errors
    /// An error of the store.
    pub fn put(&self, kind: ObjectKind, name: &str, bytes: &[u8]) -> Result<ObjectRef> {
        let id = self.put_object(bytes)?;
        Ok(ObjectRef { kind, id, name: name.to_owned(), bytes: bytes.len() as u64, partition: None })
    }

    /// As [`put`](Self::put), for bytes that come from elsewhere.
    ///
    /// # Errors
    /// [`CatalogError::Misuse`] if the bytes are no message of this kind, or an error of the store.
    pub fn put_checked(&self, kind: ObjectKind, name: &str, bytes: &[u8]) -> Result<ObjectRef> {
        if let Some(message) = show::message_of(kind) {
            let decoded = show::descriptor(message).map(|d| DynamicMessage::decode(d, bytes));
            if let Some(Err(why)) = decoded {
                let what = format!("{name:?} is no {}: its bytes are no {message} ({why})", kind.name());
                return Err(CatalogError::Misuse { what, help: "say what it is, or store it as path-input" });
            }
        }
        self.put(kind, name, bytes)
    }

    /// Stores a message and says what it is, for the objects of a commit.
    ///
    /// # Errors
    /// An error of the store.
    pub fn put_message(&self, kind: ObjectKind, name: &str, message: &impl Message) -> Result<ObjectRef> {
        self.put(kind, name, &message.encode_to_vec())
    }

    /// Reads an object as a message.
    ///
    /// # Errors
    /// As [`get_object`](Self::get_object); also bytes that are no such message.
    pub fn get_message<M: Message + Default>(&self, id: &ContentId) -> Result<M> {
        Ok(super::log::decode_message(&id.to_string(), &self.get_object(id)?)?)
    }

    /// Stores a menu and registers it.
    ///
    /// # Errors
    /// An error of the store.
    pub fn put_menu(&self, menu: &cronus::Menu) -> Result<ObjectRef> {
        let object = self.put_message(ObjectKind::Menu, &menu.name, menu)?;
        self.register(std::slice::from_ref(&object))?;
        Ok(object)
    }

    /// Stores a configuration and registers it.
    ///
    /// # Errors
    /// An error of the store.
    pub fn put_config(&self, config: &cronus::Configuration) -> Result<ObjectRef> {
        let object = self.put_message(ObjectKind::Config, &config.name, config)?;
        self.register(std::slice::from_ref(&object))?;
        Ok(object)
    }

    /// Stores a job's record.
    ///
    /// # Errors
    /// An error of the store.
    pub fn put_job_info(&self, info: &JobInfo) -> Result<ObjectRef> {
        self.put_message(ObjectKind::Job, &info.job_id, info)
    }

    /// Reads a menu.
    ///
    /// # Errors
    /// As [`get_message`](Self::get_message).
    pub fn menu(&self, id: &ContentId) -> Result<cronus::Menu> {
        self.get_message(id)
    }

    /// Reads a configuration.
    ///
    /// # Errors
    /// As [`get_message`](Self::get_message).
    pub fn config(&self, id: &ContentId) -> Result<cronus::Configuration> {
        self.get_message(id)
    }

    /// Lists stored objects in the store's log; those that are listed already are left alone.
    ///
    /// # Errors
    /// An error of the store.
    pub fn register(&self, objects: &[ObjectRef]) -> Result<()> {
        self.view().append(self.store.as_ref(), |view| {
            let new = objects.iter().filter(|object| !view.has_object(self.store.as_ref(), object));
            let payloads: Vec<_> = new.map(|object| payload(Kind::Object(object.to_proto()))).collect();
            (!payloads.is_empty()).then_some(payloads)
        })?;
        Ok(())
    }

    /// The registered objects whose name begins so, in the order of their names.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub fn objects_named(&self, prefix: &str) -> Result<Vec<ObjectRef>> {
        Ok(self.refreshed()?.state().objects_named(self.store.as_ref(), prefix)?)
    }

    /// The registered objects whose id begins so: hex digits, perhaps after `sha1:` or `sha1-`. Others are
    /// found by [`objects`](Self::objects), which reads the logs of all datasets.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub fn objects_by_id(&self, text: &str) -> Result<Vec<ObjectRef>> {
        let (algorithm, digits) = Algorithm::ALL
            .into_iter()
            .find_map(|a| Some((Some(a), text.strip_prefix(a.name())?.strip_prefix([':', '-'])?)))
            .unwrap_or((None, text));
        let digits = digits.to_ascii_lowercase();
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Ok(Vec::new());
        }
        Ok(self.refreshed()?.state().objects_by_id(self.store.as_ref(), algorithm, &digits)?)
    }

    /// All objects that a log lists, each kind and id once: first those of the store, then those of its
    /// datasets.
    ///
    /// # Errors
    /// Damage, or an error of the store.
    pub fn objects(&self) -> Result<Vec<ObjectRef>> {
        let mut objects = self.refreshed()?.state().objects(self.store.as_ref())?;
        let mut seen: BTreeSet<_> = objects.iter().map(|o| (o.kind, o.id)).collect();
        for dataset in self.dataset_ids()? {
            let record = self.dataset(&dataset)?;
            objects.extend(record.objects.into_iter().filter(|o| seen.insert((o.kind, o.id))));
        }
        Ok(objects)
    }
}
