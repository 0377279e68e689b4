//! The face other crates use.

use std::net::SocketAddr;

use bytes::Bytes;
use wire::{Bitfield, InfoHash, Metainfo};

use crate::EngineError;
use crate::stream::{FileStream, OpenStream};
use crate::view::{EngineView, PeerView, Priority, StreamView, TorrentView};

/// What to add, and how.
#[derive(Clone, Debug)]
pub struct AddTorrent {
    /// The torrent.
    pub metainfo: Metainfo,
    /// Replaces the name shown; the files keep theirs.
    pub name: Option<String>,
    /// Start paused.
    pub paused: bool,
    /// Listed files the background downloads; `None` is all.
    pub selected: Option<Vec<usize>>,
    /// Trackers beside the torrent's own.
    pub trackers: Vec<String>,
    /// Peers to try at once.
    pub peers: Vec<SocketAddr>,
}

/// What adding came to.
#[derive(Clone, Debug)]
pub struct Added {
    /// It was there already; new trackers and peers were merged.
    pub existed: bool,
    /// The torrent as it is now.
    pub view: TorrentView,
}

/// A handle on the running engine; cheap to clone, usable from any task.
#[derive(Clone)]
pub struct EngineHandle {}

#[allow(unused_variables, clippy::todo, missing_docs)]
impl EngineHandle {
    pub async fn add(&self, add: AddTorrent) -> Result<Added, EngineError> {
        todo!()
    }
    pub async fn remove(
        &self,
        info_hash: InfoHash,
        delete_files: bool,
    ) -> Result<bool, EngineError> {
        todo!()
    }
    pub async fn list(&self) -> Result<Vec<TorrentView>, EngineError> {
        todo!()
    }
    pub async fn torrent(&self, info_hash: InfoHash) -> Result<TorrentView, EngineError> {
        todo!()
    }
    pub async fn peers(&self, info_hash: InfoHash) -> Result<Vec<PeerView>, EngineError> {
        todo!()
    }
    pub async fn select(
        &self,
        info_hash: InfoHash,
        files: Vec<usize>,
    ) -> Result<TorrentView, EngineError> {
        todo!()
    }
    pub async fn pause(&self, info_hash: InfoHash) -> Result<TorrentView, EngineError> {
        todo!()
    }
    pub async fn resume(&self, info_hash: InfoHash) -> Result<TorrentView, EngineError> {
        todo!()
    }
    pub async fn recheck(&self, info_hash: InfoHash) -> Result<TorrentView, EngineError> {
        todo!()
    }
    pub async fn reannounce(&self, info_hash: InfoHash) -> Result<TorrentView, EngineError> {
        todo!()
    }
    pub async fn set_priority(
        &self,
        info_hash: InfoHash,
        priority: Priority,
    ) -> Result<TorrentView, EngineError> {
        todo!()
    }
    /// The .torrent file: the raw `info` and the trackers it has now.
    pub async fn torrent_file(&self, info_hash: InfoHash) -> Result<Bytes, EngineError> {
        todo!()
    }
    pub async fn pieces(&self, info_hash: InfoHash) -> Result<Bitfield, EngineError> {
        todo!()
    }
    /// Opens a cursor; fails at once when there is no such torrent or file.
    pub async fn open(&self, open: OpenStream) -> Result<FileStream, EngineError> {
        todo!()
    }
    pub async fn streams(&self) -> Result<Vec<StreamView>, EngineError> {
        todo!()
    }
    pub async fn status(&self) -> Result<EngineView, EngineError> {
        todo!()
    }
    /// Streams end, resume data is saved; resolves when all is on disk.
    pub async fn shutdown(&self) {
        todo!()
    }
}
