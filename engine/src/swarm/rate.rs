//! Bytes a second from a counter, over about five seconds.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How far back a rate looks.
const SPAN: Duration = Duration::from_secs(5);
/// Readings closer than this are put together: at most 25 are kept.
const LEAST_STEP: Duration = Duration::from_millis(200);

/// A counter's rate; exactly zero when nothing flowed for five seconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rate {
    /// Readings of the counter, oldest first; one is kept from before the span.
    readings: VecDeque<(Instant, u64)>,
}

impl Rate {
    /// Takes a reading of the counter.
    pub(crate) fn update(&mut self, now: Instant, total: u64) {
        let newest = self.readings.back();
        if newest.is_some_and(|(at, _)| now.saturating_duration_since(*at) < LEAST_STEP) {
            return;
        }
        self.readings.push_back((now, total));
        let old = |at: &Instant| now.saturating_duration_since(*at) >= SPAN;
        while self.readings.get(1).is_some_and(|(at, _)| old(at)) {
            self.readings.pop_front();
        }
    }

    /// Bytes a second between the oldest and the newest reading.
    pub(crate) fn get(&self) -> u64 {
        let (Some((from, before)), Some((to, now))) = (self.readings.front(), self.readings.back())
        else {
            return 0;
        };
        let span = to.saturating_duration_since(*from).as_secs_f64();
        if span > 0.0 { (now.saturating_sub(*before) as f64 / span) as u64 } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_flow_is_found_and_forgotten() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        let second = |n: u32| start + Duration::from_secs(u64::from(n));
        (0..=20).for_each(|n| rate.update(second(n), u64::from(n) * 1000));
        assert_eq!(rate.get(), 1000);
        (21..=25).for_each(|n| rate.update(second(n), 20_000));
        assert_eq!(rate.get(), 0);
    }
}
