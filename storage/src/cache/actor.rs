//! `Cache`: pieces in memory, readers that wait for them, hashing off the actor's thread.

use std::sync::Arc;

use actix::{Message, Recipient};
use wire::{Bitfield, Info, InfoHash, PieceIndex};

use crate::assembly::Candidate;
use crate::cache::policy::CursorId;
use crate::cache::state::{CacheStats, Found};
use crate::error::StorageError;
use crate::event::{PieceEvent, Written};

/// Registers a torrent, or replaces what was registered of it: readers that wait are kept and
/// woken if their piece is in `have`.
#[derive(Message)]
#[rtype(result = "()")]
pub struct OpenTorrent {
    /// Which.
    pub info_hash: InfoHash,
    /// Hashes and geometry.
    pub info: Arc<Info>,
    /// Pieces known to be on disk and verified.
    pub have: Bitfield,
    /// Hears of the torrent's pieces.
    pub events: Recipient<PieceEvent>,
}

/// Forgets a torrent: its pieces leave memory, its readers get [`StorageError::Closed`].
#[derive(Message)]
#[rtype(result = "()")]
pub struct CloseTorrent {
    /// Which.
    pub info_hash: InfoHash,
}

/// A full piece: hashed on a blocking thread, then [`PieceEvent::Verified`] or
/// [`PieceEvent::Failed`]. Bounded by the budget: each candidate brings its reservation.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Complete {
    /// The torrent.
    pub info_hash: InfoHash,
    /// The piece.
    pub candidate: Candidate,
}

/// Where a cursor is and what of its surroundings it wants kept; sent on open and on each move
/// worth telling (a piece or a seek), not on each read.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct Window {
    /// The torrent.
    pub info_hash: InfoHash,
    /// Whose.
    pub cursor: CursorId,
    /// Next byte it reads, in the torrent.
    pub position: u64,
    /// One past the last byte it will read, in the torrent.
    pub end: u64,
    /// Bytes to keep ahead of `position`.
    pub ahead: u64,
    /// Bytes to keep behind it.
    pub behind: u64,
}

/// A cursor is gone, and with it its window.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct CursorClosed {
    /// The torrent.
    pub info_hash: InfoHash,
    /// Whose.
    pub cursor: CursorId,
}

/// Asks for a piece; answered when it is verified, be it now or in an hour. A request that is
/// dropped before frees its place. Bounded by the number of streams: each waits for one piece.
///
/// Errors: [`StorageError::NoSuchTorrent`], [`StorageError::OutOfRange`],
/// [`StorageError::Closed`]; [`StorageError::Restarted`] means: ask again.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<Found, StorageError>")]
pub struct Read {
    /// The torrent.
    pub info_hash: InfoHash,
    /// The piece.
    pub piece: PieceIndex,
    /// On whose behalf; `None` for uploads.
    pub cursor: Option<CursorId>,
}

/// The sender could not reserve `bytes`: pieces that are safe to drop go now, and the sender hears
/// [`PieceEvent::Room`] once when anything came back, at once if something already has.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "()")]
pub struct Reclaim {
    /// The torrent that asks.
    pub info_hash: InfoHash,
    /// How many bytes it wants.
    pub bytes: u64,
}

/// What the cache holds and how well it does.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "CacheStats")]
pub struct Stats;

impl Message for PieceEvent {
    type Result = ();
}

impl Message for Written {
    type Result = ();
}
