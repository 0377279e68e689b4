//! What the tests with a live node share: loopback only, never mainline's public bootstrap nodes.
#![allow(dead_code, reason = "each test uses a part")]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use actix::prelude::*;
use dht::actor::AskHealth;
use dht::{Config, Dht, Health, PeersFound, Want, Wish};
use mainline::Testnet;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wire::{AddressPolicy, InfoHash};

pub(crate) const FILM: InfoHash = InfoHash([0x5a; 20]);
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
