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
