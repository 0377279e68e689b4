//! `Dht`: peers by info hash.
//!
//! | hears | says |
//! | --- | --- |
//! | [`Want`], [`Forget`], [`ToldNode`], [`AskHealth`], [`SavedNodes`] | [`PeersFound`], to who wants |
//!
//! Bounded by [`Wishes`] and [`Contacts`]; the node's own health is asked in the background and
//! answered from memory. A node that does not come up, dies or stays alone is built anew, with
//! backoff, from the nodes last known; wishes wait meanwhile.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use actix::prelude::*;
use wire::{AddressPolicy, InfoHash};

use crate::DhtError;
use crate::contacts::Contacts;
use crate::node::{Node, Snapshot};
use crate::wishes::{Query, Wish, Wishes};

/// Wait before the node is built again; doubled each time, until it lives.
pub const BACKOFF_FIRST: Duration = Duration::from_secs(1);
/// Longest such wait.
pub const BACKOFF_CAP: Duration = Duration::from_secs(60);
/// How long a node may know no other before it is built anew, if there is another start to try;
/// doubled each time, until it knows one.
pub const ALONE_FIRST: Duration = Duration::from_secs(5);
/// Longest such time.
pub const ALONE_CAP: Duration = Duration::from_secs(5 * 60);
/// Peers told of one lookup at most; the rest is dropped (HOSTILE 40).
pub const MAX_PEERS: usize = 2000;
/// How often the node is asked how it is, while a wish stands or somebody asks.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// When a new node is first asked how it is: bootstrapping takes about as long.
const FIRST_LOOK: Duration = Duration::from_millis(500);

/// How the node is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Without it nothing is bound and nobody contacted; every wish is dropped.
    pub enabled: bool,
    /// UDP port, 0 for any. If another process has it any other is used; [`Health`] tells.
    pub port: u16,
    /// Address to bind; `mainline` knows IPv4 only.
    pub bind: Ipv4Addr,
    /// `host:port` to start from; `None` is mainline's public nodes.
    pub bootstrap: Option<Vec<String>>,
    /// Nodes of the last session, tried beside them.
    pub saved_nodes: Vec<SocketAddr>,
    /// Which of the peers found are taken (HOSTILE 40).
    pub policy: AddressPolicy,
}

/// Peers the DHT named: permitted by the policy, each once a lookup, not known to be alive. We may
/// be among them.
#[derive(Clone, Debug, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct PeersFound {
    /// Whose peers.
    pub info_hash: InfoHash,
    /// One node's answer, mostly.
    pub peers: Vec<SocketAddr>,
}

/// What a torrent wants from now on, until [`Forget`] or until `found` is gone; in place of what it
/// wanted before. Sent again whenever its hunger changes.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Want(pub Wish<Recipient<PeersFound>>);

/// The torrent stopped. What a running lookup finds may still be told, for some seconds.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Forget(pub InfoHash);

/// A peer's DHT node: its address with the port of its `port` message (BEP 5).
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct ToldNode(pub SocketAddr);

/// How the node is.
#[derive(Clone, Debug, Default, PartialEq, Eq, MessageResponse)]
pub struct Health {
    /// Live nodes in the routing table, a few seconds ago.
    pub nodes: usize,
    /// Whether there is a node.
    pub alive: bool,
    /// How often it had to be built anew, tries that failed included.
    pub restarts: u64,
    /// Its UDP address.
    pub local_addr: Option<SocketAddr>,
    /// What was last wrong with it.
    pub last_error: Option<DhtError>,
}

/// Asks for [`Health`].
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Health")]
pub struct AskHealth;

/// Asks for the next session's [`Config::saved_nodes`]: live nodes, at most
/// [`MAX_SAVED`](crate::contacts::MAX_SAVED).
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Vec<SocketAddr>")]
pub struct SavedNodes;

/// The actor.
#[derive(Debug)]
pub struct Dht {
    config: Config,
    /// None while it is being built.
    node: Option<Node>,
    /// When it was.
    built: Option<Instant>,
    wishes: Wishes<Recipient<PeersFound>>,
    /// What a new node starts from.
    contacts: Contacts,
    /// What is answered to [`AskHealth`].
    health: Health,
    /// Calls on the node under way, by torrent; `None` is a look at its health. Each holds the node
    /// alive, its port with it.
    calls: HashMap<Option<InfoHash>, SpawnHandle>,
    /// When the next wish is due.
    alarm: Option<SpawnHandle>,
    /// When the node was last asked how it is, or will have been.
    looked: Option<Instant>,
    /// Whether somebody asked since.
    asked: bool,
    /// Before the next building.
    backoff: Duration,
    /// Before a node alone is given up.
    alone: Duration,
}

impl Dht {
    /// A DHT actor to be started.
    pub fn new(config: Config) -> Self {
        Self {
            contacts: Contacts::new(config.policy, &config.saved_nodes),
            config,
            node: None,
            built: None,
            wishes: Wishes::default(),
            health: Health::default(),
            calls: HashMap::new(),
            alarm: None,
            looked: None,
            asked: false,
            backoff: BACKOFF_FIRST,
            alone: ALONE_FIRST,
        }
    }

    /// Builds the node after a wait.
    fn build(&mut self, wait: Duration, ctx: &mut Context<Self>) {
        let (config, contacts) = (self.config.clone(), self.contacts.pick());
        let build = async move {
            tokio::time::sleep(wait).await;
            Node::build(config, contacts).await
        };
        ctx.spawn(build.into_actor(self).map(|built, dht, ctx| match built {
            Ok((node, error)) => dht.run(node, error, ctx),
            Err(error) => dht.lost(error, ctx),
        }));
    }

    fn run(&mut self, node: Node, error: Option<DhtError>, ctx: &mut Context<Self>) {
        if let Some(error) = error {
            tracing::warn!(%error, "DHT");
            self.health.last_error = Some(error);
        }
        self.node = Some(node);
        self.built = Some(Instant::now());
        self.health.alive = true;
        self.look(FIRST_LOOK, ctx);
        self.grant(ctx);
    }

    /// There is no node: what ran waits, and another one is built.
    fn lost(&mut self, error: DhtError, ctx: &mut Context<Self>) {
        tracing::warn!(%error, retry_in = ?self.backoff, "no DHT node");
        self.node = None;
        self.calls.drain().for_each(|(_, call)| _ = ctx.cancel_future(call));
        self.looked = None;
        self.wishes.interrupted();
        self.health = Health {
            restarts: self.health.restarts + 1,
            last_error: Some(error),
            ..Health::default()
        };
        self.build(self.backoff, ctx);
        self.backoff = (self.backoff * 2).min(BACKOFF_CAP);
    }

    /// Whether bootstrap nodes are named: names may resolve another time, and to other addresses.
    fn has_names(&self) -> bool {
        self.config.bootstrap.as_ref().is_none_or(|names| !names.is_empty())
    }

    /// Starts as many lookups as are due and may run, and sets the alarm for the next.
    fn grant(&mut self, ctx: &mut Context<Self>) {
        let now = Instant::now();
        while let Some(node) = self.node.clone()
            && let Some(query) = self.wishes.next(now)
        {
            self.query(node, query, ctx);
        }
        if let Some(alarm) = self.alarm.take() {
            ctx.cancel_future(alarm);
        }
        if let Some(due) = self.wishes.wake().filter(|_| self.node.is_some()) {
            let wait = due.saturating_duration_since(now);
            self.alarm = Some(ctx.run_later(wait, |dht, ctx| dht.grant(ctx)));
        }
    }

    fn query(&mut self, node: Node, query: Query<Recipient<PeersFound>>, ctx: &mut Context<Self>) {
        let (info_hash, call) = match query {
            Query::Lookup { info_hash, found } if !found.connected() => {
                self.wishes.forget(info_hash);
                self.wishes.looked(info_hash, 0, Instant::now());
                return;
            }
            Query::Lookup { info_hash, found } => {
                let report = move |peers| found.do_send(PeersFound { info_hash, peers });
                let lookup = node.lookup(info_hash, self.config.policy, report);
                let ended = move |result, dht: &mut Self, ctx: &mut Context<Self>| {
                    dht.looked_up(info_hash, result, ctx);
                };
                (info_hash, ctx.spawn(lookup.into_actor(self).map(ended)))
            }
            Query::Announce { info_hash, port } => {
                let announce = node.announce(info_hash, port).into_actor(self);
                let ended = move |result: Result<(), DhtError>, dht: &mut Self, ctx: &mut _| {
                    dht.wishes.announced(info_hash, result.is_ok(), Instant::now());
                    dht.ended(info_hash, result.err(), ctx);
                };
                (info_hash, ctx.spawn(announce.map(ended)))
            }
        };
        self.calls.insert(Some(info_hash), call);
    }

    fn looked_up(
        &mut self,
        info_hash: InfoHash,
        result: Result<usize, DhtError>,
        ctx: &mut Context<Self>,
    ) {
        fail::fail_point!("dht::future");
        let (found, error) = match result {
            Ok(found) => (found, None),
            Err(error) => (0, Some(error)),
        };
        let announce = self.wishes.looked(info_hash, found, Instant::now());
        self.ended(info_hash, error, ctx);
        if let (Some(node), Some(announce)) = (self.node.clone(), announce) {
            self.query(node, announce, ctx);
        }
    }

    fn ended(&mut self, info_hash: InfoHash, error: Option<DhtError>, ctx: &mut Context<Self>) {
        self.calls.remove(&Some(info_hash));
        if let Some(error) = error {
            tracing::debug!(%error, "DHT query");
            // It may be dead.
            self.looked = None;
        }
        self.look(Duration::ZERO, ctx);
        self.grant(ctx);
    }

    /// Asks the node how it is, after a wait, unless that is being done or was a moment ago.
    fn look(&mut self, wait: Duration, ctx: &mut Context<Self>) {
        let is_fresh = self.looked.is_some_and(|looked| looked.elapsed() < LOOK_EVERY);
        if is_fresh || self.calls.contains_key(&None) {
            return;
        }
        let Some(node) = self.node.clone() else { return };
        self.looked = Some(Instant::now() + wait);
        self.asked = false;
        let look = async move {
            tokio::time::sleep(wait).await;
            node.snapshot().await
        };
        let call = ctx.spawn(look.into_actor(self).map(|seen, dht, ctx| dht.saw(seen, ctx)));
        self.calls.insert(None, call);
    }

    fn saw(&mut self, seen: Result<Snapshot, DhtError>, ctx: &mut Context<Self>) {
        self.calls.remove(&None);
        let snapshot = match seen {
            Ok(snapshot) => snapshot,
            Err(error) => return self.lost(error, ctx),
        };
        self.backoff = BACKOFF_FIRST;
        self.health.local_addr = Some(snapshot.local_addr);
        self.health.nodes = snapshot.nodes.len();
        self.contacts.save(&snapshot.nodes);
        if !snapshot.nodes.is_empty() {
            self.alone = ALONE_FIRST;
        } else if self.built.is_some_and(|built| built.elapsed() >= self.alone)
            && (self.contacts.has_others() || self.has_names())
        {
            self.alone = (self.alone * 2).min(ALONE_CAP);
            self.lost(DhtError::Alone, ctx);
        }
    }
}

impl Actor for Dht {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        fail::fail_point!("dht::started");
        if !self.config.enabled {
            return;
        }
        if self.node.is_none() {
            self.build(Duration::ZERO, ctx);
        }
        ctx.run_interval(LOOK_EVERY, |dht, ctx| {
            if dht.asked || !dht.wishes.is_empty() {
                dht.look(Duration::ZERO, ctx);
            }
        });
        self.grant(ctx);
    }
}

impl Supervised for Dht {
    /// The node is a handle and stays, its port with it; the queries run again.
    fn restarting(&mut self, _: &mut Self::Context) {
        self.calls.clear();
        self.alarm = None;
        self.looked = None;
        self.wishes.interrupted();
    }
}

impl Handler<Want> for Dht {
    type Result = ();

    fn handle(&mut self, Want(wish): Want, ctx: &mut Self::Context) {
        if !self.config.enabled {
            return;
        }
        let info_hash = wish.info_hash;
        if !self.wishes.want(wish, Instant::now()) {
            tracing::warn!(%info_hash, "too many torrents for the DHT");
        }
        // The wish is kept first: a panic from here on does not lose it.
        fail::fail_point!("dht::handler");
        self.grant(ctx);
    }
}

impl Handler<Forget> for Dht {
    type Result = ();

    fn handle(&mut self, Forget(info_hash): Forget, _: &mut Self::Context) {
        self.wishes.forget(info_hash);
    }
}

impl Handler<ToldNode> for Dht {
    type Result = ();

    fn handle(&mut self, ToldNode(node): ToldNode, _: &mut Self::Context) {
        self.contacts.told(node);
    }
}

impl Handler<AskHealth> for Dht {
    type Result = Health;

    fn handle(&mut self, _: AskHealth, ctx: &mut Self::Context) -> Self::Result {
        self.asked = true;
        self.look(Duration::ZERO, ctx);
        self.health.clone()
    }
}

impl Handler<SavedNodes> for Dht {
    type Result = MessageResult<SavedNodes>;

    fn handle(&mut self, _: SavedNodes, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.contacts.saved())
    }
}
