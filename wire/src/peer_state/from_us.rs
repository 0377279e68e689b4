//! What our own decisions do, and the passing of time.

use std::time::Instant;

use bytes::Bytes;

use super::{Action, CloseReason, Event, KEEP_ALIVE_AFTER, PeerState, SILENT_AFTER};
use crate::{Bitfield, BlockRef, Message, MetadataMessage, PieceIndex};

impl PeerState {
    pub(super) fn on_ours(&mut self, now: Instant, event: Event<'_>, out: &mut Vec<Action>) {
        match event {
            Event::Request(blocks) => self.request(now, blocks, out),
            Event::Cancel(blocks) => self.cancel(now, blocks, out),
            Event::Interested(yes) => self.set_interested(now, yes, out),
            Event::Choke(yes) => self.set_choke(now, yes, out),
            Event::Have(piece) => {
                if self.ours.set(piece) {
                    self.send(now, Message::Have(piece), out);
                }
            }
            Event::Lost(piece) => self.lose(now, piece, out),
            Event::Introduce(ours) => self.introduce(now, ours, out),
            Event::RequestMetadata(piece) => self.request_metadata(now, piece, out),
            Event::Metadata { piece, total_size, data } => {
                self.tell_metadata(now, &MetadataMessage::Data { piece, total_size, data }, out);
            }
            Event::RejectMetadata(piece) => {
                self.tell_metadata(now, &MetadataMessage::Reject(piece), out);
            }
            Event::Pex(peers) => self.tell_pex(now, peers, out),
            Event::OurBitfield(ours) => self.send_bitfield(now, ours, out),
            Event::AllowFast(piece) => self.allow_fast(now, piece, out),
            Event::Served(request) => {
                self.last_sent = now;
                self.uploads.remove(&request);
            }
            Event::CannotServe(request) => {
                if self.uploads.remove(&request) {
                    self.refuse(now, request, out);
                }
            }
            Event::Message(_) | Event::Block { .. } | Event::Geometry(_) | Event::Tick => {}
        }
    }

    pub(super) fn on_tick(
        &mut self,
        now: Instant,
        out: &mut Vec<Action>,
    ) -> Result<(), CloseReason> {
        self.downloads.forget(now);
        if now.saturating_duration_since(self.last_received) >= SILENT_AFTER {
            return Err(CloseReason::Silent);
        }
        if now.saturating_duration_since(self.last_sent) >= KEEP_ALIVE_AFTER {
            self.send(now, Message::KeepAlive, out);
        }
        Ok(())
    }

    /// The picker may not have heard of the latest choke: what would get no answer goes back.
    fn request(&mut self, now: Instant, blocks: &[BlockRef], out: &mut Vec<Action>) {
        for &block in blocks {
            match self.geometry {
                Some(geometry)
                    if self.may_request(block.piece) && geometry.block_len(block) > 0 =>
                {
                    if self.downloads.ask(block) {
                        self.send(now, Message::Request(geometry.request(block)), out);
                    }
                }
                _ => out.push(Action::Rejected(block)),
            }
        }
    }

    fn cancel(&mut self, now: Instant, blocks: &[BlockRef], out: &mut Vec<Action>) {
        for &block in blocks {
            if let Some(geometry) = self.geometry
                && self.downloads.give_up(now, block)
            {
                self.send(now, Message::Cancel(geometry.request(block)), out);
            }
        }
    }

    fn set_interested(&mut self, now: Instant, yes: bool, out: &mut Vec<Action>) {
        if self.we_interested != yes {
            self.we_interested = yes;
            let message = if yes { Message::Interested } else { Message::NotInterested };
            self.send(now, message, out);
        }
    }

    /// A choke ends what is queued; under BEP 6 each request it ends is rejected, after the CHOKE.
    fn set_choke(&mut self, now: Instant, yes: bool, out: &mut Vec<Action>) {
        if self.we_choke == yes {
            return;
        }
        self.we_choke = yes;
        let message = if yes { Message::Choke } else { Message::Unchoke };
        self.send(now, message, out);
        if yes {
            for request in self.uploads.choke() {
                out.push(Action::DropServe(request));
                self.refuse(now, request, out);
            }
        }
    }

    fn send_bitfield(&mut self, now: Instant, ours: &Bitfield, out: &mut Vec<Action>) {
        if std::mem::replace(&mut self.bitfield_sent, true) {
            for piece in ours.iter() {
                if self.ours.set(piece) {
                    self.send(now, Message::Have(piece), out);
                }
            }
            return;
        }
        if self.geometry.is_some() {
            self.ours = ours.clone();
        }
        let ours = &self.ours;
        let message = match self.fast {
            true if ours.is_none() => Message::HaveNone,
            true if ours.is_all() => Message::HaveAll,
            false if ours.is_none() => return,
            _ => Message::Bitfield(Bytes::copy_from_slice(ours.as_wire())),
        };
        self.send(now, message, out);
    }

    fn allow_fast(&mut self, now: Instant, piece: PieceIndex, out: &mut Vec<Action>) {
        let exists = self.geometry.is_some_and(|geometry| piece.0 < geometry.pieces());
        if self.fast && exists && self.uploads.allow_fast(piece) {
            self.send(now, Message::AllowedFast(piece), out);
        }
    }
}
