//! A peer that looks at its requests twice a second, as transmission does, is asked for enough to
//! show its rate; one that is slow is not.

mod picker_support;

use picker_support::{Bench, MIB};

#[test]
fn a_peer_that_answers_everything_at_once_is_asked_for_more() {
    let mut bench = Bench::new(MIB, 200);
    bench.seeder(1);
    bench.open(1, 0..200 * MIB);
    for _ in 0..8 {
        bench.tick_after(250);
        bench.tick_after(250);
        let owed = bench.owed(1);
        owed.iter().for_each(|block| drop(bench.bring(1, &[*block])));
    }
    assert!(bench.owed(1).len() >= 128, "asked for {} blocks", bench.owed(1).len());
}

#[test]
fn a_peer_whose_burst_brings_what_it_is_asked_meanwhile_keeps_a_short_queue() {
    let mut bench = Bench::new(MIB, 200);
    bench.seeder(1);
    bench.open(1, 0..200 * MIB);
    let mut most = 0;
    for _ in 0..16 {
        bench.tick_after(250);
        bench.tick_after(250);
        most = most.max(bench.owed(1).len());
        for _ in 0..40 {
            let block = bench.owed(1)[0];
            bench.bring(1, &[block]);
        }
    }
    assert!(most <= 8, "asked for {most} blocks");
}

#[test]
fn a_slow_peer_keeps_a_short_queue() {
    let mut bench = Bench::new(MIB, 200);
    bench.seeder(1);
    bench.open(1, 0..200 * MIB);
    for _ in 0..80 {
        bench.tick_after(125);
        bench.tick_after(125);
        let block = bench.owed(1)[0];
        bench.bring(1, &[block]);
    }
    assert!(bench.owed(1).len() <= 4, "asked for {} blocks", bench.owed(1).len());
}

#[test]
fn a_peer_whose_limit_lets_its_queue_go_in_lumps_keeps_a_short_one() {
    let mut bench = Bench::new(MIB, 200);
    bench.seeder(1);
    bench.open(1, 0..200 * MIB);
    for _ in 0..40 {
        let owed = bench.owed(1);
        bench.tick_after(32 * owed.len() as u64);
        owed.iter().for_each(|block| drop(bench.bring(1, &[*block])));
    }
    assert!(bench.owed(1).len() <= 16, "asked for {} blocks", bench.owed(1).len());
}

/// libtorrent's first answer waits for a tick, the second comes from what is left of it, in one read.
/// The pause after that was taken to have followed a burst of nothing: the peer was held for one of a
/// byte a second, and asked for next to nothing for as long as it stayed.
#[test]
fn a_burst_that_comes_in_one_read_counts() {
    let mut bench = Bench::new(MIB, 200);
    bench.seeder(1);
    bench.open(1, 0..200 * MIB);
    for pause in [500, 1, 500] {
        bench.tick_after(pause);
        bench.bring(1, &bench.owed(1));
    }
    let rate = bench.picker.peers(bench.now)[0].rate.unwrap();
    assert!(rate > 32 * 1024, "held for one of {rate} bytes a second");
}

/// An answer at once to a single request says nothing of what more would have come: a rate that is too
/// low mends itself all the same.
#[test]
fn who_is_asked_too_little_can_show_more() {
    let mut bench = Bench::new(MIB, 200);
    bench.seeder(1);
    bench.open(1, 0..200 * MIB);
    for pause in [500, 1, 5000] {
        bench.tick_after(pause);
        bench.bring(1, &bench.owed(1)[..1]);
    }
    for _ in 0..20 {
        bench.tick_after(250);
        bench.tick_after(250);
        bench.bring(1, &bench.owed(1));
    }
    let rate = bench.picker.peers(bench.now)[0].rate.unwrap();
    assert!(rate > 32 * 1024, "held for one of {rate} bytes a second");
}
