//! A piece is filled block by block, each slot once, and sealed when it is full.

mod common;

use bytes::Bytes;
use common::Sample;
use storage::{Assembly, Budget, Put};
use wire::{BlockRef, PieceIndex};

#[test]
fn each_slot_is_filled_once_with_a_block_of_its_length() {
    let sample = Sample::one(40_000, 60_000);
    let (budget, geometry) = (Budget::new(40_000), sample.info.geometry);
    let piece = PieceIndex(0);
    let block = |index| BlockRef { piece, index };
    let mut assembly = Assembly::new(piece, geometry, budget.try_reserve(40_000).unwrap());
    assert_eq!(assembly.missing().count(), 3);

    // Hostile row 23: PIECE of wrong length, and blocks that are not this piece's.
    let zeros = |len| Bytes::from(vec![0; len]);
    assert_eq!(assembly.put(block(0), zeros(16_383)), Put::WrongLength);
    assert_eq!(assembly.put(block(2), zeros(16_384)), Put::WrongLength);
    assert_eq!(assembly.put(block(3), zeros(0)), Put::WrongLength);
    let other = BlockRef { piece: PieceIndex(1), index: 0 };
    assert_eq!(assembly.put(other, zeros(16_384)), Put::WrongLength);

    assert_eq!(assembly.put(block(1), zeros(16_384)), Put::Filled);
    assert_eq!(assembly.put(block(1), Bytes::from(vec![9; 16_384])), Put::Duplicate);
    let mut assembly = assembly.into_candidate().expect_err("two blocks are missing");
    assert_eq!(assembly.missing().collect::<Vec<_>>(), [block(0), block(2)]);
    assembly.put(block(0), zeros(16_384));
    assembly.put(block(2), zeros(40_000 - 2 * 16_384));
    assert!(assembly.is_full());
    let candidate = assembly.into_candidate().expect("full");
    assert_eq!((candidate.piece(), budget.used()), (piece, 40_000));
    drop(candidate);
    assert_eq!(budget.used(), 0);
}
