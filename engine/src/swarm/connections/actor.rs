//! The connections of a swarm: dialled, let in, ended.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use actix::prelude::*;
use wire::handshake::Handshake;

use crate::peer::actor::PeerSession;
use crate::peer::connect::{self, ConnectError, Connected};
use crate::peer::orders::actor::SwarmSaid;
use crate::peer::traffic::Traffic;
use crate::picker::PeerKey;
use crate::picker::actor::{PeerSaid, Said};
use crate::supervise::{self, Policy};
use crate::swarm::actor::{Peer, Swarm};
use crate::swarm::address_book::{Ending, Source};
use crate::swarm::admission::{Direction, Party, Verdict, admit};
use crate::swarm::conduct::Conduct;
use crate::swarm::places::Place;

/// Connections being dialled at once, normally and while a reader waits: half-open ones hold places
/// live peers could have.
const DIALS: usize = 16;
const HUNGRY_DIALS: usize = 32;
/// A TCP connection not made by then is given up: a live peer answers within a round trip. While a
/// reader waits, the next one in the book is the better bet sooner.
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
const HUNGRY_CONNECT_DEADLINE: Duration = Duration::from_millis(1500);

impl Swarm {
    fn handshake(&self) -> Handshake {
        let dht = self.dht().is_some();
        connect::our_handshake(self.setup.session.info_hash, self.setup.peer_id, dht)
    }

    /// Dials who is due, as far as there are places.
    pub(crate) fn dial(&mut self, ctx: &mut Context<Self>) {
        let now = Instant::now();
        let hungry = self.hungry_until.is_some_and(|until| now < until);
        let (dials, deadline) = match hungry {
            true => (HUNGRY_DIALS, HUNGRY_CONNECT_DEADLINE),
            false => (DIALS, CONNECT_DEADLINE),
        };
        let free = self.setup.max_peers.saturating_sub(self.peers.len() + self.dialing);
        let free = free.min(dials.saturating_sub(self.dialing));
        let due = self.book.take_due(now, free);
        for address in due {
            let (place, half_open) = (self.setup.places.take(), self.setup.places.take_half_open());
            let (Some(place), Some(half_open)) = (place, half_open) else {
                self.book.not_dialled(address, now);
                continue;
            };
            self.dialing += 1;
            let (ours, swarm) = (self.handshake(), ctx.address());
            self.setup.session.io.spawn(async move {
                let outcome = connect::dial(address, &ours, deadline).await;
                drop(half_open);
                swarm.do_send(Dialed { address, outcome, place });
            });
        }
    }

    /// When every place is taken and somebody waits to be dialled, the idlest peer goes.
    pub(crate) fn make_room(&mut self, now: Instant) {
        let full =
            self.peers.len() + self.dialing >= self.setup.max_peers || self.setup.places.is_full();
        if full && self.book.best_due(now).is_some() {
            drop(self.close_idlest(now));
        }
    }

    /// Two who have everything have nothing for each other: the places are for who lacks something.
    pub(crate) fn leave_seeds(&mut self, now: Instant) {
        self.book.set_seeding(self.is_seeding());
        if !self.is_seeding() {
            return;
        }
        let seeds = self.peers.iter().filter(|(_, peer)| peer.traffic.complete());
        for key in seeds.map(|(key, _)| *key).collect::<Vec<_>>() {
            drop(self.hang_up(key, "it has everything, as we do", now));
        }
    }

    /// Closes the peer with which nothing has flowed for longest, if that is long, and neither side
    /// wants anything of the other. Its place is returned.
    fn close_idlest(&mut self, now: Instant) -> Option<Place> {
        let idle = self.peers.iter().filter_map(|(key, peer)| {
            let wanted = peer.interested || peer.traffic.interesting();
            peer.conduct.idle(now).filter(|_| !wanted).map(|idle| (idle, *key))
        });
        let (_, key) = idle.max()?;
        self.hang_up(key, "its place is needed", now)
    }

    /// Closes a connection and returns its place.
    fn hang_up(&mut self, key: PeerKey, why: &str, now: Instant) -> Option<Place> {
        let peer = self.forget(key, false, now)?;
        peer.session.do_send(SwarmSaid::Close(why.to_owned()));
        Some(peer.place)
    }

    /// Strikes a peer off, and remembers what it was good for.
    fn forget(&mut self, key: PeerKey, fault: bool, now: Instant) -> Option<Peer> {
        let peer = self.peers.remove(&key)?;
        self.choker.left(key);
        self.pex.left(key);
        let (got, gave) = (peer.traffic.down(), peer.traffic.up());
        self.past.0 += got;
        self.past.1 += gave;
        if let Some(address) = peer.dialable {
            let seed = peer.traffic.complete();
            let shown = peer.shown();
            self.book.closed(address, now, Ending { fault, got, gave, seed, shown });
        }
        Some(peer)
    }

    /// Starts a session, unless the peer is here already or there is no place for it.
    fn take_in(&mut self, connected: Connected, direction: Direction, place: Option<Place>) {
        let (now, address) = (Instant::now(), connected.address);
        let id = connected.handshake.peer_id;
        let key = PeerKey(self.setup.next_key.fetch_add(1, Relaxed));
        let party = Party { key, id, address, direction };
        let Some(place) = self.place_for(&party, place, now) else {
            if direction == Direction::Outgoing {
                self.book.failed(address, now);
            }
            return;
        };
        let traffic = Arc::new(Traffic::default());
        if let Some(earlier) = self.book.recall(address, now) {
            traffic.note_performance(earlier);
        }
        traffic.set_alone(self.book.knows_only(address));
        let session = self.start_session(key, connected, traffic.clone());
        let dialable = (direction == Direction::Outgoing).then_some(address);
        self.book.connected(address, now);
        tracing::debug!(%address, client = id.client(), "peer connected");
        let peer = Peer {
            party,
            dialable,
            session,
            traffic,
            interested: false,
            unchoked: false,
            conduct: Conduct::new(now),
            place,
        };
        self.peers.insert(key, peer);
        self.report(now);
    }

    /// Whether a newcomer comes in, and on whose place.
    fn place_for(
        &mut self,
        party: &Party<PeerKey>,
        place: Option<Place>,
        now: Instant,
    ) -> Option<Place> {
        if self.book.is_banned(party.address) {
            return None;
        }
        let (ours, local) = (self.setup.peer_id, self.setup.policy.allow_local);
        let present = self.peers.values().map(|peer| peer.party);
        let place = match admit(ours, local, party, present) {
            Verdict::Welcome => place,
            Verdict::Instead(old) => {
                let freed = self.hang_up(old, "the same peer is connected twice", now);
                place.or(freed)
            }
            Verdict::Duplicate => {
                self.note_duplicate(party, now);
                return None;
            }
            Verdict::Crowd => return None,
        };
        if self.peers.len() >= self.setup.max_peers {
            let freed = self.close_idlest(now)?;
            return place.or(Some(freed));
        }
        place.or_else(|| self.setup.places.take()).or_else(|| self.close_idlest(now))
    }

    /// We dialled somebody who is here already, having called us: now we know where it listens.
    fn note_duplicate(&mut self, party: &Party<PeerKey>, now: Instant) {
        let same = self.peers.values_mut().find(|peer| peer.party.id == party.id);
        if let (Some(peer), Direction::Outgoing) = (same, party.direction)
            && peer.dialable.is_none()
        {
            peer.dialable = Some(party.address);
            self.book.connected(party.address, now);
        }
    }

    fn start_session(
        &self,
        key: PeerKey,
        connected: Connected,
        traffic: Arc<Traffic>,
    ) -> Addr<PeerSession> {
        let (mut setup, have) = (self.setup.session.clone(), self.have.clone());
        setup.dht_port = self.dht().map_or(0, |door| door.port.load(Relaxed));
        let make = move |_: &mut Context<PeerSession>| {
            PeerSession::new(key, setup, connected, have, traffic)
        };
        let swarm = self.setup.session.swarm.clone();
        let ended = move || {
            let reason = "the session is gone".to_owned();
            swarm.do_send(SessionEnded { key, reason, fault: false });
        };
        let policy = Policy::never("PeerSession");
        supervise::start(&self.setup.arbiter, policy, &self.setup.ledger, make, ended)
    }
}

/// How a dial ended.
#[derive(Message)]
#[rtype(result = "()")]
struct Dialed {
    address: SocketAddr,
    outcome: Result<Connected, ConnectError>,
    place: Place,
}

impl Handler<Dialed> for Swarm {
    type Result = ();
    fn handle(&mut self, dialed: Dialed, ctx: &mut Self::Context) {
        self.dialing = self.dialing.saturating_sub(1);
        let address = dialed.address;
        match dialed.outcome {
            Ok(connected) => self.take_in(connected, Direction::Outgoing, Some(dialed.place)),
            Err(ConnectError::Ourselves) => self.book.ourselves(address),
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
        self.learn(known.peers, known.source);
        self.dial(ctx);
    }
}

impl Swarm {
    /// Notes addresses that may be dialled: whichever the user names, what strangers name only as
    /// far as the policy allows.
    pub(crate) fn learn(&mut self, peers: impl IntoIterator<Item = SocketAddr>, source: Source) {
        let now = Instant::now();
        for peer in peers {
            let allowed = match source {
                Source::User => peer.port() != 0,
                _ => self.setup.policy.permits_peer(peer),
            };
            if allowed {
                self.book.add(peer, source, now);
            }
        }
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
        if self.book.is_banned(address) {
            return;
        }
        let io = self.setup.session.io.clone();
        let answering = io.spawn(async move { connect::answer(connected, &ours).await });
        ctx.spawn(answering.into_actor(self).map(move |outcome, swarm, _| match outcome {
            Ok(Ok(connected)) => swarm.take_in(connected, Direction::Incoming, None),
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
        let now = Instant::now();
        let Some(peer) = self.forget(ended.key, ended.fault, now) else { return };
        tracing::debug!(address = %peer.party.address, reason = ended.reason, "peer gone");
        if let Some(picker) = &self.setup.session.picker {
            picker.do_send(PeerSaid { peer: ended.key, what: Said::Left });
        }
        if peer.unchoked {
            self.fill_slots(now);
        }
    }
}
