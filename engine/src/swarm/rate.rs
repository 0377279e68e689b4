//! Bytes a second from a counter, smoothed over about five seconds.

use std::time::{Duration, Instant};

/// Weight of the newest second.
const ALPHA: f64 = 0.3;
/// Readings closer than this are put together.
const LEAST_SPAN: Duration = Duration::from_millis(200);

/// A counter's rate: exponentially weighted, reaching zero when nothing flows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rate {
    last: Option<(Instant, u64)>,
    rate: f64,
}

impl Rate {
    /// Takes a reading of the counter.
    pub(crate) fn update(&mut self, now: Instant, total: u64) {
        let Some((at, before)) = self.last else {
            self.last = Some((now, total));
            return;
        };
        let span = now.saturating_duration_since(at);
        if span < LEAST_SPAN {
            return;
        }
        let current = total.saturating_sub(before) as f64 / span.as_secs_f64();
        let weight = 1.0 - (1.0 - ALPHA).powf(span.as_secs_f64());
        self.rate += weight * (current - self.rate);
        self.last = Some((now, total));
    }

    /// Bytes a second; below one it is nothing.
    pub(crate) fn get(&self) -> u64 {
        self.rate as u64
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
        assert!((950..=1000).contains(&rate.get()), "{rate:?}");
        (21..=60).for_each(|n| rate.update(second(n), 20_000));
        assert_eq!(rate.get(), 0);
    }
}
