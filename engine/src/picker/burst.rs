//! Peers that answer in bursts: all they were asked for, then nothing until they look again.
//!
//! transmission (3.00) looks at new requests every 500 ms. Whoever keeps one request at it gets
//! 32 KB/s, and neither rate nor round trip, measured one block at a time, tells that it has more
//! to give; a deeper queue does.

use std::time::Instant;

use super::estimate::{BLOCK, seconds};

/// Silence that precedes a burst, at least: seconds.
const PAUSE: f64 = 0.08;
/// What a burst brings it brings within this time: seconds.
const LENGTH: f64 = 0.04;

/// Requests such a peer is given at most, as deep as queues are counted in bursts.
const MOST: u32 = 1 << 10;

/// The burst under way, and what bursts have shown.
#[derive(Default)]
pub(super) struct Burst {
    start: Option<Instant>,
    /// Blocks owed when it began.
    owed: u32,
    /// Bytes it brought.
    bytes: f64,
    /// Requests the peer should have: twice what its last whole burst answered; 0 where the last
    /// was none.
    least: u32,
}

impl Burst {
    /// Requests the peer should have at least.
    pub(super) fn least_depth(&self) -> u32 {
        self.least
    }

    /// A read brought `received` bytes after `silence` seconds, when `owed` blocks were owed, as
    /// many as may be; 0 when more might have been.
    pub(super) fn read(&mut self, now: Instant, silence: f64, received: u64, owed: u32) {
        if silence > PAUSE {
            if self.start.is_some() {
                self.least = 0;
            }
            (self.start, self.owed, self.bytes) = ((owed > 0).then_some(now), owed, 0.0);
        }
        let Some(start) = self.start else { return };
        if seconds(now, start) > LENGTH {
            (self.start, self.least) = (None, 0);
            return;
        }
        self.bytes += received as f64;
        if self.bytes >= f64::from(self.owed) * BLOCK {
            self.start = None;
            self.least = self.least.max(self.owed.saturating_mul(2).min(MOST));
        }
    }
}
