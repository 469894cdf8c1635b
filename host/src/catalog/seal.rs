//! Seals: a hash behind a message that stands alone, so that a flipped bit shows.
//!
//! The seal has the form of a field of the message, number 2047, which readers of the message skip.

use crate::store::{Algorithm, ContentId, StoreError};

/// Field 2047, length-delimited, 32 bytes.
const HEAD: [u8; 3] = [0xfa, 0x7f, 32];
const SEAL_BYTES: usize = HEAD.len() + 32;

/// The message with its seal.
pub(super) fn sealed(mut message: Vec<u8>) -> Vec<u8> {
    let hash = ContentId::of(Algorithm::Blake3, &message);
    message.extend(HEAD);
    message.extend(hash.hash());
    message
}

/// Checks the seal, if there is one: records of older versions of the program have none.
///
/// # Errors
/// [`StoreError::Corrupt`] if the seal does not fit.
pub(super) fn check(place: &str, bytes: &[u8]) -> Result<(), StoreError> {
    if has_seal(bytes) { check_strictly(place, bytes) } else { Ok(()) }
}

/// Checks the seal, which must be there.
///
/// # Errors
/// [`StoreError::Corrupt`] if it is missing or does not fit.
pub(super) fn check_strictly(place: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let body = bytes.len().saturating_sub(SEAL_BYTES);
    if !has_seal(bytes)
        || ContentId::of(Algorithm::Blake3, &bytes[..body]).hash() != &bytes[body + HEAD.len()..]
    {
        return Err(StoreError::corrupt(place, "its seal does not fit its bytes"));
    }
    Ok(())
}

fn has_seal(bytes: &[u8]) -> bool {
    bytes.len() >= SEAL_BYTES && bytes[bytes.len() - SEAL_BYTES..].starts_with(&HEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_of_a_sealed_message_shows() {
        for message in [&b""[..], b"a message"] {
            let whole = sealed(message.to_vec());
            assert!(check("x", message).is_ok(), "a message without a seal is an old one");
            assert!(check_strictly("x", &whole).is_ok());
            for bit in 0..8 * whole.len() {
                let mut bytes = whole.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                assert!(check_strictly("x", &bytes).is_err(), "bit {bit}");
            }
        }
    }
}
