//! What sessions tell their swarm.

use std::net::SocketAddr;
use std::time::Instant;

use actix::prelude::*;
use dht::actor::ToldNode;
use wire::extension::{ExtensionHandshake, PexMessage};

use crate::picker::PeerKey;
use crate::swarm::actor::Swarm;
use crate::swarm::address_book::Source;
use crate::swarm::admission::Direction;

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
    /// Its extension handshake (BEP 10).
    Introduced {
        key: PeerKey,
        handshake: ExtensionHandshake,
    },
    /// It told of other peers (BEP 11).
    Pex {
        key: PeerKey,
        message: PexMessage,
    },
    /// Its DHT node listens on this port (BEP 5).
    DhtPort {
        key: PeerKey,
        port: u16,
    },
}

impl Handler<SessionSaid> for Swarm {
    type Result = ();
    fn handle(&mut self, said: SessionSaid, ctx: &mut Self::Context) {
        match said {
            SessionSaid::Interested { key, interested } => {
                if let Some(peer) = self.peers.get_mut(&key) {
                    peer.interested = interested;
                    self.fill_slots(Instant::now());
                }
            }
            SessionSaid::Introduced { key, handshake } => self.introduced(key, &handshake),
            SessionSaid::Pex { key, message } => {
                let told = self.pex.heard(key, Instant::now(), message);
                self.learn(told, Source::Pex);
                self.dial(ctx);
            }
            SessionSaid::DhtPort { key, port } => {
                if let (Some(peer), Some(door)) = (self.peers.get(&key), self.dht()) {
                    let node = SocketAddr::new(peer.party.address.ip(), port);
                    door.node.do_send(ToldNode(node));
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

impl Swarm {
    /// Whoever connected to us says where it listens, and so can be dialled when it has left; who
    /// speaks `ut_pex` is told of others.
    fn introduced(&mut self, key: PeerKey, handshake: &ExtensionHandshake) {
        let (now, private) = (Instant::now(), self.is_private());
        let Some(peer) = self.peers.get_mut(&key) else { return };
        if handshake.ut_pex.is_some() && !private {
            self.pex.joined(key, now);
        }
        // Only once: saying another port each time fills no book.
        let unknown = peer.dialable.is_none() && peer.party.direction == Direction::Incoming;
        if let (true, Some(port)) = (unknown, handshake.port) {
            peer.dialable = self.book.listens(peer.party.address.ip(), port, now);
        }
    }
}
