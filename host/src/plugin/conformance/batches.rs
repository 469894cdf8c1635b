//! Batches to try a component with: every type, nulls, what lies behind nulls, all from a seed.

use arrow::array::{
    Array, ArrayData, ArrayRef, FixedSizeBinaryArray, Int32Array, Int64Array, ListArray, RecordBatch,
    RecordBatchOptions, StringArray, StructArray, make_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use artemis_plugin_api::abi::FFI_ArrowArray;
use artemis_plugin_api::batch::export_batch;
use std::sync::Arc;

/// Numbers that follow from a seed (Sebastiano Vigna's splitmix64).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `limit`, which is not 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// What a batch should be like.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) rows: usize,
    pub(super) seed: u64,
    /// Of ten rows, so many are null.
    pub(super) nulls_of_ten: u64,
    /// Seeds what lies behind the nulls.
    pub(super) behind: u64,
}

impl Shape {
    /// Some nulls.
    pub(super) fn new(rows: usize, seed: u64) -> Self {
        Self { rows, seed, nulls_of_ten: 2, behind: 0 }
    }
}

/// All types that are tried, by the names that manifests use.
pub(super) fn types() -> Vec<DataType> {
    use DataType::*;
    let item = |data_type| Arc::new(Field::new("item", data_type, true));
    vec![
        Boolean,
        Int8,
        Int16,
        Int32,
        Int64,
        UInt8,
        UInt16,
        UInt32,
        UInt64,
        Float32,
        Float64,
        Decimal128(20, 2),
        Date32,
        Date64,
        Time32(TimeUnit::Second),
        Time64(TimeUnit::Microsecond),
        Timestamp(TimeUnit::Microsecond, None),
        Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
        Duration(TimeUnit::Millisecond),
        Utf8,
        LargeUtf8,
        Binary,
        LargeBinary,
        FixedSizeBinary(4),
        List(item(Int64)),
        Struct(vec![Field::new("inner", Int64, true)].into()),
    ]
}

/// The types with a dictionary.
pub(super) fn dictionaries() -> Vec<DataType> {
    [DataType::Int8, DataType::Int32]
        .map(|keys| DataType::Dictionary(Box::new(keys), Box::new(DataType::Utf8)))
        .to_vec()
}

/// The types of views.
pub(super) fn views() -> Vec<DataType> {
    vec![DataType::Utf8View, DataType::BinaryView]
}

/// Every name that a manifest may give to a type it accepts.
pub(super) const TYPE_NAMES: [&str; 40] = [
    "*",
    "Null",
    "Boolean",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "Float16",
    "Float32",
    "Float64",
    "Timestamp",
    "Date32",
    "Date64",
    "Time32",
    "Time64",
    "Duration",
    "Interval",
    "Binary",
    "FixedSizeBinary",
    "LargeBinary",
    "BinaryView",
    "Utf8",
    "LargeUtf8",
    "Utf8View",
    "List",
    "ListView",
    "FixedSizeList",
    "LargeList",
    "LargeListView",
    "Struct",
    "Union",
    "Dictionary",
    "Decimal32",
    "Decimal64",
    "Decimal128",
    "Map",
];

/// A schema of one nullable column per type; the columns are named after their types, in lower case.
pub(super) fn schema_of(types: &[DataType]) -> SchemaRef {
    let fields: Vec<Field> = types
        .iter()
        .map(|t| Field::new(crate::steering::type_name(t).to_lowercase(), t.clone(), true))
        .collect();
    Arc::new(Schema::new(fields))
}

/// A batch of a schema.
///
/// # Errors
/// When there are no values of a type to try, in words.
pub(super) fn batch(schema: &SchemaRef, shape: Shape) -> Result<RecordBatch, String> {
    let columns = schema.fields().iter().enumerate().map(|(i, field)| column(field, shape, i as u64));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(shape.rows));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options).map_err(|e| e.to_string())
}

fn column(field: &Field, shape: Shape, index: u64) -> Result<ArrayRef, String> {
    let nulls_of_ten = if field.is_nullable() { shape.nulls_of_ten } else { 0 };
    let mut valid = Random::new(shape.seed ^ (index << 32) ^ 1);
    let mut random = Random::new(shape.seed ^ (index << 32));
    let mut behind = Random::new(shape.behind);
    let validity: Vec<bool> = (0..shape.rows).map(|_| valid.below(10) >= nulls_of_ten).collect();
    let values: Vec<i64> = validity
        .iter()
        .map(|valid| {
            let value = random.below(100) as i64;
            match valid {
                true => value,
                false if shape.behind == 0 => 0,
                false => behind.below(100) as i64,
            }
        })
        .collect();
    let full = filled(field.data_type(), &values)
        .map_err(|e| format!("the checker has no values of type {}: {e}", field.data_type()))?;
    if validity.iter().all(|valid| *valid) {
        return Ok(full);
    }
    let nulls = NullBuffer::from(validity);
    let with_nulls = full.to_data().into_builder().nulls(Some(nulls)).build();
    with_nulls.map(make_array).map_err(|e| e.to_string())
}

/// Values of a type without nulls, from numbers between 0 and 99.
fn filled(data_type: &DataType, values: &[i64]) -> Result<ArrayRef, arrow::error::ArrowError> {
    let integers = || -> ArrayRef { Arc::new(Int64Array::from(values.to_vec())) };
    // Empty, of one, two, three and four bytes a character.
    const WORDS: [&str; 5] = ["", "word", "ä", "€uro", "𝄞 clef, longer than twelve bytes"];
    let texts = || -> ArrayRef {
        let text = |v: &i64| format!("{}{v}", WORDS[*v as usize % WORDS.len()]);
        Arc::new(StringArray::from_iter_values(values.iter().map(text)))
    };
    Ok(match data_type {
        DataType::Int64 => integers(),
        DataType::Utf8 => texts(),
        DataType::Boolean => {
            Arc::new(values.iter().map(|v| Some(v % 2 == 1)).collect::<arrow::array::BooleanArray>())
        }
        DataType::LargeUtf8 | DataType::Utf8View | DataType::Binary | DataType::Dictionary(..) => {
            cast(&texts(), data_type)?
        }
        DataType::LargeBinary | DataType::BinaryView => cast(&cast(&texts(), &DataType::Binary)?, data_type)?,
        DataType::FixedSizeBinary(width) => {
            let bytes = values.iter().map(|v| vec![*v as u8; *width as usize]);
            Arc::new(FixedSizeBinaryArray::try_from_iter(bytes).or_else(|_| {
                // An iterator without rows does not tell the width.
                FixedSizeBinaryArray::try_from_sparse_iter_with_size(
                    std::iter::empty::<Option<Vec<u8>>>(),
                    *width,
                )
            })?)
        }
        DataType::Date32 | DataType::Time32(_) => {
            let days: ArrayRef = Arc::new(Int32Array::from_iter_values(values.iter().map(|v| *v as i32)));
            cast(&days, data_type)?
        }
        DataType::List(item) => {
            // Lists of no, one and two values.
            let ends: Vec<i32> = values
                .iter()
                .scan(0, |end, v| {
                    *end += (*v % 3) as i32;
                    Some(*end)
                })
                .collect();
            let count = ends.last().copied().unwrap_or(0);
            let inner: Vec<i64> = (0..i64::from(count)).map(|v| v % 100).collect();
            let offsets = OffsetBuffer::new(ScalarBuffer::from_iter(std::iter::once(0).chain(ends)));
            Arc::new(ListArray::try_new(item.clone(), offsets, filled(item.data_type(), &inner)?, None)?)
        }
        DataType::Struct(fields) if !fields.is_empty() => {
            let children = fields.iter().map(|field| filled(field.data_type(), values));
            Arc::new(StructArray::try_new(fields.clone(), children.collect::<Result<_, _>>()?, None)?)
        }
        other => cast(&integers(), other)?,
    })
}

/// Emitted batches of each output, one after the other, in memory of their own.
#[derive(Debug)]
pub(super) struct Rows(pub(super) Vec<RecordBatch>);

impl Rows {
    /// Puts the batches of each output together.
    ///
    /// # Errors
    /// When batches of one output differ in their columns.
    pub(super) fn of(
        outputs: &[SchemaRef],
        emitted: &[(usize, RecordBatch)],
    ) -> Result<Self, arrow::error::ArrowError> {
        let output = |(index, schema): (usize, &SchemaRef)| {
            let own = emitted.iter().filter(|(output, _)| *output == index).map(|(_, batch)| batch);
            if schema.fields().is_empty() {
                let rows = own.map(RecordBatch::num_rows).sum();
                let options = RecordBatchOptions::new().with_row_count(Some(rows));
                return RecordBatch::try_new_with_options(schema.clone(), vec![], &options);
            }
            let all: Vec<&RecordBatch> = own.collect();
            let rows = all.iter().map(|batch| batch.num_rows()).sum();
            // One batch alone would be shared, not copied: with a row behind it, it is copied.
            let spare = all.iter().find(|batch| batch.num_rows() > 0).map(|batch| batch.slice(0, 1));
            Ok(concat_batches(schema, all.into_iter().chain(&spare))?.slice(0, rows))
        };
        outputs.iter().enumerate().map(output).collect::<Result<_, _>>().map(Self)
    }

    /// What differs, bit for bit.
    pub(super) fn difference(&self, other: &Rows) -> Option<String> {
        self.compare(other, None)
    }

    /// What differs by more than a relative bound in columns of floats, and at all elsewhere.
    pub(super) fn compare(&self, other: &Rows, bound: Option<f64>) -> Option<String> {
        if self.0.len() != other.0.len() {
            return Some(format!("{} and {} outputs", self.0.len(), other.0.len()));
        }
        self.0.iter().zip(&other.0).enumerate().find_map(|(output, (a, b))| {
            if a.num_rows() != b.num_rows() {
                return Some(format!("output {output}: {} and {} rows", a.num_rows(), b.num_rows()));
            }
            let schema = a.schema();
            schema.fields().iter().zip(a.columns().iter().zip(b.columns())).find_map(|(field, (a, b))| {
                let row = (0..a.len()).find(|row| !same(&a.slice(*row, 1), &b.slice(*row, 1), bound))?;
                Some(format!("output {output}, column `{}`: row {row} differs", field.name()))
            })
        })
    }
}

fn same(a: &ArrayRef, b: &ArrayRef, bound: Option<f64>) -> bool {
    if a.data_type() != b.data_type() {
        return false;
    }
    if a.to_data() == b.to_data() {
        return true;
    }
    let Some(bound) = bound else { return false };
    let number = |array: &ArrayRef| -> Option<f64> {
        let floats = cast(array, &DataType::Float64).ok()?;
        let floats = floats.as_any().downcast_ref::<arrow::array::Float64Array>()?.clone();
        (!floats.is_empty() && floats.is_valid(0)).then(|| floats.value(0))
    };
    let numeric = a.data_type().is_numeric();
    match (number(a), number(b)) {
        (Some(a), Some(b)) if numeric => (a - b).abs() <= bound * a.abs().max(b.abs()),
        _ => false,
    }
}

/// Where the rows of a batch lie in its buffers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Lies {
    /// At their start.
    #[default]
    AtStart,
    /// Behind other rows: every column has an offset.
    BehindInColumns,
    /// Behind other rows: the batch has an offset, its columns have none.
    BehindInBatch,
}

/// Rows in front of those of a batch that lies behind others.
const FRONT_ROWS: usize = 3;

/// A batch as the C Data Interface moves it.
///
/// # Errors
/// What arrow says, in words.
pub(super) fn export(batch: RecordBatch, lies: Lies) -> Result<FFI_ArrowArray, String> {
    let rows = batch.num_rows();
    if lies == Lies::AtStart || batch.num_columns() == 0 || rows < FRONT_ROWS {
        return Ok(export_batch(batch));
    }
    let longer = concat_batches(&batch.schema(), [&batch.slice(0, FRONT_ROWS), &batch]);
    let longer = longer.map_err(|e| e.to_string())?;
    let whole = longer.columns().iter().map(|column| column.to_data());
    let fields = DataType::Struct(batch.schema().fields().clone());
    let data = match lies {
        Lies::BehindInBatch => {
            ArrayData::builder(fields).len(rows).offset(FRONT_ROWS).child_data(whole.collect())
        }
        _ => {
            let columns = whole.map(|data| data.slice(FRONT_ROWS, rows));
            ArrayData::builder(fields).len(rows).child_data(columns.collect())
        }
    };
    Ok(FFI_ArrowArray::new(&data.build().map_err(|e| e.to_string())?))
}

/// A sum over all bytes that a batch refers to.
pub(super) fn checksum(batch: &RecordBatch) -> u64 {
    let mut sum = batch.num_rows() as u64;
    let mut open: Vec<_> = batch.columns().iter().map(|column| column.to_data()).collect();
    while let Some(data) = open.pop() {
        let masks = data.nulls().map(|nulls| nulls.inner().inner().as_slice());
        for bytes in data.buffers().iter().map(|buffer| buffer.as_slice()).chain(masks) {
            for byte in bytes {
                sum = (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        open.extend(data.child_data().iter().cloned());
    }
    sum
}
