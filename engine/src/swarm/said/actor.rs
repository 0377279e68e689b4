//! What sessions tell their swarm.

use std::time::Instant;

use actix::prelude::*;

use crate::picker::PeerKey;
use crate::swarm::actor::Swarm;

/// What sessions tell the swarm.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) enum SessionSaid {
    Interested {
        key: PeerKey,
        interested: bool,
    },
    /// It sent wrong bytes: its address is not dialled nor let in again.
    Lied {
        key: PeerKey,
    },
}

impl Handler<SessionSaid> for Swarm {
    type Result = ();
    fn handle(&mut self, said: SessionSaid, _: &mut Self::Context) {
        match said {
            SessionSaid::Interested { key, interested } => {
                if let Some(peer) = self.peers.get_mut(&key) {
                    peer.interested = interested;
                    self.fill_slots(Instant::now());
                }
            }
            SessionSaid::Lied { key } => {
                if let Some(peer) = self.peers.get(&key) {
                    let address = peer.dialable.unwrap_or(peer.party.address);
                    tracing::info!(%address, "peer banned: it sent wrong bytes");
                    self.book.ban(address);
                }
            }
        }
    }
}
