//! The columns of several inputs as one schema, and the way of each input's batches to it.

use crate::menu::Columns;
use arrow::array::{ArrayRef, RecordBatch, StringArray, UInt64Array, new_null_array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use artemis_plugin_api::NOT_EXACT_AS_F64;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Name of the provenance column that holds the name of the input.
pub const PROVENANCE_DATUM: &str = "_datum";
/// Name of the provenance column that holds the record number within the input, from 0.
pub const PROVENANCE_RECORD: &str = "_record";

/// An input whose columns do not go with those of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnProblem {
    /// Its index in the list given.
    pub datum: usize,
    /// What differs, and what to do.
    pub reason: String,
}

/// The one schema of several inputs, and for each of them its own columns with the joined types.
///
/// # Errors
/// The inputs whose columns do not go with the first one's under this policy.
pub fn join_schemas(
    schemas: &[SchemaRef],
    columns: Columns,
) -> Result<(SchemaRef, Vec<SchemaRef>), Vec<ColumnProblem>> {
    let Some(first) = schemas.first() else { return Ok((Arc::new(Schema::empty()), Vec::new())) };
    let mut problems = Vec::new();
    for (datum, schema) in schemas.iter().enumerate() {
        let mut names = BTreeSet::new();
        if let Some(twice) = schema.fields().iter().find(|field| !names.insert(field.name())) {
            let reason = format!("it has two columns named `{}`", twice.name());
            problems.push(ColumnProblem { datum, reason });
            continue;
        }
        if let Some(reason) = problem(first, schema, columns) {
            problems.push(ColumnProblem { datum, reason });
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut joined: Vec<Field> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for field in schemas.iter().flat_map(|schema| schema.fields()) {
        match places.get(field.name()) {
            None => {
                places.insert(field.name().clone(), joined.len());
                joined.push(field.as_ref().clone());
            }
            Some(place) => joined[*place] = join_fields(&joined[*place], field),
        }
    }
    for field in &mut joined {
        field.set_nullable(true);
        let mut metadata = field.metadata().clone();
        metadata.remove(NOT_EXACT_AS_F64);
        field.set_metadata(metadata);
    }
    let own = schemas
        .iter()
        .map(|schema| {
            let fields = schema
                .fields()
                .iter()
                .filter_map(|field| places.get(field.name()).map(|place| joined[*place].clone()));
            Arc::new(Schema::new(fields.collect::<Vec<_>>()))
        })
        .collect();
    Ok((Arc::new(Schema::new(joined)), own))
}

fn problem(first: &SchemaRef, schema: &SchemaRef, columns: Columns) -> Option<String> {
    let names =
        |schema: &SchemaRef| -> Vec<String> { schema.fields().iter().map(|f| f.name().clone()).collect() };
    let (wanted, given) = (names(first), names(schema));
    if wanted == given || columns == Columns::Union {
        return None;
    }
    let (wanted_set, given_set): (BTreeSet<_>, BTreeSet<_>) =
        (wanted.iter().collect(), given.iter().collect());
    if wanted_set == given_set && wanted.len() == given.len() {
        return match columns {
            Columns::Same => Some(
                "its columns stand in another order than in the first input; write columns = \"by-name\""
                    .into(),
            ),
            Columns::ByName | Columns::Union => None,
        };
    }
    let list = |mut names: Vec<&&String>| {
        names.truncate(8);
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let missing = list(wanted_set.difference(&given_set).collect());
    let extra = list(given_set.difference(&wanted_set).collect());
    let mut text = "its columns differ from those of the first input".to_owned();
    if !missing.is_empty() {
        text += &format!("; it lacks {missing}");
    }
    if !extra.is_empty() {
        text += &format!("; it has {extra} besides");
    }
    Some(text + "; write columns = \"union\" to take all columns of all inputs")
}

/// The narrowest type that holds both without loss.
fn join_fields(a: &Field, b: &Field) -> Field {
    let exact = |field: &Field| field.metadata().get(NOT_EXACT_AS_F64).is_none_or(|value| value != "false");
    let both_exact = exact(a) && exact(b);
    let joined = join_types(a.data_type(), b.data_type(), both_exact);
    let mut metadata = b.metadata().clone();
    metadata.extend(a.metadata().iter().map(|(key, value)| (key.clone(), value.clone())));
    if both_exact {
        metadata.remove(NOT_EXACT_AS_F64);
    } else {
        metadata.insert(NOT_EXACT_AS_F64.to_owned(), "false".to_owned());
    }
    Field::new(a.name(), joined, true).with_metadata(metadata)
}

fn join_types(a: &DataType, b: &DataType, integers_exact_as_f64: bool) -> DataType {
    use DataType::{Decimal128, Float64, Int64, Null, Timestamp, Utf8};
    match (a, b) {
        (a, b) if a == b => a.clone(),
        (Null, other) | (other, Null) => other.clone(),
        (Int64, Float64) | (Float64, Int64) if integers_exact_as_f64 => Float64,
        (Int64, Decimal128(precision, scale)) | (Decimal128(precision, scale), Int64) => {
            join_decimals((19, 0), (*precision, *scale))
        }
        (Decimal128(p, s), Decimal128(q, t)) => join_decimals((*p, *s), (*q, *t)),
        (Timestamp(u, zone), Timestamp(v, other)) if zone == other => Timestamp(*u.max(v), zone.clone()),
        _ => Utf8,
    }
}

/// Room for the digits of both on each side of the point; text where 38 digits do not hold them.
fn join_decimals((p, s): (u8, i8), (q, t): (u8, i8)) -> DataType {
    let scale = s.max(t);
    let whole = (i16::from(p) - i16::from(s)).max(i16::from(q) - i16::from(t));
    match u8::try_from(whole + i16::from(scale)) {
        Ok(precision @ 1..=38) => DataType::Decimal128(precision, scale),
        _ => DataType::Utf8,
    }
}

/// The way of one input's batches to the schema of the job.
#[derive(Clone, Debug)]
pub struct Arrangement {
    schema: SchemaRef,
    /// For each column of the job, the input's column.
    columns: Vec<Option<usize>>,
    is_same: bool,
    datum_name: Option<String>,
}

impl Arrangement {
    /// The way from `own` columns to those of the job; `datum_name` adds the provenance columns.
    pub fn new(own: &SchemaRef, job: &SchemaRef, datum_name: Option<&str>) -> Self {
        let columns: Vec<Option<usize>> =
            job.fields().iter().map(|field| own.index_of(field.name()).ok()).collect();
        let is_same = columns.iter().copied().eq((0..own.fields().len()).map(Some));
        let schema = match datum_name {
            None => job.clone(),
            Some(_) => with_provenance(job),
        };
        Self { schema, columns, is_same, datum_name: datum_name.map(str::to_owned) }
    }

    /// The schema of arranged batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Puts a batch's columns where the job has them, nulls where the input has none; `records` gives the record
    /// number of each row, for provenance.
    ///
    /// # Errors
    /// Those of arrow; none for a batch of the input's schema.
    pub fn arrange(
        &self,
        batch: RecordBatch,
        records: impl FnOnce() -> Vec<u64>,
    ) -> Result<RecordBatch, ArrowError> {
        if self.is_same && self.datum_name.is_none() {
            return Ok(batch);
        }
        let rows = batch.num_rows();
        let mut columns: Vec<ArrayRef> = self
            .columns
            .iter()
            .zip(self.schema.fields())
            .map(|(own, field)| match own {
                Some(i) => batch.column(*i).clone(),
                None => new_null_array(field.data_type(), rows),
            })
            .collect();
        if let Some(name) = &self.datum_name {
            columns.push(Arc::new(StringArray::from_iter_values(std::iter::repeat_n(name, rows))));
            let records = UInt64Array::from(records());
            debug_assert_eq!(records.len(), rows);
            columns.push(Arc::new(records));
        }
        RecordBatch::try_new(self.schema.clone(), columns)
    }
}

/// The schema with the provenance columns behind its own.
pub fn with_provenance(schema: &SchemaRef) -> SchemaRef {
    let own = schema.fields().iter().cloned();
    let added = [
        Arc::new(Field::new(PROVENANCE_DATUM, DataType::Utf8, false)),
        Arc::new(Field::new(PROVENANCE_RECORD, DataType::UInt64, false)),
    ];
    Arc::new(Schema::new(own.chain(added).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Array;

    fn schema(fields: &[(&str, DataType)]) -> SchemaRef {
        Arc::new(Schema::new(
            fields.iter().map(|(name, t)| Field::new(*name, t.clone(), true)).collect::<Vec<_>>(),
        ))
    }

    #[test]
    fn types_join_without_loss() {
        use DataType::*;
        for (a, b, joined) in [
            (Null, Int64, Int64),
            (Int64, Float64, Float64),
            (Int64, Utf8, Utf8),
            (Boolean, Int64, Utf8),
            (Date32, Date32, Date32),
            (Date32, Utf8, Utf8),
            (Decimal128(20, 0), Int64, Decimal128(20, 0)),
            (Decimal128(5, 2), Decimal128(6, 1), Decimal128(7, 2)),
            (Decimal128(38, 0), Decimal128(38, 10), Utf8),
        ] {
            assert_eq!(join_types(&a, &b, true), joined, "{a} and {b}");
            assert_eq!(join_types(&b, &a, true), joined, "{b} and {a}");
        }
        assert_eq!(join_types(&Int64, &Float64, false), Utf8);
    }

    #[test]
    fn a_union_has_all_columns_and_each_input_its_own() {
        let a = schema(&[("x", DataType::Int64), ("y", DataType::Utf8)]);
        let b = schema(&[("y", DataType::Utf8), ("z", DataType::Float64), ("x", DataType::Float64)]);
        let (job, own) = join_schemas(&[a, b], Columns::Union).unwrap();
        let names: Vec<_> = job.fields().iter().map(|f| f.name().as_str()).collect();
        assert_eq!(names, ["x", "y", "z"]);
        assert_eq!(job.field(0).data_type(), &DataType::Float64);
        assert_eq!(own[0].field(0).data_type(), &DataType::Float64);
        assert_eq!(own[1].field(0).name(), "y");
    }

    #[test]
    fn inputs_with_other_columns_are_named_with_what_to_write() {
        let a = schema(&[("x", DataType::Int64), ("y", DataType::Utf8)]);
        let b = schema(&[("y", DataType::Utf8), ("x", DataType::Int64)]);
        let c = schema(&[("x", DataType::Int64)]);
        let problems = join_schemas(&[a.clone(), b.clone(), c], Columns::Same).unwrap_err();
        assert!(problems[0].reason.contains("by-name"), "{problems:?}");
        assert!(problems[1].reason.contains("lacks `y`"), "{problems:?}");
        assert!(join_schemas(&[a, b], Columns::ByName).is_ok());
    }

    #[test]
    fn batches_are_put_in_the_order_of_the_job_with_nulls_and_provenance() {
        let own = schema(&[("y", DataType::Utf8)]);
        let job = schema(&[("x", DataType::Int64), ("y", DataType::Utf8)]);
        let batch =
            RecordBatch::try_new(own.clone(), vec![Arc::new(StringArray::from(vec!["a", "b"]))]).unwrap();
        let arranged = Arrangement::new(&own, &job, Some("in.csv")).arrange(batch, || vec![7, 9]).unwrap();
        assert_eq!(arranged.column(0).null_count(), 2);
        assert_eq!(arranged.schema().field(3).name(), PROVENANCE_RECORD);
    }
}
