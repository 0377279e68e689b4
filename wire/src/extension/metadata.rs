//! `ut_metadata`: a torrent's `info` dictionary from its peers (BEP 9).

use bytes::Bytes;

use crate::WireError;
use crate::bencode::{self, Limits, Value, write};

/// Bytes of every piece of metadata but the last (BEP 9).
pub const METADATA_PIECE_LEN: u32 = 16 * 1024;
/// The longest metadata accepted in bytes: 32 MiB, 1.6 million pieces (HOSTILE 30).
pub const MAX_METADATA: u32 = 32 * 1024 * 1024;

/// How many pieces metadata of `size` bytes has.
pub fn metadata_pieces(size: u32) -> u32 {
    size.div_ceil(METADATA_PIECE_LEN)
}

/// One `ut_metadata` message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MetadataMessage {
    /// The sender wants this piece.
    Request(u32),
    /// A piece.
    Data {
        /// Which, counted from 0.
        piece: u32,
        /// Bytes of the whole metadata, as the sender says.
        total_size: u32,
        /// At most [`METADATA_PIECE_LEN`] bytes.
        data: Bytes,
    },
    /// The sender does not send this piece.
    Reject(u32),
}

impl MetadataMessage {
    /// Parses a payload: a dictionary, and for [`MetadataMessage::Data`] the bytes behind it, which
    /// are not copied.
    ///
    /// # Errors
    /// [`WireError::Bencode`], or [`WireError::Extended`] for a type BEP 9 does not know (to be
    /// ignored), a number outside of 32 bits, or a piece longer than [`METADATA_PIECE_LEN`].
    pub fn parse(payload: &Bytes) -> Result<Self, WireError> {
        let (header, used) = bencode::read_prefix(payload, Limits::EXTENDED)?;
        let number = |key: &str| {
            let int = header.get(key).and_then(Value::int);
            int.and_then(|int| u32::try_from(int).ok()).ok_or(WireError::Extended("ut_metadata"))
        };
        let piece = number("piece")?;
        match number("msg_type")? {
            0 => Ok(Self::Request(piece)),
            1 if payload.len() - used > METADATA_PIECE_LEN as usize => {
                Err(WireError::Extended("ut_metadata piece length"))
            }
            1 => {
                let total_size = number("total_size")?;
                Ok(Self::Data { piece, total_size, data: payload.slice(used..) })
            }
            2 => Ok(Self::Reject(piece)),
            _ => Err(WireError::Extended("ut_metadata message type")),
        }
    }

    /// The payload; data is copied.
    pub fn encode(&self) -> Bytes {
        let (message_type, piece, total_size, data) = match self {
            Self::Request(piece) => (0, *piece, None, &[][..]),
            Self::Data { piece, total_size, data } => (1, *piece, Some(*total_size), &data[..]),
            Self::Reject(piece) => (2, *piece, None, &[][..]),
        };
        let header = write::dict(|e| {
            e.emit_pair(b"msg_type", message_type)?;
            e.emit_pair(b"piece", piece)?;
            total_size.map_or(Ok(()), |size| e.emit_pair(b"total_size", size))
        });
        match data {
            [] => header,
            data => [&header[..], data].concat().into(),
        }
    }
}
