//! `Torrent`: one torrent's state, and what its swarm and trackers report.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, AtomicUsize};
use std::time::Instant;

use actix::prelude::*;
use dht::Dht;
use storage::budget::Promise;
use storage::cache::HitCounters;
use storage::cache::actor::{Cache, CloseTorrent};
use storage::cache::cursors::actor::TellWindow;
use storage::cache::policy::Backing;
use storage::catalogue::TorrentRecord;
use storage::catalogue::actor::{Catalogue, Save, SaveResume};
use storage::disk::actor::Disk;
use storage::{BlockPool, Budget};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracker::actor::{PeersFound, Stats, Tracker};
use tracker::announce::Transfer;
use wire::metadata_fetch::MetadataFetch;
use wire::{AddressPolicy, Bitfield, InfoHash, Metainfo, PeerId};

use super::accounts::Accounts;
use super::content::Content;
use super::metadata::actor::Sources;
use super::patience::Patience;
use super::status::Facts;
use super::streams::shared::StreamShared;
use crate::engine::actor::EngineAddr;
use crate::engine::queue::Hunger;
use crate::limits::{Limits, TorrentLimits};
use crate::picker::actor::PickerActor;
use crate::settings::Settings;
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
    /// `None` where the operator wants none.
    pub(crate) dht: Option<DhtDoor>,
    pub(crate) budget: Budget,
    /// Whether there are files.
    pub(crate) backing: Backing,
    /// Counted by the streams.
    pub(crate) hits: HitCounters,
    pub(crate) pool: BlockPool,
    pub(crate) peer_id: PeerId,
    pub(crate) policy: AddressPolicy,
    pub(crate) peer_port: u16,
    /// Connections of the whole process.
    pub(crate) places: Places,
    /// Rate limits of the whole process.
    pub(crate) limits: Limits,
    /// As they were when the torrent was last told.
    pub(crate) settings: Arc<Settings>,
    /// Numbers connections and streams, unique in the process.
    pub(crate) next_id: Arc<AtomicU64>,
    /// The greatest working limit any torrent asked for.
    pub(crate) working_limit: Arc<AtomicU64>,
    /// Open streams of the process.
    pub(crate) streams: Arc<AtomicUsize>,
}

/// The DHT node as torrents see it.
#[derive(Clone)]
pub(crate) struct DhtDoor {
    pub(crate) node: Addr<Dht>,
    /// Its UDP port, for peers with nodes of their own (BEP 5 `port`); 0 until it is bound.
    pub(crate) port: Arc<AtomicU16>,
}

/// How the handle speaks to it.
pub(crate) type TorrentAddr = Addr<Torrent>;

/// What those who wait for a torrent wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// Its metadata is not known.
    Fetching,
    /// Its files are not open yet.
    Opening,
    Open,
    /// Something stands in its way; the reason is beside it.
    Failed,
}

/// One torrent.
pub(crate) struct Torrent {
    pub(crate) parts: Parts,
    pub(crate) arbiter: ArbiterHandle,
    /// Who decides whether it waits its turn.
    pub(crate) engine: EngineAddr,
    /// What the engine was last told of its wish to download.
    pub(crate) hunger: Option<Hunger>,
    pub(crate) info_hash: InfoHash,
    pub(crate) record: TorrentRecord,
    /// `None` until the metadata is known.
    pub(crate) content: Option<Content>,
    pub(crate) stage: watch::Sender<Stage>,
    /// The metadata's pieces, while there is no content.
    pub(crate) fetch: MetadataFetch<crate::picker::PeerKey>,
    pub(crate) sources: Sources,
    /// Who waits for the metadata: as good as a stream.
    pub(crate) waiters: usize,
    /// What stands in its way, in words.
    pub(crate) failure: Option<String>,
    /// This torrent's rate limits; every swarm it has is held to them.
    pub(crate) limits: TorrentLimits,
    pub(crate) patience: Patience,
    /// When the swarm was last told that a reader waits.
    pub(crate) hurried: Option<Instant>,
    /// Why there is no peer yet, as the last attempt found.
    pub(crate) no_peers: Option<String>,
    /// Others download first.
    pub(crate) queued: bool,
    pub(crate) swarm: Option<Addr<Swarm>>,
    /// Whether the swarm knows the content.
    pub(crate) swarm_knows: bool,
    pub(crate) picker: Option<Addr<PickerActor>>,
    /// The picker as streams see it.
    pub(crate) picker_now: watch::Sender<Option<Addr<PickerActor>>>,
    pub(crate) tracker: Option<Addr<Tracker>>,
    /// What the DHT was last told to do for it: announce it, find peers.
    pub(crate) dht_wish: Option<(Option<u16>, bool)>,
    pub(crate) report: SwarmReport,
    /// `record`'s counters when this run of the swarm began.
    pub(crate) transferred_before: (u64, u64),
    pub(crate) streams: HashMap<u64, OpenedStream>,
    /// Bytes of piece memory each of them may have ahead of it, as the cache last said.
    pub(crate) ahead: u64,
    /// What they were like.
    pub(crate) accounts: Accounts,
    /// How many pickers it has had: tells the present one's end from an earlier one's.
    pub(crate) pickers: u64,
    /// Cancelled when the torrent goes.
    pub(crate) life: CancellationToken,
    /// Of `life`: ends the streams that are open now.
    pub(crate) end: CancellationToken,
    /// Peers named before there was a swarm.
    pub(crate) first_peers: Vec<SocketAddr>,
}

/// An open read, and what ends it alone.
pub(crate) struct OpenedStream {
    pub(crate) shared: Arc<StreamShared>,
    pub(crate) end: CancellationToken,
    /// The memory it can't do without; only where there are no files.
    pub(crate) _room: Option<Promise>,
}

impl Torrent {
    /// A torrent of the catalogue; without `metainfo` its metadata is fetched from the swarm.
    pub(crate) fn new(
        parts: Parts,
        (arbiter, engine): (ArbiterHandle, EngineAddr),
        metainfo: Option<Metainfo>,
        record: TorrentRecord,
        saved: Option<Bitfield>,
        life: CancellationToken,
    ) -> Self {
        let selected = record.selected.as_deref();
        let content = metainfo.map(|metainfo| Content::new(metainfo, selected, saved));
        let stage = if content.is_some() { Stage::Opening } else { Stage::Fetching };
        Self {
            limits: parts.limits.torrent(),
            parts,
            arbiter,
            engine,
            hunger: None,
            info_hash: record.info_hash,
            content,
            stage: watch::Sender::new(stage),
            fetch: MetadataFetch::new(record.info_hash),
            sources: Sources::default(),
            waiters: 0,
            failure: None,
            patience: Patience::default(),
            hurried: None,
            no_peers: None,
            queued: false,
            swarm: None,
            swarm_knows: false,
            picker: None,
            picker_now: watch::Sender::new(None),
            tracker: None,
            dht_wish: None,
            report: SwarmReport::default(),
            transferred_before: (record.uploaded, record.downloaded),
            streams: HashMap::new(),
            ahead: 0,
            accounts: Accounts::default(),
            pickers: 0,
            end: life.child_token(),
            life,
            first_peers: record.peers.clone(),
            record,
        }
    }

    pub(crate) fn facts(&self) -> Facts {
        let content = self.content.as_ref();
        Facts {
            checking: content.is_some_and(|content| content.checking.is_some()),
            paused: self.record.paused,
            failed: self.failure.is_some(),
            queued: self.queued && !self.is_wanted_now(),
            complete: self.is_complete(),
            fetching: content.is_none(),
            peers: self.report.peers,
            speed_down: self.report.speed.0,
            speed_up: self.report.speed.1,
        }
    }

    /// Whether every selected file is verified.
    pub(crate) fn is_complete(&self) -> bool {
        self.content.as_ref().is_some_and(|content| content.progress.complete())
    }

    /// Whether pieces go to files, or stay in memory alone.
    pub(crate) fn has_files(&self) -> bool {
        self.parts.backing == Backing::Disk
    }

    /// Whether somebody reads, or waits to: such a torrent runs whatever else holds.
    pub(crate) fn is_wanted_now(&self) -> bool {
        !self.streams.is_empty() || self.waiters > 0
    }

    /// A private torrent (BEP 27) speaks to its trackers' peers alone.
    pub(crate) fn is_private(&self) -> bool {
        self.content.as_ref().is_some_and(|content| content.info.private)
    }

    /// Announce URLs by tier: the torrent's own, then those that were added.
    pub(crate) fn tiers(&self) -> Vec<Vec<String>> {
        let own = self.content.iter().flat_map(|content| content.metainfo.trackers.clone());
        own.chain(self.record.trackers.iter().map(|url| vec![url.clone()])).collect()
    }

    /// Holds it to its own limits.
    pub(crate) fn set_limits(&self) {
        let (down, up) = (self.record.max_download_speed, self.record.max_upload_speed);
        self.limits.set(NonZeroU64::new(down), NonZeroU64::new(up));
    }

    pub(crate) fn fail(&mut self, error: &dyn std::fmt::Display) {
        tracing::error!(info_hash = %self.info_hash, %error, "torrent stopped");
        self.failure = Some(error.to_string());
        self.stage.send_replace(Stage::Failed);
        if let Some(content) = &mut self.content {
            content.checking = None;
        }
        self.rest();
    }

    /// What trackers are told. Without metadata nobody knows what is left; 0 would say that we
    /// seed, and trackers would name no seeders.
    pub(crate) fn transfer(&self) -> Transfer {
        const UNKNOWN: u64 = 16 * 1024;
        let left = self.content.as_ref().map_or(UNKNOWN, |content| {
            let (have, want) = content.progress.total();
            want - have
        });
        Transfer { uploaded: self.record.uploaded, downloaded: self.record.downloaded, left }
    }

    /// Without files there is nothing to save; what an earlier run with files saved stays.
    pub(crate) fn save_resume(&self) {
        let Some(content) = self.content.as_ref().filter(|_| self.has_files()) else { return };
        let (info_hash, have) = (self.info_hash, content.synced.clone());
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
        self.set_limits();
        self.begin(ctx);
        let streams: Vec<_> = self.streams.keys().copied().collect();
        streams.into_iter().for_each(|id| self.review(id, ctx));
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.life.cancel();
        self.parts.cache.do_send(CloseTorrent { info_hash: self.info_hash });
    }
}

impl Supervised for Torrent {
    /// Its state is a register of facts, each changed in one step: all of it is kept, but for the
    /// metadata that was being put together. The message it panicked over is lost; had it been
    /// "this piece's hash is wrong", nobody would fetch that piece again, so what is being hashed
    /// is fetched again; had it been its cursors' share of memory, it is told again.
    fn restarting(&mut self, _: &mut Self::Context) {
        self.waiters = 0;
        self.forget_metadata();
        self.tell_picker(crate::picker::news::actor::PieceNews::CacheRestarted);
        self.parts.cache.do_send(TellWindow { info_hash: self.info_hash });
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
    fn handle(&mut self, report: SwarmReport, ctx: &mut Self::Context) {
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
        self.tell_dht(ctx);
        self.hurry_for_readers(Instant::now());
        self.look_for_peers(Instant::now(), ctx);
        self.stop_seeding_when_even();
    }
}

impl Handler<dht::PeersFound> for Torrent {
    type Result = ();
    fn handle(&mut self, found: dht::PeersFound, _: &mut Self::Context) {
        if let (Some(swarm), false) = (&self.swarm, self.is_private()) {
            swarm.do_send(PeersKnown { peers: found.peers, source: Source::Dht });
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
