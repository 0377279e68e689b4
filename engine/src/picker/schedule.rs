//! Who gets the next block: list scheduling by estimated completion.
//!
//! Peers with room stand in a heap by the time at which they would have brought one more block; the
//! earliest is given a block and goes back with its new time. So the blocks of one piece spread
//! over all peers, each getting what its rate deserves. A peer much slower than the best is given
//! not the next block but the one the others would come to by the time it is done.

use std::cmp::Ordering;
use std::time::Instant;

use super::estimate::{BLOCK, Queue};
use super::peer::Peer;
use super::{PeerKey, Picker, Turn};

/// A peer whose completion time is within this of the best takes the next block as it is: seconds.
const CLOSE: f64 = 0.05;

/// A peer is given together what it brings in so many seconds: one message instead of several.
const AT_ONCE: f64 = 0.008;

/// Peers that give less than this many times what is consumed are scarce.
const SCARCE: f64 = 1.4;

/// A peer with room, and when it would have brought one more block.
pub(super) struct Candidate {
    eta: f64,
    peer: PeerKey,
}

/// When a peer would have brought its next block, as seen now.
#[derive(Clone, Copy)]
pub(super) struct Slow {
    /// Seconds from `now`.
    pub(super) eta: f64,
    pub(super) now: Instant,
}

impl Ord for Candidate {
    /// The earliest is the greatest: `BinaryHeap` pops that.
    fn cmp(&self, other: &Self) -> Ordering {
        let by_eta = other.eta.total_cmp(&self.eta);
        by_eta.then_with(|| other.peer.cmp(&self.peer))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

/// What one peer, or all that give, can do.
#[derive(Clone, Copy, Default)]
pub(super) struct Means {
    /// Bytes a second.
    rate: f64,
    /// Bytes that come later for the round trip: the rate times it.
    delayed: f64,
    /// Requests outstanding.
    owed: f64,
}

impl Means {
    /// Blocks that nobody waits for to ask a peer for at once.
    fn at_once(self) -> u32 {
        ((self.rate * AT_ONCE / BLOCK) as u32).max(1)
    }
}

/// What all peers that give can do together.
#[derive(Default)]
pub(super) struct Together {
    /// When the best of them would have brought one more block: seconds.
    best: f64,
    /// The sum of each one's means.
    means: Means,
}

impl Picker {
    /// Gives every peer with room its next blocks.
    pub(super) fn schedule(&mut self, turn: &mut Turn<'_>) {
        self.look();
        if self.paused {
            return;
        }
        let (now, prior) = (turn.now, self.prior);
        let queue = self.queue(now);
        let mut all = Together { best: f64::INFINITY, ..Together::default() };
        self.heap.clear();
        for peer in self.peers.iter_mut() {
            peer.means = Means::default();
            if !peer.open() || peer.resting(now) {
                continue;
            }
            let outlook = peer.outlook(now, prior);
            let (rate, eta) = (outlook.rate, peer.next_eta(outlook));
            peer.size_depth(outlook, queue);
            if !peer.link.snubbed {
                all.best = all.best.min(eta);
                if !peer.choked && peer.useful > 0 {
                    let delayed = rate * outlook.rtt;
                    peer.means = Means { rate, delayed, owed: peer.queue.len() as f64 };
                    all.means.rate += rate;
                    all.means.delayed += delayed;
                    all.means.owed += peer.means.owed;
                }
            }
            if peer.room(0) > 0 && peer.useful > 0 && peer.dry != self.pieces.epoch {
                let peer = peer.key;
                self.heap.push(Candidate { eta, peer });
            }
        }
        self.together = all;
        self.give_out(turn);
    }

    /// The same for these peers alone.
    pub(super) fn schedule_some(&mut self, keys: &[PeerKey], turn: &mut Turn<'_>) {
        if self.paused {
            return;
        }
        let (now, prior) = (turn.now, self.prior);
        let queue = self.queue(now);
        self.heap.clear();
        for key in keys {
            let Some(peer) = self.peers.get_mut(*key) else { continue };
            if !peer.open() || peer.resting(now) {
                continue;
            }
            let outlook = peer.outlook(now, prior);
            peer.size_depth(outlook, queue);
            if peer.room(0) > 0 && peer.useful > 0 && peer.dry != self.pieces.epoch {
                let (eta, peer) = (peer.next_eta(outlook), peer.key);
                self.heap.push(Candidate { eta, peer });
            }
        }
        self.give_out(turn);
    }

    /// Gives the peers of the heap blocks, the earliest first.
    fn give_out(&mut self, turn: &mut Turn<'_>) {
        while let Some(candidate) = self.heap.pop() {
            self.give(candidate, turn);
        }
    }

    /// Gives a peer its next blocks and puts it back into the heap if it has room for others.
    fn give(&mut self, Candidate { eta, peer: key }: Candidate, turn: &mut Turn<'_>) {
        let now = turn.now;
        let slow = Slow { eta, now };
        let late = eta > 2.0 * self.together.best + CLOSE;
        let skip = if late { self.done_together(slow, key) } else { 0 };
        let mut more = self.peers.get(key).map_or(0, |peer| peer.means.at_once());
        while more > 0 {
            let block = self.choose(key, slow, skip, turn);
            let Some(peer) = self.peers.get_mut(key) else { return };
            let Some(block) = block else {
                peer.dry = self.pieces.epoch;
                return;
            };
            peer.ask(block, now);
            if peer.room(0) == 0 {
                return;
            }
            more = if late || self.cursors.blocks_on(block.piece) { 0 } else { more - 1 };
        }
        if let Some(peer) = self.peers.get(key) {
            let eta = peer.eta(now, self.prior);
            self.heap.push(Candidate { eta, peer: key });
        }
    }

    /// Blocks beyond what they owe that all other peers can bring by then, about.
    fn done_together(&self, Slow { eta, .. }: Slow, except: PeerKey) -> u32 {
        let own = self.peers.get(except).map_or_else(Means::default, |peer| peer.means);
        let all = self.together.means;
        let bytes = eta * (all.rate - own.rate) - (all.delayed - own.delayed);
        (bytes / BLOCK - (all.owed - own.owed)).max(0.0) as u32
    }

    /// Blocks beyond what they owe that the other peers of whom `counts` holds can bring by then.
    pub(super) fn done_by(
        &self,
        Slow { eta, now }: Slow,
        except: PeerKey,
        counts: impl Fn(&Peer) -> bool,
    ) -> u32 {
        let others = self.peers.iter().filter(|p| {
            let able = !p.choked && p.useful > 0 && !p.link.snubbed && !p.resting(now);
            able && p.key != except && counts(p)
        });
        let blocks = others.map(|p| {
            let time = (eta - p.link.rtt(self.prior)).max(0.0);
            let more = time * p.link.rate(now, self.prior) / BLOCK - p.queue.len() as f64;
            more.max(0.0)
        });
        blocks.sum::<f64>() as u32
    }

    /// What to keep at each peer: what is queued is in the way of a seek.
    pub(super) fn queue(&self, now: Instant) -> Queue {
        let config = &self.config;
        let read = self.streamed.map(|at| now.saturating_duration_since(at));
        let streams = !self.cursors.list.is_empty() || read.is_some_and(|r| r < config.linger);
        let queue = if streams { config.queue } else { config.queue_background };
        let scarce = self.together.means.rate < SCARCE * self.cursors.consumption();
        Queue { seconds: queue.as_secs_f64(), scarce }
    }

    /// Background pieces are only asked for while every cursor has enough ahead.
    pub(super) fn background_allowed(&self) -> bool {
        !self.cursors.hungry(self.config.background_after)
    }
}
