//! Slices of a piece are its bytes, and each keeps its block charged, not the piece.

mod common;

use bytes::Bytes;
use common::Sample;
use proptest::prelude::*;
use storage::Budget;
use wire::PieceIndex;

proptest! {
    #[test]
    fn any_range_gives_its_bytes(start in 0u32..60_000, end in 0u32..60_000) {
        let sample = Sample::one(50_001, 50_001);
        let piece = sample.piece(&Budget::new(60_000), PieceIndex(0));
        let got: Vec<u8> = piece.slices(start..end).flatten().collect();
        let (end, len) = (end as usize, sample.data.len());
        let expected = sample.data.get(start as usize..end.min(len)).unwrap_or_default();
        prop_assert_eq!(got, expected);
    }
}

#[test]
fn a_slice_pins_its_block_alone() {
    let sample = Sample::one(40_000, 40_000);
    let budget = Budget::new(40_000);
    let piece = sample.piece(&budget, PieceIndex(0));
    let mut slices: Vec<Bytes> = piece.slices(0..40_000).collect();
    assert_eq!((slices.len(), budget.used()), (3, 40_000));
    slices.truncate(1);
    assert_eq!(budget.used(), 40_000, "the piece is still in memory");
    drop(piece);
    assert_eq!(budget.used(), 16_384);
    let tail = slices.remove(0).slice(16_383..);
    assert_eq!((tail.len(), budget.used()), (1, 16_384));
    drop(tail);
    assert_eq!(budget.used(), 0);
}
