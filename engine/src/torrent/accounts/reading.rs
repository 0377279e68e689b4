//! What a read is for, as it goes on. Pure.
//!
//! Players open connections to look at the head, the index, a frame here and there, and abort most
//! of them within milliseconds. So a read begins as a probe, which is served what it stands on, and
//! becomes a viewer's when it goes on. A paused player keeps its connection and takes nothing: what
//! was fetched for it would stay for nothing.

use std::time::{Duration, Instant};

use storage::cache::policy::Reach;
use wire::ByteRange;

use super::kind::Kind;

/// One read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The file's bytes that were asked for.
    range: ByteRange,
    /// What the range tells.
    aim: Kind,
    now: Kind,
    begun: Instant,
    /// Bytes its socket took.
    taken: u64,
    /// When it last took some, or was waiting for them.
    lively: Instant,
}

impl Reading {
    /// Bytes taken after which a read is a viewer's, those that its socket holds too: 1.5 MiB.
    pub const GOES_ON: u64 = 3 * 512 * 1024;
    /// Or how long it has gone on: 2 s.
    pub const GOES_ON_AFTER: Duration = Duration::from_secs(2);
    /// How long it takes nothing before it is idle: 45 s.
    pub const IDLE_AFTER: Duration = Duration::from_secs(45);
    /// Who took nothing for so long is not promoted for the time that went by.
    const LIVELY: Duration = Duration::from_secs(1);

    /// A read of `range` of its file begins, for what [`Kind::of`] tells.
    pub fn new(range: ByteRange, aim: Kind, now: Instant) -> Self {
        let begins_as = if aim == Kind::Index { Kind::Index } else { Kind::Probe };
        Self { range, aim, now: begins_as, begun: now, taken: 0, lively: now }
    }

    /// What it is for now.
    pub fn kind(&self) -> Kind {
        self.now
    }

    /// How far ahead it is served; `None`: it wants nothing.
    pub fn reach(&self) -> Option<Reach> {
        match self.now {
            Kind::Probe | Kind::Index => Some(Reach::Near),
            Kind::Seek | Kind::Sequential => Some(Reach::Share),
            Kind::Idle => None,
        }
    }

    /// Bytes taken at which it should be looked at before [`Self::due`].
    pub fn look_at(&self) -> u64 {
        match self.now {
            Kind::Probe => Self::GOES_ON,
            Kind::Idle => 0,
            Kind::Index | Kind::Seek | Kind::Sequential => u64::MAX,
        }
    }

    /// How long after `now` time alone may make another kind of it.
    pub fn due(&self, now: Instant) -> Duration {
        let silence = Self::IDLE_AFTER.saturating_sub(now.saturating_duration_since(self.lively));
        let age = now.saturating_duration_since(self.begun);
        let due = match self.now {
            Kind::Probe => Self::GOES_ON_AFTER.saturating_sub(age).min(silence),
            Kind::Idle => Self::IDLE_AFTER,
            Kind::Index | Kind::Seek | Kind::Sequential => silence,
        };
        due.max(Self::LIVELY)
    }

    /// Looks again: its socket took `taken` bytes so far; `waits`: it would take more, were they
    /// here. `index`: the file's bytes that its container's index lies in.
    pub fn look(&mut self, taken: u64, waits: bool, index: &[ByteRange], now: Instant) {
        if waits || taken != self.taken {
            self.lively = now;
        }
        self.taken = taken;
        let silent = now.saturating_duration_since(self.lively);
        let within =
            |part: &ByteRange| part.start <= self.range.start && self.range.end <= part.end;
        let indexes = self.aim == Kind::Index || index.iter().any(within);
        let aged = now.saturating_duration_since(self.begun) >= Self::GOES_ON_AFTER;
        let goes_on = taken >= Self::GOES_ON || (aged && silent < Self::LIVELY);
        self.now = match self.now {
            _ if silent >= Self::IDLE_AFTER => Kind::Idle,
            Kind::Probe | Kind::Index | Kind::Idle if indexes => Kind::Index,
            Kind::Probe | Kind::Index if !goes_on => Kind::Probe,
            _ if self.aim == Kind::Seek => Kind::Seek,
            _ => Kind::Sequential,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEN: u64 = 1 << 30;
    const MB: u64 = 1_000_000;

    /// What became of a read of `start..end` at each of these (milliseconds, bytes taken, waits).
    fn kinds(start: u64, end: u64, looks: &[(u64, u64, bool)]) -> Vec<Kind> {
        let (range, begun) = (ByteRange::new(start, end), Instant::now());
        let mut reading = Reading::new(range, Kind::of(range, LEN, start > 0), begun);
        let index = [ByteRange::new(5 * MB, 6 * MB)];
        let look = |(ms, taken, waits): &(u64, u64, bool)| {
            reading.look(*taken, *waits, &index, begun + Duration::from_millis(*ms));
            reading.kind()
        };
        looks.iter().map(look).collect()
    }

    #[test]
    fn it_goes_on_by_bytes_or_by_time() {
        use Kind::{Probe, Seek, Sequential};
        let fast = kinds(0, LEN, &[(5, MB / 2, false), (10, 2 * MB, false)]);
        assert_eq!(fast, [Probe, Sequential]);
        let slow = kinds(LEN / 2, LEN, &[(1999, 9, false), (2000, 10, false)]);
        assert_eq!(slow, [Probe, Seek]);
        let starved = kinds(0, LEN, &[(1000, 0, true), (2000, 0, true)]);
        assert_eq!(starved, [Probe, Sequential]);
    }

    #[test]
    fn a_connection_left_alone_is_not_promoted() {
        let looks = [(100, MB / 2, false), (2000, MB / 2, false), (3000, MB / 2, false)];
        assert_eq!(kinds(0, LEN, &looks), [Kind::Probe; 3]);
    }

    #[test]
    fn the_index_and_the_last_percent_are_never_promoted() {
        let looks = [(10, 5 * MB, false), (9000, 6 * MB, true)];
        assert_eq!(kinds(LEN - LEN / 101, LEN, &looks), [Kind::Index; 2]);
        assert_eq!(kinds(5 * MB, 6 * MB, &looks), [Kind::Index; 2]);
        assert_eq!(kinds(5 * MB, LEN, &looks), [Kind::Seek; 2], "it begins there and goes on");
    }

    #[test]
    fn who_takes_nothing_is_idle_and_who_waits_or_takes_is_not() {
        use Kind::{Idle, Sequential};
        let start = (10, 2 * MB, false);
        let idle = kinds(0, LEN, &[start, (46_000, 2 * MB, false), (50_000, 3 * MB, false)]);
        assert_eq!(idle, [Sequential, Idle, Sequential]);
        let waiting = kinds(0, LEN, &[start, (46_000, 2 * MB, true), (90_000, 2 * MB, false)]);
        assert_eq!(waiting, [Sequential; 3]);
        let trickle =
            kinds(0, LEN, &[start, (44_000, 2 * MB + 1, false), (88_000, 2 * MB + 2, false)]);
        assert_eq!(trickle, [Sequential; 3]);
    }
}
