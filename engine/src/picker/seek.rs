//! Cursors open, move, jump, close; the background changes: stale requests are taken back in the
//! same turn in which the new target is asked for.

use storage::cache::policy::Reach;
use wire::{Bitfield, ByteRange, PieceIndex};

use super::bits::Bits;
use super::hint::Pace;
use super::{CursorId, MediaHint, Picker, Turn};

impl Picker {
    pub(super) fn cursor_opened(
        &mut self,
        id: CursorId,
        range: ByteRange,
        reach: Reach,
        turn: &mut Turn<'_>,
    ) {
        let end = range.end.min(self.pieces.geometry.total());
        let range = ByteRange::new(range.start.min(end), end);
        self.end_wait(id, turn);
        self.cursors.open(id, range, reach, turn.now);
        self.target_changed(turn);
    }

    pub(super) fn cursor_promoted(&mut self, id: CursorId, turn: &mut Turn<'_>) {
        if self.cursors.promote(id) {
            self.target_changed(turn);
        }
    }

    pub(super) fn cursor_moved(&mut self, id: CursorId, position: u64, turn: &mut Turn<'_>) {
        let windows = |picker: &Self| -> u64 {
            let list = picker.cursors.list.iter();
            list.map(|c| u64::from(c.window.start) + u64::from(c.window.end)).sum()
        };
        let before = windows(self);
        self.look();
        match self.cursors.advance(id, position, turn.now) {
            Some(true) => self.target_changed(turn),
            Some(false) => {
                self.look();
                if windows(self) != before {
                    self.no_room = false;
                    self.pieces.epoch += 1;
                }
            }
            None => {}
        }
    }

    pub(super) fn hint(&mut self, id: CursorId, start: u64, hint: &MediaHint, turn: &mut Turn<'_>) {
        if self.cursors.hint(id, Pace::new(hint, start), &self.pieces.geometry) {
            self.target_changed(turn);
        }
    }

    pub(super) fn cursor_closed(&mut self, id: CursorId, turn: &mut Turn<'_>) {
        self.end_wait(id, turn);
        if self.cursors.close(id) {
            self.target_changed(turn);
        }
    }

    pub(super) fn wanted(&mut self, background: &Bitfield, turn: &mut Turn<'_>) {
        let wanted = Bits::of(background, self.pieces.geometry.pieces());
        let before = std::mem::replace(&mut self.pieces.wanted, wanted);
        let changed: Vec<_> = self.pieces.wanted.difference(&before).collect();
        changed.into_iter().for_each(|piece| self.pieces.refresh(piece));
        self.target_changed(turn);
    }

    pub(super) fn window(&mut self, ahead: u64, turn: &mut Turn<'_>) {
        self.cursors.ahead = ahead;
        self.no_room = false;
        self.look();
        self.pieces.epoch += 1;
        self.cancel_stale(turn);
    }

    pub(super) fn pause(&mut self, paused: bool, turn: &mut Turn<'_>) {
        self.paused = paused;
        self.pieces.epoch += 1;
        self.cancel_stale(turn);
    }

    pub(super) fn look(&mut self) {
        self.cursors.look(&self.pieces.geometry, &self.pieces.mine);
    }

    fn target_changed(&mut self, turn: &mut Turn<'_>) {
        self.look();
        self.no_room = false;
        self.pieces.epoch += 1;
        self.recount_needed();
        self.cancel_stale(turn);
    }

    /// What is missing and read by a cursor or wanted by the background.
    fn recount_needed(&mut self) {
        let pieces = &mut self.pieces;
        let before = std::mem::replace(&mut pieces.needed, pieces.wanted.clone());
        for cursor in &self.cursors.list {
            let read = pieces.geometry.pieces_of(cursor.range()).map(PieceIndex);
            for piece in read.chain(cursor.index.iter().copied()) {
                pieces.needed.set(piece);
            }
        }
        pieces.needed.remove_all(&pieces.mine);
        self.recount_useful(&before);
    }

    /// Takes back every request outside the cursors' windows, but the background's while no cursor
    /// is hungry; gives up pieces of which nothing has arrived.
    fn cancel_stale(&mut self, turn: &mut Turn<'_>) {
        let background = self.background_allowed();
        let (pieces, cursors) = (&mut self.pieces, &self.cursors);
        let paused = self.paused;
        for peer in self.peers.iter_mut() {
            let stale = peer.take_if(|block| {
                let kept = background && pieces.wanted.get(block.piece);
                paused || !(kept || cursors.covers(block.piece))
            });
            for request in stale {
                pieces.release(request.block, peer.key);
                peer.take_back(request, turn.now);
            }
        }
        let empty = |p: &PieceIndex| {
            let active = self.pieces.active.get(p);
            active.is_some_and(|a| a.arrived == 0 && a.requested() == 0)
        };
        let gone: Vec<_> = self.pieces.active.keys().copied().filter(empty).collect();
        for piece in gone {
            self.drop_piece(piece, turn);
        }
    }
}
