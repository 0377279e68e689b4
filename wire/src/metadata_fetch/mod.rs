//! A torrent's metadata put together from what several peers send (BEP 9), whatever some of them
//! send: events in, requests out.
//!
//! Peers are grouped by the size they claim, and one size is tried at a time, that of most peers
//! first. A whole that does not have the info hash is thrown away; when several had a part in it,
//! that size is next fetched from one peer at a time, so that only who gave all of it is blamed
//! (HOSTILE 30, 31). An attempt that does not get on gives way to the next; each has twice the time
//! when its turn comes again.
//!
//! | file | concept |
//! | --- | --- |
//! | `attempt` | what is tried, and the pieces so far |
//! | `requests` | which piece is asked of whom |

mod attempt;
mod requests;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use bytes::Bytes;
use sha1::{Digest, Sha1};

use crate::InfoHash;
use crate::extension::MAX_METADATA;
use attempt::{Attempt, Plan, piece_len};
use requests::Requests;

/// An attempt without a new piece for this long gives way to another.
const STALL: Duration = Duration::from_secs(5);
/// The time an attempt has at first while others wait.
const SLICE: Duration = Duration::from_secs(15);
/// The time is doubled so often at most.
const MAX_DOUBLINGS: u32 = 10;

/// What a piece of metadata led to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fetched<K> {
    /// Not all is here.
    More,
    /// The `info` dictionary's bytes: their SHA-1 is the info hash.
    Complete(Bytes),
    /// What came can't be it. Named is who is to blame for certain: nobody when several peers gave
    /// parts of a wrong whole.
    Wrong(Vec<K>),
}

/// A peer that says it has the metadata.
#[derive(Debug)]
struct Source {
    /// Bytes of the metadata, as it says.
    size: u32,
    requests: Requests,
    /// It sent what can't be right, and is asked no more.
    lied: bool,
}

/// The fetch of one torrent's metadata; `K` names a connection. After every event, and at
/// [`Self::next_timeout`], the caller asks [`Self::wants`].
#[derive(Debug)]
pub struct MetadataFetch<K> {
    info_hash: InfoHash,
    /// As many as the caller has connections.
    peers: BTreeMap<K, Source>,
    attempt: Option<Attempt<K>>,
    /// How often each plan had its turn.
    turns: BTreeMap<Plan<K>, u32>,
    /// Sizes of which a whole from several peers was wrong.
    mixed: BTreeSet<u32>,
    /// The last time of [`Self::wants`]: what was due then is dealt with.
    looked: Option<Instant>,
    done: bool,
}

impl<K: Copy + Ord> MetadataFetch<K> {
    /// A fetch that nobody takes part in yet.
    pub fn new(info_hash: InfoHash) -> Self {
        Self {
            info_hash,
            peers: BTreeMap::new(),
            attempt: None,
            turns: BTreeMap::new(),
            mixed: BTreeSet::new(),
            looked: None,
            done: false,
        }
    }

    /// A peer says that it has metadata of `size` bytes; beyond 1 to
    /// [`MAX_METADATA`] it does not take part. It may say so again, and otherwise.
    pub fn peer(&mut self, now: Instant, key: K, size: u32) {
        if !(1..=MAX_METADATA).contains(&size) {
            return self.left(key);
        }
        let lied = match self.peers.get(&key) {
            Some(known) if known.size == size => return,
            Some(known) => known.lied,
            None => false,
        };
        let first = !self.attempt.as_ref().is_some_and(|attempt| self.goes_on(attempt.plan));
        self.peers.insert(key, Source { size, requests: Requests::default(), lied });
        self.forget_sizes();
        if let Some(attempt) = self.attempt.as_mut().filter(|a| first && a.plan.includes(key, size))
        {
            attempt.progressed = now;
        }
    }

    /// A peer is gone.
    pub fn left(&mut self, key: K) {
        self.peers.remove(&key);
        self.turns.retain(|plan, _| plan.from != Some(key));
        if self.attempt.as_ref().is_some_and(|attempt| attempt.plan.from == Some(key)) {
            self.attempt = None;
        }
        self.forget_sizes();
    }

    /// A piece came. Checks the whole when it is the last: SHA-1 of at most 32 MiB, mostly of some
    /// 100 KiB.
    pub fn data(
        &mut self,
        now: Instant,
        key: K,
        piece: u32,
        total_size: u32,
        data: Bytes,
    ) -> Fetched<K> {
        let Some(source) = self.peers.get_mut(&key).filter(|source| !source.lied) else {
            return Fetched::More;
        };
        source.requests.answered(piece);
        let size = source.size;
        if total_size != size || data.is_empty() || data.len() != piece_len(size, piece) {
            self.distrust(key);
            return Fetched::Wrong(vec![key]);
        }
        let Some(attempt) = self.attempt.as_mut().filter(|a| a.plan.includes(key, size)) else {
            return Fetched::More;
        };
        attempt.put(now, key, piece, data);
        match attempt.whole() {
            None => Fetched::More,
            Some((whole, givers)) => self.judge(size, whole, &givers),
        }
    }

    /// A peer does not send a piece it was asked for.
    pub fn rejected(&mut self, now: Instant, key: K, piece: u32) {
        if let Some(source) = self.peers.get_mut(&key) {
            source.requests.rejected(now, piece);
        }
    }

    /// What is to be asked of whom now, each once: the caller sends these requests.
    pub fn wants(&mut self, now: Instant) -> Vec<(K, u32)> {
        self.looked = Some(now);
        if self.done {
            return Vec::new();
        }
        self.take_turns(now);
        self.peers.values_mut().for_each(|source| source.requests.forget(now));
        let Some(attempt) = &self.attempt else {
            return Vec::new();
        };
        let taking_part = self
            .peers
            .iter_mut()
            .filter(|(key, source)| !source.lied && attempt.plan.includes(**key, source.size))
            .map(|(key, source)| (*key, &mut source.requests))
            .collect();
        requests::hand_out(now, attempt.missing(), taking_part)
    }

    /// When [`Self::wants`] may have something new though nothing has happened; always after the
    /// last time it was asked.
    pub fn next_timeout(&self) -> Option<Instant> {
        let (looked, attempt) = (self.looked?, self.attempt.as_ref()?);
        let taking_part = self.taking_part(attempt.plan).count();
        let requests = self.taking_part(attempt.plan);
        let requests = requests.flat_map(|source| source.requests.timeouts(taking_part == 1));
        let others = self.plans().into_iter().any(|(plan, _)| plan != attempt.plan);
        let turn = others.then(|| attempt.deadline(STALL));
        requests.chain(turn).filter(|at| *at > looked).min()
    }

    /// Pieces of the metadata that are here and pieces in all, of the attempt going on; none of
    /// none where there is none.
    pub fn progress(&self) -> (u32, u32) {
        self.attempt.as_ref().map_or((0, 0), Attempt::progress)
    }

    /// A whole is here: the metadata, or somebody's lie.
    fn judge(&mut self, size: u32, whole: Vec<u8>, givers: &BTreeSet<K>) -> Fetched<K> {
        self.attempt = None;
        if Sha1::digest(&whole)[..] == self.info_hash.0 {
            self.done = true;
            self.peers.clear();
            return Fetched::Complete(whole.into());
        }
        match givers.iter().next() {
            Some(&only) if givers.len() == 1 => {
                self.distrust(only);
                Fetched::Wrong(vec![only])
            }
            _ => {
                self.mixed.insert(size);
                Fetched::Wrong(Vec::new())
            }
        }
    }

    fn distrust(&mut self, key: K) {
        if let Some(source) = self.peers.get_mut(&key) {
            source.lied = true;
        }
        if self.attempt.as_ref().is_some_and(|attempt| attempt.plan.from == Some(key)) {
            self.attempt = None;
        }
        self.forget_sizes();
    }

    /// Begins the next attempt where the present one has had its time, or has nobody left. Its
    /// pieces are lost then: only one attempt's are held at a time.
    fn take_turns(&mut self, now: Instant) {
        let current = self.attempt.as_ref().map(|attempt| attempt.plan);
        if let Some(attempt) = &self.attempt
            && self.goes_on(attempt.plan)
            && now < attempt.deadline(STALL)
        {
            return;
        }
        let others = self.plans().into_iter().filter(|(plan, _)| Some(*plan) != current);
        let turns = |plan: &Plan<K>| self.turns.get(plan).copied().unwrap_or(0);
        match others.min_by_key(|(plan, claimed)| (turns(plan), Reverse(*claimed), *plan)) {
            Some((plan, _)) => {
                let turn = self.turns.entry(plan).or_insert(0);
                let slice = SLICE * 2u32.pow((*turn).min(MAX_DOUBLINGS));
                *turn += 1;
                self.attempt = Some(Attempt::new(now, plan, slice));
            }
            None => {
                if let Some(attempt) = &mut self.attempt {
                    attempt.renew(now);
                }
            }
        }
    }

    /// What can be tried, and how many peers claim that size.
    fn plans(&self) -> Vec<(Plan<K>, usize)> {
        let mut claims = BTreeMap::<u32, Vec<K>>::new();
        for (key, source) in self.peers.iter().filter(|(_, source)| !source.lied) {
            claims.entry(source.size).or_default().push(*key);
        }
        let mut plans = Vec::new();
        for (size, keys) in claims {
            let claimed = keys.len();
            match self.mixed.contains(&size) {
                true => plans
                    .extend(keys.into_iter().map(|key| (Plan { size, from: Some(key) }, claimed))),
                false => plans.push((Plan { size, from: None }, claimed)),
            }
        }
        plans
    }

    fn taking_part(&self, plan: Plan<K>) -> impl Iterator<Item = &Source> {
        self.peers
            .iter()
            .filter(move |(key, source)| !source.lied && plan.includes(**key, source.size))
            .map(|(_, source)| source)
    }

    fn goes_on(&self, plan: Plan<K>) -> bool {
        self.taking_part(plan).next().is_some()
    }

    /// Of sizes nobody claims any more nothing is remembered: strangers choose them.
    fn forget_sizes(&mut self) {
        let claimed: BTreeSet<u32> =
            self.peers.values().filter(|source| !source.lied).map(|source| source.size).collect();
        self.turns.retain(|plan, _| claimed.contains(&plan.size));
        self.mixed.retain(|size| claimed.contains(size));
    }
}
