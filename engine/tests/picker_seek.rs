//! Seeking and closing: stale requests are cancelled and the new target asked for in one call.

mod picker_support;

use engine::picker::{CursorId, Event};
use picker_support::{Bench, MIB, cancelled, requested};
use storage::cache::policy::Reach;
use wire::PieceIndex;

fn reading() -> Bench {
    let mut bench = Bench::new(MIB, 100);
    bench.send(Event::Window { ahead: 4 * MIB });
    bench.seeder(1);
    bench.seeder(2);
    bench.open(1, 0..100 * MIB);
    bench.warm(20);
    bench
}

#[test]
fn a_seek_cancels_and_asks_in_the_same_call() {
    let mut bench = reading();
    let before = bench.owed(1);
    assert!(!before.is_empty());
    let actions = bench.go(1, 50 * MIB);
    assert_eq!(cancelled(&actions, 1), before);
    for key in [1, 2] {
        assert!(requested(&actions, key).iter().all(|b| b.piece.0 == 50));
        assert!(!requested(&actions, key).is_empty());
    }
}

#[test]
fn closing_the_only_cursor_cancels_everything() {
    let mut bench = reading();
    bench.close(1);
    assert!(bench.asked().is_empty());
    bench.tick_after(2500);
    assert!(bench.memory.held.is_empty(), "room of unread pieces is given back");
    assert!(!bench.picker.wants_tick());
}

#[test]
fn another_cursor_keeps_its_requests() {
    let mut bench = reading();
    bench.open(2, 0..100 * MIB);
    bench.go(1, 60 * MIB);
    bench.warm(60);
    assert!(bench.verified.iter().any(|p| p.0 < 4));
    assert!(bench.verified.iter().any(|p| p.0 >= 60));
    bench.close(1);
    assert!(bench.asked().iter().all(|p| *p < 8), "{:?}", bench.asked());
}

#[test]
fn who_only_looks_is_served_what_is_near_until_it_goes_on() {
    let mut bench = Bench::new(MIB, 100);
    bench.send(Event::Window { ahead: 8 * MIB });
    bench.seeder(1);
    bench.open_as(1, 10 * MIB..100 * MIB, Reach::Near);
    bench.warm(200);
    assert!(bench.asked().is_empty(), "{:?}", bench.asked());
    let near: Vec<u32> = bench.verified.iter().map(|piece| piece.0).collect();
    assert_eq!(near, [10, 11]);
    bench.send(Event::CursorPromoted { id: CursorId(1) });
    assert!(bench.asked().iter().any(|piece| *piece >= 12), "{:?}", bench.asked());
    bench.warm(40);
    assert!(bench.verified.iter().all(|piece| piece.0 < 18), "{:?}", bench.verified);
}

#[test]
fn who_has_had_nothing_yet_goes_before_who_reads_on() {
    let mut bench = reading();
    bench.go(1, MIB);
    bench.open(2, 99 * MIB..100 * MIB);
    let before = bench.verified.clone();
    while bench.verified == before {
        bench.warm(1);
    }
    assert!(bench.verified.contains(&PieceIndex(99)), "before the piece the first stands on");
}
