//! Memory for pieces: reserved before the first request, given back when a piece is given up.

use storage::Claim;
use wire::PieceIndex;

use super::estimate::seconds;
use super::{Action, Picker, Turn};

/// How long a reader waits for the disk to free room before its piece may use what is kept back: a
/// write takes a few milliseconds, a disk that is stuck must not stop a stream.
const PATIENCE: f64 = 0.15;
/// How long an unfinished piece nobody wants any more is kept: a reader may come back.
const FORGOTTEN_AFTER: f64 = 2.0;

impl Picker {
    /// What was refused may be tried again.
    pub(super) fn room(&mut self) {
        self.no_room = false;
        self.asked_for_room = None;
        self.pieces.epoch += 1;
    }

    /// Makes sure the piece is active. `blocking`: a cursor stands on it, and pieces of less use
    /// go for it.
    pub(super) fn ensure_started(
        &mut self,
        piece: PieceIndex,
        blocking: bool,
        turn: &mut Turn<'_>,
    ) -> bool {
        if self.pieces.active.contains_key(&piece) {
            return true;
        }
        if self.no_room && !blocking {
            return false;
        }
        let len = self.pieces.geometry.piece_len(piece);
        let waited = self.refused_since.map_or(0.0, |since| seconds(turn.now, since));
        let urgent = blocking && waited >= PATIENCE;
        let claim = match blocking {
            _ if urgent => Claim::Urgent,
            true => Claim::Blocking,
            false => Claim::Ahead,
        };
        while !turn.memory.reserve(piece, len, claim) {
            if blocking {
                self.refused_since.get_or_insert(turn.now);
            }
            let spare = self
                .least_useful()
                .filter(|spare| urgent || (blocking && !self.cursors.covers(*spare)));
            let waste = |piece: &PieceIndex| {
                self.pieces.active.get(piece).is_some_and(|active| active.arrived > 0)
            };
            if blocking
                && spare.as_ref().is_some_and(waste)
                && turn.memory.reserve(piece, len, Claim::Urgent)
            {
                break;
            }
            let Some(spare) = spare else {
                self.no_room = true;
                self.say_need(len, claim, turn);
                return false;
            };
            self.withdraw_piece(spare, turn.now);
            self.drop_piece(spare, turn);
        }
        self.asked_for_room = None;
        if blocking {
            self.refused_since = None;
        }
        self.pieces.start(piece, turn.now);
        turn.out.push(Action::PieceStarted { piece });
        true
    }

    fn say_need(&mut self, len: u32, claim: Claim, turn: &mut Turn<'_>) {
        if self.asked_for_room < Some(claim) {
            self.asked_for_room = Some(claim);
            turn.out.push(Action::NeedMemory { bytes: u64::from(len), claim });
        }
    }

    /// The unfinished piece to give up first: outside all windows the one of which least is here,
    /// the longest untouched of those, else the farthest ahead; never one a cursor stands on, nor one being verified.
    fn least_useful(&self) -> Option<PieceIndex> {
        let free = self
            .pieces
            .active
            .iter()
            .filter(|(piece, active)| !active.verifying() && !self.cursors.blocks_on(**piece));
        free.min_by_key(|(piece, active)| {
            let covered = self.cursors.covers(**piece);
            let far = if covered { self.cursors.distance(**piece) } else { 0 };
            let here = if covered { 0 } else { active.arrived };
            (covered, u32::MAX - far, here, active.touched)
        })
        .map(|(piece, _)| *piece)
    }

    /// Gives a piece up whose requests are all taken back.
    pub(super) fn drop_piece(&mut self, piece: PieceIndex, turn: &mut Turn<'_>) {
        self.pieces.forget(piece);
        turn.memory.release(piece);
        turn.out.push(Action::PieceDropped { piece });
    }

    /// An unfinished piece that neither a cursor nor the background comes back to.
    pub(super) fn is_forgotten(&self, piece: PieceIndex) -> bool {
        let active = self.pieces.active.get(&piece);
        active.is_some_and(|a| a.requested() == 0 && !a.verifying())
            && !self.pieces.wanted.get(piece)
            && !self.cursors.covers(piece)
    }

    pub(super) fn drop_forgotten(&mut self, turn: &mut Turn<'_>) {
        let old = |piece: &PieceIndex| {
            let active = self.pieces.active.get(piece);
            active.is_some_and(|a| seconds(turn.now, a.touched) > FORGOTTEN_AFTER)
        };
        let active = self.pieces.active.keys().copied();
        let gone: Vec<_> = active.filter(|piece| old(piece) && self.is_forgotten(*piece)).collect();
        for piece in gone {
            self.drop_piece(piece, turn);
        }
    }
}
