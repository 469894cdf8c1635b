//! Group keys: columns → bytes in the order of the values, each distinct one with a number.

use crate::types::{is_float, plain, strict_cast, to_plain};
use ahash::RandomState;
use arrow::array::{ArrayRef, AsArray};
use arrow::compute::SortOptions;
use arrow::datatypes::{DataType, Float64Type};
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, Rows, SortField};
use artemis_plugin_api::{Error, Result};
use hashbrown::HashTable;
use std::sync::Arc;

/// How key columns become bytes and back. Bytes of two keys compare as the keys do, column by column, nulls last.
pub struct Keys {
    columns: Vec<usize>,
    /// Plain types of the key columns.
    pub types: Vec<DataType>,
    /// `None`: no key columns, one group for all rows.
    converter: Option<RowConverter>,
}

impl Keys {
    /// Key columns of a schema, by index.
    ///
    /// # Errors
    /// When a type cannot be a key.
    pub fn new(columns: Vec<usize>, schema: &arrow::datatypes::Schema) -> Result<Self> {
        let types: Vec<DataType> =
            columns.iter().map(|index| plain(schema.field(*index).data_type())).collect();
        for (index, data_type) in columns.iter().zip(&types) {
            if data_type.is_nested() || matches!(data_type, DataType::Interval(_)) {
                let name = schema.field(*index).name();
                let text = format!("column `{name}` is {data_type}, which cannot be grouped by");
                return Err(Error::invalid(text).in_column(name));
            }
        }
        let options = SortOptions { descending: false, nulls_first: false };
        let fields: Vec<SortField> =
            types.iter().map(|data_type| SortField::new_with_options(data_type.clone(), options)).collect();
        let converter = if fields.is_empty() { None } else { Some(RowConverter::new(fields)?) };
        Ok(Self { columns, types, converter })
    }

    /// There are no key columns.
    pub fn is_empty(&self) -> bool {
        self.converter.is_none()
    }

    /// Empty space for keys.
    pub fn scratch(&self) -> Option<Rows> {
        self.converter.as_ref().map(|converter| converter.empty_rows(0, 0))
    }

    /// The number of each row's group, new groups included.
    ///
    /// # Errors
    /// When there are more than 2^32 − 1 groups.
    pub fn number(
        &self,
        batch: &RecordBatch,
        scratch: &mut Option<Rows>,
        groups: &mut Groups,
        numbers: &mut Vec<u32>,
    ) -> Result<()> {
        let columns = self
            .columns
            .iter()
            .map(|index| {
                to_plain(batch.columns().get(*index).ok_or_else(|| Error::new("a key column is missing"))?)
            })
            .collect::<Result<Vec<_>>>()?;
        self.number_columns(&columns, batch.num_rows(), scratch, groups, numbers)
    }

    /// As [`Keys::number`], for columns of the plain types.
    ///
    /// # Errors
    /// As there; when the columns are not of the plain types.
    pub fn number_columns(
        &self,
        columns: &[ArrayRef],
        row_count: usize,
        scratch: &mut Option<Rows>,
        groups: &mut Groups,
        numbers: &mut Vec<u32>,
    ) -> Result<()> {
        numbers.clear();
        let (Some(converter), Some(rows)) = (&self.converter, scratch) else {
            if row_count > 0 {
                groups.intern(&[])?;
            }
            numbers.resize(row_count, 0);
            return Ok(());
        };
        let columns = columns.iter().map(one_zero).collect::<Result<Vec<_>>>()?;
        rows.clear();
        converter.append(rows, &columns)?;
        numbers.reserve(rows.num_rows());
        for row in rows.iter() {
            numbers.push(groups.intern(row.data())?);
        }
        Ok(())
    }

    /// The key columns of groups.
    ///
    /// # Errors
    /// Those of arrow.
    pub fn columns_of(&self, groups: &Groups, which: &[u32]) -> Result<Vec<ArrayRef>> {
        let Some(converter) = &self.converter else { return Ok(Vec::new()) };
        let parser = converter.parser();
        Ok(converter.convert_rows(which.iter().map(|group| parser.parse(groups.key(*group))))?)
    }
}

/// Floats with −0 as 0 and one NaN for all, so that equal keys have equal bytes.
fn one_zero(array: &ArrayRef) -> Result<ArrayRef> {
    if !is_float(array.data_type()) {
        return Ok(array.clone());
    }
    let wide = strict_cast(array, &DataType::Float64)?;
    let canonical = |value: f64| if value.is_nan() { f64::NAN } else { value + 0.0 };
    let canonical = wide.as_primitive::<Float64Type>().unary::<_, Float64Type>(canonical);
    strict_cast(&(Arc::new(canonical) as ArrayRef), array.data_type())
}

/// The distinct keys met so far, numbered from 0 in the order in which they were met.
#[derive(Clone, Default)]
pub struct Groups {
    /// All keys, one behind the other, and the end of each.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    table: HashTable<u32>,
    hasher: RandomState,
}

impl Groups {
    /// Number of groups.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The key of a group; empty for one that does not exist.
    pub fn key(&self, group: u32) -> &[u8] {
        key(&self.bytes, &self.ends, group)
    }

    /// The number of a key, a new one if it was not met before.
    ///
    /// # Errors
    /// When there are more than 2^32 − 1 groups.
    #[inline]
    pub fn intern(&mut self, wanted: &[u8]) -> Result<u32> {
        let Self { bytes, ends, table, hasher } = self;
        let hash = hasher.hash_one(wanted);
        if let Some(group) = table.find(hash, |group| key(bytes, ends, *group) == wanted) {
            return Ok(*group);
        }
        let group = u32::try_from(ends.len())
            .ok()
            .filter(|group| *group < u32::MAX)
            .ok_or_else(|| Error::new("there are more than 2^32 − 1 groups"))?;
        bytes.extend_from_slice(wanted);
        ends.push(bytes.len());
        table.insert_unique(hash, group, |group| hasher.hash_one(key(bytes, ends, *group)));
        Ok(group)
    }

    /// All groups in the order of their keys.
    pub fn sorted(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_unstable_by(|a, b| self.key(*a).cmp(self.key(*b)));
        order
    }

    /// Size in bytes.
    pub fn size_bytes(&self) -> usize {
        self.bytes.capacity()
            + self.ends.capacity() * size_of::<usize>()
            + self.table.capacity() * (size_of::<u32>() + 1)
    }
}

fn key<'a>(bytes: &'a [u8], ends: &[usize], group: u32) -> &'a [u8] {
    let group = group as usize;
    let start = if group == 0 { 0 } else { ends.get(group - 1).copied().unwrap_or(0) };
    ends.get(group).and_then(|end| bytes.get(start..*end)).unwrap_or_default()
}
