//! The schedule of one torrent, in fake time.

use std::time::{Duration, Instant};

use dht::schedule::{ANNOUNCE, ANNOUNCE_AGAIN, FED, HUNGRY_CAP, Schedule};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_hungry_torrent_that_finds_nobody_asks_ever_less_often_up_to_the_cap() {
    let start = Instant::now();
    let mut schedule = Schedule::new(true, false, start);
    assert_eq!(schedule.due(), start);
    let mut waits = Vec::new();
    for _ in 0..8 {
        let ended = schedule.due() + seconds(2);
        schedule.looked(0, ended);
        waits.push((schedule.due() - ended).as_secs());
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
}

#[test]
fn one_that_found_peers_waits_for_them_to_be_dialled() {
    let now = Instant::now();
    let mut schedule = Schedule::new(true, false, now);
    schedule.looked(3, now);
    assert_eq!(schedule.due(), now + HUNGRY_CAP);
}

#[test]
fn a_fed_one_asks_every_quarter_of_an_hour() {
    let now = Instant::now();
    let mut schedule = Schedule::new(false, false, now);
    schedule.looked(0, now);
    assert_eq!(schedule.due(), now + FED);
}

#[test]
fn hunger_that_flickers_does_not_ask_more_often() {
    let now = Instant::now();
    let mut schedule = Schedule::new(true, false, now);
    (0..4).for_each(|_| schedule.looked(0, now));
    assert_eq!(schedule.due(), now + seconds(8));
    schedule.set(false, false, now + seconds(1));
    assert_eq!(schedule.due(), now + FED);
    schedule.set(true, false, now + seconds(2));
    assert_eq!(schedule.due(), now + seconds(16), "the next wait, from the last lookup's end");
}

#[test]
fn new_hunger_after_a_long_time_asks_at_once() {
    let now = Instant::now();
    let mut schedule = Schedule::new(true, false, now);
    (0..8).for_each(|_| schedule.looked(0, now));
    schedule.set(false, false, now);
    let later = now + seconds(600);
    schedule.set(true, false, later);
    assert!(schedule.due() <= later);
    schedule.looked(0, later);
    assert_eq!(schedule.due(), later + seconds(1), "and begins anew");
}

#[test]
fn an_announce_is_repeated_while_the_torrent_is_shared() {
    let now = Instant::now();
    let mut schedule = Schedule::new(false, true, now);
    schedule.looked(5, now);
    assert!(schedule.is_announce_due(now));
    schedule.announced(true, now);
    assert_eq!(schedule.due(), now + FED, "a lookup alone");
    schedule.looked(5, now + FED);
    assert!(!schedule.is_announce_due(now + FED));
    assert_eq!(schedule.due(), now + ANNOUNCE);
    schedule.set(false, false, now + FED);
    assert_eq!(schedule.due(), now + FED + FED, "no longer shared");
    assert!(!schedule.is_announce_due(now + ANNOUNCE));
}

#[test]
fn an_announce_that_no_node_took_is_tried_again_soon() {
    let now = Instant::now();
    let mut schedule = Schedule::new(false, true, now);
    schedule.looked(0, now);
    schedule.announced(false, now);
    assert_eq!(schedule.due(), now + ANNOUNCE_AGAIN);
}
