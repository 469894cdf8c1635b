//! The C table of a reader.

use super::remote::with_context;
use super::tool::configure;
use super::{Instance, drop_raw, guard, host, into_raw};
use crate::abi::*;
use crate::batch::{export_schema, import_schema};
use crate::{Chunk, Error, Framing, Reader};
use arrow::datatypes::SchemaRef;
use std::ffi::c_void;
use std::marker::PhantomData;

/// The table of a type.
pub struct ReaderTable<T>(PhantomData<T>);

struct Datum<D> {
    schemas: Vec<SchemaRef>,
    value: D,
}

impl<T: Reader> ReaderTable<T> {
    const TABLE: artemis_reader = artemis_reader {
        struct_size: size_of::<artemis_reader>() as u64,
        configure: Self::configure,
        release: Self::release,
        framing: Self::framing,
        open_datum: Self::open_datum,
        close_datum: Self::close_datum,
        sample: Self::sample,
        merge_samples: Self::merge_samples,
        release_sample: Self::release_sample,
        schema: Self::schema,
        initialize: Self::initialize,
        new_instance: Self::new_instance,
        release_instance: Self::release_instance,
        execute: Self::execute,
    };

    /// The entry in the plugin's list.
    pub const COMPONENT: artemis_component = artemis_component {
        struct_size: size_of::<artemis_component>() as u64,
        kind: ARTEMIS_KIND_READER,
        reserved: 0,
        name: artemis_str { data: T::NAME.as_ptr(), len: T::NAME.len() as u64 },
        reader: &Self::TABLE,
        algorithm: std::ptr::null(),
        tool: std::ptr::null(),
    };

    // In all of these the pointers are valid for the call, as the ABI says; components, datums, samples and
    // instances are what these functions handed out.

    unsafe extern "C" fn configure(
        context: *const artemis_context,
        out: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI.
            unsafe { *out = into_raw(configure::<T>(context)?) };
            Ok(())
        })
    }

    unsafe extern "C" fn release(component: *mut c_void) {
        // SAFETY: by the ABI.
        unsafe { drop_raw::<T>(component) }
    }

    unsafe extern "C" fn framing(
        component: *mut c_void,
        _: *const artemis_context,
        out: *mut artemis_framing,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI.
            let (reader, out) = unsafe { (&*component.cast::<T>(), &mut *out) };
            fill_framing(out, &reader.framing());
            Ok(())
        })
    }

    unsafe extern "C" fn open_datum(
        component: *mut c_void,
        context: *const artemis_context,
        head: *const artemis_chunk,
        out: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI.
            let (reader, head) = unsafe { (&*component.cast::<T>(), Chunk::from_raw(head, host()?)) };
            // SAFETY: by the ABI.
            unsafe {
                let value = with_context(context, &[], None, |context| reader.open_datum(context, &head))?;
                *out = into_raw(Datum { schemas: Vec::new(), value });
            }
            Ok(())
        })
    }

    unsafe extern "C" fn close_datum(datum: *mut c_void) {
        // SAFETY: by the ABI.
        unsafe { drop_raw::<Datum<T::Datum>>(datum) }
    }

    unsafe extern "C" fn sample(
        component: *mut c_void,
        context: *const artemis_context,
        datum: *const c_void,
        chunk: *const artemis_chunk,
        out: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI.
            let (reader, datum, chunk) = unsafe {
                (&*component.cast::<T>(), &*datum.cast::<Datum<T::Datum>>(), Chunk::from_raw(chunk, host()?))
            };
            // SAFETY: by the ABI.
            unsafe {
                *out = into_raw(with_context(context, &[], None, |context| {
                    reader.sample(context, &datum.value, &chunk)
                })?);
            }
            Ok(())
        })
    }

    unsafe extern "C" fn merge_samples(
        component: *mut c_void,
        into: *mut c_void,
        from: *mut c_void,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI; the second is taken over.
            let (from, into, reader) = unsafe {
                (
                    *Box::from_raw(from.cast::<T::Sample>()),
                    &mut *into.cast::<T::Sample>(),
                    &*component.cast::<T>(),
                )
            };
            reader.merge_samples(into, from);
            Ok(())
        })
    }

    unsafe extern "C" fn release_sample(sample: *mut c_void) {
        // SAFETY: by the ABI.
        unsafe { drop_raw::<T::Sample>(sample) }
    }

    unsafe extern "C" fn schema(
        component: *mut c_void,
        context: *const artemis_context,
        datum: *const c_void,
        sample: *const c_void,
        output: u32,
        out: *mut FFI_ArrowSchema,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI.
            let (reader, datum, sample) = unsafe {
                (
                    &*component.cast::<T>(),
                    &*datum.cast::<Datum<T::Datum>>(),
                    sample.cast::<T::Sample>().as_ref(),
                )
            };
            // SAFETY: by the ABI.
            let schemas = unsafe {
                with_context(context, &[], None, |context| reader.schemas(context, &datum.value, sample))
            }?;
            let schema = schemas.get(output as usize).ok_or_else(|| {
                Error::new(format!("there is no schema for output {output}: there are {}", schemas.len()))
            })?;
            // SAFETY: by the ABI; the schema is moved to the host.
            unsafe { out.write(export_schema(schema)?) };
            Ok(())
        })
    }

    unsafe extern "C" fn initialize(
        component: *mut c_void,
        context: *const artemis_context,
        datum: *mut c_void,
        schemas: *const *const FFI_ArrowSchema,
        count: u32,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI; nobody else uses the datum during this call.
            let (reader, datum) = unsafe { (&*component.cast::<T>(), &mut *datum.cast::<Datum<T::Datum>>()) };
            datum.schemas = (0..count as usize)
                // SAFETY: by the ABI there are `count` borrowed schemas.
                .map(|i| import_schema(unsafe { &**schemas.add(i) }))
                .collect::<Result<_, _>>()?;
            let Datum { schemas, value } = datum;
            // SAFETY: by the ABI.
            unsafe { with_context(context, &[], None, |context| reader.initialize(context, value, schemas)) }
        })
    }

    unsafe extern "C" fn new_instance(
        component: *mut c_void,
        context: *const artemis_context,
        out: *mut *mut c_void,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI.
            unsafe {
                let reader = &*component.cast::<T>();
                let value = with_context(context, &[], None, |context| reader.instance(context))?;
                *out = into_raw(Instance::new(value));
            }
            Ok(())
        })
    }

    unsafe extern "C" fn release_instance(instance: *mut c_void) {
        // SAFETY: by the ABI.
        unsafe { drop_raw::<Instance<T::Instance>>(instance) }
    }

    unsafe extern "C" fn execute(
        component: *mut c_void,
        context: *const artemis_context,
        instance: *mut c_void,
        datum: *const c_void,
        chunk: *const artemis_chunk,
        error: *mut artemis_error,
    ) -> i32 {
        guard(error, || {
            // SAFETY: by the ABI; an instance sees one call at a time.
            let (reader, instance, datum, chunk) = unsafe {
                (
                    &*component.cast::<T>(),
                    &mut *instance.cast::<Instance<T::Instance>>(),
                    &*datum.cast::<Datum<T::Datum>>(),
                    Chunk::from_raw(chunk, host()?),
                )
            };
            // SAFETY: by the ABI.
            unsafe {
                with_context(context, &datum.schemas, None, |context| {
                    instance.call(|value| reader.execute(context, value, &datum.value, &chunk))
                })
            }
        })
    }
}

fn fill_framing(out: &mut artemis_framing, framing: &Framing) {
    let byte = |b: Option<u8>| b.map_or(-1, i32::from);
    *out = artemis_framing {
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
    };
    match *framing {
        Framing::Delimited(d) => {
            out.kind = ARTEMIS_FRAMING_DELIMITED;
            out.delimiter = i32::from(d.delimiter);
            out.quote = byte(d.quote);
            out.escape = byte(d.escape);
            out.comment = byte(d.comment);
            out.terminator = byte(d.terminator);
            out.header_records = d.header_records;
            out.footer_records = d.footer_records;
        }
        Framing::Fixed { record_bytes, header_bytes, footer_bytes } => {
            out.kind = ARTEMIS_FRAMING_FIXED;
            out.record_bytes = record_bytes;
            out.header_bytes = header_bytes;
            out.footer_bytes = footer_bytes;
        }
        Framing::Prefixed { is_grouped } => {
            out.kind = ARTEMIS_FRAMING_PREFIXED;
            out.prefix = if is_grouped { 2 } else { 1 };
        }
    }
}
