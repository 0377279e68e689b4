//! The crate's one error.

use crate::bencode::BencodeError;
use crate::magnet::MagnetError;
use crate::metainfo::MetainfoError;

/// Why bytes from outside are not what they should be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// No bencoded value.
    #[error("bencode: {0}")]
    Bencode(#[from] BencodeError),
    /// No .torrent this client can use.
    #[error(transparent)]
    Metainfo(#[from] MetainfoError),
    /// No magnet link this client can use.
    #[error(transparent)]
    Magnet(#[from] MagnetError),
    /// A handshake that does not start with `\x13BitTorrent protocol` (BEP 3).
    #[error("no BitTorrent handshake")]
    NotBitTorrent,
    /// A message longer than its type may be, known from its first bytes.
    #[error("message of {length} bytes (id {id:?}), at most {limit} allowed")]
    TooLong {
        /// The message id; `None` when the length alone is beyond every limit.
        id: Option<u8>,
        /// Its length as claimed, id included.
        length: u32,
        /// The longest accepted.
        limit: u32,
    },
    /// A message whose length does not fit its type.
    #[error("message {id} of {length} bytes")]
    WrongLength {
        /// The message id.
        id: u8,
        /// Its length as claimed, id included.
        length: u32,
    },
    /// A compact peer list whose length is no multiple of an entry's (BEP 23, BEP 7).
    #[error("compact peers of {0} bytes")]
    CompactLength(usize),
    /// An extended message (BEP 10) that can't be meant: what is wrong with it.
    #[error("extended message: {0}")]
    Extended(&'static str),
}
