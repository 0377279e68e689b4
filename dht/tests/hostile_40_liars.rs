//! HOSTILE 40: nodes that lie. Of the peers they make up only those that the policy permits are
//! told, each once and no more than the cap; who asks them next finds the truth beside the lies.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

mod support;

use std::collections::HashSet;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use actix::prelude::*;
use dht::Dht;
use dht::actor::MAX_PEERS;
use support::{FILM, SEEDER, announced, config, healthy, lookup};

/// What each liar makes up.
const LIES: u16 = 230;

/// Answers whoever asks for peers with the same ones, until its socket times out.
fn lie(socket: &UdpSocket, number: u8) {
    let mut packet = [0; 2048];
    while let Ok((length, from)) = socket.recv_from(&mut packet) {
        let query = &packet[..length];
        let Some(at) = query.windows(5).position(|window| window == b"1:t4:") else { continue };
        let mut answer = b"d1:rd2:id20:".to_vec();
        answer.extend([number; 20]);
        // Honest until it is asked for peers, so that it comes into routing tables.
        if !query.windows(9).any(|window| window == b"get_peers") {
            answer.extend(b"5:nodes0:e1:t4:");
            answer.extend(&query[at + 5..at + 9]);
            answer.extend(b"1:y1:re");
            let _ = socket.send_to(&answer, from);
            continue;
        }
        answer.extend(b"5:token4:tttt6:valuesl");
        let peers = (0..LIES).map(|lie| (Ipv4Addr::new(10, number, 0, lie as u8), 6881));
        let forbidden = [([169, 254, 169, 254].into(), 80), ([10, 0, 0, 1].into(), 0)];
        for (ip, port) in forbidden.into_iter().chain(peers) {
            answer.extend(b"6:");
            answer.extend(Ipv4Addr::octets(&ip));
            answer.extend(u16::to_be_bytes(port));
        }
        answer.extend(b"ee1:t4:");
        answer.extend(&query[at + 5..at + 9]);
        answer.extend(b"1:y1:re");
        let _ = socket.send_to(&answer, from);
    }
}

/// Starts liars; their threads end when nobody has asked them for a while.
fn liars(count: u8) -> Vec<String> {
    let start = |number| {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let address = socket.local_addr().unwrap().to_string();
        std::thread::spawn(move || lie(&socket, number));
        address
    };
    (1..=count).map(start).collect()
}

#[test]
fn hostile_40_peers_made_up_are_filtered_and_no_more_than_the_cap() {
    System::new().block_on(async {
        let dht = Dht::new(config(&liars(12))).start();
        healthy(&dht, |health| health.alive).await;
        let told = lookup(&dht, FILM).await;
        let different: HashSet<_> = told.iter().collect();
        assert_eq!((told.len(), different.len()), (MAX_PEERS, MAX_PEERS));
        assert!(told.iter().all(|peer| peer.port() == 6881), "{told:?}");
    });
}

#[test]
fn hostile_40_the_truth_is_found_beside_the_lies() {
    System::new().block_on(async {
        let (net, _announcer) = announced().await;

        let mut bootstrap = liars(3);
        bootstrap.push(net.bootstrap[0].clone());
        let dht = Dht::new(config(&bootstrap)).start();
        healthy(&dht, |health| health.alive).await;
        let told = lookup(&dht, FILM).await;
        assert!(told.contains(&SEEDER.parse().unwrap()));
        assert_eq!(told.len(), 3 * usize::from(LIES) + 1);
    });
}
