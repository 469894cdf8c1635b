//! Masks over blocks of 64 bytes.

use wide::u8x16;

/// Length of a block.
pub(crate) const BLOCK: usize = 64;

/// Sixty-four bytes as vectors.
#[derive(Clone, Copy)]
pub(crate) struct Block([u8x16; 4]);

impl Block {
    /// The bytes of `data` from `at` on, with zeros after its end; also how many of them are data.
    #[inline]
    pub fn load(data: &[u8], at: usize) -> (Self, usize) {
        match data[at..].first_chunk::<BLOCK>() {
            Some(bytes) => (Self::of(bytes), BLOCK),
            None => {
                let mut bytes = [0; BLOCK];
                let rest = &data[at..];
                bytes[..rest.len()].copy_from_slice(rest);
                (Self::of(&bytes), rest.len())
            }
        }
    }

    #[inline]
    fn of(bytes: &[u8; BLOCK]) -> Self {
        let vector = |i: usize| {
            let mut part = [0; 16];
            part.copy_from_slice(&bytes[16 * i..16 * (i + 1)]);
            u8x16::new(part)
        };
        Self([vector(0), vector(1), vector(2), vector(3)])
    }

    /// Bit *i* is set if byte *i* equals `byte`.
    #[inline]
    pub fn mask(&self, byte: u8) -> u64 {
        let wanted = u8x16::splat(byte);
        let [a, b, c, d] = self.0.map(|part| u64::from(part.simd_eq(wanted).to_bitmask()));
        a | (b << 16) | (c << 32) | (d << 48)
    }
}

/// Bit *i* is the parity of the bits up to and including *i*.
#[inline]
pub(crate) fn prefix_xor(mut mask: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        mask ^= mask << shift;
    }
    mask
}

/// The lowest `count` bits.
#[inline]
pub(crate) fn low_bits(count: usize) -> u64 {
    if count >= 64 { u64::MAX } else { (1 << count) - 1 }
}
