//! What a peer showed is there when it joins again, and after a restart: a moving average that
//! ages.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use engine::picker::Performance;
use engine::swarm::address_book::{AddressBook, Ending, REMEMBERED, Remembered, Source};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn address(number: u16) -> SocketAddr {
    ([192, 0, (number / 50) as u8, (number % 50) as u8 + 1], 6881).into()
}

fn shown(rate: u64, millis: u64) -> Performance {
    Performance { rate, rtt: Duration::from_millis(millis) }
}

fn leaves(book: &mut AddressBook, number: u16, shown: Performance, now: Instant) {
    let ending = Ending { got: 1, shown: Some(shown), ..Ending::default() };
    book.connected(address(number), now);
    book.closed(address(number), now, ending);
}

#[test]
fn a_moving_average_that_ages() {
    let (mut book, now) = (AddressBook::new(false, 7), Instant::now());
    book.add(address(1), Source::Tracker, now);
    assert_eq!(book.recall(address(1), now), None);
    leaves(&mut book, 1, shown(1000, 100), now);
    assert_eq!(book.recall(address(1), now), Some(shown(1000, 100)));
    leaves(&mut book, 1, shown(2000, 50), now);
    assert_eq!(book.recall(address(1), now), Some(shown(1500, 75)), "half each at once");
    leaves(&mut book, 1, shown(3500, 25), now + DAY);
    let mixed = book.recall(address(1), now + DAY);
    assert_eq!(mixed.map(|mixed| mixed.rate), Some(3000), "a day later a quarter");
    assert_eq!(book.recall(address(1), now + 16 * DAY), None, "too old to say anything");
}

#[test]
fn the_fastest_are_dialled_first_and_remembered_across_restarts() {
    let (mut book, now) = (AddressBook::new(false, 7), Instant::now());
    for number in 0..REMEMBERED as u16 + 50 {
        book.add(address(number), Source::Tracker, now);
        leaves(&mut book, number, shown(1000 * u64::from(number + 1), 30), now);
    }
    let live = HashMap::from([(address(0), shown(10_000_000, 20))]);
    let kept = book.remembered(&live, now + Duration::from_secs(60));
    assert_eq!(kept.len(), REMEMBERED);
    let fastest = Remembered { address: address(0), shown: kept[0].shown, age: Duration::ZERO };
    assert_eq!(kept[0], fastest, "who is connected counts as it is now");
    assert!(kept.is_sorted_by_key(|peer| std::cmp::Reverse(peer.shown.rate)));
    assert_eq!(kept[1].age, Duration::from_secs(60));

    let mut next = AddressBook::new(false, 8);
    kept.iter().for_each(|peer| next.remember(*peer, true, now));
    let dialled = next.take_due(now, 1);
    assert_eq!(dialled, [address(0)], "the fastest first");
    assert_eq!(next.recall(address(0), now), Some(kept[0].shown));
}

#[test]
fn who_may_not_be_dialled_is_remembered_only_if_somebody_named_it() {
    let (mut book, now) = (AddressBook::new(false, 7), Instant::now());
    let peer = Remembered { address: address(1), shown: shown(9, 9), age: DAY };
    book.remember(peer, false, now);
    assert!(book.is_empty());
    book.add(address(1), Source::User, now);
    book.remember(peer, false, now);
    assert_eq!(book.recall(address(1), now), Some(peer.shown));
}
