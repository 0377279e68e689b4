//! When a torrent's peers are looked up again, and when it is announced again (BEP 5). Pure.

use std::time::{Duration, Instant};

/// Wait after a hungry torrent's first lookup that found nobody; doubled after each further one.
pub const HUNGRY_FIRST: Duration = Duration::from_secs(1);
/// Longest wait of a hungry torrent, and the wait after a lookup that found somebody: those peers
/// are dialled first.
pub const HUNGRY_CAP: Duration = Duration::from_secs(60);
/// Wait of a torrent that has peers enough.
pub const FED: Duration = Duration::from_secs(15 * 60);
/// Wait between two announces: nodes forget a peer after about half an hour.
pub const ANNOUNCE: Duration = Duration::from_secs(25 * 60);
/// Wait after an announce that no node took.
pub const ANNOUNCE_AGAIN: Duration = Duration::from_secs(60);

/// One torrent's schedule.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// It wants peers now.
    hungry: bool,
    /// It is announced too.
    announces: bool,
    /// After the next lookup that finds nobody.
    wait: Duration,
    lookup_at: Instant,
    announce_at: Instant,
    /// The last lookup's end.
    looked: Option<Instant>,
}

impl Schedule {
    /// A new torrent's: everything at once.
    pub fn new(hungry: bool, announces: bool, now: Instant) -> Self {
        let (wait, looked) = (HUNGRY_FIRST, None);
        Self { hungry, announces, wait, lookup_at: now, announce_at: now, looked }
    }

    /// The torrent's needs changed. Saying so often does not make lookups more frequent: the
    /// waits count from the last one.
    pub fn set(&mut self, hungry: bool, announces: bool, now: Instant) {
        self.announces = announces;
        if self.hungry == hungry {
            return;
        }
        self.hungry = hungry;
        let Some(looked) = self.looked else { return };
        if now.saturating_duration_since(looked) >= HUNGRY_CAP {
            self.wait = HUNGRY_FIRST;
        }
        self.lookup_at = looked + if hungry { self.wait } else { FED };
    }

    /// Announces at the next turn: the port is another one.
    pub fn announce_now(&mut self, now: Instant) {
        self.announce_at = self.announce_at.min(now);
    }

    /// When something is to be done. An announce begins with a lookup, for its tokens.
    pub fn due(&self) -> Instant {
        if self.announces { self.lookup_at.min(self.announce_at) } else { self.lookup_at }
    }

    /// Whether it wants peers now.
    pub fn is_hungry(&self) -> bool {
        self.hungry
    }

    /// A lookup ended with so many peers.
    pub fn looked(&mut self, found: usize, now: Instant) {
        self.looked = Some(now);
        if !self.hungry {
            self.wait = HUNGRY_FIRST;
            self.lookup_at = now + FED;
        } else if found > 0 {
            self.wait = HUNGRY_CAP;
            self.lookup_at = now + HUNGRY_CAP;
        } else {
            self.lookup_at = now + self.wait;
            self.wait = (self.wait * 2).min(HUNGRY_CAP);
        }
    }

    /// Whether an announce follows the lookup that ended.
    pub fn is_announce_due(&self, now: Instant) -> bool {
        self.announces && self.announce_at <= now
    }

    /// An announce ended; `taken` by at least one node, or not.
    pub fn announced(&mut self, taken: bool, now: Instant) {
        self.announce_at = now + if taken { ANNOUNCE } else { ANNOUNCE_AGAIN };
    }
}
