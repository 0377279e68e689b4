//! Starting and stopping what a torrent runs on: swarm, tracker announces, picker.

use actix::prelude::*;
use dht::actor::Forget;
use storage::disk::actor::Prepare;
use tracker::actor::{Stop as StopTracker, Tracker};
use wire::Bitfield;

use crate::engine::queue::Hunger;
use crate::engine::torrents::actor::Hungers;
use crate::peer::actor::{SessionContent, SessionSetup};
use crate::picker::actor::{PickerActor, PickerSetup, Stop as StopPicker};
use crate::supervise::{self, Policy};
use crate::swarm::actor::{Incoming, PeersKnown, Swarm, SwarmSetup};
use crate::swarm::address_book::Source;
use crate::swarm::orders::actor::TorrentSaid;
use crate::torrent::actor::{SwarmReport, Torrent};
use crate::torrent::content::Content;
use crate::view::Priority;

impl Torrent {
    /// Whether it has nothing to do with the network now.
    fn rests(&self) -> bool {
        let waits = self.record.paused || self.is_queued() || self.failure.is_some();
        (waits && !self.is_wanted_now()) || self.gave_enough()
    }

    /// Starts what its state asks for.
    pub(crate) fn run(&mut self, ctx: &mut Context<Self>) {
        self.tell_hunger();
        let opening = self.content.as_ref().is_some_and(|content| !content.ready());
        if self.rests() || opening {
            return;
        }
        if self.swarm.is_none() {
            self.start_swarm(ctx);
        }
        if self.tracker.is_none() {
            self.start_tracker(ctx);
        }
        self.tell_dht(ctx);
        self.tell_content();
        let missing = self.content.as_ref().is_some_and(|c| !c.progress.have().is_all());
        if missing && self.picker.is_none() {
            if self.has_files() {
                self.parts.disk.do_send(Prepare { info_hash: self.info_hash });
            }
            self.start_picker(ctx);
        }
        self.tell_wants();
    }

    /// Stops what [`Self::rests`] says should not run.
    pub(crate) fn rest_if_idle(&mut self) {
        self.tell_hunger();
        if self.swarm.is_some() && self.rests() {
            self.rest();
        }
    }

    fn session_content(&self) -> Option<(SessionContent, Bitfield)> {
        let content = self.content.as_ref()?;
        let session = SessionContent {
            geometry: content.geometry(),
            disk: content.disk.clone()?,
            metadata: content.metainfo.info_bytes.clone(),
            private: content.info.private,
        };
        Some((session, content.progress.have().clone()))
    }

    fn start_swarm(&mut self, ctx: &mut Context<Self>) {
        let known = self.session_content();
        self.swarm_knows = known.is_some();
        let parts = self.parts.clone();
        let (torrent, arbiter) = (ctx.address(), self.arbiter.clone());
        let info_hash = self.info_hash;
        let limits = self.limits.clone();
        let ledger = parts.ledger.clone();
        let make = move |swarm: &mut Context<Swarm>| {
            let (content, have) = known.unzip();
            let session = SessionSetup {
                info_hash,
                content,
                io: parts.io,
                pool: parts.pool,
                budget: parts.budget,
                cache: parts.cache,
                limits,
                swarm: swarm.address(),
                torrent: torrent.clone(),
                picker: None,
                peer_port: parts.peer_port,
                dht_port: 0,
            };
            let setup = SwarmSetup {
                peer_id: parts.peer_id,
                policy: parts.policy,
                arbiter,
                ledger: parts.ledger,
                torrent,
                dht: parts.dht,
                max_peers: parts.settings.max_connections_per_torrent,
                places: parts.places,
                seed: rand::random(),
                next_key: parts.next_id,
                session,
            };
            Swarm::new(setup, have.unwrap_or_else(|| Bitfield::none(0)))
        };
        let swarm = supervise::start(&self.arbiter, Policy::restart("Swarm"), &ledger, make, || {});
        let peers = self.first_peers.clone();
        swarm.do_send(PeersKnown { peers, source: Source::User });
        self.recall_peers(&swarm);
        self.transferred_before = (self.record.uploaded, self.record.downloaded);
        self.swarm = Some(swarm);
    }

    /// Peers that were met while the metadata was fetched hear what the torrent is.
    fn tell_content(&mut self) {
        let (false, Some(swarm)) = (self.swarm_knows, &self.swarm) else { return };
        if let Some((content, have)) = self.session_content() {
            swarm.do_send(TorrentSaid::Content(Box::new(content), have));
            self.swarm_knows = true;
        }
    }

    fn start_tracker(&mut self, ctx: &mut Context<Self>) {
        let mut tiers = self.tiers();
        if !self.is_private() {
            tiers.extend(self.parts.settings.trackers.iter().map(|url| vec![url.clone()]));
        }
        let config = tracker::actor::Config {
            info_hash: self.info_hash,
            peer_id: self.parts.peer_id,
            port: self.parts.peer_port,
            tiers,
            policy: self.parts.policy,
            transfer: self.transfer(),
            seed: rand::random(),
        };
        let found = ctx.address().recipient();
        let make = move |_: &mut Context<Tracker>| Tracker::new(config, found);
        let policy = Policy::restart("Tracker");
        let tracker = supervise::start(&self.arbiter, policy, &self.parts.ledger, make, || {});
        self.tracker = Some(tracker);
    }

    fn start_picker(&mut self, ctx: &mut Context<Self>) {
        let Some(content) = &self.content else { return };
        let setup = PickerSetup {
            info_hash: self.info_hash,
            geometry: content.geometry(),
            budget: self.parts.budget.clone(),
            cache: self.parts.cache.clone(),
            torrent: ctx.address(),
            seed: rand::random(),
        };
        let (have, ahead) = (content.progress.have().clone(), self.ahead);
        let make = move |_: &mut Context<PickerActor>| PickerActor::new(setup, have, ahead);
        let policy = Policy::restart("Picker");
        let torrent = ctx.address();
        self.pickers += 1;
        let number = self.pickers;
        let ended = move || torrent.do_send(PickerEnded { number });
        let picker = supervise::start(&self.arbiter, policy, &self.parts.ledger, make, ended);
        self.set_picker(Some(picker));
        self.restore_cursors();
    }

    pub(crate) fn set_picker(&mut self, picker: Option<Addr<PickerActor>>) {
        if let (None, Some(old)) = (&picker, &self.picker) {
            old.do_send(StopPicker);
        }
        self.picker = picker.clone();
        self.picker_now.send_replace(picker.clone());
        if let Some(swarm) = &self.swarm {
            swarm.do_send(TorrentSaid::Picker(picker));
        }
    }

    /// Stops peers and announces; files and memory stay. Trackers hear that we leave.
    pub(crate) fn rest(&mut self) {
        self.set_picker(None);
        if let Some(tracker) = self.tracker.take() {
            tracker.do_send(StopTracker);
        }
        if let Some(swarm) = self.swarm.take() {
            swarm.do_send(TorrentSaid::Stop);
        }
        if let (Some(_), Some(door)) = (self.dht_wish.take(), &self.parts.dht) {
            door.node.do_send(Forget(self.info_hash));
        }
        self.swarm_knows = false;
        self.tell_hunger();
        self.report = SwarmReport::default();
        self.forget_metadata();
    }

    /// Whether it waits its turn. Metadata is fetched out of turn: it is small, and whoever added
    /// the magnet link wants to see what is in it.
    fn is_queued(&self) -> bool {
        self.queued && self.content.is_some() && !self.is_complete()
    }

    /// Tells the engine whether it wants to download, when that is news. Without files it does only
    /// for its readers.
    pub(crate) fn tell_hunger(&mut self) {
        let whole = self.content.as_ref().is_some_and(|c| c.progress.have().is_all());
        let active = !self.record.paused && self.failure.is_none();
        let wants = active && self.has_files() && !self.is_complete();
        let hunger = ((wants || self.is_wanted_now()) && !whole).then(|| Hunger {
            streamed: self.is_wanted_now(),
            priority: Priority::from_rank(self.record.priority),
            added_at: self.record.added_at,
        });
        if self.hunger != hunger {
            self.hunger = hunger;
            self.engine.do_send(Hungers { info_hash: self.info_hash, hunger });
        }
    }

    /// A failure is behind it: the user, or a reader, wants it to go on.
    pub(crate) fn forgive(&mut self, ctx: &mut Context<Self>) {
        if self.failure.take().is_none() {
            return;
        }
        self.patience = Default::default();
        self.no_peers = None;
        let stage = match &self.content {
            None => crate::torrent::actor::Stage::Fetching,
            Some(content) if content.disk.is_none() => crate::torrent::actor::Stage::Opening,
            Some(_) => crate::torrent::actor::Stage::Open,
        };
        self.stage.send_replace(stage);
        if self.content.as_ref().is_some_and(|content| !Content::ready(content)) {
            self.begin(ctx);
        }
    }
}

/// The picker lost its memory: it is told again of cursors, wishes and peers.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct PickerRestarted;

impl Handler<PickerRestarted> for Torrent {
    type Result = ();
    fn handle(&mut self, _: PickerRestarted, _: &mut Self::Context) {
        if let Some(picker) = self.picker.clone() {
            self.restore_cursors();
            self.tell_wants();
            if let Some(swarm) = &self.swarm {
                swarm.do_send(TorrentSaid::Picker(Some(picker)));
            }
        }
    }
}

/// A picker is gone. One that was told to stop is not ours any more; one that was given up leaves
/// nothing that could bring a reader its bytes: the torrent fails, its streams end.
#[derive(Message)]
#[rtype(result = "()")]
struct PickerEnded {
    number: u64,
}

impl Handler<PickerEnded> for Torrent {
    type Result = ();
    fn handle(&mut self, ended: PickerEnded, _: &mut Self::Context) {
        if self.picker.is_some() && ended.number == self.pickers {
            self.fail(&"the picker panicked again and again; resume to try once more");
            self.end_streams();
        }
    }
}

impl Torrent {
    /// Ends every open stream; later ones are welcome.
    pub(crate) fn end_streams(&mut self) {
        self.end.cancel();
        self.end = self.life.child_token();
    }
}

/// A peer that connected to us; while the torrent rests it is hung up on.
impl Handler<Incoming> for Torrent {
    type Result = ();
    fn handle(&mut self, incoming: Incoming, _: &mut Self::Context) {
        if let Some(swarm) = &self.swarm {
            swarm.do_send(incoming);
        }
    }
}
