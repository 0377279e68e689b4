//! Actors on a loopback DHT: what one's wish announces another's finds, however late; nodes are
//! saved and enough for the next session; a disabled one stays silent.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use actix::prelude::*;
use dht::actor::{AskHealth, SavedNodes};
use dht::{Config, Dht, Health};
use support::{FILM, SEEDER, announced, config, ear, healthy, hungry, lookup, peers, testnet};
use wire::AddressPolicy;

#[test]
fn a_standing_wish_finds_who_is_announced_later_and_nodes_are_saved() {
    System::new().block_on(async {
        let net = testnet();
        let seeker = Dht::new(config(&net.bootstrap)).start();
        let (recipient, mut heard) = ear();
        seeker.do_send(hungry(FILM, &recipient, None));
        healthy(&seeker, |health| health.nodes > 0).await;
        assert!(heard.try_recv().is_err(), "nobody is announced yet");

        let named: Vec<_> =
            net.bootstrap.iter().map(|node| node.replace("127.0.0.1", "localhost")).collect();
        let announcer = Dht::new(config(&named)).start();
        let (shared, _ear) = ear();
        announcer.do_send(hungry(FILM, &shared, Some(51413)));
        assert_eq!(peers(&mut heard).await, [SEEDER.parse().unwrap()]);

        let health = healthy(&seeker, |health| health.nodes > 0).await;
        assert!(health.alive && health.local_addr.unwrap().ip().is_loopback());
        assert_eq!((health.restarts, health.last_error), (0, None));
        let saved = seeker.send(SavedNodes).await.unwrap();
        assert!(!saved.is_empty());
        assert!(saved.iter().all(|node| net.bootstrap.contains(&node.to_string())), "{saved:?}");

        // They are enough for the next session.
        let next = Dht::new(Config { saved_nodes: saved, ..config(&[]) }).start();
        let (recipient, mut heard) = ear();
        next.do_send(hungry(FILM, &recipient, None));
        assert_eq!(peers(&mut heard).await, [SEEDER.parse().unwrap()]);
    });
}

#[test]
fn hostile_40_peers_the_policy_refuses_are_not_told() {
    System::new().block_on(async {
        let (net, _announcer) = announced().await;
        let guarded = Config { policy: AddressPolicy::GLOBAL, ..config(&net.bootstrap) };
        let guarded = Dht::new(guarded).start();
        healthy(&guarded, |health| health.alive).await;
        assert_eq!(lookup(&guarded, FILM).await, []);
    });
}

#[test]
fn a_disabled_dht_has_no_node_and_drops_wishes() {
    System::new().block_on(async {
        let dht = Dht::new(Config { enabled: false, ..config(&[]) }).start();
        let (recipient, mut heard) = ear();
        dht.send(hungry(FILM, &recipient, Some(1))).await.unwrap();
        drop(recipient);
        assert_eq!(heard.recv().await, None);
        assert_eq!(dht.send(AskHealth).await.unwrap(), Health::default());
    });
}
