//! Messages out of a buffer the caller owns.

use bytes::Bytes;

use super::limits;
use crate::{BlockRequest, Message, PieceIndex, WireError};

/// One decoded message; block data stays where the socket put it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Frame<'a> {
    /// PIECE (7), its data borrowed from the buffer.
    Piece {
        /// The piece it belongs to.
        piece: PieceIndex,
        /// First byte, counted from the piece's start.
        begin: u32,
        /// The bytes.
        data: &'a [u8],
    },
    /// Every other message.
    Other(Message),
}

impl Frame<'_> {
    /// The message with data of its own.
    pub fn into_message(self) -> Message {
        match self {
            Frame::Piece { piece, begin, data } => {
                Message::Piece { piece, begin, data: Bytes::copy_from_slice(data) }
            }
            Frame::Other(message) => message,
        }
    }
}

/// Decodes the messages of one connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decoder {
    /// Sizes the bitfield's limit; `None` until the metadata is known.
    pieces: Option<u32>,
}

impl Decoder {
    /// A decoder for a torrent of `pieces` pieces, `None` while that is unknown (BEP 9).
    pub fn new(pieces: Option<u32>) -> Self {
        Self { pieces }
    }

    /// Tells it the number of pieces once the metadata is here.
    pub fn set_pieces(&mut self, pieces: u32) {
        self.pieces = Some(pieces);
    }

    /// The longest message this decoder accepts, its length prefix counted: a buffer of this size
    /// never has to grow.
    pub fn longest(&self) -> usize {
        4 + limits::longest(self.pieces) as usize
    }

    /// How many bytes more it takes, at least, until [`Self::decode`] finds a message in `buf`, which
    /// holds none: at least 1.
    pub fn missing(buf: &[u8]) -> usize {
        let prefix = buf.first_chunk::<4>();
        let whole =
            prefix.map_or(4, |prefix| (u32::from_be_bytes(*prefix) as usize).saturating_add(4));
        whole.saturating_sub(buf.len()).max(1)
    }

    /// The message at the start of `buf` and the bytes it took; `None` while it is incomplete.
    ///
    /// # Errors
    /// [`WireError::TooLong`] and [`WireError::WrongLength`] from the first four or five bytes of a
    /// message, before the rest is here; the connection can't go on after either.
    pub fn decode<'a>(&mut self, buf: &'a [u8]) -> Result<Option<(Frame<'a>, usize)>, WireError> {
        let Some((prefix, rest)) = buf.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*prefix);
        if length == 0 {
            return Ok(Some((Frame::Other(Message::KeepAlive), 4)));
        }
        let limit = limits::longest(self.pieces);
        if length > limit {
            let id = None;
            return Err(WireError::TooLong { id, length, limit });
        }
        let Some(&id) = rest.first() else {
            return Ok(None);
        };
        limits::check(id, length, self.pieces)?;
        let Some(body) = rest.get(1..length as usize) else {
            return Ok(None);
        };
        let frame = frame(id, body).ok_or(WireError::WrongLength { id, length })?;
        Ok(Some((frame, 4 + length as usize)))
    }
}

/// `None` when the body is shorter than its fields, which [`limits::check`] has ruled out.
fn frame(id: u8, body: &[u8]) -> Option<Frame<'_>> {
    Some(Frame::Other(match id {
        0 => Message::Choke,
        1 => Message::Unchoke,
        2 => Message::Interested,
        3 => Message::NotInterested,
        4 => Message::Have(PieceIndex(u32_at(body, 0)?)),
        5 => Message::Bitfield(Bytes::copy_from_slice(body)),
        6 => Message::Request(request(body)?),
        7 => {
            return Some(Frame::Piece {
                piece: PieceIndex(u32_at(body, 0)?),
                begin: u32_at(body, 4)?,
                data: body.get(8..)?,
            });
        }
        8 => Message::Cancel(request(body)?),
        9 => Message::Port(u16::from_be_bytes(*body.first_chunk()?)),
        13 => Message::SuggestPiece(PieceIndex(u32_at(body, 0)?)),
        14 => Message::HaveAll,
        15 => Message::HaveNone,
        16 => Message::RejectRequest(request(body)?),
        17 => Message::AllowedFast(PieceIndex(u32_at(body, 0)?)),
        20 => Message::Extended {
            id: *body.first()?,
            payload: Bytes::copy_from_slice(body.get(1..)?),
        },
        other => Message::Unknown(other),
    }))
}

fn u32_at(body: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*body.get(at..)?.first_chunk()?))
}

fn request(body: &[u8]) -> Option<BlockRequest> {
    Some(BlockRequest {
        piece: PieceIndex(u32_at(body, 0)?),
        begin: u32_at(body, 4)?,
        length: u32_at(body, 8)?,
    })
}
