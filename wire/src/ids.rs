//! The newtypes every crate speaks in.

use std::fmt;

/// SHA-1 of a torrent's bencoded `info` dictionary (BEP 3): what a swarm is known by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InfoHash(pub [u8; 20]);

impl InfoHash {
    /// Parses 40 hex digits or 32 base32 characters (BEP 9), any case; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = match text.len() {
            40 => data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?,
            32 => data_encoding::BASE32.decode(text.to_ascii_uppercase().as_bytes()).ok()?,
            _ => return None,
        };
        Some(Self(bytes.try_into().ok()?))
    }
}

impl fmt::Display for InfoHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for InfoHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The 20 bytes a peer calls itself (BEP 3, BEP 20 for its conventional prefix).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeerId(pub [u8; 20]);

impl PeerId {
    /// Azureus-style prefix of this client (BEP 20): `-MR0100-`.
    pub const PREFIX: [u8; 8] = *b"-MR0100-";

    /// A peer id of ours from 12 random bytes.
    pub fn ours(random: [u8; 12]) -> Self {
        let mut id = [0; 20];
        id[..8].copy_from_slice(&Self::PREFIX);
        id[8..].copy_from_slice(&random);
        Self(id)
    }

    /// What the peer runs, as far as its id tells: the printable prefix, never control characters.
    pub fn client(&self) -> String {
        self.0[..8].iter().map(|b| if b.is_ascii_graphic() { *b as char } else { '.' }).collect()
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// A piece of a torrent, counted from 0 (BEP 3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PieceIndex(pub u32);

impl PieceIndex {
    /// As an index into per-piece tables.
    pub fn idx(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Debug for PieceIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}", self.0)
    }
}

/// One block of a piece: the `index`-th run of [`crate::BLOCK_LEN`] bytes in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockRef {
    /// The piece it belongs to.
    pub piece: PieceIndex,
    /// Its place in the piece, counted in blocks from 0.
    pub index: u32,
}

impl fmt::Debug for BlockRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}b{}", self.piece.0, self.index)
    }
}

/// A half-open range of bytes, of a torrent or of a file in it, as the holder says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ByteRange {
    /// First byte.
    pub start: u64,
    /// One past the last byte; never below `start`.
    pub end: u64,
}

impl ByteRange {
    /// The range `start..end`, empty when `end` is below `start`.
    pub fn new(start: u64, end: u64) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Bytes in it.
    pub fn len(&self) -> u64 {
        self.end - self.start
    }

    /// Whether no byte is in it.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }
}
