//! A simulated population: who gives nothing gets less, and a newcomer still gets its start.

use std::time::{Duration, Instant};

use engine::swarm::choker::{Aim, Candidate, Choker, UploadSlots};

const ROUND: Duration = Duration::from_secs(10);
/// Our uplink, bytes a second, shared by whoever is served.
const UPLINK: u64 = 1_000_000;

/// Plays an hour: twenty givers that answer what they get, and `riders` that never do. Returns the
/// bytes of an average giver and of an average rider.
fn an_hour(riders: usize, seed: u64) -> (u64, u64) {
    let start = Instant::now();
    let givers = 20;
    let mut candidates: Vec<Candidate<usize>> = (0..givers + riders)
        .map(|key| Candidate {
            key,
            interested: true,
            snubbed: false,
            gives: 0,
            takes: 0,
            joined: start,
        })
        .collect();
    let (mut choker, mut got) = (Choker::new(seed), vec![0_u64; givers + riders]);
    for round in 0..360 {
        let now = start + ROUND * round;
        let served = choker.round(now, &candidates, Aim::Download, UploadSlots::default());
        let each = UPLINK / served.len().max(1) as u64;
        for peer in &mut candidates {
            let rate = if served.contains(&peer.key) { each } else { 0 };
            got[peer.key] += rate * ROUND.as_secs();
            // A giver answers by its own tit for tat: it gives what it gets, and forgets slowly.
            let answer = if peer.key < givers { rate.max(peer.gives * 9 / 10) } else { 0 };
            peer.gives = answer;
            peer.snubbed = peer.key >= givers && rate > 0;
        }
    }
    let mean = |part: &[u64]| part.iter().sum::<u64>() / part.len() as u64;
    (mean(&got[..givers]), mean(&got[givers..]))
}

#[test]
fn free_riders_get_a_fraction_of_what_givers_get() {
    for seed in 0..20 {
        let (giver, rider) = an_hour(20, seed);
        assert!(rider * 4 < giver, "seed {seed}: a rider got {rider}, a giver {giver}");
        assert!(rider > 0, "seed {seed}: nobody was ever tried");
    }
}

#[test]
fn a_swarm_of_free_riders_cannot_take_the_slots() {
    let (giver, rider) = an_hour(200, 3);
    assert!(rider * 20 < giver, "a rider got {rider}, a giver {giver}");
}
