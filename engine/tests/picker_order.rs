//! What is asked for first: deadlines in a window, rarity in the background, fairness between.

mod picker_support;

use std::time::Duration;

use engine::picker::{Event, Performance, Prospect};
use picker_support::{Bench, MIB};
use wire::{Bitfield, PieceIndex};

#[test]
fn a_piece_is_spread_over_the_peers() {
    let mut bench = Bench::new(MIB, 10);
    (1..=4).for_each(|key| bench.seeder(key));
    bench.open(1, 0..10 * MIB);
    for key in 1..=4 {
        assert!(!bench.owed(key).is_empty());
    }
    assert_eq!(bench.asked().into_iter().collect::<Vec<_>>(), [0]);
}

#[test]
fn the_only_peer_there_is_is_asked_for_the_whole_head_at_once() {
    for (prospect, requests) in [(Prospect::Stranger, 4), (Prospect::Alone, 64)] {
        let mut bench = Bench::new(MIB, 10);
        bench.join_as(1, true, 250, prospect);
        bench.has(1, Bitfield::all(10));
        bench.unchoke(1);
        bench.open(1, 0..10 * MIB);
        assert_eq!(bench.owed(1).len(), requests, "{prospect:?}");
        assert_eq!(bench.asked().into_iter().collect::<Vec<_>>(), [0]);
    }
}

/// Two slow peers had the last block, equally fast as far as anybody knew: each left it to the other,
/// for a third one, who did not have it, was so fast that both counted as late.
#[test]
fn of_the_slow_who_alone_have_a_piece_one_begins() {
    let mut bench = Bench::new(16 * 1024, 10);
    let mut fast_lacks_the_first = Bitfield::all(10);
    fast_lacks_the_first.clear(PieceIndex(0));
    for (key, rate, have) in [
        (1, 50_000_000, fast_lacks_the_first),
        (2, 8_000, Bitfield::all(10)),
        (3, 8_000, Bitfield::all(10)),
    ] {
        let shown = Performance { rate, rtt: Duration::ZERO };
        bench.join_as(key, true, 250, Prospect::Shown(shown));
        bench.has(key, have);
        bench.unchoke(key);
    }
    bench.open(1, 0..160 * 1024);
    assert!(bench.asked().contains(&0), "{:?}", bench.asked());
}

#[test]
fn blocks_are_asked_in_the_order_of_their_deadlines() {
    let mut bench = Bench::new(64 * 1024, 64);
    bench.seeder(1);
    bench.open(1, 0..4 * MIB);
    let mut order = Vec::new();
    while let Some(block) = bench.owed(1).first().copied() {
        order.push(block);
        bench.warm(1);
    }
    assert_eq!(order.len(), 256);
    assert!(order.is_sorted());
}

#[test]
fn nothing_is_asked_beyond_the_window() {
    let mut bench = Bench::new(256 * 1024, 400);
    bench.send(Event::Window { ahead: MIB });
    bench.seeder(1);
    bench.open(1, 0..100 * MIB);
    while !bench.owed(1).is_empty() {
        bench.warm(1);
        assert!(bench.asked().iter().all(|piece| *piece < 4));
    }
    assert_eq!(bench.verified.len(), 4);
    bench.go(1, 256 * 1024);
    assert_eq!(bench.asked().into_iter().collect::<Vec<_>>(), [4]);
}

#[test]
fn two_cursors_share_alike() {
    let mut bench = Bench::new(MIB, 100);
    bench.seeder(1);
    bench.open(1, 0..100 * MIB);
    bench.open(2, 50 * MIB..100 * MIB);
    bench.warm(100);
    let here = |half: bool| -> usize {
        let whole = bench.verified.iter().filter(|p| (p.0 >= 50) == half).count() * 64;
        let part = bench.here.iter().filter(|(p, _)| (p.0 >= 50) == half);
        whole + part.map(|(_, blocks)| blocks.len()).sum::<usize>()
    };
    assert!(here(false).abs_diff(here(true)) <= 16, "{} and {}", here(false), here(true));
}

#[test]
fn the_background_asks_for_the_rarest_first() {
    let mut bench = Bench::new(16 * 1024, 40);
    for key in 1..=3 {
        bench.join(key, true, 250);
        let mut have = Bitfield::all(40);
        if key > 1 {
            have.clear(PieceIndex(17));
        }
        if key > 2 {
            have.clear(PieceIndex(23));
        }
        bench.has(key, have);
    }
    bench.background(0..40);
    bench.unchoke(1);
    assert_eq!(bench.owed(1)[0].piece.0, 17);
    assert_eq!(bench.owed(1)[1].piece.0, 23);
}

#[test]
fn the_background_waits_while_a_cursor_is_hungry() {
    let mut bench = Bench::new(MIB, 40);
    bench.send(Event::Window { ahead: 2 * MIB });
    bench.background(20..40);
    bench.seeder(1);
    assert!(bench.asked().iter().all(|p| *p >= 20));
    bench.open(1, 0..20 * MIB);
    assert_eq!(bench.asked().into_iter().collect::<Vec<_>>(), [0]);
    while bench.verified.len() < 2 {
        bench.warm(1);
    }
    bench.tick_after(50);
    assert!(bench.asked().iter().all(|p| *p >= 20), "the window is full: {:?}", bench.asked());
}

#[test]
fn the_background_begins_where_readers_will() {
    let mut bench = Bench::new(MIB, 400);
    bench.seeder(1);
    let heads = [PieceIndex(200), PieceIndex(201)];
    bench.send(Event::Heads(&heads));
    bench.background(0..400);
    assert_eq!(bench.asked(), [200].into(), "the first head first");
    while bench.verified.len() < 2 {
        let first = bench.owed(1)[0];
        bench.bring(1, &[first]);
    }
    assert_eq!(bench.verified, heads.into(), "both heads before anything else");
}
