//! Bits per second, over all and over time.

use std::time::Duration;

use serde::Serialize;

use super::info::seconds;
use super::keyframes::Keyframe;

/// Steps of a curve.
const MAX_STEPS: usize = 1024;

/// How many bits a second of the film takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bitrate {
    /// Bits per second of the whole file.
    pub average: u64,
    /// The length of one step of the curve: 1 s, doubled until the film fits 1,024 steps.
    #[serde(serialize_with = "seconds")]
    pub step: Duration,
    /// Bits per second in each step, the last one as if it were whole; empty without an index.
    pub curve: Vec<u64>,
}

impl Bitrate {
    /// Of a file without an index.
    pub(super) fn flat(average: u64) -> Self {
        Self { average, step: Duration::from_secs(1), curve: Vec::new() }
    }
}

/// Collects bytes by time.
#[derive(Debug)]
pub(super) struct CurveBuilder {
    step: Duration,
    bytes: Vec<u64>,
}

impl CurveBuilder {
    pub(super) fn new() -> Self {
        Self { step: Duration::from_secs(1), bytes: Vec::new() }
    }

    /// The bytes between one keyframe and the next, evenly over the time between them; the last
    /// one lasts until `duration` and the end of the file at `len`.
    pub(super) fn between(entries: &[Keyframe], len: u64, duration: Option<Duration>) -> Self {
        let mut curve = Self::new();
        let next = entries.iter().skip(1).map(|next| (next.time, next.offset));
        let last = duration.map(|duration| (duration, len));
        for (entry, (time, offset)) in entries.iter().zip(next.chain(last)) {
            let bytes = offset.saturating_sub(entry.offset);
            curve.spread(entry.time, time.max(entry.time), bytes);
        }
        curve
    }

    /// `bytes` needed at `time`.
    pub(super) fn add(&mut self, time: Duration, bytes: u64) {
        let slot = self.slot(time);
        if let Some(sum) = self.bytes.get_mut(slot) {
            *sum = sum.saturating_add(bytes);
        }
    }

    /// `bytes` needed evenly from `start` to `end`.
    pub(super) fn spread(&mut self, start: Duration, end: Duration, bytes: u64) {
        let last = self.slot(end.saturating_sub(Duration::from_nanos(1)).max(start));
        let first = self.slot(start).min(last);
        let (start, end, step) = (start.as_nanos(), end.as_nanos(), self.step.as_nanos());
        let (first_at, whole) = (first as u128 * step, end.saturating_sub(start).max(1));
        let mut given = 0;
        for (sum, begun) in self.bytes.iter_mut().take(last + 1).skip(first).zip(0u128..) {
            let until = (first_at + (begun + 1) * step).min(end).saturating_sub(start);
            let due = u128::from(bytes).saturating_mul(until.min(whole)) / whole;
            let due = u64::try_from(due).unwrap_or(bytes);
            *sum = sum.saturating_add(due.saturating_sub(given));
            given = due.max(given);
        }
        self.add(Duration::from_nanos(u64::try_from(start).unwrap_or(0)), bytes - given.min(bytes));
    }

    fn slot(&mut self, time: Duration) -> usize {
        loop {
            let slot = time.as_nanos() / self.step.as_nanos().max(1);
            match usize::try_from(slot) {
                Ok(slot) if slot < MAX_STEPS => {
                    if self.bytes.len() <= slot {
                        self.bytes.resize(slot + 1, 0);
                    }
                    return slot;
                }
                _ => self.halve(),
            }
        }
    }

    fn halve(&mut self) {
        self.step *= 2;
        let pairs = self.bytes.chunks(2);
        self.bytes =
            pairs.map(|pair| pair.iter().fold(0, |sum: u64, b| sum.saturating_add(*b))).collect();
    }

    /// The curve of a file of `len` bytes that plays for `duration`; `None` if that is unknown.
    pub(super) fn finish(self, len: u64, duration: Option<Duration>) -> Option<Bitrate> {
        let duration = duration.filter(|duration| !duration.is_zero())?;
        let bits = |bytes: u64, time: Duration| {
            let millis = time.as_millis().max(1);
            u64::try_from(u128::from(bytes) * 8000 / millis).unwrap_or(u64::MAX)
        };
        let step = self.step;
        Some(Bitrate {
            average: bits(len, duration),
            step,
            curve: self.bytes.iter().map(|sum| bits(*sum, step)).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(curve: CurveBuilder) -> Vec<u64> {
        let told = curve.finish(1, Some(Duration::from_secs(1))).unwrap();
        told.curve
    }

    #[test]
    fn spread_goes_by_the_time_in_each_step() {
        let mut builder = CurveBuilder::new();
        builder.spread(Duration::from_millis(500), Duration::from_millis(2250), 7000);
        assert_eq!(curve(builder), [16_000, 32_000, 8_000]);
    }

    #[test]
    fn spread_over_no_time_is_all_in_one_step() {
        let mut builder = CurveBuilder::new();
        builder.spread(Duration::from_secs(3), Duration::from_secs(3), 1000);
        assert_eq!(curve(builder), [0, 0, 0, 8000]);
    }

    #[test]
    fn a_long_film_has_longer_steps() {
        let mut builder = CurveBuilder::new();
        builder.add(Duration::from_secs(1), 1000);
        builder.add(Duration::from_secs(7200), 1000);
        let told = builder.finish(1, Some(Duration::from_secs(7200))).unwrap();
        assert_eq!(told.step, Duration::from_secs(8));
        assert_eq!((told.curve.len(), told.curve[0], told.curve[900]), (901, 1000, 1000));
    }
}
