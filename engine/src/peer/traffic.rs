//! Byte counters of one connection: written by its tasks, read by the swarm's tick.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::picker::{Performance, Prospect};

/// Counters and switches a connection's tasks share with its actors; no lock, no message a byte.
#[derive(Default, Debug)]
pub(crate) struct Traffic {
    down: AtomicU64,
    up: AtomicU64,
    /// Whether a cursor waits on this peer, or its queue is short while there is one: its reader then
    /// keeps TCP from delaying ACKs.
    waited_on: AtomicBool,
    /// Whether it has something for us.
    interesting: AtomicBool,
    /// Whether it has every piece.
    complete: AtomicBool,
    /// Its rate in bytes a second, 0 while unknown, and its round trip in microseconds: of an
    /// earlier connection until this one shows them.
    rate: AtomicU64,
    rtt: AtomicU64,
    /// Whether no other address was known when it connected.
    alone: AtomicBool,
}

impl Traffic {
    /// Payload bytes of blocks received.
    pub(crate) fn down(&self) -> u64 {
        self.down.load(Relaxed)
    }

    /// Payload bytes of blocks sent.
    pub(crate) fn up(&self) -> u64 {
        self.up.load(Relaxed)
    }

    pub(crate) fn add_down(&self, bytes: u64) {
        self.down.fetch_add(bytes, Relaxed);
    }

    pub(crate) fn add_up(&self, bytes: u64) {
        self.up.fetch_add(bytes, Relaxed);
    }

    /// Whether we are interested in it.
    pub(crate) fn interesting(&self) -> bool {
        self.interesting.load(Relaxed)
    }

    pub(crate) fn set_interesting(&self, interesting: bool) {
        self.interesting.store(interesting, Relaxed);
    }

    /// Whether the peer has every piece.
    pub(crate) fn complete(&self) -> bool {
        self.complete.load(Relaxed)
    }

    pub(crate) fn set_complete(&self, complete: bool) {
        self.complete.store(complete, Relaxed);
    }

    /// What the peer can do, as far as that is known.
    pub(crate) fn performance(&self) -> Option<Performance> {
        let (rate, rtt) = (self.rate.load(Relaxed), Duration::from_micros(self.rtt.load(Relaxed)));
        (rate > 0).then_some(Performance { rate, rtt })
    }

    pub(crate) fn note_performance(&self, shown: Performance) {
        self.rate.store(shown.rate, Relaxed);
        self.rtt.store(shown.rtt.as_micros() as u64, Relaxed);
    }

    /// What a picker that meets it now knows of it.
    pub(crate) fn prospect(&self) -> Prospect {
        let unknown = if self.alone.load(Relaxed) { Prospect::Alone } else { Prospect::Stranger };
        self.performance().map_or(unknown, Prospect::Shown)
    }

    pub(crate) fn set_alone(&self, alone: bool) {
        self.alone.store(alone, Relaxed);
    }

    pub(crate) fn waited_on(&self) -> bool {
        self.waited_on.load(Relaxed)
    }

    pub(crate) fn set_waited_on(&self, waited: bool) {
        self.waited_on.store(waited, Relaxed);
    }
}
