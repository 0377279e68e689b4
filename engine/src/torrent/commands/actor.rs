//! What the API asks of a torrent.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use actix::prelude::*;
use storage::disk::actor::{Close, Delete};
use tracker::actor::{AddTrackers, Announce, Status as TrackerStatusWanted, Stop as StopTracker};
use wire::{Bitfield, Metainfo};

use crate::EngineError;
use crate::settings::Settings;
use crate::swarm::actor::PeersKnown;
use crate::swarm::address_book::Source;
use crate::swarm::orders::actor::{Recall, TorrentSaid};
use crate::torrent::actor::Torrent;
use crate::torrent::content::Content;
use crate::torrent::status::status;
use crate::view::{FileView, Priority, TorrentView, TrackerView};

/// Peers that the user named, kept to be tried first whenever the swarm starts.
const MAX_NAMED_PEERS: usize = 200;

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
        seeders: tracker.seeders,
        leechers: tracker.leechers,
        next_announce: tracker.next_announce,
        error: tracker.error,
    }
}

impl Torrent {
    pub(crate) fn view(&self) -> TorrentView {
        let content = self.content.as_ref();
        let (downloaded, length) = content.map_or((0, 0), |content| content.progress.total());
        let time = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        TorrentView {
            info_hash: self.info_hash,
            name: self.record.name.clone(),
            status: status(self.facts()),
            error: self
                .failure
                .clone()
                .or_else(|| self.lacks_memory())
                .or_else(|| self.no_peers.clone()),
            priority: Priority::from_rank(self.record.priority),
            length,
            downloaded,
            selected: content.map_or((0, 0), |content| content.progress.selected()),
            uploaded: self.record.uploaded,
            download_speed: self.report.speed.0,
            upload_speed: self.report.speed.1,
            limits: (self.record.max_download_speed, self.record.max_upload_speed),
            peers: self.report.peers,
            piece_length: content.map_or(0, |content| content.geometry().piece_length()),
            pieces: content.map_or(0, |content| content.geometry().pieces()),
            metadata: content.is_some(),
            added_at: time(self.record.added_at),
            completed_at: self.record.completed_at.map(time),
            trackers: Vec::new(),
            files: content.map_or_else(Vec::new, |content| self.file_views(content)),
            private: self.is_private(),
        }
    }

    fn file_views(&self, content: &Content) -> Vec<FileView> {
        let view = |(index, file): (usize, &wire::FileEntry)| {
            let (downloaded, selected) = content.progress.file(index).unwrap_or_default();
            FileView {
                index,
                path: file.path.to_string_lossy().into_owned(),
                length: file.length,
                offset: file.offset,
                downloaded,
                selected,
                location: self.record.save_path.join(&file.path),
            }
        };
        content.info.listed().enumerate().map(view).collect()
    }
}

/// What the background downloads from now on.
#[derive(Message)]
#[rtype(result = "Result<TorrentView, EngineError>")]
pub(crate) struct Select(pub(crate) Vec<usize>);

impl Handler<Select> for Torrent {
    type Result = Result<TorrentView, EngineError>;
    fn handle(&mut self, Select(files): Select, ctx: &mut Self::Context) -> Self::Result {
        let info_hash = self.info_hash;
        let Some(content) = &mut self.content else {
            return Err(EngineError::NoMetadata(info_hash));
        };
        let count = content.progress.files();
        if files.iter().any(|file| *file >= count) {
            return Err(EngineError::NoSuchFile { info_hash, files: count });
        }
        content.progress.select(Some(&files));
        self.record.selected = Some(files);
        if !content.progress.complete() {
            self.record.completed_at = None;
        }
        self.tell_wants();
        self.run(ctx);
        self.save_record();
        Ok(self.view())
    }
}

/// Changes that need no argument; each is idempotent.
#[derive(Message, Clone, Copy)]
#[rtype(result = "Result<TorrentView, EngineError>")]
pub(crate) enum Command {
    Pause,
    Resume,
    Recheck,
    Reannounce,
    Rank(Priority),
    /// Bytes a second in and out; 0 is no limit of its own.
    Limit(u64, u64),
}

impl Handler<Command> for Torrent {
    type Result = Result<TorrentView, EngineError>;
    fn handle(&mut self, command: Command, ctx: &mut Self::Context) -> Self::Result {
        match command {
            Command::Pause => self.pause(),
            Command::Resume => self.resume(ctx),
            Command::Recheck if self.content.is_none() => {
                return Err(EngineError::NoMetadata(self.info_hash));
            }
            // What is in memory alone was hashed on its way there.
            Command::Recheck if !self.has_files() => {}
            Command::Recheck => self.recheck(),
            Command::Reannounce => {
                if let Some(tracker) = &self.tracker {
                    tracker.do_send(Announce::Now);
                }
            }
            Command::Rank(priority) => {
                self.record.priority = priority.rank();
                self.tell_hunger();
            }
            Command::Limit(down, up) => {
                (self.record.max_download_speed, self.record.max_upload_speed) = (down, up);
                self.set_limits();
            }
        }
        self.save_record();
        Ok(self.view())
    }
}

impl Torrent {
    fn pause(&mut self) {
        self.record.paused = true;
        self.tell_wants();
        self.rest_if_idle();
    }

    fn resume(&mut self, ctx: &mut Context<Self>) {
        self.record.paused = false;
        self.forgive(ctx);
        self.run(ctx);
    }
}

/// Whether it waits its turn to download.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Queued(pub(crate) bool);

impl Handler<Queued> for Torrent {
    type Result = ();
    fn handle(&mut self, Queued(queued): Queued, ctx: &mut Self::Context) {
        self.queued = queued;
        self.rest_if_idle();
        self.run(ctx);
    }
}

/// New settings.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Configured(pub(crate) Arc<Settings>);

impl Handler<Configured> for Torrent {
    type Result = ();
    fn handle(&mut self, Configured(settings): Configured, ctx: &mut Self::Context) {
        if let Some(swarm) = &self.swarm {
            swarm.do_send(TorrentSaid::MaxPeers(settings.max_connections_per_torrent));
        }
        if let (Some(tracker), false) = (&self.tracker, self.is_private()) {
            tracker.do_send(AddTrackers(settings.trackers.clone()));
        }
        self.parts.settings = settings;
        self.stop_seeding_when_even();
        self.run(ctx);
    }
}

/// Trackers and peers beside those it knows, and maybe the metadata it lacks.
#[derive(Message)]
#[rtype(result = "TorrentView")]
pub(crate) struct Merge {
    pub(crate) metainfo: Option<Box<Metainfo>>,
    pub(crate) trackers: Vec<String>,
    pub(crate) peers: Vec<std::net::SocketAddr>,
}

impl Handler<Merge> for Torrent {
    type Result = MessageResult<Merge>;
    fn handle(&mut self, merge: Merge, ctx: &mut Self::Context) -> Self::Result {
        if let Some(metainfo) = merge.metainfo {
            self.metadata_known(*metainfo, ctx);
        }
        let known: Vec<String> = self.tiers().into_iter().flatten().collect();
        let news: Vec<String> =
            merge.trackers.into_iter().filter(|url| !known.contains(url)).collect();
        if !news.is_empty() {
            self.record.trackers.extend(news.iter().cloned());
            self.save_record();
        }
        if let Some(tracker) = &self.tracker {
            tracker.do_send(AddTrackers(news));
        }
        for peer in &merge.peers {
            if self.first_peers.len() < MAX_NAMED_PEERS && !self.first_peers.contains(peer) {
                self.first_peers.push(*peer);
            }
        }
        if let Some(swarm) = &self.swarm {
            swarm.do_send(PeersKnown { peers: merge.peers, source: Source::User });
        }
        MessageResult(self.view())
    }
}

/// The .torrent file as it is now.
#[derive(Message)]
#[rtype(result = "Result<Vec<u8>, EngineError>")]
pub(crate) struct TorrentFile;

impl Handler<TorrentFile> for Torrent {
    type Result = Result<Vec<u8>, EngineError>;
    fn handle(&mut self, _: TorrentFile, _: &mut Self::Context) -> Self::Result {
        let content = self.content.as_ref().ok_or(EngineError::NoMetadata(self.info_hash))?;
        Ok(content.metainfo.to_torrent_file(&self.tiers()))
    }
}

/// Every verified piece.
#[derive(Message)]
#[rtype(result = "Bitfield")]
pub(crate) struct Pieces;

impl Handler<Pieces> for Torrent {
    type Result = MessageResult<Pieces>;
    fn handle(&mut self, _: Pieces, _: &mut Self::Context) -> Self::Result {
        let have = self.content.as_ref().map(|content| content.progress.have().clone());
        MessageResult(have.unwrap_or_else(|| Bitfield::none(0)))
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
        let recalling = self.swarm.as_ref().map(|swarm| swarm.send(Recall));
        self.rest();
        let (info_hash, disk) = (self.info_hash, self.parts.disk.clone());
        let content = self.content.as_ref().filter(|_| self.has_files());
        let opened = content.is_some_and(|content| content.disk.is_some());
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
            let peers = async {
                match recalling {
                    Some(recalling) => recalling.await.unwrap_or_default(),
                    None => Vec::new(),
                }
            };
            let all = futures_util::future::join3(files, farewell, peers);
            let (files, (), peers) = all.await;
            (files, peers)
        };
        Box::pin(leaving.into_actor(self).map(|(outcome, peers), torrent, ctx| {
            torrent.keep_peers(&peers);
            if torrent.content.as_ref().is_some_and(|content| !content.progress.have().is_none()) {
                torrent.save_resume();
            }
            ctx.stop();
            outcome
        }))
    }
}
