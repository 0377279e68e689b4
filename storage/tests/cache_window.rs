//! Every cursor has an equal share of the budget, at once, and pressure never takes what is read.

mod common;

use common::{HASH, Sample};
use storage::cache::cursors::actor::Place;
use storage::cache::found::Answer;
use storage::cache::policy::{Backing, CursorId, Reach};
use storage::cache::state::{Action, CacheState};
use storage::{Budget, Claim, PieceEvent};
use wire::{Bitfield, ByteRange, PieceIndex};

const PIECE: u32 = 500_000;

fn told_windows(actions: &[Action]) -> Vec<u64> {
    let ahead = |action: &Action| match action {
        Action::Tell(HASH, PieceEvent::Window { ahead }) => Some(*ahead),
        _ => None,
    };
    actions.iter().filter_map(ahead).collect()
}

fn evicted(actions: &[Action]) -> Vec<u32> {
    let piece = |action: &Action| match action {
        Action::Tell(HASH, PieceEvent::Evicted { piece }) => Some(piece.0),
        _ => None,
    };
    let mut pieces: Vec<_> = actions.iter().filter_map(piece).collect();
    pieces.sort_unstable();
    pieces
}

/// A torrent of 40 pieces, the first ten of them in memory, which has room for them and no more.
fn full(budget: &Budget) -> (Sample, CacheState) {
    let sample = Sample::one(PIECE, 20_000_000);
    let mut state = CacheState::new(budget.clone(), Backing::Memory, 80);
    state.open(HASH, sample.info.clone(), Bitfield::none(40));
    for piece in (0..10).map(PieceIndex) {
        state.hashed(HASH, piece, Ok(sample.piece(budget, piece)));
    }
    (sample, state)
}

fn place(state: &mut CacheState, cursor: u64, position: u64) -> Vec<Action> {
    place_as(state, cursor, position, Reach::Share)
}

fn place_as(state: &mut CacheState, cursor: u64, position: u64, reach: Reach) -> Vec<Action> {
    let (file, cursor) = (ByteRange::new(0, 20_000_000), CursorId(cursor));
    state.place(&Place { info_hash: HASH, cursor, file, position, end: file.end, reach })
}

#[test]
fn shares_are_equal_and_told_when_they_change() {
    let mut state = full(&Budget::new(5_000_000)).1;
    assert_eq!(told_windows(&place(&mut state, 1, 0)), [4_000_000]);
    assert!(told_windows(&place(&mut state, 1, 600_000)).is_empty(), "it moved; nothing changed");
    assert_eq!(told_windows(&place(&mut state, 2, 0)), [2_000_000]);
    assert_eq!(told_windows(&state.cursor_closed(HASH, CursorId(1))), [4_000_000]);
    assert_eq!(told_windows(&state.configure(50)), [2_500_000]);
    assert_eq!(told_windows(&state.tell_window(HASH)), [2_500_000], "told again when asked");
}

#[test]
fn who_only_looks_has_no_share_until_it_reads_on() {
    let mut state = full(&Budget::new(5_000_000)).1;
    assert_eq!(told_windows(&place(&mut state, 1, 0)), [4_000_000]);
    assert!(told_windows(&place_as(&mut state, 2, 0, Reach::Near)).is_empty());
    assert_eq!(told_windows(&place(&mut state, 2, 0)), [2_000_000]);
}

#[test]
fn a_window_tells_what_memory_holds_for_it() {
    let mut state = full(&Budget::new(5_000_000)).1;
    place(&mut state, 1, 3_000_000);
    place_as(&mut state, 2, 0, Reach::Near);
    let held =
        |state: &CacheState| state.held(HASH).iter().map(|(_, held)| *held).collect::<Vec<_>>();
    // Of ten pieces the first four lie more than the 1 MB behind that a fifth of the budget is.
    assert_eq!(held(&state), [3_000_000, 2_500_000]);
    assert_eq!(state.held(wire::InfoHash([9; 20])), []);
}

#[test]
fn a_smaller_budget_holds_at_once() {
    let budget = Budget::new(5_000_000);
    let mut state = full(&budget).1;
    place(&mut state, 1, 1_100_000);
    budget.resize(2_200_000);
    let actions = state.configure(80);
    assert_eq!(told_windows(&actions), [1_760_000]);
    assert_eq!(evicted(&actions), [0, 1, 6, 7, 8, 9]);
    assert_eq!(budget.used(), 2_000_000);
}

#[test]
fn prefetch_takes_no_piece_of_a_window_and_a_reader_that_waits_may() {
    let budget = Budget::new(5_000_000);
    let mut state = full(&budget).1;
    place(&mut state, 1, 1_000_000);
    let far = place(&mut state, 2, 15_000_000);
    assert_eq!(evicted(&far), [0; 0], "nothing goes unless room is wanted");
    // Cursor 1 keeps 0.5 MB behind it and 2 MB ahead: pieces 1 to 5, and 0 as an edge.
    let taken = evicted(&state.reclaim(HASH, u64::from(10 * PIECE), Claim::Ahead));
    assert_eq!(taken, [6, 7, 8, 9]);
    let waits = state.read(HASH, PieceIndex(30), Some(CursorId(2)));
    assert!(matches!(waits, Answer::Later(..)), "{waits:?}");
    let taken = evicted(&state.relieve());
    assert_eq!(taken, [0, 1, 4, 5], "all but the piece being read and the next");
}

#[test]
fn nothing_goes_for_who_has_to_wait_until_other_pieces_are_verified() {
    let budget = Budget::new(5_000_000);
    let mut state = full(&budget).1;
    budget.resize(7_000_000);
    let len = u64::from(2 * PIECE);
    let fill = || budget.try_reserve_piece(2 * PIECE, Claim::Ahead);
    let mut unverified: Vec<_> = std::iter::from_fn(fill).collect();
    assert_eq!((unverified.len(), budget.used()), (2, 7_000_000));
    assert_eq!(evicted(&state.reclaim(HASH, len, Claim::Ahead)), [0; 0]);
    unverified[0].verified();
    assert!(!evicted(&state.relieve()).is_empty(), "it is the cache that is full now");
}

#[test]
fn what_is_fetched_again_is_counted() {
    let budget = Budget::new(5_000_000);
    let (sample, mut state) = full(&budget);
    state.reclaim(HASH, u64::from(2 * PIECE), Claim::Ahead);
    assert_eq!((state.stats().evicted, state.stats().refetched), (2, 0));
    let back = PieceIndex(9);
    state.hashed(HASH, back, Ok(sample.piece(&budget, back)));
    assert_eq!(state.stats().refetched, u64::from(PIECE));
    state.hashed(HASH, PieceIndex(20), Ok(sample.piece(&budget, PieceIndex(20))));
    assert_eq!(state.stats().refetched, u64::from(PIECE), "it was never here before");
}
