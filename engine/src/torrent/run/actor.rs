//! Starting and stopping what a torrent runs on: swarm, tracker announces, picker.

use actix::prelude::*;
use storage::disk::actor::Prepare;
use tracker::actor::{Stop as StopTracker, Tracker};

use crate::peer::actor::SessionSetup;
use crate::picker::actor::{PickerActor, PickerSetup, Stop as StopPicker};
use crate::supervise::{self, Policy};
use crate::swarm::actor::{Incoming, PeersKnown, Swarm, SwarmSetup};
use crate::swarm::address_book::Source;
use crate::swarm::orders::actor::TorrentSaid;
use crate::torrent::actor::{SwarmReport, Torrent};

impl Torrent {
    /// Starts what its state asks for: nothing while it is paused and nobody reads.
    pub(crate) fn run(&mut self, ctx: &mut Context<Self>) {
        let rests = self.record.paused && self.streams.is_empty();
        if self.checking.is_some() || self.disk.is_none() || rests {
            return;
        }
        if self.swarm.is_none() {
            self.parts.disk.do_send(Prepare { info_hash: self.info_hash() });
            self.start_swarm(ctx);
            self.start_tracker(ctx);
        }
        if self.picker.is_none() && !self.progress.have().is_all() {
            self.start_picker(ctx);
        }
        self.tell_wants();
    }

    fn start_swarm(&mut self, ctx: &mut Context<Self>) {
        let Some(disk) = self.disk.clone() else { return };
        let parts = self.parts.clone();
        let (torrent, arbiter) = (ctx.address(), self.arbiter.clone());
        let (info_hash, geometry) = (self.info_hash(), self.info.geometry);
        let have = self.progress.have().clone();
        let limits = self.limits.clone();
        let ledger = parts.ledger.clone();
        let make = move |swarm: &mut Context<Swarm>| {
            let session = SessionSetup {
                info_hash,
                geometry,
                io: parts.io,
                pool: parts.pool,
                cache: parts.cache,
                disk,
                limits,
                swarm: swarm.address(),
                picker: None,
            };
            let setup = SwarmSetup {
                peer_id: parts.peer_id,
                policy: parts.policy,
                arbiter,
                ledger: parts.ledger,
                torrent,
                max_peers: parts.max_peers,
                places: parts.places,
                seed: rand::random(),
                next_key: parts.next_id,
                session,
            };
            Swarm::new(setup, have)
        };
        let swarm = supervise::start(&self.arbiter, Policy::restart("Swarm"), &ledger, make, || {});
        let peers = std::mem::take(&mut self.first_peers);
        swarm.do_send(PeersKnown { peers, source: Source::User });
        self.transferred_before = (self.record.uploaded, self.record.downloaded);
        self.swarm = Some(swarm);
    }

    fn start_tracker(&mut self, ctx: &mut Context<Self>) {
        let mut tiers = self.metainfo.trackers.clone();
        tiers.extend(self.record.trackers.iter().map(|url| vec![url.clone()]));
        let config = tracker::actor::Config {
            info_hash: self.info_hash(),
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
        let setup = PickerSetup {
            info_hash: self.info_hash(),
            geometry: self.info.geometry,
            budget: self.parts.budget.clone(),
            cache: self.parts.cache.clone(),
            torrent: ctx.address(),
            seed: rand::random(),
        };
        let (have, ahead) = (self.progress.have().clone(), self.window().0);
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
        self.report = SwarmReport::default();
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
    fn end_streams(&mut self) {
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
