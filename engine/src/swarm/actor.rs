//! `Swarm`: the connection slots of one torrent.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use actix::prelude::*;
use wire::{AddressPolicy, Bitfield, PeerId};

use super::address_book::{AddressBook, Remembered};
use super::admission::{Direction, Party};
use super::choker::{Aim, Candidate, Choker, UploadSlots};
use super::conduct::Conduct;
use super::pex::{Acquaintance, Pex};
use super::places::{Place, Places};
use super::rate::Rate;
use crate::peer::actor::{PeerSession, SessionSetup};
use crate::peer::orders::actor::SwarmSaid;
use crate::peer::traffic::Traffic;
use crate::picker::{PeerKey, Performance};
use crate::supervise::Ledger;
use crate::torrent::actor::{DhtDoor, SwarmReport, Torrent};
use crate::torrent::known_peers::actor::KnownPeers;

pub(crate) use super::connections::actor::{Incoming, PeersKnown, SessionEnded};
pub(crate) use super::said::actor::SessionSaid;

/// How often rates are read, due peers dialled and the torrent told.
const TICK: Duration = Duration::from_secs(1);
/// Ticks between two rounds of the choker (BEP 3: ten seconds).
const CHOKE_ROUND: u64 = 10;
/// Ticks between two reports of what peers showed: what a power cut costs of a warm start.
const REMEMBER_ROUND: u64 = 60;

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
    /// Connections of the whole process.
    pub(crate) places: Places,
    /// Jitter and optimistic unchokes.
    pub(crate) seed: u64,
    /// Unique keys for sessions, also across restarts of this actor.
    pub(crate) next_key: Arc<AtomicU64>,
    /// Handed to each session, with this actor's address in it.
    pub(crate) session: SessionSetup,
}

/// The peers of one torrent. In place restarts keep the address book and drop the connections:
/// their sessions close, and the peers are dialled again.
pub(crate) struct Swarm {
    pub(super) setup: SwarmSetup,
    pub(super) book: AddressBook,
    pub(super) choker: Choker<PeerKey>,
    pub(super) pex: Pex<PeerKey>,
    pub(super) peers: HashMap<PeerKey, Peer>,
    /// What we have, for the first message to each peer.
    pub(super) have: Bitfield,
    pub(super) dialing: usize,
    /// Until when more are dialled at once, because a reader waits.
    pub(super) hungry_until: Option<Instant>,
    pub(super) ticks: u64,
    /// Bytes of connections that are gone, so that totals never fall.
    pub(super) past: (u64, u64),
    pub(super) rates: (Rate, Rate),
}

/// One connection.
pub(super) struct Peer {
    pub(super) party: Party<PeerKey>,
    /// Where it can be dialled: what we dialled, or where it says it listens.
    pub(super) dialable: Option<SocketAddr>,
    pub(super) session: Addr<PeerSession>,
    pub(super) traffic: Arc<Traffic>,
    /// Whether it wants anything of us.
    pub(super) interested: bool,
    pub(super) unchoked: bool,
    pub(super) conduct: Conduct,
    /// Its place among the process's connections.
    pub(super) place: Place,
}

impl Peer {
    /// What it showed in this connection.
    pub(super) fn shown(&self) -> Option<Performance> {
        self.traffic.performance().filter(|_| self.traffic.down() > 0)
    }
}

impl Swarm {
    pub(crate) fn new(setup: SwarmSetup, have: Bitfield) -> Self {
        Self {
            book: AddressBook::new(setup.policy.allow_local, setup.seed),
            choker: Choker::new(setup.seed),
            pex: Pex::default(),
            setup,
            peers: HashMap::new(),
            have,
            dialing: 0,
            hungry_until: None,
            ticks: 0,
            past: (0, 0),
            rates: Default::default(),
        }
    }

    fn tick(&mut self, ctx: &mut Context<Self>) {
        let now = Instant::now();
        self.ticks += 1;
        self.report(now);
        if self.ticks.is_multiple_of(CHOKE_ROUND) {
            self.leave_seeds(now);
            self.choke_round(now);
        }
        if self.ticks.is_multiple_of(REMEMBER_ROUND) {
            self.setup.torrent.do_send(KnownPeers(self.remembered(now)));
        }
        self.tell_pex(now);
        self.make_room(now);
        self.dial(ctx);
    }

    /// Whether the torrent is private (BEP 27): no DHT, no peer exchange.
    pub(super) fn is_private(&self) -> bool {
        self.setup.session.content.as_ref().is_some_and(|content| content.private)
    }

    /// Whether we have everything.
    pub(super) fn is_seeding(&self) -> bool {
        self.setup.session.content.is_some() && self.have.is_all()
    }

    /// The DHT node, where this torrent may use it.
    pub(super) fn dht(&self) -> Option<&DhtDoor> {
        self.setup.dht.as_ref().filter(|_| !self.is_private())
    }

    /// Tells peers of each other (BEP 11): of whom we are connected to and know how to dial.
    fn tell_pex(&mut self, now: Instant) {
        if self.is_private() || !self.pex.is_due(now) {
            return;
        }
        let known = self.peers.iter().filter_map(|(key, peer)| {
            Some(Acquaintance {
                key: *key,
                address: peer.dialable?,
                seed: peer.traffic.complete(),
                reachable: peer.party.direction == Direction::Outgoing,
            })
        });
        let known: Vec<_> = known.collect();
        for (key, message) in self.pex.due(now, &known) {
            if let Some(peer) = self.peers.get(&key) {
                peer.session.do_send(SwarmSaid::Pex(message));
            }
        }
    }

    /// Reads the counters and tells the torrent.
    pub(super) fn report(&mut self, now: Instant) {
        let (mut down, mut up) = self.past;
        for peer in self.peers.values_mut() {
            peer.conduct.observe(now, peer.traffic.down(), peer.traffic.up());
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

    /// What is worth knowing of its peers when the swarm begins again.
    pub(super) fn remembered(&self, now: Instant) -> Vec<Remembered> {
        let live = self.peers.values().filter_map(|peer| Some((peer.dialable?, peer.shown()?)));
        self.book.remembered(&live.collect(), now)
    }

    fn candidates(&self, now: Instant) -> Vec<Candidate<PeerKey>> {
        let candidate = |(key, peer): (&PeerKey, &Peer)| Candidate {
            key: *key,
            interested: peer.interested,
            snubbed: peer.conduct.snubs(now, peer.traffic.interesting()),
            gives: peer.conduct.down.get(),
            takes: peer.conduct.up.get(),
            joined: peer.conduct.joined,
        };
        self.peers.iter().map(candidate).collect()
    }

    fn slots(&self) -> UploadSlots {
        UploadSlots::for_rate(self.setup.session.limits.upload_rate(), self.rates.1.get())
    }

    /// Unchokes who earned it, chokes everybody else.
    fn choke_round(&mut self, now: Instant) {
        let aim = if self.is_seeding() { Aim::Seed } else { Aim::Download };
        self.choker.round(now, &self.candidates(now), aim, self.slots());
        self.tell_chokes();
    }

    /// Gives free slots away at once.
    pub(super) fn fill_slots(&mut self, now: Instant) {
        self.choker.fill(now, &self.candidates(now), self.slots());
        self.tell_chokes();
    }

    fn tell_chokes(&mut self) {
        for (key, peer) in &mut self.peers {
            let serve = self.choker.serves(*key);
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
        ctx.run_interval(TICK, Self::tick);
        self.dial(ctx);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.setup.torrent.do_send(KnownPeers(self.remembered(Instant::now())));
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
        self.choker = Choker::new(self.setup.seed);
        self.pex = Pex::default();
        self.dialing = 0;
        self.book.forget_connections(Instant::now());
    }
}
