//! One address: who told of it, what came of it, and how good a candidate it makes.

use std::cmp::Reverse;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::worth::Measured;

/// The wait after a first failure; it doubles with each further one.
pub(super) const FIRST_BACKOFF: Duration = Duration::from_secs(5);
/// No wait is longer than this, before jitter.
pub(super) const MAX_BACKOFF: Duration = Duration::from_secs(600);
/// A peer that was of use and left is asked again after this long.
pub(super) const RECONNECT: Duration = Duration::from_secs(3);

/// Who told of an address. Later ones are believed more: strangers' gossip least, the user most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Source {
    /// A peer (BEP 11).
    Pex,
    /// The DHT (BEP 5).
    Dht,
    /// A tracker.
    Tracker,
    /// It gave us bytes before this server was started again.
    Earlier,
    /// It connected to us and said where it listens (`p`, BEP 10).
    Incoming,
    /// The user or the API.
    User,
}

impl Source {
    /// How many sources there are.
    pub(super) const COUNT: usize = Self::User as usize + 1;

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pex => "pex",
            Self::Dht => "dht",
            Self::Tracker => "tracker",
            Self::Earlier => "earlier",
            Self::Incoming => "incoming",
            Self::User => "user",
        }
    }
}

/// Where we stand with an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// To be dialled from `next_try` on.
    Known { next_try: Instant },
    /// Being dialled.
    Dialing,
    /// There is a connection, dialled by either side.
    Connected,
    /// It is this very server: never dialled, never forgotten.
    Ourselves,
}

/// What is known of one address.
#[derive(Debug)]
pub(super) struct Entry {
    /// Everybody who told of it, a bit each: one source's word alone is no reason to keep it.
    sources: u8,
    /// When it was last told of or connected: old news is evicted first.
    pub(super) fresh: Instant,
    /// When a connection last stood.
    pub(super) connected: Option<Instant>,
    /// Failures in a row.
    pub(super) failures: u32,
    /// Payload bytes it ever gave us.
    pub(super) got: u64,
    /// It had everything when it left.
    pub(super) seed: bool,
    /// What it showed in connections that ended.
    pub(super) measured: Option<Measured>,
    pub(super) standing: Standing,
}

/// How good a candidate an address makes, the better the greater: who gave bytes before, the
/// faster first, then who failed less, then the more trusted source, then the fresher news.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Score {
    worth: u32,
    failures: Reverse<u32>,
    source: Source,
    fresh: Instant,
}

impl Entry {
    pub(super) fn new(source: Source, now: Instant) -> Self {
        Self {
            sources: 1 << source as u8,
            fresh: now,
            connected: None,
            failures: 0,
            got: 0,
            seed: false,
            measured: None,
            standing: Standing::Known { next_try: now },
        }
    }

    /// The most trusted of its sources: the one whose share of the book it takes.
    pub(super) fn source(&self) -> Source {
        use Source::{Dht, Earlier, Incoming, Pex, Tracker, User};
        let told = |source: &Source| self.sources & (1 << *source as u8) != 0;
        [User, Incoming, Earlier, Tracker, Dht].into_iter().find(told).unwrap_or(Pex)
    }

    /// One more source tells of it.
    pub(super) fn told_by(&mut self, source: Source, now: Instant) {
        self.sources |= 1 << source as u8;
        self.fresh = now;
    }

    pub(super) fn score(&self) -> Score {
        Score {
            worth: self.worth(),
            failures: Reverse(self.failures),
            source: self.source(),
            fresh: self.fresh,
        }
    }

    /// Whether it may be dialled now.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        matches!(self.standing, Standing::Known { next_try } if next_try <= now)
    }

    /// Whether it may be forgotten to make room.
    pub(super) fn is_spare(&self) -> bool {
        matches!(self.standing, Standing::Known { .. })
    }
}

/// The wait after so many failures in a row: doubling, with up to a quarter more or less, so that
/// peers lost together are not dialled together. The same seed, address and count wait the same.
pub(super) fn backoff(failures: u32, address: SocketAddr, seed: u64) -> Duration {
    let doublings = failures.saturating_sub(1).min(10);
    let whole = FIRST_BACKOFF.saturating_mul(1 << doublings).min(MAX_BACKOFF);
    let mut hasher = DefaultHasher::new();
    (failures, address, seed).hash(&mut hasher);
    let half = whole.as_millis() as u64 / 2;
    whole - whole / 4 + Duration::from_millis(hasher.finish() % half.max(1))
}
