//! The safe face of a loaded reader.
#![allow(unsafe_code)]

use super::component::{Failure, Identity, Owned};
use super::crossing::{import_schema_checked, raw_chunk};
use super::library::{Library, Table};
use crate::chunk::ChunkBytes;
use crate::menu::ComponentConfig;
use arrow::datatypes::SchemaRef;
use artemis_plugin_api::abi::*;
use artemis_plugin_api::batch::export_schema;
use artemis_plugin_api::{Call, Delimited, Error, Framing, Services};
use std::sync::Arc;

/// A reader, configured.
pub struct Reader {
    table: &'static artemis_reader,
    component: Arc<Owned>,
    identity: Identity,
    outputs: usize,
}

/// An opened input; [`Reader::initialize`] gives it its schemas.
pub struct Datum {
    owned: Owned,
    schemas: Vec<SchemaRef>,
}

impl Datum {
    /// The schema of each output: this input's columns with the types of the job.
    pub fn schemas(&self) -> &[SchemaRef] {
        &self.schemas
    }
}

/// What chunks of one input showed.
pub struct Sample(Owned);

/// Scratch space of one worker.
pub struct ReaderInstance(Owned);

impl Reader {
    /// Makes the component from its properties.
    ///
    /// # Errors
    /// When the plugin does not export it or refuses its properties.
    pub fn configure(
        library: &Library,
        config: &ComponentConfig,
        call: &Call<'_>,
        services: &dyn Services,
    ) -> Result<Self, Box<Failure>> {
        let identity = Identity::new(library, config, call)?;
        let Some(Table::Reader(table)) = library.table(&config.component.name) else {
            return Err(identity.missing("reader", call));
        };
        let mut raw = std::ptr::null_mut();
        identity.call("configure", call, services, &[], |context, error| {
            // SAFETY: everything passed is valid for the call.
            unsafe { (table.configure)(context, &mut raw, error) }
        })?;
        let component = Arc::new(Owned::new(raw, table.release, None));
        Ok(Self { table, component, identity, outputs: config.outputs.len() })
    }

    /// How inputs are cut.
    ///
    /// # Errors
    /// When the reader fails, or asks for a framing that this host does not cut.
    pub fn framing(&self, call: &Call<'_>, services: &dyn Services) -> Result<Framing, Box<Failure>> {
        let mut raw = empty_framing();
        self.identity.call("framing", call, services, &[], |context, error| {
            // SAFETY: everything passed is valid for the call.
            unsafe { (self.table.framing)(self.component.raw(), context, &mut raw, error) }
        })?;
        framing_of(&raw).map_err(|text| self.identity.failure("framing", call, Error::unsupported(text)))
    }

    /// Opens an input by its header.
    ///
    /// # Errors
    /// When the header cannot be understood.
    pub fn open_datum(
        &self,
        call: &Call<'_>,
        services: &dyn Services,
        head: &Arc<ChunkBytes>,
    ) -> Result<Datum, Box<Failure>> {
        let (chunk, mut raw) = (raw_chunk(head), std::ptr::null_mut());
        self.identity.call("open_datum", call, services, &[], |context, error| {
            // SAFETY: everything passed is valid for the call.
            unsafe { (self.table.open_datum)(self.component.raw(), context, &chunk, &mut raw, error) }
        })?;
        let owned = Owned::new(raw, self.table.close_datum, Some(self.component.clone()));
        Ok(Datum { owned, schemas: Vec::new() })
    }

    /// Looks at a chunk.
    ///
    /// # Errors
    /// When the bytes cannot be records.
    pub fn sample(
        &self,
        call: &Call<'_>,
        services: &dyn Services,
        datum: &Datum,
        chunk: &Arc<ChunkBytes>,
    ) -> Result<Sample, Box<Failure>> {
        let (chunk, mut raw) = (raw_chunk(chunk), std::ptr::null_mut());
        self.identity.call("sample", call, services, &[], |context, error| {
            let (component, datum) = (self.component.raw(), datum.owned.raw());
            // SAFETY: everything passed is valid for the call.
            unsafe { (self.table.sample)(component, context, datum, &chunk, &mut raw, error) }
        })?;
        Ok(Sample(Owned::new(raw, self.table.release_sample, Some(self.component.clone()))))
    }

    /// Merges what two chunks of one input showed.
    ///
    /// # Errors
    /// When the reader fails.
    pub fn merge_samples(
        &self,
        call: &Call<'_>,
        services: &dyn Services,
        into: &mut Sample,
        from: Sample,
    ) -> Result<(), Box<Failure>> {
        self.identity.call("merge_samples", call, services, &[], |_, error| {
            // SAFETY: the second sample is taken over by the call.
            unsafe {
                (self.table.merge_samples)(self.component.raw(), into.0.raw(), from.0.into_raw(), error)
            }
        })
    }

    /// The schema of each output as the sample shows it.
    ///
    /// # Errors
    /// When the reader gives none, or one that is not a schema.
    pub fn schemas(
        &self,
        call: &Call<'_>,
        services: &dyn Services,
        datum: &Datum,
        sample: Option<&Sample>,
    ) -> Result<Vec<SchemaRef>, Box<Failure>> {
        let sample = sample.map_or(std::ptr::null_mut(), |sample| sample.0.raw());
        (0..self.outputs as u32)
            .map(|output| {
                let mut schema = FFI_ArrowSchema::empty();
                self.identity.call("schema", call, services, &[], |context, error| {
                    let (component, datum) = (self.component.raw(), datum.owned.raw());
                    // SAFETY: the schema is moved here.
                    unsafe {
                        (self.table.schema)(component, context, datum, sample, output, &mut schema, error)
                    }
                })?;
                import_schema_checked(&schema).map_err(|e| self.identity.failure("schema", call, e))
            })
            .collect()
    }

    /// Fixes the schemas of an input's outputs.
    ///
    /// # Errors
    /// When a type cannot be read.
    pub fn initialize(
        &self,
        call: &Call<'_>,
        services: &dyn Services,
        datum: &mut Datum,
        schemas: Vec<SchemaRef>,
    ) -> Result<(), Box<Failure>> {
        let exported = schemas
            .iter()
            .map(|schema| export_schema(schema))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| self.identity.failure("initialize", call, e))?;
        let pointers: Vec<*const FFI_ArrowSchema> = exported.iter().map(std::ptr::from_ref).collect();
        self.identity.call("initialize", call, services, &[], |context, error| {
            let (component, datum) = (self.component.raw(), datum.owned.raw());
            let count = pointers.len() as u32;
            // SAFETY: the schemas are borrowed for the call.
            unsafe { (self.table.initialize)(component, context, datum, pointers.as_ptr(), count, error) }
        })?;
        datum.schemas = schemas;
        Ok(())
    }

    /// Makes the scratch space of one worker.
    ///
    /// # Errors
    /// When the reader fails.
    pub fn instance(&self, call: &Call<'_>, services: &dyn Services) -> Result<ReaderInstance, Box<Failure>> {
        let mut raw = std::ptr::null_mut();
        self.identity.call("instance", call, services, &[], |context, error| {
            // SAFETY: everything passed is valid for the call.
            unsafe { (self.table.new_instance)(self.component.raw(), context, &mut raw, error) }
        })?;
        Ok(ReaderInstance(Owned::new(raw, self.table.release_instance, Some(self.component.clone()))))
    }

    /// Reads a chunk; the batches go to `services.emit`.
    ///
    /// # Errors
    /// When the reader fails, or was asked to stop.
    pub fn execute(
        &self,
        call: &Call<'_>,
        services: &dyn Services,
        instance: &mut ReaderInstance,
        datum: &Datum,
        chunk: &Arc<ChunkBytes>,
    ) -> Result<(), Box<Failure>> {
        let raw = raw_chunk(chunk);
        self.identity.call("execute", call, services, &datum.schemas, |context, error| {
            let (component, instance, datum) =
                (self.component.raw(), instance.0.raw(), datum.owned.raw().cast_const());
            // SAFETY: everything passed is valid for the call; the instance is borrowed mutably.
            unsafe { (self.table.execute)(component, context, instance, datum, &raw, error) }
        })
    }
}

/// The place that a reader fills.
pub(super) fn empty_framing() -> artemis_framing {
    artemis_framing {
        struct_size: size_of::<artemis_framing>() as u64,
        kind: 0,
        unit_bytes: 1,
        delimiter: -1,
        quote: -1,
        escape: -1,
        comment: -1,
        terminator: -1,
        header_records: 0,
        footer_records: 0,
        prefix: 0,
        record_bytes: 0,
        header_bytes: 0,
        footer_bytes: 0,
    }
}

/// The framing that a reader filled.
///
/// # Errors
/// In words, when it contradicts itself or is not one that this host cuts.
pub(super) fn framing_of(raw: &artemis_framing) -> Result<Framing, String> {
    let byte = |value: i32, what: &str| match value {
        -1 => Ok(None),
        value => u8::try_from(value).map(Some).map_err(|_| format!("the {what} {value} is not a byte")),
    };
    match raw.kind {
        ARTEMIS_FRAMING_DELIMITED if raw.unit_bytes == 1 => Ok(Framing::Delimited(Delimited {
            delimiter: byte(raw.delimiter, "delimiter")?.ok_or("delimited text needs a delimiter")?,
            quote: byte(raw.quote, "quote")?,
            escape: byte(raw.escape, "escape")?,
            comment: byte(raw.comment, "comment")?,
            terminator: byte(raw.terminator, "terminator")?,
            header_records: raw.header_records,
            footer_records: raw.footer_records,
        })),
        ARTEMIS_FRAMING_DELIMITED => {
            Err(format!("this host does not cut text in units of {} bytes", raw.unit_bytes))
        }
        ARTEMIS_FRAMING_FIXED if raw.record_bytes == 0 => Err("a record has a length of 0 bytes".into()),
        ARTEMIS_FRAMING_FIXED => Ok(Framing::Fixed {
            record_bytes: raw.record_bytes,
            header_bytes: raw.header_bytes,
            footer_bytes: raw.footer_bytes,
        }),
        ARTEMIS_FRAMING_PREFIXED => match raw.prefix {
            1 => Ok(Framing::Prefixed { is_grouped: false }),
            2 => Ok(Framing::Prefixed { is_grouped: true }),
            other => Err(format!("there is no prefix {other}: 1 is RDW, 2 is BDW and RDW")),
        },
        ARTEMIS_FRAMING_SCANNED | ARTEMIS_FRAMING_SELF | ARTEMIS_FRAMING_EXTERNAL => {
            Err(format!("this host does not cut inputs of framing {} yet: it needs a later host", raw.kind))
        }
        other => Err(format!("there is no framing of kind {other}")),
    }
}
