//! Requests a minute per address, as token buckets.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// The most addresses remembered; beyond it the fullest buckets are forgotten.
const MAX_ADDRESSES: usize = 4096;

/// A bucket of `per_minute` requests for each address, refilled evenly.
#[derive(Debug)]
pub struct RateLimit {
    per_minute: f64,
    buckets: HashMap<IpAddr, Bucket>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl RateLimit {
    /// Lets `per_minute` requests a minute through for each address, all of them at once if they
    /// come at once.
    pub fn new(per_minute: u32) -> Self {
        Self { per_minute: f64::from(per_minute.max(1)), buckets: HashMap::new() }
    }

    /// From now on lets `per_minute` through.
    pub fn set(&mut self, per_minute: u32) {
        self.per_minute = f64::from(per_minute.max(1));
    }

    /// Takes one request of `address` into account.
    ///
    /// # Errors
    /// How long until the next one is welcome.
    pub fn take(&mut self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        if address.to_canonical().is_loopback() {
            return Ok(());
        }
        let per_second = self.per_minute / 60.0;
        let full = Bucket { tokens: self.per_minute, at: now };
        let bucket = self.buckets.entry(address.to_canonical()).or_insert(full);
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + since * per_second).min(self.per_minute);
        bucket.at = now;
        let result = if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            Ok(())
        } else {
            Err(Duration::from_secs_f64((1.0 - bucket.tokens) / per_second))
        };
        if self.buckets.len() > MAX_ADDRESSES {
            self.forget(now);
        }
        result
    }

    /// Drops buckets that are full again, and then, if that is not enough, the fuller half: an
    /// address under the limit loses nothing by it.
    fn forget(&mut self, now: Instant) {
        let minute = Duration::from_secs(60);
        self.buckets.retain(|_, bucket| now.saturating_duration_since(bucket.at) < minute);
        if self.buckets.len() > MAX_ADDRESSES {
            let half = self.per_minute / 2.0;
            self.buckets.retain(|_, bucket| bucket.tokens < half);
        }
        if self.buckets.len() > MAX_ADDRESSES {
            self.buckets.clear();
        }
    }
}
