//! For any sequence of events: no block is asked of a peer that can't give it, of one peer twice,
//! or beyond its depth (the bench checks every action); none is lost, and every wanted block is asked
//! for in the end, whether the background wants it or a reader.
#![allow(clippy::unwrap_used, reason = "tests")]

mod picker_support;

use std::time::Duration;

use engine::MediaHint;
use engine::picker::{CursorId, Event, PeerKey, Performance, Prospect};
use picker_support::{Bench, MIB};
use proptest::prelude::*;
use wire::{Bitfield, ByteRange, PieceIndex};

const PIECES: u32 = 12;
const PIECE: u64 = 80 * 1024;
const PEERS: u64 = 4;

#[derive(Clone, Debug)]
enum Step {
    Join(u64, bool, u32),
    JoinAgain(u64, u64, u64),
    JoinAlone(u64),
    Leave(u64),
    Bitfield(u64, u16),
    Has(u64, u32),
    Choke(u64),
    Unchoke(u64),
    Allow(u64, u32),
    Reject(u64, usize),
    Bring(u64, usize, usize),
    Unasked(u64, u32),
    Fail(u32, u8),
    Lose(u32),
    Open(u64, u64),
    Move(u64, u64),
    Close(u64),
    Hint(u64, u64, u64),
    Heads(u32),
    Wanted(u16),
    Pause(bool),
    Window(u64),
    Memory(u64),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let total = PIECE * u64::from(PIECES);
    let peer = || 0..PEERS;
    let piece = || 0..PIECES + 1;
    prop_oneof![
        2 => (peer(), any::<bool>(), 1u32..300).prop_map(|(p, f, r)| Step::Join(p, f, r)),
        1 => (peer(), 0u64..50_000_000, 0u64..2000).prop_map(|(p, r, t)| Step::JoinAgain(p, r, t)),
        1 => peer().prop_map(Step::JoinAlone),
        1 => peer().prop_map(Step::Leave),
        3 => (peer(), any::<u16>()).prop_map(|(p, b)| Step::Bitfield(p, b)),
        2 => (peer(), piece()).prop_map(|(p, i)| Step::Has(p, i)),
        2 => peer().prop_map(Step::Choke),
        5 => peer().prop_map(Step::Unchoke),
        1 => (peer(), piece()).prop_map(|(p, i)| Step::Allow(p, i)),
        1 => (peer(), 0usize..9).prop_map(|(p, n)| Step::Reject(p, n)),
        12 => (peer(), 0usize..4, 1usize..6).prop_map(|(p, a, n)| Step::Bring(p, a, n)),
        1 => (peer(), piece()).prop_map(|(p, i)| Step::Unasked(p, i)),
        1 => (piece(), any::<u8>()).prop_map(|(i, accused)| Step::Fail(i, accused)),
        1 => piece().prop_map(Step::Lose),
        2 => (0u64..3, 0..total).prop_map(|(c, at)| Step::Open(c, at)),
        3 => (0u64..3, 0..total).prop_map(|(c, at)| Step::Move(c, at)),
        1 => (0u64..3).prop_map(Step::Close),
        1 => (0u64..3, 0..total, any::<u64>()).prop_map(|(c, at, b)| Step::Hint(c, at, b)),
        1 => piece().prop_map(Step::Heads),
        1 => any::<u16>().prop_map(Step::Wanted),
        1 => any::<bool>().prop_map(Step::Pause),
        1 => (0..MIB).prop_map(Step::Window),
        1 => (0..MIB).prop_map(Step::Memory),
        5 => (1u64..3000).prop_map(Step::Pass),
    ]
}

fn field(bits: u16) -> Bitfield {
    let mut field = Bitfield::none(PIECES);
    for piece in (0..PIECES).filter(|p| bits >> p & 1 == 1) {
        field.set(PieceIndex(piece));
    }
    field
}

fn apply(bench: &mut Bench, step: Step) {
    let here = |bench: &Bench, key: u64| bench.remotes.contains_key(&PeerKey(key));
    match step {
        Step::Join(key, fast, reqq) if !here(bench, key) => bench.join(key, fast, reqq),
        Step::JoinAlone(key) if !here(bench, key) => {
            bench.join_as(key, true, 250, Prospect::Alone);
        }
        Step::JoinAgain(key, rate, rtt) if !here(bench, key) => {
            let rtt = Duration::from_millis(rtt);
            bench.join_as(key, true, 250, Prospect::Shown(Performance { rate, rtt }));
        }
        Step::Leave(key) => bench.leave(key),
        Step::Open(id, at) => drop(bench.open(id, at..PIECE * u64::from(PIECES))),
        Step::Move(id, at) => drop(bench.go(id, at)),
        Step::Close(id) => drop(bench.close(id)),
        Step::Hint(id, at, average) => {
            let index = vec![ByteRange::new(at, at + PIECE)];
            let hint = &MediaHint { average, index, ..MediaHint::default() };
            bench.send(Event::Hint { id: CursorId(id), file_start: 0, hint });
        }
        Step::Heads(piece) => drop(bench.send(Event::Heads(&[PieceIndex(piece)]))),
        Step::Wanted(bits) => drop(bench.send(Event::Wanted { background: &field(bits) })),
        Step::Pause(paused) => drop(bench.send(Event::Paused(paused))),
        Step::Window(ahead) => drop(bench.send(Event::Window { ahead })),
        Step::Memory(free) => {
            bench.memory.free = free;
            bench.send(Event::Room);
        }
        Step::Pass(millis) => drop(bench.tick_after(millis)),
        Step::Fail(piece, accused) => {
            bench.here.remove(&PieceIndex(piece));
            let piece = PieceIndex(piece);
            if !bench.verified.contains(&piece) {
                let accused = (0..PEERS).filter(|key| accused >> key & 1 == 1).map(PeerKey);
                let accused: Vec<_> = accused.collect();
                bench.send(Event::PieceFailed { piece, accused: &accused });
            }
        }
        Step::Lose(piece) => {
            let piece = PieceIndex(piece);
            bench.here.remove(&piece);
            bench.verified.remove(&piece);
            if let Some(len) = bench.memory.held.remove(&piece) {
                bench.memory.free += len;
            }
            bench.send(Event::PieceLost { piece });
        }
        Step::Bitfield(key, bits) if here(bench, key) => {
            // A peer drops what it owes of pieces it says it has not.
            bench.has(key, field(bits));
        }
        Step::Has(key, piece) if here(bench, key) => {
            let peer = PeerKey(key);
            let piece = PieceIndex(piece);
            bench.remotes.get_mut(&peer).unwrap().have.set(piece);
            bench.send(Event::PeerHas { peer, piece });
        }
        Step::Choke(key) if here(bench, key) => drop(bench.choke(key)),
        Step::Unchoke(key) if here(bench, key) => drop(bench.unchoke(key)),
        Step::Allow(key, piece) if here(bench, key) => drop(bench.allow(key, piece)),
        Step::Reject(key, nth) if here(bench, key) => {
            if let Some(block) = bench.owed(key).get(nth).copied() {
                bench.reject(key, block);
            }
        }
        Step::Bring(key, at, count) if here(bench, key) => {
            bench.now += Duration::from_millis(1);
            let owed = bench.owed(key);
            let some: Vec<_> = owed.into_iter().skip(at).take(count).collect();
            if !some.is_empty() {
                bench.bring(key, &some);
            }
        }
        Step::Unasked(key, piece) if here(bench, key) => {
            let block = picker_support::block(piece, 1);
            bench.bring(key, &[block]);
        }
        _ => {}
    }
}

/// Who wants what is missing.
#[derive(Clone, Copy, Debug)]
enum Wish {
    Background,
    Reader,
}

/// Honest peers, time and room: everything wanted arrives.
fn settle(bench: &mut Bench, wish: Wish) -> Result<(), TestCaseError> {
    apply(bench, Step::Memory(64 * MIB));
    apply(bench, Step::Pause(false));
    for key in 0..PEERS {
        apply(bench, Step::Join(key, true, 250));
        apply(bench, Step::Bitfield(key, if key == 0 { u16::MAX } else { 0x0555 << (key % 2) }));
        apply(bench, Step::Unchoke(key));
    }
    (0..3).for_each(|id| apply(bench, Step::Close(id)));
    match wish {
        Wish::Background => apply(bench, Step::Wanted(u16::MAX)),
        Wish::Reader => {
            apply(bench, Step::Wanted(0));
            apply(bench, Step::Window(PIECE));
            apply(bench, Step::Open(0, 0));
        }
    }
    for _ in 0..2000 {
        if bench.verified.len() == PIECES as usize {
            apply(bench, Step::Close(0));
            prop_assert!(bench.remotes.values().all(|r| r.owed.is_empty() && !r.interested));
            prop_assert!(!bench.picker.wants_tick());
            return Ok(());
        }
        prop_assert!(bench.picker.wants_tick(), "asleep with work left");
        bench.tick_after(20);
        for key in 0..PEERS {
            apply(bench, Step::Bring(key, 0, 2));
        }
        let reads = bench.picker.cursors().first().map(|cursor| cursor.position + cursor.buffered);
        reads.into_iter().for_each(|position| apply(bench, Step::Move(0, position)));
    }
    let left: Vec<_> = bench.picker.active_pieces();
    Err(TestCaseError::fail(format!("{} verified, {left:?}", bench.verified.len())))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_is_asked_in_vain_and_nothing_is_lost(
        steps in proptest::collection::vec(step(), 0..150),
        wish in prop_oneof![Just(Wish::Background), Just(Wish::Reader)],
    ) {
        let mut bench = Bench::new(PIECE, u64::from(PIECES));
        for step in steps {
            apply(&mut bench, step);
        }
        settle(&mut bench, wish)?;
    }
}
