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
        self.0
            .used
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |used| {
                used.checked_add(u64::from(bytes)).filter(|sum| *sum <= limit)
            })
            .ok()?;
        Some(Reservation { budget: self.clone(), bytes })
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
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let inner = &self.budget.0;
        inner.used.fetch_sub(u64::from(self.bytes), Ordering::AcqRel);
        inner.freed.notify_one();
    }
}
