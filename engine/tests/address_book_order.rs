//! Who is dialled first, and who goes when the book is full.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use engine::swarm::address_book::{AddressBook, Ending, Source};

const SECOND: Duration = Duration::from_secs(1);

/// An address in a network of its own.
fn address(n: u16) -> SocketAddr {
    let [a, b] = n.to_be_bytes();
    ([60, a, b, 1], 6881).into()
}

#[test]
fn givers_first_then_fewer_failures_then_the_trusted_source_then_fresh_news() {
    let (mut book, now) = (AddressBook::new(false, 7), Instant::now());
    let told = [
        (Source::Pex, 0),
        (Source::Dht, 0),
        (Source::Tracker, 0),
        (Source::Tracker, 1),
        (Source::User, 0),
        (Source::Pex, 0),
        (Source::User, 0),
    ];
    for (n, (source, later)) in told.into_iter().enumerate() {
        book.add(address(n as u16), source, now + later * SECOND);
    }
    // 5 gave bytes once; 6 failed once.
    book.connected(address(5), now);
    book.closed(address(5), now, Ending { got: 9, ..Ending::default() });
    book.connected(address(6), now);
    book.closed(address(6), now, Ending::default());
    let order = book.take_due(now + 60 * SECOND, 9);
    assert_eq!(order, [5, 4, 3, 2, 1, 0, 6].map(address));
}

#[test]
fn an_incoming_peer_is_dialled_where_it_listens_once_it_has_left() {
    let (mut book, now) = (AddressBook::new(false, 7), Instant::now());
    let listens = book.listens([60, 0, 0, 1].into(), 6881, now).unwrap();
    assert_eq!(listens, address(0));
    assert!(book.take_due(now, 9).is_empty(), "it is connected");
    book.closed(listens, now, Ending { gave: 1, ..Ending::default() });
    assert_eq!(book.take_due(now + 9 * SECOND, 9), [address(0)]);
    assert_eq!(book.listens([60, 0, 0, 1].into(), 0, now), None);
}

#[test]
fn the_book_is_bounded_and_news_push_out_the_worst() {
    let (mut book, now) = (AddressBook::new(false, 7), Instant::now());
    (0..2000).for_each(|n| assert!(book.add(address(n), Source::Tracker, now)));
    // One of them failed: it goes first.
    assert_eq!(book.take_due(now, 1).len(), 1);
    let failed = address(1999);
    book.failed(failed, now);
    assert!(book.add(address(3000), Source::Tracker, now + SECOND));
    assert_eq!(book.len(), 2000);
    book.hurry(now + SECOND);
    let all = book.take_due(now + SECOND, 9999);
    assert!(all.contains(&address(3000)) && !all.contains(&failed));
}

#[test]
fn gossip_fills_at_most_half_the_book() {
    for source in [Source::Pex, Source::Dht] {
        let (mut book, now) = (AddressBook::new(false, 7), Instant::now());
        (0..1500).for_each(|n| assert!(book.add(address(n), source, now)));
        assert_eq!(book.len(), 1000, "{source:?}");
        (5000..6000).for_each(|n| assert!(book.add(address(n), Source::Tracker, now)));
        assert_eq!(book.len(), 2000);
        assert!(book.add(address(7000), source, now));
        let trackers = |book: &mut AddressBook| {
            let all = book.take_due(now, 9999);
            all.into_iter().filter(|known| (address(5000)..address(6000)).contains(known)).count()
        };
        assert_eq!(trackers(&mut book), 1000, "{source:?} pushed out what a tracker told");
    }
}

#[test]
fn hostile_32_one_network_has_fifty_places_and_four_dials() {
    let (mut book, now) = (AddressBook::new(false, 7), Instant::now());
    for host in 1..=255 {
        book.add(([203, 9, 113, host], 80).into(), Source::Pex, now);
    }
    assert_eq!(book.len(), 50);
    assert!((0..10).all(|n| book.add(address(n), Source::Pex, now)));
    let dialled = book.take_due(now, 30);
    let victims: Vec<_> =
        dialled.iter().filter(|known| known.ip().to_string().starts_with("203.9.113.")).collect();
    assert_eq!((victims.len(), dialled.len()), (4, 14));
    assert!(book.take_due(now, 30).is_empty(), "four at once, not four a call");
    book.failed(*victims[0], now);
    assert_eq!(book.take_due(now, 30).len(), 1);
}

#[test]
fn hostile_32_a_48_is_one_network_in_ipv6() {
    let (mut book, now) = (AddressBook::new(false, 7), Instant::now());
    for n in 0..200_u16 {
        let ip = std::net::Ipv6Addr::new(0x2600, 1, 2, n, 0, 0, 0, 1);
        book.add((ip, 80).into(), Source::Dht, now);
    }
    assert_eq!(book.len(), 50);
    assert_eq!(book.take_due(now, 30).len(), 4);
}

#[test]
fn loopback_is_many_peers_only_where_local_peers_are_allowed() {
    let counts = [true, false].map(|allow_local| {
        let (mut book, now) = (AddressBook::new(allow_local, 7), Instant::now());
        for port in 1..=200 {
            let source = if port <= 100 { Source::User } else { Source::Pex };
            book.add(([127, 0, 0, 1], port).into(), source, now);
        }
        let dials = book.take_due(now, 200).len();
        book.ban(([127, 0, 0, 1], 1).into());
        (book.len() > 50, dials, book.is_banned(([127, 0, 0, 1], 2).into()))
    });
    assert_eq!(counts, [(true, 200, false), (false, 4, true)]);
}

#[test]
fn a_seed_dials_no_seed() {
    let (mut book, now) = (AddressBook::new(false, 7), Instant::now());
    for (n, seed) in [(1, true), (2, false)] {
        book.add(address(n), Source::Tracker, now);
        book.connected(address(n), now);
        book.closed(address(n), now, Ending { gave: 1, seed, ..Ending::default() });
    }
    book.set_seeding(true);
    assert_eq!(book.take_due(now + 60 * SECOND, 9), [address(2)]);
    book.set_seeding(false);
    assert_eq!(book.take_due(now + 60 * SECOND, 9), [address(1)]);
}
