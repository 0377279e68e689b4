//! Blocks arrive; pieces are verified, fail, get lost.

use std::time::Instant;

use wire::{BlockRef, PieceIndex};

use super::active::Active;
use super::pieces::Arrival;
use super::{PeerKey, Picker};

/// Wrong copies of a piece after which it is fetched from one peer alone: while only some blocks of
/// some peers are wrong, fetching again from all is many times faster and as likely to be right.
const SOLE_AFTER: u32 = 3;

impl Picker {
    pub(super) fn blocks_arrived(
        &mut self,
        key: PeerKey,
        blocks: &[BlockRef],
        received: u64,
        now: Instant,
    ) {
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        let mut asked = match blocks.is_empty() && peer.late.is_empty() {
            true => peer.queue.front().map(|owed| owed.at),
            false => None,
        };
        let whole: u64 = blocks.iter().map(|b| u64::from(self.pieces.geometry.block_len(*b))).sum();
        peer.progressed(received, whole);
        let (whole_blocks, full) = (!blocks.is_empty(), peer.room(0) == 0);
        let owed = if full { peer.queue.len() as u32 } else { 0 };
        for block in blocks {
            asked = peer.brought(*block, now).or(asked);
        }
        if !blocks.is_empty() {
            peer.forgive();
            self.touched.push(key);
        }
        peer.link.received(now, received, asked, (whole_blocks, full), owed);
        peer.rest();
        self.meter.received(now, received);
        for block in blocks {
            self.block_arrived(key, *block, now);
        }
    }

    /// The first copy counts; the others are taken back.
    fn block_arrived(&mut self, key: PeerKey, block: BlockRef, now: Instant) {
        match self.pieces.arrive(block, key, now) {
            Arrival::New(before) => {
                for other in before.holders().iter().filter(|holder| **holder != key) {
                    if let Some(loser) = self.peers.get_mut(*other) {
                        loser.withdraw(block, now);
                        self.touched.push(*other);
                    }
                }
            }
            Arrival::Useless => {
                let len = self.pieces.geometry.block_len(block);
                self.meter.wasted(now, u64::from(len));
            }
        }
    }

    pub(super) fn piece_verified(&mut self, piece: PieceIndex, now: Instant) {
        if !self.pieces.exists(piece) || !self.pieces.mine.set(piece) {
            return;
        }
        self.withdraw_piece(piece, now);
        self.pieces.active.remove(&piece);
        self.pieces.heads.retain(|head| *head != piece);
        self.pieces.refresh(piece);
        self.set_needed(piece, false);
    }

    /// All blocks are missing again. First each comes from another peer than before, if there is
    /// one: where two copies differ, one of the two lied, and neither is asked any more. Each
    /// further failure thus finds out one more. Where that leaves nobody, all blocks come from one
    /// peer after the third failure: one that had no part in the failed copy rather than one that
    /// had, the fastest of those.
    pub(super) fn piece_failed(&mut self, piece: PieceIndex, accused: &[PeerKey], now: Instant) {
        self.withdraw_piece(piece, now);
        let Some(active) = self.pieces.active.get_mut(&piece) else {
            return;
        };
        active.fail();
        active.accused = accused.to_vec();
        self.acquit(piece);
        self.choose_sole(piece, now);
        self.pieces.epoch += 1;
        self.pieces.refresh(piece);
    }

    fn choose_sole(&mut self, piece: PieceIndex, now: Instant) {
        let active = self.pieces.active.get_mut(&piece);
        let last = |a: &&mut Active| a.accused.is_empty() && a.failures >= SOLE_AFTER;
        let Some(active) = active.filter(last) else { return };
        let fit = self.peers.iter().filter(|p| {
            p.gives(piece) && !p.link.snubbed && !p.resting(now) && !active.tried.contains(&p.key)
        });
        let prior = self.prior;
        let best = fit.max_by(|a, b| {
            let innocent = |key| !active.suspects.contains(&Some(key));
            innocent(a.key).cmp(&innocent(b.key)).then(
                a.link.rate(now, prior).total_cmp(&b.link.rate(now, prior)).then(b.key.cmp(&a.key)),
            )
        });
        active.sole = best.map(|p| p.key);
    }

    pub(super) fn piece_lost(&mut self, piece: PieceIndex, now: Instant) {
        if !self.pieces.exists(piece) {
            return;
        }
        self.withdraw_piece(piece, now);
        self.pieces.mine.clear(piece);
        self.pieces.forget(piece);
        let read = |c: &super::cursor::Cursor| {
            let pieces = self.pieces.geometry.pieces_of(c.range());
            pieces.contains(&piece.0)
        };
        let needed = self.pieces.wanted.get(piece) || self.cursors.list.iter().any(read);
        self.set_needed(piece, needed);
    }

    /// Takes back every request for the piece's blocks.
    pub(super) fn withdraw_piece(&mut self, piece: PieceIndex, now: Instant) {
        let Some(active) = self.pieces.active.get(&piece) else {
            return;
        };
        if active.requested() == 0 {
            return;
        }
        let held = active.blocks.iter().enumerate().flat_map(|(index, b)| {
            let index = index as u32;
            let holders = b.holders().iter();
            holders.map(move |key| (*key, BlockRef { piece, index }))
        });
        let held: Vec<_> = held.collect();
        for (key, block) in held {
            if let Some(peer) = self.peers.get_mut(key) {
                peer.withdraw(block, now);
                self.touched.push(key);
            }
            self.pieces.release(block, key);
        }
    }

    fn set_needed(&mut self, piece: PieceIndex, needed: bool) {
        if !self.pieces.needed.put(piece, needed) {
            return;
        }
        for peer in self.peers.iter_mut() {
            // Reckoned with rather than asked for: a branch would wait for each peer's word in turn.
            let has = u32::from(peer.have.get(piece));
            let before = peer.useful;
            peer.useful = if needed { before + has } else { before.saturating_sub(has) };
            self.interest_changed |= (before == 0) != (peer.useful == 0);
        }
    }
}
