//! What one run of chunks accumulates, and its form in bytes.
//!
//! The form, all numbers little-endian: magic `ARELAGG`, version 1 (one byte); the plan in words, with its length
//! (u64); number of groups (u64); the key columns in pieces, each with its number of groups (u64), the columns, and per
//! column whether it has nulls (one byte), its validity bits, and the number and bytes of its buffers as arrow
//! lays them out; the accumulators in the order of the measures. It is for the plugin that wrote it: another
//! version refuses it.

use super::accumulate::Accumulator;
use super::keys::{Groups, Keys};
use super::measure::Planned;
use super::sum::ExactSum;
use arrow::array::{Array, ArrayData, ArrayRef, make_array};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType, i256};
use artemis_plugin_api::{Error, Result};

const MAGIC: &[u8; 8] = b"ARELAGG\x01";
/// Most groups in one piece of key columns.
const PIECE_GROUPS: usize = 65_536;
/// Most bytes of keys in one piece.
const PIECE_BYTES: usize = 64 << 20;

/// Groups and their accumulators.
#[derive(Clone, Default)]
pub struct Partial {
    /// The groups.
    pub groups: Groups,
    /// One per measure.
    pub accumulators: Vec<Accumulator>,
}

impl Partial {
    /// Without groups.
    pub fn new(measures: &[Planned]) -> Self {
        Self { groups: Groups::default(), accumulators: measures.iter().map(Accumulator::new).collect() }
    }

    /// Makes room for all groups.
    pub fn resize(&mut self) {
        let groups = self.groups.len();
        self.accumulators.iter_mut().for_each(|accumulator| accumulator.resize(groups));
    }

    /// Takes what later chunks accumulated.
    ///
    /// # Errors
    /// When the two do not fit each other, or a sum overflows.
    pub fn merge(&mut self, from: Self, measures: &[Planned]) -> Result<()> {
        if self.accumulators.len() != from.accumulators.len() {
            return Err(Error::new("partials of different measures cannot be merged"));
        }
        if self.groups.len() == 0 {
            *self = from;
            return Ok(());
        }
        let numbers = (0..from.groups.len() as u32)
            .map(|group| self.groups.intern(from.groups.key(group)))
            .collect::<Result<Vec<_>>>()?;
        self.resize();
        let both = self.accumulators.iter_mut().zip(from.accumulators);
        for ((into, from), planned) in both.zip(measures) {
            into.merge(from, planned, &numbers)?;
        }
        Ok(())
    }

    /// Groups cut into pieces that fit a batch.
    pub fn pieces<'a>(&'a self, order: &'a [u32]) -> impl Iterator<Item = &'a [u32]> {
        let mut rest = order;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let mut bytes = 0;
            let mut fits = |group: &u32| {
                let widths = self.accumulators.iter().map(|accumulator| accumulator.width_bytes(*group));
                bytes += self.groups.key(*group).len() + widths.sum::<usize>();
                bytes <= PIECE_BYTES
            };
            let len = rest.iter().take(PIECE_GROUPS).take_while(|group| fits(group)).count().max(1);
            let (piece, others) = rest.split_at(len);
            rest = others;
            Some(piece)
        })
    }

    /// Size in bytes.
    pub fn size_bytes(&self) -> usize {
        self.groups.size_bytes() + self.accumulators.iter().map(Accumulator::size_bytes).sum::<usize>()
    }

    /// The form in bytes.
    ///
    /// # Errors
    /// Those of arrow.
    pub fn save(&self, keys: &Keys, plan: &str) -> Result<Vec<u8>> {
        let mut out = MAGIC.to_vec();
        put_bytes(&mut out, plan.as_bytes());
        put_len(&mut out, self.groups.len());
        let order: Vec<u32> = (0..self.groups.len() as u32).collect();
        for piece in self.pieces(&order) {
            put_len(&mut out, piece.len());
            for column in keys.columns_of(&self.groups, piece)? {
                put_column(&mut out, &column.to_data());
            }
        }
        self.accumulators.iter().for_each(|accumulator| put_accumulator(&mut out, accumulator));
        Ok(out)
    }

    /// A partial from its form in bytes.
    ///
    /// # Errors
    /// When the bytes are not such a form, or of another plan.
    pub fn load(bytes: &[u8], keys: &Keys, measures: &[Planned], plan: &str) -> Result<Self> {
        let mut from = Bytes { rest: bytes };
        if from.take(MAGIC.len())? != MAGIC {
            return Err(damaged("it does not start as one of this version"));
        }
        let len = from.len()?;
        if from.take(len)? != plan.as_bytes() {
            return Err(damaged("it is of another plan"));
        }
        let groups = from.u64()? as usize;
        let mut partial = Self::new(measures);
        let (mut scratch, mut numbers) = (keys.scratch(), Vec::new());
        while partial.groups.len() < groups {
            let start = partial.groups.len();
            let count = from.u64()? as usize;
            if count == 0 || count > PIECE_GROUPS || count > groups - start {
                return Err(damaged("a piece has a wrong number of groups"));
            }
            let columns = keys
                .types
                .iter()
                .map(|data_type| from.column(data_type, count))
                .collect::<Result<Vec<_>>>()?;
            keys.number_columns(&columns, count, &mut scratch, &mut partial.groups, &mut numbers)?;
            if partial.groups.len() != start + count {
                return Err(damaged("a key stands twice"));
            }
        }
        for accumulator in &mut partial.accumulators {
            from.accumulator(accumulator, groups)?;
        }
        if !from.rest.is_empty() {
            return Err(damaged("it is too long"));
        }
        Ok(partial)
    }
}

fn damaged(why: &str) -> Error {
    Error::bad_data(format!("the saved partial cannot be used: {why}"))
}

fn put_len(out: &mut Vec<u8>, len: usize) {
    out.extend_from_slice(&(len as u64).to_le_bytes());
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_len(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn put_column(out: &mut Vec<u8>, data: &ArrayData) {
    match data.nulls() {
        None => out.push(0),
        Some(nulls) => {
            out.push(1);
            put_bytes(out, nulls.inner().sliced().as_slice());
        }
    }
    put_len(out, data.buffers().len());
    data.buffers().iter().for_each(|buffer| put_bytes(out, buffer.as_slice()));
}

fn put_accumulator(out: &mut Vec<u8>, accumulator: &Accumulator) {
    let put_counts = |out: &mut Vec<u8>, counts: &[u64]| {
        counts.iter().for_each(|count| out.extend_from_slice(&count.to_le_bytes()));
    };
    match accumulator {
        Accumulator::Count(counts) => put_counts(out, counts),
        Accumulator::IntSum { sums, counts } => {
            sums.iter().for_each(|sum| out.extend_from_slice(&sum.to_le_bytes()));
            put_counts(out, counts);
        }
        Accumulator::DecimalSum { sums, counts } => {
            sums.iter().for_each(|sum| out.extend_from_slice(&sum.to_le_bytes()));
            put_counts(out, counts);
        }
        Accumulator::FloatSum { sums, counts } => {
            for sum in sums {
                put_len(out, sum.parts().count());
                sum.parts().for_each(|part| out.extend_from_slice(&part.to_le_bytes()));
            }
            put_counts(out, counts);
        }
        Accumulator::Extreme { values, seen, .. } => {
            values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
            out.extend(seen.iter().map(|seen| u8::from(*seen)));
        }
        Accumulator::Bytes { values, .. } => {
            for value in values {
                out.push(u8::from(value.is_some()));
                put_bytes(out, value.as_deref().unwrap_or_default());
            }
        }
        Accumulator::Nothing { .. } => {}
    }
}

/// Saved bytes, read from the front. Nothing is allocated before the bytes for it are there.
struct Bytes<'a> {
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or_else(|| damaged("it is too short"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| damaged("it is too short"))
    }

    fn arrays<const N: usize, T>(&mut self, count: usize, read: impl Fn([u8; N]) -> T) -> Result<Vec<T>> {
        let len = count.checked_mul(N).ok_or_else(|| damaged("it is too short"))?;
        let (chunks, _) = self.take(len)?.as_chunks::<N>();
        Ok(chunks.iter().map(|chunk| read(*chunk)).collect())
    }

    fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A length of bytes that are there.
    fn len(&mut self) -> Result<usize> {
        let len = self.u64()?;
        usize::try_from(len)
            .ok()
            .filter(|len| *len <= self.rest.len())
            .ok_or_else(|| damaged("it is too short"))
    }

    fn flag(&mut self) -> Result<bool> {
        match self.array::<1>()? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(damaged("a flag is neither 0 nor 1")),
        }
    }

    fn buffer(&mut self) -> Result<Buffer> {
        let len = self.len()?;
        Ok(Buffer::from(self.take(len)?))
    }

    /// A column; arrow checks that its buffers make one, offsets and UTF-8 included.
    fn column(&mut self, data_type: &DataType, rows: usize) -> Result<ArrayRef> {
        let nulls = if self.flag()? { Some(self.buffer()?) } else { None };
        if nulls.as_ref().is_some_and(|bits| bits.len() < rows.div_ceil(8)) {
            return Err(damaged("validity bits are missing"));
        }
        let count = self.u64()?;
        if count > 3 {
            return Err(damaged("a column has too many buffers"));
        }
        let buffers = (0..count).map(|_| self.buffer()).collect::<Result<Vec<_>>>()?;
        let data = ArrayData::builder(data_type.clone())
            .len(rows)
            .null_bit_buffer(nulls)
            .buffers(buffers)
            .align_buffers(true)
            .build()
            .map_err(|_| damaged("a key column is none"))?;
        Ok(make_array(data))
    }

    fn accumulator(&mut self, accumulator: &mut Accumulator, groups: usize) -> Result<()> {
        match accumulator {
            Accumulator::Count(counts) => *counts = self.arrays(groups, u64::from_le_bytes)?,
            Accumulator::IntSum { sums, counts } => {
                *sums = self.arrays(groups, i128::from_le_bytes)?;
                *counts = self.arrays(groups, u64::from_le_bytes)?;
            }
            Accumulator::DecimalSum { sums, counts } => {
                *sums = self.arrays(groups, i256::from_le_bytes)?;
                *counts = self.arrays(groups, u64::from_le_bytes)?;
            }
            Accumulator::FloatSum { sums, counts } => {
                sums.clear();
                for _ in 0..groups {
                    let parts = self.u64()? as usize;
                    let mut sum = ExactSum::default();
                    let parts = self.arrays(parts, f64::from_le_bytes)?;
                    parts.iter().for_each(|part| sum.add(*part));
                    sums.push(sum);
                }
                *counts = self.arrays(groups, u64::from_le_bytes)?;
            }
            Accumulator::Extreme { values, seen, .. } => {
                *values = self.arrays(groups, i128::from_le_bytes)?;
                *seen = (0..groups).map(|_| self.flag()).collect::<Result<_>>()?;
            }
            Accumulator::Bytes { values, heap_bytes, .. } => {
                (*heap_bytes, *values) = (0, Vec::new());
                for _ in 0..groups {
                    let there = self.flag()?;
                    let len = self.len()?;
                    let value = self.take(len)?;
                    *heap_bytes += value.len();
                    values.push(there.then(|| value.to_vec()));
                }
            }
            Accumulator::Nothing { groups: own } => *own = groups,
        }
        Ok(())
    }
}
