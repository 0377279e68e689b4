//! Who is served: the best givers and one by turns while we download; everybody in turn while we
//! seed; nobody choked between rounds.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use engine::swarm::choker::{Aim, Candidate, Choker, UploadSlots};

const SECOND: Duration = Duration::from_secs(1);
const ROUND: Duration = Duration::from_secs(10);

/// Interested peers that joined long ago, number `n` giving `n` bytes a second.
fn peers(n: u32, joined: Instant) -> Vec<Candidate<u32>> {
    let one = |key| Candidate {
        key,
        interested: true,
        snubbed: false,
        gives: u64::from(key),
        takes: 0,
        joined,
    };
    (0..n).map(one).collect()
}

fn sorted(mut keys: Vec<u32>) -> Vec<u32> {
    keys.sort_unstable();
    keys
}

#[test]
fn all_who_want_are_served_while_there_are_slots() {
    let now = Instant::now();
    let mut candidates = peers(4, now);
    candidates[1].interested = false;
    let mut choker = Choker::new(1);
    let served = choker.round(now, &candidates, Aim::Download, UploadSlots(4));
    assert_eq!(sorted(served), [0, 2, 3]);
}

#[test]
fn the_best_givers_keep_their_slots_and_one_changes_every_thirty_seconds() {
    let start = Instant::now();
    let (candidates, mut choker) = (peers(12, start), Choker::new(1));
    let mut optimistic = Vec::new();
    for round in 10..40 {
        let now = start + ROUND * round;
        let served = choker.round(now, &candidates, Aim::Download, UploadSlots(4));
        assert_eq!(served[..3], [11, 10, 9]);
        optimistic.push(served[3]);
    }
    for three in optimistic.chunks(3) {
        assert!(three.iter().all(|key| *key == three[0]), "within thirty seconds: {optimistic:?}");
    }
    let turns: Vec<u32> = optimistic.chunks(3).map(|three| three[0]).collect();
    assert!(turns.windows(2).all(|two| two[0] != two[1]), "the same again: {turns:?}");
}

#[test]
fn a_new_peer_is_three_times_as_likely_to_be_tried() {
    let now = Instant::now() + 100 * SECOND;
    let mut candidates = peers(10, now - 100 * SECOND);
    candidates.iter_mut().take(4).for_each(|peer| peer.joined = now - SECOND);
    let mut drawn: HashMap<bool, u32> = HashMap::new();
    for seed in 0..4000 {
        let served = Choker::new(seed).round(now, &candidates, Aim::Download, UploadSlots(3));
        *drawn.entry(served[2] < 4).or_default() += 1;
    }
    // Four new ones and four old ones compete: three to one.
    let share = f64::from(drawn[&true]) / 4000.0;
    assert!((0.72..0.78).contains(&share), "{share}");
}

#[test]
fn a_snubbed_peer_loses_its_slot_to_whoever_does_not_snub() {
    let now = Instant::now();
    let (mut candidates, mut choker) = (peers(5, now), Choker::new(1));
    candidates[4].snubbed = true;
    let served = choker.round(now, &candidates, Aim::Download, UploadSlots(3));
    assert_eq!(served[..2], [3, 2]);
}

#[test]
fn seeding_gives_everybody_a_turn_and_the_fastest_the_rest() {
    let start = Instant::now();
    let (mut candidates, mut choker) = (peers(10, start), Choker::new(1));
    candidates.iter_mut().for_each(|peer| peer.takes = u64::from(peer.key));
    let (mut turns, mut changes, mut last) = (HashMap::<u32, u32>::new(), 0, Vec::new());
    for round in 0..60 {
        let now = start + ROUND * round;
        let served = sorted(choker.round(now, &candidates, Aim::Seed, UploadSlots(4)));
        assert_eq!(served.len(), 4);
        served.iter().for_each(|key| *turns.entry(*key).or_default() += 1);
        changes += u32::from(served != last);
        last = served;
    }
    assert_eq!(turns.len(), 10, "somebody never had a turn: {turns:?}");
    let (least, most) = (turns.values().min().unwrap(), turns.values().max().unwrap());
    assert!(*most <= 3 * *least, "turns: {turns:?}");
    assert!(changes <= 12, "slots changed {changes} times in 60 rounds");
}

#[test]
fn between_rounds_free_slots_are_filled_and_nobody_is_choked() {
    let now = Instant::now();
    let (candidates, mut choker) = (peers(6, now), Choker::new(1));
    let served = choker.round(now, &candidates[..3], Aim::Download, UploadSlots(4));
    assert_eq!(choker.fill(now, &candidates, UploadSlots(4)), [5]);
    assert!(choker.fill(now, &candidates, UploadSlots(4)).is_empty(), "no slot is free");
    assert!(served.iter().all(|key| choker.serves(*key)));
    choker.left(5);
    assert_eq!(choker.fill(now, &candidates[..5], UploadSlots(4)), [4]);
}

#[test]
fn slots_grow_with_what_goes_out_unless_it_is_limited() {
    let limit = NonZeroU64::new(1 << 30);
    assert_eq!(UploadSlots::for_rate(None, 0), UploadSlots(8));
    assert_eq!(UploadSlots::for_rate(None, 2 << 20), UploadSlots(16));
    assert_eq!(UploadSlots::for_rate(None, 1 << 40), UploadSlots(50));
    assert_eq!(UploadSlots::for_rate(limit, 2 << 20), UploadSlots(8));
}
