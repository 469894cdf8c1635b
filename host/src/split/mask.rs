//! Masks over blocks of 64 bytes: bit *i* tells about byte *i*.

use wide::u8x16;

use super::dialect::Dialect;
use super::machine::State;

/// Length of a block in bytes.
pub(super) const BLOCK: usize = 64;

/// The bytes of a block by what they do, up to the first one that the masks do not explain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Masks {
    entry: State,
    /// In quotes, the opening quote included and the closing one not.
    quoted: u64,
    closing: u64,
    delimiters: u64,
    /// Terminators that end a line.
    pub line_ends: u64,
    /// Those of them that end a blank line.
    pub blank: u64,
    /// Carriage returns at the start of a line, which may belong to a blank line.
    start_cr: u64,
    /// Number of bytes before the first one that needs the plain machine; the block's length without.
    pub plain: usize,
    /// There is such a byte.
    pub is_odd: bool,
    /// No quote in it, and all in quotes.
    pub is_all_quoted: bool,
}

impl Masks {
    /// The masks of the block at the start of `bytes`, which begins in `entry`: at the start of a record or
    /// field, or within one, or after a quote. Bytes after the block do not matter.
    #[inline]
    pub fn of(dialect: &Dialect, bytes: &[u8], entry: State) -> Self {
        let (block, count) = load(bytes);
        let valid = low_bits(count);
        let mask = |byte: u8| mask(&block, byte) & valid;
        let of_role = |role: Option<u8>| role.map_or(0, mask);
        let entered = |state: State| u64::from(entry == state);

        let quotes = of_role(dialect.quote());
        let inside = if entry == State::Quoted { u64::MAX } else { 0 };
        let quoted = if quotes == 0 { inside } else { prefix_xor(quotes) ^ inside };
        let (opening, closing) = (quotes & quoted, quotes & !quoted);
        let delimiters = mask(dialect.delimiter()) & !quoted;
        let line_ends = mask(dialect.terminator_byte()) & !quoted;

        let line_starts = (line_ends << 1) | entered(State::RecordStart);
        let returns = if dialect.strips_cr() { mask(b'\r') } else { 0 };
        let start_cr = returns & line_starts & !quoted;
        let blank = line_ends & (line_starts | (start_cr << 1) | entered(State::RecordStartCr));

        let may_open = line_starts
            | (delimiters << 1)
            | entered(State::FieldStart)
            | (closing << 1)
            | entered(State::QuoteInQuoted);
        let comments = of_role(dialect.comment()) & line_starts & !quoted;
        let odd = (opening & !may_open) | comments | of_role(dialect.escape());
        let plain = (odd.trailing_zeros() as usize).min(count);
        let trusted = low_bits(plain);
        Self {
            entry,
            quoted,
            closing,
            delimiters,
            line_ends: line_ends & trusted,
            blank: blank & trusted,
            start_cr,
            plain,
            is_odd: odd != 0,
            is_all_quoted: quotes == 0 && entry == State::Quoted,
        }
    }

    /// The state after the plain bytes.
    #[inline]
    pub fn end(&self) -> State {
        let Some(last) = self.plain.checked_sub(1) else { return self.entry };
        let is = |mask: u64| (mask >> last) & 1 == 1;
        if is(self.quoted) {
            State::Quoted
        } else if is(self.closing) {
            State::QuoteInQuoted
        } else if is(self.line_ends) {
            State::RecordStart
        } else if is(self.delimiters) {
            State::FieldStart
        } else if is(self.start_cr) {
            State::RecordStartCr
        } else {
            State::Unquoted
        }
    }
}

/// The first bytes as vectors, zeros after the end; also how many there are.
#[inline]
fn load(bytes: &[u8]) -> ([u8x16; 4], usize) {
    let vectors = |bytes: &[u8; BLOCK]| {
        let mut parts = [[0; 16]; 4];
        for (part, bytes) in parts.iter_mut().zip(bytes.chunks_exact(16)) {
            part.copy_from_slice(bytes);
        }
        parts.map(u8x16::new)
    };
    match bytes.first_chunk::<BLOCK>() {
        Some(bytes) => (vectors(bytes), BLOCK),
        None => {
            let mut padded = [0; BLOCK];
            padded[..bytes.len()].copy_from_slice(bytes);
            (vectors(&padded), bytes.len())
        }
    }
}

#[inline]
fn mask(block: &[u8x16; 4], byte: u8) -> u64 {
    let wanted = u8x16::splat(byte);
    let [a, b, c, d] = block.map(|part| u64::from(part.simd_eq(wanted).to_bitmask()));
    a | (b << 16) | (c << 32) | (d << 48)
}

/// Bit *i* is the parity of the bits up to and including *i*.
#[inline]
fn prefix_xor(mut mask: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        mask ^= mask << shift;
    }
    mask
}

/// The lowest `count` bits.
#[inline]
fn low_bits(count: usize) -> u64 {
    if count >= BLOCK { u64::MAX } else { (1 << count) - 1 }
}
