//! The local tracker's store: who is given to whom, counts, expiry and caps.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tracker::Event;
use tracker::server::query::{AnnounceQuery, Transport};
use tracker::server::store::{Counts, Limits, Store};
use wire::{InfoHash, PeerId};

const FILM: InfoHash = InfoHash([1; 20]);
const NOBODY: [u16; 0] = [];

fn peer(port: u16, left: u64, event: Event) -> (SocketAddr, AnnounceQuery) {
    let mut id = [b'x'; 20];
    id[..2].copy_from_slice(&port.to_be_bytes());
    let query = AnnounceQuery {
        info_hash: FILM,
        peer_id: PeerId(id),
        port,
        left: Some(left),
        event,
        numwant: 50,
        compact: true,
        no_peer_id: false,
        transport: Transport::Http,
        family: None,
    };
    (SocketAddr::from(([127, 0, 0, 1], port)), query)
}

/// Announces, and says which ports were given.
fn announce(store: &mut Store, now: Instant, port: u16, left: u64, event: Event) -> Vec<u16> {
    let (addr, query) = peer(port, left, event);
    let given = store.announce(now, addr, &query).unwrap();
    let mut ports: Vec<u16> = given.peers.iter().map(|(addr, _)| addr.port()).collect();
    ports.sort_unstable();
    ports
}

fn counts(store: &mut Store, now: Instant) -> Counts {
    store.scrape(now, &[FILM]).first().map(|(_, counts)| *counts).unwrap_or_default()
}

#[test]
fn everybody_but_the_asker_is_given_and_seeders_get_leechers() {
    let (mut store, now) = (Store::new(Limits::default()), Instant::now());
    assert_eq!(announce(&mut store, now, 1, 0, Event::Started), NOBODY);
    assert_eq!(announce(&mut store, now, 2, 9, Event::Started), [1]);
    assert_eq!(announce(&mut store, now, 3, 0, Event::Started), [2]);
    assert_eq!(announce(&mut store, now, 2, 9, Event::Empty), [1, 3]);
    let expected = Counts { complete: 2, incomplete: 1, downloaded: 0 };
    assert_eq!(counts(&mut store, now), expected);
}

#[test]
fn completing_counts_once_and_stopping_removes() {
    let (mut store, now) = (Store::new(Limits::default()), Instant::now());
    announce(&mut store, now, 1, 9, Event::Started);
    announce(&mut store, now, 1, 0, Event::Completed);
    announce(&mut store, now, 1, 0, Event::Completed);
    let expected = Counts { complete: 1, incomplete: 0, downloaded: 1 };
    assert_eq!(counts(&mut store, now), expected);
    assert_eq!(announce(&mut store, now, 2, 9, Event::Started), [1]);
    assert_eq!(
        announce(&mut store, now, 1, 0, Event::Stopped),
        NOBODY,
        "who leaves needs no peers"
    );
    assert_eq!(announce(&mut store, now, 2, 9, Event::Empty), NOBODY);
}

#[test]
fn the_silent_are_dropped_after_two_intervals() {
    let limits = Limits::default();
    let (mut store, now) = (Store::new(limits), Instant::now());
    announce(&mut store, now, 1, 9, Event::Started);
    let almost = now + limits.interval * 2 - Duration::from_secs(1);
    assert_eq!(announce(&mut store, almost, 2, 9, Event::Started), [1]);
    assert_eq!(announce(&mut store, now + limits.interval * 2, 2, 9, Event::Empty), NOBODY);
    assert!(store.scrape(now + limits.interval * 9, &[]).is_empty());
}

#[test]
fn numwant_is_obeyed_and_capped_and_the_choice_varies() {
    let limits = Limits { numwant: 5, ..Limits::default() };
    let (mut store, now) = (Store::new(limits), Instant::now());
    for port in 1..=20 {
        announce(&mut store, now, port, 9, Event::Started);
    }
    let mut given = std::collections::BTreeSet::new();
    for _ in 0..100 {
        let ports = announce(&mut store, now, 100, 9, Event::Empty);
        assert_eq!(ports.len(), 5);
        given.extend(ports);
    }
    assert_eq!(given.len(), 20);
    let (addr, mut query) = peer(100, 9, Event::Empty);
    query.numwant = 2;
    assert_eq!(store.announce(now, addr, &query).unwrap().peers.len(), 2);
    query.numwant = 0;
    assert!(store.announce(now, addr, &query).unwrap().peers.is_empty());
}

#[test]
fn torrents_and_peers_are_capped_and_room_is_made_by_time() {
    let limits = Limits { torrents: 2, peers_per_torrent: 3, ..Limits::default() };
    let (mut store, now) = (Store::new(limits), Instant::now());
    for port in 1..=10 {
        announce(&mut store, now, port, 9, Event::Started);
    }
    assert_eq!(counts(&mut store, now).incomplete, 3);
    assert_eq!(announce(&mut store, now, 10, 9, Event::Empty), [1, 2, 3], "served all the same");

    let (addr, mut query) = peer(1, 9, Event::Started);
    query.info_hash = InfoHash([2; 20]);
    store.announce(now, addr, &query).unwrap();
    query.info_hash = InfoHash([3; 20]);
    assert!(store.announce(now, addr, &query).is_err());
    assert!(store.announce(now + limits.interval * 2, addr, &query).is_ok());
}
