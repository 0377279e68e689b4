//! Fetching a magnet link's metadata from the swarm (BEP 9), and telling who waits for it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use actix::prelude::*;
use bytes::Bytes;
use storage::catalogue::actor::SaveMetadata;
use tracker::actor::Stop as StopTracker;
use wire::extension::METADATA_PIECE_LEN;
use wire::metadata_fetch::{Fetched, MetadataFetch};
use wire::{Metainfo, MetainfoError};

use crate::EngineError;
use crate::peer::actor::PeerSession;
use crate::peer::orders::actor::{AskMetadata, Lied};
use crate::picker::PeerKey;
use crate::swarm::orders::actor::TorrentSaid;
use crate::torrent::actor::{Stage, Torrent};
use crate::torrent::content::Content;
use crate::view::TorrentView;

/// The peers that offer the metadata, and the timer that looks after the silent ones.
#[derive(Default)]
pub(crate) struct Sources {
    sessions: HashMap<PeerKey, Addr<PeerSession>>,
    timer: Option<SpawnHandle>,
}

/// What sessions tell of the metadata. Bounded by what they were asked for.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct MetadataSaid {
    pub(crate) key: PeerKey,
    pub(crate) what: MetadataNews,
}

/// What a peer said of the metadata.
pub(crate) enum MetadataNews {
    /// It has it, so many bytes; none of it where that is 0.
    Offered(u32, Addr<PeerSession>),
    Piece {
        piece: u32,
        total_size: u32,
        data: Bytes,
    },
    Rejected(u32),
    /// The connection is gone.
    Left,
}

impl Handler<MetadataSaid> for Torrent {
    type Result = ();
    fn handle(&mut self, said: MetadataSaid, ctx: &mut Self::Context) {
        if self.content.is_some() {
            return;
        }
        let (key, now) = (said.key, Instant::now());
        match said.what {
            MetadataNews::Offered(size, session) => {
                self.sources.sessions.insert(key, session);
                self.fetch.peer(now, key, size);
            }
            MetadataNews::Piece { piece, total_size, data } => {
                match self.fetch.data(now, key, piece, total_size, data) {
                    Fetched::More => {}
                    Fetched::Complete(info) => return self.read_metadata(info, ctx),
                    Fetched::Wrong(liars) => self.blame(&liars),
                }
            }
            MetadataNews::Rejected(piece) => self.fetch.rejected(now, key, piece),
            MetadataNews::Left => {
                self.sources.sessions.remove(&key);
                self.fetch.left(key);
            }
        }
        self.ask_metadata(ctx);
    }
}

impl Torrent {
    /// Asks whom it should be asked of now, and looks again when one of them was silent too long.
    fn ask_metadata(&mut self, ctx: &mut Context<Self>) {
        if let Some(timer) = self.sources.timer.take() {
            ctx.cancel_future(timer);
        }
        if self.content.is_some() {
            return;
        }
        let now = Instant::now();
        for (key, piece) in self.fetch.wants(now) {
            if let Some(session) = self.sources.sessions.get(&key) {
                session.do_send(AskMetadata(piece));
            }
        }
        self.sources.timer = self.fetch.next_timeout().map(|at| {
            let wait = at.saturating_duration_since(now);
            ctx.run_later(wait, |torrent, ctx| torrent.ask_metadata(ctx))
        });
    }

    fn blame(&mut self, liars: &[PeerKey]) {
        for liar in liars {
            if let Some(session) = self.sources.sessions.remove(liar) {
                session.do_send(Lied);
            }
        }
    }

    /// The bytes hash to the info hash: what they say is what the torrent is, for good or ill. One
    /// piece of metadata is read faster than another thread wakes.
    fn read_metadata(&mut self, info: Bytes, ctx: &mut Context<Self>) {
        let web_seeds = self.record.web_seeds.clone();
        let short = info.len() <= METADATA_PIECE_LEN as usize;
        let reading = move || Metainfo::from_info(info, Vec::new(), web_seeds);
        if short {
            return self.metadata_read(reading(), ctx);
        }
        let reading = self.parts.io.spawn_blocking(reading);
        ctx.spawn(reading.into_actor(self).map(|read, torrent, ctx| match read {
            Ok(read) => torrent.metadata_read(read, ctx),
            Err(_) => torrent.forget_metadata(),
        }));
    }

    fn metadata_read(&mut self, read: Result<Metainfo, MetainfoError>, ctx: &mut Context<Self>) {
        match read {
            Ok(metainfo) => self.metadata_known(metainfo, ctx),
            Err(error) => self.metadata_unusable(&error),
        }
    }

    fn metadata_unusable(&mut self, error: &MetainfoError) {
        self.fail(&format!("the swarm's metadata is no torrent we can use: {error}"));
    }

    /// The torrent has files from now on.
    pub(crate) fn metadata_known(&mut self, metainfo: Metainfo, ctx: &mut Context<Self>) {
        if self.content.is_some() || metainfo.info_hash != self.info_hash {
            return;
        }
        let files = metainfo.info.listed().count();
        if let Some(selected) = &mut self.record.selected {
            selected.retain(|index| *index < files);
        }
        if !self.record.named_by_user {
            self.record.name = metainfo.info.name.clone();
        }
        tracing::info!(info_hash = %self.info_hash, name = self.record.name, "metadata known");
        let file = metainfo.to_torrent_file(&metainfo.trackers);
        let saved = SaveMetadata { record: self.record.clone(), metainfo: file.into() };
        self.parts.catalogue.do_send(saved);
        self.content = Some(Content::new(metainfo, self.record.selected.as_deref(), None));
        self.forget_metadata();
        self.leave_public_trackers();
        self.failure = None;
        self.stage.send_replace(Stage::Opening);
        self.begin(ctx);
    }

    /// A magnet link does not say that its torrent is private (BEP 27): the trackers added to public
    /// ones hear that we leave. It is announced anew to its own.
    fn leave_public_trackers(&mut self) {
        if !self.is_private() || self.parts.settings.trackers.is_empty() {
            return;
        }
        if let Some(tracker) = self.tracker.take() {
            tracker.do_send(StopTracker);
        }
    }

    /// Drops what is half known; peers offer it again if it is still missing.
    pub(crate) fn forget_metadata(&mut self) {
        self.fetch = MetadataFetch::new(self.info_hash);
        self.sources = Sources::default();
        if let (None, Some(swarm)) = (&self.content, &self.swarm) {
            swarm.do_send(TorrentSaid::OfferMetadata);
        }
    }
}

/// Answers when the metadata is known.
#[derive(Message)]
#[rtype(result = "Result<TorrentView, EngineError>")]
pub(crate) struct AwaitMetadata {
    pub(crate) wait: Duration,
}

impl Handler<AwaitMetadata> for Torrent {
    type Result = ResponseActFuture<Self, Result<TorrentView, EngineError>>;

    fn handle(&mut self, msg: AwaitMetadata, ctx: &mut Self::Context) -> Self::Result {
        self.waiters += 1;
        self.forgive(ctx);
        self.run(ctx);
        let mut stage = self.stage.subscribe();
        let waiting = async move {
            let known = stage.wait_for(|stage| *stage != Stage::Fetching);
            let _ = tokio::time::timeout(msg.wait, known).await;
        };
        Box::pin(waiting.into_actor(self).map(|(), torrent, _| {
            torrent.waiters = torrent.waiters.saturating_sub(1);
            torrent.rest_if_idle();
            torrent.metadata_or_why()
        }))
    }
}

impl Torrent {
    fn metadata_or_why(&self) -> Result<TorrentView, EngineError> {
        match (&self.content, &self.failure) {
            (Some(_), _) => Ok(self.view()),
            (None, Some(reason)) => Err(EngineError::Failed(reason.clone())),
            (None, None) if self.report.peers == 0 => {
                let reason = self.no_peers.clone();
                Err(EngineError::NoPeers(reason.unwrap_or_else(|| "none was found yet".into())))
            }
            (None, None) => Err(EngineError::MetadataTimeout { peers: self.report.peers }),
        }
    }
}
