//! One connection under a script of our events and of bytes from the peer.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::codec::{Decoder, Frame};
use crate::extension::MAX_PEX_PEERS;
use crate::peer_state::{MAX_HANDSHAKES, MAX_QUEUED_REQUESTS, MAX_UNASKED};
use crate::{
    Action, Bitfield, BlockRef, Event, ExtensionHandshake, Geometry, PeerConfig, PeerState,
    PexMessage, PieceIndex,
};

/// Pieces of the metadata the script announces to have.
const METADATA_PIECES: usize = 3;

/// What may not exceed what we asked for, or a bound, over the connection's life.
#[derive(Default)]
struct Counts {
    blocks_dropped: usize,
    handshakes: usize,
    metadata_requests: usize,
    metadata_asked: usize,
    metadata_answers: usize,
}

impl Counts {
    fn check(&mut self, actions: &[Action]) {
        for action in actions {
            match action {
                Action::BlockDropped(_) => self.blocks_dropped += 1,
                Action::Introduced(_) => self.handshakes += 1,
                Action::MetadataRequested(_) => self.metadata_requests += 1,
                Action::MetadataPiece { .. } | Action::MetadataRejected(_) => {
                    self.metadata_answers += 1;
                }
                Action::Peers(peers) => {
                    assert!(peers.added.len().max(peers.dropped.len()) <= MAX_PEX_PEERS);
                }
                _ => {}
            }
        }
        assert!(self.blocks_dropped <= MAX_UNASKED as usize);
        assert!(self.handshakes <= MAX_HANDSHAKES as usize);
        assert!(self.metadata_requests <= 2 * METADATA_PIECES + 8);
        assert!(self.metadata_answers <= self.metadata_asked);
    }
}

/// A connection keeps its bounds whatever the peer sends and whenever we act. The first byte of
/// `data` is what was agreed on, the rest the script.
pub fn peer_state(data: &[u8]) {
    let Some((&agreed, mut script)) = data.split_first() else {
        return;
    };
    let Some(geometry) = Geometry::new(3 * 16384, 64 * 3 * 16384 - 5) else {
        return;
    };
    let mut now = Instant::now();
    let mut state = PeerState::new(PeerConfig {
        geometry: (agreed & 4 == 0).then_some(geometry),
        fast: agreed & 1 == 1,
        extended: agreed & 2 == 0,
        now,
    });
    let mut decoder = Decoder::new(state.geometry().map(|geometry| geometry.pieces()));
    let (mut buffer, mut out) = (Vec::new(), Vec::new());
    let mut counts = Counts::default();
    while let [op, arg, tail @ ..] = script {
        script = tail;
        let piece = PieceIndex(u32::from(*arg % 66));
        let blocks: [BlockRef; 4] =
            std::array::from_fn(|index| BlockRef { piece, index: index as u32 });
        let metadata_piece = u32::from(*arg) % (METADATA_PIECES as u32 + 1);
        let mut ours = ExtensionHandshake::ours();
        ours.metadata_size = (arg & 1 == 1).then_some(METADATA_PIECES as u32 * 16384);
        let mut we = |event| state.handle(now, event, &mut out);
        match op % 18 {
            0 => we(Event::Request(&blocks)),
            1 => we(Event::Cancel(&blocks)),
            2 => we(Event::Choke(arg & 1 == 1)),
            3 => we(Event::Have(piece)),
            4 => we(Event::AllowFast(piece)),
            5 => we(Event::Interested(arg & 1 == 1)),
            6 => we(Event::OurBitfield(&Bitfield::all(64))),
            7 => {
                now += Duration::from_secs(u64::from(*arg));
                state.handle(now, Event::Tick, &mut out);
            }
            8 => we(Event::Geometry(geometry)),
            9 => we(Event::Introduce(&ours)),
            10 => {
                counts.metadata_asked += 1;
                we(Event::RequestMetadata(metadata_piece));
            }
            11 => we(Event::Metadata { piece: metadata_piece, total_size: 9, data: Bytes::new() }),
            12 => we(Event::RejectMetadata(metadata_piece)),
            13 => we(Event::Pex(&PexMessage::default())),
            14 => we(Event::Lost(piece)),
            _ => {
                let (bytes, tail) = script.split_at(usize::from(*arg).min(script.len()));
                script = tail;
                buffer.extend_from_slice(bytes);
                hear(&mut state, &mut decoder, now, &mut buffer, &mut out);
            }
        }
        counts.check(&out);
        assert!(state.queued_uploads() <= MAX_QUEUED_REQUESTS);
        let most = state.geometry().map_or(0, |geometry| geometry.pieces() as usize * 3);
        assert!(state.outstanding().len() <= most);
        let close = out.iter().position(|action| matches!(action, Action::Close(_)));
        assert!(close.is_none_or(|at| at + 1 == out.len()));
        out.clear();
        if close.is_some() {
            state.handle(now, Event::Tick, &mut out);
            assert!(out.is_empty());
            return;
        }
    }
}

/// Passes on the whole messages in `buffer` as a reader does.
fn hear(
    state: &mut PeerState,
    decoder: &mut Decoder,
    now: Instant,
    buffer: &mut Vec<u8>,
    out: &mut Vec<Action>,
) {
    let mut used = 0;
    while let Some(Ok(Some((frame, n)))) = buffer.get(used..).map(|rest| decoder.decode(rest)) {
        used += n;
        let event = match frame {
            Frame::Piece { piece, begin, data } => {
                Event::Block { piece, begin, length: data.len() as u32 }
            }
            Frame::Other(message) => Event::Message(message),
        };
        state.handle(now, event, out);
    }
    buffer.drain(..used);
}
