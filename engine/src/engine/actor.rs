//! `Engine`: the process's torrents.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use actix::fut::wrap_future;
use actix::prelude::*;
use dht::Dht;
use dht::actor::{AskHealth, SavedNodes};
use storage::Budget;
use storage::cache::HitCounters;
use storage::cache::actor::{Cache, Config as CacheConfig, Configure as ConfigureCache, Stats};
use storage::cache::policy::Backing;
use storage::catalogue::StoredTorrent;
use storage::catalogue::actor::{Catalogue, FlushResume, LoadAll, LoadSettings, PutSetting};
use storage::disk::actor::{Disk, Usage};
use storage::reader::ReadLane;
use wire::{AddressPolicy, InfoHash};

use super::config::EngineConfig;
use super::queue::Hunger;
use super::torrents::actor::Restore;
use crate::EngineError;
use crate::handle::EngineHandle;
use crate::settings::Settings;
use crate::supervise::{self, Ledger, Policy};
use crate::torrent::actor::{DhtDoor, Parts, Torrent};
use crate::torrent::commands::actor::{Configured, Leave};
use crate::view::{DhtView, EngineView};

/// The storage actors, and what the catalogue knew.
pub(crate) struct Storage {
    pub(crate) cache: Addr<Cache>,
    pub(crate) disk: Addr<Disk>,
    pub(crate) catalogue: Addr<Catalogue>,
    /// Counted by the streams, told by the cache.
    pub(crate) hits: HitCounters,
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
    let hits = HitCounters::default();
    let cache = CacheConfig {
        budget: budget.clone(),
        ahead_percent: config.settings.buffer_ahead_percent,
        disk: (config.backing == Backing::Disk).then(|| disk.clone().recipient()),
        hits: hits.clone(),
        hashers: cores,
    };
    let make = move |_: &mut Context<Cache>| Cache::new(cache);
    let cache = supervise::start(&arbiter, vital("Cache"), ledger, make, || {});
    let make = move |_: &mut Context<Catalogue>| Catalogue::new(opened);
    let catalogue = supervise::start(&arbiter, vital("Catalogue"), ledger, make, || {});
    let torrents = catalogue.send(LoadAll).await.map_err(|_| EngineError::Unavailable)??;
    Ok(Storage { cache, disk, catalogue, hits, torrents })
}

/// Starts the DHT node, if there is to be one, from the nodes of the last session.
pub(crate) async fn start_dht(
    config: &EngineConfig,
    catalogue: &Addr<Catalogue>,
    ledger: &Ledger,
) -> Option<DhtDoor> {
    let wanted = config.dht.clone()?;
    let settings = catalogue.send(LoadSettings).await.ok().and_then(Result::ok).unwrap_or_default();
    let saved_nodes = settings.get(SAVED_NODES).cloned().map(serde_json::from_value);
    let v4 = |ip: &IpAddr| if let IpAddr::V4(ip) = ip { Some(*ip) } else { None };
    let config = dht::Config {
        enabled: true,
        port: wanted.port,
        bind: config.peer_binds.iter().find_map(v4).unwrap_or(Ipv4Addr::UNSPECIFIED),
        bootstrap: wanted.bootstrap,
        saved_nodes: saved_nodes.and_then(Result::ok).unwrap_or_default(),
        policy: AddressPolicy { allow_local: config.allow_local },
    };
    let make = move |_: &mut Context<Dht>| Dht::new(config);
    let node =
        supervise::start(&Arbiter::new().handle(), Policy::restart("Dht"), ledger, make, || {});
    Some(DhtDoor { node, port: Arc::default() })
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
    let (ledger, catalogue) = (parts.ledger.clone(), parts.catalogue.clone());
    let make = move |_: &mut Context<Engine>| Engine {
        config,
        parts,
        arbiters,
        next_arbiter: AtomicUsize::new(0),
        torrents: BTreeMap::new(),
        hungry: BTreeMap::new(),
        queued: BTreeSet::new(),
        cleanup: None,
    };
    let engine = supervise::start(&home, Policy::fatal("Engine"), &ledger, make, || {});
    for stored in known {
        engine.send(Restore(stored)).await.map_err(|_| EngineError::Unavailable)?;
    }
    Ok(EngineHandle { engine, catalogue })
}

/// Where the catalogue keeps DHT nodes; the dot keeps it apart from the operator's settings.
const SAVED_NODES: &str = "engine.dht_nodes";
/// How often they are kept: what a power cut costs of a warm start.
const SAVE_NODES: Duration = Duration::from_secs(120);

/// How the handle speaks to it.
pub(crate) type EngineAddr = Addr<Engine>;

/// Torrents by info hash. Never restarted: without it nothing works, so its panic ends the process.
pub(crate) struct Engine {
    pub(super) config: EngineConfig,
    pub(super) parts: Parts,
    /// Threads of torrents, taken in turn.
    pub(super) arbiters: Vec<ArbiterHandle>,
    pub(super) next_arbiter: AtomicUsize,
    pub(super) torrents: BTreeMap<InfoHash, Addr<Torrent>>,
    /// Those that want to download.
    pub(super) hungry: BTreeMap<InfoHash, Hunger>,
    /// Those of them that wait their turn, as they were told.
    pub(super) queued: BTreeSet<InfoHash>,
    /// The timer of the next look at what finished downloads take.
    pub(super) cleanup: Option<SpawnHandle>,
}

impl Actor for Engine {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Self::Context) {
        fail::fail_point!("engine::started");
        self.arm_cleanup(ctx);
        ctx.run_later(Duration::from_secs(1), |engine, ctx| engine.look_at_dht(ctx));
        ctx.run_interval(SAVE_NODES, |engine, ctx| {
            engine.look_at_dht(ctx);
            ctx.spawn(wrap_future(engine.save_nodes()));
        });
    }
}

impl Engine {
    /// Notes the node's port, which is another than asked for where that one was taken.
    fn look_at_dht(&mut self, ctx: &mut Context<Self>) {
        let Some(door) = self.parts.dht.clone() else { return };
        ctx.spawn(wrap_future(async move {
            let health = door.node.send(AskHealth).await.unwrap_or_default();
            let port = health.local_addr.map_or(0, |address| address.port());
            door.port.store(port, Relaxed);
        }));
    }

    /// Keeps the live nodes for a warm start. None found is no reason to forget the last ones.
    fn save_nodes(&self) -> impl Future<Output = ()> + use<> {
        let (dht, catalogue) = (self.parts.dht.clone(), self.parts.catalogue.clone());
        async move {
            let Some(door) = dht else { return };
            let nodes = door.node.send(SavedNodes).await.unwrap_or_default();
            if let (false, Ok(value)) = (nodes.is_empty(), serde_json::to_value(nodes)) {
                let put = PutSetting { key: SAVED_NODES.into(), value: Some(value) };
                let _ = catalogue.send(put).await;
            }
        }
    }
}

impl Supervised for Engine {}

/// The process as a whole.
#[derive(Message)]
#[rtype(result = "EngineView")]
pub(crate) struct View;

impl Handler<View> for Engine {
    type Result = ResponseFuture<EngineView>;

    fn handle(&mut self, _: View, _: &mut Self::Context) -> Self::Result {
        let parts = self.parts.clone();
        let usage = Usage { root: self.config.download_dir.clone() };
        Box::pin(async move {
            let stats = parts.cache.send(Stats).await.unwrap_or_default();
            let disk = parts.disk.send(usage).await.ok().and_then(Result::ok).unwrap_or_default();
            let used = disk.torrents.iter().map(|(_, bytes)| bytes).sum();
            EngineView {
                actors: parts.ledger.view(),
                backing: parts.backing,
                cache: stats,
                disk: (used, disk.free),
                peer_port: parts.peer_port,
                dht: dht_view(parts.dht).await,
            }
        })
    }
}

async fn dht_view(door: Option<DhtDoor>) -> DhtView {
    let Some(door) = door else { return DhtView::default() };
    let health = door.node.send(AskHealth).await.unwrap_or_default();
    DhtView {
        enabled: true,
        nodes: health.nodes,
        alive: health.alive,
        error: health.last_error.map(|error| error.to_string()),
    }
}

/// The settings in force.
#[derive(Message)]
#[rtype(result = "Arc<Settings>")]
pub(crate) struct InForce;

impl Handler<InForce> for Engine {
    type Result = Arc<Settings>;
    fn handle(&mut self, _: InForce, _: &mut Self::Context) -> Self::Result {
        self.parts.settings.clone()
    }
}

/// New settings, in force at once.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Configure(pub(crate) Settings);

impl Handler<Configure> for Engine {
    type Result = ();
    fn handle(&mut self, Configure(settings): Configure, ctx: &mut Self::Context) {
        self.parts.budget.resize(settings.ram_budget());
        let ahead_percent = settings.buffer_ahead_percent;
        self.parts.cache.do_send(ConfigureCache { ahead_percent });
        self.parts.places.resize(settings.max_connections);
        self.parts.limits.set_global(settings.max_download(), settings.max_upload());
        self.parts.settings = Arc::new(settings);
        for torrent in self.torrents.values() {
            torrent.do_send(Configured(self.parts.settings.clone()));
        }
        self.queue();
        self.arm_cleanup(ctx);
    }
}

/// The settings the catalogue keeps, by name.
#[derive(Message)]
#[rtype(result = "Result<BTreeMap<String, serde_json::Value>, EngineError>")]
pub(crate) struct SavedSettings;

impl Handler<SavedSettings> for Engine {
    type Result = ResponseFuture<Result<BTreeMap<String, serde_json::Value>, EngineError>>;

    fn handle(&mut self, _: SavedSettings, _: &mut Self::Context) -> Self::Result {
        let loading = self.parts.catalogue.send(LoadSettings);
        Box::pin(async move {
            let mut all = loading.await.map_err(|_| EngineError::Unavailable)??;
            all.retain(|key, _| !key.contains('.'));
            Ok(all)
        })
    }
}

/// Keeps these settings; durable when answered.
#[derive(Message)]
#[rtype(result = "Result<(), EngineError>")]
pub(crate) struct SaveSettings(pub(crate) BTreeMap<String, serde_json::Value>);

impl Handler<SaveSettings> for Engine {
    type Result = ResponseFuture<Result<(), EngineError>>;

    fn handle(&mut self, SaveSettings(all): SaveSettings, _: &mut Self::Context) -> Self::Result {
        let catalogue = self.parts.catalogue.clone();
        let saving = all
            .into_iter()
            .map(move |(key, value)| catalogue.send(PutSetting { key, value: Some(value) }));
        let saving = futures_util::future::join_all(saving);
        Box::pin(async move {
            for saved in saving.await {
                saved.map_err(|_| EngineError::Unavailable)??;
            }
            Ok(())
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
        let nodes = self.save_nodes();
        Box::pin(async move {
            let nodes = tokio::time::timeout(Duration::from_secs(1), nodes);
            let _ = futures_util::future::join(leaving, nodes).await;
            if !matches!(catalogue.send(FlushResume).await, Ok(Ok(()))) {
                tracing::error!(
                    "resume data could not be saved; files are checked at the next start"
                );
            }
        })
    }
}
