//! What our own decisions do, and the passing of time.

use std::time::Instant;

use bytes::Bytes;

use super::{Action, CloseReason, Event, KEEP_ALIVE_AFTER, PeerState, SILENT_AFTER};
use crate::{Bitfield, BlockRef, Message, PieceIndex};

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
            Event::Message(_) | Event::Block { .. } | Event::Tick => {}
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
            if !self.may_request(block.piece) || self.geometry.block_len(block) == 0 {
                out.push(Action::Rejected(block));
            } else if self.downloads.ask(block) {
                self.send(now, Message::Request(self.geometry.request(block)), out);
            }
        }
    }

    fn cancel(&mut self, now: Instant, blocks: &[BlockRef], out: &mut Vec<Action>) {
        for &block in blocks {
            if self.downloads.give_up(now, block) {
                self.send(now, Message::Cancel(self.geometry.request(block)), out);
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
        self.ours = ours.clone();
        let message = match self.fast {
            true if ours.is_all() => Message::HaveAll,
            true if ours.is_none() => Message::HaveNone,
            false if ours.is_none() => return,
            _ => Message::Bitfield(Bytes::copy_from_slice(ours.as_wire())),
        };
        self.send(now, message, out);
    }

    fn allow_fast(&mut self, now: Instant, piece: PieceIndex, out: &mut Vec<Action>) {
        if self.fast && piece.0 < self.geometry.pieces() && self.uploads.allow_fast(piece) {
            self.send(now, Message::AllowedFast(piece), out);
        }
    }
}
