//! `preview`: what a job makes of a sample of its input.

use arrow::array::RecordBatch;
use artemis_host::job;
use serde_json::{Value, json};

use super::args;
use super::fault::{Fault, Outcome};
use super::session::Session;
use super::table::Table;
use super::text;

pub(crate) fn preview(session: &Session, args: &args::Preview) -> Outcome {
    let plugins = session.plugins();
    let checked = session.job(&args.job, &plugins, &args.set)?;
    let preview = job::preview(&checked.job, &plugins, args.rows)?;
    let rows = usize::try_from(args.rows).unwrap_or(usize::MAX);
    if session.json() {
        let leaves = preview.leaves.iter().map(|leaf| {
            let fields = leaf.schema.fields().iter().map(|field| {
                json!({
                    "name": field.name(),
                    "type": field.data_type().to_string(),
                    "nullable": field.is_nullable(),
                })
            });
            let fields: Vec<Value> = fields.collect();
            Ok(json!({ "name": leaf.name, "columns": fields, "rows": rows_to_json(&leaf.batches, rows)? }))
        });
        let leaves = leaves.collect::<Outcome<Vec<Value>>>()?;
        return session.answer(json!({
            "partitions": leaves,
            "notes": preview.notes,
            "warnings": checked.warnings.to_json(),
        }));
    }
    let mut out = String::new();
    for leaf in &preview.leaves {
        let columns = text::counted(leaf.schema.fields().len() as u64, "column");
        out += &text::wrapped("", &format!("{} ({columns})", leaf.name), session.width);
        out += &Table::of_batches(&leaf.schema, &leaf.batches, rows)?.render(session.width);
        out.push('\n');
    }
    session.print(&out)?;
    for note in &preview.notes {
        session.note(&format!("note: {note}"));
    }
    Ok(())
}

/// The first rows as JSON objects; a missing value is `null`.
pub(crate) fn rows_to_json(batches: &[RecordBatch], rows: usize) -> Outcome<Value> {
    let failed = |error: &dyn std::fmt::Display| Fault::bug(format!("rows cannot be shown as JSON: {error}"));
    let mut left = rows;
    let mut bytes = Vec::new();
    let builder = arrow_json::WriterBuilder::new().with_explicit_nulls(true);
    let mut writer = builder.build::<_, arrow_json::writer::JsonArray>(&mut bytes);
    for batch in batches {
        let batch = batch.slice(0, batch.num_rows().min(left));
        left -= batch.num_rows();
        writer.write(&batch).map_err(|error| failed(&error))?;
    }
    writer.finish().map_err(|error| failed(&error))?;
    drop(writer);
    if bytes.is_empty() {
        return Ok(json!([]));
    }
    serde_json::from_slice(&bytes).map_err(|error| failed(&error))
}
