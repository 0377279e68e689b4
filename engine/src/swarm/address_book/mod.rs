//! Who is known, from where, and when to try again: one book a torrent.
//!
//! | file | concept |
//! | --- | --- |
//! | `entry` | one address: sources, history, backoff, score |
//! | `prefix` | addresses that count together: /24 and /48 |
//! | `worth` | rate and round trip of peers that left, across restarts too |
//! | `room` | what is forgotten when the book, a source's share or a network's is full |

mod entry;
mod prefix;
mod room;
mod worth;

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use entry::{Entry, RECONNECT, Standing, backoff};
pub use entry::{Score, Source};
pub use prefix::Prefix;
pub use worth::{REMEMBERED, Remembered};

use crate::picker::Performance;

/// Dials at once to one network (`HOSTILE.md` 32): a list that a stranger filled with a victim's
/// addresses must not become an attack.
pub const DIALS_PER_PREFIX: usize = 4;
/// Owners banned at most; beyond it the oldest ban is lifted.
const MAX_BANS: usize = 1000;

/// A connection that stood this long was no failure, even if no bytes came of it.
const STOOD: Duration = Duration::from_secs(60);

/// How a connection ended, as far as the book cares.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ending {
    /// It broke the protocol.
    pub fault: bool,
    /// Payload bytes it gave us.
    pub got: u64,
    /// Payload bytes it took.
    pub gave: u64,
    /// It had everything.
    pub seed: bool,
    /// What it showed in this connection.
    pub shown: Option<Performance>,
}

/// Every address of one torrent's peers that can be dialled, and where we stand with each.
#[derive(Debug)]
pub struct AddressBook {
    entries: HashMap<SocketAddr, Entry>,
    /// Entries by their most trusted source, and by network: kept so that news costs no walk.
    by_source: [usize; Source::COUNT],
    by_prefix: HashMap<Prefix, usize>,
    /// Who lied, oldest first. An address that connects to us has a new port each time, so the
    /// ban is on its owner; on loopback, where everybody has the same owner, on the port too.
    bans: VecDeque<(IpAddr, Option<u16>)>,
    /// Loopback addresses are many peers, not one (`--allow-local`).
    allow_local: bool,
    /// We have everything: other seeds are of no use.
    seeding: bool,
    /// Jitter of the waits.
    seed: u64,
}

impl AddressBook {
    /// An empty book. With `allow_local` the rules for networks do not bind on loopback.
    pub fn new(allow_local: bool, seed: u64) -> Self {
        Self {
            entries: HashMap::new(),
            by_source: [0; Source::COUNT],
            by_prefix: HashMap::new(),
            bans: VecDeque::new(),
            allow_local,
            seeding: false,
            seed,
        }
    }

    /// Notes an address; `true` when it is new. News push out the worst that is known; what is
    /// banned, and what has no place because all others are connected, is not taken.
    pub fn add(&mut self, address: SocketAddr, source: Source, now: Instant) -> bool {
        if let Some(entry) = self.entries.get_mut(&address) {
            let before = entry.source();
            entry.told_by(source, now);
            let after = entry.source();
            self.recount(before, after);
            return false;
        }
        if self.is_banned(address) || !self.make_room(address, source) {
            return false;
        }
        self.insert(address, Entry::new(source, now));
        true
    }

    /// Whether there is nobody else to try.
    pub fn knows_only(&self, address: SocketAddr) -> bool {
        self.entries.len() == 1 && self.entries.contains_key(&address)
    }

    /// A peer that connected to us from `ip` listens on `port` (BEP 10's `p`): from now on it can
    /// be dialled. Returns that address, to be given to [`Self::closed`]; `None` when there is none
    /// or no room for it.
    pub fn listens(&mut self, ip: IpAddr, port: u16, now: Instant) -> Option<SocketAddr> {
        let address = SocketAddr::new(ip, port);
        if port == 0 {
            return None;
        }
        self.add(address, Source::Incoming, now);
        self.connected(address, now);
        self.entries.contains_key(&address).then_some(address)
    }

    /// Up to `places` addresses whose time has come, the best first, and few enough of each network.
    /// They count as being dialled from now on.
    pub fn take_due(&mut self, now: Instant, places: usize) -> Vec<SocketAddr> {
        if places == 0 {
            return Vec::new();
        }
        let mut due: Vec<(Score, SocketAddr)> = self.due(now).collect();
        due.sort_unstable_by(|a, b| b.cmp(a));
        let mut dialing = self.dialing();
        let mut taken = Vec::new();
        for (_, address) in due {
            if taken.len() == places {
                break;
            }
            if self.counts_by_prefix(address.ip()) {
                let dials = dialing.entry(Prefix::of(address.ip())).or_default();
                if *dials >= DIALS_PER_PREFIX {
                    continue;
                }
                *dials += 1;
            }
            self.set(address, Standing::Dialing);
            taken.push(address);
        }
        taken
    }

    /// The best address that could be dialled now.
    pub fn best_due(&self, now: Instant) -> Option<Score> {
        self.due(now).map(|(score, _)| score).max()
    }

    /// When the next address falls due.
    pub fn next_due(&self) -> Option<Instant> {
        let due = |entry: &Entry| match entry.standing {
            Standing::Known { next_try } => Some(next_try),
            _ => None,
        };
        self.entries.values().filter_map(due).min()
    }

    /// Dialling it came to nothing.
    pub fn failed(&mut self, address: SocketAddr, now: Instant) {
        let seed = self.seed;
        if let Some(entry) = self.entries.get_mut(&address)
            && entry.standing == Standing::Dialing
        {
            entry.failures += 1;
            let next_try = now + backoff(entry.failures, address, seed);
            entry.standing = Standing::Known { next_try };
        }
    }

    /// It was not dialled after all, for want of a place.
    pub fn not_dialled(&mut self, address: SocketAddr, now: Instant) {
        if let Some(entry) = self.entries.get_mut(&address)
            && entry.standing == Standing::Dialing
        {
            entry.standing = Standing::Known { next_try: now };
        }
    }

    /// There is a connection to an address that can be dialled.
    pub fn connected(&mut self, address: SocketAddr, now: Instant) {
        if let Some(entry) = self.entries.get_mut(&address)
            && entry.standing != Standing::Ourselves
        {
            entry.standing = Standing::Connected;
            entry.connected = Some(now);
            entry.fresh = now;
        }
    }

    /// The connection ended. One that was of use is tried again soon; one that was of none to
    /// either side and stood but a moment waits as after a failure; one that broke the protocol as
    /// after three.
    pub fn closed(&mut self, address: SocketAddr, now: Instant, ending: Ending) {
        let seed = self.seed;
        let Some(entry) = self.entries.get_mut(&address) else { return };
        if entry.standing == Standing::Ourselves {
            return;
        }
        entry.got = entry.got.saturating_add(ending.got);
        entry.seed = ending.seed;
        if let Some(shown) = ending.shown {
            entry.measured(shown, now);
        }
        let stood = entry.connected.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let useful = ending.got > 0 || ending.gave > 0;
        entry.failures = match ending.fault {
            true => entry.failures.saturating_add(3),
            false if useful => 0,
            false if stood >= STOOD => entry.failures.max(1),
            false => entry.failures.saturating_add(1),
        };
        let wait = match entry.failures {
            0 => RECONNECT,
            failures => backoff(failures, address, seed),
        };
        entry.standing = Standing::Known { next_try: now + wait };
    }

    /// Whether we have everything: then nobody is dialled who had everything too.
    pub fn set_seeding(&mut self, seeding: bool) {
        self.seeding = seeding;
    }

    /// It is ourselves: never dialled again.
    pub fn ourselves(&mut self, address: SocketAddr) {
        self.set(address, Standing::Ourselves);
    }

    /// It lied: neither dialled nor let in again, from whichever port.
    pub fn ban(&mut self, address: SocketAddr) {
        if self.is_banned(address) {
            return;
        }
        self.bans.push_back(self.culprit(address));
        if self.bans.len() > MAX_BANS {
            self.bans.pop_front();
        }
        let banned: Vec<SocketAddr> =
            self.entries.keys().filter(|known| self.is_banned(**known)).copied().collect();
        banned.into_iter().for_each(|known| self.remove(known));
    }

    /// Whether it may neither be dialled nor connect to us.
    pub fn is_banned(&self, address: SocketAddr) -> bool {
        self.bans.contains(&self.culprit(address))
    }

    /// Makes every known address due now that did not fail too often: somebody waits for bytes.
    pub fn hurry(&mut self, now: Instant) {
        for entry in self.entries.values_mut().filter(|entry| entry.failures <= 2) {
            if let Standing::Known { next_try } = &mut entry.standing {
                *next_try = (*next_try).min(now);
            }
        }
    }

    /// Forgets connections and dials that died with the swarm actor's last life.
    pub fn forget_connections(&mut self, now: Instant) {
        for entry in self.entries.values_mut() {
            if matches!(entry.standing, Standing::Dialing | Standing::Connected) {
                entry.standing = Standing::Known { next_try: now };
            }
        }
    }

    /// The most trusted of those who told of an address.
    pub fn source(&self, address: SocketAddr) -> Option<Source> {
        self.entries.get(&address).map(Entry::source)
    }

    /// Addresses known.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn due(&self, now: Instant) -> impl Iterator<Item = (Score, SocketAddr)> + '_ {
        let due = move |(address, entry): (&SocketAddr, &Entry)| {
            let of_use = !(self.seeding && entry.seed);
            (of_use && entry.is_due(now)).then(|| (entry.score(), *address))
        };
        self.entries.iter().filter_map(due)
    }

    fn dialing(&self) -> HashMap<Prefix, usize> {
        let mut dialing = HashMap::new();
        for (address, entry) in &self.entries {
            if entry.standing == Standing::Dialing {
                *dialing.entry(Prefix::of(address.ip())).or_default() += 1;
            }
        }
        dialing
    }

    /// Who is meant by a ban of this address.
    fn culprit(&self, address: SocketAddr) -> (IpAddr, Option<u16>) {
        match self.counts_by_prefix(address.ip()) {
            true => (prefix::owner(address.ip()), None),
            false => (address.ip(), Some(address.port())),
        }
    }

    fn set(&mut self, address: SocketAddr, standing: Standing) {
        if let Some(entry) = self.entries.get_mut(&address) {
            entry.standing = standing;
        }
    }
}
