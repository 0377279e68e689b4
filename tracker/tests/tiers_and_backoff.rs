//! Who is asked next, and when: tiers (BEP 12), failures, floors, and outcomes that come too late.
#![allow(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::time::{Duration, Instant};

use tracker::announce::{Answer, Event, MIN_INTERVAL};
use tracker::schedule::{Due, MAX_TRACKERS, Schedule};
use tracker::tracker_state::{BACKOFF_CAP, BACKOFF_FIRST};
use tracker::{Phase, TrackerError};

const SEED: u64 = 3;

fn tiers(tiers: &[&[&str]]) -> Vec<Vec<String>> {
    let url = |host: &&str| format!("http://{host}/announce");
    tiers.iter().map(|tier| tier.iter().map(url).collect()).collect()
}

fn answer(interval: u64) -> Answer {
    Answer {
        interval: Duration::from_secs(interval),
        min_interval: None,
        peers: vec![],
        seeders: None,
        leechers: None,
        tracker_id: None,
        warning: None,
    }
}

fn hosts(due: &[Due]) -> Vec<&str> {
    due.iter().map(|due| due.url.host_str().unwrap()).collect()
}

/// The tracker's wait after a failure is `least` to a quarter more.
fn assert_waits(schedule: &Schedule, now: Instant, least: Duration) {
    let wait = schedule.next_wake(now).unwrap() - now;
    assert!((least..=least + least / 4).contains(&wait), "{wait:?} for {least:?}");
}

#[test]
fn one_tracker_of_each_tier_is_asked_at_once() {
    let now = Instant::now();
    let mut schedule = Schedule::new(&tiers(&[&["a", "b"], &["c"], &["d", "e", "f"]]), now, SEED);
    let due = schedule.poll(now);
    let asked = hosts(&due);
    assert_eq!(asked.len(), 3);
    assert!(["a", "b"].contains(&asked[0]) && asked[1] == "c", "{asked:?}");
    assert!(due.iter().all(|due| due.event == Event::Started));
    assert!(schedule.poll(now).is_empty(), "they are in flight");
    assert_eq!(schedule.next_wake(now), None);
}

#[test]
fn the_seed_shuffles_within_a_tier_only() {
    let now = Instant::now();
    let first = |seed| {
        let mut schedule = Schedule::new(&tiers(&[&["a", "b", "c"], &["z"]]), now, seed);
        let due = schedule.poll(now);
        assert_eq!(hosts(&due)[1], "z");
        hosts(&due)[0].to_owned()
    };
    let firsts: std::collections::BTreeSet<String> = (0..50).map(first).collect();
    assert_eq!(firsts.len(), 3);
    assert_eq!(first(SEED), first(SEED));
}

#[test]
fn a_failure_passes_the_word_and_success_moves_to_the_front() {
    let now = Instant::now();
    let mut schedule = Schedule::new(&tiers(&[&["a", "b"]]), now, SEED);
    let first = schedule.poll(now).remove(0);
    assert!(schedule.failed(first.attempt, now, &TrackerError::Timeout));
    let second = schedule.poll(now).remove(0);
    assert_ne!(first.url, second.url);
    assert_eq!(second.event, Event::Started);
    assert!(schedule.answered(second.attempt, now, &answer(600)));

    // The failed one's backoff is long over, but the word stays with the one that works.
    assert_eq!(schedule.next_wake(now), Some(now + Duration::from_secs(600)));
    let later = now + Duration::from_secs(600);
    let third = schedule.poll(later);
    assert_eq!(third[0].url, second.url);
    assert_eq!(third[0].event, Event::Empty);
    assert_eq!(schedule.status(later)[0].url, second.url.as_str());
    assert_eq!(schedule.status(later)[1].status, Phase::Failed);
}

#[test]
fn backoff_doubles_to_its_cap_and_ends_with_a_good_answer() {
    let mut now = Instant::now();
    let mut schedule = Schedule::new(&tiers(&[&["a"]]), now, SEED);
    let mut expected = BACKOFF_FIRST;
    for _ in 0..40 {
        let due = schedule.poll(now).remove(0);
        assert_eq!(due.event, Event::Started, "no tracker has heard it yet");
        schedule.failed(due.attempt, now, &TrackerError::Timeout);
        assert_waits(&schedule, now, expected);
        now = schedule.next_wake(now).unwrap();
        expected = (expected * 2).min(BACKOFF_CAP);
    }
    let due = schedule.poll(now).remove(0);
    schedule.answered(due.attempt, now, &answer(600));
    now += Duration::from_secs(600);
    let due = schedule.poll(now).remove(0);
    schedule.failed(due.attempt, now, &TrackerError::Timeout);
    assert_waits(&schedule, now, BACKOFF_FIRST);
}

#[test]
fn hunger_respects_the_floor_and_a_wish_does_not() {
    let now = Instant::now();
    let mut schedule = Schedule::new(&tiers(&[&["a"]]), now, SEED);
    let due = schedule.poll(now).remove(0);
    schedule.answered(due.attempt, now, &answer(1800));
    schedule.hungry(now);
    assert_eq!(schedule.next_wake(now), Some(now + MIN_INTERVAL));
    schedule.reannounce(now);
    assert_eq!(schedule.poll(now).len(), 1);
}

#[test]
fn a_min_interval_above_the_interval_wins() {
    let now = Instant::now();
    let mut schedule = Schedule::new(&tiers(&[&["a"]]), now, SEED);
    let due = schedule.poll(now).remove(0);
    let mut answer = answer(60);
    answer.min_interval = Some(Duration::from_secs(300));
    schedule.answered(due.attempt, now, &answer);
    assert_eq!(schedule.next_wake(now), Some(now + Duration::from_secs(300)));
}

#[test]
fn completed_goes_only_to_who_knew_us_incomplete() {
    let now = Instant::now();
    let mut schedule = Schedule::new(&tiers(&[&["a"], &["b"]]), now, SEED);
    let due = schedule.poll(now);
    schedule.answered(due[0].attempt, now, &answer(600));
    schedule.failed(due[1].attempt, now, &TrackerError::Timeout);
    schedule.completed(now);
    let due = schedule.poll(now);
    assert_eq!((hosts(&due), due[0].event), (vec!["a"], Event::Completed));
    // It fails to hear it: it is told again.
    schedule.failed(due[0].attempt, now, &TrackerError::Timeout);
    schedule.reannounce(now);
    let due = schedule.poll(now);
    assert_eq!(hosts(&due), ["a", "b"]);
    assert_eq!(due[0].event, Event::Completed);
    assert_eq!(due[1].event, Event::Started, "with nothing left, and no completed after it");
    schedule.answered(due[1].attempt, now, &answer(600));
    schedule.reannounce(now);
    assert_eq!(schedule.poll(now)[0].event, Event::Empty);
}

#[test]
fn completed_while_started_is_in_flight_follows_it() {
    let now = Instant::now();
    let mut schedule = Schedule::new(&tiers(&[&["a"]]), now, SEED);
    let due = schedule.poll(now).remove(0);
    schedule.completed(now);
    schedule.answered(due.attempt, now, &answer(600));
    assert_eq!(schedule.poll(now)[0].event, Event::Completed);
}

#[test]
fn stopped_goes_to_who_knows_us_and_nothing_follows() {
    let now = Instant::now();
    let mut schedule = Schedule::new(&tiers(&[&["a"], &["b"], &["c"]]), now, SEED);
    let due = schedule.poll(now);
    schedule.answered(due[0].attempt, now, &answer(600));
    schedule.failed(due[1].attempt, now, &TrackerError::Timeout);
    let goodbyes = schedule.stop();
    assert_eq!(hosts(&goodbyes), ["a", "c"], "c may have heard us");
    assert!(goodbyes.iter().all(|due| due.event == Event::Stopped));
    schedule.reannounce(now);
    assert!(schedule.poll(now).is_empty() && schedule.stop().is_empty());
    assert!(!schedule.answered(goodbyes[0].attempt, now, &answer(600)));
}

#[test]
fn an_interrupted_announce_is_made_again_and_its_late_outcome_ignored() {
    let now = Instant::now();
    let mut schedule = Schedule::new(&tiers(&[&["a"]]), now, SEED);
    let lost = schedule.poll(now).remove(0);
    schedule.interrupted(now);
    let again = schedule.poll(now).remove(0);
    assert_eq!(again.event, Event::Started);
    assert!(!schedule.answered(lost.attempt, now, &answer(600)));
    assert!(!schedule.failed(lost.attempt, now, &TrackerError::Timeout));
    assert_eq!(schedule.status(now)[0].status, Phase::Announcing);
    assert!(schedule.answered(again.attempt, now, &answer(600)));
}

#[test]
fn added_trackers_are_new_tiers_without_duplicates_up_to_the_cap() {
    let now = Instant::now();
    let mut schedule = Schedule::new(&tiers(&[&["a", "b"]]), now, SEED);
    schedule.add(&tiers(&[&["a", "c", "c"]])[0], now);
    let status = schedule.status(now);
    assert_eq!((status.len(), status[2].tier), (3, 1));
    let many: Vec<String> = (0..10_000).map(|n| format!("http://{n}.test/")).collect();
    schedule.add(&many, now);
    assert_eq!(schedule.status(now).len(), MAX_TRACKERS);
}
