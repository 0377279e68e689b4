//! What the API asks of a torrent.

use std::time::{Duration, UNIX_EPOCH};

use actix::prelude::*;
use storage::disk::actor::{Close, Delete};
use tracker::actor::{AddTrackers, Announce, Status as TrackerStatusWanted, Stop as StopTracker};
use wire::{Bitfield, PieceIndex};

use crate::EngineError;
use crate::swarm::actor::PeersKnown;
use crate::swarm::address_book::Source;
use crate::torrent::actor::Torrent;
use crate::torrent::status::status;
use crate::view::{FileView, Priority, TorrentView, TrackerView};

/// Everything there is to say of it; trackers are asked only for the detailed view.
#[derive(Message)]
#[rtype(result = "TorrentView")]
pub(crate) struct View {
    pub(crate) trackers: bool,
}

impl Handler<View> for Torrent {
    type Result = ResponseActFuture<Self, TorrentView>;

    fn handle(&mut self, view: View, _: &mut Self::Context) -> Self::Result {
        let asking = match (&self.tracker, view.trackers) {
            (Some(tracker), true) => Some(tracker.send(TrackerStatusWanted)),
            _ => None,
        };
        let answer = async move {
            match asking {
                Some(asking) => asking.await.unwrap_or_default(),
                None => Vec::new(),
            }
        };
        Box::pin(answer.into_actor(self).map(|trackers, torrent, _| TorrentView {
            trackers: trackers.into_iter().map(tracker_view).collect(),
            ..torrent.view()
        }))
    }
}

fn tracker_view(tracker: tracker::TrackerStatus) -> TrackerView {
    TrackerView {
        url: tracker.url,
        tier: tracker.tier,
        status: tracker.status.as_str(),
        peers: tracker.peers,
        next_announce: tracker.next_announce,
        error: tracker.error,
    }
}

impl Torrent {
    fn view(&self) -> TorrentView {
        let (downloaded, length) = self.progress.total();
        let time = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        TorrentView {
            info_hash: self.info_hash(),
            name: self.record.name.clone(),
            status: status(self.facts()),
            error: self.failure.clone(),
            priority: Priority::from_rank(self.record.priority),
            length,
            downloaded,
            selected: self.progress.selected(),
            uploaded: self.record.uploaded,
            download_speed: self.report.speed.0,
            upload_speed: self.report.speed.1,
            peers: self.report.peers,
            piece_length: self.info.geometry.piece_length(),
            pieces: self.info.geometry.pieces(),
            added_at: time(self.record.added_at),
            completed_at: self.record.completed_at.map(time),
            trackers: Vec::new(),
            files: self.file_views(),
            private: self.info.private,
        }
    }

    fn file_views(&self) -> Vec<FileView> {
        let view = |(index, file): (usize, &wire::FileEntry)| {
            let (downloaded, selected) = self.progress.file(index).unwrap_or_default();
            FileView {
                index,
                path: file.path.to_string_lossy().into_owned(),
                length: file.length,
                downloaded,
                selected,
                location: self.record.save_path.join(&file.path),
            }
        };
        self.info.listed().enumerate().map(view).collect()
    }
}

/// What the background downloads from now on.
#[derive(Message)]
#[rtype(result = "Result<TorrentView, EngineError>")]
pub(crate) struct Select(pub(crate) Vec<usize>);

impl Handler<Select> for Torrent {
    type Result = Result<TorrentView, EngineError>;
    fn handle(&mut self, Select(files): Select, _: &mut Self::Context) -> Self::Result {
        let count = self.progress.files();
        if files.iter().any(|file| *file >= count) {
            return Err(EngineError::NoSuchFile { info_hash: self.info_hash(), files: count });
        }
        self.progress.select(Some(&files));
        self.record.selected = Some(files);
        if !self.progress.complete() {
            self.record.completed_at = None;
        }
        self.tell_wants();
        self.save_record();
        Ok(self.view())
    }
}

/// Changes that need no argument; each is idempotent.
#[derive(Message, Clone, Copy)]
#[rtype(result = "TorrentView")]
pub(crate) enum Command {
    Pause,
    Resume,
    Recheck,
    Reannounce,
    Rank(Priority),
}

impl Handler<Command> for Torrent {
    type Result = MessageResult<Command>;
    fn handle(&mut self, command: Command, ctx: &mut Self::Context) -> Self::Result {
        match command {
            Command::Pause => self.pause(),
            Command::Resume => self.resume(ctx),
            Command::Recheck => self.recheck(),
            Command::Reannounce => {
                if let Some(tracker) = &self.tracker {
                    tracker.do_send(Announce::Now);
                }
            }
            Command::Rank(priority) => self.record.priority = priority.rank(),
        }
        self.save_record();
        MessageResult(self.view())
    }
}

impl Torrent {
    fn pause(&mut self) {
        self.record.paused = true;
        self.tell_wants();
        if self.streams.is_empty() {
            self.rest();
        }
    }

    fn resume(&mut self, ctx: &mut Context<Self>) {
        self.record.paused = false;
        if self.failure.take().is_some() && self.disk.is_none() {
            self.started(ctx);
        }
        self.run(ctx);
    }

    /// Every piece is doubted and hashed again. Readers wait for theirs.
    fn recheck(&mut self) {
        if self.checking.is_some() || self.disk.is_none() {
            return;
        }
        self.rest();
        let pieces = self.info.geometry.pieces();
        (0..pieces).map(PieceIndex).for_each(|piece| self.lost(piece));
        self.written = Bitfield::none(pieces);
        self.synced = Bitfield::none(pieces);
        self.check(Bitfield::all(pieces));
    }
}

/// Trackers and peers beside those it knows.
#[derive(Message)]
#[rtype(result = "TorrentView")]
pub(crate) struct Merge {
    pub(crate) trackers: Vec<String>,
    pub(crate) peers: Vec<std::net::SocketAddr>,
}

impl Handler<Merge> for Torrent {
    type Result = MessageResult<Merge>;
    fn handle(&mut self, merge: Merge, _: &mut Self::Context) -> Self::Result {
        let known: Vec<String> =
            self.metainfo.trackers.iter().flatten().chain(&self.record.trackers).cloned().collect();
        let news: Vec<String> =
            merge.trackers.into_iter().filter(|url| !known.contains(url)).collect();
        if !news.is_empty() {
            self.record.trackers.extend(news.iter().cloned());
            self.save_record();
        }
        if let Some(tracker) = &self.tracker {
            tracker.do_send(AddTrackers(news));
        }
        match &self.swarm {
            Some(swarm) => {
                swarm.do_send(PeersKnown { peers: merge.peers, source: Source::User });
            }
            None => self.first_peers.extend(merge.peers),
        }
        MessageResult(self.view())
    }
}

/// The .torrent file as it is now.
#[derive(Message)]
#[rtype(result = "Vec<u8>")]
pub(crate) struct TorrentFile;

impl Handler<TorrentFile> for Torrent {
    type Result = Vec<u8>;
    fn handle(&mut self, _: TorrentFile, _: &mut Self::Context) -> Vec<u8> {
        let mut tiers = self.metainfo.trackers.clone();
        tiers.extend(self.record.trackers.iter().map(|url| vec![url.clone()]));
        self.metainfo.to_torrent_file(&tiers)
    }
}

/// Every verified piece.
#[derive(Message)]
#[rtype(result = "Bitfield")]
pub(crate) struct Pieces;

impl Handler<Pieces> for Torrent {
    type Result = MessageResult<Pieces>;
    fn handle(&mut self, _: Pieces, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.progress.have().clone())
    }
}

/// The torrent goes: its streams end, trackers hear of it, files are kept or deleted. Answers when
/// all is on disk.
#[derive(Message)]
#[rtype(result = "Result<(), EngineError>")]
pub(crate) struct Leave {
    pub(crate) delete_files: bool,
}

impl Handler<Leave> for Torrent {
    type Result = ResponseActFuture<Self, Result<(), EngineError>>;

    fn handle(&mut self, leave: Leave, _: &mut Self::Context) -> Self::Result {
        self.life.cancel();
        let farewell = self.tracker.take().map(|tracker| tracker.send(StopTracker));
        self.rest();
        let (info_hash, disk) = (self.info_hash(), self.parts.disk.clone());
        let opened = self.disk.is_some();
        let leaving = async move {
            let files = async {
                if !opened {
                    return Ok(());
                }
                let done = match leave.delete_files {
                    true => disk.send(Delete { info_hash }).await,
                    false => disk.send(Close { info_hash }).await,
                };
                done.map_err(|_| EngineError::Unavailable)?
                    .map_err(|error| EngineError::Storage(error.to_string()))
            };
            let farewell = async {
                if let Some(farewell) = farewell {
                    let _ = farewell.await;
                }
            };
            futures_util::future::join(files, farewell).await.0
        };
        Box::pin(leaving.into_actor(self).map(|outcome, torrent, ctx| {
            if !torrent.progress.have().is_none() {
                torrent.save_resume();
            }
            ctx.stop();
            outcome
        }))
    }
}
