//! The 68 bytes every connection starts with (BEP 3), and what their reserved bits announce.

use crate::{InfoHash, PeerId, WireError};

/// Length byte and protocol string.
const PROTOCOL: [u8; 20] = *b"\x13BitTorrent protocol";

/// What a peer can do beyond BEP 3, from the eight reserved bytes of its handshake.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Extensions {
    /// Fast extension (BEP 6): bit 0x04 of byte 7.
    pub fast: bool,
    /// Extension protocol (BEP 10): bit 0x10 of byte 5.
    pub extended: bool,
    /// DHT (BEP 5): bit 0x01 of byte 7.
    pub dht: bool,
}

impl Extensions {
    fn to_reserved(self) -> [u8; 8] {
        let mut reserved = [0; 8];
        reserved[5] = if self.extended { 0x10 } else { 0 };
        reserved[7] = if self.fast { 0x04 } else { 0 } | if self.dht { 0x01 } else { 0 };
        reserved
    }

    fn from_reserved(reserved: [u8; 8]) -> Self {
        Self {
            fast: reserved[7] & 0x04 != 0,
            extended: reserved[5] & 0x10 != 0,
            dht: reserved[7] & 0x01 != 0,
        }
    }

    /// What both sides announced, and so may be used.
    pub fn both(self, other: Self) -> Self {
        Self {
            fast: self.fast && other.fast,
            extended: self.extended && other.extended,
            dht: self.dht && other.dht,
        }
    }
}

/// A BitTorrent handshake (BEP 3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handshake {
    /// What the sender can do.
    pub extensions: Extensions,
    /// The torrent the connection is about.
    pub info_hash: InfoHash,
    /// What the sender calls itself.
    pub peer_id: PeerId,
}

impl Handshake {
    /// Bytes of a handshake.
    pub const LEN: usize = 68;
    /// Bytes up to and with the info hash: the side that is called can answer from these.
    pub const LEN_WITHOUT_PEER_ID: usize = 48;

    /// The handshake as it goes on the wire.
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..20].copy_from_slice(&PROTOCOL);
        bytes[20..28].copy_from_slice(&self.extensions.to_reserved());
        bytes[28..48].copy_from_slice(&self.info_hash.0);
        bytes[48..].copy_from_slice(&self.peer_id.0);
        bytes
    }

    /// Parses what has arrived so far; `None` until [`Self::LEN`] bytes have. Further bytes are left
    /// to the message decoder.
    ///
    /// # Errors
    /// [`WireError::NotBitTorrent`] as soon as a byte of the protocol string is wrong. Whether the
    /// info hash is one of ours is the caller's question.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, WireError> {
        if bytes.iter().zip(&PROTOCOL).any(|(got, want)| got != want) {
            return Err(WireError::NotBitTorrent);
        }
        let Some((bytes, _)) = bytes.split_first_chunk::<{ Self::LEN }>() else {
            return Ok(None);
        };
        let field = |at: usize| std::array::from_fn(|i| bytes[at + i]);
        Ok(Some(Self {
            extensions: Extensions::from_reserved(std::array::from_fn(|i| bytes[20 + i])),
            info_hash: InfoHash(field(28)),
            peer_id: PeerId(field(48)),
        }))
    }
}
