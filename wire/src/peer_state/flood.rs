//! How many messages without use a peer may send (HOSTILE 27, 28).

use std::time::Instant;

use super::CloseReason;

/// Borne at once: an endgame's cancels, a pipeline of requests crossing our choke.
const BURST: u32 = 4096;
/// Borne for good.
const PER_SECOND: u32 = 100;

/// A token bucket that only messages which change nothing, or could be repeated for ever, draw on:
/// blocks and metadata asked for, requests served and
/// news of pieces are free.
#[derive(Debug)]
pub(super) struct Flood {
    left: u32,
    /// The time `left` was counted to; moves by whole tokens only, so that none is lost.
    filled: Instant,
}

impl Flood {
    pub(super) fn new(now: Instant) -> Self {
        Self { left: BURST, filled: now }
    }

    /// Pays for one message.
    pub(super) fn draw(&mut self, now: Instant) -> Result<(), CloseReason> {
        if self.left == 0 {
            let since = now.saturating_duration_since(self.filled);
            let tokens = since.as_millis() * u128::from(PER_SECOND) / 1000;
            self.left = tokens.min(u128::from(BURST)) as u32;
            if self.left == 0 {
                return Err(CloseReason::Flood);
            }
            self.filled = now;
        }
        self.left -= 1;
        Ok(())
    }
}
