//! Content ids: the hash of bytes, together with the name of the hash.

use std::{fmt, io, str::FromStr};

use sha1::Digest as _;

/// How much of a reader is hashed at a time.
const READ_BYTES: usize = 128 << 10;

/// A hash function. Its name is part of every id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-1 (FIPS 180-4), 20 bytes: what the public metadata model names its objects by.
    Sha1,
    /// SHA-256 (FIPS 180-4), 32 bytes.
    Sha256,
    /// BLAKE3, 32 bytes: fast enough for data files.
    Blake3,
}

impl Algorithm {
    /// All algorithms.
    pub const ALL: [Algorithm; 3] = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Blake3];

    /// The name as it stands in ids and keys.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Sha1 => "sha1",
            Algorithm::Sha256 => "sha256",
            Algorithm::Blake3 => "blake3",
        }
    }

    /// The length of a hash in bytes.
    pub fn hash_bytes(self) -> usize {
        match self {
            Algorithm::Sha1 => 20,
            Algorithm::Sha256 | Algorithm::Blake3 => 32,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        Algorithm::ALL.into_iter().find(|a| a.name() == text).ok_or(ParseIdError::Algorithm)
    }
}

/// The hash of some bytes.
///
/// Invariants: the hash has the length of its algorithm; the text form is `algorithm:hex` in lower case,
/// and parsing it gives the same id.
///
/// ```
/// use artemis_host::store::{Algorithm, ContentId};
/// let id = ContentId::of(Algorithm::Sha1, b"abc");
/// assert_eq!(id.to_string(), "sha1:a9993e364706816aba3e25717850c26c9cd0d89d");
/// assert_eq!(id.to_string().parse(), Ok(id));
/// assert_eq!(id.hash().len(), Algorithm::Sha1.hash_bytes());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentId {
    algorithm: Algorithm,
    /// Zero beyond the length of the algorithm, so that the derived comparisons hold.
    bytes: [u8; 32],
}

impl ContentId {
    /// The id of bytes in memory.
    pub fn of(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let mut hasher = ContentHasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    /// The id of all bytes that a reader gives.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn of_reader(algorithm: Algorithm, reader: &mut dyn io::Read) -> io::Result<Self> {
        let mut hasher = ContentHasher::new(algorithm);
        let mut buffer = vec![0; READ_BYTES];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(hasher.finish()),
                Ok(read) => hasher.update(&buffer[..read]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    fn from_hash(algorithm: Algorithm, hash: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(hash).for_each(|(to, from)| *to = *from);
        Self { algorithm, bytes }
    }

    /// Which hash it is.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The bytes of the hash.
    pub fn hash(&self) -> &[u8] {
        &self.bytes[..self.algorithm.hash_bytes()]
    }

    /// The hash in lower-case hex, without the algorithm.
    pub fn hex(&self) -> String {
        self.hash().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The first twelve hex digits: enough for people, not for records.
    pub fn short(&self) -> String {
        let mut hex = self.hex();
        hex.truncate(12);
        hex
    }

    /// The id as a segment of a key: `algorithm-hex`, since a colon is not welcome in file names.
    pub fn segment(&self) -> String {
        format!("{}-{}", self.algorithm, self.hex())
    }

    /// The inverse of [`segment`](Self::segment).
    ///
    /// # Errors
    /// Text that is no such segment.
    pub fn from_segment(text: &str) -> Result<Self, ParseIdError> {
        let (algorithm, hex) = text.split_once('-').ok_or(ParseIdError::Form)?;
        Self::parse(algorithm, hex)
    }

    /// Where a store keeps the bytes of this id.
    pub fn object_key(&self) -> String {
        let hex = self.hex();
        format!("objects/{}/{}/{hex}", self.algorithm, &hex[..2])
    }

    fn parse(algorithm: &str, hex: &str) -> Result<Self, ParseIdError> {
        let algorithm: Algorithm = algorithm.parse()?;
        let digits = hex.as_bytes();
        if digits.len() != 2 * algorithm.hash_bytes() {
            return Err(ParseIdError::Length);
        }
        let mut hash = [0; 32];
        for (to, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            *to = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self::from_hash(algorithm, &hash[..algorithm.hash_bytes()]))
    }
}

/// One lower-case hex digit: upper case would give one id two spellings.
fn digit(byte: u8) -> Result<u8, ParseIdError> {
    match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(ParseIdError::Digit),
    }
}

impl fmt::Display for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, self.hex())
    }
}

impl fmt::Debug for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for ContentId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let (algorithm, hex) = text.split_once(':').ok_or(ParseIdError::Form)?;
        Self::parse(algorithm, hex)
    }
}

/// Why text is no content id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseIdError {
    /// It does not consist of algorithm and hash.
    #[error("a content id has the form algorithm:hex")]
    Form,
    /// The algorithm is unknown.
    #[error("the algorithm of a content id is one of sha1, sha256, blake3")]
    Algorithm,
    /// The hash has the wrong length.
    #[error("the hash does not have the length of its algorithm")]
    Length,
    /// The hash has other characters than lower-case hex digits.
    #[error("a hash consists of lower-case hex digits")]
    Digit,
}

/// Hashes bytes that stream by.
#[derive(Debug, Clone)]
pub struct ContentHasher(State);

#[derive(Debug, Clone)]
enum State {
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
    // BLAKE3's state is some 2 kB; the others are about 100 bytes.
    Blake3(Box<blake3::Hasher>),
}

impl ContentHasher {
    /// A hasher that has seen nothing.
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Sha1 => State::Sha1(sha1::Sha1::new()),
            Algorithm::Sha256 => State::Sha256(sha2::Sha256::new()),
            Algorithm::Blake3 => State::Blake3(Box::default()),
        })
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sha1(state) => state.update(bytes),
            State::Sha256(state) => state.update(bytes),
            State::Blake3(state) => {
                state.update(bytes);
            }
        }
    }

    /// The id of all bytes seen.
    pub fn finish(self) -> ContentId {
        match self.0 {
            State::Sha1(state) => ContentId::from_hash(Algorithm::Sha1, &state.finalize()),
            State::Sha256(state) => ContentId::from_hash(Algorithm::Sha256, &state.finalize()),
            State::Blake3(state) => ContentId::from_hash(Algorithm::Blake3, state.finalize().as_bytes()),
        }
    }
}

impl io::Write for ContentHasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_agree_with_published_test_vectors() {
        // FIPS 180-4 examples for "abc"; the BLAKE3 value is that of the empty input in its test vectors.
        let vectors: [(Algorithm, &[u8], &str); 3] = [
            (Algorithm::Sha1, b"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (Algorithm::Sha256, b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (Algorithm::Blake3, b"", "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
        ];
        for (algorithm, bytes, hex) in vectors {
            assert_eq!(ContentId::of(algorithm, bytes).hex(), hex);
        }
    }

    #[test]
    fn an_id_survives_its_text_forms() {
        for algorithm in Algorithm::ALL {
            let id = ContentId::of(algorithm, b"some bytes");
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(ContentId::from_segment(&id.segment()), Ok(id));
        }
    }

    #[test]
    fn text_that_is_no_id_is_refused_with_the_reason() {
        let cases = [
            ("", ParseIdError::Form),
            ("a9993e", ParseIdError::Form),
            ("md5:00", ParseIdError::Algorithm),
            ("sha1:00", ParseIdError::Length),
            ("sha1:A9993E364706816ABA3E25717850C26C9CD0D89D", ParseIdError::Digit),
            ("sha1:é9993e364706816aba3e25717850c26c9cd0d89", ParseIdError::Digit),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<ContentId>(), Err(error), "{text}");
        }
    }

    #[test]
    fn hashing_in_pieces_is_hashing_the_whole() {
        let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
        for algorithm in Algorithm::ALL {
            for cut in [0, 1, 64, 1023, 4999] {
                let mut hasher = ContentHasher::new(algorithm);
                hasher.update(&bytes[..cut]);
                hasher.update(&bytes[cut..]);
                assert_eq!(hasher.finish(), ContentId::of(algorithm, &bytes));
            }
            let read = ContentId::of_reader(algorithm, &mut bytes.as_slice()).unwrap();
            assert_eq!(read, ContentId::of(algorithm, &bytes));
        }
    }
}
