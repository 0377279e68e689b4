//! `Dht`: peers by info hash.
//!
//! | hears | says |
//! | --- | --- |
//! | [`Lookup`], [`Announce`], [`AskHealth`], [`SavedNodes`] | [`PeersFound`], to who looked |
//!
//! Bounded by [`Queries`]; the node's own health is asked in the background and answered from
//! memory. A node that does not come up or dies is built anew, with backoff, from the nodes last
//! known; queries wait meanwhile.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use actix::prelude::*;
use wire::{AddressPolicy, InfoHash};

use crate::DhtError;
use crate::node::{Node, Snapshot};
use crate::queries::{Key, Queries, Query};

/// Wait before the node is built again; doubled each time, until it lives.
pub const BACKOFF_FIRST: Duration = Duration::from_secs(1);
/// Longest such wait.
pub const BACKOFF_CAP: Duration = Duration::from_secs(60);
/// How old the known health may grow before somebody's asking renews it.
const HEALTH_AGE: Duration = Duration::from_secs(5);
/// When a new node is first asked how it is: bootstrapping takes about as long.
const FIRST_LOOK: Duration = Duration::from_millis(500);

/// How the node is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Without it nothing is bound and nobody contacted; every query is dropped.
    pub enabled: bool,
    /// UDP port, 0 for any.
    pub port: u16,
    /// Address to bind; `mainline` knows IPv4 only.
    pub bind: Ipv4Addr,
    /// `host:port` to start from; `None` is mainline's public nodes.
    pub bootstrap: Option<Vec<String>>,
    /// Nodes of the last session, tried beside them.
    pub saved_nodes: Vec<String>,
    /// Which of the peers found are taken (HOSTILE 40).
    pub policy: AddressPolicy,
}

/// Peers the DHT named: permitted by the policy, each once a lookup, not known to be alive.
#[derive(Clone, Debug, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct PeersFound {
    /// Whose peers.
    pub info_hash: InfoHash,
    /// One node's answer, mostly.
    pub peers: Vec<SocketAddr>,
}

/// Find peers of a torrent and tell `found` as they come.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Lookup {
    /// The torrent.
    pub info_hash: InfoHash,
    /// Who hears of them.
    pub found: Recipient<PeersFound>,
}

/// Tell the DHT that we have (part of) a torrent; not for private ones (BEP 27).
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Announce {
    /// The torrent.
    pub info_hash: InfoHash,
    /// The TCP port we listen on.
    pub port: u16,
}

/// How the node is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, MessageResponse)]
pub struct Health {
    /// Live nodes in the routing table, a few seconds ago.
    pub nodes: usize,
    /// Whether there is a node.
    pub alive: bool,
    /// Its UDP address.
    pub local_addr: Option<SocketAddr>,
}

/// Asks for [`Health`].
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Health")]
pub struct AskHealth;

/// Asks for `host:port` of live nodes: the next session's [`Config::saved_nodes`].
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Vec<String>")]
pub struct SavedNodes;

/// The actor.
#[derive(Debug)]
pub struct Dht {
    config: Config,
    /// None while it is being built.
    node: Option<Node>,
    queries: Queries<Recipient<PeersFound>>,
    /// Counts the nodes built: what an older one's calls come to is ignored.
    generation: u64,
    /// What is answered to [`AskHealth`].
    health: Health,
    /// Live nodes when last seen; what a new node starts from.
    saved: Vec<String>,
    /// When the node was last asked how it is, or will have been.
    looked: Option<Instant>,
    /// Before the next building.
    backoff: Duration,
}

impl Dht {
    /// A DHT actor to be started.
    pub fn new(config: Config) -> Self {
        Self {
            saved: config.saved_nodes.clone(),
            config,
            node: None,
            queries: Queries::default(),
            generation: 0,
            health: Health::default(),
            looked: None,
            backoff: BACKOFF_FIRST,
        }
    }

    /// Builds the node after a wait.
    fn build(&mut self, wait: Duration, ctx: &mut Context<Self>) {
        let (config, saved) = (self.config.clone(), self.saved.clone());
        let build = async move {
            tokio::time::sleep(wait).await;
            Node::build(config, saved).await
        };
        ctx.spawn(build.into_actor(self).map(|built, dht, ctx| match built {
            Ok(node) => {
                dht.node = Some(node);
                dht.health.alive = true;
                dht.look(FIRST_LOOK, ctx);
                dht.run_queries(ctx);
            }
            Err(error) => dht.lost(&error, ctx),
        }));
    }

    /// There is no node: what ran waits, and another one is built.
    fn lost(&mut self, error: &DhtError, ctx: &mut Context<Self>) {
        tracing::warn!(%error, retry_in = ?self.backoff, "no DHT node");
        self.forget_node();
        self.build(self.backoff, ctx);
        self.backoff = (self.backoff * 2).min(BACKOFF_CAP);
    }

    fn forget_node(&mut self) {
        self.node = None;
        self.generation += 1;
        self.health = Health::default();
        self.looked = None;
        self.queries.interrupted();
    }

    /// Starts as many queries as may run.
    fn run_queries(&mut self, ctx: &mut Context<Self>) {
        while let Some(node) = self.node.clone()
            && let Some(query) = self.queries.start()
        {
            let key = query.key();
            let policy = self.config.policy;
            let run = async move {
                match query {
                    Query::Lookup { info_hash, found } => {
                        let report = |peers| found.do_send(PeersFound { info_hash, peers });
                        node.lookup(info_hash, policy, report).await.map(|_| ())
                    }
                    Query::Announce { info_hash, port } => node.announce(info_hash, port).await,
                }
            };
            let generation = self.generation;
            ctx.spawn(run.into_actor(self).map(move |result, dht, ctx| {
                if dht.generation == generation {
                    dht.ran(key, result, ctx);
                }
            }));
        }
    }

    fn ran(&mut self, key: Key, result: Result<(), DhtError>, ctx: &mut Context<Self>) {
        fail::fail_point!("dht::future");
        self.queries.finish(key);
        if let Err(error) = result {
            tracing::debug!(%error, "DHT query");
            self.looked = None;
        }
        // After a failure it shows whether the node is alive; after a success it knows more nodes.
        self.look(Duration::ZERO, ctx);
        self.run_queries(ctx);
    }

    /// Asks the node how it is, after a wait, unless that was done a moment ago.
    fn look(&mut self, wait: Duration, ctx: &mut Context<Self>) {
        let is_fresh = self.looked.is_some_and(|looked| looked.elapsed() < HEALTH_AGE);
        let Some(node) = self.node.clone().filter(|_| !is_fresh) else {
            return;
        };
        self.looked = Some(Instant::now() + wait);
        let look = async move {
            tokio::time::sleep(wait).await;
            node.snapshot().await
        };
        let generation = self.generation;
        ctx.spawn(look.into_actor(self).map(move |seen, dht, ctx| {
            if dht.generation == generation {
                dht.saw(seen, ctx);
            }
        }));
    }

    fn saw(&mut self, seen: Result<Snapshot, DhtError>, ctx: &mut Context<Self>) {
        match seen {
            Ok(snapshot) => {
                self.backoff = BACKOFF_FIRST;
                self.health.local_addr = Some(snapshot.local_addr);
                self.health.nodes = snapshot.nodes.len();
                // A node cut off from the network must not forget where to start again.
                if !snapshot.nodes.is_empty() {
                    self.saved = snapshot.nodes;
                }
            }
            Err(error) => self.lost(&error, ctx),
        }
    }

    fn ask(&mut self, query: Query<Recipient<PeersFound>>, ctx: &mut Context<Self>) {
        fail::fail_point!("dht::handler");
        if self.config.enabled {
            self.queries.push(query);
            self.run_queries(ctx);
        }
    }
}

impl Actor for Dht {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        fail::fail_point!("dht::started");
        if self.config.enabled && self.node.is_none() {
            self.build(Duration::ZERO, ctx);
        }
        self.run_queries(ctx);
    }
}

impl Supervised for Dht {
    /// The node is a handle and stays, its port with it; the queries run again.
    fn restarting(&mut self, _: &mut Self::Context) {
        self.generation += 1;
        self.looked = None;
        self.queries.interrupted();
    }
}

impl Handler<Lookup> for Dht {
    type Result = ();

    fn handle(&mut self, lookup: Lookup, ctx: &mut Self::Context) {
        let Lookup { info_hash, found } = lookup;
        self.ask(Query::Lookup { info_hash, found }, ctx);
    }
}

impl Handler<Announce> for Dht {
    type Result = ();

    fn handle(&mut self, announce: Announce, ctx: &mut Self::Context) {
        let Announce { info_hash, port } = announce;
        self.ask(Query::Announce { info_hash, port }, ctx);
    }
}

impl Handler<AskHealth> for Dht {
    type Result = Health;

    fn handle(&mut self, _: AskHealth, ctx: &mut Self::Context) -> Self::Result {
        self.look(Duration::ZERO, ctx);
        self.health
    }
}

impl Handler<SavedNodes> for Dht {
    type Result = MessageResult<SavedNodes>;

    fn handle(&mut self, _: SavedNodes, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.saved.clone())
    }
}
