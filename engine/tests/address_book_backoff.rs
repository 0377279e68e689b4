//! When an address is tried again: failures double the wait, with jitter; use clears them; a ban is
//! for good.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use engine::swarm::address_book::{AddressBook, Ending, Source};

const SECOND: Duration = Duration::from_secs(1);

fn address(n: u8) -> SocketAddr {
    ([192, 0, n, 1], 6881).into()
}

/// The wait until the only address of `book` is due.
fn wait(book: &AddressBook, now: Instant) -> Duration {
    book.next_due().unwrap().saturating_duration_since(now)
}

#[test]
fn each_failure_doubles_the_wait_give_or_take_a_quarter() {
    let (mut book, mut now) = (AddressBook::new(false, 7), Instant::now());
    assert!(book.add(address(1), Source::Tracker, now));
    let mut waits = Vec::new();
    for failures in 0..12 {
        assert_eq!(book.take_due(now, 9), [address(1)]);
        assert!(book.take_due(now, 9).is_empty(), "it is being dialled");
        book.failed(address(1), now);
        let whole = (5.0 * f64::from(1 << failures)).min(600.0);
        let waited = wait(&book, now).as_secs_f64();
        assert!((0.75 * whole..=1.25 * whole).contains(&waited), "{waited} s, about {whole}");
        waits.push(waited / whole);
        now += wait(&book, now);
    }
    let (least, most) = waits.iter().fold((2.0_f64, 0.0_f64), |(l, m), w| (l.min(*w), m.max(*w)));
    assert!(most - least > 0.05, "no jitter: {waits:?}");
}

#[test]
fn the_same_seed_waits_the_same_and_another_does_not() {
    let waits = |seed| {
        let (mut book, now) = (AddressBook::new(false, seed), Instant::now());
        book.add(address(1), Source::Tracker, now);
        book.take_due(now, 1);
        book.failed(address(1), now);
        wait(&book, now)
    };
    assert_eq!(waits(1), waits(1));
    assert_ne!(waits(1), waits(2));
}

#[test]
fn a_connection_of_use_clears_failures_a_useless_one_counts_as_one() {
    let (mut book, now) = (AddressBook::new(false, 7), Instant::now());
    book.add(address(1), Source::Tracker, now);
    book.take_due(now, 1);
    book.connected(address(1), now);
    book.closed(address(1), now + SECOND, Ending::default());
    let useless = wait(&book, now + SECOND);
    book.take_due(now + 9 * SECOND, 1);
    book.connected(address(1), now + 9 * SECOND);
    book.closed(address(1), now + 9 * SECOND, Ending { got: 1, ..Ending::default() });
    let useful = wait(&book, now + 9 * SECOND);
    assert!(useful < useless, "{useful:?} after bytes, {useless:?} after none");
    let fault = Ending { fault: true, got: 1, ..Ending::default() };
    book.closed(address(1), now + 9 * SECOND, fault);
    assert!(wait(&book, now + 9 * SECOND) >= 15 * SECOND, "after a fault");
}

#[test]
fn a_liar_is_banned_with_every_port_it_has_but_not_its_neighbours() {
    let (mut book, now) = (AddressBook::new(false, 7), Instant::now());
    let from = |port| SocketAddr::from(([192, 0, 2, 1], port));
    book.add(from(1), Source::Tracker, now);
    book.add(from(2), Source::Tracker, now);
    book.add(address(3), Source::Tracker, now);
    book.ban(from(40_000));
    assert!(book.is_banned(from(1)) && !book.is_banned(address(3)));
    assert!(!book.add(from(9), Source::User, now));
    assert_eq!(book.take_due(now, 9), [address(3)]);
}

#[test]
fn ourselves_are_never_dialled_again() {
    let (mut book, now) = (AddressBook::new(false, 7), Instant::now());
    book.add(address(1), Source::Tracker, now);
    book.take_due(now, 1);
    book.ourselves(address(1));
    book.add(address(1), Source::User, now);
    book.hurry(now);
    assert!(book.take_due(now + 9000 * SECOND, 9).is_empty());
}

#[test]
fn hunger_hurries_who_did_not_fail_often() {
    let (mut book, mut now) = (AddressBook::new(false, 7), Instant::now());
    book.add(address(1), Source::Tracker, now);
    for _ in 0..2 {
        book.take_due(now, 1);
        book.failed(address(1), now);
        book.hurry(now);
        assert!(book.best_due(now).is_some());
    }
    book.take_due(now, 1);
    book.failed(address(1), now);
    now += SECOND;
    book.hurry(now);
    assert!(book.best_due(now).is_none(), "three failures are not hurried");
}
