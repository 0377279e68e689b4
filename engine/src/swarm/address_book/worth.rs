//! What a peer showed in earlier connections: the next one starts from it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::AddressBook;
use super::entry::{Entry, Source};
use crate::picker::Performance;

/// Addresses remembered across restarts at most: the fastest.
pub const REMEMBERED: usize = 200;
/// What was measured so long ago says nothing any more.
const KEPT: Duration = Duration::from_secs(14 * 24 * 3600);
/// After this long an old measurement counts half as much beside a new one.
const HALF_LIFE: f64 = 24.0 * 3600.0;

/// A measurement, and when it was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    shown: Performance,
    at: Instant,
}

/// What is remembered of one address across restarts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Remembered {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it showed.
    pub shown: Performance,
    /// How long ago.
    pub age: Duration,
}

impl Measured {
    fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.at)
    }

    /// A moving average: a fresh measurement counts as much as all before, more as those age.
    fn after(old: Option<Self>, shown: Performance, now: Instant) -> Self {
        let Some(old) = old else { return Self { shown, at: now } };
        let weight = 0.5 * 0.5f64.powf(old.age(now).as_secs_f64() / HALF_LIFE);
        let mix = |old: f64, new: f64| weight * old + (1.0 - weight) * new;
        let rate = mix(old.shown.rate as f64, shown.rate as f64) as u64;
        let rtt = mix(old.shown.rtt.as_secs_f64(), shown.rtt.as_secs_f64());
        Self { shown: Performance { rate, rtt: Duration::from_secs_f64(rtt) }, at: now }
    }
}

impl Entry {
    /// It showed this in a connection that has just ended.
    pub(super) fn measured(&mut self, shown: Performance, now: Instant) {
        self.measured = Some(Measured::after(self.measured, shown, now));
    }

    /// How fast it was, coarsely: 0 for who never gave anything.
    pub(super) fn worth(&self) -> u32 {
        let rate = self.measured.map_or(u64::from(self.got > 0), |measured| measured.shown.rate);
        rate.checked_ilog2().map_or(0, |log| log + 1)
    }
}

impl AddressBook {
    /// What the peer at this address showed before; nothing that is older than two weeks.
    pub fn recall(&self, address: SocketAddr, now: Instant) -> Option<Performance> {
        let measured = self.entries.get(&address)?.measured?;
        (measured.age(now) < KEPT).then_some(measured.shown)
    }

    /// The fastest [`REMEMBERED`] addresses, the fastest first. `live` is what those that are
    /// connected have shown so far.
    pub fn remembered(
        &self,
        live: &HashMap<SocketAddr, Performance>,
        now: Instant,
    ) -> Vec<Remembered> {
        let known = self.entries.iter().filter_map(|(address, entry)| {
            let shown = live.get(address);
            let measured = shown.map(|shown| Measured::after(entry.measured, *shown, now));
            let measured = measured.or(entry.measured)?;
            let (address, shown, age) = (*address, measured.shown, measured.age(now));
            (age < KEPT).then_some(Remembered { address, shown, age })
        });
        let mut known: Vec<_> = known.collect();
        known.sort_unstable_by(|a, b| {
            b.shown.rate.cmp(&a.shown.rate).then(a.address.cmp(&b.address))
        });
        known.truncate(REMEMBERED);
        known
    }

    /// Takes back what was remembered of an address; one that is not known is noted if `stranger`.
    pub fn remember(&mut self, peer: Remembered, stranger: bool, now: Instant) {
        if stranger {
            self.add(peer.address, Source::Earlier, now);
        }
        let Some(at) = now.checked_sub(peer.age).filter(|_| peer.age < KEPT) else { return };
        if let Some(entry) = self.entries.get_mut(&peer.address) {
            entry.measured = Some(Measured { shown: peer.shown, at });
        }
    }
}
