//! No bootstrap node answers: the node is built anew from one that a peer told of (BEP 5, `port`).
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use std::net::UdpSocket;

use actix::prelude::*;
use dht::actor::SavedNodes;
use dht::{Dht, DhtError, ToldNode};
use support::{FILM, config, ear, healthy, hungry, peers, testnet};

#[test]
fn a_lone_node_starts_from_told_ones() {
    System::new().block_on(async {
        let net = testnet();
        let (shared, _) = ear();
        let announcer = Dht::new(config(&net.bootstrap)).start();
        announcer.do_send(hungry(FILM, &shared, Some(6000)));

        // It listens and never answers.
        let dead = UdpSocket::bind("127.0.0.1:0").unwrap();
        let dead = dead.local_addr().unwrap().to_string();
        let dht = Dht::new(config(&[dead, "no address".to_owned()])).start();
        let (recipient, mut heard) = ear();
        dht.do_send(hungry(FILM, &recipient, None));
        healthy(&dht, |health| health.local_addr.is_some()).await;
        let told = net.bootstrap[0].parse().unwrap();
        dht.do_send(ToldNode(told));

        assert_eq!(peers(&mut heard).await, ["127.0.0.1:6000".parse().unwrap()]);
        let health = healthy(&dht, |health| health.nodes > 0).await;
        assert_eq!((health.restarts, health.last_error), (1, Some(DhtError::Alone)));
        assert!(dht.send(SavedNodes).await.unwrap().contains(&told));
    });
}
