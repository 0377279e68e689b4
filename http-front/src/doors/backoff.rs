//! Slows down those who guess passwords.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Wrong credentials an address may send before it has to wait.
const FREE: u32 = 5;
/// The longest wait.
const CAP: Duration = Duration::from_secs(300);
/// After this long without a failure an address starts afresh.
const FORGET: Duration = Duration::from_secs(900);
/// The most addresses remembered.
const MAX_ADDRESSES: usize = 4096;

/// Failures of each address and how long it has to wait for its next try.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: HashMap<IpAddr, (u32, Instant)>,
}

impl Backoff {
    /// Whether `address` may try now.
    ///
    /// # Errors
    /// How long it has to wait: 1, 2, 4… s after the fifth failure, at most five minutes.
    pub fn check(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let Some((count, last)) = self.failures.get(&address.to_canonical()) else {
            return Ok(());
        };
        let Some(over) = count.checked_sub(FREE) else {
            return Ok(());
        };
        let wait = Duration::from_secs(1 << over.min(16)).min(CAP);
        match wait.checked_sub(now.saturating_duration_since(*last)) {
            None | Some(Duration::ZERO) => Ok(()),
            Some(left) => Err(left),
        }
    }

    /// Remembers a failure.
    pub fn failed(&mut self, address: IpAddr, now: Instant) {
        let fresh = |last: Instant| now.saturating_duration_since(last) < FORGET;
        if self.failures.len() >= MAX_ADDRESSES {
            self.failures.retain(|_, (_, last)| fresh(*last));
        }
        if self.failures.len() >= MAX_ADDRESSES {
            self.failures.clear();
        }
        let entry = self.failures.entry(address.to_canonical()).or_insert((0, now));
        let count = if fresh(entry.1) { entry.0.saturating_add(1) } else { 1 };
        *entry = (count, now);
    }

    /// Forgets the failures of an address that signed in.
    pub fn succeeded(&mut self, address: IpAddr) {
        self.failures.remove(&address.to_canonical());
    }
}
