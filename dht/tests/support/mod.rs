//! What the tests with a live node share: loopback only, never mainline's public bootstrap nodes.
#![allow(dead_code, reason = "each test uses a part")]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use actix::prelude::*;
use dht::actor::AskHealth;
use dht::{Config, Dht, Forget, Health, PeersFound, Want, Wish};
use mainline::Testnet;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wire::{AddressPolicy, InfoHash};

pub(crate) const FILM: InfoHash = InfoHash([0x5a; 20]);
/// Who has the film once it is [`announced`].
pub(crate) const SEEDER: &str = "127.0.0.1:51413";
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// Passes on what it hears.
struct Ear(UnboundedSender<PeersFound>);

impl Actor for Ear {
    type Context = Context<Self>;
}

impl Handler<PeersFound> for Ear {
    type Result = ();
    fn handle(&mut self, found: PeersFound, _: &mut Self::Context) {
        let _ = self.0.send(found);
    }
}

pub(crate) fn ear() -> (Recipient<PeersFound>, UnboundedReceiver<PeersFound>) {
    let (sender, receiver) = unbounded_channel();
    (Ear(sender).start().recipient(), receiver)
}

pub(crate) fn testnet() -> Testnet {
    Testnet::builder(10).build().unwrap()
}

pub(crate) fn config(bootstrap: &[String]) -> Config {
    Config {
        enabled: true,
        port: 0,
        bind: Ipv4Addr::LOCALHOST,
        bootstrap: Some(bootstrap.to_vec()),
        saved_nodes: vec![],
        policy: AddressPolicy::LOCAL_TOO,
    }
}

/// A network that knows of [`SEEDER`], by the announce of this node.
pub(crate) async fn announced() -> (Testnet, Addr<Dht>) {
    let net = testnet();
    let announcer = Dht::new(config(&net.bootstrap)).start();
    let (shared, mut known) = ear();
    announcer.do_send(hungry(FILM, &shared, Some(51413)));
    peers(&mut known).await;
    (net, announcer)
}

pub(crate) async fn healthy(dht: &Addr<Dht>, wished: impl Fn(&Health) -> bool) -> Health {
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

/// A torrent in want of peers, and announced with the port if one is given.
pub(crate) fn hungry(
    info_hash: InfoHash,
    found: &Recipient<PeersFound>,
    announce_port: Option<u16>,
) -> Want {
    Want(Wish { info_hash, found: found.clone(), announce_port, hungry: true })
}

/// The next peers heard of.
pub(crate) async fn peers(heard: &mut UnboundedReceiver<PeersFound>) -> Vec<SocketAddr> {
    tokio::time::timeout(LIMIT, heard.recv()).await.unwrap().unwrap().peers
}

/// Everything one lookup tells.
pub(crate) async fn lookup(dht: &Addr<Dht>, info_hash: InfoHash) -> Vec<SocketAddr> {
    let (recipient, mut heard) = ear();
    dht.send(hungry(info_hash, &recipient, None)).await.unwrap();
    dht.send(Forget(info_hash)).await.unwrap();
    // The lookup holds the only recipient: the channel closes when it ends.
    drop(recipient);
    let mut all = Vec::new();
    while let Some(found) = tokio::time::timeout(LIMIT, heard.recv()).await.unwrap() {
        all.extend(found.peers);
    }
    all
}
