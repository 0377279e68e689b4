//! How long a torrent waits for its first peer, and how often it tries again.

use std::time::{Duration, Instant};

/// Attempts to find a peer: each lasts a time-out; 1, 2, 4… seconds lie between them.
#[derive(Clone, Debug, Default)]
pub struct Patience {
    phase: Phase,
    /// Attempts that came to nothing.
    failed: u32,
}

#[derive(Clone, Copy, Debug, Default)]
enum Phase {
    /// There are peers, or nobody looks for any.
    #[default]
    Content,
    /// An attempt, until then.
    Looking(Instant),
    /// Between two attempts, until then.
    Resting(Instant),
}

/// What follows from the time that passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing.
    Wait,
    /// The attempt of this number, from 1, came to nothing; another follows.
    Failed(u32),
    /// The next attempt begins.
    Retry,
    /// The last attempt came to nothing.
    GiveUp,
}

impl Patience {
    /// Time passed; `looking` says whether a first peer is (still) missing. About once a second.
    pub fn tick(
        &mut self,
        now: Instant,
        looking: bool,
        timeout: Duration,
        max_retries: u32,
    ) -> Verdict {
        match self.phase {
            _ if !looking => {
                *self = Self::default();
                Verdict::Wait
            }
            Phase::Content => {
                self.phase = Phase::Looking(now + timeout);
                Verdict::Wait
            }
            Phase::Looking(until) | Phase::Resting(until) if now < until => Verdict::Wait,
            Phase::Looking(_) if self.failed >= max_retries => {
                *self = Self::default();
                Verdict::GiveUp
            }
            Phase::Looking(_) => {
                let pause = Duration::from_secs(1 << self.failed.min(16));
                self.failed += 1;
                self.phase = Phase::Resting(now + pause);
                Verdict::Failed(self.failed)
            }
            Phase::Resting(_) => {
                self.phase = Phase::Looking(now + timeout);
                Verdict::Retry
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_one_two_and_four_seconds_apart_and_end() {
        let (mut patience, start) = (Patience::default(), Instant::now());
        let told: Vec<_> = (0..60)
            .map(|second| {
                let now = start + Duration::from_secs(second);
                (second, patience.tick(now, true, Duration::from_secs(10), 3))
            })
            .filter(|(_, verdict)| *verdict != Verdict::Wait)
            .collect();
        use Verdict::{Failed, GiveUp, Retry};
        let expected = [
            (10, Failed(1)),
            (11, Retry),
            (21, Failed(2)),
            (23, Retry),
            (33, Failed(3)),
            (37, Retry),
            (47, GiveUp),
            (58, Failed(1)),
            (59, Retry),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_peer_makes_all_good() {
        let (mut patience, start) = (Patience::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let timeout = Duration::from_secs(10);
        patience.tick(at(0), true, timeout, 0);
        patience.tick(at(9), false, timeout, 0);
        assert_eq!(patience.tick(at(10), true, timeout, 0), Verdict::Wait);
        assert_eq!(patience.tick(at(20), true, timeout, 0), Verdict::GiveUp);
    }
}
