//! Peer exchange (BEP 11): differences only, fifty a message, one a minute; nobody is told of
//! itself or of local addresses; HOSTILE 32: as much is heard.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use engine::swarm::pex::{Acquaintance, Pex};
use wire::extension::{PexFlags, PexMessage, PexPeer};

const SECOND: Duration = Duration::from_secs(1);

fn address(n: u32) -> SocketAddr {
    let [_, _, high, low] = n.to_be_bytes();
    ([60, 1, high, low], 6881).into()
}

/// Connected peers with these numbers.
fn connected(numbers: impl IntoIterator<Item = u32>) -> Vec<Acquaintance<u32>> {
    let one = |key| Acquaintance { key, address: address(key), seed: false, reachable: true };
    numbers.into_iter().map(one).collect()
}

fn added(message: &PexMessage) -> HashSet<SocketAddr> {
    message.added.iter().map(|peer| peer.address).collect()
}

#[test]
fn a_peer_hears_soon_of_all_others_and_then_once_a_minute_of_changes() {
    let (mut pex, start) = (Pex::default(), Instant::now());
    pex.joined(0, start);
    assert!(pex.due(start + SECOND, &connected(0..4)).is_empty(), "too soon");
    let first = pex.due(start + 5 * SECOND, &connected(0..4));
    assert_eq!((first.len(), first[0].0), (1, 0));
    assert_eq!(added(&first[0].1), (1..4).map(address).collect());
    assert!(pex.due(start + 64 * SECOND, &connected(0..9)).is_empty(), "within the minute");
    let second = pex.due(start + 65 * SECOND, &connected([0, 2, 3, 7]));
    assert_eq!(added(&second[0].1), HashSet::from([address(7)]));
    assert_eq!(second[0].1.dropped, [address(1)]);
    assert!(pex.due(start + 200 * SECOND, &connected([0, 2, 3, 7])).is_empty(), "nothing new");
    assert_eq!(pex.due(start + 201 * SECOND, &connected([0, 2, 3])).len(), 1);
}

#[test]
fn fifty_a_message_and_the_rest_a_minute_later() {
    let (mut pex, start) = (Pex::default(), Instant::now());
    pex.joined(0, start);
    let everybody = connected(0..121);
    let mut told = HashSet::new();
    for minute in 0..3 {
        let messages = pex.due(start + 5 * SECOND + minute * 60 * SECOND, &everybody);
        assert!(messages[0].1.added.len() <= 50);
        told.extend(added(&messages[0].1));
    }
    assert_eq!(told, (1..121).map(address).collect());
}

#[test]
fn nobody_is_told_of_itself_though_it_is_connected_twice() {
    let (mut pex, start) = (Pex::default(), Instant::now());
    pex.joined(0, start);
    let mut peers = connected(0..2);
    peers[1].address = address(0);
    assert!(pex.due(start + 5 * SECOND, &peers).is_empty());
}

#[test]
fn local_addresses_are_told_to_local_peers_only() {
    let (mut pex, start) = (Pex::default(), Instant::now());
    let mut peers = connected(0..4);
    peers[2].address = ([192, 168, 0, 2], 6881).into();
    peers[3].address = ([192, 168, 0, 3], 6881).into();
    pex.joined(0, start);
    pex.joined(2, start);
    for (key, message) in pex.due(start + 5 * SECOND, &peers) {
        let told = added(&message);
        match key {
            0 => assert_eq!(told, HashSet::from([address(1)])),
            _ => assert_eq!(told, [0, 1, 3].map(|n| peers[n].address).into()),
        }
    }
}

#[test]
fn flags_say_who_is_a_seed_and_who_can_be_reached() {
    let (mut pex, start) = (Pex::default(), Instant::now());
    pex.joined(0, start);
    let mut peers = connected(0..2);
    (peers[1].seed, peers[1].reachable) = (true, false);
    let messages = pex.due(start + 5 * SECOND, &peers);
    let flags = PexFlags { seed: true, ..PexFlags::default() };
    assert_eq!(messages[0].1.added, [PexPeer { address: address(1), flags }]);
}

#[test]
fn who_left_is_told_nothing_and_forgotten() {
    let (mut pex, start) = (Pex::default(), Instant::now());
    pex.joined(0, start);
    pex.left(0);
    assert!(!pex.is_due(start + 99 * SECOND));
    assert!(pex.due(start + 99 * SECOND, &connected(0..4)).is_empty());
}

#[test]
fn hostile_32_a_flood_of_peers_is_heard_fifty_a_minute() {
    let (mut pex, start) = (Pex::default(), Instant::now());
    let flood = || {
        let peer = |n| PexPeer { address: address(n), flags: PexFlags::default() };
        PexMessage { added: (0..10_000).map(peer).collect(), dropped: Vec::new() }
    };
    assert!(pex.heard(7, start, flood()).is_empty(), "it never said that it speaks ut_pex");
    pex.joined(7, start);
    let heard: usize =
        (0..120).map(|second| pex.heard(7, start + second * SECOND, flood()).len()).sum();
    assert!((100..=150).contains(&heard), "{heard} peers in two minutes");
}
