//! What a cursor waits for, since when, and mostly why.

use std::time::{Duration, Instant};

use wire::PieceIndex;

use super::event::Stall;
use super::view::{CursorWait, WaitReason};
use super::{Action, CursorId, PeerKey, Picker, Turn};

impl Stall {
    /// A wait shorter than this is not worth telling.
    pub const LEAST: Duration = Duration::from_millis(100);
}

/// A wait that lasts.
pub(super) struct Waiting {
    piece: PieceIndex,
    since: Instant,
    /// The cursor had not read anything before.
    first: bool,
    /// Up to when `spent` reckons, and the reason since then.
    looked: Instant,
    reason: WaitReason,
    /// Time by reason.
    spent: [Duration; WaitReason::ALL.len()],
    /// Whom the first missing block was asked of last.
    block: Option<u32>,
    peers: Vec<PeerKey>,
}

impl Waiting {
    fn new(wait: CursorWait, first: bool, now: Instant) -> Self {
        let spent = Default::default();
        let (piece, reason) = (wait.piece, wait.reason);
        let mut waiting = Self {
            piece,
            since: now,
            first,
            looked: now,
            reason,
            spent,
            block: None,
            peers: vec![],
        };
        waiting.look(wait, now);
        waiting
    }

    fn look(&mut self, wait: CursorWait, now: Instant) {
        self.spend(now);
        self.reason = wait.reason;
        if let Some(block) = wait.block {
            (self.block, self.peers) = (Some(block.index), wait.peers);
        }
    }

    fn spend(&mut self, now: Instant) {
        if let Some(spent) = self.spent.get_mut(self.reason as usize) {
            *spent += now.saturating_duration_since(self.looked);
        }
        self.looked = now;
    }

    /// The wait up to now; `None` when it is none to speak of yet.
    pub(super) fn so_far(&mut self, now: Instant) -> Option<Stall> {
        self.spend(now);
        let lasted = now.saturating_duration_since(self.since);
        let most = WaitReason::ALL.iter().zip(self.spent).max_by_key(|(_, spent)| *spent);
        (lasted >= Stall::LEAST).then(|| Stall {
            at: self.since,
            lasted,
            piece: self.piece,
            block: self.block,
            peers: self.peers.clone(),
            reason: most.map_or(self.reason, |(reason, _)| *reason),
            first: self.first,
        })
    }
}

impl Picker {
    /// Looks at what each cursor waits for: on whatever may begin or end a wait, and on every tick.
    pub(super) fn look_at_waits(&mut self, turn: &mut Turn<'_>) {
        self.look();
        for at in 0..self.cursors.list.len() {
            let Some(cursor) = self.cursors.list.get(at) else { continue };
            let wait = cursor.blocking.map(|piece| self.wait(piece));
            let Some(cursor) = self.cursors.list.get_mut(at) else { continue };
            let same =
                |waiting: &mut Waiting| wait.as_ref().is_some_and(|w| w.piece == waiting.piece);
            let ended = cursor.waiting.take_if(|waiting| !same(waiting));
            if let Some(stall) = ended.and_then(|mut waiting| waiting.so_far(turn.now)) {
                turn.out.push(Action::Waited { cursor: cursor.id, stall });
            }
            let Some(wait) = wait else { continue };
            match &mut cursor.waiting {
                Some(waiting) => waiting.look(wait, turn.now),
                None => cursor.waiting = Some(Waiting::new(wait, cursor.is_new(), turn.now)),
            }
        }
    }

    /// The waits that last, by cursor.
    pub fn waits(&mut self, now: Instant) -> Vec<(CursorId, Stall)> {
        let waits = self
            .cursors
            .list
            .iter_mut()
            .filter_map(|cursor| Some((cursor.id, cursor.waiting.as_mut()?.so_far(now)?)));
        waits.collect()
    }

    /// A cursor goes: its wait ends, if it waits.
    pub(super) fn end_wait(&mut self, id: CursorId, turn: &mut Turn<'_>) {
        let cursor = self.cursors.list.iter_mut().find(|cursor| cursor.id == id);
        let waiting = cursor.and_then(|cursor| cursor.waiting.take());
        if let Some(stall) = waiting.and_then(|mut waiting| waiting.so_far(turn.now)) {
            turn.out.push(Action::Waited { cursor: id, stall });
        }
    }
}
