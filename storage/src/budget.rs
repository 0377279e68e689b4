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
///
/// What uploads read of the disk has an eighth of the capacity at most, and no part in the working
/// limit: they slow no download down.
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
    /// Of `used`, what uploads have.
    uploads: AtomicU64,
    /// Promised to streams; see [`Budget::promise`].
    promised: AtomicU64,
    /// Woken when bytes come back or the capacity grows: the cache.
    freed: Notify,
    /// The same: uploads that wait.
    freed_for_uploads: Notify,
}

impl Budget {
    /// A budget of `capacity` bytes, all free.
    pub fn new(capacity: u64) -> Self {
        Self(Arc::new(Inner {
            capacity: AtomicU64::new(capacity),
            working: AtomicU64::new(u64::MAX),
            used: AtomicU64::new(0),
            unverified: AtomicU64::new(0),
            uploads: AtomicU64::new(0),
            promised: AtomicU64::new(0),
            freed: Notify::new(),
            freed_for_uploads: Notify::new(),
        }))
    }

    /// Reserves `bytes` for what a reader is about to send, or `None` when they do not fit the
    /// capacity now. Never waits.
    pub fn try_reserve(&self, bytes: u32) -> Option<Reservation> {
        take(&self.0.used, u64::from(bytes), self.capacity())?;
        Some(Reservation { budget: self.clone(), bytes, class: Class::Settled })
    }

    /// Reserves a piece's whole length of `bytes` before it is fetched, or `None` when `claim` does
    /// not go so far now. Never waits.
    pub fn try_reserve_piece(&self, bytes: u32, claim: Claim) -> Option<Reservation> {
        let share = self.unverified_limit(u64::from(bytes), claim);
        self.reserve_of(Class::Unverified, bytes, share, self.limit(claim))
    }

    /// Reserves `bytes` for a block that is read from disk for a peer, as soon as they fit: within
    /// an eighth of the capacity for all uploads, or one of them alone where that is less. Who waits
    /// has no place in a row; keep those who wait few.
    pub async fn reserve_upload(&self, bytes: u32) -> Reservation {
        loop {
            // What comes back from here on is heard of.
            let freed = self.0.freed_for_uploads.notified();
            let share = (self.capacity() / 8).max(u64::from(bytes));
            if let Some(room) = self.reserve_of(Class::Upload, bytes, share, self.capacity()) {
                return room;
            }
            freed.await;
        }
    }

    /// Reserves `bytes` of `limit`, and of the `share` that all of `class` have.
    fn reserve_of(&self, class: Class, bytes: u32, share: u64, limit: u64) -> Option<Reservation> {
        let (len, sum) = (u64::from(bytes), class.sum(&self.0)?);
        take(sum, len, share)?;
        if take(&self.0.used, len, limit).is_none() {
            sum.fetch_sub(len, Ordering::AcqRel);
            return None;
        }
        Some(Reservation { budget: self.clone(), bytes, class })
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

    /// Bytes that uploads have.
    pub fn uploads(&self) -> u64 {
        self.0.uploads.load(Ordering::Acquire)
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

    /// What `used` may come to with a piece of `claim`.
    fn limit(&self, claim: Claim) -> u64 {
        let working = self.0.working.load(Ordering::Acquire);
        match claim {
            Claim::Urgent => self.capacity(),
            _ => working.saturating_add(self.uploads()).min(self.capacity()),
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
        self.0.wake();
    }

    /// Resolves when bytes came back since the last call, or the capacity changed. For one waiter:
    /// the cache.
    pub async fn freed(&self) {
        self.0.freed.notified().await;
    }
}

impl Inner {
    fn wake(&self) {
        self.freed.notify_one();
        self.freed_for_uploads.notify_waiters();
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

/// What bytes are reserved for, where that has a sum of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Class {
    /// A piece that is not verified.
    Unverified,
    /// A block read from disk for a peer.
    Upload,
    /// A verified piece, or what a stream read of the disk.
    Settled,
}

impl Class {
    fn sum(self, budget: &Inner) -> Option<&AtomicU64> {
        match self {
            Self::Unverified => Some(&budget.unverified),
            Self::Upload => Some(&budget.uploads),
            Self::Settled => None,
        }
    }
}

/// Bytes of the [`Budget`], given back on drop.
#[derive(Debug)]
pub struct Reservation {
    budget: Budget,
    bytes: u32,
    class: Class,
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
        Self { budget: self.budget.clone(), bytes, class: self.class }
    }

    /// The piece is verified: the cache has it from now on.
    pub fn verified(&mut self) {
        self.leave_class();
        self.budget.0.freed.notify_one();
    }

    fn leave_class(&mut self) {
        if let Some(sum) = self.class.sum(&self.budget.0) {
            sum.fetch_sub(u64::from(self.bytes), Ordering::AcqRel);
        }
        self.class = Class::Settled;
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
        self.leave_class();
        let inner = &self.budget.0;
        inner.used.fetch_sub(u64::from(self.bytes), Ordering::AcqRel);
        inner.wake();
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
