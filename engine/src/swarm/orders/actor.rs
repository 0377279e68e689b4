//! What a torrent tells its swarm.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use actix::prelude::*;
use wire::{Bitfield, PieceIndex};

use crate::peer::actor::SessionContent;
use crate::peer::orders::actor::SwarmSaid;
use crate::picker::PeerKey;
use crate::picker::actor::PickerActor;
use crate::swarm::actor::Swarm;
use crate::swarm::address_book::{Remembered, Source};
use crate::swarm::pex::Pex;

/// How long a word of hunger holds: a reader that still waits says it again.
const HUNGRY: Duration = Duration::from_secs(10);

/// What the torrent tells the swarm.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) enum TorrentSaid {
    /// A piece was verified: peers may have it.
    Verified(PieceIndex),
    /// A piece was lost.
    Lost(PieceIndex),
    /// The metadata is known, and what we have of the pieces.
    Content(Box<SessionContent>, Bitfield),
    /// The metadata is still missing: say again who has it.
    OfferMetadata,
    /// What peers showed when the torrent ran before.
    Remember(Vec<Remembered>),
    /// A reader waits: dial everybody who did not fail too often.
    Hungry,
    /// Connections at most.
    MaxPeers(usize),
    /// There is a picker (again), or none any more.
    Picker(Option<Addr<PickerActor>>),
    Stop,
}

impl Handler<TorrentSaid> for Swarm {
    type Result = ();
    fn handle(&mut self, said: TorrentSaid, ctx: &mut Self::Context) {
        fail::fail_point!("swarm::handler");
        match said {
            TorrentSaid::Verified(piece) => {
                self.have.set(piece);
                self.tell_all(&SwarmSaid::Have(piece));
            }
            TorrentSaid::Lost(piece) => {
                self.have.clear(piece);
                self.tell_all(&SwarmSaid::Lost(piece));
            }
            TorrentSaid::Content(content, have) => {
                self.have = have.clone();
                self.setup.session.content = Some((*content).clone());
                if content.private {
                    self.pex = Pex::default();
                }
                self.tell_all(&SwarmSaid::Content(content, have));
            }
            TorrentSaid::OfferMetadata => self.tell_all(&SwarmSaid::OfferMetadata),
            TorrentSaid::Remember(peers) => {
                let now = Instant::now();
                for peer in peers {
                    let permitted = self.setup.policy.permits_peer(peer.address);
                    self.book.remember(peer, permitted, now);
                }
                self.dial(ctx);
            }
            TorrentSaid::Hungry => {
                let now = Instant::now();
                self.hungry_until = Some(now + HUNGRY);
                self.book.hurry(now);
                self.dial(ctx);
            }
            TorrentSaid::Picker(picker) => {
                self.setup.session.picker = picker.clone();
                self.tell_all(&SwarmSaid::Picker(picker));
            }
            TorrentSaid::MaxPeers(peers) => self.setup.max_peers = peers,
            TorrentSaid::Stop => ctx.stop(),
        }
    }
}

/// The torrent goes: what is worth knowing of its peers next time?
#[derive(Message)]
#[rtype(result = "Vec<Remembered>")]
pub(crate) struct Recall;

impl Handler<Recall> for Swarm {
    type Result = MessageResult<Recall>;
    fn handle(&mut self, _: Recall, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.remembered(Instant::now()))
    }
}

/// Every connected peer, for whoever looks inside.
#[derive(Message)]
#[rtype(result = "Vec<Acquainted>")]
pub(crate) struct ListPeers;

/// A connected peer as the swarm knows it.
pub(crate) struct Acquainted {
    pub(crate) key: PeerKey,
    pub(crate) address: SocketAddr,
    /// Who told of it.
    pub(crate) source: &'static str,
    pub(crate) client: String,
    /// Bytes a second from it and to it.
    pub(crate) rates: (u64, u64),
}

impl Handler<ListPeers> for Swarm {
    type Result = MessageResult<ListPeers>;
    fn handle(&mut self, _: ListPeers, _: &mut Self::Context) -> Self::Result {
        let peers = self.peers.iter().map(|(key, peer)| {
            let source = peer.dialable.and_then(|address| self.book.source(address));
            Acquainted {
                key: *key,
                address: peer.party.address,
                source: source.unwrap_or(Source::Incoming).as_str(),
                client: peer.party.id.client(),
                rates: (peer.conduct.down.get(), peer.conduct.up.get()),
            }
        });
        let mut peers: Vec<_> = peers.collect();
        peers.sort_by_key(|peer| peer.key);
        MessageResult(peers)
    }
}
