//! When a component misbehaves.

use artemis_plugin_api::{Context, Properties, Property, Result};

/// Property `at_chunk`.
pub const AT_CHUNK: Property =
    Property::int("at_chunk").default_int(0).doc("index of the chunk within its input, from 0");
/// Property `at_datum`.
pub const AT_DATUM: Property =
    Property::int("at_datum").doc("index of the input, from 0; without it, every input");

/// A chunk of an input, or of every input.
pub struct Moment {
    chunk: u64,
    datum: Option<u64>,
}

impl Moment {
    /// What the properties name.
    pub fn from_properties(properties: &Properties<'_>) -> Result<Self> {
        let unsigned = |value: i64| u64::try_from(value).unwrap_or(0);
        Ok(Self {
            chunk: properties.int("at_chunk")?.map_or(0, unsigned),
            datum: properties.int("at_datum")?.map(unsigned),
        })
    }

    /// The call is about that chunk, and not a sampling pass.
    pub fn is_now(&self, context: &Context<'_>) -> bool {
        let call = context.call();
        !context.is_sample()
            && call.block_index == self.chunk
            && self.datum.is_none_or(|datum| datum == call.datum_index)
    }
}
