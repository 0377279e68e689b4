//! The face other crates use.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::future::join_all;
use serde_json::Value;
use storage::catalogue::actor::CatalogueAddr;
use wire::{Bitfield, InfoHash};

use crate::EngineError;
use crate::add::{AddTorrent, Added, TorrentSource, merge};
use crate::debug::TorrentDebug;
use crate::engine::actor::{
    Configure, EngineAddr, InForce, SaveSettings, SavedSettings, ShutDown, View,
};
use crate::engine::cleanup::actor::CleanUp;
use crate::engine::torrents::actor::{Add, All, Drop as DropTorrent, Find};
use crate::picker::MediaHint;
use crate::settings::Settings;
use crate::stream::{FileStream, OpenStream};
use crate::torrent::actor::TorrentAddr;
use crate::torrent::commands::actor::{
    Command, Pieces, Select, TorrentFile, View as TorrentViewWanted,
};
use crate::torrent::debug::actor::Debug;
use crate::torrent::hints::actor::Hint;
use crate::torrent::metadata::actor::AwaitMetadata;
use crate::torrent::streams::actor::{Open, Opened, StopStreams, Streams};
use crate::view::{Cleaned, EngineView, Priority, StreamView, TorrentView};

/// A player that seeks opens its next connection before the last one is seen to be closed.
const ROOM_PATIENCE: Duration = Duration::from_millis(500);

/// A handle on the running engine; cheap to clone, usable from any task. Every call fails with
/// [`EngineError::Unavailable`] when the engine is gone.
#[derive(Clone)]
pub struct EngineHandle {
    pub(crate) engine: EngineAddr,
    pub(crate) catalogue: CatalogueAddr,
}

impl EngineHandle {
    /// Adds a torrent; one that is there already is found, never added twice.
    ///
    /// # Errors
    /// A selected index past the last file; storage failed.
    pub async fn add(&self, add: AddTorrent) -> Result<Added, EngineError> {
        if let TorrentSource::Metainfo(metainfo) = &add.source {
            let (info_hash, files) = (metainfo.info_hash, metainfo.info.listed().count());
            if add.selected.iter().flatten().any(|index| *index >= files) {
                return Err(EngineError::NoSuchFile { info_hash, files });
            }
        }
        let known = self.engine.send(Add(Box::new(add))).await.map_err(gone)??;
        let existed = known.existed.is_some();
        let view = match known.existed {
            Some(add) => known.torrent.send(merge(add)).await,
            None => known.torrent.send(TorrentViewWanted { trackers: false }).await,
        };
        Ok(Added { existed, view: view.map_err(gone)? })
    }

    /// Waits until the torrent's metadata is known, at most `wait`; a torrent in error tries again.
    ///
    /// # Errors
    /// No such torrent; no peer, or none that sent the metadata, in time; what it is in error for.
    pub async fn metadata(
        &self,
        info_hash: InfoHash,
        wait: Duration,
    ) -> Result<TorrentView, EngineError> {
        self.find(info_hash).await?.send(AwaitMetadata { wait }).await.map_err(gone)?
    }

    /// Ends the open streams of one listed file, or of all; answers how many.
    ///
    /// # Errors
    /// No such torrent.
    pub async fn stop_streams(
        &self,
        info_hash: InfoHash,
        file_index: Option<usize>,
    ) -> Result<usize, EngineError> {
        self.find(info_hash).await?.send(StopStreams(file_index)).await.map_err(gone)
    }

    /// The settings in force.
    ///
    /// # Errors
    /// Only when the engine is gone.
    pub async fn settings(&self) -> Result<Arc<Settings>, EngineError> {
        self.engine.send(InForce).await.map_err(gone)
    }

    /// Puts new settings in force at once; they are not kept, see [`Self::save_settings`].
    ///
    /// # Errors
    /// Only when the engine is gone.
    pub async fn configure(&self, settings: Settings) -> Result<(), EngineError> {
        self.engine.send(Configure(settings)).await.map_err(gone)
    }

    /// The settings the catalogue keeps, by name.
    ///
    /// # Errors
    /// The catalogue does not read.
    pub async fn saved_settings(&self) -> Result<BTreeMap<String, Value>, EngineError> {
        self.engine.send(SavedSettings).await.map_err(gone)?
    }

    /// Keeps settings for the next start; durable when answered.
    ///
    /// # Errors
    /// They could not be written.
    pub async fn save_settings(&self, all: BTreeMap<String, Value>) -> Result<(), EngineError> {
        self.engine.send(SaveSettings(all)).await.map_err(gone)?
    }

    /// Ends a torrent's streams and forgets it; its files are kept unless `delete_files`.
    ///
    /// # Errors
    /// No such torrent; its files could not be deleted.
    pub async fn remove(&self, info_hash: InfoHash, delete_files: bool) -> Result<(), EngineError> {
        self.engine.send(DropTorrent { info_hash, delete_files }).await.map_err(gone)?
    }

    /// Removes finished downloads, with their files, as far as they are beyond the limits of the
    /// settings: the least recently watched first, never one that is read.
    ///
    /// # Errors
    /// Files could not be deleted.
    pub async fn clean_up(&self) -> Result<Cleaned, EngineError> {
        self.engine.send(CleanUp).await.map_err(gone)?
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

    /// Limits what it receives and sends, in bytes a second; 0 leaves it to the process's limits.
    ///
    /// # Errors
    /// No such torrent.
    pub async fn set_limits(
        &self,
        info_hash: InfoHash,
        down: u64,
        up: u64,
    ) -> Result<TorrentView, EngineError> {
        self.command(info_hash, Command::Limit(down, up)).await
    }

    /// The .torrent file: the raw `info` and the trackers it has now.
    ///
    /// # Errors
    /// No such torrent.
    pub async fn torrent_file(&self, info_hash: InfoHash) -> Result<Bytes, EngineError> {
        self.find(info_hash).await?.send(TorrentFile).await.map_err(gone)?.map(Bytes::from)
    }

    /// Its verified pieces.
    ///
    /// # Errors
    /// No such torrent.
    pub async fn pieces(&self, info_hash: InfoHash) -> Result<Bitfield, EngineError> {
        self.find(info_hash).await?.send(Pieces).await.map_err(gone)
    }

    /// Opens a cursor: from now on its bytes are what the swarm is asked for first. When memory is
    /// promised to others, waits a moment for one of them to end.
    ///
    /// # Errors
    /// No such torrent or file; its files cannot be opened; no memory for another stream.
    pub async fn open(&self, open: OpenStream) -> Result<FileStream, EngineError> {
        let torrent = self.find(open.info_hash).await?;
        torrent.send(Opened).await.map_err(gone)?;
        let give_up = Instant::now() + ROOM_PATIENCE;
        loop {
            match torrent.send(Open(open.clone())).await.map_err(gone)? {
                Err(EngineError::NoMemory { .. }) if Instant::now() < give_up => {
                    tokio::time::sleep(ROOM_PATIENCE / 20).await;
                }
                opened => return opened.map(FileStream::new),
            }
        }
    }

    /// Tells what a media file's container says: its readers' windows are then reckoned by its
    /// bitrate, and its index is fetched before what lies ahead. Replaces what was said before.
    ///
    /// # Errors
    /// No such torrent or file; its metadata is not known.
    pub async fn media_hint(
        &self,
        info_hash: InfoHash,
        file_index: usize,
        hint: MediaHint,
    ) -> Result<(), EngineError> {
        self.find(info_hash).await?.send(Hint { file_index, hint }).await.map_err(gone)?
    }

    /// One torrent from inside: cursors and their waits, unfinished pieces, peers.
    ///
    /// # Errors
    /// No such torrent.
    pub async fn debug(&self, info_hash: InfoHash) -> Result<TorrentDebug, EngineError> {
        self.find(info_hash).await?.send(Debug).await.map_err(gone)
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
        self.find(info_hash).await?.send(command).await.map_err(gone)?
    }

    async fn find(&self, info_hash: InfoHash) -> Result<TorrentAddr, EngineError> {
        let found = self.engine.send(Find(info_hash)).await.map_err(gone)?;
        found.ok_or(EngineError::NoSuchTorrent(info_hash))
    }
}

/// A mailbox that closed, or an actor that panicked over this very message.
pub(crate) fn gone<E>(_: E) -> EngineError {
    EngineError::Unavailable
}

/// Seconds since 1970; 0 on a machine whose clock is before that.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
