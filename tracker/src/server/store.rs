//! Swarms and their peers: who announced when, with how much left.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use wire::{InfoHash, PeerId};

use super::query::{AnnounceQuery, Transport};
use crate::announce::Event;
use crate::family::Family;
pub use crate::scrape::Counts;

/// The store's bounds and times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What clients are told to wait between announces; twice as long unheard of, a peer is dropped.
    pub interval: Duration,
    /// The least they are told to wait.
    pub min_interval: Duration,
    /// Torrents at most.
    pub torrents: usize,
    /// Peers of one torrent at most.
    pub peers_per_torrent: usize,
    /// Peers given in one answer at most.
    pub numwant: usize,
    /// Varies which peers are given.
    pub seed: u64,
}

impl Default for Limits {
    /// A minute between announces, 1,000 torrents of 1,000 peers, 200 peers an answer.
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(60),
            min_interval: Duration::from_secs(10),
            torrents: 1000,
            peers_per_torrent: 1000,
            numwant: 200,
            seed: 0,
        }
    }
}

/// A peer as it last announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Peer {
    addr: SocketAddr,
    peer_id: PeerId,
    /// Bytes it lacks, where it said.
    left: Option<u64>,
    transport: Transport,
    /// Counted as a completed download; a second `completed` is not.
    completed: bool,
    heard: Instant,
}

impl Peer {
    fn is_seeder(&self) -> bool {
        self.left == Some(0)
    }
}

#[derive(Debug, Default)]
struct Swarm {
    peers: Vec<Peer>,
    downloaded: u64,
}

/// What an announce is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// See [`Limits::interval`].
    pub interval: Duration,
    /// See [`Limits::min_interval`].
    pub min_interval: Duration,
    /// The swarm, the asker included.
    pub counts: Counts,
    /// Other peers of the swarm.
    pub peers: Vec<(SocketAddr, PeerId)>,
}

/// One torrent, for the status page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The torrent.
    pub info_hash: InfoHash,
    /// Who is in its swarm.
    pub counts: Counts,
    /// The first few peers.
    pub peers: Vec<PeerSummary>,
}

/// One peer, for the status page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerSummary {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Its client, as its peer id has it.
    pub client: String,
    /// Bytes it lacks, where it said; 0 is a seeder.
    pub left: Option<u64>,
    /// How its last announce came.
    pub transport: Transport,
}

/// Every swarm this tracker knows.
#[derive(Debug)]
pub struct Store {
    limits: Limits,
    swarms: HashMap<InfoHash, Swarm>,
    rng: StdRng,
}

impl Store {
    /// An empty store.
    pub fn new(limits: Limits) -> Self {
        Self { rng: StdRng::seed_from_u64(limits.seed), swarms: HashMap::new(), limits }
    }

    /// Takes note of an announce and picks peers for it: a seeder is given leechers only.
    ///
    /// # Errors
    /// The `failure reason` for the client when there is no room for its torrent.
    pub fn announce(
        &mut self,
        now: Instant,
        addr: SocketAddr,
        query: &AnnounceQuery,
    ) -> Result<Given, &'static str> {
        self.make_room(now, query.info_hash)?;
        let start = self.rng.random();
        let limits = self.limits;
        let swarm = self.swarms.entry(query.info_hash).or_default();
        swarm.expire(now, limits);
        swarm.note(now, addr, query, limits.peers_per_torrent);
        let wanted =
            if query.event == Event::Stopped { 0 } else { query.numwant.min(limits.numwant) };
        let given = Given {
            interval: limits.interval,
            min_interval: limits.min_interval,
            counts: swarm.counts(),
            peers: swarm.pick(addr, query, wanted, start),
        };
        if swarm.is_forgettable() {
            self.swarms.remove(&query.info_hash);
        }
        Ok(given)
    }

    /// The named swarms' counts, or every swarm's where none is named. Unknown ones are left out.
    pub fn scrape(&mut self, now: Instant, named: &[InfoHash]) -> Vec<(InfoHash, Counts)> {
        self.expire(now);
        let mut counts: Vec<_> = if named.is_empty() {
            let all = self.swarms.iter();
            all.map(|(hash, swarm)| (*hash, swarm.counts())).collect()
        } else {
            let known = |hash: &InfoHash| Some((*hash, self.swarms.get(hash)?.counts()));
            named.iter().filter_map(known).collect()
        };
        counts.sort_by_key(|(hash, _)| *hash);
        counts.dedup_by_key(|(hash, _)| *hash);
        counts
    }

    /// The named swarms' counts in the order they are named; an unknown one counts nobody (BEP 15).
    pub fn counts(&mut self, now: Instant, named: &[InfoHash]) -> Vec<Counts> {
        self.expire(now);
        let known = |hash| self.swarms.get(hash).map(Swarm::counts).unwrap_or_default();
        named.iter().map(known).collect()
    }

    /// Every torrent, ordered by info hash, with at most 20 peers each.
    pub fn summary(&mut self, now: Instant) -> Vec<Summary> {
        self.expire(now);
        let summary = |(hash, swarm): (&InfoHash, &Swarm)| Summary {
            info_hash: *hash,
            counts: swarm.counts(),
            peers: swarm
                .peers
                .iter()
                .take(20)
                .map(|peer| PeerSummary {
                    addr: peer.addr,
                    client: peer.peer_id.client(),
                    left: peer.left,
                    transport: peer.transport,
                })
                .collect(),
        };
        let mut all: Vec<Summary> = self.swarms.iter().map(summary).collect();
        all.sort_by_key(|torrent| torrent.info_hash);
        all
    }

    fn make_room(&mut self, now: Instant, info_hash: InfoHash) -> Result<(), &'static str> {
        let is_full = |store: &Self| {
            store.swarms.len() >= store.limits.torrents && !store.swarms.contains_key(&info_hash)
        };
        if is_full(self) {
            self.expire(now);
            // What completed long ago and has no peer is worth less than a living swarm.
            self.swarms.retain(|_, swarm| !swarm.peers.is_empty());
        }
        if is_full(self) {
            return Err("the tracker is full");
        }
        Ok(())
    }

    fn expire(&mut self, now: Instant) {
        let limits = self.limits;
        self.swarms.retain(|_, swarm| {
            swarm.expire(now, limits);
            !swarm.is_forgettable()
        });
    }
}

impl Swarm {
    fn expire(&mut self, now: Instant, limits: Limits) {
        let silence = |peer: &Peer| now.saturating_duration_since(peer.heard);
        self.peers.retain(|peer| silence(peer) < limits.interval * 2);
    }

    /// Nobody is here and nothing was counted.
    fn is_forgettable(&self) -> bool {
        self.peers.is_empty() && self.downloaded == 0
    }

    /// Enters, updates or removes the announcing peer. A full swarm does not enter it, but serves it.
    fn note(&mut self, now: Instant, addr: SocketAddr, query: &AnnounceQuery, cap: usize) {
        let position = self.peers.iter().position(|peer| peer.addr == addr);
        if query.event == Event::Stopped {
            if let Some(position) = position {
                self.peers.swap_remove(position);
            }
            return;
        }
        let completed_before = position
            .and_then(|position| self.peers.get(position))
            .is_some_and(|peer| peer.completed);
        let completes = query.event == Event::Completed && !completed_before;
        let peer = Peer {
            addr,
            peer_id: query.peer_id,
            left: query.left,
            transport: query.transport,
            completed: completed_before || completes,
            heard: now,
        };
        self.downloaded += u64::from(completes);
        let has_room = self.peers.len() < cap;
        match position.and_then(|position| self.peers.get_mut(position)) {
            Some(known) => *known = peer,
            None if has_room => self.peers.push(peer),
            None => {}
        }
    }

    /// Up to `wanted` peers from a place in the list that `start` decides.
    fn pick(
        &self,
        asker: SocketAddr,
        query: &AnnounceQuery,
        wanted: usize,
        start: u32,
    ) -> Vec<(SocketAddr, PeerId)> {
        let start = start as usize % self.peers.len().max(1);
        let (before, after) = self.peers.split_at(start.min(self.peers.len()));
        after
            .iter()
            .chain(before)
            .filter(|peer| peer.addr != asker && peer.peer_id != query.peer_id)
            .filter(|peer| !(peer.is_seeder() && query.left == Some(0)))
            .filter(|peer| query.family.is_none_or(|family| Family::of(peer.addr.ip()) == family))
            .take(wanted)
            .map(|peer| (peer.addr, peer.peer_id))
            .collect()
    }

    fn counts(&self) -> Counts {
        let complete = self.peers.iter().filter(|peer| peer.is_seeder()).count() as u64;
        let incomplete = self.peers.len() as u64 - complete;
        Counts { complete, incomplete, downloaded: self.downloaded }
    }
}
