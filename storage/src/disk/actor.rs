//! `Disk`: the files of every torrent, written behind, checked and deleted on blocking threads.

use std::path::PathBuf;
use std::sync::Arc;

use actix::{Message, Recipient};
use wire::{Bitfield, Info, InfoHash};

use crate::error::StorageError;
use crate::event::{PieceEvent, Written};
use crate::piece::Piece;
use crate::reader::DiskReader;

/// Registers a torrent below the folder `root`; nothing is created or read. Answers with what reads
/// its files.
#[derive(Message)]
#[rtype(result = "Result<DiskReader, StorageError>")]
pub struct Open {
    /// Which.
    pub info_hash: InfoHash,
    /// Files, geometry, hashes.
    pub info: Arc<Info>,
    /// The download folder; may itself be reached through symlinks, nothing below it may.
    pub root: PathBuf,
    /// Hears of writes, syncs, checks.
    pub events: Recipient<PieceEvent>,
}

/// The torrent is about to be downloaded: makes the root folder and its files of no length.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct Prepare {
    /// Which.
    pub info_hash: InfoHash,
}

/// Hashes what is on disk of `pieces`; [`PieceEvent::Checking`] tells of progress,
/// [`PieceEvent::Checked`] of the end. A second check of a torrent replaces the first.
#[derive(Message, Clone, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct Check {
    /// Which.
    pub info_hash: InfoHash,
    /// The pieces to look at.
    pub pieces: Bitfield,
}

/// Writes a piece when its turn comes. The queue is bounded by the budget: each piece in it brings
/// its reservation.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Write {
    /// The torrent.
    pub info_hash: InfoHash,
    /// The piece.
    pub piece: Arc<Piece>,
    /// Hears when it is in its files; the torrent hears [`PieceEvent::Written`] too.
    pub done: Recipient<Written>,
}

/// Writes and syncs all that is queued of a torrent; answers when done, or with the error that
/// stands in the way.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct Flush {
    /// Which.
    pub info_hash: InfoHash,
}

/// [`Flush`], then forgets the torrent. What could not be written is dropped and told.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct Close {
    /// Which.
    pub info_hash: InfoHash,
}

/// Forgets the torrent, what is queued of it too, and deletes its files and the folders they leave
/// empty: nothing else. Unknown torrents give [`StorageError::NoSuchTorrent`].
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct Delete {
    /// Which.
    pub info_hash: InfoHash,
}

/// What the disk is doing and how full it is.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<DiskUsage, StorageError>")]
pub struct Usage;

/// Answer to [`Usage`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DiskUsage {
    /// Bytes verified and not yet written.
    pub queued: u64,
    /// Bytes each open torrent's files take up: blocks on disk, holes not counted.
    pub torrents: Vec<(InfoHash, u64)>,
    /// Bytes free for us where the first open torrent lies; `None` with no torrent open.
    pub free: Option<u64>,
}
