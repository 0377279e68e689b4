//! What each torrent wants of the DHT, and whose turn it is. `mainline`'s own channels have no
//! bound, so the cap on what runs stands here. Pure: `R` is whom a lookup tells.
//!
//! A torrent's turn is a lookup, then the announce if one is due. The two never overlap: `mainline`
//! lets an announce share the query of a running lookup of the same info hash, and a lookup that of
//! an announce, which asks for tokens and not for peers.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use wire::InfoHash;

use crate::schedule::Schedule;

/// Turns under way at once; each is some dozens of packets to as many nodes.
pub const MAX_RUNNING: usize = 8;
/// Of these, turns of torrents that have peers enough: a hungry one need not wait for them to end.
pub const MAX_RUNNING_FED: usize = 6;
/// Torrents with a wish; past it a new one's is refused.
pub const MAX_WISHES: usize = 16_384;
/// Hungry torrents go first, but every so many turns one that has peers enough.
const FED_SHARE: u64 = 4;

/// A standing wish, until it is forgotten or replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish<R> {
    /// The torrent.
    pub info_hash: InfoHash,
    /// Who hears of its peers.
    pub found: R,
    /// The TCP port it is announced with, while it is shared; not for private ones (BEP 27).
    pub announce_port: Option<u16>,
    /// Whether it wants peers now, or has enough.
    pub hungry: bool,
}

/// What is to be asked of the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query<R> {
    /// Peers of a torrent.
    Lookup {
        /// The torrent.
        info_hash: InfoHash,
        /// Who hears of them.
        found: R,
    },
    /// We have (part of) a torrent.
    Announce {
        /// The torrent.
        info_hash: InfoHash,
        /// Our TCP port.
        port: u16,
    },
}

#[derive(Debug)]
struct Standing<R> {
    wish: Wish<R>,
    schedule: Schedule,
    /// Tells it from an earlier, forgotten wish of the same torrent whose lookup still runs.
    serial: u64,
}

/// A torrent whose turn it is.
#[derive(Clone, Copy, Debug)]
struct Turn {
    /// Of its wish, which may be forgotten since.
    serial: u64,
    /// Whether the torrent was hungry when it began.
    is_hungry: bool,
}

/// The wishes of all torrents.
#[derive(Debug)]
pub struct Wishes<R> {
    standing: HashMap<InfoHash, Standing<R>>,
    /// Those whose turn it is not, by when it will be.
    hungry: BTreeSet<(Instant, InfoHash)>,
    /// As `hungry`, of those that have peers enough.
    fed: BTreeSet<(Instant, InfoHash)>,
    /// Whose turn it is; forgotten ones until their query ends.
    running: HashMap<InfoHash, Turn>,
    /// Counts wishes.
    serial: u64,
    /// Counts turns.
    turns: u64,
}

impl<R> Default for Wishes<R> {
    fn default() -> Self {
        Self {
            standing: HashMap::new(),
            hungry: BTreeSet::new(),
            fed: BTreeSet::new(),
            running: HashMap::new(),
            serial: 0,
            turns: 0,
        }
    }
}

impl<R: Clone> Wishes<R> {
    /// Takes a wish, in place of the torrent's former one. False if there are too many.
    pub fn want(&mut self, wish: Wish<R>, now: Instant) -> bool {
        let info_hash = wish.info_hash;
        let announces = wish.announce_port.is_some();
        self.unqueue(info_hash);
        if let Some(Standing { wish: former, schedule, .. }) = self.standing.get_mut(&info_hash) {
            schedule.set(wish.hungry, announces, now);
            if announces
                && former.announce_port.is_some_and(|port| Some(port) != wish.announce_port)
            {
                schedule.announce_now(now);
            }
            *former = wish;
        } else if self.standing.len() < MAX_WISHES {
            self.serial += 1;
            let schedule = Schedule::new(wish.hungry, announces, now);
            self.standing.insert(info_hash, Standing { wish, schedule, serial: self.serial });
        } else {
            return false;
        }
        self.queue(info_hash);
        true
    }

    /// The torrent wants nothing any more. A lookup that runs goes to its end, an announce no
    /// longer follows it.
    pub fn forget(&mut self, info_hash: InfoHash) {
        self.unqueue(info_hash);
        self.standing.remove(&info_hash);
    }

    /// Whether nothing is wanted.
    pub fn is_empty(&self) -> bool {
        self.standing.is_empty()
    }

    /// The next lookup to run, if one may and is due. Every one ends with [`Self::looked`].
    pub fn next(&mut self, now: Instant) -> Option<Query<R>> {
        if self.running.len() >= MAX_RUNNING {
            return None;
        }
        let is_due = |next: &(Instant, InfoHash)| next.0 <= now;
        let hungry = self.hungry.first().copied().filter(is_due);
        let fed = self.first_fed().filter(is_due);
        let (_, info_hash) =
            if self.turns % FED_SHARE == FED_SHARE - 1 { fed.or(hungry) } else { hungry.or(fed) }?;
        self.unqueue(info_hash);
        let standing = self.standing.get(&info_hash)?;
        self.turns += 1;
        let turn = Turn { serial: standing.serial, is_hungry: standing.schedule.is_hungry() };
        self.running.insert(info_hash, turn);
        Some(Query::Lookup { info_hash, found: standing.wish.found.clone() })
    }

    /// A lookup ended, with so many peers. The announce that is returned, if one is due, ends with
    /// [`Self::announced`]; the turn goes on until then.
    pub fn looked(&mut self, info_hash: InfoHash, found: usize, now: Instant) -> Option<Query<R>> {
        let serial = self.running.get(&info_hash).map(|turn| turn.serial);
        if let Some(standing) = self.standing.get_mut(&info_hash)
            && Some(standing.serial) == serial
        {
            standing.schedule.looked(found, now);
            if let Some(port) = standing.wish.announce_port
                && standing.schedule.is_announce_due(now)
            {
                return Some(Query::Announce { info_hash, port });
            }
        }
        self.end_turn(info_hash);
        None
    }

    /// An announce ended; `taken` by at least one node, or not.
    pub fn announced(&mut self, info_hash: InfoHash, taken: bool, now: Instant) {
        let serial = self.running.get(&info_hash).map(|turn| turn.serial);
        if let Some(standing) = self.standing.get_mut(&info_hash)
            && Some(standing.serial) == serial
        {
            standing.schedule.announced(taken, now);
        }
        self.end_turn(info_hash);
    }

    /// When [`Self::next`] has something; `None` while it must wait for a query's end.
    pub fn wake(&self) -> Option<Instant> {
        if self.running.len() >= MAX_RUNNING {
            return None;
        }
        let next = [self.hungry.first().copied(), self.first_fed()];
        next.into_iter().flatten().map(|(due, _)| due).min()
    }

    /// What ran is lost and is due as before.
    pub fn interrupted(&mut self) {
        let lost: Vec<_> = self.running.drain().map(|(info_hash, _)| info_hash).collect();
        lost.into_iter().for_each(|info_hash| self.queue(info_hash));
    }

    /// The first of those that have peers enough, if one more of them may run.
    fn first_fed(&self) -> Option<(Instant, InfoHash)> {
        let running = self.running.values().filter(|turn| !turn.is_hungry).count();
        self.fed.first().copied().filter(|_| running < MAX_RUNNING_FED)
    }

    fn end_turn(&mut self, info_hash: InfoHash) {
        self.running.remove(&info_hash);
        self.queue(info_hash);
    }

    fn queue(&mut self, info_hash: InfoHash) {
        if self.running.contains_key(&info_hash) {
            return;
        }
        if let Some(Standing { schedule, .. }) = self.standing.get(&info_hash) {
            let queue = if schedule.is_hungry() { &mut self.hungry } else { &mut self.fed };
            queue.insert((schedule.due(), info_hash));
        }
    }

    fn unqueue(&mut self, info_hash: InfoHash) {
        if let Some(Standing { schedule, .. }) = self.standing.get(&info_hash) {
            let queue = if schedule.is_hungry() { &mut self.hungry } else { &mut self.fed };
            queue.remove(&(schedule.due(), info_hash));
        }
    }
}
