//! The hard limit on bytes of pieces held in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::sync::Notify;

/// The process's byte budget for pieces, in memory or on their way there; cheap to clone.
///
/// What is reserved never exceeds the capacity, whoever asks at the same time, except after
/// [`Self::resize`] to less than is in use: then nothing is granted until enough came back.
///
/// Below the capacity lies the working limit: what downloading needs while the disk keeps up. Only
/// a piece that a reader stands on may go beyond it. So a slow disk, or a network faster than the
/// reader, slows the download down instead of filling the memory.
///
/// Pieces that are not verified yet are a class of their own: what is fetched ahead gets room only
/// while all of them together have at most a quarter of the capacity, or two pieces of its own
/// length where that is more: the one under a reader and the next. A piece under a reader is exempt.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    capacity: AtomicU64,
    /// Up to where [`Claim::Urgent`] alone goes beyond; `u64::MAX` until it is set.
    working: AtomicU64,
    used: AtomicU64,
    /// Of `used`, what pieces have that are not verified yet.
    unverified: AtomicU64,
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
            unverified: AtomicU64::new(0),
            promised: AtomicU64::new(0),
            freed: Notify::new(),
        }))
    }

    /// Reserves `bytes` for what a reader is about to send, or `None` when they do not fit the
    /// capacity now. Never waits.
    pub fn try_reserve(&self, bytes: u32) -> Option<Reservation> {
        take(&self.0.used, u64::from(bytes), self.capacity())?;
        Some(Reservation { budget: self.clone(), bytes, unverified: false })
    }

    /// Reserves a piece's whole length of `bytes` before it is fetched, or `None` when `claim` does
    /// not go so far now. Never waits.
    pub fn try_reserve_piece(&self, bytes: u32, claim: Claim) -> Option<Reservation> {
        let len = u64::from(bytes);
        take(&self.0.unverified, len, self.unverified_limit(len, claim))?;
        if take(&self.0.used, len, self.limit(claim)).is_none() {
            self.0.unverified.fetch_sub(len, Ordering::AcqRel);
            return None;
        }
        Some(Reservation { budget: self.clone(), bytes, unverified: true })
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

    /// Bytes that pieces have which are not verified yet.
    pub fn unverified(&self) -> u64 {
        self.0.unverified.load(Ordering::Acquire)
    }

    /// Whether a piece of `bytes` could be reserved now, beside `others` that are about to be.
    pub fn has_room(&self, bytes: u64, claim: Claim, others: u64) -> bool {
        self.admits(bytes, claim, others)
            && self.used().saturating_add(others + bytes) <= self.limit(claim)
    }

    /// The same as far as it is up to unverified pieces: where it is `false`, nothing that leaves
    /// the cache helps.
    pub fn admits(&self, bytes: u64, claim: Claim, others: u64) -> bool {
        let limit = self.unverified_limit(bytes, claim);
        self.unverified().saturating_add(others + bytes) <= limit
    }

    /// Bytes that must come back before `bytes` can be reserved without urgency.
    pub fn shortfall(&self, bytes: u64) -> u64 {
        self.used().saturating_add(bytes).saturating_sub(self.limit(Claim::Blocking))
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

    fn limit(&self, claim: Claim) -> u64 {
        match claim {
            Claim::Urgent => self.capacity(),
            _ => self.0.working.load(Ordering::Acquire).min(self.capacity()),
        }
    }

    /// What unverified pieces may have in all, when one of `bytes` is to be among them.
    fn unverified_limit(&self, bytes: u64, claim: Claim) -> u64 {
        match claim {
            Claim::Ahead => (self.capacity() / 4).max(bytes.saturating_mul(2)),
            _ => u64::MAX,
        }
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

/// Whom a piece is fetched for: how far into the [`Budget`] it may go, the least far first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Claim {
    /// Nobody waits for it: within the unverified pieces' share and the working limit.
    Ahead,
    /// A reader stands on it: within the working limit.
    Blocking,
    /// A reader has waited for it a while: up to the capacity.
    Urgent,
}

/// Bytes of the [`Budget`], given back on drop.
#[derive(Debug)]
pub struct Reservation {
    budget: Budget,
    bytes: u32,
    /// Of a piece that is not verified.
    unverified: bool,
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
        Self { budget: self.budget.clone(), bytes, unverified: self.unverified }
    }

    /// The piece is verified: the cache has it from now on.
    pub fn verified(&mut self) {
        if std::mem::take(&mut self.unverified) {
            self.leave_unverified();
            self.budget.0.freed.notify_one();
        }
    }

    fn leave_unverified(&self) {
        self.budget.0.unverified.fetch_sub(u64::from(self.bytes), Ordering::AcqRel);
    }

    /// Gives it back when the last slice of `bytes` is gone.
    pub fn charge(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Charged { bytes, _room: self })
    }

    /// Takes back what was split off.
    pub fn join(&mut self, mut part: Self) {
        self.bytes += std::mem::take(&mut part.bytes);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.unverified {
            self.leave_unverified();
        }
        let inner = &self.budget.0;
        inner.used.fetch_sub(u64::from(self.bytes), Ordering::AcqRel);
        inner.freed.notify_one();
    }
}

/// Bytes with their room.
struct Charged {
    bytes: Bytes,
    _room: Reservation,
}

impl AsRef<[u8]> for Charged {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
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
