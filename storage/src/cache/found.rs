//! Answers to reads, and the cache's figures.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::cache::hits::Hits;
use crate::error::StorageError;
use crate::piece::Piece;

/// Where a piece is to be had.
#[derive(Clone, Debug)]
pub enum Found {
    /// In memory.
    Resident(Arc<Piece>),
    /// In memory now: it came from the network while the reader waited.
    Arrived(Arc<Piece>),
    /// In its files: read it with [`crate::DiskReader`].
    OnDisk {
        /// So many pieces from the one asked for on are on disk, at least 1: they need no asking.
        pieces: u32,
    },
}

/// What the cache holds and how well it does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CacheStats {
    /// Bytes of the budget in use, unfinished pieces too.
    pub used: u64,
    /// Bytes of the budget.
    pub budget: u64,
    /// Reads of streams by where they found their bytes.
    pub hits: Hits,
    /// Pieces dropped so far, for whatever reason.
    pub evicted: u64,
    /// Bytes that were dropped and fetched from the network again (memory-only mode).
    pub refetched: u64,
    /// Verified pieces in memory.
    pub resident: u32,
    /// Readers that wait.
    pub waiting: u32,
}

/// The answer to a read.
#[derive(Debug)]
pub enum Answer {
    /// Known now.
    Now(Result<Found, StorageError>),
    /// Comes when the piece does. To be given up with [`crate::cache::state::CacheState::forget`].
    Later(WaiterId, oneshot::Receiver<Result<Found, StorageError>>),
}

/// A reader that waits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct WaiterId(pub(crate) u64);
