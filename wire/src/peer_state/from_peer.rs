//! What the peer's messages do (BEP 3, BEP 6); extended messages are in `extensions`.

use std::time::Instant;

use super::before_metadata::is_about_pieces;
use super::told::Told;
use super::{Action, CloseReason, DropReason, MAX_ALLOWED_FAST, MAX_UNASKED, PeerState};
use crate::codec::MAX_BLOCK_LEN;
use crate::{BLOCK_LEN, Bitfield, BlockRef, BlockRequest, Geometry, Message, PieceIndex};

type Outcome = Result<(), CloseReason>;

impl PeerState {
    pub(super) fn on_message(
        &mut self,
        now: Instant,
        message: Message,
        out: &mut Vec<Action>,
    ) -> Outcome {
        self.check_fast(&message)?;
        let told = self.told;
        self.told = told.after(&message);
        match message {
            Message::Bitfield(bits) if told == Told::Before && self.geometry.is_some() => {
                self.on_later_bitfield(&bits, out)
            }
            Message::Bitfield(_) | Message::HaveAll | Message::HaveNone if told != Told::NotYet => {
                Err(CloseReason::BitfieldOutOfTurn)
            }
            message if self.geometry.is_none() && is_about_pieces(&message) => {
                self.remember(message)
            }
            message => self.on_message_in_turn(now, message, out),
        }
    }

    /// A message that may come now.
    pub(super) fn on_message_in_turn(
        &mut self,
        now: Instant,
        message: Message,
        out: &mut Vec<Action>,
    ) -> Outcome {
        match message {
            Message::KeepAlive | Message::Unknown(_) => self.flood.draw(now),
            Message::Choke => self.on_choke(now, out),
            Message::Unchoke => self.on_unchoke(now, out),
            Message::Interested => self.on_interested(now, true, out),
            Message::NotInterested => self.on_interested(now, false, out),
            Message::Have(piece) => self.on_have(now, piece, out),
            Message::Bitfield(bits) => {
                let theirs = Bitfield::from_wire(&bits, self.theirs.pieces());
                self.on_bitfield(theirs.ok_or(CloseReason::Bitfield)?, out)
            }
            Message::HaveAll => self.on_bitfield(Bitfield::all(self.theirs.pieces()), out),
            Message::HaveNone => self.on_bitfield(Bitfield::none(self.theirs.pieces()), out),
            Message::Request(request) => self.on_request(now, request, out),
            Message::Piece { piece, begin, data } => {
                self.on_block(now, piece, begin, data.len() as u32, out)
            }
            Message::Cancel(request) => self.on_cancel(now, request, out),
            Message::RejectRequest(request) => self.on_reject(now, request, out),
            Message::SuggestPiece(piece) => {
                self.check_index(piece)?;
                self.flood.draw(now)
            }
            Message::AllowedFast(piece) => self.on_allowed_fast(now, piece, out),
            Message::Port(port) => {
                out.extend((port != 0).then_some(Action::DhtPort(port)));
                self.flood.draw(now)
            }
            Message::Extended { id, payload } => self.on_extended(now, id, payload, out),
        }
    }

    /// A PIECE: accepted when asked for, dropped and counted when not (HOSTILE 22, 23).
    pub(super) fn on_block(
        &mut self,
        now: Instant,
        piece: PieceIndex,
        begin: u32,
        length: u32,
        out: &mut Vec<Action>,
    ) -> Outcome {
        self.told = self.told.after_talk();
        self.check_index(piece)?;
        let block = BlockRef { piece, index: begin / BLOCK_LEN };
        let expected = self.geometry.map_or(0, |geometry| geometry.block_len(block));
        let one_of_ours = begin.is_multiple_of(BLOCK_LEN) && expected > 0;
        if one_of_ours && length != expected {
            return Err(CloseReason::BlockLength);
        }
        if one_of_ours && self.downloads.came(now, block) {
            out.push(Action::BlockAccepted(block));
            return Ok(());
        }
        self.unasked += 1;
        out.push(Action::BlockDropped(DropReason::Unasked));
        match self.unasked < MAX_UNASKED {
            true => Ok(()),
            false => Err(CloseReason::UnaskedBlocks),
        }
    }

    fn on_choke(&mut self, now: Instant, out: &mut Vec<Action>) -> Outcome {
        self.flood.draw(now)?;
        if !self.peer_chokes {
            self.peer_chokes = true;
            out.push(Action::PeerChoked(true));
        }
        if !self.fast {
            while let Some(block) = self.downloads.give_up_next(now) {
                out.push(Action::Rejected(block));
            }
        }
        Ok(())
    }

    fn on_unchoke(&mut self, now: Instant, out: &mut Vec<Action>) -> Outcome {
        self.flood.draw(now)?;
        if self.peer_chokes {
            self.peer_chokes = false;
            out.push(Action::PeerChoked(false));
        }
        Ok(())
    }

    fn on_interested(&mut self, now: Instant, yes: bool, out: &mut Vec<Action>) -> Outcome {
        self.flood.draw(now)?;
        if self.peer_interested != yes {
            self.peer_interested = yes;
            out.push(Action::PeerInterested(yes));
        }
        Ok(())
    }

    fn on_have(&mut self, now: Instant, piece: PieceIndex, out: &mut Vec<Action>) -> Outcome {
        self.check_index(piece)?;
        if self.theirs.set(piece) {
            out.push(Action::PeerHas(piece));
            return Ok(());
        }
        self.flood.draw(now)
    }

    fn on_bitfield(&mut self, theirs: Bitfield, out: &mut Vec<Action>) -> Outcome {
        out.push(if theirs.is_all() {
            Action::PeerHasAll
        } else if theirs.is_none() {
            Action::PeerHasNone
        } else {
            Action::PeerBitfield(theirs.clone())
        });
        self.theirs = theirs;
        Ok(())
    }

    /// In place of HAVEs: nothing is taken back, and something is new (HOSTILE 19).
    fn on_later_bitfield(&mut self, bits: &[u8], out: &mut Vec<Action>) -> Outcome {
        let theirs = Bitfield::from_wire(bits, self.theirs.pieces());
        let theirs = theirs.ok_or(CloseReason::Bitfield)?;
        if theirs.count() <= self.theirs.count() || !self.theirs.iter().all(|p| theirs.get(p)) {
            return Err(CloseReason::BitfieldOutOfTurn);
        }
        out.extend(theirs.iter().filter(|p| !self.theirs.get(*p)).map(Action::PeerHas));
        self.theirs = theirs;
        Ok(())
    }

    /// Queues a request that can be met and refuses the others (HOSTILE 20, 21, 27).
    fn on_request(
        &mut self,
        now: Instant,
        request: BlockRequest,
        out: &mut Vec<Action>,
    ) -> Outcome {
        let Some(geometry) = self.geometry else {
            self.refuse(now, request, out);
            return self.flood.draw(now);
        };
        if !is_possible(geometry, &request) {
            self.bad_requests += 1;
            if self.bad_requests > 1 {
                return Err(CloseReason::BadRequests);
            }
            self.refuse(now, request, out);
            return Ok(());
        }
        if self.uploads.contains(&request) {
            return self.flood.draw(now);
        }
        let may_ask = !self.we_choke || self.uploads.is_allowed_fast(request.piece);
        if !may_ask || !self.ours.get(request.piece) || self.uploads.is_full() {
            self.refuse(now, request, out);
            return self.flood.draw(now);
        }
        self.uploads.push(request);
        out.push(Action::Serve(request));
        Ok(())
    }

    fn on_cancel(&mut self, now: Instant, request: BlockRequest, out: &mut Vec<Action>) -> Outcome {
        self.flood.draw(now)?;
        if self.uploads.remove(&request) {
            out.push(Action::DropServe(request));
            self.refuse(now, request, out);
        }
        Ok(())
    }

    fn on_reject(&mut self, now: Instant, request: BlockRequest, out: &mut Vec<Action>) -> Outcome {
        let block = self.geometry.and_then(|geometry| geometry.block(request));
        match block.filter(|b| self.downloads.rejected(now, *b)) {
            Some(block) => {
                out.push(Action::Rejected(block));
                Ok(())
            }
            None => self.flood.draw(now),
        }
    }

    fn on_allowed_fast(
        &mut self,
        now: Instant,
        piece: PieceIndex,
        out: &mut Vec<Action>,
    ) -> Outcome {
        self.check_index(piece)?;
        if self.allowed_fast.len() < MAX_ALLOWED_FAST && !self.allowed_fast.contains(&piece) {
            self.allowed_fast.push(piece);
            out.push(Action::AllowedFast(piece));
        }
        self.flood.draw(now)
    }

    /// BEP 6: its messages need both sides' consent.
    fn check_fast(&self, message: &Message) -> Outcome {
        let needs_fast = matches!(
            message,
            Message::SuggestPiece(_)
                | Message::HaveAll
                | Message::HaveNone
                | Message::RejectRequest(_)
                | Message::AllowedFast(_)
        );
        match needs_fast && !self.fast {
            true => Err(CloseReason::FastNotNegotiated),
            false => Ok(()),
        }
    }

    /// Anything goes while the number of pieces is unknown.
    pub(super) fn check_index(&self, piece: PieceIndex) -> Outcome {
        match self.geometry.is_none_or(|geometry| piece.0 < geometry.pieces()) {
            true => Ok(()),
            false => Err(CloseReason::PieceIndex),
        }
    }

    /// REJECT where BEP 6 calls for it; otherwise silence, as BEP 3 has no word for it.
    pub(super) fn refuse(&mut self, now: Instant, request: BlockRequest, out: &mut Vec<Action>) {
        if self.fast {
            self.send(now, Message::RejectRequest(request), out);
        }
    }
}

/// Whether the bytes exist and are not too many for one answer.
fn is_possible(geometry: Geometry, request: &BlockRequest) -> bool {
    let end = u64::from(request.begin) + u64::from(request.length);
    (1..=MAX_BLOCK_LEN).contains(&request.length)
        && end <= u64::from(geometry.piece_len(request.piece))
}
