//! `Torrent`: one torrent's life cycle, and what storage tells of its pieces.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use actix::prelude::*;
use storage::cache::actor::{Cache, CloseTorrent, OpenTorrent};
use storage::catalogue::TorrentRecord;
use storage::catalogue::actor::{Catalogue, Save, SaveResume};
use storage::disk::actor::{Check, Disk, Open};
use storage::{BlockPool, Budget, DiskReader, Layout, StorageError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracker::actor::{PeersFound, Stats, Tracker};
use tracker::announce::Transfer;
use wire::{AddressPolicy, Bitfield, InfoHash, Metainfo, PeerId};

use super::progress::Progress;
use super::resume;
use super::status::Facts;
use super::streams::shared::StreamShared;
use crate::limits::{Limits, TorrentLimits};
use crate::picker::actor::PickerActor;
use crate::supervise::Ledger;
use crate::swarm::actor::{PeersKnown, Swarm};
use crate::swarm::address_book::Source;
use crate::swarm::places::Places;

/// What every torrent of the process shares: addresses and handles, no state.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) io: tokio::runtime::Handle,
    pub(crate) ledger: Ledger,
    pub(crate) cache: Addr<Cache>,
    pub(crate) disk: Addr<Disk>,
    pub(crate) catalogue: Addr<Catalogue>,
    pub(crate) budget: Budget,
    pub(crate) pool: BlockPool,
    pub(crate) peer_id: PeerId,
    pub(crate) policy: AddressPolicy,
    pub(crate) peer_port: u16,
    pub(crate) max_peers: usize,
    /// Connections of the whole process.
    pub(crate) places: Places,
    /// Rate limits of the whole process.
    pub(crate) limits: Limits,
    /// Percent of a cursor's share of memory that goes ahead of it.
    pub(crate) ahead_percent: u8,
    /// Numbers connections and streams, unique in the process.
    pub(crate) next_id: Arc<AtomicU64>,
    /// The greatest working limit any torrent asked for.
    pub(crate) working_limit: Arc<AtomicU64>,
    /// Open streams of the process: each has an equal share of memory.
    pub(crate) streams: Arc<AtomicUsize>,
}

/// How the handle speaks to it.
pub(crate) type TorrentAddr = Addr<Torrent>;

/// One torrent.
pub(crate) struct Torrent {
    pub(crate) parts: Parts,
    pub(crate) arbiter: ArbiterHandle,
    pub(crate) metainfo: Metainfo,
    pub(crate) info: Arc<wire::Info>,
    pub(crate) record: TorrentRecord,
    /// Have-bits of an earlier run, until the files were looked at.
    saved: Option<Bitfield>,
    pub(crate) progress: Progress,
    /// Pieces in their files, and those of them that a power cut spares: only these are saved.
    pub(crate) written: Bitfield,
    pub(crate) synced: Bitfield,
    pub(crate) disk: Option<DiskReader>,
    /// Whether opening the files is over, well or not: readers wait for it.
    pub(crate) opened: watch::Sender<bool>,
    pub(crate) checking: Option<(u32, u32)>,
    /// What stands in its way, in words.
    pub(crate) failure: Option<String>,
    /// This torrent's rate limits; every swarm it has is held to them.
    pub(crate) limits: TorrentLimits,
    pub(crate) swarm: Option<Addr<Swarm>>,
    pub(crate) picker: Option<Addr<PickerActor>>,
    /// The picker as streams see it.
    pub(crate) picker_now: watch::Sender<Option<Addr<PickerActor>>>,
    pub(crate) tracker: Option<Addr<Tracker>>,
    pub(crate) report: SwarmReport,
    /// `record`'s counters when this run of the swarm began.
    pub(crate) transferred_before: (u64, u64),
    pub(crate) streams: HashMap<u64, Arc<StreamShared>>,
    /// How many pickers it has had: tells the present one's end from an earlier one's.
    pub(crate) pickers: u64,
    /// Cancelled when the torrent goes.
    pub(crate) life: CancellationToken,
    /// Of `life`: ends the streams that are open now.
    pub(crate) end: CancellationToken,
    /// Peers named before there was a swarm.
    pub(crate) first_peers: Vec<std::net::SocketAddr>,
}

impl Torrent {
    pub(crate) fn new(
        parts: Parts,
        arbiter: ArbiterHandle,
        metainfo: Metainfo,
        record: TorrentRecord,
        saved: Option<Bitfield>,
        life: CancellationToken,
    ) -> Self {
        let progress = Progress::new(&metainfo.info, record.selected.as_deref());
        let none = Bitfield::none(metainfo.info.geometry.pieces());
        Self {
            limits: parts.limits.torrent(),
            parts,
            arbiter,
            info: Arc::new(metainfo.info.clone()),
            metainfo,
            transferred_before: (record.uploaded, record.downloaded),
            record,
            saved,
            progress,
            written: none.clone(),
            synced: none,
            disk: None,
            opened: watch::Sender::new(false),
            checking: Some((0, 0)),
            failure: None,
            swarm: None,
            picker: None,
            picker_now: watch::Sender::new(None),
            tracker: None,
            report: SwarmReport::default(),
            streams: HashMap::new(),
            pickers: 0,
            end: life.child_token(),
            life,
            first_peers: Vec::new(),
        }
    }

    pub(crate) fn info_hash(&self) -> InfoHash {
        self.metainfo.info_hash
    }

    pub(crate) fn facts(&self) -> Facts {
        Facts {
            checking: self.checking.is_some(),
            paused: self.record.paused,
            failed: self.failure.is_some(),
            complete: self.progress.complete(),
            peers: self.report.peers,
            speed_down: self.report.speed.0,
            speed_up: self.report.speed.1,
        }
    }

    /// Opens the files, then checks what saved have-bits do not vouch for.
    fn open(&mut self, ctx: &mut Context<Self>) {
        let (info_hash, info) = (self.info_hash(), self.info.clone());
        let events = ctx.address().recipient();
        let root = self.record.save_path.clone();
        let opening = self.parts.disk.send(Open { info_hash, info, root, events });
        let (saved, geometry) = (self.saved.clone(), self.info.geometry);
        let io = self.parts.io.clone();
        let opening = async move {
            let reader = opening.await.map_err(|_| StorageError::Restarted)??;
            let Some(saved) = saved else { return Ok((reader, None)) };
            let layout: Layout = reader.layout().clone();
            let kept = io.spawn_blocking(move || resume::borne_out(&saved, &layout, geometry));
            Ok((reader, kept.await.ok()))
        };
        ctx.spawn(opening.into_actor(self).map(|outcome, torrent, ctx| match outcome {
            Ok((reader, kept)) => torrent.opened(reader, kept, ctx),
            Err(StorageError::Restarted) => torrent.open(ctx),
            Err(error) => torrent.fail(&error),
        }));
    }

    fn opened(&mut self, reader: DiskReader, kept: Option<Bitfield>, ctx: &mut Context<Self>) {
        self.disk = Some(reader);
        self.opened.send_replace(true);
        for piece in kept.iter().flat_map(Bitfield::iter) {
            self.progress.verified(piece);
            self.written.set(piece);
            self.synced.set(piece);
        }
        self.register(ctx);
        let mut unknown = Bitfield::all(self.info.geometry.pieces());
        for piece in self.progress.have().iter() {
            unknown.clear(piece);
        }
        self.check(unknown);
    }

    /// Tells the cache what is on disk; readers that wait for any of it wake.
    fn register(&self, ctx: &mut Context<Self>) {
        self.parts.cache.do_send(OpenTorrent {
            info_hash: self.info_hash(),
            info: self.info.clone(),
            have: self.written.clone(),
            events: ctx.address().recipient(),
        });
    }

    /// Hashes what is on disk of `pieces`; the swarm starts when that is over.
    pub(crate) fn check(&mut self, pieces: Bitfield) {
        self.checking = Some((0, pieces.count()));
        self.parts.disk.do_send(Check { info_hash: self.info_hash(), pieces });
    }

    pub(crate) fn checked(&mut self, found: &Bitfield, ctx: &mut Context<Self>) {
        self.checking = None;
        for piece in found.iter() {
            self.progress.verified(piece);
            self.written.set(piece);
        }
        if self.progress.complete() && self.record.completed_at.is_none() {
            self.record.completed_at = Some(crate::handle::unix_now());
            self.save_record();
        }
        self.register(ctx);
        self.save_resume();
        tracing::info!(
            info_hash = %self.info_hash(),
            have = self.progress.have().count(),
            pieces = self.info.geometry.pieces(),
            "files checked"
        );
        self.run(ctx);
    }

    pub(crate) fn fail(&mut self, error: &dyn std::fmt::Display) {
        tracing::error!(info_hash = %self.info_hash(), %error, "torrent stopped");
        self.failure = Some(error.to_string());
        self.opened.send_replace(true);
        self.checking = None;
        self.rest();
    }

    pub(crate) fn transfer(&self) -> Transfer {
        let (have, want) = self.progress.total();
        Transfer {
            uploaded: self.record.uploaded,
            downloaded: self.record.downloaded,
            left: want - have,
        }
    }

    pub(crate) fn save_resume(&self) {
        let (info_hash, have) = (self.info_hash(), self.synced.clone());
        self.parts.catalogue.do_send(SaveResume { info_hash, have });
    }

    /// Not awaited: a failure is logged by the catalogue and the next save carries it again.
    pub(crate) fn save_record(&self) {
        let record = self.record.clone();
        self.parts.catalogue.do_send(Save { record, metainfo: None });
    }
}

impl Actor for Torrent {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        fail::fail_point!("torrent::started");
        ctx.spawn(
            async {
                fail::fail_point!("torrent::future");
            }
            .into_actor(self),
        );
        if self.disk.is_none() {
            self.open(ctx);
        } else if self.checking.is_some() {
            let missing = self.progress.wanted();
            self.check(missing);
        } else {
            self.run(ctx);
        }
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.life.cancel();
        self.parts.cache.do_send(CloseTorrent { info_hash: self.info_hash() });
    }
}

impl Supervised for Torrent {
    /// Its state is a register of facts, each changed in one step: all of it is kept. The message
    /// it panicked over is lost; had it been "this piece's hash is wrong", nobody would fetch that
    /// piece again, so what is being hashed is fetched again.
    fn restarting(&mut self, _: &mut Self::Context) {
        self.tell_picker(crate::picker::news::actor::PieceNews::CacheRestarted);
    }
}

/// A second's worth of counters from the swarm.
#[derive(Message, Clone, Copy, Default, Debug)]
#[rtype(result = "()")]
pub(crate) struct SwarmReport {
    pub(crate) peers: usize,
    /// Bytes a second in and out.
    pub(crate) speed: (u64, u64),
    /// Since the swarm began.
    pub(crate) uploaded: u64,
    pub(crate) downloaded: u64,
}

impl Handler<SwarmReport> for Torrent {
    type Result = ();
    fn handle(&mut self, report: SwarmReport, _: &mut Self::Context) {
        if self.swarm.is_none() {
            return;
        }
        self.report = report;
        self.set_working_limit();
        self.record.uploaded = self.transferred_before.0 + report.uploaded;
        self.record.downloaded = self.transferred_before.1 + report.downloaded;
        if let Some(tracker) = &self.tracker {
            tracker.do_send(Stats(self.transfer()));
        }
    }
}

impl Handler<PeersFound> for Torrent {
    type Result = ();
    fn handle(&mut self, found: PeersFound, _: &mut Self::Context) {
        if let Some(swarm) = &self.swarm {
            swarm.do_send(PeersKnown { peers: found.peers, source: Source::Tracker });
        }
    }
}
