//! Who is served: tit for tat with an optimistic unchoke (BEP 3), and turns while we seed.
//!
//! A round every ten seconds may choke; in between only free slots are filled, so that nobody is
//! choked and unchoked in quick succession.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

/// How long an optimistic unchoke lasts (BEP 3).
const OPTIMISTIC: Duration = Duration::from_secs(30);
/// A peer is new for this long, and three times as likely to be the optimistic unchoke (BEP 3): it
/// has nothing to give yet.
const NEW: Duration = Duration::from_secs(60);
/// How much likelier.
const NEW_WEIGHT: u64 = 3;
/// How long a served peer keeps its slot before others have their turn, while we seed.
const TURN: Duration = Duration::from_secs(60);
/// Upload slots when nothing else is said: enough that a home uplink is used, few enough that each
/// gets something.
const SLOTS: usize = 8;
/// Bytes a second that make a slot worth having: with more to give than this for each, there are
/// more slots.
const WORTH: u64 = 128 * 1024;
/// Never more slots than this.
const MOST_SLOTS: usize = 50;

/// What the choker knows of one peer.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<K> {
    /// The peer.
    pub key: K,
    /// Whether it wants anything of us.
    pub interested: bool,
    /// Whether it gave nothing for a minute though it could have (BEP 3).
    pub snubbed: bool,
    /// Bytes a second it gives us.
    pub gives: u64,
    /// Bytes a second it takes.
    pub takes: u64,
    /// When it connected.
    pub joined: Instant,
}

/// What we want of the swarm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aim {
    /// Pieces: who gives is served.
    Download,
    /// Nothing more: who takes most is served, and all get a turn.
    Seed,
}

/// How many peers are served at once, the optimistic one included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UploadSlots(pub usize);

impl Default for UploadSlots {
    fn default() -> Self {
        Self(SLOTS)
    }
}

impl UploadSlots {
    /// Eight; more when no limit is set and so much goes out, `rate` bytes a second, that each of
    /// more slots would still get a good share.
    pub fn for_rate(limit: Option<NonZeroU64>, rate: u64) -> Self {
        match limit {
            Some(_) => Self(SLOTS),
            None => Self(((rate / WORTH) as usize).clamp(SLOTS, MOST_SLOTS)),
        }
    }
}

/// Who is served now, and what is remembered from round to round.
#[derive(Debug)]
pub struct Choker<K> {
    /// Whom we serve, since when.
    served: HashMap<K, Instant>,
    /// When a peer that is choked now was last served: who waits longest is next.
    waiting: HashMap<K, Instant>,
    /// The optimistic unchoke, and when its turn began.
    optimistic: Option<(K, Instant)>,
    /// State of the generator that picks it.
    random: u64,
}

impl<K: Copy + Eq + Hash + Ord> Choker<K> {
    /// Serves nobody yet.
    pub fn new(seed: u64) -> Self {
        Self { served: HashMap::new(), waiting: HashMap::new(), optimistic: None, random: seed }
    }

    /// Whether the peer is served.
    pub fn serves(&self, key: K) -> bool {
        self.served.contains_key(&key)
    }

    /// A peer is gone.
    pub fn left(&mut self, key: K) {
        self.served.remove(&key);
        self.waiting.remove(&key);
        self.optimistic.take_if(|(optimistic, _)| *optimistic == key);
    }

    /// A round: chooses anew who is served; everybody else is to be choked.
    pub fn round(
        &mut self,
        now: Instant,
        peers: &[Candidate<K>],
        aim: Aim,
        slots: UploadSlots,
    ) -> Vec<K> {
        let mut order: Vec<&Candidate<K>> = peers.iter().filter(|p| p.interested).collect();
        let chosen = if order.len() <= slots.0 {
            order.into_iter().map(|peer| peer.key).collect()
        } else {
            match aim {
                Aim::Download => {
                    let rank = |p: &Candidate<K>| (p.snubbed, Reverse(p.gives));
                    order.sort_by_key(|p| (rank(p), !self.serves(p.key), p.key));
                    self.with_optimistic(now, &order, slots)
                }
                Aim::Seed => {
                    order.sort_by_key(|peer| self.turn(now, peer));
                    order.iter().take(slots.0).map(|peer| peer.key).collect()
                }
            }
        };
        self.serve(now, &chosen);
        chosen
    }

    /// Between rounds: who gets a slot that is free. Nobody is choked for it.
    pub fn fill(&mut self, now: Instant, peers: &[Candidate<K>], slots: UploadSlots) -> Vec<K> {
        let wants = |key: &K| peers.iter().any(|p| p.key == *key && p.interested);
        let taken = self.served.keys().filter(|key| wants(key)).count();
        let choked = peers.iter().filter(|p| p.interested && !self.serves(p.key));
        let mut next: Vec<&Candidate<K>> = choked.collect();
        next.sort_by_key(|p| (p.snubbed, Reverse(p.gives), self.waiting.get(&p.key), p.key));
        let next = next.into_iter().take(slots.0.saturating_sub(taken));
        let chosen: Vec<K> = next.map(|peer| peer.key).collect();
        for key in &chosen {
            self.waiting.remove(key);
            self.served.insert(*key, now);
        }
        chosen
    }

    /// The best givers, and in the last slot the one whose turn it is.
    fn with_optimistic(
        &mut self,
        now: Instant,
        order: &[&Candidate<K>],
        slots: UploadSlots,
    ) -> Vec<K> {
        let (earned, others) = order.split_at(slots.0.saturating_sub(1).min(order.len()));
        let stays = self.optimistic.filter(|(key, since)| {
            let lasts = now.saturating_duration_since(*since) < OPTIMISTIC;
            lasts && others.iter().any(|peer| peer.key == *key)
        });
        self.optimistic = stays.or_else(|| self.draw(now, others).map(|key| (key, now)));
        let mut chosen: Vec<K> = earned.iter().map(|peer| peer.key).collect();
        chosen.extend(self.optimistic.filter(|_| slots.0 > 0).map(|(key, _)| key));
        chosen
    }

    /// One of the others at random, new ones more likely, the one whose turn ended not again.
    fn draw(&mut self, now: Instant, others: &[&Candidate<K>]) -> Option<K> {
        let last = self.optimistic.map(|(key, _)| key).filter(|_| others.len() > 1);
        let weigh = |peer: &&&Candidate<K>| match now.saturating_duration_since(peer.joined) < NEW {
            _ if Some(peer.key) == last => 0,
            true => NEW_WEIGHT,
            false => 1,
        };
        let sum: u64 = others.iter().map(|peer| weigh(&peer)).sum();
        let mut at = self.next_random() % sum.max(1);
        let drawn = others.iter().find(|peer| {
            let weight = weigh(peer);
            let hit = at < weight;
            at = at.saturating_sub(weight);
            hit
        });
        drawn.map(|peer| peer.key)
    }

    /// The order while seeding: who is in the middle of its turn, then who waited longest, then
    /// whose turn is over; among the served the fastest first.
    fn turn(&self, now: Instant, peer: &Candidate<K>) -> (u8, Reverse<u64>, Option<Instant>, K) {
        match self.served.get(&peer.key) {
            Some(since) => {
                let over = now.saturating_duration_since(*since) >= TURN;
                (if over { 2 } else { 0 }, Reverse(peer.takes), None, peer.key)
            }
            None => (1, Reverse(0), self.waiting.get(&peer.key).copied(), peer.key),
        }
    }

    fn serve(&mut self, now: Instant, chosen: &[K]) {
        let dropped: Vec<K> =
            self.served.keys().filter(|key| !chosen.contains(key)).copied().collect();
        for key in dropped {
            self.served.remove(&key);
            self.waiting.insert(key, now);
        }
        for key in chosen {
            self.waiting.remove(key);
            self.served.entry(*key).or_insert(now);
        }
    }

    /// SplitMix64: enough to take turns by, and the same for the same seed.
    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}
