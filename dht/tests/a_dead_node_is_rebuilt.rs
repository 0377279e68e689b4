//! A call on the node panics, as all do once mainline's thread is gone: the node is built anew from
//! the nodes it knew and finds peers again.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::net::Ipv4Addr;
use std::time::Duration;

use actix::prelude::*;
use dht::actor::{Announce, AskHealth, Lookup};
use dht::{Config, Dht, Health, PeersFound};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use wire::{AddressPolicy, InfoHash};

const FILM: InfoHash = InfoHash([0x5b; 20]);

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
    tokio::time::timeout(Duration::from_secs(30), wait).await.unwrap()
}

#[test]
fn a_dead_node_is_rebuilt() {
    System::new().block_on(async {
        let net = mainline::Testnet::builder(5).build().unwrap();
        let config = Config {
            enabled: true,
            port: 0,
            bind: Ipv4Addr::LOCALHOST,
            bootstrap: Some(net.bootstrap.clone()),
            saved_nodes: vec![],
            policy: AddressPolicy::LOCAL_TOO,
        };
        let dht = Dht::new(config).start();
        healthy(&dht, |health| health.nodes > 0).await;
        fail::cfg("dht::node", "1*panic").unwrap();
        healthy(&dht, |health| !health.alive).await;
        healthy(&dht, |health| health.nodes > 0).await;

        dht.do_send(Announce { info_hash: FILM, port: 5000 });
        let (sender, mut heard) = unbounded_channel();
        let found = Ear(sender).start().recipient();
        let peers = async {
            loop {
                let found = found.clone();
                dht.do_send(Lookup { info_hash: FILM, found });
                let heard = tokio::time::timeout(Duration::from_secs(1), heard.recv()).await;
                if let Ok(Some(found)) = heard {
                    return found.peers;
                }
            }
        };
        let peers = tokio::time::timeout(Duration::from_secs(30), peers).await.unwrap();
        assert_eq!(peers, ["127.0.0.1:5000".parse().unwrap()]);
    });
}
