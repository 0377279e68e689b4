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
    /// Bits per second in each step; empty without an index.
    pub curve: Vec<u64>,
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
        let last = self.slot(end.saturating_sub(Duration::from_nanos(1)));
        let first = self.slot(start).min(last);
        let slots = (last - first) as u64 + 1;
        for sum in self.bytes.iter_mut().skip(first).take(last - first + 1) {
            *sum = sum.saturating_add(bytes / slots);
        }
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
        let length = |slot: usize| {
            let start = step * u32::try_from(slot).unwrap_or(u32::MAX);
            let left = duration.saturating_sub(start);
            if left.is_zero() { step } else { left.min(step) }
        };
        let curve = self.bytes.iter().enumerate();
        Some(Bitrate {
            average: bits(len, duration),
            step,
            curve: curve.map(|(slot, sum)| bits(*sum, length(slot))).collect(),
        })
    }
}
