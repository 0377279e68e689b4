//! Peers that answer in bursts: all they were asked for, then nothing until they look again.
//!
//! transmission (3.00) looks at new requests every 500 ms. Whoever keeps one request at it gets
//! 32 KB/s, and neither rate nor round trip, measured one block at a time, tells that it has more
//! to give; a deeper queue does.
//!
//! libtorrent hands out what its upload limit allows twice a second (`tick_interval`): half a second
//! of silence, then as much as half a second is worth. Neither the silence nor the burst is its rate.

use std::time::Instant;

use super::estimate::{BLOCK, seconds};

/// Silence that precedes a burst, at least: seconds.
const PAUSE: f64 = 0.08;
/// What a burst brings it brings within this time: seconds.
const LENGTH: f64 = 0.04;

/// Requests such a peer is given at most, as deep as queues are counted in bursts.
const MOST: u32 = 1 << 10;
/// A queue twice as deep is worth it where it brings this many times as much a second: it does of
/// who looks at requests now and then, but not of who waits for what its limit allows.
const WORTH: f64 = 1.3;

/// The burst under way, and what bursts have shown.
#[derive(Default)]
pub(super) struct Burst {
    start: Option<Instant>,
    /// When the last one began, and seconds from the one before to it.
    began: Option<Instant>,
    cycle: f64,
    /// Blocks owed when it began.
    owed: u32,
    /// Bytes it brought.
    bytes: f64,
    /// Blocks that the last whole burst answered, and bytes a second of it.
    whole: Option<(u32, f64)>,
    /// Requests the peer should have: twice what its last whole burst answered; 0 where the last
    /// was none.
    least: u32,
    /// A deeper queue brought no more.
    limited: bool,
    /// The burst under way has brought all that was owed when it began.
    answered: bool,
}

impl Burst {
    /// Requests the peer should have at least.
    pub(super) fn least_depth(&self) -> u32 {
        self.least
    }

    /// A read brought `received` bytes after `silence` seconds, when `owed` blocks were owed, as
    /// many as may be; 0 when more might have been.
    pub(super) fn read(&mut self, now: Instant, silence: f64, received: u64, owed: u32) {
        if silence <= PAUSE && self.answered {
            // What it was asked meanwhile comes with the same burst: it needs no deeper queue.
            *self = Self { began: self.began, cycle: self.cycle, ..Self::default() };
            return;
        }
        self.answered &= silence <= PAUSE;
        if self.limited {
            return;
        }
        if silence > PAUSE {
            if self.start.is_some() {
                self.least = 0;
            }
            self.cycle = self.began.replace(now).map_or(f64::INFINITY, |last| seconds(now, last));
            (self.start, self.owed, self.bytes) = ((owed > 0).then_some(now), owed, 0.0);
        }
        let Some(start) = self.start else { return };
        if seconds(now, start) > LENGTH {
            (self.start, self.least) = (None, 0);
            return;
        }
        self.bytes += received as f64;
        if self.bytes >= f64::from(self.owed) * BLOCK {
            (self.start, self.answered) = (None, true);
            self.deepen();
        }
    }

    /// A whole burst is here.
    fn deepen(&mut self) {
        let (owed, rate) = (self.owed, self.bytes / self.cycle);
        match self.whole {
            Some((before, _)) if owed <= before => return,
            Some((before, brought)) if rate < WORTH * brought => {
                (self.limited, self.least) = (true, before);
                return;
            }
            _ => {}
        }
        self.whole = Some((owed, rate));
        self.least = owed.saturating_mul(2).min(MOST);
    }
}

/// A burst this much later than the pauses so far is none: they are over. Seconds.
const OVER: f64 = 1.0;
/// Seconds that the rate over bursts and pauses looks back: of two that follow each other one may
/// bring nearly all.
const MEMORY: f64 = 2.0;

/// A burst and the pause after it.
struct Cycle {
    start: Instant,
    bytes: u64,
    /// The peer owed nothing for a while: it would have brought more.
    emptied: bool,
}

impl Cycle {
    fn begun(start: Instant, bytes: u64) -> Self {
        Self { start, bytes, emptied: false }
    }
}

/// What bursts have shown of the pauses between them.
#[derive(Default)]
pub(super) struct Pauses {
    /// Seconds of the last one; 0 while the peer gives evenly.
    length: f64,
    /// From the beginning of the burst under way.
    cycle: Option<Cycle>,
    /// Bytes and seconds of the cycles since it gave evenly, both fading over [`MEMORY`].
    bytes: f64,
    time: f64,
}

impl Pauses {
    /// Seconds of silence between two bursts; 0 of a peer that gives evenly.
    pub(super) fn length(&self) -> f64 {
        self.length
    }

    /// A burst began with so many bytes after so many seconds' silence; whether that was a pause.
    pub(super) fn found(&mut self, silence: f64, received: u64, now: Instant) -> bool {
        let pause = self.length == 0.0 && silence > PAUSE;
        if pause {
            (self.length, self.cycle) = (silence, Some(Cycle::begun(now, received)));
        }
        pause
    }

    /// Nothing is owed: the silence that follows is not the peer's alone.
    pub(super) fn emptied(&mut self) {
        if let Some(cycle) = &mut self.cycle {
            cycle.emptied = true;
        }
    }

    /// A read brought `received` bytes after `silence` seconds in which it owed some; the first of
    /// a burst ends the cycle before it: bytes a second over bursts and pauses, when they are more
    /// than the `known` or the peer had enough to do.
    pub(super) fn read(
        &mut self,
        now: Instant,
        silence: f64,
        (rtt, known): (f64, f64),
        received: u64,
    ) -> Option<f64> {
        let begins = silence > PAUSE && (silence > rtt + PAUSE || self.length > 0.0);
        if begins {
            let cycle = self.cycle.replace(Cycle::begun(now, received))?;
            let elapsed = seconds(now, cycle.start);
            let least = cycle.bytes as f64 / elapsed;
            if cycle.emptied {
                return (least > known).then_some(least);
            }
            let fade = (-elapsed / MEMORY).exp();
            self.length = silence;
            self.bytes = self.bytes * fade + cycle.bytes as f64;
            self.time = self.time * fade + elapsed;
            return Some(self.bytes / self.time);
        }
        let cycle = self.cycle.as_mut()?;
        cycle.bytes += received;
        if !cycle.emptied && seconds(now, cycle.start) > self.length + OVER {
            *self = Self::default();
        }
        None
    }
}
