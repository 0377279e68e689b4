//! What a cursor waited for is told when the wait is over: for how long, of whom, and mostly why.
#![allow(clippy::unwrap_used, reason = "tests")]

mod picker_support;

use std::time::Duration;

use engine::picker::{Action, CursorId, Event, PeerKey, Stall, WaitReason};
use picker_support::{Bench, block};
use wire::{Bitfield, PieceIndex};

const PIECE: u64 = 32 * 1024;

fn waits(actions: &[Action]) -> Vec<Stall> {
    let told = actions.iter().filter_map(|action| match action {
        Action::Waited { cursor, stall } if *cursor == CursorId(1) => Some(stall.clone()),
        _ => None,
    });
    told.collect()
}

/// Lets time go by in steps of a tick.
fn pass(bench: &mut Bench, millis: u64) {
    (0..millis / 50).for_each(|_| drop(bench.tick_after(50)));
}

/// The reader has the first piece and stands on the second one.
fn at_the_second_piece() -> Bench {
    let mut bench = Bench::new(PIECE, 8);
    bench.verify(PieceIndex(0));
    bench.open(1, 0..8 * PIECE);
    bench.go(1, PIECE);
    bench
}

fn ends(bench: &mut Bench) -> Vec<Stall> {
    bench.said.clear();
    bench.verify(PieceIndex(1));
    waits(&bench.said)
}

#[test]
fn what_most_of_the_time_went_into_is_the_reason() {
    let mut bench = at_the_second_piece();
    let began = bench.now;
    pass(&mut bench, 100);
    bench.join(7, true, 250);
    bench.has(7, Bitfield::all(8));
    pass(&mut bench, 500);
    bench.unchoke(7);
    pass(&mut bench, 200);
    let told = ends(&mut bench);
    assert_eq!(told.len(), 1);
    let stall = &told[0];
    assert_eq!((stall.at, stall.lasted), (began, Duration::from_millis(800)));
    assert_eq!((stall.piece, stall.block), (PieceIndex(1), Some(0)));
    assert_eq!(stall.peers, [PeerKey(7)], "whom it was asked of");
    assert_eq!(stall.reason, WaitReason::Choked);
    assert!(!stall.first, "it had read a piece before");
}

#[test]
fn nobody_has_it_and_slow_and_memory_and_a_wrong_hash_are_told_apart() {
    let mut bench = at_the_second_piece();
    pass(&mut bench, 300);
    assert_eq!(ends(&mut bench)[0].reason, WaitReason::NobodyHasIt);

    let mut bench = at_the_second_piece();
    bench.seeder(7);
    pass(&mut bench, 300);
    assert_eq!(ends(&mut bench)[0].reason, WaitReason::Slow);

    let mut bench = at_the_second_piece();
    bench.memory.free = 0;
    bench.seeder(7);
    pass(&mut bench, 300);
    assert_eq!(ends(&mut bench)[0].reason, WaitReason::NoMemory);

    let mut bench = at_the_second_piece();
    bench.seeder(7);
    let remote = bench.remotes.get_mut(&PeerKey(7)).unwrap();
    remote.owed.retain(|block| block.piece != PieceIndex(1));
    bench.send(Event::BlocksArrived {
        peer: PeerKey(7),
        blocks: &[block(1, 0), block(1, 1)],
        received: PIECE,
    });
    bench.send(Event::PieceFailed { piece: PieceIndex(1), accused: &[] });
    pass(&mut bench, 300);
    assert_eq!(bench.picker.waits(bench.now)[0].1.reason, WaitReason::HashFailed);
}

#[test]
fn the_first_byte_is_no_stall_and_a_short_wait_nothing() {
    let mut bench = Bench::new(PIECE, 8);
    bench.open(1, PIECE..8 * PIECE);
    pass(&mut bench, 250);
    assert!(ends(&mut bench)[0].first);
    bench.go(1, 2 * PIECE);
    pass(&mut bench, 50);
    bench.said.clear();
    bench.verify(PieceIndex(2));
    assert_eq!(waits(&bench.said), []);
}

#[test]
fn who_leaves_while_it_waits_has_waited() {
    let mut bench = at_the_second_piece();
    pass(&mut bench, 400);
    let told = waits(&bench.close(1));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].lasted, Duration::from_millis(400));
}
