//! `plugins run`: one component on one input, in this process.

use std::cell::RefCell;
use std::fs::File;
use std::path::PathBuf;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::ipc::writer::FileWriter;
use artemis_host::plugin::trial::{self, TrialError, Watcher};
use serde_json::json;

use super::args;
use super::fault::{Fault, Kind, Outcome};
use super::plugins_check::plugin_file;
use super::preview::rows_to_json;
use super::session::Session;
use super::table::Table;
use super::text::{counted, wrapped};

pub(crate) fn run(session: &Session, args: &args::PluginRun) -> Outcome {
    let plugin = plugin_file(&args.file)?;
    let bench = Bench { session, args, outputs: RefCell::default() };
    let outcome = trial::run(&plugin, &args.component, &args.input, &args.set, &bench);
    // What came before a failure is shown all the same: that is what a debugger wants.
    let shown = bench.show();
    outcome.map_err(Fault::from)?;
    shown
}

impl From<TrialError> for Fault {
    fn from(error: TrialError) -> Fault {
        let kind = match &error {
            TrialError::UnknownComponent { .. } | TrialError::Property(_) => Kind::Usage,
            TrialError::Input(_) => Kind::Input,
            TrialError::Sink(_) => Kind::Store,
            _ => Kind::Plugin,
        };
        Fault::new(kind, error.to_string())
    }
}

/// What one output gave so far.
struct Output {
    name: String,
    schema: SchemaRef,
    /// The first batches, as many as are shown.
    first: Vec<RecordBatch>,
    rows: u64,
    batches: u64,
    file: Option<FileWriter<File>>,
}

struct Bench<'a> {
    session: &'a Session,
    args: &'a args::PluginRun,
    outputs: RefCell<Vec<Output>>,
}

impl Watcher for Bench<'_> {
    fn note(&self, text: &str) {
        if !self.session.quiet() {
            self.session.screen.line(text);
        }
    }

    fn schema(&self, output: &str, schema: &SchemaRef) {
        self.outputs.borrow_mut().push(Output {
            name: output.to_owned(),
            schema: schema.clone(),
            first: Vec::new(),
            rows: 0,
            batches: 0,
            file: None,
        });
    }

    fn batch(&self, output: &str, batch: RecordBatch) -> Result<(), String> {
        let mut outputs = self.outputs.borrow_mut();
        let is_default = outputs.first().is_some_and(|first| first.name == output);
        let Some(output) = outputs.iter_mut().find(|known| known.name == output) else {
            return Err(format!("a batch of the unknown output `{output}`"));
        };
        let shown = output.first.iter().map(RecordBatch::num_rows).sum::<usize>();
        output.rows += batch.num_rows() as u64;
        output.batches += 1;
        if let Some(path) = self.args.output.as_ref().filter(|_| is_default) {
            let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
            if output.file.is_none() {
                output.file = Some(create(path, &output.schema)?);
            }
            if let Some(file) = &mut output.file {
                file.write(&batch).map_err(|error| failed(&error))?;
            }
        } else if shown < self.args.rows {
            output.first.push(batch.slice(0, batch.num_rows().min(self.args.rows - shown)));
        }
        Ok(())
    }
}

fn create(path: &PathBuf, schema: &SchemaRef) -> Result<FileWriter<File>, String> {
    let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
    FileWriter::try_new(file, schema).map_err(|error| format!("{}: {error}", path.display()))
}

impl Bench<'_> {
    /// Shows what the outputs gave, and ends the file.
    fn show(&self) -> Outcome {
        let mut outputs = self.outputs.borrow_mut();
        if let (Some(path), Some(first)) = (&self.args.output, outputs.first_mut()) {
            if first.file.is_none() {
                // No batch, but a schema: an empty file says as much.
                first.file = Some(create(path, &first.schema).map_err(|text| Fault::new(Kind::Store, text))?);
            }
            if let Some(mut file) = first.file.take() {
                let failed = |error| Fault::new(Kind::Store, format!("{}: {error}", path.display()));
                file.finish().map_err(failed)?;
            }
        }
        if self.session.json() {
            let all = outputs.iter().map(|output| {
                let rows = rows_to_json(&output.first, self.args.rows)?;
                let (name, total, batches) = (&output.name, output.rows, output.batches);
                Ok(json!({ "name": name, "total_rows": total, "batches": batches, "rows": rows }))
            });
            let all = all.collect::<Outcome<Vec<_>>>()?;
            return self.session.answer(json!({ "outputs": all }));
        }
        let mut text = String::new();
        for (index, output) in outputs.iter().enumerate() {
            let total = format!("{} in {}", counted(output.rows, "row"), batches(output.batches));
            match self.args.output.as_ref().filter(|_| index == 0) {
                Some(path) => {
                    let written = format!("{}: {total}, written to {}", output.name, path.display());
                    text += &wrapped("", &written, self.session.width);
                }
                None => {
                    text += &wrapped("", &format!("{}: {total}", output.name), self.session.width);
                    text += &Table::of_batches(&output.schema, &output.first, self.args.rows)?
                        .render(self.session.width);
                }
            }
        }
        self.session.print(&text)
    }
}

/// `1 batch`, `2 batches`.
fn batches(count: u64) -> String {
    if count == 1 { "1 batch".to_owned() } else { format!("{} batches", super::text::number(count)) }
}
