//! `Catalogue`: torrents, resume data and settings in redb, one transaction at a time.

use std::collections::BTreeMap;

use actix::Message;
use bytes::Bytes;
use wire::{Bitfield, InfoHash};

use crate::catalogue::record::{StoredTorrent, TorrentRecord};
use crate::error::StorageError;

/// Saves what is known of a torrent; answered when it is durable.
#[derive(Message, Clone, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct Save {
    /// Replaces the record of the same info hash.
    pub record: TorrentRecord,
    /// The .torrent file's bytes, with a new torrent; `None` leaves them.
    pub metainfo: Option<Bytes>,
}

/// Saves which pieces are on disk for good: only such as were in a
/// [`crate::PieceEvent::Synced`]. Written within two seconds, the latest wins; nothing is
/// answered. Bounded: one a torrent.
#[derive(Message, Clone, Debug)]
#[rtype(result = "()")]
pub struct SaveResume {
    /// The torrent.
    pub info_hash: InfoHash,
    /// Its pieces.
    pub have: Bitfield,
}

/// Forgets a torrent; answered when that is durable.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct Remove {
    /// Which.
    pub info_hash: InfoHash,
}

/// Every torrent, in the order they were added.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<Vec<StoredTorrent>, StorageError>")]
pub struct LoadAll;

/// Saves one setting; answered when it is durable.
#[derive(Message, Clone, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct PutSetting {
    /// Its name.
    pub key: String,
    /// Its value; `None` forgets it.
    pub value: Option<serde_json::Value>,
}

/// Every setting.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<BTreeMap<String, serde_json::Value>, StorageError>")]
pub struct LoadSettings;

/// Writes at once what [`SaveResume`] left for later; answered when it is durable.
#[derive(Message, Clone, Copy, Debug)]
#[rtype(result = "Result<(), StorageError>")]
pub struct FlushResume;
