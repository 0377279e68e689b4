//! Hedging: a late block is asked of a second peer; the copy that loses is cancelled. With nothing
//! left to ask for this is endgame: idle peers take over the tail of slow ones.

use std::time::Instant;

use wire::BlockRef;

use super::active::MAX_COPIES;
use super::estimate::{BLOCK, seconds};
use super::peer::Peer;
use super::{PeerKey, Picker};

/// Copies made in one tick at most.
const MOST_A_TICK: usize = 64;
/// Late blocks looked at in one tick at most.
const MOST_LOOKED_AT: usize = 256;
/// Requests beyond its depth a peer takes for a piece a cursor stands on.
const BEYOND_DEPTH: u32 = 2;
/// Share of the later time a copy must save.
const LEAST_SHARE: f64 = 0.25;
/// A downlink this close to its recent peak is taken for full: copies would only slow it.
const FULL: f64 = 0.9;

/// While it is full a copy has to be this much faster, and save this many seconds.
const FULL_TIMES: f64 = 2.0;
const FULL_GAIN: f64 = 0.2;

/// A request this much later than its copy, and this many seconds, is taken back.
const SURE_TIMES: f64 = 2.0;
const SURE_GAIN: f64 = 0.3;

/// When the answer to a lost request comes: seconds.
const NEVER: f64 = 1e9;

/// Bytes received and wasted, fading.
pub(super) struct Meter {
    at: Instant,
    /// Over about 10 s.
    received: f64,
    wasted: f64,
    /// Over about a second: bytes a second.
    rate: f64,
    /// Highest `rate` of about 30 s.
    peak: f64,
}

impl Meter {
    pub(super) fn new(now: Instant) -> Self {
        Self { at: now, received: 0.0, wasted: 0.0, rate: 0.0, peak: 0.0 }
    }

    fn fade(&mut self, now: Instant) {
        let elapsed = seconds(now, self.at);
        self.at = self.at.max(now);
        let fade = (-elapsed / 10.0).exp();
        (self.received, self.wasted) = (self.received * fade, self.wasted * fade);
        self.rate *= (-elapsed).exp();
        self.peak = (self.peak * (-elapsed / 30.0).exp()).max(self.rate);
    }

    pub(super) fn received(&mut self, now: Instant, bytes: u64) {
        self.fade(now);
        self.received += bytes as f64;
        self.rate += bytes as f64;
        self.peak = self.peak.max(self.rate);
    }

    pub(super) fn wasted(&mut self, now: Instant, bytes: u64) {
        self.fade(now);
        self.wasted += bytes as f64;
    }

    fn full(&self) -> bool {
        self.rate > FULL * self.peak
    }

    /// Copies that may be in flight without overspending `budget`, a share of what is received;
    /// every other copy is taken to be wasted. Four are always allowed.
    fn affordable(&self, budget: f64) -> usize {
        let bytes = (self.received * budget - self.wasted).max(0.0);
        4 + (2.0 * bytes / BLOCK) as usize
    }
}

/// A request on its way, and when it is expected.
struct Late {
    block: BlockRef,
    eta: f64,
    blocking: bool,
}

impl Picker {
    /// Whether a cursor stands on blocks that are all asked for, some of which this peer could bring
    /// at once: its burst is over before the next tick.
    pub(super) fn may_rescue(&self, key: PeerKey) -> bool {
        let mut stood_on = self.cursors.list.iter().filter_map(|c| c.blocking);
        stood_on.any(|piece| {
            let active = self.pieces.active.get(&piece);
            let bursts = |peer: &Peer| peer.link.pauses() && peer.gives(piece);
            active.is_some_and(|a| a.unrequested == 0 && !a.verifying())
                && self.peers.get(key).is_some_and(bursts)
        })
    }

    /// Asks further peers for late blocks, where that gains enough.
    pub(super) fn hedge(&mut self, now: Instant) {
        if self.paused {
            return;
        }
        self.meter.fade(now);
        let extra = if self.cursors.waits() { BEYOND_DEPTH } else { 0 };
        let free = self
            .peers
            .iter()
            .filter(|p| p.open() && p.room(extra) > 0 && !p.link.snubbed && !p.resting(now));
        let Some(best) = free.map(|p| p.eta(now, self.prior)).min_by(f64::total_cmp) else {
            return;
        };
        let in_flight = self.copies_in_flight();
        let affordable = self.meter.affordable(self.config.waste_budget);
        let mut budget = affordable.saturating_sub(in_flight);
        let mut made = 0;
        for late in self.late(now, best).into_iter().take(MOST_LOOKED_AT) {
            if made == MOST_A_TICK {
                break;
            }
            if !late.blocking && budget == 0 {
                continue;
            }
            let Some((helper, soon)) = self.helper(&late, now) else {
                continue;
            };
            self.take_away(&late, soon, now);
            if self.ask_too(late.block, helper, now) {
                made += 1;
                budget -= usize::from(!late.blocking);
            }
        }
    }

    /// Asks a peer for a block that may be asked of others already; `false` where it can't be.
    pub(super) fn ask_too(&mut self, block: BlockRef, helper: PeerKey, now: Instant) -> bool {
        let taken = self.pieces.take(block, helper, now);
        let peer = self.peers.get_mut(helper).filter(|_| taken);
        peer.map(|peer| peer.ask(block, now)).is_some()
    }

    /// Asks another peer for what was taken back of one that lost it, if one has room for it.
    pub(super) fn ask_another(&mut self, block: BlockRef, now: Instant) {
        let lost = Late { block, eta: NEVER, blocking: true };
        if let Some((helper, _)) = self.helper(&lost, now) {
            self.ask_too(block, helper, now);
        }
    }

    /// What will come so late that the copy comes first for sure is taken back where the peer has
    /// something else to send before it: that copy wastes nothing.
    fn take_away(&mut self, late: &Late, soon: f64, now: Instant) {
        let Some(block) = self.pieces.block(late.block) else { return };
        let holders = block.holders().to_vec();
        for key in holders {
            let Some(peer) = self.peers.get_mut(key) else { continue };
            let place = peer.queue.iter().position(|o| o.block == late.block);
            let Some(place) = place.filter(|place| *place > 0) else { continue };
            if peer.eta_of(place, now, self.prior) > SURE_TIMES * soon + SURE_GAIN {
                peer.withdraw(late.block, now);
                self.pieces.release(late.block, key);
            }
        }
    }

    fn copies_in_flight(&self) -> usize {
        let requests: usize = self.peers.iter().map(|p| p.queue.len()).sum();
        let blocks = self.pieces.active.values();
        let blocks: usize = blocks.map(|a| a.requested() as usize).sum();
        requests.saturating_sub(blocks)
    }

    /// Requests worth a look: those a cursor stands on first, then by lateness.
    fn late(&self, now: Instant, best: f64) -> Vec<Late> {
        let full = self.meter.full();
        let least = self.config.hedge_gain.as_secs_f64();
        let mut late = Vec::new();
        for peer in self.peers.iter() {
            let share = full && !peer.link.snubbed;
            let enough = if share { FULL_TIMES * best + FULL_GAIN } else { best + least };
            let outlook = peer.outlook(now, self.prior);
            let Some(last) = peer.queue.len().checked_sub(1) else { continue };
            if outlook.eta(last, 0.0) <= enough {
                continue;
            }
            for (place, owed) in peer.queue.iter().enumerate() {
                let (block, eta) = (owed.block, outlook.eta(place, seconds(now, owed.at)));
                if eta <= enough {
                    continue;
                }
                let blocking = self.cursors.blocks_on(block.piece);
                let copies = || self.pieces.block(block).map_or(0, |b| b.holders().len());
                if (blocking || !share) && copies() < self.most_copies(blocking) {
                    late.push(Late { block, eta, blocking });
                }
            }
        }
        late.sort_by(|a, b| {
            let first = b.blocking.cmp(&a.blocking);
            first.then(b.eta.total_cmp(&a.eta)).then(a.block.cmp(&b.block))
        });
        late
    }

    fn most_copies(&self, blocking: bool) -> usize {
        let config = &self.config;
        let most = if blocking { config.copies_blocked } else { config.copies };
        most.min(MAX_COPIES)
    }

    /// The peer that would bring the block earliest and when, if that is early enough to be worth a
    /// copy.
    fn helper(&self, late: &Late, now: Instant) -> Option<(PeerKey, f64)> {
        let block = self.pieces.block(late.block)?;
        if block.holders().len() >= self.most_copies(late.blocking) {
            return None;
        }
        let expected = block.holders().iter().filter_map(|key| {
            let peer = self.peers.get(*key)?;
            let place = peer.queue.iter().position(|o| o.block == late.block)?;
            Some(peer.eta_of(place, now, self.prior))
        });
        let expected = expected.fold(late.eta, f64::min);
        let gain = (expected * LEAST_SHARE).max(self.config.hedge_gain.as_secs_f64());
        let extra = if late.blocking { BEYOND_DEPTH } else { 0 };
        let fit = self.peers.iter().filter(|p| {
            !p.link.snubbed
                && !p.resting(now)
                && p.gives(late.block.piece)
                && p.room(extra) > 0
                && !block.holders().contains(&p.key)
                && self.pieces.trusts(late.block.piece, p.key)
                && !self.pieces.suspects(late.block, p.key)
                && !p.cancel.contains(&late.block)
        });
        let timed = fit.map(|p| (p.eta(now, self.prior), p.key));
        let best = timed.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        best.filter(|(eta, _)| *eta < expected - gain).map(|(eta, key)| (key, eta))
    }
}
