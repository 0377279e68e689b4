//! What can be tuned, with the values it ships with.

use std::time::Duration;

/// The picker's constants.
#[derive(Clone, Debug)]
pub struct PickerConfig {
    /// Most requests outstanding at one peer, whatever its rate and `reqq`: 256, 4 MiB in flight.
    pub max_depth: u32,
    /// Requests to a peer of unknown rate before its first block: 4, the fewest that show a rate at once.
    pub first_depth: u32,
    /// The same of the only peer there is: 64, 1 MiB, for nobody else brings the head piece.
    pub lone_depth: u32,
    /// Queue at a peer beyond its round trip and its unevenness while a cursor is open: 30 ms. Queue
    /// time is seek time.
    pub queue: Duration,
    /// How long after the last cursor closed that still holds, for the reader who comes back: 10 s.
    pub linger: Duration,
    /// Queue at a peer while no cursor is open: 2 s.
    pub queue_background: Duration,
    /// Least silence of a peer that owes blocks before it counts as snubbed: 0.75 s.
    pub snub_after: Duration,
    /// Between two probes of a snubbed peer: 5 s.
    pub snub_probe: Duration,
    /// Seconds every cursor must have buffered before background pieces are asked for: 8.
    pub background_after: f64,
    /// Copies of one block in flight while a cursor is blocked on its piece: 3.
    pub copies_blocked: usize,
    /// Copies of one block in flight elsewhere, endgame included: 2.
    pub copies: usize,
    /// Share of the bytes received that duplicates may waste outside blocked pieces: 0.03.
    pub waste_budget: f64,
    /// What a hedge must save at least: 100 ms.
    pub hedge_gain: Duration,
}

impl Default for PickerConfig {
    fn default() -> Self {
        Self {
            max_depth: 256,
            first_depth: 4,
            lone_depth: 64,
            queue: Duration::from_millis(30),
            linger: Duration::from_secs(10),
            queue_background: Duration::from_secs(2),
            snub_after: Duration::from_millis(750),
            snub_probe: Duration::from_secs(5),
            background_after: 8.0,
            copies_blocked: 3,
            copies: 2,
            waste_budget: 0.03,
            hedge_gain: Duration::from_millis(100),
        }
    }
}
