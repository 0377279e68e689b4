//! Whose turn it is: one wish a torrent, the latest holds; caps hold; lookup and announce of one
//! torrent never overlap.

use std::time::{Duration, Instant};

use dht::wishes::{MAX_RUNNING, MAX_RUNNING_FED, MAX_WISHES, Query, Wish, Wishes};
use wire::InfoHash;

fn hash(torrent: u16) -> InfoHash {
    let mut hash = [0; 20];
    hash[..2].copy_from_slice(&torrent.to_be_bytes());
    InfoHash(hash)
}

fn hungry(torrent: u16, found: char) -> Wish<char> {
    Wish { info_hash: hash(torrent), found, announce_port: None, hungry: true }
}

fn fed(torrent: u16) -> Wish<char> {
    Wish { hungry: false, ..hungry(torrent, 'f') }
}

fn lookup(torrent: u16, found: char) -> Option<Query<char>> {
    Some(Query::Lookup { info_hash: hash(torrent), found })
}

#[test]
fn the_latest_wish_of_a_torrent_holds() {
    let now = Instant::now();
    let mut wishes = Wishes::default();
    assert!(wishes.want(hungry(1, 'a'), now) && wishes.want(hungry(1, 'b'), now));
    assert_eq!(wishes.next(now), lookup(1, 'b'));
    assert_eq!(wishes.next(now), None);
    assert!(wishes.want(hungry(1, 'c'), now));
    assert_eq!(wishes.next(now), None, "the one that runs answers for it");
    assert_eq!(wishes.looked(hash(1), 0, now), None);
    let due = wishes.wake().expect("it goes on");
    assert_eq!(due, now + Duration::from_secs(1));
    assert_eq!(wishes.next(due), lookup(1, 'c'));
}

#[test]
fn no_more_than_the_cap_run_and_the_rest_follow_in_order() {
    let now = Instant::now();
    let mut wishes = Wishes::default();
    let total = MAX_RUNNING as u16 + 2;
    for torrent in 0..total {
        wishes.want(hungry(torrent, 'x'), now);
    }
    let running = std::iter::from_fn(|| wishes.next(now)).count();
    assert_eq!((running, wishes.wake()), (MAX_RUNNING, None));
    wishes.looked(hash(0), 0, now);
    assert_eq!(wishes.wake(), Some(now));
    assert_eq!(wishes.next(now), lookup(MAX_RUNNING as u16, 'x'));
}

#[test]
fn no_more_wishes_than_the_cap_are_kept() {
    let now = Instant::now();
    let mut wishes = Wishes::default();
    let cap = MAX_WISHES as u16;
    assert!((0..cap).all(|torrent| wishes.want(fed(torrent), now)));
    assert!(!wishes.want(fed(cap), now));
    assert!(wishes.want(hungry(0, 'x'), now), "one that is kept may change");
    wishes.forget(hash(1));
    assert!(wishes.want(fed(cap), now));
}

#[test]
fn an_announce_follows_its_lookup_in_the_same_turn() {
    let now = Instant::now();
    let mut wishes = Wishes::default();
    wishes.want(Wish { announce_port: Some(6881), ..hungry(1, 'a') }, now);
    wishes.next(now);
    let announce = Query::Announce { info_hash: hash(1), port: 6881 };
    assert_eq!(wishes.looked(hash(1), 0, now), Some(announce));
    let later = now + Duration::from_secs(30);
    assert_eq!(wishes.next(later), None, "no lookup while it is announced");
    wishes.announced(hash(1), true, now);
    assert_eq!(wishes.next(later), lookup(1, 'a'));
    assert_eq!(wishes.looked(hash(1), 0, later), None, "announced a moment ago");
}

#[test]
fn another_port_is_announced_at_once() {
    let now = Instant::now();
    let mut wishes = Wishes::default();
    let shared = |port| Wish { announce_port: Some(port), ..fed(1) };
    wishes.want(shared(1), now);
    wishes.next(now);
    wishes.looked(hash(1), 0, now);
    wishes.announced(hash(1), true, now);
    wishes.want(shared(1), now);
    assert_eq!(wishes.next(now), None);
    wishes.want(shared(2), now);
    assert_eq!(wishes.next(now), lookup(1, 'f'));
}

#[test]
fn a_forgotten_torrent_is_not_announced_and_a_new_wish_of_it_is_looked_up_anew() {
    let now = Instant::now();
    let mut wishes = Wishes::default();
    wishes.want(Wish { announce_port: Some(6881), ..hungry(1, 'a') }, now);
    wishes.next(now);
    wishes.forget(hash(1));
    assert!(wishes.is_empty());
    wishes.want(hungry(1, 'b'), now);
    assert_eq!(wishes.next(now), None, "mainline's own query still runs");
    assert_eq!(wishes.looked(hash(1), 7, now), None);
    assert_eq!(wishes.next(now), lookup(1, 'b'));
}

#[test]
fn the_hungry_go_first_and_the_others_still_have_their_share() {
    let now = Instant::now();
    let mut wishes = Wishes::default();
    (0..6).for_each(|torrent| _ = wishes.want(fed(torrent), now));
    (10..16).for_each(|torrent| _ = wishes.want(hungry(torrent, 'h'), now));
    let order: Vec<_> = std::iter::from_fn(|| wishes.next(now)).collect();
    let is_hungry = |query: &Query<char>| matches!(query, Query::Lookup { found: 'h', .. });
    let order: Vec<_> = order.iter().map(is_hungry).collect();
    assert_eq!(order, [true, true, true, false, true, true, true, false]);
}

#[test]
fn what_was_interrupted_is_due_as_before() {
    let now = Instant::now();
    let mut wishes = Wishes::default();
    wishes.want(hungry(1, 'a'), now);
    wishes.next(now);
    wishes.interrupted();
    assert_eq!(wishes.next(now), lookup(1, 'a'));
}

#[test]
fn some_turns_are_kept_free_for_the_hungry() {
    let now = Instant::now();
    let mut wishes = Wishes::default();
    (0..20).for_each(|torrent| _ = wishes.want(fed(torrent), now));
    assert_eq!(std::iter::from_fn(|| wishes.next(now)).count(), MAX_RUNNING_FED);
    assert_eq!(wishes.wake(), None);
    wishes.want(hungry(50, 'h'), now);
    assert_eq!((wishes.wake(), wishes.next(now)), (Some(now), lookup(50, 'h')));
    wishes.looked(hash(0), 0, now);
    assert!(wishes.next(now).is_some());
}
