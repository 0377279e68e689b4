//! One stream: what it is for, what it waited for.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::time::Duration;

use super::reading::Reading;
use crate::picker::{Stall, WaitReason};

/// Waits remembered a stream; beyond it the oldest goes, but is still counted.
const CAP: usize = 64;

/// One stream's account.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) reading: Reading,
    /// How often its viewer had jumped in the file when it began.
    pub(crate) seeks: u32,
    waits: VecDeque<Stall>,
    /// Number and length of stalls by reason; the wait for the first byte is none.
    stalls: BTreeMap<WaitReason, (u32, Duration)>,
}

impl Account {
    pub(crate) fn new(reading: Reading, seeks: u32) -> Self {
        Self { reading, seeks, waits: VecDeque::new(), stalls: BTreeMap::new() }
    }

    /// A wait is over.
    pub(crate) fn waited(&mut self, wait: Stall) {
        if !wait.first {
            let (count, time) = self.stalls.entry(wait.reason).or_default();
            *count += 1;
            *time += wait.lasted;
        }
        self.waits.push_back(wait);
        if self.waits.len() > CAP {
            self.waits.pop_front();
        }
    }

    /// Its waits, the oldest first, that for the first byte too.
    pub(crate) fn waits(&self) -> impl Iterator<Item = &Stall> {
        self.waits.iter()
    }

    /// Stalls by reason in words: `slow: 2 in 1.3 s, choked: 1 in 0.2 s`; empty without one.
    pub(crate) fn stalls(&self) -> String {
        let mut told = String::new();
        for (reason, (count, time)) in &self.stalls {
            let comma = if told.is_empty() { "" } else { ", " };
            // Writing to a string does not fail.
            let _ =
                write!(told, "{comma}{}: {count} in {:.1} s", reason.slug(), time.as_secs_f64());
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use wire::ByteRange;

    use super::*;
    use crate::torrent::accounts::kind::Kind;

    #[test]
    fn stalls_are_summed_by_reason_and_the_first_byte_is_none() {
        let reading = Reading::new(ByteRange::new(0, 9), Kind::Sequential, Instant::now());
        let mut account = Account::new(reading, 0);
        let stall = |reason, first| Stall {
            at: Instant::now(),
            lasted: Duration::from_millis(400),
            piece: wire::PieceIndex(1),
            block: None,
            peers: Vec::new(),
            reason,
            first,
        };
        account.waited(stall(WaitReason::Choked, true));
        assert_eq!(account.stalls(), "");
        (0..100).for_each(|_| account.waited(stall(WaitReason::Slow, false)));
        account.waited(stall(WaitReason::Choked, false));
        assert_eq!(account.stalls(), "choked: 1 in 0.4 s, slow: 100 in 40.0 s");
        assert_eq!(account.waits().count(), CAP);
    }
}
