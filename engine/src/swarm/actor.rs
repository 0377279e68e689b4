//! `Swarm`: the connection slots of one torrent.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use actix::prelude::*;
use dht::actor::ToldNode;
use wire::extension::{ExtensionHandshake, PexMessage};
use wire::handshake::Handshake;
use wire::{AddressPolicy, Bitfield, PeerId};

use super::address_book::{AddressBook, Source};
use super::choker::{Candidate, UploadSlots, unchoked};
use super::rate::Rate;
use crate::peer::actor::{PeerSession, SessionSetup};
use crate::peer::connect::{self, ConnectError, Connected};
use crate::peer::orders::actor::SwarmSaid;
use crate::peer::traffic::Traffic;
use crate::picker::PeerKey;
use crate::picker::actor::{PeerSaid, Said};
use crate::supervise::{self, Ledger, Policy};
use crate::torrent::actor::{DhtDoor, SwarmReport, Torrent};

/// How often rates are read, due peers dialled and the torrent told.
const TICK: Duration = Duration::from_secs(1);
/// Ticks between two rounds of the choker (BEP 3: ten seconds).
const CHOKE_ROUND: u64 = 10;
/// Choke rounds an optimistic unchoke lasts (BEP 3: thirty seconds).
const OPTIMISTIC_ROUNDS: u64 = 3;
/// Connections being dialled at once: half-open ones hold places live peers could have.
const DIALS: usize = 16;

/// What a swarm is made of.
pub(crate) struct SwarmSetup {
    pub(crate) peer_id: PeerId,
    pub(crate) policy: AddressPolicy,
    pub(crate) arbiter: ArbiterHandle,
    pub(crate) ledger: Ledger,
    pub(crate) torrent: Addr<Torrent>,
    /// Hears of peers' DHT nodes, but for private torrents.
    pub(crate) dht: Option<DhtDoor>,
    /// Connections at most, both ways.
    pub(crate) max_peers: usize,
    /// Unique keys for sessions, also across restarts of this actor.
    pub(crate) next_key: Arc<std::sync::atomic::AtomicU64>,
    /// Handed to each session, with this actor's address in it.
    pub(crate) session: SessionSetup,
}

/// The peers of one torrent. In place restarts keep the address book and drop the connections:
/// their sessions close, and the peers are dialled again.
pub(crate) struct Swarm {
    pub(super) setup: SwarmSetup,
    pub(super) book: AddressBook,
    peers: HashMap<PeerKey, Peer>,
    /// What we have, for the first message to each peer.
    pub(super) have: Bitfield,
    pub(super) dialing: usize,
    pub(super) ticks: u64,
    /// Bytes of connections that are gone, so that totals never fall.
    pub(super) past: (u64, u64),
    pub(super) rates: (Rate, Rate),
}

struct Peer {
    address: SocketAddr,
    id: PeerId,
    session: Addr<PeerSession>,
    traffic: Arc<Traffic>,
    interested: bool,
    unchoked: bool,
    rates: (Rate, Rate),
}

impl Swarm {
    pub(crate) fn new(setup: SwarmSetup, have: Bitfield) -> Self {
        Self {
            setup,
            book: AddressBook::default(),
            peers: HashMap::new(),
            have,
            dialing: 0,
            ticks: 0,
            past: (0, 0),
            rates: Default::default(),
        }
    }

    fn handshake(&self) -> Handshake {
        connect::our_handshake(
            self.setup.session.info_hash,
            self.setup.peer_id,
            self.dht().is_some(),
        )
    }

    /// The DHT node, where this torrent may use it (BEP 27).
    fn dht(&self) -> Option<&DhtDoor> {
        let private = self.setup.session.content.as_ref().is_some_and(|content| content.private);
        self.setup.dht.as_ref().filter(|_| !private)
    }

    /// Dials who is due, as far as there are places.
    pub(super) fn dial(&mut self, ctx: &mut Context<Self>) {
        let free = self.setup.max_peers.saturating_sub(self.peers.len() + self.dialing);
        let places = free.min(DIALS.saturating_sub(self.dialing));
        for address in self.book.take_due(Instant::now(), places) {
            self.dialing += 1;
            let (ours, swarm) = (self.handshake(), ctx.address());
            self.setup.session.io.spawn(async move {
                let outcome = connect::dial(address, &ours).await;
                swarm.do_send(Dialed { address, outcome });
            });
        }
    }

    /// Starts a session, unless the peer is here already.
    fn take_in(&mut self, connected: Connected) {
        let (address, id) = (connected.address, connected.handshake.peer_id);
        let twice = self.peers.values().any(|peer| peer.id == id);
        if twice || self.peers.len() >= self.setup.max_peers || self.book.is_banned(address) {
            return;
        }
        let key = PeerKey(self.setup.next_key.fetch_add(1, Ordering::Relaxed));
        let traffic = Arc::new(Traffic::default());
        let (mut setup, have, shared) =
            (self.setup.session.clone(), self.have.clone(), traffic.clone());
        setup.dht_port = self.dht().map_or(0, |door| door.port.load(Ordering::Relaxed));
        let make = move |_: &mut Context<PeerSession>| {
            PeerSession::new(key, setup, connected, have, shared)
        };
        let swarm = self.setup.session.swarm.clone();
        let ended = move || {
            let reason = "the session is gone".to_owned();
            swarm.do_send(SessionEnded { key, reason, fault: false });
        };
        let policy = Policy::never("PeerSession");
        let session =
            supervise::start(&self.setup.arbiter, policy, &self.setup.ledger, make, ended);
        self.book.connected(address);
        tracing::debug!(%address, client = id.client(), "peer connected");
        let rates = Default::default();
        let peer =
            Peer { address, id, session, traffic, interested: false, unchoked: false, rates };
        self.peers.insert(key, peer);
        self.report(Instant::now());
    }

    /// Reads the counters and tells the torrent.
    fn report(&mut self, now: Instant) {
        let (mut down, mut up) = self.past;
        for peer in self.peers.values_mut() {
            peer.rates.0.update(now, peer.traffic.down());
            peer.rates.1.update(now, peer.traffic.up());
            down += peer.traffic.down();
            up += peer.traffic.up();
        }
        self.rates.0.update(now, down);
        self.rates.1.update(now, up);
        self.setup.torrent.do_send(SwarmReport {
            peers: self.peers.len(),
            speed: (self.rates.0.get(), self.rates.1.get()),
            uploaded: up,
            downloaded: down,
        });
    }

    /// Unchokes who earned it. While we download that is who gives, afterwards who takes most.
    fn choke_round(&mut self) {
        let seeding = self.have.is_all();
        let candidate = |(key, peer): (&PeerKey, &Peer)| Candidate {
            key: *key,
            interested: peer.interested,
            rate: if seeding { peer.rates.1.get() } else { peer.rates.0.get() },
        };
        let candidates: Vec<_> = self.peers.iter().map(candidate).collect();
        let round = self.ticks / CHOKE_ROUND / OPTIMISTIC_ROUNDS;
        let served = unchoked(&candidates, UploadSlots::default(), round);
        for (key, peer) in &mut self.peers {
            let serve = served.contains(key);
            if peer.unchoked != serve {
                peer.unchoked = serve;
                peer.session.do_send(SwarmSaid::Choke(!serve));
            }
        }
    }

    pub(super) fn tell_all(&self, said: &SwarmSaid) {
        self.peers.values().for_each(|peer| peer.session.do_send(said.clone()));
    }
}

impl Actor for Swarm {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        fail::fail_point!("swarm::started");
        ctx.spawn(
            async {
                fail::fail_point!("swarm::future");
            }
            .into_actor(self),
        );
        self.setup.session.swarm = ctx.address();
        ctx.run_interval(TICK, |swarm, ctx| {
            swarm.ticks += 1;
            swarm.report(Instant::now());
            if swarm.ticks.is_multiple_of(CHOKE_ROUND) {
                swarm.choke_round();
            }
            swarm.dial(ctx);
        });
        self.dial(ctx);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.tell_all(&SwarmSaid::Close("the torrent stopped".into()));
    }
}

impl Supervised for Swarm {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.tell_all(&SwarmSaid::Close("the swarm restarts".into()));
        for peer in self.peers.values() {
            self.past.0 += peer.traffic.down();
            self.past.1 += peer.traffic.up();
        }
        self.peers.clear();
        self.dialing = 0;
        self.book.forget_connections(Instant::now());
    }
}

/// How a dial ended.
#[derive(Message)]
#[rtype(result = "()")]
struct Dialed {
    address: SocketAddr,
    outcome: Result<Connected, ConnectError>,
}

impl Handler<Dialed> for Swarm {
    type Result = ();
    fn handle(&mut self, dialed: Dialed, ctx: &mut Self::Context) {
        self.dialing = self.dialing.saturating_sub(1);
        let address = dialed.address;
        match dialed.outcome {
            Ok(connected) => self.take_in(connected),
            Err(ConnectError::Ourselves) => self.book.ban(address),
            Err(error) => {
                tracing::debug!(%address, %error, "no connection");
                self.book.failed(address, Instant::now());
            }
        }
        self.dial(ctx);
    }
}

/// Somebody told of peers. Bounded by the book's cap.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct PeersKnown {
    pub(crate) peers: Vec<SocketAddr>,
    pub(crate) source: Source,
}

impl Handler<PeersKnown> for Swarm {
    type Result = ();
    fn handle(&mut self, known: PeersKnown, ctx: &mut Self::Context) {
        let now = Instant::now();
        for peer in known.peers {
            let allowed = match known.source {
                Source::User => peer.port() != 0,
                _ => self.setup.policy.permits_peer(peer),
            };
            if allowed {
                self.book.add(peer, known.source, now);
            }
        }
        self.dial(ctx);
    }
}

/// A peer connected to us and asked for this torrent.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Incoming(pub(crate) Connected);

impl Handler<Incoming> for Swarm {
    type Result = ();
    fn handle(&mut self, Incoming(connected): Incoming, ctx: &mut Self::Context) {
        let (ours, address) = (self.handshake(), connected.address);
        let io = self.setup.session.io.clone();
        let answering = io.spawn(async move { connect::answer(connected, &ours).await });
        ctx.spawn(answering.into_actor(self).map(move |outcome, swarm, _| match outcome {
            Ok(Ok(connected)) => swarm.take_in(connected),
            Ok(Err(error)) => tracing::debug!(%address, %error, "incoming peer refused"),
            Err(_) => {}
        }));
    }
}

/// A session is over. The second one of a session says nothing new.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct SessionEnded {
    pub(crate) key: PeerKey,
    pub(crate) reason: String,
    pub(crate) fault: bool,
}

impl Handler<SessionEnded> for Swarm {
    type Result = ();
    fn handle(&mut self, ended: SessionEnded, _: &mut Self::Context) {
        let Some(peer) = self.peers.remove(&ended.key) else { return };
        tracing::debug!(address = %peer.address, reason = ended.reason, "peer gone");
        self.past.0 += peer.traffic.down();
        self.past.1 += peer.traffic.up();
        if let Some(picker) = &self.setup.session.picker {
            picker.do_send(PeerSaid { peer: ended.key, what: Said::Left });
        }
        self.book.closed(peer.address, Instant::now(), ended.fault);
        if peer.unchoked {
            self.choke_round();
        }
    }
}

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
    fn handle(&mut self, said: SessionSaid, _: &mut Self::Context) {
        match said {
            SessionSaid::Interested { key, interested } => {
                if let Some(peer) = self.peers.get_mut(&key) {
                    peer.interested = interested;
                    self.choke_round();
                }
            }
            SessionSaid::Introduced { .. } | SessionSaid::Pex { .. } => {}
            SessionSaid::DhtPort { key, port } => {
                if let (Some(peer), Some(door)) = (self.peers.get(&key), self.dht()) {
                    let node = SocketAddr::new(peer.address.ip(), port);
                    door.node.do_send(ToldNode(node));
                }
            }
            SessionSaid::Lied { key } => {
                if let Some(peer) = self.peers.get(&key) {
                    tracing::info!(address = %peer.address, "peer banned: it sent wrong bytes");
                    self.book.ban(peer.address);
                }
            }
        }
    }
}
