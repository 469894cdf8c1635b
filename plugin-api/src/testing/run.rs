//! Runs a component through its whole life.

use super::{TestHost, check_promise, cut::cut};
use crate::abi::{ARTEMIS_FLAG_FIRST, ARTEMIS_FLAG_LAST};
use crate::{Algorithm, Call, Chunk, Error, Input, Reader, Result, Tool};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

impl TestHost<'_> {
    /// Runs an algorithm with one parent over runs of batches: one partial a run, merged in order, then finalized.
    /// Gives the emitted batches by output.
    ///
    /// # Errors
    /// Those of the algorithm.
    pub fn run_algorithm<T: Algorithm>(&self, runs: &[Vec<RecordBatch>]) -> Result<Vec<Vec<RecordBatch>>> {
        let first = runs
            .iter()
            .flatten()
            .next()
            .ok_or_else(|| Error::invalid("give at least one batch, it may be empty"))?;
        let steps: Vec<Vec<Vec<Input>>> = runs
            .iter()
            .map(|run| run.iter().map(|batch| vec![Input { parent: 0, batch: batch.clone() }]).collect())
            .collect();
        self.run_steps::<T>(&[first.schema()], &steps)
    }

    /// Runs an algorithm over steps: `runs[r][c]` are the batches of all parents of chunk `c` of run `r`. One partial
    /// a run, merged in order, then finalized. Gives the emitted batches by output.
    ///
    /// # Errors
    /// Those of the algorithm.
    pub fn run_steps<T: Algorithm>(
        &self,
        parents: &[SchemaRef],
        runs: &[Vec<Vec<Input>>],
    ) -> Result<Vec<Vec<RecordBatch>>> {
        let context = self.context(Call::default());
        let mut algorithm = self.configure::<T>()?;
        let outputs = algorithm.initialize(&context, parents)?;
        if outputs.len() != T::OUTPUTS.len() {
            let text = format!("gave {} schemas for {} outputs", outputs.len(), T::OUTPUTS.len());
            return Err(Error::new(text));
        }
        algorithm.book(&context)?;
        let mut instance = algorithm.instance(&context)?;
        let mut total = algorithm.partial();
        self.promise(&outputs);
        for run in runs {
            let mut partial = algorithm.partial();
            for (chunk, inputs) in run.iter().enumerate() {
                let call = Call { chunk_index: chunk as u64, ..Call::default() };
                let context = self.context(call);
                algorithm.execute(&context, &mut instance, &mut partial, inputs.clone())?;
            }
            if self.saves_partials {
                partial = algorithm.load(&algorithm.save(&partial)?)?;
            }
            algorithm.merge(&mut total, partial)?;
        }
        algorithm.finalize(&context, &mut total)?;
        Ok(self.take_emitted())
    }

    /// Runs a tool over a batch, at one place of use.
    ///
    /// # Errors
    /// Those of the tool; a batch of another schema than it promised.
    pub fn run_tool<T: Tool>(&self, batch: RecordBatch) -> Result<RecordBatch> {
        let context = self.context(Call::default());
        let tool = self.configure::<T>()?;
        let (place, promised) = tool.initialize(&context, &batch.schema())?;
        let result = tool.execute(&context, &place, batch)?;
        check_promise(&promised, &result)?;
        Ok(result)
    }

    /// Runs a reader over a whole input, cut into chunks of `records` records by the reader's own framing. The types
    /// are what the input shows. Gives the emitted batches by output.
    ///
    /// A reader must give the same rows whatever the number of records in a chunk: run it with 1 and with many.
    ///
    /// # Errors
    /// Those of the reader; a framing that the test host does not cut.
    pub fn read<T: Reader>(&self, input: &[u8], records: usize) -> Result<Vec<Vec<RecordBatch>>> {
        let framing = self.configure::<T>()?.framing();
        let pieces = cut(&framing, input, records)?;
        let chunks: Vec<(u64, u64, &[u8])> = pieces
            .chunks
            .iter()
            .map(|(range, first_record)| (range.start as u64, *first_record, &input[range.clone()]))
            .collect();
        self.run_reader::<T>(&input[pieces.head.clone()], &chunks, None)
    }

    /// Runs a reader over one input: its header, then chunks of whole records with their byte offset and first
    /// record. The schema is what the chunks show unless one is given. Gives the emitted batches by output.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn run_reader<T: Reader>(
        &self,
        head: &[u8],
        chunks: &[(u64, u64, &[u8])],
        schemas: Option<&[SchemaRef]>,
    ) -> Result<Vec<Vec<RecordBatch>>> {
        let context = self.context(Call::default());
        let reader = self.configure::<T>()?;
        let mut datum = reader.open_datum(&context, &Chunk::new(head))?;
        let mut sample: Option<T::Sample> = None;
        for (_, _, bytes) in chunks {
            let seen = reader.sample(&context, &datum, &Chunk::new(bytes))?;
            match &mut sample {
                None => sample = Some(seen),
                Some(sample) => reader.merge_samples(sample, seen),
            }
        }
        let shown: Vec<SchemaRef> = match schemas {
            Some(given) => given.to_vec(),
            None => {
                let shown = reader.schemas(&context, &datum, sample.as_ref())?;
                shown.into_iter().map(SchemaRef::new).collect()
            }
        };
        reader.initialize(&context, &mut datum, &shown)?;
        let mut instance = reader.instance(&context)?;
        self.promise(&shown);
        for (index, (byte_offset, first_record, bytes)) in chunks.iter().enumerate() {
            let first = if index == 0 { ARTEMIS_FLAG_FIRST } else { 0 };
            let last = if index + 1 == chunks.len() { ARTEMIS_FLAG_LAST } else { 0 };
            let call = Call {
                byte_offset: *byte_offset,
                first_record: *first_record,
                chunk_index: index as u64,
                block_index: index as u64,
                flags: first | last,
                ..Call::default()
            };
            reader.execute(&self.context(call), &mut instance, &datum, &Chunk::new(bytes))?;
        }
        Ok(self.take_emitted())
    }
}
