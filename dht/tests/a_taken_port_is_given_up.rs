//! Another process has the UDP port: the node takes any other, and its health says so.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use std::net::UdpSocket;

use actix::prelude::*;
use dht::{Config, Dht, DhtError};
use support::{config, healthy, testnet};

#[test]
fn a_taken_port_is_given_up_for_another() {
    System::new().block_on(async {
        let net = testnet();
        let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let dht = Dht::new(Config { port, ..config(&net.bootstrap) }).start();
        let health = healthy(&dht, |health| health.nodes > 0).await;
        assert_eq!(health.last_error, Some(DhtError::PortTaken(port)));
        assert_ne!(health.local_addr.unwrap().port(), port);
    });
}

#[test]
fn a_free_port_is_used() {
    System::new().block_on(async {
        let net = testnet();
        let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let dht = Dht::new(Config { port, ..config(&net.bootstrap) }).start();
        let health = healthy(&dht, |health| health.local_addr.is_some()).await;
        assert_eq!(health.local_addr.unwrap().port(), port);
        assert_eq!(health.last_error, None);
    });
}
