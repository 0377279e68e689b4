//! The face other crates use.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::future::join_all;
use wire::{Bitfield, InfoHash, Metainfo};

use crate::EngineError;
use crate::engine::actor::{Add, All, Drop as DropTorrent, EngineAddr, Find, ShutDown, View};
use crate::stream::{FileStream, OpenStream};
use crate::torrent::actor::TorrentAddr;
use crate::torrent::commands::actor::{
    Command, Merge, Pieces, Select, TorrentFile, View as TorrentViewWanted,
};
use crate::torrent::streams::actor::{Open, Opened, Streams};
use crate::view::{EngineView, Priority, StreamView, TorrentView};

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
    /// The folder its files are in, or go to; `None` is the download folder.
    pub save_path: Option<PathBuf>,
}

impl AddTorrent {
    /// All of `metainfo`'s files, started at once, below the download folder.
    pub fn new(metainfo: Metainfo) -> Self {
        Self {
            metainfo,
            name: None,
            paused: false,
            selected: None,
            trackers: Vec::new(),
            peers: Vec::new(),
            save_path: None,
        }
    }
}

/// What adding came to.
#[derive(Clone, Debug)]
pub struct Added {
    /// It was there already; new trackers and peers were merged.
    pub existed: bool,
    /// The torrent as it is now.
    pub view: TorrentView,
}

/// A handle on the running engine; cheap to clone, usable from any task. Every call fails with
/// [`EngineError::Unavailable`] when the engine is gone.
#[derive(Clone)]
pub struct EngineHandle {
    pub(crate) engine: EngineAddr,
}

impl EngineHandle {
    /// Adds a torrent; one that is there already is found, never added twice.
    ///
    /// # Errors
    /// A selected index past the last file; storage failed.
    pub async fn add(&self, add: AddTorrent) -> Result<Added, EngineError> {
        let (info_hash, files) = (add.metainfo.info_hash, add.metainfo.info.listed().count());
        if add.selected.iter().flatten().any(|index| *index >= files) {
            return Err(EngineError::NoSuchFile { info_hash, files });
        }
        let (trackers, peers) = (add.trackers.clone(), add.peers.clone());
        let known = self.engine.send(Add(Box::new(add))).await.map_err(gone)??;
        let view = match known.existed {
            true => known.torrent.send(Merge { trackers, peers }).await,
            false => known.torrent.send(TorrentViewWanted { trackers: false }).await,
        };
        Ok(Added { existed: known.existed, view: view.map_err(gone)? })
    }

    /// Ends a torrent's streams and forgets it; its files are kept unless `delete_files`.
    ///
    /// # Errors
    /// No such torrent; its files could not be deleted.
    pub async fn remove(&self, info_hash: InfoHash, delete_files: bool) -> Result<(), EngineError> {
        self.engine.send(DropTorrent { info_hash, delete_files }).await.map_err(gone)?
    }

    /// Every torrent, without its trackers, in the order they were added.
    ///
    /// # Errors
    /// Only when the engine is gone.
    pub async fn list(&self) -> Result<Vec<TorrentView>, EngineError> {
        let torrents = self.engine.send(All).await.map_err(gone)?;
        let asked =
            torrents.iter().map(|torrent| torrent.send(TorrentViewWanted { trackers: false }));
        let mut views: Vec<_> = join_all(asked).await.into_iter().flatten().collect();
        views.sort_by_key(|view| (view.added_at, view.info_hash));
        Ok(views)
    }

    /// One torrent, with its trackers.
    ///
    /// # Errors
    /// No such torrent.
    pub async fn torrent(&self, info_hash: InfoHash) -> Result<TorrentView, EngineError> {
        let wanted = TorrentViewWanted { trackers: true };
        self.find(info_hash).await?.send(wanted).await.map_err(gone)
    }

    /// Changes what the background downloads: listed files by number.
    ///
    /// # Errors
    /// No such torrent or file.
    pub async fn select(
        &self,
        info_hash: InfoHash,
        files: Vec<usize>,
    ) -> Result<TorrentView, EngineError> {
        self.find(info_hash).await?.send(Select(files)).await.map_err(gone)?
    }

    /// Stops background download and seeding. Reads go on, and bring in what they need.
    ///
    /// # Errors
    /// No such torrent.
    pub async fn pause(&self, info_hash: InfoHash) -> Result<TorrentView, EngineError> {
        self.command(info_hash, Command::Pause).await
    }

    /// Undoes [`Self::pause`], and tries again after a failure.
    ///
    /// # Errors
    /// No such torrent.
    pub async fn resume(&self, info_hash: InfoHash) -> Result<TorrentView, EngineError> {
        self.command(info_hash, Command::Resume).await
    }

    /// Hashes every piece on disk again.
    ///
    /// # Errors
    /// No such torrent.
    pub async fn recheck(&self, info_hash: InfoHash) -> Result<TorrentView, EngineError> {
        self.command(info_hash, Command::Recheck).await
    }

    /// Asks its trackers for peers now.
    ///
    /// # Errors
    /// No such torrent.
    pub async fn reannounce(&self, info_hash: InfoHash) -> Result<TorrentView, EngineError> {
        self.command(info_hash, Command::Reannounce).await
    }

    /// Ranks it among background downloads.
    ///
    /// # Errors
    /// No such torrent.
    pub async fn set_priority(
        &self,
        info_hash: InfoHash,
        priority: Priority,
    ) -> Result<TorrentView, EngineError> {
        self.command(info_hash, Command::Rank(priority)).await
    }

    /// The .torrent file: the raw `info` and the trackers it has now.
    ///
    /// # Errors
    /// No such torrent.
    pub async fn torrent_file(&self, info_hash: InfoHash) -> Result<Bytes, EngineError> {
        self.find(info_hash).await?.send(TorrentFile).await.map(Bytes::from).map_err(gone)
    }

    /// Its verified pieces.
    ///
    /// # Errors
    /// No such torrent.
    pub async fn pieces(&self, info_hash: InfoHash) -> Result<Bitfield, EngineError> {
        self.find(info_hash).await?.send(Pieces).await.map_err(gone)
    }

    /// Opens a cursor: from now on its bytes are what the swarm is asked for first.
    ///
    /// # Errors
    /// No such torrent or file; its files cannot be opened.
    pub async fn open(&self, open: OpenStream) -> Result<FileStream, EngineError> {
        let torrent = self.find(open.info_hash).await?;
        torrent.send(Opened).await.map_err(gone)?;
        torrent.send(Open(open)).await.map_err(gone)?.map(FileStream::new)
    }

    /// Every open stream, oldest first.
    ///
    /// # Errors
    /// Only when the engine is gone.
    pub async fn streams(&self) -> Result<Vec<StreamView>, EngineError> {
        let torrents = self.engine.send(All).await.map_err(gone)?;
        let asked = torrents.iter().map(|torrent| torrent.send(Streams));
        let mut streams: Vec<_> = join_all(asked).await.into_iter().flatten().flatten().collect();
        streams.sort_by_key(|stream| stream.id);
        Ok(streams)
    }

    /// The process as a whole.
    ///
    /// # Errors
    /// Only when the engine is gone.
    pub async fn status(&self) -> Result<EngineView, EngineError> {
        self.engine.send(View).await.map_err(gone)
    }

    /// Streams end, trackers hear of it, resume data is saved; resolves when all is on disk.
    pub async fn shutdown(&self) {
        let _ = self.engine.send(ShutDown).await;
    }

    async fn command(
        &self,
        info_hash: InfoHash,
        command: Command,
    ) -> Result<TorrentView, EngineError> {
        self.find(info_hash).await?.send(command).await.map_err(gone)
    }

    async fn find(&self, info_hash: InfoHash) -> Result<TorrentAddr, EngineError> {
        let found = self.engine.send(Find(info_hash)).await.map_err(gone)?;
        found.ok_or(EngineError::NoSuchTorrent(info_hash))
    }
}

/// A mailbox that closed, or an actor that panicked over this very message.
fn gone<E>(_: E) -> EngineError {
    EngineError::Unavailable
}

/// Seconds since 1970; 0 on a machine whose clock is before that.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
