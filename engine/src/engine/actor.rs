//! `Engine`: the process's torrents.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use actix::prelude::*;
use storage::Budget;
use storage::cache::actor::{Cache, Stats};
use storage::catalogue::actor::{Catalogue, FlushResume, LoadAll, Remove, Save};
use storage::catalogue::{StoredTorrent, TorrentRecord};
use storage::disk::actor::{Disk, Usage};
use storage::reader::ReadLane;
use tokio_util::sync::CancellationToken;
use wire::{Bitfield, InfoHash, Metainfo};

use super::config::EngineConfig;
use crate::EngineError;
use crate::handle::{AddTorrent, EngineHandle, unix_now};
use crate::peer::connect::Connected;
use crate::supervise::{self, Ledger, Policy};
use crate::swarm::actor::Incoming as SwarmIncoming;
use crate::torrent::actor::{Parts, Torrent};
use crate::torrent::commands::actor::Leave;
use crate::view::EngineView;

/// The storage actors, and what the catalogue knew.
pub(crate) struct Storage {
    pub(crate) cache: Addr<Cache>,
    pub(crate) disk: Addr<Disk>,
    pub(crate) catalogue: Addr<Catalogue>,
    pub(crate) torrents: Vec<StoredTorrent>,
}

/// Starts cache, disk and catalogue on an arbiter of their own and reads the catalogue.
pub(crate) async fn start_storage(
    config: &EngineConfig,
    budget: &Budget,
    ledger: &Ledger,
) -> Result<Storage, EngineError> {
    let arbiter = Arbiter::new().handle();
    let dir = config.data_dir.clone();
    let opening = tokio::task::spawn_blocking(move || storage::catalogue::open(&dir)).await;
    let opened = opening.map_err(|_| EngineError::Unavailable)??;
    let vital = Policy::vital;
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let disk = move |_: &mut Context<Disk>| Disk::new(cores, ReadLane::default());
    let disk = supervise::start(&arbiter, vital("Disk"), ledger, disk, || {});
    let (writes, room) = (disk.clone().recipient(), budget.clone());
    let make = move |_: &mut Context<Cache>| Cache::new(room, Some(writes), cores);
    let cache = supervise::start(&arbiter, vital("Cache"), ledger, make, || {});
    let make = move |_: &mut Context<Catalogue>| Catalogue::new(opened);
    let catalogue = supervise::start(&arbiter, vital("Catalogue"), ledger, make, || {});
    let torrents = catalogue.send(LoadAll).await.map_err(|_| EngineError::Unavailable)??;
    Ok(Storage { cache, disk, catalogue, torrents })
}

/// Starts the engine actor with the torrents the catalogue knew.
pub(crate) async fn start_engine(
    config: EngineConfig,
    parts: Parts,
    known: Vec<StoredTorrent>,
) -> Result<EngineHandle, EngineError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let arbiters = (0..threads).map(|_| Arbiter::new().handle()).collect();
    let home = Arbiter::new().handle();
    let ledger = parts.ledger.clone();
    let make = move |_: &mut Context<Engine>| Engine {
        config,
        parts,
        arbiters,
        next_arbiter: AtomicUsize::new(0),
        torrents: BTreeMap::new(),
    };
    let engine = supervise::start(&home, Policy::fatal("Engine"), &ledger, make, || {});
    for stored in known {
        engine.send(Restore(stored)).await.map_err(|_| EngineError::Unavailable)?;
    }
    Ok(EngineHandle { engine })
}

/// How the handle speaks to it.
pub(crate) type EngineAddr = Addr<Engine>;

/// Torrents by info hash. Never restarted: without it nothing works, so its panic ends the process.
pub(crate) struct Engine {
    config: EngineConfig,
    parts: Parts,
    /// Threads of torrents, taken in turn.
    arbiters: Vec<ArbiterHandle>,
    next_arbiter: AtomicUsize,
    torrents: BTreeMap<InfoHash, Addr<Torrent>>,
}

impl Engine {
    fn start_torrent(
        &mut self,
        metainfo: Metainfo,
        record: TorrentRecord,
        saved: Option<Bitfield>,
        peers: Vec<std::net::SocketAddr>,
    ) -> Addr<Torrent> {
        let turn = self.next_arbiter.fetch_add(1, Relaxed) % self.arbiters.len().max(1);
        let arbiter = self.arbiters.get(turn).cloned().unwrap_or_else(Arbiter::current);
        let (parts, place) = (self.parts.clone(), arbiter.clone());
        let info_hash = metainfo.info_hash;
        let end = CancellationToken::new();
        let given_up = end.clone();
        let make = move |_: &mut Context<Torrent>| {
            let mut torrent = Torrent::new(parts, place, metainfo, record, saved, end);
            torrent.first_peers = peers;
            torrent
        };
        let policy = Policy::restart("Torrent");
        let ended = move || given_up.cancel();
        let torrent = supervise::start(&arbiter, policy, &self.parts.ledger, make, ended);
        self.torrents.insert(info_hash, torrent.clone());
        torrent
    }
}

impl Actor for Engine {
    type Context = Context<Self>;
    fn started(&mut self, _: &mut Self::Context) {
        fail::fail_point!("engine::started");
    }
}

impl Supervised for Engine {}

/// A torrent of the catalogue.
#[derive(Message)]
#[rtype(result = "()")]
struct Restore(StoredTorrent);

impl Handler<Restore> for Engine {
    type Result = ();
    fn handle(&mut self, Restore(stored): Restore, _: &mut Self::Context) {
        let StoredTorrent { record, metainfo, have } = stored;
        match Metainfo::parse(&metainfo) {
            Ok(metainfo) => {
                self.start_torrent(metainfo, record, have, Vec::new());
            }
            Err(error) => {
                tracing::error!(name = record.name, %error, "the catalogue's torrent is unreadable");
            }
        }
    }
}

/// Adds a torrent, or finds the one that is there. Durable when answered.
#[derive(Message)]
#[rtype(result = "Result<Known, EngineError>")]
pub(crate) struct Add(pub(crate) Box<AddTorrent>);

/// A torrent, and whether it was there before.
pub(crate) struct Known {
    pub(crate) existed: bool,
    pub(crate) torrent: Addr<Torrent>,
}

impl Handler<Add> for Engine {
    type Result = ResponseFuture<Result<Known, EngineError>>;

    fn handle(&mut self, Add(add): Add, _: &mut Self::Context) -> Self::Result {
        fail::fail_point!("engine::handler");
        let add = *add;
        if let Some(torrent) = self.torrents.get(&add.metainfo.info_hash).cloned() {
            return Box::pin(async { Ok(Known { existed: true, torrent }) });
        }
        let record = TorrentRecord {
            info_hash: add.metainfo.info_hash,
            name: add.name.unwrap_or_else(|| add.metainfo.info.name.clone()),
            added_at: unix_now(),
            completed_at: None,
            paused: add.paused,
            priority: 0,
            selected: add.selected,
            trackers: add.trackers,
            uploaded: 0,
            downloaded: 0,
            save_path: add.save_path.unwrap_or_else(|| self.config.download_dir.clone()),
        };
        let metainfo = Some(add.metainfo.to_torrent_file(&add.metainfo.trackers).into());
        let saving = self.parts.catalogue.send(Save { record: record.clone(), metainfo });
        let torrent = self.start_torrent(add.metainfo, record, None, add.peers);
        Box::pin(async move {
            let saved = saving.await.map_err(|_| EngineError::Unavailable)?;
            saved.map_err(|error| EngineError::Storage(error.to_string()))?;
            Ok(Known { existed: false, torrent })
        })
    }
}

/// The torrent of an info hash.
#[derive(Message)]
#[rtype(result = "Option<Addr<Torrent>>")]
pub(crate) struct Find(pub(crate) InfoHash);

impl Handler<Find> for Engine {
    type Result = Option<Addr<Torrent>>;
    fn handle(&mut self, Find(info_hash): Find, _: &mut Self::Context) -> Self::Result {
        self.torrents.get(&info_hash).cloned()
    }
}

/// Every torrent.
#[derive(Message)]
#[rtype(result = "Vec<Addr<Torrent>>")]
pub(crate) struct All;

impl Handler<All> for Engine {
    type Result = Vec<Addr<Torrent>>;
    fn handle(&mut self, _: All, _: &mut Self::Context) -> Self::Result {
        self.torrents.values().cloned().collect()
    }
}

/// Ends a torrent and forgets it.
#[derive(Message)]
#[rtype(result = "Result<(), EngineError>")]
pub(crate) struct Drop {
    pub(crate) info_hash: InfoHash,
    pub(crate) delete_files: bool,
}

impl Handler<Drop> for Engine {
    type Result = ResponseFuture<Result<(), EngineError>>;

    fn handle(&mut self, drop: Drop, _: &mut Self::Context) -> Self::Result {
        let info_hash = drop.info_hash;
        let Some(torrent) = self.torrents.remove(&info_hash) else {
            return Box::pin(async move { Err(EngineError::NoSuchTorrent(info_hash)) });
        };
        let catalogue = self.parts.catalogue.clone();
        Box::pin(async move {
            let left = torrent.send(Leave { delete_files: drop.delete_files }).await;
            let forgotten = catalogue.send(Remove { info_hash }).await;
            forgotten.map_err(|_| EngineError::Unavailable)??;
            left.map_err(|_| EngineError::Unavailable)?
        })
    }
}

/// A peer connected and named a torrent; one we don't have is hung up on.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Incoming(pub(crate) Connected);

impl Handler<Incoming> for Engine {
    type Result = ();
    fn handle(&mut self, Incoming(connected): Incoming, _: &mut Self::Context) {
        if let Some(torrent) = self.torrents.get(&connected.handshake.info_hash) {
            torrent.do_send(SwarmIncoming(connected));
        }
    }
}

/// The process as a whole.
#[derive(Message)]
#[rtype(result = "EngineView")]
pub(crate) struct View;

impl Handler<View> for Engine {
    type Result = ResponseFuture<EngineView>;

    fn handle(&mut self, _: View, _: &mut Self::Context) -> Self::Result {
        let parts = self.parts.clone();
        Box::pin(async move {
            let stats = parts.cache.send(Stats).await.unwrap_or_default();
            let disk = parts.disk.send(Usage).await.ok().and_then(Result::ok).unwrap_or_default();
            let used = disk.torrents.iter().map(|(_, bytes)| bytes).sum();
            EngineView {
                actors: parts.ledger.view(),
                ram: (stats.used, stats.budget),
                ram_hits: (stats.hits, stats.hits + stats.disk_hits + stats.misses),
                disk: (used, disk.free.unwrap_or_default()),
                peer_port: parts.peer_port,
            }
        })
    }
}

/// The process ends: every torrent leaves, everything is saved. Answers when it is on disk.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct ShutDown;

impl Handler<ShutDown> for Engine {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: ShutDown, _: &mut Self::Context) -> Self::Result {
        let torrents = std::mem::take(&mut self.torrents).into_values();
        let leaving = torrents.map(|torrent| torrent.send(Leave { delete_files: false }));
        let leaving = futures_util::future::join_all(leaving);
        let catalogue = self.parts.catalogue.clone();
        Box::pin(async move {
            leaving.await;
            if !matches!(catalogue.send(FlushResume).await, Ok(Ok(()))) {
                tracing::error!(
                    "resume data could not be saved; files are checked at the next start"
                );
            }
        })
    }
}
