//! Adding, finding and removing torrents, and handing incoming peers to theirs.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering::Relaxed;

use actix::prelude::*;
use storage::catalogue::actor::{Remove, Save};
use storage::catalogue::{StoredTorrent, TorrentRecord};
use tokio_util::sync::CancellationToken;
use wire::metainfo::MAX_FILES;
use wire::{Bitfield, InfoHash, Metainfo};

use crate::EngineError;
use crate::add::{AddTorrent, TorrentSource};
use crate::engine::actor::Engine;
use crate::engine::queue::{Hunger, admitted};
use crate::handle::unix_now;
use crate::peer::connect::Connected;
use crate::supervise::{self, Policy};
use crate::swarm::actor::Incoming as SwarmIncoming;
use crate::torrent::actor::Torrent;
use crate::torrent::commands::actor::{Leave, Queued};

impl Engine {
    fn start_torrent(
        &mut self,
        metainfo: Option<Metainfo>,
        record: TorrentRecord,
        saved: Option<Bitfield>,
        ctx: &mut Context<Self>,
    ) -> Addr<Torrent> {
        let turn = self.next_arbiter.fetch_add(1, Relaxed) % self.arbiters.len().max(1);
        let arbiter = self.arbiters.get(turn).cloned().unwrap_or_else(Arbiter::current);
        let (parts, place) = (self.parts.clone(), arbiter.clone());
        let info_hash = record.info_hash;
        let end = CancellationToken::new();
        let given_up = end.clone();
        let engine = ctx.address();
        let make = move |_: &mut Context<Torrent>| {
            Torrent::new(parts, (place, engine), metainfo, record, saved, end)
        };
        let policy = Policy::restart("Torrent");
        let ended = move || given_up.cancel();
        let torrent = supervise::start(&arbiter, policy, &self.parts.ledger, make, ended);
        self.torrents.insert(info_hash, torrent.clone());
        torrent
    }
}

/// A torrent of the catalogue.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Restore(pub(crate) StoredTorrent);

impl Handler<Restore> for Engine {
    type Result = ();
    fn handle(&mut self, Restore(stored): Restore, ctx: &mut Self::Context) {
        let StoredTorrent { record, metainfo, have } = stored;
        match metainfo.map(|metainfo| Metainfo::parse(&metainfo)).transpose() {
            Ok(metainfo) => drop(self.start_torrent(metainfo, record, have, ctx)),
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

/// A torrent that was added, or was there before.
pub(crate) struct Known {
    pub(crate) torrent: Addr<Torrent>,
    /// It was there: this is what was to be added, to be merged into it.
    pub(crate) existed: Option<AddTorrent>,
}

impl Handler<Add> for Engine {
    type Result = ResponseFuture<Result<Known, EngineError>>;

    fn handle(&mut self, Add(add): Add, ctx: &mut Self::Context) -> Self::Result {
        fail::fail_point!("engine::handler");
        let mut add = *add;
        if let TorrentSource::Magnet(magnet) = &mut add.source {
            // A stranger wrote it: where it sends us is held to the rule (HOSTILE 16).
            magnet.peers.retain(|peer| self.parts.policy.permits_peer(*peer));
        }
        let info_hash = add.source.info_hash();
        if let Some(torrent) = self.torrents.get(&info_hash).cloned() {
            return Box::pin(async move { Ok(Known { torrent, existed: Some(add) }) });
        }
        let record = record(&add, &self.config.download_dir);
        let metainfo = match add.source {
            TorrentSource::Metainfo(metainfo) => Some(*metainfo),
            TorrentSource::Magnet(_) => None,
        };
        let file = metainfo.as_ref().map(|found| found.to_torrent_file(&found.trackers).into());
        let saving = self.parts.catalogue.send(Save { record: record.clone(), metainfo: file });
        let torrent = self.start_torrent(metainfo, record, None, ctx);
        Box::pin(async move {
            let saved = saving.await.map_err(|_| EngineError::Unavailable)?;
            saved.map_err(|error| EngineError::Storage(error.to_string()))?;
            Ok(Known { torrent, existed: None })
        })
    }
}

/// What the catalogue keeps of a torrent that is being added.
fn record(add: &AddTorrent, download_dir: &std::path::Path) -> TorrentRecord {
    let (mut trackers, mut peers) = (add.trackers.clone(), add.peers.clone());
    let (mut selected, mut web_seeds) = (add.selected.clone(), Vec::new());
    let name = match &add.source {
        TorrentSource::Metainfo(metainfo) => metainfo.info.name.clone(),
        TorrentSource::Magnet(magnet) => {
            trackers.extend(magnet.trackers.iter().cloned());
            peers.extend(&magnet.peers);
            selected = selected.or_else(|| magnet.selected_indices(MAX_FILES));
            web_seeds.clone_from(&magnet.web_seeds);
            magnet.name.clone().unwrap_or_else(|| magnet.info_hash.to_string())
        }
    };
    trackers.dedup();
    TorrentRecord {
        info_hash: add.source.info_hash(),
        named_by_user: add.name.is_some(),
        name: add.name.clone().unwrap_or(name),
        added_at: unix_now(),
        completed_at: None,
        watched_at: None,
        paused: add.paused,
        priority: 0,
        selected,
        trackers,
        web_seeds,
        peers,
        known_peers: Vec::new(),
        max_download_speed: 0,
        max_upload_speed: 0,
        uploaded: 0,
        downloaded: 0,
        save_path: add.save_path.clone().unwrap_or_else(|| download_dir.to_path_buf()),
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

/// A torrent began to want to download, or to want it otherwise, or wants it no longer.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Hungers {
    pub(crate) info_hash: InfoHash,
    pub(crate) hunger: Option<Hunger>,
}

impl Handler<Hungers> for Engine {
    type Result = ();
    fn handle(&mut self, hungers: Hungers, _: &mut Self::Context) {
        match hungers.hunger {
            Some(hunger) => drop(self.hungry.insert(hungers.info_hash, hunger)),
            None => drop(self.hungry.remove(&hungers.info_hash)),
        }
        self.queue();
    }
}

impl Engine {
    /// Tells the torrents whose turn came or went.
    pub(crate) fn queue(&mut self) {
        let most = self.parts.settings.max_concurrent_torrents;
        let admitted = admitted(self.hungry.iter().map(|(hash, hunger)| (*hash, *hunger)), most);
        let waits = |hash: &&InfoHash| !admitted.contains(*hash);
        let queued: BTreeSet<InfoHash> = self.hungry.keys().filter(waits).copied().collect();
        for info_hash in self.queued.symmetric_difference(&queued) {
            if let Some(torrent) = self.torrents.get(info_hash) {
                torrent.do_send(Queued(queued.contains(info_hash)));
            }
        }
        self.queued = queued;
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
        self.hungry.remove(&info_hash);
        self.queue();
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
