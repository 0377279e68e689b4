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

/// The burst under way.
#[derive(Default)]
pub(super) struct Burst {
    start: Option<Instant>,
    /// Blocks owed when it began.
    owed: u32,
    /// Bytes it brought.
    bytes: f64,
}

impl Burst {
    /// A read brought `received` bytes after `silence` seconds, when `owed` blocks were owed, as
    /// many as may be; 0 when more might have been. Returns the blocks owed when the burst began,
    /// once all of them have come.
    pub(super) fn read(
        &mut self,
        now: Instant,
        silence: f64,
        received: u64,
        owed: u32,
    ) -> Option<u32> {
        if silence > PAUSE {
            *self = Self { start: (owed > 0).then_some(now), owed, bytes: 0.0 };
        }
        let start = self.start.filter(|start| seconds(now, *start) <= LENGTH)?;
        self.bytes += received as f64;
        let whole = self.bytes >= f64::from(self.owed) * BLOCK;
        self.start = (!whole).then_some(start);
        whole.then_some(self.owed)
    }
}
