//! The extension protocol on this connection: who speaks what, and how much of it (BEP 9, 10, 11,
//! 54).

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{Action, CloseReason, MAX_HANDSHAKES, MAX_PEX_BURST, PEX_INTERVAL, PeerState};
use crate::extension::{
    self, ExtensionHandshake, LT_DONTHAVE, MAX_METADATA, MetadataMessage, PexMessage, UT_METADATA,
    UT_PEX, dont_have, metadata_pieces,
};
use crate::{Message, PieceIndex};

type Outcome = Result<(), CloseReason>;

/// A PEX message this much before its minute is over is on time: clients count from their own
/// clock's ticks.
const PEX_EARLY: Duration = Duration::from_secs(5);

/// What is known of both sides' extensions.
#[derive(Debug, Default)]
pub(super) struct Extensions {
    /// Both sides announced BEP 10.
    pub(super) agreed: bool,
    /// What we said last; an extension we did not announce is not listened to.
    ours: Option<ExtensionHandshake>,
    /// What the peer said, later handshakes taken into the first.
    pub(super) theirs: Option<ExtensionHandshake>,
    /// Extended handshakes that came.
    handshakes: u32,
    /// Metadata pieces we asked for.
    asked: BTreeSet<u32>,
    /// Metadata requests passed on.
    served: u32,
    /// PEX messages taken at once so far, and the time the next is due after those.
    pex_burst: u32,
    pex_due: Option<Instant>,
}

impl Extensions {
    pub(super) fn new(agreed: bool) -> Self {
        Self { agreed, ..Self::default() }
    }

    fn we_take(&self, extension: fn(&ExtensionHandshake) -> Option<u8>) -> bool {
        self.ours.as_ref().and_then(extension).is_some_and(|id| id != 0)
    }

    /// The id under which the peer takes an extension.
    fn id(&self, extension: fn(&ExtensionHandshake) -> Option<u8>) -> Option<u8> {
        let theirs = self.theirs.as_ref().filter(|_| self.agreed)?;
        extension(theirs).filter(|id| *id != 0)
    }

    /// Counts a PEX message that is on time; `false` for the others.
    fn take_pex(&mut self, now: Instant) -> bool {
        match self.pex_due {
            Some(due) if now + PEX_EARLY < due => return false,
            Some(due) => self.pex_due = Some(due.max(now) + PEX_INTERVAL),
            None => {
                self.pex_burst += 1;
                self.pex_due = (self.pex_burst >= MAX_PEX_BURST).then_some(now + PEX_INTERVAL);
            }
        }
        true
    }

    /// Whether we serve one more metadata request: we have the metadata, and the peer did not ask
    /// for twice the whole of it (and a few pieces) before.
    fn take_metadata_request(&mut self, piece: u32) -> bool {
        let size = self.ours.as_ref().and_then(|ours| ours.metadata_size).unwrap_or(0);
        let pieces = metadata_pieces(size);
        let serves = piece < pieces && self.served < 2 * pieces + 8;
        self.served += u32::from(serves);
        serves
    }
}

impl PeerState {
    /// An extended message. What can't be read, or was not agreed on, draws on the flood account.
    pub(super) fn on_extended(
        &mut self,
        now: Instant,
        id: u8,
        payload: Bytes,
        out: &mut Vec<Action>,
    ) -> Outcome {
        let ext = &self.extensions;
        match id {
            extension::HANDSHAKE if ext.agreed => self.on_extended_handshake(now, &payload, out),
            UT_METADATA if ext.we_take(|h| h.ut_metadata) => self.on_metadata(now, &payload, out),
            UT_PEX if ext.we_take(|h| h.ut_pex) => self.on_pex(now, &payload, out),
            LT_DONTHAVE if ext.we_take(|h| h.lt_donthave) => {
                self.on_dont_have(now, id, payload, out)
            }
            _ => self.flood.draw(now),
        }
    }

    fn on_extended_handshake(
        &mut self,
        now: Instant,
        payload: &[u8],
        out: &mut Vec<Action>,
    ) -> Outcome {
        self.flood.draw(now)?;
        self.extensions.handshakes += 1;
        if self.extensions.handshakes > MAX_HANDSHAKES {
            return Err(CloseReason::Flood);
        }
        let mut theirs = self.extensions.theirs.take().unwrap_or_default();
        theirs.update(payload).map_err(|_| CloseReason::ExtendedHandshake)?;
        self.extensions.theirs = Some(theirs.clone());
        out.push(Action::Introduced(theirs));
        Ok(())
    }

    fn on_metadata(&mut self, now: Instant, payload: &Bytes, out: &mut Vec<Action>) -> Outcome {
        match MetadataMessage::parse(payload) {
            Ok(MetadataMessage::Request(piece)) => {
                if self.extensions.take_metadata_request(piece) {
                    out.push(Action::MetadataRequested(piece));
                    return Ok(());
                }
                self.tell_metadata(now, &MetadataMessage::Reject(piece), out);
            }
            Ok(MetadataMessage::Data { piece, total_size, data }) => {
                if self.extensions.asked.remove(&piece) {
                    out.push(Action::MetadataPiece { piece, total_size, data });
                    return Ok(());
                }
            }
            Ok(MetadataMessage::Reject(piece)) => {
                if self.extensions.asked.remove(&piece) {
                    out.push(Action::MetadataRejected(piece));
                }
            }
            Err(_) => {}
        }
        self.flood.draw(now)
    }

    fn on_pex(&mut self, now: Instant, payload: &[u8], out: &mut Vec<Action>) -> Outcome {
        self.flood.draw(now)?;
        if let Ok(peers) = PexMessage::parse(payload)
            && self.extensions.take_pex(now)
        {
            out.push(Action::Peers(peers));
        }
        Ok(())
    }

    /// Without BEP 6 nothing else ends the requests for that piece.
    fn on_dont_have(
        &mut self,
        now: Instant,
        id: u8,
        payload: Bytes,
        out: &mut Vec<Action>,
    ) -> Outcome {
        let Ok(piece) = dont_have::parse(&payload) else {
            return self.flood.draw(now);
        };
        if self.geometry.is_none() {
            return self.remember(Message::Extended { id, payload });
        }
        self.check_index(piece)?;
        if self.theirs.clear(piece) {
            out.push(Action::PeerLost(piece));
            if !self.fast {
                out.extend(self.downloads.give_up_piece(now, piece).map(Action::Rejected));
            }
        }
        self.flood.draw(now)
    }

    pub(super) fn introduce(
        &mut self,
        now: Instant,
        ours: &ExtensionHandshake,
        out: &mut Vec<Action>,
    ) {
        if self.extensions.agreed {
            self.extensions.ours = Some(ours.clone());
            let payload = ours.encode();
            self.send(now, Message::Extended { id: extension::HANDSHAKE, payload }, out);
        }
    }

    /// Asks for a piece of the metadata; a peer that can't be asked has rejected it.
    pub(super) fn request_metadata(&mut self, now: Instant, piece: u32, out: &mut Vec<Action>) {
        let speaks = self.extensions.id(|h| h.ut_metadata).is_some();
        if speaks && piece < metadata_pieces(MAX_METADATA) {
            self.extensions.asked.insert(piece);
            self.tell_metadata(now, &MetadataMessage::Request(piece), out);
        } else {
            out.push(Action::MetadataRejected(piece));
        }
    }

    pub(super) fn tell_metadata(
        &mut self,
        now: Instant,
        message: &MetadataMessage,
        out: &mut Vec<Action>,
    ) {
        if let Some(id) = self.extensions.id(|h| h.ut_metadata) {
            self.send(now, Message::Extended { id, payload: message.encode() }, out);
        }
    }

    /// Never where we did not announce PEX ourselves: the torrent may be private (BEP 27).
    pub(super) fn tell_pex(&mut self, now: Instant, peers: &PexMessage, out: &mut Vec<Action>) {
        if let Some(id) = self.extensions.id(|h| h.ut_pex)
            && self.extensions.we_take(|h| h.ut_pex)
        {
            self.send(now, Message::Extended { id, payload: peers.encode() }, out);
        }
    }

    /// A piece of ours is gone: what the peer asked of it is refused.
    pub(super) fn lose(&mut self, now: Instant, piece: PieceIndex, out: &mut Vec<Action>) {
        if !self.ours.clear(piece) {
            return;
        }
        if let Some(id) = self.extensions.id(|h| h.lt_donthave) {
            self.send(now, Message::Extended { id, payload: dont_have::encode(piece) }, out);
        }
        for request in self.uploads.take_piece(piece) {
            out.push(Action::DropServe(request));
            self.refuse(now, request, out);
        }
    }
}
