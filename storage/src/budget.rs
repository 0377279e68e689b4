//! The hard limit on bytes of pieces held in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// The process's byte budget for pieces, in memory or on their way there; cheap to clone.
///
/// What is reserved never exceeds the capacity, whoever asks at the same time, except after
/// [`Self::resize`] to less than is in use: then nothing is granted until enough came back.
///
/// Below the capacity lies the working limit: what downloading needs while the disk keeps up. Only
/// a piece that a reader stands on may go beyond it. So a slow disk, or a network faster than the
/// reader, slows the download down instead of filling the memory.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    capacity: AtomicU64,
    /// At most what [`Budget::try_reserve`] fills; `u64::MAX` until it is set.
    working: AtomicU64,
    used: AtomicU64,
    /// Promised to streams; see [`Budget::promise`].
    promised: AtomicU64,
    /// Woken when bytes come back or the capacity grows.
    freed: Notify,
}

impl Budget {
    /// A budget of `capacity` bytes, all free.
    pub fn new(capacity: u64) -> Self {
        Self(Arc::new(Inner {
            capacity: AtomicU64::new(capacity),
            working: AtomicU64::new(u64::MAX),
            used: AtomicU64::new(0),
            promised: AtomicU64::new(0),
            freed: Notify::new(),
        }))
    }

    /// Reserves `bytes` below the working limit, or `None` when they do not fit now. Never waits.
    pub fn try_reserve(&self, bytes: u32) -> Option<Reservation> {
        self.reserve_up_to(bytes, self.limit())
    }

    /// Reserves `bytes` for a piece that a reader stands on: up to the capacity. Never waits.
    pub fn try_reserve_urgent(&self, bytes: u32) -> Option<Reservation> {
        self.reserve_up_to(bytes, self.capacity())
    }

    fn reserve_up_to(&self, bytes: u32, limit: u64) -> Option<Reservation> {
        take(&self.0.used, u64::from(bytes), limit)?;
        Some(Reservation { budget: self.clone(), bytes })
    }

    /// Promises a stream the `bytes` it can't do without, or `None` when what all streams were
    /// promised would not fit the capacity: a stream that begins then could starve another. A
    /// promise reserves nothing.
    pub fn promise(&self, bytes: u64) -> Option<Promise> {
        take(&self.0.promised, bytes, self.capacity())?;
        Some(Promise { budget: self.clone(), bytes })
    }

    /// Bytes reserved.
    pub fn used(&self) -> u64 {
        self.0.used.load(Ordering::Acquire)
    }

    /// Bytes that may be reserved in all.
    pub fn capacity(&self) -> u64 {
        self.0.capacity.load(Ordering::Acquire)
    }

    /// Bytes that could be reserved now without urgency.
    pub fn free(&self) -> u64 {
        self.limit().saturating_sub(self.used())
    }

    /// Bytes that must come back before `bytes` can be reserved without urgency.
    pub fn shortfall(&self, bytes: u64) -> u64 {
        self.used().saturating_add(bytes).saturating_sub(self.limit())
    }

    /// Bytes in use beyond the capacity, after it shrank.
    pub fn excess(&self) -> u64 {
        self.used().saturating_sub(self.capacity())
    }

    /// Moves the working limit; the capacity stays the hard one.
    pub fn set_working_limit(&self, limit: u64) {
        if self.0.working.swap(limit, Ordering::AcqRel) < limit {
            self.0.freed.notify_one();
        }
    }

    fn limit(&self) -> u64 {
        self.0.working.load(Ordering::Acquire).min(self.capacity())
    }

    /// Changes the capacity; reservations that exist stay valid.
    pub fn resize(&self, capacity: u64) {
        self.0.capacity.store(capacity, Ordering::Release);
        self.0.freed.notify_one();
    }

    /// Resolves when bytes came back since the last call, or the capacity changed. For one waiter:
    /// the cache.
    pub async fn freed(&self) {
        self.0.freed.notified().await;
    }
}

/// Adds `bytes` to `sum` unless that would be more than `limit`.
fn take(sum: &AtomicU64, bytes: u64, limit: u64) -> Option<u64> {
    let add = |sum: u64| sum.checked_add(bytes).filter(|sum| *sum <= limit);
    sum.fetch_update(Ordering::AcqRel, Ordering::Acquire, add).ok()
}

/// Bytes of the [`Budget`], given back on drop.
#[derive(Debug)]
pub struct Reservation {
    budget: Budget,
    bytes: u32,
}

impl Reservation {
    /// How many bytes.
    pub fn bytes(&self) -> u32 {
        self.bytes
    }

    /// Parts with up to `bytes` of it.
    pub fn split(&mut self, bytes: u32) -> Self {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        Self { budget: self.budget.clone(), bytes }
    }

    /// Takes back what was split off.
    pub fn join(&mut self, mut part: Self) {
        self.bytes += std::mem::take(&mut part.bytes);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let inner = &self.budget.0;
        inner.used.fetch_sub(u64::from(self.bytes), Ordering::AcqRel);
        inner.freed.notify_one();
    }
}

/// What a stream was promised of the [`Budget`], until it is dropped.
#[derive(Debug)]
pub struct Promise {
    budget: Budget,
    bytes: u64,
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.budget.0.promised.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}
