//! A piece's whole room is reserved before its first request; refusals are tried again.
#![allow(clippy::unwrap_used, reason = "tests")]

mod picker_support;

use engine::picker::{Action, Event};
use picker_support::{Bench, MIB};
use storage::Claim;

#[test]
fn a_refusal_is_said_once_and_tried_again_when_there_is_room() {
    let mut bench = Bench::new(MIB, 10);
    bench.memory.free = 0;
    bench.seeder(1);
    let actions = bench.open(1, 0..10 * MIB);
    assert!(actions.contains(&Action::NeedMemory { bytes: MIB, claim: Claim::Blocking }));
    assert!(bench.owed(1).is_empty());
    let again = bench.tick_after(50);
    assert!(!again.iter().any(|a| matches!(a, Action::NeedMemory { .. })));
    bench.memory.free = MIB;
    bench.send(Event::Room);
    assert_eq!(bench.asked().into_iter().collect::<Vec<_>>(), [0]);
}

#[test]
fn a_piece_a_cursor_stands_on_takes_the_room_of_a_background_piece() {
    let mut bench = Bench::new(MIB, 10);
    bench.memory.free = MIB;
    bench.background(0..10);
    bench.seeder(1);
    bench.warm(3);
    let held = *bench.memory.held.keys().next().unwrap();
    let target = (held.0 + 5) % 10;
    bench.open(1, u64::from(target) * MIB..10 * MIB);
    assert_eq!(bench.asked().into_iter().collect::<Vec<_>>(), [target]);
    assert!(bench.said.contains(&Action::PieceDropped { piece: held }));
}

/// The demo's download stopped at 41 % when its viewer left: the disk was a little behind, the next
/// background piece was refused room, and with nothing in flight and no cursor nobody ticked or
/// asked for room again.
#[test]
fn a_background_download_that_was_refused_goes_on() {
    let mut bench = Bench::new(MIB, 10);
    bench.memory.free = 0;
    bench.background(0..10);
    bench.seeder(1);
    assert!(bench.said.contains(&Action::NeedMemory { bytes: MIB, claim: Claim::Ahead }));
    assert!(bench.picker.wants_tick());
    bench.memory.free = MIB;
    bench.tick_after(50);
    assert_eq!(bench.asked().len(), 1);
}

/// What is kept back is for readers that waited: a disk that is merely busy frees room sooner.
#[test]
fn a_reader_that_waited_uses_the_room_that_is_kept_back() {
    let mut bench = Bench::new(MIB, 10);
    bench.memory.free = 0;
    bench.memory.kept_back = MIB;
    bench.seeder(1);
    bench.open(1, 0..10 * MIB);
    bench.tick_after(50);
    assert!(bench.asked().is_empty());
    bench.tick_after(150);
    assert_eq!(bench.asked().into_iter().collect::<Vec<_>>(), [0]);
}
