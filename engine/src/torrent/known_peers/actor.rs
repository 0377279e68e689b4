//! Peers' rates on their way between the swarm and the catalogue.

use actix::prelude::*;

use super::record::{loaded, saved};
use crate::handle::unix_now;
use crate::swarm::actor::Swarm;
use crate::swarm::address_book::Remembered;
use crate::swarm::orders::actor::TorrentSaid;
use crate::torrent::actor::Torrent;

/// What the swarm's peers showed; at most [`crate::swarm::address_book::REMEMBERED`] of them.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct KnownPeers(pub(crate) Vec<Remembered>);

impl Handler<KnownPeers> for Torrent {
    type Result = ();
    fn handle(&mut self, KnownPeers(peers): KnownPeers, _: &mut Self::Context) {
        self.keep_peers(&peers);
    }
}

impl Torrent {
    /// Keeps what peers showed. None is no reason to forget those of the last time.
    pub(crate) fn keep_peers(&mut self, peers: &[Remembered]) {
        if !peers.is_empty() {
            let now = unix_now();
            self.record.known_peers = peers.iter().map(|peer| saved(peer, now)).collect();
            self.save_record();
        }
    }

    /// Tells a new swarm what its peers showed before.
    pub(crate) fn recall_peers(&self, swarm: &Addr<Swarm>) {
        let now = unix_now();
        let known = self.record.known_peers.iter().map(|peer| loaded(peer, now));
        swarm.do_send(TorrentSaid::Remember(known.collect()));
    }
}
