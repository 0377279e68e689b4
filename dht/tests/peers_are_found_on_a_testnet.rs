//! Two actors on a loopback DHT: what one announces the other finds; health and saved nodes are
//! told; a node whose port is taken comes up once it is free; a disabled one stays silent.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use actix::prelude::*;
use dht::actor::{Announce, AskHealth, Lookup, SavedNodes};
use dht::{Config, Dht, Health, PeersFound};
use mainline::Testnet;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wire::{AddressPolicy, InfoHash};

const FILM: InfoHash = InfoHash([0x5a; 20]);
const LIMIT: Duration = Duration::from_secs(20);

/// Passes on what it hears.
struct Ear(UnboundedSender<PeersFound>);

impl Actor for Ear {
    type Context = Context<Self>;
}

impl Handler<PeersFound> for Ear {
    type Result = ();
    fn handle(&mut self, found: PeersFound, _: &mut Self::Context) {
        self.0.send(found).unwrap();
    }
}

fn ear() -> (Recipient<PeersFound>, UnboundedReceiver<PeersFound>) {
    let (sender, receiver) = unbounded_channel();
    (Ear(sender).start().recipient(), receiver)
}

fn testnet() -> Testnet {
    Testnet::builder(10).build().unwrap()
}

/// Never without bootstrap nodes of ours: mainline's are public hosts.
fn config(bootstrap: &[String]) -> Config {
    Config {
        enabled: true,
        port: 0,
        bind: Ipv4Addr::LOCALHOST,
        bootstrap: Some(bootstrap.to_vec()),
        saved_nodes: vec![],
        policy: AddressPolicy::LOCAL_TOO,
    }
}

async fn healthy(dht: &Addr<Dht>, wished: impl Fn(&Health) -> bool) -> Health {
    let wait = async {
        loop {
            let health = dht.send(AskHealth).await.unwrap();
            if wished(&health) {
                return health;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, wait).await.unwrap()
}

/// Looks until peers come: an announce spreads in its own time.
async fn find(
    dht: &Addr<Dht>,
    recipient: &Recipient<PeersFound>,
    heard: &mut UnboundedReceiver<PeersFound>,
) -> Vec<SocketAddr> {
    let wait = async {
        loop {
            let found = recipient.clone();
            dht.do_send(Lookup { info_hash: FILM, found });
            if let Ok(found) = tokio::time::timeout(Duration::from_secs(1), heard.recv()).await {
                return found.unwrap();
            }
        }
    };
    let found = tokio::time::timeout(LIMIT, wait).await.unwrap();
    assert_eq!(found.info_hash, FILM);
    found.peers
}

#[test]
fn an_announced_peer_is_found_and_nodes_are_saved() {
    System::new().block_on(async {
        let net = testnet();
        let announcer = Dht::new(config(&net.bootstrap)).start();
        let seeker = Dht::new(config(&net.bootstrap)).start();
        announcer.do_send(Announce { info_hash: FILM, port: 51413 });
        let (recipient, mut heard) = ear();
        let peers = find(&seeker, &recipient, &mut heard).await;
        assert_eq!(peers, ["127.0.0.1:51413".parse().unwrap()]);

        let health = healthy(&seeker, |health| health.nodes > 0).await;
        assert!(health.alive && health.local_addr.unwrap().ip().is_loopback());
        let saved = seeker.send(SavedNodes).await.unwrap();
        assert_eq!(saved.len(), health.nodes);
        assert!(saved.iter().all(|node| net.bootstrap.contains(node)), "{saved:?}");

        // They are enough for the next session.
        let next = Config { saved_nodes: saved, ..config(&[]) };
        let next = Dht::new(next).start();
        assert_eq!(find(&next, &recipient, &mut heard).await, peers);
    });
}

#[test]
fn hostile_40_peers_the_policy_refuses_are_not_told() {
    System::new().block_on(async {
        let net = testnet();
        let open = Dht::new(config(&net.bootstrap)).start();
        let guarded = Config { policy: AddressPolicy::GLOBAL, ..config(&net.bootstrap) };
        let guarded = Dht::new(guarded).start();
        open.do_send(Announce { info_hash: FILM, port: 51413 });
        let (recipient, mut heard) = ear();
        find(&open, &recipient, &mut heard).await;

        let (recipient, mut heard) = ear();
        healthy(&guarded, |health| health.alive).await;
        guarded.send(Lookup { info_hash: FILM, found: recipient }).await.unwrap();
        // The lookup holds the only recipient: the channel closes when it ends.
        assert_eq!(tokio::time::timeout(LIMIT, heard.recv()).await.unwrap(), None);
    });
}

#[test]
fn a_taken_port_is_tried_again_until_it_is_free() {
    System::new().block_on(async {
        let net = testnet();
        let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let dht = Dht::new(Config { port, ..config(&net.bootstrap) }).start();
        let (recipient, mut heard) = ear();
        dht.send(Announce { info_hash: FILM, port: 4000 }).await.unwrap();
        assert_eq!(dht.send(AskHealth).await.unwrap(), Health::default());
        drop(taken);
        let health = healthy(&dht, |health| health.local_addr.is_some()).await;
        assert_eq!(health.local_addr.unwrap().port(), port);
        let peers = find(&dht, &recipient, &mut heard).await;
        assert_eq!(peers[0].port(), 4000, "what was asked before ran after");
    });
}

#[test]
fn a_disabled_dht_has_no_node_and_drops_queries() {
    System::new().block_on(async {
        let dht = Dht::new(Config { enabled: false, ..config(&[]) }).start();
        let (recipient, mut heard) = ear();
        dht.send(Lookup { info_hash: FILM, found: recipient }).await.unwrap();
        assert_eq!(heard.recv().await, None);
        assert_eq!(dht.send(AskHealth).await.unwrap(), Health::default());
    });
}
