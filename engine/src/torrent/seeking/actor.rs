//! Looking for peers, giving up, and stopping to seed when enough was given.

use std::time::{Duration, Instant};

use actix::prelude::*;
use dht::actor::{Forget, Want};
use dht::wishes::Wish;
use tracker::actor::{Announce, Status};

use crate::swarm::orders::actor::TorrentSaid;
use crate::torrent::actor::Torrent;
use crate::torrent::patience::Verdict;

/// While a reader waits the swarm is told so again after this long.
const HURRY_AGAIN: Duration = Duration::from_secs(10);

impl Torrent {
    /// Once a second while it runs: an attempt to find a first peer has its time, then another
    /// begins; the last one leaves the torrent in error, with the reason.
    pub(crate) fn look_for_peers(&mut self, now: Instant, ctx: &mut Context<Self>) {
        let looking = self.report.peers == 0 && !self.is_complete();
        if !looking {
            self.no_peers = None;
        }
        let settings = self.parts.settings.clone();
        let (timeout, retries) = (settings.torrent_timeout(), settings.torrent_max_retries);
        match self.patience.tick(now, looking, timeout, retries) {
            Verdict::Wait => {}
            Verdict::Failed(attempt) => {
                let what = format!("attempt {attempt} of {} found no peer", retries + 1);
                self.explain(what, false, ctx);
            }
            Verdict::Retry => self.hurry(),
            Verdict::GiveUp => {
                let seconds = timeout.as_secs();
                let what = format!("{} attempts of {seconds} s found no peer", retries + 1);
                self.explain(what, true, ctx);
            }
        }
    }

    /// What the DHT does for it: finds peers while they are few and bytes are missing, tells others
    /// that we are here. Nothing for a private torrent (BEP 27).
    pub(crate) fn tell_dht(&mut self, ctx: &mut Context<Self>) {
        let Some(door) = self.parts.dht.clone() else { return };
        let few = self.report.peers < self.parts.settings.max_connections_per_torrent / 2;
        let port = Some(self.parts.peer_port).filter(|port| *port != 0);
        let runs = self.swarm.is_some() && !self.is_private();
        let wish = runs.then(|| (port, few && !self.is_complete()));
        if wish == self.dht_wish {
            return;
        }
        self.dht_wish = wish;
        let info_hash = self.info_hash;
        match wish {
            Some((announce_port, hungry)) => {
                let found = ctx.address().recipient();
                door.node.do_send(Want(Wish { info_hash, found, announce_port, hungry }));
            }
            None => door.node.do_send(Forget(info_hash)),
        }
    }

    /// A reader that waits has more peers dialled, and those that failed tried again, now and then.
    pub(crate) fn hurry_for_readers(&mut self, now: Instant) {
        let waits = self.streams.values().any(|stream| stream.shared.waiting());
        let lately = self.hurried.is_some_and(|at| now.duration_since(at) < HURRY_AGAIN);
        if let (true, false, Some(swarm)) = (waits, lately, &self.swarm) {
            self.hurried = Some(now);
            swarm.do_send(TorrentSaid::Hungry);
        }
    }

    /// Asks everybody who may know of peers once more.
    fn hurry(&self) {
        if let Some(tracker) = &self.tracker {
            tracker.do_send(Announce::Now);
        }
        if let Some(swarm) = &self.swarm {
            swarm.do_send(TorrentSaid::Hungry);
        }
    }

    /// Says why there is no peer: what was tried, and what its trackers answered.
    fn explain(&mut self, what: String, give_up: bool, ctx: &mut Context<Self>) {
        let asking = self.tracker.as_ref().map(|tracker| tracker.send(Status));
        let answers = async move {
            match asking {
                Some(asking) => asking.await.unwrap_or_default(),
                None => Vec::new(),
            }
        };
        ctx.spawn(answers.into_actor(self).map(move |trackers, torrent, _| {
            let said = trackers.iter().filter_map(|tracker| {
                tracker.error.as_ref().map(|error| format!("{}: {error}", tracker.url))
            });
            let said: Vec<String> = said.take(3).collect();
            let reason = match (trackers.is_empty(), said.is_empty()) {
                (true, _) => format!("{what}; it has no tracker"),
                (_, true) => format!("{what}; its trackers know of none that answers"),
                _ => format!("{what}; {}", said.join("; ")),
            };
            match give_up && torrent.report.peers == 0 {
                true => torrent.fail(&format!("{reason}; resume to try again")),
                false => torrent.no_peers = Some(reason),
            }
        }));
    }

    /// A complete torrent that gave as much as the setting asks for seeds no longer.
    pub(crate) fn gave_enough(&self) -> bool {
        let Some(content) = self.content.as_ref().filter(|content| content.ready()) else {
            return false;
        };
        let ((have, _), whole) = (content.progress.total(), content.progress.have().is_all());
        let needs_peers = !content.progress.complete() || (self.is_wanted_now() && !whole);
        let due = self.parts.settings.seed_ratio * have as f64;
        !needs_peers && self.record.uploaded as f64 >= due
    }

    pub(crate) fn stop_seeding_when_even(&mut self) {
        if self.swarm.is_some() && self.gave_enough() {
            tracing::info!(
                info_hash = %self.info_hash,
                uploaded = self.record.uploaded,
                "seeding is over: the ratio is reached"
            );
            self.save_record();
            self.rest();
        }
    }
}
