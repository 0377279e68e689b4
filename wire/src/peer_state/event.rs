//! What goes into [`super::PeerState`] and what comes out.

use std::time::Instant;

use bytes::Bytes;

use crate::extension::{ExtensionHandshake, PexMessage};
use crate::{Bitfield, BlockRef, BlockRequest, Geometry, Message, PieceIndex};

/// What a connection starts from.
#[derive(Clone, Copy, Debug)]
pub struct PeerConfig {
    /// Bounds every index, offset and length; `None` while the metadata is unknown (BEP 9).
    pub geometry: Option<Geometry>,
    /// Whether both handshakes announced BEP 6.
    pub fast: bool,
    /// Whether both handshakes announced BEP 10.
    pub extended: bool,
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
    /// We have a piece no longer: told where the peer speaks BEP 54, and what it asked of it is
    /// refused.
    Lost(PieceIndex),
    /// What we have, before any other message of ours: becomes BITFIELD, HAVE ALL or HAVE NONE, or
    /// nothing where nothing is right. Said before the metadata is known, it counts as nothing;
    /// said again, each piece that is news becomes HAVE.
    OurBitfield(&'a Bitfield),
    /// The metadata is known: what the peer said of its pieces until now follows, checked.
    Geometry(Geometry),
    /// Tell the peer which extensions we take (BEP 10), where both sides announced that protocol;
    /// again whenever something in it changes. Extensions not in it are not listened to.
    Introduce(&'a ExtensionHandshake),
    /// Ask for this piece of the metadata (BEP 9). [`Action::MetadataRejected`] comes at once where
    /// the peer does not speak `ut_metadata`.
    RequestMetadata(u32),
    /// Answer [`Action::MetadataRequested`].
    Metadata {
        /// Which piece.
        piece: u32,
        /// Bytes of the whole metadata.
        total_size: u32,
        /// The piece: 16 KiB, but for the last.
        data: Bytes,
    },
    /// Answer [`Action::MetadataRequested`] with no.
    RejectMetadata(u32),
    /// Tell the peer of others (BEP 11), where both sides speak PEX.
    Pex(&'a PexMessage),
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
    /// This block is not coming from this peer: ask for it elsewhere. It may have been given up.
    Rejected(BlockRef),
    /// The peer answers requests for this piece though it chokes (BEP 6).
    AllowedFast(PieceIndex),
    /// Send this block, then say [`Event::Served`].
    Serve(BlockRequest),
    /// Don't send this block, if it has not gone yet.
    DropServe(BlockRequest),
    /// The peer has this piece no longer (BEP 54). Requests it will not answer follow as
    /// [`Action::Rejected`].
    PeerLost(PieceIndex),
    /// What the peer says of itself (BEP 10); of a later handshake, together with the earlier.
    Introduced(ExtensionHandshake),
    /// The peer wants this piece of the metadata, which we have said to have: answer with
    /// [`Event::Metadata`] or [`Event::RejectMetadata`].
    MetadataRequested(u32),
    /// A piece of the metadata we asked for.
    MetadataPiece {
        /// Which, counted from 0.
        piece: u32,
        /// Bytes of the whole metadata, as the peer says.
        total_size: u32,
        /// At most 16 KiB, unverified.
        data: Bytes,
    },
    /// This piece of the metadata is not coming from this peer.
    MetadataRejected(u32),
    /// Peers the peer knows (BEP 11), as it says: who may be dialled is the caller's question.
    Peers(PexMessage),
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
    /// BITFIELD, HAVE ALL or HAVE NONE twice or after other messages, unless it is a BITFIELD in
    /// place of HAVEs.
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
    /// An extended handshake that is too long or can't be read.
    #[error("malformed extended handshake")]
    ExtendedHandshake,
    /// Too many messages that do nothing.
    #[error("message flood")]
    Flood,
    /// Nothing for [`super::SILENT_AFTER`].
    #[error("silent")]
    Silent,
}
