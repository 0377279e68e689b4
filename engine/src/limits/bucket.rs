//! A token bucket: what a rate has let through and what it lets through now.

use std::time::{Duration, Instant};

use super::Rate;

/// What an unused limit saves up: 50 ms, and never less than a block.
const IDLE_BURST: Duration = Duration::from_millis(50);
const LEAST_BURST: u64 = 16 * 1024;
/// What a limit that somebody waits for makes up for when a tick comes late: no more, so that ten
/// seconds are never more than 5 % above it.
const LATE: Duration = Duration::from_millis(250);

const NANOS: u128 = 1_000_000_000;

/// Bytes that may pass. Counted in billionths, so that no rounding adds up.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: Rate,
    /// Bytes × 10⁹.
    saved: u128,
    filled: Instant,
}

impl Bucket {
    pub(super) fn new(now: Instant) -> Self {
        Self { rate: None, saved: 0, filled: now }
    }

    pub(super) fn set(&mut self, rate: Rate, now: Instant) {
        self.refill(now, true);
        self.rate = rate;
        self.saved = self.saved.min(self.most(IDLE_BURST));
    }

    pub(super) fn rate(&self) -> Rate {
        self.rate
    }

    /// Brings it up to date. `waited`: somebody waited since the last time.
    pub(super) fn refill(&mut self, now: Instant, waited: bool) {
        let since = now.saturating_duration_since(self.filled);
        self.filled = now;
        let rate = u128::from(self.rate.map_or(0, u64::from));
        let most = self.most(if waited { LATE } else { IDLE_BURST });
        let more = since.as_nanos().saturating_mul(rate);
        self.saved = self.saved.saturating_add(more).min(most);
    }

    /// Bytes that may pass now.
    pub(super) fn available(&self) -> u64 {
        match self.rate {
            None => u64::MAX,
            Some(_) => u64::try_from(self.saved / NANOS).unwrap_or(u64::MAX),
        }
    }

    /// So many pass.
    pub(super) fn take(&mut self, bytes: u64) {
        self.saved = self.saved.saturating_sub(u128::from(bytes) * NANOS);
    }

    /// So many did not pass after all.
    pub(super) fn give_back(&mut self, bytes: u64) {
        let back = u128::from(bytes) * NANOS;
        self.saved = self.saved.saturating_add(back).min(self.most(LATE));
    }

    fn most(&self, span: Duration) -> u128 {
        let rate = u128::from(self.rate.map_or(0, u64::from));
        (rate * span.as_nanos()).max(u128::from(LEAST_BURST) * NANOS)
    }
}
