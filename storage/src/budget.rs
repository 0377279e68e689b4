//! The hard limit on bytes of pieces held in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// The process's byte budget for pieces, in memory or on their way there; cheap to clone.
///
/// What is reserved never exceeds the capacity, whoever asks at the same time, except after
/// [`Self::resize`] to less than is in use: then nothing is granted until enough came back.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    capacity: AtomicU64,
    used: AtomicU64,
    /// Woken when bytes come back or the capacity grows.
    freed: Notify,
}

impl Budget {
    /// A budget of `capacity` bytes, all free.
    pub fn new(capacity: u64) -> Self {
        Self(Arc::new(Inner {
            capacity: AtomicU64::new(capacity),
            used: AtomicU64::new(0),
            freed: Notify::new(),
        }))
    }

    /// Reserves `bytes`, or `None` when they do not fit now. Never waits.
    pub fn try_reserve(&self, bytes: u32) -> Option<Reservation> {
        let capacity = self.0.capacity.load(Ordering::Acquire);
        self.0
            .used
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |used| {
                used.checked_add(u64::from(bytes))
                    .filter(|sum| *sum <= capacity)
            })
            .ok()?;
        Some(Reservation {
            budget: self.clone(),
            bytes,
        })
    }

    /// Bytes reserved.
    pub fn used(&self) -> u64 {
        self.0.used.load(Ordering::Acquire)
    }

    /// Bytes that may be reserved in all.
    pub fn capacity(&self) -> u64 {
        self.0.capacity.load(Ordering::Acquire)
    }

    /// Bytes that could be reserved now.
    pub fn free(&self) -> u64 {
        self.capacity().saturating_sub(self.used())
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
        inner
            .used
            .fetch_sub(u64::from(self.bytes), Ordering::AcqRel);
        inner.freed.notify_one();
    }
}
