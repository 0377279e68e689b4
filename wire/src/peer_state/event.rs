//! What goes into [`super::PeerState`] and what comes out.

use std::time::Instant;

use bytes::Bytes;

use crate::{Bitfield, BlockRef, BlockRequest, Geometry, Message, PieceIndex};

/// What a connection starts from.
#[derive(Clone, Copy, Debug)]
pub struct PeerConfig {
    /// Bounds every index, offset and length.
    pub geometry: Geometry,
    /// Whether both handshakes announced BEP 6.
    pub fast: bool,
    /// The time the handshakes were done.
    pub now: Instant,
}

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// From the wire: any message; PIECE better comes as [`Event::Block`].
    Message(Message),
    /// From the wire: a PIECE whose data the reader has put aside.
    Block {
        /// The piece it belongs to.
        piece: PieceIndex,
        /// First byte, counted from the piece's start.
        begin: u32,
        /// Bytes of data.
        length: u32,
    },
    /// Ask for these blocks. Those that would not be answered come back as [`Action::Rejected`].
    Request(&'a [BlockRef]),
    /// Give these up.
    Cancel(&'a [BlockRef]),
    /// Whether the peer has something we want.
    Interested(bool),
    /// Whether the peer may ask.
    Choke(bool),
    /// We have verified a piece.
    Have(PieceIndex),
    /// What we have, before any other message of ours: becomes BITFIELD, HAVE ALL or HAVE NONE, or
    /// nothing where nothing is right.
    OurBitfield(&'a Bitfield),
    /// Let the peer ask for this piece though choked (BEP 6).
    AllowFast(PieceIndex),
    /// The PIECE that answers this request was sent.
    Served(BlockRequest),
    /// This request can't be answered after all.
    CannotServe(BlockRequest),
    /// Time passed; once in a few seconds is enough.
    Tick,
}

/// Something to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Write this message.
    Send(Message),
    /// The peer has one more piece.
    PeerHas(PieceIndex),
    /// The peer has every piece.
    PeerHasAll,
    /// The peer said that it has none.
    PeerHasNone,
    /// The peer has these, neither all nor none.
    PeerBitfield(Bitfield),
    /// The peer chokes us or does no longer. Requests it will not answer follow as
    /// [`Action::Rejected`], without BEP 6 all of them at once.
    PeerChoked(bool),
    /// The peer wants something of ours, or no longer.
    PeerInterested(bool),
    /// The block that has just come was asked for: deliver it. It may have been given up since.
    BlockAccepted(BlockRef),
    /// The block that has just come is of no use.
    BlockDropped(DropReason),
    /// This block is not coming from this peer: ask for it elsewhere.
    Rejected(BlockRef),
    /// The peer answers requests for this piece though it chokes (BEP 6).
    AllowedFast(PieceIndex),
    /// Send this block, then say [`Event::Served`].
    Serve(BlockRequest),
    /// Don't send this block, if it has not gone yet.
    DropServe(BlockRequest),
    /// An extended message (BEP 10), its payload as it came.
    Extended {
        /// Extended message id.
        id: u8,
        /// What follows the id.
        payload: Bytes,
    },
    /// The peer's DHT node listens on this port (BEP 5).
    DhtPort(u16),
    /// Close the connection; the last action there is.
    Close(CloseReason),
}

/// Why a block was of no use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum DropReason {
    /// Never asked for, answered before, or given up more than
    /// [`super::EXPECTED_FOR`] ago.
    Unasked,
}

/// Why a connection is closed by the rules.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// BITFIELD of the wrong length or with spare bits set.
    #[error("malformed bitfield")]
    Bitfield,
    /// BITFIELD, HAVE ALL or HAVE NONE twice or after other messages.
    #[error("bitfield out of turn")]
    BitfieldOutOfTurn,
    /// A piece the torrent does not have.
    #[error("piece index out of range")]
    PieceIndex,
    /// A second request that no peer could meet.
    #[error("impossible requests")]
    BadRequests,
    /// [`super::MAX_UNASKED`] blocks that were not asked for.
    #[error("blocks nobody asked for")]
    UnaskedBlocks,
    /// A block that is not as long as it has to be.
    #[error("block of wrong length")]
    BlockLength,
    /// A message of BEP 6 that was not agreed on.
    #[error("fast extension message without the fast extension")]
    FastNotNegotiated,
    /// Too many messages that do nothing.
    #[error("message flood")]
    Flood,
    /// Nothing for [`super::SILENT_AFTER`].
    #[error("silent")]
    Silent,
}
