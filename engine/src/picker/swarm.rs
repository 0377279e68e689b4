//! Peers join, leave, choke, unchoke, tell what they have, reject.

use std::time::Instant;

use wire::{Bitfield, BlockRef, PieceIndex};

use super::bits::Bits;
use super::estimate::{Link, Prior};
use super::peer::Peer;
use super::{PeerKey, Picker, Prospect};

impl Picker {
    pub(super) fn peer_joined(
        &mut self,
        key: PeerKey,
        fast: bool,
        reqq: u32,
        prospect: Prospect,
        now: Instant,
    ) {
        self.peer_left(key);
        let link = Link::new(prospect, &self.config);
        let pieces = self.pieces.geometry.pieces();
        let mut peer = Peer::new(key, fast, reqq, link, pieces, &self.config);
        let outlook = peer.outlook(now, self.prior);
        peer.size_depth(outlook, self.queue(now));
        self.peers.insert(peer);
    }

    pub(super) fn peer_left(&mut self, key: PeerKey) {
        let Some(mut peer) = self.peers.remove(key) else {
            return;
        };
        for request in peer.take_if(|_| true) {
            self.pieces.release(request.block, key);
        }
        self.uncount(&peer.have);
        self.give_up_sole(key);
    }

    pub(super) fn peer_bitfield(&mut self, key: PeerKey, have: &Bitfield, now: Instant) {
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        let have = Bits::of(have, self.pieces.geometry.pieces());
        let before = std::mem::replace(&mut peer.have, have);
        peer.useful = peer.have.count_and(&self.pieces.needed);
        peer.dry = 0;
        let now_has = peer.have.clone();
        let withdrawn = peer.queue.iter().map(|o| o.block);
        let withdrawn: Vec<_> = withdrawn.filter(|b| !now_has.get(b.piece)).collect();
        for block in withdrawn {
            peer.withdraw(block, now);
            self.pieces.release(block, key);
        }
        self.give_up_sole(key);
        self.uncount(&before);
        if now_has.is_full() {
            self.pieces.rarity.seed_joined();
        } else {
            now_has.iter().for_each(|p| self.pieces.rarity.gained(p));
        }
        self.interest_changed = true;
    }

    pub(super) fn peer_has(&mut self, key: PeerKey, piece: PieceIndex) {
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        if !peer.have.set(piece) {
            return;
        }
        peer.dry = 0;
        if self.pieces.needed.get(piece) {
            peer.useful += 1;
            self.interest_changed |= peer.useful == 1;
        }
        self.touched.push(key);
        self.pieces.rarity.gained(piece);
        if peer.have.is_full() {
            let pieces = self.pieces.geometry.pieces();
            (0..pieces).for_each(|p| self.pieces.rarity.lost(PieceIndex(p)));
            self.pieces.rarity.seed_joined();
        }
    }

    /// A peer that had these pieces does not count any more.
    fn uncount(&mut self, have: &Bits) {
        if have.is_full() {
            self.pieces.rarity.seed_left();
        } else {
            have.iter().for_each(|p| self.pieces.rarity.lost(p));
        }
    }

    /// Without the fast extension everything is dropped; with it what it rejects, which is
    /// everything but its allowed-fast pieces (BEP 6): asked of others at once either way.
    pub(super) fn choked(&mut self, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        peer.choked = true;
        peer.late.clear();
        let kept: Vec<_> = peer.queue.iter().map(|o| o.block.piece).collect();
        let kept: Vec<_> = kept.into_iter().filter(|p| peer.is_allowed(*p)).collect();
        for request in peer.take_if(|block| !kept.contains(&block.piece)) {
            self.pieces.release(request.block, key);
        }
        self.give_up_sole(key);
    }

    pub(super) fn unchoked(&mut self, key: PeerKey) {
        if let Some(peer) = self.peers.get_mut(key) {
            peer.choked = false;
            peer.dry = 0;
        }
    }

    pub(super) fn allowed_fast(&mut self, key: PeerKey, piece: PieceIndex) {
        if self.pieces.exists(piece)
            && let Some(peer) = self.peers.get_mut(key)
        {
            peer.allow(piece);
        }
    }

    /// A rejected request that stood is a strike; the answer to a cancel is not.
    pub(super) fn rejected(&mut self, key: PeerKey, block: BlockRef, now: Instant) {
        let Some(peer) = self.peers.get_mut(key) else {
            return;
        };
        let cancelled = peer.answered(block);
        self.touched.push(key);
        if peer.take_if(|b| b == block).is_empty() {
            return;
        }
        if !cancelled {
            peer.strike(now);
        }
        self.pieces.release(block, key);
        self.give_up_sole(key);
    }

    /// Pieces fetched from this peer alone, or from those who are not accused, may come from others.
    pub(super) fn give_up_sole(&mut self, key: PeerKey) {
        let mut doubtful = Vec::new();
        for (piece, active) in &mut self.pieces.active {
            if active.sole == Some(key) {
                active.sole = None;
                self.pieces.epoch += 1;
            }
            if !active.accused.is_empty() {
                doubtful.push(*piece);
            }
        }
        doubtful.into_iter().for_each(|piece| self.acquit(piece));
    }

    /// Forgets who is accused of a piece that nobody else would give.
    pub(super) fn acquit(&mut self, piece: PieceIndex) {
        let Some(active) = self.pieces.active.get_mut(&piece) else { return };
        let innocent = |peer: &Peer| peer.relied_on(piece) && !active.accused.contains(&peer.key);
        if !self.peers.iter().any(innocent) {
            active.accused.clear();
            self.pieces.epoch += 1;
        }
    }

    /// What unknown peers are taken for: the median of the known ones.
    pub(super) fn learn_prior(&mut self) {
        let links = || self.peers.iter().map(|p| &p.link);
        let median = |mut known: Vec<f64>| {
            let middle = known.len() / 2;
            let last = middle < known.len();
            last.then(|| *known.select_nth_unstable_by(middle, f64::total_cmp).1)
        };
        let rate = median(links().filter_map(Link::known_rate).collect());
        let rtt = median(links().filter_map(Link::known_rtt).collect());
        self.prior =
            Prior { rate: rate.unwrap_or(Prior::NONE.rate), rtt: rtt.unwrap_or(Prior::NONE.rtt) };
    }

    /// Counts again what of each peer's pieces is needed, where that is other than `before`.
    pub(super) fn recount_useful(&mut self, before: &Bits) {
        let needed = &self.pieces.needed;
        let changed: Vec<usize> = needed.differing_words(before).collect();
        if changed.is_empty() {
            return;
        }
        for peer in self.peers.iter_mut() {
            let (less, more) = peer.have.counts_and(&changed, before, needed);
            peer.useful = (peer.useful + more).saturating_sub(less);
        }
        self.interest_changed = true;
    }
}
