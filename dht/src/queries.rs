//! Which query runs next. `mainline`'s own channels have no bound, so this one stands before them.

use std::collections::{HashMap, VecDeque};

use wire::InfoHash;

/// Queries under way at once; each is some dozens of packets to as many nodes.
pub const MAX_RUNNING: usize = 8;
/// Queries waiting. Past it the oldest is dropped: its torrent asks again on its own schedule.
pub const MAX_QUEUED: usize = 256;

/// What is asked of the DHT; `R` is whom a lookup tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query<R> {
    /// Peers of a torrent are wanted.
    Lookup {
        /// The torrent.
        info_hash: InfoHash,
        /// Who hears of them.
        found: R,
    },
    /// We have (part of) a torrent, and listen on this TCP port.
    Announce {
        /// The torrent.
        info_hash: InfoHash,
        /// Our port.
        port: u16,
    },
}

/// Two queries of one key are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    info_hash: InfoHash,
    is_announce: bool,
}

impl<R> Query<R> {
    /// What it is known by.
    pub fn key(&self) -> Key {
        match self {
            Self::Lookup { info_hash, .. } => Key { info_hash: *info_hash, is_announce: false },
            Self::Announce { info_hash, .. } => Key { info_hash: *info_hash, is_announce: true },
        }
    }
}

/// Queries waiting and running.
#[derive(Debug)]
pub struct Queries<R> {
    queued: VecDeque<Query<R>>,
    running: HashMap<Key, Query<R>>,
}

impl<R> Default for Queries<R> {
    fn default() -> Self {
        Self { queued: VecDeque::new(), running: HashMap::new() }
    }
}

impl<R: Clone> Queries<R> {
    /// Asks for a query. One that waits is replaced where it stands (the latest wins); one that runs
    /// answers for it.
    pub fn push(&mut self, query: Query<R>) {
        let key = query.key();
        if self.running.contains_key(&key) {
            return;
        }
        if let Some(waiting) = self.queued.iter_mut().find(|waiting| waiting.key() == key) {
            *waiting = query;
            return;
        }
        if self.queued.len() >= MAX_QUEUED {
            self.queued.pop_front();
        }
        self.queued.push_back(query);
    }

    /// The next query to run, if one may; it counts as running from here on.
    pub fn start(&mut self) -> Option<Query<R>> {
        if self.running.len() >= MAX_RUNNING {
            return None;
        }
        let query = self.queued.pop_front()?;
        self.running.insert(query.key(), query.clone());
        Some(query)
    }

    /// A query came to its end.
    pub fn finish(&mut self, key: Key) {
        self.running.remove(&key);
    }

    /// What ran is lost and runs again, before all that waits.
    pub fn interrupted(&mut self) {
        for (_, query) in self.running.drain() {
            self.queued.push_front(query);
        }
    }
}
