//! Keeps every batch until the end: the algorithm `keeps-memory`. Batches that are kept over calls also show whether the
//! host's memory behind them stays valid.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use artemis_plugin_api::{Algorithm, Component, Context, Error, Input, Properties, Property, Result};

/// The algorithm.
pub struct KeepsMemory {
    admits: bool,
}

impl Component for KeepsMemory {
    const NAME: &'static str = "keeps-memory";
    const DOC: &'static str = "Keeps all batches in its partials and emits them at finalize.";
    const PROPERTIES: &'static [Property] =
        &[Property::bool("admits", true)
            .doc("its partials tell their true size; otherwise they say 0 bytes")];

    fn configure(properties: &Properties<'_>, _: &Context<'_>) -> Result<Self> {
        Ok(Self { admits: properties.bool("admits")? })
    }
}

impl Algorithm for KeepsMemory {
    const PARTIAL: &'static str = "exact";
    type Instance = ();
    type Partial = Vec<RecordBatch>;

    fn initialize(&mut self, _: &Context<'_>, inputs: &[SchemaRef]) -> Result<Vec<SchemaRef>> {
        Ok(inputs[..1].to_vec())
    }

    fn instance(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }

    fn partial(&self) -> Vec<RecordBatch> {
        Vec::new()
    }

    fn execute(
        &self,
        _: &Context<'_>,
        _: &mut (),
        kept: &mut Vec<RecordBatch>,
        inputs: Vec<Input>,
    ) -> Result<()> {
        kept.extend(inputs.into_iter().map(|input| input.batch));
        Ok(())
    }

    fn merge(&self, into: &mut Vec<RecordBatch>, from: Vec<RecordBatch>) -> Result<()> {
        into.extend(from);
        Ok(())
    }

    fn save(&self, _: &Vec<RecordBatch>) -> Result<Vec<u8>> {
        Err(Error::unsupported("batches that are kept cannot be saved"))
    }

    fn load(&self, _: &[u8]) -> Result<Vec<RecordBatch>> {
        Err(Error::unsupported("batches that are kept cannot be loaded"))
    }

    fn partial_bytes(&self, partial: Option<&Vec<RecordBatch>>) -> u64 {
        let bytes = partial.into_iter().flatten().map(RecordBatch::get_array_memory_size).sum::<usize>();
        if self.admits { bytes as u64 } else { 0 }
    }

    fn finalize(&self, context: &Context<'_>, kept: &mut Vec<RecordBatch>) -> Result<()> {
        kept.drain(..).try_for_each(|batch| context.emit(0, batch))
    }
}
