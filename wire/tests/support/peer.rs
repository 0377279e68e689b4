//! A connection under test: what the peer sends goes through the codec a byte at a time.

use std::time::{Duration, Instant};

use wire::codec::{Decoder, Frame, encode};
use wire::{
    Action, BlockRef, BlockRequest, Event, ExtensionHandshake, Geometry, Message, PeerConfig,
    PeerState, PieceIndex,
};

/// Pieces of the torrent all tests use: 20 of 3 blocks, the last of 2, whose second is short.
pub(crate) const PIECES: u32 = 20;

pub(crate) struct Peer {
    pub(crate) state: PeerState,
    pub(crate) now: Instant,
    decoder: Decoder,
}

impl Peer {
    pub(crate) fn new(fast: bool) -> Self {
        Self::start(fast, Some(geometry()))
    }

    /// One of a torrent whose metadata is not here (BEP 9).
    pub(crate) fn without_metadata(fast: bool) -> Self {
        Self::start(fast, None)
    }

    fn start(fast: bool, geometry: Option<Geometry>) -> Self {
        let now = Instant::now();
        Self {
            state: PeerState::new(PeerConfig { geometry, fast, extended: true, now }),
            now,
            decoder: Decoder::new(geometry.map(|geometry| geometry.pieces())),
        }
    }

    /// One that has everything and does not choke us, past its first messages.
    pub(crate) fn seed(fast: bool) -> Self {
        let mut peer = Self::new(fast);
        let bits = wire::Bitfield::all(PIECES).as_wire().to_vec();
        let actions = peer.hears(&[Message::Bitfield(bits.into()), Message::Unchoke]);
        assert_eq!(actions, [Action::PeerHasAll, Action::PeerChoked(false)]);
        peer
    }

    /// Both sides have introduced themselves: ours with metadata of `metadata` bytes, the peer takes
    /// `ut_metadata` as 11, `ut_pex` as 12, `lt_donthave` as 13.
    pub(crate) fn introduced(mut self, metadata: Option<u32>) -> Self {
        let ours = ExtensionHandshake { metadata_size: metadata, ..ExtensionHandshake::ours() };
        let sent = Message::Extended { id: 0, payload: ours.encode() };
        assert_eq!(self.does(Event::Introduce(&ours)), [Action::Send(sent)]);
        let theirs = ExtensionHandshake {
            ut_metadata: Some(11),
            ut_pex: Some(12),
            lt_donthave: Some(13),
            ..Default::default()
        };
        let heard = extended(0, theirs.encode());
        assert_eq!(self.hears(&[heard]), [Action::Introduced(theirs)]);
        self
    }

    /// The peer sends these messages; blocks reach the state as the reader passes them.
    pub(crate) fn hears(&mut self, messages: &[Message]) -> Vec<Action> {
        let mut bytes = Vec::new();
        messages.iter().for_each(|message| encode(message, &mut bytes));
        let (mut out, mut buffer) = (Vec::new(), Vec::new());
        for byte in bytes {
            buffer.push(byte);
            let Some((frame, used)) = self.decoder.decode(&buffer).unwrap() else {
                continue;
            };
            assert_eq!(used, buffer.len());
            let event = match frame {
                Frame::Piece { piece, begin, data } => {
                    Event::Block { piece, begin, length: data.len() as u32 }
                }
                Frame::Other(message) => Event::Message(message),
            };
            self.state.handle(self.now, event, &mut out);
            buffer.clear();
        }
        assert!(buffer.is_empty());
        out
    }

    /// Something happens on our side.
    pub(crate) fn does(&mut self, event: Event<'_>) -> Vec<Action> {
        let mut out = Vec::new();
        self.state.handle(self.now, event, &mut out);
        out
    }

    pub(crate) fn passes(&mut self, seconds: u64) -> Vec<Action> {
        self.now += Duration::from_secs(seconds);
        self.does(Event::Tick)
    }

    pub(crate) fn outstanding(&self) -> Vec<BlockRef> {
        self.state.outstanding().collect()
    }
}

pub(crate) fn geometry() -> Geometry {
    let geometry = Geometry::new(3 * 16384, 3 * 16384 * 19 + 16384 + 100).unwrap();
    assert_eq!(geometry.pieces(), PIECES);
    geometry
}

/// An extended message (BEP 10).
pub(crate) fn extended(id: u8, payload: impl Into<bytes::Bytes>) -> Message {
    Message::Extended { id, payload: payload.into() }
}

pub(crate) fn block(piece: u32, index: u32) -> BlockRef {
    BlockRef { piece: PieceIndex(piece), index }
}

pub(crate) fn request(piece: u32, begin: u32, length: u32) -> BlockRequest {
    BlockRequest { piece: PieceIndex(piece), begin, length }
}

/// The request for a whole block that is not the torrent's last.
pub(crate) fn whole(block: BlockRef) -> BlockRequest {
    request(block.piece.0, block.index * 16384, 16384)
}

/// A PIECE message of `length` bytes.
pub(crate) fn piece(piece: u32, begin: u32, length: usize) -> Message {
    Message::Piece { piece: PieceIndex(piece), begin, data: vec![1; length].into() }
}

/// The PIECE message that answers a request for `block`.
pub(crate) fn answer(block: BlockRef) -> Message {
    piece(block.piece.0, block.index * 16384, 16384)
}
