//! The traits that a plugin's components implement.

use crate::manifest::ComponentSpec;
use crate::{Chunk, Context, Framing, Properties, Property, Result};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;

/// What readers, algorithms and tools share. The component is made once from its properties and is immutable
/// afterwards: all threads use it.
pub trait Component: Sized + Send + Sync + 'static {
    /// Name within the plugin.
    const NAME: &'static str;
    /// One sentence for people.
    const DOC: &'static str;
    /// The properties that a job file may give.
    const PROPERTIES: &'static [Property] = &[];

    /// Makes the component.
    ///
    /// # Errors
    /// When properties contradict each other; types, ranges and choices are checked before.
    fn configure(properties: &Properties<'_>, context: &Context<'_>) -> Result<Self>;
}

/// Bytes of whole records in, batches out. One reader serves all inputs of a job.
pub trait Reader: Component {
    /// Names of the outputs; the first is the default one.
    const OUTPUTS: &'static [&'static str] = &["rows"];
    /// What is known of one input: its header, then its columns.
    type Datum: Send + Sync + 'static;
    /// What chunks of one input showed about its types.
    type Sample: Send + 'static;
    /// Scratch space of one worker.
    type Instance: Send + 'static;

    /// How inputs are cut into records.
    fn framing(&self) -> Framing;

    /// Opens an input; `head` holds its header records (delimited) or bytes (fixed).
    ///
    /// # Errors
    /// When the header cannot be understood.
    fn open_datum(&self, context: &Context<'_>, head: &Chunk<'_>) -> Result<Self::Datum>;

    /// Looks at a chunk.
    ///
    /// # Errors
    /// When the bytes cannot be records at all.
    fn sample(&self, context: &Context<'_>, datum: &Self::Datum, chunk: &Chunk<'_>) -> Result<Self::Sample>;

    /// Merges what two chunks of one input showed; the order must not matter.
    fn merge_samples(&self, into: &mut Self::Sample, from: Self::Sample);

    /// The schema of each output as the sample shows it. A type that the sample leaves open is `Null`. The host
    /// joins the schemas of all inputs; an integer field of which some value is above 2^53 in magnitude says so
    /// with the metadata [`crate::NOT_EXACT_AS_F64`], so that it is not joined with a float.
    ///
    /// # Errors
    /// When no schema can be given.
    fn schemas(
        &self,
        context: &Context<'_>,
        datum: &Self::Datum,
        sample: Option<&Self::Sample>,
    ) -> Result<Vec<Schema>>;

    /// Fixes the schemas: the datum's own columns in their order, with the types of the job.
    ///
    /// # Errors
    /// When a type cannot be read.
    fn initialize(&self, context: &Context<'_>, datum: &mut Self::Datum, schemas: &[SchemaRef])
    -> Result<()>;

    /// Makes the scratch space of one worker.
    fn instance(&self, context: &Context<'_>) -> Result<Self::Instance>;

    /// Reads a chunk and emits its batches in the order of the records.
    ///
    /// # Errors
    /// [`crate::Error::stopped`] when a reject was answered by [`crate::Action::Stop`]; others abort the job.
    fn execute(
        &self,
        context: &Context<'_>,
        instance: &mut Self::Instance,
        datum: &Self::Datum,
        chunk: &Chunk<'_>,
    ) -> Result<()>;

    /// What the manifest says.
    const SPEC: ComponentSpec = ComponentSpec {
        kind: "reader",
        name: Self::NAME,
        doc: Self::DOC,
        outputs: Self::OUTPUTS,
        accepts: &[],
        ordered: false,
        partial: "none",
        properties: Self::PROPERTIES,
    };
}

/// A batch of one parent.
#[derive(Clone, Debug)]
pub struct Input {
    /// Index of the parent in the order of the node's parents.
    pub parent: usize,
    /// The batch.
    pub batch: RecordBatch,
}

/// Batches in, batches out; books and fills histograms. A component stands for one place in the menu.
pub trait Algorithm: Component {
    /// Names of the outputs; the first is the default one. Empty: it only books.
    const OUTPUTS: &'static [&'static str] = &["out"];
    /// Arrow types that it takes; views and dictionaries are cast for those that do not.
    const ACCEPTS: &'static [&'static str] = &["*"];
    /// It must see the chunks in order.
    const ORDERED: bool = false;
    /// What its partials promise: `none`, `exact`, or a bound in words.
    const PARTIAL: &'static str = "none";
    /// Scratch space of one worker.
    type Instance: Send + 'static;
    /// What it accumulates; `()` for nothing.
    type Partial: Send + 'static;

    /// Takes the schemas of the parents, gives the schema of each output.
    ///
    /// # Errors
    /// When it cannot work on these columns.
    fn initialize(&mut self, context: &Context<'_>, inputs: &[SchemaRef]) -> Result<Vec<SchemaRef>>;

    /// Books histograms and timers.
    ///
    /// # Errors
    /// When a histogram is refused.
    fn book(&mut self, _context: &Context<'_>) -> Result<()> {
        Ok(())
    }

    /// Makes the scratch space of one worker.
    fn instance(&self, context: &Context<'_>) -> Result<Self::Instance>;

    /// Makes an empty partial.
    fn partial(&self) -> Self::Partial;

    /// Merges the partial of later chunks into that of earlier ones.
    ///
    /// # Errors
    /// When they do not fit.
    fn merge(&self, _into: &mut Self::Partial, _from: Self::Partial) -> Result<()> {
        Ok(())
    }

    /// Writes a partial to bytes.
    ///
    /// # Errors
    /// When it cannot be written.
    fn save(&self, _partial: &Self::Partial) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }

    /// Makes a partial from saved bytes.
    ///
    /// # Errors
    /// When the bytes are not those of a partial.
    fn load(&self, _bytes: &[u8]) -> Result<Self::Partial> {
        Ok(self.partial())
    }

    /// Current size of a partial in bytes; of `None`, the size to expect.
    fn partial_bytes(&self, _partial: Option<&Self::Partial>) -> u64 {
        0
    }

    /// Works on the batches of all parents of one chunk, in the order of the parents.
    ///
    /// # Errors
    /// They abort the job.
    fn execute(
        &self,
        context: &Context<'_>,
        instance: &mut Self::Instance,
        partial: &mut Self::Partial,
        inputs: Vec<Input>,
    ) -> Result<()>;

    /// Ends the work with everything merged; may emit.
    ///
    /// # Errors
    /// They abort the job.
    fn finalize(&self, _context: &Context<'_>, _partial: &mut Self::Partial) -> Result<()> {
        Ok(())
    }

    /// The job stops.
    fn abort(&self, _context: &Context<'_>) {}

    /// What the manifest says.
    const SPEC: ComponentSpec = ComponentSpec {
        kind: "algorithm",
        name: Self::NAME,
        doc: Self::DOC,
        outputs: Self::OUTPUTS,
        accepts: Self::ACCEPTS,
        ordered: Self::ORDERED,
        partial: Self::PARTIAL,
        properties: Self::PROPERTIES,
    };
}

/// One batch in, one batch out; called by algorithms through the host, owns no histograms.
pub trait Tool: Component {
    /// Arrow types that it takes.
    const ACCEPTS: &'static [&'static str] = &["*"];
    /// What one place of use knows; all threads use it.
    type Place: Send + Sync + 'static;

    /// Makes a place of use for an input schema; gives the schema of the output.
    ///
    /// # Errors
    /// When it cannot work on these columns.
    fn initialize(&self, context: &Context<'_>, input: &SchemaRef) -> Result<(Self::Place, SchemaRef)>;

    /// Works on a batch.
    ///
    /// # Errors
    /// They go to the algorithm that called.
    fn execute(&self, context: &Context<'_>, place: &Self::Place, batch: RecordBatch) -> Result<RecordBatch>;

    /// What the manifest says.
    const SPEC: ComponentSpec = ComponentSpec {
        kind: "tool",
        name: Self::NAME,
        doc: Self::DOC,
        outputs: &["out"],
        accepts: Self::ACCEPTS,
        ordered: false,
        partial: "none",
        properties: Self::PROPERTIES,
    };
}
