//! A big piece is hashed while it arrives: the verdict is that of hashing it whole, whatever order
//! its blocks come in and whenever hashers are done, and its bytes stay charged.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::LazyLock;

use common::Sample;
use proptest::prelude::*;
use storage::{Assembly, Budget, Claim, Run, verify};
use tokio::runtime::Builder;
use wire::PieceIndex;

const MIB: u32 = 1024 * 1024;
const LENGTH: u32 = 5 * MIB + 40_000;
const PIECE: PieceIndex = PieceIndex(0);

/// Of one piece, whose last block is short.
static SAMPLE: LazyLock<Sample> = LazyLock::new(|| Sample::one(LENGTH, u64::from(LENGTH)));

fn assembly(budget: &Budget) -> Assembly {
    Assembly::new(
        PIECE,
        SAMPLE.info.geometry,
        budget.try_reserve_piece(LENGTH, Claim::Ahead).unwrap(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_verdict_is_that_of_hashing_it_whole(
        moves in prop::collection::vec((0usize..322, 0usize..322), 0..20),
        patience in 1usize..90,
        spoil in prop::option::of(0u32..322),
    ) {
        let budget = Budget::new(u64::from(LENGTH));
        let mut assembly = assembly(&budget);
        let mut blocks = SAMPLE.blocks(PIECE, spoil);
        let last = blocks.len() - 1;
        for (a, b) in moves {
            blocks.swap(a.min(last), b.min(last));
        }
        let (mut out, mut hashed): (Option<Run>, usize) = (None, 0);
        for (at, (block, data)) in blocks.into_iter().enumerate() {
            assembly.put(block, data);
            if let Some(run) = assembly.next_run() {
                prop_assert!(out.is_none(), "one at a time");
                out = Some(run);
            }
            if at % patience == 0 && let Some(run) = out.take() {
                run.hash();
                hashed += 1;
            }
            prop_assert_eq!(budget.used(), u64::from(LENGTH));
        }
        let candidate = assembly.into_candidate().expect("full");
        hashed += usize::from(out.is_some());
        out.into_iter().for_each(Run::hash);
        let runtime = Builder::new_current_thread().build().unwrap();
        let candidate = runtime.block_on(candidate.settled());
        prop_assert_eq!(candidate.unhashed() < u64::from(LENGTH), hashed > 0);

        let verified = verify::verify(candidate, &SAMPLE.info.piece_hashes[0]);
        prop_assert_eq!(verified.is_ok(), spoil.is_none());
        match verified {
            Ok(piece) => {
                let bytes: Vec<_> = piece.slices(0..u32::MAX).collect();
                prop_assert!(bytes.concat() == SAMPLE.data);
                prop_assert_eq!(budget.used(), u64::from(LENGTH));
            }
            Err(digests) => prop_assert_eq!(digests.len(), 323, "as of any piece that failed"),
        }
        prop_assert_eq!((budget.used(), budget.unverified()), (0, 0));
    }
}

#[test]
fn in_order_and_with_hashers_that_keep_up_less_than_a_run_remains() {
    let mut assembly = assembly(&Budget::new(u64::from(LENGTH)));
    for (block, data) in SAMPLE.blocks(PIECE, None) {
        assembly.put(block, data);
        assembly.next_run().into_iter().for_each(Run::hash);
    }
    let runtime = Builder::new_current_thread().build().unwrap();
    let candidate = runtime.block_on(assembly.into_candidate().unwrap().settled());
    assert!(candidate.unhashed() <= u64::from(MIB), "{}", candidate.unhashed());
}

#[test]
fn what_a_hasher_holds_of_a_piece_that_was_given_up_stays_charged() {
    let budget = Budget::new(u64::from(LENGTH));
    let mut assembly = assembly(&budget);
    let mut runs = SAMPLE.blocks(PIECE, None).into_iter().filter_map(|(block, data)| {
        assembly.put(block, data);
        assembly.next_run()
    });
    let run = runs.next().unwrap();
    drop(runs);
    drop(assembly);
    assert_eq!(budget.used(), u64::from(MIB));
    run.hash();
    assert_eq!(budget.used(), 0);
}

#[test]
fn a_run_that_is_lost_fails_the_piece_and_blames_nobody() {
    let budget = Budget::new(u64::from(LENGTH));
    let mut assembly = assembly(&budget);
    for (block, data) in SAMPLE.blocks(PIECE, None) {
        assembly.put(block, data);
        drop(assembly.next_run());
    }
    let runtime = Builder::new_current_thread().build().unwrap();
    let candidate = runtime.block_on(assembly.into_candidate().unwrap().settled());
    let digests = verify::verify(candidate, &SAMPLE.info.piece_hashes[0]).unwrap_err();
    assert_eq!((digests.len(), budget.used()), (0, 0));
}

#[test]
fn smaller_pieces_are_hashed_at_the_end() {
    let sample = Sample::one(2 * MIB, u64::from(2 * MIB));
    let budget = Budget::new(u64::from(2 * MIB));
    let room = budget.try_reserve_piece(2 * MIB, Claim::Ahead).unwrap();
    let mut assembly = Assembly::new(PIECE, sample.info.geometry, room);
    for (block, data) in sample.blocks(PIECE, None) {
        assembly.put(block, data);
        assert!(assembly.next_run().is_none());
    }
}
