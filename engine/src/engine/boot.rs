//! Starting everything in the order it depends on each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use storage::{BlockPool, Budget};
use wire::{AddressPolicy, PeerId};

use super::actor::{self, Storage};
use super::config::EngineConfig;
use super::torrents::actor::Incoming;
use crate::EngineError;
use crate::handle::EngineHandle;
use crate::limits::Limits;
use crate::supervise::Ledger;
use crate::swarm::listener;
use crate::swarm::places::Places;
use crate::torrent::actor::Parts;

/// Idle block buffers kept for reuse: 8 MiB, about two busy peers' worth of blocks in flight.
const IDLE_BLOCKS: usize = 512;
/// Of these, those that are there from the start: 2 MiB. Memory the kernel has to find while the
/// first piece arrives costs that piece several milliseconds.
const WARM_BLOCKS: usize = 128;

/// Starts the engine inside an actix system (see [`crate::supervise::run`]) and every torrent the
/// catalogue knows. Sockets live on `io`, actors on arbiters of their own.
///
/// # Errors
/// The data folder cannot be used, another instance uses it, or no peer port is free.
pub async fn start(
    config: EngineConfig,
    io: tokio::runtime::Handle,
) -> Result<EngineHandle, EngineError> {
    let ledger = Ledger::default();
    let budget = Budget::new(config.settings.ram_budget());
    let Storage { cache, disk, catalogue, hits, torrents } =
        actor::start_storage(&config, &budget, &ledger).await?;
    let listeners = listener::bind(&config.peer_binds, config.peer_port)
        .map_err(|error| EngineError::Network(format!("no port for peers: {error}")))?;
    let peer_port = listeners
        .first()
        .and_then(|listener| listener.local_addr().ok())
        .map_or(0, |address| address.port());
    let dht = actor::start_dht(&config, &catalogue, &ledger).await;
    let limits = Limits::new(&io);
    limits.set_global(config.settings.max_download(), config.settings.max_upload());
    let parts = Parts {
        io: io.clone(),
        ledger,
        cache,
        disk,
        catalogue,
        dht,
        budget,
        backing: config.backing,
        hits,
        pool: BlockPool::new(IDLE_BLOCKS).warm(WARM_BLOCKS),
        peer_id: PeerId::ours(rand::random()),
        policy: AddressPolicy { allow_local: config.allow_local },
        peer_port,
        places: Places::new(config.settings.max_connections),
        limits,
        settings: Arc::new(config.settings.clone()),
        next_id: Arc::new(AtomicU64::new(1)),
        working_limit: Arc::new(AtomicU64::new(0)),
        streams: Arc::new(AtomicUsize::new(0)),
    };
    let allow_local = config.allow_local;
    let handle = actor::start_engine(config, parts, torrents).await?;
    for listener in listeners {
        let _entered = io.enter();
        let listener = tokio::net::TcpListener::from_std(listener)
            .map_err(|error| EngineError::Network(error.to_string()))?;
        let engine = handle.engine.clone();
        let hand_on = move |connected| engine.do_send(Incoming(connected));
        io.spawn(listener::accept_loop(listener, allow_local, hand_on));
    }
    Ok(handle)
}
