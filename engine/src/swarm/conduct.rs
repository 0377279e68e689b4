//! How one peer behaves: what flows, since when nothing does, whether it snubs us.

use std::time::{Duration, Instant};

use super::rate::Rate;

/// A peer that gives nothing for this long though we want something snubs us (BEP 3).
const SNUB: Duration = Duration::from_secs(60);
/// A peer with which nothing flows for this long is idle: its place may go to another.
const IDLE: Duration = Duration::from_secs(120);

/// What one connection's counters said so far.
#[derive(Debug)]
pub(super) struct Conduct {
    pub(super) joined: Instant,
    /// Bytes a second from it and to it.
    pub(super) down: Rate,
    pub(super) up: Rate,
    totals: (u64, u64),
    /// When it last gave anything.
    gave: Instant,
    /// When anything last flowed, either way.
    moved: Instant,
}

impl Conduct {
    pub(super) fn new(now: Instant) -> Self {
        let (down, up) = Default::default();
        Self { joined: now, down, up, totals: (0, 0), gave: now, moved: now }
    }

    /// Takes a reading of its counters.
    pub(super) fn observe(&mut self, now: Instant, down: u64, up: u64) {
        self.down.update(now, down);
        self.up.update(now, up);
        if down > self.totals.0 {
            self.gave = now;
        }
        if (down, up) != self.totals {
            self.moved = now;
        }
        self.totals = (down, up);
    }

    /// Whether it snubs us, who want something of it.
    pub(super) fn snubs(&self, now: Instant, we_want: bool) -> bool {
        we_want && now.saturating_duration_since(self.gave) >= SNUB
    }

    /// How long nothing has flowed, when that is long enough to give its place away.
    pub(super) fn idle(&self, now: Instant) -> Option<Duration> {
        Some(now.saturating_duration_since(self.moved)).filter(|idle| *idle >= IDLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_becomes_a_snub_and_then_idleness() {
        let start = Instant::now();
        let second = |n| start + Duration::from_secs(n);
        let mut conduct = Conduct::new(start);
        conduct.observe(second(30), 1, 0);
        conduct.observe(second(60), 1, 9);
        assert!(!conduct.snubs(second(89), true) && conduct.snubs(second(90), true));
        assert!(!conduct.snubs(second(90), false), "we want nothing of it");
        assert_eq!(conduct.idle(second(179)), None);
        assert_eq!(conduct.idle(second(180)), Some(IDLE));
    }
}
