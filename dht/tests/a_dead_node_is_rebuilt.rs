//! A call on the node panics, as all do once mainline's thread is gone: the node is built anew on
//! its port, and finds peers again.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use actix::prelude::*;
use dht::{Dht, DhtError};
use support::{FILM, config, ear, healthy, hungry, peers};

#[test]
fn a_dead_node_is_rebuilt() {
    System::new().block_on(async {
        let net = mainline::Testnet::builder(5).build().unwrap();
        let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let dht = Dht::new(dht::Config { port, ..config(&net.bootstrap) }).start();
        healthy(&dht, |health| health.nodes > 0).await;
        // Under way when it dies.
        let (recipient, mut heard) = ear();
        dht.do_send(hungry(FILM, &recipient, Some(5000)));
        fail::cfg("dht::node", "1*panic").unwrap();
        let health = healthy(&dht, |health| !health.alive).await;
        assert_eq!((health.restarts, health.last_error), (1, Some(DhtError::Died)));
        let health = healthy(&dht, |health| health.nodes > 0).await;
        assert_eq!(health.local_addr.unwrap().port(), port, "{health:?}");
        // Its own announce, by its own next lookup.
        assert_eq!(peers(&mut heard).await, ["127.0.0.1:5000".parse().unwrap()]);
    });
}
