//! Who is known, from where, and when to try again: one book a torrent.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Addresses kept at most; beyond it news from strangers is ignored.
const CAP: usize = 2000;
/// The wait after a first failure; it doubles with each further one.
const FIRST_BACKOFF: Duration = Duration::from_secs(5);
/// No wait is longer than this.
const MAX_BACKOFF: Duration = Duration::from_secs(600);
/// A peer that was connected and left is asked again after this long.
const RECONNECT: Duration = Duration::from_secs(3);

/// Who told of an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// The user or the API.
    User,
    /// A tracker.
    Tracker,
    /// The DHT.
    Dht,
    /// It connected to us.
    Incoming,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    Known { failures: u32, next_try: Instant },
    Dialing { failures: u32 },
    Connected,
    Banned,
}

struct Entry {
    source: Source,
    standing: Standing,
}

/// Every address of one torrent's peers, and where we stand with it.
#[derive(Default)]
pub struct AddressBook {
    entries: HashMap<SocketAddr, Entry>,
}

impl AddressBook {
    /// Notes an address; `true` when it is new. A full book takes only what the user names.
    pub fn add(&mut self, address: SocketAddr, source: Source, now: Instant) -> bool {
        if self.entries.contains_key(&address)
            || (self.entries.len() >= CAP && source != Source::User)
        {
            return false;
        }
        let standing = Standing::Known { failures: 0, next_try: now };
        self.entries.insert(address, Entry { source, standing });
        true
    }

    /// Up to `places` addresses whose time has come, those that failed least first. They count as
    /// being dialled from now on.
    pub fn take_due(&mut self, now: Instant, places: usize) -> Vec<SocketAddr> {
        let mut due: Vec<(u32, Instant, SocketAddr)> = self
            .entries
            .iter()
            .filter_map(|(address, entry)| match entry.standing {
                Standing::Known { failures, next_try } if next_try <= now => {
                    (entry.source != Source::Incoming).then_some((failures, next_try, *address))
                }
                _ => None,
            })
            .collect();
        due.sort_unstable();
        due.truncate(places);
        for (failures, _, address) in &due {
            self.set(*address, Standing::Dialing { failures: *failures });
        }
        due.into_iter().map(|(_, _, address)| address).collect()
    }

    /// When the next address falls due.
    pub fn next_due(&self) -> Option<Instant> {
        let due = |entry: &Entry| match entry.standing {
            Standing::Known { next_try, .. } if entry.source != Source::Incoming => Some(next_try),
            _ => None,
        };
        self.entries.values().filter_map(due).min()
    }

    /// Dialling it came to nothing.
    pub fn failed(&mut self, address: SocketAddr, now: Instant) {
        let failures = match self.entries.get(&address).map(|entry| entry.standing) {
            Some(Standing::Dialing { failures }) => failures + 1,
            _ => return,
        };
        let wait = FIRST_BACKOFF.saturating_mul(1 << (failures - 1).min(10)).min(MAX_BACKOFF);
        self.set(address, Standing::Known { failures, next_try: now + wait });
    }

    /// There is a connection, ours or theirs.
    pub fn connected(&mut self, address: SocketAddr) {
        self.entries
            .entry(address)
            .and_modify(|entry| entry.standing = Standing::Connected)
            .or_insert(Entry { source: Source::Incoming, standing: Standing::Connected });
    }

    /// The connection ended. One that ended by the peer's fault is met with the wait of three
    /// failures, any other is tried again soon.
    pub fn closed(&mut self, address: SocketAddr, now: Instant, fault: bool) {
        match self.entries.get(&address) {
            Some(Entry { standing: Standing::Banned, .. }) | None => {}
            Some(Entry { source: Source::Incoming, .. }) => drop(self.entries.remove(&address)),
            Some(_) => {
                let (failures, wait) = if fault { (3, FIRST_BACKOFF * 8) } else { (0, RECONNECT) };
                self.set(address, Standing::Known { failures, next_try: now + wait });
            }
        }
    }

    /// Never again: it is ourselves, or it lied.
    pub fn ban(&mut self, address: SocketAddr) {
        self.set(address, Standing::Banned);
    }

    /// Whether it may connect to us.
    pub fn is_banned(&self, address: SocketAddr) -> bool {
        self.entries.get(&address).is_some_and(|entry| entry.standing == Standing::Banned)
    }

    /// Makes every known address due now: somebody waits for bytes.
    pub fn hurry(&mut self, now: Instant) {
        for entry in self.entries.values_mut() {
            if let Standing::Known { failures: 0..=2, next_try } = &mut entry.standing {
                *next_try = (*next_try).min(now);
            }
        }
    }

    /// Forgets connections and dials that died with the swarm actor's last life.
    pub fn forget_connections(&mut self, now: Instant) {
        self.entries.retain(|_, entry| entry.source != Source::Incoming);
        for entry in self.entries.values_mut() {
            if matches!(entry.standing, Standing::Dialing { .. } | Standing::Connected) {
                entry.standing = Standing::Known { failures: 0, next_try: now };
            }
        }
    }

    fn set(&mut self, address: SocketAddr, standing: Standing) {
        if let Some(entry) = self.entries.get_mut(&address) {
            entry.standing = standing;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u16) -> SocketAddr {
        ([127, 0, 0, 1], n).into()
    }

    #[test]
    fn failures_wait_longer_each_time_and_a_ban_is_for_good() {
        let (mut book, now) = (AddressBook::default(), Instant::now());
        assert!(book.add(address(1), Source::Tracker, now));
        assert!(!book.add(address(1), Source::Dht, now));
        assert_eq!(book.take_due(now, 9), [address(1)]);
        assert!(book.take_due(now, 9).is_empty(), "it is being dialled");
        book.failed(address(1), now);
        assert_eq!(book.next_due(), Some(now + FIRST_BACKOFF));
        assert_eq!(book.take_due(now + FIRST_BACKOFF, 9), [address(1)]);
        book.failed(address(1), now);
        assert_eq!(book.next_due(), Some(now + 2 * FIRST_BACKOFF));
        book.ban(address(1));
        assert!(book.take_due(now + MAX_BACKOFF, 9).is_empty() && book.is_banned(address(1)));
    }

    #[test]
    fn the_book_is_bounded_but_takes_what_the_user_names() {
        let (mut book, now) = (AddressBook::default(), Instant::now());
        assert!((0..CAP as u16).all(|n| book.add(address(n + 1), Source::Tracker, now)));
        assert!(!book.add(address(5000), Source::Tracker, now));
        assert!(book.add(address(5000), Source::User, now));
        assert_eq!(book.take_due(now, 10).len(), 10);
    }
}
