//! Every peer message as a value (BEP 3, fast extension BEP 6, extension protocol BEP 10).

use bytes::Bytes;

use crate::PieceIndex;

/// What REQUEST, CANCEL and REJECT REQUEST are about, as it stands on the wire (BEP 3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BlockRequest {
    /// The piece.
    pub piece: PieceIndex,
    /// First byte, counted from the piece's start.
    pub begin: u32,
    /// Bytes asked for.
    pub length: u32,
}

/// One peer message. PIECE's data is borrowed by the decoder and owned here: see `codec::Frame`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// A length of zero: nothing but "still here".
    KeepAlive,
    /// 0
    Choke,
    /// 1
    Unchoke,
    /// 2
    Interested,
    /// 3
    NotInterested,
    /// 4: the sender has verified this piece.
    Have(PieceIndex),
    /// 5: raw bits; checked against the torrent by the state machine.
    Bitfield(Bytes),
    /// 6
    Request(BlockRequest),
    /// 7: `begin` and data of a block.
    Piece {
        /// The piece it belongs to.
        piece: PieceIndex,
        /// First byte, counted from the piece's start.
        begin: u32,
        /// The bytes.
        data: Bytes,
    },
    /// 8
    Cancel(BlockRequest),
    /// 9: the sender's DHT port (BEP 5).
    Port(u16),
    /// 13 (BEP 6)
    SuggestPiece(PieceIndex),
    /// 14 (BEP 6)
    HaveAll,
    /// 15 (BEP 6)
    HaveNone,
    /// 16 (BEP 6)
    RejectRequest(BlockRequest),
    /// 17 (BEP 6)
    AllowedFast(PieceIndex),
    /// 20 (BEP 10): extended message id and payload.
    Extended {
        /// 0 is the extended handshake, others as agreed in it.
        id: u8,
        /// Bencoded dictionary, and for ut_metadata data behind it.
        payload: Bytes,
    },
    /// An id this client does not know: ignored, as BEP 3 clients do.
    Unknown(u8),
}
